//! Work that was promised and not done yet: one file a piece, durable before it is acknowledged, so that a restart goes on with it; and the
//! keys of what came lately, so that the same piece is taken once. Knows keys and texts; what a text means is its caller's business.

use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    fs::{self, File, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::model::secrets;

/// What waits at most.
const MOST: usize = 10_000;
const MOST_BYTES: u64 = 256 << 20;
/// Keys that are remembered; the oldest go first.
const MOST_SEEN: usize = 20_000;

/// The file of the keys.
const SEEN: &str = "seen";

/// One piece of work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Counts up; names the file.
    #[serde(skip)]
    pub number: u64,
    pub key: String,
    pub text: String,
}

/// What became of a piece that was brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It is durable, under this number.
    Stored(u64),
    /// One with this key came before.
    Seen,
    /// Too much waits.
    Full,
}

/// The folder.
#[derive(Debug)]
pub struct Deliveries {
    folder: PathBuf,
    next: u64,
    /// The size of each piece that waits.
    waiting: BTreeMap<u64, u64>,
    seen: HashSet<String>,
    /// The same, the oldest first.
    order: VecDeque<String>,
    /// Lines of the file of keys.
    lines: usize,
}

impl Deliveries {
    /// Opens the folder, creating it, and returns what waits, the oldest first. What cannot be read was torn by a crash: it was never acknowledged, and
    /// is put aside, masked.
    pub fn open(folder: &Path) -> Result<(Deliveries, Vec<Delivery>)> {
        fs::create_dir_all(folder).with_context(|| format!("create `{}`", folder.display()))?;
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).with_context(|| format!("list `{}`", folder.display()))? {
            let file = entry.with_context(|| format!("list `{}`", folder.display()))?.path();
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.ends_with(".torn") {
                mask(&file)?;
            }
            let Some(number) = name.strip_suffix(".json").and_then(|it| it.parse::<u64>().ok()) else {
                continue;
            };
            let bytes = fs::read(&file).with_context(|| format!("read `{}`", file.display()))?;
            match serde_json::from_slice::<Delivery>(&bytes) {
                Ok(it) => found.push(Delivery { number, ..it }),
                Err(_) => {
                    let torn = file.with_extension("torn");
                    fs::rename(&file, &torn).with_context(|| format!("move `{}` aside", file.display()))?;
                    mask(&torn)?;
                }
            }
        }
        found.sort_by_key(|it| it.number);
        let mut deliveries = Deliveries {
            folder: folder.to_owned(),
            next: found.last().map_or(1, |it| it.number + 1),
            waiting: found.iter().map(|it| (it.number, it.text.len() as u64)).collect(),
            seen: HashSet::new(),
            order: VecDeque::new(),
            lines: 0,
        };
        let keys = fs::read_to_string(folder.join(SEEN)).unwrap_or_default();
        keys.lines()
            .map(str::to_owned)
            .chain(found.iter().map(|it| it.key.clone()))
            .for_each(|it| deliveries.remember(it));
        deliveries.write_seen()?;
        Ok((deliveries, found))
    }

    /// Keeps a piece, durably, unless its key is known or too much waits. The key is one line.
    pub fn put(&mut self, key: &str, text: &str) -> Result<Put> {
        if self.seen.contains(key) {
            return Ok(Put::Seen);
        }
        let bytes: u64 = self.waiting.values().sum();
        if self.waiting.len() >= MOST || bytes + text.len() as u64 > MOST_BYTES {
            return Ok(Put::Full);
        }
        let number = self.next;
        self.write(number, key, text)?;
        self.next += 1;
        self.remember(key.to_owned());
        // A lost key means that a piece may come twice, which does no harm.
        if let Err(error) = self.note_seen(key) {
            tracing::warn!(why = format!("{error:#}"), "the key of a delivery was not kept");
        }
        Ok(Put::Stored(number))
    }

    /// Gives a piece that waits another text, durably.
    pub fn replace(&mut self, number: u64, key: &str, text: &str) -> Result<()> {
        self.write(number, key, text)
    }

    fn write(&mut self, number: u64, key: &str, text: &str) -> Result<()> {
        let delivery = Delivery {
            number,
            key: key.to_owned(),
            text: text.to_owned(),
        };
        let file = self.file(number);
        let fresh = file.with_extension("new");
        let bytes = serde_json::to_vec(&delivery).context("write a delivery as JSON")?;
        let write = || -> std::io::Result<()> {
            let mut file = File::create(&fresh)?;
            file.write_all(&bytes)?;
            file.sync_all()
        };
        write()
            .and_then(|()| fs::rename(&fresh, &file))
            .and_then(|()| File::open(&self.folder)?.sync_all())
            .with_context(|| format!("write `{}`", file.display()))?;
        self.waiting.insert(number, text.len() as u64);
        Ok(())
    }

    /// Forgets a piece that is done. A file that stays is done again after a restart, which does no harm.
    pub fn done(&mut self, number: u64) {
        if self.waiting.remove(&number).is_some() {
            fs::remove_file(self.file(number)).unwrap_or_default();
        }
    }

    /// Returns how many pieces wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    fn file(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number:012}.json"))
    }

    fn remember(&mut self, key: String) {
        if self.seen.insert(key.clone()) {
            self.order.push_back(key);
        }
        if self.order.len() > MOST_SEEN
            && let Some(oldest) = self.order.pop_front()
        {
            self.seen.remove(&oldest);
        }
    }

    fn note_seen(&mut self, key: &str) -> Result<()> {
        if self.lines > 2 * MOST_SEEN {
            return self.write_seen();
        }
        self.lines += 1;
        let mut file = OpenOptions::new().append(true).create(true).open(self.folder.join(SEEN))?;
        Ok(file.write_all(format!("{key}\n").as_bytes())?)
    }

    fn write_seen(&mut self) -> Result<()> {
        let (file, fresh) = (self.folder.join(SEEN), self.folder.join("seen.new"));
        let lines: String = self.order.iter().map(|it| format!("{it}\n")).collect();
        self.lines = self.order.len();
        fs::write(&fresh, lines)
            .and_then(|()| fs::rename(&fresh, &file))
            .with_context(|| format!("write `{}`", file.display()))
    }
}

