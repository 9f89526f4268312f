//! Disks that are full or read-only: a write that finds no room leaves the old bytes and a clear answer, and works again when there is room. Needs
//! root for its own small file systems; skipped without.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    process::Command,
};

use super::{
    check_all,
    disk::write,
    request::{call, get, patch, put},
    service::Service,
};

const FULL: &str = "507 storage-full";
const READ_ONLY: &str = "503 not-ready";
const NOTE: &str = "/v1/notes/Agent/n.md";

fn mount(arguments: &[&str], place: &Path) -> bool {
    fs::create_dir_all(place).unwrap();
    let mounted = Command::new("mount")
        .args(arguments)
        .arg(place)
        .status()
        .is_ok_and(|it| it.success());
    if !mounted {
        eprintln!("skipped: no file system can be mounted at {}", place.display());
    }
    mounted
}

/// Fills a file system, but for about `room` bytes.
fn fill(folder: &Path, room: u64) {
    let filler = folder.join("filler.bin");
    let mut file = File::create(&filler).unwrap();
    while file.write_all(&[0; 4096]).is_ok() {}
    let size = file.metadata().unwrap().len();
    file.set_len(size.saturating_sub(room)).unwrap();
}

fn hash_of(service: &Service, target: &str) -> String {
    service.send(&get(target).bytes()).json()["hash"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn a_full_vault_keeps_its_notes() {
    let mut is_mounted = false;
    let mut service = Service::start(|folder| {
        let vault = folder.join("vault");
        is_mounted = mount(&["-t", "tmpfs", "-o", "size=1m,mode=755", "tmpfs"], &vault);
        write(&vault.join("Agent/n.md"), "the zebra note\n");
        if is_mounted {
            fill(&vault, 0);
        }
    });
    if !is_mounted {
        return;
    }
    let hash = hash_of(&service, NOTE);
    let text = "new ".repeat(5000);
    let rows = |expected: [&'static str; 2]| {
        [
            ("ENOSPC", put("/v1/notes/Agent/x.md", &text), expected[0]),
            ("ENOSPC", put(NOTE, &text).if_match(&hash), expected[1]),
        ]
    };
    check_all(&mut service, rows([FULL, FULL]));
    check_all(
        &mut service,
        [("ENOSPC", patch(NOTE).if_match(&hash), FULL), ("ENOSPC", get(NOTE), "200")],
    );
    fs::remove_file(service.folder().join("vault/filler.bin")).unwrap();
    check_all(&mut service, rows(["201", "200"]));
    service.finish();
}

#[test]
fn a_full_data_folder_stops_writes_and_nothing_else() {
    let mut is_mounted = false;
    let mut service =
        Service::start(|folder| is_mounted = mount(&["-t", "tmpfs", "-o", "size=16m,mode=755", "tmpfs"], &folder.join("data")));
    if !is_mounted {
        return;
    }
    let data = service.folder().join("data");
    check_all(&mut service, [("ENOSPC", put("/v1/notes/Agent/first.md", "the first\n"), "201")]);
    let mut acknowledged = Vec::new();
    for room in [0, 4096, 8192, 16 << 10, 32 << 10, 64 << 10, 256 << 10] {
        fill(&data, room);
        let before = fs::read(service.folder().join("vault/Agent/n.md")).unwrap();
        let answer = service.send(&patch(NOTE).bytes()).verdict();
        let after = fs::read(service.folder().join("vault/Agent/n.md")).unwrap();
        match answer.as_str() {
            "200" => acknowledged.push(room),
            FULL => service.expect(
                "ENOSPC",
                before == after,
                &format!("with {room} bytes left the note was changed, and {answer}"),
            ),
            _ => service.expect("ENOSPC", false, &format!("with {room} bytes left: {answer}")),
        }
        let read = service.send(&get(NOTE).bytes()).verdict();
        let searched = service.send(&get("/v1/search?q=quagga").bytes()).verdict();
        service.expect(
            "ENOSPC",
            (read.as_str(), searched.as_str()) == ("200", "200"),
            &format!("with {room} bytes left: {read}, {searched}"),
        );
        fs::remove_file(data.join("filler.bin")).unwrap();
    }
    let text = fs::read_to_string(service.folder().join("vault/Agent/n.md")).unwrap();
    let kept = text.matches("more\n").count();
    service.expect(
        "ENOSPC",
        kept == acknowledged.len(),
        &format!("{acknowledged:?} were acknowledged, {kept} stand there"),
    );
    let answer = service
        .check("ENOSPC", &put("/v1/notes/Agent/last.md", "the last serval\n").bytes(), "201")
        .json();
    service.expect("ENOSPC", answer["git"] == "committed", &answer.to_string());
    let found = service.check("ENOSPC", &get("/v1/search?q=serval").bytes(), "200").json();
    service.expect("ENOSPC", found["total"] == 1, &found.to_string());
    let history = service.check("ENOSPC", &get("/v1/history/Agent/n.md").bytes(), "200").json();
    let commits = history["commits"].as_array().map_or(0, Vec::len);
    service.expect("ENOSPC", commits >= kept, &format!("{commits} commits tell of {kept} writes"));
    service.finish();
}

#[test]
fn a_read_only_disk_is_read() {
    let mut is_mounted = false;
    let mut service = Service::start(|folder| {
        is_mounted = mount(&["-t", "tmpfs", "-o", "size=16m,mode=755", "tmpfs"], &folder.join("vault"));
        write(&folder.join("vault/Agent/n.md"), "the zebra note\n");
    });
    if !is_mounted {
        return;
    }
    let vault = service.folder().join("vault");
    let remount = |mode: &str| assert!(mount(&["-o", &format!("remount,{mode}")], &vault), "{mode}");
    // Before and after the first write has made a place for temporary files.
    for round in ["first", "second"] {
        remount("ro");
        check_all(
            &mut service,
            [
                ("EROFS", put("/v1/notes/Agent/x.md", "text\n"), READ_ONLY),
                ("EROFS", patch(NOTE), READ_ONLY),
                ("EROFS", call("DELETE", NOTE), READ_ONLY),
                ("EROFS", get(NOTE), "200"),
            ],
        );
        remount("rw");
        check_all(
            &mut service,
            [
                ("EROFS", put(format!("/v1/notes/Agent/{round}.md"), "text\n"), "201"),
                ("EROFS", patch(NOTE), "200"),
            ],
        );
    }
    service.finish();
}

#[test]
fn f26_another_file_system_in_the_vault_is_written_or_refused() {
    let mut is_mounted = false;
    let mut service = Service::start(|folder| {
        is_mounted = mount(&["-t", "tmpfs", "-o", "size=1m,mode=755", "tmpfs"], &folder.join("vault/Mounted"));
        write(&folder.join("vault/Mounted/m.md"), "a margay\n");
    });
    if !is_mounted {
        return;
    }
    let hash = hash_of(&service, "/v1/notes/Mounted/m.md");
    check_all(
        &mut service,
        [
            ("F26", get("/v1/notes/Mounted/m.md"), "200"),
            ("F26", put("/v1/notes/Mounted/x.md", "text\n"), "403 forbidden-path"),
            ("F26", put("/v1/notes/Mounted/m.md", "text\n").if_match(&hash), "403 forbidden-path"),
            (
                "F26",
                call("DELETE", "/v1/notes/Mounted/m.md").if_match(&hash),
                "403 forbidden-path",
            ),
        ],
    );
    service.finish();
}
