//! Texts of writes that somebody may still save over without having seen them: kept for a while, one file a write, so that a restart knows them.
//! Knows its own folder only. Not synced: what it guards against is a stale save, which needs the service's host to live on.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// A change of a note that is watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// The write's; names the file.
    pub operation: String,
    pub source: String,
    pub path: String,
    /// What the note held before.
    pub base: String,
    /// What was written.
    pub ours: String,
    /// Unix seconds.
    pub time: i64,
}

/// The file of what was told.
const TOLD: &str = "overwritten.txt";

/// The folder.
#[derive(Debug)]
pub struct Outbox {
    folder: PathBuf,
}

impl Outbox {
    /// Opens the folder, creating it, and returns what it keeps, the oldest first. What cannot be read was torn by a crash: its write was
    /// never answered.
    pub fn open(folder: &Path) -> Result<(Outbox, Vec<Kept>)> {
        fs::create_dir_all(folder).with_context(|| format!("create `{}`", folder.display()))?;
        let told = folder.join(TOLD);
        let mut kept: Vec<Kept> = Vec::new();
        for entry in fs::read_dir(folder).with_context(|| format!("list `{}`", folder.display()))? {
            let file = entry.with_context(|| format!("list `{}`", folder.display()))?.path();
            if file == told {
                continue;
            }
            let read = fs::read(&file).ok().and_then(|it| serde_json::from_slice(&it).ok());
            match read {
                Some(it) => kept.push(it),
                None => fs::remove_file(&file).unwrap_or_default(),
            }
        }
        kept.sort_by(|one, other| (one.time, &one.operation).cmp(&(other.time, &other.operation)));
        Ok((Outbox { folder: folder.to_owned() }, kept))
    }

    /// Returns what was told last, see [`Outbox::tell`].
    pub fn told(&self) -> Vec<String> {
        let text = fs::read_to_string(self.folder.join(TOLD)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// Keeps lines that a person should see, in place of those before, so that a restart still tells them.
    pub fn tell(&self, lines: &[String]) -> Result<()> {
        let file = self.folder.join(TOLD);
        fs::write(&file, lines.join("\n")).with_context(|| format!("write `{}`", file.display()))
    }

    /// Keeps a change, in place of one of the same operation.
    pub fn keep(&self, kept: &Kept) -> Result<()> {
        let file = self.file(&kept.operation);
        let text = serde_json::to_vec(kept).context("write a change as JSON")?;
        fs::write(&file, text).with_context(|| format!("write `{}`", file.display()))
    }

    /// Forgets a change. One that stays is forgotten by the next start, by its age.
    pub fn forget(&self, operation: &str) {
        fs::remove_file(self.file(operation)).unwrap_or_default();
    }

    fn file(&self, operation: &str) -> PathBuf {
        self.folder.join(format!("{operation}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_there_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let (outbox, kept) = Outbox::open(folder.path()).unwrap();
        assert!(kept.is_empty());
        let kept = |operation: &str, time| Kept {
            operation: operation.to_owned(),
            source: "vault".to_owned(),
            path: "A.md".to_owned(),
            base: "1\n".to_owned(),
            ours: "2\n".to_owned(),
            time,
        };
        outbox.keep(&kept("b", 1)).unwrap();
        outbox.keep(&kept("a", 2)).unwrap();
        outbox.keep(&kept("c", 3)).unwrap();
        outbox.forget("c");
        fs::write(folder.path().join("torn.json"), "{\"operation\"").unwrap();
        outbox.tell(&["vault:A.md".to_owned(), "vault:b c.md".to_owned()]).unwrap();
        let (outbox, again) = Outbox::open(folder.path()).unwrap();
        assert_eq!(again, [kept("b", 1), kept("a", 2)]);
        assert_eq!(outbox.told(), ["vault:A.md", "vault:b c.md"]);
    }
}
