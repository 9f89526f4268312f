//! After a crash, and after a swap: what the intents of an earlier run amount to, and what editors wrote into files that were swapped out.
//! Decides by content hashes; never by times.

use std::{collections::BTreeSet, fs, path::Path, time::Instant};

use anyhow::{Context, Result};
use tracing::{info, warn};

use crate::{
    engine::{
        Engine,
        request::{GitState, Receipt, Who, WriteRequest},
        write::{
            apply::remembered,
            history::{Outcome, Queued},
        },
    },
    io::{
        intents::{Group, Intent},
        vault::{INSIDE, ReadError, Spool},
    },
    model::{hash::ContentHash, path::NotePath},
};

/// How far one file of a write came.
enum Reached {
    /// The file was not touched.
    Nothing,
    /// The text stands in the file, or stood there once.
    File,
    /// The file has its new name, and still its old text.
    Moved(String),
    /// Somebody changed the file since, and it cannot be told whether before or after the write.
    Unknown,
}

impl Engine {
    /// Finishes what the last run left: commits what stands in its file, goes on with what was begun, forgets what was not.
    pub(in crate::engine) fn recover_writes(&mut self, left: Vec<Group>) -> Result<()> {
        let now = Instant::now();
        let mut groups: BTreeSet<u64> = left.iter().map(|it| it.number).collect();
        for Group { number, intents } in left {
            for operation in intents.chunk_by(|one, other| one.operation == other.operation) {
                if let Err(why) = self.recover_operation(number, operation, now) {
                    warn!(
                        source = operation[0].source,
                        why, "a write stays logged; the next start tries again"
                    );
                    groups.remove(&number);
                }
            }
        }
        for at in 0..self.roots.len() {
            let queued: Vec<Queued> = self.writes.queues[at].waiting.iter().cloned().collect();
            let outcomes = self.commit_queue(at, now);
            let operations = queued.chunk_by(|one, other| one.intent.operation == other.intent.operation);
            // Whoever asks again under its key is answered, whether its commit could be made by now or waits.
            let answers = operations.filter_map(|it| {
                let intent = &it[0].intent;
                remembered(
                    intent.idempotency.clone(),
                    intent.time,
                    &self.receipt_of(at, intent, outcomes.get(&intent.operation)),
                )
            });
            let answers = answers.filter(|it| self.writes.receipts.get(&it.key).is_none()).collect();
            self.writes.receipts.remember(answers)?;
            for group in &groups {
                self.keep_queued(at, *group);
            }
        }
        self.close_groups(&Vec::from_iter(groups));
        Ok(())
    }

    /// Finishes one write, or says why it must stay logged.
    fn recover_operation(&mut self, number: u64, intents: &[Intent], now: Instant) -> Result<(), String> {
        let source = &intents[0].source;
        let found = self.roots.iter().position(|it| it.source.config.name.as_str() == source.as_str());
        let at = found.ok_or("its source is not configured any more")?;
        let reached: Vec<Reached> = intents.iter().map(|it| self.reached(at, it)).collect::<Result<_, String>>()?;
        let is_begun = reached.iter().any(|it| matches!(it, Reached::File | Reached::Moved(_)));
        if !is_begun {
            info!(source, "a write that was not begun is forgotten");
        }
        for (intent, reached) in intents.iter().zip(reached) {
            let mut intent = intent.clone();
            match reached {
                Reached::File => intent.published = true,
                Reached::Moved(text) => (intent.published, intent.after) = (true, Some(text)),
                Reached::Nothing if is_begun => {
                    self.go_on(at, &intent, now);
                    continue;
                }
                Reached::Nothing => continue,
                Reached::Unknown => {
                    warn!(source, "a note changed around a crash; what a write had replaced is kept");
                    self.keep_text(&intent);
                    continue;
                }
            }
            self.writes.queues[at].waiting.push_back(Queued { intent, group: number });
        }
        Ok(())
    }

