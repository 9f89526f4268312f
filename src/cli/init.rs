//! `membridge init`: proposes what a vault needs to become an agent's memory, shows it, asks, and makes it. Never changes a file that is there.

use std::{
    env,
    ffi::OsStr,
    io::{self, BufRead, IsTerminal, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result};
use clap::Args;

use crate::{
    cli::{
        FAILED, check,
        doctor::shell,
        init::{
            files::{Proposed, There, look, make, show},
            plan::{beside_what_is_there, propose},
        },
        note, print,
    },
    config::{self, Flags},
};

mod existing;
mod files;
mod plan;
mod texts;

pub const EXAMPLES: &str = "Examples:\n  membridge init ~/Notes\n  membridge init ~/Notes --listen 0.0.0.0:7979 --yes";

/// What `brief` begins with.
const AGENTS_PAGE: &str = "AGENTS.md";

/// What is to be prepared.
#[derive(Debug, Clone, Args)]
pub struct InitArgs {
    /// The folder of the vault
    #[arg(default_value = ".")]
    vault: PathBuf,
    /// Where to put the configuration (default: membridge/membridge.yaml in ~/.config)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The folder of the vault that is to be the agent's
    #[arg(long, value_name = "FOLDER", default_value = "Agent")]
    agent_folder: String,
    /// Where the index and unfinished work are kept, outside the vault
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// The address to serve on (default: 127.0.0.1:7979); any but a loopback one needs a token, which is made
    #[arg(long, value_name = "ADDR:PORT")]
    listen: Option<SocketAddr>,
    /// Make a token for a loopback address, too
    #[arg(long)]
    token: bool,
    /// Write without asking
    #[arg(long)]
    yes: bool,
}

/// Proposes, shows, asks and writes. Exit status 0 also when there is nothing to do; 2 when the answer is no, nobody can be asked, or the configuration
/// that is there is another.
pub fn run(args: &InitArgs) -> Result<ExitCode> {
    let planned = match propose(args)? {
        Ok(plan) => {
            if let Some(found) = plan.found_folder() {
                note(format_args!("the agent's folder is `{found}`, as it is called in the vault"));
            }
            beside_what_is_there(plan)
        }
        Err(why) => Err(why),
    };
    let proposed = match planned {
        Ok(proposed) => proposed,
        Err(why) => {
            note(why.trim_end());
            return Ok(ExitCode::from(FAILED));
        }
    };
    let mut shown = String::new();
    let mut wanted = Vec::new();
    for it in &proposed {
        let there = look(it);
        shown += &show(it, &there);
        if there == There::Nothing {
            wanted.push(it);
        }
    }
    print(shown).map_err(|it| anyhow::anyhow!("{it}"))?;
    let config = &proposed[proposed.len() - 1].path;
    if wanted.is_empty() {
        note("nothing to do: all of it is there");
    } else {
        if !args.yes && !is_agreed(wanted.len())? {
            note("nothing was written");
            return Ok(ExitCode::from(FAILED));
        }
        for it in wanted {
            make(it).with_context(|| format!("make `{}`; what was made before it stays", it.path.display()))?;
        }
    }
    Ok(finish(config, &proposed))
}

fn is_agreed(files: usize) -> Result<bool> {
    if !io::stdin().is_terminal() {
        note("nobody can be asked: there is no terminal; --yes writes without asking");
        return Ok(false);
    }
    let plural = if files == 1 { "" } else { "s" };
    write!(io::stderr(), "Make {files} file{plural}? [y/N] ")?;
    io::stderr().flush()?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(matches!(line.trim().to_lowercase().as_str(), "y" | "yes"))
}

/// Reads the configuration as the service will, and says what comes next.
fn finish(config: &Path, proposed: &[Proposed]) -> ExitCode {
    let flags = Flags {
        config: Some(config.to_owned()),
        ..Flags::default()
    };
    if let Err(found) = config::load(&flags, &|name| env::var_os(name)) {
        note(check::report("problem", &found.problems).trim_end());
        return ExitCode::from(FAILED);
    }
    // It is not told as a difference above: that page may be meant for others.
    if let Some(name) = proposed.iter().filter_map(|it| it.path.file_name()).find(|it| is_like_the_page(it)) {
        note(format_args!(
            "`brief` begins with {AGENTS_PAGE}, and yours is `{}`: rename it, should it be for the agent",
            name.display()
        ));
    }
    let shown = shell(&config.to_string_lossy());
    note(format_args!("next: membridge serve --config {shown}"));
    note(format_args!("then: membridge doctor --config {shown}"));
    if let Some(token) = proposed.iter().find(|it| it.is_secret) {
        let file = shell(&token.path.to_string_lossy());
        note(format_args!("for the agent: export MEMBRIDGE_TOKEN=$(cat {file})"));
    }
    ExitCode::SUCCESS
}

/// Says whether that is the agent's page under a name by which it is not read.
fn is_like_the_page(name: &OsStr) -> bool {
    name.eq_ignore_ascii_case(AGENTS_PAGE) && name != AGENTS_PAGE
}
