//! What others pushed comes in: a merge that is worked out on objects alone, and the moment in which the branch takes it over. Of a conflict
//! both sides stay, as files; nobody's text gets markers. Which files the vault must get in between is told, not done, but for paths that no
//! note can have.

use std::path::Path;

use git2::{
    Commit, ErrorCode, IndexConflict, IndexEntry, MergeOptions, Oid, Repository as Handle, Signature, Time, Tree, build::CheckoutBuilder,
};
use jiff::Timestamp;

use crate::{
    io::git::{
        NotNow, NotNowReason, Repository, Upstream, commit,
        entry::{EXECUTABLE, PLAIN},
        lock::IndexLock,
        message::{self, COMMITTER, Message},
        sign,
        staged::Staged,
    },
    model::hash::ContentHash,
};

const STAGE_BITS: u16 = 0x3000;

/// The longest name of a file that file systems take, in bytes.
const MAX_NAME: usize = 255;

/// A merge that was worked out: our branch has not moved yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merge {
    branch: String,
    /// Where our branch was.
    ours: Option<Oid>,
    /// Where it is to go: their commit, or one with both as parents.
    tip: Oid,
    /// The files that this changes, by path.
    pub incoming: Vec<Incoming>,
    /// Paths of the files that hold their side of a conflict.
    pub copies: Vec<String>,
}

/// One file that a merge changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// As git has it; not always the path of a note.
    pub path: String,
    /// What our branch holds, `None` for a new file.
    pub before: Option<ContentHash>,
    /// What the merge holds, `None` when the file goes.
    pub after: Option<ContentHash>,
    /// An ordinary file, no program, link or submodule, before and after.
    pub is_plain: bool,
}

impl Repository {
    /// Works out what our branch and theirs, as last fetched, amount to; `None` when theirs brings nothing. `time` is that of a commit that
    /// this may need, in Unix seconds.
    pub fn plan_merge(&self, upstream: &Upstream, time: i64) -> Result<Option<Merge>, NotNow> {
        let handle = self.handle()?;
        let ours = id_of(&handle, &upstream.branch)?;
        let Some(theirs) = id_of(&handle, &upstream.tracking)? else {
            return Ok(None);
        };
        let mut copies = Vec::new();
        let tip = match ours {
            Some(ours) if ours == theirs || handle.graph_descendant_of(ours, theirs)? => return Ok(None),
            Some(ours) if !handle.graph_descendant_of(theirs, ours)? => {
                let parents = [&handle.find_commit(ours)?, &handle.find_commit(theirs)?];
                let tree = merged(&handle, parents, &mut copies)?;
                committed(&handle, self.signing_key.as_deref(), upstream, parents, &tree, &copies, time)?
            }
            _ => theirs,
        };
        let before = ours.map(|it| handle.find_commit(it)?.tree()).transpose()?;
        let after = handle.find_commit(tip)?.tree()?;
        Ok(Some(Merge {
            branch: upstream.branch.clone(),
            ours,
            tip,
            incoming: incoming(&handle, before.as_ref(), &after)?,
            copies,
        }))
    }

    /// Returns the bytes of a blob.
    pub fn blob(&self, hash: ContentHash) -> anyhow::Result<Vec<u8>> {
        let handle = self.handle()?;
        Ok(handle.find_blob(Oid::from_bytes(hash.as_bytes())?)?.content().to_vec())
    }

    /// Writes one file of the merge, whatever it is, unless somebody has changed it here.
    pub fn check_out(&self, merge: &Merge, path: &str) -> anyhow::Result<()> {
        let handle = self.handle()?;
        let tree = handle.find_commit(merge.tip)?.tree()?;
        let mut options = CheckoutBuilder::new();
        options.safe().recreate_missing(true).update_index(false);
        options.disable_pathspec_match(true).path(path);
        Ok(handle.checkout_tree(tree.as_object(), Some(&mut options))?)
    }

