//! `GET /v1/tags`: every tag with the number of notes that bear it or a child of it. Wire types and handler.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{RawQuery, State},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    config::tokens::Scope,
    http::{
        AppState,
        auth::Caller,
        freshness::{Index, Wanted, only},
        notes::load::source_of,
        params::Params,
        problem::{Problem, ProblemKind},
    },
    io::index::request::Visible,
};

const VALID: &[&str] = &["source", "min_generation", "wait_ms"];

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "the document is made of these fields; the query string is read strictly by `params`"
)]
struct TagsQuery {
    /// The name of one source; all when left out.
    source: Option<String>,
    /// Wait until the index has reached this generation.
    min_generation: Option<u64>,
    /// How long to wait for it, in milliseconds: up to 10000.
    wait_ms: Option<u64>,
}

/// The tags, the most borne first.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TagsResponse {
    pub tags: Vec<TagEntry>,
    pub index: Index,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct TagEntry {
    /// Without `#`.
    pub tag: String,
    /// Notes that bear the tag or a child of it, each counted once.
    pub notes: usize,
}

/// List the tags.
///
/// A parent such as `project` of `project/copper` is listed too, whether or not a note bears it itself.
#[utoipa::path(
    get,
    path = "/v1/tags",
    tag = "links",
    params(TagsQuery),
    responses((status = 200, body = TagsResponse), (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn get_tags(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<TagsResponse>, Problem> {
    caller.require(Scope::Read)?;
    let params = Params::parse(query.as_deref(), VALID)?;
    let sources = match params.get("source") {
        Some(name) => vec![source_of(&state, Some(name))?.config.name.clone()],
        None => state.source_names(),
    };
    Wanted::parse(&params)?.wait(&state.handle).await?;

    let index = Index::from(state.handle.freshness_of(only(&sources)));
    let Some(searcher) = state.handle.searcher() else {
        return Err(Problem::new(ProblemKind::NotReady, "the first index is not finished").retry_after_ms(2000));
    };
    let visible: Vec<Visible> = sources
        .into_iter()
        .map(|source| Visible {
            source,
            prefix: caller.prefix.clone(),
        })
        .collect();
    let counts = state.work.run(move || searcher.tags(&visible)).await?.map_err(|error| {
        tracing::error!(error = format!("{error:#}"), "the tags were not counted");
        Problem::new(ProblemKind::Internal, "the tags cannot be counted")
    })?;
    let tags = counts
        .into_iter()
        .map(|it| TagEntry {
            tag: it.tag,
            notes: it.notes,
        })
        .collect();
    Ok(Json(TagsResponse { tags, index }))
}
