//! What is kept of a part on the disk until its note is written, and after: its texts, with their secrets masked. The same part is masked the same way
//! each time, so that the order of parts goes on not to matter. Must not know where it is kept.

use crate::model::pull_request::{PullRequest, Rollout, note::untrusted};

/// Returns a part as it may be kept: what others wrote is masked, names and numbers stay.
pub fn masked(mut part: PullRequest) -> PullRequest {
    let lines = [&mut part.title, &mut part.body, &mut part.base, &mut part.head];
    let texts = lines.into_iter().flatten();
    let labels = part.labels.iter_mut().flatten();
    let commits = part.commits.iter_mut().flatten().map(|it| &mut it.message);
    let reviews = part.reviews.iter_mut().map(|it| &mut it.body);
    let comments = part.comments.iter_mut().map(|it| &mut it.body);
    let checks = part.checks.iter_mut().flatten().map(|it| &mut it.name);
    for text in texts.chain(labels).chain(commits).chain(reviews).chain(comments).chain(checks) {
        *text = untrusted::masked(text);
    }
    part.rollouts = std::mem::take(&mut part.rollouts).into_iter().map(masked_rollout).collect();
    part
}

/// The same for what the cluster told.
pub fn masked_rollout(mut rollout: Rollout) -> Rollout {
    rollout.message = untrusted::masked(&rollout.message);
    rollout
}
