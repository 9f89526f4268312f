//! `membridge pr`: pull requests that have a note, and telling of one.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use serde_json::Value;

use crate::{
    cli::{
        JsonArg, NOTHING_FOUND,
        client::{Client, Failure, encode_path},
        links::given,
        note, one_line, print,
        text::text_of,
    },
    http::pull_requests::{AcceptedResponse, PullRequestEntry, PullRequestsResponse},
};

/// Shown below the options.
pub const EXAMPLES: &str = "Examples:
  membridge pr list --state open
  membridge pr show owner/name#7
  membridge pr sync owner/name#7
  membridge pr sync owner/name#7 --restore
  membridge pr add '{\"repo\": \"owner/name\", \"number\": 7, \"title\": \"Bump the image\", \"state\": \"merged\"}'";

/// What to do with pull requests.
#[derive(Debug, Clone, Subcommand)]
pub enum PrVerb {
    /// List the pull requests that are known
    List(PrListArgs),
    /// Print the note of one
    Show {
        /// `owner/name#7`, with the forge before it where two have the same
        #[arg(value_name = "REPO#NUMBER")]
        pr: String,
    },
    /// Have the forge asked about one, such as one that was just opened
    Sync {
        /// `owner/name#7`, with the forge before it where two have the same
        #[arg(value_name = "REPO#NUMBER")]
        pr: String,
        /// Bring its note back that was deleted, as it was last
        #[arg(long)]
        restore: bool,
        #[command(flatten)]
        output: JsonArg,
    },
    /// Tell of one that no configured forge tells of
    Add {
        /// One JSON object with `repo` and `number` at least; standard input when left out
        #[arg(value_name = "JSON")]
        text: Option<String>,
        #[command(flatten)]
        output: JsonArg,
    },
}

/// Which to list.
#[derive(Debug, Clone, Args)]
pub struct PrListArgs {
    /// open, closed or merged
    #[arg(long)]
    pub state: Option<String>,
    /// owner/name
    #[arg(long)]
    pub repo: Option<String>,
    #[command(flatten)]
    pub output: JsonArg,
}

/// Asks and prints.
pub fn run(client: &Client, verb: &PrVerb) -> Result<ExitCode, Failure> {
    match verb {
        PrVerb::List(args) => list(client, args),
        PrVerb::Show { pr } => show(client, pr),
        PrVerb::Sync { pr, restore, output } => {
            let (host, repo, number) = split(pr)?;
            let mut body = serde_json::json!({"repo": repo, "number": number, "restore": restore});
            if let Some(host) = host {
                body["host"] = host.into();
            }
            tell(client, "/v1/pull-requests/sync", &body, output)
        }
        PrVerb::Add { text, output } => {
            let text = text_of(text.as_deref())?;
            let body: Value = serde_json::from_str(&text).map_err(|error| unreadable(&format!("this is no JSON: {error}")))?;
            tell(client, "/v1/pull-requests", &body, output)
        }
    }
}

fn list(client: &Client, args: &PrListArgs) -> Result<ExitCode, Failure> {
    let parameters = given([("state", &args.state), ("repo", &args.repo)]);
    let answer = client.get("/v1/pull-requests", &parameters, "application/json")?;
    let response: PullRequestsResponse = answer.read()?;
    let is_empty = response.pull_requests.is_empty();
    if args.output.json {
        print(answer.into_line())?;
    } else {
        print(response.pull_requests.iter().map(line).collect::<String>())?;
    }
    Ok(if is_empty {
        note("nothing found");
        ExitCode::from(NOTHING_FOUND)
    } else {
        ExitCode::SUCCESS
    })
}

fn show(client: &Client, pr: &str) -> Result<ExitCode, Failure> {
    let answer = client.get("/v1/pull-requests", &[], "application/json")?;
    let response: PullRequestsResponse = answer.read()?;
    let is_meant =
        |it: &&PullRequestEntry| it.pr.eq_ignore_ascii_case(pr) || it.pr.split_once('/').is_some_and(|(_, it)| it.eq_ignore_ascii_case(pr));
    let found: Vec<&PullRequestEntry> = response.pull_requests.iter().filter(is_meant).collect();
    let [entry] = found[..] else {
        for it in &found {
            note(format_args!("could be meant: {}", one_line(&it.pr)));
        }
        if found.is_empty() {
            note(format_args!("no pull request `{}` is known", one_line(pr)));
        }
        return Ok(ExitCode::from(NOTHING_FOUND));
    };
    if let Some(problem) = &entry.problem {
        note(format_args!("`{}`: {}", one_line(&entry.pr), one_line(problem)));
    }
    let Some(path) = &entry.path else {
        note(format_args!("`{}` has no note yet", one_line(&entry.pr)));
        return Ok(ExitCode::from(NOTHING_FOUND));
    };
    if entry.note.as_deref() == Some("deleted") {
        note(format_args!(
            "the note of `{0}` was deleted and is not made again; `membridge pr sync '{0}' --restore` brings it back",
            one_line(&entry.pr)
        ));
        return Ok(ExitCode::from(NOTHING_FOUND));
    }
    let answer = client.get(&format!("/v1/notes/{}", encode_path(path)), &[], "text/markdown")?;
    print(answer.into_line())?;
    Ok(ExitCode::SUCCESS)
}

fn tell(client: &Client, path: &str, body: &Value, output: &JsonArg) -> Result<ExitCode, Failure> {
    let answer = client.post(path, body)?;
    let accepted: AcceptedResponse = answer.read()?;
    if output.json {
        print(answer.into_line())?;
    } else {
        print(format!("{} is looked at\n", one_line(&accepted.pr)))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn line(it: &PullRequestEntry) -> String {
    let path = it.path.as_deref().unwrap_or("(no note yet)");
    let note = it
        .note
        .as_deref()
        .map_or_else(String::new, |it| format!(" ({})", it.replace('-', " ")));
    format!(
        "{}  {}  {}  {}{note}\n",
        one_line(&it.pr),
        it.state,
        one_line(&it.title),
        one_line(path)
    )
}

/// Returns the forge where one is named, repository and number.
fn split(pr: &str) -> Result<(Option<String>, String, u64), Failure> {
    let parts = pr
        .rsplit_once('#')
        .and_then(|(repo, number)| Some((repo, number.parse::<u64>().ok()?)));
    let (repo, number) = parts.ok_or_else(|| unreadable(&format!("`{}` is no pull request", one_line(pr))))?;
    let is_host = |it: &str| it.contains('.') || it.contains(':') || it == "local";
    let (host, repo) = match repo.split_once('/') {
        Some((host, rest)) if is_host(host) && rest.contains('/') => (Some(host.to_owned()), rest),
        _ => (None, repo),
    };
    Ok((host, repo.to_owned(), number))
}

fn unreadable(message: &str) -> Failure {
    Failure::Unreachable {
        message: message.to_owned(),
        hint: "see `membridge pr --help`".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_request_is_named_with_or_without_its_forge() {
        let check = |text: &str, expected: Option<(Option<&str>, &str, u64)>| {
            let found = split(text).ok();
            let found = found.as_ref().map(|(host, repo, number)| (host.as_deref(), repo.as_str(), *number));
            assert_eq!(found, expected, "{text}");
        };
        check("owner/name#7", Some((None, "owner/name", 7)));
        check("git.example.org/owner/name#7", Some((Some("git.example.org"), "owner/name", 7)));
        check("local/owner/name#7", Some((Some("local"), "owner/name", 7)));
        check("group/sub/name#7", Some((None, "group/sub/name", 7)));
        check("owner/name", None);
        check("owner/name#x", None);
    }
}
