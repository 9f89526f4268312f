//! What a caller tells of a pull request, in words of the wire: checked once, and made the part that the engine takes. Knows no request.

use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    http::problem::{Problem, ProblemKind},
    model::pull_request::{Commit, MAX_TEXT_BYTES, NUMBER_MOST, PullRequest, PullRequestId, State},
};

/// Names of a person, branch, label or commit, in bytes.
const NAME_MOST: usize = 300;
const LIST_MOST: usize = 1000;

/// What somebody knows of a pull request of a forge that is not configured, or of none. What is left out stays as it was told before.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PullRequestInput {
    /// The name of the forge, such as `git.example.org`; `local` when left out.
    pub host: Option<String>,
    /// `owner/name`
    pub repo: String,
    pub number: u64,
    pub title: Option<String>,
    /// Markdown.
    pub body: Option<String>,
    /// `open`, `closed` or `merged`.
    pub state: Option<String>,
    pub draft: Option<bool>,
    pub author: Option<String>,
    /// The branch that it goes to.
    pub base: Option<String>,
    /// The branch that it comes from.
    pub head: Option<String>,
    pub head_sha: Option<String>,
    pub merge_base: Option<String>,
    pub merge_commit: Option<String>,
    pub merged_by: Option<String>,
    /// RFC 3339, as the three below. `updated` says which of two tellings is the later; now when left out.
    pub updated: Option<String>,
    pub created: Option<String>,
    pub merged: Option<String>,
    pub closed: Option<String>,
    pub labels: Option<Vec<String>>,
    pub reviewers: Option<Vec<String>>,
    pub commits: Option<Vec<CommitInput>>,
}

/// Its fields, for whoever misspelt one.
pub(super) const FIELDS: [&str; 21] = [
    "host",
    "repo",
    "number",
    "title",
    "body",
    "state",
    "draft",
    "author",
    "base",
    "head",
    "head_sha",
    "merge_base",
    "merge_commit",
    "merged_by",
    "updated",
    "created",
    "merged",
    "closed",
    "labels",
    "reviewers",
    "commits",
];

/// A commit of a pull request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CommitInput {
    pub sha: String,
    pub message: String,
    #[serde(default)]
    pub author: String,
    pub time: Option<String>,
}

/// Says whether a pull request may have this number, and which ones may.
pub(super) fn check_number(number: u64) -> Result<(), Problem> {
    if PullRequestId::is_number(number) {
        return Ok(());
    }
    Err(
        Problem::new(ProblemKind::InvalidBody, format!("`number` {number} is of no pull request"))
            .hint(format!("it is 1 to {NUMBER_MOST}")),
    )
}

/// Returns the word for a state.
pub(super) fn word(state: State) -> &'static str {
    match state {
        State::Open => "open",
        State::Closed => "closed",
        State::Merged => "merged",
    }
}

/// Returns the state that a word means.
pub(super) fn state_of(text: &str) -> Option<State> {
    [State::Open, State::Closed, State::Merged].into_iter().find(|it| word(*it) == text)
}

/// Returns what was told as a part; `now` where nobody says when.
pub(super) fn part(input: PullRequestInput, now: Timestamp) -> Result<PullRequest, Problem> {
    let refused = |detail: String| Problem::new(ProblemKind::InvalidBody, detail);
    let time = |name: &str, text: Option<String>| {
        text.map(|it| it.parse::<Timestamp>())
            .transpose()
            .map_err(|error| refused(format!("`{name}` is no time: {error}")).hint("write it as `2026-02-03T04:05:06Z`"))
    };
    let host = input.host.unwrap_or_else(|| "local".to_owned());
    let is_name =
        |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || b"._-".contains(&it)) && !it.starts_with('.');
    let is_host = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || b".-:".contains(&it));
    if !is_host(&host) || input.repo.split('/').count() < 2 || !input.repo.split('/').all(is_name) {
        return Err(refused("`host` or `repo` names no repository".to_owned()).hint("write `repo` as `owner/name`"));
    }
    check_number(input.number)?;
    let names = [&input.title, &input.author, &input.base, &input.head, &input.merged_by];
    let shas = [&input.head_sha, &input.merge_base, &input.merge_commit];
    let is_sha = |it: &String| (7..=64).contains(&it.len()) && it.bytes().all(|it| it.is_ascii_hexdigit());
    if names
        .into_iter()
        .flatten()
        .any(|it| it.len() > NAME_MOST || it.contains(char::is_control))
    {
        return Err(refused(format!("a title or name is one line of {NAME_MOST} bytes at most")));
    }
    if !shas.into_iter().flatten().all(is_sha) {
        return Err(refused("a commit is 7 to 64 hexadecimal digits".to_owned()));
    }
    let lists = [&input.labels, &input.reviewers];
    if lists.into_iter().flatten().any(|it| it.len() > LIST_MOST) || input.commits.as_ref().is_some_and(|it| it.len() > LIST_MOST) {
        return Err(refused(format!("a list holds {LIST_MOST} at most")));
    }
    let state = input
        .state
        .as_deref()
        .map(|it| state_of(it).ok_or_else(|| refused(format!("`{}` is no state", it.escape_debug())).valid(&["open", "closed", "merged"])));
    let commit = |it: CommitInput| {
        Ok(Commit {
            sha: it.sha,
            message: it.message,
            author: it.author,
            time: time("time", it.time)?,
        })
    };
    let commits: Option<Result<Vec<Commit>, Problem>> = input.commits.map(|it| it.into_iter().map(commit).collect());
    let id = PullRequestId {
        host: host.to_ascii_lowercase(),
        repo: input.repo,
        number: input.number,
    };
    Ok(PullRequest {
        updated: Some(time("updated", input.updated)?.unwrap_or(now)),
        title: input.title,
        body: input.body.map(|mut it| {
            it.truncate(it.floor_char_boundary(MAX_TEXT_BYTES));
            it
        }),
        state: state.transpose()?,
        draft: input.draft,
        author: input.author,
        base: input.base,
        head: input.head,
        head_sha: input.head_sha,
        merge_base: input.merge_base,
        merge_commit: input.merge_commit,
        merged_by: input.merged_by,
        created: time("created", input.created)?,
        merged: time("merged", input.merged)?,
        closed: time("closed", input.closed)?,
        labels: input.labels,
        reviewers: input.reviewers,
        commits: commits.transpose()?,
        ..PullRequest::unknown(id)
    })
}