/// Masks what is left of a piece: it is read by people alone, and may be of a build that masked less, or nothing. Its quotes are as they were sent.
fn mask(torn: &Path) -> Result<()> {
    let failed = || format!("mask `{}`", torn.display());
    let bytes = fs::read(torn).with_context(failed)?;
    let text = String::from_utf8_lossy(&bytes).replace("\\n", "\n").replace("\\\"", "\"");
    let masked = secrets::mask(&text);
    if masked.as_bytes() == bytes {
        return Ok(());
    }
    let fresh = torn.with_extension("torn.new");
    fs::write(&fresh, masked.as_bytes())
        .and_then(|()| fs::rename(&fresh, torn))
        .with_context(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_torn_was_kept_with_its_secrets() {
        let folder = tempfile::tempdir().unwrap();
        let secret = ["ghp", "_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"].concat();
        let text = format!("{{\"key\":\"a\",\"text\":\"{{\\\"body\\\":\\\"use {secret} now\\\\nand\\\",");
        for name in ["000000000009.json", "000000000003.torn"] {
            fs::write(folder.path().join(name), &text).unwrap();
        }
        for _ in 0..2 {
            let (_, found) = Deliveries::open(folder.path()).unwrap();
            assert!(found.is_empty());
            for name in ["000000000009.torn", "000000000003.torn"] {
                let kept = fs::read_to_string(folder.path().join(name)).unwrap();
                assert!(!kept.contains(&secret) && kept.contains("now"), "{kept}");
            }
        }
    }

    #[test]
    fn what_is_put_is_there_until_it_is_done_and_comes_once() {
        let folder = tempfile::tempdir().unwrap();
        let (mut deliveries, found) = Deliveries::open(folder.path()).unwrap();
        assert!(found.is_empty());
        assert_eq!(deliveries.put("a", "1").unwrap(), Put::Stored(1));
        assert_eq!(deliveries.put("b", "2").unwrap(), Put::Stored(2));
        assert_eq!(deliveries.put("a", "3").unwrap(), Put::Seen);
        deliveries.done(1);
        fs::write(folder.path().join("000000000009.json"), "{\"key\"").unwrap();
        let (mut deliveries, found) = Deliveries::open(folder.path()).unwrap();
        let found: Vec<(u64, &str)> = found.iter().map(|it| (it.number, it.text.as_str())).collect();
        assert_eq!((found, deliveries.waiting()), (vec![(2, "2")], 1));
        assert_eq!(deliveries.put("a", "1").unwrap(), Put::Seen);
        assert_eq!(deliveries.put("c", "1").unwrap(), Put::Stored(3));
    }

    #[test]
    fn too_much_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (mut deliveries, _) = Deliveries::open(folder.path()).unwrap();
        deliveries.waiting.insert(7, MOST_BYTES);
        assert_eq!(deliveries.put("a", "1").unwrap(), Put::Full);
        deliveries.done(7);
        assert_eq!(deliveries.put("a", "1").unwrap(), Put::Stored(1));
    }
}
