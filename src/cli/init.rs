//! `membridge init`: proposes what a vault needs to become an agent's memory, shows it, asks, and makes it. Never changes a file that is there.

use std::{
    env,
    ffi::{OsStr, OsString},
    fs,
    io::{self, BufRead, IsTerminal, Read, Write},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf, absolute},
    process::ExitCode,
};

use anyhow::{Context, Result};
use clap::Args;

use crate::{
    cli::{
        FAILED, check,
        doctor::shell,
        init::{
            existing::{Asked, differences},
            files::{Proposed, There, as_called, look, make, show},
        },
        note, print,
    },
    config::{self, Flags, folders::real, values},
};

mod existing;
mod files;
mod texts;

pub const EXAMPLES: &str = "Examples:\n  membridge init ~/Notes\n  membridge init ~/Notes --listen 0.0.0.0:7979 --yes";

/// Bytes of a new token: as many as anybody may need.
const TOKEN_BYTES: usize = 32;
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

/// What is to be made, and what it was made of.
#[derive(Debug)]
struct Plan {
    /// In the order in which they are made, the configuration last.
    files: Vec<Proposed>,
    asked: Asked,
}

/// Proposes, shows, asks and writes. Exit status 0 also when there is nothing to do; 2 when the answer is no, nobody can be asked, or the configuration
/// that is there is another.
pub fn run(args: &InitArgs) -> Result<ExitCode> {
    let planned = match propose(args)? {
        Ok(plan) => beside_what_is_there(plan),
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

/// Returns the files to propose where a configuration may be already; or why it is not the one that was asked for. Then nothing is made: a token that
/// no configuration names, or a page in a vault that is not served, would look as if all were done.
fn beside_what_is_there(plan: Plan) -> Result<Vec<Proposed>, String> {
    let Plan { mut files, asked } = plan;
    let config = &files[files.len() - 1];
    let there = look(config);
    if !matches!(there, There::Other(_)) {
        return Ok(files);
    }
    let flags = Flags {
        config: Some(config.path.clone()),
        ..Flags::default()
    };
    let loaded = config::load(&flags, &home).map_err(|found| {
        let shown = config.path.display();
        format!(
            "`{shown}` is there; nothing was written\n{}",
            check::report("problem", &found.problems)
        )
    })?;
    let lines = differences(&loaded.config, &asked);
    if !lines.is_empty() {
        return Err(format!(
            "{}`{}` is there, and is not the configuration that was asked for; nothing was written\n  {}\nchange it by hand, or choose another place \
             with --config FILE",
            show(config, &there),
            config.path.display(),
            lines.join("\n  ")
        ));
    }
    let named: Vec<PathBuf> = loaded.config.tokens.into_iter().filter_map(|it| it.file).collect();
    files.retain(|it| !it.is_secret || named.contains(&it.path));
    Ok(files)
}

/// The vault and the data folder are looked at as `serve` would; other variables say nothing of what is written here.
fn home(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|_| matches!(name, "HOME" | "XDG_DATA_HOME"))
}

/// Returns what is to be made; or what is wrong with what was asked for.
fn propose(args: &InitArgs) -> Result<Result<Plan, String>> {
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
    let loaded = match config::load(&flags, &home) {
        Ok(loaded) => loaded.config,
        Err(found) => return Ok(Err(check::report("problem", &found.problems))),
    };
    let Some(config) = args.config.clone().or_else(default_config) else {
        return Ok(Err(
            "there is no home folder: say where the configuration goes with --config FILE".to_owned()
        ));
    };
    let config = absolute(&config).context("find the configuration")?;
    let root = real(&vault);
    // A link to the file itself is there, and stays; one of the folder would take a new file along.
    if config.parent().is_some_and(|it| real(it).starts_with(&root)) {
        return Ok(Err(
            "the configuration would lie in the vault, and be synced with it: choose another place with --config FILE".to_owned(),
        ));
    }
    let token = config.with_file_name("agent.token");
    let agents = vault.join(agent_folder.as_str());
    if !real(&agents).starts_with(&root) {
        return Ok(Err(format!(
            "the agent's folder `{}` is a link that leads out of the vault, to `{}`: choose another one with --agent-folder FOLDER",
            agents.display(),
            real(&agents).display()
        )));
    }
    let listen = args.listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 7979)));
    let needs_token = args.token || !listen.ip().to_canonical().is_loopback();
    let utf8 = |path: &Path| {
        let text = path.to_str().map(str::to_owned);
        text.with_context(|| format!("the path `{}` is no UTF-8, and the configuration is", path.display()))
    };
    let text = texts::config(&texts::Wanted {
        vault: &utf8(&vault)?,
        agent_folder: agent_folder.as_str(),
        data_dir: &utf8(&loaded.data_dir)?,
        listen: &listen.to_string(),
        token: needs_token.then(|| utf8(&token)).transpose()?.as_deref(),
    });
    let open = |path: PathBuf, text: String| Proposed {
        path,
        text,
        mode: 0o644,
        is_secret: false,
    };
    let mut files = vec![
        open(agents.join("Agent notes.base"), texts::base(agent_folder.as_str())),
        open(as_called(&vault, AGENTS_PAGE), texts::agents_page(agent_folder.as_str())),
    ];
    if needs_token {
        files.push(Proposed {
            path: token,
            text: random_word()? + "\n",
            mode: 0o600,
            is_secret: true,
        });
    }
    files.push(Proposed {
        mode: if needs_token { 0o600 } else { 0o644 },
        ..open(config, text)
    });
    let asked = Asked {
        vault,
        agent_folder: agent_folder.to_string(),
        data_dir,
        listen: args.listen,
        token: needs_token,
    };
    Ok(Ok(Plan { files, asked }))
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
