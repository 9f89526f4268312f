//! One test a rule: what the owner wrote -> what the configuration says or complains of. `ROOT` stands for a folder that holds a vault
//! `notes`, an empty folder `data` and a token file `token`.

use std::{ffi::OsString, fs, os::unix::fs::PermissionsExt, path::Path};

use super::*;
use crate::model::origin::Origin;

/// What was written where.
#[derive(Default)]
struct Setting<'a> {
    file: &'a str,
    environment: &'a [(&'a str, &'a str)],
    flags: Flags,
}

/// Loads it below a fresh root; `ROOT` in the texts of `setting`, and the root in the answer, are replaced by each other.
fn load_below(setting: &Setting<'_>, look: impl FnOnce(&Path, Result<Loaded, Findings>)) {
    let folder = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(folder.path()).unwrap();
    for name in ["notes/Projects", "more", "data"] {
        fs::create_dir_all(root.join(name)).unwrap();
    }
    let secrets = [
        ("token", "0123456789abcdef\n"),
        ("other-token", "fedcba9876543210"),
        ("webhook", "a-secret-of-webhooks"),
    ];
    for (name, secret) in secrets {
        fs::write(root.join(name), secret).unwrap();
        fs::set_permissions(root.join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let here = |text: &str| text.replace("ROOT", root.to_str().unwrap());
    let mut flags = setting.flags.clone();
    flags
        .vaults
        .iter_mut()
        .for_each(|(_, path)| *path = here(path.to_str().unwrap()).into());
    if !setting.file.is_empty() {
        let file = root.join("membridge.yaml");
        fs::write(&file, here(setting.file)).unwrap();
        flags.config = Some(file);
    }
    let environment = |name: &str| {
        let defaults = [("HOME", "ROOT/home")];
        let value = setting.environment.iter().chain(&defaults).find(|(it, _)| *it == name);
        value.map(|(_, value)| OsString::from(here(value)))
    };
    let result = load(&flags, &environment);
    look(&root, result);
}

fn check(setting: &Setting<'_>, expected: impl FnOnce(&Path, &Config)) {
    load_below(setting, |root, result| expected(root, &result.expect("no problem").config));
}

/// Checks all problems, as text.
fn refused(setting: &Setting<'_>, expected: &[&str]) {
    load_below(setting, |root, result| {
        let findings = result.expect_err("problems");
        let found: Vec<String> = findings
            .problems
            .iter()
            .map(|it| it.to_string().replace(root.to_str().unwrap(), "ROOT"))
            .collect();
        assert_eq!(found, expected, "{}", setting.file);
    });
}

fn file(file: &str) -> Setting<'_> {
    Setting {
        file,
        ..Setting::default()
    }
}

fn vault(name: Option<&str>, path: &str) -> (Option<String>, PathBuf) {
    (name.map(str::to_owned), path.into())
}

const ONE_VAULT: &str = "sources: [{path: ROOT/notes}]\n";

#[test]
fn one_vault_is_enough_and_the_rest_has_defaults() {
    let setting = Setting {
        flags: Flags {
            vaults: vec![vault(None, "ROOT/notes")],
            ..Flags::default()
        },
        ..Setting::default()
    };
    check(&setting, |root, config| {
        assert_eq!(config.listen.to_string(), "127.0.0.1:7979");
        assert_eq!(config.data_dir, root.join("home/.local/share/membridge"));
        assert_eq!(
            (config.index_dir.clone(), config.state_dir()),
            (config.data_dir.join("index"), config.data_dir.join("state"))
        );
        assert_eq!(
            (config.sources[0].name.as_str(), &config.sources[0].path),
            ("vault", &root.join("notes"))
        );
        assert_eq!(config.agent_folder.as_str(), "Agent");
        assert_eq!((config.limits.note_read_bytes, config.limits.note_write_bytes), (5 << 20, 1 << 20));
        assert_eq!(
            (config.limits.query_bytes, config.limits.webhook_bytes, config.limits.connections),
            (2048, 8 << 20, 256)
        );
        assert_eq!(
            (config.rescan_interval, config.quiet),
            (Duration::from_secs(60), Duration::from_millis(300))
        );
        assert_eq!(
            config.log,
            Log {
                format: LogFormat::Text,
                filter: "info".to_owned()
            }
        );
        assert!(config.tokens.is_empty() && config.ops_listen.is_none() && config.timezone.is_none());
    });
}

#[test]
fn flags_beat_the_environment_and_the_environment_beats_the_file() {
    let text = "sources: [{name: old, path: ROOT/notes}]\nlisten: 127.0.0.1:1\ndata_dir: data/file\nlog: {filter: warn, format: json}";
    let variables = [
        ("MEMBRIDGE_LISTEN", "127.0.0.1:2"),
        ("MEMBRIDGE_DATA_DIR", "ROOT/data/variable"),
        ("MEMBRIDGE_LOG", "debug"),
    ];
    let flags = Flags {
        vaults: vec![vault(Some("new"), "ROOT/more")],
        listen: Some("127.0.0.1:3".to_owned()),
        log_format: Some("text".to_owned()),
        ..Flags::default()
    };
    check(&file(text), |root, config| {
        assert_eq!((config.listen.port(), &config.data_dir), (1, &root.join("data/file")));
        assert_eq!(
            config.log,
            Log {
                format: LogFormat::Json,
                filter: "warn".to_owned()
            }
        );
    });
    check(
        &Setting {
            environment: &variables,
            ..file(text)
        },
        |root, config| {
            assert_eq!((config.listen.port(), &config.data_dir), (2, &root.join("data/variable")));
            assert_eq!((config.log.filter.as_str(), config.sources[0].name.as_str()), ("debug", "old"));
        },
    );
    check(
        &Setting {
            environment: &variables,
            flags,
            ..file(text)
        },
        |root, config| {
            assert_eq!((config.listen.port(), config.log.format), (3, LogFormat::Text));
            assert_eq!((config.sources.len(), &config.sources[0].path), (1, &root.join("more")));
        },
    );
}

#[test]
fn the_environment_names_the_file_and_empty_or_foreign_variables_say_nothing() {
    let variables = [
        ("MEMBRIDGE_LISTEN", ""),
        ("MEMBRIDGE_PORT", "tcp://10.0.0.1:7979"),
        ("MEMBRIDGE_SERVICE_HOST", "10.0.0.1"),
    ];
    check(
        &Setting {
            environment: &variables,
            ..file(ONE_VAULT)
        },
        |_, config| assert_eq!(config.listen.port(), 7979),
    );
    let missing = Setting {
        environment: &[("MEMBRIDGE_CONFIG", "/nowhere.yaml")],
        ..Setting::default()
    };
    refused(
        &missing,
        &[
            "MEMBRIDGE_CONFIG: cannot read `/nowhere.yaml`: No such file or directory (os error 2) (name a readable YAML file)",
            "sources: no vault is named (pass --vault PATH, or list it under `sources` in the file)",
        ],
    );
}

#[test]
fn the_data_folder_follows_xdg() {
    let data_dir = |environment: &[(&str, &str)], expected: &str| {
        check(
            &Setting {
                environment,
                ..file(ONE_VAULT)
            },
            |root, config| {
                assert_eq!(config.data_dir, Path::new(&expected.replace("ROOT", root.to_str().unwrap())));
            },
        );
    };
    data_dir(&[("XDG_DATA_HOME", "ROOT/xdg")], "ROOT/xdg/membridge");
    data_dir(&[("XDG_DATA_HOME", "relative")], "ROOT/home/.local/share/membridge");
    data_dir(&[("HOME", "")], "/var/lib/membridge");
}

#[test]
fn paths_in_the_file_count_from_the_file_and_know_the_home() {
    check(
        &file("sources: [{path: notes}]\ndata_dir: ~/memory\nindex_dir: data/index"),
        |root, config| {
            assert_eq!(config.sources[0].path, root.join("notes"));
            assert_eq!(
                (&config.data_dir, &config.index_dir),
                (&root.join("home/memory"), &root.join("data/index"))
            );
        },
    );
}

#[test]
fn a_source_has_exclusions_and_rules_in_their_order() {
    let text =
        "sources: [{path: ROOT/notes, exclude: [Templates/], origin: [{glob: 'In/**', origin: agent}, {glob: '**', origin: human}]}]";
    check(&file(text), |_, config| {
        let source = &config.sources[0];
        assert_eq!((source.exclude[0].as_str(), source.origin[0].origin), ("Templates/", Origin::Agent));
        assert_eq!((source.origin[1].glob.as_str(), source.origin[1].origin), ("**", Origin::Human));
    });
}

#[test]
fn tokens_come_from_files_with_scopes_and_a_folder() {
    let text = format!("{ONE_VAULT}tokens: [{{name: agent, file: token, scopes: [read, write], prefix: Agent}}]");
    check(&file(&text), |root, config| {
        let token = &config.tokens[0];
        assert_eq!(
            (token.name.as_str(), token.prefix.as_deref(), &token.file),
            ("agent", Some("Agent/"), &Some(root.join("token")))
        );
        assert!(token.secret.matches(b"0123456789abcdef"));
        assert_eq!(token.scopes, [tokens::Scope::Read, tokens::Scope::Write].into());
    });
}

#[test]
fn the_token_of_the_environment_may_do_all_unless_the_file_says_less() {
    let all: std::collections::BTreeSet<_> = tokens::Scope::ALL.into();
    for variable in [("MEMBRIDGE_TOKEN", "0123456789abcdef"), ("MEMBRIDGE_TOKEN_FILE", "ROOT/token")] {
        let environment = &[variable];
        check(
            &Setting {
                environment,
                ..file(ONE_VAULT)
            },
            |_, config| {
                assert_eq!((config.tokens[0].name.as_str(), &config.tokens[0].scopes), ("environment", &all));
            },
        );
        let text = format!("{ONE_VAULT}tokens: [{{name: agent, file: token, scopes: [read]}}]");
        check(
            &Setting {
                environment,
                ..file(&text)
            },
            |_, config| {
                assert_eq!((config.tokens.len(), config.tokens[0].scopes.len()), (1, 1));
            },
        );
    }
    let both = [("MEMBRIDGE_TOKEN", "0123456789abcdef"), ("MEMBRIDGE_TOKEN_FILE", "ROOT/token")];
    refused(
        &Setting {
            environment: &both,
            ..file(ONE_VAULT)
        },
        &["MEMBRIDGE_TOKEN: MEMBRIDGE_TOKEN_FILE is set too (set one of the two)"],
    );
    refused(
        &Setting {
            environment: &[("MEMBRIDGE_TOKEN", "short")],
            ..file(ONE_VAULT)
        },
        &["MEMBRIDGE_TOKEN: the token has 5 characters, fewer than 16 (make one with `openssl rand -hex 32`)"],
    );
}

#[test]
fn listening_to_other_machines_needs_a_token() {
    refused(
        &file(&format!("{ONE_VAULT}listen: 0.0.0.0:7979")),
        &[
            "listen: 0.0.0.0:7979 can be reached from other machines, and no token is configured \
           (listen on 127.0.0.1, or name a token file under `tokens`)",
        ],
    );
    let flags = Flags {
        listen: Some("[::]:7979".to_owned()),
        ..Flags::default()
    };
    refused(
        &Setting { flags, ..file(ONE_VAULT) },
        &[
            "--listen: [::]:7979 can be reached from other machines, and no token is configured \
           (listen on 127.0.0.1, or name a token file under `tokens`)",
        ],
    );
    let with_token = format!("{ONE_VAULT}listen: 0.0.0.0:7979\ntokens: [{{name: a, file: token, scopes: [read]}}]\n");
    load_below(&file(&with_token), |_, result| {
        let keys: Vec<String> = result.unwrap().warnings.into_iter().map(|it| it.key).collect();
        assert!(keys.contains(&"allowed_hosts".to_owned()), "{keys:?}");
    });
    check(&file(&format!("{ONE_VAULT}listen: '[::ffff:127.0.0.1]:0'")), |_, _| {});
    refused(
        &file(&format!("{ONE_VAULT}ops_listen: 127.0.0.1:7979")),
        &["ops_listen: this is the address of `listen` (choose another port)"],
    );
}

#[test]
fn a_checkout_need_not_be_there_yet() {
    let text = "sources: [{path: ROOT/notes}, {name: config, kind: repo, path: ROOT/nowhere}]\n";
    load_below(&file(text), |_, result| {
        let warnings: Vec<String> = result.unwrap().warnings.into_iter().map(|it| it.message).collect();
        assert!(warnings.iter().any(|it| it.starts_with("cannot read the checkout")), "{warnings:?}");
    });
}

#[test]
fn a_vault_must_be_there() {
    refused(
        &file("sources: [{path: ROOT/nowhere}, {name: token, path: ROOT/token}, {name: third}]"),
        &[
            "sources[2]: the source has no `path` (name the folder of the vault)",
            "sources[0].path: cannot read the vault `ROOT/nowhere`: No such file or directory (os error 2) \
             (create it or mend the path; a vault is never created by the service)",
            "sources[1].path: cannot read the vault `ROOT/token`: Not a directory (os error 20) \
             (name the folder of the vault, not a file in it)",
        ],
    );
    refused(
        &file("listen: 127.0.0.1:1"),
        &["sources: no vault is named (pass --vault PATH, or list it under `sources` in the file)"],
    );
}

#[test]
fn names_are_given_once() {
    let flags = Flags {
        vaults: vec![vault(None, "ROOT/notes"), vault(None, "ROOT/more")],
        ..Flags::default()
    };
    refused(
        &Setting {
            flags,
            ..Setting::default()
        },
        &["--vault: two sources are named `vault` (give each its own name: --vault NAME=PATH, or `name` in the file)"],
    );
    refused(
        &file(&format!(
            "{ONE_VAULT}tokens: [{{name: a, file: token, scopes: [read]}}, {{name: a, file: other-token, scopes: [read]}}]"
        )),
        &["tokens[1]: two tokens are named `a` (give each its own name, it stands in the log)"],
    );
    refused(
        &file(&format!(
            "{ONE_VAULT}tokens: [{{name: a, file: token, scopes: [read]}}, {{name: b, file: token, scopes: [edit]}}]"
        )),
        &["tokens[1]: `a` and `b` are the same token, so nobody can say which rights hold (give each caller a token of its own)"],
    );
}

#[test]
fn folders_must_lie_apart() {
    refused(
        &file("sources: [{name: all, path: ROOT/notes}, {name: part, path: ROOT/notes/Projects}]"),
        &["sources[1].path: `ROOT/notes/Projects` and `ROOT/notes` lie in each other \
           (every note must belong to one source: name the outer one only, or use `exclude`)"],
    );
    let apart = "(choose a folder outside every source)";
    let inside = |key: &str, what: &str, path: &str| {
        format!("{key}: the {what} folder `{path}` and sources[0].path `ROOT/notes` lie in each other {apart}")
    };
    refused(
        &file(&format!("{ONE_VAULT}data_dir: ROOT/notes/.data")),
        &[&inside("data_dir", "data", "ROOT/notes/.data")],
    );
    refused(&file(&format!("{ONE_VAULT}data_dir: ROOT")), &[&inside("data_dir", "data", "ROOT")]);
    refused(
        &file(&format!("{ONE_VAULT}index_dir: ROOT/notes/index")),
        &[&inside("index_dir", "index", "ROOT/notes/index")],
    );
}

#[test]
fn a_second_source_of_the_same_name_is_still_looked_at() {
    refused(
        &file("sources: [{path: ROOT/notes}, {path: ROOT/more}]\ndata_dir: ROOT/more/data"),
        &[
            "sources[1].path: two sources are named `vault` (give each its own name: --vault NAME=PATH, or `name` in the file)",
            "data_dir: the data folder `ROOT/more/data` and sources[1].path `ROOT/more` lie in each other \
             (choose a folder outside every source)",
        ],
    );
}

#[test]
fn a_link_to_a_vault_is_kept_as_written_and_still_found_inside() {
    let folder = tempfile::tempdir().unwrap();
    let root = fs::canonicalize(folder.path()).unwrap();
    fs::create_dir(root.join("revision")).unwrap();
    std::os::unix::fs::symlink(root.join("revision"), root.join("current")).unwrap();
    let load_with = |data_dir: &str| {
        let flags = Flags {
            vaults: vec![(None, root.join("current"))],
            data_dir: Some(root.join(data_dir)),
            ..Flags::default()
        };
        load(&flags, &|_| None)
    };
    assert_eq!(load_with("data").unwrap().config.sources[0].path, root.join("current"));
    assert_eq!(load_with("revision/data").unwrap_err().problems[0].key, "--data-dir");
}

#[test]
fn every_problem_is_told_at_once() {
    let text = "lisen: 1\nlisten: nowhere\nquiet: soon\nsources: [{name: 'a b', path: ROOT/nowhere}]\n\
                tokens: [{name: a, file: missing, scopes: []}]\nlimits: {note_read: 1 KiB, note_write: 2 KiB}\ntimezone: Mars/Olympus";
    load_below(&file(text), |_, result| {
        let keys: Vec<String> = result.unwrap_err().problems.into_iter().map(|it| it.key).collect();
        let expected = [
            "lisen",
            "listen",
            "sources[0].name",
            "tokens[0]",
            "tokens[0].file",
            "timezone",
            "limits.note_write",
            "quiet",
            "sources[0].path",
        ];
        assert_eq!(keys, expected);
    });
}

#[test]
fn the_example_names_every_setting_and_loads() {
    let example = include_str!("../../config/membridge.yaml");
    let mut findings = Findings::default();
    let mut written = written::read(example, &mut findings);
    if let Some([vault, .., repo]) = written.sources.as_deref_mut() {
        // What only a clone has.
        vault.url = repo.url.take();
        vault.branch = repo.branch.take();
        vault.fetch_every = repo.fetch_every.take();
        vault.token_file = repo.token_file.take();
    }
    written.sources.iter_mut().for_each(|it| it.truncate(1));
    written.tokens.truncate(1);
    let written = format!("{written:?}");
    assert!(
        findings.problems.is_empty() && !written.contains("None") && !written.contains("[]"),
        "a setting is missing: {written}"
    );

    // Time zones other than UTC need the system's tzdata, which a test must not.
    let text = example
        .replace("Europe/Berlin", "UTC")
        .replace("/srv/notes", "ROOT/notes")
        .replace("/srv/team", "ROOT/more")
        .replace("/run/secrets/membridge/agent", "ROOT/token");
    let text = text
        .replace("/run/secrets/membridge/operator", "ROOT/other-token")
        .replace("/run/secrets/membridge/forge", "ROOT/token")
        .replace("/run/secrets/membridge/signing-key", "ROOT/token")
        .replace("/run/secrets/membridge/webhook", "ROOT/webhook")
        .replace("/run/secrets/membridge/flux", "ROOT/webhook")
        .replace("/run/secrets/membridge/wake", "ROOT/token")
        .replace("/var/lib/membridge", "ROOT/data");
    check(&file(&text), |_, config| {
        assert_eq!((config.sources.len(), config.tokens.len()), (3, 2));
        let pulls = &config.pull_requests;
        assert_eq!(
            (pulls.forges[0].host.as_str(), pulls.forges[0].secrets.len(), pulls.flux.len()),
            ("git.example.org", 1, 1)
        );
    });
}

#[test]
fn a_forge_is_told_all_that_is_wrong_with_it() {
    refused(
        &file(
            "sources: [{path: ROOT/notes}]\ntokens: [{name: a, file: ROOT/token, scopes: [read]}]\nforges: [{kind: svn, url: git.example.org, \
               repos: [name], token_file: ROOT, secret_files: [ROOT/token], secret: x}]\nwake: {token_file: ROOT/none}\n",
        ),
        &[
            "forges[0].secret: a secret must not stand in this file (write it into a file of its own and name that under `tokens[].file`)",
            "forges[0].kind: `svn` is no kind of forge (valid: gitea, forgejo, github, gitlab)",
            "forges[0].url: `git.example.org` is no address (write scheme and host, as https://git.example.org)",
            "forges[0].repos[0]: `name` is no repository (write it as owner/name)",
            "forges[0].token_file: `ROOT` is no file (name the file that holds the token)",
            "forges[0].secret_files[0]: this is the token of `a`, which whoever sends webhooks would hold (make a secret of its own with \
             `openssl rand -hex 32`)",
            "wake.token_file: there is no `wake.url` (name the address that is to be told)",
            "wake.token_file: there is no file `ROOT/none` (create it, or mend the path)",
        ],
    );
}
