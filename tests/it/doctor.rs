//! `membridge doctor` as an operator runs it: the real binary, beside a service and without one, over folders in which something is wrong.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::{Duration, SystemTime},
};

use serde_json::Value;
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::watch};

use crate::harness::{Server, files_below};

/// A vault, a data folder beside it, and the configuration of both.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new(more: &str) -> Place {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("vault/Agent")).unwrap();
        fs::create_dir(folder.path().join("data")).unwrap();
        fs::write(folder.path().join("vault/Home.md"), "home\n").unwrap();
        let place = Place { folder };
        // Nobody listens on the last port, and nobody is asked elsewhere.
        place.configure(&format!("sources: [{{path: vault}}]\ndata_dir: data\nlisten: 127.0.0.1:1\n{more}"));
        place
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn configure(&self, text: &str) {
        fs::write(self.at("membridge.yaml"), text).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let identity = ["-c", "user.name=a", "-c", "user.email=a@localhost"];
        let vault = self.at("vault");
        let ended = Command::new("git")
            .current_dir(vault)
            .args(identity)
            .args(arguments)
            .output()
            .unwrap();
        assert!(ended.status.success(), "{arguments:?}: {ended:?}");
    }

    fn doctor(&self, environment: &[(&str, &str)]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_membridge"));
        command.args(["doctor", "--json", "--config"]).arg(self.at("membridge.yaml"));
        for name in [
            "MEMBRIDGE_URL",
            "MEMBRIDGE_TOKEN",
            "MEMBRIDGE_TOKEN_FILE",
            "MEMBRIDGE_DATA_DIR",
            "MEMBRIDGE_LISTEN",
        ] {
            command.env_remove(name);
        }
        // No settings of whoever runs the tests.
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("HOME", self.folder.path());
        command.envs(environment.iter().copied());
        command.output().unwrap()
    }

    /// Finds of a check one finding of that level whose message and fix hold these words.
    #[track_caller]
    fn check(&self, check: &str, level: &str, message: &str, fix: &str) {
        self.check_in(&self.doctor(&[]), check, level, message, fix);
    }

    #[track_caller]
    fn check_in(&self, output: &Output, check: &str, level: &str, message: &str, fix: &str) {
        let told: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
        let holds = |it: &Value, key: &str, words: &str| it[key].as_str().unwrap().contains(words);
        let findings = told["findings"].as_array().unwrap();
        let found = findings
            .iter()
            .any(|it| it["check"] == check && it["level"] == level && holds(it, "message", message) && holds(it, "fix", fix));
        assert!(found, "{check} {level} {message:?} {fix:?}: {told:#}");
        let expected = match level {
            "problem" => 2,
            "warning" if told["problems"] == 0 => 1,
            _ => output.status.code().unwrap(),
        };
        assert_eq!(output.status.code(), Some(expected), "{told:#}");
    }
}

#[test]
fn what_is_well_is_told_and_nothing_is_changed() {
    let place = Place::new("");
    let state = |folder: &Path| -> Vec<(PathBuf, SystemTime)> {
        let files = files_below(folder).into_iter();
        files
            .map(|it| (it.clone(), fs::metadata(it).unwrap().modified().unwrap()))
            .collect()
    };
    let before = state(place.folder.path());
    let output = place.doctor(&[]);
    let text = String::from_utf8_lossy(&output.stdout);
    // On a machine whose temporary folder lies in memory, or that is nearly full, there is a warning.
    assert_ne!(output.status.code(), Some(2), "{text}");
    place.check_in(&output, "config", "ok", "1 source", "");
    place.check_in(&output, "disk", "ok", "vault `vault` can be written", "");
    place.check_in(&output, "git", "ok", "is no repository: its history is kept in the data folder", "");
    place.check_in(&output, "watches", "ok", "2 folders to watch", "");
    // Whoever looks because of an alert must not read that all is well.
    place.check_in(&output, "service", "warning", "none runs at http://127.0.0.1:1", "membridge serve");
    assert_eq!(state(place.folder.path()), before);
}

#[test]
fn a_configuration_that_does_not_load_is_told_with_every_problem() {
    let place = Place::new("");
    place.configure("sources: [{path: none}]\ndata_dir: data\nrescan_interval: 7\nlisten: 127.0.0.1:1\n");
    place.check("config", "problem", "cannot read the vault", "create it or mend the path");
    place.check("config", "problem", "rescan_interval", "");
    // Where the service would be is known all the same.
    place.check(
        "service",
        "warning",
        "none runs at http://127.0.0.1:1, as far as",
        "membridge serve",
    );
}

#[test]
fn a_folder_that_cannot_be_written_is_told_with_its_owner() {
    let place = Place::new("");
    let agents = place.at("vault/Agent");
    fs::set_permissions(&agents, fs::Permissions::from_mode(0o555)).unwrap();
    let output = place.doctor(&[]);
    fs::set_permissions(&agents, fs::Permissions::from_mode(0o755)).unwrap();
    // Root may write all the same.
    if fs::File::create("/proc/sys/kernel/printk_delay").is_err() {
        place.check_in(&output, "disk", "problem", "cannot be written", "chown");
    }
}

