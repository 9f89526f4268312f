//! Where a word occurs among the notes that a caller may see, and what its occurrences there are worth before the word's own weight: BM25's
//! saturation, which depends on the snapshot and the caller alone. Plain lists; who finds them is `finder`.

use tantivy::DocId;

/// BM25's parameters. Measured on four public sets together (`docs/performance.md`): 1.4 instead of the usual 1.2 for `K1`.
pub(super) const K1: f32 = 1.4;
const B: f32 = 0.75;

/// A document or note that holds a word, by number, and how much its occurrences say, from 0 to `K1 + 1`.
pub(super) type Worth = (u32, f32);

/// Where a word occurs among the notes that may be seen, segment by segment.
#[derive(Debug, Default)]
pub(super) struct Occurrences {
    pub(super) by_segment: Vec<InSegment>,
    pub(super) documents: u32,
    pub(super) notes: u32,
    /// With those that have nothing but a name: they do not change what a word says of a note.
    pub(super) files: u32,
}

/// Where a word occurs in one segment, in order.
#[derive(Debug, Default)]
pub(super) struct InSegment {
    pub(super) documents: Vec<Worth>,
    pub(super) notes: Vec<Worth>,
}

impl Occurrences {
    /// Returns how many documents and notes hold the word.
    pub(super) fn len(&self) -> usize {
        self.by_segment.iter().map(|it| it.documents.len() + it.notes.len()).sum()
    }

    /// Says whether a note of a segment holds the word.
    pub(super) fn is_held(&self, at: usize, note: usize) -> bool {
        self.by_segment[at].notes.binary_search_by(|it| (it.0 as usize).cmp(&note)).is_ok()
    }

    /// Returns the notes of a segment that hold the word.
    pub(super) fn notes_in(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        self.by_segment[at].notes.iter().map(|it| it.0 as usize)
    }
}

impl InSegment {
    /// Adds the next document; `length` is relative to the average.
    pub(super) fn push(&mut self, doc: DocId, count: f32, length: f32) {
        self.documents.push((doc, saturation(count, length)));
    }

    /// Adds the note of the documents before.
    pub(super) fn push_note(&mut self, note: u32, count: f32, length: f32) {
        self.notes.push((note, saturation(count, length)));
    }
}

fn saturation(count: f32, relative_length: f32) -> f32 {
    count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * relative_length))
}
