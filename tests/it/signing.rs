//! Commits that are signed with an SSH key, as git itself verifies them; without a signature there is no commit.

use std::{fs, path::Path, process::Command};

use serde_json::json;

use crate::harness::Server;

fn run(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).current_dir(folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn commits_are_signed_or_wait() {
    if Command::new("ssh-keygen").arg("-?").output().is_err() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().to_owned();
    run(&place, "git", &["init", "-q", "-b", "main", "vault"]);
    run(&place, "ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-C", "notes", "-f", "key"]);
    let key = fs::read_to_string(place.join("key.pub")).unwrap();
    fs::write(place.join("signers"), format!("membridge@localhost {key}")).unwrap();
    let server = Server::start_in(folder, |config| config.git.signing_key = Some(place.join("key"))).await;

    let answer = server.put("Agent/A.md", "text\n", &[]).await;
    assert_eq!(answer.json()["git"], "committed", "{}", answer.text());
    let vault = place.join("vault");
    let signers = format!("gpg.ssh.allowedSignersFile={}", place.join("signers").display());
    run(&vault, "git", &["-c", &signers, "verify-commit", "HEAD"]);
    run(&vault, "git", &["fsck", "--strict"]);

    let good = fs::read(place.join("key")).unwrap();
    fs::write(place.join("key"), "no key\n").unwrap();
    fs::remove_file(place.join("key.pub")).unwrap();
    let answer = server.put("Agent/B.md", "text\n", &[]).await;
    assert_eq!((&answer.json()["git"], &answer.json()["commit"]), (&json!("queued"), &json!(null)));
    let status = server.get("/v1/status").await.json();
    let why = status["sources"][0]["git"].as_str().unwrap();
    assert!(why.starts_with("vault: not_signed: ssh-keygen cannot sign with "), "{why}");

    fs::write(place.join("key"), good).unwrap();
    let server = server.restart().await;
    assert_eq!(server.get("/v1/status").await.json()["sources"][0]["commits_waiting"], 0);
    run(&vault, "git", &["-c", &signers, "verify-commit", "HEAD"]);
    assert_eq!(run(&vault, "git", &["show", "HEAD:Agent/B.md"]), "text\n");
}
