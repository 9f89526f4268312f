//! How readers and callers reach the engine: snapshots to read from, and events to send. Knows what is published; never waits for the engine
//! except in `wait_for`.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, atomic::Ordering},
    time::{Duration, Instant},
};

use arc_swap::{ArcSwap, ArcSwapOption};
use crossbeam_channel::{Sender, TrySendError};
use tokio::sync::oneshot;

use crate::{
    config::SourceConfig,
    engine::{
        Event,
        graph::VaultGraph,
        pulls::Pulls,
        repo::Repo,
        request::{Flushed, Receipt, Waiting, WriteError, WriteRequest},
        status::{Freshness, NotReady, Status},
        timings::Timings,
    },
    io::{git::Repository, index::Searcher, vault::Vault},
    model::{path::SourceName, vault_settings::VaultSettings},
};

/// A read is stale when the oldest change that it does not show is older than this.
const STALE_LAG: Duration = Duration::from_secs(5);

/// One indexed root, as readers use it.
#[derive(Debug)]
pub struct Source {
    pub config: SourceConfig,
    /// The folder. Of a clone it is git's own: read by [`Source::read`], which knows both.
    pub vault: Vault,
    /// Guards the graph of the newest commit. The engine writes for a batch of notes at most; readers hold it for one answer.
    graph: RwLock<VaultGraph>,
    settings: ArcSwap<VaultSettings>,
    repository: ArcSwapOption<Repository>,
    /// `None` for a vault.
    pub(super) repo: Option<Repo>,
}

impl Source {
    pub(super) fn new(config: SourceConfig, vault: Vault, repo: Option<Repo>) -> Source {
        Source {
            config,
            vault,
            graph: RwLock::new(VaultGraph::new(repo.is_some())),
            settings: ArcSwap::default(),
            repository: ArcSwapOption::empty(),
            repo,
        }
    }

    /// Returns the graph; the engine's writes wait for as long as it is held. Blocking: call from `spawn_blocking`.
    pub fn graph(&self) -> RwLockReadGuard<'_, VaultGraph> {
        self.graph.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn graph_mut(&self) -> RwLockWriteGuard<'_, VaultGraph> {
        self.graph.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what the vault's owner has set in Obsidian, as of the last scan.
    pub fn settings(&self) -> Arc<VaultSettings> {
        self.settings.load_full()
    }

    /// Returns where the history of the notes is, if there is any.
    pub fn repository(&self) -> Option<Arc<Repository>> {
        self.repository.load_full()
    }

    pub(super) fn set_repository(&self, repository: Arc<Repository>) {
        self.repository.store(Some(repository));
    }

    pub(super) fn set_settings(&self, settings: VaultSettings) {
        self.settings.store(Arc::new(settings));
    }
}

/// A cheap, cloneable handle on the running engine.
#[derive(Debug, Clone)]
pub struct Handle {
    pub(super) shared: Arc<Shared>,
    pub(super) events: Sender<Event>,
}

/// What the engine's thread publishes for all others.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) sources: Vec<Arc<Source>>,
    pub(super) rescan_interval: Duration,
    pub(super) pulls: Arc<Pulls>,
    pub(super) timings: Timings,
    pub(super) searcher: ArcSwapOption<Searcher>,
    /// Guards a value that is replaced whole; nothing waits while it is held.
    published: Mutex<Published>,
    advanced: Condvar,
}

/// The engine's state after a step.
#[derive(Debug, Clone, Default)]
pub(super) struct Published {
    pub(super) generation: u64,
    pub(super) status: Arc<Status>,
    /// Since when the oldest change waits that is known and not yet indexed.
    pub(super) behind_since: Option<Instant>,
    /// The last complete scan of the source that was scanned least recently.
    pub(super) oldest_scan: Option<Instant>,
    pub(super) stopped: bool,
}

impl Shared {
    pub(super) fn new(sources: Vec<Arc<Source>>, rescan_interval: Duration, pulls: Pulls) -> Shared {
        Shared {
            sources,
            rescan_interval,
            pulls: Arc::new(pulls),
            timings: Timings::default(),
            searcher: ArcSwapOption::empty(),
            published: Mutex::default(),
            advanced: Condvar::new(),
        }
    }

    fn published(&self) -> MutexGuard<'_, Published> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn last_status(&self) -> Arc<Status> {
        Arc::clone(&self.published().status)
    }

    /// Says that nothing will change any more.
    pub(super) fn stop(&self) {
        self.published().stopped = true;
        self.pulls.stop.store(true, Ordering::Relaxed);
        self.advanced.notify_all();
    }

    pub(super) fn publish(&self, published: Published) {
        *self.published() = published;
        self.advanced.notify_all();
    }
}

/// Says that the engine has ended when it goes, in whatever way.
pub(super) struct StoppedFlag(pub(super) Arc<Shared>);

impl Drop for StoppedFlag {
    fn drop(&mut self) {
        self.0.stop();
    }
}

impl Handle {
    /// Returns the sources in the order of the configuration; the first is the default vault.
    pub fn sources(&self) -> &[Arc<Source>] {
        &self.shared.sources
    }

    /// Returns the source of that name.
    pub fn source(&self, name: &SourceName) -> Option<&Arc<Source>> {
        self.shared.sources.iter().find(|it| it.config.name == *name)
    }

    /// Returns the newest searcher: a snapshot that no later change alters. `None` until the first index is complete.
    pub fn searcher(&self) -> Option<Arc<Searcher>> {
        self.shared.searcher.load_full()
    }

