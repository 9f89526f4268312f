//! Requests as bytes. What is not said otherwise is what an honest caller sends: one `Host`, the token with every right, the length of the body.

use std::fmt::Write as _;

use super::service::TOKEN;

/// A request to be sent.
#[derive(Debug, Clone)]
pub(super) struct Call {
    method: &'static str,
    target: String,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
}

pub(super) fn get(target: impl Into<String>) -> Call {
    call("GET", target)
}

/// A note's text to be written.
pub(super) fn put(target: impl Into<String>, text: impl AsRef<[u8]>) -> Call {
    call("PUT", target).with("Content-Type", "text/markdown").body(text)
}

/// A body of JSON, as written.
pub(super) fn json(method: &'static str, target: impl Into<String>, text: impl AsRef<[u8]>) -> Call {
    call(method, target).with("Content-Type", "application/json").body(text)
}

/// An edit that any note takes.
pub(super) fn patch(target: impl Into<String>) -> Call {
    json("PATCH", target, r#"{"edits":[{"op":"append","text":"more\n"}]}"#)
}

pub(super) fn call(method: &'static str, target: impl Into<String>) -> Call {
    let headers = [("Host", "localhost".to_owned()), ("Authorization", format!("Bearer {TOKEN}"))];
    Call {
        method,
        target: target.into(),
        headers: headers.map(|(name, value)| (name, value.into_bytes())).into(),
        body: Vec::new(),
    }
}

impl Call {
    /// Adds a header, beside one of that name that is there.
    pub(super) fn and(mut self, name: &'static str, value: impl AsRef<[u8]>) -> Call {
        self.headers.push((name, value.as_ref().to_owned()));
        self
    }

    /// Sets a header, in the place of one that is there.
    pub(super) fn with(self, name: &'static str, value: impl AsRef<[u8]>) -> Call {
        self.without(name).and(name, value)
    }

    pub(super) fn without(mut self, name: &str) -> Call {
        self.headers.retain(|(it, _)| *it != name);
        self
    }

    pub(super) fn token(self, token: &str) -> Call {
        self.with("Authorization", format!("Bearer {token}"))
    }

    pub(super) fn if_match(self, hash: &str) -> Call {
        self.with("If-Match", format!("\"{hash}\""))
    }

    pub(super) fn body(mut self, body: impl AsRef<[u8]>) -> Call {
        self.body = body.as_ref().to_owned();
        self
    }

    /// Returns what goes over the wire.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        let framed = |it: &&(&str, Vec<u8>)| matches!(it.0, "Content-Length" | "Transfer-Encoding");
        let takes_body = matches!(self.method, "PUT" | "PATCH" | "POST") || !self.body.is_empty();
        let mut end = String::new();
        if takes_body && !self.headers.iter().any(|it| framed(&it)) {
            write!(end, "Content-Length: {}\r\n", self.body.len()).unwrap();
        }
        bytes.extend(end.bytes().chain(*b"\r\n"));
        bytes.extend(&self.body);
        bytes
    }
}
