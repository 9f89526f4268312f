//! What a text must hold for a rule to be worth its search: one pass over the text asks for all rules at once, and most texts hold nothing of it.
//! Knows how such questions are put together; must not know the rules.

use regex::bytes::{Regex, RegexBuilder, RegexSet, RegexSetBuilder};

/// Enough for every state that ordinary text reaches.
const CACHE: usize = 8 << 20;

/// Returns the set of these patterns. They are read as bytes and have no counted repetitions of more than a few, which keeps the search at the speed
/// of a table.
pub(super) fn set(triggers: impl IntoIterator<Item = impl AsRef<str>>) -> RegexSet {
    let mut builder = RegexSetBuilder::new(triggers);
    builder.unicode(false).dfa_size_limit(CACHE);
    builder.build().expect("the patterns are constant")
}

/// Returns one of these patterns alone, to see where it matches.
pub(super) fn one(trigger: &str) -> Regex {
    let mut builder = RegexBuilder::new(trigger);
    builder.unicode(false).build().expect("the patterns are constant")
}
