//! The events of webhooks: which tell of a pull request or of a branch, and where in the body they do. Knows event names and the shape around the
//! forges' objects; what those say is read by the module of each forge.

use serde_json::Value;

use crate::model::pull_request::{
    ForgeKind, PullRequest, PullRequestId, Review, State, Verdict, delivery::News, gitea, github, gitlab, json,
};

#[cfg(test)]
mod corpora;
#[cfg(test)]
mod tests;

/// What may happen to a pull request, and to what is said of it. Of an action that came since nobody knows what its objects mean.
const HUB_ACTIONS: [&str; 33] = [
    "assigned",
    "auto_merge_disabled",
    "auto_merge_enabled",
    "closed",
    "converted_to_draft",
    "created",
    "deleted",
    "demilestoned",
    "dequeued",
    "dismissed",
    "edited",
    "enqueued",
    "label_cleared",
    "label_updated",
    "labeled",
    "locked",
    "milestoned",
    "opened",
    "pinned",
    "ready_for_review",
    "reopened",
    "resolved",
    "review_request_removed",
    "review_requested",
    "reviewed",
    "submitted",
    "synchronize",
    "synchronized",
    "unassigned",
    "unlabeled",
    "unlocked",
    "unpinned",
    "unresolved",
];
const GITLAB_ACTIONS: [&str; 9] = [
    "open",
    "update",
    "close",
    "merge",
    "reopen",
    "approved",
    "approval",
    "unapproved",
    "unapproval",
];

/// Every event of this beginning is about a pull request; these are those that are known.
const PULL_REQUEST: &str = "pull_request";
const PULL_REQUEST_EVENTS: [&str; 14] = [
    "",
    "_sync",
    "_assign",
    "_label",
    "_milestone",
    "_review_request",
    "_review",
    "_review_approved",
    "_review_rejected",
    "_review_comment",
    "_review_thread",
    "_approved",
    "_rejected",
    "_comment",
];

/// Reads an event of Gitea, Forgejo or GitHub, which share their shape; without a name the shape alone tells.
pub(super) fn of_hub(kind: ForgeKind, event: Option<&str>, body: &Value, host: &str) -> Result<News, &'static str> {
    let has_comment = body.get("comment").is_some_and(Value::is_object);
    let has_pull_request = body.get("pull_request").is_some_and(Value::is_object);
    // Old payloads may have none.
    let action = json::name(body, "/action");
    let is_known = action.is_none_or(|it| HUB_ACTIONS.contains(&&*it));
    match event {
        Some("push") => push(body, "/repository/full_name", "/after"),
        None if body.get("commits").is_some() && body.get("ref").is_some() => push(body, "/repository/full_name", "/after"),
        Some("issue_comment" | "pull_request_comment") | None if has_comment && body.get("issue").is_some_and(Value::is_object) => {
            let is_pull =
                json::flag(body, "/is_pull").unwrap_or(false) || body.pointer("/issue/pull_request").is_some_and(Value::is_object);
            if !is_known {
                Ok(UNKNOWN_ACTION)
            } else if is_pull || event == Some("pull_request_comment") {
                issue_comment(kind, body, host)
            } else {
                Ok(News::Ignored("a comment on an issue"))
            }
        }
        Some(event) if is_pull_request(event) && is_known => hub_pull_request(kind, body, host),
        None if has_pull_request && is_known => hub_pull_request(kind, body, host),
        Some(event) if is_pull_request(event) => Ok(UNKNOWN_ACTION),
        None if has_pull_request => Ok(UNKNOWN_ACTION),
        Some("ping") => Ok(News::Ignored("a ping")),
        _ => Ok(News::Ignored("an event that is not kept")),
    }
}

/// Reads an event of GitLab, which names itself in the body.
pub(super) fn of_gitlab(body: &Value, host: &str) -> Result<News, &'static str> {
    match json::name(body, "/object_kind").as_deref() {
        Some("push") => push(body, "/project/path_with_namespace", "/after"),
        Some("tag_push") => Ok(News::Ignored("a tag")),
        Some("merge_request") => merge_request(body, host),
        Some("note") if body.get("merge_request").is_some_and(Value::is_object) => note(body, host),
        Some("note") => Ok(News::Ignored("a comment on something else")),
        _ => Ok(News::Ignored("an event that is not kept")),
    }
}

/// What is told of an action that nobody knows.
const UNKNOWN_ACTION: News = News::Ignored("an action that is not known");

fn is_pull_request(event: &str) -> bool {
    event.strip_prefix(PULL_REQUEST).is_some_and(|it| PULL_REQUEST_EVENTS.contains(&it))
}

/// Reads a comment of a forge's own, or that it is gone.
fn add_comment(part: &mut PullRequest, kind: ForgeKind, comment: &Value, action: Option<&str>) {
    let found = match kind {
        ForgeKind::GitHub => github::comment(comment),
        _ => gitea::comment(comment),
    };
    if action == Some("deleted") {
        let on_line = kind == ForgeKind::GitHub && json::name(comment, "/path").is_some();
        part.deleted_comments.extend(json::comment_id(comment, on_line));
    } else {
        part.comments.extend(found);
    }
}

