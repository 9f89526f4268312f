//! A write that was decided: which files change, from what to what. Values only; decides nothing and does nothing.

use crate::model::{hash::ContentHash, path::NotePath};

/// A write that was decided.
#[derive(Debug)]
pub(super) struct Planned {
    /// The root's number.
    pub(super) at: usize,
    /// Decides whether anything is done.
    pub(super) first: Change,
    /// Follow as far as they can.
    pub(super) rest: Vec<Change>,
    /// What it is, for the subject of the commit.
    pub(super) verb: &'static str,
    pub(super) warnings: Vec<String>,
    /// What should be changed and may not be, with the reason.
    pub(super) left: Vec<(String, String)>,
}

/// What becomes of one file.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) path: NotePath,
    /// Where the file comes from; then `before` is what it holds there.
    pub(super) from: Option<NotePath>,
    pub(super) before: Option<Present>,
    /// `None` takes the note away.
    pub(super) after: Option<String>,
}

/// A text that lies on the disk.
#[derive(Debug, Clone)]
pub(super) struct Present {
    pub(super) text: String,
    pub(super) hash: ContentHash,
}

impl Planned {
    pub(super) fn new(at: usize, verb: &'static str, first: Change) -> Planned {
        Planned {
            at,
            first,
            rest: Vec::new(),
            verb,
            warnings: Vec::new(),
            left: Vec::new(),
        }
    }

    /// Returns all changes, the first first.
    pub(super) fn changes(&self) -> impl Iterator<Item = &Change> {
        std::iter::once(&self.first).chain(&self.rest)
    }

    /// Returns every path that is touched.
    pub(super) fn paths(&self) -> impl Iterator<Item = &NotePath> {
        self.changes().flat_map(|it| it.from.iter().chain([&it.path]))
    }

    /// Says whether nothing would change.
    pub(super) fn is_nothing(&self) -> bool {
        let Change { from, before, after, .. } = &self.first;
        from.is_none() && before.as_ref().map(|it| &it.text) == after.as_ref()
    }
}
