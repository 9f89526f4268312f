//! The engine: the one thread that changes state. It owns the index writer and the catalogs, takes hints and events, and brings the index to
//! what the disk says, batch by batch. Knows when things are due; how a file is read, scanned or indexed is told in the modules below.
//!
//! Events are hints, the disk is the truth: every path that may have changed is read again, compared by hash, and put or removed. Nothing
//! sleeps or retries in place; what cannot be done now becomes due later.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    thread,
    time::{Instant, SystemTime},
};

use anyhow::{Context, Result};
use crossbeam_channel::{Receiver, bounded, select};
use jiff::Timestamp;
use tokio::sync::oneshot;
use tracing::{error, info, warn};

use crate::{
    config::Config,
    io::{git::Merge, index::Index, intents::Intents, outbox::Outbox, receipts::Receipts, vault::Vault, watch::Hints},
    model::{hash::ContentHash, path::NotePath},
};

mod advance;
mod catalog;
mod check;
mod committed;
pub mod document;
mod fill;
pub mod graph;
pub mod handle;
mod lock;
mod presence;
mod pull_changes;
mod own_settings;
mod publish;
mod no_room;
mod reconcile;
mod repo;
mod reading;
pub mod request;
mod root;
pub mod status;
mod sync;
pub mod timings;
pub mod pulls;
mod pull_notes;
mod write;

use catalog::Entry;
use fill::{Filling, GraphChange};
use handle::{Handle, Shared, Source, StoppedFlag};
use lock::FolderLock;
use pulls::Pulls;
use repo::{Follower, News, Repo};
use request::{Flushed, Waiting};
use root::Root;
use sync::{Synced, Syncs};
use write::Writes;

/// Events that wait; more senders wait themselves.
const EVENTS: usize = 256;

const MAX_ERRORS: usize = 20;

/// Events that one step takes before it goes on.
const EVENTS_A_STEP: usize = 32;

/// All that can reach the engine from outside, besides the watchers' hints.
#[derive(Debug)]
pub enum Event {
    /// A note is to be written.
    Write(Box<Waiting>),
    /// What became of commits on their way to a remote.
    Synced(Synced),
    /// A merge for a source, by its number.
    Merge(usize, Box<Merge>),
    /// What became of a repository, by the number of its source.
    Repo(usize, News),
    /// Ask the remotes of all repositories.
    Fetch,
    /// Commit what waits for it.
    Flush(oneshot::Sender<Flushed>),
    /// Look at all sources now.
    Rescan,
    /// A search met an index that it could not read.
    IndexBroken,
    /// Commit what was begun, and stop.
    Shutdown,
}

/// The state that only the engine's thread has.
#[derive(Debug)]
pub struct Engine {
    config: Config,
    shared: Arc<Shared>,
    events: Receiver<Event>,
    wake: Receiver<()>,
    roots: Vec<Root>,
    index: Index,
    /// Put and removed since the last commit, by source and path: what to put into the catalogs once it is done.
    uncommitted: BTreeMap<(usize, NotePath), Uncommitted>,
    /// What is left to do before the graphs are whole.
    filling: Option<Filling>,
    last_commit: Option<Instant>,
    rebuilding: bool,
    failures: u32,
    retry_at: Option<Instant>,
    verified: Option<Instant>,
    errors: VecDeque<(Timestamp, String)>,
    status_changed: bool,
    stopping: bool,
    writes: Writes,
    syncs: Syncs,
    followers: Vec<Follower>,
    _lock: FolderLock,
}

#[derive(Debug)]
struct Uncommitted {
    /// `None` for a removed note.
    entry: Option<Entry>,
    /// Taken once the graph has followed.
    change: Option<GraphChange>,
    since: Instant,
}

/// Starts the engine on a thread of its own. The index is open when this returns, and answers if it was complete before.
pub fn start(config: &Config) -> Result<(Handle, thread::JoinHandle<()>)> {
    let (engine, handle) = Engine::new(config)?;
    let pulls = pull_notes::start(config, handle.clone())?;
    let thread = thread::Builder::new()
        .name("engine".to_owned())
        .spawn(move || {
            engine.run();
            // One that panicked has said so.
            drop(pulls.join());
        })
        .context("start the engine's thread")?;
    Ok((handle, thread))
}

