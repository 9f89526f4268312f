//! `membridge remember` and `membridge journal`: what the agent learned.

use std::process::ExitCode;

use clap::Args;

use crate::{
    cli::{
        client::{Client, Failure},
        note, one_line,
        receipt::{Body, WriteArgs, json},
        text::text_of,
    },
    http::memories::MemoryResponse,
};

/// Shown below the options.
pub const REMEMBER_EXAMPLES: &str = "Notes that may say the same are told on stderr.

Examples:
  membridge remember 'The NAS reboots on Sundays at 3.' --topic homelab --tag nas
  membridge remember --title 'Copper prices' --supersedes 'Agent/Memories/Copper.md' < note.md";
pub const JOURNAL_EXAMPLES: &str = "Examples:
  membridge journal 'Moved the backups to the new disk.' --heading Backups";

/// What to remember.
#[derive(Debug, Clone, Args)]
pub struct RememberArgs {
    /// The text; standard input when left out
    #[arg(allow_hyphen_values = true)]
    pub text: Option<String>,
    /// The name of the note; made of the first line when left out
    #[arg(long)]
    pub title: Option<String>,
    /// A folder for notes about one thing, such as kubernetes or people/ada
    #[arg(long)]
    pub topic: Option<String>,
    /// A tag, without `#`
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// The name of a note that this has to do with
    #[arg(long = "link", value_name = "NOTE")]
    pub links: Vec<String>,
    /// The note that this one takes the place of
    #[arg(long, value_name = "PATH")]
    pub supersedes: Option<String>,
    /// Where it comes from
    #[arg(long, value_name = "TEXT")]
    pub learned_from: Option<String>,
    #[command(flatten)]
    pub write: WriteArgs,
}

/// What to put into the day's note.
#[derive(Debug, Clone, Args)]
pub struct JournalArgs {
    /// The text; standard input when left out
    #[arg(allow_hyphen_values = true)]
    pub text: Option<String>,
    /// What it is about
    #[arg(long)]
    pub heading: Option<String>,
    /// The day, such as 2026-02-03; today when left out
    #[arg(long)]
    pub date: Option<String>,
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Makes a memory.
pub fn remember(client: &Client, args: &RememberArgs) -> Result<ExitCode, Failure> {
    let list = |it: &Vec<String>| (!it.is_empty()).then(|| json(it));
    let body = Body::fields([
        ("text", Some(json(&text_of(args.text.as_deref())?))),
        ("title", args.title.as_ref().map(json)),
        ("topic", args.topic.as_ref().map(json)),
        ("tags", list(&args.tags)),
        ("links", list(&args.links)),
        ("supersedes", args.supersedes.as_ref().map(json)),
        ("source", args.learned_from.as_ref().map(json)),
    ]);
    let answer = args.write.ask(client, "POST", "/v1/memories", Body::Json(&body))?;
    let memory: MemoryResponse = answer.read()?;
    if !args.write.output.json {
        for similar in &memory.similar {
            note(format_args!("similar: {} ({:.2})", one_line(&similar.path), similar.score));
        }
    }
    args.write.tell(&memory.receipt, answer)
}

/// Appends to the day's note.
pub fn journal(client: &Client, args: &JournalArgs) -> Result<ExitCode, Failure> {
    let body = Body::fields([
        ("text", Some(json(&text_of(args.text.as_deref())?))),
        ("heading", args.heading.as_ref().map(json)),
        ("date", args.date.as_ref().map(json)),
    ]);
    args.write.send(client, "POST", "/v1/journal", Body::Json(&body))
}
