//! Which commit holds a file of a repository just as the index shows it: of a clone the one that is read, of a checkout HEAD's, unless somebody changed
//! the file since. Knows what is committed, and how it would be shown; does not look at the disk.

use crate::{
    engine::{document::repo::visible, handle::Source},
    io::git::{Repository, TreeFile},
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
        let file = snapshot.files.get(path)?;
        let repository = self.repository()?;
        let is_same = match shown {
            // Nothing of it is shown but its name.
            None => repository.is_clean(path),
            Some(_) if file.size > LARGEST => false,
            Some(shown) => {
                let known = repo.shown.get(file.hash).or_else(|| {
                    let bytes = repository.beginning(file.hash, usize::MAX).ok()?;
                    let shown = ContentHash::of(visible(path, &bytes).ok()?.as_bytes());
                    repo.shown.insert(file.hash, shown);
                    Some(shown)
                });
                known == Some(shown) || repository.is_clean(path) && has_other_ends(&repository, path, file, shown)
            }
        };
        is_same.then(|| snapshot.commit.clone())
    }

    /// Says whether the files of this source may have a commit: those of a repository that was looked at, be there one in it or not.
    pub fn has_commits(&self) -> bool {
        self.snapshot().is_some() && self.repository().is_some()
    }

    /// Takes down what is shown of a file of a checkout that was just read, by the hash of its bytes.
    pub(in crate::engine) fn note_shown(&self, blob: ContentHash, shown: ContentHash) {
        if let Some(repo) = self.repo.as_ref().filter(|it| !it.is_clone()) {
            repo.shown.insert(blob, shown);
        }
    }
}

/// Says whether what is shown is what the commit has with the line ends that git gives it. That git calls the file unchanged is not enough: the index
/// may be behind the disk.
fn has_other_ends(repository: &Repository, path: &NotePath, file: &TreeFile, shown: ContentHash) -> bool {
    let bytes = repository.beginning(file.hash, usize::MAX).unwrap_or_default();
    visible(path, &with_crlf(&bytes)).is_ok_and(|it| ContentHash::of(it.as_bytes()) == shown)
}

/// Returns a text with the line ends that git gives it where it is told to (`eol=crlf`, `core.autocrlf`).
fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    let mut before = 0;
    for byte in bytes {
        if *byte == b'\n' && before != b'\r' {
            out.push(b'\r');
        }
        out.push(*byte);
        before = *byte;
    }
    out
}
