//! Somebody's work tree, or a folder of one, of which only the history is read: where its repository lies, and which part of it is meant. Knows
//! folders and git's; reads no file.

use std::path::Path;

use git2::{ErrorCode, RepositoryOpenFlags};

use crate::io::git::{Repository, RepositoryKind, damage::Doubts, entry, open_at};

impl Repository {
    /// Returns the repository of a work tree that is only read, or of a folder within one that git keeps something of; `None` where the folder is
    /// neither. A link stays one: git-sync switches it to another work tree and removes the one before.
    pub fn of_checkout(root: &Path) -> Option<Repository> {
        let repository = Repository {
            kind: RepositoryKind::Checkout,
            place: root.to_owned(),
            root: root.to_owned(),
            signing_key: None,
            doubts: Doubts::default(),
        };
        repository.is_kept().unwrap_or(false).then_some(repository)
    }

    /// Returns why the repository of a checkout cannot be read, and what to do; `None` where it can, or where there is none.
    pub fn refusal(root: &Path) -> Option<String> {
        let error = open_around(root).err().filter(|it| it.code() != ErrorCode::NotFound)?;
        Some(match error.code() {
            ErrorCode::Owner => {
                "its repository belongs to another user: run `git config --global --add safe.directory '*'` (or its path) as the \
                                 user who runs membridge, or run both as one user"
                    .to_owned()
            }
            _ => format!("its repository cannot be read: {}", error.message()),
        })
    }

    /// Says whether git keeps anything of the folder: one that merely lies in somebody's repository has no history there.
    fn is_kept(&self) -> Result<bool, git2::Error> {
        let handle = self.handle()?;
        let above = self.above(&handle)?;
        if above.is_empty() {
            return Ok(true);
        }
        let head = entry::head_commit(&handle)?;
        if let Some(head) = head
            && entry::tree_below(&handle, &head, &above)?.is_some()
        {
            return Ok(true);
        }
        Ok(handle.index()?.iter().any(|it| it.path.starts_with(above.as_bytes())))
    }

    /// Returns what stands before a path of the source in the same path of the repository: nothing, or for a checkout that is a folder of its work
    /// tree that folder, with its slash.
    pub(super) fn above(&self, handle: &git2::Repository) -> Result<String, git2::Error> {
        let Some(work_tree) = handle.workdir().filter(|_| self.kind == RepositoryKind::Checkout) else {
            return Ok(String::new());
        };
        let folder = || {
            let (work_tree, root) = (work_tree.canonicalize().ok()?, self.root.canonicalize().ok()?);
            Some(root.strip_prefix(work_tree).ok()?.to_str()?.to_owned())
        };
        match folder() {
            Some(folder) if folder.is_empty() => Ok(folder),
            Some(folder) => Ok(folder + "/"),
            None => Err(git2::Error::from_str("the folder is not one of the repository's work tree")),
        }
    }
}

/// Looks at this folder, and at those above it, where a link leads followed. A bare repository around it is none of its work tree.
pub(super) fn open_around(folder: &Path) -> Result<git2::Repository, git2::Error> {
    match open_at(folder) {
        Err(error) if error.code() == ErrorCode::NotFound => {
            let Ok(folder) = folder.canonicalize() else { return Err(error) };
            let handle = git2::Repository::open_ext(folder, RepositoryOpenFlags::empty(), [] as [&Path; 0])?;
            if handle.is_bare() { Err(error) } else { Ok(handle) }
        }
        opened => opened,
    }
}
