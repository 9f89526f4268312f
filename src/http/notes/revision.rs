//! Which commit a text means, and what a note was then. Knows one repository and the caller's rights; knows no resource.

use std::sync::Arc;

use crate::{
    engine::handle::Source,
    http::{
        auth::Caller,
        notes::load::{Loaded, gone, is_gone, may_read, shown, spellings, unreadable_clone},
        params::invalid,
        problem::{Problem, ProblemKind},
        when::{self, Clock, Edge},
    },
    io::{
        git::{History, Repository},
        vault::ReadError,
    },
    model::path::NotePath,
};

/// A commit as a caller names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wording {
    /// 4 to 40 hexadecimal digits.
    Commit(String),
    /// In Unix seconds: the newest commit at or before it.
    Moment(i64),
}

impl Wording {
    /// Reads a commit, a date, a time or an age; `name` is the parameter's, `edge` the end of a day that a date means.
    pub fn parse(name: &str, text: &str, edge: Edge, clock: &Clock) -> Result<Wording, Problem> {
        let text = text.trim();
        // An age of a few digits and `d` is hexadecimal, too; nobody shortens a commit that much and ends it so.
        let is_age = text.len() < 7 && text.ends_with('d') && text[..text.len() - 1].bytes().all(|it| it.is_ascii_digit());
        if (4..=40).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_hexdigit()) && !is_age {
            return Ok(Wording::Commit(text.to_ascii_lowercase()));
        }
        let moment = when::parse(text, edge, clock)
            .map_err(|why| invalid(name, why).valid(&["a commit: 4 to 40 hexadecimal digits", "2026-02-03", "7d"]))?;
        Ok(Wording::Moment(moment.as_second()))
    }
}

/// The history of one vault, for one request.
#[derive(Debug, Clone)]
pub struct Past {
    pub repository: Arc<Repository>,
    source: Arc<Source>,
}

impl Past {
    /// Returns the history of a source, or the problem that it has none.
    pub fn of(source: &Arc<Source>) -> Result<Past, Problem> {
        if source.is_unread_clone() {
            return Err(unreadable_clone(source));
        }
        if is_gone(source) {
            return Err(gone(source));
        }
        let repository = source.repository().ok_or_else(|| {
            let none = Problem::new(ProblemKind::RevisionNotFound, "this source has no history");
            if let Some(why) = source.refused() {
                return none.hint(why.to_string());
            }
            if source.is_repo() {
                return none.hint("git keeps nothing of its folder; the service looks again by itself");
            }
            none.hint("set `git.mode: immediate` in the configuration; the log says when a repository cannot be opened")
        })?;
        Ok(Past {
            repository,
            source: Arc::clone(source),
        })
    }

    /// Returns the path that the caller means, of those that it may read: one that was there at `at`, else one that is there, else one that
    /// was. The commit may be one that no branch holds any more, so that the history of the branch does not know the path.
    pub fn spelled(&self, source: &Source, caller: &Caller, path: &NotePath, at: Option<&str>) -> Result<NotePath, Problem> {
        let absent = || Problem::new(ProblemKind::NoteNotFound, format!("there is no note `{path}`, and there was none"));
        let visible: Vec<NotePath> = spellings(path).into_iter().filter(|it| may_read(source, caller, it)).collect();
        for then in at.iter().flat_map(|_| &visible) {
            if self.bytes(then, at.unwrap_or_default())?.is_some() {
                return Ok(then.clone());
            }
        }
        let is_there = |it: &&NotePath| matches!(source.stamp(it), Ok(Some(_)));
        if let Some(found) = visible.iter().find(is_there) {
            return Ok(found.clone());
        }
        for past in &visible {
            if !self.history(source, past, 1)?.commits.is_empty() {
                return Ok(past.clone());
            }
        }
        Err(absent())
    }

    /// Returns the commits of a path, newest first, at most `limit`; of a repository from what is known of all paths.
    pub fn history(&self, source: &Source, path: &NotePath, limit: usize) -> Result<History, Problem> {
        let found = match source.snapshot() {
            Some(snapshot) => self.repository.history_in(snapshot.past(), path.as_str(), limit),
            None => self.repository.history(path, limit),
        };
        found.map_err(|it| self.unreadable(&it))
    }

    /// Returns the full id of a commit that is named.
    pub fn commit(&self, wording: &Wording) -> Result<String, Problem> {
        let found = match wording {
            Wording::Commit(text) => self.repository.resolve(text),
            Wording::Moment(second) => self.repository.commit_at(*second),
        };
        found.map_err(|it| self.unreadable(&it))?.ok_or_else(|| {
            let detail = match wording {
                Wording::Commit(text) => format!("there is no one commit `{text}`"),
                Wording::Moment(_) => "there is no commit that old".to_owned(),
            };
            Problem::new(ProblemKind::RevisionNotFound, detail).hint("`/v1/history/{path}` lists the commits of a note")
        })
    }

