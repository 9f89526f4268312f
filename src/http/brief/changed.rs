//! What commits changed since a cursor and by whom, one line a note. Knows cursors and commits; must not know budgets.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    engine::handle::Source,
    http::{
        auth::Caller,
        history::{
            changed::{ChangedNote, grouped},
            requests::Requests,
        },
        notes::revision::{Past, Wording},
        params::invalid,
        problem::Problem,
        when::{Clock, Edge},
    },
    io::git::{CommitChanges, Since},
    model::context::shown::one_line,
};

/// What `since` means when it is left out.
const SINCE: &str = "7d";

/// Commits that are looked at, notes that are taken of each, and lines in all.
const COMMITS: usize = 60;
const NOTES: usize = 60;
const LINES: usize = 100;

/// How much a cursor's time lies before its brief: what was saved a moment ago may not have been indexed.
const OVERLAP: SignedDuration = SignedDuration::from_secs(10);

/// How much of a commit's id stands in a cursor.
const SHORT: usize = 12;

const REASON_MOST: usize = 100;
const NAME_MOST: usize = 40;

/// One note that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChangeLine {
    pub path: String,
    /// `added`, `modified`, `deleted`, `gone` for a note that came and went, or `moved` for one that nobody has committed there yet.
    pub change: String,
    /// Where a moved note lay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The agent, or the author of the commit; without a commit, the note's origin.
    pub by: String,
    /// RFC 3339, UTC.
    pub time: String,
    /// The last commit that changed it; `null` when nobody has committed it yet.
    pub commit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// From when on changes are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cursor {
    commit: Option<Wording>,
    /// In Unix seconds; with a commit alone, its own time counts.
    second: Option<i64>,
    /// Where a commit is not known any more.
    otherwise: i64,
}

/// What changed.
#[derive(Debug, Default)]
pub(super) struct Changed {
    /// Newest first.
    pub(super) lines: Vec<ChangeLine>,
    /// Changes that were not even looked at.
    more: usize,
    /// Commits that were not looked at either.
    older: bool,
    pub(super) warnings: Vec<String>,
    /// From when on, in Unix seconds.
    pub(super) second: i64,
    head: Option<String>,
    /// From when on, as `since` takes it.
    from: String,
}

impl ChangeLine {
    /// `modified  Projects/Copper.md  claw 2026-02-03T10:00:00Z: prices`
    pub fn line(&self) -> String {
        let reason = self.reason.as_ref().map(|it| format!(": {}", one_line(it, REASON_MOST)));
        let reason = reason.unwrap_or_else(|| {
            if self.commit.is_none() {
                ", not committed".to_owned()
            } else {
                String::new()
            }
        });
        let (path, by) = (one_line(&self.path, usize::MAX), one_line(&self.by, NAME_MOST));
        let from = self.from.as_ref().map(|it| format!("{} -> ", one_line(it, usize::MAX)));
        format!("{}  {}{path}  {by} {}{reason}", self.change, from.unwrap_or_default(), self.time)
    }
}

impl Cursor {
    /// Reads `since`: `<commit>@<time>` as a brief gave it, a commit, a date, a time or an age.
    pub(super) fn parse(text: Option<&str>, clock: &Clock) -> Result<Cursor, Problem> {
        let moment = |text: &str| match Wording::parse("since", text, Edge::Start, clock)? {
            Wording::Moment(second) => Ok(second),
            Wording::Commit(_) => {
                Err(invalid("since", "behind the `@` stands a time").hint("give the `cursor` of an earlier brief as it was"))
            }
        };
        let otherwise = moment(SINCE)?;
        let text = text.unwrap_or(SINCE);
        let (commit, second) = match text.split_once('@') {
            Some((commit, time)) => match Wording::parse("since", commit, Edge::Start, clock)? {
                commit @ Wording::Commit(_) => (Some(commit), Some(moment(time)?)),
                Wording::Moment(_) => {
                    return Err(invalid("since", "before the `@` stands a commit").hint("give the `cursor` of an earlier brief as it was"));
                }
            },
            None => match Wording::parse("since", text, Edge::Start, clock)? {
                commit @ Wording::Commit(_) => (Some(commit), None),
                Wording::Moment(second) => (None, Some(second)),
            },
        };
        Ok(Cursor { commit, second, otherwise })
    }
}

