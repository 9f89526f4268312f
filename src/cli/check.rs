//! `membridge check`: what the configuration amounts to, or everything that is wrong with it. Starts nothing and shows no secret.

use std::{
    env,
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use crate::{
    config::{
        self, Config, Flags, Git, Limits, SourceConfig, SourceKind, findings::ConfigProblem, forges::PullRequests, tokens::Token,
        values::size_text,
    },
    model::{glob::PathGlob, origin::OriginRule, pull_request::ForgeKind},
};

/// Prints the resolved configuration, which is a file that `--config` would read, to stdout and warnings to stderr; or all problems, with
/// exit status 2.
pub fn run(flags: &Flags) -> io::Result<ExitCode> {
    match config::load(flags, &|name| env::var_os(name)) {
        Ok(loaded) => {
            io::stdout().write_all(render(&loaded.config).as_bytes())?;
            io::stderr().write_all(report("warning", &loaded.warnings).as_bytes())?;
            Ok(ExitCode::SUCCESS)
        }
        Err(findings) => {
            io::stderr().write_all(report("warning", &findings.warnings).as_bytes())?;
            io::stderr().write_all(report("problem", &findings.problems).as_bytes())?;
            Ok(ExitCode::from(2))
        }
    }
}

/// Returns the list as people read it: a count, then what is wrong and what to do, setting by setting. Nothing for an empty list.
pub fn report(word: &str, findings: &[ConfigProblem]) -> String {
    if findings.is_empty() {
        return String::new();
    }
    let plural = if findings.len() == 1 { "" } else { "s" };
    let lines = findings.iter().map(|it| format!("  {}: {}\n    {}\n", it.key, it.message, it.hint));
    format!(
        "{} {word}{plural} in the configuration\n{}",
        findings.len(),
        lines.collect::<String>()
    )
}

/// Returns the configuration in the file's own words.
fn render(config: &Config) -> String {
    let mut lines = vec![format!("listen: {}", quoted(&config.listen.to_string()))];
    lines.extend(
        config
            .ops_listen
            .map(|address| format!("ops_listen: {}", quoted(&address.to_string()))),
    );
    lines.push(format!("allowed_hosts: {}", quoted_list(&config.allowed_hosts)));
    lines.push(format!("allowed_origins: {}", quoted_list(&config.allowed_origins)));
    lines.push(format!("data_dir: {}", quoted_path(&config.data_dir)));
    lines.push(format!("index_dir: {}", quoted_path(&config.index_dir)));
    lines.push(format!("agent_folder: {}", quoted(config.agent_folder.as_str())));
    lines.push(
        config
            .timezone
            .as_ref()
            .map_or("timezone:  # TZ, else the system's".to_owned(), |name| {
                format!("timezone: {}", quoted(name))
            }),
    );
    lines.push("sources:".to_owned());
    lines.extend(config.sources.iter().flat_map(source_lines));
    lines.push(if config.tokens.is_empty() { "tokens: []" } else { "tokens:" }.to_owned());
    lines.extend(config.tokens.iter().map(token_line));
    lines.extend(limit_lines(&config.limits));
    lines.extend(write_lines(config));
    lines.extend(git_lines(&config.git));
    lines.extend(pulls_lines(&config.pull_requests));
    lines.push(format!("rescan_interval: {:?}", config.rescan_interval));
    lines.push(format!("quiet: {:?}", config.quiet));
    lines.push(format!(
        "log: {{format: {}, filter: {}}}",
        config.log.format.as_str(),
        quoted(&config.log.filter)
    ));
    lines.join("\n") + "\n"
}

fn source_lines(source: &SourceConfig) -> Vec<String> {
    let kind = match source.kind {
        SourceKind::Vault => "vault",
        SourceKind::Repo => "repo",
    };
    let mut lines = vec![
        format!("  - name: {}", quoted(source.name.as_str())),
        format!("    kind: {kind}"),
        format!("    path: {}", quoted_path(&source.path)),
        format!("    exclude: {}", quoted_list(source.exclude.iter().map(PathGlob::as_str))),
    ];
    if let Some(remote) = &source.remote {
        lines.push(format!("    url: {}", quoted(&remote.url)));
        lines.push(format!("    branch: {}", remote.branch.as_deref().map_or("~".to_owned(), quoted)));
        lines.push(format!("    fetch_every: {:?}", remote.fetch_every));
        lines.push(format!(
            "    token_file: {}",
            remote.token_file.as_deref().map_or("~".to_owned(), quoted_path)
        ));
    }
    lines.push(
        if source.origin.is_empty() {
            "    origin: []"
        } else {
            "    origin:"
        }
        .to_owned(),
    );
    let rule = |it: &OriginRule| format!("      - {{glob: {}, origin: {}}}", quoted(it.glob.as_str()), it.origin.as_str());
    lines.extend(source.origin.iter().map(rule));
    lines
}

fn token_line(token: &Token) -> String {
    let scopes: Vec<&str> = token.scopes.iter().map(|it| it.as_str()).collect();
    let Some(file) = &token.file else {
        return format!("  # and the one in MEMBRIDGE_TOKEN, scopes: {}", scopes.join(", "));
    };
    let prefix = token
        .prefix
        .as_ref()
        .map_or_else(String::new, |it| format!(", prefix: {}", quoted(it)));
    format!(
        "  - {{name: {}, file: {}, scopes: [{}]{prefix}}}",
        quoted(&token.name),
        quoted_path(file),
        scopes.join(", ")
    )
}

fn limit_lines(limits: &Limits) -> [String; 7] {
    [
        "limits:".to_owned(),
        format!("  note_read: {}", size_text(&limits.note_read_bytes)),
        format!("  note_write: {}", size_text(&limits.note_write_bytes)),
        format!("  query: {}", size_text(&limits.query_bytes)),
        format!("  webhook: {}", size_text(&limits.webhook_bytes)),
        format!("  connections: {}", limits.connections),
        format!("  request_timeout: {:?}", limits.request_timeout),
    ]
}

fn write_lines(config: &Config) -> [String; 3] {
    [
        "write:".to_owned(),
        format!("  allow: {}", quoted_list(config.write.allow.iter().map(PathGlob::as_str))),
        format!(
            "  edit_existing: {}",
            quoted_list(config.write.edit_existing.iter().map(PathGlob::as_str))
        ),
    ]
}

/// Nothing where nothing is configured. Which file a secret came from is forgotten once it is read.
fn pulls_lines(pulls: &PullRequests) -> Vec<String> {
    if *pulls == PullRequests::default() {
        return Vec::new();
    }
    let token = |it: &Option<PathBuf>| {
        it.as_ref()
            .map_or_else(String::new, |it| format!(", token_file: {}", quoted_path(it)))
    };
    let mut lines = vec!["forges:".to_owned()];
    for it in &pulls.forges {
        let kind = match it.kind {
            ForgeKind::Gitea => "gitea",
            ForgeKind::Forgejo => "forgejo",
            ForgeKind::GitHub => "github",
            ForgeKind::GitLab => "gitlab",
        };
        lines.push(format!(
            "  - {{kind: {kind}, url: {}, repos: {}, poll_every: {:?}, clone: {}{}}} # {}webhook secrets: {}",
            quoted(&it.url),
            quoted_list(&it.repos),
            it.poll_every,
            if it.clone { "keep" } else { "none" },
            token(&it.token_file),
            match (&it.token_file, it.clone) {
                (Some(_), _) => "",
                (None, true) => "by git alone, ",
                (None, false) => "not polled, ",
            },
            it.secrets.len()
        ));
    }
    lines.push(format!("flux:  # secrets: {}", pulls.flux.len()));
    lines.extend(
        pulls
            .wake
            .iter()
            .map(|it| format!("wake: {{url: {}{}}}", quoted(&it.url), token(&it.token_file))),
    );
    lines.push("pull_requests:".to_owned());
    lines.push(format!("  areas: {}", quoted_list(pulls.areas.iter().map(PathGlob::as_str))));
    lines.push(format!("  debounce: {:?}", pulls.debounce));
    lines
}

fn git_lines(git: &Git) -> Vec<String> {
    let owner = quoted(&format!("{} <{}>", git.owner.name, git.owner.email));
    let mut lines = vec![
        "git:".to_owned(),
        format!("  mode: {}", git.mode.as_str()),
        format!("  quiet: {:?}", git.quiet),
        format!("  max: {:?}", git.max),
        format!("  owner: {owner}"),
        format!("  sync: {}", git.sync.as_str()),
        format!("  push_after: {:?}", git.push_after),
        format!("  fetch_every: {:?}", git.fetch_every),
        format!("  timeout: {:?}", git.timeout),
    ];
    let files = [("token_file", &git.token_file), ("signing_key", &git.signing_key)];
    let given = files.into_iter().filter_map(|(key, file)| Some((key, file.as_ref()?)));
    lines.extend(given.map(|(key, file)| format!("  {key}: {}", quoted_path(file))));
    lines
}

fn quoted_path(path: &Path) -> String {
    quoted(&path.to_string_lossy())
}

fn quoted_list(texts: impl IntoIterator<Item = impl AsRef<str>>) -> String {
    let quoted: Vec<String> = texts.into_iter().map(|it| quoted(it.as_ref())).collect();
    format!("[{}]", quoted.join(", "))
}

/// Quotes as JSON does, which YAML reads.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Loads the file below a fresh root, then what is printed of it.
    fn check(file: &str, printed: &str) {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        fs::create_dir(root.join("notes")).unwrap();
        fs::write(root.join("token"), "0123456789abcdef").unwrap();
        let load = |text: &str| {
            fs::write(root.join("membridge.yaml"), text).unwrap();
            let flags = Flags {
                config: Some(root.join("membridge.yaml")),
                ..Flags::default()
            };
            let loaded = config::load(&flags, &|_| None).map_err(|it| it.problems);
            loaded.expect("no problem").config
        };
        let config = load(file);
        let text = render(&config);
        assert_eq!(text.replace(root.to_str().unwrap(), "ROOT"), printed);
        assert_eq!(load(&text), config, "{text}");
    }

    /// Returns what is printed of the smallest file, and of what it says about pull requests.
    fn printed(forges: &str) -> String {
        let (before, after) = PRINTED.split_once("rescan_interval").unwrap();
        format!("{before}{forges}rescan_interval{after}")
    }

    const PRINTED: &str = r#"listen: "127.0.0.1:7979"
allowed_hosts: []
allowed_origins: []
data_dir: "ROOT/data"
index_dir: "ROOT/data/index"
agent_folder: "Agent"
timezone:  # TZ, else the system's
sources:
  - name: "vault"
    kind: vault
    path: "ROOT/notes"
    exclude: []
    origin: []
tokens: []
limits:
  note_read: 5 MiB
  note_write: 1 MiB
  query: 2 KiB
  webhook: 8 MiB
  connections: 256
  request_timeout: 30s
write:
  allow: ["Agent/"]
  edit_existing: []
git:
  mode: immediate
  quiet: 30s
  max: 300s
  owner: "vault owner <owner@localhost>"
  sync: off
  push_after: 10s
  fetch_every: 60s
  timeout: 60s
rescan_interval: 60s
quiet: 300ms
log: {format: text, filter: "info"}
"#;

    #[test]
    fn what_is_printed_loads_as_the_same_configuration() {
        check("sources: [{path: notes}]\ndata_dir: data\n", &printed(""));
        check(
            "sources: [{name: team, path: notes, exclude: [\"a\\\"b/\"], origin: [{glob: 'In/**', origin: agent}]}]\ndata_dir: data\n\
             ops_listen: '[::1]:1'\nallowed_hosts: [memory]\nallowed_origins: ['https://a']\nindex_dir: elsewhere\nagent_folder: Бот\n\
             timezone: UTC\ntokens: [{name: a, file: token, scopes: [edit, read], prefix: In}]\n\
             limits: {note_write: 1025, request_timeout: 1500ms}\nwrite: {allow: ['Notes/**']}\ngit: {mode: off, owner: Ann <a@b>, sync: push, token_file: token}\nlog: {format: json, filter: 'membridge=debug,warn'}\n",
            r#"listen: "127.0.0.1:7979"
ops_listen: "[::1]:1"
allowed_hosts: ["memory"]
allowed_origins: ["https://a"]
data_dir: "ROOT/data"
index_dir: "ROOT/elsewhere"
agent_folder: "Бот"
timezone: "UTC"
sources:
  - name: "team"
    kind: vault
    path: "ROOT/notes"
    exclude: ["a\"b/"]
    origin:
      - {glob: "In/**", origin: agent}
tokens:
  - {name: "a", file: "ROOT/token", scopes: [read, edit], prefix: "In/"}
limits:
  note_read: 5 MiB
  note_write: 1025
  query: 2 KiB
  webhook: 8 MiB
  connections: 256
  request_timeout: 1.5s
write:
  allow: ["Notes/**"]
  edit_existing: []
git:
  mode: off
  quiet: 30s
  max: 300s
  owner: "Ann <a@b>"
  sync: push
  push_after: 10s
  fetch_every: 60s
  timeout: 60s
  token_file: "ROOT/token"
rescan_interval: 60s
quiet: 300ms
log: {format: json, filter: "membridge=debug,warn"}
"#,
        );
    }

    #[test]
    fn forges_are_printed_with_all_that_they_are_given() {
        check(
            "sources: [{path: notes}]\ndata_dir: data\nforges: [{kind: gitea, url: 'https://git.example.org', repos: [a/b], clone: none, token_file: token}]\n",
            &printed(
                "forges:\n  - {kind: gitea, url: \"https://git.example.org\", repos: [\"a/b\"], poll_every: 120s, clone: none, token_file: \
             \"ROOT/token\"} # webhook secrets: 0\nflux:  # secrets: 0\npull_requests:\n  areas: []\n  debounce: 300ms\n",
            ),
        );
    }

    #[test]
    fn a_report_says_what_is_wrong_and_what_to_do() {
        let problem = ConfigProblem {
            key: "listen".into(),
            message: "`x` is no address".into(),
            hint: "write one".into(),
        };
        assert_eq!(
            report("problem", &[problem]),
            "1 problem in the configuration\n  listen: `x` is no address\n    write one\n"
        );
        assert_eq!(report("warning", &[]), "");
    }
}
