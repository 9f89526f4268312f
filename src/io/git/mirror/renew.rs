//! A clone that is damaged is made again from its remote, beside what is left of it, which is read until the new one is whole. Knows folders and
//! their names; who decides that something is damaged is the caller.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::io::git::{
    mirror::{Mirror, absent},
    remote::{Access, Refusal},
};

/// What the clone that is being made is called, and the damaged one until it is removed.
const FRESH: &str = "new";
const BROKEN: &str = "broken";

impl Mirror {
    /// Clones anew and puts the new clone in the place of the old one. A remote that does not answer leaves what is there.
    pub fn renew(&self, access: &Access) -> Result<(), Refusal> {
        let failed = |what: &str, error: &dyn std::fmt::Display| Refusal::Failed(format!("{what}: {error}"));
        let (place, broken) = (beside(&self.place, FRESH), beside(&self.place, BROKEN));
        clear(&place).map_err(|it| failed("cannot remove a clone that was not finished", &it))?;
        let fresh = Mirror::new(&place, self.origin.clone());
        let made = fresh
            .prepare()
            .map_err(|it| failed("cannot make a clone", &format_args!("{it:#}")))
            .and_then(|()| fresh.fetch_first(access))
            .and_then(|()| {
                let looked = fresh.repository().listing();
                looked.map(drop).map_err(|it| failed("the new clone cannot be read", &it))
            });
        if made.is_err() {
            // What came is of no use; the next try clears it away, too.
            let _ = clear(&place);
            return made;
        }
        let swapped = clear(&broken)
            .and_then(|()| absent(fs::rename(&self.place, &broken)))
            .and_then(|()| fs::rename(&place, &self.place));
        swapped.map_err(|it| failed("cannot put the new clone in its place", &it))?;
        // It is in nobody's way, and the next start removes it.
        let _ = clear(&broken);
        self.doubts.take();
        Ok(())
    }

    /// Says whether a folder is a damaged clone, or one that was never finished, that a killed run left beside its place.
    pub fn is_aside(folder: &Path) -> bool {
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        folder.is_dir() && [FRESH, BROKEN].iter().any(|it| name.ends_with(&format!(".git.{it}")))
    }
}

fn beside(place: &Path, what: &str) -> PathBuf {
    let mut name = place.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{what}"));
    place.with_file_name(name)
}

/// Removes whatever lies there; of a link the link.
fn clear(place: &Path) -> io::Result<()> {
    match fs::symlink_metadata(place) {
        Ok(it) if it.is_dir() => fs::remove_dir_all(place),
        Ok(_) => fs::remove_file(place),
        Err(error) => absent(Err(error)),
    }
}
