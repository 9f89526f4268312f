//! Group U: names that Windows, Unicode or a reader's eyes stumble over, and twins of notes that are there.

use std::{ffi::OsStr, fs, os::unix::ffi::OsStrExt};

use super::{
    check_all,
    disk::write,
    request::{call, get, patch, put},
    service::Service,
};

const INVALID: &str = "400 invalid-path";
const ABSENT: &str = "404 note-not-found";

#[test]
fn no_new_note_gets_a_name_that_is_not_what_it_seems() {
    let mut service = Service::start(|_| ());
    let pile = format!("a{}.md", "%CC%8D".repeat(60));
    for (id, name) in [
        ("U01", "CON.md"),
        ("U01", "nul.md"),
        ("U01", "aux.c.md"),
        ("U01", "COM1.md"),
        ("U01", "LPT9.md"),
        ("U01", "COM%C2%B9.md"),
        ("U01", "Agent/PRN/x.md"),
        ("U02", "CONIN$.md"),
        ("U02", "CONOUT$.md"),
        ("U02", "CLOCK$.md"),
        ("U03", "Agent./a.md"),
        ("U03", "Agent%20/a.md"),
        ("U04", "%20a.md"),
        ("U09", "Agent/cafe%CC%81.md"),
        ("U13", "%E2%80%AEdm.exe.md"),
        ("U14", "a%E2%80%8B.md"),
        ("U17", "%EF%BC%8E%EF%BC%8E%EF%BC%8Fx.md"),
        ("U18", "%E2%88%95etc.md"),
        ("U19", "a%C2%AD.md"),
        ("U20", "%EF%BB%BFa.md"),
        ("U21", "%F3%A0%80%81.md"),
        ("U22", pile.as_str()),
    ] {
        let target = format!("/v1/notes/{name}");
        check_all(
            &mut service,
            [
                (id, put(&target, "text\n"), INVALID),
                (id, get(&target), ABSENT),
                (id, patch(&target), ABSENT),
                (id, call("DELETE", &target), ABSENT),
            ],
        );
    }
    let unsupported = "415 unsupported-media-type";
    check_all(
        &mut service,
        [
            ("U01", put("/v1/notes/nul", "text\n"), unsupported),
            ("U01", put("/v1/notes/LPT9", "text\n"), unsupported),
            ("U03", put("/v1/notes/a.md.", "text\n"), unsupported),
            ("U03", put("/v1/notes/a.md%20", "text\n"), unsupported),
            ("U15", put("/v1/notes/.g%E2%80%8Cit/config", "text\n"), "403 forbidden-path"),
            ("U15", put("/v1/notes/.g%E2%80%8Cit/config.md", "text\n"), "403 forbidden-path"),
            ("U15", get("/v1/notes/.g%E2%80%8Cit/config"), INVALID),
        ],
    );
    service.finish();
}

#[test]
fn a_twin_of_a_note_is_refused() {
    let mut service = Service::start(|folder| {
        let vault = folder.join("vault");
        for name in ["cafe\u{301}.md", "straße.md", "i\u{307}.md", "Ordner/x.md"] {
            write(&vault.join(name), "there\n");
        }
    });
    for (id, name) in [
        ("U09", "caf%C3%A9.md"),
        ("U10", "Note.md"),
        ("U10", "agent/other.md"),
        ("U10", "ORDNER/x.md"),
        ("U11", "STRASSE.md"),
        ("U12", "%C4%B0.md"),
    ] {
        check_all(
            &mut service,
            [(id, put(format!("/v1/notes/{name}"), "text\n"), "409 already-exists")],
        );
    }
    // What is there keeps its name, whatever it is.
    check_all(
        &mut service,
        [
            ("U09", get("/v1/notes/cafe%CC%81.md"), "200"),
            ("U12", get("/v1/notes/i%CC%87.md"), "200"),
        ],
    );
    service.finish();
}

#[test]
fn names_that_people_write_are_taken() {
    let mut service = Service::start(|_| ());
    for (id, name, encoded) in [
        ("U23", "😀.md", "%F0%9F%98%80.md"),
        ("U23", "日本語.md", "%E6%97%A5%E6%9C%AC%E8%AA%9E.md"),
        ("U23", "año nuevo.md", "a%C3%B1o%20nuevo.md"),
        ("U24", "2026-11-22.md", "2026-11-22.md"),
        ("U24", "A & B (draft).md", "A%20&%20B%20(draft).md"),
        ("U24", "it's.md", "it's.md"),
    ] {
        let target = format!("/v1/notes/Agent/{encoded}");
        check_all(&mut service, [(id, put(&target, "text\n"), "201"), (id, get(&target), "200")]);
        let there = fs::read(service.folder().join("vault/Agent").join(name)).ok();
        service.expect(id, there.as_deref() == Some(b"text\n"), "the note is not there under its name");
    }
    service.finish();
}

#[test]
fn u26_a_name_that_is_no_text_hides_nothing_else() {
    let mut service = Service::start(|folder| {
        let name = OsStr::from_bytes(b"\xff\xfe.md");
        write(&folder.join("vault").join(name), "the wombat\n");
        write(&folder.join("vault/zz.md"), "the wombat\n");
    });
    let answer = service.check("U26", &get("/v1/search?q=wombat").bytes(), "200").json();
    service.expect(
        "U26",
        answer["total"] == 1 && answer["hits"][0]["path"] == "zz.md",
        &answer.to_string(),
    );
    check_all(
        &mut service,
        [("U26", get("/v1/notes/%ff%fe.md"), INVALID), ("U26", get("/readyz"), "200")],
    );
    service.finish();
}
