//! What every request passes before a handler sees it: size of the head, `Host`, `Origin`, token, deadline; then safe headers and one log line.
//! Knows no route but the two probes
//! and the webhooks, which have no token.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, header, uri::Authority},
    middleware::Next,
    response::{IntoResponse, Response},
};
use tokio::time;

use crate::http::{
    AppState,
    auth::Caller,
    problem::{Problem, ProblemKind},
    webhooks,
};

/// The longest target, and all header lines together, in bytes.
const URI_MOST: usize = 4096;
const HEADERS_MOST: usize = 16 * 1024;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers that no browser may interpret, keep or embed elsewhere.
const SAFE_HEADERS: [(HeaderName, &str); 4] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::CACHE_CONTROL, "private, no-cache"),
    (header::CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Who is at the other end of the connection; set by the accept loop.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// Names that this listener answers to.
#[derive(Debug)]
pub struct Names {
    /// Beside the loopback names; lower-case, with the port when one was written.
    pub hosts: Vec<String>,
    /// Lower-case, `scheme://host[:port]`.
    pub origins: Vec<String>,
}

/// The middleware of the API listener.
pub async fn guard(State(state): State<Arc<AppState>>, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = state.next_request_id();
    let peer = request
        .extensions()
        .get::<Peer>()
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |it| it.0.ip());
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("-".to_owned(), |it| it.as_str().to_owned());

    let path = request.uri().path().to_owned();
    let running = state.requests.begin();
    let mut response = match check(&state, &request, peer) {
        Err(problem) => problem.into_response(),
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            match time::timeout(state.request_timeout, next.run(request)).await {
                Ok(response) => response,
                Err(_) => Problem::new(ProblemKind::Busy, "the request took too long")
                    .retry_after_ms(1000)
                    .into_response(),
            }
        }
    };
    drop(running);
    state.requests.answered(&method, &route, &path, &response, started.elapsed());
    for (name, value) in SAFE_HEADERS {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    // The matched route, never the path or the query: names of notes and questions are their owner's.
    tracing::info!(
        %method,
        route,
        status = response.status().as_u16(),
        duration_ms = (started.elapsed().as_secs_f64() * 100_000.0).round() / 100.0,
        request_id = id,
        %peer,
        "request answered"
    );
    response
}

fn check(state: &AppState, request: &Request, peer: IpAddr) -> Result<Caller, Problem> {
    check_size(request)?;
    state.names.check(request)?;
    // Probes tell nothing but whether the service works, and kubelet has no token.
    if matches!(request.uri().path(), "/healthz" | "/readyz") {
        return Ok(Caller {
            scopes: [].into(),
            ..Caller::anyone()
        });
    }
    // A forge has no token either: it signs what it sends, and the handler looks at that first.
    if request.uri().path().starts_with(webhooks::PREFIX) {
        return Ok(Caller {
            scopes: [].into(),
            ..Caller::anyone()
        });
    }
    state.auth.caller(request.headers(), peer, Instant::now())
}

fn check_size(request: &Request) -> Result<(), Problem> {
    let target = request.uri().path_and_query().map_or(0, |it| it.as_str().len());
    if target > URI_MOST {
        return Err(Problem::new(
            ProblemKind::UriTooLong,
            format!("the address has {target} bytes, more than {URI_MOST}"),
        ));
    }
    // `: ` and the line end count, as they do on the wire.
    let headers: usize = request
        .headers()
        .iter()
        .map(|(name, value)| name.as_str().len() + value.len() + 4)
        .sum();
    if headers > HEADERS_MOST {
        return Err(Problem::new(
            ProblemKind::HeadersTooLarge,
            format!("the headers have {headers} bytes, more than {HEADERS_MOST}"),
        ));
    }
    Ok(())
}

impl Names {
    /// Refuses hosts and origins that are not ours: a page that rebinds its own name to a loopback address, or that posts to it, carries them.
    fn check(&self, request: &Request) -> Result<(), Problem> {
        let headers = request.headers();
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().ok().and_then(host_of),
            (None, _) => return Err(Problem::new(ProblemKind::InvalidRequest, "the request has no `Host`")),
            (Some(_), Some(_)) => return Err(Problem::new(ProblemKind::InvalidRequest, "the request has several `Host` headers")),
        };
        let Some(host) = host else {
            return Err(Problem::new(ProblemKind::InvalidRequest, "the `Host` is no name with a port"));
        };
        // `GET http://name/path`: the target names a host of its own.
        let target = request.uri().authority().map(|it| host_of(it.as_str()));
        if !self.allows(&host) || target.is_some_and(|it| it.is_none_or(|it| !self.allows(&it))) {
            return Err(Problem::new(
                ProblemKind::ForbiddenHost,
                format!("the host `{}` is not allowed", host.full()),
            ));
        }

