//! One source as the engine keeps it: catalog, watcher, scans. Knows when to look at the disk and what the look means; does not read notes and
//! does not touch the index.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use tracing::{info, warn};

use crate::{
    engine::{
        catalog::{Catalog, Entry, Pending},
        handle::Source,
        own_settings::OwnSettings,
        presence::Presence,
        root::excluded::is_excluded,
        status::{NotReady, SourceStatus},
    },
    io::{
        vault::{ReadError, Scan, ScanError, Stamp},
        watch::{Hints, Taken, WatchState, Watcher},
    },
    model::{noise, path::NotePath},
};

/// How soon to look again where events cannot be trusted, and where a root is gone.
const POLL: Duration = Duration::from_secs(5);

/// How soon to try a watcher again that could not be had.
const WATCHER_RETRY: Duration = Duration::from_secs(300);

/// How often the root itself is looked at: a link that switches, or a volume that comes and goes, sends no event.
const LOOK: Duration = Duration::from_secs(2);

/// Scans may take this share of the time: a scan of a second is followed by at least four without.
const SCAN_REST: u32 = 4;

/// How many skipped files status lists.
const MAX_SKIPPED: usize = 100;

mod excluded;
mod repo;
mod report;

#[derive(Debug)]
pub(super) struct Root {
    pub(super) source: Arc<Source>,
    pub(super) catalog: Catalog,
    pub(super) hints: Arc<Hints>,
    watcher: Option<Watcher>,
    watcher_retry: Option<Instant>,
    next_scan: Instant,
    interval: Duration,
    quiet: Duration,
    remote: bool,
    next_look: Instant,
    pub(super) presence: Presence,
    pub(super) last_complete: Option<Instant>,
    last_cost: Duration,
    last_end: Option<Instant>,
    status: SourceStatus,
    settings: OwnSettings,
    /// Why a file is not in the index as it stands on the disk.
    flaws: BTreeMap<NotePath, String>,
    gone: bool,
    /// Until when the first scan of a checkout waits for its commits.
    patience: Option<Instant>,
    /// Why the remote of a repository cannot be asked; empty when it can.
    pub(super) out_of_reach: String,
}

impl Root {
    pub(super) fn new(source: Arc<Source>, hints: Arc<Hints>, interval: Duration, quiet: Duration, now: Instant) -> Root {
        let status = SourceStatus {
            fetched: repo::fetched_at_first(&source),
            ..SourceStatus::starting(source.config.name.clone())
        };
        Root {
            catalog: Catalog::new(source.is_repo()),
            source,
            hints,
            watcher: None,
            watcher_retry: None,
            next_scan: now,
            interval,
            quiet,
            remote: false,
            next_look: now,
            presence: Presence::default(),
            last_complete: None,
            last_cost: Duration::ZERO,
            last_end: None,
            status,
            settings: OwnSettings::default(),
            flaws: BTreeMap::new(),
            gone: false,
            patience: None,
            out_of_reach: String::new(),
        }
    }

    /// Returns what status shows of this source.
    pub(super) fn status(&self) -> SourceStatus {
        let mut status = self.status.clone();
        status.indexed = self.catalog.notes();
        status.is_gone = self.source.is_repo() && (self.gone || self.presence.is_doubted());
        // What came since the last scan is on the disk, too.
        status.on_disk = status.on_disk.max(status.indexed);
        let room = MAX_SKIPPED.saturating_sub(status.skipped.len());
        status
            .skipped
            .extend(self.flaws.iter().take(room).map(|(path, why)| (path.to_string(), why.clone())));
        status.skipped_total += self.flaws.len();
        status
    }

    /// Returns why this source keeps the service from being ready.
    pub(super) fn not_ready(&self) -> Vec<NotReady> {
        let mut reasons = Vec::new();
        // The service is there for the vaults: a repository that is gone is told in its own status.
        if self.source.is_repo() {
            return reasons;
        }
        if self.gone {
            reasons.push(NotReady::RootGone);
        }
        if self.presence.is_doubted() {
            reasons.push(NotReady::MassDelete);
        }
        reasons
    }

    /// Says whether the source was looked at once, or cannot be.
    pub(super) fn was_tried(&self) -> bool {
        self.last_complete.is_some() || !self.status.problem.is_empty()
    }

    pub(super) fn next_scan(&self) -> Instant {
        self.next_scan
    }

    /// Returns when the source is due to be scanned or its root to be looked at.
    pub(super) fn next_look(&self) -> Instant {
        self.next_scan.min(self.next_look)
    }