    /// Moves our branch to the merge and keeps the user's index in step. `false` when the branch is not where it was: then plan anew.
    pub fn finish_merge(&self, merge: &Merge) -> Result<bool, NotNow> {
        let handle = self.handle()?;
        let mut lock = IndexLock::acquire(handle.path(), handle.commondir())?;
        commit::check_clean(&handle)?;
        if commit::branch(&handle)? != merge.branch || id_of(&handle, &merge.branch)? != merge.ours {
            return Ok(false);
        }
        let before = merge.ours.map(|it| handle.find_commit(it)?.tree()).transpose()?;
        let after = handle.find_commit(merge.tip)?.tree()?;
        let blob = |it: &Incoming| it.after.map(|it| Oid::from_bytes(it.as_bytes())).transpose();
        let blobs = merge
            .incoming
            .iter()
            .map(|it| Ok([blob(it)?]))
            .collect::<Result<Vec<_>, git2::Error>>()?;
        let touched = merge
            .incoming
            .iter()
            .zip(&blobs)
            .map(|(it, blob)| (it.path.as_str(), blob.as_slice()));
        let staged = Staged::copy(handle.path())?.update(&self.root, before.as_ref(), Some(&after), touched)?;
        commit::sync(&handle)?;
        lock.will_move(&merge.branch, merge.tip)
            .map_err(|error| NotNow::new(NotNowReason::Failed, format!("cannot note a merge: {error}")))?;
        staged.publish()?;
        match commit::move_branch(&handle, &merge.branch, merge.ours, Some(merge.tip)) {
            Ok(true) => Ok(true),
            moved => {
                staged.take_back();
                moved
            }
        }
    }
}