#[test]
fn a_repository_that_takes_no_commits_is_told_with_the_way_out() {
    let place = Place::new("");
    place.git(&["init", "-q", "-b", "main"]);
    place.git(&["add", "-A"]);
    place.git(&["commit", "-q", "-m", "first"]);
    place.check("git", "ok", "the repository of `vault` takes commits", "");

    place.git(&["config", "user.name", "Ann"]);
    place.git(&["config", "user.email", "ann@example.org"]);
    place.check("git", "warning", "vault owner", "git: {owner: \"Ann <ann@example.org>\"}");

    let lock = place.at("vault/.git/index.lock");
    fs::write(&lock, "").unwrap();
    let old = SystemTime::now() - Duration::from_secs(600);
    fs::File::options().write(true).open(&lock).unwrap().set_modified(old).unwrap();
    place.check("git", "problem", "index.lock` has been there for 6", "rm ");
    fs::remove_file(&lock).unwrap();

    place.git(&["checkout", "-q", "--detach"]);
    place.check("git", "problem", "HEAD names no branch", "switch main");
    place.git(&["checkout", "-q", "main"]);

    fs::create_dir(place.at("vault/.git/rebase-merge")).unwrap();
    place.check("git", "problem", "the repository is amid", "rebase --abort");
}

#[test]
fn a_remote_that_is_not_there_is_told() {
    let place = Place::new("git: {sync: push}\n");
    place.check("git", "warning", "not the root of a git repository", "git -C");
    place.git(&["init", "-q", "-b", "main"]);
    place.git(&["add", "-A"]);
    place.git(&["commit", "-q", "-m", "first"]);
    place.check("remote", "problem", "nothing to sync with", "push -u origin HEAD");
    let bare = place.at("bare.git");
    let made = Command::new("git").args(["init", "-q", "--bare"]).arg(&bare).status().unwrap();
    assert!(made.success());
    place.git(&["remote", "add", "origin", bare.to_str().unwrap()]);
    place.git(&["push", "-q", "-u", "origin", "main"]);
    place.check("remote", "ok", "takes what is committed", "");
    fs::remove_dir_all(&bare).unwrap();
    place.check("remote", "problem", "does not take it: failed", "git ls-remote");
}

#[test]
fn a_forge_that_nobody_answers_at_is_told() {
    let place = Place::new("forges: [{kind: gitea, url: 'http://127.0.0.1:9', repos: [a/b], token_file: forge}]\n");
    fs::write(place.at("forge"), "9f86d081884c7d659a2feaa0c55ad015").unwrap();
    fs::set_permissions(place.at("forge"), fs::Permissions::from_mode(0o600)).unwrap();
    place.check(
        "forge",
        "problem",
        "127.0.0.1:9 does not tell of `a/b`",
        "curl -sI http://127.0.0.1:9",
    );
}

#[test]
fn a_token_that_can_be_guessed_is_not_shown() {
    let place = Place::new("tokens: [{name: agent, file: token, scopes: [read]}]\n");
    fs::write(place.at("token"), "aaaaaaaaaaaaaaaaaaaa").unwrap();
    fs::set_permissions(place.at("token"), fs::Permissions::from_mode(0o600)).unwrap();
    let output = place.doctor(&[]);
    place.check_in(
        &output,
        "token",
        "warning",
        "the token `agent` can be guessed",
        "openssl rand -hex 32 > ",
    );
    assert!(!format!("{output:?}").contains("aaaaaaaa"), "{output:?}");
}

#[tokio::test]
async fn a_running_service_is_asked_as_its_clients_ask() {
    let server = Server::start(&[("Home.md", "home\n")]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (_stop, stopped) = watch::channel(false);
    tokio::spawn(server.listen(listener, stopped));
    let run = move || {
        let place = Place::new("");
        let output = place.doctor(&[("MEMBRIDGE_URL", &url)]);
        place.check_in(&output, "service", "ok", "is ready", "");
        place.check_in(&output, "service", "ok", "its sources are well", "");
        // The same address in the configuration is as good.
        place.configure(&format!("sources: [{{path: vault}}]\ndata_dir: data\nlisten: {}\n", &url[7..]));
        place.check("service", "ok", "is ready", "");
        // It is asked there, too, when its vault is gone.
        fs::remove_dir_all(place.at("vault")).unwrap();
        place.check("config", "problem", "cannot read the vault", "");
        place.check("service", "ok", "is ready", "");
        let output = place.doctor(&[("MEMBRIDGE_URL", "http://127.0.0.1:1")]);
        place.check_in(
            &output,
            "service",
            "problem",
            "no answer from http://127.0.0.1:1",
            "membridge serve",
        );
    };
    tokio::task::spawn_blocking(run).await.unwrap();
}

#[tokio::test]
async fn another_program_on_the_port_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            drop(stream);
        }
    });
    let run = move || {
        let place = Place::new("");
        place.configure(&format!("sources: [{{path: vault}}]\ndata_dir: data\nlisten: {address}\n"));
        place.check("service", "problem", "is no membridge server", "ss -ltnp");
    };
    tokio::task::spawn_blocking(run).await.unwrap();
}

#[test]
fn a_service_that_hangs_is_told_soon_and_as_one_that_hangs() {
    // Connections are taken by the system, as those of a stopped process are; nobody reads what they say.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let place = Place::new("");
    place.configure(&format!("sources: [{{path: gone}}]\ndata_dir: data\nlisten: {address}\n"));
    place.check("service", "problem", "does not answer", "systemctl restart membridge");
}
