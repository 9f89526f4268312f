//! How much a note and its passages say of a query: BM25 over living, visible documents, for notes and for passages, fused into one score.
//! Knows occurrences and statistics; knows nothing of postings, conditions, snippets or wire types.
//!
//! Measured (reference/search.md 2): whole notes and passages together rank better than either; the best passage counts, never the sum.

use std::sync::Arc;

use crate::io::index::{
    arrays::Scores,
    occurrences::{InSegment, K1, Occurrences},
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

/// Scores every note that holds a word, into zeros, and returns the bound that the scores are measured by.
pub(super) fn score(segments: &[Arc<Segment>], statistics: &Statistics, words: &[(Word, Arc<Occurrences>)], scores: &mut [Scores]) -> Best {
    let mut best = Best::default();
    for (word, occurrences) in words {
        let note_weight = word.weight * idf(statistics.notes, occurrences.notes);
        let passage_weight = word.weight * idf(statistics.documents, occurrences.documents);
        best.note += note_weight * (K1 + 1.0);
        best.passage += passage_weight * (K1 + 1.0);
        best.weight += note_weight;
        for (found, scores) in occurrences.by_segment.iter().zip(&mut *scores) {
            add_word(found, scores, note_weight, passage_weight);
        }
    }
    for (segment, scores) in segments.iter().zip(scores) {
        for note in scores.touched.iter().map(|it| *it as usize) {
            scores.best[note] = scores.passage[segment.documents(note)].iter().copied().fold(0.0, greater);
        }
    }
    best
}

fn add_word(found: &InSegment, scores: &mut Scores, note_weight: f32, passage_weight: f32) {
    for (doc, worth) in found.documents.iter() {
        scores.passage[doc as usize] += passage_weight * worth;
    }
    for (note, worth) in found.notes.iter() {
        let held = &mut scores.held[note as usize];
        if *held == 0.0 {
            scores.touched.push(note);
        }
        *held += note_weight;
        scores.note[note as usize] += note_weight * worth;
    }
}

/// The greater of two numbers; what `f32::max` does for what is none took a tenth of a search for a common word.
pub(super) fn greater(a: f32, b: f32) -> f32 {
    if b > a { b } else { a }
}

fn idf(all: u32, holding: u32) -> f32 {
    (1.0 + (all as f32 - holding as f32 + 0.5) / (holding as f32 + 0.5)).ln()
}
