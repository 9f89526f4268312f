//! Those that the service talks to: remotes of config repositories, forges, who is to be woken. Each is asked once, for nothing that changes it.

use std::{
    net::{TcpStream, ToSocketAddrs},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;

use crate::{
    cli::doctor::{Finding, clock, history, shell},
    config::{
        Config,
        forges::{Forge, Wake},
    },
    io::{
        forge::{Client, Refusal},
        git::{Access, ask_remote},
    },
};

/// For one remote.
const PATIENCE: Duration = Duration::from_secs(15);

/// Repositories of one forge that are asked for; the token is the same for all.
const REPOS: usize = 20;

/// Asks everybody that the configuration names.
pub(super) fn look(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in &config.sources {
        let Some(remote) = &source.remote else { continue };
        let access = Access {
            token_file: remote.token_file.clone(),
            timeout: config.git.timeout.min(PATIENCE),
            stop: Arc::default(),
        };
        findings.push(match ask_remote(&remote.url, remote.branch.as_deref(), &access) {
            Ok(()) => Finding::fine("remote", format!("the remote of `{}` answers", source.name)),
            Err(why) => {
                let message = format!("the remote of `{}` cannot be fetched: {}", source.name, why.detail());
                Finding::problem("remote", message, history::fix_of(&why, "."))
            }
        });
    }
    findings.extend(config.pull_requests.forges.iter().flat_map(of_forge));
    findings.extend(config.pull_requests.wake.iter().map(of_wake));
    findings
}

fn of_forge(forge: &Forge) -> Vec<Finding> {
    let client = Client::new(forge.kind, &forge.url);
    let mut findings = Vec::new();
    let mut date = None;
    for repo in forge.repos.iter().take(REPOS) {
        let seen = client.look(repo, forge.token_file.as_deref());
        date = date.or(seen.date);
        match seen.result {
            Ok(()) => {}
            Err(why) => {
                let is_over = matches!(why, Refusal::Later(..) | Refusal::Denied(_));
                findings.push(refused(forge, repo, &why));
                if is_over {
                    // The next one would say the same.
                    break;
                }
            }
        }
    }
    if findings.is_empty() {
        let as_whom = if forge.token_file.is_some() {
            "takes the token"
        } else {
            "answers; without a token webhooks tell all that is known"
        };
        findings.push(Finding::fine("forge", format!("{} {as_whom}", forge.host)));
    }
    if forge.secrets.is_empty() && forge.token_file.is_none() {
        let message = format!(
            "nothing tells of pull requests at {}: it has neither webhooks nor a token",
            forge.host
        );
        findings.push(Finding::problem(
            "forge",
            message,
            "forges: [{..., token_file: FILE, secret_files: [FILE]}]",
        ));
    }
    findings.extend(clock::compare(&forge.host, date.as_deref(), Timestamp::now()));
    findings
}

fn refused(forge: &Forge, repo: &str, why: &Refusal) -> Finding {
    let fix = match why {
        Refusal::Missing => format!("mend `repos`, or let the token read it: {}/{repo}", forge.url),
        Refusal::Denied(_) => format!(
            "make a token at {} that may read repositories and issues, and put it into `token_file`",
            forge.url
        ),
        Refusal::Later(..) => format!(
            "look whether it can be reached from here: curl -sI {}; egress rules, DNS",
            shell(&forge.url)
        ),
        Refusal::TooMuch(_) => format!("look at {} in a browser: its answers are too large", forge.url),
        Refusal::Failed(_) => format!("mend `url` and `kind`: {} is no such forge", forge.url),
    };
    Finding::problem("forge", format!("{} does not tell of `{repo}`: {}", forge.host, why.detail()), fix)
}

/// Only that somebody listens there: a call would wake them.
fn of_wake(wake: &Wake) -> Finding {
    let (scheme, rest) = wake.url.split_once("://").unwrap_or(("http", &wake.url));
    let host = rest.split('/').next().unwrap_or_default();
    let default = if scheme == "https" { 443 } else { 80 };
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let address = if has_port { host.to_owned() } else { format!("{host}:{default}") };
    let connected = address
        .to_socket_addrs()
        .and_then(|mut it| it.next().ok_or_else(|| std::io::Error::other("the name has no address")))
        .and_then(|it| TcpStream::connect_timeout(&it, PATIENCE));
    match connected {
        Ok(_) => Finding::fine("wake", format!("somebody listens at {host}")),
        Err(error) => {
            let message = format!("nobody can be told at {host} that notes changed: {error}");
            Finding::warning(
                "wake",
                message,
                "mend `wake.url`, or start the agent; its hook may listen on loopback only",
            )
        }
    }
}
