//! `membridge history`, `diff` and `changes`: what git knows.

use std::process::ExitCode;

use clap::Args;

use crate::{
    cli::{
        JsonArg, NOTHING_FOUND,
        client::{Client, Failure, encode_path},
        links::given,
        one_line, print,
    },
    http::history::{ChangesResponse, CommitEntry, DiffResponse, HistoryResponse, changed::ChangedNote},
};

/// Shown below the options.
pub const DIFF_EXAMPLES: &str = "Without versions: what the last commit of the note changed, and what nobody committed yet.

Examples:
  membridge diff Projects/Copper.md
  membridge diff Projects/Copper.md --from 7d
  membridge diff Projects/Copper.md --from 1a2b3c4 --to 5d6e7f8";
pub const CHANGES_EXAMPLES: &str = "Examples:
  membridge changes --since 2d
  membridge changes --since 1a2b3c4";

/// Whose history to tell.
#[derive(Debug, Clone, Args)]
pub struct HistoryArgs {
    /// A path below the vault (`.md` may be left out)
    pub path: String,
    /// Commits at most
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// The source of a path that names none
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    #[command(flatten)]
    pub output: JsonArg,
}

/// Which versions to compare.
#[derive(Debug, Clone, Args)]
pub struct DiffArgs {
    /// A path below the vault (`.md` may be left out)
    pub path: String,
    /// A commit, a date or an age
    #[arg(long, value_name = "COMMIT_OR_DATE")]
    pub from: Option<String>,
    /// A commit, a date or an age; the note as it is when left out
    #[arg(long, value_name = "COMMIT_OR_DATE")]
    pub to: Option<String>,
    /// The source of a path that names none
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    #[command(flatten)]
    pub output: JsonArg,
}

/// Since when.
#[derive(Debug, Clone, Args)]
pub struct ChangesArgs {
    /// A commit, a date, a time or an age; 7d when left out
    #[arg(long, value_name = "COMMIT_OR_DATE")]
    pub since: Option<String>,
    /// Commits at most
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// The vault; the first when left out
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    #[command(flatten)]
    pub output: JsonArg,
}

/// Prints a line a commit, newest first.
pub fn history(client: &Client, args: &HistoryArgs) -> Result<ExitCode, Failure> {
    let path = format!("/v1/history/{}", encode_path(&args.path));
    let limit = args.limit.map(|it| it.to_string());
    let answer = client.get(&path, &given([("limit", &limit), ("source", &args.source)]), "application/json")?;
    let response: HistoryResponse = answer.read()?;
    if args.output.json {
        print(answer.into_line())?;
    } else {
        print(response.commits.iter().map(line).collect::<String>())?;
    }
    Ok(status(!response.commits.is_empty()))
}

/// Prints a unified diff; nothing when the versions are the same.
pub fn diff(client: &Client, args: &DiffArgs) -> Result<ExitCode, Failure> {
    let path = format!("/v1/diff/{}", encode_path(&args.path));
    let parameters = given([("from", &args.from), ("to", &args.to), ("source", &args.source)]);
    let answer = client.get(&path, &parameters, "application/json")?;
    let response: DiffResponse = answer.read()?;
    if args.output.json {
        print(answer.into_line())?;
    } else {
        print(&response.diff)?;
    }
    Ok(status(!response.diff.is_empty()))
}

/// Prints a line a note with the last commit that changed it, then a line a commit.
pub fn changes(client: &Client, args: &ChangesArgs) -> Result<ExitCode, Failure> {
    let limit = args.limit.map(|it| it.to_string());
    let parameters = given([("since", &args.since), ("limit", &limit), ("source", &args.source)]);
    let answer = client.get("/v1/changes", &parameters, "application/json")?;
    let response: ChangesResponse = answer.read()?;
    if args.output.json {
        print(answer.into_line())?;
    } else {
        let commits = &response.found.commits;
        let newest = |it: &ChangedNote| commits.iter().find(|commit| it.commits.first() == Some(&commit.commit));
        let notes = response.found.notes.iter().map(|it| note_line(it, newest(it)));
        print(notes.chain(response.found.commits.iter().map(line)).collect::<String>())?;
    }
    Ok(status(!response.found.commits.is_empty()))
}

fn status(is_found: bool) -> ExitCode {
    if is_found {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(NOTHING_FOUND)
    }
}

/// `modified  apps/a.yaml  1a2b3c4d  fix: grow the volume (#7)  Ada  Agent/PRs/..7.md`: the last commit that
/// changed it, and where its pull request is told of.
fn note_line(note: &ChangedNote, newest: Option<&CommitEntry>) -> String {
    let last = newest.map(|it| {
        let short: String = it.commit.chars().take(8).collect();
        let author = it.author.split(" <").next().unwrap_or_default();
        let request = it.pull_request_note.as_ref().or(it.pull_request_url.as_ref());
        let request = request.map(|it| format!("  {}", one_line(it))).unwrap_or_default();
        format!("  {short}  {}  {}{request}", one_line(&it.subject), one_line(author))
    });
    format!("{:8}  {}{}\n", note.change, one_line(&note.path), last.unwrap_or_default())
}

/// `1a2b3c4d  2026-02-03T10:00:00Z  claw (s-7)  note: A (edit)  learned today`.
fn line(commit: &CommitEntry) -> String {
    let short: String = commit.commit.chars().take(8).collect();
    let author = commit.author.split(" <").next().unwrap_or_default();
    let session = commit.session.as_ref().map(|it| format!(" ({})", one_line(it))).unwrap_or_default();
    let reason = commit.reason.as_ref().map(|it| format!("  {}", one_line(it))).unwrap_or_default();
    format!(
        "{short}  {}  {}{session}  {}{reason}\n",
        commit.time,
        one_line(author),
        one_line(&commit.subject)
    )
}