impl Engine {
    /// Opens the sources and the index. Nothing is read or watched before the first [`Engine::step`].
    pub fn new(config: &Config) -> Result<(Engine, Handle)> {
        let lock = FolderLock::take(&config.state_dir())?;
        let mut sources = Vec::new();
        for source in &config.sources {
            let repo = Repo::of(source);
            let root = repo::root_of(source);
            let vault = if repo.is_some() { Vault::at(&root)? } else { Vault::open(&root)? };
            sources.push(Arc::new(Source::new(source.clone(), vault, repo)));
        }
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default()
            .as_secs();
        let (index, refused) = Index::open(&config.index_dir, now, rules(config))?;
        if let Some(why) = refused {
            warn!(why, "the index is built anew");
        }
        let (wake_sender, wake) = bounded(1);
        let (events_sender, events) = bounded(EVENTS);
        let start = Instant::now();
        let root = |it: &Arc<Source>| {
            let hints = Arc::new(Hints::new(wake_sender.clone()));
            Root::new(Arc::clone(it), hints, config.rescan_interval, config.quiet, start)
        };
        let roots = sources.iter().map(root).collect();
        let shared = Arc::new(Shared::new(sources, config.rescan_interval, Pulls::open(&config.state_dir())?));
        let handle = Handle {
            shared: Arc::clone(&shared),
            events: events_sender,
        };
        let seconds = i64::try_from(now).unwrap_or(i64::MAX);
        let (intents, left) = Intents::open(&config.state_dir().join("intents"))?;
        let receipts = Receipts::open(&config.state_dir().join("receipts"), seconds)?;
        let (outbox, kept) = Outbox::open(&config.state_dir().join("outbox"))?;
        let n_roots = config.sources.len();
        let mut engine = Engine {
            config: config.clone(),
            shared,
            events,
            wake,
            roots,
            index,
            uncommitted: BTreeMap::new(),
            filling: None,
            last_commit: None,
            rebuilding: false,
            failures: 0,
            retry_at: None,
            verified: None,
            errors: VecDeque::new(),
            status_changed: true,
            stopping: false,
            writes: Writes::new(intents, receipts, outbox, n_roots),
            syncs: Syncs::new(config.git.sync, &handle.events, n_roots),
            followers: Vec::new(),
            _lock: lock,
        };
        engine.follow_repos(&handle.events);
        engine.open_histories();
        engine.recover_writes(left)?;
        engine.recover_spools();
        engine.watch_kept(kept, Instant::now());
        if let Err(error) = engine.load() {
            engine.fail(format!("read the index of the last run: {error:#}"));
            engine.rebuild();
        }
        engine.publish();
        Ok((engine, handle))
    }

    /// Takes over what the index holds already.
    fn load(&mut self) -> Result<()> {
        let roots: BTreeMap<String, (u64, u64)> = serde_json::from_str(self.index.memo()).unwrap_or_default();
        for root in &mut self.roots {
            root.presence.believed = roots.get(root.source.config.name.as_str()).copied();
        }
        let snapshot = self.index.searcher()?;
        for known in snapshot.known()? {
            let entry = reconcile::entry(&known);
            match self.roots.iter_mut().find(|it| it.source.config.name == known.id.source) {
                Some(root) => {
                    root.catalog.insert(known.id.path, entry);
                }
                // A source that the configuration has no more.
                None => self.index.remove(&known.id)?,
            }
        }
        self.filling = Some(Filling::new(snapshot));
        if self.index.is_complete() {
            let searcher = self.index.searcher()?;
            info!(
                notes = searcher.notes(),
                generation = searcher.generation(),
                "the index of the last run answers"
            );
            self.shared.searcher.store(Some(Arc::new(searcher)));
        }
        Ok(())
    }

