//! Vaults that follow a remote: who syncs what, and what is told of it. The network is the business of one worker a vault; it gets word of new
//! commits and sends back what came of them, and the engine never waits for it.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Instant,
};

use crossbeam_channel::Sender;
use tracing::{info, warn};

use crate::{
    config::GitSync,
    engine::{Engine, Event, root::Root, status::Commits, write::Queue},
    io::git::{Access, RepositoryKind},
};

mod merge;
mod worker;

use merge::Applying;
use worker::Worker;

/// What a worker tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Synced {
    /// The number of the source.
    pub(super) at: usize,
    /// Commits that the remote does not have, as far as is known here.
    pub(super) unpushed: usize,
    /// Why they are not there yet; empty when all is well.
    pub(super) reason: String,
}

/// What the engine keeps of syncing.
#[derive(Debug)]
pub(super) struct Syncs {
    /// Leads to the engine itself; `None` where nothing is synced, so that an engine without handles ends.
    events: Option<Sender<Event>>,
    /// By the source's number.
    links: Vec<Option<Link>>,
}

/// A running worker; dropping it ends it, and the program that it waits for.
#[derive(Debug)]
struct Link {
    orders: Option<Sender<()>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
    last: Synced,
    applying: Option<Applying>,
    /// Merges begun since the last that was ended.
    rounds: u32,
}

impl Syncs {
    /// Nothing runs yet. Workers will send to `events`.
    pub(super) fn new(sync: GitSync, events: &Sender<Event>, sources: usize) -> Syncs {
        Syncs {
            events: (sync != GitSync::Off).then(|| events.clone()),
            links: (0..sources).map(|_| None).collect(),
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(self.orders.take());
        // A worker that panicked has said so.
        drop(self.thread.take().map(JoinHandle::join));
    }
}

impl Engine {
    /// Does what is due of syncing: workers that can begin, merges that wait.
    pub(super) fn advance_syncs(&mut self, now: Instant) {
        self.start_syncs();
        self.advance_merges(now);
    }

    /// Starts the worker of every vault whose repository is open by now.
    fn start_syncs(&mut self) {
        let Some(events) = self.syncs.events.clone() else {
            return;
        };
        for at in 0..self.roots.len() {
            if self.syncs.links[at].is_some() || self.roots[at].source.is_repo() {
                continue;
            }
            let Some(repository) = self.roots[at].source.repository() else {
                continue;
            };
            let stop = Arc::new(AtomicBool::new(false));
            let (orders, taken) = crossbeam_channel::bounded(1);
            let mut link = Link {
                orders: Some(orders),
                stop: Arc::clone(&stop),
                thread: None,
                last: Synced::default(),
                applying: None,
                rounds: 0,
            };
            if repository.kind() == RepositoryKind::Vault {
                let worker = Worker {
                    at,
                    repository,
                    access: Access {
                        token_file: self.config.git.token_file.clone(),
                        timeout: self.config.git.timeout,
                        stop,
                    },
                    push_after: self.config.git.push_after,
                    fetch_every: (self.config.git.sync == GitSync::Full).then_some(self.config.git.fetch_every),
                    orders: taken,
                    events: events.clone(),
                };
                match worker.start() {
                    Ok(thread) => link.thread = Some(thread),
                    Err(error) => link.last.reason = format!("cannot start a thread: {error}"),
                }
            } else {
                link.last.reason = "the vault is not the root of a git repository".to_owned();
            }
            self.syncs.links[at] = Some(link);
            self.status_changed = true;
        }
    }

    /// Returns what is told of the commits of every source, those on their way to a remote among them.
    pub(super) fn commits(&self) -> Vec<Commits> {
        let of = |((queue, link), root): ((&Queue, &Option<Link>), &Root)| {
            let last = link.as_ref().map(|it| it.last.clone()).unwrap_or_default();
            let told = queue.status();
            Commits {
                unpushed: last.unpushed,
                sync: last.reason,
                place: root.source.history_read().unwrap_or(told.place),
                ..told
            }
        };
        self.writes.queues.iter().zip(&self.syncs.links).zip(&self.roots).map(of).collect()
    }

    /// Tells the worker of a vault that there are new commits.
    pub(super) fn sync_soon(&self, at: usize) {
        if let Some(orders) = self.syncs.links[at].as_ref().and_then(|it| it.orders.as_ref()) {
            // One word that waits serves for all.
            let _ = orders.try_send(());
        }
    }

    /// Takes what a worker tells.
    pub(super) fn take_synced(&mut self, synced: Synced) {
        let source = &self.roots[synced.at].source.config.name;
        let Some(link) = &mut self.syncs.links[synced.at] else {
            return;
        };
        if link.last == synced {
            return;
        }
        if link.last.reason != synced.reason {
            match synced.reason.as_str() {
                "" => info!(%source, "the remote is in step again"),
                reason => warn!(%source, unpushed = synced.unpushed, reason, "the remote is not in step"),
            }
        }
        link.last = synced;
        self.status_changed = true;
    }
}
