//! What a write would make of a note, or why it must not. Reads the present bytes and decides; changes nothing.

use std::time::{Duration, Instant, SystemTime};

use crate::{
    engine::{
        Engine,
        request::{Action, GitState, Receipt, WriteError, WriteRequest},
        root::Root,
        write::PATIENCE,
    },
    io::vault::ReadError,
    model::{
        hash::ContentHash,
        new_name::{self, twin_key},
        note::edit,
        origin,
        path::NotePath,
    },
};

/// What is to be done with a request now.
pub(super) enum Step {
    Done(Box<Result<Receipt, WriteError>>),
    /// Someone is typing.
    Wait,
    Write(Box<Planned>),
}

/// A change that was decided.
#[derive(Debug)]
pub(super) struct Planned {
    /// The root's number.
    pub(super) at: usize,
    pub(super) path: NotePath,
    pub(super) before: Option<Present>,
    /// `None` takes the note away.
    pub(super) after: Option<String>,
    pub(super) warnings: Vec<String>,
}

/// A text that lies on the disk.
#[derive(Debug)]
pub(super) struct Present {
    pub(super) text: String,
    pub(super) hash: ContentHash,
}

impl Engine {
    pub(super) fn plan(&mut self, request: &WriteRequest, since: Instant, now: Instant) -> Step {
        if let Some(asked) = &request.idempotency
            && let Some(known) = self.writes.receipts.get(&asked.key)
        {
            let replay = || serde_json::from_str(&known.answer).map_err(|error| WriteError::Failed(format!("read a receipt: {error}")));
            let same = known.request == asked.request;
            return Step::Done(Box::new(if same { replay() } else { Err(WriteError::OtherRequest) }));
        }
        match self.decide(request, since, now) {
            Err(why) => Step::Done(Box::new(Err(why))),
            Ok(None) => Step::Wait,
            Ok(Some(planned)) => {
                let unchanged = planned.before.as_ref().map(|it| &it.text) == planned.after.as_ref();
                if unchanged || request.dry_run {
                    return Step::Done(Box::new(Ok(self.receipt_of_nothing(&planned, !unchanged))));
                }
                Step::Write(Box::new(planned))
            }
        }
    }

    /// Returns what to do, or `None` while someone else writes.
    fn decide(&self, request: &WriteRequest, since: Instant, now: Instant) -> Result<Option<Planned>, WriteError> {
        let at = self
            .roots
            .iter()
            .position(|it| it.source.config.name == request.source)
            .ok_or(WriteError::NoSource)?;
        let root = &self.roots[at];
        if !root.not_ready().is_empty() {
            return Err(WriteError::NotReady);
        }
        let path = spelled(root, &request.path)?;
        let policy = &self.config.write;
        if !policy.allows_editing(&path) || root.leaves_out(&path) {
            return Err(WriteError::Forbidden(format!("`{path}` is outside of what may be written")));
        }
        let vault = &root.source.vault;
        let present = match vault.read(&path, self.config.limits.note_read_bytes) {
            Ok(file) => Some(file),
            Err(ReadError::NotFound) => None,
            Err(why) => return Err(unreadable(&path, why)),
        };
        let before = match &present {
            None => None,
            Some(file) => {
                let hash = ContentHash::of(&file.bytes);
                let own = self.writes.own.get(&(at, path.clone())) == Some(&hash);
                if !own && is_fresh(file.stamp.mtime_ns) && now < since + PATIENCE {
                    return Ok(None);
                }
                let text = String::from_utf8(file.bytes.clone()).map_err(|_error| WriteError::NotUtf8)?;
                Some(Present { text, hash })
            }
        };
        let hash = before.as_ref().map(|it| it.hash);
        if request.if_match.is_some() && request.if_match != hash {
            return Err(match (hash, &request.action) {
                (None, Action::Edit(_) | Action::Delete) => WriteError::NoNote,
                (hash, _) => WriteError::Stale(hash),
            });
        }
        let comes_or_goes = before.is_none() || matches!(request.action, Action::Delete);
        if comes_or_goes && !policy.allows(&path) {
            return Err(match hash {
                None if !matches!(request.action, Action::Put(_)) => WriteError::NoNote,
                _ => WriteError::Forbidden(format!("notes may be changed at `{path}`, but not created or deleted there")),
            });
        }
        if !policy.allows(&path) && !request.may_edit {
            return Err(WriteError::NeedsEditScope);
        }
        let (after, warnings) = self.after(request, at, &path, before.as_ref())?;
        if let Some(text) = after.as_ref().filter(|it| it.len() as u64 > self.config.limits.note_write_bytes) {
            return Err(WriteError::TooLarge {
                size: text.len(),
                most: self.config.limits.note_write_bytes,
            });
        }
        Ok(Some(Planned {
            at,
            path,
            before,
            after,
            warnings,
        }))
    }

