//! The commits of what was written: which follow from the queue, when they are tried, and what becomes of text that git does not take.
//! Every text that a write replaced is in a commit before ours, or kept in `state/displaced`.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    fs,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use tracing::{info, warn};

use crate::{
    config::{GitMode, Person},
    engine::{Engine, status::Commits},
    io::{
        git::{CommitRequest, Committed, Identity, Message, Repository, RepositoryKind},
        intents::Intent,
    },
    model::{hash::ContentHash, path::NotePath},
};

/// A commit that could not be made is tried again after this, and then twice as long each time.
const RETRY: Duration = Duration::from_secs(1);
const MAX_RETRY: Duration = Duration::from_secs(30);

/// Writes whose commits are made together.
const TOGETHER: usize = 256;

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

    /// Returns what an operator is told of it.
    pub(in crate::engine) fn status(&self) -> Commits {
        Commits {
            place: match self.kind() {
                Some(RepositoryKind::Vault) => "vault",
                Some(RepositoryKind::Private) => "private",
                None => "off",
            },
            waiting: self.waiting.len(),
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
    pub(super) fn has_history(&self) -> bool {
        self.config.git.mode != GitMode::Off
    }

    pub(super) fn is_history_private(&self, at: usize) -> bool {
        self.writes.queues[at].kind() == Some(RepositoryKind::Private)
    }

    /// Opens the history of every vault for readers; what cannot be opened is tried again by the first write.
    pub(in crate::engine) fn open_histories(&mut self) {
        if self.config.git.mode == GitMode::Off {
            return;
        }
        for at in 0..self.roots.len() {
            if let Err(error) = self.open_repository(at) {
                let name = self.roots[at].source.config.name.clone();
                self.fail(format!("open the history of `{name}`: {error:#}"));
            }
        }
    }

    /// Opens the repository of a vault, its own or the private one, if that has not been done.
    pub(in crate::engine) fn open_repository(&mut self, at: usize) -> Result<Arc<Repository>> {
        if let Some(repository) = &self.writes.queues[at].repository {
            return Ok(Arc::clone(repository));
        }
        let source = &self.roots[at].source;
        let private = self.config.state_dir().join("history").join(format!("{}.git", source.config.name));
        let repository = Arc::new(Repository::open(source.vault.root(), &private)?.signing_with(self.config.git.signing_key.clone()));
        source.set_repository(Arc::clone(&repository));
        self.writes.queues[at].repository = Some(Arc::clone(&repository));
        Ok(repository)
    }

    /// Returns the blob of a path at HEAD, `None` too where there is no history.
    pub(super) fn head_of(&mut self, at: usize, path: &NotePath) -> Option<ContentHash> {
        if !self.has_history() {
            return None;
        }
        self.open_repository(at).and_then(|it| it.at_head(path)).ok().flatten()
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
            self.close_groups(at, &before);
        }
    }

    /// Forgets the groups of which nothing waits any more.
    fn close_groups(&mut self, at: usize, before: &[u64]) {
        let mut groups = before.to_vec();
        groups.dedup();
        let waits = |group: u64| self.writes.queues[at].waiting.iter().any(|it| it.group == group);
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
            // The first log of the group is about to go; what waits lives on in memory, and its file is as it was written.
            Err(error) => self.fail(format!("log a commit that waits: {error:#}")),
        }
    }

    /// Commits what waits, oldest first. Returns what became of each that does not wait any more, by its operation.
    pub(super) fn commit_queue(&mut self, at: usize, now: Instant) -> BTreeMap<String, Outcome> {
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
        let intents: Vec<&Intent> = self.writes.queues[at].waiting.iter().take(TOGETHER).map(|it| &it.intent).collect();
        let planned = plan_commits(&intents, &repository, &self.config.git.owner);
        let (requests, of): (Vec<CommitRequest>, Vec<Option<usize>>) = match planned {
            Ok(planned) => planned.into_iter().unzip(),
            Err(error) => {
                self.writes.queues[at].defer(format!("{error:#}"), now);
                return BTreeMap::new();
            }
        };
        let committed = match repository.commit(&requests) {
            Ok(committed) => committed,
            Err(why) => {
                let reason = format!("{}: {}", why.reason.as_str(), why.detail);
                self.writes.queues[at].defer(reason, now);
                return BTreeMap::new();
            }
        };
        let mut outcomes: Vec<Outcome> = intents.iter().map(|_| Outcome::Committed(None)).collect();
        for (committed, of) in committed.into_iter().zip(of) {
            if let Some(at) = of {
                outcomes[at] = match committed {
                    Committed::Commit(commit) => Outcome::Committed(Some(commit)),
                    Committed::Unchanged(commit) => Outcome::Committed(commit),
                    Committed::Refused(why) => Outcome::Refused(why),
                };
            }
        }
        if outcomes.iter().any(|it| matches!(it, Outcome::Committed(_))) {
            self.sync_soon(at);
        }
        let queue = &mut self.writes.queues[at];
        (queue.failures, queue.next_try, queue.reason) = (0, None, String::new());
        let done: Vec<Queued> = queue.waiting.drain(..outcomes.len()).collect();
        for (queued, outcome) in done.iter().zip(&outcomes) {
            if matches!(outcome, Outcome::Refused(_)) {
                self.keep_text(&queued.intent);
            }
        }
        done.into_iter().map(|it| it.intent.operation).zip(outcomes).collect()
    }

    /// Keeps the text that a write replaced, where no commit does.
    pub(super) fn keep_text(&mut self, intent: &Intent) {
        let Some(text) = &intent.before_text else { return };
        if let Err(error) = self.keep_bytes(&intent.operation, &intent.path, text.as_bytes()) {
            self.fail(format!("keep what was replaced: {error:#}"));
        }
    }

    /// Writes bytes of a note into `state/displaced`, durably, under a name that says when and where they stood.
    pub(super) fn keep_bytes(&self, operation: &str, path: &str, bytes: &[u8]) -> Result<()> {
        let folder = self.config.state_dir().join("displaced");
        let file = folder.join(format!(
            "{operation}-{}",
            path.replace('/', "-").chars().take(60).collect::<String>()
        ));
        let write = || -> std::io::Result<()> {
            fs::create_dir_all(&folder)?;
            fs::write(&file, bytes)?;
            fs::File::open(&file)?.sync_all()?;
            fs::File::open(&folder)?.sync_all()
        };
        write().with_context(|| format!("write `{}`", file.display()))
    }
}

