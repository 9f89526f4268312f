//! How much a note and its passages say of a query: BM25 over living, visible documents, for notes and for passages, fused into one score.
//! Knows occurrences and statistics; knows nothing of postings, conditions, snippets or wire types.
//!
//! Measured (reference/search.md 2): whole notes and passages together rank better than either; the best passage counts, never the sum.

use std::sync::Arc;

use crate::io::index::{
    arrays::{Place, Scores},
    occurrences::{K1, Occurrences, STEP},
    segment::Segment,
    view::Statistics,
    words::Word,
};

/// What the best possible note would reach.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Best {
    pub(super) note: f32,
    pub(super) passage: f32,
    pub(super) weight: f32,
}

/// The words of a query, with what each weighs.
pub(super) struct Weighed<'a> {
    words: Vec<WeighedWord<'a>>,
    pub(super) best: Best,
}

/// A word, with its weight, and what a step of its worth is among notes and among passages.
struct WeighedWord<'a> {
    occurrences: &'a Occurrences,
    weight: f32,
    of_note: f32,
    of_passage: f32,
}

impl<'a> Weighed<'a> {
    pub(super) fn new(statistics: &Statistics, words: &'a [(Word, Arc<Occurrences>)]) -> Weighed<'a> {
        let mut weighed = Weighed {
            words: Vec::new(),
            best: Best::default(),
        };
        for (word, occurrences) in words {
            let of_note = word.weight * idf(statistics.notes, occurrences.notes);
            let of_passage = word.weight * idf(statistics.documents, occurrences.documents);
            weighed.best.note += of_note * (K1 + 1.0);
            weighed.best.passage += of_passage * (K1 + 1.0);
            weighed.best.weight += of_note;
            weighed.words.push(WeighedWord {
                occurrences,
                weight: of_note,
                of_note: of_note * STEP,
                of_passage: of_passage * STEP,
            });
        }
        weighed
    }

    /// Scores every note that holds a word, into zeros.
    pub(super) fn score(&self, segments: &[Arc<Segment>], scores: &mut [Scores]) {
        for (at, (segment, scores)) in segments.iter().zip(scores).enumerate() {
            for word in &self.words {
                for (note, worth, greatest) in word.occurrences.by_segment[at].notes() {
                    if scores.held[note] == 0.0 {
                        scores.touched.push(note as u32);
                    }
                    scores.held[note] += word.weight;
                    scores.note[note] += word.of_note * worth;
                    // Of one word it is known which passage says most.
                    scores.best[note] = word.of_passage * greatest;
                }
            }
            if self.words.len() > 1 {
                self.add_passages(segment, at, scores);
            }
        }
    }

    /// Adds up what the passages of each note hold of several words, and keeps that of the best.
    fn add_passages(&self, segment: &Segment, at: usize, scores: &mut Scores) {
        for word in &self.words {
            for (document, worth) in word.occurrences.by_segment[at].documents() {
                scores.passage[document] += word.of_passage * worth;
            }
        }
        for note in scores.touched.iter().map(|it| *it as usize) {
            let passages = &mut scores.passage[segment.documents(note)];
            scores.best[note] = passages.iter().copied().fold(0.0, greater);
            passages.fill(0.0);
        }
    }

    /// Returns what each of a note's documents has.
    pub(super) fn of_documents(&self, segments: &[Arc<Segment>], place: Place) -> Vec<f32> {
        let (at, note) = place.at();
        let documents = segments[at].documents(note);
        let mut scores = vec![0.0; documents.len()];
        for word in &self.words {
            for (document, worth) in word.occurrences.by_segment[at].documents_of(note) {
                scores[document - documents.start] += word.of_passage * worth;
            }
        }
        scores
    }
}

/// The greater of two numbers; what `f32::max` does for what is none took a tenth of a search for a common word.
pub(super) fn greater(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

fn idf(all: u32, holding: u32) -> f32 {
    (1.0 + (all as f32 - holding as f32 + 0.5) / (holding as f32 + 0.5)).ln()
}
