//! Notes that are not where they lay: since when, when they count as deleted, and when they are looked for again. Knows the index's freshness; writes
//! nothing.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use crate::{
    engine::{
        handle::Handle,
        pull_notes::{Trouble, common::Common, find::Found, note::Writer, share::Share},
        pulls::Pulls,
    },
    io::pull_requests::{Known, Wish},
    model::{hash::ContentHash, path::NotePath, pull_request::PullRequestId},
};

/// A note that is not where it lay was deleted when it is still nowhere after this: one that was moved is found by the index meanwhile.
const GONE: Duration = Duration::from_secs(2);

/// How often those that came back are looked for, and how many at a time.
const BACK_EVERY: Duration = Duration::from_secs(30);
const BACK_MOST: usize = 20;

/// Notes that could not be brought up to date and are watched, and how often they are looked at.
const GIVEN_UP_MOST: usize = 100;
const MENDED_EVERY: Duration = Duration::from_secs(2);

/// What is known of them.
#[derive(Debug, Default)]
pub(super) struct Gone {
    /// Since when notes are not where they lay.
    missing: BTreeMap<PullRequestId, Instant>,
    /// When they are looked for again, and after which one.
    due: Option<Instant>,
    last: Option<PullRequestId>,
    /// Where notes that were left alone were tried again: once, unless they are moved.
    tried: BTreeMap<PullRequestId, NotePath>,
    /// What the notes said that could not be brought up to date.
    given_up: BTreeMap<PullRequestId, Option<ContentHash>>,
    mended_due: Option<Instant>,
}

impl Gone {
    /// Forgets that a note was missed.
    pub(super) fn is_there(&mut self, id: &PullRequestId) {
        self.missing.remove(id);
    }

    /// The same of one that says all that is known.
    pub(super) fn is_written(&mut self, id: &PullRequestId) {
        self.is_there(id);
        self.tried.remove(id);
        self.given_up.remove(id);
    }

    /// Notes what the note of one says that is not tried again by itself: when a person changes it, that may have been what was wrong.
    pub(super) fn give_up(&mut self, id: PullRequestId, pulls: &Pulls, writer: &Writer) {
        if self.given_up.len() < GIVEN_UP_MOST || self.given_up.contains_key(&id) {
            let text = text_of(&id, pulls, writer);
            self.given_up.insert(id, text);
        }
    }

    /// A note that stays away was deleted by a person. One that was moved a moment ago may not be in the index yet.
    pub(super) fn respect(&mut self, handle: &Handle, known: &mut Known) -> Result<(), Trouble> {
        let status = handle.status();
        let sees_all =
            handle.freshness().lag_ms == 0 && !status.rebuilding && status.sources.first().is_some_and(|it| it.problem.is_empty());
        let since = *self.missing.entry(known.id.clone()).or_insert_with(Instant::now);
        let is_gone = since.elapsed() >= GONE && sees_all;
        if known.wish != Wish::Deleted && !is_gone {
            return Err(Trouble::later("its note is not where it lay, and is looked for".to_owned()));
        }
        if known.wish != Wish::Deleted {
            tracing::info!(pr = %known.id, "the note of a pull request was deleted and is not made again");
        }
        self.missing.remove(&known.id);
        known.wish = Wish::Deleted;
        Ok(())
    }

    /// Returns the pull requests whose notes were deleted, not ours any more or out of reach, and are there again: from the trash, the history, by
    /// their property, or moved back.
    pub(super) fn come_back(&mut self, pulls: &Pulls, common: &Common, share: &Share, now: Instant) -> Vec<PullRequestId> {
        if self.due.is_some_and(|it| it > now) {
            return Vec::new();
        }
        self.due = Some(now + BACK_EVERY);
        let mut gone = pulls.list();
        gone.retain(|it| matches!(it.wish, Wish::Deleted | Wish::Disowned | Wish::LeftAlone) && share.has(&it.id.host));
        let next = gone.iter().position(|it| Some(&it.id) > self.last.as_ref()).unwrap_or(0);
        gone.rotate_left(next);
        gone.truncate(BACK_MOST);
        self.last = gone.last().map(|it| it.id.clone());
        gone.retain(|it| {
            let writer = common.writer();
            match writer.find(&it.id, it.path.as_deref()) {
                Ok(Found::Note(path)) if it.wish == Wish::LeftAlone => self.is_in_reach(&it.id, path, &writer),
                found => matches!(found, Ok(Found::Note(_))),
            }
        });
        gone.into_iter().map(|it| it.id).collect()
    }

    /// Returns those that could not be brought up to date and whose notes somebody changed since.
    pub(super) fn mended(&mut self, pulls: &Pulls, common: &Common, now: Instant) -> Vec<PullRequestId> {
        if self.given_up.is_empty() || self.mended_due.is_some_and(|it| it > now) {
            return Vec::new();
        }
        self.mended_due = Some(now + MENDED_EVERY);
        let is_changed = |id: &PullRequestId, before: &mut Option<ContentHash>| {
            let text = text_of(id, pulls, &common.writer());
            text.is_some() && text != *before
        };
        self.given_up.extract_if(.., is_changed).map(|it| it.0).collect()
    }

    fn is_in_reach(&mut self, id: &PullRequestId, path: NotePath, writer: &Writer) -> bool {
        if !writer.may_write(&path) {
            self.tried.remove(id);
            return false;
        }
        self.tried.insert(id.clone(), path.clone()) != Some(path)
    }
}

/// Returns what its note says now, where it lay last.
fn text_of(id: &PullRequestId, pulls: &Pulls, writer: &Writer) -> Option<ContentHash> {
    let path = NotePath::parse(&pulls.kept_path_of(id)?).ok()?;
    let text = writer.read(&path).ok()??;
    Some(ContentHash::of(text.as_bytes()))
}
