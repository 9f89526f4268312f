//! Carries a group of planned writes out: intents first, then the files, then commits, then the index, then the answers. Decides nothing about
//! what stands in a note; whatever fails leaves the old bytes.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
    time::Instant,
};

use jiff::Timestamp;
use tracing::info;

use crate::{
    engine::{
        Engine,
        no_room::of_disk,
        request::{GitState, Receipt, WriteError},
        write::{
            TRIES, Taken,
            history::{Outcome, Queued},
            planned::{Change, Planned},
        },
    },
    io::{intents::Intent, receipts::Remembered},
    model::{hash::ContentHash, path::NotePath},
};

/// One write of a group.
pub(super) struct Work {
    pub(super) taken: Taken,
    pub(super) planned: Planned,
    /// Identifies it in the log and in the commit.
    pub(super) operation: String,
    /// What HEAD held for each change, and for the place that a moved note leaves.
    heads: BTreeMap<NotePath, ContentHash>,
    /// `None` while it goes well.
    pub(super) failure: Option<Failure>,
}

pub(super) enum Failure {
    Refused(WriteError),
    /// The file changed since it was read.
    Changed,
}

impl Engine {
    pub(super) fn apply(&mut self, group: Vec<(Taken, Planned)>, now: Instant) {
        let mut heads: Vec<BTreeMap<NotePath, ContentHash>> = Vec::new();
        for at in 0..self.roots.len() {
            let of_root = group.iter().filter(|(_, it)| it.at == at);
            let paths = of_root.flat_map(|(_, it)| it.paths().cloned()).collect();
            heads.push(self.heads_of(at, paths));
        }
        let mut works: Vec<Work> = Vec::new();
        for (taken, planned) in group {
            let heads = &heads[planned.at];
            works.push(self.work(taken, planned, heads));
        }
        let logged = self.writes.intents.log(works.iter().flat_map(Work::intents).collect());
        let number = match logged {
            Ok(group) => group.number,
            Err(error) => {
                self.fail(format!("log a write: {error:#}"));
                let why = of_disk(&error, "the write could not be logged");
                works.into_iter().for_each(|it| it.taken.waiting.answer(Err(why.clone())));
                return;
            }
        };
        for at in 0..self.roots.len() {
            self.publish_files(at, &mut works, now);
        }
        let (done, failed): (Vec<Work>, Vec<Work>) = works.into_iter().partition(|it| it.failure.is_none());
        let outcomes = self.commit_written(number, &done, now);
        let written: Vec<(usize, NotePath)> = done
            .iter()
            .flat_map(|it| it.planned.paths().map(|path| (it.planned.at, path.clone())))
            .collect();
        let generation = self.index_written(&written, now);
        for work in done.iter().filter(|it| !it.taken.waiting.request.brings_back) {
            for (number, change) in work.planned.changes().enumerate() {
                let name = format!("{}-{number}", work.operation);
                self.watch_change(work.planned.at, &name, change, work.taken.time, now);
            }
        }
        let receipts: Vec<Receipt> = done
            .iter()
            .map(|it| self.receipt(it, outcomes.get(&it.operation), generation))
            .collect();
        let remembered = done
            .iter()
            .zip(&receipts)
            .filter_map(|(it, receipt)| remembered(it.key(), it.taken.time, receipt));
        if let Err(error) = self.writes.receipts.remember(remembered.collect()) {
            self.fail(format!("remember a receipt: {error:#}"));
        }
        self.close_groups(&[number]);
        // Whoever has a receipt and asks for the status sees it there.
        self.status_changed = true;
        self.publish();
        for (work, receipt) in done.into_iter().zip(receipts) {
            let duration = work.taken.since.elapsed();
            self.shared.timings.writes.note(duration);
            info!(
                source = receipt.source,
                what = work.planned.verb,
                commit = receipt.commit,
                git = ?receipt.git,
                duration_ms = duration.as_millis() as u64,
                "wrote a note"
            );
            work.taken.waiting.answer(Ok(receipt));
        }
        self.answer_failed(failed);
    }

    fn answer_failed(&mut self, failed: Vec<Work>) {
        for Work {
            mut taken,
            planned,
            failure,
            ..
        } in failed
        {
            match failure {
                Some(Failure::Refused(why)) => taken.waiting.answer(Err(why)),
                _ if taken.tries + 1 < TRIES => {
                    taken.tries += 1;
                    // Planned anew on what is there now. Whoever named the version that was read gets both changes, where that is possible.
                    if taken.waiting.request.if_match.is_some()
                        && let Change {
                            from: None,
                            before: Some(before),
                            after: Some(after),
                            ..
                        } = planned.first
                        && taken.merge.is_none()
                    {
                        taken.merge = Some((before.text, after));
                    }
                    self.writes.queue.push_back(taken);
                }
                _ => taken.waiting.answer(Err(WriteError::Conflict)),
            }
        }
    }

