//! Reads paths that may have changed and puts what changed into the index. Knows how one file becomes an entry; decides nothing about when.

use std::{
    borrow::Cow,
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
        handle::Source,
    },
    io::{
        index::{Index, IndexedNote, Known, STAMP},
        vault::{FileText, ReadError, Stamp},
    },
    model::{
        hash::ContentHash,
        note::Note,
        origin,
        path::{NoteId, NotePath},
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
}

/// What a look at a path led to.
#[derive(Debug)]
pub(super) enum Outcome {
    /// In the index as of the next commit. `flaw` says what is odd about the file.
    Put { entry: Entry, flaw: Option<String> },
    /// The bytes are those that the index holds.
    Same(Entry),
    /// It lies on the disk, and the index must not hold it; the flaw says why where nobody asked for that.
    LeftOut { flaw: Option<String> },
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
    let id = || NoteId {
        source: job.source.config.name.clone(),
        path: job.path.clone(),
    };
    if job.leave_out {
        return Ok(Outcome::LeftOut { flaw: None });
    }
    let before = SystemTime::now();
    let file = match job.source.vault.read(&job.path, config.limits.note_read_bytes) {
        Ok(file) => file,
        Err(ReadError::NotFound | ReadError::NotAFile | ReadError::Symlink) => return Ok(Outcome::Absent),
        Err(ReadError::Folder) => return Ok(Outcome::Folder),
        Err(ReadError::Changing) => return Ok(Outcome::Changing),
        Err(ReadError::RootGone) => return Ok(Outcome::RootGone),
        Err(ReadError::TooLarge { size }) => {
            let flaw = format!("{size} bytes, more than limits.note_read_bytes ({})", config.limits.note_read_bytes);
            return Ok(Outcome::LeftOut { flaw: Some(flaw) });
        }
        Err(ReadError::NotLocal) => return Ok(Outcome::Unreadable("a cloud drive holds only a placeholder of it here".to_owned())),
        Err(ReadError::Unreadable(error)) => return Ok(Outcome::Unreadable(error.to_string())),
    };
    let entry = Entry {
        stamp: file.stamp,
        hash: ContentHash::of(&file.bytes),
        settled: is_settled(&file.stamp, before),
    };
    match job.known {
        // The time of change is shown and sorted by, so that an equal text with another time is put again.
        Some(known) if known.hash == entry.hash && known.stamp.mtime_ns == entry.stamp.mtime_ns => Ok(Outcome::Same(entry)),
        Some(known) if is_half_a_save(&known, &file, job.emptied, now) => Ok(Outcome::Emptied),
        _ => put(job, &id(), &file, entry, index, config),
    }
}

fn is_half_a_save(known: &Entry, file: &FileText, emptied: Option<Instant>, now: Instant) -> bool {
    file.bytes.is_empty() && known.stamp.size > 0 && emptied.is_none_or(|it| now < it + PATIENCE)
}

fn put(job: &Job<'_>, id: &NoteId, file: &FileText, entry: Entry, index: &Index, config: &Config) -> Result<Outcome> {
    let text = String::from_utf8_lossy(&file.bytes);
    let note = Note::parse(&text);
    let claimed = note.property("origin").and_then(Value::as_str);
    let note = IndexedNote {
        id,
        text: &text,
        note: &note,
        hash: entry.hash,
        stamp: row(&entry),
        origin: origin::decide(&job.path, &job.source.config.origin, &config.agent_folder, claimed),
        modified: file.stamp.mtime_ns,
    };
    index.put(&note).with_context(|| format!("index note `{}`", job.path))?;
    let flaw = matches!(text, Cow::Owned(_)).then(|| "not UTF-8: indexed as far as it can be read, never written".to_owned());
    Ok(Outcome::Put { entry, flaw })
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
    }
}
