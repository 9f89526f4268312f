//! `/v1/pull-requests`: a list of those that have a note, and two ways to tell of one without a webhook. Handlers and wire types; what becomes
//! of the news is the engine's business.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Extension, Json,
    body::Body,
    extract::State as Shared,
    http::{HeaderMap, StatusCode, Uri},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    config::{forges::Forge, tokens::Scope},
    engine::pulls::{Listed, News},
    http::{
        AppState,
        auth::Caller,
        body::{self, BodyLimits},
        params::{Params, invalid},
        problem::{Problem, ProblemKind},
        pull_requests::told::{PullRequestInput, check_number, part, state_of, word},
        webhooks, work,
    },
    io::pull_requests::Wish,
    model::{
        hash::ContentHash,
        path::NotePath,
        pull_request::{PullRequestId, note},
    },
};

pub mod told;

/// Which pull requests to list.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// `open`, `closed` or `merged`.
    pub state: Option<String>,
    /// `owner/name`.
    pub repo: Option<String>,
}

/// The pull requests that are known.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct PullRequestsResponse {
    pub pull_requests: Vec<PullRequestEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PullRequestEntry {
    /// `git.example.org/owner/name#7`
    pub pr: String,
    /// In one line, of at most 200 characters, with what looks like a secret masked.
    pub title: String,
    /// `open`, `closed` or `merged`; empty when nobody has told.
    pub state: String,
    /// Where its note lies, or lay when it was deleted; `null` before there is one.
    pub path: Option<String>,
    pub updated: Option<String>,
    /// `deleted`, `left-alone` (moved to where nothing may be written) or `not-ours` (without the property `pr`): what a person did with the note.
    /// Left out for the others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Why the note does not say all that is known, and when that is tried again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// The forge is to be asked about this one.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SyncInput {
    /// `owner/name`, of a forge that is configured.
    pub repo: String,
    pub number: u64,
    /// The name of the forge, where two have such a repository.
    pub host: Option<String>,
    /// Bring the note back that was deleted, as it was last.
    #[serde(default)]
    pub restore: bool,
}

/// The news are taken; the note follows.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct AcceptedResponse {
    /// `git.example.org/owner/name#7`
    pub pr: String,
}

