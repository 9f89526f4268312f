//! Whether it was tested, and whether it went live. Knows checks and rollouts.

use crate::model::pull_request::{
    Check, PullRequest, Rollout,
    note::{bounded, short, time, untrusted},
};

/// Returns the results of checks, those that did not succeed first, then what the cluster told.
pub(super) fn section(pr: &PullRequest) -> Option<String> {
    let mut blocks = Vec::new();
    let mut checks: Vec<&Check> = pr.checks.iter().flatten().collect();
    checks.sort_by_key(|it| (it.result == "success", *it));
    checks.dedup();
    if !checks.is_empty() {
        let good = checks.iter().filter(|it| it.result == "success").count();
        let lines = checks
            .iter()
            .map(|it| format!("- {}: {}", untrusted::inline(&it.name, 100), untrusted::inline(&it.result, 40)));
        blocks.push(format!(
            "{good} of {} checks succeeded.\n\n{}",
            checks.len(),
            bounded(lines, 20, 2 * 1024, "check")
        ));
    }
    let mut rollouts: Vec<&Rollout> = pr.rollouts.iter().collect();
    rollouts.sort_by_key(|it| (std::cmp::Reverse(it.time), *it));
    rollouts.dedup();
    if !rollouts.is_empty() {
        blocks.push(bounded(rollouts.into_iter().map(rollout_line), 15, 3 * 1024, "event"));
    }
    (!blocks.is_empty()).then(|| format!("## Checks and rollout\n\n{}", blocks.join("\n\n")))
}

fn rollout_line(it: &Rollout) -> String {
    let object = untrusted::inline(&it.object, 120);
    let revision = short(it.revision.rsplit([':', '/', '@']).next().unwrap_or_default());
    let at = time(it.time);
    let reason = untrusted::inline(&it.reason, 60);
    if it.ok {
        return format!("- Rollout: applied at {at}, {object}, revision {revision} ({reason})");
    }
    let message = untrusted::inline(&it.message, 280);
    format!("- Rollout: failed at {at}, {object}, revision {revision} ({reason}): {message}")
}
