//! From words to their occurrences: postings of a word and its inflections, counted by document. Knows postings; knows nothing of scores.

use std::sync::Arc;

use anyhow::Result;
use tantivy::{
    DocId, DocSet, TERMINATED, Term,
    schema::{Field, IndexRecordOption},
};

use crate::io::index::{
    analysis::TermKind,
    occurrences::{Occurrence, Occurrences},
    segment::{Expanded, Segment},
    view::View,
    words::{Word, expand},
};

/// Finds the occurrences of words; keeps its arrays from word to word.
pub(super) struct Finder<'a> {
    segments: &'a [Arc<Segment>],
    view: &'a View,
    /// None before the first word that was not met before.
    counts: Vec<Vec<u32>>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(segments: &'a [Arc<Segment>], view: &'a View) -> Finder<'a> {
        Finder {
            segments,
            view,
            counts: Vec::new(),
        }
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
        if self.counts.is_empty() {
            self.counts = self.segments.iter().map(|it| vec![0; it.note_of.len()]).collect();
        }
        let mut found = Occurrences {
            by_segment: Vec::with_capacity(self.segments.len()),
            documents: 0,
            notes: 0,
            files: 0,
        };
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
            let mut last_note = u32::MAX;
            let occurrences = touched.into_iter().map(|doc| {
                let count = std::mem::take(&mut counts[doc as usize]);
                let note = segment.note_of[doc as usize];
                let counted = !segment.attachment[note as usize];
                found.documents += u32::from(counted);
                found.notes += u32::from(counted && note != last_note);
                found.files += u32::from(note != last_note);
                last_note = note;
                Occurrence {
                    doc,
                    body: count as u16,
                    context: (count >> 16) as u16,
                }
            });
            let occurrences: Vec<Occurrence> = occurrences.collect();
            found.by_segment.push(occurrences);
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
