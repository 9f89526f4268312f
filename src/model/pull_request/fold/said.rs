//! What people and the cluster said of a pull request: a heap that only grows, in which each thing stands once, as it was said last. Knows what is
//! the same thing said again; must not know when the pull request was changed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::pull_request::{Comment, CommentId, PullRequest, PullRequestId, Review, Rollout, Verdict};

/// What is kept of each kind: the newest. A note shows far fewer.
const MOST: usize = 500;

/// One review may come from a webhook, with the time of the event, and from the API: this many seconds may lie between.
const SAME_REVIEW: i64 = 60;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Said {
    comments: Vec<Comment>,
    reviews: Vec<Review>,
    rollouts: BTreeSet<Rollout>,
    deleted: BTreeSet<CommentId>,
}

impl Said {
    /// Takes out of a part what was said, each with the time up to which the part knows of it: its own may be older than an answer to it.
    pub(super) fn take(&mut self, part: &mut PullRequest) {
        let at = part.updated;
        let comments = std::mem::take(&mut part.comments).into_iter().map(|it| Comment {
            updated: it.updated.max(at),
            ..it
        });
        let reviews = std::mem::take(&mut part.reviews).into_iter().map(|it| Review {
            updated: it.updated.max(at),
            ..it
        });
        self.comments = last_of_each(self.comments.drain(..).chain(comments), same_comment, |it| {
            // Nothing tells when a thread was resolved.
            (it.updated, !it.unresolved, it.clone())
        });
        self.reviews = last_of_each(self.reviews.drain(..).chain(reviews), same_review, |it| {
            // Of two of one moment the one that takes back or judges says more.
            (it.updated, it.dismissed, it.verdict != Verdict::Commented, it.clone())
        });
        self.rollouts.extend(std::mem::take(&mut part.rollouts));
        self.deleted.extend(std::mem::take(&mut part.deleted_comments));
        newest(&mut self.comments, |it| it.time);
        newest(&mut self.reviews, |it| it.time);
        while self.rollouts.len() > MOST
            && let Some(oldest) = self.rollouts.iter().min_by_key(|it| it.time).cloned()
        {
            self.rollouts.remove(&oldest);
        }
        while self.deleted.len() > MOST {
            self.deleted.pop_first();
        }
    }

    /// Changes the texts of all of it.
    pub(super) fn rewrite(&mut self, id: PullRequestId, how: impl Fn(PullRequest) -> PullRequest) {
        let told = how(PullRequest {
            comments: std::mem::take(&mut self.comments),
            reviews: std::mem::take(&mut self.reviews),
            rollouts: std::mem::take(&mut self.rollouts).into_iter().collect(),
            ..PullRequest::unknown(id)
        });
        (self.comments, self.reviews) = (told.comments, told.reviews);
        self.rollouts = told.rollouts.into_iter().collect();
    }

    /// Returns the comments that are still there, by time.
    pub(super) fn comments(&self) -> Vec<Comment> {
        let is_there = |it: &&Comment| it.id.is_none_or(|it| !self.deleted.contains(&it));
        self.comments.iter().filter(is_there).cloned().collect()
    }

    pub(super) fn reviews(&self) -> Vec<Review> {
        self.reviews.clone()
    }

    pub(super) fn rollouts(&self) -> &BTreeSet<Rollout> {
        &self.rollouts
    }
}

/// What an edit does not change.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Spot {
    /// The forge's own name for it.
    Named(CommentId),
    /// When, by whom and where it was said, and what.
    Said(Option<Timestamp>, String, Option<(String, u64)>, String),
}

fn same_comment(it: &Comment) -> Spot {
    match it.id {
        Some(id) => Spot::Named(id),
        None => Spot::Said(it.time, it.author.clone(), it.place.clone(), it.body.clone()),
    }
}

/// A review that was given at a time keeps it; one without is known by its words.
fn same_review(it: &Review) -> (Option<Timestamp>, String, Option<(Verdict, String)>) {
    let otherwise = it.time.is_none().then(|| (it.verdict, it.body.clone()));
    (it.time, it.author.clone(), otherwise)
}

fn last_of_each<T: Ord, K: Ord, R: Ord>(items: impl Iterator<Item = T>, key: impl Fn(&T) -> K, rank: impl Fn(&T) -> R) -> Vec<T> {
    let mut last: BTreeMap<K, T> = BTreeMap::new();
    for item in items {
        let key = key(&item);
        if last.get(&key).is_none_or(|known| rank(known) < rank(&item)) {
            last.insert(key, item);
        }
    }
    last.into_values().collect()
}

/// Sorts by time and drops the oldest of too many.
fn newest<T: Ord>(items: &mut Vec<T>, time: impl Fn(&T) -> Option<Timestamp>) {
    items.sort_by(|a, b| (time(a), a).cmp(&(time(b), b)));
    items.drain(..items.len().saturating_sub(MOST));
}

/// Returns each review once, by time: the same words by the same person within a minute, or without a time, are one. It is dismissed if any of them is.
pub(super) fn one_of_each(mut reviews: Vec<Review>) -> Vec<Review> {
    reviews.sort_by(|a, b| (&a.author, a.verdict, &a.body, a.time).cmp(&(&b.author, b.verdict, &b.body, b.time)));
    reviews.dedup_by(|next, kept| {
        let is_near = match (kept.time, next.time) {
            (Some(kept), Some(next)) => next.as_second() - kept.as_second() <= SAME_REVIEW,
            _ => true,
        };
        let is_same = is_near && (&kept.author, kept.verdict, &kept.body) == (&next.author, next.verdict, &next.body);
        if is_same {
            kept.time = kept.time.or(next.time);
            kept.dismissed |= next.dismissed;
            kept.updated = kept.updated.max(next.updated);
        }
        is_same
    });
    reviews.sort_by(|a, b| (a.time, a).cmp(&(b.time, b)));
    reviews
}

/// Returns the rollouts by time. Flux repeats what it said as long as it is so: of equal ones in a row of one object, the first stands for all.
pub(super) fn without_repetition(rollouts: &BTreeSet<Rollout>) -> Vec<Rollout> {
    let mut rollouts: Vec<&Rollout> = rollouts.iter().collect();
    rollouts.sort_by(|a, b| (&a.object, a.time, a).cmp(&(&b.object, b.time, b)));
    rollouts.dedup_by(|next, kept| {
        (&kept.object, &kept.revision, kept.ok, &kept.reason, &kept.message)
            == (&next.object, &next.revision, next.ok, &next.reason, &next.message)
    });
    rollouts.sort_by(|a, b| (a.time, a).cmp(&(b.time, b)));
    rollouts.into_iter().cloned().collect()
}
