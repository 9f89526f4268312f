//! The way to the server: address and token from the environment, one request, its answer or why there is none. The only door to ureq.

use std::{env, ffi::OsString, fmt, io, time::Duration};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Serialize, de::DeserializeOwned};
use ureq::{
    Agent, Body, RequestBuilder,
    http::{Response, StatusCode},
};

pub use crate::http::params::encode_path;
use crate::http::{
    problem::Problem,
    words::{self, Voice},
};

const DEFAULT_URL: &str = "http://127.0.0.1:7979";
const CONNECT: Duration = Duration::from_secs(5);
/// Longer than the server's own deadlines, so that its problem arrives.
const ANSWER: Duration = Duration::from_secs(60);
/// Far above a batch of whole notes.
const ANSWER_MOST: u64 = 64 << 20;

/// A server to ask.
#[derive(Debug, Clone)]
pub struct Client {
    agent: Agent,
    base: String,
    authorization: Option<String>,
}

/// A write on its way.
#[derive(Debug)]
pub struct Sending<'a> {
    pub method: &'static str,
    /// Encoded, see [`encode_path`].
    pub path: &'a str,
    pub parameters: Vec<(&'static str, String)>,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Failure {
    /// The server says no.
    Problem(Box<Problem>),
    /// There is no server, something else answers in its place, or the environment does not say how to ask.
    Unreachable { message: String, hint: String },
    /// Something is there, and said nothing in time.
    Silent { message: String, hint: String },
    /// The answer could not be printed.
    Output(io::Error),
}

impl Client {
    /// Returns the client of the server that MEMBRIDGE_URL names, with the token of MEMBRIDGE_TOKEN.
    pub fn from_environment() -> Result<Client, Failure> {
        let set = |name| env::var(name).ok().map(|it| it.trim().to_owned()).filter(|it| !it.is_empty());
        let base = set("MEMBRIDGE_URL").unwrap_or_else(|| DEFAULT_URL.to_owned());
        if !base.starts_with("http://") && !base.starts_with("https://") {
            return Err(Failure::Unreachable {
                message: format!("MEMBRIDGE_URL is `{base}`, which is no address of a server"),
                hint: format!("set it to a URL such as {DEFAULT_URL}"),
            });
        }
        Ok(Client {
            agent: agent(ANSWER),
            base: base.trim_end_matches('/').to_owned(),
            authorization: authorization(env::var_os("MEMBRIDGE_TOKEN"))?,
        })
    }

    /// Returns the client of another server, or of the same one with another token.
    pub fn at(self, base: Option<String>, token: Option<&[u8]>) -> Client {
        let authorization = token.map(|it| format!("Bearer {}", String::from_utf8_lossy(it)));
        Client {
            base: base.unwrap_or(self.base),
            authorization: authorization.or(self.authorization),
            ..self
        }
    }

    /// Returns the client that waits so long for an answer, and no longer.
    pub fn within(self, answer: Duration) -> Client {
        Client {
            agent: agent(answer),
            ..self
        }
    }

    /// Returns the address of the server.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Asks for `path` (encoded, see [`encode_path`]) and returns the body of the answer. `accept` is a media type.
    pub fn get(&self, path: &str, parameters: &[(&str, String)], accept: &str) -> Result<Answer, Failure> {
        let request = self
            .authorized(self.agent.get(format!("{}{path}", self.base)))
            .header("accept", accept);
        let request = request.query_pairs(parameters.iter().map(|(name, value)| (*name, value.as_str())));
        self.answer(request.call())
    }

    /// Sends a JSON body and returns the body of the answer.
    pub fn post(&self, path: &str, body: &impl Serialize) -> Result<Answer, Failure> {
        let request = self.authorized(self.agent.post(format!("{}{path}", self.base)));
        self.answer(request.send_json(body))
    }

    /// Sends a write and returns the body of the answer.
    pub fn send(&self, sending: Sending<'_>) -> Result<Answer, Failure> {
        let mut request = ureq::http::Request::builder().method(sending.method);
        let parameters: Vec<String> = sending
            .parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect();
        let query = if parameters.is_empty() {
            String::new()
        } else {
            format!("?{}", parameters.join("&"))
        };
        request = request.uri(format!("{}{}{query}", self.base, sending.path));
        for (name, value) in &sending.headers {
            request = request.header(*name, value);
        }
        if let Some(value) = &self.authorization {
            request = request.header("authorization", value);
        }
        let request = request.body(sending.body).map_err(|error| Failure::Unreachable {
            message: format!("the request cannot be made: {error}"),
            hint: "names of agents, sessions and keys are one line of plain text".to_owned(),
        })?;
        self.answer(self.agent.run(request))
    }

