//! The binary as a shell sees it, against a server on a real socket: output, exit status, and that a closed pipe is no error.

use std::{
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use tokio::{net::TcpListener, sync::watch};

use crate::harness::Server;

async fn membridge(arguments: &'static [&'static str]) -> Output {
    let server = Server::start(&[
        ("Projects/Copper.md", "# Copper\n## Ledger\nthe copper ledger\n"),
        ("Inbox.md", "later\n"),
    ])
    .await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (_stop, stopped) = watch::channel(false);
    tokio::spawn(server.listen(listener, stopped));
    let run = move || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_membridge"));
        command
            .args(arguments)
            .env("MEMBRIDGE_URL", url)
            .env_remove("MEMBRIDGE_TOKEN")
            .stdin(Stdio::null());
        command.output().unwrap()
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

#[tokio::test]
async fn links_names_and_tags_are_told() {
    check(&["links", "Inbox"], 1, "", "nothing found").await;
    check(&["resolve", "copper"], 0, "Projects/Copper.md  link\n", "").await;
    check(&["resolve", "cpr"], 0, "Projects/Copper.md  fuzzy\n", "").await;
    check(&["resolve", "zinc"], 1, "", "nothing found").await;
    check(&["tags"], 1, "", "nothing found").await;
    check(&["pr", "list"], 1, "", "nothing found").await;
    check(&["lint", "--kind", "typo"], 2, "", "valid: unresolved-link").await;
    check(&["lint"], 1, "", "nothing found").await;
}

async fn check(arguments: &'static [&'static str], status: i32, stdout: &str, stderr: &str) {
    let output = membridge(arguments).await;
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!((output.status.code(), &*out), (Some(status), stdout), "{arguments:?}: {err}");
    assert!(
        err.contains(stderr) && (stderr.is_empty() == err.is_empty()),
        "{arguments:?}: {err}"
    );
}

#[tokio::test]
async fn what_is_found_is_printed() {
    let hit = "Projects/Copper.md#L1-L3  Copper > Ledger\n  Copper Ledger the copper ledger\n";
    check(&["search", "copper", "ledger", "--path", "Projects/**"], 0, hit, "").await;
    check(&["get", "Projects/Copper.md#L2-L3"], 0, "## Ledger\nthe copper ledger\n", "").await;
    check(
        &["get", "Projects/Copper", "--section", "Ledger"],
        0,
        "## Ledger\nthe copper ledger\n",
        "",
    )
    .await;
    check(
        &["get", "Projects/Copper", "--max-bytes", "10"],
        0,
        "# Copper\n",
        "membridge get 'Projects/Copper' --lines 2-3",
    )
    .await;
    check(&["ls"], 0, "Inbox.md\nProjects/Copper.md\n", "").await;
    check(&["ls", "Projects"], 0, "Projects/Copper.md\n", "").await;
}

#[tokio::test]
async fn a_question_and_a_conversation_are_given_what_to_read() {
    let passage = "Projects/Copper.md#L1-L3  Copper > Ledger\n  the copper ledger\n";
    check(&["context", "where is the", "copper ledger?"], 0, passage, "").await;
    check(&["context", "okapi"], 1, "", "nothing found").await;
    check(&["context", "copper", "--budget", "49"], 2, "", "it is 50 to 32000 tokens").await;
    check(&["brief", "--since", "soon"], 2, "", "hint: ").await;
    let brief = membridge(&["brief", "--budget", "500"]).await;
    let text = String::from_utf8_lossy(&brief.stdout).into_owned();
    assert_eq!(brief.status.code(), Some(0), "{brief:?}");
    assert!(
        text.starts_with("# Changed, newest first\n") && text.contains("  Inbox.md  human "),
        "{text}"
    );
    assert!(
        text.lines()
            .last()
            .is_some_and(|it| it.starts_with("next time: membridge brief --since ")),
        "{text}"
    );
}

#[tokio::test]
async fn nothing_is_status_1_and_an_error_status_2_with_a_hint() {
    check(&["search", "okapi"], 1, "", "nothing found").await;
    check(&["get", "Absent.md"], 1, "", "hint: ").await;
    check(&["get", "Inbox.md", "--section", "Plan"], 1, "", "the note has no headings").await;
    check(&["search", "copper", "--limit", "1000"], 2, "", "it is between 1 and 100").await;
    check(&["get", "../x"], 2, "", "hint: ").await;
    check(&["serach"], 2, "", "unrecognized subcommand").await;
}

#[tokio::test]
async fn json_is_what_the_server_said() {
    let output = membridge(&["search", "copper", "--json"]).await;
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["hits"][0]["path"], "Projects/Copper.md");
}

#[test]
fn without_a_server_there_is_a_hint() {
    // Port 9 (discard) is served nowhere.
    let output = Command::new(env!("CARGO_BIN_EXE_membridge"))
        .args(["status"])
        .env("MEMBRIDGE_URL", "http://127.0.0.1:9")
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && error.contains("membridge serve"), "{error}");
}

#[test]
fn a_token_of_several_lines_does_not_blame_the_server() {
    let output = Command::new(env!("CARGO_BIN_EXE_membridge"))
        .args(["status"])
        .env("MEMBRIDGE_TOKEN", "0123456789abcdef\nfedcba9876543210")
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("MEMBRIDGE_TOKEN") && !error.contains("membridge serve"), "{error}");
}

#[test]
fn a_pipe_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let mut child = Command::new(env!("CARGO_BIN_EXE_membridge"))
        .args(["parse".as_ref(), pipe.as_os_str()])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > Duration::from_secs(30) {
            child.kill().unwrap();
            panic!("still waiting");
        }
        thread::sleep(Duration::from_millis(10));
    }
    let output = child.wait_with_output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && error.contains("no regular file"), "{error}");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_membridge"))
        .args(["completions", "bash"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}
