//! The large arrays of a search, kept from one search to the next: the system clears memory that is asked for anew, which was measured to be
//! half of a search. Plain memory; what the numbers mean is for those who fill it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::io::index::segment::Segment;

/// How many searches at once find arrays; more make their own.
const MAX_KEPT: usize = 4;

/// One note in so many is few: their scores are cleared one by one, those of more in one go.
const FEW: usize = 8;

/// Where a note is that may be a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) segment: u32,
    pub(super) note: u32,
}

/// A note that may be a hit, with its score.
#[derive(Debug, Clone, Copy)]
pub(super) struct Found {
    pub(super) place: Place,
    pub(super) score: f32,
}

/// The scores of one segment.
#[derive(Debug)]
pub(super) struct Scores {
    /// For each document, its BM25 among passages, while it is added up; else zeros.
    pub(super) passage: Vec<f32>,
    /// For each note: its BM25 among notes, that of its best passage, and how much of the query's weight it holds.
    pub(super) note: Vec<f32>,
    pub(super) best: Vec<f32>,
    pub(super) held: Vec<f32>,
    /// The notes that have scores, in no order, each once: of a large vault most have none, and nothing looks at those.
    pub(super) touched: Vec<u32>,
    /// Those that may be hits are what was touched, all of it and nothing else.
    pub(super) is_whole: bool,
    /// If not: which they are, each once.
    pub(super) chosen: Vec<u32>,
}

/// The arrays of one search.
#[derive(Debug)]
pub(super) struct Arrays {
    /// For each segment; all zero at first.
    pub(super) scores: Vec<Scores>,
    /// For each segment and document. All zero at first, and left so.
    pub(super) counts: Vec<Vec<u32>>,
    /// Empty at first.
    pub(super) found: Vec<Found>,
    /// Of no lasting meaning.
    pub(super) keys: Vec<f32>,
}

/// The arrays that wait for the next search of one snapshot. Guards no more than a list; nothing waits while it is held.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Vec<Arrays>>);

impl Place {
    /// Returns the numbers of the segment and of the note in it.
    pub(super) fn at(&self) -> (usize, usize) {
        (self.segment as usize, self.note as usize)
    }
}

impl Scores {
    /// Returns the notes that may be hits, in no order.
    pub(super) fn chosen(&self) -> &[u32] {
        if self.is_whole { &self.touched } else { &self.chosen }
    }

    /// Says whether so many notes have scores, all of which may be hits, that looking at every note is quicker than at each of these.
    pub(super) fn is_dense(&self) -> bool {
        self.is_whole && self.touched.len() > self.note.len() / FEW
    }
}

impl Arrays {
    fn of(segments: &[Arc<Segment>]) -> Arrays {
        let scores = |it: &Arc<Segment>| Scores {
            passage: vec![0.0; it.note_of.len()],
            note: vec![0.0; it.notes()],
            best: vec![0.0; it.notes()],
            held: vec![0.0; it.notes()],
            touched: Vec::new(),
            is_whole: false,
            chosen: Vec::new(),
        };
        Arrays {
            scores: segments.iter().map(scores).collect(),
            counts: segments.iter().map(|it| vec![0; it.note_of.len()]).collect(),
            found: Vec::new(),
            keys: Vec::new(),
        }
    }

    fn reset(&mut self) {
        for it in &mut self.scores {
            if it.touched.len() > it.note.len() / FEW {
                for numbers in [&mut it.note, &mut it.best, &mut it.held] {
                    numbers.fill(0.0);
                }
                it.touched.clear();
            }
            for note in it.touched.drain(..).map(|it| it as usize) {
                (it.note[note], it.best[note], it.held[note]) = (0.0, 0.0, 0.0);
            }
            it.chosen.clear();
        }
        self.found.clear();
    }
}

impl Kept {
    /// Returns arrays for a search of these segments, which are those of every other call.
    pub(super) fn take(&self, segments: &[Arc<Segment>]) -> Arrays {
        let kept = self.lock().pop();
        kept.unwrap_or_else(|| Arrays::of(segments))
    }

    /// Keeps the arrays of a search that has gone well: one that has not may leave counts behind.
    pub(super) fn give_back(&self, mut arrays: Arrays) {
        arrays.reset();
        let mut kept = self.lock();
        if kept.len() < MAX_KEPT {
            kept.push(arrays);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arrays>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
