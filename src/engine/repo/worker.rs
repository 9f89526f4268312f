//! The thread that follows one repository: when to ask its remote, what to tell of a new commit. Holds no state of the engine.

use std::{
    collections::BTreeMap,
    fs, io,
    path::PathBuf,
    sync::{Arc, atomic::Ordering},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use crossbeam_channel::{Receiver, RecvTimeoutError, SendTimeoutError, Sender};
use tracing::warn;

use crate::{
    engine::{
        Event,
        repo::{News, Snapshot, read_past},
    },
    io::{
        checkout::rules::{self, Rules},
        git::{Access, Mirror, Past, Refusal, Repository},
    },
    model::path::NotePath,
};

/// How often to look whether a checkout has another commit.
const LOOK: Duration = Duration::from_secs(2);

/// What failed is tried again after this, and then twice as long each time, up to the usual time between two fetches.
const RETRY: Duration = Duration::from_secs(5);

/// How often a worker that cannot tell its news looks whether it shall stop.
const STEP: Duration = Duration::from_millis(20);

#[derive(Debug)]
pub(super) struct Worker {
    /// The number of the source.
    pub(super) at: usize,
    /// The checkout.
    pub(super) path: PathBuf,
    pub(super) mirror: Option<Arc<Mirror>>,
    /// `None` for a checkout that is no repository yet.
    pub(super) repository: Option<Arc<Repository>>,
    /// Where what is known of all commits is kept; a cache.
    pub(super) kept: PathBuf,
    pub(super) access: Access,
    /// How often to fetch.
    pub(super) every: Option<Duration>,
    /// A word means that there may be news; the end of the channel is the end of the worker.
    pub(super) orders: Receiver<()>,
    pub(super) events: Sender<Event>,
}

impl Worker {
    pub(super) fn start(self) -> io::Result<JoinHandle<()>> {
        thread::Builder::new().name(format!("repo-{}", self.at)).spawn(move || self.run())
    }

    fn run(self) {
        let mut past = read_past(&self.kept);
        // What an earlier run fetched answers before the remote does.
        let mut told = self.look(&mut past, None).unwrap_or_default();
        let mut failures = 0;
        loop {
            let (news, wait) = match self.fetch() {
                Err(Refusal::Stopped) => return,
                Err(why) => {
                    failures += 1;
                    (News::Failed(why.detail()), self.wait_after(failures))
                }
                Ok(()) => {
                    failures = 0;
                    (News::Same, self.every.unwrap_or(LOOK))
                }
            };
            match self.look(&mut past, told.as_deref()) {
                Ok(commit) => {
                    told = commit;
                    self.send(news);
                }
                Err(why) => self.send(News::Failed(format!("{why:#}"))),
            }
            match self.orders.recv_deadline(Instant::now() + wait) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn fetch(&self) -> Result<(), Refusal> {
        match &self.mirror {
            Some(mirror) => mirror.fetch(None, &self.access),
            None => Ok(()),
        }
    }

    /// Tells of the commit at HEAD if it is another one than was told; returns it.
    fn look(&self, past: &mut Past, told: Option<&str>) -> Result<Option<String>> {
        // A checkout may become a repository, or another one where a link switches.
        let fresh = if self.mirror.is_none() {
            Repository::of_checkout(&self.path)
        } else {
            None
        };
        let Some(repository) = fresh.as_ref().or(self.repository.as_deref()) else {
            if told.is_none() {
                self.send(News::Moved(Box::default()));
            }
            return Ok(Some(String::new()));
        };
        let head = repository.head()?;
        // Of a clone without a commit there is nothing to tell but why.
        let Some(head) = head.or_else(|| self.mirror.is_none().then(String::new)) else {
            return Ok(None);
        };
        if told == Some(head.as_str()) {
            return Ok(Some(head));
        }
        let listing = if self.mirror.is_some() { repository.listing()? } else { None };
        if past.head() != head {
            *past = repository.past(std::mem::take(past)).context("read the history")?;
            self.keep(past);
        }
        let (files, skipped) = listing.map(|it| (it.files, it.skipped)).unwrap_or_default();
        let mut files: BTreeMap<_, _> = files.into_iter().map(|it| (it.path.clone(), it)).collect();
        let read = |path: &NotePath| {
            let bytes = repository.beginning(files.get(path)?.hash, rules::MOST_BYTES).ok()?;
            String::from_utf8(bytes).ok()
        };
        let rules = Rules::of(files.keys(), read);
        files.retain(|path, _| !rules.ignores(path));
        self.send(News::Moved(Box::new(Snapshot {
            commit: head.clone(),
            name_only: files.keys().filter(|it| rules.is_name_only(it)).cloned().collect(),
            files,
            skipped,
            past: past.clone(),
        })));
        Ok(Some(head))
    }

    /// Keeps what is known of all commits for the next start.
    fn keep(&self, past: &Past) {
        let written = || -> Result<()> {
            let folder = self.kept.parent().context("a file lies in a folder")?;
            fs::create_dir_all(folder)?;
            let aside = self.kept.with_extension("new");
            fs::write(&aside, serde_json::to_vec(past)?)?;
            Ok(fs::rename(aside, &self.kept)?)
        };
        if let Err(error) = written() {
            warn!(
                why = format!("{error:#}"),
                "what is known of the commits is made again at the next start"
            );
        }
    }

    fn wait_after(&self, failures: u32) -> Duration {
        let most = self.every.unwrap_or(LOOK);
        RETRY.saturating_mul(2_u32.saturating_pow(failures - 1)).min(most.max(RETRY))
    }

    /// A full channel is waited for, but not the end of the engine.
    fn send(&self, news: News) {
        let mut event = Event::Repo(self.at, news);
        while !self.access.stop.load(Ordering::Relaxed) {
            match self.events.send_timeout(event, STEP) {
                Err(SendTimeoutError::Timeout(back)) => event = back,
                Ok(()) | Err(SendTimeoutError::Disconnected(_)) => return,
            }
        }
    }
}
