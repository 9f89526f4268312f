//! The commits of what was written: when they are tried, and what becomes of text that git does not take. Which they are is decided in `commits`.
//! Every text that a write replaced is in a commit before ours, or kept in `state/displaced`.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Result;
use tracing::{info, warn};

use crate::{
    config::GitMode,
    engine::{
        Engine,
        request::Flushed,
        status::Commits,
        write::commits::{Around, CommitPlan, plan_commits},
    },
    io::{
        git::{Committed, Repository, RepositoryKind},
        intents::Intent,
    },
    model::{hash::ContentHash, path::NotePath},
};

/// A commit that could not be made is tried again after this, and then twice as long each time.
const RETRY: Duration = Duration::from_secs(1);
const MAX_RETRY: Duration = Duration::from_secs(30);

/// Writes whose commits are made together.
const TOGETHER: usize = 256;

/// Writes that wait for a commit, of which it is told who wrote.
const TOLD: usize = 100;

/// What became of a write's commit.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    /// `None` where the text stood at HEAD already and HEAD is unborn.
    Committed(Option<String>),
    Refused(String),
    Off,
}

/// A write that is in its file and in no commit.
#[derive(Debug, Clone)]
pub(in crate::engine) struct Queued {
    pub(super) intent: Intent,
    /// The group of intents that keeps it.
    pub(super) group: u64,
}

/// The commits of one vault that are still to be made.
#[derive(Debug, Default)]
pub(in crate::engine) struct Queue {
    pub(in crate::engine) waiting: VecDeque<Queued>,
    pub(super) repository: Option<Arc<Repository>>,
    next_try: Option<Instant>,
    failures: u32,
    /// When what waits in a batch is committed at the latest.
    latest: Option<Instant>,
    /// Why they wait; empty when they do not.
    reason: String,
}

impl Queue {
    pub(super) fn kind(&self) -> Option<RepositoryKind> {
        self.repository.as_ref().map(|it| it.kind())
    }

    pub(super) fn next_try(&self) -> Option<Instant> {
        self.next_try
    }

    /// Says whether a write that waits for its commit keeps these bytes.
    pub(super) fn holds(&self, hash: ContentHash) -> bool {
        let texts = self.waiting.iter().flat_map(|it| [&it.intent.before_text, &it.intent.after]);
        texts.flatten().any(|it| ContentHash::of(it.as_bytes()) == hash)
    }

    /// Returns what an operator is told of it.
    pub(in crate::engine) fn status(&self) -> Commits {
        Commits {
            place: self.kind().map_or("off", RepositoryKind::as_str),
            waiting: self.waiting.len(),
            of: self
                .waiting
                .iter()
                .rev()
                .take(TOLD)
                .map(|it| (it.intent.path.clone(), it.intent.agent.clone()))
                .collect(),
            reason: self.reason.clone(),
            ..Commits::default()
        }
    }

    fn defer(&mut self, reason: String, now: Instant) {
        if self.reason != reason {
            warn!(waiting = self.waiting.len(), reason, "commits wait");
        }
        self.reason = reason;
        self.next_try = Some(now + (RETRY * 2_u32.saturating_pow(self.failures)).min(MAX_RETRY));
        self.failures += 1;
    }
}

impl Engine {
    /// Opens the history of every vault for readers; what cannot be opened is tried again by the first write.
    pub(in crate::engine) fn open_histories(&mut self) {
        if !self.has_history() {
            return;
        }
        for at in 0..self.roots.len() {
            if self.roots[at].source.is_repo() {
                continue;
            }
            if let Err(error) = self.open_repository(at) {
                let name = self.roots[at].source.config.name.clone();
                self.fail(format!("open the history of `{name}`: {error:#}"));
            }
        }
    }

    pub(super) fn has_history(&self) -> bool {
        self.config.git.mode != GitMode::Off
    }

    pub(super) fn is_history_private(&self, at: usize) -> bool {
        self.writes.queues[at].kind() == Some(RepositoryKind::Private)
    }

