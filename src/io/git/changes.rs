//! What changed since a commit or a moment. Compares trees by itself: libgit2 reads even the folders that are equal, which takes ten times as
//! long.

use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use git2::{Commit, ObjectType, Oid, Repository as Handle, Sort, Tree};

use crate::{
    io::git::{
        Repository, entry,
        history::{CommitInfo, info, resolved},
    },
    model::{hash::ContentHash, path::NotePath},
};

/// Committers' clocks differ: the walk ends after so many commits in a row that are too old.
const SLOP: usize = 64;

/// Where to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    /// After this commit: it and what it stands on are left out. As [`Repository::resolve`] takes it.
    Commit(String),
    /// At this Unix second.
    Time(i64),
}

/// What a commit did to one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    Added,
    Modified,
    Deleted,
}

/// One commit, and what it changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitChanges {
    pub info: CommitInfo,
    /// By path. Hidden files and folders are left out, as they are no part of a vault.
    pub changes: Vec<(String, ChangeKind)>,
}

impl Repository {
    /// Returns the commits since then that changed a file of the vault, newest first, at most `limit`. A merge has only what differs from
    /// each of its parents. Errors when there is no such commit.
    pub fn changes(&self, since: Since, limit: usize) -> anyhow::Result<Vec<CommitChanges>> {
        let handle = self.handle()?;
        let Some(head) = entry::head_commit(&handle)? else {
            return Ok(Vec::new());
        };
        let earliest = match since {
            Since::Time(second) => second,
            Since::Commit(_) => i64::MIN,
        };
        let walk: Box<dyn Iterator<Item = Result<Oid, git2::Error>>> = match since {
            Since::Time(_) => Box::new(ByClock::from(&handle, &head)),
            Since::Commit(text) => {
                let mut walk = handle.revwalk()?;
                walk.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
                walk.push(head.id())?;
                let id = resolved(&handle, &text)?;
                walk.hide(id.ok_or_else(|| anyhow::anyhow!("the repository has no commit {text}"))?)?;
                Box::new(walk)
            }
        };
        let above = self.above(&handle)?;
        let mut found = Vec::new();
        let mut too_old = 0;
        for id in walk {
            if found.len() == limit || too_old == SLOP {
                break;
            }
            let commit = handle.find_commit(id?)?;
            if commit.time().seconds() < earliest {
                too_old += 1;
                continue;
            }
            too_old = 0;
            let changes = changed_by(&handle, &commit, &above, self.is_read_only())?;
            if !changes.is_empty() {
                found.push(CommitChanges {
                    info: info(&commit),
                    changes: changes.into_iter().collect(),
                });
            }
        }
        Ok(found)
    }

    /// Returns the files of the vault at HEAD, none of them read. Hidden ones are left out.
    pub fn files_at_head(&self) -> anyhow::Result<Vec<(NotePath, ContentHash)>> {
        let handle = self.handle()?;
        let mut files = Vec::new();
        let mut folders = Vec::new();
        if let Some(head) = entry::head_commit(&handle)? {
            folders.push((String::new(), head.tree()?));
        }
        while let Some((prefix, tree)) = folders.pop() {
            for (name, (id, kind)) in entries(Some(&tree), false) {
                let path = format!("{prefix}{name}");
                if kind == ObjectType::Tree {
                    folders.push((format!("{path}/"), handle.find_tree(id)?));
                } else if kind == ObjectType::Blob
                    && let (Ok(path), Some(hash)) = (NotePath::parse(&path), ContentHash::from_bytes(id.as_bytes()))
                {
                    files.push((path, hash));
                }
            }
        }
        Ok(files)
    }
}

/// The commits below one, newest first, without reading all of the history before the first; of one second a child comes before its parents,
/// which libgit2's own order by time does not promise.
struct ByClock<'a> {
    handle: &'a Handle,
    queue: BinaryHeap<(i64, Oid)>,
    seen: BTreeSet<Oid>,
}

