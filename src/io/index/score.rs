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

/// Ranks beyond this add next to nothing to a fused score.
pub(super) const MAX_RANKED: usize = 1000;

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
        let held = scores.held.iter().enumerate().filter(|(_, it)| **it > 0.0);
        for (note, _) in held {
            let passages = segment.first_doc[note] as usize..segment.first_doc[note + 1] as usize;
            scores.best[note] = scores.passage[passages].iter().copied().fold(0.0, f32::max);
        }
    }
    best
}

fn add_word(found: &InSegment, scores: &mut Scores, note_weight: f32, passage_weight: f32) {
    for &(doc, worth) in &found.documents {
        scores.passage[doc as usize] += passage_weight * worth;
    }
    for &(note, worth) in &found.notes {
        scores.note[note as usize] += note_weight * worth;
        scores.held[note as usize] += note_weight;
    }
}

fn idf(all: u32, holding: u32) -> f32 {
    (1.0 + (all as f32 - holding as f32 + 0.5) / (holding as f32 + 0.5)).ln()
}

/// Returns the places of the greatest `key`s with their ranks from 0; equal keys share a rank, and what is not returned has [`MAX_RANKED`].
/// No key is negative. `room` is for the search of the bound.
pub(super) fn ranks<T>(of: &[T], key: impl Fn(&T) -> f32, room: &mut Vec<f32>) -> Vec<(usize, usize)> {
    let mut order: Vec<(f32, usize)> = Vec::new();
    let mut bound = -1.0;
    if of.len() > MAX_RANKED {
        room.clear();
        room.extend(of.iter().map(&key));
        // What equals the first key beyond the bound is beyond it too: which of them is ranked would be chance.
        bound = *room.select_nth_unstable_by(MAX_RANKED, |a, b| b.total_cmp(a)).1;
    }
    order.extend(of.iter().map(key).zip(0..).filter(|(key, _)| *key > bound));
    order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let mut rank = 0;
    let ranked = order.iter().enumerate().map(|(place, &(key, at))| {
        if place > 0 && order[place - 1].0 > key {
            rank = place;
        }
        (at, rank)
    });
    ranked.collect()
}
