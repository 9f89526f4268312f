//! Texts that a search has read, kept for the next one: reading a note back from the compressed store takes ten times as long as looking
//! through it. Bounded over all segments together; what was kept first stays, so that a scan of a large vault does not push itself out.
//! Knows notes by number; knows nothing of queries.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use crate::model::query::outline::{Outline, may_have_query_fence};

/// How much is kept in all, in bytes: a vault of 10,000 notes.
const MOST: usize = 40_000_000;

/// Bytes kept by all segments.
static ALL: AtomicUsize = AtomicUsize::new(0);

/// What is kept of one segment. A segment's notes never change, so nothing here goes stale.
#[derive(Default)]
pub(super) struct Kept {
    /// By note; made when first needed.
    notes: OnceLock<Box<[Slot]>>,
    bytes: AtomicUsize,
}

/// The text of a note.
pub(super) struct Text {
    pub(super) text: Box<str>,
    /// See [`may_have_query_fence`].
    pub(super) may_have_fence: bool,
}

#[derive(Default)]
struct Slot {
    text: OnceLock<Text>,
    outline: OnceLock<Arc<Outline>>,
}

impl Kept {
    pub(super) fn text(&self, note: usize) -> Option<&Text> {
        self.notes.get()?.get(note)?.text.get()
    }

    pub(super) fn outline(&self, note: usize) -> Option<Arc<Outline>> {
        self.notes.get()?.get(note)?.outline.get().cloned()
    }

    /// Keeps the text of one of so many notes, if there is room.
    pub(super) fn keep_text(&self, notes: usize, note: usize, text: &str) {
        if let Some(slot) = self.slot(notes, note).filter(|it| it.text.get().is_none() && self.take(text.len())) {
            // Another search may have been faster; then this room is lost until the segment goes.
            slot.text.get_or_init(|| Text {
                text: text.into(),
                may_have_fence: may_have_query_fence(text),
            });
        }
    }

    /// Keeps the outline of one of so many notes, if there is room.
    pub(super) fn keep_outline(&self, notes: usize, note: usize, outline: &Arc<Outline>) {
        if let Some(slot) = self
            .slot(notes, note)
            .filter(|it| it.outline.get().is_none() && self.take(outline.bytes()))
        {
            slot.outline.get_or_init(|| Arc::clone(outline));
        }
    }

    fn slot(&self, notes: usize, note: usize) -> Option<&Slot> {
        let make = || {
            let slots: Box<[Slot]> = (0..notes).map(|_| Slot::default()).collect();
            let bytes = size_of_val(&*slots);
            ALL.fetch_add(bytes, Ordering::Relaxed);
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
            slots
        };
        self.notes.get_or_init(make).get(note)
    }

    /// Says whether there is room, and takes it.
    fn take(&self, bytes: usize) -> bool {
        let fits = |all: usize| Some(all + bytes).filter(|it| *it <= MOST);
        let taken = ALL.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok();
        if taken {
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
        taken
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        ALL.fetch_sub(*self.bytes.get_mut(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_bounded_and_given_back() {
        let kept = Kept::default();
        let text = |kept: &Kept, note| kept.text(note).map(|it| it.text.to_string());
        assert_eq!((text(&kept, 1), kept.outline(1).is_none()), (None, true));
        kept.keep_text(3, 1, "text");
        kept.keep_text(3, 1, "never seen");
        kept.keep_text(3, 3, "no such note");
        assert_eq!((text(&kept, 0), text(&kept, 1), text(&kept, 3)), (None, Some("text".into()), None));
        kept.keep_text(3, 2, &"x".repeat(MOST));
        assert_eq!(text(&kept, 2), None);
        assert_eq!(kept.bytes.load(Ordering::Relaxed), 3 * size_of::<Slot>() + 4);
    }
}
