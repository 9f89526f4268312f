//! Group F: what lies in the vault and is no plain file, or a file that plays tricks. F18, F21, F22 and F23 are about scans: `io::vault` and
//! tests/it/engine.rs hold them.

use std::{
    fs::{self, File},
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant, SystemTime},
};

use rustix::fs::{CWD, RenameFlags, renameat_with};

use super::{
    check_all,
    disk::write,
    request::{call, get, json, patch, put},
    service::Service,
};

const ABSENT: &str = "404 note-not-found";
const FORBIDDEN: &str = "403 forbidden-path";

fn run(program: &str, arguments: &[&str], file: &Path) -> bool {
    Command::new(program)
        .args(arguments)
        .arg(file)
        .status()
        .is_ok_and(|it| it.success())
}

#[test]
fn links_are_neither_followed_nor_replaced() {
    let mut service = Service::start(|folder| {
        let link = |target: &str, name: &str| symlink(target, folder.join("vault").join(name)).unwrap();
        fs::create_dir(folder.join("vault/sub")).unwrap();
        link("Agent/n.md", "in.md");
        link("../secret/canary.md", "esc.md");
        link("/etc", "d");
        link("../secret", "out");
        link("/proc/self/root/etc", "magic");
        link("/proc/self/environ", "environ.md");
        link("../new.md", "dangling.md");
        link("b.md", "a.md");
        link("a.md", "b.md");
        link("..", "sub/up");
    });
    for (id, path) in [
        ("F01", "in.md"),
        ("F02", "esc.md"),
        ("F02", "out/canary.md"),
        ("F02", "out/new.md"),
        ("F03", "d/passwd.md"),
        ("F04", "magic/passwd.md"),
        ("F05", "environ.md"),
        ("F06", "dangling.md"),
        ("F07", "a.md"),
        ("F08", "sub/up/note.md"),
    ] {
        let target = format!("/v1/notes/{path}");
        check_all(
            &mut service,
            [
                (id, get(&target), ABSENT),
                (id, put(&target, "text\n"), FORBIDDEN),
                (id, put(&target, "text\n").if_match(&"0".repeat(40)), FORBIDDEN),
                (id, patch(&target), FORBIDDEN),
                (id, call("DELETE", &target), FORBIDDEN),
                (id, json("POST", format!("/v1/move/{path}"), r#"{"to":"Agent/x.md"}"#), FORBIDDEN),
                (id, json("POST", "/v1/move/Agent/n.md", format!(r#"{{"to":"{path}"}}"#)), FORBIDDEN),
                (id, get(format!("/v1/links/{path}")), ABSENT),
            ],
        );
    }
    check_all(
        &mut service,
        [
            ("F03", get("/v1/notes/d/passwd"), ABSENT),
            ("F03", call("DELETE", "/v1/notes/d/passwd"), FORBIDDEN),
            ("F08", get("/v1/notes/sub/up/../outside/x"), "400 invalid-path"),
        ],
    );
    let found = service.check("F02", &get("/v1/search?q=canary+sings").bytes(), "200").json();
    let outside = found["hits"]
        .as_array()
        .is_some_and(|it| it.iter().all(|it| it["path"] == "Agent/n.md"));
    service.expect("F02", outside, &found.to_string());
    service.finish();
}

#[test]
fn f09_a_folder_that_becomes_a_link_leads_nowhere() {
    let mut service = Service::start(|folder| {
        write(&folder.join("vault/Race/n.md"), "inside\n");
        symlink("../secret", folder.join("vault/Other")).unwrap();
    });
    let vault = service.folder().join("vault");
    let stop = AtomicBool::new(false);
    let verdicts: Vec<String> = thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                renameat_with(CWD, vault.join("Race"), CWD, vault.join("Other"), RenameFlags::EXCHANGE).unwrap();
            }
        });
        let begun = Instant::now();
        let mut verdicts = Vec::new();
        while begun.elapsed() < Duration::from_millis(1500) {
            let path = format!("/v1/notes/Race/{}.md", verdicts.len());
            verdicts.push(service.send(&put(&path, "text\n").bytes()).verdict());
            verdicts.push(service.send(&get("/v1/notes/Race/canary.md").bytes()).verdict());
        }
        stop.store(true, Ordering::Relaxed);
        verdicts
    });
    let other = verdicts
        .iter()
        .find(|it| !matches!(it.as_str(), "201" | FORBIDDEN | ABSENT | "409 conflict"));
    service.expect("F09", other.is_none(), &format!("got {other:?}"));
    let outside = fs::read_dir(service.folder().join("secret")).unwrap().count();
    service.expect("F09", outside == 1, &format!("{outside} files lie outside"));
    service.finish();
}

