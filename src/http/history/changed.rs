//! Changes as the API tells them: commits and, the other way round, the notes that they changed. Leaves out what the caller may not read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    engine::handle::Source,
    http::{
        auth::Caller,
        history::{CommitEntry, requests::Requests},
        notes::load::may_read,
    },
    io::git::{ChangeKind, CommitChanges},
    model::path::NotePath,
};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommitsAndNotes {
    /// Newest first.
    pub commits: Vec<CommitEntry>,
    /// By path.
    pub notes: Vec<ChangedNote>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ChangedNote {
    pub path: String,
    /// What it comes to: `added`, `modified`, `deleted`, or `gone` for a note that came and went.
    pub change: String,
    /// Newest first.
    pub commits: Vec<String>,
}

/// Groups commits, newest first, by the notes that they changed.
pub fn grouped(commits: Vec<CommitChanges>, source: &Source, caller: &Caller, requests: &Requests) -> CommitsAndNotes {
    let mut entries = Vec::new();
    let mut notes: BTreeMap<String, Vec<(ChangeKind, String)>> = BTreeMap::new();
    for CommitChanges { info, changes } in commits {
        let readable = |path: &str| NotePath::parse_in_repo(path).is_ok_and(|it| may_read(source, caller, &it));
        let mut is_seen = false;
        for (path, change) in changes.into_iter().filter(|(path, _)| readable(path)) {
            is_seen = true;
            notes.entry(path).or_default().push((change, info.sha.clone()));
        }
        if is_seen {
            entries.push(CommitEntry::of(&info, source, requests));
        }
    }
    let notes = notes.into_iter().map(|(path, steps)| ChangedNote {
        path,
        change: outcome(&steps).to_owned(),
        commits: steps.into_iter().map(|(_, commit)| commit).collect(),
    });
    CommitsAndNotes {
        commits: entries,
        notes: notes.collect(),
    }
}

fn outcome(steps: &[(ChangeKind, String)]) -> &'static str {
    let newest = steps.first().map(|it| it.0);
    let oldest = steps.last().map(|it| it.0);
    match (oldest, newest) {
        (Some(ChangeKind::Added), Some(ChangeKind::Deleted)) => "gone",
        (_, Some(ChangeKind::Deleted)) => "deleted",
        (Some(ChangeKind::Added), _) => "added",
        _ => "modified",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_changes_of_a_note_come_to_one() {
        use ChangeKind::{Added, Deleted, Modified};
        let check = |oldest_first: &[ChangeKind], expected: &str| {
            let steps: Vec<_> = oldest_first.iter().rev().map(|it| (*it, String::new())).collect();
            assert_eq!(outcome(&steps), expected, "{oldest_first:?}");
        };
        check(&[Added, Modified], "added");
        check(&[Modified, Deleted], "deleted");
        check(&[Deleted, Added], "modified");
        check(&[Added, Deleted], "gone");
        check(&[Modified], "modified");
    }
}
