//! The rules that a write must meet before anything is planned: the source, the policy, names, twins, and nobody typing. Reads; changes nothing.

use std::time::{Duration, Instant, SystemTime};

use crate::{
    engine::{
        Engine,
        request::{Action, WriteError, WriteRequest},
        write::{PATIENCE, planned::Present},
    },
    io::vault::ReadError,
    model::{
        hash::ContentHash,
        new_name::{self, InvalidName, twin_key},
        noise,
        path::NotePath,
    },
};

/// How many names are tried for a new note.
const NAMES: usize = 1000;

/// How many numbered names are looked at for a note that grows.
const SERIES: usize = 10;

/// What lies at a path.
pub(super) enum Seen {
    Nothing,
    Text(Present),
    /// Somebody saved it a moment ago.
    Typing,
}

impl Engine {
    pub(super) fn root_of(&self, request: &WriteRequest) -> Result<usize, WriteError> {
        let found = self.roots.iter().position(|it| it.source.config.name == request.source);
        let at = found.ok_or(WriteError::NoSource)?;
        if self.roots[at].source.is_repo() {
            return Err(WriteError::ReadOnlySource);
        }
        if self.roots[at].not_ready().is_empty() {
            Ok(at)
        } else {
            Err(WriteError::NotReady)
        }
    }

    /// Returns the path that a request means: `.md` may be left out where that names one note that is there.
    pub(super) fn meant(&self, at: usize, request: &WriteRequest) -> Result<NotePath, WriteError> {
        let path = &request.path;
        if matches!(request.action, Action::Append { .. }) {
            return self.appended_to(at, path);
        }
        if path.is_note() {
            return Ok(path.clone());
        }
        let vault = &self.roots[at].source.vault;
        match NotePath::parse(&format!("{path}.md")) {
            Ok(note) if matches!(request.action, Action::Restore(_)) || matches!(vault.stamp(&note), Ok(Some(_))) => return Ok(note),
            _ if matches!(request.action, Action::Put(_)) => return Err(WriteError::NotMarkdown),
            _ => {}
        }
        // Whoever changes or deletes has chosen no type, but perhaps missed.
        Err(match vault.stamp(path) {
            Ok(Some(_)) => WriteError::NotMarkdown,
            Ok(None) => WriteError::NoNote,
            Err(why) => unreadable(path, why, self.config.limits.note_read_bytes),
        })
    }

    pub(super) fn check_may_write(&self, at: usize, path: &NotePath) -> Result<(), WriteError> {
        if self.config.write.allows_editing(path) && !self.roots[at].leaves_out(path) {
            return Ok(());
        }
        Err(WriteError::Forbidden(format!("`{path}` is outside of what may be written")))
    }

    /// Notes of people may be changed where the policy opens them and the token may edit; they come and go where `write.allow` says.
    pub(super) fn check_may_come_or_go(&self, request: &WriteRequest, path: &NotePath, before: Option<&Present>) -> Result<(), WriteError> {
        let policy = &self.config.write;
        if policy.allows(path) {
            return Ok(());
        }
        let goes = matches!(request.action, Action::Delete | Action::Move { .. });
        match before {
            None if matches!(request.action, Action::Edit(_)) || goes => Err(WriteError::NoNote),
            Some(_) if !goes => {
                if request.may_edit {
                    Ok(())
                } else {
                    Err(WriteError::NeedsEditScope)
                }
            }
            _ => Err(WriteError::Forbidden(format!(
                "notes may be changed at `{path}`, but not created, moved or deleted there"
            ))),
        }
    }

    /// Reads a note that is to be written.
    pub(super) fn seen(&self, at: usize, path: &NotePath, since: Instant, now: Instant) -> Result<Seen, WriteError> {
        let file = match self.roots[at].source.vault.read(path, self.config.limits.note_read_bytes) {
            Ok(file) => file,
            Err(ReadError::NotFound) => return Ok(Seen::Nothing),
            Err(why) => return Err(unreadable(path, why, self.config.limits.note_read_bytes)),
        };
        let hash = ContentHash::of(&file.bytes);
        let own = self.writes.own.get(&(at, path.clone())) == Some(&hash);
        if !own && is_fresh(file.stamp.mtime_ns) && now < since + PATIENCE {
            return Ok(Seen::Typing);
        }
        let text = String::from_utf8(file.bytes).map_err(|_error| WriteError::NotUtf8)?;
        Ok(Seen::Text(Present { text, hash }))
    }

    /// Returns the text of another note that a write wants to change as well, or why it is left alone.
    pub(super) fn text_to_change(&self, at: usize, request: &WriteRequest, path: &NotePath) -> Result<Present, String> {
        let policy = &self.config.write;
        if !path.is_note() {
            return Err("it is no Markdown note".to_owned());
        }
        if !policy.allows_editing(path) || self.roots[at].leaves_out(path) {
            return Err("it is outside of what may be written".to_owned());
        }
        if !policy.allows(path) && !request.may_edit {
            return Err("notes that people wrote are changed with the scope `edit`".to_owned());
        }
        let now = Instant::now();
        match self.seen(at, path, now, now) {
            Ok(Seen::Text(present)) => Ok(present),
            Ok(Seen::Nothing) => Err("it is not there".to_owned()),
            Ok(Seen::Typing) => Err("somebody saved it a moment ago".to_owned()),
            Err(WriteError::NotUtf8) => Err("it is not UTF-8".to_owned()),
            Err(_) => Err("it cannot be read".to_owned()),
        }
    }

