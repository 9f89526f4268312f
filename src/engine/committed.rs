//! Which commit holds a file of a repository just as the index shows it: of a clone the one that is read, of a checkout HEAD's, unless somebody changed
//! the file since. Knows what is committed, and how it would be shown; does not look at the disk.

use crate::{
    engine::{document::repo::visible, handle::Source, repo::ShownBlobs},
    model::{hash::ContentHash, path::NotePath},
};

/// A larger file is not read to know, of which the index holds the beginning alone: git is asked.
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
        let is_same = match shown.filter(|_| file.size <= LARGEST) {
            // Nothing of it is shown but its name, or its beginning.
            None => repo.clean.get_or_ask(path, &snapshot.commit, || repository.is_clean(path)),
            Some(shown) => {
                let known = |blobs: &ShownBlobs, as_read: fn(Vec<u8>) -> Vec<u8>| {
                    blobs.get(file.hash).or_else(|| {
                        let bytes = as_read(repository.beginning(file.hash, usize::MAX).ok()?);
                        let shown = ContentHash::of(visible(path, &bytes).ok()?.as_bytes());
                        blobs.insert(file.hash, shown);
                        Some(shown)
                    })
                };
                // That git calls a file unchanged is not enough: the index may be behind the disk. And it is dear to ask.
                known(&repo.shown, |it| it) == Some(shown)
                    || known(&repo.shown_with_crlf, with_crlf) == Some(shown) && repository.is_clean(path)
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

/// Returns a text with the line ends that git gives it where it is told to (`eol=crlf`, `core.autocrlf`).
fn with_crlf(bytes: Vec<u8>) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    let mut before = 0;
    for byte in bytes {
        if byte == b'\n' && before != b'\r' {
            out.push(b'\r');
        }
        out.push(byte);
        before = byte;
    }
    out
}
