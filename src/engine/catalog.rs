//! What the index holds of one source and what may have changed since. Pure: decides from scans, hints and clocks that are handed in.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::{Duration, Instant, SystemTime},
};

use crate::{
    io::vault::{Scan, Stamp},
    model::{hash::ContentHash, path::NotePath},
};

/// A file that is written all the time is read after this long, quiet or not. A file that was suddenly emptied is given as long to fill again:
/// Obsidian saves in place.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// A file changed this recently may change again within the clock's grain; it is read again at the next scan.
const RACY: Duration = Duration::from_secs(2);

/// Fewer notes than this may vanish at once without a second look; above, a share of all.
pub(super) const MASS_DELETE: usize = 50;

/// What the index holds of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) stamp: Stamp,
    /// `None` where the bytes were not read: of an attachment, of a file that is too large.
    pub(super) hash: Option<ContentHash>,
    /// Whether an equal stamp proves equal bytes.
    pub(super) settled: bool,
    /// Whether it was put to be left out of results, because the vault's owner says so.
    pub(super) ignored: bool,
    /// Whether the index holds it; a note that is too large is known by name to the graph alone.
    pub(super) indexed: bool,
}

/// What was put since the last commit, with the stamp that it had.
pub(super) type Pending<'a> = HashMap<&'a NotePath, Stamp>;

/// A path that may have changed.
#[derive(Debug, Clone, Copy)]
struct Dirty {
    since: Instant,
    ripe: Instant,
    /// A complete scan did not find it, and so many may go.
    gone: bool,
}

/// A path that is due to be looked at.
#[derive(Debug)]
pub(super) struct Ripe {
    pub(super) path: NotePath,
    /// Since when it is known that it may have changed.
    pub(super) since: Instant,
    pub(super) gone: bool,
}

/// The state of one source.
#[derive(Debug, Default)]
pub(super) struct Catalog {
    /// To be read from outside; changed by [`Catalog::insert`] and [`Catalog::remove`].
    pub(super) entries: BTreeMap<NotePath, Entry>,
    /// Since when a file is seen to be empty that has text in the index: perhaps half a save.
    pub(super) emptied: BTreeMap<NotePath, Instant>,
    /// How many of them are notes that the index holds.
    notes: usize,
    /// Whether all files are notes, as those of a repository are.
    counts_all: bool,
    dirty: BTreeMap<NotePath, Dirty>,
}

/// What a scan says of the files that the index holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Difference {
    /// New, or with another stamp, or not settled.
    pub(super) changed: BTreeSet<NotePath>,
    /// Proven to be absent, or not to be indexed any more.
    pub(super) absent: BTreeSet<NotePath>,
}

impl Difference {
    /// Says whether so many notes are gone that a missing volume is likelier than a decision of the owner. A renamed folder is none: as many
    /// are new.
    pub(super) fn is_mass_delete(&self, known: usize, on_disk: usize) -> bool {
        let vanished = known.saturating_sub(on_disk).min(self.absent.len());
        vanished > 0 && (on_disk == 0 || vanished > MASS_DELETE.max(known / 5)) && known > 1
    }
}

impl Catalog {
    /// Knows nothing yet. In a repository all files count as notes.
    pub(super) fn new(counts_all: bool) -> Catalog {
        Catalog {
            counts_all,
            ..Catalog::default()
        }
    }

    pub(super) fn insert(&mut self, path: NotePath, entry: Entry) {
        self.notes += usize::from(self.counts(&path, &entry));
        if let Some(old) = self.entries.get(&path) {
            self.notes -= usize::from(self.counts(&path, old));
        }
        // A key that is there already stays: others share its allocation.
        *self.entries.entry(path).or_insert(entry) = entry;
    }

    pub(super) fn remove(&mut self, path: &NotePath) {
        if let Some(old) = self.entries.remove(path) {
            self.notes -= usize::from(self.counts(path, &old));
        }
    }

