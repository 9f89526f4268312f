//! The repository that keeps the history of a vault: commits beside people and their tools, and what happened when. The only door to git2.
//! Knows git's files and rules; knows nothing of Markdown, of the index, or of who asked and why. Never writes below the vault, but for
//! the vault's own `.git` and, when what others pushed comes in, files that no note can be.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use git2::{ErrorCode, ObjectType, RepositoryInitOptions, RepositoryOpenFlags};

use crate::model::{hash::ContentHash, path::NotePath};
use damage::Doubts;

mod changes;
mod checkout;
mod commit;
mod damage;
mod durable;
mod entry;
mod guard;
mod history;
mod incoming;
mod lock;
mod look;
mod merge;
mod message;
mod mirror;
mod past;
mod program;
mod remote;
mod request;
mod sign;
mod staged;
#[cfg(test)]
mod tests;

pub use changes::{ChangeKind, CommitChanges, Since};
pub use commit::Tip;
pub use history::{CommitInfo, History};
pub use incoming::{Incoming, Merge};
pub use look::{Look, ask_remote};
pub use merge::merge;
pub use message::{COMMITTER, Identity, Message};
pub use mirror::{Listing, Mirror, Origin, TreeFile};
pub use past::Past;
pub use remote::{Access, Refusal, Upstream};
pub use request::{ChangedPath, Changes, Left, OwnCommit, Shape, is_branch};

/// Where the commits of a vault go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RepositoryKind {
    /// The vault's own, shared with people and other tools.
    Vault,
    /// A bare one of ours, outside of the vault.
    Private,
    /// A bare clone of ours that follows a remote; nothing of ours is committed there.
    Clone,
    /// Somebody's work tree, of which only the history is read.
    Checkout,
}

impl RepositoryKind {
    /// Returns the word for status and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            RepositoryKind::Vault => "vault",
            RepositoryKind::Private => "private",
            RepositoryKind::Clone => "clone",
            RepositoryKind::Checkout => "checkout",
        }
    }
}

/// The repository of one vault. Holds paths only: every operation opens a handle of its own, so packs that a `git gc` replaced and a
/// repository that was made anew are met as they are.
#[derive(Debug)]
pub struct Repository {
    kind: RepositoryKind,
    /// The vault, its links resolved; those of a checkout are not.
    root: PathBuf,
    /// What to open: the vault, or the private repository.
    place: PathBuf,
    /// The SSH key that signs every commit.
    signing_key: Option<PathBuf>,
    /// Of a clone of ours: what its readers met.
    doubts: Doubts,
}

/// What shall become one commit.
#[derive(Debug, Clone, PartialEq)]
pub struct CommitRequest {
    /// The whole bytes of each path, `None` removes it. Of two for one path the later counts.
    pub changes: Vec<(NotePath, Option<Vec<u8>>)>,
    pub author: Identity,
    /// In Unix seconds; written with the offset 0.
    pub time: i64,
    pub message: Message,
}

/// What became of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Committed {
    /// The id of the commit that was made.
    Commit(String),
    /// The tree held it already, because someone else committed it: the commit at HEAD, `None` when there is none.
    Unchanged(Option<String>),
    /// Git must not take one of the paths. Why, in words for the caller of the API; trying again will not help.
    Refused(String),
}

/// Why nothing could be committed at present. Nothing was changed: keep the group and try again later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotNow {
    pub reason: NotNowReason,
    /// One sentence for an operator.
    pub detail: String,
}

/// The kinds of [`NotNow`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotNowReason {
    /// Someone else holds `index.lock` or the lock of the branch.
    Locked,
    /// A merge, rebase, cherry-pick or bisect waits to be ended.
    InProgress,
    /// HEAD names no branch: the next checkout would orphan the commit.
    DetachedHead,
    /// The repository uses something that libgit2 cannot write.
    Unsupported,
    /// The repository belongs to another user.
    NotOwner,
    /// The key that shall sign cannot.
    NotSigned,
    Failed,
}

impl NotNowReason {
    /// Returns the word for status and logs.
    pub fn as_str(self) -> &'static str {
        match self {
            NotNowReason::Locked => "locked",
            NotNowReason::InProgress => "in_progress",
            NotNowReason::DetachedHead => "detached_head",
            NotNowReason::Unsupported => "unsupported",
            NotNowReason::NotOwner => "not_owner",
            NotNowReason::NotSigned => "not_signed",
            NotNowReason::Failed => "failed",
        }
    }
}

impl fmt::Display for NotNow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason.as_str(), self.detail)
    }
}

impl NotNow {
    fn new(reason: NotNowReason, detail: impl Into<String>) -> NotNow {
        NotNow {
            reason,
            detail: detail.into(),
        }
    }
}

impl From<git2::Error> for NotNow {
    fn from(error: git2::Error) -> NotNow {
        let reason = match error.code() {
            ErrorCode::Locked => NotNowReason::Locked,
            ErrorCode::Owner => NotNowReason::NotOwner,
            _ if error.message().starts_with("unsupported") => NotNowReason::Unsupported,
            _ => NotNowReason::Failed,
        };
        NotNow::new(reason, error.message())
    }
}