    /// Returns the commit that holds the version before the last change of a path, seen from the disk or from a commit; `None` when there
    /// was none.
    pub fn before_last(&self, path: &NotePath, seen_from: Option<&str>) -> Result<Option<String>, Problem> {
        let history = self.repository.history(path, MOST_BACK).map_err(|it| self.unreadable(&it))?;
        let Some(seen_from) = seen_from else {
            return Ok(history.commits.get(1).map(|it| it.sha.clone()));
        };
        let after = self.bytes(path, seen_from)?;
        for commit in history.commits.iter().skip_while(|it| it.sha != seen_from) {
            if self.bytes(path, &commit.sha)? != after {
                return Ok(Some(commit.sha.clone()));
            }
        }
        Ok(None)
    }

    /// Returns the text of a note at a commit, as it may be shown; `None` when it was not there.
    pub fn text(&self, source: &Source, path: &NotePath, commit: &str) -> Result<Option<String>, Problem> {
        let bytes = self.bytes(path, commit)?.map(|it| shown(source, path, it));
        Ok(bytes.map(|it| String::from_utf8_lossy(&it).into_owned()))
    }

    /// Returns the bytes of a note at a commit; `None` when it was not there.
    pub fn bytes(&self, path: &NotePath, commit: &str) -> Result<Option<Vec<u8>>, Problem> {
        self.repository.read_at(path, commit).map_err(|it| self.unreadable(&it))
    }

    /// Returns a note as it was at a commit.
    pub fn load(
        &self,
        source: &Source,
        caller: &Caller,
        path: &NotePath,
        at: &Wording,
        agent_folder: &NotePath,
    ) -> Result<Loaded, Problem> {
        let commit = self.commit(at);
        let path = self.spelled(source, caller, path, commit.as_deref().ok())?;
        let commit = commit?;
        let Some(bytes) = self.bytes(&path, &commit)? else {
            return Err(Problem::new(
                ProblemKind::RevisionNotFound,
                format!("the note `{path}` was not there at {commit}"),
            )
            .hint("`/v1/history/{path}` lists the commits of a note"));
        };
        let second = self
            .repository
            .time_of(&commit)
            .map_err(|it| self.unreadable(&it))?
            .unwrap_or_default();
        Ok(Loaded::new(source, path, bytes, second.saturating_mul(1_000_000_000), agent_folder))
    }

    /// Returns the text as it lies on the disk, empty for none.
    pub fn present(&self, source: &Source, path: &NotePath, most: u64) -> Result<String, Problem> {
        match source.read(path, most) {
            Ok(file) => Ok(String::from_utf8_lossy(&shown(source, path, file.bytes)).into_owned()),
            Err(ReadError::NotFound) => Ok(String::new()),
            Err(ReadError::TooLarge { size }) => Err(Problem::new(
                ProblemKind::TooLarge,
                format!("`{path}` has {size} bytes, more than {most}"),
            )),
            Err(ReadError::Symlink | ReadError::Folder | ReadError::NotAFile) => {
                Err(Problem::new(ProblemKind::NoteNotFound, format!("there is no note `{path}`")))
            }
            Err(why) => Err(Problem::new(ProblemKind::Busy, format!("the note `{path}` cannot be read: {why}")).retry_after_ms(500)),
        }
    }

    /// Returns the problem of a repository that cannot be read.
    pub fn unreadable(&self, error: &anyhow::Error) -> Problem {
        tracing::error!(error = format!("{error:#}"), "the history cannot be read");
        if self.repository.doubt(error) {
            return unreadable_clone(&self.source);
        }
        Problem::new(ProblemKind::Internal, "the history cannot be read; the service's log says why")
    }
}

/// Commits of a note that are looked through for the version before.
const MOST_BACK: usize = 200;

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    fn check(text: &str, expected: Option<&Wording>) {
        let clock = Clock {
            now: "2026-03-30T10:00:00Z".parse().unwrap(),
            zone: TimeZone::UTC,
        };
        assert_eq!(Wording::parse("at", text, Edge::End, &clock).ok().as_ref(), expected, "{text}");
    }

    #[test]
    fn a_revision_is_a_commit_or_a_moment() {
        check("3B18e5", Some(&Wording::Commit("3b18e5".to_owned())));
        check("2026", Some(&Wording::Commit("2026".to_owned())));
        check("365d", Some(&Wording::Moment(1_743_328_800)));
        check("2026-03-29", Some(&Wording::Moment(1_774_828_800)));
        check("HEAD~1", None);
        check("", None);
    }
}