    /// Does the rest of a write of several notes, as a write of its own.
    fn go_on(&mut self, at: usize, intent: &Intent, now: Instant) {
        let (Ok(path), Some(text)) = (NotePath::parse(&intent.path), &intent.after) else {
            return;
        };
        let source = self.roots[at].source.config.name.clone();
        let over = intent.before.as_deref().and_then(ContentHash::parse);
        let request = WriteRequest {
            who: Who {
                agent: intent.agent.clone(),
                session: intent.session.clone(),
                about: intent.about.clone(),
            },
            ..WriteRequest::own(source, path, text.clone(), over, intent.reason.clone())
        };
        self.writes.take(request.unanswered(), now);
    }

    fn reached(&self, at: usize, intent: &Intent) -> Result<Reached, String> {
        if intent.published {
            return Ok(Reached::File);
        }
        let path = NotePath::parse(&intent.path).map_err(|why| why.to_string())?;
        let found = match self.roots[at].source.vault.read(&path, self.config.limits.note_read_bytes) {
            Ok(file) => Some(file.bytes),
            Err(ReadError::NotFound) => None,
            Err(why) => return Err(why.to_string()),
        };
        let hash = found.as_ref().map(|it| ContentHash::of(it).to_string());
        let after = intent.after.as_ref().map(|it| ContentHash::of(it.as_bytes()).to_string());
        Ok(if hash == after {
            Reached::File
        } else if hash.is_some() && hash == intent.moved {
            Reached::Moved(String::from_utf8(found.unwrap_or_default()).map_err(|_error| "it is not UTF-8".to_owned())?)
        } else if hash == intent.before {
            Reached::Nothing
        } else {
            Reached::Unknown
        })
    }

    fn receipt_of(&self, at: usize, intent: &Intent, outcome: Option<&Outcome>) -> Receipt {
        let (commit, git) = match outcome {
            Some(Outcome::Committed(commit)) => (commit.clone(), GitState::Committed),
            Some(Outcome::Refused(_) | Outcome::Off) => (None, GitState::Off),
            None => (None, GitState::Queued),
        };
        Receipt {
            source: intent.source.clone(),
            path: intent.path.clone(),
            hash: intent.after.as_ref().map(|it| ContentHash::of(it.as_bytes()).to_string()),
            previous_hash: intent.before.clone(),
            commit,
            git,
            private: self.is_history_private(at),
            generation: self.index.generation() + 1,
            changed: true,
            warnings: Vec::new(),
            moved_from: None,
            also_changed: Vec::new(),
            left: Vec::new(),
            texts: None,
        }
    }

    /// Looks at what the last run left in the spools: temporary files go; text that was swapped out and is in no commit is kept.
    pub(in crate::engine) fn recover_spools(&mut self) {
        for at in 0..self.roots.len() {
            let source = &self.roots[at].source;
            if source.is_repo() {
                continue;
            }
            let outside = self.config.state_dir().join("spool").join(source.config.name.as_str());
            let has_some = |folder: &Path| fs::read_dir(folder).is_ok_and(|mut it| it.next().is_some());
            if !has_some(&outside) && !has_some(&source.vault.root().join(INSIDE)) {
                continue;
            }
            if let Err(error) = self.recover_spool(at) {
                self.fail(format!("look at what the last run had swapped out: {error:#}"));
            }
        }
    }

    fn recover_spool(&mut self, at: usize) -> Result<()> {
        self.open_spool(at).map_err(|why| anyhow::anyhow!("{why:?}"))?;
        let spool = self.writes.spools[at].take().context("it was opened above")?;
        let recovered = self.recover_files(at, &spool);
        self.writes.spools[at] = Some(spool);
        recovered
    }

    fn recover_files(&mut self, at: usize, spool: &Spool) -> Result<()> {
        spool.clean()?;
        for (name, bytes) in spool.left()? {
            if !bytes.is_empty() && !self.is_held(at, ContentHash::of(&bytes))? {
                let kept = self.keep_bytes("", &bytes)?;
                self.fail(format!(
                    "text that was swapped out when the last run ended is in no commit; it is kept in state/displaced as `{kept}`"
                ));
            }
            spool.forget_left(&name)?;
        }
        Ok(())
    }
}
