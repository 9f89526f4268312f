//! What `init` proposes: the files, and what they are made of, beside what lies in the vault and in the configuration already. Looks, and makes
//! nothing.

use std::{
    env,
    ffi::OsString,
    fs,
    io::Read,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf, absolute},
};

use anyhow::{Context, Result};

use crate::{
    cli::{
        check,
        init::{
            AGENTS_PAGE, InitArgs,
            existing::{Asked, differences},
            files::{Proposed, There, as_called, look, show},
            texts,
        },
    },
    config::{self, Flags, folders::real, values},
};

/// Bytes of a new token: as many as anybody may need.
const TOKEN_BYTES: usize = 32;

/// What is to be made, and what it was made of.
#[derive(Debug)]
pub(super) struct Plan {
    /// In the order in which they are made, the configuration last.
    files: Vec<Proposed>,
    asked: Asked,
    /// The agent's folder, where there is one and it is spelled otherwise than it was asked for.
    found_folder: Option<String>,
}

impl Plan {
    pub(super) fn found_folder(&self) -> Option<&str> {
        self.found_folder.as_deref()
    }
}

/// Returns the files to propose where a configuration may be already; or why it is not the one that was asked for. Then nothing is made: a token that
/// no configuration names, or a page in a vault that is not served, would look as if all were done.
pub(super) fn beside_what_is_there(plan: Plan) -> Result<Vec<Proposed>, String> {
    let Plan { mut files, asked, .. } = plan;
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
pub(super) fn propose(args: &InitArgs) -> Result<Result<Plan, String>> {
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
    let found_folder = spelled(&vault, agent_folder.as_str());
    let agent_folder = found_folder.clone().unwrap_or_else(|| agent_folder.to_string());
    let agents = vault.join(&agent_folder);
    if !real(&agents).starts_with(&root) {
        return Ok(Err(format!(
            "the agent's folder `{}` is a link that leads out of the vault, to `{}`: choose another one with --agent-folder FOLDER",
            agents.display(),
            real(&agents).display()
        )));
    }
    if let Some(why) = no_folder(&vault, &agent_folder) {
        return Ok(Err(why));
    }
    let listen = args.listen.unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 7979)));
    let needs_token = args.token || !listen.ip().to_canonical().is_loopback();
    let utf8 = |path: &Path| {
        let text = path.to_str().map(str::to_owned);
        text.with_context(|| format!("the path `{}` is no UTF-8, and the configuration is", path.display()))
    };
    let text = texts::config(&texts::Wanted {
        vault: &utf8(&vault)?,
        agent_folder: &agent_folder,
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
        open(agents.join("Agent notes.base"), texts::base(&agent_folder)),
        open(as_called(&vault, AGENTS_PAGE), texts::agents_page(&agent_folder)),
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
        agent_folder,
        data_dir,
        listen: args.listen,
        token: needs_token,
    };
    Ok(Ok(Plan {
        files,
        asked,
        found_folder,
    }))
}

/// Returns why a folder cannot be made in the vault, or be used where it is there.
fn no_folder(vault: &Path, folder: &str) -> Option<String> {
    let mut at = vault.to_owned();
    for name in folder.split('/') {
        at.push(name);
        let Ok(found) = fs::symlink_metadata(&at) else { return None };
        let what = match fs::metadata(&at) {
            Ok(found) if found.is_dir() => continue,
            Err(_) if found.is_symlink() => "a link that leads nowhere",
            _ => "no folder",
        };
        return Some(format!(
            "the agent's folder cannot be `{folder}`: `{}` is {what}; move it away, or choose another one with --agent-folder FOLDER",
            at.display()
        ));
    }
    None
}

/// Returns how a folder is called in the vault where it is called otherwise, in capitals or not: a second one beside it would be the same on many devices.
fn spelled(vault: &Path, folder: &str) -> Option<String> {
    let found = folder.split('/').fold(vault.to_owned(), |at, name| as_called(&at, name));
    let found = found.strip_prefix(vault).ok()?.to_str()?.to_owned();
    (found != folder && values::folder(&found).is_ok()).then_some(found)
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
