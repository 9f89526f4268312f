//! What is kept of each pull request between its events: one file each, replaced whole. Knows its own folder only; what the parts amount to is
//! the engine's business.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::model::{
    hash::ContentHash,
    pull_request::{PullRequest, PullRequestId, Rollout, fold::Parts},
};

/// Rollouts that are kept for a pull request that is not known yet: the last ones.
pub const ROLLOUTS_MOST: usize = 500;

/// The file of those.
const ROLLOUTS: &str = "rollouts.json";

/// The file of what nobody was told of yet.
const UNTOLD: &str = "untold.json";

/// The file that says by which rules all that is kept was masked.
const MASKED: &str = "masked.json";

/// All that is kept of one pull request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    pub id: PullRequestId,
    /// What its senders told.
    pub parts: Parts,
    /// What its note last said; `None` before there was one.
    pub written: Option<PullRequest>,
    /// Where the note lay then.
    pub path: Option<String>,
    /// Whether the journal tells that it was merged.
    pub journaled: bool,
    /// What a person did with the note.
    #[serde(default)]
    pub wish: Wish,
}

/// What a person did with a note, which is respected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    /// It is where notes are written.
    #[default]
    Kept,
    /// It was deleted: what comes is known, and written when the note is wanted again.
    Deleted,
    /// It was moved out of what may be written.
    LeftAlone,
    /// It is there, without the property by which it is the pull request's.
    Disowned,
}

/// The folder.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
}

impl Known {
    /// Returns what is known of one that nobody told of yet.
    pub fn nothing(id: PullRequestId) -> Known {
        Known {
            id,
            parts: Parts::default(),
            written: None,
            path: None,
            journaled: false,
            wish: Wish::Kept,
        }
    }
}

impl Store {
    /// Opens the folder, creating it.
    pub fn open(folder: &Path) -> Result<Store> {
        fs::create_dir_all(folder).with_context(|| format!("create `{}`", folder.display()))?;
        Ok(Store { folder: folder.to_owned() })
    }

    /// Returns everything that is kept, by id, and how many files cannot be read: the forge tells it again.
    pub fn all(&self) -> Result<(Vec<Known>, usize)> {
        let (mut found, mut unread) = (Vec::new(), 0);
        for entry in fs::read_dir(&self.folder).with_context(|| format!("list `{}`", self.folder.display()))? {
            let file = entry.with_context(|| format!("list `{}`", self.folder.display()))?.path();
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with("pr-") && name.ends_with(".json") {
                match read::<Known>(&file)? {
                    Some(it) => found.push(it),
                    None => unread += 1,
                }
            }
        }
        found.sort_by(|one, other| one.id.cmp(&other.id));
        Ok((found, unread))
    }

    /// Returns what is kept of a pull request.
    pub fn get(&self, id: &PullRequestId) -> Result<Known> {
        let found = read::<Known>(&self.file(id))?.filter(|it| it.id == *id);
        Ok(found.unwrap_or_else(|| Known::nothing(id.clone())))
    }

    /// Keeps it, durably.
    pub fn put(&self, known: &Known) -> Result<()> {
        write(
            &self.file(&known.id),
            &serde_json::to_vec(known).context("write a pull request as JSON")?,
        )
    }

    /// Returns the last rollouts.
    pub fn rollouts(&self) -> Result<Vec<Rollout>> {
        Ok(read(&self.folder.join(ROLLOUTS))?.unwrap_or_default())
    }

    /// Keeps them in place of those.
    pub fn put_rollouts(&self, rollouts: &[Rollout]) -> Result<()> {
        write(
            &self.folder.join(ROLLOUTS),
            &serde_json::to_vec(rollouts).context("write rollouts as JSON")?,
        )
    }

    /// Returns up to where a repository was looked at, as whoever looks wrote it.
    pub fn cursor(&self, host: &str, repo: &str) -> Result<Option<String>> {
        read(&self.cursor_file(host, repo))
    }

    /// Keeps that.
    pub fn put_cursor(&self, host: &str, repo: &str, cursor: &str) -> Result<()> {
        write(
            &self.cursor_file(host, repo),
            &serde_json::to_vec(cursor).context("write a cursor as JSON")?,
        )
    }

    /// Returns the names of pull requests whose notes changed without that somebody was told.
    pub fn untold(&self) -> Result<BTreeSet<String>> {
        Ok(read(&self.folder.join(UNTOLD))?.unwrap_or_default())
    }

    /// Keeps them in place of those.
    pub fn put_untold(&self, names: &BTreeSet<String>) -> Result<()> {
        write(
            &self.folder.join(UNTOLD),
            &serde_json::to_vec(names).context("write names as JSON")?,
        )
    }

    /// Returns by which rules all that is kept was masked last, as whoever did it wrote.
    pub fn masked_by(&self) -> Result<Option<String>> {
        read(&self.folder.join(MASKED))
    }

    /// Keeps that.
    pub fn put_masked_by(&self, rules: &str) -> Result<()> {
        write(
            &self.folder.join(MASKED),
            &serde_json::to_vec(rules).context("write rules as JSON")?,
        )
    }

    fn file(&self, id: &PullRequestId) -> PathBuf {
        // A hash: names of repositories may differ by case only, and hold any sign.
        self.folder.join(format!("pr-{}.json", ContentHash::of(id.to_string().as_bytes())))
    }

    fn cursor_file(&self, host: &str, repo: &str) -> PathBuf {
        self.folder
            .join(format!("cursor-{}.json", ContentHash::of(format!("{host}/{repo}").as_bytes())))
    }
}

fn read<T: DeserializeOwned>(file: &Path) -> Result<Option<T>> {
    let bytes = match fs::read(file) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("read `{}`", file.display())),
    };
    let read = serde_json::from_slice(&bytes);
    Ok(read
        .map_err(|error| tracing::debug!(file = %file.display(), %error, "a file of the state cannot be read and is passed over"))
        .ok())
}

fn write(file: &Path, bytes: &[u8]) -> Result<()> {
    let fresh = file.with_extension("new");
    let write = || -> std::io::Result<()> {
        let mut new = File::create(&fresh)?;
        new.write_all(bytes)?;
        new.sync_all()?;
        fs::rename(&fresh, file)
    };
    write().with_context(|| format!("write `{}`", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let id = |number| PullRequestId {
            host: "git.example".to_owned(),
            repo: "owner/name".to_owned(),
            number,
        };
        assert_eq!(store.get(&id(7)).unwrap(), Known::nothing(id(7)));
        let mut known = Known::nothing(id(7));
        known.parts.add(PullRequest::unknown(id(7)));
        known.wish = Wish::Deleted;
        known.journaled = true;
        store.put(&known).unwrap();
        store.put_cursor("git.example", "owner/name", "x").unwrap();
        let store = Store::open(folder.path()).unwrap();
        assert_eq!(store.get(&id(7)).unwrap(), known);
        assert_eq!(store.all().unwrap(), (vec![known], 0));
        assert_eq!(store.cursor("git.example", "owner/name").unwrap().as_deref(), Some("x"));
        assert_eq!(store.cursor("git.example", "owner/other").unwrap(), None);
    }
}