    /// Looks whether the root is still the folder that was scanned; asks for a scan if not.
    pub(super) fn look_at_root(&mut self, now: Instant) {
        if now < self.next_look {
            return;
        }
        self.next_look = now + LOOK;
        if self.is_clone() {
            return;
        }
        if self.is_another_folder() {
            self.scan_soon(now);
        }
    }

    fn is_another_folder(&self) -> bool {
        let found = self.source.vault.root_identity().ok().map(|it| (it.dev, it.ino));
        self.last_end.is_some() && found != self.presence.seen
    }

    /// Says whether what is absent may be behind a volume that is not mounted: only a scan decides then.
    pub(super) fn doubts_absences(&self) -> bool {
        self.presence.is_doubted() || !self.is_clone() && self.is_another_folder()
    }

    /// Takes the watcher's hints and marks what they name.
    pub(super) fn take_hints(&mut self, now: Instant) {
        let Taken { paths, rescan, root_lost } = self.hints.take();
        if root_lost {
            self.watcher = None;
            self.watcher_retry = Some(now);
        }
        if rescan {
            self.scan_soon(now);
        }
        for path in paths {
            self.look(path, now);
        }
    }

    fn look(&mut self, path: NotePath, now: Instant) {
        let is_known = self.catalog.entries.contains_key(&path);
        // What is new in a checkout may be ignored: a scan knows.
        if self.source.is_repo() && !is_known {
            return self.scan_soon(now);
        }
        if path.is_note() || is_known {
            return self.catalog.mark(path, now, self.quiet);
        }
        match self.source.vault.stamp(&path) {
            // A folder came, changed its name or went: only a scan knows what lies below it.
            Err(ReadError::Folder) => self.scan_soon(now),
            Ok(None) if self.catalog.holds_below(&path) => self.scan_soon(now),
            Ok(Some(_)) => self.catalog.mark(path, now, self.quiet),
            _ => {}
        }
    }

    /// Asks for a scan as soon as the last one has been paid for by a rest.
    pub(super) fn scan_soon(&mut self, now: Instant) {
        let rested = self.last_end.map_or(now, |it| it + SCAN_REST * self.last_cost);
        self.next_scan = self.next_scan.min(rested.max(now));
    }

    /// Starts a watcher where there is none and one may be had.
    pub(super) fn keep_watching(&mut self, now: Instant) {
        if self.is_clone() {
            "fetching".clone_into(&mut self.status.watcher);
            return;
        }
        let polling = match self.watcher.as_ref().map(Watcher::state) {
            Some(WatchState::Watching) => return,
            Some(WatchState::Polling { reason }) => {
                self.status.watcher = format!("polling: {reason}");
                true
            }
            None => false,
        };
        if polling && self.watcher_retry.is_none() {
            self.watcher_retry = Some(now + WATCHER_RETRY);
        }
        if self.gone || self.watcher_retry.is_some_and(|it| it > now) {
            return;
        }
        self.remote = self.source.vault.is_remote();
        let watcher = Watcher::start(self.source.vault.root(), &self.hints);
        let state = match watcher.state() {
            WatchState::Watching if self.remote => "polling: the file system may not report changes of others".to_owned(),
            WatchState::Watching => "watching".to_owned(),
            WatchState::Polling { reason } => format!("polling: {reason}"),
        };
        if state != self.status.watcher {
            if state == "watching" {
                info!(source = %self.source.config.name, "watching for changes");
            } else {
                warn!(source = %self.source.config.name, state, "changes are found by polling");
            }
        }
        self.status.watcher = state;
        self.watcher_retry = None;
        self.watcher = Some(watcher);
    }

    fn is_polling(&self) -> bool {
        self.remote || self.watcher.as_ref().is_none_or(|it| it.state() != WatchState::Watching)
    }

    /// Says whether the configuration, or a sync tool's way of naming, keeps this note out of the index.
    pub(super) fn leaves_out(&self, path: &NotePath) -> bool {
        let exists = |it: &str| {
            NotePath::parse(it)
                .is_ok_and(|it| self.catalog.entries.contains_key(&it) || matches!(self.source.vault.stamp(&it), Ok(Some(_))))
        };
        let is_copy = || noise::is_noise(path.as_str()) || noise::conflict_of(path.as_str(), exists).is_some();
        is_excluded(&self.source, path.as_str()) || !self.source.is_repo() && is_copy()
    }

