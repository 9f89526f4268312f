//! What was decided on the way, and against what. Knows where people write it down: under headings, in trailers, in comments.

use crate::model::pull_request::{
    PullRequest,
    note::{body, bounded, untrusted},
};

/// Bytes of one comment or message that are looked through.
const READ_MOST: usize = 64 * 1024;

const HEADINGS: [&str; 12] = [
    "decision",
    "decisions",
    "rationale",
    "alternatives",
    "alternative",
    "trade-off",
    "trade-offs",
    "tradeoffs",
    "risk",
    "risks",
    "rollback",
    "considered",
];

/// Returns the parts of the description about decisions, then each `Decision:` of commits and comments.
pub(super) fn section(pr: &PullRequest, body: &str) -> Option<String> {
    let who = pr.author.as_deref().unwrap_or("author");
    let parts = body::parts(body);
    let about = parts
        .iter()
        .filter(|it| it.heading.split([' ', '/', ',']).any(|word| HEADINGS.contains(&word)));
    let texts: Vec<String> = about.map(|it| format!("{}\n\n{}", it.title, it.text)).collect();
    let mut blocks = Vec::new();
    if !texts.is_empty() {
        blocks.push(untrusted::quote(who, &texts.join("\n\n"), 6 * 1024));
    }
    let mut said: Vec<(&str, &str)> = body::named(body, "decision").into_iter().map(|it| (who, it)).collect();
    for commit in pr.commits.iter().flatten() {
        let message = untrusted::head(&commit.message, READ_MOST);
        said.extend(body::named(message, "decision").into_iter().map(|it| (&*commit.author, it)));
    }
    let mut comments: Vec<_> = pr.comments.iter().collect();
    comments.sort_by_key(|it| (it.time, &it.author, &it.body));
    for comment in comments {
        let text = untrusted::head(&comment.body, READ_MOST);
        said.extend(body::named(text, "decision").into_iter().map(|it| (&*comment.author, it)));
    }
    if !said.is_empty() {
        let line = |(who, what)| format!("- {}: {}", untrusted::speaker(Some(who), "author"), untrusted::inline(what, 280));
        blocks.push(bounded(said.into_iter().map(line), 20, 3 * 1024, "decision"));
    }
    (!blocks.is_empty()).then(|| format!("## Decisions\n\n{}", blocks.join("\n\n")))
}
