//! What is asked of the engine about a note, and what it answers. Values only; knows neither how it is done nor who sends it.

use std::fmt;

use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use crate::model::{
    hash::ContentHash,
    note::edit::{Edit, EditError},
    path::{NotePath, SourceName},
};

/// What a caller wants to become of one note.
#[derive(Debug, Clone)]
pub struct WriteRequest {
    pub source: SourceName,
    pub path: NotePath,
    pub action: Action,
    pub who: Who,
    /// Whether the caller may change notes that people wrote, where the policy allows it.
    pub may_edit: bool,
    /// A folder, ending with `/`, beyond which the caller sees nothing and nothing is changed for it.
    pub prefix: Option<String>,
    pub if_match: Option<ContentHash>,
    pub reason: String,
    /// Answer what would happen; change nothing.
    pub dry_run: bool,
    pub idempotency: Option<Idempotency>,
    /// Write it even if it looks like a secret.
    pub allow_secret: bool,
    /// Brings back what a later save had dropped; that is done once, so it is not watched in its turn.
    pub brings_back: bool,
}

impl WriteRequest {
    /// Returns a write of the service itself, for which nobody waits: the text takes the place of the one of that hash, `None` of none.
    pub(super) fn own(source: SourceName, path: NotePath, text: String, over: Option<ContentHash>, reason: String) -> WriteRequest {
        WriteRequest {
            source,
            path,
            action: Action::Put(text),
            who: Who::default(),
            may_edit: true,
            prefix: None,
            if_match: over,
            reason,
            dry_run: false,
            idempotency: None,
            allow_secret: true,
            brings_back: false,
        }
    }

    /// Returns the request as one whose answer nobody reads.
    pub(super) fn unanswered(self) -> Waiting {
        let (reply, _nobody) = oneshot::channel();
        Waiting { request: self, reply }
    }
}

#[derive(Debug, Clone)]
pub enum Action {
    /// The whole text: of a new note, or in the place of the one that `if_match` names.
    Put(String),
    /// All edits or none.
    Edit(Vec<Edit>),
    /// To the trash.
    Delete,
    /// To another path, where nothing may lie yet.
    Move { to: NotePath, update_links: bool },
    /// An old text, whatever the note holds now.
    Restore(String),
    /// A new note; when its name is taken anywhere in the vault, a number is added. The other note is marked as superseded by it.
    Create { text: String, supersedes: Option<NotePath> },
    /// A text after all that the note holds. A note that is not there begins with `head`, and its name is found as for `Create`.
    Append { head: String, text: String },
}

/// Who asks, for commits. Short, printable; may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Who {
    pub agent: String,
    pub session: String,
    /// What the write tells of, where that lies elsewhere: `git.example.org/owner/name#7`.
    pub about: String,
}

/// A key under which the same request is answered once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    pub key: String,
    /// Identifies the request: another one under the same key is refused.
    pub request: String,
}

/// What happened. Kept as text for callers that ask again under the same key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    pub source: String,
    pub path: String,
    /// `None` once the note is gone.
    pub hash: Option<String>,
    pub previous_hash: Option<String>,
    pub commit: Option<String>,
    pub git: GitState,
    pub private: bool,
    /// From which generation on search sees it.
    pub generation: u64,
    pub changed: bool,
    pub warnings: Vec<String>,
    /// Where a note that was moved came from.
    #[serde(default)]
    pub moved_from: Option<String>,
    /// Other notes that were changed with it.
    #[serde(default)]
    pub also_changed: Vec<String>,
    /// Other notes that should have been changed and were not, with the reason.
    #[serde(default)]
    pub left: Vec<(String, String)>,
    /// The text before and after, for a diff. Not kept.
    #[serde(skip)]
    pub texts: Option<(String, String)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum GitState {
    Committed,
    Queued,
    Off,
}

/// What came of the wish to commit everything now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flushed {
    /// Writes that have their commit now.
    pub committed: usize,
    /// Writes that have none yet.
    pub waiting: usize,
    /// Why they wait; empty when none does.
    pub reason: String,
}

/// Where a write would have put a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretPlace {
    /// In this line of the note, from 1.
    Line(usize),
    Name,
    /// In the reason, which becomes the commit's message.
    Reason,
}

impl fmt::Display for SecretPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretPlace::Line(line) => write!(f, "line {line} of the note"),
            SecretPlace::Name => f.write_str("the name of the note"),
            SecretPlace::Reason => f.write_str("the reason of the commit"),
        }
    }
}

/// Why nothing was written.
#[derive(Debug, Clone, PartialEq)]
pub enum WriteError {
    NoSource,
    NoNote,
    /// The present hash, where there is a note.
    AlreadyExists(NotePath, ContentHash),
    /// A note of this name would be the same file on another device.
    Twin(NotePath),
    NeedsMatch(ContentHash),
    Stale(Option<ContentHash>),
    /// Somebody changes the note all the time.
    Conflict,
    Forbidden(String),
    NeedsEditScope,
    NotMarkdown,
    InvalidName(String),
    Edit(EditError),
    /// What the write adds holds one: its kind, and where.
    Secret {
        kind: &'static str,
        place: SecretPlace,
    },
    NotUtf8,
    TooLarge {
        size: usize,
        most: u64,
    },
    OtherRequest,
    /// The source is a repository, which is only read.
    ReadOnlySource,
    /// Too many writes wait, or the file is being written.
    Busy(String),
    /// The vault is not there, or most of it is missing.
    NotReady,
    Full,
    ReadOnly,
    Failed(String),
}

/// One request and who waits for its answer.
#[derive(Debug)]
pub struct Waiting {
    pub(super) request: WriteRequest,
    pub(super) reply: oneshot::Sender<Result<Receipt, WriteError>>,
}

impl Waiting {
    /// Sends the answer. A caller that has gone away reads its receipt under its key.
    pub(super) fn answer(self, result: Result<Receipt, WriteError>) {
        drop(self.reply.send(result));
    }
}
