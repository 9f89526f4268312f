//! One advance of the engine: a batch of ripe paths, what each look led to, the commit that makes it searchable, and what happens when that
//! fails. Knows no watcher and no caller.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use tracing::{info, warn};

use crate::{
    engine::{
        Engine, Uncommitted,
        catalog::{self, Ripe},
        fill::GraphChange,
        graph::Facts,
        no_room::is_full,
        reconcile::{Job, Outcome, reconcile},
        root::Root,
    },
    io::index::Effort,
    model::path::{NoteId, NotePath},
};

/// Paths that one step looks at.
const BATCH: usize = 512;

/// The same while somebody writes, who waits for the step to end.
const SMALL_BATCH: usize = 48;

/// From so many waiting paths on, both cores index.
const BULK: usize = 2_000;

/// While more paths wait, what was put becomes searchable this often; a first index is shown when it is whole.
const COMMIT_EVERY: Duration = Duration::from_secs(1);

/// How long a first index waits for files that are being written.
const FIRST_WAIT: Duration = Duration::from_secs(5);

/// A commit that failed is tried again after this, and then twice as long each time.
const RETRY: Duration = Duration::from_secs(5);
const MAX_RETRY: Duration = Duration::from_secs(60);

const VERIFY_EVERY: Duration = Duration::from_secs(60);

/// After so many failures in a row the index is built anew, unless the disk is full.
const MAX_FAILURES: u32 = 3;

impl Engine {
    /// Looks at what is ripe and commits when that is due.
    pub(super) fn advance(&mut self, now: Instant) -> Result<()> {
        if self.uncommitted.is_empty() {
            self.index.set_effort(self.effort())?;
        }
        self.reconcile_batch(now)?;
        let ripe_left = self.roots.iter().any(|it| it.catalog.next_ripe().is_some_and(|it| it <= now));
        // A path that is put off for a moment belongs to the first index; one that is written all the time must not hold it up.
        let put_off = |root: &Root| root.catalog.oldest().is_some_and(|it| now < it + FIRST_WAIT);
        let first = !self.index.is_complete();
        let whole = !ripe_left && self.roots.iter().all(|it| it.was_tried() && !(first && put_off(it)));
        let due = if first {
            whole
        } else {
            !ripe_left || self.last_commit.is_none_or(|it| now >= it + COMMIT_EVERY)
        };
        // After a failure an empty commit shows whether the index can be written again.
        if due && (!self.uncommitted.is_empty() || first || self.failures > 0) {
            self.commit(now, whole)?;
        }
        Ok(())
    }

    fn effort(&self) -> Effort {
        let waiting: usize = self.roots.iter().map(|it| it.catalog.waiting()).sum();
        if waiting >= BULK { Effort::Bulk } else { Effort::Updates }
    }

    /// Looks at one batch of ripe paths.
    fn reconcile_batch(&mut self, now: Instant) -> Result<()> {
        let batch = if self.writes.are_wanted(now) { SMALL_BATCH } else { BATCH };
        let mut ripe: Vec<(usize, Ripe)> = Vec::new();
        for (at, root) in self.roots.iter_mut().enumerate() {
            ripe.extend(root.catalog.take_ripe(now, batch - ripe.len()).into_iter().map(|it| (at, it)));
        }
        self.look_at(ripe, now)
    }

    /// Looks at paths, and puts or removes what they hold now.
    fn look_at(&mut self, ripe: Vec<(usize, Ripe)>, now: Instant) -> Result<()> {
        if ripe.is_empty() {
            return Ok(());
        }
        self.status_changed = true;
        let job = |(at, it): &(usize, Ripe)| {
            let root = &self.roots[*at];
            // What was put or removed a moment ago is what the index will hold.
            let known = match self.uncommitted.get(&(*at, it.path.clone())) {
                Some(pending) => pending.entry,
                None => root.catalog.entries.get(&it.path).copied(),
            };
            Job {
                source: &root.source,
                path: it.path.clone(),
                known,
                emptied: root.catalog.emptied.get(&it.path).copied(),
                leave_out: root.leaves_out(&it.path),
                ignored: root.source.settings().leaves_out(&it.path),
            }
        };
        let jobs: Vec<Job<'_>> = ripe.iter().map(job).collect();
        let outcomes = reconcile(&jobs, &self.index, &self.config, now);
        drop(jobs);
        let outcomes = match outcomes {
            Ok(outcomes) => outcomes,
            Err(error) => {
                // What was taken is still to be done.
                for (at, it) in ripe {
                    self.roots[at].catalog.postpone(it.path, it.since, now);
                }
                return Err(error);
            }
        };
        let surprising = surprising_absences(&self.roots, &ripe, &outcomes);
        let mut result = Ok(());
        for ((at, it), outcome) in ripe.into_iter().zip(outcomes) {
            if result.is_ok() {
                let (path, since) = (it.path.clone(), it.since);
                result = self.settle(at, it, outcome, surprising[at], now);
                if result.is_err() {
                    self.roots[at].catalog.postpone(path, since, now);
                }
            } else {
                self.roots[at].catalog.postpone(it.path, it.since, now);
            }
        }
        if result.is_ok() && !self.index.is_complete() {
            // Nobody reads yet, and a first index commits once, at its end.
            self.update_graphs();
        }
        result
    }

