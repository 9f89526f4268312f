//! Keeps a clone that fetches for years in few files: each fetch leaves a pack, or a loose object for each commit, folder and file. Knows how git
//! stores objects; who fetched is the caller. Readers are not disturbed: what they opened stays readable, and what they look for and do not
//! find any more where it was, libgit2 looks for anew.

use std::{fs, path::Path, sync::atomic::Ordering};

use crate::io::git::{
    mirror::Mirror,
    remote::{self, Access, Refusal},
};

/// So many packs, or loose objects, are borne: each look-up asks every pack.
const MOST_PACKS: usize = 50;
const MOST_LOOSE: usize = 4000;

/// Loose objects lie in 256 folders by their first two digits, evenly: one is counted, as by `git gc`.
const FOLDERS: usize = 256;

impl Mirror {
    /// Packs the clone where it has too many files; returns how many packs are left, `None` when there was nothing to do. Small packs become one, which
    /// takes as long as they are large: the packs grow by twos, so that an old, large one is hardly ever written again. Nothing is given up, not even
    /// what no branch holds any more, for somebody may have cited it.
    pub fn tidy(&self, access: &Access) -> Result<Option<usize>, Refusal> {
        let objects = self.place.join("objects");
        let loose = loose_in(&objects);
        if packs_in(&objects) <= MOST_PACKS && loose <= MOST_LOOSE + self.left_loose.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let mut command = self.repository().command(access)?;
        // As for a fetch: never a repository above.
        command.env("GIT_DIR", ".");
        // What remains of the old ones is removed once the new one is in its place, on the disk for good.
        command.args([
            "-c",
            "pack.threads=1",
            "-c",
            "core.fsync=pack,pack-metadata",
            "-c",
            "repack.writeBitmaps=false",
        ]);
        command.args(["repack", "--geometric=2", "-d", "-l", "-q"]);
        let ended = remote::ended(&mut command, access)?;
        // What no branch holds stays loose: it is no reason to begin again at once.
        self.left_loose.store(loose_in(&objects), Ordering::Relaxed);
        if ended.success {
            Ok(Some(packs_in(&objects)))
        } else {
            Err(remote::failed(&ended.stderr))
        }
    }
}

fn packs_in(objects: &Path) -> usize {
    let files = fs::read_dir(objects.join("pack")).into_iter().flatten().flatten();
    files.filter(|it| it.path().extension().is_some_and(|it| it == "pack")).count()
}

fn loose_in(objects: &Path) -> usize {
    FOLDERS * fs::read_dir(objects.join("17")).into_iter().flatten().count()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::io::git::Origin;

    #[test]
    fn what_no_branch_holds_stays_and_is_not_packed_again_and_again() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("a.git");
        let origin = Origin {
            url: "https://git.example.org/a/b".to_owned(),
            branch: None,
        };
        let mirror = Mirror::new(&place, origin);
        mirror.prepare().unwrap();
        let access = Access {
            token_file: None,
            timeout: Duration::from_secs(30),
            stop: std::sync::Arc::default(),
        };
        assert_eq!(mirror.tidy(&access), Ok(None), "nothing to do");
        // As many in the folder that is counted as 4,096 in all.
        let loose = place.join("objects/17");
        fs::create_dir_all(&loose).unwrap();
        for number in 0..16 {
            fs::write(loose.join(format!("{number:038x}")), "no object, and nobody asks for it").unwrap();
        }
        let first = mirror.tidy(&access);
        assert!(matches!(first, Ok(Some(_)) | Err(Refusal::Failed(_))), "{first:?}");
        assert_eq!(mirror.tidy(&access), Ok(None));
        assert_eq!(loose_in(&place.join("objects")), 16 * FOLDERS);
    }
}
