//! `POST /v1/notes:batch`: several notes at once, an error each, never a failed batch.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{Request, State},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    config::tokens::Scope,
    http::{
        AppState,
        auth::Caller,
        body,
        freshness::{Index, Wanted},
        notes::{
            excerpt::{self, Selection},
            load::Target,
            load_at, max_bytes,
            revision::Wording,
            shape::{self, NoteBody},
        },
        params::{Params, invalid},
        problem::{Problem, ProblemKind},
        search::input::find_source,
        when::Edge,
    },
    model::path::FileKind,
};

const VALID: &[&str] = &["paths", "max_bytes", "source", "min_generation", "wait_ms"];
const PATHS_MOST: usize = 50;
/// What all contents together have at most when the caller does not say, and whatever it says: an answer is built in memory.
const BYTES: usize = 200_000;
const BYTES_MOST: usize = 5 << 20;

/// Which notes to read.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchInput {
    /// Up to 50 paths or citations.
    pub paths: Vec<String>,
    /// Bytes of all contents together: 200000 when left out. A note that no longer fits is cut, `next` names the rest.
    #[serde(alias = "maxBytes")]
    pub max_bytes: Option<usize>,
    /// The source of the paths that name none.
    pub source: Option<String>,
    pub min_generation: Option<u64>,
    pub wait_ms: Option<u64>,
}

/// The notes in the order of the paths.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BatchResponse {
    pub notes: Vec<BatchEntry>,
    pub index: Index,
}

/// A note, or why there is none.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum BatchEntry {
    Note(Box<NoteBody>),
    Error {
        /// As it was asked for.
        path: String,
        error: Problem,
    },
}

/// Read several notes.
///
/// Each path or citation is answered with its note or with its own problem.
#[utoipa::path(
    post,
    path = "/v1/notes:batch",
    tag = "notes",
    request_body = BatchInput,
    responses((status = 200, body = BatchResponse), (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn read_notes(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    request: Request,
) -> Result<Json<BatchResponse>, Problem> {
    caller.require(Scope::Read)?;
    let (head, body) = request.into_parts();
    Params::parse(head.uri.query(), &[])?;
    let input: BatchInput = body::json(&head.headers, body, state.body_limits, VALID).await?;
    if input.paths.is_empty() || input.paths.len() > PATHS_MOST {
        return Err(invalid("paths", format_args!("it names 1 to {PATHS_MOST} notes")));
    }
    let mut bytes_left = max_bytes(Some(input.max_bytes.unwrap_or(BYTES)))?.min(BYTES_MOST);
    Wanted {
        min_generation: input.min_generation,
        wait_ms: input.wait_ms,
    }
    .wait(&state.handle)
    .await?;

    // A name that is none is each path's problem.
    let only = input.source.as_deref().and_then(|it| find_source(it, &state.source_names()).ok());
    let index = Index::from(state.handle.freshness_of(only.as_ref()));
    let mut notes = Vec::with_capacity(input.paths.len());
    for path in input.paths {
        notes.push(match read(&state, &caller, &path, input.source.as_deref(), bytes_left).await {
            Ok(note) => {
                bytes_left -= note.content.len();
                BatchEntry::Note(Box::new(note))
            }
            Err(error) => BatchEntry::Error { path, error },
        });
    }
    Ok(Json(BatchResponse { notes, index }))
}

async fn read(state: &AppState, caller: &Caller, path: &str, source: Option<&str>, max_bytes: usize) -> Result<NoteBody, Problem> {
    let target = Target::parse(state, path, source)?;
    let selection = target.lines.map_or(Selection::Whole, Selection::Lines);
    let is_repo = target.source.is_repo();
    let loaded = match &target.commit {
        None => target.load(state, caller).await?,
        Some(commit) => {
            let at = Wording::parse("paths", commit, Edge::End, &state.clock())?;
            load_at(state, caller, target, at).await?
        }
    };
    // Of a repository every file that may be shown is text.
    if loaded.path.kind() == FileKind::Attachment && !is_repo {
        return Err(
            Problem::new(ProblemKind::UnsupportedMediaType, format!("`{}` is no text", loaded.path))
                .hint("read an attachment alone, with `GET /v1/notes/{path}`: it answers the bytes"),
        );
    }
    shape::body(&loaded, &selection, |lines, wanted| excerpt::cut(lines, wanted, max_bytes))
}