    /// Indexes what was written a moment ago. Returns the generation from which on searches see it.
    pub(super) fn index_written(&mut self, written: &[(usize, NotePath)], now: Instant) -> u64 {
        let ripe = |(at, path): &(usize, NotePath)| {
            let path = path.clone();
            // Deleted by us: no second look has to confirm that.
            (
                *at,
                Ripe {
                    path,
                    since: now,
                    gone: true,
                },
            )
        };
        let answers = self.index.is_complete() && !self.rebuilding && self.failures == 0;
        let indexed = if answers && self.uncommitted.is_empty() {
            self.index.set_effort(self.effort())
        } else {
            Ok(())
        };
        let indexed = indexed.and_then(|()| self.look_at(written.iter().map(ripe).collect(), now));
        let indexed = if answers {
            indexed.and_then(|()| self.commit(now, false))
        } else {
            indexed
        };
        match indexed {
            Ok(()) if answers => self.index.generation(),
            Ok(()) => self.index.generation() + 1,
            Err(error) => {
                self.recover(&error, now);
                self.index.generation() + 1
            }
        }
    }

    fn settle(&mut self, at: usize, ripe: Ripe, outcome: Outcome, surprising: bool, now: Instant) -> Result<()> {
        let Ripe { path, since, gone } = ripe;
        let root = &mut self.roots[at];
        let emptied = root.catalog.emptied.remove(&path);
        match outcome {
            Outcome::Put { entry, facts, flaw } => {
                root.note_flaw(&path, flaw);
                let change = Some(GraphChange::Put(facts));
                self.uncommitted.insert(
                    (at, path),
                    Uncommitted {
                        entry: Some(entry),
                        change,
                        since,
                    },
                );
            }
            Outcome::Same(entry) => match self.uncommitted.get_mut(&(at, path.clone())) {
                Some(pending) => pending.entry = Some(entry),
                None => root.catalog.insert(path, entry),
            },
            Outcome::NameOnly { entry, flaw } => {
                root.note_flaw(&path, Some(flaw));
                self.index.remove(&NoteId {
                    source: root.source.config.name.clone(),
                    path: path.clone(),
                })?;
                let change = Some(GraphChange::Put(Facts::default()));
                self.uncommitted.insert(
                    (at, path),
                    Uncommitted {
                        entry: Some(entry),
                        change,
                        since,
                    },
                );
            }
            Outcome::LeftOut => {
                root.note_flaw(&path, None);
                self.remove(at, path, since)?;
            }
            Outcome::Absent if surprising && !gone => root.scan_soon(now),
            Outcome::Absent => {
                if root.catalog.holds_below(&path) {
                    root.scan_soon(now);
                }
                root.note_flaw(&path, None);
                self.remove(at, path, since)?;
            }
            Outcome::Emptied => {
                root.catalog.emptied.insert(path.clone(), emptied.unwrap_or(now));
                root.catalog.postpone(path, since, now + self.config.quiet);
            }
            Outcome::Changing => root.catalog.postpone(path, since, now + self.config.quiet),
            Outcome::Folder | Outcome::RootGone => root.scan_soon(now),
            // The next scan finds it again, since it differs from what the index holds.
            Outcome::Unreadable(why) => root.note_flaw(&path, Some(why)),
        }
        Ok(())
    }

    /// Takes a note out of the index, if it is there.
    fn remove(&mut self, at: usize, path: NotePath, since: Instant) -> Result<()> {
        let root = &self.roots[at];
        let pending = self.uncommitted.contains_key(&(at, path.clone()));
        // While an index is built anew the catalog is empty, and the graph is that of the old one.
        let in_graph = self.rebuilding && root.source.graph().holds(&path);
        if pending || in_graph || root.catalog.entries.contains_key(&path) {
            self.index.remove(&NoteId {
                source: root.source.config.name.clone(),
                path: path.clone(),
            })?;
            let change = Some(GraphChange::Remove);
            self.uncommitted.insert(
                (at, path),
                Uncommitted {
                    entry: None,
                    change,
                    since,
                },
            );
        }
        Ok(())
    }

