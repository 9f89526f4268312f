//! `membridge write`, `rm`, `mv` and `restore`: whole notes.

use std::process::ExitCode;

use clap::Args;

use crate::cli::{
    client::{Client, Failure, encode_path},
    receipt::{Body, WriteArgs, json},
    text::text_of,
};

/// Shown below the options.
pub const WRITE_EXAMPLES: &str = "Examples:
  membridge write Agent/Copper.md '# Copper'
  membridge get Agent/Copper.md --raw | sed 's/tin/zinc/' | membridge write Agent/Copper.md --if-match 3b18e5…";
pub const MV_EXAMPLES: &str = "Links that lead to the note are rewritten in the notes that may be written; the others are told.

Examples:
  membridge mv Agent/Memories/Copper.md Agent/Memories/metals/Copper.md";
pub const RESTORE_EXAMPLES: &str = "Examples:
  membridge restore Agent/Copper.md --at 1a2b3c4
  membridge restore Agent/Copper.md --at 2d";

/// Which note to write whole.
#[derive(Debug, Clone, Args)]
pub struct PutArgs {
    /// A path below the vault
    pub path: String,
    /// The text; standard input when left out
    #[arg(allow_hyphen_values = true)]
    pub text: Option<String>,
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Which note to remove.
#[derive(Debug, Clone, Args)]
pub struct RmArgs {
    /// A path below the vault
    pub path: String,
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Which note to move.
#[derive(Debug, Clone, Args)]
pub struct MvArgs {
    /// The note's path
    pub from: String,
    /// Its new path
    pub to: String,
    /// Leave the links that lead to it
    #[arg(long)]
    pub no_links: bool,
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Which version to bring back.
#[derive(Debug, Clone, Args)]
pub struct RestoreArgs {
    /// A path below the vault
    pub path: String,
    /// A commit, a date or an age
    #[arg(long, value_name = "COMMIT_OR_DATE")]
    pub at: String,
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Creates a note, or replaces its text.
pub fn write(client: &Client, args: &PutArgs) -> Result<ExitCode, Failure> {
    let text = text_of(args.text.as_deref())?;
    // What was typed as an argument has no line end of its own.
    let text = if args.text.is_some() && !text.ends_with('\n') {
        format!("{text}\n")
    } else {
        text
    };
    let path = format!("/v1/notes/{}", encode_path(&args.path));
    args.write.send(client, "PUT", &path, Body::Markdown(&text))
}

/// Moves a note to the trash.
pub fn rm(client: &Client, args: &RmArgs) -> Result<ExitCode, Failure> {
    let path = format!("/v1/notes/{}", encode_path(&args.path));
    args.write.send(client, "DELETE", &path, Body::Nothing)
}

/// Moves a note.
pub fn mv(client: &Client, args: &MvArgs) -> Result<ExitCode, Failure> {
    let path = format!("/v1/move/{}", encode_path(&args.from));
    let body = Body::fields([("to", Some(json(&args.to))), ("update_links", Some(json(&!args.no_links)))]);
    args.write.send(client, "POST", &path, Body::Json(&body))
}

/// Brings an old version back.
pub fn restore(client: &Client, args: &RestoreArgs) -> Result<ExitCode, Failure> {
    let path = format!("/v1/restore/{}", encode_path(&args.path));
    let body = Body::fields([("at", Some(json(&args.at)))]);
    args.write.send(client, "POST", &path, Body::Json(&body))
}
