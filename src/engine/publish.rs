//! What the engine tells after a step, and when it is to step again. Knows all of its parts; changes none.

use std::{sync::Arc, time::Instant};

use crate::engine::{
    Engine,
    handle::Published,
    root::Root,
    status::{NotReady, Status},
};

impl Engine {
    /// Tells everybody what the engine knows by now.
    pub(super) fn publish(&mut self) {
        let status = if self.status_changed {
            Arc::new(self.status())
        } else {
            self.shared.last_status()
        };
        self.status_changed = false;
        let waiting = self.roots.iter().filter_map(|it| it.catalog.oldest());
        // A repository that cannot be reached makes its source stale, which the source tells; the vaults stay ready.
        let scans = self.roots.iter().filter(|it| !it.source.is_repo()).map(|it| it.last_complete);
        self.shared.publish(Published {
            generation: self.shared.searcher.load().as_ref().map_or(0, |it| it.generation()),
            status,
            behind_since: waiting.chain(self.uncommitted.values().map(|it| it.since)).min(),
            oldest_scan: scans.min().flatten(),
            stopped: false,
        });
    }

    fn status(&self) -> Status {
        let mut not_ready: Vec<NotReady> = self.roots.iter().flat_map(Root::not_ready).collect();
        if self.failures > 0 {
            not_ready.push(NotReady::IndexNotWritable);
        }
        Status {
            sources: self.roots.iter().map(Root::status).collect(),
            not_ready,
            first_index_done: self.shared.searcher.load().is_some(),
            rebuilding: self.rebuilding,
            index_bytes: self.index.bytes(),
            dirty: self.roots.iter().map(|it| it.catalog.waiting()).sum(),
            writes_waiting: self.writes.waiting(),
            commits: self.commits(),
            overwritten: self.writes.overwritten(),
            last_errors: self.errors.iter().cloned().collect(),
        }
    }

    /// Returns when the next thing is due.
    pub(super) fn next_deadline(&self, now: Instant) -> Instant {
        if self.filling.is_some() || self.has_merges() {
            return now;
        }
        let looks = self.roots.iter().map(Root::next_look).chain(self.writes.next_due());
        let ripe = self.roots.iter().filter_map(|it| it.catalog.next_ripe());
        match self.retry_at.filter(|it| *it > now) {
            Some(retry) => looks.chain([retry]).min().unwrap_or(retry),
            None => looks.chain(ripe).min().unwrap_or(now),
        }
    }
}
