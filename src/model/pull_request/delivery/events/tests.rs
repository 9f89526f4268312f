use serde_json::{Value, json};

use crate::model::pull_request::{
    CommentId, ForgeKind, Method, PullRequest, State, Verdict,
    delivery::{News, read},
};

const HEAD: &str = "1111111111111111111111111111111111111111";
const MERGE: &str = "2222222222222222222222222222222222222222";
const BASE: &str = "3333333333333333333333333333333333333333";

fn news(kind: ForgeKind, headers: &[(&str, &str)], body: &Value) -> Result<News, String> {
    let header = |name: &str| headers.iter().find(|(it, _)| *it == name).map(|(_, value)| (*value).to_owned());
    read(kind, &header, body.to_string().as_bytes(), "git.example.org")
}

fn part(kind: ForgeKind, headers: &[(&str, &str)], body: &Value) -> PullRequest {
    match news(kind, headers, body) {
        Ok(News::PullRequest(part)) => *part,
        other => panic!("{other:?}"),
    }
}

/// A pull request as Gitea, Forgejo and GitHub write it.
fn hub(action: &str, fields: &Value) -> Value {
    let mut pull = json!({
        "number": 7, "state": "open", "title": "Add a cache", "body": "Why: it is slow", "user": {"login": "ann"},
        "created_at": "2025-01-01T00:00:00Z", "updated_at": "2025-01-02T00:00:00Z", "closed_at": null, "merged_at": null, "merged": false,
        "labels": [{"name": "speed"}], "requested_reviewers": null, "merge_commit_sha": null,
        "base": {"ref": "main", "sha": BASE}, "head": {"ref": "cache", "sha": HEAD, "repo": null}, "merge_base": BASE, "new_field": [1],
    });
    for (key, value) in fields.as_object().unwrap() {
        pull[key] = value.clone();
    }
    json!({"action": action, "number": 7, "pull_request": pull, "repository": {"full_name": "me/home"}, "sender": {"login": "bob"}})
}

#[test]
fn an_opened_one_is_read() {
    let found = part(
        ForgeKind::Gitea,
        &[("X-Gitea-Event-Type", "pull_request")],
        &hub("opened", &json!({})),
    );
    assert_eq!(found.id.to_string(), "git.example.org/me/home#7");
    assert_eq!(
        (found.state, found.draft, found.author.as_deref()),
        (Some(State::Open), Some(false), Some("ann"))
    );
    assert_eq!((found.base.as_deref(), found.head.as_deref()), (Some("main"), Some("cache")));
    assert_eq!((found.head_sha.as_deref(), found.merge_base.as_deref()), (Some(HEAD), Some(BASE)));
    assert_eq!((found.labels, found.reviewers), (Some(vec!["speed".to_owned()]), Some(vec![])));
    assert_eq!((found.merge_commit, found.closed_by, found.merged), (None, None, None));
    assert_eq!(found.updated, Some("2025-01-02T00:00:00Z".parse().unwrap()));
}

#[test]
fn only_merged_says_how_it_ended() {
    let check = |kind, fields: Value, expected: (State, Option<&str>, Option<&str>, Option<&str>)| {
        let found = part(kind, &[("X-GitHub-Event", "pull_request")], &hub("closed", &fields));
        let found_end = (
            found.state.unwrap(),
            found.merge_commit.as_deref(),
            found.merged_by.as_deref(),
            found.closed_by.as_deref(),
        );
        assert_eq!(found_end, expected, "{kind:?} {fields}");
    };
    let closed = json!({"state": "closed", "merge_commit_sha": MERGE});
    let merged = json!({"state": "closed", "merged": true, "merged_at": "2025-01-02T00:00:00Z", "merge_commit_sha": MERGE, "merged_by": {"login": "eve"}});
    let listed = json!({"state": "closed", "merged": null, "merged_at": "2025-01-02T00:00:00Z", "merge_commit_sha": MERGE});
    for kind in [ForgeKind::GitHub, ForgeKind::Gitea, ForgeKind::Forgejo] {
        check(kind, closed.clone(), (State::Closed, None, None, Some("bob")));
        check(kind, merged.clone(), (State::Merged, Some(MERGE), Some("eve"), None));
        check(kind, listed.clone(), (State::Merged, Some(MERGE), Some("bob"), None));
    }
}

