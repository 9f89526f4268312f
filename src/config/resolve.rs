//! Defaults < file < environment < flags -> one [`Config`]. Reads the environment only through the function it is given, and goes on after
//! every problem: a value that cannot be read counts as left out.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    config::{
        Config, Environment, Flags, Git, GitMode, GitSync, Limits, Log, LogFormat, Person,
        callers::{add_environment_token, tokens},
        findings::Findings,
        folders::{self, FolderKeys},
        forges,
        place::{Place, from_here, variable},
        sources::sources,
        table::{Written, value, values_of},
        values,
        written::{GitWritten, LimitsWritten, WriteWritten},
    },
    model::{glob::PathGlob, path::NotePath, write_policy::WritePolicy},
};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;

/// Returns the configuration, complete even where problems were noted: then nothing may be served by it.
pub fn resolve(flags: &Flags, environment: Environment<'_>, findings: &mut Findings) -> Config {
    let place = Place::of(flags, environment);
    let file = place.read_file(findings);
    let variable = |name: &str, findings: &mut Findings| variable(environment, name, findings);

    let flag = |key: &str, text: &Option<String>| text.clone().map(|text| Written { key: key.to_owned(), text });
    let listen = flag("--listen", &flags.listen)
        .or(variable("MEMBRIDGE_LISTEN", findings))
        .or(file.listen);
    let listen_key = listen.as_ref().map_or_else(|| "listen".to_owned(), |it| it.key.clone());
    let listen = value(listen, values::address, findings).unwrap_or(SocketAddr::from((Ipv4Addr::LOCALHOST, 7979)));
    let ops_listen = value(file.ops_listen, values::address, findings);
    let log_filter = variable("MEMBRIDGE_LOG", findings).or(file.log_filter);
    let log_format = flag("--log-format", &flags.log_format).or(file.log_format);

    let (data_dir_key, data_dir) = match (
        &flags.data_dir,
        environment("MEMBRIDGE_DATA_DIR").filter(|it| !it.is_empty()),
        &file.data_dir,
    ) {
        (Some(path), _, _) => ("--data-dir", from_here(path)),
        (None, Some(path), _) => ("MEMBRIDGE_DATA_DIR", from_here(Path::new(&path))),
        (None, None, Some(written)) => ("data_dir", place.path(&written.text)),
        (None, None, None) => ("data_dir", place.default_data_dir(environment)),
    };
    let index_dir = file
        .index_dir
        .map_or_else(|| data_dir.join("index"), |written| place.path(&written.text));
    let (source_keys, sources) = sources(flags, file.sources, &place, &data_dir, findings);
    let n_tokens_written = file.tokens.len();
    let mut tokens = tokens(file.tokens, &place, findings);
    let environment_has_token = add_environment_token(&mut tokens, environment, findings);

    let agent_folder =
        value(file.agent_folder, values::folder, findings).unwrap_or_else(|| NotePath::parse("Agent").expect("the default is a folder"));
    let config = Config {
        listen,
        ops_listen,
        allowed_hosts: values_of(file.allowed_hosts, values::host, findings),
        allowed_origins: values_of(file.allowed_origins, values::web_origin, findings),
        data_dir,
        index_dir,
        sources,
        write: write_policy(file.write, &agent_folder, findings),
        git: git(file.git, &place, findings),
        pull_requests: forges::resolve(file.pull_requests, &tokens, &|it| place.path(it), findings),
        agent_folder,
        timezone: value(file.timezone, values::timezone, findings),
        tokens,
        limits: limits(file.limits, findings),
        rescan_interval: value(
            file.rescan_interval,
            |it| values::duration(it, seconds(5)..=seconds(3600)),
            findings,
        )
        .unwrap_or(seconds(60)),
        quiet: value(
            file.quiet,
            |it| values::duration(it, Duration::from_millis(10)..=seconds(10)),
            findings,
        )
        .unwrap_or(Duration::from_millis(300)),
        log: Log {
            format: value(log_format, values::log_format, findings).unwrap_or(LogFormat::Text),
            filter: value(log_filter, values::log_filter, findings).unwrap_or_else(|| "info".to_owned()),
        },
    };
    check_listeners(&config, &listen_key, n_tokens_written > 0 || environment_has_token, findings);
    let keys = FolderKeys {
        sources: source_keys,
        data_dir: data_dir_key.to_owned(),
        index_dir: "index_dir".to_owned(),
    };
    folders::check(&config, &keys, findings);
    config
}

