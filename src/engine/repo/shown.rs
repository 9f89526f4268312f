//! What was found out of the files of a checkout and is asked for again: what is shown of a blob, by its hash, and whether git calls a file
//! unchanged. Knows hashes and paths only.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use crate::model::{hash::ContentHash, path::NotePath};

/// So many blobs are remembered; of others each question reads one.
const MOST: usize = 20_000;

/// The hash of what is shown, by the hash of the bytes.
#[derive(Debug, Default)]
pub(in crate::engine) struct ShownBlobs(Mutex<HashMap<ContentHash, ContentHash>>);

impl ShownBlobs {
    pub(in crate::engine) fn get(&self, blob: ContentHash) -> Option<ContentHash> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&blob).copied()
    }

    pub(in crate::engine) fn insert(&self, blob: ContentHash, shown: ContentHash) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST {
            known.insert(blob, shown);
        }
    }
}

/// What git said of a file holds for so long: whoever cites a hit asks what the search has asked a moment ago.
const HOLDS: Duration = Duration::from_secs(2);

/// Whether git calls a file unchanged since a commit, as of a moment ago.
#[derive(Debug, Default)]
pub(in crate::engine) struct CleanPaths(Mutex<HashMap<NotePath, Said>>);

#[derive(Debug)]
struct Said {
    at: Instant,
    commit: String,
    is_clean: bool,
}

impl CleanPaths {
    /// Returns what git says, which is asked where it did not say it a moment ago.
    pub(in crate::engine) fn get_or_ask(&self, path: &NotePath, commit: &str, ask: impl FnOnce() -> bool) -> bool {
        let known = |it: &HashMap<NotePath, Said>| {
            let said = it.get(path).filter(|it| it.commit == commit && it.at.elapsed() < HOLDS);
            said.map(|it| it.is_clean)
        };
        if let Some(is_clean) = known(&self.0.lock().unwrap_or_else(PoisonError::into_inner)) {
            return is_clean;
        }
        let is_clean = ask();
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if said.len() >= MOST {
            said.clear();
        }
        let it = Said {
            at: Instant::now(),
            commit: commit.to_owned(),
            is_clean,
        };
        said.insert(path.clone(), it);
        is_clean
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn git_was_asked_again_for_each_hit_that_is_cited() {
        let clean = CleanPaths::default();
        let path = NotePath::parse("a.bin").unwrap();
        assert!(!clean.get_or_ask(&path, "one", || false));
        assert!(!clean.get_or_ask(&path, "one", || panic!("it was said a moment ago")));
        assert!(clean.get_or_ask(&path, "two", || true), "of another commit it was not");
        assert!(clean.get_or_ask(&NotePath::parse("b.bin").unwrap(), "one", || true));
    }
}