    fn authorized<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        match &self.authorization {
            Some(value) => request.header("authorization", value),
            None => request,
        }
    }

    fn answer(&self, answered: Result<Response<Body>, ureq::Error>) -> Result<Answer, Failure> {
        let read = answered.and_then(|mut response| {
            let bytes = response.body_mut().with_config().limit(ANSWER_MOST).read_to_vec()?;
            Ok((response, bytes))
        });
        let (response, bytes) = read.map_err(|error| {
            let message = format!("no answer from {}: {error}", self.base);
            match error {
                ureq::Error::Timeout(_) => Failure::Silent {
                    message,
                    hint: "`membridge doctor` says whether it hangs; or set MEMBRIDGE_URL".to_owned(),
                },
                _ => Failure::Unreachable {
                    message,
                    hint: "start the server with `membridge serve`, or set MEMBRIDGE_URL".to_owned(),
                },
            }
        })?;
        if response.status().is_success() {
            let header = |name| response.headers().get(name).and_then(|it| it.to_str().ok()).map(str::to_owned);
            return Ok(Answer {
                bytes,
                next: header("membridge-next"),
                cut_line: header("membridge-cut-line"),
                as_indexed: header("membridge-as-indexed").is_some(),
                date: header("date"),
            });
        }
        Err(match serde_json::from_slice(&bytes) {
            Ok(problem) => Failure::Problem(Box::new(problem)),
            Err(_) => strange(&self.base, response.status()),
        })
    }
}

fn agent(answer: Duration) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        // A redirect would carry the token elsewhere, a proxy of the environment knows no loopback.
        .max_redirects(0)
        .max_redirects_will_error(false)
        .proxy(None)
        .timeout_connect(Some(CONNECT.min(answer)))
        .timeout_global(Some(answer))
        .build();
    config.into()
}

/// Returns the header's value for a token; `None` when none is set. White space around it is what files and shells leave.
fn authorization(token: Option<OsString>) -> Result<Option<String>, Failure> {
    let token = token.unwrap_or_default();
    let token = token.to_string_lossy();
    let token = token.trim();
    if !token.chars().all(|it| it.is_ascii_graphic()) {
        return Err(Failure::Unreachable {
            message: "MEMBRIDGE_TOKEN has spaces, several lines or characters that no header can carry".to_owned(),
            hint: "set it to the one word that the server's token file holds".to_owned(),
        });
    }
    Ok((!token.is_empty()).then(|| format!("Bearer {token}")))
}

/// The body of an answer.
#[derive(Debug)]
pub struct Answer {
    pub bytes: Vec<u8>,
    /// What a raw note's answer left out: `lines=41-80`.
    pub next: Option<String>,
    /// What reads a line whole of which only a beginning is here.
    pub cut_line: Option<String>,
    /// A note is not what its file holds, but what is indexed of it.
    pub as_indexed: bool,
    /// The server's clock, as HTTP writes it.
    pub date: Option<String>,
}

impl Answer {
    /// Reads the body as JSON of this shape.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.bytes).map_err(|error| Failure::Unreachable {
            message: format!("the answer cannot be read: {error}"),
            hint: "use the command line and the server in the same version, or `--json`".to_owned(),
        })
    }

    /// Returns the body with a line end, for output.
    pub fn into_line(mut self) -> Vec<u8> {
        self.bytes.push(b'\n');
        self.bytes
    }
}

fn strange(base: &str, status: StatusCode) -> Failure {
    Failure::Unreachable {
        message: format!("{base} answers {status} and is no membridge server"),
        hint: "set MEMBRIDGE_URL to the server's address".to_owned(),
    }
}

impl Failure {
    /// Says whether the server works and there is no such thing.
    pub fn is_nothing_found(&self) -> bool {
        matches!(self, Failure::Problem(problem) if problem.status == 404 && problem.kind.ends_with("-not-found") && problem.kind != "/problems/route-not-found")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Problem(problem) => f.write_str(&words::problem(problem, Voice::Commands)),
            Failure::Unreachable { message, hint } | Failure::Silent { message, hint } => write!(f, "{message}\nhint: {hint}"),
            Failure::Output(error) => write!(f, "the answer cannot be printed: {error}"),
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Failure {
        Failure::Problem(Box::new(problem))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::problem::ProblemKind;

    #[test]
    fn a_token_of_several_lines_is_named_as_what_is_wrong() {
        use std::os::unix::ffi::OsStringExt;

        let check = |token: &[u8]| authorization(Some(OsString::from_vec(token.to_vec())));
        assert_eq!(check(b" abc\n").unwrap().as_deref(), Some("Bearer abc"));
        assert!(check(b" \n").unwrap().is_none() && authorization(None).unwrap().is_none());
        for token in [b"abc\ndef".as_slice(), b"abc def", "пароль".as_bytes(), b"abc\xff", b"a\x00b"] {
            let failure = check(token).unwrap_err().to_string();
            assert!(failure.contains("MEMBRIDGE_TOKEN") && !failure.contains("abc"), "{failure}");
        }
    }

    #[test]
    fn a_failure_says_what_to_do() {
        let failure = Failure::from(
            Problem::new(ProblemKind::SectionNotFound, "the note has no section `X`").candidates(vec!["Plan".into(), "Log".into()]),
        );
        assert_eq!(
            failure.to_string(),
            "the note has no such section: the note has no section `X`\nhint: use one of `candidates`\ncandidates: Plan, Log"
        );
        assert!(failure.is_nothing_found());
        assert!(!Failure::from(Problem::new(ProblemKind::RouteNotFound, "")).is_nothing_found());
        assert!(!Failure::from(Problem::new(ProblemKind::Busy, "")).is_nothing_found());
    }
}
