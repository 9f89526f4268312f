//! What a forge's API says of a pull request, as one part. Knows which calls each kind of forge has, and makes their paths of the configured
//! repository and a number alone; must not know what becomes of the part.

use serde_json::Value;

use crate::{
    config::forges::Forge,
    io::forge::{Answer, Client, Refusal, segment},
    model::pull_request::{ForgeKind, PullRequest, PullRequestId, gitea, github, gitlab},
};

/// Reviews whose comments are asked for; on Gitea that is a call each.
const REVIEWS_MOST: usize = 30;

/// Returns what the forge knows, but for files and commits. Blocking. [`Refusal::Missing`] says that there is no such pull request.
pub(super) fn complete(client: &Client, forge: &Forge, id: &PullRequestId) -> Result<PullRequest, Refusal> {
    let Some(token_file) = &forge.token_file else {
        return Err(Refusal::Denied("no `token_file` is configured".to_owned()));
    };
    let get = |path: String| match client.get(&path, token_file, None)? {
        Answer::Json(value, _) => Ok(value),
        Answer::Same => Err(Refusal::Failed("nothing was to be compared".to_owned())),
    };
    // What some versions or tokens do not offer is left out.
    let get_if_there = |path: String| match get(path) {
        Err(Refusal::Missing | Refusal::Denied(_)) => Ok(None),
        other => other.map(Some),
    };
    let (at, number) = (repo_path(forge.kind, &id.repo), id.number);
    if forge.kind == ForgeKind::GitLab {
        let of = format!("{at}/merge_requests/{number}");
        let value = get(of.clone())?;
        let mut part = gitlab::pull_request(&value, id);
        part.reviews = get_if_there(format!("{of}/approvals"))?.map_or_else(Vec::new, |it| gitlab::reviews(&it));
        let notes = get_if_there(format!("{of}/notes?per_page=100&sort=asc"))?;
        part.comments = notes.map_or_else(Vec::new, |it| gitlab::comments(&it));
        if let Some(sha) = sha(&part) {
            let checks = get_if_there(format!("{at}/repository/commits/{sha}/statuses?per_page=100"))?;
            part.checks = checks.map(|it| gitlab::checks(&it));
        }
        return Ok(part);
    }
    let is_github = forge.kind == ForgeKind::GitHub;
    let of = format!("{at}/pulls/{number}");
    let value = get(of.clone())?;
    let page = if is_github { "per_page=100" } else { "limit=50" };
    let mut part = if is_github {
        github::pull_request(&value, id)
    } else {
        gitea::pull_request(&value, id)
    };
    let reviews = get_if_there(format!("{of}/reviews?{page}"))?;
    let comments = get_if_there(format!("{at}/issues/{number}/comments?{page}"))?;
    if is_github {
        part.reviews = reviews.as_ref().map_or_else(Vec::new, github::reviews);
        part.comments = comments.as_ref().map_or_else(Vec::new, github::comments);
        let lines = get_if_there(format!("{of}/comments?{page}"))?;
        part.comments.extend(lines.as_ref().map_or_else(Vec::new, github::line_comments));
    } else {
        part.reviews = reviews.as_ref().map_or_else(Vec::new, gitea::reviews);
        part.comments = comments.as_ref().map_or_else(Vec::new, gitea::comments);
        for review in commented(reviews.as_ref()) {
            let lines = get_if_there(format!("{of}/reviews/{review}/comments"))?;
            part.comments.extend(lines.as_ref().map_or_else(Vec::new, gitea::line_comments));
        }
    }
    if let Some(sha) = sha(&part) {
        let checks = get_if_there(format!("{at}/commits/{sha}/status"))?;
        part.checks = checks.map(|it| if is_github { github::checks(&it) } else { gitea::checks(&it) });
    }
    Ok(part)
}

/// Returns the path of a repository below the API.
pub(super) fn repo_path(kind: ForgeKind, repo: &str) -> String {
    match kind {
        ForgeKind::GitLab => format!("/projects/{}", segment(repo)),
        _ => {
            let parts: Vec<String> = repo.split('/').map(segment).collect();
            format!("/repos/{}", parts.join("/"))
        }
    }
}

/// The head, where it can stand in a path.
fn sha(part: &PullRequest) -> Option<&str> {
    let sha = part.head_sha.as_deref()?;
    (sha.len() >= 7 && sha.bytes().all(|it| it.is_ascii_hexdigit())).then_some(sha)
}

/// Returns the ids of the reviews that hold comments on lines.
fn commented(reviews: Option<&Value>) -> Vec<u64> {
    let reviews = reviews.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let has_any = |it: &&Value| it["comments_count"].as_u64().is_none_or(|it| it > 0);
    reviews
        .iter()
        .filter(has_any)
        .filter_map(|it| it["id"].as_u64())
        .take(REVIEWS_MOST)
        .collect()
}