#[test]
fn what_is_no_plain_file_is_left_alone() {
    let mut service = Service::start(|folder| {
        let vault = folder.join("vault");
        write(&folder.join("outside.md"), "a dhole outside\n");
        fs::hard_link(folder.join("outside.md"), vault.join("hard.md")).unwrap();
        assert!(run("mkfifo", &[], &vault.join("pipe.md")));
        fs::create_dir(vault.join("folder.md")).unwrap();
        File::create(vault.join("big.md")).unwrap().set_len(10 << 30).unwrap();
        write(&vault.join("note.tmp"), "a human's own\n");
        write(&vault.join("nested/.obsidian/app.md"), "a fennec setting\n");
        write(&vault.join("nested/.obsidian/plugins/x.md"), "a fennec setting\n");
        for (name, seconds) in [("y1970.md", 0), ("y2106.md", u64::from(u32::MAX)), ("y9999.md", 253_402_300_799)] {
            write(&vault.join(name), "a caracal\n");
            let file = File::open(vault.join(name)).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)).unwrap();
        }
        write(&vault.join("y1901.md"), "a caracal\n");
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(1 << 31);
        File::open(vault.join("y1901.md")).unwrap().set_modified(before).unwrap();
    });
    let hard = service.check("F10", &get("/v1/notes/hard.md").bytes(), "200").json();
    let hash = hard["hash"].as_str().unwrap_or_default().to_owned();
    check_all(
        &mut service,
        [
            ("F10", put("/v1/notes/hard.md", "text\n").if_match(&hash), FORBIDDEN),
            ("F10", patch("/v1/notes/hard.md"), FORBIDDEN),
            ("F11", get("/v1/notes/pipe.md"), ABSENT),
            ("F11", put("/v1/notes/pipe.md", "text\n"), FORBIDDEN),
            ("F11", call("DELETE", "/v1/notes/pipe.md"), FORBIDDEN),
            ("F11", get("/v1/notes/folder.md"), ABSENT),
            ("F11", put("/v1/notes/folder.md", "text\n"), FORBIDDEN),
            ("F17", get("/v1/notes/big.md"), "413 too-large"),
            ("F17", put("/v1/notes/big.md", "text\n"), "413 too-large"),
            ("F25", get("/v1/notes/nested/.obsidian/app.md"), "400 invalid-path"),
            ("F20", get("/v1/notes/y1970.md"), "200"),
            ("F20", get("/v1/notes/y2106.md"), "200"),
            ("F20", get("/v1/notes/y1901.md"), "200"),
            ("F20", get("/v1/notes/y9999.md"), "200"),
            ("F20", get("/v1/search?q=caracal&since=1970-01-02&sort=modified"), "200"),
        ],
    );
    let count = |q: &str| service.send(&get(format!("/v1/search?q={q}&sort=modified")).bytes()).json()["total"].clone();
    let (fennec, caracal) = (count("fennec"), count("caracal"));
    service.expect("F25", fennec == 0, &format!("{fennec} found"));
    service.expect("F20", caracal == 4, &format!("{caracal} found"));
    let read = service.send(&get("/v1/notes/note.md").bytes()).json();
    check_all(
        &mut service,
        [(
            "F29",
            put("/v1/notes/note.md", "new\n").if_match(read["hash"].as_str().unwrap()),
            "200",
        )],
    );
    let own = fs::read(service.folder().join("vault/note.tmp")).ok();
    service.expect(
        "F29",
        own.as_deref() == Some(b"a human's own\n"),
        "another program's temporary file was changed",
    );
    service.finish();
}

