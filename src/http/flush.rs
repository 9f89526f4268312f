//! `POST /v1/flush`: what was written and has no commit yet gets one now. Handler and wire type.

use std::sync::Arc;

use axum::{Extension, Json, extract::State};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    config::tokens::Scope,
    http::{
        AppState,
        auth::Caller,
        problem::{Problem, ProblemKind},
    },
};

/// What a flush came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FlushResponse {
    /// Writes that have their commit now.
    pub committed: usize,
    /// Writes that have none yet, because the repository is busy.
    pub waiting: usize,
    /// Why they wait; empty when none does.
    pub reason: String,
}

/// Commit what waits for its commit.
#[utoipa::path(
    post,
    path = "/v1/flush",
    tag = "operations",
    responses((status = 200, body = FlushResponse), (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn flush(State(state): State<Arc<AppState>>, Extension(caller): Extension<Caller>) -> Result<Json<FlushResponse>, Problem> {
    caller.require(Scope::Admin)?;
    let busy = |_gone| Problem::new(ProblemKind::Busy, "too much waits to be done").retry_after_ms(1000);
    let flushed = state.handle.flush().await.map_err(busy)?;
    Ok(Json(FlushResponse {
        committed: flushed.committed,
        waiting: flushed.waiting,
        // It may name folders.
        reason: if caller.prefix.is_none() { flushed.reason } else { String::new() },
    }))
}
