//! The commits of a pull request, grouped by what they say they are. Knows conventional commits; knows no repository.

use crate::model::pull_request::{
    Commit, PullRequest,
    note::{Web, bounded, short, untrusted},
};

/// Types of conventional commits in the order of the note, with the words for them.
const GROUPS: [(&str, &str); 11] = [
    ("feat", "Features"),
    ("fix", "Fixes"),
    ("perf", "Performance"),
    ("refactor", "Refactoring"),
    ("docs", "Documentation"),
    ("test", "Tests"),
    ("build", "Build"),
    ("ci", "CI"),
    ("style", "Style"),
    ("chore", "Chores"),
    ("revert", "Reverts"),
];

/// Returns the groups; commits keep their order in each.
pub(super) fn section(pr: &PullRequest, web: Option<&Web>) -> Option<String> {
    let commits = pr.commits.as_ref().filter(|it| !it.is_empty())?;
    let mut groups: Vec<(usize, &Commit)> = commits.iter().map(|it| (group(it), it)).collect();
    groups.sort_by_key(|it| it.0);
    let is_one = groups.first().map(|it| it.0) == groups.last().map(|it| it.0);
    let mut last = None;
    let lines = groups.iter().map(|(group, commit)| {
        let is_next = !is_one && last != Some(group);
        let gap = if last.is_some() { "\n" } else { "" };
        last = Some(group);
        let line = line(pr, web, commit);
        if is_next {
            let word = GROUPS.get(*group).map_or("Other", |it| it.1);
            format!("{gap}**{word}**\n\n{line}")
        } else {
            line
        }
    });
    Some(format!("## Commits\n\n{}", bounded(lines, 60, 6 * 1024, "commit")))
}

fn line(pr: &PullRequest, web: Option<&Web>, commit: &Commit) -> String {
    let sha = match web {
        Some(web) => format!("[{}]({})", short(&commit.sha), web.commit(&pr.id.repo, &commit.sha)),
        None => short(&commit.sha),
    };
    let subject = untrusted::inline(commit.message.lines().next().unwrap_or_default(), 160);
    let breaking = conventional(&commit.message).is_some_and(|it| it.1) || commit.message.contains("\nBREAKING CHANGE:");
    let mark = if breaking { " **breaking**" } else { "" };
    format!("- {sha}{mark} {subject}{}", untrusted::by(&commit.author))
}

/// Returns the index of the commit's group; the number of groups for none.
fn group(commit: &Commit) -> usize {
    let of = conventional(&commit.message).map(|it| it.0.to_ascii_lowercase());
    GROUPS.iter().position(|it| Some(it.0) == of.as_deref()).unwrap_or(GROUPS.len())
}

/// Returns the type and whether it breaks something: of `feat(api)!: x` that is `feat` and yes.
fn conventional(message: &str) -> Option<(&str, bool)> {
    let (head, _) = message.lines().next()?.split_once(": ")?;
    let (head, breaking) = head.strip_suffix('!').map_or((head, false), |it| (it, true));
    let kind = head.split_once('(').map_or(head, |it| it.0);
    (!kind.is_empty() && kind.chars().all(|it| it.is_ascii_alphabetic())).then_some((kind, breaking))
}
