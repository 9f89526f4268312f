//! For tests of what must not take long. Knows a clock, which nothing else of the model does; must not be used outside of tests.

use std::{
    fs,
    time::{Duration, Instant},
};

/// Runs at most this often.
const RUNS: usize = 5;

/// A run this long is no pause of the machine.
const FOR_EVER: Duration = Duration::from_secs(60);

/// Fails unless one of some runs is within the bound, in time of the processor: on a machine that is busy, or paused now and then, the time that
/// passes says little, and a single run not all.
#[track_caller]
pub(crate) fn quickly<T>(bound: Duration, what: &str, mut run: impl FnMut() -> T) {
    let mut took = Vec::new();
    while took.len() < RUNS && took.last().is_none_or(|it| *it < FOR_EVER) {
        let (begun, before) = (Instant::now(), used());
        run();
        let cost = used().zip(before).map_or_else(|| begun.elapsed(), |(now, before)| now - before);
        if cost < bound {
            return;
        }
        took.push(cost);
    }
    panic!("{what}: took {took:?}, not {bound:?}");
}

/// Returns how long this thread has had a processor, where the system tells.
fn used() -> Option<Duration> {
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok().map(Duration::from_nanos)
}
