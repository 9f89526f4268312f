//! Brings the files of one vault to what was planned: all new texts are staged and made durable together, then each is swapped in. Knows plans
//! and files; knows neither git nor the index.

use std::time::Instant;

use tracing::{error, info};

use crate::{
    engine::{
        Engine,
        no_room::of_disk,
        request::WriteError,
        write::{
            SECOND_LOOK,
            apply::{Failure, Work},
            planned::Change,
        },
    },
    io::vault::{Displaced, Published, Renamed, Spool, Staged, Trashed, Vault, WriteFailure},
    model::{hash::ContentHash, path::NotePath},
};

impl Engine {
    /// Does the file work of one root. A write whose first change fails is not begun; of the others each is left out that fails.
    pub(super) fn publish_files(&mut self, at: usize, works: &mut [Work], now: Instant) {
        let mut works: Vec<&mut Work> = works.iter_mut().filter(|it| it.planned.at == at).collect();
        if works.is_empty() {
            return;
        }
        if let Err(why) = self.open_spool(at) {
            works.iter_mut().for_each(|it| it.failure = Some(Failure::Refused(why.clone())));
            return;
        }
        let vault = &self.roots[at].source.vault;
        let Some(spool) = &self.writes.spools[at] else { return };
        let mut files = Files {
            vault,
            spool,
            displaced: Vec::new(),
            touched: Vec::new(),
        };
        let staged = files.stage(&mut works);
        for (work, staged) in works.iter_mut().zip(staged) {
            files.publish(work, staged);
        }
        let Files { displaced, touched, .. } = files;
        if let Err(why) = vault.sync_folders(spool, &touched) {
            // The texts stand there; that they last cannot be promised.
            let why = refused(why);
            let well = works.iter_mut().filter(|it| it.failure.is_none());
            well.for_each(|it| it.failure = Some(Failure::Refused(why.clone())));
        }
        self.writes
            .displaced
            .extend(displaced.into_iter().map(|it| (at, it, now + SECOND_LOOK)));
        for work in works.iter().filter(|it| it.failure.is_none()) {
            for change in work.planned.changes() {
                if let Some(text) = &change.after {
                    self.writes.remember_own(at, change.path.clone(), ContentHash::of(text.as_bytes()));
                }
            }
        }
    }

    pub(in crate::engine) fn open_spool(&mut self, at: usize) -> Result<(), WriteError> {
        if self.writes.spools[at].is_some() {
            return Ok(());
        }
        let source = &self.roots[at].source;
        let outside = self.config.state_dir().join("spool").join(source.config.name.as_str());
        match Spool::open(&source.vault, &outside) {
            Ok(spool) => {
                info!(source = %source.config.name, spool = %spool.place().display(), "writes go through this folder");
                self.writes.spools[at] = Some(spool);
                Ok(())
            }
            Err(error) => {
                error!(why = format!("{error:#}"), "no folder for writes");
                Err(of_disk(&error, "the service has no folder for temporary files"))
            }
        }
    }
}

/// The file work of one group in one vault.
struct Files<'a> {
    vault: &'a Vault,
    spool: &'a Spool,
    displaced: Vec<Displaced>,
    touched: Vec<NotePath>,
}

