//! What a forge's API says of a pull request, as one part. Knows which calls each kind of forge has, and makes their paths of the configured
//! repository and a number alone; must not know what becomes of the part.

use std::path::Path;

use serde_json::Value;

use crate::{
    config::forges::Forge,
    io::forge::{Answer, Client, Refusal, segment},
    model::{
        config_file::generated,
        pull_request::{ChangedFile, Check, Commit, Diff, ForgeKind, PullRequest, PullRequestId, gitea, github, gitlab},
    },
};

/// Reviews whose comments are asked for; on Gitea that is a call each.
const REVIEWS_MOST: usize = 30;

/// Pages that are read of a list of what people said, and of one of commits or files (GitHub tells of 3000).
const PAGES: usize = 10;
const FILE_PAGES: usize = 30;

/// How a list is asked for, as large pages as each forge makes.
struct Lists<'c> {
    client: &'c Client,
    token_file: &'c Path,
    /// `per_page=100`
    size: (&'static str, usize),
}

impl Lists<'_> {
    fn get(&self, path: &str) -> Result<Value, Refusal> {
        match self.client.get(path, self.token_file, None)? {
            Answer::Json(reply) => Ok(reply.value),
            Answer::Same => Err(Refusal::Failed("nothing was to be compared".to_owned())),
        }
    }

    /// Returns the pull request: whatever else is answered, like a page of its own that a proxy makes, says nothing of it.
    fn get_numbered(&self, path: &str, key: &str, number: u64) -> Result<Value, Refusal> {
        let value = self.get(path)?;
        if value[key].as_u64() == Some(number) {
            return Ok(value);
        }
        Err(Refusal::Failed("the answer is no pull request of this number".to_owned()))
    }

    /// What some versions or tokens do not offer is left out.
    fn get_if_there(&self, path: &str) -> Result<Option<Value>, Refusal> {
        let value = if_there(self.get(path))?;
        match value {
            Some(it) if !it.is_object() && !it.is_array() && !it.is_null() => {
                Err(Refusal::Failed("the answer is no list and no object".to_owned()))
            }
            other => Ok(other.filter(|it| !it.is_null())),
        }
    }

    /// Returns a list whole, within bounds; empty where it is not offered.
    fn all(&self, path: &str, pages: usize) -> Result<Value, Refusal> {
        let sign = if path.contains('?') { '&' } else { '?' };
        let (name, size) = self.size;
        let items = self
            .client
            .list(&format!("{path}{sign}{name}={size}"), self.token_file, size, pages);
        Ok(Value::Array(if_there(items)?.unwrap_or_default()))
    }
}

fn if_there<T>(result: Result<T, Refusal>) -> Result<Option<T>, Refusal> {
    match result {
        Err(Refusal::Missing | Refusal::Denied(_)) => Ok(None),
        other => other.map(Some),
    }
}

/// Returns what the forge knows; files and commits only where no clone tells of them. Blocking. [`Refusal::Missing`] says that there is no such pull
/// request.
pub(super) fn complete(client: &Client, forge: &Forge, id: &PullRequestId) -> Result<PullRequest, Refusal> {
    let Some(token_file) = &forge.token_file else {
        return Err(Refusal::Denied("no `token_file` is configured".to_owned()));
    };
    let lists = Lists {
        client,
        token_file,
        size: match forge.kind {
            ForgeKind::Gitea | ForgeKind::Forgejo => ("limit", 50),
            ForgeKind::GitHub | ForgeKind::GitLab => ("per_page", 100),
        },
    };
    match forge.kind {
        ForgeKind::Gitea | ForgeKind::Forgejo => of_gitea(&lists, forge, id),
        ForgeKind::GitHub => of_github(&lists, forge, id),
        ForgeKind::GitLab => of_gitlab(&lists, forge, id),
    }
}

