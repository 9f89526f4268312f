//! What was committed to one path, and what it held then. Reads commits and trees; writes nothing.

use std::collections::{BTreeSet, BinaryHeap};

use git2::{Commit, ErrorCode, ObjectType, Oid};

use crate::{
    io::git::{
        Repository,
        entry::{self, Entry},
        message,
    },
    model::{hash::ContentHash, path::NotePath},
};

/// One commit, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitInfo {
    /// 40 hexadecimal digits.
    pub sha: String,
    /// When it was committed, in Unix seconds.
    pub time: i64,
    /// `name <email>`.
    pub author: String,
    /// As `author`.
    pub committer: String,
    pub subject: String,
    /// In the order of the message.
    pub trailers: Vec<(String, String)>,
}

/// The commits of one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Newest first.
    pub commits: Vec<CommitInfo>,
    /// There are more than were asked for.
    pub more: bool,
    /// The repository was cloned without its older commits.
    pub shallow: bool,
}

impl Repository {
    /// Returns the bytes of a file at a commit, given as [`Repository::resolve`] takes it; `None` when there is no such commit or file.
    pub fn read_at(&self, path: &NotePath, commit: &str) -> anyhow::Result<Option<Vec<u8>>> {
        let handle = self.handle()?;
        let Some(commit) = resolved(&handle, commit)? else {
            return Ok(None);
        };
        let found = at(&handle.find_commit(commit)?, &(self.above(&handle)? + path.as_str()))?;
        // A link is no file, now or then: its text names a place, which is not for readers.
        let Some(blob) = found.filter(|it| it.kind == Some(ObjectType::Blob) && it.mode != entry::SYMLINK) else {
            return Ok(None);
        };
        Ok(Some(handle.find_blob(blob.id)?.content().to_vec()))
    }

    /// Says whether the repository has these bytes, in whatever commit.
    pub fn holds(&self, hash: ContentHash) -> anyhow::Result<bool> {
        let handle = self.handle()?;
        Ok(handle.odb()?.exists(Oid::from_bytes(hash.as_bytes())?))
    }

    /// As [`Repository::holds`] of many: the repository is opened once.
    pub fn holds_each(&self, hashes: &[ContentHash]) -> anyhow::Result<Vec<bool>> {
        let handle = self.handle()?;
        let objects = handle.odb()?;
        let held = hashes.iter().map(|it| Ok(objects.exists(Oid::from_bytes(it.as_bytes())?)));
        held.collect()
    }

    /// Returns when a commit was made, in Unix seconds; `None` when there is no such commit.
    pub fn time_of(&self, commit: &str) -> anyhow::Result<Option<i64>> {
        let handle = self.handle()?;
        let found = resolved(&handle, commit)?.map(|it| handle.find_commit(it)).transpose()?;
        Ok(found.map(|it| it.time().seconds()))
    }

    /// Returns the commits that touched a path, newest first, at most `limit`. A merge counts only when it differs from every parent, and a
    /// line of history that left the path as it is counts not at all, as in `git log`. Walks back until it has enough: about 40 µs a commit.
    pub fn history(&self, path: &NotePath, limit: usize) -> anyhow::Result<History> {
        let handle = self.handle()?;
        let path = self.above(&handle)? + path.as_str();
        let mut found = History {
            commits: Vec::new(),
            more: false,
            shallow: handle.is_shallow(),
        };
        let mut queue = BinaryHeap::new();
        let mut seen = BTreeSet::new();
        if let Some(head) = entry::head_commit(&handle)? {
            seen.insert(head.id());
            queue.push((head.time().seconds(), head.id()));
        }
        while let Some((_, id)) = queue.pop() {
            let commit = handle.find_commit(id)?;
            let here = at(&commit, &path)?;
            let mut parents = Vec::new();
            for parent in commit.parents() {
                let is_same = parent.tree_id() == commit.tree_id() || at(&parent, &path)? == here;
                parents.push((parent, is_same));
            }
            let differs = if parents.is_empty() {
                here.is_some()
            } else {
                parents.iter().all(|(_, is_same)| !is_same)
            };
            if differs {
                if found.commits.len() == limit {
                    found.more = true;
                    break;
                }
                found.commits.push(info(&commit));
            } else if let Some(at) = parents.iter().position(|(_, is_same)| *is_same) {
                parents = vec![parents.swap_remove(at)];
            }
            for (parent, _) in parents {
                if seen.insert(parent.id()) {
                    queue.push((parent.time().seconds(), parent.id()));
                }
            }
        }
        Ok(found)
    }

    /// Returns the newest commit at or before a Unix second on the line of first parents, `None` when all are younger.
    pub fn commit_at(&self, second: i64) -> anyhow::Result<Option<String>> {
        let handle = self.handle()?;
        let mut next = entry::head_commit(&handle)?;
        while let Some(commit) = next {
            if commit.time().seconds() <= second {
                return Ok(Some(commit.id().to_string()));
            }
            next = commit.parents().next();
        }
        Ok(None)
    }

    /// Says whether the repository was cloned without its older commits.
    pub fn is_shallow(&self) -> anyhow::Result<bool> {
        Ok(self.handle()?.is_shallow())
    }

    /// Returns the full id of the commit that a full or shortened one means (4 to 40 hexadecimal digits), `None` when there is none or
    /// several begin so. Nothing else of git's language for revisions is understood.
    pub fn resolve(&self, rev: &str) -> anyhow::Result<Option<String>> {
        Ok(resolved(&self.handle()?, rev)?.map(|it| it.to_string()))
    }

    /// Says of each commit, by its whole id, whether a revision is it or came after it; `None` where the revision is not known here.
    pub fn holds_commits(&self, revision: &str, commits: &[&str]) -> anyhow::Result<Option<Vec<bool>>> {
        let handle = self.handle()?;
        let Some(revision) = resolved(&handle, revision)? else {
            return Ok(None);
        };
        let holds = |commit: &&str| {
            let Some(commit) = resolved(&handle, commit)? else {
                return Ok(false);
            };
            Ok(commit == revision || handle.graph_descendant_of(revision, commit)?)
        };
        commits
            .iter()
            .map(holds)
            .collect::<Result<Vec<bool>, git2::Error>>()
            .map(Some)
            .map_err(Into::into)
    }
}

/// See [`Repository::resolve`].
pub(super) fn resolved(handle: &git2::Repository, rev: &str) -> Result<Option<Oid>, git2::Error> {
    if !(4..=40).contains(&rev.len()) || !rev.bytes().all(|it| it.is_ascii_hexdigit()) {
        return Ok(None);
    }
    match handle.find_commit_by_prefix(rev) {
        Ok(commit) => Ok(Some(commit.id())),
        Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::Ambiguous | ErrorCode::InvalidSpec) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns a commit in words.
pub(super) fn info(commit: &Commit<'_>) -> CommitInfo {
    let who = |it: git2::Signature<'_>| {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        format!("{} <{}>", text(it.name_bytes()), text(it.email_bytes()))
    };
    CommitInfo {
        sha: commit.id().to_string(),
        time: commit.time().seconds(),
        author: who(commit.author()),
        committer: who(commit.committer()),
        subject: String::from_utf8_lossy(commit.summary_bytes().unwrap_or_default()).into_owned(),
        trailers: message::trailers(&String::from_utf8_lossy(commit.message_bytes())),
    }
}

fn at(commit: &Commit<'_>, path: &str) -> Result<Option<Entry>, git2::Error> {
    entry::find(&commit.tree()?, path)
}