#[test]
fn a_draft_says_so_or_has_a_title() {
    let check = |kind, fields: Value, expected| {
        let found = part(kind, &[], &hub("edited", &fields));
        assert_eq!(found.draft, expected, "{kind:?} {fields}");
    };
    check(ForgeKind::Gitea, json!({"title": "WIP: cache"}), Some(true));
    check(ForgeKind::Forgejo, json!({"title": "[wip] cache"}), Some(true));
    check(ForgeKind::Gitea, json!({"draft": true}), Some(true));
    check(ForgeKind::Gitea, json!({"draft": false, "title": "WIP: cache"}), Some(false));
    check(ForgeKind::GitHub, json!({"title": "WIP: cache"}), None);
    check(ForgeKind::GitHub, json!({"draft": true}), Some(true));
}

#[test]
fn reviews_are_added_in_every_shape() {
    let check = |headers: &[(&str, &str)], review: Value, expected: Option<(&str, Verdict, &str)>| {
        let mut body = hub("reviewed", &json!({}));
        body["review"] = review;
        let found = part(ForgeKind::Forgejo, headers, &body).reviews;
        assert_eq!(
            found.first().map(|it| (it.author.as_str(), it.verdict, it.body.as_str())),
            expected,
            "{body}"
        );
        assert!(found.iter().all(|it| it.time.is_some() && !it.dismissed));
    };
    let fine = [
        ("X-Forgejo-Event-Type", "pull_request_review_approved"),
        ("X-Gitea-Event", "pull_request_approved"),
    ];
    check(
        &fine,
        json!({"type": "pull_request_review_approved", "content": "fine"}),
        Some(("bob", Verdict::Approved, "fine")),
    );
    // Only the coarse name, which reads like a comment.
    let coarse = [("X-Forgejo-Event", "pull_request_comment")];
    check(
        &coarse,
        json!({"type": "pull_request_review_comment", "content": "hm"}),
        Some(("bob", Verdict::Commented, "hm")),
    );
    check(
        &coarse,
        json!({"type": "pull_request_review_rejected"}),
        Some(("bob", Verdict::ChangesRequested, "")),
    );
    check(&coarse, json!({"type": "something_new"}), None);
    check(&coarse, Value::Null, None);
    let full = json!({"user": {"login": "eve"}, "state": "approved", "body": null, "submitted_at": "2025-01-03T00:00:00Z"});
    check(
        &[("X-GitHub-Event", "pull_request_review")],
        full,
        Some(("eve", Verdict::Approved, "")),
    );
}

#[test]
fn comments_are_added_where_they_are_on_a_pull_request() {
    let body = |is_pull: Value, of_issue: Value| {
        json!({
            "action": "created", "is_pull": is_pull, "repository": {"full_name": "me/home"}, "sender": {"login": "bob"},
            "issue": {"number": 7, "title": "Add a cache", "state": "closed", "pull_request": of_issue, "updated_at": "2025-01-02T00:00:00Z"},
            "comment": {"user": {"login": "bob"}, "body": "Decision: no cache", "created_at": "2025-01-02T00:00:01Z", "updated_at": "2025-01-02T00:00:01Z"},
        })
    };
    let on_gitea = [("X-Gitea-Event-Type", "pull_request_comment"), ("X-Gitea-Event", "issue_comment")];
    let found = part(
        ForgeKind::Gitea,
        &on_gitea,
        &body(json!(true), json!({"merged": true, "merged_at": "2025-01-02T00:00:00Z"})),
    );
    assert_eq!(
        (found.comments.len(), found.comments[0].body.as_str(), found.state),
        (1, "Decision: no cache", Some(State::Merged))
    );
    assert_eq!(found.updated, Some("2025-01-02T00:00:01Z".parse().unwrap()));
    let on_github = [("X-GitHub-Event", "issue_comment")];
    assert_eq!(
        part(ForgeKind::GitHub, &on_github, &body(Value::Null, json!({"url": "x"}))).state,
        Some(State::Closed)
    );
    let on_issue = news(ForgeKind::GitHub, &on_github, &body(Value::Null, Value::Null));
    assert_eq!(on_issue, Ok(News::Ignored("a comment on an issue")));
    let mut deleted = body(json!(true), Value::Null);
    deleted["action"] = json!("deleted");
    assert!(part(ForgeKind::Gitea, &on_gitea, &deleted).comments.is_empty());
}

