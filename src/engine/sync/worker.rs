//! The thread that talks to the remote of one vault: when to push, when to try again. Holds no state of the engine; what it learns it sends
//! there.

use std::{
    io,
    sync::{Arc, atomic::Ordering},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, SendTimeoutError, Sender};
use jiff::Timestamp;
use tracing::info;

use crate::{
    engine::{Event, sync::Synced},
    io::git::{Access, Refusal, Repository, Upstream},
};

/// What failed is tried again after this, and then twice as long each time.
const RETRY: Duration = Duration::from_secs(10);
const MAX_RETRY: Duration = Duration::from_secs(15 * 60);

/// Pushes that others overtook, one after the other, before it counts as a failure.
const RACES: u32 = 5;

/// When nothing is to be done but wait for an order.
const FOREVER: Duration = Duration::from_secs(24 * 3600);

/// How often a worker that cannot tell its news looks whether it shall stop.
const STEP: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(super) struct Worker {
    /// The number of the source.
    pub(super) at: usize,
    pub(super) repository: Arc<Repository>,
    pub(super) access: Access,
    pub(super) push_after: Duration,
    /// How often to look for commits of others; `None` where they are not taken in.
    pub(super) fetch_every: Option<Duration>,
    /// A word means new commits; the end of the channel is the end of the worker.
    pub(super) orders: Receiver<()>,
    pub(super) events: Sender<Event>,
}

/// What a round came to.
#[derive(Debug, Clone)]
enum Round {
    InStep,
    /// The engine has a merge to do, and will say when it is done.
    Merging,
}

impl Worker {
    /// Begins with what an earlier run may have left.
    pub(super) fn start(self) -> io::Result<JoinHandle<()>> {
        thread::Builder::new().name(format!("sync-{}", self.at)).spawn(move || self.run())
    }

    fn run(self) {
        let mut failures = 0;
        let mut races = 0;
        let mut due = Instant::now();
        let mut is_merging = false;
        let mut reason = String::new();
        let mut rejected = None;
        loop {
            match self.orders.recv_deadline(due) {
                Ok(()) => {
                    self.tell(&reason);
                    let wait = if is_merging { Duration::ZERO } else { self.push_after };
                    if failures == 0 {
                        due = due.min(Instant::now() + wait);
                    }
                    is_merging = false;
                    rejected = None;
                    continue;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let result = self.round(rejected.as_ref());
            let idle = Instant::now() + self.fetch_every.unwrap_or(FOREVER);
            is_merging = matches!(result, Ok(Round::Merging));
            (failures, due) = match &result {
                Err(Refusal::Stopped) => return,
                // Somebody pushed between our fetch and our push.
                Err(Refusal::Diverged) if self.fetch_every.is_some() && races < RACES => {
                    races += 1;
                    due = Instant::now();
                    continue;
                }
                // What was rejected once is rejected again; another commit may be another matter.
                Ok(_) | Err(Refusal::Rejected(_)) => (0, idle),
                Err(_) => (failures + 1, Instant::now() + wait_after(failures)),
            };
            races = 0;
            rejected = result.clone().err().filter(|it| matches!(it, Refusal::Rejected(_)));
            if is_merging {
                continue;
            }
            reason = result.err().map(|it| it.detail()).unwrap_or_default();
            self.tell(&reason);
        }
    }

    /// Fetches where that is wanted; what came has to be merged before anything is pushed. What was rejected is not pushed again.
    fn round(&self, rejected: Option<&Refusal>) -> Result<Round, Refusal> {
        let upstream = self.repository.upstream().map_err(Refusal::Failed)?;
        if self.fetch_every.is_some() {
            self.repository.fetch(&upstream, &self.access)?;
            let planned = self.repository.plan_merge(&upstream, Timestamp::now().as_second());
            let planned = planned.map_err(|why| Refusal::Failed(why.to_string()))?;
            if let Some(merge) = planned {
                self.send(Event::Merge(self.at, Box::new(merge)));
                return Ok(Round::Merging);
            }
        }
        match rejected {
            Some(refusal) => Err(refusal.clone()),
            None => self.push(&upstream).map(|()| Round::InStep),
        }
    }

    /// Brings the remote up to our branch.
    fn push(&self, upstream: &Upstream) -> Result<(), Refusal> {
        let begun = Instant::now();
        let unpushed = self.unpushed(upstream)?;
        if unpushed == 0 {
            return Ok(());
        }
        self.repository.push(upstream, &self.access)?;
        info!(
            commits = unpushed,
            duration_ms = begun.elapsed().as_millis() as u64,
            "pushed to the remote"
        );
        Ok(())
    }

    fn unpushed(&self, upstream: &Upstream) -> Result<usize, Refusal> {
        let counted = self.repository.ahead_behind(upstream);
        counted
            .map(|(ahead, _)| ahead)
            .map_err(|error| Refusal::Failed(format!("{error:#}")))
    }

    /// Sends what is known.
    fn tell(&self, reason: &str) {
        let counted = self.repository.upstream().ok().and_then(|it| self.unpushed(&it).ok());
        let synced = Synced {
            at: self.at,
            unpushed: counted.unwrap_or_default(),
            reason: reason.to_owned(),
        };
        self.send(Event::Synced(synced));
    }

    /// A full channel is waited for, but not the end of the engine.
    fn send(&self, mut event: Event) {
        while !self.access.stop.load(Ordering::Relaxed) {
            match self.events.send_timeout(event, STEP) {
                Err(SendTimeoutError::Timeout(back)) => event = back,
                Ok(()) | Err(SendTimeoutError::Disconnected(_)) => return,
            }
        }
    }
}

/// Returns how long to wait after so many failures in a row and one more.
fn wait_after(failures: u32) -> Duration {
    (RETRY.saturating_mul(2_u32.saturating_pow(failures))).min(MAX_RETRY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_a_quarter_of_an_hour() {
        let waits = [0, 1, 2, 6, 7, 100].map(|it| wait_after(it).as_secs());
        assert_eq!(waits, [10, 20, 40, 640, 900, 900]);
    }
}
