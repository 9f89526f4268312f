//! The bounded set of hints between the watcher's thread and the engine. Knows that too many hints are one rescan; knows no event.

use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crossbeam_channel::Sender;

use crate::model::path::NotePath;

/// Above this many paths a scan of everything is cheaper than looking at each, and memory stays bounded.
const MAX_PATHS: usize = 4096;

/// What may have changed since it was last asked.
#[derive(Debug)]
pub struct Hints {
    pending: Mutex<Taken>,
    wake: Sender<()>,
}

/// Hints taken out of the set.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Files and folders at which, and below which, something may have changed: created, written, renamed, deleted or nothing. Only the
    /// disk tells which; of a folder all below must be looked at, and below a path that is gone nothing is left.
    pub paths: BTreeSet<NotePath>,
    /// Something may have changed anywhere. `paths` is empty then.
    pub rescan: bool,
    /// The watched root was moved, deleted or unmounted: a new watcher is needed. Comes with `rescan`.
    pub root_lost: bool,
}

impl Hints {
    /// Returns an empty set. Every hint tries to put one unit into `wake`, a channel that needs room for just one.
    pub fn new(wake: Sender<()>) -> Hints {
        Hints {
            pending: Mutex::default(),
            wake,
        }
    }

    /// Empties the set and returns what it held.
    pub fn take(&self) -> Taken {
        std::mem::take(&mut self.lock())
    }

    pub(super) fn add(&self, path: NotePath) {
        let mut pending = self.lock();
        if !pending.rescan {
            pending.paths.insert(path);
            if pending.paths.len() > MAX_PATHS {
                pending.paths.clear();
                pending.rescan = true;
            }
        }
        drop(pending);
        self.wake();
    }

    pub(super) fn rescan(&self) {
        let mut pending = self.lock();
        pending.paths.clear();
        pending.rescan = true;
        drop(pending);
        self.wake();
    }

    pub(super) fn lose_root(&self) {
        self.lock().root_lost = true;
        self.rescan();
    }

    /// A full channel has woken the engine already, a closed one has none.
    fn wake(&self) {
        let _ = self.wake.try_send(());
    }

    fn lock(&self) -> MutexGuard<'_, Taken> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(number: usize) -> NotePath {
        NotePath::parse(&format!("{number}.md")).unwrap()
    }

    #[test]
    fn a_path_heard_often_is_one_hint_and_one_wake() {
        let (wake, woken) = crossbeam_channel::bounded(1);
        let hints = Hints::new(wake);
        hints.add(note(1));
        hints.add(note(1));
        assert_eq!(woken.try_iter().count(), 1);
        assert_eq!(
            hints.take(),
            Taken {
                paths: [note(1)].into(),
                ..Taken::default()
            }
        );
        assert_eq!(hints.take(), Taken::default());
    }

    #[test]
    fn too_many_paths_become_one_rescan_and_memory_stays_bounded() {
        let hints = Hints::new(crossbeam_channel::bounded(1).0);
        (0..MAX_PATHS).for_each(|it| hints.add(note(it)));
        let full = hints.take();
        assert_eq!((full.paths.len(), full.rescan), (MAX_PATHS, false));

        (0..=2 * MAX_PATHS).for_each(|it| hints.add(note(it)));
        assert_eq!(
            hints.take(),
            Taken {
                rescan: true,
                ..Taken::default()
            }
        );
    }

    #[test]
    fn a_lost_root_is_a_rescan_too() {
        let hints = Hints::new(crossbeam_channel::bounded(1).0);
        hints.add(note(1));
        hints.lose_root();
        hints.add(note(2));
        assert_eq!(
            hints.take(),
            Taken {
                rescan: true,
                root_lost: true,
                ..Taken::default()
            }
        );
    }
}