fn of_gitea(lists: &Lists<'_>, forge: &Forge, id: &PullRequestId) -> Result<PullRequest, Refusal> {
    let at = repo_path(forge.kind, &id.repo);
    let of = format!("{at}/pulls/{}", id.number);
    let mut part = gitea::pull_request(&lists.get_numbered(&of, "number", id.number)?, id);
    let reviews = lists.all(&format!("{of}/reviews"), PAGES)?;
    part.reviews = gitea::reviews(&reviews);
    part.comments = gitea::comments(&lists.all(&format!("{at}/issues/{}/comments", id.number), PAGES)?);
    for review in commented(&reviews) {
        let lines = lists.get_if_there(&format!("{of}/reviews/{review}/comments"))?;
        part.comments.extend(lines.as_ref().map_or_else(Vec::new, gitea::line_comments));
    }
    if let Some(sha) = sha(&part) {
        part.checks = lists
            .get_if_there(&format!("{at}/commits/{sha}/status"))?
            .map(|it| gitea::checks(&it));
    }
    if !forge.clone {
        let files = gitea::files(&lists.all(&format!("{of}/files"), FILE_PAGES)?);
        let commits = gitea::commits(&lists.all(&format!("{of}/commits"), FILE_PAGES)?);
        add_files(&mut part, files, commits);
    }
    Ok(part)
}

fn of_github(lists: &Lists<'_>, forge: &Forge, id: &PullRequestId) -> Result<PullRequest, Refusal> {
    let at = repo_path(forge.kind, &id.repo);
    let of = format!("{at}/pulls/{}", id.number);
    let mut part = github::pull_request(&lists.get_numbered(&of, "number", id.number)?, id);
    part.reviews = github::reviews(&lists.all(&format!("{of}/reviews"), PAGES)?);
    part.comments = github::comments(&lists.all(&format!("{at}/issues/{}/comments", id.number), PAGES)?);
    part.comments
        .extend(github::line_comments(&lists.all(&format!("{of}/comments"), PAGES)?));
    if let Some(sha) = sha(&part) {
        // Older tools set statuses, Actions make runs.
        let statuses = lists.get_if_there(&format!("{at}/commits/{sha}/status?per_page=100"))?;
        let runs = lists.get_if_there(&format!("{at}/commits/{sha}/check-runs?per_page=100"))?;
        let is_told = statuses.is_some() || runs.is_some();
        let mut checks: Vec<Check> = statuses.iter().chain(&runs).flat_map(github::checks).collect();
        checks.sort();
        part.checks = is_told.then_some(checks);
    }
    if !forge.clone {
        let files = github::files(&lists.all(&format!("{of}/files"), FILE_PAGES)?);
        let commits = github::commits(&lists.all(&format!("{of}/commits"), FILE_PAGES)?);
        add_files(&mut part, files, commits);
    }
    Ok(part)
}

fn of_gitlab(lists: &Lists<'_>, forge: &Forge, id: &PullRequestId) -> Result<PullRequest, Refusal> {
    let at = repo_path(forge.kind, &id.repo);
    let of = format!("{at}/merge_requests/{}", id.number);
    let mut part = gitlab::pull_request(&lists.get_numbered(&of, "iid", id.number)?, id);
    let approvals = lists.get_if_there(&format!("{of}/approvals"))?;
    part.reviews = approvals.as_ref().map_or_else(Vec::new, gitlab::reviews);
    part.comments = gitlab::comments(&lists.all(&format!("{of}/notes?sort=asc"), PAGES)?);
    if let Some(sha) = sha(&part) {
        let checks = lists.get_if_there(&format!("{at}/repository/commits/{sha}/statuses?per_page=100"))?;
        part.checks = checks.map(|it| gitlab::checks(&it));
    }
    if !forge.clone {
        let files = gitlab::files(&lists.all(&format!("{of}/diffs"), FILE_PAGES)?);
        let commits = gitlab::commits(&lists.all(&format!("{of}/commits"), FILE_PAGES)?);
        add_files(&mut part, files, commits);
    }
    Ok(part)
}

/// What the API does not offer says nothing: an empty list is none.
fn add_files(part: &mut PullRequest, mut files: Vec<ChangedFile>, commits: Vec<Commit>) {
    for file in &mut files {
        file.generated |= generated::is_generated(&file.path, "");
    }
    files.sort();
    part.diff = (!files.is_empty()).then(|| Diff {
        files,
        resources: Vec::new(),
        left_to_do: Vec::new(),
    });
    part.commits = (!commits.is_empty()).then_some(commits);
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
fn commented(reviews: &Value) -> Vec<u64> {
    let reviews = reviews.as_array().map_or(&[][..], Vec::as_slice);
    let has_any = |it: &&Value| it["comments_count"].as_u64().is_none_or(|it| it > 0);
    reviews
        .iter()
        .filter(has_any)
        .filter_map(|it| it["id"].as_u64())
        .take(REVIEWS_MOST)
        .collect()
}
