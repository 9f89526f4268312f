//! After a write: a later save by somebody who had not seen it must not take it away unnoticed. Watches the notes that were changed for a minute,
//! merges a change back once, and tells where that cannot be done (reference: obsidian.md 3.5, reliability.md 3.4).

use std::time::{Duration, Instant};

use tracing::{info, warn};

use crate::{
    engine::{Engine, request::WriteRequest, write::planned::Change},
    io::{
        git,
        outbox::{Kept, Outbox},
        vault::Stamp,
    },
    model::{hash::ContentHash, path::NotePath},
};

/// How long a change is watched: an editor saves about two seconds after the last key.
const WATCHED: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Changes that are watched; the oldest go first.
const MOST: usize = 256;

/// Notes that status tells as overwritten; the oldest go first.
const TOLD: usize = 20;

/// The changes that are watched.
#[derive(Debug)]
pub(super) struct Survival {
    outbox: Outbox,
    watched: Vec<Watched>,
    next_look: Option<Instant>,
    pub(super) overwritten: Vec<String>,
}

#[derive(Debug)]
struct Watched {
    at: usize,
    path: NotePath,
    kept: Kept,
    /// As it was when it was looked at last.
    stamp: Option<Stamp>,
    until: Instant,
}

impl Survival {
    pub(super) fn new(outbox: Outbox) -> Survival {
        Survival {
            overwritten: outbox.told(),
            outbox,
            watched: Vec::new(),
            next_look: None,
        }
    }

    pub(super) fn next_look(&self) -> Option<Instant> {
        self.next_look
    }
}

impl Engine {
    /// Goes on watching what the last run wrote.
    pub(in crate::engine) fn watch_kept(&mut self, kept: Vec<Kept>, now: Instant) {
        for kept in kept {
            let at = self.roots.iter().position(|it| it.source.config.name.as_str() == kept.source);
            match (at, NotePath::parse(&kept.path)) {
                // Its stamp is not known: the first look reads the file.
                (Some(at), Ok(path)) => self.writes.survival.watched.push(Watched {
                    at,
                    path,
                    kept,
                    stamp: None,
                    until: now + WATCHED,
                }),
                _ => self.writes.survival.outbox.forget(&kept.operation),
            }
        }
        self.writes.survival.next_look = (!self.writes.survival.watched.is_empty()).then_some(now);
    }

    /// Watches a change that was made. A note that came or went is not watched: nobody has an older text of it to save.
    pub(super) fn watch_change(&mut self, at: usize, operation: &str, change: &Change, time: i64, now: Instant) {
        let (Some(before), Some(after), None) = (&change.before, &change.after, &change.from) else {
            // Whatever lies there from now on is another note.
            for path in change.from.iter().chain([&change.path]) {
                self.stop_watching(at, path);
            }
            return;
        };
        let survival = &mut self.writes.survival;
        let known = survival.watched.iter().position(|it| it.at == at && it.path == change.path);
        // A change on top of one that is watched: whoever has not seen the first has not seen this one either.
        let base = match known.map(|it| survival.watched.remove(it)) {
            Some(known) => {
                survival.outbox.forget(&known.kept.operation);
                if known.kept.ours == before.text {
                    known.kept.base
                } else {
                    before.text.clone()
                }
            }
            None => before.text.clone(),
        };
        let kept = Kept {
            operation: operation.to_owned(),
            source: self.roots[at].source.config.name.to_string(),
            path: change.path.to_string(),
            base,
            ours: after.clone(),
            time,
        };
        if let Err(error) = survival.outbox.keep(&kept) {
            warn!(why = format!("{error:#}"), "a change is watched until the next restart only");
        }
        if survival.watched.len() >= MOST {
            let oldest = survival.watched.remove(0);
            survival.outbox.forget(&oldest.kept.operation);
        }
        survival.watched.push(Watched {
            at,
            stamp: self.roots[at].source.vault.stamp(&change.path).ok().flatten(),
            path: change.path.clone(),
            kept,
            until: now + WATCHED,
        });
        survival.next_look.get_or_insert(now + LOOK_EVERY);
    }

    /// Watches a note no longer: what takes the place of its text has been merged with it already.
    pub(in crate::engine) fn stop_watching(&mut self, at: usize, path: &NotePath) {
        let survival = &mut self.writes.survival;
        for gone in survival.watched.extract_if(.., |it| it.at == at && it.path == *path) {
            survival.outbox.forget(&gone.kept.operation);
        }
    }

    /// Looks at the watched notes that changed.
    pub(super) fn look_at_watched(&mut self, now: Instant) {
        if self.writes.survival.next_look.is_none_or(|it| it > now) {
            return;
        }
        let mut later = Vec::new();
        for mut watched in std::mem::take(&mut self.writes.survival.watched) {
            let over = now >= watched.until;
            let stays = self.look_at_one(&mut watched, over, now);
            if stays && !over {
                later.push(watched);
            } else {
                self.writes.survival.outbox.forget(&watched.kept.operation);
            }
        }
        self.writes.survival.next_look = (!later.is_empty()).then_some(now + LOOK_EVERY);
        self.writes.survival.watched = later;
    }

    /// Returns whether to go on watching.
    fn look_at_one(&mut self, watched: &mut Watched, at_last: bool, now: Instant) -> bool {
        let vault = &self.roots[watched.at].source.vault;
        let stamp = match vault.stamp(&watched.path) {
            Ok(Some(stamp)) => stamp,
            // Who deletes a note means it.
            Ok(None) => return false,
            Err(_) => return true,
        };
        if watched.stamp == Some(stamp) || (!at_last && super::rules::is_fresh(stamp.mtime_ns)) {
            return true;
        }
        let Ok(file) = vault.read(&watched.path, self.config.limits.note_read_bytes) else {
            return true;
        };
        watched.stamp = Some(file.stamp);
        let hash = ContentHash::of(&file.bytes);
        let Ok(theirs) = String::from_utf8(file.bytes) else { return false };
        let Kept { base, ours, .. } = &watched.kept;
        match git::merge(base, ours, &theirs) {
            // Our change is in.
            Some(merged) if merged == theirs => true,
            Some(merged) => {
                info!(
                    source = watched.kept.source,
                    "a save dropped a change that it had not seen; it is merged back"
                );
                let source = self.roots[watched.at].source.config.name.clone();
                let reason = "a later save had dropped this change without having seen it".to_owned();
                let request = WriteRequest {
                    brings_back: true,
                    ..WriteRequest::own(source, watched.path.clone(), merged, Some(hash), reason)
                };
                self.writes.take(request.unanswered(), now);
                false
            }
            None => {
                warn!(
                    source = watched.kept.source,
                    "a save replaced a change at the same place; see status"
                );
                let overwritten = &mut self.writes.survival.overwritten;
                let path = format!("{}:{}", watched.kept.source, watched.path);
                overwritten.retain(|it| *it != path);
                overwritten.push(path);
                if overwritten.len() > TOLD {
                    overwritten.remove(0);
                }
                if let Err(error) = self.writes.survival.outbox.tell(&self.writes.survival.overwritten) {
                    warn!(
                        why = format!("{error:#}"),
                        "what was saved over is told until the next restart only"
                    );
                }
                self.status_changed = true;
                false
            }
        }
    }
}