#[test]
fn a_comment_on_a_line_has_its_place() {
    let mut body = hub("created", &json!({}));
    body["comment"] =
        json!({"user": {"login": "eve"}, "body": "why?", "path": "src/a.rs", "line": 12, "created_at": "2025-01-02T00:00:00Z"});
    let found = part(ForgeKind::GitHub, &[("X-GitHub-Event", "pull_request_review_comment")], &body);
    assert_eq!(found.comments[0].place, Some(("src/a.rs".to_owned(), 12)));
}

#[test]
fn pushes_name_a_branch_and_its_head() {
    let check = |kind, body: Value, expected: Option<(&str, Option<&str>)>| {
        let found = news(kind, &[("X-Gitea-Event", "push"), ("X-GitHub-Event", "push")], &body);
        let expected = expected.map_or(Ok(News::Ignored("a push of something else than a branch")), |(branch, head)| {
            Ok(News::Push {
                repo: "me/home".to_owned(),
                branch: branch.to_owned(),
                head: head.map(str::to_owned),
            })
        });
        assert_eq!(found, expected, "{body}");
    };
    let push = |name: &str, after: &str| json!({"ref": name, "after": after, "repository": {"full_name": "me/home"}});
    check(ForgeKind::Gitea, push("refs/heads/main", HEAD), Some(("main", Some(HEAD))));
    check(ForgeKind::GitHub, push("refs/heads/a/b", &"0".repeat(40)), Some(("a/b", None)));
    check(ForgeKind::GitHub, push("refs/tags/v1", HEAD), None);
    let gitlab = json!({"object_kind": "push", "ref": "refs/heads/main", "after": HEAD, "project": {"path_with_namespace": "me/home"}});
    check(ForgeKind::GitLab, gitlab, Some(("main", Some(HEAD))));
}

#[test]
fn what_is_not_kept_or_of_another_shape_is_ignored_and_what_is_no_json_is_an_error() {
    let ignored = |headers: &[(&str, &str)], body: Value| {
        let found = news(ForgeKind::GitHub, headers, &body);
        assert!(matches!(found, Ok(News::Ignored(_))), "{body} {found:?}");
    };
    ignored(&[("X-GitHub-Event", "ping")], json!({"zen": "x"}));
    ignored(&[("X-GitHub-Event", "release")], json!({"action": "published"}));
    ignored(&[], json!({}));
    for (event, body) in [
        ("pull_request", json!({"pull_request": {"number": 7}})),
        ("pull_request", json!({"repository": {"full_name": "me/home"}})),
        ("push", json!({"ref": "refs/heads/main"})),
        ("push", json!([])),
    ] {
        ignored(&[("X-GitHub-Event", event)], body);
    }
    ignored(&[("X-GitHub-Event", "pull_request")], hub("danced", &json!({})));
    ignored(&[("X-GitHub-Event", "pull_request_dance")], hub("opened", &json!({})));
    ignored(&[], hub("danced", &json!({})));
    ignored(&[], json!("text"));
    assert!(read(ForgeKind::GitLab, &|_| None, b"payload=%7B%7D", "h").is_err());
}

fn merge_request(action: &str, state: &str) -> Value {
    json!({
        "object_kind": "merge_request", "user": {"id": 1, "username": "bob"}, "project": {"path_with_namespace": "group/sub/home"},
        "labels": [{"title": "speed"}], "reviewers": [{"username": "eve"}],
        "object_attributes": {
            "id": 99, "iid": 7, "author_id": 1, "title": "Draft: cache", "description": "why", "state": state, "action": action, "draft": true,
            "source_branch": "cache", "target_branch": "main", "last_commit": {"id": HEAD}, "merge_commit_sha": null, "squash_commit_sha": MERGE,
            "created_at": "2025-01-01 00:00:00 UTC", "updated_at": "2025-01-02 00:00:00 UTC",
        },
    })
}

