//! What others pushed is taken into a vault: the files first, then the branch. A crash in between leaves files that are newer than the branch,
//! and the next round finds them right. Text that no commit holds gets one before anything is done; then the merge is worked out anew on it.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result};
use jiff::Timestamp;
use tracing::{info, warn};

use crate::{
    engine::{
        Engine,
        write::{SECOND_LOOK, person_commit},
    },
    io::{
        git::{Committed, Incoming, Merge, Repository},
        vault::{Published, ReadError, Trashed},
    },
    model::{hash::ContentHash, path::NotePath},
};

/// How long one step of the engine works at it.
const SLICE: Duration = Duration::from_millis(50);

/// After so many rounds that somebody's commits overtook, the files are written in one go.
const ROUNDS: u32 = 3;

/// A larger file is left to git's own programs.
const MAX_FILE: u64 = 1 << 30;

/// A merge whose files are being written.
#[derive(Debug)]
pub(super) struct Applying {
    merge: Merge,
    next: usize,
    round: u32,
    /// Files with text that git must not take: they stay as they are.
    left: BTreeSet<NotePath>,
}

/// How far one file came.
enum Taken {
    Done,
    /// Somebody changed it: the merge must be worked out anew.
    Overtaken,
}

impl Engine {
    /// Takes a merge that the worker of a vault has worked out. One is enough at a time.
    pub(in crate::engine) fn take_merge(&mut self, at: usize, merge: Merge, now: Instant) {
        if !self.writes.queues[at].waiting.is_empty() {
            // A batch that waits until it is quiet must not hold it up.
            self.flush(now);
        }
        let Some(link) = &mut self.syncs.links[at] else { return };
        if link.applying.is_none() {
            link.rounds += 1;
            link.applying = Some(Applying {
                merge,
                next: 0,
                round: link.rounds,
                left: BTreeSet::new(),
            });
        }
    }

    /// Says whether there is a merge to go on with.
    pub(in crate::engine) fn has_merges(&self) -> bool {
        (0..self.roots.len()).any(|at| self.can_merge(at))
    }

    /// While commits of writes wait, the branch does not hold what the files do.
    fn can_merge(&self, at: usize) -> bool {
        let is_applying = self.syncs.links[at].as_ref().is_some_and(|it| it.applying.is_some());
        is_applying && self.writes.queues[at].waiting.is_empty()
    }

    /// Goes on with what others pushed, a slice of time a vault.
    pub(in crate::engine) fn advance_merges(&mut self, now: Instant) {
        for at in 0..self.roots.len() {
            if !self.can_merge(at) {
                continue;
            }
            let Some(repository) = self.roots[at].source.repository() else {
                continue;
            };
            let Some(mut applying) = self.syncs.links[at].as_mut().and_then(|it| it.applying.take()) else {
                continue;
            };
            match self.apply_merge(at, &repository, &mut applying, now) {
                Ok(Some(true)) => self.end_merge(at, &applying.merge),
                // The worker, woken, works out another one.
                Ok(Some(false)) => self.sync_soon(at),
                Ok(None) => {
                    if let Some(link) = &mut self.syncs.links[at] {
                        link.applying = Some(applying);
                    }
                }
                Err(error) => self.defer_merge(at, &format!("{error:#}")),
            }
        }
    }

    fn end_merge(&mut self, at: usize, merge: &Merge) {
        let source = &self.roots[at].source.config.name;
        info!(%source, files = merge.incoming.len(), conflicts = merge.copies.len(), "took in what others pushed");
        if let Some(link) = &mut self.syncs.links[at] {
            link.rounds = 0;
        }
        self.status_changed = true;
        self.sync_soon(at);
    }

    /// The worker tries again when it looks for commits of others the next time.
    fn defer_merge(&mut self, at: usize, why: &str) {
        let reason = format!("merge waits: {why}");
        let source = self.roots[at].source.config.name.clone();
        if let Some(link) = &mut self.syncs.links[at]
            && link.last.reason != reason
        {
            warn!(%source, reason, "what others pushed is not taken in yet");
            link.last.reason = reason;
            self.status_changed = true;
        }
    }