impl Repository {
    /// Returns the vault's own repository where the root, its links resolved, is the root of a work tree; else the private bare one at
    /// `private`, which is made when it is missing. Clears away a lock that an earlier run of ours left.
    pub fn open(vault_root: &Path, private: &Path) -> anyhow::Result<Repository> {
        let root = vault_root
            .canonicalize()
            .with_context(|| format!("cannot open the vault {}", vault_root.display()))?;
        let found = match open_at(&root) {
            Ok(handle) => is_root_of(&handle, &root).then_some(handle),
            Err(error) if error.code() == ErrorCode::NotFound => None,
            Err(error) => anyhow::bail!(
                "cannot use the git repository of the vault {}: {}",
                root.display(),
                readable(&error)
            ),
        };
        if let Some(handle) = found {
            lock::clear_own(handle.path(), handle.commondir());
            return Ok(Repository {
                kind: RepositoryKind::Vault,
                place: root.clone(),
                root,
                signing_key: None,
                doubts: Doubts::default(),
            });
        }
        prepare_private(private).with_context(|| format!("cannot use the history repository {}", private.display()))?;
        Ok(Repository {
            kind: RepositoryKind::Private,
            root,
            place: private.to_owned(),
            signing_key: None,
            doubts: Doubts::default(),
        })
    }

    /// Says whether this is no repository of a vault: only read, its hidden files are files like others.
    pub fn is_read_only(&self) -> bool {
        matches!(self.kind, RepositoryKind::Clone | RepositoryKind::Checkout)
    }

    /// Signs every commit from now on with this SSH key; what cannot be signed is not committed.
    pub fn signing_with(self, signing_key: Option<PathBuf>) -> Repository {
        Repository { signing_key, ..self }
    }

    /// Returns where the commits go.
    pub fn kind(&self) -> RepositoryKind {
        self.kind
    }

    /// Returns the blobs at HEAD of several paths, in their order; `None` where nothing is committed yet, or no file lies.
    pub fn at_heads(&self, paths: &[NotePath]) -> anyhow::Result<Vec<Option<ContentHash>>> {
        let handle = self.handle()?;
        let Some(head) = entry::head_commit(&handle)? else {
            return Ok(vec![None; paths.len()]);
        };
        let tree = head.tree()?;
        let blob = |path: &NotePath| {
            let found = entry::find(&tree, path.as_str())?;
            let blob = found.filter(|it| it.kind == Some(ObjectType::Blob));
            Ok(blob.and_then(|it| ContentHash::from_bytes(it.id.as_bytes())))
        };
        paths.iter().map(blob).collect()
    }

    /// Commits a group in order, one commit each, with one hold of the lock, one sync and one move of the branch, to the last of the
    /// chain. On `Ok` all of it is on the disk for good; there is one answer for each request. Waits at most about 100 ms for a lock.
    pub fn commit(&self, group: &[CommitRequest]) -> Result<Vec<Committed>, NotNow> {
        self.commit_planned(|_| Ok(group.to_vec()))
    }

    /// As [`Repository::commit`], of a group that is decided once the repository is locked: whoever held the lock before may have committed
    /// just what it is about.
    pub fn commit_planned(&self, mut plan: impl FnMut(&Tip<'_>) -> anyhow::Result<Vec<CommitRequest>>) -> Result<Vec<Committed>, NotNow> {
        let handle = self.handle()?;
        let key = self.signing_key.as_deref();
        match self.kind {
            RepositoryKind::Vault => commit::in_vault(&handle, &self.root, key, &mut plan),
            RepositoryKind::Private => commit::in_private(&handle, key, &mut plan),
            RepositoryKind::Clone | RepositoryKind::Checkout => Err(NotNow::new(NotNowReason::Unsupported, "this repository is only read")),
        }
    }

    fn handle(&self) -> Result<git2::Repository, git2::Error> {
        let handle = match self.kind {
            RepositoryKind::Vault => open_at(&self.place)?,
            RepositoryKind::Checkout => checkout::open_around(&self.place)?,
            RepositoryKind::Private | RepositoryKind::Clone => git2::Repository::open_bare(&self.place)?,
        };
        if !self.is_read_only() {
            durable::prepare(&handle)?;
        }
        Ok(handle)
    }
}

/// Looks at this folder only, never at one above it.
fn open_at(folder: &Path) -> Result<git2::Repository, git2::Error> {
    git2::Repository::open_ext(folder, RepositoryOpenFlags::NO_SEARCH, [] as [&Path; 0])
}

fn is_root_of(handle: &git2::Repository, root: &Path) -> bool {
    let work_tree = handle.workdir().and_then(|it| it.canonicalize().ok());
    !handle.is_bare() && work_tree.is_some_and(|it| it == root)
}

fn prepare_private(place: &Path) -> anyhow::Result<()> {
    match git2::Repository::open_bare(place) {
        Ok(handle) => {
            // Nobody else writes here: a lock is what a crash left. Where it cannot be removed, the first commit says why.
            if let Ok(head) = handle.find_reference("HEAD")
                && let Ok(Some(branch)) = head.symbolic_target()
            {
                let _ = std::fs::remove_file(place.join(format!("{branch}.lock")));
            }
            return Ok(());
        }
        Err(error) if error.code() == ErrorCode::NotFound => {}
        Err(error) => return Err(explained(error)),
    }
    let mut options = RepositoryInitOptions::new();
    options
        .bare(true)
        .mkpath(true)
        .no_reinit(true)
        .external_template(false)
        .initial_head("main");
    let handle = git2::Repository::init_opts(place, &options)?;
    // A bare repository keeps no log of its branch unless told to.
    handle.config()?.set_bool("core.logAllRefUpdates", true)?;
    Ok(())
}

/// Returns an error as it is, or in better words where git's do not say what to do.
fn explained(error: git2::Error) -> anyhow::Error {
    match error.code() {
        ErrorCode::Owner => anyhow::anyhow!("{}", readable(&error)),
        _ => error.into(),
    }
}

fn readable(error: &git2::Error) -> String {
    match error.code() {
        ErrorCode::Owner => "it belongs to another user; run membridge as the user who owns the vault and its .git folder".to_owned(),
        _ => error.message().to_owned(),
    }
}
