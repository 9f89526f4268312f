//! How much a note and its passages say of a query: BM25 over living, visible documents, for notes and for passages, fused into one score.
//! Knows postings and statistics; knows nothing of conditions, snippets or wire types.
//!
//! Measured (reference/search.md 2): whole notes and passages together rank better than either; the best passage counts, never the sum.

use std::sync::Arc;

use anyhow::Result;
use tantivy::{
    DocId, DocSet, TERMINATED, Term,
    schema::{Field, IndexRecordOption},
};

use crate::io::index::{
    segment::{Expanded, Segment},
    words::{Word, expand},
};

/// BM25's parameters. Measured on four public sets together (`docs/performance.md`): 1.4 instead of the usual 1.2 for `K1`.
const K1: f32 = 1.4;
const B: f32 = 0.75;

/// Ranks beyond this add next to nothing to a fused score.
const MAX_RANKED: usize = 1000;

/// How much an occurrence in the title counts for the note, and one in title or headings for the passage. Measured with `K1`: more is worse.
const NOTE_CONTEXT: f32 = 3.0;
const PASSAGE_CONTEXT: f32 = 1.5;

/// How often a document holds a word: in its text, and in its title and headings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Occurrence {
    doc: DocId,
    body: u16,
    context: u16,
}

/// Where a word occurs among the notes that may be seen, segment by segment.
#[derive(Debug)]
pub(super) struct Occurrences {
    by_segment: Vec<Vec<Occurrence>>,
    documents: u32,
    notes: u32,
    /// With those that have nothing but a name: they do not change what a word says of a note.
    files: u32,
}

impl Occurrences {
    /// Returns how many notes and other files hold the word.
    pub(super) fn files(&self) -> u32 {
        self.files
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

/// Finds the occurrences of words; keeps its arrays from word to word.
pub(super) struct Finder<'a> {
    segments: &'a [Arc<Segment>],
    /// For each segment and note: whether the caller may see it and it lives.
    visible: &'a [Vec<bool>],
    counts: Vec<Vec<u32>>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(segments: &'a [Arc<Segment>], visible: &'a [Vec<bool>]) -> Finder<'a> {
        Finder {
            segments,
            visible,
            counts: segments.iter().map(|it| vec![0; it.note_of.len()]).collect(),
        }
    }