fn id_of(handle: &Handle, name: &str) -> Result<Option<Oid>, git2::Error> {
    match handle.refname_to_id(name) {
        Ok(id) => Ok(Some(id)),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the tree of both sides, and adds the paths of conflict copies.
fn merged<'a>(handle: &'a Handle, [ours, theirs]: [&Commit<'_>; 2], copies: &mut Vec<String>) -> Result<Tree<'a>, NotNow> {
    let mut options = MergeOptions::new();
    // A path is a note's identity here: text must not wander to another one by likeness.
    options.find_renames(false);
    let mut index = handle.merge_commits(ours, theirs, Some(&options))?;
    let conflicts = index.conflicts()?.collect::<Result<Vec<IndexConflict>, git2::Error>>()?;
    for IndexConflict { ancestor, our, their } in conflicts {
        let Some(path) = [&our, &their, &ancestor].into_iter().flatten().map(|it| it.path.clone()).next() else {
            continue;
        };
        let path = String::from_utf8_lossy(&path).into_owned();
        index.conflict_remove(Path::new(&path))?;
        match (our, their) {
            (Some(our), Some(their)) => {
                let is_file = |it: &IndexEntry| [PLAIN, EXECUTABLE].contains(&it.mode.cast_signed());
                if is_file(&their) && their.id != our.id {
                    let copy = copy_name(&path, theirs, |name| index.get_path(Path::new(name), 0).is_some());
                    index.add(&resolved(their, &copy))?;
                    copies.push(copy);
                }
                index.add(&resolved(our, &path))?;
            }
            // Deleted by one, changed by the other: the text stays.
            (Some(kept), None) | (None, Some(kept)) => index.add(&resolved(kept, &path))?,
            (None, None) => {}
        }
    }
    let tree = index.write_tree_to(handle).map_err(|error| {
        let detail = format!("what others pushed cannot be merged: {}; merge it by hand", error.message());
        NotNow::new(NotNowReason::Failed, detail)
    })?;
    Ok(handle.find_tree(tree)?)
}

fn resolved(mut entry: IndexEntry, path: &str) -> IndexEntry {
    entry.flags &= !STAGE_BITS;
    entry.path = path.as_bytes().to_vec();
    entry
}

/// Returns a free name beside the path that says whose text it holds: `name (conflict origin 2026-02-03 1a2b3c4).md`.
fn copy_name(path: &str, theirs: &Commit<'_>, is_taken: impl Fn(&str) -> bool) -> String {
    let (folder, name) = path
        .rsplit_once('/')
        .map_or(("", path), |(folder, name)| (&path[..=folder.len()], name));
    let (stem, extension) = match name.rfind('.') {
        Some(at @ 1..) => name.split_at(at),
        _ => (name, ""),
    };
    let date = Timestamp::from_second(theirs.time().seconds())
        .unwrap_or_default()
        .strftime("%Y-%m-%d")
        .to_string();
    let sha = &theirs.id().to_string()[..7];
    let mut number = 1;
    loop {
        let twin = if number == 1 { String::new() } else { format!(" {number}") };
        let end = format!(" (conflict origin {date} {sha}{twin}){extension}");
        let stem = &stem[..stem.floor_char_boundary(MAX_NAME.saturating_sub(end.len()))];
        let copy = format!("{folder}{stem}{end}");
        if !is_taken(&copy) {
            return copy;
        }
        number += 1;
    }
}

fn committed(
    handle: &Handle,
    key: Option<&Path>,
    upstream: &Upstream,
    parents: [&Commit<'_>; 2],
    tree: &Tree<'_>,
    copies: &[String],
    time: i64,
) -> Result<Oid, NotNow> {
    let signature = Signature::new(COMMITTER.0, COMMITTER.1, &Time::new(time, 0))?;
    let theirs = upstream.theirs.trim_start_matches("refs/heads/");
    let message = message::render(&Message {
        subject: format!("sync: merge {}/{theirs}", upstream.remote),
        body: copies.iter().map(|it| format!("Both sides changed it: {it}\n")).collect(),
        trailers: vec![("Membridge-Op".to_owned(), "merge".to_owned())],
    });
    let buffer = handle.commit_create_buffer(&signature, &signature, &message, tree, &parents)?;
    sign::write_commit(handle, key, &buffer)
}

fn incoming(handle: &Handle, before: Option<&Tree<'_>>, after: &Tree<'_>) -> Result<Vec<Incoming>, git2::Error> {
    let diff = handle.diff_tree_to_tree(before, Some(after), None)?;
    let changed = diff.deltas().filter_map(|delta| {
        let path = delta.new_file().path_bytes().or(delta.old_file().path_bytes())?;
        let side = |it: git2::DiffFile<'_>| it.exists().then(|| ContentHash::from_bytes(it.id().as_bytes())).flatten();
        let is_plain = |it: git2::DiffFile<'_>| !it.exists() || it.mode() == git2::FileMode::Blob;
        Some(Incoming {
            path: std::str::from_utf8(path).ok()?.to_owned(),
            before: side(delta.old_file()),
            after: side(delta.new_file()),
            is_plain: is_plain(delta.old_file()) && is_plain(delta.new_file()),
        })
    });
    Ok(changed.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_copy_says_whose_text_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let handle = Handle::init(folder.path()).unwrap();
        let tree = handle.find_tree(handle.treebuilder(None).unwrap().write().unwrap()).unwrap();
        let signature = Signature::new("a", "a@b", &Time::new(86_400, 0)).unwrap();
        let id = handle.commit(None, &signature, &signature, "x", &tree, &[]).unwrap();
        let commit = handle.find_commit(id).unwrap();
        let sha = &id.to_string()[..7];
        let check = |path: &str, taken: &[&str], expected: &str| {
            let found = copy_name(path, &commit, |it| taken.contains(&it.replace(sha, "SHA").as_str()));
            assert_eq!(found.replace(sha, "SHA"), expected, "{path}");
            assert!(found.rsplit('/').next().unwrap().len() <= MAX_NAME);
        };
        check("A/b.c.md", &[], "A/b.c (conflict origin 1970-01-02 SHA).md");
        check("b", &[], "b (conflict origin 1970-01-02 SHA)");
        check(
            "b.md",
            &["b (conflict origin 1970-01-02 SHA).md"],
            "b (conflict origin 1970-01-02 SHA 2).md",
        );
        let long = format!("{}.md", "é".repeat(126));
        let cut = format!("{} (conflict origin 1970-01-02 SHA).md", "é".repeat(107));
        check(&long, &[], &cut);
    }
}
