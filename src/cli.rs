//! The command line: what can be typed, and which verb does it. Exit status 0 found or done, 1 nothing found, 2 an error.
//! Verbs that ask a server are thin clients of the HTTP API. The only door to clap.

use std::{
    fmt::Display,
    io::{self, ErrorKind, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, CommandFactory, Parser, Subcommand};
use clap_complete::Shell;

use crate::cli::{
    brief::BriefArgs,
    client::{Client, Failure},
    context::ContextArgs,
    doctor::DoctorArgs,
    edit::EditArgs,
    get::GetArgs,
    history::{ChangesArgs, DiffArgs, HistoryArgs},
    init::InitArgs,
    links::{LinksArgs, ResolveArgs},
    lint::LintArgs,
    list::{LsArgs, RecentArgs},
    pr::PrVerb,
    remember::{JournalArgs, RememberArgs},
    search::SearchArgs,
    settings::Settings,
    skills::SkillsArgs,
    tags::TagsArgs,
    write::{MvArgs, PutArgs, RestoreArgs, RmArgs},
};
use crate::http::words::one_line;

pub mod settings;
pub mod logging;
pub mod serve;
pub mod mcp;
pub mod check;
pub mod doctor;
pub mod init;
pub mod man;
pub mod client;
pub mod search;
pub mod context;
pub mod brief;
pub mod get;
pub mod list;
pub mod links;
pub mod tags;
pub mod skills;
pub mod lint;
pub mod status;
pub mod text;
pub mod receipt;
pub mod write;
pub mod edit;
pub mod remember;
pub mod history;
pub mod pr;
pub mod eval;
pub mod parse;

const NOTHING_FOUND: u8 = 1;
const FAILED: u8 = 2;

/// Makes an Obsidian vault the long-term memory of an AI agent.
#[derive(Debug, Parser)]
#[command(name = "membridge", version, after_help = CLIENT_HELP, max_term_width = 120)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

const CLIENT_HELP: &str = "All verbs but init, serve, check, doctor, eval, parse, completions and man ask a running server: MEMBRIDGE_URL (http://127.0.0.1:7979 when unset) and \
MEMBRIDGE_TOKEN.\n\nExit status: 0 found or done, 1 nothing found, 2 an error (its hint on stderr), or nothing found by an index that is behind.";

#[derive(Debug, Subcommand)]
enum Verb {
    /// Search the notes: a citation a hit, then the snippet
    #[command(after_help = search::EXAMPLES)]
    Search(SearchArgs),
    /// Print what is worth reading for a question, within a budget of tokens
    #[command(after_help = context::EXAMPLES)]
    Context(ContextArgs),
    /// Print what to read at the start of a conversation, within a budget of tokens
    #[command(after_help = brief::EXAMPLES)]
    Brief(BriefArgs),
    /// Read a note, or the lines that a citation names
    #[command(after_help = get::EXAMPLES)]
    Get(GetArgs),
    /// List notes by path
    Ls(LsArgs),
    /// List the notes that changed last, newest first
    Recent(RecentArgs),
    /// Tell where a file's links lead, and who links to it
    #[command(after_help = links::LINKS_EXAMPLES)]
    Links(LinksArgs),
    /// Tell which file a name or link means
    #[command(after_help = links::RESOLVE_EXAMPLES)]
    Resolve(ResolveArgs),
    /// Find the skill that fits a task
    Skills(SkillsArgs),
    /// List the tags, with how many notes bear each
    Tags(TagsArgs),
    /// List what is odd: broken and ambiguous links, names that collide, properties that Obsidian cannot read
    Lint(LintArgs),
    /// Make a memory: one note in the agent's folder
    #[command(after_help = remember::REMEMBER_EXAMPLES)]
    Remember(RememberArgs),
    /// Append an entry to the agent's daily note
    #[command(after_help = remember::JOURNAL_EXAMPLES)]
    Journal(JournalArgs),
    /// Create a note, or replace its whole text
    #[command(after_help = write::WRITE_EXAMPLES)]
    Write(PutArgs),
    /// Change parts of a note
    #[command(after_help = edit::EXAMPLES)]
    Edit(Box<EditArgs>),
    /// Move a note to the vault's trash
    Rm(RmArgs),
    /// Move a note, and rewrite the links that lead to it
    #[command(after_help = write::MV_EXAMPLES)]
    Mv(MvArgs),
    /// Tell who changed a note when, and why
    History(HistoryArgs),
    /// Tell how two versions of a note differ
    #[command(after_help = history::DIFF_EXAMPLES)]
    Diff(DiffArgs),
    /// Bring an old version of a note back
    #[command(after_help = write::RESTORE_EXAMPLES)]
    Restore(RestoreArgs),
    /// Tell what changed in a vault, and by whom
    #[command(after_help = history::CHANGES_EXAMPLES)]
    Changes(ChangesArgs),
    /// List, show and tell of pull requests
    #[command(after_help = pr::EXAMPLES)]
    Pr {
        #[command(subcommand)]
        verb: PrVerb,
    },
    /// Tell how the server and its index are
    Status(JsonArg),
    /// Prepare a vault: the agent's folder, a base, a page for the agent, and the configuration; shows all of it and asks
    #[command(after_help = init::EXAMPLES)]
    Init(InitArgs),
    /// Run the server
    Serve(Settings),
    /// Serve the tools of a running server to an MCP client, over standard input and output
    #[command(after_help = mcp::EXAMPLES)]
    Mcp,
    /// Check the configuration and print what it amounts to
    Check(Settings),
    /// Look at everything that the service needs, and say how to mend what is wrong
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(DoctorArgs),
    /// Measure how well searches find the notes that they should
    Eval(EvalArgs),
    /// Print what the parser sees in a note, in the shape of Obsidian's metadata cache
    Parse {
        /// A Markdown file
        file: PathBuf,
    },
    /// Print a completion script for a shell
    #[command(after_help = "Example: membridge completions bash > ~/.local/share/bash-completion/completions/membridge")]
    Completions { shell: Shell },
    /// Print the manual, or write a page for each verb
    #[command(after_help = man::EXAMPLES)]
    Man {
        /// The folder for the pages, such as ~/.local/share/man/man1
        #[arg(long, value_name = "DIR")]
        dir: Option<PathBuf>,
    },
}

/// The choice of output that the verbs share.
#[derive(Debug, Clone, Args)]
pub struct JsonArg {
    /// Print the server's JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// What `eval` measures.
#[derive(Debug, Clone, Args)]
pub struct EvalArgs {
    /// The folder of notes to search
    #[arg(long, value_name = "DIR")]
    pub vault: PathBuf,
    /// The queries and the notes that each should find, one JSON object a line
    #[arg(long, value_name = "FILE.jsonl")]
    pub queries: PathBuf,
    /// Print JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// Runs the command line of this process.
pub fn run() -> ExitCode {
    // Wrong usage ends here with status 2, `--help` and `--version` with 0.
    let result = match Cli::parse().verb {
        Verb::Search(args) => ask(|client| search::run(client, &args)),
        Verb::Context(args) => ask(|client| context::run(client, &args)),
        Verb::Brief(args) => ask(|client| brief::run(client, &args)),
        Verb::Get(args) => ask(|client| get::run(client, &args)),
        Verb::Ls(args) => ask(|client| list::ls(client, &args)),
        Verb::Recent(args) => ask(|client| list::recent(client, &args)),
        Verb::Links(args) => ask(|client| links::links(client, &args)),
        Verb::Resolve(args) => ask(|client| links::resolve(client, &args)),
        Verb::Skills(args) => ask(|client| skills::run(client, &args)),
        Verb::Tags(args) => ask(|client| tags::run(client, &args)),
        Verb::Lint(args) => ask(|client| lint::run(client, &args)),
        Verb::Remember(args) => ask(|client| remember::remember(client, &args)),
        Verb::Journal(args) => ask(|client| remember::journal(client, &args)),
        Verb::Write(args) => ask(|client| write::write(client, &args)),
        Verb::Edit(args) => ask(|client| edit::run(client, &args)),
        Verb::Rm(args) => ask(|client| write::rm(client, &args)),
        Verb::Mv(args) => ask(|client| write::mv(client, &args)),
        Verb::History(args) => ask(|client| history::history(client, &args)),
        Verb::Diff(args) => ask(|client| history::diff(client, &args)),
        Verb::Restore(args) => ask(|client| write::restore(client, &args)),
        Verb::Changes(args) => ask(|client| history::changes(client, &args)),
        Verb::Pr { verb } => ask(|client| pr::run(client, &verb)),
        Verb::Status(args) => ask(|client| status::run(client, &args)),
        Verb::Serve(settings) => serve::run(&settings.into_flags()),
        Verb::Mcp => ask(mcp::run),
        Verb::Check(settings) => check::run(&settings.into_flags()).map_err(Into::into),
        Verb::Doctor(args) => doctor::run(args).map_err(Into::into),
        Verb::Eval(args) => eval::run(&args.vault, &args.queries, args.json).map(|()| ExitCode::SUCCESS),
        Verb::Parse { file } => parse::run(&file).map(|()| ExitCode::SUCCESS),
        Verb::Init(args) => init::run(&args),
        Verb::Man { dir } => man::run(Cli::command(), dir.as_deref())
            .map(|()| ExitCode::SUCCESS)
            .map_err(Into::into),
        Verb::Completions { shell } => completions(shell).map(|()| ExitCode::SUCCESS).map_err(Into::into),
    };
    result.unwrap_or_else(|error| {
        // Whoever closed the pipe has read enough: `membridge ls | head`.
        if error
            .chain()
            .any(|it| it.downcast_ref::<io::Error>().is_some_and(|it| it.kind() == ErrorKind::BrokenPipe))
        {
            return ExitCode::SUCCESS;
        }
        note(format_args!("membridge: {error:#}"));
        ExitCode::from(FAILED)
    })
}

fn ask(verb: impl FnOnce(&Client) -> Result<ExitCode, Failure>) -> anyhow::Result<ExitCode> {
    match Client::from_environment().and_then(|client| verb(&client)) {
        Ok(code) => Ok(code),
        Err(Failure::Output(error)) => Err(error.into()),
        Err(failure) => {
            note(&failure);
            Ok(ExitCode::from(if failure.is_nothing_found() { NOTHING_FOUND } else { FAILED }))
        }
    }
}

fn completions(shell: Shell) -> io::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "membridge", &mut script);
    io::stdout().write_all(&script)
}

/// Prints text that the caller asked for.
fn print(text: impl AsRef<[u8]>) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_ref())
        .and_then(|()| stdout.flush())
        .map_err(Failure::Output)
}

/// Prints what the caller should know beside the answer. A closed stderr is no reason to fail.
fn note(text: impl Display) {
    drop(writeln!(io::stderr(), "{text}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_hold_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_may_stand_behind_the_query() {
        let cli = Cli::try_parse_from(["membridge", "search", "copper", "ledger", "--limit", "3", "--json"]).unwrap();
        let Verb::Search(args) = cli.verb else { panic!("{cli:?}") };
        assert_eq!((args.query.join(" ").as_str(), args.limit), ("copper ledger", Some(3)));
    }

    #[test]
    fn wrong_usage_is_status_2() {
        assert_eq!(Cli::try_parse_from(["membridge", "serach"]).unwrap_err().exit_code(), 2);
        assert_eq!(
            Cli::try_parse_from(["membridge", "search", "--limit", "many"])
                .unwrap_err()
                .exit_code(),
            2
        );
    }
}
