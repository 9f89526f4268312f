//! Which paths git must not take from us in a shared repository. Reads rules and trees; writes nothing.

use std::path::Path;

use git2::{AttrCheckFlags, AttrValue, Index, ObjectType, Repository, Tree};

use crate::{
    io::git::entry::{self, SYMLINK},
    model::path::NotePath,
};

/// Attributes that make git store other bytes than those on the disk; libgit2 would store them raw.
const CONVERTING: [&str; 2] = ["filter", "working-tree-encoding"];

/// Returns why git must not take the path, `None` when it may.
pub(super) fn refusal(
    handle: &Repository,
    root: &Path,
    head: Option<&Tree<'_>>,
    index: &Index,
    path: &NotePath,
) -> Result<Option<String>, git2::Error> {
    let text = path.as_str();
    let at = |path: &str| head.map_or(Ok(None), |it| entry::find(it, path));
    for folder in entry::folders_above(text) {
        let entry = at(folder)?;
        if entry.is_some_and(|it| it.kind == Some(ObjectType::Commit)) || root.join(folder).join(".git").symlink_metadata().is_ok() {
            return Ok(Some(format!("{folder} is a git repository of its own")));
        }
        if entry.is_some_and(|it| it.mode == SYMLINK) && root.join(folder).is_symlink() {
            return Ok(Some(format!("{folder} is a symbolic link in git")));
        }
    }
    let known = at(text)?;
    if known.is_some_and(|it| it.kind == Some(ObjectType::Commit)) {
        return Ok(Some(format!("{text} is a submodule")));
    }
    for name in CONVERTING {
        let value = handle.get_attr(text.as_ref(), name, AttrCheckFlags::FILE_THEN_INDEX)?;
        if let AttrValue::String(value) = AttrValue::from_string(value) {
            return Ok(Some(format!(
                "{text} has the git attribute {name}={value}, which only git itself can apply"
            )));
        }
    }
    let is_tracked = known.is_some() || index.get_path(text.as_ref(), 0).is_some();
    if !is_tracked && handle.is_path_ignored(text)? {
        return Ok(Some(format!("{text} is ignored by git")));
    }
    Ok(None)
}