    /// Returns where a word or one of its inflections occurs.
    pub(super) fn find(&mut self, word: &Word) -> Result<Occurrences> {
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
        for (segment, visible) in self.segments.iter().zip(self.visible) {
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
        let (counts, visible) = (&mut self.counts[at], &self.visible[at]);
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

/// The scores of one segment.
pub(super) struct Scores {
    /// For each document, its BM25 among passages.
    pub(super) passage: Vec<f32>,
    /// For each note: its BM25 among notes, that of its best passage, and how much of the query's weight it holds.
    pub(super) note: Vec<f32>,
    pub(super) best: Vec<f32>,
    pub(super) held: Vec<f32>,
}

/// What the best possible note would reach.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Best {
    pub(super) note: f32,
    pub(super) passage: f32,
    pub(super) weight: f32,
}

/// Returns the scores of every note that holds a word, and the bound that they are measured by.
pub(super) fn score(segments: &[Arc<Segment>], visible: &[Vec<bool>], words: &[(Word, Occurrences)]) -> (Vec<Scores>, Best) {
    let statistics = Statistics::of(segments, visible);
    let mut best = Best::default();
    let mut scores: Vec<Scores> = segments
        .iter()
        .map(|it| Scores {
            passage: vec![0.0; it.note_of.len()],
            note: vec![0.0; it.notes()],
            best: vec![0.0; it.notes()],
            held: vec![0.0; it.notes()],
        })
        .collect();
    for (word, occurrences) in words {
        let note_weight = word.weight * idf(statistics.notes, occurrences.notes);
        let passage_weight = word.weight * idf(statistics.documents, occurrences.documents);
        best.note += note_weight * (K1 + 1.0);
        best.passage += passage_weight * (K1 + 1.0);
        best.weight += note_weight;
        for ((segment, found), scores) in segments.iter().zip(&occurrences.by_segment).zip(&mut scores) {
            add_word(segment, found, scores, &statistics, note_weight, passage_weight);
        }
    }
    for (segment, scores) in segments.iter().zip(&mut scores) {
        for (doc, &passage) in scores.passage.iter().enumerate().filter(|(_, it)| **it > 0.0) {
            let best = &mut scores.best[segment.note_of[doc] as usize];
            *best = best.max(passage);
        }
    }
    (scores, best)
}

fn add_word(segment: &Segment, found: &[Occurrence], scores: &mut Scores, statistics: &Statistics, note_weight: f32, passage_weight: f32) {
    let mut rest = found;
    while let Some(first) = rest.first() {
        let note = segment.note_of[first.doc as usize] as usize;
        let end = rest
            .iter()
            .position(|it| it.doc >= segment.first_doc[note + 1])
            .unwrap_or(rest.len());
        let mut in_note = 0.0;
        for it in &rest[..end] {
            let (body, context) = (f32::from(it.body), f32::from(it.context));
            // The title is repeated in every passage; the note holds it once.
            in_note += if it.doc == segment.first_doc[note] {
                body + NOTE_CONTEXT * context
            } else {
                body
            };
            let length = segment.doc_length[it.doc as usize];
            scores.passage[it.doc as usize] +=
                passage_weight * saturation(body + PASSAGE_CONTEXT * context, length as f32 / statistics.document_length);
        }
        scores.note[note] += note_weight * saturation(in_note.max(1.0), segment.length[note] as f32 / statistics.note_length);
        scores.held[note] += note_weight;
        rest = &rest[end..];
    }
}

fn saturation(count: f32, relative_length: f32) -> f32 {
    count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * relative_length))
}

fn idf(all: u32, holding: u32) -> f32 {
    (1.0 + (all as f32 - holding as f32 + 0.5) / (holding as f32 + 0.5)).ln()
}

/// Returns each key's rank from 0, the greatest first; equal keys share a rank, and all beyond the bound share the bound.
pub(super) fn ranks(keys: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    let descending = |a: &usize, b: &usize| keys[*b].total_cmp(&keys[*a]);
    if order.len() > MAX_RANKED {
        order.select_nth_unstable_by(MAX_RANKED, descending);
        // What equals the last ranked key is beyond the bound too: which of them the selection kept is chance.
        let last = keys[order[MAX_RANKED]];
        order.retain(|&it| keys[it] > last);
    }
    order.sort_unstable_by(descending);
    let mut ranks = vec![MAX_RANKED; keys.len()];
    let mut rank = 0;
    for (place, &at) in order.iter().enumerate() {
        if place > 0 && keys[order[place - 1]] > keys[at] {
            rank = place;
        }
        ranks[at] = rank;
    }
    ranks
}

/// Counts of what the caller may see, living notes only: equal content gives equal scores whatever was deleted before.
struct Statistics {
    notes: u32,
    documents: u32,
    note_length: f32,
    document_length: f32,
}

impl Statistics {
    fn of(segments: &[Arc<Segment>], visible: &[Vec<bool>]) -> Statistics {
        let (mut notes, mut documents, mut note_terms, mut document_terms) = (0_u64, 0_u64, 0_u64, 0_u64);
        for (segment, visible) in segments.iter().zip(visible) {
            for note in (0..segment.notes()).filter(|&it| visible[it] && !segment.attachment[it]) {
                let block = segment.first_doc[note]..segment.first_doc[note + 1];
                notes += 1;
                documents += u64::from(block.end - block.start);
                note_terms += u64::from(segment.length[note]);
                document_terms += u64::from(segment.terms[note]);
            }
        }
        let mean = |terms: u64, of: u64| if of == 0 { 1.0 } else { (terms as f32 / of as f32).max(1.0) };
        Statistics {
            notes: notes as u32,
            documents: documents as u32,
            note_length: mean(note_terms, notes),
            document_length: mean(document_terms, documents),
        }
    }
}
