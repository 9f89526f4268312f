//! What GitHub writes of a pull request: the objects of its REST API, of which its webhooks are made. Knows field names; must not know events.
//! Gitea and Forgejo copied most of them: `gitea` begins with what is read here.

use serde_json::Value;

use super::{Change, ChangedFile, Check, Comment, Commit, PullRequest, PullRequestId, Review, State, json};

/// Returns what the object of a pull request says, one of a list too.
pub fn pull_request(value: &Value, id: &PullRequestId) -> PullRequest {
    let mut part = PullRequest::unknown(id.clone());
    part.updated = json::time(value, "/updated_at");
    part.title = json::text(value, "/title");
    part.body = json::text(value, "/body");
    part.author = user(value, "/user");
    part.base = json::name(value, "/base/ref");
    part.head = json::name(value, "/head/ref");
    part.head_sha = json::sha(value, "/head/sha");
    part.draft = json::flag(value, "/draft");
    part.created = json::time(value, "/created_at");
    part.merged = json::time(value, "/merged_at");
    part.closed = json::time(value, "/closed_at");
    part.additions = json::number(value, "/additions");
    part.deletions = json::number(value, "/deletions");
    part.changed_files = json::number(value, "/changed_files");
    part.labels = json::names(value, "/labels", |it| json::name(it, "/name"));
    part.reviewers = json::names(value, "/requested_reviewers", |it| user(it, ""));
    // `merge_commit_sha` is no sign: GitHub sends the commit of a trial merge of those that are open or were closed.
    let is_merged = json::flag(value, "/merged").unwrap_or(part.merged.is_some());
    part.state = match json::name(value, "/state").as_deref() {
        _ if is_merged => Some(State::Merged),
        Some("open") => Some(State::Open),
        Some("closed") => Some(State::Closed),
        _ => None,
    };
    if is_merged {
        part.merge_commit = json::sha(value, "/merge_commit_sha");
        part.merged_by = user(value, "/merged_by");
    }
    part
}

/// Returns what the object of an issue says that is a pull request: how a comment's webhook shows it.
pub fn issue(value: &Value, id: &PullRequestId) -> PullRequest {
    let mut part = pull_request(value, id);
    part.merged = json::time(value, "/pull_request/merged_at");
    part.draft = part.draft.or_else(|| json::flag(value, "/pull_request/draft"));
    if json::flag(value, "/pull_request/merged").unwrap_or(part.merged.is_some()) {
        part.state = Some(State::Merged);
    }
    part
}

/// Returns the reviews of a list; those that were not sent yet are none.
pub fn reviews(value: &Value) -> Vec<Review> {
    json::items(value, "").filter_map(review).collect()
}

/// Returns one review of a list or a webhook.
pub fn review(value: &Value) -> Option<Review> {
    let state = json::name(value, "/state")?;
    Some(Review {
        author: user(value, "/user")?,
        time: json::time(value, "/submitted_at"),
        verdict: json::verdict(&state)?,
        body: json::remark(value, "/body").unwrap_or_default(),
        dismissed: state.eq_ignore_ascii_case("dismissed") || json::flag(value, "/dismissed").unwrap_or(false),
        updated: json::time(value, "/updated_at"),
    })
}

/// Returns the comments of the conversation (those of the issue).
pub fn comments(value: &Value) -> Vec<Comment> {
    json::items(value, "").filter_map(comment).collect()
}

/// Returns the comments on lines of files; line 0 stands for a whole file. Whether a thread is resolved is not in this API.
pub fn line_comments(value: &Value) -> Vec<Comment> {
    comments(value)
}

/// Returns one comment of a list or a webhook, with its place where it has one.
pub fn comment(value: &Value) -> Option<Comment> {
    let line = json::number(value, "/line").or_else(|| json::number(value, "/original_line"));
    let place = json::name(value, "/path");
    Some(Comment {
        author: user(value, "/user")?,
        time: json::time(value, "/created_at"),
        body: json::remark(value, "/body")?,
        id: json::comment_id(value, place.is_some()),
        place: place.map(|it| (it, line.unwrap_or(0))),
        unresolved: false,
        updated: json::time(value, "/updated_at"),
    })
}

/// Returns the files of a list, with their lines.
pub fn files(value: &Value) -> Vec<ChangedFile> {
    let file = |it: &Value| {
        let kind = match json::name(it, "/status").as_deref() {
            Some("added") => Change::Added,
            Some("removed" | "deleted") => Change::Removed,
            _ => Change::Modified,
        };
        Some(ChangedFile {
            path: json::path(it, "/filename")?,
            renamed_from: json::path(it, "/previous_filename"),
            kind,
            added: json::number(it, "/additions").unwrap_or(0),
            removed: json::number(it, "/deletions").unwrap_or(0),
            generated: false,
        })
    };
    json::all(value).filter_map(file).collect()
}

