//! Answers that callers may ask for again: by idempotency key, for seven days, across restarts. An append-only file of lines that is written
//! anew when it is opened. Knows keys and texts; what an answer says is its caller's business.

use std::{
    collections::HashMap,
    fs::{self, File, OpenOptions},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

/// How long a key is remembered, in seconds.
const KEPT: i64 = 7 * 24 * 60 * 60;
/// How many are remembered; the oldest go first.
const MOST: usize = 20_000;

/// One answer under its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    pub key: String,
    /// What identifies the request that came with the key.
    pub request: String,
    /// Unix seconds.
    pub time: i64,
    pub answer: String,
}

/// The remembered answers.
#[derive(Debug)]
pub struct Receipts {
    path: PathBuf,
    file: File,
    known: HashMap<String, Remembered>,
}

impl Receipts {
    /// Opens the file, forgetting what is older than seven days before `now` (Unix seconds). A line that was torn by a crash is passed over:
    /// its answer was never given.
    pub fn open(path: &Path, now: i64) -> Result<Receipts> {
        let mut lines: Vec<Remembered> = match File::open(path) {
            Ok(file) => BufReader::new(file)
                .lines()
                .map_while(Result::ok)
                .filter_map(|it| serde_json::from_str(&it).ok())
                .filter(|it: &Remembered| it.time > now - KEPT)
                .collect(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(error).with_context(|| format!("read `{}`", path.display())),
        };
        lines.drain(..lines.len().saturating_sub(MOST));
        let fresh = path.with_extension("new");
        let rewrite = || -> std::io::Result<File> {
            let mut file = File::create(&fresh)?;
            lines.iter().try_for_each(|it| file.write_all(line(it)?.as_bytes()))?;
            file.sync_all()?;
            fs::rename(&fresh, path)?;
            OpenOptions::new().append(true).open(path)
        };
        let file = rewrite().with_context(|| format!("write `{}`", path.display()))?;
        Ok(Receipts {
            path: path.to_owned(),
            file,
            known: lines.into_iter().map(|it| (it.key.clone(), it)).collect(),
        })
    }

    /// Returns what was answered under this key.
    pub fn get(&self, key: &str) -> Option<&Remembered> {
        self.known.get(key)
    }

    /// Remembers answers, durably, before they are given.
    pub fn remember(&mut self, answers: Vec<Remembered>) -> Result<()> {
        if answers.is_empty() {
            return Ok(());
        }
        let mut write = || -> std::io::Result<()> {
            let lines = answers.iter().map(line).collect::<Result<Vec<_>, _>>()?.concat();
            self.file.write_all(lines.as_bytes())?;
            self.file.sync_data()
        };
        let written = write().with_context(|| format!("write `{}`", self.path.display()));
        // Known to this run at least, whatever the disk says.
        self.known.extend(answers.into_iter().map(|it| (it.key.clone(), it)));
        if self.known.len() > 2 * MOST {
            let newest = self.known.values().map(|it| it.time).max().unwrap_or(0);
            self.known.retain(|_, it| it.time > newest - KEPT / 7);
        }
        written
    }
}

fn line(it: &Remembered) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string(it)? + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remembered(key: &str, time: i64) -> Remembered {
        Remembered {
            key: key.into(),
            request: "body".into(),
            time,
            answer: "{}".into(),
        }
    }

    #[test]
    fn keys_outlive_a_restart_for_seven_days() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("receipts");
        let mut receipts = Receipts::open(&path, 1000).unwrap();
        receipts.remember(vec![remembered("old", 1000), remembered("new", KEPT)]).unwrap();
        assert!(receipts.get("old").is_some());
        let receipts = Receipts::open(&path, 1000 + KEPT).unwrap();
        assert_eq!((receipts.get("old"), receipts.get("new")), (None, Some(&remembered("new", KEPT))));
    }

    #[test]
    fn a_torn_line_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("receipts");
        Receipts::open(&path, 0).unwrap().remember(vec![remembered("a", 1)]).unwrap();
        let mut torn = fs::read(&path).unwrap();
        torn.extend(b"{\"key\":\"b\",\"req");
        fs::write(&path, torn).unwrap();
        let mut receipts = Receipts::open(&path, 0).unwrap();
        receipts.remember(vec![remembered("c", 1)]).unwrap();
        let receipts = Receipts::open(&path, 0).unwrap();
        assert!(receipts.get("a").is_some() && receipts.get("c").is_some());
    }
}
