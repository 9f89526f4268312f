//! The HTTP API: the router, what its handlers share, and the service around it. One file a resource, wire types beside the handler.
//! The only door to axum and hyper.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use axum::{Json, Router, middleware, routing::get};
use jiff::{Timestamp, tz::TimeZone};
use tokio::{sync::watch, time};
use utoipa::{
    Modify, OpenApi,
    openapi::security::{Http, HttpAuthScheme, SecurityScheme},
};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    config::{Config, forges::PullRequests},
    engine::handle::Handle,
    http::{
        auth::Auth,
        body::BodyLimits,
        edge::Names,
        listen::ConnectionLimits,
        metrics::requests::Requests,
        problem::{Problem, ProblemKind},
        when::Clock,
        work::Work,
    },
    model::{
        citation::Citation,
        hash::ContentHash,
        lines::LineRange,
        path::{NotePath, SourceName},
        write_policy::WritePolicy,
    },
};

pub mod problem;
pub mod params;
pub mod body;
pub mod when;
pub mod work;
pub mod freshness;
pub mod auth;
pub mod edge;
pub mod listen;
pub mod search;
pub mod passage;
pub mod gather;
pub mod context;
pub mod brief;
pub mod notes;
pub mod write;
pub mod moves;
pub mod memories;
pub mod flush;
pub mod metrics;
pub mod history;
pub mod known;
pub mod links;
pub mod resolve;
pub mod tags;
pub mod skills;
pub mod lint;
pub mod status;
pub mod webhooks;
pub mod pull_requests;
pub mod words;
pub mod mcp;

/// How much of a commit's id stands in a citation: enough to be the only one.
const CITED: usize = 12;

/// Searches that run at once for each core: a search waits for the disk at times.
const SEARCHES_PER_CORE: usize = 2;
const SEARCH_DEADLINE: Duration = Duration::from_secs(5);
/// Bodies of searches and batches.
const BODY_LIMITS: BodyLimits = BodyLimits {
    bytes: 64 * 1024,
    time: Duration::from_secs(15),
};
const CONNECTIONS_PER_PEER: usize = 64;
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
const WRITE_TIMEOUT: Duration = Duration::from_secs(15);
const DRAIN: Duration = Duration::from_secs(10);
const TOKEN_RELOAD: Duration = Duration::from_secs(5);

/// What handlers share.
#[derive(Debug)]
pub struct AppState {
    pub handle: Handle,
    pub auth: Auth,
    pub names: Names,
    pub work: Work,
    pub body_limits: BodyLimits,
    pub request_timeout: Duration,
    pub note_read_bytes: u64,
    pub note_write_bytes: u64,
    pub query_bytes: u64,
    pub webhook_bytes: u64,
    pub pull_requests: PullRequests,
    pub agent_folder: NotePath,
    pub write: WritePolicy,
    zone: TimeZone,
    started: Timestamp,
    n_requests: AtomicU64,
    requests: Requests,
}

impl AppState {
    /// Returns the state of a service with this configuration over this engine.
    pub fn new(config: &Config, handle: Handle) -> AppState {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let zone = config.timezone.as_deref().and_then(|name| TimeZone::get(name).ok());
        AppState {
            handle,
            auth: Auth::new(config.tokens.clone()),
            names: Names {
                hosts: config.allowed_hosts.clone(),
                origins: config.allowed_origins.clone(),
            },
            work: Work::new(cores * SEARCHES_PER_CORE, SEARCH_DEADLINE),
            body_limits: BODY_LIMITS,
            request_timeout: config.limits.request_timeout,
            note_read_bytes: config.limits.note_read_bytes,
            note_write_bytes: config.limits.note_write_bytes,
            query_bytes: config.limits.query_bytes,
            webhook_bytes: config.limits.webhook_bytes,
            pull_requests: config.pull_requests.clone(),
            agent_folder: config.agent_folder.clone(),
            write: config.write.clone(),
            zone: zone.unwrap_or_else(TimeZone::system),
            started: Timestamp::now(),
            n_requests: AtomicU64::new(0),
            requests: Requests::new(&webhooks::kinds(&config.pull_requests)),
        }
    }

    fn clock(&self) -> Clock {
        Clock {
            now: Timestamp::now(),
            zone: self.zone.clone(),
        }
    }

    fn source_names(&self) -> Vec<SourceName> {
        self.handle.sources().iter().map(|it| it.config.name.clone()).collect()
    }

    /// Returns the citation of a note, given the hash of what is shown of it; the first source goes without its name.
    fn cite(&self, source: &SourceName, path: &NotePath, shown: Option<ContentHash>, lines: Option<LineRange>) -> String {
        let commit = self.handle.source(source).and_then(|it| it.commit_of(path, shown));
        self.cite_at(source, path, commit.as_deref(), lines)
    }

    /// The same, given the commit.
    fn cite_at(&self, source: &SourceName, path: &NotePath, commit: Option<&str>, lines: Option<LineRange>) -> String {
        let is_first = self.handle.sources().first().is_some_and(|it| it.config.name == *source);
        Citation {
            source: (!is_first).then(|| source.clone()),
            commit: commit.map(|it| it.chars().take(CITED).collect()),
            path: path.clone(),
            lines,
        }
        .to_string()
    }

    /// Returns an id that names one request in the log and in its answer: unique within and, by the start's second, across runs.
    fn next_request_id(&self) -> String {
        format!(
            "{:x}-{:x}",
            self.started.as_second(),
            self.n_requests.fetch_add(1, Ordering::Relaxed)
        )
    }
}

