//! What the engine tells of itself: how fresh the index is, what each source looks like, what hinders.

use jiff::Timestamp;

use crate::model::path::SourceName;

/// How fresh an answer is (the `index` member of every read).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    pub generation: u64,
    pub stale: bool,
    /// Age of the oldest change known and not yet indexed, in milliseconds; 0 when none.
    pub lag_ms: u64,
}

/// Why the service is not ready, as a code for machines; the text is in the log and in `/v1/status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NotReady {
    /// The first index is being built.
    FirstIndex,
    /// A source's root cannot be read.
    RootGone,
    /// Neither watcher nor polling runs.
    NoWatcher,
    /// The index folder cannot be written.
    IndexNotWritable,
    /// The last complete scan is older than three intervals.
    ScanOverdue,
    /// Most notes vanished at once; the index waits for a second look.
    MassDelete,
    /// The engine thread has ended.
    EngineStopped,
}

impl NotReady {
    /// Returns the code as `/readyz` prints it.
    pub fn code(self) -> &'static str {
        match self {
            NotReady::FirstIndex => "first-index",
            NotReady::RootGone => "root-gone",
            NotReady::NoWatcher => "no-watcher",
            NotReady::IndexNotWritable => "index-not-writable",
            NotReady::ScanOverdue => "scan-overdue",
            NotReady::MassDelete => "mass-delete",
            NotReady::EngineStopped => "engine-stopped",
        }
    }
}

/// The state of the whole, published after each step of the engine.
#[derive(Debug, Clone, Default)]
pub struct Status {
    pub sources: Vec<SourceStatus>,
    /// Empty when ready.
    pub not_ready: Vec<NotReady>,
    /// Whether a first complete index has been published.
    pub first_index_done: bool,
    pub rebuilding: bool,
    pub index_bytes: u64,
    /// Paths waiting to be read again.
    pub dirty: usize,
    /// Writes that are taken and not begun.
    pub writes_waiting: usize,
    /// Of each source, in the same order.
    pub commits: Vec<Commits>,
    /// Notes, as `source:path`, in which somebody's save replaced what was written at the same place; bounded, newest last.
    pub overwritten: Vec<String>,
    /// The newest failures, bounded, newest last: time and text (paths, never note text).
    pub last_errors: Vec<(Timestamp, String)>,
}

/// The commits of one source's writes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commits {
    /// Where they go: `vault`, `private`, or `off`; of a source that is only read `clone` or `checkout` once its history can be read.
    pub place: &'static str,
    /// Writes that have none yet.
    pub waiting: usize,
    /// The last of those: the note's path, and who wrote.
    pub of: Vec<(String, String)>,
    /// Why they wait; empty when none does.
    pub reason: String,
    /// Commits that the remote does not have, as far as is known here; 0 where nothing is synced.
    pub unpushed: usize,
    /// Why the remote is not in step; empty when it is, and where nothing is synced.
    pub sync: String,
}

#[derive(Debug, Clone)]
pub struct SourceStatus {
    pub name: SourceName,
    /// Notes in the index.
    pub indexed: usize,
    /// Notes on the disk at the last complete scan.
    pub on_disk: usize,
    pub last_scan: Option<Timestamp>,
    pub last_scan_ms: u64,
    /// `watching`, or `polling: why`.
    pub watcher: String,
    /// Empty when well; else why the source is stale.
    pub problem: String,
    /// Sync tools' conflict copies: copy and original.
    pub conflicts: Vec<(String, String)>,
    /// Files that are not indexed, or not as they stand, and why; bounded.
    pub skipped: Vec<(String, String)>,
    /// How many were skipped in all.
    pub skipped_total: usize,
    /// Settings of the vault itself (`.obsidian`) that are not used, and why.
    pub settings_problems: Vec<String>,
    /// Of a checkout: whether its folder is not there, or most of its files are gone at once.
    pub is_gone: bool,
    /// Of a clone: how asking its remote went.
    pub fetched: Option<Fetched>,
}

impl SourceStatus {
    /// Returns the state of a source of which nothing is known yet.
    pub(super) fn starting(name: SourceName) -> SourceStatus {
        SourceStatus {
            name,
            indexed: 0,
            on_disk: 0,
            last_scan: None,
            last_scan_ms: 0,
            watcher: "starting".to_owned(),
            problem: String::new(),
            conflicts: Vec::new(),
            skipped: Vec::new(),
            skipped_total: 0,
            settings_problems: Vec::new(),
            is_gone: false,
            fetched: None,
        }
    }
}

/// How asking a remote went since the start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fetched {
    /// When it answered last.
    pub last: Option<Timestamp>,
    pub done: u64,
    pub failed: u64,
    /// Whether the last try failed.
    pub is_failing: bool,
    /// Whether the clone itself is of no use, and no other one is in its place yet.
    pub is_damaged: bool,
}