        let origin = headers
            .get(header::ORIGIN)
            .map(|it| it.to_str().unwrap_or_default().to_ascii_lowercase());
        let listed = origin.as_ref().is_some_and(|it| self.origins.contains(it));
        if let Some(origin) = &origin
            && !listed
            && !is_own_origin(origin, &host)
        {
            return Err(Problem::new(
                ProblemKind::ForbiddenHost,
                format!("the origin `{}` is not allowed", origin.escape_debug()),
            ));
        }
        let site = headers.get("sec-fetch-site").map(HeaderValue::as_bytes);
        if site == Some(b"cross-site") && !listed {
            return Err(Problem::new(
                ProblemKind::ForbiddenHost,
                "pages of other sites may not call this service",
            ));
        }
        Ok(())
    }

    fn allows(&self, host: &Host) -> bool {
        is_loopback_name(&host.name) || self.hosts.iter().any(|it| *it == host.name || *it == host.full())
    }
}

/// A host as it is compared: lower-case, without a final dot.
struct Host {
    name: String,
    port: Option<u16>,
}

impl Host {
    fn full(&self) -> String {
        self.port.map_or_else(|| self.name.clone(), |port| format!("{}:{port}", self.name))
    }
}

fn host_of(text: &str) -> Option<Host> {
    // `Authority` would take `user@host`.
    if !text.bytes().all(|it| it.is_ascii_alphanumeric() || b".-_:[]".contains(&it)) {
        return None;
    }
    let authority: Authority = text.parse().ok()?;
    let port = match text.strip_prefix(authority.host())? {
        "" => None,
        port => Some(port.strip_prefix(':')?.parse().ok()?),
    };
    let name = authority.host().to_ascii_lowercase();
    let name = name.strip_suffix('.').unwrap_or(&name);
    (!name.is_empty()).then(|| Host {
        name: name.to_owned(),
        port,
    })
}

fn is_loopback_name(name: &str) -> bool {
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

/// A page that this very listener served, under any of its loopback names. Another port on this machine is another program.
fn is_own_origin(origin: &str, host: &Host) -> bool {
    let own = origin.strip_prefix("http://").and_then(host_of);
    own.is_some_and(|own| own.port == host.port && (own.name == host.name || is_loopback_name(&own.name) && is_loopback_name(&host.name)))
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn check(uri: &str, headers: &[(&str, &str)], expected: u16) {
        let names = Names {
            hosts: vec!["membridge.svc".into(), "pod:8080".into()],
            origins: vec!["app://obsidian.md".into()],
        };
        let mut request = Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let status = names
            .check(&request.body(Body::empty()).unwrap())
            .map_or_else(|it| it.status, |()| 200);
        assert_eq!(status, expected, "{uri} {headers:?}");
    }

    #[test]
    fn only_own_names_are_hosts() {
        for host in [
            "localhost",
            "LOCALHOST:8080",
            "127.0.0.1:7979",
            "[::1]:8080",
            "localhost.",
            "membridge.svc:7979",
            "pod:8080",
        ] {
            check("/", &[("host", host)], 200);
        }
        for host in [
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.nip.io",
            "0.0.0.0:8080",
            "0x7f.1",
            "2130706433",
            "pod:8081",
            "pod",
        ] {
            check("/", &[("host", host)], 403);
        }
        for host in [
            "localhost@evil",
            "localhost#",
            "localhost,evil",
            "",
            ":80",
            "localhost:99999",
            "a b",
        ] {
            check("/", &[("host", host)], 400);
        }
        check("/", &[], 400);
        check("/", &[("host", "localhost"), ("host", "localhost")], 400);
        check("http://evil.example/v1/notes/a", &[("host", "localhost")], 403);
        check("http://localhost/v1/notes/a", &[("host", "localhost")], 200);
    }

    #[test]
    fn only_own_and_listed_pages_may_call() {
        let check = |headers: &[(&str, &str)], expected| {
            let headers: Vec<_> = [("host", "localhost:7979")].into_iter().chain(headers.iter().copied()).collect();
            super::tests::check("/", &headers, expected);
        };
        check(&[("origin", "http://localhost:7979")], 200);
        check(&[("origin", "http://127.0.0.1:7979")], 200);
        check(&[("origin", "http://localhost:3000")], 403);
        check(&[("origin", "https://evil.example")], 403);
        check(&[("origin", "null")], 403);
        check(&[("origin", "app://obsidian.md"), ("sec-fetch-site", "cross-site")], 200);
        check(&[("sec-fetch-site", "cross-site")], 403);
        check(&[("sec-fetch-site", "same-origin")], 200);
    }
}
