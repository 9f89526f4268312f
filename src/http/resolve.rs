//! `GET /v1/resolve`: what a name means, as a link and as someone who half remembers it. Wire types and handler.

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
        freshness::{Index, Wanted},
        known::{file_of, with_graph},
        notes::load::{Target, source_of},
        params::{Params, invalid},
        problem::Problem,
    },
    model::{
        links::{By, Lookup},
        path::NotePath,
    },
};

const VALID: &[&str] = &["name", "from", "source", "min_generation", "wait_ms"];

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "the document is made of these fields; the query string is read strictly by `params`"
)]
struct ResolveQuery {
    /// A link's text, with or without its brackets; or what one remembers of a name.
    name: String,
    /// The note in which the link stands; the vault's root when left out.
    from: Option<String>,
    /// The name of the source; the first vault when left out.
    source: Option<String>,
    /// Wait until the index has reached this generation.
    min_generation: Option<u64>,
    /// How long to wait for it, in milliseconds: up to 10000.
    wait_ms: Option<u64>,
}

/// What a name means.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ResolveResponse {
    pub source: String,
    /// Where a link with this text leads: by the link rule only, an alias never decides.
    pub path: Option<String>,
    /// Several files have an equal claim to the link.
    pub ambiguous: bool,
    /// What may have been meant, the likeliest first, at most 20.
    pub candidates: Vec<Candidate>,
    pub index: Index,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Candidate {
    pub path: String,
    /// `name`, `alias` or `fuzzy`.
    pub by: String,
}

/// Tell what a name means.
///
/// `path` follows Obsidian's rule for links; `candidates` also know aliases and similar names.
#[utoipa::path(
    get,
    path = "/v1/resolve",
    tag = "links",
    params(ResolveQuery),
    responses((status = 200, body = ResolveResponse), (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn resolve(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<ResolveResponse>, Problem> {
    caller.require(Scope::Read)?;
    let params = Params::parse(query.as_deref(), VALID)?;
    let Some(name) = params.get("name").map(link_text).filter(|it| !it.is_empty()).map(str::to_owned) else {
        return Err(invalid("name", "it is a link's text, such as `Home Lab`").valid(VALID));
    };
    let (source, from) = match params.get("from") {
        Some(from) => {
            let target = Target::parse(&state, from, params.get("source"))?;
            (target.source, Some(target.path))
        }
        None => (source_of(&state, params.get("source"))?, None),
    };
    Wanted::parse(&params)?.wait(&state.handle).await?;

    let index = Index::from(state.handle.freshness_of(Some(&source.config.name)));
    let source_name = source.config.name.to_string();
    let looked_up = with_graph(&state, &source, move |graph| {
        let from = from.map(|it| file_of(graph, &caller, &it).unwrap_or(it));
        let Lookup { link, candidates } = graph.look_up(&name, from.as_ref(), caller.prefix.as_deref());
        // `#Heading` leads to the note that it stands in, whether or not there is one.
        let exists = |path: &NotePath| caller.sees(path) && graph.holds(path);
        ResolveResponse {
            source: source_name,
            path: link.path.filter(exists).map(|it| it.to_string()),
            ambiguous: link.ambiguous,
            candidates: candidates
                .iter()
                .filter(|it| exists(&it.path))
                .map(|it| Candidate {
                    path: it.path.to_string(),
                    by: by(it.by).to_owned(),
                })
                .collect(),
            index,
        }
    });
    Ok(Json(looked_up.await?))
}

/// Returns the target of a link that was pasted whole.
fn link_text(name: &str) -> &str {
    let name = name.trim();
    let inner = name
        .strip_prefix('!')
        .unwrap_or(name)
        .strip_prefix("[[")
        .and_then(|it| it.strip_suffix("]]"));
    inner.map_or(name, |it| it.split('|').next().unwrap_or(it).trim())
}

fn by(by: By) -> &'static str {
    match by {
        By::Name => "name",
        By::Alias => "alias",
        By::Fuzzy => "fuzzy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_may_be_pasted_whole() {
        let check = |name: &str, expected: &str| assert_eq!(link_text(name), expected, "{name}");
        check("[[Home Lab#Rack|the rack]]", "Home Lab#Rack");
        check("![[pic.png]]", "pic.png");
        check(" Home Lab ", "Home Lab");
        check("a|b", "a|b");
        check("[[|]]", "");
    }
}
