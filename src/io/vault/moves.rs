//! Files that get another name: into the vault's trash, or elsewhere in it. Nothing is ever replaced by it. Knows where Obsidian keeps
//! deleted files; knows nothing of links to what moves.

use rustix::{fs::fsync, io::Errno};

use super::{Stamp, Vault, WriteFailure, replace::move_to_free, stage::see};
use crate::model::{hash::ContentHash, path::NotePath};

/// Where Obsidian keeps deleted files.
const TRASH: &str = ".trash";
const MAX_CLASHES: usize = 10_000;

/// What became of a file that was to be deleted.
#[derive(Debug)]
pub enum Trashed {
    /// It lies there now, relative to the root.
    Done { to: String },
    /// The file was not the base (any more) and is where it was; its bytes, `None` when there is no file.
    Changed { found: Option<Vec<u8>> },
}

/// What became of a file that was to be renamed.
#[derive(Debug)]
pub enum Renamed {
    /// Its stamp under the new name.
    Done { stamp: Stamp },
    /// As in [`Trashed::Changed`].
    Changed { found: Option<Vec<u8>> },
    /// Something lies at the new path.
    Exists,
}

enum Moved {
    Done(Stamp),
    Changed(Option<Vec<u8>>),
    Exists,
}

impl Vault {
    /// Moves a file of exactly these bytes below `.trash/`, in the same folders; a number tells it from one that lies there already. The
    /// new place is durable, the old name's absence after [`Vault::sync_folders`].
    pub fn trash(&self, path: &NotePath, base: ContentHash) -> Result<Trashed, WriteFailure> {
        let folder = match path.folder() {
            "" => TRASH.to_owned(),
            folder => format!("{TRASH}/{folder}"),
        };
        for number in 1..MAX_CLASHES {
            let name = numbered(path, number);
            match self.move_checked(path, &folder, &name, base)? {
                Moved::Done(_) => {
                    return Ok(Trashed::Done {
                        to: format!("{folder}/{name}"),
                    });
                }
                Moved::Changed(found) => return Ok(Trashed::Changed { found }),
                Moved::Exists => {}
            }
        }
        Err(Errno::EXIST.into())
    }

    /// Gives a file of exactly these bytes another path, in folders that are made as needed. The new name is durable, the old one's
    /// absence after [`Vault::sync_folders`].
    pub fn rename(&self, from: &NotePath, to: &NotePath, base: ContentHash) -> Result<Renamed, WriteFailure> {
        Ok(match self.move_checked(from, to.folder(), to.file_name(), base)? {
            Moved::Done(stamp) => Renamed::Done { stamp },
            Moved::Changed(found) => Renamed::Changed { found },
            Moved::Exists => Renamed::Exists,
        })
    }

    fn move_checked(&self, path: &NotePath, folder: &str, name: &str, base: ContentHash) -> Result<Moved, WriteFailure> {
        let old_name = path.file_name();
        let Some(here) = self.folder_for_writing(path.folder())? else {
            return Ok(Moved::Changed(None));
        };
        let Some(old) = see(&here, old_name)? else {
            return Ok(Moved::Changed(None));
        };
        if old.hash() != Some(base) {
            return Ok(Moved::Changed(Some(old.bytes?)));
        }
        let there = self.make_folder(folder)?;
        match move_to_free(&here, old_name, &there, name) {
            Ok(()) => {}
            Err(Errno::EXIST) => return Ok(Moved::Exists),
            Err(Errno::NOENT) => return Ok(Moved::Changed(None)),
            Err(why) => return Err(why.into()),
        }
        match see(&there, name)? {
            Some(moved) if moved.hash() == Some(base) => {
                fsync(&there)?;
                Ok(Moved::Done(moved.stamp))
            }
            // Somebody saved in between: back with it, unless they have saved once more. Then it stays: it is nowhere else.
            Some(moved) => {
                match move_to_free(&there, name, &here, old_name) {
                    Ok(()) | Err(Errno::EXIST | Errno::NOENT) => {}
                    Err(why) => return Err(why.into()),
                }
                let found = see(&here, old_name)?.map_or(moved.bytes, |it| it.bytes)?;
                Ok(Moved::Changed(Some(found)))
            }
            // Moved on by somebody else.
            None => Ok(Moved::Changed(None)),
        }
    }
}

/// `X.md`, `X 2.md`, `X 3.md`, as Obsidian counts.
fn numbered(path: &NotePath, number: usize) -> String {
    match (number, path.extension()) {
        (1, _) => path.file_name().to_owned(),
        (_, "") => format!("{} {number}", path.stem()),
        (_, extension) => format!("{} {number}.{extension}", path.stem()),
    }
}
