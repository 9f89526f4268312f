//! Where a word occurs among the notes that a caller may see. Plain lists; who finds them is `finder`, what they are worth is `score`'s.

use tantivy::DocId;

use crate::io::index::segment::Segment;

/// How often a document holds a word: in its text, and in its title and headings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occurrence {
    pub(super) doc: DocId,
    pub(super) body: u16,
    pub(super) context: u16,
}

/// Where a word occurs among the notes that may be seen, segment by segment.
#[derive(Debug)]
pub(super) struct Occurrences {
    pub(super) by_segment: Vec<Vec<Occurrence>>,
    pub(super) documents: u32,
    pub(super) notes: u32,
    /// With those that have nothing but a name: they do not change what a word says of a note.
    pub(super) files: u32,
}

impl Occurrences {
    /// Returns how many documents hold the word.
    pub(super) fn len(&self) -> usize {
        self.by_segment.iter().map(Vec::len).sum()
    }

    /// Says whether a note of a segment holds the word.
    pub(super) fn is_held(&self, at: usize, segment: &Segment, note: usize) -> bool {
        let found = &self.by_segment[at];
        let first = found.partition_point(|it| it.doc < segment.first_doc[note]);
        found.get(first).is_some_and(|it| it.doc < segment.first_doc[note + 1])
    }

    /// Returns the notes of a segment that hold the word, with repetitions.
    pub(super) fn notes_in<'a>(&'a self, at: usize, segment: &'a Segment) -> impl Iterator<Item = usize> + 'a {
        self.by_segment[at].iter().map(|it| segment.note_of[it.doc as usize] as usize)
    }
}
