//! `PUT`, `PATCH` and `DELETE /v1/notes/{path}`: a note is written, and a receipt says what happened. The handlers, and the one place where
//! what the engine refuses becomes a problem. What a request may carry is read in `input`.

use std::sync::Arc;

use axum::{
    Extension, Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode, Uri},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    engine::request::{self, Action, GitState, WriteError, WriteRequest},
    http::{
        AppState,
        auth::Caller,
        history::unified,
        problem::{Problem, ProblemKind},
        write::{
            call::Call,
            input::{PatchInput, PutInput},
        },
    },
    model::{
        note::edit::{EditError, EditRefusal},
        path::{NotePath, SourceName},
    },
};

pub mod call;
pub mod input;

const NOTES: &str = "/v1/notes/";

/// How a write is to be done.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "the document is made of these fields; the query string is read strictly by `params`"
)]
struct WriteQuery {
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

/// What happened, given once it is durable.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptResponse {
    pub source: String,
    pub path: String,
    /// `null` once the note is in the trash.
    pub hash: Option<String>,
    pub previous_hash: Option<String>,
    pub commit: Option<String>,
    /// `committed`, `queued` (the repository is busy; the commit follows) or `off`.
    pub git: String,
    /// `vault` or `private`.
    pub repository: String,
    /// From this generation on search sees it.
    pub generation: u64,
    pub changed: bool,
    pub warnings: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
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
    let (edits, reason, raw) = input::edits(&state, &headers, body).await?;
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
    (source, path): (SourceName, NotePath),
    action: Action,
    reason: Option<String>,
    body: &[u8],
) -> Result<Response, Problem> {
    let request = WriteRequest {
        idempotency: call.idempotency(body),
        source,
        path: path.clone(),
        action,
        who: call.who,
        may_edit: call.may_edit,
        if_match: call.if_match,
        reason: reason.or(call.reason).unwrap_or_default(),
        dry_run: call.dry_run,
    };
    let answered = state.handle.write(request).await;
    // The sender goes when the engine stops, or when it failed: what becomes of the write is in its log of intents.
    let stopped = || {
        Problem::new(
            ProblemKind::NotReady,
            "the service is stopping; whether the note was written will be known after its start",
        )
    };
    let receipt = answered
        .map_err(|_gone| stopped())?
        .map_err(|why| problem(why, &path.to_string()))?;
    let status = if receipt.previous_hash.is_none() && receipt.changed && !call.dry_run {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(response(receipt, call.diff))).into_response())
}

fn response(receipt: request::Receipt, with_diff: bool) -> ReceiptResponse {
    let texts = receipt.texts.as_ref().filter(|_| with_diff);
    let diff = texts.map(|(before, after)| unified(&receipt.path, before, after));
    let git = match receipt.git {
        GitState::Committed => "committed",
        GitState::Queued => "queued",
        GitState::Off => "off",
    };
    ReceiptResponse {
        source: receipt.source,
        path: receipt.path,
        hash: receipt.hash,
        previous_hash: receipt.previous_hash,
        commit: receipt.commit,
        git: git.to_owned(),
        repository: if receipt.private { "private" } else { "vault" }.to_owned(),
        generation: receipt.generation,
        changed: receipt.changed,
        warnings: receipt.warnings,
        diff,
    }
}

