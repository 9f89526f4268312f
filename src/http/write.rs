//! `PUT`, `PATCH` and `DELETE /v1/notes/{path}`: a note is written, and a receipt says what happened. The handlers; the head of a
//! write is read in `call`, its body in `input`, and what came of it is told in `receipt` and `refused`.

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    engine::request::Action,
    http::{
        AppState,
        auth::Caller,
        problem::Problem,
        write::{
            call::Call,
            input::{PatchInput, PutInput},
            receipt::ReceiptResponse,
        },
    },
    model::path::{NotePath, SourceName},
};

pub mod call;
pub mod input;
pub mod receipt;
pub mod refused;

const NOTES: &str = "/v1/notes/";

/// How a write is to be done.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "the document is made of these fields; the query string is read strictly by `params`"
)]
pub struct WriteQuery {
    /// The name of the source; the first vault when left out.
    source: Option<String>,
    /// Answer what would happen, and change nothing.
    dry_run: Option<bool>,
    /// Add a unified diff to the receipt.
    diff: Option<bool>,
    /// Why the note is written; stands in the commit. For PATCH it may stand in the body.
    reason: Option<String>,
    /// Let PUT make a note empty.
    allow_empty: Option<bool>,
    /// Write what looks like a secret.
    allow_secret: Option<bool>,
}

/// Create a note, or replace its whole text.
///
/// The body is the text (`text/markdown`), or JSON with `content` and `properties`. An existing note needs `If-Match: "<hash>"`.
#[utoipa::path(
    put,
    path = "/v1/notes/{*path}",
    tag = "writing",
    params(("path" = String, Path, description = "A path below the source's root, or a citation; `/` raw or `%2F`."), WriteQuery),
    request_body(content((PutInput = "application/json"), (String = "text/markdown"))),
    responses(
        (status = 200, body = ReceiptResponse),
        (status = 201, body = ReceiptResponse),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn put_note(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let call = Call::read(&caller, "PUT", &uri, &headers)?;
    let target = call.target(&state, &caller, &uri, NOTES)?;
    let (text, raw) = input::put_text(&state, &call, &headers, body).await?;
    write(&state, call, target, Action::Put(text), None, &raw).await
}

/// Change parts of a note: all edits or none, each on the result of the one before.
#[utoipa::path(
    patch,
    path = "/v1/notes/{*path}",
    tag = "writing",
    params(("path" = String, Path, description = "A path below the source's root, or a citation; `/` raw or `%2F`."), WriteQuery),
    request_body = PatchInput,
    responses(
        (status = 200, body = ReceiptResponse),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn patch_note(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let call = Call::read(&caller, "PATCH", &uri, &headers)?;
    let target = call.target(&state, &caller, &uri, NOTES)?;
    let (edits, reason, raw) = input::edits(&state, &call, &headers, body).await?;
    write(&state, call, target, Action::Edit(edits), reason, &raw).await
}

/// Move a note to the vault's trash.
#[utoipa::path(
    delete,
    path = "/v1/notes/{*path}",
    tag = "writing",
    params(("path" = String, Path, description = "A path below the source's root, or a citation; `/` raw or `%2F`."), WriteQuery),
    responses(
        (status = 200, body = ReceiptResponse),
        (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn delete_note(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let call = Call::read(&caller, "DELETE", &uri, &headers)?;
    let target = call.target(&state, &caller, &uri, NOTES)?;
    write(&state, call, target, Action::Delete, None, b"").await
}

async fn write(
    state: &AppState,
    call: Call,
    target: (SourceName, NotePath),
    action: Action,
    reason: Option<String>,
    body: &[u8],
) -> Result<Response, Problem> {
    let receipt = receipt::perform(state, &call, target, action, reason, body).await?;
    Ok(receipt::answer(receipt, call.dry_run))
}