impl Files<'_> {
    /// Writes every new text into the spool and makes them durable, together. Returns those of each work, the first change first.
    fn stage(&self, works: &mut [&mut Work]) -> Vec<Vec<Option<Staged>>> {
        let mut all = Vec::new();
        let mut places = Vec::new();
        for (number, work) in works.iter_mut().enumerate() {
            let mut failure = None;
            for (place, change) in work.planned.changes().enumerate() {
                let Some(text) = change.after.as_ref().filter(|_| !is_plain_move(change)) else {
                    continue;
                };
                match self.vault.stage(self.spool, &change.path, text.as_bytes()) {
                    Ok(staged) => {
                        all.push(staged);
                        places.push((number, place));
                    }
                    Err(why) => failure = failure.or(Some(Failure::Refused(refused(why)))),
                }
            }
            work.failure = failure;
        }
        if let Err(why) = self.vault.sync_staged(self.spool, &all) {
            let why = refused(why);
            works.iter_mut().for_each(|it| it.failure = Some(Failure::Refused(why.clone())));
        }
        let mut of_works: Vec<Vec<Option<Staged>>> = works.iter().map(|it| (0..=it.planned.rest.len()).map(|_| None).collect()).collect();
        for ((number, place), staged) in places.into_iter().zip(all) {
            of_works[number][place] = Some(staged);
        }
        of_works
    }

    fn publish(&mut self, work: &mut Work, staged: Vec<Option<Staged>>) {
        if work.failure.is_some() {
            return;
        }
        let mut staged = staged.into_iter();
        if let Err(failure) = self.publish_one(&work.planned.first, staged.next().flatten()) {
            work.failure = Some(failure);
            return;
        }
        let rest = std::mem::take(&mut work.planned.rest);
        for (change, staged) in rest.into_iter().zip(staged) {
            match self.publish_one(&change, staged) {
                Ok(()) => work.planned.rest.push(change),
                Err(Failure::Changed) => {
                    let why = "somebody changed it at the same moment".to_owned();
                    work.planned.left.push((change.path.to_string(), why));
                }
                Err(Failure::Refused(_)) => {
                    let why = "it could not be written".to_owned();
                    work.planned.left.push((change.path.to_string(), why));
                }
            }
        }
    }

    fn publish_one(&mut self, change: &Change, staged: Option<Staged>) -> Result<(), Failure> {
        let before = change.before.as_ref().map(|it| it.hash);
        match (&change.from, before) {
            (Some(from), Some(before)) => {
                match self.vault.rename(from, &change.path, before) {
                    Ok(Renamed::Done { .. }) => {}
                    Ok(Renamed::Changed { .. } | Renamed::Exists) => return Err(Failure::Changed),
                    Err(why) => return Err(Failure::Refused(refused(why))),
                }
                self.touched.extend([from.clone(), change.path.clone()]);
                // Should somebody have saved it since, under its new name already, their text stays as it is.
                if let Some(staged) = staged {
                    self.swap(staged, Some(before)).unwrap_or_default();
                }
                Ok(())
            }
            (Some(_), None) => Err(Failure::Changed),
            (None, before) => {
                match (staged, before) {
                    (Some(staged), before) => self.swap(staged, before)?,
                    (None, Some(before)) => match self.vault.trash(&change.path, before) {
                        Ok(Trashed::Done { .. }) => {}
                        Ok(Trashed::Changed { .. }) => return Err(Failure::Changed),
                        Err(why) => return Err(Failure::Refused(refused(why))),
                    },
                    (None, None) => return Err(Failure::Changed),
                }
                self.touched.push(change.path.clone());
                Ok(())
            }
        }
    }

    fn swap(&mut self, staged: Staged, before: Option<ContentHash>) -> Result<(), Failure> {
        match self.vault.publish(self.spool, staged, before) {
            Ok(Published::Done { displaced, .. }) => {
                self.displaced.extend(displaced);
                Ok(())
            }
            Ok(Published::Changed { .. }) => Err(Failure::Changed),
            Err(why) => Err(Failure::Refused(refused(why))),
        }
    }
}

/// Says whether a file only gets another name.
fn is_plain_move(change: &Change) -> bool {
    change.from.is_some() && change.before.as_ref().map(|it| &it.text) == change.after.as_ref()
}

fn refused(why: WriteFailure) -> WriteError {
    match why {
        WriteFailure::Full(_) => WriteError::Full,
        WriteFailure::ReadOnly(_) => WriteError::ReadOnly,
        WriteFailure::RootGone => WriteError::NotReady,
        WriteFailure::NameTooLong => WriteError::InvalidName(why.to_string()),
        WriteFailure::Denied(_)
        | WriteFailure::Symlink
        | WriteFailure::NotAFile
        | WriteFailure::HardLinked
        | WriteFailure::OtherFileSystem => WriteError::Forbidden(why.to_string()),
        WriteFailure::Failed(error) => {
            error!(%error, "a file could not be written");
            WriteError::Failed("the file could not be written; see the service's log".to_owned())
        }
    }
}
