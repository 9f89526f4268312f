//! `POST /v1/move/{path}` and `POST /v1/restore/{path}`: a note gets another name, or an old text. Handlers and wire types.

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    engine::request::Action,
    http::{
        AppState,
        auth::Caller,
        body,
        notes::revision::{Past, Wording},
        problem::{Problem, ProblemKind},
        when::Edge,
        write::{
            WriteQuery,
            call::{self, Call},
            receipt::{self, ReceiptResponse},
        },
    },
};

const MOVE: &str = "/v1/move/";
const RESTORE: &str = "/v1/restore/";

/// Where a note goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveInput {
    /// The new path; `.md` may be left out.
    pub to: String,
    /// Rewrite the links that lead to the note, in the notes that may be written: `true` when left out.
    pub update_links: Option<bool>,
    /// Why; stands in the commit.
    pub reason: Option<String>,
}

/// Which version comes back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreInput {
    /// A commit (4 to 40 hexadecimal digits), a date or an age.
    pub at: String,
    /// Why; stands in the commit.
    pub reason: Option<String>,
}

/// Move a note, and rewrite the links that lead to it.
///
/// Outside the agent's folder this needs `If-Match: "<hash>"`. Links are written the way the vault writes them; what was left is told.
#[utoipa::path(
    post,
    path = "/v1/move/{*path}",
    tag = "writing",
    params(("path" = String, Path, description = "A path below the source's root, or a citation; `/` raw or `%2F`."), WriteQuery),
    request_body = MoveInput,
    responses(
        (status = 200, body = ReceiptResponse),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn move_note(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let call = Call::read(&caller, "POST", &uri, &headers)?;
    let (source, path) = call.target(&state, &caller, &uri, MOVE)?;
    let (input, raw): (MoveInput, _) = body::json_raw(&headers, body, state.body_limits, &["to", "update_links", "reason"]).await?;
    let (to_source, to) = call.named(&state, &caller, &input.to)?;
    if to_source != source {
        return Err(
            Problem::new(ProblemKind::InvalidPath, "a note moves within its vault").hint("create the note there, and delete it here")
        );
    }
    let action = Action::Move {
        to,
        update_links: input.update_links.unwrap_or(true),
    };
    let reason = input.reason.as_deref().map(call::reason).transpose()?;
    let receipt = receipt::perform(&state, &call, (source, path), action, reason, &raw).await?;
    Ok(receipt::answer(receipt, true))
}

/// Bring an old version of a note back, as a new commit.
#[utoipa::path(
    post,
    path = "/v1/restore/{*path}",
    tag = "writing",
    params(("path" = String, Path, description = "A path below the source's root, or a citation; `/` raw or `%2F`."), WriteQuery),
    request_body = RestoreInput,
    responses(
        (status = 200, body = ReceiptResponse),
        (status = 201, body = ReceiptResponse),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn restore_note(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let call = Call::read(&caller, "POST", &uri, &headers)?;
    let (name, path) = call.target(&state, &caller, &uri, RESTORE)?;
    let (input, raw): (RestoreInput, _) = body::json_raw(&headers, body, state.body_limits, &["at", "reason"]).await?;
    let at = Wording::parse("at", &input.at, Edge::End, &state.clock())?;
    let reason = input.reason.as_deref().map(call::reason).transpose()?;
    let no_source = || Problem::new(ProblemKind::SourceNotFound, "there is no such source");
    let source = state.handle.source(&name).cloned().ok_or_else(no_source)?;
    let past = Past::of(&source)?;
    let (seeing, agent_folder) = (caller.clone(), state.agent_folder.clone());
    let load = move || past.load(&source, &seeing, &path, &at, &agent_folder);
    let old = state.work.run(load).await??;
    let text = String::from_utf8(old.bytes).map_err(|_error| {
        let detail = format!("that version of `{}` is not UTF-8, so it is not written", old.path);
        Problem::new(ProblemKind::UnsupportedEncoding, detail)
    })?;
    let receipt = receipt::perform(&state, &call, (name, old.path), Action::Restore(text), reason, &raw).await?;
    Ok(receipt::answer(receipt, call.dry_run))
}
