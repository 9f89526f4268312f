//! What a search needs that depends on the snapshot and on who asks, but not on what for: which notes are seen, how long they are, what was
//! corrected before. Counted once and kept with the snapshot; knows nothing of conditions or ranking.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::io::index::{occurrences::Occurrences, request::Visible, segment::Segment, words::Word};

/// How many rights a snapshot remembers, the latest: a service has a few tokens.
const MAX_VIEWS: usize = 8;

/// How many misspelt words a view remembers; beyond, it forgets all and starts again.
const MAX_CORRECTIONS: usize = 1024;

/// How many occurrences of words a view remembers for each document, 6 bytes each, and how many at least and at most; beyond, it forgets all and
/// starts again. Common words are few and asked for often, and finding the occurrences of one is most of a search for it: with 100,000 notes, a
/// bound that did not grow with them made each search find them anew (measured, four times as slow).
const OCCURRENCES_PER_DOCUMENT: usize = 8;
const LEAST_OCCURRENCES: usize = 512 * 1024;
const MOST_OCCURRENCES: usize = 4 * 1024 * 1024;

/// A snapshot as one caller sees it.
#[derive(Debug)]
pub(super) struct View {
    /// For each segment and note: whether the caller may see it and it lives.
    pub(super) visible: Vec<Vec<bool>>,
    pub(super) statistics: Statistics,
    /// What words that no seen note holds were corrected to. Guards a cache only; nothing waits while it is held.
    corrections: Mutex<HashMap<String, Vec<Word>>>,
    /// Where words occur that were asked for, and how often all together. As above.
    occurrences: Mutex<(HashMap<String, Arc<Occurrences>>, usize)>,
}

/// Counts of what the caller may see, living notes only: equal content gives equal scores whatever was deleted before.
#[derive(Debug)]
pub(super) struct Statistics {
    pub(super) notes: u32,
    pub(super) documents: u32,
    /// In terms, on average.
    pub(super) note_length: f32,
    pub(super) document_length: f32,
}

/// The views of one snapshot. Guards a cache only; nothing waits while it is held.
#[derive(Debug, Default)]
pub(super) struct Views(Mutex<Vec<(Vec<Visible>, Arc<View>)>>);

impl Views {
    /// Returns the view of one who may read this.
    pub(super) fn of(&self, segments: &[Arc<Segment>], visible: &[Visible]) -> Arc<View> {
        let known = |views: &[(Vec<Visible>, Arc<View>)]| views.iter().find(|(of, _)| of == visible).map(|(_, it)| Arc::clone(it));
        if let Some(view) = known(&self.lock()) {
            return view;
        }
        let view = Arc::new(View::of(segments, visible));
        let mut views = self.lock();
        if let Some(made_meanwhile) = known(&views) {
            return made_meanwhile;
        }
        if views.len() >= MAX_VIEWS {
            views.remove(0);
        }
        views.push((visible.to_owned(), Arc::clone(&view)));
        view
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(Vec<Visible>, Arc<View>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl View {
    fn of(segments: &[Arc<Segment>], visible: &[Visible]) -> View {
        let visible: Vec<Vec<bool>> = segments.iter().map(|it| visible_notes(it, visible)).collect();
        View {
            statistics: Statistics::of(segments, &visible),
            visible,
            corrections: Mutex::default(),
            occurrences: Mutex::default(),
        }
    }

    /// Returns what a word was corrected to before.
    pub(super) fn recall(&self, word: &str) -> Option<Vec<Word>> {
        self.corrections().get(word).cloned()
    }

    /// Remembers what a word is corrected to.
    pub(super) fn remember(&self, word: &str, corrected: &[Word]) {
        let mut corrections = self.corrections();
        if corrections.len() >= MAX_CORRECTIONS {
            corrections.clear();
        }
        corrections.insert(word.to_owned(), corrected.to_owned());
    }

    /// Returns where a word occurs, if it was asked for before.
    pub(super) fn occurrences(&self, word: &str) -> Option<Arc<Occurrences>> {
        let known = self.occurrences.lock().unwrap_or_else(PoisonError::into_inner);
        known.0.get(word).map(Arc::clone)
    }

    /// Remembers where a word occurs.
    pub(super) fn remember_occurrences(&self, word: &str, found: &Arc<Occurrences>) {
        let mut known = self.occurrences.lock().unwrap_or_else(PoisonError::into_inner);
        let (words, held) = &mut *known;
        let most = (self.statistics.documents as usize * OCCURRENCES_PER_DOCUMENT).clamp(LEAST_OCCURRENCES, MOST_OCCURRENCES);
        // A word and its lists take room too.
        let room = found.len() + 16;
        if room > most {
            return;
        }
        if *held + room > most {
            words.clear();
            *held = 0;
        }
        if words.insert(word.to_owned(), Arc::clone(found)).is_none() {
            *held += room;
        }
    }

    fn corrections(&self) -> MutexGuard<'_, HashMap<String, Vec<Word>>> {
        self.corrections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Statistics {
    fn of(segments: &[Arc<Segment>], visible: &[Vec<bool>]) -> Statistics {
        let (mut notes, mut documents, mut note_terms, mut document_terms) = (0_u64, 0_u64, 0_u64, 0_u64);
        for (segment, visible) in segments.iter().zip(visible) {
            for note in (0..segment.notes()).filter(|&it| visible[it] && !segment.attachment[it]) {
                let block = segment.first_doc[note]..segment.first_doc[note + 1];
                notes += 1;
                documents += u64::from(block.end - block.start);
                note_terms += u64::from(segment.length[note]);
                document_terms += u64::from(segment.terms[note]);
            }
        }
        let mean = |terms: u64, of: u64| if of == 0 { 1.0 } else { (terms as f32 / of as f32).max(1.0) };
        Statistics {
            notes: notes as u32,
            documents: documents as u32,
            note_length: mean(note_terms, notes),
            document_length: mean(document_terms, documents),
        }
    }
}

fn visible_notes(segment: &Segment, visible: &[Visible]) -> Vec<bool> {
    let rules: Vec<Option<&Visible>> = segment
        .sources
        .iter()
        .map(|source| visible.iter().find(|it| it.source.as_str() == source))
        .collect();
    let sees = |note: usize| {
        segment.alive[note]
            && !segment.left_out[note]
            && rules[usize::from(segment.source[note])].is_some_and(|it| {
                it.prefix
                    .as_ref()
                    .is_none_or(|prefix| segment.path(note).starts_with(prefix.as_str()))
            })
    };
    (0..segment.notes()).map(sees).collect()
}
