//! What a branch would bring into another one: commits, files, lines that were added. Knows commits and trees; knows nothing of forges.

use std::collections::BTreeMap;

use anyhow::Result;
use git2::{Commit, Delta, DiffFindOptions, DiffOptions, Oid, Patch, Sort};

use crate::{
    io::git::{Repository, history::resolved},
    model::hash::ContentHash,
};

/// So many commits and files are looked at.
const MOST_COMMITS: usize = 500;
const MOST_FILES: usize = 20_000;

/// Renames are looked for among so many files; more take a time that grows with the square.
const MOST_RENAMES: usize = 400;

/// Added lines are looked through up to this size of a file.
const MOST_LOOKED_THROUGH: i64 = 1 << 20;

/// What a branch changes, seen from where it left the other one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    pub merge_base: String,
    pub head: String,
    /// The oldest first.
    pub commits: Vec<OwnCommit>,
    /// By path.
    pub files: Vec<ChangedPath>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnCommit {
    pub sha: String,
    pub message: String,
    /// The name alone.
    pub author: String,
    /// In Unix seconds.
    pub time: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangedPath {
    pub path: String,
    pub renamed_from: Option<String>,
    /// The bytes before and after; `None` where there was or is no file.
    pub before: Option<ContentHash>,
    pub after: Option<ContentHash>,
    pub added: usize,
    pub removed: usize,
    /// Added lines that were asked for: line and text.
    pub lines: Vec<(u32, String)>,
}

/// Where a branch left another one, as far as others told: what is known comes before what is looked up.
#[derive(Debug, Clone, Default)]
pub struct Left<'a> {
    pub merge_base: Option<&'a str>,
    /// The commit by which it went in.
    pub merged: Option<&'a str>,
    /// The full name of the other branch, where the clone has it.
    pub base: Option<String>,
}

/// How one commit went into a branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    pub parents: usize,
    /// It holds the very files of the branch's head.
    pub is_same_tree: bool,
}

impl Repository {
    /// Returns what `head` changes. It left the other branch at the merge base where that is known, else at the best common ancestor with the first
    /// parent of the commit that merged it, else with the other branch, else with HEAD. `None` when the clone has no such commits. `wanted`
    /// chooses added lines to be returned.
    pub fn changes_of(&self, head: &str, left: &Left<'_>, wanted: &dyn Fn(&str) -> bool) -> Result<Option<Changes>> {
        let handle = self.handle()?;
        let find =
            |text: &str| -> Result<Option<Commit<'_>>> { Ok(resolved(&handle, text)?.map(|it| handle.find_commit(it)).transpose()?) };
        let Some(head) = find(head)? else { return Ok(None) };
        let known = left.merge_base.map(&find).transpose()?.flatten();
        let base = match known {
            Some(base) => base,
            None => {
                let merged = left.merged.map(&find).transpose()?.flatten();
                let parent = merged.and_then(|it| it.parent(0).ok()).map(|it| it.id());
                // A branch that holds the head took it in, and does not tell where it left.
                let is_apart = |it: &Oid| *it != head.id() && !handle.graph_descendant_of(*it, head.id()).unwrap_or(false);
                let base = || left.base.as_ref().and_then(|it| handle.refname_to_id(it).ok()).filter(is_apart);
                let other = match parent.or_else(base) {
                    Some(other) => other,
                    None => handle.head()?.peel_to_commit()?.id(),
                };
                let Ok(base) = handle.merge_base(head.id(), other) else {
                    return Ok(None);
                };
                handle.find_commit(base)?
            }
        };
        Ok(Some(Changes {
            merge_base: base.id().to_string(),
            head: head.id().to_string(),
            commits: commits(&handle, base.id(), head.id())?,
            files: files(&handle, &base, &head, wanted)?,
        }))
    }

    /// Returns the first line of a commit's message; empty when the clone has no such commit.
    pub fn subject_of(&self, commit: &str) -> Result<String> {
        let handle = self.handle()?;
        let found = resolved(&handle, commit)?.map(|it| handle.find_commit(it)).transpose()?;
        let subject = found.map(|it| String::from_utf8_lossy(it.summary_bytes().unwrap_or_default()).into_owned());
        Ok(subject.unwrap_or_default())
    }

    /// Returns the last commit of the branch at HEAD whose message is one that is looked for, and its Unix second; it is looked for among the last
    /// few hundred. One that `head` holds was there before it and cannot have brought it in: then there is none, as without such a head.
    pub fn last_beyond(&self, head: &str, is_it: &dyn Fn(&str) -> bool) -> Result<Option<(String, i64)>> {
        let handle = self.handle()?;
        let Some(head) = resolved(&handle, head)? else { return Ok(None) };
        let mut walk = handle.revwalk()?;
        walk.simplify_first_parent()?;
        walk.push_head()?;
        for id in walk.take(MOST_COMMITS) {
            let commit = handle.find_commit(id?)?;
            if is_it(&String::from_utf8_lossy(commit.message_bytes())) {
                let is_before = commit.id() == head || handle.graph_descendant_of(head, commit.id())?;
                return Ok((!is_before).then(|| (commit.id().to_string(), commit.time().seconds())));
            }
        }
        Ok(None)
    }

    /// Returns how a commit went in, compared with the head of a branch; `None` when the clone has not both.
    pub fn shape(&self, commit: &str, head: &str) -> Result<Option<Shape>> {
        let handle = self.handle()?;
        let (Some(commit), Some(head)) = (resolved(&handle, commit)?, resolved(&handle, head)?) else {
            return Ok(None);
        };
        let (commit, head) = (handle.find_commit(commit)?, handle.find_commit(head)?);
        Ok(Some(Shape {
            parents: commit.parent_count(),
            is_same_tree: commit.tree_id() == head.tree_id(),
        }))
    }
}

