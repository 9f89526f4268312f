//! The thread that talks to the remote of one vault: when to push, when to try again. Holds no state of the engine; what it learns it sends
//! there.

use std::{
    io,
    sync::{Arc, atomic::Ordering},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError, SendTimeoutError, Sender};
use tracing::info;

use crate::{
    engine::{Event, sync::Synced},
    io::git::{Access, Refusal, Repository, Upstream},
};

/// What failed is tried again after this, and then twice as long each time.
const RETRY: Duration = Duration::from_secs(10);
const MAX_RETRY: Duration = Duration::from_secs(15 * 60);

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
    /// A word means new commits; the end of the channel is the end of the worker.
    pub(super) orders: Receiver<()>,
    pub(super) events: Sender<Event>,
}

impl Worker {
    /// Begins with what an earlier run may have left.
    pub(super) fn start(self) -> io::Result<JoinHandle<()>> {
        thread::Builder::new().name(format!("sync-{}", self.at)).spawn(move || self.run())
    }

    fn run(self) {
        let mut failures = 0;
        let mut due = Instant::now();
        let mut reason = String::new();
        loop {
            match self.orders.recv_deadline(due) {
                Ok(()) => {
                    self.tell(&reason);
                    if failures == 0 {
                        due = due.min(Instant::now() + self.push_after);
                    }
                    continue;
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            let result = self.push();
            (failures, due) = match &result {
                // What was rejected once is rejected again; another commit may be another matter.
                Ok(()) | Err(Refusal::Rejected(_)) => (0, Instant::now() + FOREVER),
                Err(Refusal::Stopped) => return,
                Err(_) => (failures + 1, Instant::now() + wait_after(failures)),
            };
            reason = result.err().map(|it| it.detail()).unwrap_or_default();
            self.tell(&reason);
        }
    }

    /// Brings the remote up to our branch.
    fn push(&self) -> Result<(), Refusal> {
        let upstream = self.repository.upstream().map_err(Refusal::Failed)?;
        let begun = Instant::now();
        let unpushed = self.unpushed(&upstream)?;
        if unpushed == 0 {
            return Ok(());
        }
        self.repository.push(&upstream, &self.access)?;
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

    /// Sends what is known. A full channel is waited for, but not the end of the engine.
    fn tell(&self, reason: &str) {
        let counted = self.repository.upstream().ok().and_then(|it| self.unpushed(&it).ok());
        let synced = Synced {
            at: self.at,
            unpushed: counted.unwrap_or_default(),
            reason: reason.to_owned(),
        };
        let mut event = Event::Synced(synced);
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
