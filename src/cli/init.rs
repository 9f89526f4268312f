//! `membridge init`: proposes what a vault needs to become an agent's memory, shows it, asks, and makes it. Never changes a file that is there.

use std::{
    env, fs,
    io::{self, BufRead, ErrorKind, IsTerminal, Read, Write},
    net::SocketAddr,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf, absolute},
    process::ExitCode,
};

use anyhow::{Context, Result};
use clap::Args;
use similar::TextDiff;

use crate::{
    cli::{FAILED, check, doctor::shell, note, one_line, print},
    config::{self, Flags, values},
    io::vault::create_new,
};

mod texts;

pub const EXAMPLES: &str = "Examples:\n  membridge init ~/Notes\n  membridge init ~/Notes --listen 0.0.0.0:7979 --yes";

/// Bytes of a new token: as many as anybody may need.
const TOKEN_BYTES: usize = 32;
/// A file that is compared with what would be written; what is longer is told to be another.
const COMPARED_MOST: u64 = 1 << 20;

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
    /// The address to serve on; any but a loopback one needs a token, which is made
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:7979")]
    listen: SocketAddr,
    /// Make a token for a loopback address, too
    #[arg(long)]
    token: bool,
    /// Write without asking
    #[arg(long)]
    yes: bool,
}

/// A file that is to be made.
#[derive(Debug)]
struct Proposed {
    path: PathBuf,
    text: String,
    mode: u32,
    is_secret: bool,
}

/// What lies where a file is to be made.
#[derive(Debug, PartialEq, Eq)]
enum There {
    Nothing,
    Same,
    /// Its text; `None` where it is not to be compared.
    Other(Option<String>),
}

