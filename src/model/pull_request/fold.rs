//! Puts the parts of what is known of a pull request together. Knows which part says the last word on what; must not know where a part came from.
//!
//! Parts are a set: webhooks come late, twice, or in any order, and the note must be the same. Each part carries when the forge last changed the
//! pull request, so they are laid one over the other in that order. A part that has no `updated` lies below all that have one: who adds a diff or
//! commits gives their part the `updated` of what it completes.
//!
//! Parts are kept for as long as they say something that no later one says, which a part that comes late may need to be compared with. So the set
//! is small without a limit that could be felt: each field stands once, but for the state (once each) and what was counted of a head (once a head).
//! What people said carries its own time and lies in one heap.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::said::{Said, one_of_each, without_repetition};
use super::{PullRequest, PullRequestId, State};
use crate::model::hash::ContentHash;

mod said;
#[cfg(test)]
mod tests;

/// Heads whose checks are kept: a branch may be set back to one.
const HEADS_MOST: usize = 16;

/// All that was told of one pull request.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// The first in order first.
    parts: Vec<Part>,
    said: Said,
}

/// One telling, or what is left of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Part {
    rank: Rank,
    told: PullRequest,
}

/// The order of parts: by time, then those that say less before those that say more (the API says more than a webhook of the same second), then by
/// how they are written, so that there is always one order.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Rank {
    updated: Option<Timestamp>,
    n_said: usize,
    hash: String,
}

impl Parts {
    /// Adds a part; one that was told before changes nothing.
    pub fn add(&mut self, mut part: PullRequest) {
        let rank = rank(&part);
        self.said.take(&mut part);
        self.parts.retain(|it| it.rank != rank);
        let at = self.parts.partition_point(|it| it.rank < rank);
        self.parts.insert(at, Part { rank, told: part });
        self.prune();
    }

    /// Returns what the parts say together. The later part wins where two speak of the same; a merged pull request stays so, if its
    /// forge says so; reviews, comments and rollouts are united.
    pub fn fold(&self, id: &PullRequestId) -> PullRequest {
        let mut known = PullRequest::unknown(id.clone());
        for part in &self.parts {
            lay_over(&mut known, &part.told);
        }
        let is_merged = self.parts.iter().any(|it| it.told.state == Some(State::Merged));
        if is_merged {
            known.state = Some(State::Merged);
            known.closed_by = None;
        }
        self.settle_merge_seen(&mut known, is_merged);
        // What was counted of another head says nothing of this one.
        for part in &self.parts {
            if part.told.head_sha.is_none() || part.told.head_sha == known.head_sha {
                lay_counted_over(&mut known, &part.told);
            }
        }
        known.comments = self.said.comments();
        known.reviews = one_of_each(self.said.reviews());
        known.rollouts = without_repetition(self.said.rollouts());
        known
    }

    /// A merge that git alone tells of counts unless the forge said later that there was none.
    fn settle_merge_seen(&self, known: &mut PullRequest, is_merged: bool) {
        let with_state = self.parts.iter().filter(|it| it.told.state.is_some());
        let told = with_state.filter_map(|it| it.told.updated).max();
        let Some(seen) = known.merge_seen.take() else { return };
        if !is_merged && told.is_some_and(|told| told > seen.time) {
            if known.merge_commit.is_none() {
                known.method = None;
            }
            return;
        }
        known.state = Some(State::Merged);
        known.closed_by = None;
        known.merged.get_or_insert(seen.time);
        known.merge_commit.get_or_insert_with(|| seen.commit.clone());
        known.merge_seen = Some(seen);
    }

    /// Says whether somebody looked into the files at this head, from where it leaves the other branch as far as that was told: a pull request may
    /// be turned to another branch.
    pub fn has_diff_of(&self, head: Option<&str>) -> bool {
        let base = self.merge_base_of(head);
        let is_from_there = |it: &PullRequest| base.is_none() || it.merge_base.is_none() || it.merge_base.as_deref() == base;
        let mut with_diff = self.parts.iter().filter(|it| it.told.diff.is_some());
        with_diff.any(|it| it.told.head_sha.as_deref() == head && is_from_there(&it.told))
    }

    /// Returns where this head left the other branch, where that was told last: where another head did, a branch that was rebased has left behind.
    pub fn merge_base_of(&self, head: Option<&str>) -> Option<&str> {
        let last = self.parts.iter().rev().find(|it| it.told.merge_base.is_some())?;
        last.told.merge_base.as_deref().filter(|_| last.told.head_sha.as_deref() == head)
    }

    /// Changes the texts of all that was told, in its place: the order of parts stays.
    pub fn rewrite(&mut self, how: impl Fn(PullRequest) -> PullRequest) {
        for part in &mut self.parts {
            let blank = PullRequest::unknown(part.told.id.clone());
            part.told = how(std::mem::replace(&mut part.told, blank));
        }
        if let Some(id) = self.parts.first().map(|it| it.told.id.clone()) {
            self.said.rewrite(id, how);
        }
    }

    /// Takes away what later parts say again.
    fn prune(&mut self) {
        let mut said = Later::default();
        for part in self.parts.iter_mut().rev() {
            said.prune(&mut part.told);
        }
        // The newest says when the pull request was changed last, if nothing else.
        let last = self.parts.last().map(|it| it.rank.clone());
        self.parts.retain(|it| !is_empty(&it.told) || Some(&it.rank) == last.as_ref());
    }
}

