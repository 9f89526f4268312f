//! After a crash, and after a swap: what the intents of an earlier run amount to, and what editors wrote into files that were swapped out.
//! Decides by content hashes; never by times.

use std::time::Instant;

use anyhow::Result;
use tracing::{info, warn};

use crate::{
    engine::{
        Engine,
        request::{GitState, Receipt},
        write::{
            apply::remembered,
            history::{Outcome, Queued},
        },
    },
    io::{
        intents::{Group, Intent},
        vault::ReadError,
    },
    model::{hash::ContentHash, path::NotePath},
};

/// How far a write came.
enum Reached {
    /// The file was not touched, and nobody was told anything else.
    Nothing,
    /// The text stands, or stood, in the file.
    File,
    /// Somebody changed the file since, and it cannot be told whether before or after the write.
    Unknown,
}

impl Engine {
    /// Finishes what the last run left: commits what stands in its file, forgets what was never begun.
    pub(in crate::engine) fn recover_writes(&mut self, left: Vec<Group>) -> Result<()> {
        let now = Instant::now();
        for Group { number, intents } in left {
            let mut waits = false;
            for intent in intents {
                let Some(at) = self.roots.iter().position(|it| it.source.config.name.as_str() == intent.source) else {
                    warn!(
                        source = intent.source,
                        "a write of a source that is not configured any more stays logged"
                    );
                    waits = true;
                    continue;
                };
                match self.reached(at, &intent) {
                    Ok(Reached::Nothing) => info!(source = intent.source, "a write that was not begun is forgotten"),
                    Ok(Reached::File) => {
                        waits = true;
                        let intent = Intent { published: true, ..intent };
                        self.writes.queues[at].waiting.push_back(Queued { intent, group: number });
                    }
                    Ok(Reached::Unknown) => {
                        warn!(
                            source = intent.source,
                            "a note changed around a crash; what a write had replaced is kept"
                        );
                        self.keep_text(&intent);
                    }
                    Err(why) => {
                        warn!(source = intent.source, %why, "a write cannot be looked after now; the next start tries again");
                        waits = true;
                    }
                }
            }
            if !waits {
                self.writes.intents.close(number)?;
            }
        }
        for at in 0..self.roots.len() {
            let queued: Vec<Queued> = self.writes.queues[at].waiting.iter().cloned().collect();
            let outcomes = self.commit_queue(at, now);
            let answers = queued
                .iter()
                .filter_map(|it| Some((it, outcomes.get(&it.intent.operation)?)))
                .filter_map(|(it, outcome)| remembered(&it.intent, &self.receipt_of(at, &it.intent, outcome)));
            let answers = answers.collect();
            self.writes.receipts.remember(answers)?;
            let left = |group: u64| self.writes.queues[at].waiting.iter().any(|it| it.group == group);
            let mut groups: Vec<u64> = queued.iter().map(|it| it.group).filter(|it| !left(*it)).collect();
            groups.dedup();
            for group in groups {
                // A group of several sources is found done again by the next start.
                if !self.writes.queues.iter().any(|it| it.waiting.iter().any(|it| it.group == group)) {
                    self.writes.intents.close(group).unwrap_or_else(|error| warn!("{error:#}"));
                }
            }
        }
        Ok(())
    }

    fn reached(&self, at: usize, intent: &Intent) -> Result<Reached, String> {
        if intent.published {
            return Ok(Reached::File);
        }
        let path = NotePath::parse(&intent.path).map_err(|why| why.to_string())?;
        let found = match self.roots[at].source.vault.read(&path, self.config.limits.note_read_bytes) {
            Ok(file) => Some(ContentHash::of(&file.bytes).to_string()),
            Err(ReadError::NotFound) => None,
            Err(why) => return Err(why.to_string()),
        };
        let after = intent.after.as_ref().map(|it| ContentHash::of(it.as_bytes()).to_string());
        Ok(if found == after {
            Reached::File
        } else if found == intent.before {
            Reached::Nothing
        } else {
            Reached::Unknown
        })
    }

    fn receipt_of(&self, at: usize, intent: &Intent, outcome: &Outcome) -> Receipt {
        let (commit, git) = match outcome {
            Outcome::Committed(commit) => (commit.clone(), GitState::Committed),
            Outcome::Refused(_) | Outcome::Off => (None, GitState::Off),
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
            texts: None,
        }
    }

    /// Looks once more at files that were swapped out a while ago.
    pub(super) fn look_at_displaced(&mut self, now: Instant) {
        let (due, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.writes.displaced)
            .into_iter()
            .partition(|(_, _, at)| *at <= now);
        self.writes.displaced = later;
        for (at, displaced, _) in due {
            let vault = &self.roots[at].source.vault;
            match vault.look_again(&displaced) {
                Ok(None) => vault.forget(displaced),
                Ok(Some(bytes)) => {
                    let name = format!("late-{}", ContentHash::of(&bytes));
                    match self.keep_bytes(&name, displaced.path.as_str(), &bytes) {
                        Ok(()) => self.fail(format!(
                            "an editor wrote into `{}` while it was replaced; its text is kept in state/displaced as `{name}-…`",
                            displaced.path
                        )),
                        // The displaced file itself stays in the spool.
                        Err(error) => self.fail(format!("keep what an editor wrote late: {error:#}")),
                    }
                }
                Err(why) => self.fail(format!("look at a file that was replaced: {why}")),
            }
        }
    }
}