#[derive(OpenApi)]
#[openapi(
    info(title = "membridge", description = "An Obsidian vault as the long-term memory of an AI agent."),
    components(schemas(Problem)),
    security(("bearer" = [])),
    modifiers(&Bearer)
)]
struct Document;

/// How a caller says who it is. A service without tokens, on loopback only, does not ask.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

/// Returns every route of the API, and the document that describes them.
fn routes() -> (Router<Arc<AppState>>, utoipa::openapi::OpenApi) {
    let (router, mut document) = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(search::get_search, search::post_search))
        .routes(routes!(context::post_context))
        .routes(routes!(brief::get_brief))
        .routes(routes!(skills::get_skills))
        .routes(routes!(notes::read_note))
        .routes(routes!(write::put_note))
        .routes(routes!(write::patch_note))
        .routes(routes!(write::delete_note))
        .routes(routes!(moves::move_note))
        .routes(routes!(moves::restore_note))
        .routes(routes!(memories::post_memory))
        .routes(routes!(memories::post_journal))
        .routes(routes!(flush::flush))
        .routes(routes!(webhooks::post_webhook))
        .routes(routes!(pull_requests::sync_pull_request))
        .routes(routes!(pull_requests::get_pull_requests, pull_requests::post_pull_request))
        .routes(routes!(history::get_history))
        .routes(routes!(history::get_diff))
        .routes(routes!(history::get_changes))
        .routes(routes!(notes::batch::read_notes))
        .routes(routes!(links::get_links))
        .routes(routes!(resolve::resolve))
        .routes(routes!(tags::get_tags))
        .routes(routes!(lint::get_lint))
        .routes(routes!(status::get_status))
        .routes(routes!(status::healthz))
        .routes(routes!(status::readyz))
        .routes(routes!(metrics::get_metrics))
        .split_for_parts();
    // axum writes the rest of a path as `{*path}`, OpenAPI knows plain names only.
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths = paths.into_iter().map(|(path, item)| (path.replace("{*", "{"), item)).collect();
    (router, document)
}

/// Returns the OpenAPI document of the API.
pub fn openapi() -> utoipa::openapi::OpenApi {
    routes().1
}

/// Returns the API with its guard: what the first listener serves, and what tests call.
pub fn router(state: Arc<AppState>) -> Router {
    let (router, document) = routes();
    let api = router.with_state(Arc::clone(&state));
    api.clone()
        // Not in the document: MCP describes itself to those who speak it.
        .route("/mcp", mcp::endpoint::route(api, Arc::clone(&state)))
        .route("/openapi.json", get(async move || Json(document)))
        .method_not_allowed_fallback(async || Problem::new(ProblemKind::MethodNotAllowed, "the method is not taken here"))
        .fallback(async || Problem::new(ProblemKind::RouteNotFound, "the path names no call of this API"))
        .layer(middleware::from_fn_with_state(state, edge::guard))
}

/// Returns what the second listener serves: probes without tokens and without the `Host` rule.
pub fn ops_router(state: Arc<AppState>) -> Router {
    Router::new()
        .route("/healthz", get(status::healthz))
        .route("/readyz", get(status::readyz))
        .route("/metrics", get(metrics::probe))
        .fallback(async || Problem::new(ProblemKind::RouteNotFound, "this listener serves /healthz, /readyz and /metrics"))
        .with_state(state)
}

/// Serves the API, and the probes when they have a listener of their own, until `stop` is done; then lets running requests finish.
/// `listening` is told the API's address once connections are taken: port 0 has become a real one.
pub async fn serve(
    config: &Config,
    handle: Handle,
    stop: impl Future<Output = ()>,
    listening: impl FnOnce(SocketAddr),
) -> anyhow::Result<()> {
    let limits = ConnectionLimits {
        connections: usize::try_from(config.limits.connections).unwrap_or(usize::MAX),
        connections_per_peer: CONNECTIONS_PER_PEER,
        header: HEADER_TIMEOUT,
        write: WRITE_TIMEOUT,
        drain: DRAIN,
    };
    let listener = listen::bind(config.listen).await?;
    let ops = match config.ops_listen {
        Some(address) => Some(listen::bind(address).await?),
        None => None,
    };
    listening(listener.local_addr()?);

    let state = Arc::new(AppState::new(config, handle));
    let (stopper, stopped) = watch::channel(false);
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(listen::listen(listener, router(Arc::clone(&state)), limits, stopped.clone()));
    if let Some(listener) = ops {
        tasks.spawn(listen::listen(listener, ops_router(Arc::clone(&state)), limits, stopped.clone()));
    }
    if state.auth.has_files() {
        tasks.spawn(reload_tokens(state, stopped));
    }
    stop.await;
    tracing::info!("stopping: no new requests are taken, running ones finish");
    stopper.send_replace(true);
    tasks.join_all().await;
    Ok(())
}

/// Reads the token files again every few seconds.
async fn reload_tokens(state: Arc<AppState>, mut stopped: watch::Receiver<bool>) {
    while time::timeout(TOKEN_RELOAD, stopped.wait_for(|it| *it)).await.is_err() {
        let state = Arc::clone(&state);
        if let Err(problem) = work::blocking(move || state.auth.reload()).await {
            tracing::warn!("tokens were not read again: {}", problem.detail);
        }
    }
}