    /// Runs until [`Event::Shutdown`], or, where nothing is synced or followed, until every handle is gone.
    pub fn run(mut self) {
        let _flag = StoppedFlag(Arc::clone(&self.shared));
        loop {
            let deadline = self.step(Instant::now());
            if self.stopping {
                break;
            }
            let timeout = deadline.saturating_duration_since(Instant::now());
            select! {
                recv(self.events) -> event => match event {
                    Ok(event) => self.take(event, Instant::now()),
                    Err(_) => break,
                },
                recv(self.wake) -> _ => {}
                default(timeout) => {}
            }
        }
        self.stop();
    }

    fn take(&mut self, event: Event, now: Instant) {
        match event {
            Event::Write(waiting) => self.writes.take(*waiting, now),
            Event::Synced(synced) => self.take_synced(synced),
            Event::Merge(at, merge) => self.take_merge(at, *merge, now),
            // Whoever asked may have gone.
            Event::Flush(reply) => drop(reply.send(self.flush(now))),
            Event::Repo(at, news) => self.take_news(at, news, now),
            Event::Fetch => self.fetch_soon(),
            Event::Rescan => {
                self.rescan(now);
                self.fetch_soon();
            }
            Event::IndexBroken => self.verify(now),
            Event::Shutdown => self.stopping = true,
        }
    }

    /// Marks every source as due to be scanned.
    pub fn rescan(&mut self, now: Instant) {
        self.roots.iter_mut().for_each(|it| it.scan_soon(now));
    }

    /// Does what is due at `now`: hints, scans, one batch of paths, a commit. Returns when the next thing is due.
    pub fn step(&mut self, now: Instant) -> Instant {
        for _ in 0..EVENTS_A_STEP {
            let Ok(event) = self.events.try_recv() else { break };
            self.take(event, now);
        }
        self.advance_writes(now);
        self.advance_syncs(now);
        for at in 0..self.roots.len() {
            self.roots[at].take_hints(now);
            self.roots[at].keep_watching(now);
            self.roots[at].look_at_root(now);
            if self.roots[at].next_scan() <= now {
                self.status_changed = true;
                let pending = self.uncommitted.iter().filter(|((root, _), _)| *root == at);
                let pending = pending.filter_map(|((_, path), it)| Some((path, it.entry?.stamp))).collect();
                if let Err(why) = self.roots[at].scan(&pending, now) {
                    self.fail(format!("scan `{}`: {why}", self.roots[at].source.config.name));
                }
            }
        }
        if self.retry_at.is_none_or(|it| it <= now)
            && let Err(error) = self.advance(now)
        {
            self.recover(&error, now);
        }
        if let Err(error) = self.fill_graphs() {
            // A stored text that cannot be read: the index itself is in doubt.
            self.recover(&error, now);
        }
        self.publish();
        self.next_deadline(now)
    }

    /// Logs a failure once and keeps it for status.
    fn fail(&mut self, why: String) {
        if why.ends_with(": ") || self.errors.back().is_some_and(|(_, last)| *last == why) {
            return;
        }
        error!(why, "the engine met a failure");
        if self.errors.len() >= MAX_ERRORS {
            self.errors.pop_front();
        }
        self.errors.push_back((Timestamp::now(), why));
        self.status_changed = true;
    }

    /// Ends in order: what was put is committed, and merges end.
    pub fn stop(mut self) {
        let now = Instant::now();
        self.finish_writes(now);
        self.flush(now);
        if !self.uncommitted.is_empty()
            && let Err(error) = self.commit(now, false)
        {
            error!(
                why = format!("{error:#}"),
                "the last changes were not committed; the next start finds them"
            );
        }
        if let Err(error) = self.index.close() {
            warn!(why = format!("{error:#}"), "the index was not closed in order");
        }
        self.shared.stop();
        info!("the engine has stopped");
    }
}

/// Returns the identity of what decides, beside the notes' own bytes, what the index holds of them: another one needs another index.
fn rules(config: &Config) -> ContentHash {
    let origins: Vec<_> = config.sources.iter().map(|it| (&it.name, it.kind, &it.origin)).collect();
    ContentHash::of(format!("{origins:?} {} {}", config.agent_folder, config.limits.note_read_bytes).as_bytes())
}