    /// Returns whether the branch has taken it over, `false` when it must be worked out anew, `None` while there is more to do.
    fn apply_merge(&mut self, at: usize, repository: &Arc<Repository>, applying: &mut Applying, now: Instant) -> Result<Option<bool>> {
        let Applying { merge, next, round, left } = applying;
        if *next == 0 && self.commit_what_stands(at, repository, merge, left)? {
            return Ok(Some(false));
        }
        let begun = Instant::now();
        while let Some(incoming) = merge.incoming.get(*next) {
            if *round < ROUNDS && begun.elapsed() > SLICE {
                return Ok(None);
            }
            match NotePath::parse(&incoming.path) {
                Ok(path) if left.contains(&path) => {}
                Ok(path) if incoming.is_plain => {
                    if let Taken::Overtaken = self.take_file(at, repository, incoming, &path, now)? {
                        return Ok(Some(false));
                    }
                }
                _ => {
                    if let Err(error) = repository.check_out(merge, &incoming.path) {
                        warn!(why = format!("{error:#}"), "a file that others pushed is in git only");
                    }
                }
            }
            *next += 1;
        }
        let finished = repository.finish_merge(merge);
        finished.map(Some).map_err(|why| anyhow::anyhow!("{why}"))
    }

    /// Commits what people wrote into the files that the merge changes and nobody committed. Returns whether there was any.
    fn commit_what_stands(&self, at: usize, repository: &Repository, merge: &Merge, left: &mut BTreeSet<NotePath>) -> Result<bool> {
        let mut requests = Vec::new();
        let mut paths = Vec::new();
        for incoming in merge.incoming.iter().filter(|it| it.is_plain) {
            let Ok(path) = NotePath::parse(&incoming.path) else { continue };
            let Some(bytes) = self.on_disk(at, &path)? else { continue };
            let hash = Some(ContentHash::of(&bytes));
            if hash != incoming.before && hash != incoming.after {
                requests.push(person_commit(
                    &path,
                    Some(bytes),
                    Timestamp::now().as_second(),
                    &self.config.git.owner,
                ));
                paths.push(path);
            }
        }
        if requests.is_empty() {
            return Ok(false);
        }
        let committed = repository.commit(&requests);
        let committed = committed.map_err(|why| anyhow::anyhow!("{why}"))?;
        let n_refused = left.len();
        let refused = committed.iter().zip(&paths).filter(|(it, _)| matches!(it, Committed::Refused(_)));
        left.extend(refused.map(|(_, path)| path.clone()));
        Ok(left.len() - n_refused < paths.len())
    }

    /// Returns the bytes of a file, `None` when there is none.
    fn on_disk(&self, at: usize, path: &NotePath) -> Result<Option<Vec<u8>>> {
        match self.roots[at].source.vault.read(path, MAX_FILE) {
            Ok(file) => Ok(Some(file.bytes)),
            Err(ReadError::NotFound) => Ok(None),
            Err(why) => Err(why).with_context(|| format!("read `{path}`")),
        }
    }

    /// Brings one file from what our branch holds to what the merge holds. Only those very bytes are replaced.
    fn take_file(&mut self, at: usize, repository: &Repository, incoming: &Incoming, path: &NotePath, now: Instant) -> Result<Taken> {
        let found = self.on_disk(at, path)?.map(|it| ContentHash::of(&it));
        if found == incoming.after {
            return Ok(Taken::Done);
        }
        if found.is_some() && found != incoming.before {
            return Ok(Taken::Overtaken);
        }
        self.roots[at].catalog.mark(path.clone(), now, Duration::ZERO);
        self.stop_watching(at, path);
        let Some(after) = incoming.after else {
            let Some(before) = found else { return Ok(Taken::Done) };
            let trashed = self.roots[at].source.vault.trash(path, before);
            return Ok(match trashed.map_err(|why| anyhow::anyhow!("remove `{path}`: {why}"))? {
                Trashed::Done { .. } => Taken::Done,
                Trashed::Changed { .. } => Taken::Overtaken,
            });
        };
        let bytes = repository.blob(after)?;
        self.open_spool(at).map_err(|why| anyhow::anyhow!("{why:?}"))?;
        let vault = &self.roots[at].source.vault;
        let spool = self.writes.spools[at].as_ref().expect("it was opened above");
        let write = || {
            let staged = vault.stage(spool, path, &bytes)?;
            vault.sync_staged(spool, std::slice::from_ref(&staged))?;
            let published = vault.publish(spool, staged, found)?;
            vault.sync_folders(spool, std::slice::from_ref(path))?;
            Ok(published)
        };
        match write().map_err(|why: crate::io::vault::WriteFailure| anyhow::anyhow!("write `{path}`: {why}"))? {
            Published::Done { displaced, .. } => {
                self.writes.displaced.extend(displaced.map(|it| (at, it, now + SECOND_LOOK)));
                Ok(Taken::Done)
            }
            Published::Changed { .. } => Ok(Taken::Overtaken),
        }
    }
}
