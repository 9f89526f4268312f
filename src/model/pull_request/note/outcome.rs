//! The first thing a reader wants to know: what became of the pull request. Knows its state; must not know why.

use crate::model::pull_request::{
    Method, PullRequest, State,
    note::{Web, short, time, untrusted::inline},
};

/// Returns the callout.
pub(super) fn section(pr: &PullRequest, web: Option<&Web>) -> Option<String> {
    let (kind, word) = match (pr.state, pr.draft) {
        (Some(State::Merged), _) => ("success", "Merged"),
        (Some(State::Closed), _) => ("failure", "Closed without merge"),
        (Some(State::Open), Some(true)) => ("info", "Draft"),
        (Some(State::Open), _) => ("info", "Open"),
        (None, _) => ("info", "State unknown"),
    };
    let (by, at) = match pr.state {
        Some(State::Merged) => (&pr.merged_by, pr.merged),
        Some(State::Closed) => (&pr.closed_by, pr.closed),
        _ => (&None, None),
    };
    let mut head = word.to_owned();
    if let Some(by) = by.as_deref().map(|it| inline(it, 60)).filter(|it| !it.is_empty()) {
        head.push_str(&format!(" by {by}"));
    }
    if let Some(at) = at {
        head.push_str(&format!(" on {}", time(at)));
    }
    let mut lines = vec![format!("> [!{kind}] {head}")];
    let mut opened = Vec::new();
    if let Some(author) = pr.author.as_deref().map(|it| inline(it, 60)).filter(|it| !it.is_empty()) {
        opened.push(format!("by {author}"));
    }
    if let Some(created) = pr.created {
        opened.push(format!("on {}", time(created)));
    }
    if !opened.is_empty() {
        lines.push(format!("> Opened {}.", opened.join(" ")));
    }
    if let (Some(base), Some(head)) = (&pr.base, &pr.head) {
        lines.push(format!(
            "> From {} into {}.",
            super::untrusted::name(head, 120),
            super::untrusted::name(base, 120)
        ));
    }
    if let (Some(State::Merged), Some(sha)) = (pr.state, &pr.merge_commit) {
        let method = match pr.method {
            Some(Method::Merge) => ", a merge",
            Some(Method::Squash) => ", squashed",
            Some(Method::Rebase) => ", rebased",
            None => "",
        };
        let commit = match web {
            Some(web) => format!("[{}]({})", short(sha), web.commit(&pr.id.repo, sha)),
            None => short(sha),
        };
        lines.push(format!("> Merge commit {commit}{method}."));
    }
    Some(format!("## Outcome\n\n{}", lines.join("\n")))
}
