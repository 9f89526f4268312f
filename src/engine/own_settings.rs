//! The vault's own settings as the engine follows them: read again at a scan when their files have changed. Knows when; what the settings
//! mean stands in `vault_settings`.

use tracing::{info, warn};

use crate::{
    engine::handle::Source,
    io::vault::{ReadError, Stamp},
    model::vault_settings::{self, FILES},
};

/// Far more than any real file has.
const MAX_BYTES: u64 = 1 << 20;

/// What was last read.
#[derive(Debug, Default)]
pub(super) struct OwnSettings {
    /// By the place in [`FILES`]; `None` before the first look, and to look again.
    stamps: Option<Vec<Option<Stamp>>>,
    /// What was not understood, for the vault's owner.
    pub(super) problems: Vec<String>,
}

impl OwnSettings {
    /// Reads the settings when their files have changed and gives them to the source's readers. Says whether they were read.
    pub(super) fn refresh(&mut self, source: &Source) -> bool {
        let stamps = source.vault.settings_stamps();
        if self.stamps.as_ref() == Some(&stamps) {
            return false;
        }
        let mut problems = Vec::new();
        let mut texts: Vec<(&str, String)> = Vec::new();
        for name in FILES {
            match source.vault.read_settings(name, MAX_BYTES) {
                Ok(file) => texts.push((name, String::from_utf8_lossy(&file.bytes).into_owned())),
                Err(ReadError::NotFound) => {}
                // Half a setting is worse than the last one: the next scan looks again.
                Err(ReadError::Changing | ReadError::RootGone) => return false,
                Err(why) => problems.push(format!("{name}: {why}")),
            }
        }
        let files: Vec<(&str, &str)> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let (settings, faults) = vault_settings::parse(&files);
        problems.extend(faults.iter().map(ToString::to_string));
        if problems != self.problems {
            problems
                .iter()
                .for_each(|it| warn!(source = %source.config.name, "a setting of the vault is not used: {it}"));
        }
        if self.stamps.is_some() {
            info!(source = %source.config.name, "the vault's own settings were read again");
        }
        source.set_settings(settings);
        self.stamps = Some(stamps);
        self.problems = problems;
        true
    }
}
