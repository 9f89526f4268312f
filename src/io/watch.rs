//! Operating-system events about a folder, reduced to hints: "look at this path". Events get lost, doubled and reordered (reference:
//! reliability.md 1.1, measured), so nothing here is believed beyond that, and the caller scans now and then whatever was heard.
//! The only place that knows notify; knows nothing of notes or of the index.

use std::{
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use notify::{
    Config, ErrorKind, Event, EventKind, EventKindMask, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{ModifyKind, RenameMode},
};

use crate::model::{noise, path::NotePath};

mod hints;

pub use hints::{Hints, Taken};

/// Listens to one folder and all below it until dropped.
#[derive(Debug)]
pub struct Watcher {
    state: Arc<Mutex<WatchState>>,
    identity: Option<(u64, u64)>,
    _listening: Option<RecommendedWatcher>,
}

/// Whether events can be expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WatchState {
    Watching,
    /// Some or all folders are not watched: the caller must scan every few seconds, and may start a new watcher later.
    Polling {
        /// For people; names no path.
        reason: String,
    },
}

impl Watcher {
    /// Starts to listen to `root`, or to the folder that it links to now, and fills `hints`. Takes 30 ms per 1,000 folders (measured), so
    /// big vaults start it on a thread of its own. Cannot fail: what cannot be watched is `Polling`. Ends with a hint to scan everything,
    /// since nobody heard what happened until then.
    pub fn start(root: &Path, hints: &Arc<Hints>) -> Watcher {
        let state = Arc::new(Mutex::new(WatchState::Watching));
        let mut watcher = Watcher {
            state: Arc::clone(&state),
            identity: None,
            _listening: None,
        };
        match listen(root, &state, hints) {
            Ok((identity, listening)) => {
                watcher.identity = Some(identity);
                watcher._listening = Some(listening);
            }
            Err(why) => poll_because(&state, &why),
        }
        hints.rescan();
        watcher
    }

    /// Returns the state at this moment; it can turn to `Polling` at any time and never turns back.
    pub fn state(&self) -> WatchState {
        lock(&self.state).clone()
    }

    /// Says whether the watched folder is the one with this device and inode. If not, the root was switched or recreated and the watcher is
    /// blind: start a new one.
    pub fn is_on(&self, dev: u64, ino: u64) -> bool {
        self.identity == Some((dev, ino))
    }
}

fn listen(root: &Path, state: &Arc<Mutex<WatchState>>, hints: &Arc<Hints>) -> notify::Result<((u64, u64), RecommendedWatcher)> {
    // The target of a link, because a switched link sends no event and would leave paths that are no longer true.
    let root = std::fs::canonicalize(root)?;
    // Before the watch: were the folder replaced in between, the next scan would find another identity.
    let found = std::fs::metadata(&root)?;
    let config = Config::default().with_follow_symlinks(false).with_event_kinds(EventKindMask::CORE);
    let listener = Listener {
        root: root.clone(),
        state: Arc::clone(state),
        hints: Arc::clone(hints),
    };
    let mut listening = RecommendedWatcher::new(move |heard| listener.hear(heard), config)?;
    listening.watch(&root, RecursiveMode::Recursive)?;
    Ok(((found.dev(), found.ino()), listening))
}

/// What runs on notify's thread. It must be quick: while it runs, the kernel's queue of 16,384 events fills.
struct Listener {
    root: PathBuf,
    state: Arc<Mutex<WatchState>>,
    hints: Arc<Hints>,
}

impl Listener {
    fn hear(&self, heard: notify::Result<Event>) {
        match heard {
            Ok(event) if event.need_rescan() || event.paths.is_empty() => self.hints.rescan(),
            Ok(event) => event.paths.iter().for_each(|path| self.hint(path, &event.kind)),
            Err(why) => self.complain(&why),
        }
    }

    fn hint(&self, path: &Path, kind: &EventKind) {
        let Ok(below) = path.strip_prefix(&self.root) else {
            return self.hints.rescan();
        };
        if below.as_os_str().is_empty() {
            // A file system that is unmounted, and a root that is renamed or deleted, take the watch with them.
            let gone = matches!(
                kind,
                EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(RenameMode::From | RenameMode::Any))
            );
            return if gone { self.hints.lose_root() } else { self.hints.rescan() };
        }
        // What is no path of a note, nothing below it is one either: hidden folders (`.git` is never still), names that are not UTF-8.
        if let Some(path) = below.to_str().and_then(|it| NotePath::parse(it).ok())
            && !noise::is_noise(path.as_str())
        {
            self.hints.add(path);
        }
    }

    /// An error names the folders that are not watched now, or none when it is about all.
    fn complain(&self, why: &notify::Error) {
        let is_hidden = |path: &PathBuf| {
            path.strip_prefix(&self.root)
                .is_ok_and(|it| it.to_str().is_some_and(noise::is_noise))
        };
        if !why.paths.is_empty() && why.paths.iter().all(is_hidden) {
            return;
        }
        poll_because(&self.state, why);
        self.hints.rescan();
    }
}

/// Keeps the first reason: the others are mostly its consequences.
fn poll_because(state: &Mutex<WatchState>, why: &notify::Error) {
    let mut state = lock(state);
    if *state == WatchState::Watching {
        tracing::warn!(%why, "cannot watch every folder; scanning every few seconds instead");
        *state = WatchState::Polling {
            reason: reason_of(&why.kind),
        };
    }
}

fn reason_of(why: &ErrorKind) -> String {
    match why {
        ErrorKind::MaxFilesWatch => "the system's limit of watched folders is reached; raise fs.inotify.max_user_watches".to_owned(),
        ErrorKind::PathNotFound => "the vault's folder is gone".to_owned(),
        ErrorKind::Io(why) => format!("a folder cannot be watched: {why}"),
        ErrorKind::Generic(why) => format!("folders cannot be watched: {why}"),
        ErrorKind::WatchNotFound | ErrorKind::InvalidConfig(_) => "folders cannot be watched".to_owned(),
    }
}

fn lock(state: &Mutex<WatchState>) -> MutexGuard<'_, WatchState> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
