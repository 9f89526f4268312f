//! How much a note and its passages say of a query: BM25 over living, visible documents, for notes and for passages, fused into one score.
//! Knows occurrences and statistics; knows nothing of postings, conditions, snippets or wire types.
//!
//! Measured (reference/search.md 2): whole notes and passages together rank better than either; the best passage counts, never the sum.

use std::sync::Arc;

use crate::io::index::{
    occurrences::{Occurrence, Occurrences},
    segment::Segment,
    view::Statistics,
    words::Word,
};

/// BM25's parameters. Measured on four public sets together (`docs/performance.md`): 1.4 instead of the usual 1.2 for `K1`.
const K1: f32 = 1.4;
const B: f32 = 0.75;

/// Ranks beyond this add next to nothing to a fused score.
const MAX_RANKED: usize = 1000;

/// How much an occurrence in the title counts for the note, and one in title or headings for the passage. Measured with `K1`: more is worse.
const NOTE_CONTEXT: f32 = 3.0;
const PASSAGE_CONTEXT: f32 = 1.5;

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
pub(super) fn score(segments: &[Arc<Segment>], statistics: &Statistics, words: &[(Word, Arc<Occurrences>)]) -> (Vec<Scores>, Best) {
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
            add_word(segment, found, scores, statistics, note_weight, passage_weight);
        }
    }
    for (segment, scores) in segments.iter().zip(&mut scores) {
        let held = scores.held.iter().enumerate().filter(|(_, it)| **it > 0.0);
        for (note, _) in held {
            let passages = segment.first_doc[note] as usize..segment.first_doc[note + 1] as usize;
            scores.best[note] = scores.passage[passages].iter().copied().fold(0.0, f32::max);
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

/// Returns each key's rank from 0, the greatest first; equal keys share a rank, and all beyond the bound share the bound. No key is negative.
pub(super) fn ranks(keys: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    if keys.len() > MAX_RANKED {
        // Without their places first: numbers are quicker to part than what is looked up by number. Positive ones are in the order of their bits.
        let mut bits: Vec<u32> = keys.iter().map(|it| it.to_bits()).collect();
        let (_, last, _) = bits.select_nth_unstable_by(MAX_RANKED, |a, b| b.cmp(a));
        // What equals the last ranked key is beyond the bound too: which of them is ranked would be chance.
        let last = f32::from_bits(*last);
        order.retain(|&it| keys[it] > last);
    }
    order.sort_unstable_by(|&a, &b| keys[b].total_cmp(&keys[a]));
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
