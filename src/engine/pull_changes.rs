//! What a clone knows of a pull request: commits, files, the resources that it changes, what it leaves to do, how it was merged. Knows both git
//! and the model of pull requests; asks no forge.

use anyhow::Result;
use jiff::Timestamp;

use crate::{
    io::git::{ChangedPath, Repository},
    model::{
        config_file::{changes::changes, generated},
        hash::ContentHash,
        pull_request::{Change, ChangedFile, Commit, Diff, LeftToDo, Method, PullRequest, ResourceChange},
        secrets,
    },
};

/// Files of more bytes are not looked into for resources.
const MOST_BYTES: usize = 512 << 10;

/// So many files are looked into for resources, and so many resources and lines are kept.
const MOST_LOOKED_INTO: usize = 300;
const MOST_RESOURCES: usize = 500;
const MOST_LEFT: usize = 50;

/// The longest line that is kept of what is left to do.
const MOST_LINE: usize = 200;

/// Returns what the clone says of a pull request whose head is known; `None` when the clone has no such commit.
pub(super) fn from_clone(repository: &Repository, known: &PullRequest) -> Result<Option<PullRequest>> {
    let Some(head) = &known.head_sha else { return Ok(None) };
    let leaves_work = |line: &str| ["TODO", "FIXME"].iter().any(|it| line.contains(it));
    let found = repository.changes_of(head, known.merge_base.as_deref(), known.merge_commit.as_deref(), &leaves_work)?;
    let Some(found) = found else { return Ok(None) };
    let mut part = PullRequest::unknown(known.id.clone());
    // Of the very state that it was asked for.
    part.updated = known.updated;
    part.head_sha = Some(found.head.clone());
    part.merge_base = Some(found.merge_base);
    part.method = known
        .merge_commit
        .as_deref()
        .map(|it| method(repository, it, head, found.commits.len()))
        .transpose()?
        .flatten();
    part.commits = Some(
        found
            .commits
            .into_iter()
            .map(|it| Commit {
                sha: it.sha,
                message: it.message,
                author: it.author,
                time: Timestamp::from_second(it.time).ok(),
            })
            .collect(),
    );
    part.diff = Some(Diff {
        resources: resources(repository, &found.files)?,
        left_to_do: left_to_do(&found.files),
        files: found.files.into_iter().map(changed_file).collect(),
    });
    Ok(Some(part))
}

/// Two parents are a merge. One is a squash, or of a rebase the last of several commits that hold what the branch held.
fn method(repository: &Repository, merged: &str, head: &str, commits: usize) -> Result<Option<Method>> {
    let Some(shape) = repository.shape(merged, head)? else {
        return Ok(None);
    };
    Ok(Some(match shape.parents {
        2.. => Method::Merge,
        _ if merged == head || (shape.is_same_tree && commits > 1 && is_rebased(repository, merged, head)?) => Method::Rebase,
        _ => Method::Squash,
    }))
}

/// Says whether the commit on the branch has the message of the head's: a squash has one of its own.
fn is_rebased(repository: &Repository, merged: &str, head: &str) -> Result<bool> {
    Ok(repository.subject_of(merged)? == repository.subject_of(head)?)
}

fn changed_file(it: ChangedPath) -> ChangedFile {
    ChangedFile {
        kind: match (it.before, it.after) {
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
            _ => Change::Modified,
        },
        generated: generated::is_generated(&it.path, ""),
        added: it.added as u64,
        removed: it.removed as u64,
        path: it.path,
        renamed_from: it.renamed_from,
    }
}

fn resources(repository: &Repository, files: &[ChangedPath]) -> Result<Vec<ResourceChange>> {
    let is_manifest = |it: &&ChangedPath| [".yaml", ".yml"].iter().any(|end| it.path.ends_with(end));
    let mut all = Vec::new();
    for file in files.iter().filter(is_manifest).take(MOST_LOOKED_INTO) {
        let before = text(repository, file.before)?;
        let after = text(repository, file.after)?;
        all.extend(changes(&file.path, before.as_deref(), after.as_deref()));
        if all.len() >= MOST_RESOURCES {
            break;
        }
    }
    all.truncate(MOST_RESOURCES);
    Ok(all)
}

/// Returns a file's text, secrets and all: what changes of it is told masked. `None` where there is none to be looked into.
fn text(repository: &Repository, hash: Option<ContentHash>) -> Result<Option<String>> {
    let Some(hash) = hash else { return Ok(None) };
    let bytes = repository.beginning(hash, MOST_BYTES + 1)?;
    if bytes.len() > MOST_BYTES {
        return Ok(None);
    }
    Ok(String::from_utf8(bytes).ok())
}

fn left_to_do(files: &[ChangedPath]) -> Vec<LeftToDo> {
    let lines = files.iter().filter(|it| !generated::is_generated(&it.path, "")).flat_map(|file| {
        file.lines.iter().map(|(line, text)| LeftToDo {
            path: file.path.clone(),
            line: u64::from(*line),
            text: secrets::mask(text).chars().take(MOST_LINE).collect(),
        })
    });
    lines.take(MOST_LEFT).collect()
}