    /// Forgets all entries and returns their paths.
    pub(super) fn take_all(&mut self) -> Vec<NotePath> {
        self.notes = 0;
        std::mem::take(&mut self.entries).into_keys().collect()
    }

    /// Returns how many notes the index holds.
    pub(super) fn notes(&self) -> usize {
        self.notes
    }

    /// Compares a scan's files with what the index holds, or will with the next commit. `excluded` says which known paths the configuration leaves out now.
    pub(super) fn compare(
        &self,
        scan: &Scan,
        files: &BTreeMap<&NotePath, Stamp>,
        pending: &Pending<'_>,
        excluded: &dyn Fn(&NotePath) -> bool,
    ) -> Difference {
        let mut difference = Difference::default();
        for (&path, stamp) in files {
            difference.changed.extend(self.differs(path, stamp, pending).then(|| path.clone()));
        }
        for path in self.entries.keys().filter(|it| !files.contains_key(it)) {
            if excluded(path) || scan.proves_absent(path) {
                difference.absent.insert(path.clone());
            }
        }
        difference
    }

    /// As [`Catalog::compare`], with all files that there are.
    pub(super) fn compare_whole(&self, files: &BTreeMap<&NotePath, Stamp>, pending: &Pending<'_>) -> Difference {
        let mut difference = Difference::default();
        for (&path, stamp) in files {
            difference.changed.extend(self.differs(path, stamp, pending).then(|| path.clone()));
        }
        let absent = self.entries.keys().filter(|it| !files.contains_key(it));
        difference.absent.extend(absent.cloned());
        difference
    }

    fn differs(&self, path: &NotePath, stamp: &Stamp, pending: &Pending<'_>) -> bool {
        // Without the first, a scan during a long first index would have all of it done again.
        pending.get(path) != Some(stamp) && self.entries.get(path).is_none_or(|it| it.stamp != *stamp || !it.settled)
    }

    /// Marks a path as possibly changed; it is read once it has been quiet.
    pub(super) fn mark(&mut self, path: NotePath, now: Instant, quiet: Duration) {
        let dirty = self.dirty.entry(path).or_insert(Dirty {
            since: now,
            ripe: now,
            gone: false,
        });
        dirty.ripe = (now + quiet).min(dirty.since + PATIENCE);
        dirty.gone = false;
    }

    /// Marks a path that a scan has proved to be absent.
    pub(super) fn mark_gone(&mut self, path: NotePath, now: Instant) {
        let since = self.dirty.get(&path).map_or(now, |it| it.since);
        self.dirty.insert(
            path,
            Dirty {
                since,
                ripe: now,
                gone: true,
            },
        );
    }

    /// Puts a path off until later: it was being written, or could not be read.
    pub(super) fn postpone(&mut self, path: NotePath, since: Instant, until: Instant) {
        self.dirty.insert(
            path,
            Dirty {
                since,
                ripe: until,
                gone: false,
            },
        );
    }

    /// Takes at most `limit` paths that are ripe.
    pub(super) fn take_ripe(&mut self, now: Instant, limit: usize) -> Vec<Ripe> {
        let ripe = self.dirty.iter().filter(|(_, it)| it.ripe <= now).take(limit);
        let ripe: Vec<Ripe> = ripe
            .map(|(path, it)| Ripe {
                path: path.clone(),
                since: it.since,
                gone: it.gone,
            })
            .collect();
        for it in &ripe {
            self.dirty.remove(&it.path);
        }
        ripe
    }

    /// Returns how many paths wait.
    pub(super) fn waiting(&self) -> usize {
        self.dirty.len()
    }

    /// Returns since when the oldest path waits.
    pub(super) fn oldest(&self) -> Option<Instant> {
        self.dirty.values().map(|it| it.since).min()
    }

    /// Returns when the next path is ripe.
    pub(super) fn next_ripe(&self) -> Option<Instant> {
        self.dirty.values().map(|it| it.ripe).min()
    }

