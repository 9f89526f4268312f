//! Reads paths that may have changed and puts what changed into the index. Knows how one file becomes an entry; decides nothing about when.

use std::{
    panic::{self, AssertUnwindSafe},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Instant, SystemTime},
};

use anyhow::{Context, Result};

use crate::{
    config::Config,
    engine::{
        catalog::{Entry, PATIENCE, is_settled},
        document::{
            Document,
            repo::{LARGE, of_repo},
        },
        graph::Facts,
        handle::Source,
    },
    io::{
        index::{Index, IndexedNote, Known, STAMP},
        vault::{FileText, ReadError, Stamp},
    },
    model::{
        hash::ContentHash,
        origin::{self, Origin},
        path::{FileKind, NoteId, NotePath},
        secrets,
        yaml::Value,
    },
};

/// So few files are read by the engine's own thread: starting others costs more.
const SMALL: usize = 8;

/// Files that a thread takes at once.
const STRIDE: usize = 8;

/// One path to look at, with what the index holds of it.
#[derive(Debug)]
pub(super) struct Job<'a> {
    pub(super) source: &'a Source,
    pub(super) path: NotePath,
    pub(super) known: Option<Entry>,
    /// Since when it is seen to be empty.
    pub(super) emptied: Option<Instant>,
    /// The index must not hold it, whatever lies on the disk.
    pub(super) leave_out: bool,
    /// The vault's owner wants no results from it.
    pub(super) ignored: bool,
}

/// What a look at a path led to.
#[derive(Debug)]
pub(super) enum Outcome {
    /// In the index as of the next commit. `flaw` says what is odd about the file.
    Put { entry: Entry, facts: Facts, flaw: Option<String> },
    /// The bytes are those that the index holds.
    Same(Entry),
    /// It lies on the disk and is too large to be read: links may lead to it, the index does not hold it.
    NameOnly { entry: Entry, flaw: String },
    /// It lies on the disk, and neither index nor graph must hold it.
    LeftOut,
    /// There is no such file.
    Absent,
    /// Emptied a moment ago: perhaps half a save.
    Emptied,
    /// It was being written.
    Changing,
    /// A folder lies there.
    Folder,
    /// It cannot be read now; what the index holds stays.
    Unreadable(String),
    /// The whole root is gone.
    RootGone,
}