fn limits(written: LimitsWritten, findings: &mut Findings) -> Limits {
    let note_write_key = written.note_write.as_ref().map_or("limits.note_read", |_| "limits.note_write");
    let limits = Limits {
        note_read_bytes: value(written.note_read, |it| values::size(it, KIB..=256 * MIB), findings).unwrap_or(5 * MIB),
        note_write_bytes: value(written.note_write, |it| values::size(it, KIB..=64 * MIB), findings).unwrap_or(MIB),
        query_bytes: value(written.query, |it| values::size(it, 64..=64 * KIB), findings).unwrap_or(2 * KIB),
        webhook_bytes: value(written.webhook, |it| values::size(it, KIB..=64 * MIB), findings).unwrap_or(8 * MIB),
        connections: value(written.connections, |it| values::count(it, 1..=65_536), findings).unwrap_or(256),
        request_timeout: value(
            written.request_timeout,
            |it| values::duration(it, seconds(1)..=seconds(600)),
            findings,
        )
        .unwrap_or(seconds(30)),
    };
    if limits.note_write_bytes > limits.note_read_bytes {
        let message = "a note could be written that is too large to be read";
        findings.problem(note_write_key, message, "keep `note_write` at most as large as `note_read`");
    }
    limits
}

fn write_policy(written: WriteWritten, agent_folder: &NotePath, findings: &mut Findings) -> WritePolicy {
    let agents = || {
        PathGlob::parse(&format!("{}/", globset_escaped(agent_folder)))
            .into_iter()
            .collect()
    };
    WritePolicy {
        allow: written.allow.map_or_else(agents, |globs| values_of(globs, values::glob, findings)),
        edit_existing: values_of(written.edit_existing, values::glob, findings),
    }
}

/// Returns the folder as a glob that means it alone, whatever signs its name holds.
fn globset_escaped(folder: &NotePath) -> String {
    let escape = |it: char| match it {
        '*' | '?' | '[' | ']' | '{' | '}' => format!("[{it}]"),
        other => other.to_string(),
    };
    folder.as_str().chars().map(escape).collect()
}

fn git(written: GitWritten, place: &Place, findings: &mut Findings) -> Git {
    let owner = || Person {
        name: "vault owner".to_owned(),
        email: "owner@localhost".to_owned(),
    };
    Git {
        mode: value(written.mode, values::git_mode, findings).unwrap_or(GitMode::Immediate),
        quiet: value(written.quiet, |it| values::duration(it, seconds(1)..=seconds(3600)), findings).unwrap_or(seconds(30)),
        max: value(written.max, |it| values::duration(it, seconds(1)..=seconds(86_400)), findings).unwrap_or(seconds(300)),
        owner: value(written.owner, values::person, findings).unwrap_or_else(owner),
        sync: value(written.sync, values::git_sync, findings).unwrap_or(GitSync::Off),
        push_after: value(
            written.push_after,
            |it| values::duration(it, Duration::from_millis(10)..=seconds(3600)),
            findings,
        )
        .unwrap_or(seconds(10)),
        fetch_every: value(
            written.fetch_every,
            |it| values::duration(it, seconds(5)..=seconds(24 * 3600)),
            findings,
        )
        .unwrap_or(seconds(60)),
        timeout: value(written.timeout, |it| values::duration(it, seconds(1)..=seconds(3600)), findings).unwrap_or(seconds(60)),
        token_file: existing_file(written.token_file, place, findings),
        signing_key: existing_file(written.signing_key, place, findings),
    }
}

/// Returns the path of a file that is there; what it holds is read when it is needed, because it may be replaced.
fn existing_file(written: Option<Written>, place: &Place, findings: &mut Findings) -> Option<PathBuf> {
    let written = written?;
    let path = place.path(&written.text);
    if !path.is_file() {
        let message = format!("there is no file `{}`", path.display());
        findings.problem(written.key, message, "create it, or mend the path");
    }
    Some(path)
}

fn check_listeners(config: &Config, listen_key: &str, has_tokens: bool, findings: &mut Findings) {
    let is_local = config.listen.ip().to_canonical().is_loopback();
    if !is_local && !has_tokens {
        let message = format!("{} can be reached from other machines, and no token is configured", config.listen);
        findings.problem(listen_key, message, "listen on 127.0.0.1, or name a token file under `tokens`");
    }
    if !is_local && config.allowed_hosts.is_empty() {
        let message = "the list is empty, so callers on other machines are refused by the name they call";
        findings.warning("allowed_hosts", message, "list the names of the Service or the ingress");
    }
    if config.ops_listen == Some(config.listen) && config.listen.port() != 0 {
        findings.problem("ops_listen", "this is the address of `listen`", "choose another port");
    }
}

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}
