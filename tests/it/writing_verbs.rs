//! The verbs that write, one after another against one server, as an agent's shell would run them.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use tokio::{net::TcpListener, sync::watch};

use crate::write::over;

/// What is typed, what is piped in, then exit status, a part of stdout and a part of stderr.
type Step = (&'static [&'static str], &'static str, i32, &'static str, &'static str);

const SESSION: [Step; 17] = [
    (
        &["write", "Agent/Copper.md"],
        "# Copper\n\n## Ledger\n\n- 3 kg\n",
        0,
        "created Agent/Copper.md  ",
        "",
    ),
    (&["write", "Agent/Copper.md", "again"], "", 2, "", "current hash: "),
    (&["write", "Home.md", "mine"], "", 2, "", "write below the agent's folder"),
    (
        &[
            "edit",
            "Agent/Copper",
            "--replace",
            "3 kg",
            "--with",
            "4 kg",
            "--reason",
            "more came",
        ],
        "",
        0,
        "written Agent/Copper.md  ",
        "",
    ),
    (
        &["edit", "Agent/Copper", "--append", "--section", "Ledger", "- 5 kg"],
        "",
        0,
        "written ",
        "",
    ),
    (
        &["edit", "Agent/Copper", "--set", "status=done", "--add-tag", "metal", "--dry-run"],
        "",
        0,
        "+status: done\n",
        "",
    ),
    (
        &["edit", "Agent/Copper", "--replace", "9 kg", "--with", "1"],
        "",
        2,
        "",
        "does not stand there",
    ),
    (&["get", "Agent/Copper.md"], "", 0, "# Copper\n\n## Ledger\n\n- 4 kg\n- 5 kg\n", ""),
    (
        &["remember", "The NAS reboots on Sundays.", "--topic", "homelab"],
        "",
        0,
        "created Agent/Memories/homelab/The NAS reboots on Sundays.md",
        "",
    ),
    (
        &["journal", "--heading", "Disks", "--date", "2026-02-03"],
        "moved\n",
        0,
        "created Agent/Journal/2026-02-03 agent.md",
        "",
    ),
    (&["history", "Agent/Copper"], "", 0, "note: Copper (edit)  more came\n", ""),
    (&["diff", "Agent/Copper"], "", 0, "+- 5 kg\n", ""),
    (
        &["mv", "Agent/Copper.md", "Agent/metals/Copper"],
        "",
        0,
        "moved to Agent/metals/Copper.md",
        "",
    ),
    (&["rm", "Agent/metals/Copper.md"], "", 0, "in the trash: Agent/metals/Copper.md", ""),
    (&["rm", "Agent/metals/Copper.md"], "", 1, "", "there is no note"),
    (&["changes", "--since", "1d"], "", 0, "gone      Agent/metals/Copper.md  ", ""),
    (&["history", "Agent/Nothing"], "", 1, "", "there is no note"),
];

#[tokio::test]
async fn an_agent_writes_from_a_shell() {
    let server = over(&[("Home.md", "home\n")]).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (_stop, stopped) = watch::channel(false);
    tokio::spawn(server.listen(listener, stopped));
    let run = move || SESSION.iter().for_each(|it| check(&url, it));
    tokio::task::spawn_blocking(run).await.unwrap();
}

fn check(url: &str, (typed, piped, status, stdout, stderr): &Step) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_membridge"))
        .args(*typed)
        .env("MEMBRIDGE_URL", url)
        .env("MEMBRIDGE_AGENT", "claw")
        .env_remove("MEMBRIDGE_TOKEN")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A verb that reads nothing may have closed its end.
    drop(child.stdin.take().unwrap().write_all(piped.as_bytes()));
    let output = child.wait_with_output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(*status), "{typed:?}: {out}{err}");
    assert!(out.contains(stdout) && stdout.is_empty() == out.is_empty(), "{typed:?}: {out:?}");
    assert!(err.contains(stderr) && stderr.is_empty() == err.is_empty(), "{typed:?}: {err:?}");
}