/// Looks at all paths, on both cores when there are many. Outcomes stand in the order of the jobs.
pub(super) fn reconcile(jobs: &[Job<'_>], index: &Index, config: &Config, now: Instant) -> Result<Vec<Outcome>> {
    if jobs.len() <= SMALL {
        return jobs.iter().map(|it| look_safely(it, index, config, now)).collect();
    }
    let next = AtomicUsize::new(0);
    let work = || -> Result<Vec<(usize, Outcome)>> {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(STRIDE, Ordering::Relaxed);
            if at >= jobs.len() {
                return Ok(done);
            }
            for (offset, job) in jobs[at..].iter().take(STRIDE).enumerate() {
                done.push((at + offset, look_safely(job, index, config, now)?));
            }
        }
    };
    let mut outcomes = thread::scope(|scope| -> Result<Vec<(usize, Outcome)>> {
        let other = scope.spawn(work);
        let mut mine = work()?;
        mine.extend(
            other
                .join()
                .map_err(|_panic| anyhow::anyhow!("a thread that reads notes panicked"))??,
        );
        Ok(mine)
    })?;
    outcomes.sort_unstable_by_key(|(at, _)| *at);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

/// As [`look`]; a note that our parser panics on is left out, and the engine goes on.
fn look_safely(job: &Job<'_>, index: &Index, config: &Config, now: Instant) -> Result<Outcome> {
    // What a panic leaves half done is this one note's documents, which the next look replaces.
    let looked = panic::catch_unwind(AssertUnwindSafe(|| look(job, index, config, now)));
    looked.unwrap_or_else(|_| {
        Ok(Outcome::Unreadable(
            "a fault of membridge: please report it with the note".to_owned(),
        ))
    })
}

fn look(job: &Job<'_>, index: &Index, config: &Config, now: Instant) -> Result<Outcome> {
    if job.leave_out {
        return Ok(Outcome::LeftOut);
    }
    let before = SystemTime::now();
    let entry_of = |stamp: Stamp, hash: Option<ContentHash>| {
        let settled = is_settled(&stamp, before);
        Entry {
            stamp,
            hash,
            settled,
            ignored: job.ignored,
            indexed: true,
        }
    };
    let read = match job.path.kind() {
        _ if job.source.is_repo() => read_of_repo(job, config.limits.note_read_bytes),
        // Hashing every image of a vault would read gigabytes, and download them from a cloud drive.
        FileKind::Attachment => job
            .source
            .vault
            .stamp(&job.path)
            .and_then(|it| it.ok_or(ReadError::NotFound))
            .map(|stamp| (stamp, None)),
        _ => job
            .source
            .vault
            .read(&job.path, config.limits.note_read_bytes)
            .map(|file| (file.stamp, Some(file))),
    };
    let (stamp, file) = match read {
        Ok(read) => read,
        Err(ReadError::TooLarge { size }) => {
            let flaw = format!("{size} bytes, more than limits.note_read_bytes ({})", config.limits.note_read_bytes);
            return Ok(match job.source.vault.stamp(&job.path) {
                Ok(Some(stamp)) if job.known.is_some_and(|it| !it.indexed && it.stamp == stamp) => Outcome::Same(Entry {
                    indexed: false,
                    ..entry_of(stamp, None)
                }),
                Ok(Some(stamp)) => Outcome::NameOnly {
                    entry: Entry {
                        indexed: false,
                        ..entry_of(stamp, None)
                    },
                    flaw,
                },
                _ => Outcome::Changing,
            });
        }
        Err(why) => return Ok(nothing_read(&why)),
    };
    let bytes = file.as_ref().map(|it| it.bytes.as_slice());
    let entry = entry_of(stamp, file.as_ref().map(|it| ContentHash::of(&it.bytes)));
    match job.known {
        // The time of change is shown and sorted by, so that an equal text with another time is put again.
        Some(known)
            if Entry {
                stamp: entry.stamp,
                settled: entry.settled,
                ..known
            } == entry
                && known.stamp.mtime_ns == entry.stamp.mtime_ns =>
        {
            Ok(Outcome::Same(entry))
        }
        Some(known) if is_half_a_save(&known, &entry, job.emptied, now) => Ok(Outcome::Emptied),
        _ => put(job, bytes, entry, index, config),
    }
}

/// Reads a file of a repository; of what must not be read, or is too large, the name is all that counts.
fn read_of_repo(job: &Job<'_>, most: u64) -> Result<(Stamp, Option<FileText>), ReadError> {
    let name_only = || {
        let stamp = job.source.stamp(&job.path)?;
        stamp.map(|it| (it, None)).ok_or(ReadError::NotFound)
    };
    if secrets::file::is_name_only(job.path.as_str()).is_some() || job.source.is_name_only(&job.path) {
        return name_only();
    }
    match job.source.read(&job.path, most) {
        Ok(file) => Ok((file.stamp, Some(file))),
        // Cut off, JSON is none any more: what is secret in it is known by its keys.
        Err(ReadError::TooLarge { .. }) if is_json(&job.path) => name_only(),
        Err(ReadError::TooLarge { .. }) => match job.source.read_beginning(&job.path) {
            Ok(file) if file.bytes.len() > LARGE => Ok((file.stamp, Some(file))),
            _ => name_only(),
        },
        Err(why) => Err(why),
    }
}

fn is_json(path: &NotePath) -> bool {
    path.extension().to_ascii_lowercase().starts_with("json")
}

fn nothing_read(why: &ReadError) -> Outcome {
    match why {
        ReadError::NotFound | ReadError::NotAFile | ReadError::Symlink => Outcome::Absent,
        ReadError::Folder => Outcome::Folder,
        ReadError::Changing => Outcome::Changing,
        ReadError::RootGone => Outcome::RootGone,
        ReadError::NotLocal => Outcome::Unreadable("a cloud drive holds only a placeholder of it here".to_owned()),
        ReadError::TooLarge { .. } | ReadError::Unreadable(_) => Outcome::Unreadable(why.to_string()),
    }
}

fn is_half_a_save(known: &Entry, entry: &Entry, emptied: Option<Instant>, now: Instant) -> bool {
    let is_empty = entry.hash.is_some() && entry.stamp.size == 0;
    is_empty && known.stamp.size > 0 && emptied.is_none_or(|it| now < it + PATIENCE)
}

fn put(job: &Job<'_>, bytes: Option<&[u8]>, entry: Entry, index: &Index, config: &Config) -> Result<Outcome> {
    let id = NoteId {
        source: job.source.config.name.clone(),
        path: job.path.clone(),
    };
    let document = if job.source.is_repo() {
        of_repo(&job.path, bytes, entry.stamp.size)
    } else {
        Document::read(&job.path, bytes.unwrap_or_default())
    };
    let Document {
        text,
        note,
        file_lines,
        words,
        facts,
        flaw,
    } = document;
    let flaw = if job.source.is_name_only(&job.path) {
        Some("left out by .gitattributes: only its name is indexed".to_owned())
    } else {
        flaw
    };
    // Of a file that shows nothing of itself only the name is known.
    let entry = match (job.source.is_repo(), flaw.is_some() && text.is_empty()) {
        (true, true) => Entry { hash: None, ..entry },
        // Of what is shown: from the hash of the bytes a short secret could be guessed.
        (true, false) => {
            let shown = ContentHash::of(text.as_bytes());
            entry.hash.into_iter().for_each(|blob| job.source.note_shown(blob, shown));
            Entry {
                hash: Some(shown),
                ..entry
            }
        }
        (false, _) => entry,
    };
    let claimed = note.property("origin").and_then(Value::as_str);
    let note = IndexedNote {
        id: &id,
        text: &text,
        note: &note,
        hash: entry.hash,
        stamp: row(&entry),
        origin: if job.source.is_repo() {
            Origin::Config
        } else {
            origin::decide(&job.path, &job.source.config.origin, &config.agent_folder, claimed)
        },
        modified: entry.stamp.mtime_ns,
        file_lines,
        left_out: job.ignored,
        words: &words,
        facts: &facts.to_text()?,
    };
    index.put(&note).with_context(|| format!("index `{}`", job.path))?;
    Ok(Outcome::Put { entry, facts, flaw })
}

/// Returns a stamp as the index keeps it. Where an equal stamp would not prove equal bytes, the time of the last change is left out, so that the
/// next start reads the file once more.
fn row(entry: &Entry) -> [i64; STAMP] {
    let Stamp {
        dev,
        ino,
        size,
        mtime_ns,
        ctime_ns,
    } = entry.stamp;
    // The bits count, not the sign.
    [
        dev as i64,
        ino as i64,
        size as i64,
        mtime_ns,
        if entry.settled { ctime_ns } else { 0 },
    ]
}

/// Returns what the catalog knows of a note that the index kept.
pub(super) fn entry(known: &Known) -> Entry {
    let row = known.stamp;
    let stamp = Stamp {
        dev: row[0] as u64,
        ino: row[1] as u64,
        size: row[2] as u64,
        mtime_ns: row[3],
        ctime_ns: row[4],
    };
    Entry {
        stamp,
        hash: known.hash,
        settled: true,
        ignored: known.left_out,
        indexed: true,
    }
}
