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
use tracing::{info, warn};

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

/// A clone that was made anew and cannot be read either is not made anew again before this, and then twice as long each time.
const RENEW_REST: Duration = Duration::from_secs(10 * 60);
const RENEW_MOST: Duration = Duration::from_secs(24 * 3600);

/// The service is about to stop.
struct Stopped;

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
    /// Where a clone comes from.
    pub(super) remote: Option<String>,
    /// How often to fetch.
    pub(super) every: Option<Duration>,
    /// A word means that there may be news; the end of the channel is the end of the worker.
    pub(super) orders: Receiver<()>,
    pub(super) events: Sender<Event>,
}

/// What a worker knows from one turn to the next.
#[derive(Debug, Default)]
struct Known {
    past: Past,
    /// The commit that was told.
    told: Option<String>,
    /// Why our clone is of no use as it is; it stays until another one is in its place.
    damage: Option<String>,
    /// Clones that were made anew and are of no use either, one after the other, and until when no other one is made.
    in_vain: u32,
    rest: Option<Instant>,
}

impl Worker {
    pub(super) fn start(self) -> io::Result<JoinHandle<()>> {
        thread::Builder::new().name(format!("repo-{}", self.at)).spawn(move || self.run())
    }

    fn run(self) {
        let mut known = Known {
            past: read_past(&self.kept),
            ..Known::default()
        };
        // What an earlier run fetched answers before the remote does.
        let prepared = self.mirror.as_ref().map_or(Ok(()), |it| it.prepare());
        if let Err(why) = prepared.and_then(|()| self.look(&mut known)) {
            known.damage = self.damage(&why);
        }
        let mut failures = 0;
        loop {
            let news = match self.turn(&mut known) {
                Ok(news) => news,
                Err(Stopped) => return,
            };
            let wait = if matches!(news, News::Same) {
                failures = 0;
                self.every.unwrap_or(LOOK)
            } else {
                failures += 1;
                self.wait_after(failures)
            };
            self.send(news);
            if !self.is_wanted_after(wait, known.damage.is_none()) {
                return;
            }
        }
    }

    /// Asks the remote, looks at what is there, and makes a clone anew that is damaged. What is told at its end is that all went well, or why not.
    fn turn(&self, known: &mut Known) -> Result<News, Stopped> {
        let asked = match self.mirror.as_deref() {
            Some(mirror) if known.damage.is_none() => self.ask(mirror, known)?,
            _ => News::Same,
        };
        if known.damage.is_none() {
            match self.look(known) {
                Ok(()) => return Ok(asked),
                Err(why) => match self.damage(&why) {
                    Some(damage) => known.damage = Some(damage),
                    None => return Ok(News::Failed(format!("{why:#}"))),
                },
            }
        }
        let (Some(why), Some(mirror)) = (known.damage.clone(), self.mirror.as_deref()) else {
            return Ok(asked);
        };
        self.renew(mirror, &why, known)
    }

    /// Fetches. What a reader met since, or git's words, may tell that the clone itself is damaged.
    fn ask(&self, mirror: &Mirror, known: &mut Known) -> Result<News, Stopped> {
        known.damage = mirror.damage_met();
        if known.damage.is_some() {
            return Ok(News::Same);
        }
        if let Err(why) = mirror.prepare() {
            known.damage = mirror.damage_behind(&why);
            return Ok(News::Failed(format!("{why:#}")));
        }
        let fetched = if mirror.has_been_fetched() {
            mirror.fetch(&[], &self.access)
        } else {
            mirror.fetch_first(&self.access)
        };
        match fetched {
            Ok(()) => {
                known.damage = self.tidy(mirror);
                Ok(News::Same)
            }
            Err(Refusal::Stopped) => Err(Stopped),
            // Of one that had commits before, they go on to answer.
            Err(Refusal::Empty) if known.told.as_deref().unwrap_or_default().is_empty() && known.past.head().is_empty() => {
                if known.told.replace(String::new()).is_none() {
                    self.send(News::Moved(Box::default()));
                }
                Ok(News::Same)
            }
            Err(why) => {
                known.damage = if why.may_tell_of_damage() { mirror.damage() } else { None };
                Ok(News::Failed(why.detail()))
            }
        }
    }

    /// Packs a clone where many fetches left many files. One that cannot be packed is read as it is, unless that is because it is damaged: how is
    /// returned.
    fn tidy(&self, mirror: &Mirror) -> Option<String> {
        let why = match mirror.tidy(&self.access) {
            Ok(None) | Err(Refusal::Stopped) => return None,
            Ok(Some(packs)) => {
                info!(clone = %self.path.display(), packs, "a clone has been packed");
                return None;
            }
            Err(why) => why,
        };
        let detail = why.detail();
        warn!(clone = %self.path.display(), why = detail, "a clone cannot be packed; it is tried again after the next fetch");
        why.may_tell_of_damage().then(|| mirror.damage()).flatten()
    }

