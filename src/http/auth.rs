//! Who calls: bearer tokens, compared in constant time, and a brake on guessing. Knows tokens, scopes and prefixes; knows no route.

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use axum::http::{HeaderMap, header};

use crate::{
    config::{
        findings::Findings,
        tokens::{Scope, Token, read_secret},
    },
    http::problem::{Problem, ProblemKind},
    model::path::NotePath,
};

/// Failed logins of one peer within [`WINDOW`] before it is told to wait. Good tokens are never refused for it.
const FAILURES_MOST: usize = 10;
const WINDOW: Duration = Duration::from_secs(60);
/// Peers remembered; beyond it the oldest knowledge is dropped.
const PEERS_MOST: usize = 4096;

/// The caller of one request and its rights.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The token's name; `None` when no token is configured.
    pub name: Option<String>,
    pub scopes: BTreeSet<Scope>,
    /// A folder, ending with `/`, beyond which this caller sees nothing.
    pub prefix: Option<String>,
}

impl Caller {
    /// Returns the caller of a service that has no tokens and listens on loopback only: whoever is on this machine may do all.
    pub fn anyone() -> Caller {
        Caller {
            name: None,
            scopes: Scope::ALL.into(),
            prefix: None,
        }
    }

    /// Returns 403 when the caller lacks the right.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.scopes.contains(&scope) {
            return Ok(());
        }
        let detail = format!(
            "the token `{}` lacks the scope `{}`",
            self.name.as_deref().unwrap_or_default(),
            scope.as_str()
        );
        Err(Problem::new(ProblemKind::ForbiddenScope, detail))
    }

    /// Says whether the caller may know of this note. What it may not see does not exist for it.
    pub fn sees(&self, path: &NotePath) -> bool {
        self.prefix.as_deref().is_none_or(|prefix| path.as_str().starts_with(prefix))
    }
}

/// The tokens that are valid now, and who failed to present one.
#[derive(Debug)]
pub struct Auth {
    tokens: ArcSwap<Vec<Token>>,
    /// When each peer failed. Held for a few instructions, never over an await.
    failures: Mutex<HashMap<IpAddr, VecDeque<Instant>>>,
}

impl Auth {
    /// Returns the check for these tokens; none lets everyone in.
    pub fn new(tokens: Vec<Token>) -> Auth {
        Auth {
            tokens: ArcSwap::from_pointee(tokens),
            failures: Mutex::default(),
        }
    }

    /// Returns who presents the `Authorization` header, or 400, 401 or 429. The one form is `Bearer <token>`, the scheme in any case
    /// (RFC 9110 11.1), one space.
    pub fn caller(&self, headers: &HeaderMap, peer: IpAddr, now: Instant) -> Result<Caller, Problem> {
        let tokens = self.tokens.load();
        if tokens.is_empty() {
            return Ok(Caller::anyone());
        }
        let mut values = headers.get_all(header::AUTHORIZATION).iter();
        let value = values.next();
        if values.next().is_some() {
            return Err(Problem::new(
                ProblemKind::InvalidRequest,
                "there are several `Authorization` headers",
            ));
        }
        let Some(value) = value else {
            // Not a guess: a caller that has not been told its token must not lock out the others behind its address.
            return Err(Problem::new(ProblemKind::Unauthorized, "the request carries no valid token"));
        };
        // Every token is compared, so that the time tells nothing about which one was nearly met.
        let presented = bearer(value.as_bytes());
        let known = tokens.iter().fold(
            None,
            |known, token| if token.secret.matches(presented) { Some(token) } else { known },
        );
        match known {
            Some(token) => Ok(Caller {
                name: Some(token.name.clone()),
                scopes: token.scopes.clone(),
                prefix: token.prefix.clone(),
            }),
            None => Err(self.failed(peer, now)),
        }
    }

    /// Reads the token files again: Kubernetes swaps them while the service runs. A file that cannot be read keeps its last secret.
    pub fn reload(&self) {
        let present = self.tokens.load_full();
        let mut findings = Findings::default();
        let tokens: Vec<Token> = present
            .iter()
            .map(|token| {
                let read = token.file.as_deref().and_then(|file| read_secret(&token.name, file, &mut findings));
                Token {
                    secret: read.unwrap_or_else(|| token.secret.clone()),
                    ..token.clone()
                }
            })
            .collect();
        for problem in &findings.problems {
            tracing::warn!(
                token.name = problem.key,
                "a token file cannot be read, its last secret stays valid: {}",
                problem.message
            );
        }
        if tokens != *present {
            tracing::info!("tokens were read again, at least one has changed");
            self.tokens.store(tokens.into());
        }
    }

    /// Says whether there is a file to read again.
    pub fn has_files(&self) -> bool {
        self.tokens.load().iter().any(|it| it.file.is_some())
    }