fn hub_pull_request(kind: ForgeKind, body: &Value, host: &str) -> Result<News, &'static str> {
    let object = body.get("pull_request").unwrap_or(&Value::Null);
    let number = ["/number", "/index", "/pull_request/number"]
        .iter()
        .find_map(|it| json::number(body, it));
    let id = id(body, "/repository/full_name", number, host)?;
    let mut part = match kind {
        ForgeKind::GitHub => github::pull_request(object, &id),
        _ => gitea::pull_request(object, &id),
    };
    let action = json::name(body, "/action").unwrap_or_default();
    let sender = github::user(body, "/sender");
    if action == "closed" {
        match part.state {
            Some(State::Merged) => part.merged_by = part.merged_by.take().or(sender.clone()),
            _ => part.closed_by = sender.clone(),
        }
    }
    if let Some(review) = body.get("review").filter(|it| it.is_object()) {
        part.reviews
            .extend(github::review(review).or_else(|| short_review(review, sender, &part)));
    }
    if let Some(comment) = body.get("comment") {
        add_comment(&mut part, kind, comment, Some(&action));
    }
    Ok(News::PullRequest(Box::new(part)))
}

/// Reads the review of Gitea's and Forgejo's webhooks: its type and text, given by who sent the event.
fn short_review(review: &Value, sender: Option<String>, part: &PullRequest) -> Option<Review> {
    Some(Review {
        author: sender?,
        time: part.updated,
        verdict: json::verdict(&json::name(review, "/type")?)?,
        body: json::remark(review, "/content").unwrap_or_default(),
        dismissed: false,
        updated: None,
    })
}

fn issue_comment(kind: ForgeKind, body: &Value, host: &str) -> Result<News, &'static str> {
    let number = ["/issue/number", "/number"].iter().find_map(|it| json::number(body, it));
    let id = id(body, "/repository/full_name", number, host)?;
    let object = body.get("issue").unwrap_or(&Value::Null);
    let mut part = match kind {
        ForgeKind::GitHub => github::issue(object, &id),
        _ => gitea::issue(object, &id),
    };
    let comment = body.get("comment").unwrap_or(&Value::Null);
    part.updated = part.updated.max(json::time(comment, "/updated_at"));
    add_comment(&mut part, kind, comment, json::name(body, "/action").as_deref());
    Ok(News::PullRequest(Box::new(part)))
}

fn merge_request(body: &Value, host: &str) -> Result<News, &'static str> {
    let object = body.get("object_attributes").unwrap_or(&Value::Null);
    // A delivery that was sent to try the hook out has none.
    if json::name(object, "/action").is_some_and(|it| !GITLAB_ACTIONS.contains(&&*it)) {
        return Ok(UNKNOWN_ACTION);
    }
    let mut part = gitlab_part(body, object, host)?;
    let Some(user) = gitlab::user(body, "/user") else {
        return Ok(News::PullRequest(Box::new(part)));
    };
    match json::name(object, "/action").as_deref() {
        // Webhooks name neither the time nor who it was: both are the event's.
        Some("merge") => {
            part.merged = part.merged.or(part.updated);
            part.merged_by = part.merged_by.take().or(Some(user));
        }
        Some("close") => {
            part.closed = part.closed.or(part.updated);
            part.closed_by = Some(user);
        }
        Some("approved" | "approval") => part.reviews.push(verdict_now(&part, user, Verdict::Approved, "")),
        // The last verdict counts, and this one is no approval any more.
        Some("unapproved" | "unapproval") => part
            .reviews
            .push(verdict_now(&part, user, Verdict::Commented, "withdrew the approval")),
        _ => {}
    }
    Ok(News::PullRequest(Box::new(part)))
}

fn verdict_now(part: &PullRequest, author: String, verdict: Verdict, body: &str) -> Review {
    Review {
        author,
        time: part.updated,
        verdict,
        body: body.to_owned(),
        dismissed: false,
        updated: None,
    }
}

fn note(body: &Value, host: &str) -> Result<News, &'static str> {
    let object = body.get("merge_request").unwrap_or(&Value::Null);
    let mut part = gitlab_part(body, object, host)?;
    let attributes = body.get("object_attributes").unwrap_or(&Value::Null);
    part.updated = part.updated.max(json::time(attributes, "/updated_at"));
    let comment = gitlab::user(body, "/user").and_then(|it| gitlab::hook_comment(attributes, it));
    part.comments.extend(comment);
    Ok(News::PullRequest(Box::new(part)))
}

/// Reads the merge request of a webhook: people stand beside it, or only with their numbers.
fn gitlab_part(body: &Value, object: &Value, host: &str) -> Result<PullRequest, &'static str> {
    let id = id(body, "/project/path_with_namespace", json::number(object, "/iid"), host)?;
    let mut part = gitlab::pull_request(object, &id);
    let author = json::number(object, "/author_id").filter(|it| Some(*it) == json::number(body, "/user/id"));
    part.author = part.author.take().or_else(|| author.and_then(|_| gitlab::user(body, "/user")));
    part.labels = json::names(body, "/labels", gitlab::label).or(part.labels.take());
    let has_no_reviewers = object.get("reviewer_ids").and_then(Value::as_array).is_some_and(Vec::is_empty);
    part.reviewers = json::names(body, "/reviewers", |it| gitlab::user(it, "")).or(has_no_reviewers.then(Vec::new));
    Ok(part)
}

fn push(body: &Value, repo: &str, head: &str) -> Result<News, &'static str> {
    let name = json::name(body, "/ref").ok_or("the push names no ref")?;
    let Some(branch) = name.strip_prefix("refs/heads/") else {
        return Ok(News::Ignored("a push of something else than a branch"));
    };
    Ok(News::Push {
        repo: json::name(body, repo).ok_or("the push names no repository")?,
        branch: branch.to_owned(),
        head: json::sha(body, head),
    })
}

fn id(body: &Value, repo: &str, number: Option<u64>, host: &str) -> Result<PullRequestId, &'static str> {
    Ok(PullRequestId {
        host: host.to_owned(),
        repo: json::name(body, repo).ok_or("the pull request names no repository")?,
        number: number
            .filter(|it| PullRequestId::is_number(*it))
            .ok_or("the pull request has no number that a forge gives")?,
    })
}
