//! `membridge search`: the words of the query to the server, its hits as text for a model to read.

use std::process::ExitCode;

use clap::Args;

use crate::{
    cli::{
        FAILED, JsonArg, NOTHING_FOUND,
        client::{Client, Failure},
        note, print,
    },
    http::{
        freshness::Index,
        search::{SearchResponse, input::SearchInput},
        words,
    },
};

/// Shown below the options.
pub const EXAMPLES: &str = r#"Words rank; +word and +"a phrase" must be there; -word and -tag:x must not; tag: path: file: [property:value] are conditions.
Quote the query for the shell, and put `--` before a query that begins with `-`.

Examples:
  membridge search copper ledger
  membridge search '"copper ledger" -tag:archive' --limit 3
  membridge search 'backup plan' --path 'Projects/**' --since 30d
  membridge search --tag project --sort modified
  membridge search --syntax obsidian 'tag:#project (plan OR ledger)'
A line such as `Projects/Copper.md#L10-L24  Copper > Ledger` is a citation: read it with `membridge get 'Projects/Copper.md#L10-L24'`."#;

/// What to search for.
#[derive(Debug, Clone, Args)]
pub struct SearchArgs {
    /// Words and operators; left out, the conditions alone select
    pub query: Vec<String>,
    /// Hits to print, 1 to 100 [default: 8]
    #[arg(long, short = 'n')]
    pub limit: Option<usize>,
    /// Hits to skip
    #[arg(long)]
    pub offset: Option<usize>,
    /// Only this source
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Only paths that fit: `Projects/**`
    #[arg(long, value_name = "GLOB")]
    pub path: Option<String>,
    /// Only notes with this tag or a child of it
    #[arg(long)]
    pub tag: Option<String>,
    /// Only notes from: human, agent, pull-request, config
    #[arg(long)]
    pub origin: Option<String>,
    /// Modified since: 7d, 12h, 2026-02-03
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Modified before, or on this day
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
    /// relevance, modified or path [default: relevance]
    #[arg(long)]
    pub sort: Option<String>,
    /// natural or obsidian [default: natural]
    #[arg(long)]
    pub syntax: Option<String>,
    /// Passages a note, 1 to 5 [default: 1]
    #[arg(long)]
    pub passages: Option<usize>,
    /// Characters a snippet, 0 for none [default: 240]
    #[arg(long)]
    pub snippet_chars: Option<usize>,
    /// Only hits with this score, 0 to 1
    #[arg(long)]
    pub min_score: Option<f32>,
    /// Tell how the query was read and why each hit ranks where it does
    #[arg(long)]
    pub explain: bool,
    /// Wait until the index has reached this generation
    #[arg(long, value_name = "N")]
    pub min_generation: Option<u64>,
    #[command(flatten)]
    pub output: JsonArg,
}

/// Searches and prints the hits.
pub fn run(client: &Client, args: &SearchArgs) -> Result<ExitCode, Failure> {
    let input = SearchInput {
        q: (!args.query.is_empty()).then(|| args.query.join(" ")),
        limit: args.limit,
        offset: args.offset,
        source: args.source.clone(),
        path: args.path.clone(),
        tag: args.tag.clone(),
        origin: args.origin.clone(),
        since: args.since.clone(),
        until: args.until.clone(),
        sort: args.sort.clone(),
        passages: args.passages,
        snippet_chars: args.snippet_chars,
        min_score: args.min_score,
        syntax: args.syntax.clone(),
        explain: args.explain.then_some(true),
        min_generation: args.min_generation,
        wait_ms: None,
    };
    let answer = client.post("/v1/search", &input)?;
    let response: SearchResponse = answer.read()?;
    if args.output.json {
        print(answer.into_line())?;
        return Ok(found(response.hits.len(), response.index));
    }
    response.warnings.iter().for_each(|it| note(format_args!("warning: {it}")));
    response
        .corrected
        .iter()
        .for_each(|(word, terms)| note(format_args!("corrected: {word} -> {}", terms.join(", "))));
    if let Some(explain) = &response.explain {
        note(format_args!("query: {}", explain.parse));
    }
    print(response.hits.iter().map(words::hit).collect::<String>())?;
    let shown = args.offset.unwrap_or(0) + response.hits.len();
    if !response.hits.is_empty() && shown < response.total {
        note(format_args!(
            "{shown} of {} notes shown; more with --offset {shown}",
            response.total
        ));
    }
    Ok(found(response.hits.len(), response.index))
}

/// Returns the exit status of an answer, and warns when the index is behind: then "nothing" is no answer.
pub fn found(hits: usize, index: Index) -> ExitCode {
    if let Some(behind) = words::behind(index) {
        note(format_args!("{behind}\nhint: try again, and see `membridge status`"));
    }
    match (hits, index.stale) {
        (0, true) => ExitCode::from(FAILED),
        (0, false) => {
            note("nothing found");
            ExitCode::from(NOTHING_FOUND)
        }
        _ => ExitCode::SUCCESS,
    }
}