    pub(super) fn commit(&mut self, now: Instant, whole: bool) -> Result<()> {
        let was_complete = self.index.is_complete();
        let roots: BTreeMap<&str, (u64, u64)> = self
            .roots
            .iter()
            .filter_map(|it| Some((it.source.config.name.as_str(), it.presence.believed?)))
            .collect();
        let memo = serde_json::to_string(&roots)?;
        let begun = Instant::now();
        let searcher = self.index.commit(whole, memo)?;
        self.shared.timings.index_commits.note(begun.elapsed());
        let (changed, generation) = (self.uncommitted.len(), searcher.generation());
        self.update_graphs();
        self.announce_graphs();
        for ((at, path), it) in std::mem::take(&mut self.uncommitted) {
            let catalog = &mut self.roots[at].catalog;
            match it.entry {
                Some(entry) => catalog.insert(path, entry),
                None => catalog.remove(&path),
            }
        }
        if self.index.is_complete() {
            let notes = searcher.notes();
            self.shared.searcher.store(Some(Arc::new(searcher)));
            if self.rebuilding {
                self.index.make_current()?;
                self.rebuilding = false;
            }
            if !was_complete {
                info!(notes, generation, "the first index is complete");
            } else if changed > 0 {
                info!(
                    changed,
                    generation,
                    duration_ms = now.elapsed().as_millis() as u64,
                    "indexed changes"
                );
            }
        }
        self.last_commit = Some(now);
        self.failures = 0;
        self.retry_at = None;
        self.status_changed = true;
        Ok(())
    }

    /// Takes back what was not committed, and tries it again later; builds the index anew when that does not help.
    pub(super) fn recover(&mut self, error: &anyhow::Error, now: Instant) {
        self.failures += 1;
        let wait = (RETRY * 2_u32.saturating_pow(self.failures - 1)).min(MAX_RETRY);
        self.retry_at = Some(now + wait);
        self.fail(format!("{error:#}"));
        for ((at, path), it) in std::mem::take(&mut self.uncommitted) {
            self.roots[at].catalog.postpone(path, it.since, now);
        }
        self.index.discard();
        if self.failures >= MAX_FAILURES && !is_full(error) {
            self.rebuild();
        }
    }

    /// Builds the index anew if its files are not what was written. Any search may ask for it, so it looks once a minute at most.
    pub(super) fn verify(&mut self, now: Instant) {
        if self.verified.is_some_and(|it| now < it + VERIFY_EVERY) {
            return;
        }
        self.verified = Some(now);
        if !self.index.is_sound() {
            self.fail("the index is torn".to_owned());
            self.rebuild();
        }
    }

    /// Begins an index beside the present one, which answers, stale, until the new one is whole.
    pub(super) fn rebuild(&mut self) {
        if self.rebuilding {
            return;
        }
        self.status_changed = true;
        match self.index.beside() {
            Ok(fresh) => {
                warn!("the index is built anew beside the old one");
                self.index = fresh;
                self.rebuilding = true;
                self.failures = 0;
                self.retry_at = None;
                self.uncommitted.clear();
                // Every file is put again.
                self.filling = None;
                let now = Instant::now();
                for root in &mut self.roots {
                    for path in root.catalog.take_all() {
                        root.catalog.mark(path, now, Duration::ZERO);
                    }
                    root.scan_soon(now);
                }
            }
            Err(error) => self.fail(format!("begin a new index: {error:#}")),
        }
    }
}

/// Says for each root whether more known notes are absent in this batch than one believes without a scan.
fn surprising_absences(roots: &[Root], ripe: &[(usize, Ripe)], outcomes: &[Outcome]) -> Vec<bool> {
    let absent = |at: usize| {
        let of_root = ripe.iter().zip(outcomes).filter(|((root, _), _)| *root == at);
        of_root
            .filter(|((_, it), outcome)| !it.gone && matches!(outcome, Outcome::Absent))
            .count()
    };
    roots
        .iter()
        .enumerate()
        .map(|(at, root)| match absent(at) {
            0 => false,
            absent => absent > catalog::MASS_DELETE.max(root.catalog.entries.len() / 5) || root.doubts_absences(),
        })
        .collect()
}
