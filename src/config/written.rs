//! The configuration file as written: which keys there are and how they nest. Texts stay texts; `resolve` says what they mean.

use crate::{
    config::{
        findings::Findings,
        forges::{self, ForgesWritten},
        table::{Table, Written},
    },
    model::yaml,
};

/// One field a key; a missing key is `None` or empty.
#[derive(Debug, Default)]
pub struct ConfigFile {
    pub listen: Option<Written>,
    pub ops_listen: Option<Written>,
    pub allowed_hosts: Vec<Written>,
    pub allowed_origins: Vec<Written>,
    pub data_dir: Option<Written>,
    pub index_dir: Option<Written>,
    pub sources: Option<Vec<SourceWritten>>,
    pub agent_folder: Option<Written>,
    pub timezone: Option<Written>,
    pub tokens: Vec<TokenWritten>,
    pub limits: LimitsWritten,
    pub write: WriteWritten,
    pub git: GitWritten,
    pub pull_requests: ForgesWritten,
    pub rescan_interval: Option<Written>,
    pub quiet: Option<Written>,
    pub log_format: Option<Written>,
    pub log_filter: Option<Written>,
}

#[derive(Debug, Default)]
pub struct SourceWritten {
    /// Where the entry stands: `sources[0]`.
    pub key: String,
    pub name: Option<Written>,
    pub kind: Option<Written>,
    pub path: Option<Written>,
    pub url: Option<Written>,
    pub branch: Option<Written>,
    pub fetch_every: Option<Written>,
    pub token_file: Option<Written>,
    pub exclude: Vec<Written>,
    /// Glob and origin.
    pub origin: Vec<(Option<Written>, Option<Written>)>,
}

#[derive(Debug, Default)]
pub struct TokenWritten {
    /// Where the entry stands: `tokens[0]`.
    pub key: String,
    pub name: Option<Written>,
    pub file: Option<Written>,
    pub scopes: Vec<Written>,
    pub prefix: Option<Written>,
}

#[derive(Debug, Default)]
pub struct LimitsWritten {
    pub note_read: Option<Written>,
    pub note_write: Option<Written>,
    pub query: Option<Written>,
    pub webhook: Option<Written>,
    pub connections: Option<Written>,
    pub request_timeout: Option<Written>,
}

#[derive(Debug, Default)]
pub struct WriteWritten {
    /// `None` when the key is missing: an empty list closes the vault.
    pub allow: Option<Vec<Written>>,
    pub edit_existing: Vec<Written>,
}

#[derive(Debug, Default)]
pub struct GitWritten {
    pub mode: Option<Written>,
    pub quiet: Option<Written>,
    pub max: Option<Written>,
    pub owner: Option<Written>,
    pub sync: Option<Written>,
    pub push_after: Option<Written>,
    pub fetch_every: Option<Written>,
    pub timeout: Option<Written>,
    pub token_file: Option<Written>,
    pub signing_key: Option<Written>,
}

/// Returns what the text says; whatever it says wrongly is noted and left out.
pub fn read(text: &str, findings: &mut Findings) -> ConfigFile {
    let value = match yaml::parse(text) {
        Ok(value) => value,
        Err(error) => {
            findings.problem("(the file)", format!("this is no YAML: {error}"), "mend the line it names");
            return ConfigFile::default();
        }
    };
    let mut file = Table::new(String::new(), value, findings);
    let mut log = file.table("log", findings);
    let read = ConfigFile {
        listen: file.text("listen", findings),
        ops_listen: file.text("ops_listen", findings),
        allowed_hosts: file.texts("allowed_hosts", findings),
        allowed_origins: file.texts("allowed_origins", findings),
        data_dir: file.text("data_dir", findings),
        index_dir: file.text("index_dir", findings),
        sources: file
            .tables("sources", findings)
            .map(|tables| tables.into_iter().map(|table| source(table, findings)).collect()),
        agent_folder: file.text("agent_folder", findings),
        timezone: file.text("timezone", findings),
        tokens: file
            .tables("tokens", findings)
            .unwrap_or_default()
            .into_iter()
            .map(|table| token(table, findings))
            .collect(),
        limits: limits(file.table("limits", findings), findings),
        write: write(file.table("write", findings), findings),
        git: git(file.table("git", findings), findings),
        pull_requests: forges::read(&mut file, findings),
        rescan_interval: file.text("rescan_interval", findings),
        quiet: file.text("quiet", findings),
        log_format: log.text("format", findings),
        log_filter: log.text("filter", findings),
    };
    log.finish(findings);
    file.finish(findings);
    read
}

fn source(mut table: Table, findings: &mut Findings) -> SourceWritten {
    let read = SourceWritten {
        key: table.key.clone(),
        name: table.text("name", findings),
        kind: table.text("kind", findings),
        path: table.text("path", findings),
        url: table.text("url", findings),
        branch: table.text("branch", findings),
        fetch_every: table.text("fetch_every", findings),
        token_file: table.text("token_file", findings),
        exclude: table.texts("exclude", findings),
        origin: table
            .tables("origin", findings)
            .unwrap_or_default()
            .into_iter()
            .map(|table| rule(table, findings))
            .collect(),
    };
    table.finish(findings);
    read
}

