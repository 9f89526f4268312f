//! From scores by note and by passage to one order: ranks of both, fused, and what has nothing but a name put between. Knows scores; knows
//! nothing of postings, of conditions or of texts. A common word is held by most notes of a large vault, so each pass over what was found is
//! one comparison a note (measured with 100,000 notes: sorting or partitioning all of them took more than counting them).

use std::sync::Arc;

use crate::io::index::{
    arrays::{Found, Place, Scores},
    literal::Literal,
    score::{Weighed, greater},
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

/// How many notes are looked at together: most of them hold none that is among the first.
const BLOCK: usize = 64;

/// What decides beside the scores.
pub(super) struct Ranking<'a> {
    pub(super) segments: &'a [Arc<Segment>],
    pub(super) weighed: &'a Weighed<'a>,
    pub(super) literal: &'a Literal,
}

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
///
/// Where no more than the first so many are `wanted`, notes that come after all of these may be left out.
pub(super) fn fuse(ranking: &Ranking<'_>, scores: &[Scores], wanted: Option<usize>, found: &mut Vec<Found>, room: &mut Vec<f32>) {
    let mut held = 0.0;
    for it in scores {
        blocks(it, &it.held, |_, block| held = block.iter().copied().fold(held, greater));
    }
    let share = held / ranking.weighed.best.weight.max(f32::MIN_POSITIVE);
    let worth = |rank: usize| share * (RANK_OFFSET + 1.0) / (RANK_OFFSET + 1.0 + rank as f32) / 2.0;
    let unranked = worth(MAX_RANKED);
    let rest = unranked + unranked;

    let mut worths: Vec<(Place, f32)> = Vec::new();
    let rankings: [fn(&Scores) -> &[f32]; 2] = [|it| &it.note, |it| &it.best];
    for numbers in rankings {
        let order = first(scores, numbers, room);
        worths.extend(ranks(order).into_iter().map(|(place, rank)| (place, worth(rank))));
    }
    worths.sort_unstable_by_key(|it| it.0);
    let of_both = worths.chunk_by(|a, b| a.0 == b.0);
    let ranked = of_both.map(|it| (it[0].0, it[0].1 + it.get(1).map_or(unranked, |it| it.1)));
    if ranking.literal.is_none()
        && let Some(wanted) = wanted
    {
        let ranked = ranked.clone().map(|(place, fused)| ranking.found(place, fused));
        found.extend(ranked.filter(|it| it.score > rest));
        if found.len() >= wanted {
            return;
        }
        found.clear();
    }
    let mut ranked = ranked.peekable();
    for (segment, scores) in (0..).zip(scores) {
        room.clear();
        room.resize(scores.note.len(), rest);
        while let Some((place, fused)) = ranked.next_if(|it| it.0.segment == segment) {
            room[place.note as usize] = fused;
        }
        let places = scores.chosen().iter().map(|note| Place { segment, note: *note });
        found.extend(places.map(|it| ranking.found(it, room[it.note as usize])));
    }
}

impl Ranking<'_> {
    /// Returns a note with what its fused ranks become.
    fn found(&self, place: Place, fused: f32) -> Found {
        let (at, note) = place.at();
        let mut score = fused;
        if let Some(literal) = self.literal {
            // Twice, so that what stands in a row within something longer does not pass what is the whole by any other merit.
            score = 2.0_f32.mul_add(literal[at][note], score) / 3.0;
        }
        if self.segments[at].superseded[note] {
            score *= SUPERSEDED;
        }
        Found { place, score }
    }
}

/// Returns the notes that are ranked by one of their numbers, with it, in no order.
fn first(scores: &[Scores], numbers: fn(&Scores) -> &[f32], room: &mut Vec<f32>) -> Vec<(f32, Place)> {
    let mut greatest = Greatest::of(MAX_RANKED, room);
    for it in scores {
        blocks(it, numbers(it), |_, block| {
            if block.iter().copied().fold(0.0, greater) > greatest.beyond {
                block.iter().for_each(|it| greatest.offer(*it));
            }
        });
    }
    // What equals the first number beyond the bound is beyond it too: which of them is ranked would be chance.
    let bound = greatest.beyond();
    let mut first = Vec::with_capacity(MAX_RANKED);
    for (segment, it) in (0..).zip(scores) {
        // A note without any score is only there where it was chosen for itself.
        let bound = if it.is_dense() { greater(bound, 0.0) } else { bound };
        blocks(it, numbers(it), |begin, block| {
            if block.iter().copied().fold(-1.0, greater) > bound {
                let notes = (begin as u32..).zip(block).filter(|(_, it)| **it > bound);
                first.extend(notes.map(|(note, it)| (*it, Place { segment, note })));
            }
        });
    }
    first
}

/// Shows the numbers of the notes that may be hits, with the number of the first note: where they are many in blocks, in which the others have
/// zeros; else one by one.
fn blocks(scores: &Scores, numbers: &[f32], mut visit: impl FnMut(usize, &[f32])) {
    if scores.is_dense() {
        for (at, block) in numbers.chunks(BLOCK).enumerate() {
            visit(at * BLOCK, block);
        }
    } else {
        for note in scores.chosen().iter().map(|it| *it as usize) {
            visit(note, &numbers[note..=note]);
        }
    }
}

/// Scores files that have nothing but a name: each comes after every note that holds as much of the query, because a name says less than a
/// text, and before those that hold less.
pub(super) fn place_attachments(attachments: &mut [Found], notes: &[Found], scores: &[Scores], weighed: &Weighed<'_>) {
    if attachments.is_empty() {
        return;
    }
    let held = |it: &Found| scores[it.place.segment as usize].held[it.place.note as usize];
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
        let share = held / weighed.best.weight.max(f32::MIN_POSITIVE);
        it.score = ahead.checked_sub(1).map_or(share, |last| share.min(BEHIND * by_held[last].1));
    }
}

/// Returns places with their ranks from 0, the greatest key first; equal keys share a rank.
fn ranks(mut order: Vec<(f32, Place)>) -> Vec<(Place, usize)> {
    order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    let mut rank = 0;
    let ranked = order.iter().enumerate().map(|(at, &(key, place))| {
        if at > 0 && order[at - 1].0 > key {
            rank = at;
        }
        (place, rank)
    });
    ranked.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn looking_at_blocks_finds_what_looking_at_each_note_finds(numbers in prop::collection::vec(0_u16..500, 0..3000)) {
            let numbers: Vec<f32> = numbers.into_iter().map(f32::from).collect();
            let touched: Vec<u32> = (0..).zip(&numbers).filter(|(_, it)| **it > 0.0).map(|(note, _)| note).collect();
            let scores = |is_whole: bool| [Scores {
                passage: Vec::new(),
                note: numbers.clone(),
                best: Vec::new(),
                held: Vec::new(),
                touched: touched.clone(),
                is_whole,
                chosen: if is_whole { Vec::new() } else { touched.clone() },
            }];
            let found = |is_whole: bool| {
                let mut found = first(&scores(is_whole), |it| &it.note, &mut Vec::new());
                found.sort_unstable_by_key(|it| it.1);
                found
            };
            prop_assert_eq!(found(true), found(false));
        }

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