    fn failed(&self, peer: IpAddr, now: Instant) -> Problem {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= PEERS_MOST {
            failures.retain(|_, times| times.back().is_some_and(|&it| now.duration_since(it) < WINDOW));
        }
        if failures.len() >= PEERS_MOST {
            failures.clear();
        }
        let times = failures.entry(peer).or_default();
        while times.front().is_some_and(|&it| now.duration_since(it) >= WINDOW) {
            times.pop_front();
        }
        if let (true, Some(&first)) = (times.len() >= FAILURES_MOST, times.front()) {
            let wait = WINDOW.saturating_sub(now.duration_since(first)).as_millis();
            let detail = format!("more than {FAILURES_MOST} failed logins within a minute");
            return Problem::new(ProblemKind::RateLimited, detail).retry_after_ms(u64::try_from(wait).unwrap_or(60_000));
        }
        times.push_back(now);
        Problem::new(ProblemKind::Unauthorized, "the request carries no valid token")
    }
}

/// Returns what follows `Bearer `, empty when the header has another form: no secret is empty.
fn bearer(value: &[u8]) -> &[u8] {
    match value.split_at_checked(b"bearer ".len()) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(b"bearer ") => token,
        _ => b"",
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use axum::http::HeaderValue;

    use super::*;
    use crate::config::tokens::Secret;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn auth() -> Auth {
        let token = |name: &str, secret: &[u8]| Token {
            name: name.to_owned(),
            secret: Secret::parse(secret).unwrap(),
            file: None,
            scopes: [Scope::Read].into(),
            prefix: (name == "work").then(|| "Work/".to_owned()),
        };
        Auth::new(vec![token("agent", b"0123456789abcdef"), token("work", b"fedcba9876543210")])
    }

    fn login(auth: &Auth, value: &[u8], now: Instant) -> Result<String, u16> {
        let headers = HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_bytes(value).unwrap())]);
        auth.caller(&headers, PEER, now).map(|it| it.name.unwrap()).map_err(|it| it.status)
    }

    #[test]
    fn only_the_whole_token_lets_in() {
        let check = |value: &[u8], expected: Result<&str, u16>| {
            assert_eq!(
                login(&auth(), value, Instant::now()),
                expected.map(str::to_owned),
                "{}",
                value.escape_ascii()
            );
        };
        check(b"Bearer 0123456789abcdef", Ok("agent"));
        check(b"bearer fedcba9876543210", Ok("work"));
        check(b"Bearer 0123456789abcde", Err(401));
        check(b"Bearer 0123456789abcdeF", Err(401));
        check(b"Bearer  0123456789abcdef", Err(401));
        check(b"Bearer 0123456789abcdef ", Err(401));
        check(b"Bearer", Err(401));
        check(b"Bearer ", Err(401));
        check(b"Basic dXNlcjpwYXNz", Err(401));
        check(b"0123456789abcdef", Err(401));
    }

    #[test]
    fn guessing_is_braked_and_good_tokens_are_not() {
        let (auth, start) = (auth(), Instant::now());
        let guess = |after: u64| login(&auth, b"Bearer wrong", start + Duration::from_secs(after));
        assert!((0..10).all(|second| guess(second) == Err(401)));
        assert_eq!(guess(10), Err(429));
        assert_eq!(
            login(&auth, b"Bearer 0123456789abcdef", start + Duration::from_secs(11)),
            Ok("agent".to_owned())
        );
        assert_eq!(guess(59), Err(429));
        assert_eq!(guess(61), Err(401), "the first failures are forgotten after a minute");
    }

    #[test]
    fn two_headers_are_ambiguous_and_none_is_unauthorized() {
        let mut headers = HeaderMap::new();
        assert_eq!(auth().caller(&headers, PEER, Instant::now()).unwrap_err().status, 401);
        headers.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer 0123456789abcdef"));
        headers.append(header::AUTHORIZATION, HeaderValue::from_static("Bearer 0123456789abcdef"));
        assert_eq!(auth().caller(&headers, PEER, Instant::now()).unwrap_err().status, 400);
    }

    #[test]
    fn a_prefix_ends_at_a_folder() {
        let caller = Caller {
            prefix: Some("Agent/".to_owned()),
            ..Caller::anyone()
        };
        let sees = |path: &str| caller.sees(&NotePath::parse(path).unwrap());
        assert_eq!(
            [sees("Agent/x.md"), sees("AgentEvil/x.md"), sees("Agent"), sees("x.md")],
            [true, false, false, false]
        );
    }

    #[test]
    fn a_swapped_file_gives_a_new_secret_and_a_broken_one_keeps_the_last() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        let token = Token {
            name: "agent".to_owned(),
            secret: Secret::parse(b"0123456789abcdef").unwrap(),
            file: Some(file.clone()),
            scopes: Scope::ALL.into(),
            prefix: None,
        };
        let auth = Auth::new(vec![token]);
        fs::write(&file, "second-secret-of-it\n").unwrap();
        auth.reload();
        assert_eq!(login(&auth, b"Bearer second-secret-of-it", Instant::now()), Ok("agent".to_owned()));
        assert_eq!(login(&auth, b"Bearer 0123456789abcdef", Instant::now()), Err(401));
        fs::write(&file, "").unwrap();
        auth.reload();
        assert_eq!(login(&auth, b"Bearer second-secret-of-it", Instant::now()), Ok("agent".to_owned()));
    }
}
