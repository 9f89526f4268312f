//! The vault's own settings: the few files of `.obsidian` that change what notes mean, read as safely as notes are. The only hidden folder
//! that is ever looked into; which files those are stands in `vault_settings`.

use rustix::fs::{AtFlags, statat};

use super::{FileText, ReadError, Stamp, Vault, beneath, check_kind, read_in};
use crate::model::vault_settings::FILES;

const FOLDER: &str = ".obsidian";

impl Vault {
    /// Returns which settings files exist, by their place in [`FILES`], with their stamps. What cannot be looked at counts as not there;
    /// reading it says why.
    pub fn settings_stamps(&self) -> Vec<Option<Stamp>> {
        FILES.iter().map(|it| self.settings_stamp(it).ok()).collect()
    }

    /// Returns the bytes of one of [`FILES`], with the safety of [`Vault::read`].
    pub fn read_settings(&self, name: &'static str, max_bytes: u64) -> Result<FileText, ReadError> {
        let (folder, name) = place_of(name);
        read_in(
            &beneath::open_folder(&self.open_root()?, &folder, beneath::PASS_THROUGH)?,
            name,
            max_bytes,
        )
    }

    fn settings_stamp(&self, name: &'static str) -> Result<Stamp, ReadError> {
        let (folder, name) = place_of(name);
        let folder = beneath::open_folder(&self.open_root()?, &folder, beneath::PASS_THROUGH)?;
        let stat = statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        check_kind(&stat)?;
        Ok(Stamp::of(&stat))
    }
}

fn place_of(name: &'static str) -> (String, &'static str) {
    match name.rsplit_once('/') {
        Some((below, name)) => (format!("{FOLDER}/{below}"), name),
        None => (FOLDER.to_owned(), name),
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn only_the_known_files_are_read_and_no_link_is_followed() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("vault/.obsidian");
        fs::create_dir_all(folder.join("plugins/periodic-notes")).unwrap();
        fs::write(folder.join("app.json"), "{}").unwrap();
        fs::write(folder.join("plugins/periodic-notes/data.json"), "{\"a\":1}").unwrap();
        fs::write(place.path().join("outside.json"), "secret").unwrap();
        symlink("../../outside.json", folder.join("types.json")).unwrap();
        let vault = Vault::open(&place.path().join("vault")).unwrap();

        assert_eq!(vault.read_settings("app.json", 9).unwrap().bytes, b"{}");
        assert_eq!(
            vault.read_settings("plugins/periodic-notes/data.json", 9).unwrap().bytes,
            b"{\"a\":1}"
        );
        assert!(matches!(vault.read_settings("types.json", 9), Err(ReadError::Symlink)));
        assert!(matches!(vault.read_settings("daily-notes.json", 9), Err(ReadError::NotFound)));
        assert!(matches!(
            vault.read_settings("plugins/periodic-notes/data.json", 6),
            Err(ReadError::TooLarge { size: 7 })
        ));
        let exist: Vec<_> = FILES
            .iter()
            .zip(vault.settings_stamps())
            .filter(|(_, it)| it.is_some())
            .map(|(name, _)| *name)
            .collect();
        assert_eq!(exist, ["app.json", "plugins/periodic-notes/data.json"]);
    }

    #[test]
    fn a_folder_that_is_a_link_is_not_entered() {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir_all(place.path().join("vault")).unwrap();
        fs::create_dir_all(place.path().join("shared")).unwrap();
        fs::write(place.path().join("shared/app.json"), "{}").unwrap();
        symlink("../shared", place.path().join("vault/.obsidian")).unwrap();
        let vault = Vault::open(&place.path().join("vault")).unwrap();
        assert!(matches!(vault.read_settings("app.json", 9), Err(ReadError::Symlink)));
        assert!(vault.settings_stamps().iter().all(Option::is_none));
    }
}
