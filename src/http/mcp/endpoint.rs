//! `POST /mcp`: MCP's streamable HTTP on the API's own listener, behind the same guard. One message a request, answered in JSON at once: no session,
//! no stream, nothing that a client could leave behind. The tools' requests go through the API's router, with the rights of the caller. Knows the
//! transport of rmcp; knows no tool.

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
    routing::{MethodRouter, post},
};
use http_body_util::BodyExt;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rmcp::{
    model::ProtocolVersion,
    transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService, session::never::NeverSessionManager},
};
use serde::de::IgnoredAny;
use tower::ServiceExt;

use crate::http::{
    AppState,
    auth::Caller,
    body::{self, BodyLimits},
    mcp::{Ask, Told, Tools, tools::Asked},
    problem::{Problem, ProblemKind},
    words::{self, Voice},
    write::call::JSON_FACTOR,
};

/// What a message is beside the text of a note.
const ENVELOPE: usize = 64 * 1024;

/// What of the client's head a tool's request carries: who writes, and the key under which it writes once.
const PASSED: [&str; 3] = ["membridge-agent", "membridge-session", "idempotency-key"];

/// Both must be named by the protocol's rule; only the first is ever sent.
const ACCEPTED: HeaderValue = HeaderValue::from_static("application/json, text/event-stream");

#[derive(Debug, Clone)]
struct Endpoint {
    /// Behind the guard: whoever comes here was let in already.
    api: Router,
    state: Arc<AppState>,
}

/// Returns the route over an API without its guard.
pub fn route(api: Router, state: Arc<AppState>) -> MethodRouter {
    post(answer).with_state(Endpoint { api, state })
}

async fn answer(State(endpoint): State<Endpoint>, Extension(caller): Extension<Caller>, request: Request) -> Result<Response, Problem> {
    let (mut head, body) = request.into_parts();
    let limits = BodyLimits {
        bytes: usize::try_from(endpoint.state.note_write_bytes)
            .unwrap_or(usize::MAX)
            .saturating_mul(JSON_FACTOR)
            .saturating_add(ENVELOPE),
        ..endpoint.state.body_limits
    };
    // Read here and not there: the type, the size, the time and keys that stand twice are held as everywhere.
    let (IgnoredAny, bytes) = body::json_raw(&head.headers, body, limits, &[]).await?;
    head.headers.insert(header::ACCEPT, ACCEPTED);
    let passed = passed(&head);
    let ask: Ask = Arc::new(move |asked| Box::pin(told(endpoint.api.clone(), caller.clone(), passed.clone(), asked)));
    let tools = Tools::new(ask);
    // `Host` and `Origin` were looked at by the guard.
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_max_request_body_bytes(limits.bytes)
        .disable_allowed_hosts();
    let service = StreamableHttpService::new(move || Ok(tools.clone()), Arc::new(NeverSessionManager::default()), config);
    let response = service.handle(Request::from_parts(head, Body::from(bytes))).await;
    explained(response.map(Body::new))
}

fn passed(head: &Parts) -> HeaderMap {
    let known = PASSED.map(HeaderName::from_static);
    let given = head.headers.iter().filter(|(name, _)| known.contains(name));
    given.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Asks the API within this process.
async fn told(api: Router, caller: Caller, passed: HeaderMap, asked: Asked) -> Told {
    let parameters: Vec<String> = asked
        .parameters
        .iter()
        .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
        .collect();
    let question_mark = if parameters.is_empty() { "" } else { "?" };
    let mut request = Request::builder()
        .method(asked.method)
        .uri(format!("{}{question_mark}{}", asked.path, parameters.join("&")))
        .header(header::ACCEPT, "application/json")
        .header(header::CONTENT_TYPE, "application/json");
    for (name, value) in &asked.headers {
        request = request.header(*name, value);
    }
    let mut request = request.body(Body::from(asked.body)).map_err(|error| {
        let problem = Problem::new(ProblemKind::InvalidParameter, format!("an argument cannot be sent on: {error}"));
        words::problem(&problem.hint("send plain text on one line"), Voice::Tools)
    })?;
    request.headers_mut().extend(passed);
    request.extensions_mut().insert(caller);
    let Ok(response) = api.oneshot(request).await;
    let (head, body) = response.into_parts();
    let body = body
        .collect()
        .await
        .map_err(|error| format!("the answer broke off: {error}"))?
        .to_bytes();
    if head.status.is_success() {
        return Ok(body.into());
    }
    Err(match serde_json::from_slice(&body) {
        Ok(problem) => words::problem(&problem, Voice::Tools),
        Err(_) => format!("the request was answered with {}", head.status),
    })
}

/// Puts a problem in the place of the SDK's bare texts. Errors that it answers in JSON are the protocol's own.
fn explained(response: Response) -> Result<Response, Problem> {
    let is_json = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|it| it.as_bytes().starts_with(b"application/json"));
    let versions = || {
        ProtocolVersion::KNOWN_VERSIONS
            .iter()
            .map(ProtocolVersion::as_str)
            .collect::<Vec<_>>()
    };
    match response.status() {
        status if is_json || status.is_success() => Ok(response),
        StatusCode::BAD_REQUEST => Err(Problem::new(
            ProblemKind::InvalidRequest,
            "`MCP-Protocol-Version` names no version that is spoken here",
        )
        .hint("send a version of `valid`, which `initialize` agrees on")
        .valid(&versions())),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Err(Problem::new(ProblemKind::InvalidBody, "the body is no JSON-RPC message of MCP")
            .hint("send one request or notification, not a batch")),
        status => {
            tracing::error!(%status, "the protocol's library refused a message");
            Ok(Problem::new(ProblemKind::Internal, "the message could not be answered").into_response())
        }
    }
}