/// The one place where what the engine refuses becomes an answer.
fn problem(why: WriteError, path: &str) -> Problem {
    fn new(kind: ProblemKind, detail: impl Into<String>) -> Problem {
        Problem::new(kind, detail)
    }
    match why {
        WriteError::NoSource => new(ProblemKind::SourceNotFound, "there is no such source"),
        WriteError::NoNote => new(ProblemKind::NoteNotFound, format!("there is no note `{path}`")),
        WriteError::AlreadyExists(hash) => {
            new(ProblemKind::AlreadyExists, format!("the note `{path}` exists")).current_hash(hash.to_string())
        }
        WriteError::Twin(twin) => new(
            ProblemKind::AlreadyExists,
            format!("`{path}` would be the same file as `{twin}` on a device that does not tell case or Unicode forms apart"),
        )
        .hint("use the existing spelling, or another name")
        .candidates(vec![twin.to_string()]),
        WriteError::NeedsMatch(hash) => new(
            ProblemKind::PreconditionRequired,
            format!("the note `{path}` exists, and the request has no `If-Match`"),
        )
        .current_hash(hash.to_string()),
        WriteError::Stale(hash) => {
            let stale = new(ProblemKind::StaleNote, format!("the note `{path}` is not the one that was read"));
            match hash {
                Some(hash) => stale.current_hash(hash.to_string()),
                None => stale,
            }
        }
        WriteError::Conflict => new(
            ProblemKind::Conflict,
            format!("the note `{path}` was changed by someone else, again and again, while it was written"),
        )
        .retry_after_ms(2000),
        WriteError::Forbidden(why) => new(ProblemKind::ForbiddenPath, why)
            .hint("write below the agent's folder, or have the owner open the path under `write` in the configuration"),
        WriteError::NeedsEditScope => new(
            ProblemKind::ForbiddenScope,
            "notes that people wrote are changed with the scope `edit`",
        ),
        WriteError::NotMarkdown => {
            new(ProblemKind::UnsupportedMediaType, "only Markdown notes are written").hint("give the note a name that ends with `.md`")
        }
        WriteError::InvalidName(why) => new(ProblemKind::InvalidPath, why),
        WriteError::Edit(why) => edit_problem(why),
        WriteError::NotUtf8 => new(
            ProblemKind::UnsupportedEncoding,
            format!("the note `{path}` is not UTF-8, so it can be read and not be written"),
        ),
        WriteError::TooLarge { size, most } => new(
            ProblemKind::TooLarge,
            format!("the note would have {size} bytes; `limits.note_write` allows {most}"),
        ),
        WriteError::OtherRequest => new(
            ProblemKind::IdempotencyMismatch,
            "the `Idempotency-Key` came with another request before",
        ),
        WriteError::Busy(why) => new(ProblemKind::Busy, why).retry_after_ms(1000),
        WriteError::NotReady => new(ProblemKind::NotReady, "the vault is not wholly there at the moment").retry_after_ms(5000),
        WriteError::Full => new(ProblemKind::StorageFull, "the disk is full; nothing was changed"),
        WriteError::ReadOnly => new(ProblemKind::NotReady, "the vault's file system is read-only; nothing was changed")
            .hint("mount the vault for writing")
            .retry_after_ms(30_000),
        WriteError::Failed(why) => new(ProblemKind::Internal, why),
    }
}

fn edit_problem(EditError { at, why }: EditError) -> Problem {
    let new = |kind, detail: String| Problem::new(kind, format!("edit {}: {detail}; nothing was changed", at + 1));
    match why {
        EditRefusal::SectionNotFound { section, candidates } => {
            new(ProblemKind::SectionNotFound, format!("the note has no section `{section}`")).candidates(candidates)
        }
        EditRefusal::AmbiguousSection { section, candidates } => {
            new(ProblemKind::AmbiguousSection, format!("several sections are called `{section}`")).candidates(candidates)
        }
        EditRefusal::BlockNotFound { block, candidates } => {
            new(ProblemKind::BlockNotFound, format!("the note has no block `{block}`")).candidates(candidates)
        }
        EditRefusal::TextNotFound => new(ProblemKind::TextNotFound, "the old text does not stand there".to_owned()),
        EditRefusal::TextAmbiguous { found, lines } => {
            let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
            let detail = format!("the old text stands there {found} times, at the lines {}", lines.join(", "));
            new(ProblemKind::TextAmbiguous, detail)
        }
        EditRefusal::InvalidFrontmatter(why) => new(ProblemKind::InvalidFrontmatter, why),
        EditRefusal::Invalid(why) => new(ProblemKind::InvalidBody, why),
    }
}
