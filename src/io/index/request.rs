//! What is asked of the index and what it answers. Plain values; knows nothing of tantivy, HTTP or clocks.

use std::{fmt, time::Instant};

use crate::model::{
    glob::PathGlob,
    hash::ContentHash,
    lines::LineRange,
    origin::Origin,
    path::{NotePath, SourceName},
    query::Query,
};

/// One search. Every condition is applied before ranking is cut to `limit`.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    pub query: Query,
    pub visible: Vec<Visible>,
    pub filter: Filter,
    pub sort: Sort,
    pub limit: usize,
    pub offset: usize,
    /// Passages a note, the best one included.
    pub passages: usize,
    /// Characters a snippet; 0 for none.
    pub snippet_chars: usize,
    pub min_score: f32,
    /// Whether `obsidian` syntax was asked for: then evidence only orders, and the condition alone selects.
    pub exact: bool,
    /// When the search is given up with [`TookTooLong`]; `None` for never.
    pub deadline: Option<Instant>,
}

/// Why a search has no answer: its deadline passed while notes were read.
#[derive(Debug)]
pub struct TookTooLong;

impl fmt::Display for TookTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the search took too long; add a word, a tag or a folder that fewer notes have")
    }
}

impl std::error::Error for TookTooLong {}

/// A source that the caller may read; what is not listed does not exist for this search, not even in its statistics.
#[derive(Debug, Clone, PartialEq)]
pub struct Visible {
    pub source: SourceName,
    /// Only paths that start with this (it ends with `/`); `None` for all.
    pub prefix: Option<String>,
}

/// Conditions beside the query.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub source: Option<SourceName>,
    pub path: Option<PathGlob>,
    pub tag: Option<String>,
    pub origin: Option<Origin>,
    /// Nanoseconds since 1970, inclusive.
    pub since: Option<i64>,
    /// Nanoseconds since 1970, exclusive.
    pub until: Option<i64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    #[default]
    Relevance,
    /// Newest first.
    Modified,
    Path,
}

#[derive(Debug, Clone, Default)]
pub struct SearchAnswer {
    /// Notes that meet the conditions and hold at least one word.
    pub total: usize,
    pub hits: Vec<Hit>,
    /// Words that the index does not hold, with the nearest terms that were tried for them.
    pub corrected: Vec<(String, Vec<String>)>,
}

#[derive(Debug, Clone)]
pub struct Hit {
    pub source: SourceName,
    pub path: NotePath,
    pub title: String,
    /// The best first; at least one.
    pub passages: Vec<HitPassage>,
    /// 0..1, comparable across queries.
    pub score: f32,
    pub origin: Origin,
    pub tags: Vec<String>,
    /// Nanoseconds since 1970.
    pub modified: i64,
    /// `None` for an attachment, whose bytes were not read.
    pub hash: Option<ContentHash>,
    /// Why the note ranks where it does, in words.
    pub why: String,
}

#[derive(Debug, Clone, PartialEq)]
pub struct HitPassage {
    /// From the outermost heading to the passage's own.
    pub headings: Vec<String>,
    pub lines: LineRange,
    /// Plain text around the matches, empty when none was asked for.
    pub snippet: String,
    /// All of it, as it was indexed.
    pub text: String,
}
