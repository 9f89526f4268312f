//! From scores by note and by passage to one order: ranks of both, fused, and what has nothing but a name put between. Knows scores; knows
//! nothing of postings, of conditions or of texts. A common word is held by most notes of a large vault, so each pass over what was found is
//! one comparison a note (measured with 100,000 notes: sorting or partitioning all of them took more than counting them).

use std::sync::Arc;

use crate::io::index::{
    arrays::{Found, Scores},
    score::{Best, greater},
    segment::Segment,
};

/// Ranks beyond this add next to nothing to a fused score.
const MAX_RANKED: usize = 1000;

/// Steadies the ranks of the fusion. Two lists of the same notes want less than the usual 60 (measured, `docs/performance.md`).
const RANK_OFFSET: f32 = 10.0;

/// What an attachment gets of the score of the last note that holds as much.
const BEHIND: f32 = 0.999;

/// What is left of the score of a note that another took the place of: it is found, after what holds now.
const SUPERSEDED: f32 = 0.5;

/// How many more numbers than asked for are gathered before the least of them are dropped.
const GATHERED: usize = 1024;

/// The greatest of many numbers, none of them negative, that are seen one by one.
pub(super) struct Greatest<'a> {
    most: usize,
    room: &'a mut Vec<f32>,
    beyond: f32,
}

impl<'a> Greatest<'a> {
    /// Returns a list that keeps so many.
    pub(super) fn of(most: usize, room: &'a mut Vec<f32>) -> Greatest<'a> {
        room.clear();
        Greatest { most, room, beyond: -1.0 }
    }

    /// Takes the next number.
    pub(super) fn offer(&mut self, number: f32) {
        if number > self.beyond {
            self.room.push(number);
            if self.room.len() >= self.most + GATHERED {
                self.settle();
            }
        }
    }

    /// Returns the first number beyond those that are kept; -1 if there is none.
    pub(super) fn beyond(mut self) -> f32 {
        self.settle();
        self.beyond
    }

    fn settle(&mut self) {
        if self.room.len() > self.most {
            self.beyond = *self.room.select_nth_unstable_by(self.most, |a, b| b.total_cmp(a)).1;
            self.room.truncate(self.most);
        }
    }
}

/// Gives each note its score: the fused ranks by note and by best passage, relative to being first in both, times the largest share of the
/// query's weight that any note holds. That share makes scores comparable across queries; a note's own share instead was measured to cost one
/// to three points of R@5. Notes that hold a quoted phrase or an identifier come before those that do not. `room` is for the search of the ranks.
pub(super) fn fuse(segments: &[Arc<Segment>], found: &mut [Found], scores: &[Scores], best: &Best, literal: bool, room: &mut Vec<f32>) {
    let mut more = Vec::new();
    let mut greatest = [Greatest::of(MAX_RANKED, room), Greatest::of(MAX_RANKED, &mut more)];
    let mut held = 0.0;
    for (keys, held_here) in found.iter().map(|it| keys_of(scores, it)) {
        held = greater(held, held_here);
        greatest.iter_mut().zip(keys).for_each(|(it, key)| it.offer(key));
    }
    let share = held / best.weight.max(f32::MIN_POSITIVE);
    let worth = |rank: usize| share * (RANK_OFFSET + 1.0) / (RANK_OFFSET + 1.0 + rank as f32) / 2.0;
    let unranked = worth(MAX_RANKED);

    // What equals the first key beyond the bound is beyond it too: which of them is ranked would be chance.
    let bounds = greatest.map(Greatest::beyond);
    let mut orders = [Vec::new(), Vec::new()];
    for (at, it) in found.iter_mut().enumerate() {
        it.score = unranked + unranked;
        for ((key, bound), order) in keys_of(scores, it).0.into_iter().zip(bounds).zip(&mut orders) {
            if key > bound {
                order.push((key, at));
            }
        }
    }
    let [by_note, by_passage] = orders.map(ranks);
    let mut first: Vec<(usize, f32)> = by_note.into_iter().map(|(at, rank)| (at, worth(rank))).collect();
    first.sort_unstable_by_key(|it| it.0);
    first.iter().for_each(|&(at, worth)| found[at].score = worth + unranked);
    for (at, rank) in by_passage {
        let other = first.binary_search_by_key(&at, |it| it.0).map_or(unranked, |it| first[it].1);
        found[at].score = other + worth(rank);
    }
    for it in found.iter_mut() {
        if literal {
            // Twice, so that what stands in a row within something longer does not pass what is the whole by any other merit.
            it.score = 2.0_f32.mul_add(it.literal, it.score) / 3.0;
        }
        let (at, note) = it.at();
        if segments[at].superseded[note] {
            it.score *= SUPERSEDED;
        }
    }
}

/// Returns the scores of a note by itself and by its best passage, and how much of the query it holds.
fn keys_of(scores: &[Scores], found: &Found) -> ([f32; 2], f32) {
    let (at, note) = found.at();
    let scores = &scores[at];
    ([scores.note[note], scores.best[note]], scores.held[note])
}

/// Scores files that have nothing but a name: each comes after every note that holds as much of the query, because a name says less than a
/// text, and before those that hold less.
pub(super) fn place_attachments(attachments: &mut [Found], notes: &[Found], scores: &[Scores], best: &Best) {
    if attachments.is_empty() {
        return;
    }
    let held = |it: &Found| scores[it.segment as usize].held[it.note as usize];
    let mut by_held: Vec<(f32, f32)> = notes.iter().map(|it| (held(it), it.score)).collect();
    by_held.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)));
    let mut least = 1.0;
    for (_, score) in &mut by_held {
        least = score.min(least);
        *score = least;
    }
    for it in attachments {
        let held = held(it);
        let ahead = by_held.partition_point(|(other, _)| *other >= held);
        let share = held / best.weight.max(f32::MIN_POSITIVE);
        it.score = ahead.checked_sub(1).map_or(share, |last| share.min(BEHIND * by_held[last].1));
    }
}

/// Returns places with their ranks from 0, the greatest key first; equal keys share a rank.
fn ranks(mut order: Vec<(f32, usize)>) -> Vec<(usize, usize)> {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_first_number_beyond_is_that_of_the_sorted_list(numbers in prop::collection::vec(0_u16..500, 0..5000), most in 0_usize..1500) {
            let mut room = Vec::new();
            let mut greatest = Greatest::of(most, &mut room);
            numbers.iter().for_each(|it| greatest.offer(f32::from(*it)));
            let mut sorted = numbers.clone();
            sorted.sort_unstable_by(|a, b| b.cmp(a));
            prop_assert_eq!(greatest.beyond(), sorted.get(most).map_or(-1.0, |it| f32::from(*it)));
        }
    }
}
