//! What a search asks for: the syntax tree of a query string, and the two languages that build it.
//! Knows the operators and their meaning (the wire contract for `natural`, Obsidian's help for `obsidian`); knows no index.

use std::{fmt, ops::Range};

use crate::model::glob::PathGlob;

pub mod candidate;
pub mod evaluate;
pub mod explain;
mod grammar;
mod javascript;
mod leaf;
mod lexer;
mod natural;
pub mod needed;
pub mod outline;
pub mod pattern;
pub mod resource;
mod scopes;

/// What ranks, and what must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// The positive words and quoted phrases in the order of the text: they order the hits.
    pub evidence: Vec<Evidence>,
    /// What every hit must meet.
    pub condition: Condition,
    /// What was read otherwise than it may have been meant, for the caller of the API.
    pub warnings: Vec<String>,
}

/// A word or phrase that speaks for a note. A "word" is whatever stands between white space (`192.168.0.7`, `foo-bar`): the index's
/// analysis splits it further.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    pub text: String,
    /// Quoted: the words belong together.
    pub phrase: bool,
    /// Bytes of the query, without sign and quotes.
    pub range: Range<usize>,
}

/// A truth about one file. Inside [`Condition::Scope`], patterns and tags speak of the scope's text alone.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// Holds for every note.
    Everything,
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    /// In the text or in the path.
    Anywhere(Pattern),
    /// In the text only.
    Content(Pattern),
    /// In the file name, extension included; of attachments too.
    File(Pattern),
    /// In the whole path; of attachments too.
    Path(Pattern),
    /// The whole path fits a glob (`natural` only).
    PathGlob(PathGlob),
    /// Has this tag (without `#`) or a child of it, whatever the case: `inbox` holds for `Inbox/to-read`.
    Tag(String),
    /// One line, block, section or task of the note meets the inner condition.
    Scope(Scope, Box<Condition>),
    /// The property (name compared without case) exists and passes the test; of a list, one element is enough.
    Property {
        name: String,
        test: PropertyTest,
    },
    /// A named fact of a config file, such as the `kind` of a manifest (`natural` only). A note of a vault has none, whatever its properties.
    Field {
        name: &'static str,
        pattern: Pattern,
    },
    /// One document of a config file has all of these (`natural` only).
    Resource(ResourceTest),
}

/// A part of a note that a condition can be confined to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    Line,
    /// A paragraph, list item, fence, table ...
    Block,
    /// A heading and its text up to the next heading of any level.
    Section,
    Task(TaskState),
}

/// Obsidian counts any character in the box but a space as done (release notes v0.12.0).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TaskState {
    Any,
    Todo,
    Done,
}

/// A test of one property. `OR`, groups and negation inside the brackets become conditions of their own.
#[derive(Debug, Clone, PartialEq)]
pub enum PropertyTest {
    Exists,
    /// `null`: there is nothing after the colon; not `""`, not `[]`.
    Null,
    /// `EMPTY`: nothing, an empty text or an empty list.
    Empty,
    True,
    False,
    Less(f64),
    Greater(f64),
    Value(Pattern),
}

/// What is asked of one document of a config file: names of facts, and what their values must be. At least two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourceTest {
    pub facts: Vec<(&'static str, Pattern)>,
}

/// A text to find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pub text: PatternText,
    pub case_sensitive: bool,
}

/// How a text is to be found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatternText {
    /// `natural`: matched as the index analyses words.
    Word(String),
    /// Anywhere, also inside words: an unquoted word of Obsidian's language.
    Substring(String),
    /// Contiguous, between word boundaries: `"test"` is not in `testing`.
    Phrase(String),
    /// `*` stands for any characters; without one at an end it ends there at a word's boundary. Of values, not of texts (`natural` only).
    Glob(String),
    /// JavaScript's spelling, already found to be valid; see [`pattern::Finder`].
    Regex(String),
}

/// Why a text is no query. Both texts are made for the caller of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// Bytes of the query.
    pub range: Range<usize>,
    pub message: String,
    /// What to write instead.
    pub hint: String,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (bytes {}-{}); {}", self.message, self.range.start, self.range.end, self.hint)
    }
}

impl std::error::Error for QueryError {}

/// Reads text as an agent writes it. Never fails: what is no operator is words, and a warning says so. Linear in the text; callers bound
/// its length (2 KiB).
pub fn natural(text: &str) -> Query {
    natural::parse(text)
}

/// Reads Obsidian's query language, with Obsidian's meaning (help `Plugins/Search`). Fails where Obsidian shows an error, and at our
/// bounds.
pub fn obsidian(text: &str) -> Result<Query, QueryError> {
    grammar::parse(text)
}

impl Condition {
    /// Says whether a name is asked for: only then a file that has nothing but a name meets the condition (help `Plugins/Search`). Without
    /// this, every image of the vault would answer `-draft`.
    pub fn asks_for_names(&self) -> bool {
        match self {
            Condition::File(_) | Condition::Path(_) | Condition::PathGlob(_) => true,
            Condition::And(parts) | Condition::Or(parts) => parts.iter().any(Condition::asks_for_names),
            _ => false,
        }
    }

    /// Returns the condition that all of these hold.
    fn all(mut parts: Vec<Condition>) -> Condition {
        match parts.len() {
            0 => Condition::Everything,
            1 => parts.remove(0),
            _ => Condition::And(parts),
        }
    }

    /// Returns the condition that one of these holds.
    fn any(mut parts: Vec<Condition>) -> Condition {
        if parts.len() == 1 { parts.remove(0) } else { Condition::Or(parts) }
    }
}

#[cfg(test)]
mod tests;
