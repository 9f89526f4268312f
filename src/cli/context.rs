//! `membridge context`: a question to the server, what there is to read for it as text for a model.

use std::process::ExitCode;

use clap::Args;

use crate::{
    cli::{
        JsonArg,
        client::{Client, Failure},
        note, one_line, print,
        search::found,
    },
    http::{
        context::{ContextInput, ContextResponse},
        gather::BUDGET_MOST,
    },
};

/// Shown below the options.
pub const EXAMPLES: &str =
    "Each passage has a line of its own with its citation, the title and, where not the owner wrote it, who did; its text is indented.

Examples:
  membridge context 'where is the copper ledger kept?' --budget 2000
  membridge context 'what did we decide about backups' --since 90d --no-pinned";

/// What to ask, and what the answer may cost.
#[derive(Debug, Clone, Args)]
pub struct ContextArgs {
    /// The question, in words
    #[arg(required = true)]
    pub question: Vec<String>,
    /// Tokens to print at most, 50 to 32000 [default: 2000]
    #[arg(long, short = 'b', value_name = "TOKENS")]
    pub budget: Option<usize>,
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
    /// Leave out the pinned notes
    #[arg(long)]
    pub no_pinned: bool,
    /// Leave out the notes that are linked with what was found
    #[arg(long)]
    pub no_links: bool,
    /// Wait until the index has reached this generation
    #[arg(long, value_name = "N")]
    pub min_generation: Option<u64>,
    #[command(flatten)]
    pub output: JsonArg,
}

/// Asks and prints. Pinned notes alone are no answer: status 1.
pub fn run(client: &Client, args: &ContextArgs) -> Result<ExitCode, Failure> {
    let input = ContextInput {
        question: args.question.join(" "),
        budget: args.budget,
        source: args.source.clone(),
        path: args.path.clone(),
        tag: args.tag.clone(),
        origin: args.origin.clone(),
        since: args.since.clone(),
        until: args.until.clone(),
        pinned: args.no_pinned.then_some(false),
        links: args.no_links.then_some(false),
        min_generation: args.min_generation,
        wait_ms: None,
    };
    let answer = client.post("/v1/context", &input)?;
    let response: ContextResponse = answer.read()?;
    let status = |response: &ContextResponse| {
        let hits = response.passages.iter().filter(|it| it.by == "search").count();
        // What was found and does not fit is no "nothing".
        found(hits.max(usize::from(response.total > 0)), response.index)
    };
    if args.output.json {
        print(answer.into_line())?;
        return Ok(status(&response));
    }
    response
        .warnings
        .iter()
        .for_each(|it| note(format_args!("warning: {}", one_line(it))));
    response
        .corrected
        .iter()
        .for_each(|(word, terms)| note(format_args!("corrected: {word} -> {}", terms.join(", "))));
    print(response.text())?;
    tell_omitted(response.omitted, response.used, response.budget);
    Ok(status(&response))
}

/// Says how much did not fit.
pub fn tell_omitted(omitted: usize, used: usize, budget: usize) {
    if let Some(told) = omission(omitted, used, budget) {
        note(told);
    }
}

fn omission(omitted: usize, used: usize, budget: usize) -> Option<String> {
    let next = if budget < BUDGET_MOST {
        "more with --budget"
    } else {
        "that is the most at once: `membridge search` and `membridge get` find the rest"
    };
    (omitted > 0).then(|| format!("{omitted} more left out ({used} of {budget} tokens used); {next}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_the_largest_budget_was_told_to_raise_it() {
        let check = |omitted, budget, expected: Option<&str>| {
            let told = omission(omitted, 1990, budget);
            assert_eq!(told.as_deref(), expected, "{budget}");
        };
        check(0, 2000, None);
        check(3, 2000, Some("3 more left out (1990 of 2000 tokens used); more with --budget"));
        let most =
            "3 more left out (1990 of 32000 tokens used); that is the most at once: `membridge search` and `membridge get` find the rest";
        check(3, 32_000, Some(most));
    }
}
