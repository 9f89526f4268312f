//! Group A: who asks. One form of a token is taken, whoever lacks a right learns nothing by asking differently. Left for later by the issue: A13,
//! A14; A17 belongs to the webhooks. That a comparison takes the same time whatever is presented is held by `config::tokens`.

use std::{
    fs,
    net::Ipv4Addr,
    os::unix::fs::symlink,
    thread,
    time::{Duration, Instant},
};

use super::{
    check_all,
    disk::write,
    request::{Call, call, get, json, patch, put},
    service::{CONFINED, READER, Service, TOKEN, WRITER},
    wire::exchange,
};

const NOBODY: &str = "401 unauthorized";
const NO_SCOPE: &str = "403 forbidden-scope";

fn with(value: impl AsRef<[u8]>) -> Call {
    get("/v1/status").with("Authorization", value)
}

#[test]
fn only_the_whole_token_in_its_one_form_lets_in() {
    let mut service = Service::start(|_| ());
    let answer = service.check("A01", &get("/v1/status").without("Authorization").bytes(), NOBODY);
    service.expect("A01", answer.header("www-authenticate") == "Bearer", "there is no challenge");
    check_all(
        &mut service,
        [
            ("A02", with("Bearer"), NOBODY),
            ("A02", with("Bearer "), NOBODY),
            ("A02", with(""), NOBODY),
            ("A03", with(format!("Bearer  {TOKEN}")), NOBODY),
            ("A03", with(format!("Bearer\t{TOKEN}")), NOBODY),
            ("A03", with(format!("bearer {TOKEN}")), "200"),
            ("A03", with(format!("BEARER {TOKEN}")), "200"),
            ("A03", with(TOKEN), NOBODY),
            ("A04", with("Basic dXNlcjpwYXNz"), NOBODY),
            (
                "A05",
                get("/v1/status").and("Authorization", format!("Bearer {TOKEN}")),
                "400 invalid-request",
            ),
            ("A05", get("/v1/status").and("authorization", "Bearer x"), "400 invalid-request"),
            ("A06", with(format!("Bearer {TOKEN}\0")), "400"),
            ("A06", with(format!("Bearer {TOKEN}\x0b")), "400"),
            ("A06", with(format!("Bearer {TOKEN},")), NOBODY),
            ("A06", with(format!("Bearer {TOKEN}, Bearer {READER}")), NOBODY),
            // White space around a value is no part of it (RFC 9110 5.5), nor is the line's end.
            ("A06", with(format!("Bearer {TOKEN}\n")), "200"),
            ("A06", with(format!("Bearer {TOKEN} ")), "200"),
            ("A09", with(format!("Bearer {}", "x".repeat(20_000))), "431 headers-too-large"),
            ("A09", with(format!("Bearer {}", "x".repeat(1_000_000))), "431"),
            (
                "A11",
                get("/v1/status").without("Authorization").and("Cookie", format!("token={TOKEN}")),
                NOBODY,
            ),
            ("A11", get(format!("/v1/status?token={TOKEN}")).without("Authorization"), NOBODY),
            (
                "A12",
                json("POST", "/v1/search", format!(r#"{{"q":"zebra","token":"{TOKEN}"}}"#)).without("Authorization"),
                NOBODY,
            ),
        ],
    );
    for length in 1..TOKEN.len() {
        service.check("A07", &get("/v1/status").token(&TOKEN[..length]).bytes(), NOBODY);
    }
    for at in 0..TOKEN.len() {
        let mut token = TOKEN.as_bytes().to_owned();
        token[at] ^= 1;
        service.check("A08", &with([b"Bearer ", token.as_slice()].concat()).bytes(), NOBODY);
    }
    service.finish();
}

#[test]
fn no_route_is_open_but_the_probes() {
    let mut service = Service::start(|_| ());
    let document = service.send(&get("/openapi.json").bytes()).json();
    let routes: Vec<String> = document["paths"].as_object().unwrap().keys().cloned().collect();
    assert!(routes.len() > 10, "the document was not read: {document}");
    let known = routes
        .iter()
        .map(|it| it.replace("{path}", "Agent/n.md"))
        .filter(|it| !matches!(it.as_str(), "/healthz" | "/readyz"));
    let others = [
        "/",
        "/nope",
        "/openapi.json",
        "/openapi.yaml",
        "/metrics",
        "/debug/pprof",
        "/v1/webhooks",
        "/healthz/x",
        "/v1/notes/healthz",
    ];
    for route in known.chain(others.map(str::to_owned)).filter(|it| !it.starts_with("/v1/webhooks/")) {
        for method in ["GET", "PUT", "PATCH", "DELETE", "POST", "OPTIONS", "TRACE", "CONNECT"] {
            // The target of CONNECT is a host.
            let target = if method == "CONNECT" { "localhost:80" } else { route.as_str() };
            service.check("A29", &call(method, target).without("Authorization").bytes(), NOBODY);
        }
        service.check("A28", &call("HEAD", &route).without("Authorization").bytes(), "401");
    }
    check_all(
        &mut service,
        [
            ("A28", call("HEAD", "/v1/notes/Agent/n.md"), "200"),
            ("A28", call("HEAD", "/v1/notes/Private/Secret.md").token(CONFINED), "404"),
            ("A28", call("OPTIONS", "/v1/notes/Agent/n.md"), "405 method-not-allowed"),
            ("A28", call("OPTIONS", "*"), "404 route-not-found"),
            ("A28", call("TRACE", "/v1/status"), "405 method-not-allowed"),
            ("A29", get("/nope"), "404 route-not-found"),
            ("A30", get("/debug/pprof"), "404 route-not-found"),
        ],
    );
    service.finish();
}

#[test]
fn a_scope_holds_whatever_the_request_says_of_itself() {
    let mut service = Service::start(|_| ());
    let read = service.send(&get("/v1/notes/Agent/n.md").bytes()).json();
    let hash = read["hash"].as_str().unwrap();
    let note = "/v1/notes/Agent/n.md";
    check_all(
        &mut service,
        [
            ("A19", put("/v1/notes/Agent/x.md", "text\n").token(READER), NO_SCOPE),
            ("A19", put(note, "text\n").token(READER).if_match(hash), NO_SCOPE),
            ("A19", patch(note).token(READER), NO_SCOPE),
            ("A19", call("DELETE", note).token(READER), NO_SCOPE),
            (
                "A25",
                put("/v1/notes/Agent/x.md", "text\n").token(READER).and("X-Scopes", "admin"),
                NO_SCOPE,
            ),
            ("A25", put("/v1/notes/Agent/x.md?scope=write", "text\n").token(READER), NO_SCOPE),
            (
                "A25",
                put("/v1/notes/Agent/x.md", "text\n").token(READER).and("Membridge-Agent", "all"),
                NO_SCOPE,
            ),
        ],
    );
    for target in [
        "/v1/search?q=zebra",
        note,
        "/v1/history/Agent/n.md",
        "/v1/changes",
        "/v1/tags",
        "/v1/lint",
        "/v1/links/Agent/n.md",
    ] {
        service.check("A19", &get(target).token(WRITER).bytes(), NO_SCOPE);
    }
    service.finish();
}

#[test]
fn a26_guessing_is_braked_and_good_tokens_are_not() {
    let mut service = Service::start(|_| ());
    let peer = Ipv4Addr::new(127, 99, 99, 99);
    let guess = get("/v1/status").token("a-guess-of-0123456789").bytes();
    let verdicts: Vec<String> = (0..100).map(|_| exchange(service.connect_from(peer), &guess).verdict()).collect();
    let refused = verdicts.iter().filter(|it| *it == NOBODY).count();
    let braked = verdicts.iter().filter(|it| *it == "429 rate-limited").count();
    service.expect("A26", (refused, braked) == (10, 90), &format!("{refused} refused, {braked} braked"));
    let good = exchange(service.connect_from(peer), &get("/v1/status").bytes()).verdict();
    service.expect("A26", good == "200", &format!("the good token got {good}"));
    service.finish();
}

#[test]
fn a15_a_token_that_is_swapped_is_read_again() {
    // As Kubernetes does it: the file is a link through `..data`, which is renamed over.
    let mut service = Service::start(|folder| {
        let tokens = folder.join("tokens");
        write(&tokens.join("..1/reader"), READER);
        write(&tokens.join("..2/reader"), "second-secret-0123456789");
        fs::remove_file(tokens.join("reader")).unwrap();
        symlink("..data/reader", tokens.join("reader")).unwrap();
        symlink("..1", tokens.join("..data")).unwrap();
    });
    let status = |service: &Service, token: &str| service.send(&get("/v1/status").token(token).bytes()).verdict();
    service.expect("A15", status(&service, READER) == "200", "the first secret is not taken");
    let tokens = service.folder().join("tokens");
    symlink("..2", tokens.join("..next")).unwrap();
    fs::rename(tokens.join("..next"), tokens.join("..data")).unwrap();
    let begun = Instant::now();
    while status(&service, "second-secret-0123456789") != "200" && begun.elapsed() < Duration::from_secs(30) {
        thread::sleep(Duration::from_millis(50));
    }
    service.expect(
        "A15",
        status(&service, "second-secret-0123456789") == "200",
        "the second secret is not taken within 30 s",
    );
    service.expect("A15", status(&service, READER) == NOBODY, "the first secret is still taken");
    service.finish();
}
