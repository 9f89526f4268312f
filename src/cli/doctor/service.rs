//! What a running service says of itself, asked as any client asks: with the client's address and token. That none runs
//! is a warning: before the first start it is as it should be, and at night it is the reason for the call.

use std::{
    env,
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use jiff::Timestamp;

use crate::{
    cli::{
        client::{Client, Failure},
        doctor::{Finding, Level, clock, shell},
    },
    config::{Config, tokens::Scope},
    http::{
        problem::Problem,
        status::{Ready, SourceEntry, StatusResponse},
    },
};

const CHECK: &str = "service";
const CONNECT: Duration = Duration::from_secs(2);
/// Both answers come from memory; a service that takes longer hangs.
const ANSWER: Duration = Duration::from_secs(5);

/// Asks the service at MEMBRIDGE_URL, else where the configuration has it listen. `is_refused` says that the configuration does not load, and is
/// known in part.
pub(super) fn look(config: &Config, is_refused: bool) -> Vec<Finding> {
    let client = match Client::from_environment() {
        Ok(client) => client,
        Err(Failure::Unreachable { message, hint }) => return vec![Finding::problem(CHECK, message, hint)],
        Err(failure) => {
            return vec![Finding::problem(
                CHECK,
                failure.to_string(),
                "look at MEMBRIDGE_URL and MEMBRIDGE_TOKEN",
            )];
        }
    };
    let is_set = |name| env::var_os(name).is_some_and(|it: std::ffi::OsString| !it.is_empty());
    let listen = Some(own_address(config.listen)).filter(|it| it.port() != 0 && !is_set("MEMBRIDGE_URL"));
    let client = client.at(listen.map(|it| format!("http://{it}")), None).within(ANSWER);
    let answer = match client.get("/readyz", &[], "application/json") {
        Ok(answer) => answer,
        Err(Failure::Problem(problem)) => {
            let findings = not_ready(&problem, client.base());
            return findings
                .into_iter()
                .chain(status(client, config, is_set("MEMBRIDGE_TOKEN")))
                .collect();
        }
        Err(Failure::Silent { .. }) => return vec![silent(client.base())],
        Err(failure) => {
            let mut found = no_answer(&failure, client.base(), listen, is_set("MEMBRIDGE_URL"));
            if is_refused && found.level == Level::Warning {
                found.message += ", as far as the configuration tells";
            }
            return vec![found];
        }
    };
    let mut findings = vec![match answer.read::<Ready>() {
        Ok(_) => Finding::fine(CHECK, format!("{} is ready", client.base())),
        Err(_) => return vec![stranger(client.base())],
    }];
    findings.extend(clock::compare("the service", answer.date.as_deref(), Timestamp::now()));
    findings.extend(status(client, config, is_set("MEMBRIDGE_TOKEN")));
    findings
}

/// Returns where a service that listens on every address answers on this machine.
fn own_address(listen: SocketAddr) -> SocketAddr {
    match listen {
        SocketAddr::V4(it) if it.ip().is_unspecified() => SocketAddr::from(([127, 0, 0, 1], it.port())),
        SocketAddr::V6(it) if it.ip().is_unspecified() => SocketAddr::from(([0, 0, 0, 0, 0, 0, 0, 1], it.port())),
        other => other,
    }
}

fn no_answer(failure: &Failure, base: &str, listen: Option<SocketAddr>, was_named: bool) -> Finding {
    // Something holds the port, and does not speak as the service does.
    if listen.is_some_and(|it| TcpStream::connect_timeout(&it, CONNECT).is_ok()) {
        return stranger(base);
    }
    let message = failure.to_string();
    let message = message.lines().next().unwrap_or_default();
    if was_named {
        return Finding::problem(CHECK, message, "start it with `membridge serve`, or mend MEMBRIDGE_URL");
    }
    let fix = "start it with the same options: membridge serve, or systemctl start membridge; why it ended: journalctl -u membridge -n 50, or kubectl \
               logs --previous";
    Finding::warning(CHECK, format!("none runs at {base}"), fix)
}

fn silent(base: &str) -> Finding {
    let port = base.rsplit(':').next().unwrap_or_default();
    let fix = format!(
        "look at its log (journalctl -u membridge -n 50) and start it again: systemctl restart membridge; whose the port is: ss -ltnp 'sport = :{port}'"
    );
    let message = format!(
        "{base} does not answer: it takes connections, or drops them, and says nothing for {} s",
        ANSWER.as_secs()
    );
    Finding::problem(CHECK, message, fix)
}

fn stranger(base: &str) -> Finding {
    let port = base.rsplit(':').next().unwrap_or_default();
    let fix = format!("see who it is with `ss -ltnp 'sport = :{port}'`; stop it, or change `listen` (MEMBRIDGE_URL for clients)");
    Finding::problem(CHECK, format!("what answers at {base} is no membridge server"), fix)
}

fn not_ready(problem: &Problem, base: &str) -> Vec<Finding> {
    if problem.more.reasons.is_empty() {
        let message = format!("{base}: {}: {}", problem.title, problem.detail);
        return vec![Finding::problem(CHECK, message, problem.hint.clone())];
    }
    let reasons = problem.more.reasons.iter();
    reasons
        .map(|reason| {
            let fix = match reason.as_str() {
                "first-index" => "wait: the first index is being built; `membridge status` shows how far it is",
                "root-gone" => "mount the vault, or mend its rights; it goes on by itself",
                "mass-delete" => "is the volume mounted? If the notes are really gone, it is believed after 30 seconds",
                "no-watcher" => "look at the log and start it again",
                "scan-overdue" => "look at the disk with `iostat -x 1`; rescan_interval: 5m",
                "index-not-writable" => "make room and mend the rights of `index_dir`: df -h; ls -ld",
                _ => "look at the log; start it again",
            };
            Finding::problem(CHECK, format!("{base} is not ready: {reason}"), fix)
        })
        .collect()
}

fn status(client: Client, config: &Config, has_token: bool) -> Vec<Finding> {
    let base = client.base().to_owned();
    let ask = |client: &Client| {
        client
            .get("/v1/status", &[], "application/json")
            .and_then(|it| it.read::<StatusResponse>())
    };
    let mut findings = Vec::new();
    let refused = match ask(&client) {
        Ok(status) => return of_status(&status),
        Err(Failure::Problem(problem)) if problem.status == 401 => problem,
        Err(Failure::Silent { .. }) => return vec![silent(&base)],
        Err(failure) => {
            let message = failure.to_string().lines().next().unwrap_or_default().to_owned();
            return vec![Finding::problem(
                CHECK,
                format!("{base} does not tell its status: {message}"),
                "give a token with the scope `read`",
            )];
        }
    };
    // Whoever may read the token's file may ask as that caller.
    let known = config
        .tokens
        .iter()
        .find(|it| it.scopes.contains(&Scope::Read) && it.prefix.is_none() && it.file.is_some());
    let file = known
        .and_then(|it| it.file.as_deref())
        .map_or_else(|| "FILE".to_owned(), |it| shell(&it.to_string_lossy()));
    let export = format!("export MEMBRIDGE_TOKEN=$(cat {file})");
    findings.push(if has_token {
        Finding::problem("token", format!("{base} does not take MEMBRIDGE_TOKEN: {}", refused.detail), export)
    } else {
        Finding::warning("token", "clients here have no token: MEMBRIDGE_TOKEN is not set", export)
    });
    if let Some(token) = known
        && let Ok(status) = ask(&client.at(None, Some(token.secret.expose())))
    {
        findings.extend(of_status(&status));
    }
    findings
}

fn of_status(status: &StatusResponse) -> Vec<Finding> {
    let mut findings = Vec::new();
    let own = env!("CARGO_PKG_VERSION");
    if status.version != own {
        let message = format!("the service has the version {}, this command line {own}", status.version);
        findings.push(Finding::warning(CHECK, message, "use both in the same version"));
    }
    findings.extend(status.sources.iter().flat_map(of_source));
    for (pull_request, why) in &status.pull_requests.errors {
        findings.push(Finding::warning(
            "forge",
            format!("{pull_request}: {why}"),
            "see \"A pull request has no note\" in docs/operating.md",
        ));
    }
    if let Some(note) = status.overwritten.last() {
        let message = format!(
            "somebody saved over {} notes that were written, the last is `{note}`",
            status.overwritten.len()
        );
        findings.push(Finding::warning(CHECK, message, format!("membridge history {}", shell(note))));
    }
    if let Some(last) = status.last_errors.last() {
        let message = format!("{} errors, the last at {}: {}", status.last_errors.len(), last.time, last.error);
        findings.push(Finding::warning(CHECK, message, "look at the log from there on"));
    }
    if findings.is_empty() {
        findings.push(Finding::fine(CHECK, "its sources are well"));
    }
    findings
}

fn of_source(source: &SourceEntry) -> Vec<Finding> {
    let name = &source.name;
    let mut findings = Vec::new();
    let mut warn = |check, message: String, fix: &str| findings.push(Finding::warning(check, message, fix));
    if !source.problem.is_empty() {
        warn(
            CHECK,
            format!("`{name}` is stale: {}", source.problem),
            "mend what it says; it goes on by itself",
        );
    }
    if let Some(reason) = source.watcher.strip_prefix("polling: ") {
        let fix = if reason.contains("limit") {
            "sysctl -w fs.inotify.max_user_watches=524288"
        } else {
            "nothing, or keep the vault on a local disk"
        };
        warn("watches", format!("`{name}` is polled: {reason}"), fix);
    }
    if let Some(waiting) = source.commits_waiting.filter(|it| *it > 0)
        && let Some((_, reason)) = source.git.split_once(": ")
    {
        warn(
            "git",
            format!("{waiting} writes of `{name}` have no commit: {reason}"),
            "do what the reason asks for; they are then committed by themselves",
        );
    }
    if !source.sync.is_empty() {
        warn(
            "remote",
            format!("`{name}` is not in step with its remote: {}", source.sync),
            "see \"remote is not in step\" in docs/operating.md",
        );
    }
    if let Some(first) = source.conflicts.first() {
        let message = format!("`{name}` has {} conflict copies, such as `{}`", source.conflicts.len(), first.copy);
        warn(CHECK, message, "put both texts together in Obsidian and delete the copy");
    }
    for problem in &source.settings_problems {
        warn(
            CHECK,
            format!("a setting of the vault `{name}` is not used: {problem}"),
            "mend it in Obsidian's settings",
        );
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_on_every_address_is_asked_on_loopback() {
        let check = |listen: &str, expected: &str| assert_eq!(own_address(listen.parse().unwrap()).to_string(), expected);
        check("0.0.0.0:7979", "127.0.0.1:7979");
        check("[::]:7979", "[::1]:7979");
        check("192.0.2.1:80", "192.0.2.1:80");
    }
}
