//! `POST /v1/webhooks/{kind}`: what forges and Flux tell. No bearer token: the signature is the authentication, and the URL decides whose it is.
//! Answers once the news are durable; knows neither notes nor what becomes of the news.

use std::sync::Arc;

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};

use crate::{
    config::{
        forges::{Forge, PullRequests},
        tokens::Secret,
    },
    engine::pulls::{News, Taken},
    http::{
        AppState, body,
        body::BodyLimits,
        problem::{Problem, ProblemKind},
        work,
    },
    model::{
        hash::ContentHash,
        pull_request::{
            ForgeKind, PullRequest, PullRequestId,
            delivery::{self, BadSignature},
            flux,
        },
        secrets,
    },
};

/// Where these calls lie.
pub const PREFIX: &str = "/v1/webhooks/";

/// When somebody whose news are not taken may come again.
const AGAIN_MS: u64 = 5000;

/// Why a delivery is not taken.
#[derive(Debug)]
pub struct Refused {
    problem: Box<Problem>,
    /// What was wrong with its signature, where that is why.
    signature: Option<BadSignature>,
}

/// What a delivery came to.
enum Read {
    /// What to do, and the key under which it is done once.
    News(String, News),
    /// Nothing that is kept here.
    Ignored,
}

/// Tell news of a pull request, or of a rollout.
///
/// `kind` is `gitea`, `forgejo`, `github`, `gitlab` or `flux`; the body is the sender's own, with its signature in the headers. What is of no use
/// is taken and left aside.
#[utoipa::path(
    post,
    path = "/v1/webhooks/{kind}",
    tag = "pull requests",
    security(()),
    params(("kind" = String, Path, description = "Whose webhook it is")),
    request_body(content = Object, content_type = "application/json"),
    responses((status = 202), (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn post_webhook(
    State(state): State<Arc<AppState>>,
    Path(kind): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<StatusCode, Refused> {
    if !is_open(&state, &kind) {
        let detail = format!("no secret is configured for webhooks of `{}`", kind.escape_debug());
        let problem = Problem::new(ProblemKind::RouteNotFound, detail);
        return Err(problem.hint("name a file under `secret_files` of the forge, or of `flux`").into());
    }
    let limits = BodyLimits {
        bytes: usize::try_from(state.webhook_bytes).unwrap_or(usize::MAX),
        time: state.body_limits.time,
    };
    let bytes = body::json_bytes(&headers, body, limits).await?;
    work::blocking(move || {
        let read = read(&state, &kind, &headers, &bytes)?;
        let Read::News(key, news) = read else {
            state.handle.pulls().ignore();
            return Ok(StatusCode::ACCEPTED);
        };
        Ok(take(&state, &key, news)?)
    })
    .await?
}

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Refused {
        Refused {
            problem: Box::new(problem),
            signature: None,
        }
    }
}

impl IntoResponse for Refused {
    /// Whoever counts answers finds beside it what was wrong with the signature.
    fn into_response(self) -> Response {
        let mut response = self.problem.into_response();
        if let Some(signature) = self.signature {
            response.extensions_mut().insert(signature);
        }
        response
    }
}

/// Takes news, once they are durable.
pub fn take(state: &AppState, key: &str, news: News) -> Result<StatusCode, Problem> {
    match state.handle.pulls().take(key, news) {
        Ok(Taken::Queued | Taken::Known) => Ok(StatusCode::ACCEPTED),
        Ok(Taken::Full) => Err(Problem::new(ProblemKind::NotReady, "too many news wait").retry_after_ms(AGAIN_MS)),
        Err(error) => {
            tracing::error!(why = format!("{error:#}"), "news of a pull request were not kept");
            Err(Problem::new(ProblemKind::NotReady, "the news cannot be kept").retry_after_ms(AGAIN_MS))
        }
    }
}

fn is_open(state: &AppState, kind: &str) -> bool {
    kinds(&state.pull_requests).contains(&kind)
}

/// Returns whose webhooks are taken, as the last part of their address.
pub fn kinds(pulls: &PullRequests) -> Vec<&'static str> {
    let is_open = |it: &&str| match kind_of(it) {
        Some(kind) => pulls.forges.iter().any(|it| it.kind == kind && !it.secrets.is_empty()),
        None => !pulls.flux.is_empty(),
    };
    ["gitea", "forgejo", "github", "gitlab", "flux"]
        .into_iter()
        .filter(is_open)
        .collect()
}

fn kind_of(text: &str) -> Option<ForgeKind> {
    match text {
        "gitea" => Some(ForgeKind::Gitea),
        "forgejo" => Some(ForgeKind::Forgejo),
        "github" => Some(ForgeKind::GitHub),
        "gitlab" => Some(ForgeKind::GitLab),
        _ => None,
    }
}

fn read(state: &AppState, kind: &str, headers: &HeaderMap, body: &[u8]) -> Result<Read, Refused> {
    let header = |name: &str| {
        // Of two nobody can say which one was signed.
        let mut values = headers.get_all(name).iter();
        let value = values.next().filter(|_| values.next().is_none())?;
        value.to_str().ok().map(str::to_owned)
    };
    let Some(kind) = kind_of(kind) else {
        let is_flux = delivery::verify_flux(&header, body, &exposed(&state.pull_requests.flux));
        is_flux.map_err(|why| unsigned(state, why))?;
        let key = format!("flux {}", ContentHash::of(body));
        return Ok(match flux::read(body).map_err(unreadable)? {
            flux::Event::Rollout(it) => Read::News(key, News::Rollout(it)),
            flux::Event::NoCommit { object } => {
                tracing::info!(
                    object = secrets::mask(&object).as_ref(),
                    "a rollout names no commit, so no pull request can be told of it"
                );
                state.handle.pulls().ignore_rollout();
                Read::Ignored
            }
            flux::Event::Nothing => Read::Ignored,
        });
    };
    let now = state.clock().now.as_second();
    let forges = state.pull_requests.forges.iter().filter(|it| it.kind == kind);
    let mut refused = BadSignature::Missing;
    let mut read = None;
    for forge in forges {
        if let Err(why) = delivery::verify(kind, &header, body, &exposed(&forge.secrets), now) {
            refused = why;
            continue;
        }
        // Once, whichever of the forges it is of.
        let news = match read.take() {
            Some(news) => news,
            None => delivery::read(kind, &header, body, &forge.host).map_err(unreadable)?,
        };
        // What a payload says of its own repository opens nothing: only those that are listed are listened to.
        match &news {
            delivery::News::Push { repo, .. } if listed(forge, repo).is_some() => {
                // Whichever source follows it; a fetch without news costs little.
                state.handle.fetch();
            }
            delivery::News::PullRequest(part) => {
                if let Some(repo) = listed(forge, &part.id.repo) {
                    return Ok(part_of(kind, forge, repo, &header, body, part));
                }
            }
            delivery::News::Ignored(why) => tracing::debug!(why, "a webhook says nothing for a note"),
            delivery::News::Push { .. } => {}
        }
        read = Some(news);
    }
    if read.is_some() {
        Ok(Read::Ignored)
    } else {
        Err(unsigned(state, refused))
    }
}

fn part_of(kind: ForgeKind, forge: &Forge, repo: String, header: &dyn Fn(&str) -> Option<String>, body: &[u8], part: &PullRequest) -> Read {
    let key = delivery::id(kind, header).unwrap_or_else(|| ContentHash::of(body).to_string());
    let id = PullRequestId {
        host: forge.host.clone(),
        repo,
        number: part.id.number,
    };
    let part = PullRequest { id, ..part.clone() };
    Read::News(format!("{} {key}", forge.host), News::Part(Box::new(part)))
}

/// Returns the repository as the configuration spells it: forges tell no case apart, and one pull request has one note.
fn listed(forge: &Forge, repo: &str) -> Option<String> {
    forge.repos.iter().find(|it| it.eq_ignore_ascii_case(repo)).cloned()
}

fn exposed(secrets: &[Secret]) -> Vec<Vec<u8>> {
    secrets.iter().map(|it| it.expose().to_vec()).collect()
}

fn unsigned(state: &AppState, why: BadSignature) -> Refused {
    state.handle.pulls().refuse(why.as_str());
    let hint = match why {
        BadSignature::Missing => "set a secret at the forge: the one in the file under `secret_files`",
        BadSignature::Wrong => "set the same secret at the forge and in the file under `secret_files`",
        BadSignature::TooOld => "set the clocks of the forge and of this machine",
    };
    Refused {
        problem: Box::new(Problem::new(ProblemKind::Unauthorized, why.to_string()).hint(hint)),
        signature: Some(why),
    }
}

fn unreadable(why: String) -> Problem {
    Problem::new(ProblemKind::InvalidBody, why).hint("send the webhook as JSON, as the forge makes it")
}