    /// Scans the whole source and marks what differs from the index. `pending` was put and not yet committed. Returns what went wrong, for
    /// the log.
    pub(super) fn scan(&mut self, pending: &Pending<'_>, now: Instant) -> Result<(), String> {
        if self.source.is_repo() {
            return self.scan_repo(pending, now);
        }
        let start = Instant::now();
        let source = Arc::clone(&self.source);
        if self.settings.refresh(&source) {
            let settings = source.settings();
            let differs = |(path, entry): &(&NotePath, &Entry)| settings.leaves_out(path) != entry.ignored;
            let differing: Vec<NotePath> = self.catalog.entries.iter().filter(differs).map(|(path, _)| path.clone()).collect();
            differing.into_iter().for_each(|path| self.catalog.mark(path, now, Duration::ZERO));
        }
        let scanned = source.vault.scan(&|path| is_excluded(&source, path));
        self.last_cost = start.elapsed();
        self.last_end = Some(now + self.last_cost);
        let result = match scanned {
            Ok(scan) => self.apply(&scan, pending, now),
            Err(error) => Err(self.lose(&error, now)),
        };
        let base = if self.is_polling() || self.gone {
            POLL.min(self.interval)
        } else {
            self.interval
        };
        self.next_scan = now + base.max(SCAN_REST * 5 * self.last_cost);
        if let Some(second) = self.presence.second_look().filter(|it| *it > now) {
            self.next_scan = self.next_scan.min(second);
        }
        result
    }

    /// The root is not there: what the index holds stays, and is stale.
    fn lose(&mut self, error: &ScanError, now: Instant) -> String {
        self.gone = true;
        self.presence.seen = None;
        self.watcher = None;
        self.watcher_retry = Some(now + POLL);
        let why = match error {
            ScanError::RootGone => "the folder is not there; its notes stay in the index until it is back".to_owned(),
            ScanError::Unreadable(error) => format!("the folder cannot be listed: {error}"),
        };
        let said = why == self.status.problem;
        self.status.problem.clone_from(&why);
        if said { String::new() } else { why }
    }

    fn apply(&mut self, scan: &Scan, pending: &Pending<'_>, now: Instant) -> Result<(), String> {
        if self.gone {
            info!(source = %self.source.config.name, "the folder is back");
        }
        self.gone = false;
        if self
            .watcher
            .as_ref()
            .is_some_and(|it| it.state() == WatchState::Watching && !it.is_on(scan.root.dev, scan.root.ino))
        {
            self.watcher = None;
        }
        let conflicts: BTreeMap<&NotePath, &str> = scan.conflicts.iter().map(|(copy, of)| (copy, of.as_str())).collect();
        let files: BTreeMap<&NotePath, Stamp> = scan
            .files
            .iter()
            .chain(&scan.other_files)
            .filter(|(path, _)| !conflicts.contains_key(path))
            .map(|(path, stamp)| (path, *stamp))
            .collect();
        let source = Arc::clone(&self.source);
        let excluded = |path: &NotePath| is_excluded(&source, path.as_str()) || conflicts.contains_key(path);
        let difference = self.catalog.compare(scan, &files, pending, &excluded);
        let identity = (scan.root.dev, scan.root.ino);
        let vanished = difference.is_mass_delete(self.catalog.entries.len(), files.len());
        let switches = self.source.vault.root().is_symlink();
        let held = self.presence.holds_back(identity, vanished, switches, now);
        if held && self.status.problem.is_empty() {
            warn!(source = %self.source.config.name, "most notes are gone; they stay in the index until a second look");
        }
        // At first nothing is put off: whoever asks waits for the whole index, and a later write is heard of.
        let first = self.last_complete.is_none();
        for path in difference.changed {
            let fresh = !first && files.get(&path).is_some_and(|it| is_fresh(it, self.quiet));
            self.catalog.mark(path, now, if fresh { self.quiet } else { Duration::ZERO });
        }
        if !held {
            for path in difference.absent {
                self.catalog.mark_gone(path, now);
            }
        }
        self.source.graph_mut().set_conflicts(scan.conflicts.clone());
        self.report(scan, files.keys().filter(|it| it.is_note()).count(), held);
        if scan.unlisted.is_empty() {
            self.last_complete = Some(now);
            return Ok(());
        }
        Err(self.status.problem.clone())
    }
}

/// Says whether a file was written so recently that it may not be whole yet.
fn is_fresh(stamp: &Stamp, quiet: Duration) -> bool {
    let changed = Duration::from_nanos(u64::try_from(stamp.mtime_ns.max(stamp.ctime_ns)).unwrap_or(0));
    (SystemTime::UNIX_EPOCH + changed).elapsed().is_ok_and(|it| it < quiet)
}
