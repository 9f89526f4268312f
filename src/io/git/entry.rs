//! What a tree holds at a path, and where HEAD points. Knows git's objects; writes nothing.

use git2::{Commit, ErrorCode, ObjectType, Oid, Repository, Tree};

/// One entry of a tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) id: Oid,
    /// `Blob`, `Tree`, or `Commit` for a submodule.
    pub(super) kind: Option<ObjectType>,
    pub(super) mode: i32,
}

pub(super) const SYMLINK: i32 = 0o120_000;
/// As the index has it.
pub(super) const SUBMODULE: u32 = 0o160_000;
pub(super) const PLAIN: i32 = 0o100_644;
pub(super) const EXECUTABLE: i32 = 0o100_755;

/// Returns the entry at a path. A file on the way to it counts as nothing there.
pub(super) fn find(tree: &Tree<'_>, path: &str) -> Result<Option<Entry>, git2::Error> {
    match tree.get_path(path.as_ref()) {
        Ok(it) => Ok(Some(Entry {
            id: it.id(),
            kind: it.kind(),
            mode: it.filemode_raw(),
        })),
        Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Returns the files of a commit below a folder, written with its slash, or all of them where that is empty; `None` when it has no such folder.
pub(super) fn tree_below<'r>(handle: &'r Repository, commit: &Commit<'_>, folder: &str) -> Result<Option<Tree<'r>>, git2::Error> {
    if folder.is_empty() {
        return handle.find_tree(commit.tree_id()).map(Some);
    }
    let found = find(&commit.tree()?, folder.trim_end_matches('/'))?;
    let folder = found.filter(|it| it.kind == Some(ObjectType::Tree));
    folder.map(|it| handle.find_tree(it.id)).transpose()
}

/// Returns each folder above a path, the outermost first.
pub(super) fn folders_above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// Returns the commit at HEAD, branch or not; `None` when nothing is committed yet.
pub(super) fn head_commit(handle: &Repository) -> Result<Option<Commit<'_>>, git2::Error> {
    match handle.head() {
        Ok(head) => head.peel_to_commit().map(Some),
        Err(error) if matches!(error.code(), ErrorCode::UnbornBranch | ErrorCode::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}
