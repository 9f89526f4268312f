//! Writes: the queue of what was asked for, and what only writes need. Requests that wait together are taken as one group, so that
//! one log of intents, one lock of the repository and one commit of the index serve them all. `plan` decides, `apply` does, `history` commits.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    time::{Duration, Instant},
};

use jiff::Timestamp;

use crate::{
    engine::{
        Engine, Event,
        request::{Waiting, WriteError},
    },
    io::{
        intents::Intents,
        outbox::Outbox,
        receipts::Receipts,
        vault::{Displaced, Spool},
    },
    model::{
        hash::ContentHash,
        path::{NotePath, path_key},
    },
};

mod apply;
mod commits;
mod files;
mod history;
mod kept;
mod moved;
mod plan;
mod planned;
mod recovery;
mod rules;
mod survival;

pub(super) use commits::person_commit;
pub(super) use history::Queue;
use survival::Survival;

/// Writes that one group takes.
const GROUP: usize = 32;

/// Writes that wait; more are told to come back.
const WAITING: usize = 1024;

/// A note that someone else changed this recently is waited for, so long at most: a human is typing.
const PATIENCE: Duration = Duration::from_secs(2);

/// After a write the next is likely to come within this time.
const BUSY: Duration = Duration::from_secs(1);

/// How long a displaced file is kept: an editor that had it open may still write into it (measured: reliability.md 3.2).
pub(super) const SECOND_LOOK: Duration = Duration::from_secs(10);

/// How often a write is planned anew because the file changed before it was swapped.
const TRIES: u32 = 3;

/// Hashes of our own writes that are remembered, to tell them from a human's.
const OWN: usize = 4096;

/// A request in the engine's hands.
#[derive(Debug)]
struct Taken {
    waiting: Waiting,
    since: Instant,
    /// Unix seconds.
    time: i64,
    tries: u32,
    /// The text that was read and the text that was to take its place, once somebody changed the note in between.
    merge: Option<(String, String)>,
}

/// What only writes need.
#[derive(Debug)]
pub(super) struct Writes {
    queue: VecDeque<Taken>,
    pub(super) intents: Intents,
    pub(super) receipts: Receipts,
    /// What we wrote last at a path, by the root's number.
    own: HashMap<(usize, NotePath), ContentHash>,
    /// By the root's number; opened by the first write, so that a vault that is only read stays untouched.
    pub(super) spools: Vec<Option<Spool>>,
    pub(super) queues: Vec<Queue>,
    /// What was swapped out, with the root's number and when to look at it again.
    pub(super) displaced: Vec<(usize, Displaced, Instant)>,
    survival: Survival,
    operations: u64,
    /// When a group was written last.
    served: Option<Instant>,
}

impl Writes {
    pub(super) fn new(intents: Intents, receipts: Receipts, outbox: Outbox, roots: usize) -> Writes {
        Writes {
            queue: VecDeque::new(),
            intents,
            receipts,
            own: HashMap::new(),
            spools: (0..roots).map(|_| None).collect(),
            queues: (0..roots).map(|_| Queue::default()).collect(),
            displaced: Vec::new(),
            survival: Survival::new(outbox),
            operations: 0,
            served: None,
        }
    }

    /// Takes a request, or sends it back when too many wait.
    pub(super) fn take(&mut self, waiting: Waiting, now: Instant) {
        if self.queue.len() >= WAITING {
            waiting.answer(Err(WriteError::Busy("too many writes wait".to_owned())));
            return;
        }
        self.queue.push_back(Taken {
            waiting,
            since: now,
            time: Timestamp::now().as_second(),
            tries: 0,
            merge: None,
        });
    }

    /// Returns when something of it is due; `None` while nothing waits.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let waits = self.queue.iter().map(|it| it.since + PATIENCE);
        let commits = self.queues.iter().filter_map(Queue::next_try);
        let looks = self.displaced.iter().map(|(_, _, at)| *at);
        waits.chain(commits).chain(looks).chain(self.survival.next_look()).min()
    }

    /// Returns how many were asked for and are not begun.
    pub(super) fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Returns notes in which somebody's save replaced what was written, as `source:path`.
    pub(super) fn overwritten(&self) -> Vec<String> {
        self.survival.overwritten.clone()
    }

    /// Says whether somebody writes at present, so that other work is to be done in small pieces.
    pub(super) fn are_wanted(&self, now: Instant) -> bool {
        !self.queue.is_empty() || self.served.is_some_and(|it| now < it + BUSY)
    }

    fn remember_own(&mut self, at: usize, path: NotePath, hash: ContentHash) {
        if self.own.len() >= OWN {
            self.own.clear();
        }
        self.own.insert((at, path), hash);
    }
}

impl Engine {
    /// Does what is due of writes: one group of those that wait, commits that could not be made, second looks at what was displaced.
    pub(super) fn advance_writes(&mut self, now: Instant) {
        self.look_at_displaced(now);
        self.look_at_watched(now);
        self.retry_commits(now);
        let mut group = Vec::new();
        let mut paths = BTreeSet::new();
        let mut keys = BTreeSet::new();
        let mut later = VecDeque::new();
        while group.len() < GROUP
            && let Some(taken) = self.writes.queue.pop_front()
        {
            let key = taken.waiting.request.idempotency.as_ref().map(|it| it.key.clone());
            if key.as_ref().is_some_and(|it| keys.contains(it)) {
                later.push_back(taken);
                continue;
            }
            match self.plan(&taken, now) {
                plan::Step::Done(result) => taken.waiting.answer(*result),
                plan::Step::Wait => later.push_back(taken),
                plan::Step::Write(planned) => {
                    let mut touched: Vec<_> = planned.paths().map(|it| (planned.at, it.key())).collect();
                    // Nor do two new notes of one name come at once: links would not know which is meant.
                    if planned.first.before.is_none() {
                        touched.push((planned.at, format!("\0{}", path_key(planned.first.path.stem()))));
                    }
                    // Two writes of one note follow each other: the second sees what the first made of it.
                    if touched.iter().any(|it| paths.contains(it)) {
                        later.push_back(taken);
                        continue;
                    }
                    paths.extend(touched);
                    keys.extend(key);
                    group.push((taken, *planned));
                }
            }
        }
        later.append(&mut self.writes.queue);
        self.writes.queue = later;
        if !group.is_empty() {
            self.writes.served = Some(now);
            self.apply(group, now);
        }
    }

    /// Writes what waits and can be written now; the rest is told that nothing was done.
    pub(super) fn finish_writes(&mut self, now: Instant) {
        while let Ok(event) = self.events.try_recv() {
            if let Event::Write(waiting) = event {
                self.writes.take(*waiting, now);
            }
        }
        for _ in 0..=WAITING / GROUP {
            if self.writes.queue.is_empty() {
                return;
            }
            self.advance_writes(now);
        }
        for taken in std::mem::take(&mut self.writes.queue) {
            let why = "the service is stopping; nothing was written".to_owned();
            taken.waiting.answer(Err(WriteError::Busy(why)));
        }
    }
}
