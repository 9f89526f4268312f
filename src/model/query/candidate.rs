//! A file as conditions see it. Knows when it is parsed; knows no condition.

use std::{cell::OnceCell, sync::Arc};

use crate::model::{
    config_file,
    note::Note,
    path::{FileKind, NotePath},
    query::outline::{Outline, may_have_query_fence},
};

/// One file, as far as conditions speak of it. It is parsed when a condition first asks for its structure.
#[derive(Debug)]
pub struct Candidate<'a> {
    pub path: &'a NotePath,
    /// Empty for an attachment.
    pub text: &'a str,
    /// Only conditions on the name and path hold for a file that has no text (Obsidian help `Plugins/Search`).
    pub attachment: bool,
    parsed: OnceCell<Note>,
    outline: OnceCell<Arc<Outline>>,
    may_have_fence: OnceCell<bool>,
}

impl<'a> Candidate<'a> {
    /// Returns a note with this text.
    pub fn note(path: &'a NotePath, text: &'a str) -> Candidate<'a> {
        Candidate {
            path,
            text,
            attachment: false,
            parsed: OnceCell::new(),
            outline: OnceCell::new(),
            may_have_fence: OnceCell::new(),
        }
    }

    /// Gives the outline of this very text, of an earlier [`Candidate::outline`]: the text need not be parsed for its parts then.
    pub fn set_outline(&mut self, outline: Arc<Outline>) {
        self.outline = OnceCell::from(outline);
    }

    /// Gives what [`may_have_query_fence`] says of this very text.
    pub fn set_may_have_fence(&mut self, may: bool) {
        self.may_have_fence = OnceCell::from(may);
    }

    /// Returns the outline, if a condition has asked for it or it was given.
    pub fn outline(&self) -> Option<&Arc<Outline>> {
        self.outline.get()
    }

    pub(super) fn may_have_fence(&self) -> bool {
        *self.may_have_fence.get_or_init(|| may_have_query_fence(self.text))
    }

    pub(super) fn parts(&self) -> &Outline {
        self.outline.get_or_init(|| Arc::new(Outline::of(self.text, self.parsed())))
    }

    pub(super) fn parsed(&self) -> &Note {
        self.parsed.get_or_init(|| {
            if self.is_config_file() {
                config_file::read(self.path, self.text).note
            } else {
                Note::parse(self.text)
            }
        })
    }

    /// Says whether this is a file of a config repository: of a vault's files of other kinds no text is read.
    pub(super) fn is_config_file(&self) -> bool {
        !self.attachment && self.path.kind() == FileKind::Attachment
    }
}
