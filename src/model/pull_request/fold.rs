//! Puts the parts of what is known of a pull request together. Knows which part says the last word on what; must not know where a part came from.
//!
//! Parts are a set: webhooks come late, twice, or in any order, and the note must be the same. Each part carries when the forge last changed the
//! pull request, so they are laid one over the other in that order. A part that has no `updated` lies below all that have one: who adds a diff or
//! commits gives their part the `updated` of what it completes.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{Comment, PullRequest, PullRequestId, Review, Rollout, State};

#[cfg(test)]
mod tests;

/// More parts are put together into fewer.
pub const MAX_PARTS: usize = 64;

/// One review may come from a webhook, with the time of the event, and from the API: this many seconds may lie between.
const SAME_REVIEW: i64 = 60;

/// Where in a conversation something was said: what an edit does not change.
type Spot = (Option<Timestamp>, String, Option<(String, u64)>);

/// Returns what the parts say together, in whatever order and how often they stand there. The later part wins where two speak of the same; a merged
/// pull request stays so; reviews, comments and rollouts are united.
pub fn fold(id: &PullRequestId, parts: &[PullRequest]) -> PullRequest {
    lay(id, &in_order(parts))
}

/// Adds a part to the set unless it is there, and keeps the set at 64 parts or fewer.
///
/// Of more, those go first, oldest first, without which [`fold`] comes out the same: they say nothing that others do not. If that is not enough, the
/// oldest become one part that says what they say together. Either way `fold` of the parts is what it was; only a part that is older than those, and
/// comes after this, may lose against what it would have been laid over.
pub fn add(parts: &mut Vec<PullRequest>, part: PullRequest) {
    if parts.contains(&part) {
        return;
    }
    parts.push(part);
    if parts.len() <= MAX_PARTS {
        return;
    }
    let id = parts[0].id.clone();
    let mut kept = in_order(parts);
    let whole = lay(&id, &kept);
    let mut at = 0;
    while at < kept.len() {
        let one = kept.remove(at);
        if lay(&id, &kept) != whole {
            kept.insert(at, one);
            at += 1;
        }
    }
    let mut fewer: Vec<PullRequest> = kept.iter().map(|it| (*it).clone()).collect();
    if fewer.len() > MAX_PARTS {
        let split = |at: &usize| {
            let mut parts = vec![lay(&id, &kept[..*at])];
            parts.extend(kept[*at..].iter().map(|it| (*it).clone()));
            (fold(&id, &parts) == whole).then_some(parts)
        };
        // What all say together says the same as they do, so the last try is one that holds.
        fewer = (kept.len() / 2..kept.len())
            .find_map(|at| split(&at))
            .unwrap_or_else(|| vec![whole]);
    }
    *parts = fewer;
}

/// Returns the parts once each: by time, then those that say less before those that say more (the API says more than a webhook of the same second),
/// then by how they are written, so that there is always one order.
fn in_order(parts: &[PullRequest]) -> Vec<&PullRequest> {
    let key = |part: &PullRequest| {
        let written = serde_json::to_value(part).expect("a pull request has nothing that JSON cannot say");
        let n_said = written
            .as_object()
            .map_or(0, |fields| fields.values().filter(|it| says_something(it)).count());
        (part.updated, n_said, written.to_string())
    };
    let mut keyed: Vec<_> = parts.iter().map(|it| (key(it), it)).collect();
    keyed.sort_by(|a, b| a.0.cmp(&b.0));
    keyed.dedup_by(|a, b| a.0 == b.0);
    keyed.into_iter().map(|(_, part)| part).collect()
}

fn says_something(value: &serde_json::Value) -> bool {
    !value.is_null() && value.as_array().is_none_or(|it| !it.is_empty())
}

/// Lays parts one over the other, the last on top.
fn lay(id: &PullRequestId, parts: &[&PullRequest]) -> PullRequest {
    let mut known = PullRequest::unknown(id.clone());
    let mut rollouts = BTreeSet::new();
    for part in parts {
        lay_over(&mut known, part);
        rollouts.extend(&part.rollouts);
    }
    known.rollouts = without_repetition(rollouts);
    known
}

