//! What Gitea and Forgejo write of a pull request: the objects of their REST API and webhooks. Knows where they differ from GitHub's; must not
//! know events.

use serde_json::Value;

use super::{ChangedFile, Check, Comment, Commit, PullRequest, PullRequestId, Review, github, json};

/// Returns what the object of a pull request says, one of a list too. Of a merged one `base.sha` lies after the merge: it is not read.
pub fn pull_request(value: &Value, id: &PullRequestId) -> PullRequest {
    let mut part = github::pull_request(value, id);
    part.merge_base = json::sha(value, "/merge_base");
    // Old ones have no field for it and go by the title.
    part.draft = part.draft.or_else(|| part.title.as_deref().map(json::is_draft_title));
    part
}

/// Returns what the object of an issue says that is a pull request: how a comment's webhook shows it.
pub fn issue(value: &Value, id: &PullRequestId) -> PullRequest {
    let mut part = github::issue(value, id);
    part.draft = part.draft.or_else(|| part.title.as_deref().map(json::is_draft_title));
    part
}

/// Returns the reviews of a list; requests for one and those that were not sent yet are none.
pub fn reviews(value: &Value) -> Vec<Review> {
    github::reviews(value)
}

/// Returns the comments of the conversation (those of the issue).
pub fn comments(value: &Value) -> Vec<Comment> {
    json::items(value, "").filter_map(comment).collect()
}

/// Returns one comment of a list or a webhook. Those on lines are counted with the others.
pub fn comment(value: &Value) -> Option<Comment> {
    let comment = github::comment(value)?;
    let id = json::comment_id(value, false);
    Some(Comment { id, ..comment })
}

/// Returns a review's comments on lines of files. A line that is gone counts in the old file.
pub fn line_comments(value: &Value) -> Vec<Comment> {
    let on_line = |it: &Value| {
        let lines = ["/line", "/position", "/original_position"];
        let line = lines.iter().filter_map(|at| json::number(it, at)).find(|line| *line > 0);
        let comment = comment(it)?;
        Some(Comment {
            place: comment.place.map(|(path, _)| (path, line.unwrap_or(0))),
            // `resolver` is there, and null, as long as nobody resolved it.
            unresolved: it.get("resolver").is_some_and(Value::is_null),
            ..comment
        })
    };
    json::items(value, "").filter_map(on_line).collect()
}

/// Returns the files of a list, with their lines.
pub fn files(value: &Value) -> Vec<ChangedFile> {
    github::files(value)
}

/// Returns the commits of a list, the oldest first; Gitea sends the newest first.
pub fn commits(value: &Value) -> Vec<Commit> {
    let mut commits = github::commits(value);
    commits.reverse();
    commits
}

/// Returns the checks of a commit: of its combined status, or of a list of statuses; the first of each name.
pub fn checks(value: &Value) -> Vec<Check> {
    github::checks(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_comment_on_a_line_waits_until_somebody_resolves_it() {
        let comment = |fields: Value| {
            let mut comment = json!({"user": {"login": "ann"}, "body": "why?", "path": "a.rs", "created_at": "2025-01-02T03:04:05Z"});
            for (key, value) in fields.as_object().unwrap() {
                comment[key] = value.clone();
            }
            comment
        };
        let check = |fields: Value, expected: (u64, bool)| {
            let found = line_comments(&json!([comment(fields.clone())])).remove(0);
            assert_eq!(
                (found.place, found.unresolved),
                (Some(("a.rs".to_owned(), expected.0)), expected.1),
                "{fields}"
            );
        };
        check(json!({"position": 3, "original_position": 0, "resolver": null}), (3, true));
        check(
            json!({"position": 0, "original_position": 4, "resolver": {"login": "bob"}}),
            (4, false),
        );
        check(json!({}), (0, false));
    }
}
