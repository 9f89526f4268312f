//! What GitLab writes of a merge request: the objects of its REST API, and `object_attributes` of its webhooks, which resemble them. Knows field
//! names; must not know events.

use serde_json::Value;

use super::{Change, ChangedFile, Check, Comment, Commit, Method, PullRequest, PullRequestId, Review, State, Verdict, json};

/// Returns what the object of a merge request says, one of a list too. Of a webhook's `object_attributes` it is the same, but with fewer fields.
pub fn pull_request(value: &Value, id: &PullRequestId) -> PullRequest {
    let mut part = PullRequest::unknown(id.clone());
    part.updated = json::time(value, "/updated_at");
    part.title = json::text(value, "/title");
    part.body = json::text(value, "/description");
    part.author = user(value, "/author");
    part.base = json::name(value, "/target_branch");
    part.head = json::name(value, "/source_branch");
    part.head_sha = ["/sha", "/diff_refs/head_sha", "/last_commit/id"]
        .iter()
        .find_map(|it| json::sha(value, it));
    part.merge_base = json::sha(value, "/diff_refs/base_sha");
    part.draft = json::flag(value, "/draft")
        .or_else(|| json::flag(value, "/work_in_progress"))
        .or_else(|| part.title.as_deref().map(json::is_draft_title));
    part.created = json::time(value, "/created_at");
    part.merged = json::time(value, "/merged_at");
    part.closed = json::time(value, "/closed_at");
    // `12`, or `1000+`, which is no count.
    part.changed_files = json::name(value, "/changes_count").and_then(|it| it.parse().ok());
    part.labels = json::names(value, "/labels", label);
    part.reviewers = json::names(value, "/reviewers", |it| user(it, ""));
    part.state = match json::name(value, "/state").as_deref() {
        Some("merged") => Some(State::Merged),
        Some("closed") => Some(State::Closed),
        // A locked one is being merged.
        Some("opened" | "reopened" | "locked") => Some(State::Open),
        _ => None,
    };
    part.closed_by = user(value, "/closed_by");
    if part.state == Some(State::Merged) {
        let squashed = json::sha(value, "/squash_commit_sha");
        part.method = squashed.as_ref().map(|_| Method::Squash);
        part.merge_commit = json::sha(value, "/merge_commit_sha").or(squashed);
        part.merged_by = user(value, "/merge_user").or_else(|| user(value, "/merged_by"));
        part.closed_by = None;
    }
    part
}

/// Returns the approvals of a merge request (`approvals`).
pub fn reviews(value: &Value) -> Vec<Review> {
    let review = |it: &Value| {
        Some(Review {
            author: user(it, "/user")?,
            time: json::time(it, "/approved_at"),
            verdict: Verdict::Approved,
            body: String::new(),
            dismissed: false,
            updated: None,
        })
    };
    json::items(value, "/approved_by").filter_map(review).collect()
}

/// Returns the comments of a list of notes, those on lines too; what GitLab itself noted is none.
pub fn comments(value: &Value) -> Vec<Comment> {
    json::items(value, "").filter_map(comment).collect()
}

/// Returns the comments of a list of discussions.
pub fn line_comments(value: &Value) -> Vec<Comment> {
    json::items(value, "")
        .flat_map(|it| json::items(it, "/notes"))
        .filter_map(comment)
        .collect()
}

/// Returns one note of a list.
fn comment(value: &Value) -> Option<Comment> {
    if json::flag(value, "/system").unwrap_or(false) {
        return None;
    }
    let line = json::number(value, "/position/new_line").or_else(|| json::number(value, "/position/old_line"));
    let path = json::name(value, "/position/new_path").or_else(|| json::name(value, "/position/old_path"));
    Some(Comment {
        author: user(value, "/author")?,
        time: json::time(value, "/created_at"),
        body: json::remark(value, "/body")?,
        place: path.map(|it| (it, line.unwrap_or(0))),
        unresolved: json::flag(value, "/resolvable").unwrap_or(false) && !json::flag(value, "/resolved").unwrap_or(false),
        // Notes are counted together, wherever they stand.
        id: json::comment_id(value, false),
        updated: json::time(value, "/updated_at"),
    })
}

/// Returns the comment of a note's webhook, whose author stands beside it; `None` for one of GitLab itself.
pub(super) fn hook_comment(attributes: &Value, author: String) -> Option<Comment> {
    if json::flag(attributes, "/system").unwrap_or(false) {
        return None;
    }
    let line = json::number(attributes, "/position/new_line").or_else(|| json::number(attributes, "/position/old_line"));
    let path = json::name(attributes, "/position/new_path").or_else(|| json::name(attributes, "/position/old_path"));
    Some(Comment {
        author,
        time: json::time(attributes, "/created_at"),
        body: json::remark(attributes, "/note")?,
        place: path.map(|it| (it, line.unwrap_or(0))),
        unresolved: attributes.get("resolved_at").is_some_and(Value::is_null)
            && json::name(attributes, "/type").is_some_and(|it| it == "DiffNote" || it == "DiscussionNote"),
        id: json::comment_id(attributes, false),
        updated: json::time(attributes, "/updated_at"),
    })
}

/// Returns the files of a list (`diffs`); lines are counted in the diff of each, which GitLab leaves out when it is large.
pub fn files(value: &Value) -> Vec<ChangedFile> {
    let flag = |it: &Value, name: &str| json::flag(it, name).unwrap_or(false);
    let file = |it: &Value| {
        let path = json::path(it, "/new_path")?;
        let diff = it.get("diff").and_then(Value::as_str).unwrap_or_default();
        let count = |sign: char| diff.lines().filter(|line| line.starts_with(sign)).count() as u64;
        Some(ChangedFile {
            renamed_from: json::path(it, "/old_path").filter(|old| *old != path),
            kind: match (flag(it, "/new_file"), flag(it, "/deleted_file")) {
                (true, _) => Change::Added,
                (_, true) => Change::Removed,
                _ => Change::Modified,
            },
            added: count('+'),
            removed: count('-'),
            generated: flag(it, "/generated_file"),
            path,
        })
    };
    json::all(value).filter_map(file).collect()
}