fn lay_over(known: &mut PullRequest, part: &PullRequest) {
    let is_other_head = part.head_sha.is_some() && part.head_sha != known.head_sha;
    if is_other_head {
        // They were those of the head before.
        known.checks = None;
    }
    if part.state == Some(State::Open) && known.state == Some(State::Closed) {
        // Opened again.
        (known.closed, known.closed_by) = (None, None);
    }
    let is_merged = known.state == Some(State::Merged) || part.state == Some(State::Merged);
    over(&mut known.state, &part.state);
    if is_merged {
        known.state = Some(State::Merged);
    }
    known.updated = known.updated.max(part.updated);
    over(&mut known.title, &part.title);
    over(&mut known.body, &part.body);
    over(&mut known.draft, &part.draft);
    over(&mut known.author, &part.author);
    over(&mut known.base, &part.base);
    over(&mut known.head, &part.head);
    over(&mut known.head_sha, &part.head_sha);
    over(&mut known.merge_base, &part.merge_base);
    over(&mut known.merge_commit, &part.merge_commit);
    over(&mut known.method, &part.method);
    over(&mut known.merged_by, &part.merged_by);
    over(&mut known.closed_by, &part.closed_by);
    over(&mut known.created, &part.created);
    over(&mut known.merged, &part.merged);
    over(&mut known.closed, &part.closed);
    over(&mut known.labels, &part.labels);
    over(&mut known.reviewers, &part.reviewers);
    over(&mut known.commits, &part.commits);
    over(&mut known.diff, &part.diff);
    over(&mut known.checks, &part.checks);
    if is_merged {
        known.closed_by = None;
    }
    let spot = |it: &Comment| -> Spot { (it.time, it.author.clone(), it.place.clone()) };
    known.comments = unite(&known.comments, &part.comments, spot);
    known.reviews = one_of_each(unite(&known.reviews, &part.reviews, |it| (it.time, it.author.clone(), None)));
}

fn over<T: Clone>(known: &mut Option<T>, said: &Option<T>) {
    if said.is_some() {
        known.clone_from(said);
    }
}

/// Returns what was said before and now, by time. What stands at the same spot is the same thing edited, where there is no doubt: it has a time, and
/// now at least as many stand there as before.
fn unite<T: Clone + Ord>(before: &[T], now: &[T], spot: impl Fn(&T) -> Spot) -> Vec<T> {
    let by_spot = |items: &[T]| {
        let mut spots: BTreeMap<Spot, BTreeSet<T>> = BTreeMap::new();
        for it in items {
            spots.entry(spot(it)).or_default().insert(it.clone());
        }
        spots
    };
    let mut spots = by_spot(before);
    for (spot, said) in by_spot(now) {
        let is_timed = spot.0.is_some();
        let known = spots.entry(spot).or_default();
        if is_timed && said.len() >= known.len() {
            *known = said;
        } else {
            known.extend(said);
        }
    }
    spots.into_values().flatten().collect()
}

/// Returns each review once, by time: the same words by the same person within a minute, or without a time, are one. It is dismissed if any of them is.
fn one_of_each(mut reviews: Vec<Review>) -> Vec<Review> {
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
        }
        is_same
    });
    reviews.sort_by(|a, b| (a.time, a).cmp(&(b.time, b)));
    reviews
}

/// Returns the rollouts by time. Flux repeats what it said as long as it is so: of equal ones in a row of one object, the first stands for all.
fn without_repetition(rollouts: BTreeSet<&Rollout>) -> Vec<Rollout> {
    let mut rollouts: Vec<&Rollout> = rollouts.into_iter().collect();
    rollouts.sort_by(|a, b| (&a.object, a.time, a).cmp(&(&b.object, b.time, b)));
    rollouts.dedup_by(|next, kept| {
        (&kept.object, &kept.revision, kept.ok, &kept.reason, &kept.message)
            == (&next.object, &next.revision, next.ok, &next.reason, &next.message)
    });
    rollouts.sort_by(|a, b| (a.time, a).cmp(&(b.time, b)));
    rollouts.into_iter().cloned().collect()
}