#[test]
fn f16_a_file_that_may_not_change_stays() {
    let mut service = Service::start(|_| ());
    let file = service.folder().join("vault/Agent/n.md");
    if !run("chattr", &["+i"], &file) {
        eprintln!("skipped: this file system, or this user, makes no file immutable");
        return;
    }
    let read = service.send(&get("/v1/notes/Agent/n.md").bytes()).json();
    let hash = read["hash"].as_str().unwrap();
    check_all(
        &mut service,
        [
            ("F16", put("/v1/notes/Agent/n.md", "text\n").if_match(hash), FORBIDDEN),
            ("F16", call("DELETE", "/v1/notes/Agent/n.md"), FORBIDDEN),
            ("F16", json("POST", "/v1/move/Agent/n.md", r#"{"to":"Agent/x.md"}"#), FORBIDDEN),
        ],
    );
    assert!(run("chattr", &["-i"], &file));
    check_all(&mut service, [("F16", put("/v1/notes/Agent/n.md", "text\n").if_match(hash), "200")]);
    service.finish();
}

#[test]
fn what_the_service_may_not_touch_is_kept_and_told() {
    let Some(mut service) = Service::start_as_nobody(|folder| write(&folder.join("vault/Closed/c.md"), "the pangolin\n")) else {
        return;
    };
    let vault = service.folder().join("vault");
    let allow = |path: &str, mode: u32| fs::set_permissions(vault.join(path), fs::Permissions::from_mode(mode)).unwrap();
    allow("note.md", 0o000);
    allow("Agent", 0o555);
    allow("Closed", 0o000);
    check_all(
        &mut service,
        [
            ("F14", get("/v1/notes/note.md"), FORBIDDEN),
            ("F14", put("/v1/notes/note.md", "text\n"), FORBIDDEN),
            ("F14", patch("/v1/notes/note.md"), FORBIDDEN),
            ("F14", call("DELETE", "/v1/notes/note.md"), FORBIDDEN),
            ("F14", put("/v1/notes/Agent/x.md", "text\n"), FORBIDDEN),
            ("F14", put("/v1/notes/Agent/New/x.md", "text\n"), FORBIDDEN),
            ("F14", patch("/v1/notes/Agent/n.md"), FORBIDDEN),
            ("F14", call("DELETE", "/v1/notes/Agent/n.md"), FORBIDDEN),
            ("F15", get("/v1/notes/Closed/c.md"), FORBIDDEN),
            ("F15", put("/v1/notes/Closed/x.md", "text\n"), FORBIDDEN),
        ],
    );
    // Another write makes the index commit; what cannot be read is not what was deleted.
    check_all(&mut service, [("F14", put("/v1/notes/Work/x.md", "text\n"), "201")]);
    for (id, words) in [("F14", "note+root"), ("F15", "pangolin")] {
        let found = service.check(id, &get(format!("/v1/search?q={words}")).bytes(), "200").json();
        service.expect(id, found["total"] != 0, &found.to_string());
    }
    allow("note.md", 0o644);
    allow("Agent", 0o755);
    allow("Closed", 0o755);
    check_all(
        &mut service,
        [
            ("F14", patch("/v1/notes/note.md"), "200"),
            ("F14", patch("/v1/notes/Agent/n.md"), "200"),
            ("F15", patch("/v1/notes/Closed/c.md"), "200"),
        ],
    );
    service.finish();
}