    fn after(
        &self,
        request: &WriteRequest,
        at: usize,
        path: &NotePath,
        before: Option<&Present>,
    ) -> Result<(Option<String>, Vec<String>), WriteError> {
        match (&request.action, before) {
            (Action::Put(text), None) => {
                new_name::check(path).map_err(|why| WriteError::InvalidName(why.to_string()))?;
                self.check_twin(at, path)?;
                Ok((Some(text.clone()), Vec::new()))
            }
            (Action::Put(_), Some(present)) if request.if_match.is_none() => Err(WriteError::NeedsMatch(present.hash)),
            (Action::Put(text), Some(_)) => Ok((Some(text.clone()), Vec::new())),
            (Action::Edit(_) | Action::Delete, None) => Err(WriteError::NoNote),
            (Action::Edit(edits), Some(present)) => {
                let needs_lines = edits.iter().any(|it| matches!(it, edit::Edit::ReplaceLines { .. }));
                if needs_lines && request.if_match.is_none() {
                    return Err(WriteError::NeedsMatch(present.hash));
                }
                let plan = edit::plan(&present.text, edits).map_err(WriteError::Edit)?;
                Ok((Some(plan.text), plan.warnings))
            }
            (Action::Delete, Some(present)) => {
                if request.if_match.is_none() && !origin::is_below(path, &self.config.agent_folder) {
                    return Err(WriteError::NeedsMatch(present.hash));
                }
                Ok((None, Vec::new()))
            }
        }
    }

    /// Refuses a new note whose path, or a folder of it, differs from one that is there by case or Unicode form alone.
    fn check_twin(&self, at: usize, path: &NotePath) -> Result<(), WriteError> {
        let is_twin = |it: &&NotePath| {
            let (mut theirs, mut ours) = (it.as_str().split('/'), path.as_str().split('/'));
            loop {
                match (theirs.next(), ours.next()) {
                    (Some(theirs), Some(ours)) if theirs == ours => {}
                    (Some(theirs), Some(ours)) => return is_folded_equal(theirs, ours),
                    // The note itself: it came since, and the disk says so.
                    _ => return false,
                }
            }
        };
        match self.roots[at].catalog.entries.keys().find(is_twin) {
            Some(twin) => Err(WriteError::Twin(twin.clone())),
            None => Ok(()),
        }
    }

    fn receipt_of_nothing(&self, planned: &Planned, changed: bool) -> Receipt {
        let text = |it: Option<&String>| it.cloned().unwrap_or_default();
        let root = &self.roots[planned.at];
        Receipt {
            source: root.source.config.name.to_string(),
            path: planned.path.to_string(),
            hash: planned.after.as_ref().map(|it| ContentHash::of(it.as_bytes()).to_string()),
            previous_hash: planned.before.as_ref().map(|it| it.hash.to_string()),
            commit: None,
            git: if self.has_history() { GitState::Committed } else { GitState::Off },
            private: self.is_history_private(planned.at),
            generation: self.index.generation(),
            changed,
            warnings: planned.warnings.clone(),
            texts: Some((text(planned.before.as_ref().map(|it| &it.text)), text(planned.after.as_ref()))),
        }
    }
}

/// `.md` may be left out where that names one note that is there.
fn spelled(root: &Root, path: &NotePath) -> Result<NotePath, WriteError> {
    if path.is_note() {
        return Ok(path.clone());
    }
    let note = NotePath::parse(&format!("{path}.md")).map_err(|_error| WriteError::NotMarkdown)?;
    let is_there = matches!(root.source.vault.stamp(&note), Ok(Some(_)));
    if is_there { Ok(note) } else { Err(WriteError::NotMarkdown) }
}

fn is_folded_equal(one: &str, other: &str) -> bool {
    if one.is_ascii() && other.is_ascii() {
        one.eq_ignore_ascii_case(other)
    } else {
        twin_key(one) == twin_key(other)
    }
}

/// Says whether a time of change is of the last moments; a clock that was set back makes nothing fresh for ever.
fn is_fresh(mtime_ns: i64) -> bool {
    let changed = SystemTime::UNIX_EPOCH + Duration::from_nanos(u64::try_from(mtime_ns).unwrap_or(0));
    SystemTime::now().duration_since(changed).is_ok_and(|it| it < PATIENCE)
}

fn unreadable(path: &NotePath, why: ReadError) -> WriteError {
    match why {
        ReadError::Symlink => WriteError::Forbidden(format!("`{path}` is, or lies behind, a symbolic link")),
        ReadError::Folder | ReadError::NotAFile | ReadError::NotFound => WriteError::Forbidden(format!("`{path}` is no file")),
        ReadError::TooLarge { size } => WriteError::TooLarge {
            size: usize::try_from(size).unwrap_or(usize::MAX),
            most: 0,
        },
        ReadError::Changing | ReadError::NotLocal => WriteError::Busy(format!("`{path}` is being written")),
        ReadError::RootGone => WriteError::NotReady,
        ReadError::Unreadable(error) => WriteError::Forbidden(format!("`{path}` cannot be read: {error}")),
    }
}
