//! Reading what forges send: JSON of which every field may be missing, null, or of another type. Knows how forges write names, commits and times;
//! must not know one forge from another.

use jiff::Timestamp;
use serde_json::Value;

use super::{CommentId, MAX_TEXT_BYTES, Verdict};

/// Longer lists are cut: of labels, reviewers, comments, checks.
pub(super) const MAX_ITEMS: usize = 1000;

/// What is kept of a remark or a commit's message.
const MAX_REMARK_BYTES: usize = 66 * 1024;

/// Longer names (users, branches, labels) are none.
const MAX_NAME_BYTES: usize = 255;

/// Longer paths are none.
const MAX_PATH_BYTES: usize = 4096;

/// Returns the text at a pointer (`/user/login`), the beginning of a very long one; an empty one says nothing.
pub(super) fn text(value: &Value, pointer: &str) -> Option<String> {
    let text = value.pointer(pointer)?.as_str().filter(|it| !it.is_empty())?;
    Some(text[..text.floor_char_boundary(MAX_TEXT_BYTES)].to_owned())
}

/// Returns a comment, review or message as [`text`] does, but less of it: there may be many.
pub(super) fn remark(value: &Value, pointer: &str) -> Option<String> {
    let mut text = text(value, pointer)?;
    text.truncate(text.floor_char_boundary(MAX_REMARK_BYTES));
    Some(text)
}

/// Returns the id of the comment that an object is.
pub(super) fn comment_id(value: &Value, on_line: bool) -> Option<CommentId> {
    number(value, "/id").map(|number| CommentId { number, on_line })
}

/// Returns the text at a pointer where it can be a name: short and of one line.
pub(super) fn name(value: &Value, pointer: &str) -> Option<String> {
    let text = value.pointer(pointer)?.as_str()?.trim();
    let is_name = !text.is_empty() && text.len() <= MAX_NAME_BYTES && !text.chars().any(char::is_control);
    is_name.then(|| text.to_owned())
}

/// Returns the id of a commit in lower case; git gets nothing else to see.
pub(super) fn sha(value: &Value, pointer: &str) -> Option<String> {
    let text = value.pointer(pointer)?.as_str()?;
    let is_sha = matches!(text.len(), 40 | 64) && text.bytes().all(|it| it.is_ascii_hexdigit()) && text.bytes().any(|it| it != b'0');
    is_sha.then(|| text.to_ascii_lowercase())
}

/// Returns the time at a pointer: RFC 3339, or GitLab's `2023-12-05 18:40:22 UTC`. Go's zero time is none.
pub(super) fn time(value: &Value, pointer: &str) -> Option<Timestamp> {
    let text = value.pointer(pointer)?.as_str()?;
    if text.starts_with("0001-01-01") {
        return None;
    }
    text.replace(" UTC", "Z").parse().ok()
}

pub(super) fn flag(value: &Value, pointer: &str) -> Option<bool> {
    value.pointer(pointer)?.as_bool()
}

pub(super) fn number(value: &Value, pointer: &str) -> Option<u64> {
    value.pointer(pointer)?.as_u64()
}

/// Returns the items of a list, as many as are taken; none where there is no list.
pub(super) fn items<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value
        .pointer(pointer)
        .and_then(Value::as_array)
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .take(MAX_ITEMS)
}

/// Returns all items of a list whose length the caller has bounded.
pub(super) fn all(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().map_or(&[][..], Vec::as_slice).iter()
}

/// Returns the path of a file, which may be longer than a name.
pub(super) fn path(value: &Value, pointer: &str) -> Option<String> {
    let text = value.pointer(pointer)?.as_str()?;
    let is_path = !text.is_empty() && text.len() <= MAX_PATH_BYTES && !text.chars().any(char::is_control);
    is_path.then(|| text.to_owned())
}

/// Returns the names in a list of objects, sorted. `null` is an empty list (so Go writes one), a missing one was not said.
pub(super) fn names(value: &Value, list: &str, of_item: impl Fn(&Value) -> Option<String>) -> Option<Vec<String>> {
    let said = value.pointer(list)?;
    if !said.is_null() && !said.is_array() {
        return None;
    }
    let mut names: Vec<String> = items(value, list).filter_map(of_item).collect();
    names.sort();
    names.dedup();
    Some(names)
}

/// Returns what a review's state means, in any forge's words; `None` for one that was not given yet.
pub(super) fn verdict(state: &str) -> Option<Verdict> {
    match state.to_ascii_lowercase().trim_start_matches("pull_request_review_") {
        "approved" | "approve" => Some(Verdict::Approved),
        "changes_requested" | "request_changes" | "rejected" => Some(Verdict::ChangesRequested),
        // GitHub forgets what a dismissed review said.
        "commented" | "comment" | "dismissed" => Some(Verdict::Commented),
        _ => None,
    }
}

/// Whether a title says that the work is in progress.
pub(super) fn is_draft_title(title: &str) -> bool {
    let title = title.trim_start().to_ascii_lowercase();
    ["wip:", "[wip]", "draft:", "[draft]"].iter().any(|it| title.starts_with(it))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_read_in_every_form() {
        let check = |text: &str, expected: Option<&str>| {
            let found = time(&json!({ "at": text }), "/at").map(|it| it.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        };
        check("2025-01-02T03:04:05Z", Some("2025-01-02T03:04:05Z"));
        check("2025-01-02T03:04:05+01:00", Some("2025-01-02T02:04:05Z"));
        check("2023-12-05 18:40:22 UTC", Some("2023-12-05T18:40:22Z"));
        check("0001-01-01T00:00:00Z", None);
        check("yesterday", None);
        check("", None);
    }

    #[test]
    fn what_is_no_commit_is_none() {
        let check = |text: &str, expected: bool| assert_eq!(sha(&json!([text]), "/0").is_some(), expected, "{text}");
        check(&"a1".repeat(20), true);
        check(&"0".repeat(40), false);
        check("main", false);
        check("--upload-pack=x", false);
        check(&"g".repeat(40), false);
    }

    #[test]
    fn names_have_one_line() {
        let check = |text: &str, expected: Option<&str>| assert_eq!(name(&json!([text]), "/0").as_deref(), expected, "{text}");
        check(" main ", Some("main"));
        check("a\nb", None);
        check(&"x".repeat(256), None);
        check(" ", None);
    }

    #[test]
    fn null_is_an_empty_list_and_missing_is_not_said() {
        let check = |value: Value, expected: Option<Vec<&str>>| {
            let expected = expected.map(|it| it.into_iter().map(str::to_owned).collect());
            assert_eq!(names(&value, "/labels", |it| name(it, "/name")), expected, "{value}");
        };
        check(
            json!({"labels": [{"name": "b"}, {"name": "a"}, {"name": "b"}, 7]}),
            Some(vec!["a", "b"]),
        );
        check(json!({ "labels": null }), Some(vec![]));
        check(json!({}), None);
        check(json!({ "labels": "a" }), None);
    }
}