/// List the pull requests that are known.
#[utoipa::path(
    get,
    path = "/v1/pull-requests",
    tag = "pull requests",
    params(ListQuery),
    responses((status = 200, body = PullRequestsResponse), (status = "4XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn get_pull_requests(
    Shared(state): Shared<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Result<Json<PullRequestsResponse>, Problem> {
    caller.require(Scope::Read)?;
    let params = Params::parse(uri.query(), &["state", "repo"])?;
    let wanted = params
        .get("state")
        .map(|it| state_of(it).ok_or_else(|| invalid("state", "it is `open`, `closed` or `merged`").valid(&["open", "closed", "merged"])));
    let wanted = wanted.transpose()?;
    let repo = params.get("repo");
    let fits = |it: &Listed| {
        is_seen(&caller, it)
            && wanted.is_none_or(|state| it.state == Some(state))
            && repo.is_none_or(|repo| it.id.repo.eq_ignore_ascii_case(repo))
    };
    let pulls = state.handle.pulls();
    let errors = pulls.status().errors;
    let entry = |it: Listed| {
        // It may name files and forges, as those of status.
        let problem = errors.get(&it.id.to_string()).filter(|_| caller.prefix.is_none());
        let problem = problem.map(ToString::to_string);
        entry(it, problem)
    };
    Ok(Json(PullRequestsResponse {
        pull_requests: pulls.list().into_iter().filter(fits).map(entry).collect(),
    }))
}

/// Ask the forge about a pull request, such as one that was just opened.
#[utoipa::path(
    post,
    path = "/v1/pull-requests/sync",
    tag = "pull requests",
    request_body = SyncInput,
    responses((status = 202, body = AcceptedResponse), (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn sync_pull_request(
    Shared(state): Shared<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<AcceptedResponse>), Problem> {
    may_tell(&caller)?;
    let input: SyncInput = body::json(&headers, body, state.body_limits, &["repo", "number", "host", "restore"]).await?;
    check_number(input.number)?;
    let (id, news) = which(&state, &input)?;
    // Each call is a question of its own.
    let key = format!("sync {id} {}", state.next_request_id());
    accept(state, key, news, id).await
}

/// Tell what you know of a pull request that no configured forge tells of.
#[utoipa::path(
    post,
    path = "/v1/pull-requests",
    tag = "pull requests",
    request_body = PullRequestInput,
    responses((status = 202, body = AcceptedResponse), (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn post_pull_request(
    Shared(state): Shared<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<AcceptedResponse>), Problem> {
    may_tell(&caller)?;
    let limits = BodyLimits {
        bytes: usize::try_from(state.webhook_bytes).unwrap_or(usize::MAX),
        ..state.body_limits
    };
    let (input, raw): (PullRequestInput, _) = body::json_raw(&headers, body, limits, &told::FIELDS).await?;
    let now = state.clock().now;
    let part = part(input, now)?;
    let id = part.id.clone();
    if state.pull_requests.forges.iter().any(|it| it.host.eq_ignore_ascii_case(&id.host)) {
        let detail = format!("the forge `{}` tells of its own pull requests", id.host);
        let is_asked = |it: &Forge| it.host.eq_ignore_ascii_case(&id.host) && it.repos.contains(&id.repo) && can_be_asked(it);
        let hint = if state.pull_requests.forges.iter().any(is_asked) {
            "send POST /v1/pull-requests/sync"
        } else {
            "list the repository under its `forges[].repos`, with a `token_file` or `clone: true`"
        };
        return Err(Problem::new(ProblemKind::InvalidBody, detail).hint(hint));
    }
    let key = format!("told {id} {now} {}", ContentHash::of(&raw));
    accept(state, key, News::Part(Box::new(part)), id).await
}

/// Returns which pull request is meant, and what is to be done: asked is a forge, but a note comes back of what is known already.
fn which(state: &AppState, input: &SyncInput) -> Result<(PullRequestId, News), Problem> {
    let is_host = |host: &str| input.host.as_ref().is_none_or(|it| it.eq_ignore_ascii_case(host));
    let is_it = |id: &PullRequestId| is_host(&id.host) && id.number == input.number && id.repo.eq_ignore_ascii_case(&input.repo);
    let of = |forge: &Forge, repo: &String| PullRequestId {
        host: forge.host.clone(),
        repo: repo.clone(),
        number: input.number,
    };
    let forges = state.pull_requests.forges.iter();
    let all = forges.flat_map(|forge| forge.repos.iter().map(move |repo| (of(forge, repo), can_be_asked(forge))));
    let listed: BTreeMap<PullRequestId, bool> = all.filter(|(id, _)| is_it(id)).collect();
    let mut meant: Vec<PullRequestId> = Vec::new();
    if input.restore {
        meant.extend(state.handle.pulls().list().into_iter().map(|it| it.id).filter(is_it));
    }
    if meant.is_empty() {
        meant.extend(listed.iter().filter(|(_, can_be_asked)| **can_be_asked).map(|(id, _)| id.clone()));
    }
    let refused = |detail: &str| Problem::new(ProblemKind::InvalidBody, detail);
    match &meant[..] {
        [id] if input.restore => Ok((id.clone(), News::Restore(id.clone()))),
        [id] => Ok((id.clone(), News::Look(id.clone()))),
        [] if !listed.is_empty() => Err(refused("`repo` is of a forge that can be asked neither by its API nor by git")
            .hint("set its `token_file` or `clone: true` under `forges`; until then only its webhooks tell of it")),
        [] if input.restore => Err(refused("no such pull request is known").hint("see GET /v1/pull-requests for those that are")),
        [] => Err(refused("`repo` is of no forge that can be asked")
            .hint("list it under `forges[].repos`, or, where its forge is not configured, tell what you know to POST /v1/pull-requests")),
        several => {
            let names: Vec<String> = several.iter().map(|it| format!("`{it}`")).collect();
            Err(refused(&format!("several could be meant: {}", names.join(", "))).hint("name its forge as `host`"))
        }
    }
}

/// Says whether somebody can look at a forge's pull requests: by its API, or by git alone.
fn can_be_asked(forge: &Forge) -> bool {
    forge.token_file.is_some() || forge.clone
}

/// The note lies in the agent's folder of the first vault: whoever is confined elsewhere may not cause it.
fn may_tell(caller: &Caller) -> Result<(), Problem> {
    caller.require(Scope::Write)?;
    match caller.prefix {
        None => Ok(()),
        Some(_) => Err(Problem::new(ProblemKind::ForbiddenPath, "the token is confined to a folder").hint("use a token without a prefix")),
    }
}

async fn accept(state: Arc<AppState>, key: String, news: News, id: PullRequestId) -> Result<(StatusCode, Json<AcceptedResponse>), Problem> {
    let status = work::blocking(move || webhooks::take(&state, &key, news)).await??;
    Ok((status, Json(AcceptedResponse { pr: id.to_string() })))
}

/// Says whether a caller may know of a pull request: of whoever is confined to a folder, if its note lies there.
pub fn is_seen(caller: &Caller, it: &Listed) -> bool {
    match it.path.as_deref().and_then(|it| NotePath::parse(it).ok()) {
        Some(path) => caller.sees(&path),
        None => caller.prefix.is_none(),
    }
}

/// Returns a pull request as the API tells it, with what keeps its note from being written.
pub fn entry(it: Listed, problem: Option<String>) -> PullRequestEntry {
    PullRequestEntry {
        pr: it.id.to_string(),
        title: note::plain_title(&it.title),
        state: it.state.map_or("", word).to_owned(),
        path: it.path,
        updated: it.updated.map(|it| it.to_string()),
        note: match it.wish {
            Wish::Kept => None,
            Wish::Deleted => Some("deleted".to_owned()),
            Wish::LeftAlone => Some("left-alone".to_owned()),
            Wish::Disowned => Some("not-ours".to_owned()),
        },
        problem,
    }
}