/// What the parts above say.
#[derive(Debug, Default)]
struct Later {
    fields: BTreeSet<&'static str>,
    states: BTreeSet<State>,
    counted: BTreeSet<(&'static str, Option<String>)>,
    heads: Vec<Option<String>>,
}

impl Later {
    /// Takes away what is said, and takes in what is left.
    fn prune(&mut self, part: &mut PullRequest) {
        self.prune_counted(part);
        let PullRequest {
            title,
            body,
            draft,
            author,
            base,
            head,
            merge_commit,
            merge_seen,
            method,
            merged_by,
            closed_by,
            created,
            merged,
            closed,
            labels,
            reviewers,
            commits,
            diff,
            ..
        } = part;
        for (name, field) in [
            ("title", title),
            ("body", body),
            ("author", author),
            ("base", base),
            ("head", head),
            ("merge_commit", merge_commit),
            ("merged_by", merged_by),
            ("closed_by", closed_by),
        ] {
            self.field(name, field);
        }
        self.field("draft", draft);
        self.field("merge_seen", merge_seen);
        self.field("method", method);
        for (name, field) in [("created", created), ("merged", merged), ("closed", closed)] {
            self.field(name, field);
        }
        for (name, field) in [("labels", labels), ("reviewers", reviewers)] {
            self.field(name, field);
        }
        self.field("commits", commits);
        self.field("diff", diff);
        // It says from where on the files were looked into.
        if part.diff.is_none() || !self.fields.contains("merge_base") {
            self.field("merge_base", &mut part.merge_base);
        }
        // It says of which head the rest is.
        let is_needed = part.checks.is_some() || has_totals(part) || part.diff.is_some() || part.merge_base.is_some();
        if !is_needed || !self.fields.contains("head_sha") {
            self.field("head_sha", &mut part.head_sha);
        }
        match part.state {
            Some(state) if !self.states.insert(state) => part.state = None,
            // Opened again: who closed it before, and when, is past.
            Some(State::Open) => self.fields.extend(["closed", "closed_by"]),
            _ => {}
        }
    }

    /// Checks and totals count for their head alone.
    fn prune_counted(&mut self, part: &mut PullRequest) {
        if part.checks.is_none() && !has_totals(part) {
            return;
        }
        let head = part.head_sha.clone();
        if !self.heads.contains(&head) {
            self.heads.push(head.clone());
        }
        let is_old = self.heads.iter().position(|it| *it == head).is_some_and(|it| it >= HEADS_MOST);
        let mut is_said = |name| !self.counted.insert((name, head.clone())) || is_old;
        if part.checks.is_some() && is_said("checks") {
            part.checks = None;
        }
        for (name, field) in [
            ("additions", &mut part.additions),
            ("deletions", &mut part.deletions),
            ("changed_files", &mut part.changed_files),
        ] {
            if field.is_some() && is_said(name) {
                *field = None;
            }
        }
    }

    fn field<T>(&mut self, name: &'static str, field: &mut Option<T>) {
        if field.is_some() && !self.fields.insert(name) {
            *field = None;
        }
    }
}

fn has_totals(part: &PullRequest) -> bool {
    part.additions.is_some() || part.deletions.is_some() || part.changed_files.is_some()
}

fn is_empty(part: &PullRequest) -> bool {
    *part
        == PullRequest {
            updated: part.updated,
            ..PullRequest::unknown(part.id.clone())
        }
}

fn rank(part: &PullRequest) -> Rank {
    let written = serde_json::to_value(part).expect("a pull request has nothing that JSON cannot say");
    let fields = written.as_object().into_iter().flat_map(|it| it.values());
    Rank {
        updated: part.updated,
        n_said: fields.filter(|it| says_something(it)).count(),
        hash: ContentHash::of(written.to_string().as_bytes()).to_string(),
    }
}

fn says_something(value: &serde_json::Value) -> bool {
    !value.is_null() && value.as_array().is_none_or(|it| !it.is_empty())
}

fn lay_over(known: &mut PullRequest, part: &PullRequest) {
    if part.state == Some(State::Open) {
        // Opened, or opened again.
        (known.closed, known.closed_by) = (None, None);
    }
    known.updated = known.updated.max(part.updated);
    over(&mut known.state, &part.state);
    over(&mut known.title, &part.title);
    over(&mut known.body, &part.body);
    over(&mut known.draft, &part.draft);
    over(&mut known.author, &part.author);
    over(&mut known.base, &part.base);
    over(&mut known.head, &part.head);
    over(&mut known.head_sha, &part.head_sha);
    over(&mut known.merge_base, &part.merge_base);
    over(&mut known.merge_commit, &part.merge_commit);
    over(&mut known.merge_seen, &part.merge_seen);
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
}

fn lay_counted_over(known: &mut PullRequest, part: &PullRequest) {
    over(&mut known.checks, &part.checks);
    over(&mut known.additions, &part.additions);
    over(&mut known.deletions, &part.deletions);
    over(&mut known.changed_files, &part.changed_files);
}

fn over<T: Clone>(known: &mut Option<T>, said: &Option<T>) {
    if said.is_some() {
        known.clone_from(said);
    }
}
