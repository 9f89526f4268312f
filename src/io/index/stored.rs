//! What a snapshot tells one caller of single notes: which there are, and their texts as they were indexed. What the caller may not see, and what
//! the vault's owner leaves out of results, is not there. Knows stored fields; knows nothing of queries.

use std::sync::Arc;

use anyhow::Result;
use tantivy::schema::Value as _;

use crate::{
    io::index::{
        Searcher,
        condition::Texts,
        lookup::{find, id_of},
        request::Visible,
        segment::Segment,
        view::View,
    },
    model::{hash::ContentHash, origin::Origin, path::NoteId},
};

/// A note as the index holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredNote {
    pub id: NoteId,
    pub title: String,
    /// Has the lines of the file; what is no text for a reader is blank, secrets of a repository are masked.
    pub text: String,
    pub origin: Origin,
    /// Nanoseconds since 1970.
    pub modified: i64,
    /// `None` for an attachment, whose bytes were not read.
    pub hash: Option<ContentHash>,
}

impl Searcher {
    /// Returns what may be seen, by segment: of a caller confined to one folder that folder alone, whatever the vault's size.
    pub fn paths(&self, visible: &[Visible]) -> Result<Vec<NoteId>> {
        let view = self.view(visible);
        let mut paths = Vec::new();
        for (segment, seen) in self.segments.iter().zip(&view.visible) {
            for note in (0..segment.notes()).filter(|&it| seen[it]) {
                paths.push(id_of(segment, note)?);
            }
        }
        Ok(paths)
    }

    /// Returns these notes in their order; `None` for what is not there or must not be seen.
    pub fn notes_of(&self, visible: &[Visible], ids: &[NoteId]) -> Result<Vec<Option<StoredNote>>> {
        let view = self.view(visible);
        ids.iter().map(|id| self.note_of(&view, id)).collect()
    }

    fn note_of(&self, view: &View, id: &NoteId) -> Result<Option<StoredNote>> {
        for (segment, seen) in self.segments.iter().zip(&view.visible) {
            if let Some(note) = find(segment, id)?.filter(|&it| seen[it]) {
                return read(segment, note, id).map(Some);
            }
        }
        Ok(None)
    }
}

fn read(segment: &Arc<Segment>, note: usize, id: &NoteId) -> Result<StoredNote> {
    let own = segment.document(segment.first_doc[note])?;
    let title = own.get_first(segment.fields.title).and_then(|it| it.as_str()).unwrap_or_default();
    Ok(StoredNote {
        id: id.clone(),
        title: title.to_owned(),
        text: Texts::of(segment)?.read(note)?,
        origin: segment.origin[note],
        modified: segment.modified[note],
        hash: segment.hash(note),
    })
}
