//! Group C: what a page in somebody's browser can send to a service on their machine.

use super::{
    Row, check_all,
    request::{Call, call, get, json},
    service::Service,
};

const FOREIGN: &str = "403 forbidden-host";
const MALFORMED: &str = "400 invalid-request";
const TYPE: &str = "415 unsupported-media-type";

fn status(header: &'static str, value: &str) -> Call {
    get("/v1/status").with(header, value)
}

#[test]
fn only_own_names_and_own_pages_are_answered() {
    let mut service = Service::start(|_| ());
    let host = |value: &str| status("Host", value);
    let origin = |value: &str| status("Origin", value);
    let rows: [Row<'_>; 34] = [
        ("C01", host("evil.example"), FOREIGN),
        ("C01", get("/healthz").with("Host", "evil.example"), FOREIGN),
        ("C02", get("/v1/status").without("Host"), MALFORMED),
        ("C02", host(""), MALFORMED),
        ("C02", get("/v1/status").and("Host", "localhost"), MALFORMED),
        ("C02", get("/v1/status").and("Host", "evil.example"), MALFORMED),
        ("C04", host("localhost.evil.example"), FOREIGN),
        ("C04", host("127.0.0.1.nip.io"), FOREIGN),
        ("C04", host("evil-localhost"), FOREIGN),
        ("C05", host("LOCALHOST:8080"), "200"),
        ("C05", host("[::1]:8080"), "200"),
        ("C05", host("localhost."), "200"),
        ("C05", host("127.0.0.1"), "200"),
        ("C06", host("0.0.0.0:8080"), FOREIGN),
        ("C06", host("0x7f.1"), FOREIGN),
        ("C06", host("2130706433"), FOREIGN),
        ("C06", host("[::ffff:127.0.0.1]"), FOREIGN),
        ("C07", host("localhost@evil"), MALFORMED),
        ("C07", host("localhost#"), MALFORMED),
        ("C07", host("localhost,evil"), MALFORMED),
        ("C07", host("localhost evil"), MALFORMED),
        ("C07", host("localhost:99999"), MALFORMED),
        ("C08", get("/v1/status").and(":authority", "evil.example"), "400"),
        ("C09", origin("https://evil.example"), FOREIGN),
        ("C09", origin("http://localhost"), "200"),
        ("C10", origin("null"), FOREIGN),
        ("C11", origin("http://localhost:3000"), FOREIGN),
        ("C12", origin("app://obsidian.md"), FOREIGN),
        ("C13", status("Sec-Fetch-Site", "cross-site"), FOREIGN),
        ("C13", status("Sec-Fetch-Site", "same-site"), "200"),
        (
            "C18",
            get("/v1/status")
                .and("Upgrade", "websocket")
                .and("Connection", "Upgrade")
                .and("Origin", "https://evil.example"),
            FOREIGN,
        ),
        (
            "C18",
            get("/v1/status").and("Upgrade", "websocket").and("Connection", "Upgrade"),
            "200",
        ),
        ("C09", call("OPTIONS", "/v1/search").with("Origin", "https://evil.example"), FOREIGN),
        (
            "C09",
            call("OPTIONS", "/v1/search").and("Access-Control-Request-Method", "POST"),
            "405 method-not-allowed",
        ),
    ];
    check_all(&mut service, rows);
    service.finish();
}

#[test]
fn nothing_that_a_page_sends_without_asking_is_taken() {
    let mut service = Service::start(|_| ());
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json, text/plain",
        "json",
    ] {
        let id = if kind == "text/plain" { "C15" } else { "C16" };
        check_all(
            &mut service,
            [
                (id, json("POST", "/v1/search", r#"{"q":"zebra"}"#).with("Content-Type", kind), TYPE),
                (
                    id,
                    json("POST", "/v1/notes:batch", r#"{"paths":["Agent/n.md"]}"#).with("Content-Type", kind),
                    TYPE,
                ),
                (
                    id,
                    json("PUT", "/v1/notes/Agent/x.md", r#"{"content":"x"}"#).with("Content-Type", kind),
                    TYPE,
                ),
                (
                    id,
                    json("PATCH", "/v1/notes/Agent/n.md", r#"{"edits":[]}"#).with("Content-Type", kind),
                    TYPE,
                ),
            ],
        );
    }
    check_all(
        &mut service,
        [
            ("C17", get("/v1/sync?all=true"), "404 route-not-found"),
            ("C17", get("/delete?path=Agent/n.md"), "404 route-not-found"),
            ("C17", get("/v1/notes/Agent/n.md?delete=true"), "400 invalid-parameter"),
            ("C17", get("/v1/notes/Agent/n.md?_method=DELETE"), "400 invalid-parameter"),
            ("C17", get("/v1/notes/Agent/n.md").and("X-HTTP-Method-Override", "DELETE"), "200"),
            ("C17", get("/v1/notes:batch"), "405 method-not-allowed"),
            ("C17", json("POST", "/v1/notes/Agent/n.md", "{}"), "405 method-not-allowed"),
        ],
    );
    service.finish();
}

#[test]
fn no_answer_is_for_a_browser_to_interpret() {
    let mut service = Service::start(|_| ());
    for (target, accept, kind) in [
        ("/v1/notes/Agent/n.md", "image/avif,image/webp,*/*;q=0.8", "application/json"),
        ("/v1/notes/Agent/n.md", "text/markdown", "text/markdown; charset=utf-8"),
        (
            "/v1/notes/%3Cscript%3Ealert(1)%3C%2Fscript%3E",
            "text/html",
            "application/problem+json",
        ),
    ] {
        let answer = service.send(&get(target).and("Accept", accept).bytes());
        let safe = answer.header("x-content-type-options") == "nosniff" && answer.header("cross-origin-resource-policy") == "same-origin";
        service.expect("C19", safe && answer.header("content-type") == kind, &answer.head);
        service.expect(
            "C19",
            !answer.head.to_lowercase().contains("access-control-allow"),
            "it opens itself to other sites",
        );
    }
    service.finish();
}

#[test]
fn other_protocols_are_turned_away() {
    let mut service = Service::start(|_| ());
    // A ClientHello for TLS 1.2, as far as it matters.
    let hello = [b"\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03".as_slice(), &[7; 189]].concat();
    service.check("C20", &hello, "400");
    service.check("C08", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", "closed");
    service.check("C20", b"\x00\x00\x00\x85\xffSMBr\x00\x00\x00\x00\x18\r\n\r\n", "400");
    service.check("C20", b"EHLO evil.example\r\nMAIL FROM:<x@y>\r\n\r\n", "400");
    service.finish();
}