impl<'a> ByClock<'a> {
    fn from(handle: &'a Handle, head: &Commit<'_>) -> ByClock<'a> {
        ByClock {
            handle,
            queue: BinaryHeap::from([(head.time().seconds(), head.id())]),
            seen: BTreeSet::from([head.id()]),
        }
    }

    fn enqueue_parents(&mut self, id: Oid) -> Result<(), git2::Error> {
        for parent in self.handle.find_commit(id)?.parents() {
            if self.seen.insert(parent.id()) {
                self.queue.push((parent.time().seconds(), parent.id()));
            }
        }
        Ok(())
    }
}

impl Iterator for ByClock<'_> {
    type Item = Result<Oid, git2::Error>;

    fn next(&mut self) -> Option<Self::Item> {
        let (_, id) = self.queue.pop()?;
        Some(self.enqueue_parents(id).map(|()| id))
    }
}

/// Returns what a commit did to each path below a folder, written with its slash (empty for all); of hidden ones only where they are asked for.
pub(super) fn changed_by(
    handle: &Handle,
    commit: &Commit<'_>,
    above: &str,
    hidden: bool,
) -> Result<BTreeMap<String, ChangeKind>, git2::Error> {
    let tree = entry::tree_below(handle, commit, above)?;
    let mut parents = commit.parents();
    let below = |it: Commit<'_>| entry::tree_below(handle, &it, above);
    let first = parents.next().map(below).transpose()?.flatten();
    let mut changes = BTreeMap::new();
    compare(handle, first.as_ref(), tree.as_ref(), "", hidden, &mut changes)?;
    for parent in parents {
        let mut other = BTreeMap::new();
        compare(handle, below(parent)?.as_ref(), tree.as_ref(), "", hidden, &mut other)?;
        changes.retain(|path, _| other.contains_key(path));
    }
    Ok(changes)
}

/// Gathers the files that differ between two trees. Equal folders are not entered.
fn compare(
    handle: &Handle,
    before: Option<&Tree<'_>>,
    after: Option<&Tree<'_>>,
    prefix: &str,
    hidden: bool,
    changes: &mut BTreeMap<String, ChangeKind>,
) -> Result<(), git2::Error> {
    if before.map(Tree::id) == after.map(Tree::id) {
        return Ok(());
    }
    let (old, new) = (entries(before, hidden), entries(after, hidden));
    let names = old.keys().chain(new.keys().filter(|it| !old.contains_key(*it)));
    for name in names {
        let (one, other) = (old.get(name), new.get(name));
        if one == other {
            continue;
        }
        let path = format!("{prefix}{name}");
        let tree_of = |it: Option<&(Oid, ObjectType)>| {
            it.filter(|it| it.1 == ObjectType::Tree)
                .map(|it| handle.find_tree(it.0))
                .transpose()
        };
        let (tree, other_tree) = (tree_of(one)?, tree_of(other)?);
        if tree.is_some() || other_tree.is_some() {
            compare(handle, tree.as_ref(), other_tree.as_ref(), &format!("{path}/"), hidden, changes)?;
        }
        let is_file = |it: Option<&(Oid, ObjectType)>| it.is_some_and(|it| it.1 == ObjectType::Blob);
        let kind = match (is_file(one), is_file(other)) {
            (true, true) => ChangeKind::Modified,
            (true, false) => ChangeKind::Deleted,
            (false, true) => ChangeKind::Added,
            (false, false) => continue,
        };
        changes.insert(path, kind);
    }
    Ok(())
}

/// Returns what a folder holds that a vault would show, or all of it.
fn entries(tree: Option<&Tree<'_>>, hidden: bool) -> BTreeMap<String, (Oid, ObjectType)> {
    let shown = tree.into_iter().flat_map(Tree::iter).filter_map(|it| {
        let name = it.name().ok().filter(|it| hidden || !it.starts_with('.'))?;
        Some((name.to_owned(), (it.id(), it.kind()?)))
    });
    shown.collect()
}
