//! Which errors mean that a disk is full or takes no writes, and what a caller is told of it. Knows the errors of the system and of tantivy.

use std::io::ErrorKind;

use crate::engine::request::WriteError;

/// Says whether an error means that the disk has no room; a new index would have none either.
pub(super) fn is_full(error: &anyhow::Error) -> bool {
    // ENOSPC and EDQUOT.
    tells(
        error,
        &[ErrorKind::StorageFull, ErrorKind::QuotaExceeded],
        &["StorageFull", "os error 28)", "os error 122)"],
    )
}

/// Returns what an error of the disk means to the caller; `failed` says what did not work where the reason is none of the well-known ones.
pub(super) fn of_disk(error: &anyhow::Error, failed: &str) -> WriteError {
    if is_full(error) {
        WriteError::Full
    } else if is_read_only(error) {
        WriteError::ReadOnly
    } else {
        WriteError::Failed(format!("{failed}; see the service's log"))
    }
}

/// Says whether an error means that the file system is read-only.
fn is_read_only(error: &anyhow::Error) -> bool {
    // EROFS.
    tells(error, &[ErrorKind::ReadOnlyFilesystem], &["os error 30)"])
}

fn tells(error: &anyhow::Error, kinds: &[ErrorKind], texts: &[&str]) -> bool {
    // tantivy hands on some causes as text only.
    let told = format!("{error:?}");
    let is_kind = |it: &std::io::Error| kinds.contains(&it.kind());
    error.chain().any(|it| it.downcast_ref().is_some_and(is_kind)) || texts.iter().any(|it| told.contains(it))
}
