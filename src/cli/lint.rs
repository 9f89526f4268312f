//! `membridge lint`: what is odd in a vault, a finding a line, the counts on stderr.

use std::process::ExitCode;

use clap::Args;

use crate::{
    cli::{
        JsonArg,
        client::{Client, Failure},
        links::given,
        note, one_line, print,
        search::found,
    },
    http::lint::{FindingEntry, LintResponse},
};

/// Which findings to list.
#[derive(Debug, Clone, Args)]
pub struct LintArgs {
    /// Only this kind: unresolved-link, ambiguous-link, comma-tags, invalid-frontmatter, twin-names, conflict-copy, duplicate-block or
    /// mixed-line-ends
    #[arg(long)]
    pub kind: Option<String>,
    /// Findings to print, 1 to 10000
    #[arg(long, short = 'n', default_value_t = 100)]
    pub limit: usize,
    /// Only this source
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    #[command(flatten)]
    pub output: JsonArg,
}

/// Asks and prints. A vault without findings is status 1: nothing was found.
pub fn run(client: &Client, args: &LintArgs) -> Result<ExitCode, Failure> {
    let limit = Some(args.limit.to_string());
    let parameters = given([("kind", &args.kind), ("limit", &limit), ("source", &args.source)]);
    let answer = client.get("/v1/lint", &parameters, "application/json")?;
    let response: LintResponse = answer.read()?;
    if args.output.json {
        print(answer.into_line())?;
    } else {
        let line = |it: &FindingEntry| format!("{}#L{}  {}: {}\n", one_line(&it.path), it.line, it.kind, one_line(&it.detail));
        print(response.findings.iter().map(line).collect::<String>())?;
        let counts: Vec<String> = response
            .counts
            .iter()
            .filter(|(_, n)| **n > 0)
            .map(|(kind, n)| format!("{n} {kind}"))
            .collect();
        if !counts.is_empty() {
            note(counts.join(", "));
        }
        let total: usize = response.counts.values().sum();
        if response.findings.len() < total {
            note(format_args!(
                "{} of {total} findings shown; more with --limit",
                response.findings.len()
            ));
        }
    }
    Ok(found(response.findings.len(), response.index))
}
