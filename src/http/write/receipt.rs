//! Receipts: a write is handed to the engine, and what happened is told. Knows every kind of write alike; what refuses is in `refused`.

use axum::{
    Json,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    engine::request::{self, Action, GitState, WriteError, WriteRequest},
    http::{
        AppState,
        history::unified,
        notes::load::twins,
        problem::{Problem, ProblemKind},
        write::{call::Call, refused::problem},
    },
    model::path::{NotePath, SourceName},
};

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
    /// Where a note that was moved came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved_from: Option<String>,
    /// Other notes that were changed in the same commit: by a move, those that link to the note.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_changed: Vec<String>,
    /// Other notes that should have been changed and were left as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<LeftNote>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

/// A note that a write left as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LeftNote {
    pub path: String,
    pub reason: String,
}

/// Has a note written, and returns what happened.
pub async fn perform(
    state: &AppState,
    call: &Call,
    (source, path): (SourceName, NotePath),
    action: Action,
    reason: Option<String>,
    body: &[u8],
) -> Result<ReceiptResponse, Problem> {
    let request = WriteRequest {
        idempotency: call.idempotency(body),
        source: source.clone(),
        path: path.clone(),
        action,
        who: call.who.clone(),
        may_edit: call.may_edit,
        prefix: call.prefix.clone(),
        if_match: call.if_match,
        reason: reason.or_else(|| call.reason.clone()).unwrap_or_default(),
        dry_run: call.dry_run,
        allow_secret: call.allow_secret,
        brings_back: false,
    };
    let answered = state.handle.write(request).await;
    // The sender goes when the engine stops, or when it failed: what becomes of the write is in its log of intents.
    let stopped = || {
        let detail = "the service is stopping; whether the note was written will be known after its start";
        Problem::new(ProblemKind::NotReady, detail).hint("read the note, or send the request again with the same `Idempotency-Key`")
    };
    match answered.map_err(|_gone| stopped())? {
        Ok(receipt) => Ok(response(receipt, call.diff)),
        Err(WriteError::NoNote) => {
            let meant = meant(state, call, &source, &path).await;
            Err(problem(WriteError::NoNote, path.as_str()).candidates(meant))
        }
        Err(why) => Err(problem(why, path.as_str())),
    }
}

/// Returns the notes that a path in other capitals may mean, of those that the caller may see and change.
pub async fn meant(state: &AppState, call: &Call, source: &SourceName, path: &NotePath) -> Vec<String> {
    let Some(source) = state.handle.source(source) else {
        return Vec::new();
    };
    let prefix = call.prefix.clone().unwrap_or_default();
    let (policy, may_edit) = (state.write.clone(), call.may_edit);
    let may_change = move |it: &NotePath| policy.allows(it) || may_edit && policy.allows_editing(it);
    let found = twins(state, source, path, move |it| it.as_str().starts_with(&prefix) && may_change(it)).await;
    found.iter().map(|it| state.cite(&source.config.name, it, None, None)).collect()
}

/// Returns the receipt as an answer: 201 for a note that came.
pub fn answer(receipt: ReceiptResponse, dry_run: bool) -> Response {
    let came = receipt.previous_hash.is_none() && receipt.changed && !dry_run;
    let status = if came { StatusCode::CREATED } else { StatusCode::OK };
    (status, Json(receipt)).into_response()
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
        moved_from: receipt.moved_from,
        also_changed: receipt.also_changed,
        left: receipt.left.into_iter().map(|(path, reason)| LeftNote { path, reason }).collect(),
        diff,
    }
}