    /// Returns how fresh an answer from the newest searcher is, now.
    pub fn freshness(&self) -> Freshness {
        self.freshness_of(None)
    }

    /// As [`Handle::freshness`]; of an answer of one source only that source's problems count.
    pub fn freshness_of(&self, one: Option<&SourceName>) -> Freshness {
        let published = self.shared.published().clone();
        let lag = published.behind_since.map_or(Duration::ZERO, |it| it.elapsed());
        let mut asked = published.status.sources.iter().filter(|it| one.is_none_or(|one| *one == it.name));
        let stale = lag > STALE_LAG
            || published.stopped
            || published.status.rebuilding
            || published.status.not_ready.contains(&NotReady::IndexNotWritable)
            || self.is_overdue(&published)
            || asked.any(|it| !it.problem.is_empty());
        Freshness {
            generation: published.generation,
            stale,
            lag_ms: u64::try_from(lag.as_millis()).unwrap_or(u64::MAX),
        }
    }

    fn is_overdue(&self, published: &Published) -> bool {
        published
            .oldest_scan
            .is_none_or(|it| it.elapsed() > 3 * self.shared.rescan_interval)
    }

    /// Returns why nothing is known of a source yet: then an empty answer of it would prove nothing. `None` once it was read.
    pub fn unread(&self, name: &SourceName) -> Option<String> {
        let published = self.shared.published();
        let source = published.status.sources.iter().find(|it| it.name == *name)?;
        // Every file of a repository is in the index, by its name at least, those that an earlier run put there included: its clone may be of no
        // use since. A vault whose only note is too large has none there for good; of a vault the first index tells whether it was read.
        let is_repo = self.source(name).is_some_and(|it| it.is_repo());
        let is_scanned = source.last_scan.is_some();
        let is_filled = if is_repo {
            source.indexed > 0 || is_scanned && source.on_disk == 0
        } else {
            is_scanned
        };
        let why = || match source.problem.as_str() {
            "" => "it is being read for the first time".to_owned(),
            why => why.to_owned(),
        };
        (!is_filled).then(why)
    }

    /// Returns what the engine last said of itself; whether it is ready is worked out now.
    pub fn status(&self) -> Status {
        let published = self.shared.published().clone();
        let mut status = (*published.status).clone();
        if !status.first_index_done {
            status.not_ready.push(NotReady::FirstIndex);
        } else if self.is_overdue(&published) {
            status.not_ready.push(NotReady::ScanOverdue);
        }
        if published.stopped {
            status.not_ready.push(NotReady::EngineStopped);
        }
        status.not_ready.sort_unstable();
        status.not_ready.dedup();
        status
    }

    /// Waits until the published generation is at least this; `false` when the time is over first. Blocking: call from `spawn_blocking`.
    pub fn wait_for(&self, generation: u64, at_most: Duration) -> bool {
        let published = self.shared.published();
        let (published, _) = self
            .shared
            .advanced
            .wait_timeout_while(published, at_most, |it| it.generation < generation && !it.stopped)
            .unwrap_or_else(PoisonError::into_inner);
        published.generation >= generation
    }

    /// Asks for a note to be written. The receipt comes once the write is durable; an error says that nothing was changed. Never blocks: a full
    /// channel is an answer, too.
    pub fn write(&self, request: WriteRequest) -> oneshot::Receiver<Result<Receipt, WriteError>> {
        let (reply, receipt) = oneshot::channel();
        if let Err(TrySendError::Full(Event::Write(waiting)) | TrySendError::Disconnected(Event::Write(waiting))) =
            self.events.try_send(Event::Write(Box::new(Waiting { request, reply })))
        {
            waiting.answer(Err(WriteError::Busy("too many writes wait".to_owned())));
        }
        receipt
    }

    /// Returns the door for news of pull requests.
    pub fn pulls(&self) -> &Arc<Pulls> {
        &self.shared.pulls
    }

    /// Returns how long the engine's work takes.
    pub fn timings(&self) -> &Timings {
        &self.shared.timings
    }

    /// Returns how many events wait in front of the engine.
    pub fn events_waiting(&self) -> usize {
        self.events.len()
    }

    /// Asks for everything to be committed that waits for it.
    pub fn flush(&self) -> oneshot::Receiver<Flushed> {
        let (reply, flushed) = oneshot::channel();
        // When the channel is full the sender goes, and the caller learns that there is no answer.
        drop(self.events.try_send(Event::Flush(reply)));
        flushed
    }

    /// Asks for a rescan of all sources now.
    pub fn rescan(&self) {
        // A full channel holds an event that leads to a step all the same, and a rescan comes by itself; so does the end of the engine.
        let _ = self.events.try_send(Event::Rescan);
    }

    /// Asks for the remotes of all repositories to be asked now.
    pub fn fetch(&self) {
        // As above: they are asked every few minutes anyway.
        let _ = self.events.try_send(Event::Fetch);
    }

    /// Tells the engine that the index cannot be read.
    pub fn report_broken_index(&self) {
        // As above: a search that fails again tells again.
        let _ = self.events.try_send(Event::IndexBroken);
    }

    /// Says whether the engine has ended, so that nothing will be indexed any more.
    pub fn is_stopped(&self) -> bool {
        self.shared.published().stopped
    }

    /// Asks the engine to commit what it has begun and to stop.
    pub fn shutdown(&self) {
        // An error says that the engine has stopped already.
        let _ = self.events.send(Event::Shutdown);
    }
}