/// Returns the commits of a list, the oldest first; GitLab sends the newest first.
pub fn commits(value: &Value) -> Vec<Commit> {
    let commit = |it: &Value| {
        Some(Commit {
            sha: json::sha(it, "/id")?,
            message: json::remark(it, "/message")?,
            author: json::name(it, "/author_name").unwrap_or_default(),
            time: json::time(it, "/authored_date"),
        })
    };
    let mut commits: Vec<Commit> = json::all(value).filter_map(commit).collect();
    commits.reverse();
    commits
}

/// Returns the checks of a list of pipelines or of statuses of a commit, newest first: the first of each name.
pub fn checks(value: &Value) -> Vec<Check> {
    let found = json::items(value, "").filter_map(|it| {
        Some(Check {
            name: json::name(it, "/name")
                .or_else(|| json::name(it, "/source").map(|source| format!("pipeline ({source})")))
                .unwrap_or_else(|| "pipeline".to_owned()),
            result: json::name(it, "/status")?.to_lowercase(),
        })
    });
    let mut checks: Vec<Check> = found.collect();
    checks.sort_by(|a, b| a.name.cmp(&b.name));
    checks.dedup_by(|later, first| later.name == first.name);
    checks
}

/// Labels are plain text in the API, objects in webhooks.
pub(super) fn label(value: &Value) -> Option<String> {
    json::name(value, "")
        .or_else(|| json::name(value, "/title"))
        .or_else(|| json::name(value, "/name"))
}

pub(super) fn user(value: &Value, pointer: &str) -> Option<String> {
    json::name(value.pointer(pointer)?, "/username")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_api_names_people_and_times() {
        let id = PullRequestId {
            host: "h".to_owned(),
            repo: "me/home".to_owned(),
            number: 7,
        };
        let (head, merge) = ("1".repeat(40), "2".repeat(40));
        let value = json!({
            "iid": 7, "state": "merged", "title": "cache", "author": {"username": "ann"}, "merge_user": {"username": "bob"}, "labels": ["speed"],
            "merged_at": "2025-01-02T03:04:05.123Z", "merge_commit_sha": merge, "squash_commit_sha": null, "sha": head, "reviewers": [],
            "diff_refs": {"base_sha": head}, "closed_by": null,
        });
        let found = pull_request(&value, &id);
        assert_eq!(
            (found.state, found.author.as_deref(), found.merged_by.as_deref()),
            (Some(State::Merged), Some("ann"), Some("bob"))
        );
        assert_eq!(
            (found.merge_commit, found.method, found.merge_base),
            (Some(merge), None, Some(head))
        );
        assert_eq!((found.labels, found.reviewers), (Some(vec!["speed".to_owned()]), Some(vec![])));
        assert!(found.merged.is_some());
    }

    #[test]
    fn notes_of_people_are_comments() {
        let notes = json!([
            {"author": {"username": "ann"}, "body": "why?", "system": false, "resolvable": true, "resolved": false, "position": {"new_path": "a", "new_line": 3}},
            {"author": {"username": "ann"}, "body": "changed the title", "system": true},
            {"author": {"username": "bob"}, "body": "done", "resolvable": true, "resolved": true},
        ]);
        let check = |found: Vec<Comment>| {
            let found: Vec<_> = found.into_iter().map(|it| (it.body, it.place, it.unresolved)).collect();
            let place = Some(("a".to_owned(), 3));
            assert_eq!(found, [("why?".to_owned(), place, true), ("done".to_owned(), None, false)]);
        };
        check(comments(&notes));
        check(line_comments(&json!([{ "notes": notes }])));
    }

    #[test]
    fn files_and_commits_of_lists_are_read() {
        let found = files(&json!([
            {"new_path": "a", "old_path": "a", "diff": "@@ -1 +1,2 @@\n-x\n+y\n+z\n"},
            {"new_path": "b", "old_path": "c", "renamed_file": true, "diff": ""},
            {"new_path": "d", "old_path": "d", "deleted_file": true},
        ]));
        let found: Vec<_> = found
            .iter()
            .map(|it| (&*it.path, it.renamed_from.as_deref(), it.kind, it.added, it.removed))
            .collect();
        let expected = [
            ("a", None, Change::Modified, 2, 1),
            ("b", Some("c"), Change::Modified, 0, 0),
            ("d", None, Change::Removed, 0, 0),
        ];
        assert_eq!(found, expected);
        let (old, new) = ("1".repeat(40), "2".repeat(40));
        let found = commits(&json!([{"id": new, "message": "b"}, {"id": old, "message": "a", "author_name": "Ann"}]));
        assert_eq!(found.iter().map(|it| &*it.message).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn approvals_are_reviews_and_the_newest_pipeline_is_the_check() {
        let found = reviews(&json!({"approved_by": [{"user": {"username": "ann"}}]}));
        assert_eq!(
            (found.len(), found[0].author.as_str(), found[0].verdict),
            (1, "ann", Verdict::Approved)
        );
        let found =
            checks(&json!([{"source": "push", "status": "success"}, {"source": "push", "status": "failed"}, {"status": "running"}]));
        let found: Vec<_> = found.iter().map(|it| (it.name.as_str(), it.result.as_str())).collect();
        assert_eq!(found, [("pipeline", "running"), ("pipeline (push)", "success")]);
    }
}
