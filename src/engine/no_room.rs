//! Which errors mean that a disk is full, or takes no writes. Knows the errors of the system and of tantivy; decides nothing.

use std::io::ErrorKind;

/// Says whether an error means that the disk has no room; a new index would have none either.
pub(super) fn is_full(error: &anyhow::Error) -> bool {
    // ENOSPC and EDQUOT.
    tells(
        error,
        &[ErrorKind::StorageFull, ErrorKind::QuotaExceeded],
        &["StorageFull", "os error 28)", "os error 122)"],
    )
}

/// Says whether an error means that the file system is read-only.
pub(super) fn is_read_only(error: &anyhow::Error) -> bool {
    // EROFS.
    tells(error, &[ErrorKind::ReadOnlyFilesystem], &["os error 30)"])
}

fn tells(error: &anyhow::Error, kinds: &[ErrorKind], texts: &[&str]) -> bool {
    // tantivy hands on some causes as text only.
    let told = format!("{error:?}");
    let is_kind = |it: &std::io::Error| kinds.contains(&it.kind());
    error.chain().any(|it| it.downcast_ref().is_some_and(is_kind)) || texts.iter().any(|it| told.contains(it))
}