/// Returns the commits of a list, the oldest first as GitHub sends them.
pub fn commits(value: &Value) -> Vec<Commit> {
    let commit = |it: &Value| {
        Some(Commit {
            sha: json::sha(it, "/sha")?,
            message: json::remark(it, "/commit/message")?,
            author: json::name(it, "/commit/author/name").unwrap_or_default(),
            time: json::time(it, "/commit/author/date"),
        })
    };
    json::all(value).filter_map(commit).collect()
}

/// Returns the checks of a commit: of a combined status, of check runs, or of a plain list of statuses; the first of each name.
pub fn checks(value: &Value) -> Vec<Check> {
    let lists = ["/statuses", "/check_runs", ""];
    let found = lists.iter().flat_map(|it| json::items(value, it)).filter_map(|it| {
        let results = ["/conclusion", "/state", "/status"];
        Some(Check {
            name: json::name(it, "/context").or_else(|| json::name(it, "/name"))?,
            result: results.iter().find_map(|at| json::name(it, at))?.to_lowercase(),
        })
    });
    let mut checks: Vec<Check> = found.collect();
    checks.sort_by(|a, b| a.name.cmp(&b.name));
    checks.dedup_by(|later, first| later.name == first.name);
    checks
}

/// Returns the name of a user that stands at a pointer.
pub(super) fn user(value: &Value, pointer: &str) -> Option<String> {
    let user = value.pointer(pointer)?;
    json::name(user, "/login").or_else(|| json::name(user, "/username"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::model::pull_request::Verdict;

    #[test]
    fn reviews_that_were_sent_are_read() {
        let list = json!([
            {"user": {"login": "ann"}, "state": "APPROVED", "body": "fine", "submitted_at": "2025-01-02T03:04:05Z"},
            {"user": {"login": "bob"}, "state": "REQUEST_CHANGES", "body": "", "dismissed": true},
            {"user": {"login": "eve"}, "state": "DISMISSED"},
            {"user": {"login": "eve"}, "state": "PENDING"},
            {"user": {"login": "eve"}, "state": "REQUEST_REVIEW"},
            {"user": null, "state": "APPROVED"},
            7,
        ]);
        let found: Vec<_> = reviews(&list).into_iter().map(|it| (it.author, it.verdict, it.dismissed)).collect();
        let expected = [
            ("ann".to_owned(), Verdict::Approved, false),
            ("bob".to_owned(), Verdict::ChangesRequested, true),
            ("eve".to_owned(), Verdict::Commented, true),
        ];
        assert_eq!(found, expected);
        assert!(reviews(&json!({"message": "Not Found"})).is_empty());
    }

    #[test]
    fn files_and_commits_of_lists_are_read() {
        let sha = "1".repeat(40);
        let found = files(&json!([
            {"filename": "a.yaml", "status": "added", "additions": 3, "deletions": 0},
            {"filename": "new.md", "status": "renamed", "previous_filename": "old.md", "additions": 1, "deletions": 1},
            {"filename": "gone", "status": "deleted", "deletions": 9}, {"filename": "a\nb"}, 7,
        ]));
        let found: Vec<_> = found
            .iter()
            .map(|it| (&*it.path, it.renamed_from.as_deref(), it.kind, it.added, it.removed))
            .collect();
        let expected = [
            ("a.yaml", None, Change::Added, 3, 0),
            ("new.md", Some("old.md"), Change::Modified, 1, 1),
            ("gone", None, Change::Removed, 0, 9),
        ];
        assert_eq!(found, expected);
        let found = commits(
            &json!([{"sha": sha, "commit": {"message": "fix: x", "author": {"name": "Ann", "date": "2025-01-02T03:04:05Z"}}}, {"sha": "x"}]),
        );
        assert_eq!((found.len(), &*found[0].message, &*found[0].author), (1, "fix: x", "Ann"));
    }

    #[test]
    fn checks_are_read_of_every_list() {
        let check = |value: Value, expected: &[(&str, &str)]| {
            let found: Vec<_> = checks(&value).into_iter().map(|it| (it.name, it.result)).collect();
            let expected: Vec<_> = expected
                .iter()
                .map(|(name, result)| ((*name).to_owned(), (*result).to_owned()))
                .collect();
            assert_eq!(found, expected, "{value}");
        };
        let statuses = json!({"state": "pending", "statuses": [
            {"context": "lint", "status": "failure"}, {"context": "ci", "state": "SUCCESS"}, {"context": "lint", "status": "pending"},
        ]});
        check(statuses, &[("ci", "success"), ("lint", "failure")]);
        let runs = json!({"check_runs": [
            {"name": "a", "status": "completed", "conclusion": "success"}, {"name": "b", "status": "queued", "conclusion": null},
        ]});
        check(runs, &[("a", "success"), ("b", "queued")]);
        check(json!([{"context": "ci", "status": "warning"}]), &[("ci", "warning")]);
        check(json!(null), &[]);
    }
}
