//! Who else is at the vault: an owner who saves notes, often from a buffer that is older than the file, and a loop that commits all. Both
//! remember what they did; neither asks what the service did.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::Path,
    process::Output,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant, SystemTime},
};

use super::world::{Random, World, save_in_place};

/// Notes that the agents edit too, and after them some that they do not.
pub(crate) const SHARED: usize = 4;
const NOTES: usize = 5;

/// The owner, with an editor that has every note open.
pub(crate) struct Owner {
    random: Random,
    buffers: BTreeMap<String, Vec<String>>,
    pub(crate) saves: Vec<Save>,
}

/// One save.
#[derive(Debug, Clone)]
pub(crate) struct Save {
    pub(crate) path: String,
    /// The word that it brought.
    pub(crate) word: String,
    pub(crate) lines: Vec<String>,
    pub(crate) ended: Instant,
}

/// Returns the path of one of the owner's notes.
pub(crate) fn note(number: usize) -> String {
    format!("Shared/Note {number}.md")
}

impl Owner {
    pub(crate) fn new(random: Random) -> Owner {
        Owner {
            random,
            buffers: BTreeMap::new(),
            saves: Vec::new(),
        }
    }

    /// Every note once, so that the agents find them.
    pub(crate) fn begin(&mut self, vault: &Path) {
        (0..NOTES).for_each(|it| self.save(vault, &note(it)));
    }

    /// Saves now and then until told to stop.
    pub(crate) fn work(&mut self, vault: &Path, stop: &AtomicBool) {
        while !stop.load(Ordering::Relaxed) {
            let path = note(self.random.below(NOTES));
            self.save(vault, &path);
            thread::sleep(Duration::from_millis(self.random.below(60) as u64));
        }
    }

    fn save(&mut self, vault: &Path, path: &str) {
        let file = vault.join(path);
        let buffer = self.buffers.entry(path.to_owned()).or_default();
        // Obsidian takes a change of the file over, unless the owner is faster. What the file does not hold is then gone for the owner.
        if self.random.one_in(2) {
            let text = fs::read_to_string(&file).unwrap_or_default();
            *buffer = text.lines().map(str::to_owned).collect();
        }
        let word = format!("owner{}q", self.saves.len());
        buffer.insert(self.random.below(buffer.len() + 1), format!("- {word}"));
        let text = buffer.join("\n") + "\n";
        if self.random.one_in(6) {
            let aside = vault.join(".saving.tmp");
            fs::write(&aside, &text).unwrap();
            fs::rename(&aside, &file).unwrap();
        } else {
            let pause = Duration::from_micros(self.random.below(3000) as u64);
            save_in_place(&file, &text, self.random.one_in(3).then_some(pause));
        }
        // A sync tool brings the time of the device where it was typed: nobody is waited for then.
        if !self.random.one_in(4) {
            let old = SystemTime::now() - Duration::from_secs(3600);
            if let Ok(it) = File::options().write(true).open(&file) {
                it.set_modified(old).unwrap();
            }
        }
        self.saves.push(Save {
            path: path.to_owned(),
            word,
            lines: buffer.clone(),
            ended: Instant::now(),
        });
    }
}

/// Commits all there is, again and again, as a plugin does; a lock that somebody holds is met again at the next time.
pub(crate) fn commit_all(world: &World, random: &mut Random, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        commit_once(world);
        thread::sleep(Duration::from_millis(random.below(100) as u64));
    }
}

pub(crate) fn commit_once(world: &World) -> Option<Output> {
    let added = world.git(&["add", "-A"]);
    added.status.success().then(|| world.git(&["commit", "-qm", "backup"]))
}