/// Returns the commits that follow from the intents, in order, each with the number of the intent that it is the commit of. Before ours comes
/// what people wrote and nobody committed; where somebody committed the path since, their text is put back on top of ours, so that both are in
/// the history and theirs is what HEAD holds.
fn plan_commits(intents: &[&Intent], repository: &Repository, owner: &Person) -> Result<Vec<(CommitRequest, Option<usize>)>> {
    let mut planned = Vec::new();
    let mut held: HashMap<NotePath, Option<String>> = HashMap::new();
    for (number, intent) in intents.iter().enumerate() {
        let path = NotePath::parse(&intent.path).with_context(|| format!("the path of a logged write: `{}`", intent.path))?;
        let after = intent.after.as_ref().map(|it| ContentHash::of(it.as_bytes()).to_string());
        let (head, is_first) = match held.get(&path) {
            Some(head) => (head.clone(), false),
            None => (repository.at_head(&path)?.map(|it| it.to_string()), true),
        };
        let moved = is_first && head != intent.head && head != after;
        let human = |text: Vec<u8>| person_commit(&path, Some(text), intent.time, owner);
        if let Some(text) = &intent.before_text
            && head != intent.before
            && head != after
        {
            planned.push((human(text.clone().into_bytes()), None));
        }
        planned.push((own_commit(&path, intent), Some(number)));
        if moved {
            let theirs = match (&head, repository.commit_at(i64::MAX)?) {
                (Some(_), Some(commit)) => repository.read_at(&path, &commit)?,
                _ => None,
            };
            planned.push((person_commit(&path, theirs, intent.time, owner), None));
            held.insert(path, head);
        } else {
            held.insert(path, after);
        }
    }
    Ok(planned)
}

fn own_commit(path: &NotePath, intent: &Intent) -> CommitRequest {
    let name = if intent.agent.is_empty() { "agent" } else { &intent.agent };
    let address: String = name.chars().filter(|it| it.is_ascii_alphanumeric() || *it == '-').collect();
    let given = [
        ("Agent", name),
        ("Session", &intent.session),
        ("Reason", &intent.reason),
        ("Membridge-Op", &intent.operation),
    ];
    let trailers = given.into_iter().filter(|(_, value)| !value.is_empty());
    CommitRequest {
        changes: vec![(path.clone(), intent.after.clone().map(String::into_bytes))],
        author: Identity {
            name: name.to_owned(),
            email: format!("{}@agent.localhost", if address.is_empty() { "agent" } else { &address }),
        },
        time: intent.time,
        message: Message {
            subject: intent.subject.clone(),
            body: String::new(),
            trailers: trailers.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        },
    }
}

fn person_commit(path: &NotePath, text: Option<Vec<u8>>, time: i64, owner: &Person) -> CommitRequest {
    CommitRequest {
        changes: vec![(path.clone(), text)],
        author: Identity {
            name: owner.name.clone(),
            email: owner.email.clone(),
        },
        time,
        message: Message {
            subject: format!("note: {} (as it was found)", path.stem()),
            body: String::new(),
            trailers: vec![("Membridge-Op".to_owned(), "snapshot".to_owned())],
        },
    }
}
