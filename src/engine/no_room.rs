//! Which errors mean that a disk is full. Knows the errors of the system and of tantivy; decides nothing.

/// Says whether an error means that the disk has no room; a new index would have none either.
pub(super) fn is_full(error: &anyhow::Error) -> bool {
    let full = |it: &std::io::Error| matches!(it.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded);
    // tantivy hands on some causes as text only: ENOSPC and EDQUOT.
    let told = format!("{error:?}");
    let texts = ["StorageFull", "os error 28)", "os error 122)"];
    error.chain().any(|it| it.downcast_ref().is_some_and(full)) || texts.iter().any(|it| told.contains(it))
}
