//! What tells a damaged repository from one that cannot be read for the moment. Knows git's errors; mends nothing.

use std::sync::{Arc, Mutex, PoisonError};

use git2::{ErrorClass, ErrorCode, Oid};

use crate::io::git::{Past, Repository, RepositoryKind};

/// Something that a whole clone would not have shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Doubt {
    /// An object is broken. One that is missing may be none that ever was here.
    pub(super) is_sure: bool,
    /// In git's words.
    pub(super) why: String,
}

impl Doubt {
    /// Returns what an error says of the repository's own files: that they are not what git wrote, where an object is missing, a pack torn, a file without
    /// sense. What the system refuses (rights, room, open files) says nothing of them.
    pub(super) fn of(error: &anyhow::Error) -> Option<Doubt> {
        let met = error.chain().find_map(|it| it.downcast_ref::<git2::Error>())?;
        let is_system = matches!(
            met.class(),
            ErrorClass::Os | ErrorClass::Filesystem | ErrorClass::NoMemory | ErrorClass::Thread
        );
        let is_other = is_system || matches!(met.code(), ErrorCode::Owner | ErrorCode::Locked);
        (!is_other).then(|| Doubt {
            is_sure: met.code() != ErrorCode::NotFound,
            why: met.message().to_owned(),
        })
    }
}

/// What readers of a clone met, shared with who keeps it.
#[derive(Debug, Clone, Default)]
pub(super) struct Doubts(Arc<Mutex<Option<Doubt>>>);

impl Doubts {
    pub(super) fn is_some(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(super) fn take(&self) -> Option<Doubt> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn raise(&self, doubt: Doubt) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.as_ref().is_some_and(|it| it.is_sure) {
            *known = Some(doubt);
        }
    }
}

impl Repository {
    /// Takes down that reading failed. Returns whether it is a clone of ours that seems to be damaged: who keeps it looks, and makes it anew.
    pub fn doubt(&self, error: &anyhow::Error) -> bool {
        let doubt = Doubt::of(error).filter(|_| self.kind == RepositoryKind::Clone);
        let is_doubted = doubt.is_some();
        doubt.into_iter().for_each(|it| self.doubts.raise(it));
        is_doubted
    }

    /// Reads every commit, and every file at HEAD; an error tells what is missing or broken. Takes seconds where there is much: to be asked
    /// only when something failed.
    pub(super) fn check_whole(&self) -> anyhow::Result<()> {
        let Some(listing) = self.listing()? else { return Ok(()) };
        let handle = self.handle()?;
        let objects = handle.odb()?;
        for file in &listing.files {
            objects.read(Oid::from_bytes(file.hash.as_bytes())?)?;
        }
        self.past(Past::default()).map(drop)
    }
}