    /// Refuses a name that other devices or links would stumble over, and one that differs from another by case or Unicode form alone.
    /// `leaving` is the note that gives its place up.
    pub(super) fn check_new_name(&self, at: usize, path: &NotePath, leaving: Option<&NotePath>) -> Result<(), WriteError> {
        new_name::check(path).map_err(|why| WriteError::InvalidName(why.to_string()))?;
        let exists = |it: &str| NotePath::parse(it).is_ok_and(|it| self.roots[at].catalog.entries.contains_key(&it));
        if noise::conflict_of(path.as_str(), exists).is_some() {
            return Err(WriteError::InvalidName(InvalidName::SyncTool.to_string()));
        }
        let names = self.roots[at].catalog.entries.keys();
        match names.filter(|it| Some(*it) != leaving).find(|it| is_twin(it, path)) {
            Some(twin) => Err(WriteError::Twin(twin.clone())),
            None => Ok(()),
        }
    }

    /// Returns the note that grows: the one that is there, under its name or the one that it was given because that was taken.
    fn appended_to(&self, at: usize, wished: &NotePath) -> Result<NotePath, WriteError> {
        let there = (1..NAMES)
            .map_while(|number| numbered(wished, number).ok())
            .take(SERIES)
            .find(|it| self.is_there(at, it));
        match there {
            Some(path) => Ok(path),
            None => self.free_name(at, wished),
        }
    }

    fn is_there(&self, at: usize, path: &NotePath) -> bool {
        matches!(self.roots[at].source.vault.stamp(path), Ok(Some(_)))
    }

    /// Returns the path for a new note: as wished, or with a number where another note of the vault has the name, whose links it would take.
    pub(super) fn free_name(&self, at: usize, wished: &NotePath) -> Result<NotePath, WriteError> {
        let source = &self.roots[at].source;
        let graph = source.graph();
        if !graph.is_whole() {
            return Err(WriteError::NotReady);
        }
        let links = graph.links(None);
        let is_free = |path: &NotePath| {
            let found = links.resolve(path.stem(), false, None);
            found.path.is_none() && !self.is_there(at, path)
        };
        for number in 1..NAMES {
            let path = numbered(wished, number).map_err(|_error| WriteError::InvalidName("the name is too long".to_owned()))?;
            if is_free(&path) {
                self.check_new_name(at, &path, None)?;
                return Ok(path);
            }
        }
        Err(WriteError::InvalidName(format!("a thousand notes are called `{}`", wished.stem())))
    }
}

fn numbered(path: &NotePath, number: usize) -> Result<NotePath, crate::model::path::InvalidPath> {
    if number == 1 {
        return Ok(path.clone());
    }
    let slash = if path.folder().is_empty() { "" } else { "/" };
    // Not ` 2`: that is how a sync tool calls its copies.
    NotePath::parse(&format!("{}{slash}{}-{number}.md", path.folder(), path.stem()))
}

/// Says whether one path, or a folder of it, differs from the other by case or Unicode form alone.
fn is_twin(theirs: &NotePath, ours: &NotePath) -> bool {
    let (mut theirs, mut ours) = (theirs.as_str().split('/'), ours.as_str().split('/'));
    loop {
        match (theirs.next(), ours.next()) {
            (Some(theirs), Some(ours)) if theirs == ours => {}
            (Some(theirs), Some(ours)) => return is_folded_equal(theirs, ours),
            // The note itself: it came since, and the disk says so.
            _ => return false,
        }
    }
}

fn is_folded_equal(one: &str, other: &str) -> bool {
    if one.is_ascii() && other.is_ascii() {
        one.eq_ignore_ascii_case(other)
    } else {
        twin_key(one) == twin_key(other)
    }
}

/// Says whether a time of change is of the last moments; a clock that was set back makes nothing fresh for ever.
pub(super) fn is_fresh(mtime_ns: i64) -> bool {
    let changed = SystemTime::UNIX_EPOCH + Duration::from_nanos(u64::try_from(mtime_ns).unwrap_or(0));
    SystemTime::now().duration_since(changed).is_ok_and(|it| it < PATIENCE)
}

/// Returns why a file that cannot be read is not written either.
pub(super) fn unreadable(path: &NotePath, why: ReadError, most: u64) -> WriteError {
    match why {
        ReadError::Symlink => WriteError::Forbidden(format!("`{path}` is, or lies behind, a symbolic link")),
        ReadError::Folder | ReadError::NotAFile | ReadError::NotFound => WriteError::Forbidden(format!("`{path}` is no file")),
        ReadError::TooLarge { size } => WriteError::TooLarge {
            size: usize::try_from(size).unwrap_or(usize::MAX),
            most,
        },
        ReadError::Changing | ReadError::NotLocal => WriteError::Busy(format!("`{path}` is being written")),
        ReadError::RootGone => WriteError::NotReady,
        ReadError::Unreadable(error) => WriteError::Forbidden(format!("`{path}` cannot be read: {error}")),
    }
}
