//! What a clone knows of a pull request: commits, files, the resources that it changes, what it leaves to do, how it was merged. Knows both git
//! and the model of pull requests; asks no forge.

use std::borrow::Cow;

use anyhow::Result;
use jiff::Timestamp;

use crate::{
    engine::document::repo::visible,
    io::git::{ChangedPath, Left, Repository, is_branch},
    model::{
        config_file::{changes::changes, generated},
        hash::ContentHash,
        path::NotePath,
        pull_request::{Change, ChangedFile, Commit, Diff, ForgeKind, LeftToDo, MergeSeen, Method, PullRequest, ResourceChange, merges},
        secrets,
    },
};

/// Files of more bytes are not looked into for resources.
const MOST_BYTES: usize = 512 << 10;

/// So many files are looked into for resources, and so many resources and lines are kept.
const MOST_LOOKED_INTO: usize = 300;
const MOST_RESOURCES: usize = 500;
const MOST_LEFT: usize = 50;

/// In the place of a value that must not be told.
const HIDDEN: &str = "[redacted:secret]";

/// The longest line that is kept of what is left to do.
const MOST_LINE: usize = 200;

/// Returns what the clone says of a pull request whose head is known; `None` when the clone has no such commit. Of one that no forge tells of
/// (`is_alone`) it says also what it is called and whether it was merged, as far as commits name that.
pub(super) fn from_clone(repository: &Repository, known: &PullRequest, kind: ForgeKind, is_alone: bool) -> Result<Option<PullRequest>> {
    let Some(head) = &known.head_sha else { return Ok(None) };
    let mut part = PullRequest::unknown(known.id.clone());
    let is_told = known.merge_commit.is_some() && known.merge_seen.is_none();
    if is_alone && !is_told {
        let names_it = |message: &str| merges(message, kind, &known.id);
        let seen = |(commit, second)| {
            let time = Timestamp::from_second(second).ok()?;
            Some(MergeSeen { commit, time })
        };
        part.merge_seen = repository.last_beyond(head, &names_it)?.and_then(seen);
    }
    let merge_commit = part.merge_seen.as_ref().map(|it| it.commit.clone()).or(known.merge_commit.clone());
    let leaves_work = |line: &str| remark(line).is_some();
    let left = Left {
        merge_base: known.merge_base.as_deref(),
        merged: merge_commit.as_deref(),
        base: known.base.as_ref().map(|_| place_of_base(known.id.number)),
    };
    let found = repository.changes_of(head, &left, &leaves_work)?;
    let Some(found) = found else { return Ok(None) };
    if is_alone && known.title.is_none() {
        let last = found.commits.last().and_then(|it| it.message.lines().next());
        part.title = last.map(str::to_owned).filter(|it| !it.trim().is_empty());
    }
    // Of the very state that it was asked for.
    part.updated = known.updated;
    part.head_sha = Some(found.head.clone());
    part.merge_base = Some(found.merge_base);
    part.method = merge_commit
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

/// Returns how the branch is fetched that a pull request goes into; `None` for what is no name of a branch: others say what it is.
pub(super) fn fetch_of_base(branch: &str, number: u64) -> Option<String> {
    is_branch(branch).then(|| format!("+refs/heads/{branch}:{}", place_of_base(number)))
}

/// Under which name it is kept: one for each pull request, for a branch `a` may be followed by one called `a/b`.
fn place_of_base(number: u64) -> String {
    format!("refs/bases/{number}")
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
        let (before, after) = (text(repository, file.before)?, text(repository, file.after)?);
        all.extend(told(&file.path, before.as_deref(), after.as_deref()));
        if all.len() >= MOST_RESOURCES {
            break;
        }
    }
    all.truncate(MOST_RESOURCES);
    Ok(all)
}

/// Returns what changed between two texts as it may be told: that a secret changed, but of values only what the masked texts show.
fn told(path: &str, before: Option<&str>, after: Option<&str>) -> Vec<ResourceChange> {
    let masked = |text: Option<&str>| {
        let path = NotePath::parse_in_repo(path).ok()?;
        visible(&path, text?.as_bytes()).ok().map(Cow::into_owned)
    };
    let shown = changes(path, masked(before).as_deref(), masked(after).as_deref());
    let mut all = changes(path, before, after);
    for change in &mut all {
        let same = |it: &&ResourceChange| (&it.kind, &it.namespace, &it.name) == (&change.kind, &change.namespace, &change.name);
        let shown = shown.iter().find(same).map_or(&[][..], |it| it.keys.as_slice());
        for key in &mut change.keys {
            if let Some(shown) = shown.iter().find(|it| it.key == key.key) {
                key.clone_from(shown);
            } else {
                // Equal once masked, so that a secret is what differs.
                let hidden = |it: &mut Option<String>| it.iter_mut().for_each(|it| HIDDEN.clone_into(it));
                hidden(&mut key.before);
                hidden(&mut key.after);
            }
        }
    }
    all
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

/// Returns what a line says is left to do, from the word on: what stands before may be a value that nobody may see.
fn remark(line: &str) -> Option<&str> {
    let at = ["TODO", "FIXME"].iter().filter_map(|it| line.find(it)).min()?;
    Some(line[at..].trim_end())
}

fn left_to_do(files: &[ChangedPath]) -> Vec<LeftToDo> {
    let lines = files.iter().filter(|it| !generated::is_generated(&it.path, "")).flat_map(|file| {
        file.lines.iter().map(|(line, text)| LeftToDo {
            path: file.path.clone(),
            line: u64::from(*line),
            text: secrets::mask(remark(text).unwrap_or_default()).chars().take(MOST_LINE).collect(),
        })
    });
    lines.take(MOST_LEFT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(password: &str, image: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web, namespace: ai}}\nspec:\n  template:\n    spec:\n      containers:\n        \
             - name: app\n          image: {image}\n          env:\n            - name: DB_PASSWORD\n              value: {password}\n"
        )
    }

    #[test]
    fn that_a_secret_changed_is_told_and_never_the_secret() {
        let (before, after) = (deployment("Kestrel81x", "nginx:1.26"), deployment("Merlin47qq", "nginx:1.27"));
        let found = told("apps/web.yaml", Some(&before), Some(&after));
        let text = format!("{found:?}");
        assert!(!text.contains("Kestrel81x") && !text.contains("Merlin47qq"), "{text}");
        assert!(
            text.contains("DB_PASSWORD") && text.contains("nginx:1.26") && text.contains("nginx:1.27"),
            "{text}"
        );
    }

    #[test]
    fn of_a_line_only_the_remark_is_told() {
        assert_eq!(remark("  value: Kestrel81x # TODO rotate it\n"), Some("TODO rotate it"));
        assert_eq!(remark("nothing"), None);
    }

    #[test]
    fn of_a_file_that_is_known_by_its_name_only_the_resource_is_told() {
        let secret =
            |word: &str| format!("apiVersion: v1\nkind: Secret\nmetadata: {{name: sec, namespace: ai}}\nstringData:\n  word: {word}\n");
        let found = told("apps/web-secret.yaml", Some(&secret("Kestrel81x")), Some(&secret("Merlin47qq")));
        let text = format!("{found:?}");
        assert!(found.len() == 1 && found[0].name == "sec" && found[0].keys_total == 1, "{text}");
        assert!(!text.contains("Kestrel81x") && !text.contains("Merlin47qq"), "{text}");
    }
}