    /// Opens the repository of a vault, its own or the private one, if that has not been done.
    pub(in crate::engine) fn open_repository(&mut self, at: usize) -> Result<Arc<Repository>> {
        if let Some(repository) = &self.writes.queues[at].repository {
            return Ok(Arc::clone(repository));
        }
        let source = &self.roots[at].source;
        anyhow::ensure!(
            !source.is_repo(),
            "`{}` is a repository of others, which is only read",
            source.config.name
        );
        let private = self.config.state_dir().join("history").join(format!("{}.git", source.config.name));
        let repository = Arc::new(Repository::open(source.vault.root(), &private)?.signing_with(self.config.git.signing_key.clone()));
        source.set_repository(Arc::clone(&repository));
        self.writes.queues[at].repository = Some(Arc::clone(&repository));
        Ok(repository)
    }

    /// Returns the blobs of paths at HEAD, without those that it does not hold; none too where there is no history.
    pub(super) fn heads_of(&mut self, at: usize, paths: Vec<NotePath>) -> BTreeMap<NotePath, ContentHash> {
        if !self.has_history() {
            return BTreeMap::new();
        }
        let blobs = self.open_repository(at).and_then(|it| it.at_heads(&paths)).unwrap_or_default();
        paths
            .into_iter()
            .zip(blobs)
            .filter_map(|(path, blob)| Some((path, blob?)))
            .collect()
    }

    /// Makes the commits that wait and are due.
    pub(super) fn retry_commits(&mut self, now: Instant) {
        for at in 0..self.roots.len() {
            let queue = &self.writes.queues[at];
            if queue.waiting.is_empty() || queue.next_try.is_some_and(|it| it > now) {
                continue;
            }
            let before: Vec<u64> = queue.waiting.iter().map(|it| it.group).collect();
            let made = self.commit_queue(at, now);
            if !made.is_empty() {
                info!(source = %self.roots[at].source.config.name, commits = made.len(), "commits that waited were made");
                self.status_changed = true;
            }
            self.close_groups(&before);
        }
    }

    /// Forgets the groups of which nothing waits any more.
    pub(super) fn close_groups(&mut self, before: &[u64]) {
        let mut groups = before.to_vec();
        groups.dedup();
        let waits = |group: u64| self.writes.queues.iter().any(|it| it.waiting.iter().any(|it| it.group == group));
        for group in groups.into_iter().filter(|it| !waits(*it)) {
            if let Err(error) = self.writes.intents.close(group) {
                warn!(why = format!("{error:#}"), "a finished intent stays; the next start finds it done");
            }
        }
    }

    /// Logs those of a group that still wait for their commit, as a group of their own.
    pub(super) fn keep_queued(&mut self, at: usize, number: u64) {
        let queue = &mut self.writes.queues[at];
        let left: Vec<Intent> = queue
            .waiting
            .iter()
            .filter(|it| it.group == number)
            .map(|it| it.intent.clone())
            .collect();
        if left.is_empty() {
            return;
        }
        match self.writes.intents.log(left) {
            Ok(group) => {
                let of_group = queue.waiting.iter_mut().filter(|it| it.group == number);
                of_group.for_each(|it| it.group = group.number);
            }
            // Then the first log of the group stays: it is not closed while something of it waits.
            Err(error) => self.fail(format!("log a commit that waits: {error:#}")),
        }
    }

    /// Commits what was written just now, or puts it off until it is quiet. Returns as [`Engine::commit_queue`].
    pub(super) fn commit_or_wait(&mut self, at: usize, now: Instant) -> BTreeMap<String, Outcome> {
        if self.config.git.mode != GitMode::Batched {
            return self.commit_queue(at, now);
        }
        let queue = &mut self.writes.queues[at];
        let latest = *queue.latest.get_or_insert(now + self.config.git.max);
        if queue.failures == 0 {
            queue.next_try = Some((now + self.config.git.quiet).min(latest));
        }
        BTreeMap::new()
    }

