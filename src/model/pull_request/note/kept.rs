//! What is kept of a part on the disk until its note is written, and after: its texts and names, with their secrets masked. The same part is masked the same way
//! each time, so that the order of parts goes on not to matter. Must not know where it is kept.

use crate::model::pull_request::{Diff, PullRequest, Rollout, note::untrusted};

/// Returns a part as it may be kept: what others wrote is masked, names of people, branches and files too. Commits and numbers stay.
pub fn masked(mut part: PullRequest) -> PullRequest {
    let lines = [
        &mut part.title,
        &mut part.body,
        &mut part.base,
        &mut part.head,
        &mut part.author,
        &mut part.merged_by,
        &mut part.closed_by,
    ];
    lines.into_iter().flatten().for_each(mask);
    part.labels.iter_mut().flatten().for_each(mask);
    part.reviewers.iter_mut().flatten().for_each(mask);
    for it in part.commits.iter_mut().flatten() {
        mask(&mut it.message);
        mask(&mut it.author);
    }
    for it in &mut part.reviews {
        mask(&mut it.body);
        mask(&mut it.author);
    }
    for it in &mut part.comments {
        mask(&mut it.body);
        mask(&mut it.author);
        it.place.iter_mut().for_each(|(path, _)| mask(path));
    }
    part.checks.iter_mut().flatten().for_each(|it| mask(&mut it.name));
    part.diff.iter_mut().for_each(mask_paths);
    part.rollouts = std::mem::take(&mut part.rollouts).into_iter().map(masked_rollout).collect();
    part
}

/// The same for what the cluster told.
pub fn masked_rollout(mut rollout: Rollout) -> Rollout {
    for text in [&mut rollout.object, &mut rollout.reason, &mut rollout.message] {
        mask(text);
    }
    rollout
}

/// What changes in files is masked by whoever looks into them.
fn mask_paths(diff: &mut Diff) {
    for file in &mut diff.files {
        mask(&mut file.path);
        file.renamed_from.iter_mut().for_each(mask);
    }
    diff.resources.iter_mut().for_each(|it| mask(&mut it.path));
    diff.left_to_do.iter_mut().for_each(|it| mask(&mut it.path));
}

fn mask(text: &mut String) {
    *text = untrusted::masked(text);
}
