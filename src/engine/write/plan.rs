//! What a write would make of a vault, or why it must not. Reads the present bytes and decides; changes nothing. The rules that a path must
//! meet are in `rules`, those of a move in `moved`.

use std::time::Instant;

use crate::{
    engine::{
        Engine,
        request::{Action, GitState, Receipt, SecretPlace, WriteError, WriteRequest},
        write::{
            Taken,
            apply::remembered,
            planned::{Change, Planned, Present},
            rules::Seen,
        },
    },
    io::git,
    model::{
        hash::ContentHash,
        note::edit::{self, Edit, EditPlace},
        origin,
        path::NotePath,
        secrets::{self, Found},
        yaml::Value,
    },
};

/// What is to be done with a request now.
pub(super) enum Step {
    Done(Box<Result<Receipt, WriteError>>),
    /// Someone is typing.
    Wait,
    Write(Box<Planned>),
}

impl Engine {
    pub(super) fn plan(&mut self, taken: &Taken, now: Instant) -> Step {
        let request = &taken.waiting.request;
        if let Some(asked) = &request.idempotency
            && let Some(known) = self.writes.receipts.get(&asked.key)
        {
            let replay = || serde_json::from_str(&known.answer).map_err(|error| WriteError::Failed(format!("read a receipt: {error}")));
            let same = known.request == asked.request;
            return Step::Done(Box::new(if same { replay() } else { Err(WriteError::OtherRequest) }));
        }
        match self.decide(taken, now) {
            Err(why) => Step::Done(Box::new(Err(hidden_twin(request, why)))),
            Ok(None) => Step::Wait,
            Ok(Some(planned)) => {
                if let Some(why) = secret_in(&planned, &request.reason).filter(|_| !request.allow_secret) {
                    return Step::Done(Box::new(Err(why)));
                }
                if planned.is_nothing() || request.dry_run {
                    let receipt = self.receipt_of_nothing(planned);
                    self.remember_nothing(taken, &receipt);
                    return Step::Done(Box::new(Ok(receipt)));
                }
                Step::Write(Box::new(planned))
            }
        }
    }

    /// Keeps the answer to a request that changed nothing, too: the same request later must not change anything either.
    fn remember_nothing(&mut self, taken: &Taken, receipt: &Receipt) {
        let request = &taken.waiting.request;
        let Some(asked) = request.idempotency.as_ref().filter(|_| !request.dry_run) else {
            return;
        };
        let kept = remembered(Some((asked.key.clone(), asked.request.clone())), taken.time, receipt);
        if let Err(error) = self.writes.receipts.remember(kept.into_iter().collect()) {
            self.fail(format!("remember a receipt: {error:#}"));
        }
    }

    /// Returns what to do, or `None` while someone else writes.
    fn decide(&self, taken: &Taken, now: Instant) -> Result<Option<Planned>, WriteError> {
        let request = &taken.waiting.request;
        let at = self.root_of(request)?;
        let path = self.meant(at, request)?;
        self.check_may_write(at, &path)?;
        let before = match self.seen(at, &path, taken.since, now)? {
            Seen::Typing => return Ok(None),
            Seen::Nothing => None,
            Seen::Text(present) => Some(present),
        };
        if let Some((base, ours)) = &taken.merge {
            let planned = self.merged(at, path, before, base, ours)?;
            return Ok(Some(planned));
        }
        check_match(request, before.as_ref())?;
        self.check_may_come_or_go(request, &path, before.as_ref())?;
        let planned = match (&request.action, before) {
            (Action::Move { to, update_links }, Some(present)) => self.moved(at, request, &path, present, to, *update_links)?,
            (_, before) => self.changed(at, request, path, before)?,
        };
        let texts = std::iter::once(&planned.first)
            .chain(&planned.rest)
            .filter_map(|it| it.after.as_ref());
        let most = self.config.limits.note_write_bytes;
        match texts.map(String::len).max() {
            Some(size) if size as u64 > most => Err(WriteError::TooLarge { size, most }),
            _ => Ok(Some(planned)),
        }
    }

    fn changed(&self, at: usize, request: &WriteRequest, path: NotePath, before: Option<Present>) -> Result<Planned, WriteError> {
        let agent_folder = &self.config.agent_folder;
        let needs_match = |present: &Present| match request.if_match {
            Some(_) => Ok(()),
            None => Err(WriteError::NeedsMatch(present.hash)),
        };
        let planned = |verb, path, before, after| {
            let from = None;
            Planned::new(at, verb, Change { path, from, before, after })
        };
        match (&request.action, before) {
            (Action::Put(text) | Action::Restore(text), None) => {
                self.check_new_name(at, &path, None)?;
                Ok(planned("create", path, None, Some(text.clone())))
            }
            (Action::Put(text), Some(present)) => {
                needs_match(&present)?;
                Ok(planned("replace", path, Some(present), Some(text.clone())))
            }
            (Action::Restore(text), Some(present)) => Ok(planned("restore", path, Some(present), Some(text.clone()))),
            (Action::Edit(_) | Action::Delete | Action::Move { .. }, None) => Err(WriteError::NoNote),
            (Action::Edit(edits), Some(present)) => {
                if edits.iter().any(|it| matches!(it, Edit::ReplaceLines { .. })) {
                    needs_match(&present)?;
                }
                let plan = edit::plan(&present.text, edits).map_err(WriteError::Edit)?;
                let mut planned = planned("edit", path, Some(present), Some(plan.text));
                planned.warnings = plan.warnings;
                Ok(planned)
            }
            (Action::Delete, Some(present)) => {
                if !origin::is_below(&path, agent_folder) {
                    needs_match(&present)?;
                }
                Ok(planned("delete", path, Some(present), None))
            }
            (Action::Create { text, supersedes }, _) => {
                let path = self.free_name(at, &path)?;
                let mut planned = planned("remember", path, None, Some(text.clone()));
                if let Some(old) = supersedes {
                    self.supersede(&mut planned, request, old);
                }
                Ok(planned)
            }
            (Action::Append { head, text }, None) => {
                self.check_new_name(at, &path, None)?;
                Ok(planned("journal", path, None, Some(format!("{head}{text}"))))
            }
            (Action::Append { text, .. }, Some(present)) => {
                let append = Edit::Append {
                    text: text.clone(),
                    place: EditPlace::Body,
                    create_section: false,
                };
                let plan = edit::plan(&present.text, &[append]).map_err(WriteError::Edit)?;
                Ok(planned("journal", path, Some(present), Some(plan.text)))
            }
            (Action::Move { .. }, Some(_)) => Err(WriteError::Failed("a move is planned elsewhere".to_owned())),
        }
    }