impl Changed {
    /// Returns the cursor of the next brief.
    pub(super) fn next(&self, now: Timestamp, lag_ms: u64) -> String {
        let lag = SignedDuration::from_millis(i64::try_from(lag_ms).unwrap_or(i64::MAX));
        let seen = now.saturating_sub(OVERLAP.saturating_add(lag)).unwrap_or(now);
        let time = Timestamp::from_second(seen.as_second()).unwrap_or_default();
        match &self.head {
            Some(head) => format!("{}@{time}", head.chars().take(SHORT).collect::<String>()),
            None => time.to_string(),
        }
    }

    /// Adds lines in their place.
    pub(super) fn add(&mut self, lines: Vec<ChangeLine>) {
        self.lines.extend(lines);
        // Of one moment what was not committed is newer; by path else, as they came.
        self.lines.sort_by(|one, other| other.time.cmp(&one.time));
        self.more += self.lines.len().saturating_sub(LINES);
        self.lines.truncate(LINES);
    }

    /// Says what the bounds left out, and what lists it: a larger budget would not.
    pub(super) fn bound(&self, source: &Source) -> Option<String> {
        let what = match (self.more, self.older) {
            (0, false) => return None,
            (0, true) => format!("changes before the last {COMMITS} commits are not told"),
            (more, false) => format!("{more} more changes are not told"),
            (more, true) => format!("{more} more changes, and those before the last {COMMITS} commits, are not told"),
        };
        let (name, from) = (&source.config.name, &self.from);
        Some(format!("{what}: `membridge changes --source {name} --since {from}` lists them"))
    }
}

/// Returns what the commits since then changed. A source without history, or one that cannot be read, has none: a brief is worth having all the
/// same.
pub(super) fn committed(source: &Arc<Source>, caller: &Caller, requests: &Requests, cursor: &Cursor) -> Result<Changed, Problem> {
    let mut changed = Changed {
        second: cursor.second.unwrap_or(cursor.otherwise),
        ..Changed::default()
    };
    changed.from = Timestamp::from_second(changed.second).unwrap_or_default().to_string();
    let Ok(past) = Past::of(source) else {
        return Ok(changed);
    };
    let unreadable = |it: anyhow::Error| past.unreadable(&it);
    changed.head = past.repository.commit_at(i64::MAX).map_err(unreadable)?;
    let since = match cursor.commit.as_ref().map(|it| past.commit(it)) {
        Some(Ok(commit)) => {
            if cursor.second.is_none() {
                changed.second = past.repository.time_of(&commit).map_err(unreadable)?.unwrap_or(changed.second);
            }
            Since::Commit(commit)
        }
        Some(Err(_)) => {
            let from = Timestamp::from_second(changed.second).unwrap_or_default();
            changed.warnings.push(format!(
                "`since` names a commit that is not there any more: changes are told from {from} on"
            ));
            Since::Time(changed.second)
        }
        None => Since::Time(changed.second),
    };
    if let Since::Commit(commit) = &since {
        changed.from = commit.chars().take(SHORT).collect();
    }
    let mut commits = past.repository.changes(since, COMMITS + 1).map_err(unreadable)?;
    changed.older = commits.len() > COMMITS;
    commits.truncate(COMMITS);
    commits.iter_mut().for_each(|it| changed.more += cut(it, caller));
    let found = grouped(commits, source, caller, requests);
    let line = |note: &ChangedNote| {
        let sha = note.commits.first()?;
        let commit = found.commits.iter().find(|it| it.commit == *sha)?;
        let author = commit.author.split(" <").next().unwrap_or_default();
        Some(ChangeLine {
            path: note.path.clone(),
            change: note.change.clone(),
            from: None,
            by: commit.agent.clone().unwrap_or_else(|| author.to_owned()),
            time: commit.time.clone(),
            commit: Some(sha.clone()),
            reason: commit.reason.clone(),
        })
    };
    let lines = found.notes.iter().filter_map(line).collect();
    changed.add(lines);
    Ok(changed)
}

/// Keeps of a commit the first notes that a caller may see, and returns how many more there are: an import has thousands.
fn cut(commit: &mut CommitChanges, caller: &Caller) -> usize {
    let prefix = caller.prefix.as_deref().unwrap_or_default();
    commit.changes.retain(|(path, _)| path.starts_with(prefix));
    let more = commit.changes.len().saturating_sub(NOTES);
    commit.changes.truncate(NOTES);
    more
}