    fn counts(&self, path: &NotePath, entry: &Entry) -> bool {
        (self.counts_all || path.is_note()) && entry.indexed
    }

    /// Says whether the index holds notes below a folder of this name.
    pub(super) fn holds_below(&self, folder: &NotePath) -> bool {
        let prefix = format!("{folder}/");
        self.entries
            .range(folder.clone()..)
            .map(|(path, _)| path.as_str())
            .find(|it| *it > prefix.as_str())
            .is_some_and(|it| it.starts_with(&prefix))
    }
}

/// Says whether a stamp taken now proves the bytes that were read with it.
pub(super) fn is_settled(stamp: &Stamp, now: SystemTime) -> bool {
    let now = i64::try_from(now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos()).unwrap_or(i64::MAX);
    let racy = i64::try_from(RACY.as_nanos()).expect("two seconds fit");
    stamp.mtime_ns.max(stamp.ctime_ns) < now.saturating_sub(racy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> NotePath {
        NotePath::parse(text).unwrap()
    }

    #[test]
    fn a_path_is_ripe_when_it_was_quiet_or_too_busy_for_too_long() {
        let (quiet, start) = (Duration::from_millis(300), Instant::now());
        let mut catalog = Catalog::default();
        catalog.mark(path("a.md"), start, quiet);
        assert!(catalog.take_ripe(start + Duration::from_millis(299), 9).is_empty());
        catalog.mark(path("a.md"), start + Duration::from_millis(299), quiet);
        assert!(
            catalog.take_ripe(start + Duration::from_millis(301), 9).is_empty(),
            "the second event began the quiet time anew"
        );
        for at in (300..3000).step_by(100) {
            catalog.mark(path("a.md"), start + Duration::from_millis(at), quiet);
        }
        assert_eq!(
            catalog.take_ripe(start + PATIENCE, 9).len(),
            1,
            "a busy file is read after two seconds all the same"
        );
    }

    #[test]
    fn a_renamed_folder_is_no_mass_delete_but_a_vanished_one_is() {
        let absent: BTreeSet<NotePath> = (0..80).map(|it| path(&format!("old/{it}.md"))).collect();
        let difference = Difference {
            absent,
            changed: BTreeSet::new(),
        };
        assert!(!difference.is_mass_delete(100, 100), "as many notes are new");
        assert!(difference.is_mass_delete(100, 20));
        assert!(!difference.is_mass_delete(1000, 920), "eight in a hundred are a clean-up");
        let one = Difference {
            absent: [path("a.md")].into(),
            changed: BTreeSet::new(),
        };
        assert!(!one.is_mass_delete(1, 0), "the only note of a vault may be deleted");
    }

    #[test]
    fn notes_below_a_folder_are_found_whatever_sorts_between() {
        let mut catalog = Catalog::default();
        let stamp = Stamp {
            dev: 0,
            ino: 0,
            size: 0,
            mtime_ns: 0,
            ctime_ns: 0,
        };
        for name in ["a-b.md", "a/x.md", "ab.md"] {
            catalog.insert(
                path(name),
                Entry {
                    stamp,
                    hash: None,
                    settled: true,
                    ignored: false,
                    indexed: true,
                },
            );
        }
        assert!(catalog.holds_below(&path("a")) && !catalog.holds_below(&path("b")));
        assert!(!catalog.holds_below(&path("a/x.md")));
        catalog.insert(
            path("a/x.md"),
            Entry {
                stamp,
                hash: None,
                settled: true,
                ignored: false,
                indexed: false,
            },
        );
        catalog.insert(
            path("pic.png"),
            Entry {
                stamp,
                hash: None,
                settled: true,
                ignored: false,
                indexed: true,
            },
        );
        catalog.remove(&path("ab.md"));
        assert_eq!(
            (catalog.notes(), catalog.entries.len()),
            (1, 3),
            "only notes of the index are counted"
        );
    }
}
