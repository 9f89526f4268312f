//! The log of unfinished writes: what is to become of a file is durable here before the file is touched, and stays until it is done and
//! committed. One file a group, so that one fsync serves all that were asked for together. Knows files of its own folder only; what an intent
//! means is the engine's business.

use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// One write that was begun.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Unique; stands in the commit as `Membridge-Op`.
    pub operation: String,
    pub source: String,
    pub path: String,
    /// Git's blob id of the text that was there; `None` where nothing was.
    pub before: Option<String>,
    /// The blob that HEAD held when the write was planned.
    pub head: Option<String>,
    /// The text that was there, where no commit holds it.
    pub before_text: Option<String>,
    /// What is to stand there; `None` takes the note away.
    pub after: Option<String>,
    /// The blob of a file that is moved here as it is, before its text becomes `after`.
    #[serde(default)]
    pub moved: Option<String>,
    /// Unix seconds.
    pub time: i64,
    pub subject: String,
    pub reason: String,
    pub agent: String,
    pub session: String,
    /// What the write tells of, where that lies elsewhere.
    #[serde(default)]
    pub about: String,
    /// The caller's key and what it came with.
    pub idempotency: Option<(String, String)>,
    /// Whether the text stands in the file, so that only the commit is missing.
    #[serde(default)]
    pub published: bool,
}

/// The intents of one group, by the number of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub number: u64,
    pub intents: Vec<Intent>,
}

/// The folder of intents.
#[derive(Debug)]
pub struct Intents {
    folder: PathBuf,
    next: u64,
}

impl Intents {
    /// Opens the folder, creating it, and returns the groups that a run before this one left, the oldest first. A file that was torn while it
    /// was written belongs to a write that was never begun; it is moved aside, not deleted.
    pub fn open(folder: &Path) -> Result<(Intents, Vec<Group>)> {
        fs::create_dir_all(folder).with_context(|| format!("create `{}`", folder.display()))?;
        let mut groups = Vec::new();
        let mut last = 0;
        for entry in fs::read_dir(folder).with_context(|| format!("list `{}`", folder.display()))? {
            let path = entry.context("list the intents")?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Some(number) = name.strip_suffix(".json").and_then(|it| it.parse::<u64>().ok()) else {
                continue;
            };
            last = last.max(number);
            let bytes = fs::read(&path).with_context(|| format!("read `{}`", path.display()))?;
            match serde_json::from_slice(&bytes) {
                Ok(intents) => groups.push(Group { number, intents }),
                Err(_) => fs::rename(&path, path.with_extension("torn")).with_context(|| format!("move `{}` aside", path.display()))?,
            }
        }
        groups.sort_by_key(|it| it.number);
        let intents = Intents {
            folder: folder.to_owned(),
            next: last + 1,
        };
        Ok((intents, groups))
    }

    /// Makes a group durable.
    pub fn log(&mut self, intents: Vec<Intent>) -> Result<Group> {
        let group = Group {
            number: self.next,
            intents,
        };
        self.next += 1;
        let path = self.path_of(group.number);
        let write = || -> std::io::Result<()> {
            let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
            file.write_all(&serde_json::to_vec(&group.intents)?)?;
            file.sync_all()?;
            File::open(&self.folder)?.sync_all()
        };
        write().with_context(|| format!("write `{}`", path.display())).inspect_err(|_| {
            // Half of it says nothing: nobody was promised anything.
            fs::remove_file(&path).unwrap_or_default();
        })?;
        Ok(group)
    }

    /// Forgets a group that is done. The removal need not be durable: what is found again after a crash is found to be done.
    pub fn close(&self, number: u64) -> Result<()> {
        let path = self.path_of(number);
        fs::remove_file(&path).with_context(|| format!("remove `{}`", path.display()))
    }

    fn path_of(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number:020}.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intent(path: &str) -> Intent {
        Intent {
            operation: "0123456789abcdef".into(),
            source: "vault".into(),
            path: path.into(),
            before: None,
            head: None,
            before_text: None,
            moved: None,
            after: Some("text\r\n".into()),
            time: 1,
            subject: "note: A (write)".into(),
            reason: String::new(),
            agent: "claw".into(),
            session: String::new(),
            about: String::new(),
            idempotency: Some(("key".into(), "hash".into())),
            published: false,
        }
    }

    #[test]
    fn what_is_not_closed_is_found_again_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let (mut intents, left) = Intents::open(folder.path()).unwrap();
        assert!(left.is_empty());
        let groups: Vec<Group> = ["a.md", "b.md", "c.md"]
            .map(|it| intents.log(vec![intent(it)]).unwrap())
            .into_iter()
            .collect();
        intents.close(groups[1].number).unwrap();
        let (mut again, left) = Intents::open(folder.path()).unwrap();
        assert_eq!(left, [groups[0].clone(), groups[2].clone()]);
        assert!(again.log(vec![]).unwrap().number > groups[2].number);
    }

    #[test]
    fn a_torn_file_is_moved_aside() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("00000000000000000007.json"), "[{\"oper").unwrap();
        let (mut intents, left) = Intents::open(folder.path()).unwrap();
        assert!(left.is_empty() && folder.path().join("00000000000000000007.torn").exists());
        assert_eq!(intents.log(vec![intent("a.md")]).unwrap().number, 8);
    }
}
