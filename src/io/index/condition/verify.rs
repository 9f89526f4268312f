//! Reads the notes that the index cannot decide on, and judges them by their text: on all cores, until the deadline. Knows stored texts and
//! threads; the meaning of a condition is `query::evaluate`'s.

use std::{
    num::NonZero,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Instant,
};

use anyhow::Result;
use tantivy::{TantivyDocument, schema::Value as _, store::StoreReader};

use crate::{
    io::index::{
        condition::{matcher, stored_path},
        request::TookTooLong,
        segment::Segment,
    },
    model::query::{Condition, candidate::Candidate, evaluate::Matcher},
};

/// How many notes a thread takes at a time, and after which it looks at the clock.
const BATCH: usize = 32;

/// More threads than this would starve the other searches.
const MAX_THREADS: usize = 4;

/// A segment and a note of it.
pub(super) type Place = (usize, usize);

/// Fails with [`TookTooLong`] when the deadline has passed.
pub(super) fn check(deadline: Option<Instant>) -> Result<(), TookTooLong> {
    match deadline {
        Some(deadline) if Instant::now() > deadline => Err(TookTooLong),
        _ => Ok(()),
    }
}

/// Returns the places whose notes meet the condition. Fails with [`TookTooLong`] when the deadline passes before all are read.
pub(super) fn verify(segments: &[Arc<Segment>], condition: &Condition, places: &[Place], deadline: Option<Instant>) -> Result<Vec<Place>> {
    let matcher = matcher(condition)?;
    let next = AtomicUsize::new(0);
    let work = || judge(segments, &matcher, places, &next, deadline);
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.min(MAX_THREADS).min(places.len().div_ceil(BATCH));
    thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut held = work()?;
        for other in others {
            held.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?);
        }
        Ok(held)
    })
}

/// Takes batch after batch until none is left.
fn judge(
    segments: &[Arc<Segment>],
    matcher: &Matcher,
    places: &[Place],
    next: &AtomicUsize,
    deadline: Option<Instant>,
) -> Result<Vec<Place>> {
    let mut held = Vec::new();
    let mut open: Option<(usize, Texts<'_>)> = None;
    loop {
        let start = next.fetch_add(BATCH, Ordering::Relaxed);
        if start >= places.len() {
            return Ok(held);
        }
        check(deadline)?;
        for &(at, note) in &places[start..(start + BATCH).min(places.len())] {
            let segment = &segments[at];
            let held_by = |text: &str, may_have_fence| meets(matcher, segment, note, text, may_have_fence);
            let meets = match segment.kept.text(note) {
                Some(kept) => held_by(&kept.text, Some(kept.may_have_fence))?,
                None => {
                    let texts = match &mut open {
                        Some((of, texts)) if *of == at => texts,
                        other => &mut other.insert((at, Texts::of(segment)?)).1,
                    };
                    let text = texts.read(note)?;
                    segment.kept.keep_text(segment.notes(), note, &text);
                    held_by(&text, None)?
                }
            };
            if meets {
                held.push((at, note));
            }
        }
    }
}

fn meets(matcher: &Matcher, segment: &Segment, note: usize, text: &str, may_have_fence: Option<bool>) -> Result<bool> {
    let path = stored_path(segment.path(note))?;
    let mut candidate = Candidate::note(&path, text);
    candidate.attachment = segment.attachment[note];
    if let Some(may) = may_have_fence {
        candidate.set_may_have_fence(may);
    }
    let kept = segment.kept.outline(note);
    let is_kept = kept.is_some();
    if let Some(outline) = kept {
        candidate.set_outline(outline);
    }
    let meets = matcher.matches(&candidate);
    if let (false, Some(made)) = (is_kept, candidate.outline()) {
        segment.kept.keep_outline(segment.notes(), note, made);
    }
    Ok(meets)
}

/// Reads whole texts back from a segment.
pub(in crate::io::index) struct Texts<'a> {
    segment: &'a Segment,
    store: StoreReader,
}

impl<'a> Texts<'a> {
    pub(in crate::io::index) fn of(segment: &'a Segment) -> Result<Texts<'a>> {
        // One block is enough: the documents of a note follow each other.
        Ok(Texts {
            segment,
            store: segment.reader.get_store_reader(1)?,
        })
    }

    /// Returns the text of a note as it was indexed: its frontmatter and its passages, which tile it.
    pub(in crate::io::index) fn read(&mut self, note: usize) -> Result<String> {
        let mut text = String::new();
        for doc in self.segment.first_doc[note]..self.segment.first_doc[note + 1] {
            let document: TantivyDocument = self.store.get(doc)?;
            text.push_str(
                document
                    .get_first(self.segment.fields.body)
                    .and_then(|it| it.as_str())
                    .unwrap_or_default(),
            );
        }
        Ok(text)
    }
}
