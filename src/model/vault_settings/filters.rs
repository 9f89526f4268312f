//! Obsidian's "Excluded files" (`userIgnoreFilters`). Knows prefixes and expressions over paths; must not know what leaving out means.

use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

use crate::model::{
    path::{NotePath, path_key},
    query::{Pattern, PatternText, pattern::Finder},
};

/// What a hostile vault may cost: one expression is compiled to at most 1 MiB.
const MAX_FILTERS: usize = 1000;
const MAX_EXPRESSIONS: usize = 50;
const MAX_FILTER_BYTES: usize = 1024;

/// Filters as written, made ready to be asked. A filter is the beginning of a path, compared as Obsidian compares paths, or a regular
/// expression between slashes, in which case counts.
#[derive(Debug, Clone, Default)]
pub struct IgnoreFilters {
    written: Vec<String>,
    prefixes: Vec<String>,
    expressions: Vec<Arc<Finder>>,
}

impl IgnoreFilters {
    /// Returns the filters that are valid, and what is wrong with the others.
    pub fn new(filters: &[String]) -> (IgnoreFilters, Vec<String>) {
        let mut ready = IgnoreFilters::default();
        let mut problems = Vec::new();
        for filter in filters {
            if ready.written.len() == MAX_FILTERS {
                problems.push(format!("only the first {MAX_FILTERS} filters are used"));
                break;
            }
            match ready.add(filter) {
                Ok(()) => ready.written.push(filter.clone()),
                Err(problem) => problems.push(problem),
            }
        }
        (ready, problems)
    }

    fn add(&mut self, filter: &str) -> Result<(), String> {
        if filter.len() > MAX_FILTER_BYTES {
            return Err(format!("a filter of {} bytes is too long and not used", filter.len()));
        }
        let Some(expression) = filter.strip_prefix('/').and_then(|it| it.strip_suffix('/')) else {
            // The empty filter would hide the whole vault.
            if filter.trim().is_empty() {
                return Err("an empty filter is not used".to_owned());
            }
            self.prefixes.push(path_key(filter));
            return Ok(());
        };
        if expression.is_empty() {
            return Err("the empty regular expression `//` is not used".to_owned());
        }
        if self.expressions.len() == MAX_EXPRESSIONS {
            return Err(format!("`{filter}` is not used: only {MAX_EXPRESSIONS} regular expressions are"));
        }
        let pattern = Pattern {
            text: PatternText::Regex(expression.to_owned()),
            case_sensitive: true,
        };
        let finder = Finder::new(&pattern).map_err(|error| format!("`{filter}` is not used: {error}"))?;
        self.expressions.push(Arc::new(finder));
        Ok(())
    }

    /// Says whether the owner excluded this file. Links to it still lead there (G13).
    pub fn is_ignored(&self, path: &NotePath) -> bool {
        if self.written.is_empty() {
            return false;
        }
        let key = path.key();
        if self.prefixes.iter().any(|it| key.starts_with(it)) {
            return true;
        }
        let spelled: String = path.as_str().nfc().collect();
        self.expressions.iter().any(|it| it.is_match(&spelled))
    }
}

impl PartialEq for IgnoreFilters {
    fn eq(&self, other: &IgnoreFilters) -> bool {
        self.written == other.written
    }
}
