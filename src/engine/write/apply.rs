//! Carries a group of planned writes out: intents first, then the files, then commits, then the index, then the answers. Decides nothing about
//! what stands in a note; whatever fails leaves the old bytes.

use std::{
    collections::BTreeMap,
    hash::{BuildHasher, RandomState},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use tracing::{error, info, warn};

use crate::{
    engine::{
        Engine,
        no_room::is_full,
        request::{Action, GitState, Receipt, WriteError},
        write::{
            TRIES, Taken,
            history::{Outcome, Queued},
            is_private,
            plan::Planned,
        },
    },
    io::{
        intents::Intent,
        receipts::Remembered,
        vault::{Published, Spool, Staged, Trashed, Vault, WriteFailure},
    },
    model::{hash::ContentHash, path::NotePath},
};

/// How long a displaced file is kept: an editor that had it open may still write into it (measured: reliability.md 3.2).
const SECOND_LOOK: Duration = Duration::from_secs(10);

/// One write of a group.
struct Work {
    taken: Taken,
    planned: Planned,
    intent: Intent,
    /// `None` while it goes well.
    failure: Option<Failure>,
}

enum Failure {
    Refused(WriteError),
    /// The file changed since it was read.
    Changed,
}

impl Engine {
    pub(super) fn apply(&mut self, group: Vec<(Taken, Planned)>, now: Instant) {
        let mut works: Vec<Work> = Vec::new();
        for (taken, planned) in group {
            let intent = self.intent(&taken, &planned);
            works.push(Work {
                taken,
                planned,
                intent,
                failure: None,
            });
        }
        let logged = self.writes.intents.log(works.iter().map(|it| it.intent.clone()).collect());
        let number = match logged {
            Ok(group) => group.number,
            Err(error) => {
                self.fail(format!("log a write: {error:#}"));
                let why = if is_full(&error) {
                    WriteError::Full
                } else {
                    WriteError::Failed("the write could not be logged".to_owned())
                };
                works.into_iter().for_each(|it| it.taken.waiting.answer(Err(why.clone())));
                return;
            }
        };
        for at in 0..self.roots.len() {
            self.publish_files(at, &mut works, now);
        }
        let (done, failed): (Vec<Work>, Vec<Work>) = works.into_iter().partition(|it| it.failure.is_none());
        let outcomes = self.commit_written(number, &done, now);
        let written: Vec<(usize, NotePath)> = done.iter().map(|it| (it.planned.at, it.planned.path.clone())).collect();
        let generation = self.index_written(&written, now);
        let receipts: Vec<Receipt> = done
            .iter()
            .map(|it| self.receipt(it, outcomes.get(&it.intent.operation), generation))
            .collect();
        let remembered = done
            .iter()
            .zip(&receipts)
            .filter_map(|(it, receipt)| remembered(&it.intent, receipt))
            .collect();
        if let Err(error) = self.writes.receipts.remember(remembered) {
            self.fail(format!("remember a receipt: {error:#}"));
        }
        if let Err(error) = self.writes.intents.close(number) {
            warn!(why = format!("{error:#}"), "a finished intent stays; the next start finds it done");
        }
        // Whoever has a receipt and asks for the status sees it there.
        self.status_changed = true;
        self.publish();
        for (work, receipt) in done.into_iter().zip(receipts) {
            info!(
                source = receipt.source,
                commit = receipt.commit,
                git = ?receipt.git,
                duration_ms = work.taken.since.elapsed().as_millis() as u64,
                "wrote a note"
            );
            work.taken.waiting.answer(Ok(receipt));
        }
        self.answer_failed(failed);
    }

    fn answer_failed(&mut self, failed: Vec<Work>) {
        for Work { mut taken, failure, .. } in failed {
            match failure {
                Some(Failure::Refused(why)) => taken.waiting.answer(Err(why)),
                _ if taken.tries + 1 < TRIES => {
                    // Planned anew on what is there now.
                    taken.tries += 1;
                    self.writes.queue.push_back(taken);
                }
                _ => taken.waiting.answer(Err(WriteError::Conflict)),
            }
        }
    }

    fn intent(&mut self, taken: &Taken, planned: &Planned) -> Intent {
        let request = &taken.waiting.request;
        self.writes.operations += 1;
        let operation = format!("{:016x}", RandomState::new().hash_one((self.writes.operations, Timestamp::now())));
        let head = self.head_of(planned.at, &planned.path);
        let before = planned.before.as_ref();
        let is_held = head.is_some() && head == before.map(|it| it.hash);
        let verb = match (&request.action, before) {
            (Action::Delete, _) => "delete",
            (Action::Edit(_), _) => "edit",
            (Action::Put(_), Some(_)) => "replace",
            (Action::Put(_), None) => "create",
        };
        Intent {
            operation,
            source: request.source.to_string(),
            path: planned.path.to_string(),
            before: before.map(|it| it.hash.to_string()),
            head: head.map(|it| it.to_string()),
            before_text: before.filter(|_| !is_held).map(|it| it.text.clone()),
            after: planned.after.clone(),
            time: Timestamp::now().as_second(),
            subject: format!("note: {} ({verb})", planned.path.stem()),
            reason: request.reason.clone(),
            agent: request.who.agent.clone(),
            session: request.who.session.clone(),
            idempotency: request.idempotency.clone().map(|it| (it.key, it.request)),
            published: false,
        }
    }

    /// Brings the files of one root to what was planned.
    fn publish_files(&mut self, at: usize, works: &mut [Work], now: Instant) {
        let mut works: Vec<&mut Work> = works.iter_mut().filter(|it| it.planned.at == at).collect();
        if works.is_empty() {
            return;
        }
        let root = &self.roots[at];
        let vault = &root.source.vault;
        if self.writes.spools[at].is_none() {
            let outside = self.config.state_dir().join("spool").join(root.source.config.name.as_str());
            match Spool::open(vault, &outside) {
                Ok(spool) => {
                    info!(source = %root.source.config.name, spool = %spool.place().display(), "writes go through this folder");
                    self.writes.spools[at] = Some(spool);
                }
                Err(error) => {
                    error!(why = format!("{error:#}"), "no folder for writes");
                    let why = WriteError::Failed("the service has no folder for temporary files; see its log".to_owned());
                    works.iter_mut().for_each(|it| it.failure = Some(Failure::Refused(why.clone())));
                    return;
                }
            }
        }
        let spool = self.writes.spools[at].as_ref().expect("it was opened above");
        let staged = stage(vault, spool, &mut works);
        let mut published = Vec::new();
        for (work, staged) in works.iter_mut().zip(staged) {
            if work.failure.is_some() {
                continue;
            }
            let done = match (staged, &work.planned.before) {
                (Some(staged), before) => publish(vault, spool, staged, before.as_ref().map(|it| it.hash)),
                (None, Some(before)) => trash(vault, &work.planned.path, before.hash),
                (None, None) => Err(Failure::Changed),
            };
            match done {
                Err(failure) => work.failure = Some(failure),
                Ok(displaced) => {
                    published.push(work.planned.path.clone());
                    self.writes.displaced.extend(displaced.map(|it| (at, it, now + SECOND_LOOK)));
                }
            }
        }
        if let Err(why) = vault.sync_folders(spool, &published) {
            // The text stands there; that it lasts cannot be promised.
            let why = refused(why);
            works
                .iter_mut()
                .filter(|it| it.failure.is_none())
                .for_each(|it| it.failure = Some(Failure::Refused(why.clone())));
        }
        for work in works.iter().filter(|it| it.failure.is_none()) {
            if let Some(text) = &work.planned.after {
                let hash = ContentHash::of(text.as_bytes());
                self.writes.remember_own(at, work.planned.path.clone(), hash);
            }
        }
    }

    /// Commits what was written. What could not be committed now is logged as written, and stays queued.
    fn commit_written(&mut self, number: u64, done: &[Work], now: Instant) -> BTreeMap<String, Outcome> {
        let mut outcomes = BTreeMap::new();
        for at in 0..self.roots.len() {
            let intents: Vec<Intent> = done
                .iter()
                .filter(|it| it.planned.at == at)
                .map(|it| Intent {
                    published: true,
                    ..it.intent.clone()
                })
                .collect();
            if intents.is_empty() {
                continue;
            }
            let queued = intents.into_iter().map(|intent| Queued { intent, group: number });
            self.writes.queues[at].waiting.extend(queued);
            outcomes.extend(self.commit_queue(at, now));
            self.keep_queued(at, number);
        }
        outcomes
    }

    fn receipt(&self, work: &Work, outcome: Option<&Outcome>, generation: u64) -> Receipt {
        let Work { planned, .. } = work;
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
        let text = |it: Option<&String>| it.cloned().unwrap_or_default();
        Receipt {
            source: work.intent.source.clone(),
            path: planned.path.to_string(),
            hash: planned.after.as_ref().map(|it| ContentHash::of(it.as_bytes()).to_string()),
            previous_hash: work.intent.before.clone(),
            commit,
            git,
            private: is_private(self.writes.queues[planned.at].kind()),
            generation,
            changed: true,
            warnings,
            texts: Some((text(planned.before.as_ref().map(|it| &it.text)), text(planned.after.as_ref()))),
        }
    }
}

/// Returns what the service answers to whoever asks again under the intent's key.
pub(super) fn remembered(intent: &Intent, receipt: &Receipt) -> Option<Remembered> {
    let (key, request) = intent.idempotency.clone()?;
    Some(Remembered {
        key,
        request,
        time: intent.time,
        answer: serde_json::to_string(receipt).expect("a receipt holds only texts and numbers"),
    })
}

/// Writes every new text into the spool and makes them durable, together.
fn stage(vault: &Vault, spool: &Spool, works: &mut [&mut Work]) -> Vec<Option<Staged>> {
    let mut staged = Vec::new();
    for work in works.iter_mut() {
        let text = work.planned.after.as_ref();
        let result = text.map(|text| vault.stage(spool, &work.planned.path, text.as_bytes())).transpose();
        staged.push(result.unwrap_or_else(|why| {
            work.failure = Some(Failure::Refused(refused(why)));
            None
        }));
    }
    let (places, texts): (Vec<usize>, Vec<Staged>) = staged.into_iter().enumerate().filter_map(|(at, it)| Some((at, it?))).unzip();
    if let Err(why) = vault.sync_staged(spool, &texts) {
        let why = refused(why);
        works.iter_mut().for_each(|it| it.failure = Some(Failure::Refused(why.clone())));
    }
    let mut staged: Vec<Option<Staged>> = works.iter().map(|_| None).collect();
    for (at, text) in places.into_iter().zip(texts) {
        staged[at] = Some(text);
    }
    staged
}

fn publish(
    vault: &Vault,
    spool: &Spool,
    staged: Staged,
    base: Option<ContentHash>,
) -> Result<Option<crate::io::vault::Displaced>, Failure> {
    match vault.publish(spool, staged, base) {
        Ok(Published::Done { displaced, .. }) => Ok(displaced),
        Ok(Published::Changed { .. }) => Err(Failure::Changed),
        Err(why) => Err(Failure::Refused(refused(why))),
    }
}

fn trash(vault: &Vault, path: &NotePath, base: ContentHash) -> Result<Option<crate::io::vault::Displaced>, Failure> {
    match vault.trash(path, base) {
        Ok(Trashed::Done { .. }) => Ok(None),
        Ok(Trashed::Changed { .. }) => Err(Failure::Changed),
        Err(why) => Err(Failure::Refused(refused(why))),
    }
}

fn refused(why: WriteFailure) -> WriteError {
    match why {
        WriteFailure::Full(_) => WriteError::Full,
        WriteFailure::ReadOnly(_) => WriteError::ReadOnly,
        WriteFailure::RootGone => WriteError::NotReady,
        WriteFailure::NameTooLong => WriteError::InvalidName(why.to_string()),
        WriteFailure::Denied(_) | WriteFailure::Symlink | WriteFailure::NotAFile | WriteFailure::HardLinked => {
            WriteError::Forbidden(why.to_string())
        }
        WriteFailure::Failed(error) => {
            error!(%error, "a file could not be written");
            WriteError::Failed("the file could not be written; see the service's log".to_owned())
        }
    }
}