fn rule(mut table: Table, findings: &mut Findings) -> (Option<Written>, Option<Written>) {
    let read = (table.text("glob", findings), table.text("origin", findings));
    for (name, part) in [("glob", &read.0), ("origin", &read.1)] {
        if part.is_none() {
            findings.problem(
                &table.key,
                format!("the rule has no `{name}`"),
                "write it as {glob: \"Clippings/**\", origin: agent}",
            );
        }
    }
    table.finish(findings);
    read
}

fn token(mut table: Table, findings: &mut Findings) -> TokenWritten {
    let read = TokenWritten {
        key: table.key.clone(),
        name: table.text("name", findings),
        file: table.text("file", findings),
        scopes: table.texts("scopes", findings),
        prefix: table.text("prefix", findings),
    };
    table.finish(findings);
    read
}

fn limits(mut table: Table, findings: &mut Findings) -> LimitsWritten {
    let read = LimitsWritten {
        note_read: table.text("note_read", findings),
        note_write: table.text("note_write", findings),
        query: table.text("query", findings),
        webhook: table.text("webhook", findings),
        connections: table.text("connections", findings),
        request_timeout: table.text("request_timeout", findings),
    };
    table.finish(findings);
    read
}

fn write(mut table: Table, findings: &mut Findings) -> WriteWritten {
    let read = WriteWritten {
        allow: table.texts_if_given("allow", findings),
        edit_existing: table.texts("edit_existing", findings),
    };
    table.finish(findings);
    read
}

fn git(mut table: Table, findings: &mut Findings) -> GitWritten {
    let read = GitWritten {
        mode: table.text("mode", findings),
        quiet: table.text("quiet", findings),
        max: table.text("max", findings),
        owner: table.text("owner", findings),
        sync: table.text("sync", findings),
        push_after: table.text("push_after", findings),
        fetch_every: table.text("fetch_every", findings),
        timeout: table.text("timeout", findings),
        token_file: table.text("token_file", findings),
        signing_key: table.text("signing_key", findings),
    };
    table.finish(findings);
    read
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let mut findings = Findings::default();
        read(text, &mut findings);
        let found: Vec<String> = findings.problems.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn an_empty_file_is_the_defaults() {
        check("", &[]);
        check("# nothing but a comment\n", &[]);
        check("listen:\nlimits:\n", &[]);
    }

    #[test]
    fn a_misspelt_key_is_named_with_its_neighbour() {
        check("lisen: 127.0.0.1:1", &["lisen: this key does not exist (did you mean `listen`?)"]);
        check(
            "log: {formt: json}",
            &["log.formt: this key does not exist (did you mean `format`?)"],
        );
        check(
            "log: {colour: yes}",
            &["log.colour: this key does not exist (valid here: format, filter)"],
        );
        check(
            "sources: [{name: a, path: /a}, {pth: /b}]",
            &["sources[1].pth: this key does not exist (did you mean `path`?)"],
        );
    }

    #[test]
    fn a_secret_in_the_file_is_refused_and_never_repeated() {
        let refused = |key: &str| {
            format!("{key}: a secret must not stand in this file (write it into a file of its own and name that under `tokens[].file`)")
        };
        check("token: hunter2hunter2hunter2", &[&refused("token")]);
        check("tokens: [{name: a, file: f, secret: hunter2}]", &[&refused("tokens[0].secret")]);
        check(
            "tokens: [hunter2]",
            &["tokens[0]: this is a text (write a map of keys and values, as config/membridge.yaml shows)"],
        );
    }

    #[test]
    fn wrong_types_are_all_reported_and_reading_goes_on() {
        check(
            "listen: [1]\nallowed_hosts: memory\nlimits: 5\nquiet: true\nnope: 1",
            &[
                "listen: this is a list (write a text, as config/membridge.yaml shows)",
                "allowed_hosts: this is a text (write a list, as config/membridge.yaml shows)",
                "limits: this is a number (write a map of keys and values, as config/membridge.yaml shows)",
                "quiet: this is true or false (write a text, as config/membridge.yaml shows)",
                "nope: this key does not exist (valid here: log, listen, ops_listen, allowed_hosts, allowed_origins, data_dir, index_dir, \
                 sources, agent_folder, timezone, tokens, limits, write, git, forges, flux, wake, pull_requests, rescan_interval, quiet)",
            ],
        );
        check(
            "- a list\n",
            &["(the file): this is a list (write a map of keys and values, as config/membridge.yaml shows)"],
        );
    }

    #[test]
    fn a_rule_needs_both_halves() {
        let hint = "write it as {glob: \"Clippings/**\", origin: agent}";
        check(
            "sources: [{path: /a, origin: [{glob: a}]}]",
            &[&format!("sources[0].origin[0]: the rule has no `origin` ({hint})")],
        );
    }

    #[test]
    fn what_is_no_yaml_is_one_problem() {
        let mut findings = Findings::default();
        read("listen: [", &mut findings);
        assert_eq!(findings.problems.len(), 1);
        assert!(
            findings.problems[0].message.starts_with("this is no YAML"),
            "{:?}",
            findings.problems
        );
    }
}