    /// Commits whatever waits, now. Returns how many writes were committed and how many wait still, with the reason.
    pub(in crate::engine) fn flush(&mut self, now: Instant) -> Flushed {
        let mut flushed = Flushed::default();
        for at in 0..self.roots.len() {
            while !self.writes.queues[at].waiting.is_empty() {
                let groups: Vec<u64> = self.writes.queues[at].waiting.iter().map(|it| it.group).collect();
                let made = self.commit_queue(at, now);
                if made.is_empty() {
                    break;
                }
                flushed.committed += made.len();
                self.close_groups(&groups);
            }
            let queue = &self.writes.queues[at];
            flushed.waiting += queue.waiting.len();
            if !queue.reason.is_empty() {
                flushed.reason.clone_from(&queue.reason);
            }
        }
        self.status_changed = true;
        self.publish();
        flushed
    }

    /// Commits what waits, oldest first. Returns what became of each that does not wait any more, by its operation.
    pub(super) fn commit_queue(&mut self, at: usize, now: Instant) -> BTreeMap<String, Outcome> {
        if self.roots[at].source.is_repo() {
            return BTreeMap::new();
        }
        if !self.has_history() {
            let all: Vec<Queued> = self.writes.queues[at].waiting.drain(..).collect();
            all.iter().for_each(|it| self.keep_text(&it.intent));
            return all.into_iter().map(|it| (it.intent.operation, Outcome::Off)).collect();
        }
        let repository = match self.open_repository(at) {
            Ok(repository) => repository,
            Err(error) => {
                self.writes.queues[at].defer(format!("{error:#}"), now);
                return BTreeMap::new();
            }
        };
        let waiting = &self.writes.queues[at].waiting;
        let mut together = waiting.len().min(TOGETHER);
        // The files of one operation go into one commit.
        while together < waiting.len() && waiting[together].intent.operation == waiting[together - 1].intent.operation {
            together += 1;
        }
        let intents: Vec<&Intent> = waiting.iter().take(together).map(|it| &it.intent).collect();
        let operations: Vec<&[&Intent]> = intents.chunk_by(|one, other| one.operation == other.operation).collect();
        let vault = &self.roots[at].source.vault;
        let on_disk = |path: &NotePath| {
            let file = vault.read(path, self.config.limits.note_read_bytes).ok()?;
            Some(ContentHash::of(&file.bytes))
        };
        let mut plan = CommitPlan::default();
        let begun = Instant::now();
        let committed = repository.commit_planned(|tip| {
            let around = Around {
                tip,
                on_disk: &on_disk,
                owner: &self.config.git.owner,
                batched: self.config.git.mode == GitMode::Batched,
            };
            plan = plan_commits(&operations, &around)?;
            Ok(plan.requests.clone())
        });
        let committed = match committed {
            Ok(committed) => committed,
            Err(why) => {
                self.writes.queues[at].defer(why.to_string(), now);
                return BTreeMap::new();
            }
        };
        if !committed.is_empty() {
            self.shared.timings.commits.note(begun.elapsed());
        }
        let CommitPlan { of, aside, .. } = plan;
        let mut outcomes = BTreeMap::new();
        for (committed, of) in committed.into_iter().zip(of) {
            for number in of {
                let outcome = match committed.clone() {
                    Committed::Commit(commit) => Outcome::Committed(Some(commit)),
                    Committed::Unchanged(commit) => Outcome::Committed(commit),
                    Committed::Refused(why) => Outcome::Refused(why),
                };
                outcomes.insert(operations[number][0].operation.clone(), outcome);
            }
        }
        if outcomes.values().any(|it| matches!(it, Outcome::Committed(_))) {
            self.sync_soon(at);
        }
        let queue = &mut self.writes.queues[at];
        (queue.failures, queue.next_try, queue.latest, queue.reason) = (0, None, None, String::new());
        let done: Vec<Queued> = queue.waiting.drain(..together).collect();
        for (number, queued) in done.iter().enumerate() {
            if matches!(outcomes.get(&queued.intent.operation), Some(Outcome::Refused(_))) || aside.contains(&number) {
                self.keep_text(&queued.intent);
            }
        }
        outcomes
    }
}
