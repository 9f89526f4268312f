//! `membridge init`, and the manual: the real binary over an empty folder, over one that was prepared before, and over one that holds other things.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use tempfile::TempDir;

use crate::harness::files_below;

fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join("Notes/.obsidian")).unwrap();
    home
}

fn run(home: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_membridge"));
    command.args(arguments).current_dir(home).env("HOME", home).stdin(Stdio::null());
    for name in [
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "MEMBRIDGE_TOKEN",
        "MEMBRIDGE_LISTEN",
        "MEMBRIDGE_CONFIG",
    ] {
        command.env_remove(name);
    }
    command.output().unwrap()
}

#[track_caller]
fn check(output: &Output, status: i32, stdout: &str, stderr: &str) {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "{out}{err}");
    assert!(out.contains(stdout) && err.contains(stderr), "{stdout:?} {stderr:?}\n{out}\n{err}");
}

fn names(home: &Path) -> Vec<PathBuf> {
    let mut names: Vec<PathBuf> = files_below(home)
        .iter()
        .map(|it| it.strip_prefix(home).unwrap().to_owned())
        .collect();
    names.sort();
    names
}

#[test]
fn without_an_answer_nothing_is_written() {
    let home = home();
    let output = run(home.path(), &["init", "Notes"]);
    check(&output, 2, "+++ ", "--yes writes without asking");
    check(&output, 2, "+agent_folder: \"Agent\"", "nothing was written");
    check(&output, 2, "+    name: Open pull requests", "");
    assert_eq!(names(home.path()), [] as [PathBuf; 0]);
}

#[test]
fn what_was_agreed_to_is_made_and_serves() {
    let home = home();
    let output = run(home.path(), &["init", "Notes", "--yes"]);
    check(&output, 0, "new: ", "next: membridge serve --config ");
    let made = [
        ".config/membridge/membridge.yaml",
        "Notes/AGENTS.md",
        "Notes/Agent/Agent notes.base",
    ];
    assert_eq!(names(home.path()), made.map(PathBuf::from));
    let config = home.path().join(made[0]);
    check(
        &run(home.path(), &["check", "--config", config.to_str().unwrap()]),
        0,
        "agent_folder: \"Agent\"",
        "",
    );

    // A second time there is nothing to do, and nothing is asked.
    let again = run(home.path(), &["init", "Notes"]);
    check(&again, 0, "is there already: ", "nothing to do");
}

/// A folder `Agent` was proposed beside `agent`: on many devices they are one, and half of it is lost in a sync.
#[test]
fn a_folder_that_is_there_in_other_capitals_is_the_agents() {
    let home = home();
    fs::create_dir_all(home.path().join("Notes/agent")).unwrap();
    let output = run(home.path(), &["init", "Notes", "--yes"]);
    check(
        &output,
        0,
        "+agent_folder: \"agent\"",
        "the agent's folder is `agent`, as it is called in the vault",
    );
    assert!(home.path().join("Notes/agent/Agent notes.base").exists());
    assert!(!home.path().join("Notes/Agent").exists());
    check(&run(home.path(), &["init", "Notes"]), 0, "is there already: ", "nothing to do");

    // What is asked for is looked for the same way, folder by folder.
    let other = home.path().join("other.yaml");
    fs::create_dir_all(home.path().join("Notes/People/CLAW")).unwrap();
    let asked = [
        "init",
        "Notes",
        "--agent-folder",
        "people/claw",
        "--config",
        other.to_str().unwrap(),
    ];
    check(
        &run(home.path(), &asked),
        2,
        "+agent_folder: \"People/CLAW\"",
        "nothing was written",
    );
}

#[test]
fn a_file_that_is_there_stays_as_it_is() {
    let home = home();
    fs::write(home.path().join("Notes/AGENTS.md"), "my own \u{1b}[31mpage\n").unwrap();
    let output = run(home.path(), &["init", "Notes", "--yes"]);
    check(&output, 0, "is there and stays as it is: ", "");
    check(&output, 0, "-my own [31mpage\n", "");
    assert_eq!(
        fs::read_to_string(home.path().join("Notes/AGENTS.md")).unwrap(),
        "my own \u{1b}[31mpage\n"
    );
}

#[test]
fn a_token_is_made_where_one_is_needed_and_never_shown() {
    let home = home();
    let output = run(home.path(), &["init", "Notes", "--listen", "0.0.0.0:7979", "--yes"]);
    check(
        &output,
        0,
        "a random token, readable by you alone; not shown",
        "export MEMBRIDGE_TOKEN=$(cat ",
    );
    let folder = home.path().join(".config/membridge");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let token = fs::read_to_string(folder.join("agent.token")).unwrap();
    assert_eq!((token.trim().len(), mode(&folder.join("agent.token"))), (64, 0o600));
    assert_eq!((mode(&folder), mode(&folder.join("membridge.yaml"))), (0o700, 0o600));
    assert!(!format!("{output:?}").contains(token.trim()), "{output:?}");
    // The token that is there stays the token.
    check(
        &run(home.path(), &["init", "Notes", "--listen", "0.0.0.0:7979", "--yes"]),
        0,
        "is there and stays as it is",
        "nothing to do",
    );
    assert_eq!(fs::read_to_string(folder.join("agent.token")).unwrap(), token);
}

