//! A file as conditions see it. Knows when it is parsed; knows no condition.

use std::cell::OnceCell;

use crate::model::{note::Note, path::NotePath};

/// One file, as far as conditions speak of it. It is parsed when a condition first asks for its structure.
#[derive(Debug)]
pub struct Candidate<'a> {
    pub path: &'a NotePath,
    /// Empty for an attachment.
    pub text: &'a str,
    /// Only conditions on the name and path hold for a file that has no text (Obsidian help `Plugins/Search`).
    pub attachment: bool,
    /// What [`Condition::Field`](super::Condition::Field) asks for: names and values, a name may come again.
    pub fields: &'a [(&'a str, &'a str)],
    parsed: OnceCell<Note>,
}

impl<'a> Candidate<'a> {
    /// Returns a note with this text.
    pub fn note(path: &'a NotePath, text: &'a str) -> Candidate<'a> {
        Candidate {
            path,
            text,
            attachment: false,
            fields: &[],
            parsed: OnceCell::new(),
        }
    }

    pub(super) fn parsed(&self) -> &Note {
        self.parsed.get_or_init(|| Note::parse(self.text))
    }
}
