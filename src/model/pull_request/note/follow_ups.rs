//! What is left to do. Knows open boxes, added lines that say so, and headings about later. None of it becomes a task of the vault's owner.

use crate::model::pull_request::{
    LeftToDo, PullRequest,
    note::{body, bounded, untrusted},
};

/// Bytes of one comment that are looked through.
const READ_MOST: usize = 64 * 1024;

enum Item<'p> {
    /// Who left it open, and what.
    Box(&'p str, &'p str),
    Line(&'p LeftToDo),
}

/// Returns the open boxes of description and comments, then parts about follow-ups, then added lines.
pub(super) fn section(pr: &PullRequest, body: &str) -> Option<String> {
    let author = pr.author.as_deref().unwrap_or("author");
    let mut items: Vec<Item> = body::open_boxes(body).into_iter().map(|it| Item::Box(author, it)).collect();
    let mut comments: Vec<_> = pr.comments.iter().collect();
    comments.sort_by_key(|it| (it.time, &it.author, &it.body));
    for comment in comments {
        let boxes = body::open_boxes(untrusted::head(&comment.body, READ_MOST));
        items.extend(boxes.into_iter().map(|it| Item::Box(&comment.author, it)));
    }
    let mut left: Vec<&LeftToDo> = pr.diff.iter().flat_map(|it| &it.left_to_do).collect();
    left.sort();
    items.extend(left.into_iter().map(Item::Line));
    let mut blocks = Vec::new();
    if !items.is_empty() {
        blocks.push(bounded(items.iter().map(line), 30, 3 * 1024, "line"));
    }
    let about =
        |it: &str| it.contains("follow-up") || it.contains("follow up") || it.contains("followup") || it == "todo" || it == "next steps";
    let parts = body::parts(body);
    // Its boxes stand above.
    let texts: Vec<String> = parts
        .iter()
        .filter(|it| about(&it.heading))
        .map(|it| {
            it.text
                .lines()
                .filter(|line| body::open_boxes(line).is_empty())
                .collect::<Vec<_>>()
                .join("\n")
        })
        .filter(|it| !it.trim().is_empty())
        .collect();
    if !texts.is_empty() {
        blocks.push(untrusted::quote(author, &texts.join("\n\n"), 2 * 1024));
    }
    (!blocks.is_empty()).then(|| format!("## Follow-ups\n\n{}", blocks.join("\n\n")))
}

fn line(item: &Item<'_>) -> String {
    match item {
        Item::Box(who, what) => format!("- Open: {}{}", untrusted::inline(what, 200), untrusted::by(who)),
        Item::Line(it) => format!(
            "- {} line {}: {}",
            untrusted::name(&it.path, 160),
            it.line,
            untrusted::inline(&it.text, 160)
        ),
    }
}
