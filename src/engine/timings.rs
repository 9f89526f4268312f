//! How long the engine's work takes, counted by how long it took: noted by the engine's thread, read by others at any time. Knows durations
//! only, never what they were of.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// The upper ends of the classes, in seconds. Writes take milliseconds; one that waits for a human's pause, seconds.
pub const BOUNDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// What is timed.
#[derive(Debug, Default)]
pub struct Timings {
    /// From the moment the engine took a write until it was durable and its receipt was ready.
    pub writes: Durations,
    /// One group of git commits.
    pub commits: Durations,
    /// One commit of the index, until searches see it.
    pub index_commits: Durations,
}

/// Durations by class. The sums are read one after the other: a reader may see one that is a moment newer than the other.
#[derive(Debug, Default)]
pub struct Durations {
    /// One a bound, and those beyond.
    classes: [AtomicU64; BOUNDS.len() + 1],
    sum_us: AtomicU64,
}

/// Durations as they were at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// How many were in each class, in the order of [`BOUNDS`], then those beyond.
    pub classes: Vec<u64>,
    pub sum_seconds: f64,
}

impl Durations {
    /// Counts one.
    pub fn note(&self, duration: Duration) {
        let seconds = duration.as_secs_f64();
        let class = BOUNDS.iter().position(|it| seconds <= *it).unwrap_or(BOUNDS.len());
        self.classes[class].fetch_add(1, Ordering::Relaxed);
        let micros = u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
        self.sum_us.fetch_add(micros, Ordering::Relaxed);
    }

    /// Returns what was counted so far.
    pub fn spread(&self) -> Spread {
        Spread {
            classes: self.classes.iter().map(|it| it.load(Ordering::Relaxed)).collect(),
            sum_seconds: self.sum_us.load(Ordering::Relaxed) as f64 / 1e6,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_in_the_first_class_that_holds_it() {
        let durations = Durations::default();
        for ms in [1, 2, 3_000, 60_000] {
            durations.note(Duration::from_millis(ms));
        }
        let spread = durations.spread();
        let of = |class: usize| spread.classes[class];
        assert_eq!((of(0), of(1), of(11), of(13)), (1, 1, 1, 1), "{spread:?}");
        assert_eq!(spread.classes.iter().sum::<u64>(), 4);
        assert!((spread.sum_seconds - 63.003).abs() < 1e-9, "{spread:?}");
    }
}
