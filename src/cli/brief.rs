//! `membridge brief`: what to read at the start of a conversation, as text for a model.

use std::process::ExitCode;

use clap::Args;

use crate::{
    cli::{
        JsonArg,
        client::{Client, Failure},
        context::tell_omitted,
        links::given,
        note, one_line, print,
        search::found,
    },
    http::brief::BriefResponse,
};

/// Shown below the options.
pub const EXAMPLES: &str =
    "The vault's AGENTS.md, notes with `memory: pinned`, open pull requests, the last entries of the journal, what changed and by whom.
The last line is what to type next time, so that only later changes are told.

Examples:
  membridge brief
  membridge brief --budget 1000 --since 3b18e5aa0123@2026-02-03T10:00:00Z
  membridge brief --since 2d";

/// What the brief may cost, and from when on changes are told.
#[derive(Debug, Clone, Args)]
pub struct BriefArgs {
    /// Tokens to print at most, 50 to 32000 [default: 2000]
    #[arg(long, short = 'b', value_name = "TOKENS")]
    pub budget: Option<usize>,
    /// Changes since: what an earlier brief ended with, a commit, a date or an age [default: 7d]
    #[arg(long, value_name = "CURSOR")]
    pub since: Option<String>,
    /// The vault; the first when left out
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Wait until the index has reached this generation
    #[arg(long, value_name = "N")]
    pub min_generation: Option<u64>,
    #[command(flatten)]
    pub output: JsonArg,
}

/// Asks and prints.
pub fn run(client: &Client, args: &BriefArgs) -> Result<ExitCode, Failure> {
    let budget = args.budget.map(|it| it.to_string());
    let generation = args.min_generation.map(|it| it.to_string());
    let parameters = given([
        ("budget", &budget),
        ("since", &args.since),
        ("source", &args.source),
        ("min_generation", &generation),
    ]);
    let answer = client.get("/v1/brief", &parameters, "application/json")?;
    let response: BriefResponse = answer.read()?;
    // A vault in which nothing is pinned and nothing happened is no failure.
    let status = found(1, response.index);
    if args.output.json {
        print(answer.into_line())?;
        return Ok(status);
    }
    response
        .warnings
        .iter()
        .for_each(|it| note(format_args!("warning: {}", one_line(it))));
    print(response.text())?;
    tell_omitted(response.omitted, response.used, response.budget);
    Ok(status)
}