#[test]
fn gitlab_tells_who_in_the_event() {
    let found = part(ForgeKind::GitLab, &[], &merge_request("merge", "merged"));
    assert_eq!(found.id.to_string(), "git.example.org/group/sub/home#7");
    assert_eq!(
        (found.state, found.method, found.merge_commit.as_deref()),
        (Some(State::Merged), Some(Method::Squash), Some(MERGE))
    );
    assert_eq!((found.merged_by.as_deref(), found.author.as_deref()), (Some("bob"), Some("bob")));
    assert_eq!((found.merged, found.head_sha.as_deref()), (found.updated, Some(HEAD)));
    assert_eq!(
        (found.labels, found.reviewers),
        (Some(vec!["speed".to_owned()]), Some(vec!["eve".to_owned()]))
    );
    let found = part(ForgeKind::GitLab, &[], &merge_request("close", "closed"));
    assert_eq!(
        (found.state, found.closed_by.as_deref(), found.merge_commit),
        (Some(State::Closed), Some("bob"), None)
    );
    let check = |action: &str, expected: Option<Verdict>| {
        let found = part(ForgeKind::GitLab, &[], &merge_request(action, "opened")).reviews;
        assert_eq!(found.first().map(|it| it.verdict), expected, "{action}");
    };
    check("approved", Some(Verdict::Approved));
    check("unapproval", Some(Verdict::Commented));
    check("update", None);
    assert_eq!(
        news(ForgeKind::GitLab, &[], &merge_request("something_new", "opened")),
        Ok(News::Ignored("an action that is not known"))
    );
}

#[test]
fn a_comment_that_is_gone_is_named() {
    let check = |kind, event: &str, fields: Value, expected: CommentId| {
        let mut body = hub("deleted", &json!({}));
        body["comment"] = json!({"id": 5, "user": {"login": "eve"}, "body": "oops", "created_at": "2025-01-02T00:00:00Z"});
        for (key, value) in fields.as_object().unwrap() {
            body["comment"][key] = value.clone();
        }
        if event == "issue_comment" {
            body["issue"] = json!({"number": 7, "pull_request": {}});
        }
        let found = part(kind, &[("X-GitHub-Event", event)], &body);
        assert_eq!(
            (found.comments.len(), found.deleted_comments),
            (0, vec![expected]),
            "{kind:?} {body}"
        );
    };
    let id = |on_line| CommentId { number: 5, on_line };
    check(ForgeKind::GitHub, "issue_comment", json!({}), id(false));
    check(ForgeKind::GitHub, "pull_request_review_comment", json!({"path": "a.rs"}), id(true));
    check(ForgeKind::Gitea, "issue_comment", json!({}), id(false));
    check(ForgeKind::Gitea, "pull_request_review_comment", json!({"path": "a.rs"}), id(false));
}

#[test]
fn what_a_forge_counted_is_read() {
    let counted = json!({"additions": 12, "deletions": 3, "changed_files": 2});
    let found = part(ForgeKind::GitHub, &[], &hub("opened", &counted));
    assert_eq!(
        (found.additions, found.deletions, found.changed_files),
        (Some(12), Some(3), Some(2))
    );
    let found = part(ForgeKind::Gitea, &[], &hub("opened", &json!({})));
    assert_eq!((found.additions, found.changed_files), (None, None));
}

#[test]
fn gitlab_notes_on_merge_requests_are_comments() {
    let mut body = json!({
        "object_kind": "note", "user": {"id": 1, "username": "bob"}, "project": {"path_with_namespace": "me/home"},
        "merge_request": merge_request("", "opened")["object_attributes"],
        "object_attributes": {
            "note": "why?", "noteable_type": "MergeRequest", "type": "DiffNote", "resolved_at": null, "created_at": "2025-01-03 00:00:00 UTC",
            "position": {"new_path": "src/a.rs", "new_line": 3},
        },
    });
    let found = part(ForgeKind::GitLab, &[], &body).comments;
    assert_eq!(
        (found[0].author.as_str(), found[0].body.as_str(), found[0].unresolved),
        ("bob", "why?", true)
    );
    assert_eq!(found[0].place, Some(("src/a.rs".to_owned(), 3)));
    body["object_attributes"]["system"] = json!(true);
    assert!(part(ForgeKind::GitLab, &[], &body).comments.is_empty());
    body["merge_request"] = Value::Null;
    assert_eq!(
        news(ForgeKind::GitLab, &[], &body),
        Ok(News::Ignored("a comment on something else"))
    );
}
