//! A key of a file with its path and place, whatever format it was read from. Knows how much of paths is kept.

/// Deeper keys, longer paths and longer keys are not listed.
pub(super) const MAX_DEPTH: usize = 64;
pub(super) const MAX_PATH: usize = 512;

/// A key of a YAML document, or an item of a list that is no map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// `spec.containers[0].image`
    pub(super) path: String,
    /// How many keys and items lead to it; 1 for a top-level key.
    pub(super) depth: usize,
    /// The byte at which its line begins.
    pub(super) start: usize,
    /// What stands after the key on its line, without quotes and comment; empty where a map, a list or a text over several lines follows.
    pub(super) value: String,
    /// A text over several lines follows.
    pub(super) is_text: bool,
}

/// Without an anchor or a tag in front.
pub(super) fn without_marks(mut value: &str) -> &str {
    while value.starts_with(['&', '!']) {
        value = value.split_once(' ').map_or("", |(_, rest)| rest.trim_start());
    }
    if value.starts_with('#') { "" } else { value }
}
