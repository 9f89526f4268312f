//! Text that a write took the place of, or that somebody wrote into a file after it was swapped out: none of it is deleted before it is known to be
//! in a commit, in the log of a commit that waits, or in `state/displaced`. Knows bytes and where they are held; decides nothing about notes.

use std::{fs, path::PathBuf, time::Instant};

use anyhow::{Context, Result};

use crate::{
    engine::{Engine, write::SECOND_LOOK},
    io::{intents::Intent, vault::Displaced},
    model::hash::ContentHash,
};

impl Engine {
    /// Keeps the text that a write replaced, where no commit does.
    pub(super) fn keep_text(&mut self, intent: &Intent) {
        let Some(text) = &intent.before_text else { return };
        if let Err(error) = self.keep_bytes(&intent.path, text.as_bytes()) {
            self.fail(format!("keep what was replaced: {error:#}"));
        }
    }

    /// Writes bytes of a note into `state/displaced`, durably. Returns the file's name: the bytes' hash, and where they stood.
    pub(super) fn keep_bytes(&self, path: &str, bytes: &[u8]) -> Result<String> {
        let folder = self.displaced_folder();
        let place: String = path.replace('/', "-").chars().take(60).collect();
        let name = format!("{}-{place}", ContentHash::of(bytes));
        let file = folder.join(&name);
        let write = || -> std::io::Result<()> {
            fs::create_dir_all(&folder)?;
            fs::write(&file, bytes)?;
            fs::File::open(&file)?.sync_all()?;
            fs::File::open(&folder)?.sync_all()
        };
        write().with_context(|| format!("write `{}`", file.display()))?;
        Ok(name)
    }

    /// Says whether bytes are where nothing deletes them.
    pub(super) fn is_held(&mut self, at: usize, hash: ContentHash) -> Result<bool> {
        if self.writes.queues[at].holds(hash) || (self.has_history() && self.open_repository(at)?.holds(hash)?) {
            return Ok(true);
        }
        let begins = hash.to_string();
        let kept = fs::read_dir(self.displaced_folder()).into_iter().flatten().flatten();
        Ok(kept.into_iter().any(|it| it.file_name().to_string_lossy().starts_with(&begins)))
    }

    /// Looks once more at files that were swapped out a while ago.
    pub(super) fn look_at_displaced(&mut self, now: Instant) {
        let (due, later): (Vec<_>, Vec<_>) = std::mem::take(&mut self.writes.displaced)
            .into_iter()
            .partition(|(_, _, at)| *at <= now);
        self.writes.displaced = later;
        for (at, displaced, _) in due {
            if let Err(error) = self.put_away(at, &displaced) {
                self.fail(format!("look at a file that was replaced: {error:#}"));
                self.writes.displaced.push((at, displaced, now + SECOND_LOOK));
                continue;
            }
            self.roots[at].source.vault.forget(displaced);
        }
    }

    /// Sees to it that the bytes of a displaced file are held elsewhere.
    fn put_away(&mut self, at: usize, displaced: &Displaced) -> Result<()> {
        let vault = &self.roots[at].source.vault;
        let Some(bytes) = vault.look_again(displaced).map_err(|why| anyhow::anyhow!("{why}"))? else {
            return Ok(());
        };
        let hash = ContentHash::of(&bytes);
        if self.is_held(at, hash)? {
            return Ok(());
        }
        let name = self.keep_bytes(displaced.path.as_str(), &bytes)?;
        let why = if hash == displaced.hash {
            "was replaced, and its text is in no commit"
        } else {
            "was written into by an editor while it was replaced"
        };
        self.fail(format!(
            "`{}` {why}; the text is kept in state/displaced as `{name}`",
            displaced.path
        ));
        Ok(())
    }

    fn displaced_folder(&self) -> PathBuf {
        self.config.state_dir().join("displaced")
    }
}