    /// Returns what is damaged, if that is why our clone could not be read.
    fn damage(&self, why: &anyhow::Error) -> Option<String> {
        self.mirror.as_ref().and_then(|it| it.damage_behind(why))
    }

    /// Makes the clone anew, and looks at what it holds.
    fn renew(&self, mirror: &Mirror, why: &str, known: &mut Known) -> Result<News, Stopped> {
        let still = |more: String| Ok(News::Damaged(format!("the clone is damaged ({why}); {more}")));
        if known.rest.is_some_and(|it| Instant::now() < it) {
            return still("a new one was of no use either, and it is made anew again later".to_owned());
        }
        match mirror.renew(&self.access) {
            Err(Refusal::Stopped) => return Err(Stopped),
            Err(refusal) => return still(format!("it could not be cloned again: {}", refusal.detail())),
            Ok(()) => {}
        }
        known.told = None;
        match self.look(known) {
            Ok(()) => {
                warn!(clone = %self.path.display(), why, "a clone was damaged and has been cloned again");
                (known.damage, known.in_vain, known.rest) = (None, 0, None);
                Ok(News::Same)
            }
            Err(why) => {
                let rest = RENEW_REST.saturating_mul(2_u32.saturating_pow(known.in_vain)).min(RENEW_MOST);
                known.rest = Some(Instant::now() + rest);
                known.in_vain += 1;
                known.damage = Some(format!("{why:#}"));
                still("the new one cannot be read either".to_owned())
            }
        }
    }

    /// Waits for the next turn: for a word, for the time to be over, or, if it is news, for a reader who meets a damaged clone. Says whether
    /// there is one.
    fn is_wanted_after(&self, wait: Duration, is_news: bool) -> bool {
        let end = Instant::now() + wait;
        loop {
            match self.orders.recv_deadline(end.min(Instant::now() + LOOK)) {
                Ok(()) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
                Err(RecvTimeoutError::Timeout) => {}
            }
            if Instant::now() >= end || is_news && self.mirror.as_ref().is_some_and(|it| it.is_doubted()) {
                return true;
            }
        }
    }

    /// Tells of the commit at HEAD if it is another one than was told.
    fn look(&self, known: &mut Known) -> Result<()> {
        // A checkout may become a repository, or another one where a link switches.
        let fresh = if self.mirror.is_none() {
            Repository::of_checkout(&self.path)
        } else {
            None
        };
        let Some(repository) = fresh.as_ref().or(self.repository.as_deref()) else {
            if known.told.is_none() {
                self.send(News::Moved(Box::default()));
            }
            known.told = Some(String::new());
            return Ok(());
        };
        let head = repository.head()?;
        // Of a clone without a commit there is nothing to tell but why.
        let Some(head) = head.or_else(|| self.mirror.is_none().then(String::new)) else {
            return Ok(());
        };
        if known.told.as_ref() == Some(&head) {
            return Ok(());
        }
        let listing = match (&self.mirror, repository.listing()) {
            (_, Ok(listing)) => listing,
            (Some(_), Err(why)) => return Err(why),
            // The disk is read; only that hits carry no commit comes of it.
            (None, Err(_)) => None,
        };
        if known.past.head() != head {
            known.past = repository.past(std::mem::take(&mut known.past)).context("read the history")?;
            self.keep(&known.past);
        }
        let (files, skipped) = listing.map(|it| (it.files, it.skipped)).unwrap_or_default();
        let mut files: BTreeMap<_, _> = files.into_iter().map(|it| (it.path.clone(), it)).collect();
        let read = |path: &NotePath| {
            let file = files.get(path).filter(|it| it.size <= rules::MOST_BYTES as u64)?;
            let bytes = repository.beginning(file.hash, rules::MOST_BYTES).ok()?;
            String::from_utf8(bytes).ok()
        };
        let rules = Rules::of(files.keys(), read);
        files.retain(|path, _| !rules.ignores(path));
        self.send(News::Moved(Box::new(Snapshot {
            commit: head.clone(),
            name_only: files.keys().filter(|it| rules.is_name_only(it)).cloned().collect(),
            files,
            skipped,
            past: known.past.clone(),
            // Of a checkout that names no remote nothing is compared.
            place: repository.place(self.remote.as_deref()).unwrap_or_default(),
        })));
        known.told = Some(head);
        Ok(())
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