#[test]
fn what_cannot_serve_is_not_made() {
    let home = home();
    check(&run(home.path(), &["init", "None", "--yes"]), 2, "", "cannot read the vault");
    check(
        &run(home.path(), &["init", "Notes", "--agent-folder", "../up", "--yes"]),
        2,
        "",
        "--agent-folder",
    );
    check(
        &run(home.path(), &["init", "Notes", "--data-dir", "Notes/data", "--yes"]),
        2,
        "",
        "lie in each other",
    );
    check(
        &run(home.path(), &["init", "Notes", "--config", "Notes/membridge.yaml", "--yes"]),
        2,
        "",
        "would lie in the vault",
    );
    assert_eq!(names(home.path()), [] as [PathBuf; 0]);
}

#[test]
fn the_manual_names_every_verb() {
    let home = home();
    let verbs = run(home.path(), &["--help"]);
    let help = String::from_utf8(verbs.stdout).unwrap();
    let lines = help
        .lines()
        .skip_while(|it| *it != "Commands:")
        .skip(1)
        .take_while(|it| !it.is_empty());
    let verbs: Vec<&str> = lines
        .filter(|it| it.starts_with("  ") && !it.starts_with("   "))
        .filter_map(|it| it.split_whitespace().next())
        .collect();
    assert!(verbs.len() > 20 && verbs.contains(&"doctor"), "{verbs:?}");
    let page = String::from_utf8(run(home.path(), &["man"]).stdout).unwrap();
    check(&run(home.path(), &["man", "--dir", "man1"]), 0, "", "");
    for verb in verbs {
        assert!(page.contains(&format!("membridge\\-{verb}(1)")), "{verb}:\n{page}");
        if verb != "help" {
            assert!(home.path().join(format!("man1/membridge-{verb}.1")).is_file(), "{verb}");
        }
    }
    assert!(home.path().join("man1/membridge.1").is_file());
    for shell in ["bash", "zsh", "fish"] {
        check(&run(home.path(), &["completions", shell]), 0, "doctor", "");
    }
}

#[test]
fn a_configuration_that_is_another_is_no_success_and_makes_no_token() {
    let home = home();
    fs::create_dir(home.path().join("Other")).unwrap();
    check(&run(home.path(), &["init", "Notes", "--yes"]), 0, "", "");
    let before = names(home.path());
    let output = run(home.path(), &["init", "Notes", "--listen", "0.0.0.0:1", "--yes"]);
    check(&output, 2, "", "is not the configuration that was asked for; nothing was written");
    check(&output, 2, "", "listen: it says `127.0.0.1:7979`, not `0.0.0.0:1`");
    check(&output, 2, "", "tokens: it names none");
    check(&run(home.path(), &["init", "Other", "--yes"]), 2, "", "sources: it serves ");
    assert_eq!(names(home.path()), before);

    // What its owner wrote into it since is no difference; what cannot be read is none that serves.
    let config = home.path().join(".config/membridge/membridge.yaml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, text.clone() + "write: {edit_existing: [Projects/**]}\n").unwrap();
    check(&run(home.path(), &["init", "Notes"]), 0, "stays as it is", "nothing to do");
    fs::write(&config, text + "no_such_key: 1\n").unwrap();
    check(&run(home.path(), &["init", "Notes"]), 2, "", "no_such_key");
}

#[test]
fn a_link_leads_nothing_into_the_vault_or_out_of_it() {
    let home = home();
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(home.path().join(to), home.path().join(name)).unwrap();
    link("Notes", "linked");
    check(
        &run(home.path(), &["init", "Notes", "--config", "linked/membridge.yaml", "--yes"]),
        2,
        "",
        "would lie in the vault",
    );
    check(
        &run(home.path(), &["init", "linked", "--config", "Notes/new/membridge.yaml", "--yes"]),
        2,
        "",
        "would lie in the vault",
    );
    fs::create_dir(home.path().join("outside")).unwrap();
    link("outside", "Notes/Agent");
    check(&run(home.path(), &["init", "Notes", "--yes"]), 2, "", "leads out of the vault");
    assert_eq!(fs::read_dir(home.path().join("outside")).unwrap().count(), 0);
    assert!(!home.path().join(".config").exists());
}

/// The whole plan was shown, agreed to, and failed.
#[test]
fn an_agents_folder_that_is_none_was_told_after_asking() {
    for lay in [
        |at: &Path| fs::write(at, "a file").unwrap(),
        |at: &Path| std::os::unix::fs::symlink("nowhere", at).unwrap(),
    ] {
        let home = home();
        lay(&home.path().join("Notes/Agent"));
        let output = run(home.path(), &["init", "Notes", "--yes"]);
        check(&output, 2, "", "the agent's folder cannot be `Agent`");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "nothing is proposed");
        assert!(!home.path().join(".config").exists());
    }
}

#[test]
fn another_user_who_starts_it_finds_the_same_data_folder() {
    let home = home();
    check(&run(home.path(), &["init", "Notes", "--yes"]), 0, "", "");
    let text = fs::read_to_string(home.path().join(".config/membridge/membridge.yaml")).unwrap();
    let data = home.path().join(".local/share/membridge");
    assert!(text.contains(&format!("data_dir: \"{}\"\n", data.display())), "{text}");
}

#[test]
fn a_page_in_small_letters_gets_no_second_one_beside_it() {
    let home = home();
    fs::write(home.path().join("Notes/agents.md"), "mine\n").unwrap();
    check(
        &run(home.path(), &["init", "Notes", "--yes"]),
        0,
        "Notes/agents.md",
        "yours is `agents.md`: rename it",
    );
    assert!(!home.path().join("Notes/AGENTS.md").exists());
}
