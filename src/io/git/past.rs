//! Which commits touched which path, over the whole history of a branch: made once, then only carried on. Knows commits and trees; writes
//! nothing, and does not know where it is kept.

use std::collections::BTreeMap;

use git2::{Oid, Sort};
use serde::{Deserialize, Serialize};

use crate::{
    io::git::{
        Repository, changes, entry,
        history::{CommitInfo, History, info},
    },
    model::secrets,
};

/// The commits of each path. A merge counts only where it differs from every parent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Past {
    /// The newest commit that it knows of; empty for none.
    head: String,
    /// Id and Unix second, parents before children.
    commits: Vec<(String, i64)>,
    /// Numbers of commits, oldest first.
    paths: BTreeMap<String, Vec<u32>>,
    /// The folder of the repository, with its slash, below which all paths lie; empty for its root.
    #[serde(default)]
    above: String,
}

impl Past {
    /// Returns the newest commit that it knows of; empty for none.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// Returns the Unix second of the last commit that touched a path.
    pub fn last_change(&self, path: &str) -> Option<i64> {
        let last = self.paths.get(path)?.last()?;
        self.commits.get(usize::try_from(*last).ok()?).map(|it| it.1)
    }

    fn of(&self, path: &str) -> impl Iterator<Item = &str> {
        let numbers = self.paths.get(path).into_iter().flatten().rev();
        numbers.filter_map(|it| Some(self.commits.get(usize::try_from(*it).ok()?)?.0.as_str()))
    }
}

impl Repository {
    /// Returns the commits of all paths up to HEAD, carrying `known` on where HEAD stands on it, else from the beginning.
    pub fn past(&self, known: Past) -> anyhow::Result<Past> {
        let handle = self.handle()?;
        let Some(head) = entry::head_commit(&handle)? else {
            return Ok(Past::default());
        };
        let above = self.above(&handle)?;
        // Of another folder of the repository nothing is known.
        let known = if known.above == above { known } else { Past::default() };
        let before = Oid::from_str(&known.head).ok();
        if before == Some(head.id()) {
            return Ok(known);
        }
        let before = before.filter(|it| handle.graph_descendant_of(head.id(), *it).unwrap_or(false));
        let mut past = if before.is_some() { known } else { Past::default() };
        let mut walk = handle.revwalk()?;
        walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME | Sort::REVERSE)?;
        walk.push(head.id())?;
        if let Some(before) = before {
            walk.hide(before)?;
        }
        for id in walk {
            let commit = handle.find_commit(id?)?;
            let number = u32::try_from(past.commits.len())?;
            past.commits.push((commit.id().to_string(), commit.time().seconds()));
            for path in changes::changed_by(&handle, &commit, &above, true)?.into_keys() {
                past.paths.entry(path).or_default().push(number);
            }
        }
        // It is kept on the disk, where no secret may be, not even one in a name.
        past.paths.retain(|path, _| secrets::in_name(path).is_none());
        past.head = head.id().to_string();
        past.above = above;
        Ok(past)
    }

    /// As [`Repository::history`], from what is known of all paths.
    pub fn history_in(&self, past: &Past, path: &str, limit: usize) -> anyhow::Result<History> {
        let handle = self.handle()?;
        let mut commits: Vec<CommitInfo> = Vec::new();
        for sha in past.of(path).take(limit + 1) {
            commits.push(info(&handle.find_commit(Oid::from_str(sha)?)?));
        }
        let more = commits.len() > limit;
        commits.truncate(limit);
        Ok(History {
            commits,
            more,
            shallow: handle.is_shallow(),
        })
    }
}
