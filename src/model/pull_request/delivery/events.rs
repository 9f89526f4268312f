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

/// Reads an event of Gitea, Forgejo or GitHub, which share their shape; without a name the shape alone tells.
pub(super) fn of_hub(kind: ForgeKind, event: Option<&str>, body: &Value, host: &str) -> Result<News, String> {
    let has_comment = body.get("comment").is_some_and(Value::is_object);
    let has_pull_request = body.get("pull_request").is_some_and(Value::is_object);
    match event {
        Some("push") => push(body, "/repository/full_name", "/after"),
        None if body.get("commits").is_some() && body.get("ref").is_some() => push(body, "/repository/full_name", "/after"),
        Some("issue_comment" | "pull_request_comment") | None if has_comment && body.get("issue").is_some_and(Value::is_object) => {
            let is_pull =
                json::flag(body, "/is_pull").unwrap_or(false) || body.pointer("/issue/pull_request").is_some_and(Value::is_object);
            if is_pull || event == Some("pull_request_comment") {
                issue_comment(kind, body, host)
            } else {
                Ok(News::Ignored("a comment on an issue"))
            }
        }
        Some(event) if event.starts_with("pull_request") => hub_pull_request(kind, body, host),
        None if has_pull_request => hub_pull_request(kind, body, host),
        Some("ping") => Ok(News::Ignored("a ping")),
        _ => Ok(News::Ignored("an event that is not kept")),
    }
}

/// Reads an event of GitLab, which names itself in the body.
pub(super) fn of_gitlab(body: &Value, host: &str) -> Result<News, String> {
    match json::name(body, "/object_kind").as_deref() {
        Some("push") => push(body, "/project/path_with_namespace", "/after"),
        Some("tag_push") => Ok(News::Ignored("a tag")),
        Some("merge_request") => merge_request(body, host),
        Some("note") if body.get("merge_request").is_some_and(Value::is_object) => note(body, host),
        Some("note") => Ok(News::Ignored("a comment on something else")),
        _ => Ok(News::Ignored("an event that is not kept")),
    }
}

fn hub_pull_request(kind: ForgeKind, body: &Value, host: &str) -> Result<News, String> {
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
    if let Some(comment) = body.get("comment").filter(|_| action != "deleted") {
        part.comments.extend(github::comment(comment));
    }
    Ok(News::PullRequest(Box::new(part)))
}

/// Reads the review of Gitea's and Forgejo's webhooks: its type and text, given by who sent the event.
fn short_review(review: &Value, sender: Option<String>, part: &PullRequest) -> Option<Review> {
    Some(Review {
        author: sender?,
        time: part.updated,
        verdict: json::verdict(&json::name(review, "/type")?)?,
        body: json::text(review, "/content").unwrap_or_default(),
        dismissed: false,
    })
}

fn issue_comment(kind: ForgeKind, body: &Value, host: &str) -> Result<News, String> {
    let number = ["/issue/number", "/number"].iter().find_map(|it| json::number(body, it));
    let id = id(body, "/repository/full_name", number, host)?;
    let object = body.get("issue").unwrap_or(&Value::Null);
    let mut part = match kind {
        ForgeKind::GitHub => github::issue(object, &id),
        _ => gitea::issue(object, &id),
    };
    let comment = body.get("comment").unwrap_or(&Value::Null);
    part.updated = part.updated.max(json::time(comment, "/updated_at"));
    if json::name(body, "/action").as_deref() != Some("deleted") {
        part.comments.extend(github::comment(comment));
    }
    Ok(News::PullRequest(Box::new(part)))
}

fn merge_request(body: &Value, host: &str) -> Result<News, String> {
    let object = body.get("object_attributes").unwrap_or(&Value::Null);
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
    }
}

fn note(body: &Value, host: &str) -> Result<News, String> {
    let object = body.get("merge_request").unwrap_or(&Value::Null);
    let mut part = gitlab_part(body, object, host)?;
    let attributes = body.get("object_attributes").unwrap_or(&Value::Null);
    part.updated = part.updated.max(json::time(attributes, "/updated_at"));
    let comment = gitlab::user(body, "/user").and_then(|it| gitlab::hook_comment(attributes, it));
    part.comments.extend(comment);
    Ok(News::PullRequest(Box::new(part)))
}

/// Reads the merge request of a webhook: people stand beside it, or only with their numbers.
fn gitlab_part(body: &Value, object: &Value, host: &str) -> Result<PullRequest, String> {
    let id = id(body, "/project/path_with_namespace", json::number(object, "/iid"), host)?;
    let mut part = gitlab::pull_request(object, &id);
    let author = json::number(object, "/author_id").filter(|it| Some(*it) == json::number(body, "/user/id"));
    part.author = part.author.take().or_else(|| author.and_then(|_| gitlab::user(body, "/user")));
    part.labels = json::names(body, "/labels", gitlab::label).or(part.labels.take());
    let has_no_reviewers = object.get("reviewer_ids").and_then(Value::as_array).is_some_and(Vec::is_empty);
    part.reviewers = json::names(body, "/reviewers", |it| gitlab::user(it, "")).or(has_no_reviewers.then(Vec::new));
    Ok(part)
}

fn push(body: &Value, repo: &str, head: &str) -> Result<News, String> {
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

fn id(body: &Value, repo: &str, number: Option<u64>, host: &str) -> Result<PullRequestId, String> {
    Ok(PullRequestId {
        host: host.to_owned(),
        repo: json::name(body, repo).ok_or("the pull request names no repository")?,
        number: number.filter(|it| *it > 0).ok_or("the pull request has no number")?,
    })
}