    fn work(&mut self, taken: Taken, planned: Planned, heads: &BTreeMap<NotePath, ContentHash>) -> Work {
        self.writes.operations += 1;
        let operation = format!("{:016x}", RandomState::new().hash_one((self.writes.operations, Timestamp::now())));
        Work {
            taken,
            operation,
            heads: planned.paths().filter_map(|it| Some((it.clone(), *heads.get(it)?))).collect(),
            planned,
            failure: None,
        }
    }

    /// Commits what was written. What could not be committed now is logged as written, and stays queued.
    fn commit_written(&mut self, number: u64, done: &[Work], now: Instant) -> BTreeMap<String, Outcome> {
        let mut outcomes = BTreeMap::new();
        for at in 0..self.roots.len() {
            let of_root = done.iter().filter(|it| it.planned.at == at);
            let written = of_root.flat_map(Work::intents).map(|it| Intent { published: true, ..it });
            let queued: Vec<Queued> = written.map(|intent| Queued { intent, group: number }).collect();
            if queued.is_empty() {
                continue;
            }
            self.writes.queues[at].waiting.extend(queued);
            outcomes.extend(self.commit_or_wait(at, now));
            self.keep_queued(at, number);
        }
        outcomes
    }

    fn receipt(&self, work: &Work, outcome: Option<&Outcome>, generation: u64) -> Receipt {
        let planned = &work.planned;
        let Change { path, from, before, after } = &planned.first;
        let mut warnings = planned.warnings.clone();
        let (commit, git) = match outcome {
            Some(Outcome::Committed(commit)) => (commit.clone(), GitState::Committed),
            Some(Outcome::Refused(why)) => {
                warnings.push(format!("not committed: {why}"));
                (None, GitState::Off)
            }
            Some(Outcome::Off) => (None, GitState::Off),
            None => (None, GitState::Queued),
        };
        Receipt {
            source: self.roots[planned.at].source.config.name.to_string(),
            path: path.to_string(),
            hash: after.as_ref().map(|it| ContentHash::of(it.as_bytes()).to_string()),
            previous_hash: before.as_ref().map(|it| it.hash.to_string()),
            commit,
            git,
            private: self.is_history_private(planned.at),
            generation,
            changed: true,
            warnings,
            moved_from: from.as_ref().map(ToString::to_string),
            also_changed: planned.rest.iter().map(|it| it.path.to_string()).collect(),
            left: planned.left.clone(),
            texts: Some((
                before.as_ref().map(|it| it.text.clone()).unwrap_or_default(),
                after.clone().unwrap_or_default(),
            )),
        }
    }
}

impl Work {
    /// Returns what is to be logged before anything is touched: one for each path, the first of the plan first.
    fn intents(&self) -> Vec<Intent> {
        self.planned
            .changes()
            .flat_map(|change| match &change.from {
                None => vec![self.intent(&change.path, change, None)],
                Some(from) => {
                    let moved = change.before.as_ref().map(|it| it.hash.to_string());
                    let arrives = Intent {
                        before: None,
                        before_text: None,
                        ..self.intent(&change.path, change, moved)
                    };
                    let leaves = Intent {
                        after: None,
                        ..self.intent(from, change, None)
                    };
                    vec![arrives, leaves]
                }
            })
            .collect()
    }

    /// Returns the caller's key and what it came with.
    fn key(&self) -> Option<(String, String)> {
        let asked = self.taken.waiting.request.idempotency.clone()?;
        Some((asked.key, asked.request))
    }

    fn intent(&self, path: &NotePath, change: &Change, moved: Option<String>) -> Intent {
        let request = &self.taken.waiting.request;
        let before = change.before.as_ref();
        let head = self.heads.get(path);
        let is_held = head.is_some() && head == before.map(|it| &it.hash);
        Intent {
            operation: self.operation.clone(),
            source: request.source.to_string(),
            path: path.to_string(),
            before: before.map(|it| it.hash.to_string()),
            head: head.map(ToString::to_string),
            before_text: before.filter(|_| !is_held).map(|it| it.text.clone()),
            after: change.after.clone(),
            moved,
            time: self.taken.time,
            subject: format!("note: {} ({})", self.planned.first.path.stem(), self.planned.verb),
            reason: request.reason.clone(),
            agent: request.who.agent.clone(),
            session: request.who.session.clone(),
            about: request.who.about.clone(),
            idempotency: self.key(),
            published: false,
        }
    }
}

/// Returns what the service answers to whoever asks again under a key, given with what it came with.
pub(super) fn remembered(key: Option<(String, String)>, time: i64, receipt: &Receipt) -> Option<Remembered> {
    let (key, request) = key?;
    Some(Remembered {
        key,
        request,
        time,
        answer: serde_json::to_string(receipt).expect("a receipt holds only texts and numbers"),
    })
}
