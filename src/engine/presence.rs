//! Whether a source's folder is the one whose notes the index holds, and what to think when most of them are gone. Pure: identities and clocks
//! are handed in.

use std::time::{Duration, Instant};

/// How long most notes must be gone before that is believed.
const SECOND_LOOK: Duration = Duration::from_secs(30);

/// A folder by device and inode.
pub(super) type Identity = (u64, u64);

#[derive(Debug, Default)]
pub(super) struct Presence {
    /// The folder whose notes the index holds.
    pub(super) believed: Option<Identity>,
    /// The folder that the last scan found.
    pub(super) seen: Option<Identity>,
    /// Since when most notes are gone and not yet removed.
    doubted: Option<Instant>,
}

impl Presence {
    /// Says whether most notes are gone and that is not believed yet.
    pub(super) fn is_doubted(&self) -> bool {
        self.doubted.is_some()
    }

    /// Returns when a second look may decide.
    pub(super) fn second_look(&self) -> Option<Instant> {
        self.doubted.map(|it| it + SECOND_LOOK)
    }

    /// Says whether notes that are gone stay in the index, because too many went at once (`vanished`). In the folder that the index knows, a
    /// second look later decides; in another folder, as an empty mount point is one, they stay until they are back or the index is deleted.
    /// A root that is a link (`switches`) is another folder whenever it is switched.
    pub(super) fn holds_back(&mut self, found: Identity, vanished: bool, switches: bool, now: Instant) -> bool {
        self.seen = Some(found);
        if vanished {
            let since = *self.doubted.get_or_insert(now);
            let known = switches || self.believed == Some(found);
            if !known || now < since + SECOND_LOOK {
                return true;
            }
        }
        self.doubted = None;
        self.believed = Some(found);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_look_decides_in_the_same_folder_only() {
        let start = Instant::now();
        let mut presence = Presence::default();
        assert!(!presence.holds_back((1, 1), false, false, start));
        assert!(presence.holds_back((1, 1), true, false, start), "the first look");
        assert!(!presence.holds_back((1, 1), true, false, start + SECOND_LOOK), "the second");
        assert!(presence.holds_back((2, 1), true, false, start));
        assert!(
            presence.holds_back((2, 1), true, false, start + 100 * SECOND_LOOK),
            "an empty mount point"
        );
        assert!(
            !presence.holds_back((2, 1), true, true, start + 100 * SECOND_LOOK),
            "a link that was switched"
        );
    }
}
