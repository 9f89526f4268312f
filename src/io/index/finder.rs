//! From words to their occurrences: postings of a word and its inflections, counted and weighed by document and note. Knows postings and
//! statistics; knows nothing of queries.

use std::sync::Arc;

use anyhow::Result;
use tantivy::{
    DocId, DocSet, TERMINATED, Term,
    schema::{Field, IndexRecordOption},
};

use crate::io::index::{
    analysis::TermKind,
    occurrences::{InSegment, Occurrences},
    segment::{Expanded, Segment},
    view::{Statistics, View},
    words::{Word, expand},
};

/// How much an occurrence in the title counts for the note, and one in title or headings for the passage. Measured with `K1`: more is worse.
const NOTE_CONTEXT: f32 = 3.0;
const PASSAGE_CONTEXT: f32 = 1.5;

/// Finds the occurrences of words; uses the same arrays for each.
pub(super) struct Finder<'a> {
    segments: &'a [Arc<Segment>],
    view: &'a View,
    /// For each segment and document; zeros between two words.
    counts: &'a mut [Vec<u32>],
}

impl<'a> Finder<'a> {
    pub(super) fn new(segments: &'a [Arc<Segment>], view: &'a View, counts: &'a mut [Vec<u32>]) -> Finder<'a> {
        Finder { segments, view, counts }
    }

    /// Returns where a word or one of its inflections occurs.
    pub(super) fn find(&mut self, word: &Word) -> Result<Arc<Occurrences>> {
        // A whole identifier may be spelt as a word, which has inflections.
        if word.kind == TermKind::Whole {
            return self.read(word).map(Arc::new);
        }
        if let Some(known) = self.view.occurrences(&word.text) {
            return Ok(known);
        }
        let found = Arc::new(self.read(word)?);
        self.view.remember_occurrences(&word.text, &found);
        Ok(found)
    }

    fn read(&mut self, word: &Word) -> Result<Occurrences> {
        let mut found = Occurrences::default();
        for (at, segment) in self.segments.iter().enumerate() {
            let expansion = expand(segment, word)?;
            let mut touched: Vec<DocId> = Vec::new();
            for (terms, field, one) in [
                (&expansion.body, segment.fields.body, 1),
                (&expansion.context, segment.fields.context, 1 << 16),
            ] {
                for term in terms.iter() {
                    self.count(at, segment, field, term, one, &mut touched)?;
                }
            }
            let counts = &mut self.counts[at];
            in_order(&mut touched, counts);
            let found_here = weigh(segment, &self.view.statistics, &touched, counts, &mut found);
            found.by_segment.push(found_here);
        }
        Ok(found)
    }

    /// Returns how many documents of visible notes hold just this term, inflections left out.
    pub(super) fn count_exactly(&self, term: &str) -> Result<usize> {
        let mut held = 0;
        for (segment, visible) in self.segments.iter().zip(&self.view.visible) {
            for field in [segment.fields.body, segment.fields.context] {
                let term = Term::from_field_text(field, term);
                let Some(mut postings) = segment
                    .reader
                    .inverted_index(field)?
                    .read_postings(&term, IndexRecordOption::Basic)?
                else {
                    continue;
                };
                while postings.doc() != TERMINATED {
                    held += usize::from(visible[segment.note_of[postings.doc() as usize] as usize]);
                    postings.advance();
                }
            }
        }
        Ok(held)
    }

    fn count(&mut self, at: usize, segment: &Segment, field: Field, term: &Expanded, one: u32, touched: &mut Vec<DocId>) -> Result<()> {
        let inverted = segment.reader.inverted_index(field)?;
        let (counts, visible) = (&mut self.counts[at], &self.view.visible[at]);
        // Block by block: a common word has as many postings as there are passages, and every one is counted.
        let mut blocks = inverted.read_block_postings_from_terminfo(&term.info, IndexRecordOption::WithFreqs)?;
        while blocks.block_len() > 0 {
            for (&doc, &frequency) in blocks.docs().iter().zip(blocks.freqs()) {
                let note = segment.note_of[doc as usize] as usize;
                if visible[note] && term.only.is_none_or(|it| it == segment.language[note]) {
                    let count = &mut counts[doc as usize];
                    if *count == 0 {
                        touched.push(doc);
                    }
                    // Sixteen bits a field: a passage holds fewer words than that, inflections added.
                    *count += one * frequency.min(200);
                }
            }
            blocks.advance();
        }
        Ok(())
    }
}

/// Returns what the counted occurrences are worth, adds to the totals, and sets the counts back to nothing.
fn weigh(segment: &Segment, statistics: &Statistics, touched: &[DocId], counts: &mut [u32], total: &mut Occurrences) -> InSegment {
    let mut found = InSegment::with_room_for(touched.len());
    for block in touched.chunk_by(|a, b| segment.note_of[*a as usize] == segment.note_of[*b as usize]) {
        let number = segment.note_of[block[0] as usize];
        let note = number as usize;
        let mut in_note = 0.0;
        for &doc in block {
            let count = std::mem::take(&mut counts[doc as usize]);
            let (body, context) = (f32::from(count as u16), f32::from((count >> 16) as u16));
            // The title is repeated in every passage; the note holds it once.
            in_note += if doc == segment.first_doc[note] {
                body + NOTE_CONTEXT * context
            } else {
                body
            };
            let length = segment.doc_length[doc as usize] as f32 / statistics.document_length;
            found.push_document(doc, body + PASSAGE_CONTEXT * context, length);
        }
        let length = segment.length[note] as f32 / statistics.note_length;
        found.push_note(number, block.len(), f32::max(in_note, 1.0), length);
        total.files += 1;
        if !segment.attachment[note] {
            total.notes += 1;
            total.documents += block.len() as u32;
        }
    }
    found.shrink();
    found
}

/// Puts touched documents in order; where they are many, by looking at every count instead of sorting.
fn in_order(touched: &mut Vec<DocId>, counts: &[u32]) {
    if touched.is_sorted() {
        return;
    }
    if touched.len() > counts.len() / 32 {
        touched.clear();
        touched.extend(
            counts
                .iter()
                .enumerate()
                .filter(|(_, count)| **count > 0)
                .map(|(doc, _)| doc as DocId),
        );
    } else {
        touched.sort_unstable();
    }
}
