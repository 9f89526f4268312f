//! Which commit holds a file of a repository just as the index shows it: of a clone the one that is read, of a checkout HEAD's, unless somebody changed
//! the file since. Knows what is committed, and how it would be shown; does not look at the disk.

use crate::{
    engine::{document::repo::visible, handle::Source},
    model::{hash::ContentHash, path::NotePath},
};

/// A larger file is not read to know: the index does not hold it either.
const LARGEST: u64 = 5 << 20;

impl Source {
    /// Returns the commit that holds a file just as it is shown, given the hash of what is shown of it. May read the repository: not for a thread of
    /// the runtime, unless it was asked before.
    pub fn commit_of(&self, path: &NotePath, shown: Option<ContentHash>) -> Option<String> {
        if self.is_clone() {
            return self.commit();
        }
        let repo = self.repo.as_ref()?;
        let snapshot = repo.now()?;
        let file = snapshot.files.get(path).filter(|it| it.size <= LARGEST)?;
        let known = repo.shown.get(file.hash);
        let committed = known.or_else(|| {
            let bytes = self.repository()?.beginning(file.hash, usize::MAX).ok()?;
            let shown = ContentHash::of(visible(path, &bytes).ok()?.as_bytes());
            repo.shown.insert(file.hash, shown);
            Some(shown)
        });
        (committed.is_some() && committed == shown).then(|| snapshot.commit.clone())
    }

    /// Says whether the files of this source may have a commit.
    pub fn has_commits(&self) -> bool {
        self.repo.is_some() && self.snapshot().is_some_and(|it| !it.commit.is_empty())
    }

    /// Takes down what is shown of a file of a checkout that was just read, by the hash of its bytes.
    pub(in crate::engine) fn note_shown(&self, blob: ContentHash, shown: ContentHash) {
        if let Some(repo) = self.repo.as_ref().filter(|it| !it.is_clone()) {
            repo.shown.insert(blob, shown);
        }
    }
}