    /// Marks a note as superseded by the first of a plan, if that may be done.
    fn supersede(&self, planned: &mut Planned, request: &WriteRequest, old: &NotePath) {
        let new = planned.first.path.stem().to_owned();
        let mark = || -> Result<Change, String> {
            let before = self.text_to_change(planned.at, request, old)?;
            let property = Edit::SetProperty {
                name: "superseded_by".to_owned(),
                value: Value::String(format!("[[{new}]]")),
            };
            let plan = edit::plan(&before.text, &[property]).map_err(|_refused| "its properties cannot be edited".to_owned())?;
            Ok(Change {
                path: old.clone(),
                from: None,
                before: Some(before),
                after: Some(plan.text),
            })
        };
        match mark() {
            Ok(change) => planned.rest.push(change),
            Err(why) => planned.left.push((old.to_string(), why)),
        }
    }

    /// Puts what we planned and what somebody else saved meanwhile together, where they changed different places.
    fn merged(&self, at: usize, path: NotePath, before: Option<Present>, base: &str, ours: &str) -> Result<Planned, WriteError> {
        let present = before.ok_or(WriteError::Conflict)?;
        let text = git::merge(base, ours, &present.text).ok_or(WriteError::Conflict)?;
        let change = Change {
            path,
            from: None,
            before: Some(present),
            after: Some(text),
        };
        let mut planned = Planned::new(at, "merge", change);
        planned
            .warnings
            .push("merged with a change that somebody else saved at the same moment".to_owned());
        Ok(planned)
    }

    /// Returns the receipt of what changed nothing, or would change something.
    fn receipt_of_nothing(&self, planned: Planned) -> Receipt {
        let changed = !planned.is_nothing();
        let also_changed = planned.rest.iter().map(|it| it.path.to_string()).collect();
        let Change { path, from, before, after } = planned.first;
        Receipt {
            source: self.roots[planned.at].source.config.name.to_string(),
            path: path.to_string(),
            hash: after.as_ref().map(|it| ContentHash::of(it.as_bytes()).to_string()),
            previous_hash: before.as_ref().map(|it| it.hash.to_string()),
            commit: None,
            git: if self.has_history() { GitState::Committed } else { GitState::Off },
            private: self.is_history_private(planned.at),
            generation: self.index.generation(),
            changed,
            warnings: planned.warnings,
            moved_from: from.map(|it| it.to_string()),
            also_changed,
            left: planned.left,
            texts: Some((before.map(|it| it.text).unwrap_or_default(), after.unwrap_or_default())),
        }
    }
}

/// Returns what looks like a secret in the texts and names that a write adds, and in its reason; what stands there already is not its business.
fn secret_in(planned: &Planned, reason: &str) -> Option<WriteError> {
    let in_reason = || secrets::find(reason).first().map(|it| (it.kind, SecretPlace::Reason));
    let mut in_changes = planned.changes().filter_map(|it| secret_in_name(it).or_else(|| secret_in_text(it)));
    let (kind, place) = in_changes.next().or_else(in_reason)?;
    Some(WriteError::Secret { kind, place })
}

fn secret_in_name(change: &Change) -> Option<(&'static str, SecretPlace)> {
    let is_new = change.after.is_some() && (change.before.is_none() || change.from.is_some());
    let kind = secrets::in_name(change.path.as_str()).filter(|_| is_new)?;
    Some((kind, SecretPlace::Name))
}

fn secret_in_text(change: &Change) -> Option<(&'static str, SecretPlace)> {
    let after = change.after.as_deref()?;
    let before = change.before.as_ref().map_or("", |it| it.text.as_str());
    if before == after {
        return None;
    }
    let is_new = |it: &Found| !before.contains(&after[it.range.clone()]);
    let found = secrets::find(after).into_iter().find(is_new)?;
    let line = after[..found.range.start].matches('\n').count() + 1;
    Some((found.kind, SecretPlace::Line(line)))
}

/// A twin beyond what the caller may read is not named.
fn hidden_twin(request: &WriteRequest, why: WriteError) -> WriteError {
    match (why, &request.prefix) {
        (WriteError::Twin(twin), Some(prefix)) if !twin.as_str().starts_with(prefix.as_str()) => {
            WriteError::InvalidName("another file would have the same name on a device that does not tell case apart".to_owned())
        }
        (why, _) => why,
    }
}

/// The note must be the one that was read, where the caller says which that was.
fn check_match(request: &WriteRequest, before: Option<&Present>) -> Result<(), WriteError> {
    let hash = before.map(|it| it.hash);
    if request.if_match.is_none() || request.if_match == hash {
        return Ok(());
    }
    match (&request.action, hash) {
        (Action::Edit(_) | Action::Delete | Action::Move { .. }, None) => Err(WriteError::NoNote),
        (_, hash) => Err(WriteError::Stale(hash)),
    }
}
