//! How a pull request was judged, and what was said about it. Knows reviews and comments.

use std::collections::BTreeMap;

use crate::model::pull_request::{
    Comment, PullRequest, Review, Verdict,
    note::{bounded, time, untrusted},
};

/// Characters of one remark.
const EXCERPT: usize = 280;

/// Returns the last verdict of each reviewer, then threads that wait for an answer, then other remarks.
pub(super) fn section(pr: &PullRequest) -> Option<String> {
    let mut blocks = Vec::new();
    let verdicts = last_verdicts(pr);
    if !verdicts.is_empty() {
        blocks.push(bounded(verdicts.into_iter().map(verdict_line), 20, 3 * 1024, "reviewer"));
    }
    let mut comments: Vec<&Comment> = pr.comments.iter().filter(|it| !it.body.trim().is_empty()).collect();
    comments.sort_by_key(|it| (it.time, &it.author, &it.place, &it.body));
    comments.dedup();
    for (is_open, title, most) in [(true, "Unresolved", 3 * 1024), (false, "Comments", 3 * 1024)] {
        let of_kind: Vec<&&Comment> = comments.iter().filter(|it| it.unresolved == is_open).collect();
        if !of_kind.is_empty() {
            let lines = of_kind.into_iter().map(|it| comment_line(it));
            blocks.push(format!("{title}:\n\n{}", bounded(lines, 20, most, "comment")));
        }
    }
    (!blocks.is_empty()).then(|| format!("## Review\n\n{}", blocks.join("\n\n")))
}

/// Returns one review a reviewer: the last one that counts; a remark does not take a verdict back.
fn last_verdicts(pr: &PullRequest) -> Vec<&Review> {
    let mut reviews: Vec<&Review> = pr.reviews.iter().filter(|it| !it.dismissed).collect();
    reviews.sort_by_key(|it| (it.time, *it));
    let mut last: BTreeMap<&str, &Review> = BTreeMap::new();
    for review in reviews {
        let known = last.get(&*review.author);
        if review.verdict != Verdict::Commented || known.is_none_or(|it| it.verdict == Verdict::Commented) {
            last.insert(&review.author, review);
        }
    }
    last.into_values().collect()
}

fn verdict_line(it: &Review) -> String {
    let verdict = match it.verdict {
        Verdict::Approved => "approved",
        Verdict::ChangesRequested => "asked for changes",
        Verdict::Commented => "commented",
    };
    let at = it.time.map(|it| format!(" on {}", time(it))).unwrap_or_default();
    let body = untrusted::inline(&it.body, EXCERPT);
    let said = if body.is_empty() { String::new() } else { format!("\n  > {body}") };
    format!("- {} {verdict}{at}{said}", untrusted::speaker(Some(&it.author), "somebody"))
}

fn comment_line(it: &Comment) -> String {
    let place = it
        .place
        .as_ref()
        .map(|(path, line)| {
            let line = if *line > 0 { format!(", line {line}") } else { String::new() };
            format!(" on {}{line}", untrusted::name(path, 120))
        })
        .unwrap_or_default();
    format!(
        "- {}{place}:\n  > {}",
        untrusted::speaker(Some(&it.author), "somebody"),
        untrusted::inline(&it.body, EXCERPT)
    )
}
