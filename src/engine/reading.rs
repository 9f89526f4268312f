//! How a file of a source is read: from the disk, or from the commit of a clone. Knows both; must not know what files mean.

use std::sync::Arc;

use crate::{
    engine::{handle::Source, repo::Snapshot},
    io::vault::{FileText, ReadError, Stamp},
    model::path::NotePath,
};

impl Source {
    /// Says whether this is a repository that is only read, and no vault.
    pub fn is_repo(&self) -> bool {
        self.repo.is_some()
    }

    /// Says whether a repository's own rules leave nothing of a file but its name.
    pub fn is_name_only(&self, path: &NotePath) -> bool {
        let listed = self.repo.as_ref().and_then(|it| it.listed());
        listed.is_some_and(|it| it.name_only.contains(path))
    }

    /// Says whether this is a clone of ours.
    pub fn is_clone(&self) -> bool {
        self.repo.as_ref().is_some_and(|it| it.is_clone())
    }

    /// Says whether this is a clone that was never fetched.
    pub fn is_unread_clone(&self) -> bool {
        self.repo.as_ref().is_some_and(|it| it.is_clone() && it.now().is_none())
    }

    /// Returns why a clone of ours, or its remote, cannot be read at present, in words; `None` while nothing is known of that.
    pub fn trouble(&self) -> Option<Arc<String>> {
        self.repo.as_ref()?.trouble()
    }

    /// Returns why the repository of a checkout cannot be read, and what to do.
    pub fn refused(&self) -> Option<Arc<String>> {
        self.repo.as_ref()?.refused()
    }

    /// Returns the commit that is read, of a clone.
    pub fn commit(&self) -> Option<String> {
        let repo = self.repo.as_ref().filter(|it| it.is_clone())?;
        repo.now().map(|it| it.commit.clone()).filter(|it| !it.is_empty())
    }

    /// Returns what is known of all commits, of a repository.
    pub fn snapshot(&self) -> Option<Arc<Snapshot>> {
        self.repo.as_ref()?.now()
    }

    /// Returns what a file looks like, `None` when there is none. Of a repository the time of change is that of the last commit.
    pub fn stamp(&self, path: &NotePath) -> Result<Option<Stamp>, ReadError> {
        let Some(repo) = &self.repo else {
            return self.vault.stamp(path);
        };
        let snapshot = repo.now();
        if repo.is_clone() {
            return Ok(snapshot.and_then(|it| Some(it.stamp(it.files.get(path)?))));
        }
        if !repo.listed().is_some_and(|it| it.files.contains(path)) {
            return Ok(None);
        }
        self.stamp_on_disk(path)
    }

    /// Returns what a file of a checkout looks like, whether or not it was listed.
    pub(super) fn stamp_on_disk(&self, path: &NotePath) -> Result<Option<Stamp>, ReadError> {
        let stamp = self.vault.stamp(path)?;
        Ok(stamp.map(|it| self.committed(it, path)))
    }

    /// Reads a file whole, at most so many bytes. Secrets in a repository are not masked yet.
    pub fn read(&self, path: &NotePath, most: u64) -> Result<FileText, ReadError> {
        let Some(repo) = &self.repo else {
            return self.vault.read(path, most);
        };
        let snapshot = repo.now();
        let Some(mirror) = &repo.mirror else {
            // What git ignores is nobody's to read, and a file that came just now is not known yet.
            if !repo.listed().ok_or(ReadError::RootGone)?.files.contains(path) {
                return Err(ReadError::NotFound);
            }
            let file = self.vault.read(path, most)?;
            return Ok(FileText {
                stamp: self.committed(file.stamp, path),
                ..file
            });
        };
        // Not cloned yet: whether the file exists is not known.
        let snapshot = snapshot.ok_or(ReadError::RootGone)?;
        let file = snapshot.files.get(path).ok_or(ReadError::NotFound)?;
        if file.size > most {
            return Err(ReadError::TooLarge { size: file.size });
        }
        let repository = mirror.repository();
        let bytes = repository.beginning(file.hash, usize::MAX).map_err(|why| {
            repository.doubt(&why);
            ReadError::Unreadable(std::io::Error::other(why))
        })?;
        Ok(FileText {
            bytes,
            stamp: snapshot.stamp(file),
        })
    }

    fn committed(&self, stamp: Stamp, path: &NotePath) -> Stamp {
        let modified = self.repo.as_ref().and_then(|it| it.modified(path));
        Stamp {
            mtime_ns: modified.unwrap_or(stamp.mtime_ns),
            ..stamp
        }
    }
}