/// Proposes, shows, asks and writes. Exit status 0 also when there is nothing to do; 2 when the answer is no or nobody can be asked.
pub fn run(args: &InitArgs) -> Result<ExitCode> {
    let proposed = match propose(args)? {
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

/// Returns the files in the order in which they are made, the configuration last; or what is wrong with what was asked for.
fn propose(args: &InitArgs) -> Result<Result<Vec<Proposed>, String>> {
    let vault = absolute(&args.vault).context("find the vault")?;
    let data_dir = args.data_dir.as_deref().map(absolute).transpose().context("find the data folder")?;
    let agent_folder = match values::folder(&args.agent_folder) {
        Ok(folder) => folder,
        Err(complaint) => return Ok(Err(format!("--agent-folder: {}\n  {}", complaint.message, complaint.hint))),
    };
    let flags = Flags {
        vaults: vec![(None, vault.clone())],
        data_dir: data_dir.clone(),
        ..Flags::default()
    };
    // The vault and the data folder are looked at as `serve` would; other variables say nothing of what is written here.
    let home = |name: &str| env::var_os(name).filter(|_| matches!(name, "HOME" | "XDG_DATA_HOME"));
    if let Err(found) = config::load(&flags, &home) {
        return Ok(Err(check::report("problem", &found.problems)));
    }
    let Some(config) = args.config.clone().or_else(default_config) else {
        return Ok(Err(
            "there is no home folder: say where the configuration goes with --config FILE".to_owned()
        ));
    };
    let config = absolute(&config).context("find the configuration")?;
    if config.starts_with(&vault) {
        return Ok(Err(
            "the configuration would lie in the vault, and be synced with it: choose another place with --config FILE".to_owned(),
        ));
    }
    let token = config.with_file_name("agent.token");
    let needs_token = args.token || !args.listen.ip().to_canonical().is_loopback();
    let utf8 = |path: &Path| {
        let text = path.to_str().map(str::to_owned);
        text.with_context(|| format!("the path `{}` is no UTF-8, and the configuration is", path.display()))
    };
    let text = texts::config(&texts::Wanted {
        vault: &utf8(&vault)?,
        agent_folder: agent_folder.as_str(),
        data_dir: data_dir.as_deref().map(utf8).transpose()?.as_deref(),
        listen: &args.listen.to_string(),
        token: needs_token.then(|| utf8(&token)).transpose()?.as_deref(),
    });
    let open = |path: PathBuf, text: String| Proposed {
        path,
        text,
        mode: 0o644,
        is_secret: false,
    };
    let agents = vault.join(agent_folder.as_str());
    let mut proposed = vec![
        open(agents.join("Agent notes.base"), texts::base(agent_folder.as_str())),
        open(vault.join("AGENTS.md"), texts::agents_page(agent_folder.as_str())),
    ];
    if needs_token {
        proposed.push(Proposed {
            path: token,
            text: random_word()? + "\n",
            mode: 0o600,
            is_secret: true,
        });
    }
    proposed.push(Proposed {
        mode: if needs_token { 0o600 } else { 0o644 },
        ..open(config, text)
    });
    Ok(Ok(proposed))
}

/// Returns where a user's own configuration lies by the XDG base directory specification.
fn default_config() -> Option<PathBuf> {
    let folder = |name: &str| env::var_os(name).map(PathBuf::from).filter(|it| it.is_absolute());
    let below = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")))?;
    Some(below.join("membridge/membridge.yaml"))
}

/// Returns a secret of the system's own randomness.
fn random_word() -> Result<String> {
    let mut bytes = [0; TOKEN_BYTES];
    let mut source = fs::File::open("/dev/urandom").context("open the system's randomness")?;
    source.read_exact(&mut bytes).context("read the system's randomness")?;
    Ok(hex::encode(bytes))
}

fn look(proposed: &Proposed) -> There {
    let Ok(found) = fs::symlink_metadata(&proposed.path) else {
        return There::Nothing;
    };
    let is_small = found.is_file() && found.len() <= COMPARED_MOST;
    match is_small.then(|| fs::read_to_string(&proposed.path)) {
        Some(Ok(text)) if text == proposed.text => There::Same,
        Some(Ok(text)) if !proposed.is_secret => There::Other(Some(text)),
        _ => There::Other(None),
    }
}

/// Returns what would be made, or how it differs from what is there. A secret is not shown.
fn show(proposed: &Proposed, there: &There) -> String {
    let path = one_line(&proposed.path.to_string_lossy());
    let diff = |old: &str, name: &str| {
        let diff = TextDiff::from_lines(old, proposed.text.as_str());
        let shown = diff.unified_diff().header(name, &path).to_string();
        // A line of somebody's file must not move the cursor.
        shown
            .chars()
            .filter(|it| *it == '\n' || *it == '\t' || !it.is_control())
            .collect::<String>()
    };
    match there {
        There::Nothing if proposed.is_secret => format!("new: {path}\n+(a random token, readable by you alone; not shown)\n\n"),
        There::Nothing => format!("new: {path}\n{}\n", diff("", "/dev/null")),
        There::Same => format!("is there already: {path}\n\n"),
        There::Other(None) => format!("is there and stays as it is: {path}\n\n"),
        There::Other(Some(text)) => format!(
            "is there and stays as it is: {path}\nWhat was proposed differs so:\n{}\n",
            diff(text, &path)
        ),
    }
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

fn make(proposed: &Proposed) -> io::Result<()> {
    let folder = proposed.path.parent().unwrap_or(Path::new("/"));
    // The folder of a secret is nobody else's either.
    let mode = if proposed.mode == 0o600 { 0o700 } else { 0o755 };
    fs::DirBuilder::new().recursive(true).mode(mode).create(folder)?;
    match create_new(&proposed.path, proposed.text.as_bytes(), proposed.mode) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            note(format_args!(
                "`{}` came in the meantime and stays as it is",
                proposed.path.display()
            ));
            Ok(())
        }
        made => made,
    }
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
    let shown = shell(&config.to_string_lossy());
    note(format_args!("next: membridge serve --config {shown}"));
    note(format_args!("then: membridge doctor --config {shown}"));
    if let Some(token) = proposed.iter().find(|it| it.is_secret) {
        let file = shell(&token.path.to_string_lossy());
        note(format_args!("for the agent: export MEMBRIDGE_TOKEN=$(cat {file})"));
    }
    ExitCode::SUCCESS
}
