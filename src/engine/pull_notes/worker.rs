//! A thread that makes notes of its share of the news: what is due when, what is tried again. Knows jobs and their times; how a note is written is
//! told in `note`.

use std::{
    collections::BTreeMap,
    io,
    sync::{Arc, atomic::Ordering},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crossbeam_channel::Receiver;
use jiff::Timestamp;

use crate::{
    config::{Config, forges::PullRequests},
    engine::{
        handle::Handle,
        pull_notes::{
            Trouble,
            clones::Clones,
            common::Common,
            gone::Gone,
            note::Outcome,
            refs::Refs,
            revisions::{Revision, Revisions},
            share::Share,
            sides::{self, Side},
            wait_after,
        },
        pulls::{News, Pulls},
    },
    io::{
        forge::Refusal,
        pull_requests::{Known, Wish},
    },
    model::{
        path::NotePath,
        pull_request::{PullRequest, PullRequestId, Rollout, State, note},
    },
};

mod cloned;

/// So often a forge is asked for what is too much; then the note says what is known without it.
const TOO_MUCH_TRIES: u32 = 3;

/// How often to look whether the engine has ended.
const STEP: Duration = Duration::from_millis(200);

/// What is to be done about one pull request.
#[derive(Debug)]
struct Job {
    parts: Vec<PullRequest>,
    /// The deliveries that are done with it.
    deliveries: Vec<u64>,
    due: Instant,
    failures: u32,
    /// The note is wanted though a person deleted it.
    restore: bool,
    /// Somebody wants the head looked up, too, where only git can be asked.
    look: bool,
}

#[derive(Debug)]
pub(super) struct Worker {
    handle: Handle,
    pulls: Arc<Pulls>,
    orders: Receiver<()>,
    config: PullRequests,
    common: Arc<Common>,
    share: Share,
    sides: Vec<Side>,
    clones: Clones,
    jobs: BTreeMap<PullRequestId, Job>,
    revisions: Revisions,
    refs: Refs,
    gone: Gone,
}

impl Worker {
    pub(super) fn new(config: &Config, handle: Handle, common: Arc<Common>, share: Share) -> Worker {
        let pulls = Arc::clone(handle.pulls());
        let mut sides = sides::sides(&config.pull_requests, &pulls.stop, Instant::now());
        sides.retain(|it| share.has(it.name()));
        Worker {
            refs: Refs::new(&config.pull_requests, &share, Instant::now()),
            sides,
            clones: Clones::new(config, Arc::clone(&pulls.stop)),
            orders: pulls.subscribe(),
            handle,
            pulls,
            common,
            share,
            config: config.pull_requests.clone(),
            jobs: BTreeMap::new(),
            revisions: Revisions::default(),
            gone: Gone::default(),
        }
    }

    pub(super) fn start(self) -> io::Result<JoinHandle<()>> {
        thread::Builder::new().name("pull-requests".to_owned()).spawn(move || self.run())
    }

    fn run(mut self) {
        while !self.handle.is_stopped() {
            self.take(Instant::now());
            // Nothing can be written, nor found, before the vault is whole.
            if self.handle.status().not_ready.is_empty() {
                self.work();
                self.revisions.work(&self.pulls, &mut self.clones, Instant::now());
                self.look(Instant::now());
                let now = Instant::now();
                let mut again = self.gone.come_back(&self.pulls, &self.common, &self.share, now);
                again.extend(self.gone.mended(&self.pulls, &self.common, now));
                for id in again {
                    self.job(id, now, None);
                }
            }
            let now = Instant::now();
            let due = self.jobs.values().map(|it| it.due).min().unwrap_or(now + STEP);
            let wait = due.saturating_duration_since(now).clamp(Duration::from_millis(10), STEP);
            // Both a word and the end of the wait lead to the next look.
            let _ = self.orders.recv_timeout(wait);
        }
    }

    /// Puts what came to the job of its pull request.
    fn take(&mut self, now: Instant) {
        for (number, news) in self.pulls.fresh(|it| self.share.has_news(it)) {
            match news {
                News::Part(part) => self.job(part.id.clone(), now, Some(number)).parts.push(*part),
                News::Look(id) => self.job(id, now, Some(number)).look = true,
                News::Restore(id) => self.job(id, now, Some(number)).restore = true,
                News::Rollout(rollout) => self.take_rollout(rollout, number),
                News::Revision {
                    host,
                    repo,
                    rollout,
                    since,
                } => {
                    let number = Some(number);
                    let revision = Revision {
                        number,
                        host,
                        repo,
                        rollout: *rollout,
                        since,
                    };
                    self.revisions.add(revision, now);
                }
            }
        }
    }

    /// Returns the job of a pull request. News gather for a while from the first one on; a job that failed is tried with them.
    fn job(&mut self, id: PullRequestId, now: Instant, number: Option<u64>) -> &mut Job {
        let due = now + self.config.debounce;
        let job = self.jobs.entry(id).or_insert_with(|| Job {
            parts: Vec::new(),
            deliveries: Vec::new(),
            due,
            failures: 0,
            restore: false,
            look: false,
        });
        job.due = job.due.min(due);
        job.deliveries.extend(number);
        job
    }

    /// A rollout goes to the workers of the pull requests whose commit it names. Where there is no room for that it waits.
    fn take_rollout(&self, rollout: Rollout, number: u64) {
        let why = match self.common.take_rollout(&self.pulls, &rollout) {
            Ok(true) => {
                self.pulls.went_well("flux");
                return self.pulls.done(&[number]);
            }
            Ok(false) => "too much waits".to_owned(),
            Err(error) => format!("{error:#}"),
        };
        self.pulls.went_wrong("flux", &why, None);
        self.pulls.put_back(number, News::Rollout(rollout));
    }

    /// Does every job that is due.
    fn work(&mut self) {
        let now = Instant::now();
        let due = self.jobs.iter().filter(|(_, it)| it.due <= now);
        let mut due: Vec<(u32, PullRequestId)> = due.map(|(id, it)| (it.failures, id.clone())).collect();
        // One that fails each time, and makes its forge rest, comes after the others.
        due.sort();
        for (_, id) in due {
            if self.handle.is_stopped() {
                return;
            }
            let Some(job) = self.jobs.remove(&id) else { continue };
            match self.perform(&id, &job) {
                Ok(()) => {
                    // Told before it is done: whoever sees that nothing waits sees how it went.
                    self.pulls.went_well(&id.to_string());
                    self.pulls.done(&job.deliveries);
                }
                Err(Trouble::Never(why)) => {
                    self.pulls.went_wrong(&id.to_string(), &why, None);
                    self.pulls.done(&job.deliveries);
                    self.gone.give_up(id, &self.pulls, &self.common.writer());
                }
                Err(Trouble::Later(why, wait)) => {
                    let wait = wait_after(job.failures).max(wait.unwrap_or_default());
                    self.pulls.went_wrong(&id.to_string(), &why, Some(wait));
                    let failures = job.failures + 1;
                    let due = Instant::now() + wait;
                    self.jobs.insert(id, Job { failures, due, ..job });
                }
            }
        }
    }

    /// Adds what came to what is known, and brings the note to it.
    fn perform(&mut self, id: &PullRequestId, job: &Job) -> Result<(), Trouble> {
        let failed = |error: anyhow::Error| Trouble::later(format!("{error:#}"));
        let mut known = self.pulls.store.get(id).map_err(failed)?;
        job.parts.iter().for_each(|it| known.parts.add(it.clone()));
        let asked = self.ask(&mut known, job.failures);
        if self.pulls.stop.load(Ordering::Relaxed) {
            // It is done after the next start.
            return Err(Trouble::later("the service ends".to_owned()));
        }
        let cloned = self.look_into_clone(&mut known, job.look, job.failures);
        let pr = known.parts.fold(id);
        if pr.title.is_none() && pr.state.is_none() {
            let nothing = Trouble::never("nobody has told anything of it".to_owned());
            return Err(asked.err().or(cloned.err()).unwrap_or(nothing));
        }
        // Its commits are known before its rollouts are looked for: one that comes now finds it.
        self.pulls.keep(&known).map_err(failed)?;
        let later = self.common.add_rollouts(&self.pulls, &mut known).map_err(failed)?;
        let is_news = known.written.as_ref().is_none_or(|it| it.state != Some(State::Merged));
        for rollout in later.into_iter().filter(|_| is_news) {
            let (host, repo, since) = (id.host.clone(), id.repo.clone(), Timestamp::now());
            let number = None;
            let revision = Revision {
                number,
                host,
                repo,
                rollout,
                since,
            };
            self.revisions.add(revision, Instant::now());
        }
        let pr = known.parts.fold(id);
        let outcome = self.common.writer().write(&pr, &known, job.restore)?;
        match outcome {
            Outcome::Written { path, changed, problem } => {
                self.gone.is_written(id);
                if changed {
                    self.pulls.wrote();
                    self.common.changed(&self.pulls, id);
                }
                known.path = Some(path.to_string());
                known.written = Some(pr.clone());
                known.wish = Wish::Kept;
                self.pulls.keep(&known).map_err(failed)?;
                if !known.journaled && self.common.writer().journal(&pr, &path)? {
                    known.journaled = true;
                    self.pulls.keep(&known).map_err(failed)?;
                }
                if let Some(why) = problem {
                    return asked.and(cloned).and(Err(Trouble::never(why)));
                }
            }
            Outcome::Missing => {
                self.gone.respect(&self.handle, &mut known)?;
                self.pulls.keep(&known).map_err(failed)?;
            }
            Outcome::LeftAlone { path, why } => {
                self.let_be(&mut known, &path, Wish::LeftAlone)?;
                return asked.and(cloned).and(Err(Trouble::never(why)));
            }
            Outcome::Disowned { path, why } => {
                self.let_be(&mut known, &path, Wish::Disowned)?;
                return asked.and(cloned).and(Err(Trouble::never(why)));
            }
        }
        asked.and(cloned)
    }

    /// A note that is there is not written for a person's wish.
    fn let_be(&mut self, known: &mut Known, path: &NotePath, wish: Wish) -> Result<(), Trouble> {
        self.gone.is_there(&known.id);
        known.path = Some(path.to_string());
        known.wish = wish;
        let kept = self.pulls.keep(known);
        kept.map_err(|error| Trouble::later(format!("{error:#}")))
    }

    /// Adds what the forge knows, where it can be asked. The note is written without it when it cannot be had now.
    fn ask(&mut self, known: &mut Known, failures: u32) -> Result<(), Trouble> {
        let Some(side) = self.sides.iter_mut().find(|it| it.knows(&known.id)) else {
            return Ok(());
        };
        let answer = side.ask(&known.id);
        let (name, wait) = (side.name().to_owned(), side.rests_for(Instant::now()));
        match answer {
            Ok(part) => {
                self.pulls.went_well(&name);
                known.parts.add(note::masked(part));
                Ok(())
            }
            Err(Refusal::Missing) => Err(Trouble::never("the forge knows no such pull request".to_owned())),
            Err(Refusal::TooMuch(why)) if failures + 1 >= TOO_MUCH_TRIES => Err(Trouble::never(format!(
                "{why}; after {TOO_MUCH_TRIES} tries the note says what is known without it, until there is news of it"
            ))),
            Err(Refusal::TooMuch(why)) => Err(Trouble::later(why)),
            // What a proxy answers, or a page to log in, says nothing of the pull request.
            Err(Refusal::Failed(why) | Refusal::Denied(why) | Refusal::Later(_, why)) => {
                self.pulls.went_wrong(&name, &why, wait);
                Err(Trouble::Later(why, wait))
            }
        }
    }

    /// Looks at the lists of the forges that are due, and takes what changed there as news.
    fn look(&mut self, now: Instant) {
        self.refs.look(&self.pulls, &mut self.clones, now);
        for side in &mut self.sides {
            for repo in side.due(now) {
                if self.pulls.stop.load(Ordering::Relaxed) {
                    return;
                }
                let name = side.name().to_owned();
                match side.look_at(&self.pulls, &repo) {
                    Ok(()) => self.pulls.went_well(&name),
                    Err(why) => self.pulls.went_wrong(&name, &why, side.rests_for(Instant::now())),
                }
            }
        }
    }
}
