//! How a file of a source is read: from the disk, or from the commit of a clone. Knows both; must not know what files mean.

use std::sync::Arc;

use crate::{
    engine::{handle::Source, repo::Snapshot},
    io::vault::{FileText, ReadError, Stamp},
    model::path::NotePath,
};

/// So much is read of what is too large: what stands further down may tell that the beginning is secret, as the kind of a Secret does below its data,
/// which Kubernetes bounds to 1 MiB.
const BEGINNING: usize = 2 << 20;

/// Of larger files in a clone nothing is read.
const LARGEST: u64 = 64 << 20;

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

    /// Returns the word for the repository whose history is read and never written, once there is a commit.
    pub(super) fn history_read(&self) -> Option<&'static str> {
        let has_commits = self.repo.as_ref()?.now().is_some_and(|it| !it.commit.is_empty());
        let repository = self.repository().filter(|_| has_commits && self.refused().is_none())?;
        Some(repository.kind().as_str())
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

    /// Reads the first whole lines of a file of a repository that is too large to be read whole; none where the lines are too long for that, or the
    /// file is larger than anything that is opened. Secrets are not masked yet.
    pub(super) fn read_beginning(&self, path: &NotePath) -> Result<FileText, ReadError> {
        let Some(repo) = &self.repo else {
            return Err(ReadError::NotFound);
        };
        let mut file = match &repo.mirror {
            None => self.vault.read_beginning(path, BEGINNING as u64)?,
            Some(mirror) => {
                let snapshot = repo.now().ok_or(ReadError::RootGone)?;
                let file = snapshot.files.get(path).ok_or(ReadError::NotFound)?;
                // Git gives a file whole.
                if file.size > LARGEST {
                    return Err(ReadError::TooLarge { size: file.size });
                }
                let bytes = mirror.repository().beginning(file.hash, BEGINNING);
                FileText {
                    bytes: bytes.map_err(|why| ReadError::Unreadable(std::io::Error::other(why)))?,
                    stamp: snapshot.stamp(file),
                }
            }
        };
        file.stamp = self.committed(file.stamp, path);
        let end = memchr::memrchr(b'\n', &file.bytes).map_or(0, |it| it + 1);
        file.bytes.truncate(end);
        Ok(file)
    }

    fn committed(&self, stamp: Stamp, path: &NotePath) -> Stamp {
        let modified = self.repo.as_ref().and_then(|it| it.modified(path));
        Stamp {
            mtime_ns: modified.unwrap_or(stamp.mtime_ns),
            ..stamp
        }
    }
}
