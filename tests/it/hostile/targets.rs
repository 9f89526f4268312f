//! Group D: targets that nobody writes through the API, with a token that may write everywhere. Left for later by the issue: D14, D15, D20, D22.

use super::{
    check_all,
    disk::write,
    request::{call, get, json, patch, put},
    service::Service,
};

const FORBIDDEN: &str = "403 forbidden-path";
const INVALID: &str = "400 invalid-path";

#[test]
fn settings_repositories_and_sync_folders_are_never_written() {
    let mut service = Service::start(|folder| {
        let vault = folder.join("vault");
        for file in [".obsidian/app.json", ".git/config", "sub/.git/config", ".trash/x.md"] {
            write(&vault.join(file), "{}");
        }
    });
    for (id, path) in [
        ("D01", ".obsidian/plugins/x/main.js"),
        ("D02", ".obsidian%2Fplugins%2Fx%2Fmain.js"),
        ("D02", "%2eobsidian/plugins/x/main.js"),
        ("D03", ".obsidian/community-plugins.json"),
        ("D04", ".obsidian/app.json"),
        ("D04", ".obsidian/workspace.json"),
        ("D04", ".Obsidian/app.json"),
        ("D05", ".obsidian/snippets/a.css"),
        ("D07", ".git/hooks/post-checkout"),
        ("D08", ".git/config"),
        ("D08", ".GIT/config.md"),
        ("D09", "sub/.git/config"),
        ("D10", ".gitattributes"),
        ("D10", ".gitmodules"),
        ("D10", ".gitignore"),
        ("D11", ".stignore"),
        ("D11", ".stfolder/x"),
        ("D12", ".trash/x.md"),
        ("D18", ".membridge/tmp-0123456789abcdef"),
    ] {
        let target = format!("/v1/notes/{path}");
        check_all(
            &mut service,
            [
                (id, put(&target, "text\n"), FORBIDDEN),
                (id, json("PUT", &target, r#"{"content":"text"}"#), FORBIDDEN),
                (id, patch(&target), FORBIDDEN),
                (id, call("DELETE", &target), FORBIDDEN),
                (id, json("POST", format!("/v1/move/{path}"), r#"{"to":"Agent/x.md"}"#), FORBIDDEN),
                (id, json("POST", format!("/v1/restore/{path}"), r#"{"at":"1d"}"#), FORBIDDEN),
                (id, get(&target), INVALID),
            ],
        );
    }
    service.finish();
}

#[test]
fn only_notes_are_written_and_only_notes_go() {
    let mut service = Service::start(|_| ());
    for name in ["x.js", "x.html", "x.svg", "x.canvas", "x.base", "x.css", "x.sh", "x.md.html", "x"] {
        check_all(
            &mut service,
            [("D16", put(format!("/v1/notes/{name}"), "text\n"), "415 unsupported-media-type")],
        );
    }
    check_all(
        &mut service,
        [
            ("D17", put("/v1/notes/x.md?source=config", "text\n"), "404 source-not-found"),
            ("D17", put("/v1/notes/config:x.md", "text\n"), INVALID),
            ("D18", put("/v1/notes/..%2Fdata%2Fstate%2Fx.md", "text\n"), INVALID),
            ("D18", put("/v1/notes/%2Fdata%2Fx.md", "text\n"), INVALID),
            ("D18", get("/v1/notes/..%2Ftokens%2Fall"), INVALID),
            ("D19", call("DELETE", "/v1/notes/Folder"), FORBIDDEN),
            ("D19", call("DELETE", "/v1/notes/Folder/"), INVALID),
            ("D19", call("DELETE", "/v1/notes/"), "404 route-not-found"),
            ("D19", call("DELETE", "/v1/notes"), "404 route-not-found"),
            ("D19", call("DELETE", "/v1/notes/*"), "404 note-not-found"),
            ("D19", call("DELETE", "/v1/notes/**"), "404 note-not-found"),
        ],
    );
    service.finish();
}

#[test]
fn d21_a_move_leads_nowhere_that_a_write_may_not() {
    let mut service = Service::start(|folder| write(&folder.join("vault/Agent/other.md"), "beside it\n"));
    for (to, expected) in [
        (".obsidian/a.md", FORBIDDEN),
        (".git/hooks/a.md", FORBIDDEN),
        (".trash/n.md", FORBIDDEN),
        ("Agent/.n.md", FORBIDDEN),
        ("redflag.md", FORBIDDEN),
        ("CON.md", INVALID),
        ("Agent/cafe\u{301}.md", INVALID),
        ("x.js", "415 unsupported-media-type"),
        ("x.canvas", "415 unsupported-media-type"),
        ("note.md", "409 already-exists"),
        ("Note.md", "409 already-exists"),
        ("agent/x.md", "409 already-exists"),
    ] {
        check_all(
            &mut service,
            [("D21", json("POST", "/v1/move/Agent/n.md", format!(r#"{{"to":"{to}"}}"#)), expected)],
        );
    }
    service.finish();
}
