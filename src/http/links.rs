//! `GET /v1/links/{path}`: where a file's links lead, and who links to it. Wire types and handler.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{RawQuery, State},
    http::Uri,
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
        notes::load::{Target, similar},
        params::{Params, path_after},
        problem::{Problem, ProblemKind},
    },
    io::index::Searcher,
    model::{
        lines::{LineIndex, LineRange},
        links::ResolvedLink,
        note::LinkKind,
        path::{NotePath, SourceName},
    },
};

const VALID: &[&str] = &["source", "min_generation", "wait_ms"];

/// What of a line is shown beside a link: about a sentence, in bytes, and how much of it stands before the link.
const CONTEXT: usize = 240;
const CONTEXT_BEFORE: usize = 100;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "the document is made of these fields; the query string is read strictly by `params`"
)]
struct LinksQuery {
    /// The name of the source; the first vault when left out.
    source: Option<String>,
    /// Wait until the index has reached this generation.
    min_generation: Option<u64>,
    /// How long to wait for it, in milliseconds: up to 10000.
    wait_ms: Option<u64>,
}

/// The links of a file, and those that lead to it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LinksResponse {
    pub source: String,
    pub path: String,
    /// In the order of the note, those of properties last.
    pub outgoing: Vec<LinkEntry>,
    /// From other files, by path.
    pub incoming: Vec<Backlink>,
    /// Those of `outgoing` that lead nowhere.
    pub unresolved: Vec<LinkEntry>,
    pub index: Index,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct LinkEntry {
    /// As written, with its `#heading`.
    pub target: String,
    /// The file that it leads to; of a folder of a config repository its Kustomization, or its first file.
    pub resolved: Option<String>,
    /// Of a resource that a config file names: the line of that file where it is declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved_line: Option<usize>,
    /// Several files have an equal claim; Obsidian's choice among them is not stable.
    pub ambiguous: bool,
    pub line: usize,
    /// `link`, `embed` or `property`.
    pub kind: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Backlink {
    pub path: String,
    pub line: usize,
    /// `link`, `embed` or `property`.
    pub kind: String,
    /// The words around the link.
    pub context: String,
}

/// Tell where a file's links lead, and who links to it.
///
/// The path is one of the vault or a citation; `.md` may be left out. Attachments, canvases and bases have backlinks too.
#[utoipa::path(
    get,
    path = "/v1/links/{*path}",
    tag = "links",
    params(("path" = String, Path, description = "A path below the source's root, or a citation; `/` raw or `%2F`."), LinksQuery),
    responses((status = 200, body = LinksResponse), (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn get_links(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
    uri: Uri,
) -> Result<Json<LinksResponse>, Problem> {
    caller.require(Scope::Read)?;
    let written = path_after("/v1/links/", &uri)?;
    let params = Params::parse(query.as_deref(), VALID)?;
    let target = Target::parse(&state, &written, params.get("source"))?;
    Wanted::parse(&params)?.wait(&state.handle).await?;

    let index = Index::from(state.handle.freshness_of(Some(&target.source.config.name)));
    let (name, path, source) = (target.source.config.name.clone(), target.path.clone(), Arc::clone(&target.source));
    let (seeing, handle) = (caller.clone(), state.handle.clone());
    let found = with_graph(&state, &target.source, move |graph| {
        let path = file_of(graph, &seeing, &target.path)?;
        let links = graph.links(seeing.prefix.as_deref());
        let outgoing: Vec<LinkEntry> = links.outgoing(&path).iter().map(LinkEntry::of).collect();
        // Taken while the graph is held: the two then tell of the same commit, or of two that follow each other.
        let incoming = backlinks(&links.incoming(&path), handle.searcher().as_deref(), &name);
        Some(incoming.map(|incoming| LinksResponse {
            source: name.to_string(),
            path: path.to_string(),
            unresolved: outgoing.iter().filter(|it| it.resolved.is_none()).cloned().collect(),
            outgoing,
            incoming,
            index,
        }))
    });
    match found.await? {
        Some(Ok(response)) => Ok(Json(response)),
        Some(Err(error)) => {
            tracing::error!(error = format!("{error:#}"), "the notes that link to a file were not read");
            Err(Problem::new(ProblemKind::Internal, "the notes that link here cannot be read"))
        }
        None => {
            let candidates = similar(&state, &caller, &source, &path).await;
            Err(Problem::new(ProblemKind::NoteNotFound, format!("there is no file `{path}`")).candidates(candidates))
        }
    }
}

impl LinkEntry {
    fn of(link: &ResolvedLink<'_>) -> LinkEntry {
        LinkEntry {
            target: link.target.to_owned(),
            resolved: link.resolved.map(ToString::to_string),
            resolved_line: link.resolved_line,
            ambiguous: link.ambiguous,
            line: link.line,
            kind: kind(link.kind).to_owned(),
        }
    }
}

fn kind(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Link | LinkKind::Path | LinkKind::SecretPath | LinkKind::RootPath | LinkKind::Resource => "link",
        LinkKind::Embed => "embed",
        LinkKind::Property => "property",
    }
}

/// Returns the backlinks with the words around them, read from the index.
fn backlinks(links: &[ResolvedLink<'_>], searcher: Option<&Searcher>, source: &SourceName) -> anyhow::Result<Vec<Backlink>> {
    let mut notes: Vec<&NotePath> = links.iter().map(|it| it.source).collect();
    notes.dedup();
    let texts = searcher.map_or_else(|| Ok(Vec::new()), |it| it.texts(source, &notes))?;
    let mut backlinks = Vec::with_capacity(links.len());
    let mut of_note = links.chunk_by(|a, b| a.source == b.source);
    for text in texts.iter().map(Some).chain(std::iter::repeat(None)) {
        let Some(links) = of_note.next() else { break };
        let text = text.and_then(|it| it.as_deref()).unwrap_or_default();
        let lines = LineIndex::new(text);
        backlinks.extend(links.iter().map(|link| Backlink {
            path: link.source.to_string(),
            line: link.line,
            kind: kind(link.kind).to_owned(),
            context: context(text, &lines, link),
        }));
    }
    Ok(backlinks)
}

/// Returns the line of a link, of a long one what surrounds the link; the target alone where the text does not show the link (machine data).
fn context(text: &str, lines: &LineIndex, link: &ResolvedLink<'_>) -> String {
    let line = lines.bytes_of(LineRange {
        start: link.line,
        end: link.line,
    });
    let shown = if line.len() <= CONTEXT {
        line
    } else {
        let start = link
            .range
            .start
            .clamp(line.start, line.end)
            .saturating_sub(CONTEXT_BEFORE)
            .max(line.start);
        boundary(text, start)..boundary(text, (start + CONTEXT).min(line.end))
    };
    let shown = text.get(shown).unwrap_or_default().trim();
    if shown.is_empty() {
        link.target.to_owned()
    } else {
        shown.to_owned()
    }
}

fn boundary(text: &str, at: usize) -> usize {
    (at..=text.len()).find(|&it| text.is_char_boundary(it)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_shown_around_its_link() {
        let check = |text: &str, at: usize, line: usize, expected: &str| {
            let source = NotePath::parse("a.md").unwrap();
            let kind = LinkKind::Link;
            let link = ResolvedLink {
                source: &source,
                target: "b",
                kind,
                markdown: false,
                range: at..at + 5,
                line,
                resolved: None,
                resolved_line: None,
                is_elsewhere: false,
                is_of_this: false,
                ambiguous: false,
            };
            let shown = context(text, &LineIndex::new(text), &link);
            assert!(shown.contains(expected) && shown.len() <= CONTEXT, "{shown}");
        };
        check("first\n  see [[b]] there\n", 12, 2, "see [[b]] there");
        let long = format!("{}[[b]]{}", "ä ".repeat(400), " ö".repeat(400));
        check(&long, 1200, 1, "ä [[b]] ö");
        check("     \n", 0, 1, "b");
        check("", 40, 9, "b");
    }
}