/// Says whether something can be the name of a branch, and of one alone.
pub fn is_branch(name: &str) -> bool {
    git2::Reference::is_valid_name(&format!("refs/heads/{name}"))
}

fn commits(handle: &git2::Repository, base: Oid, head: Oid) -> Result<Vec<OwnCommit>> {
    let mut walk = handle.revwalk()?;
    walk.set_sorting(Sort::TOPOLOGICAL | Sort::REVERSE)?;
    walk.push(head)?;
    walk.hide(base)?;
    let mut commits = Vec::new();
    for id in walk.take(MOST_COMMITS) {
        let commit = handle.find_commit(id?)?;
        commits.push(OwnCommit {
            sha: commit.id().to_string(),
            message: String::from_utf8_lossy(commit.message_bytes()).into_owned(),
            author: String::from_utf8_lossy(commit.author().name_bytes()).into_owned(),
            time: commit.time().seconds(),
        });
    }
    Ok(commits)
}

fn files(handle: &git2::Repository, base: &Commit<'_>, head: &Commit<'_>, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<ChangedPath>> {
    let mut options = DiffOptions::new();
    options.context_lines(0).ignore_submodules(true).max_size(MOST_LOOKED_THROUGH);
    let mut diff = handle.diff_tree_to_tree(Some(&base.tree()?), Some(&head.tree()?), Some(&mut options))?;
    if diff.deltas().len() <= MOST_RENAMES {
        diff.find_similar(Some(DiffFindOptions::new().renames(true)))?;
    }
    let mut found = BTreeMap::new();
    for at in 0..diff.deltas().len().min(MOST_FILES) {
        let Some(delta) = diff.get_delta(at) else { continue };
        let path = |file: git2::DiffFile<'_>| file.path_bytes().map(|it| String::from_utf8_lossy(it).into_owned());
        let hash = |file: git2::DiffFile<'_>| ContentHash::from_bytes(file.id().as_bytes()).filter(|_| !file.id().is_zero());
        let Some(name) = path(delta.new_file()).or_else(|| path(delta.old_file())) else {
            continue;
        };
        let mut file = ChangedPath {
            path: name.clone(),
            renamed_from: path(delta.old_file()).filter(|_| delta.status() == Delta::Renamed),
            before: hash(delta.old_file()),
            after: hash(delta.new_file()),
            ..ChangedPath::default()
        };
        if let Some(patch) = Patch::from_diff(&diff, at)? {
            let (_, added, removed) = patch.line_stats()?;
            (file.added, file.removed) = (added, removed);
            file.lines = added_lines(&patch, wanted)?;
        }
        found.insert(name, file);
    }
    Ok(found.into_values().collect())
}

fn added_lines(patch: &Patch<'_>, wanted: &dyn Fn(&str) -> bool) -> Result<Vec<(u32, String)>> {
    let mut lines = Vec::new();
    for hunk in 0..patch.num_hunks() {
        for line in 0..patch.num_lines_in_hunk(hunk)? {
            let line = patch.line_in_hunk(hunk, line)?;
            let text = String::from_utf8_lossy(line.content());
            if let Some(number) = line.new_lineno().filter(|_| line.origin() == '+' && wanted(&text)) {
                lines.push((number, text.trim().to_owned()));
            }
        }
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::super::tests::Place;
    use super::*;

    #[test]
    fn a_branch_is_seen_from_where_it_left_even_when_it_was_merged() {
        let place = Place::new();
        place.put("a.yaml", "a: 1\n");
        place.put("old.md", &"a long text of its own\n".repeat(9));
        place.git(&["add", "-A"]);
        place.git(&["commit", "-q", "-m", "one"]);
        let base = place.git(&["rev-parse", "HEAD"]).trim().to_owned();
        place.git(&["checkout", "-q", "-b", "topic"]);
        place.put("a.yaml", "a: 2\nb: 3 # TODO later\n");
        place.git(&["mv", "old.md", "new.md"]);
        place.git(&["commit", "-q", "-am", "fix: two"]);
        let head = place.git(&["rev-parse", "HEAD"]).trim().to_owned();
        place.git(&["checkout", "-q", "-"]);
        place.put("c.md", "meanwhile\n");
        place.git(&["add", "-A"]);
        place.git(&["commit", "-q", "-m", "meanwhile"]);
        let check = |merged: Option<&str>| {
            let changes = place
                .open()
                .changes_of(&head, &Left { merged, ..Left::default() }, &|it| it.contains("TODO"))
                .unwrap()
                .unwrap();
            assert_eq!((changes.merge_base.as_str(), changes.commits.len()), (base.as_str(), 1));
            let files: Vec<_> = changes
                .files
                .iter()
                .map(|it| (it.path.as_str(), it.added, it.removed, it.renamed_from.as_deref()))
                .collect();
            assert_eq!(files, [("a.yaml", 2, 1, None), ("new.md", 0, 0, Some("old.md"))]);
            assert_eq!(changes.files[0].lines, [(2, "b: 3 # TODO later".to_owned())]);
        };
        check(None);
        place.git(&["merge", "-q", "--no-ff", "-m", "merge", "topic"]);
        let merge = place.git(&["rev-parse", "HEAD"]).trim().to_owned();
        check(Some(&merge));
        assert_eq!(
            place.open().shape(&merge, &head).unwrap(),
            Some(Shape {
                parents: 2,
                is_same_tree: false
            })
        );
        assert!(
            place
                .open()
                .changes_of("0123456789", &Left::default(), &|_| false)
                .unwrap()
                .is_none()
        );
    }
}
