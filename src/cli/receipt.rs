//! What the writing verbs share: options, headers and parameters of a write, and the receipt in words.

use std::{env, process::ExitCode};

use clap::Args;
use serde::Serialize;

use crate::{
    cli::{
        JsonArg,
        client::{Answer, Client, Failure, Sending},
        note, one_line, print,
    },
    http::{words, write::receipt::ReceiptResponse},
};

/// How to write.
#[derive(Debug, Clone, Args)]
pub struct WriteArgs {
    /// The source of a path that names none
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Why; stands in the commit
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Print the difference that it would make, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Only if the note still has this hash
    #[arg(long, value_name = "HASH")]
    pub if_match: Option<String>,
    /// Write once, however often this is run with the same key
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// Write even what looks like a secret
    #[arg(long)]
    pub allow_secret: bool,
    /// Who writes, for the history; MEMBRIDGE_AGENT when left out
    #[arg(long, value_name = "NAME")]
    pub agent: Option<String>,
    /// The conversation in which it is written, for the history; MEMBRIDGE_SESSION when left out
    #[arg(long, value_name = "ID")]
    pub session: Option<String>,
    #[command(flatten)]
    pub output: JsonArg,
}

impl WriteArgs {
    /// Sends a write and prints its receipt.
    pub fn send(&self, client: &Client, method: &'static str, path: &str, body: Body<'_>) -> Result<ExitCode, Failure> {
        let answer = self.ask(client, method, path, body)?;
        self.tell(&answer.read()?, answer)
    }

    /// Sends a write.
    pub fn ask(&self, client: &Client, method: &'static str, path: &str, body: Body<'_>) -> Result<Answer, Failure> {
        let flag = |is_set: bool| is_set.then(|| "true".to_owned());
        let parameters = [
            ("source", self.source.clone()),
            ("reason", self.reason.clone()),
            ("dry_run", flag(self.dry_run)),
            ("diff", flag(self.dry_run)),
            ("allow_secret", flag(self.allow_secret)),
        ];
        let set = |name| env::var(name).ok().filter(|it| !it.is_empty());
        let quoted = |hash: &String| format!("\"{}\"", hash.trim_matches('"'));
        let headers = [
            ("if-match", self.if_match.as_ref().map(quoted)),
            ("idempotency-key", self.key.clone()),
            ("membridge-agent", self.agent.clone().or_else(|| set("MEMBRIDGE_AGENT"))),
            ("membridge-session", self.session.clone().or_else(|| set("MEMBRIDGE_SESSION"))),
        ];
        let (content_type, body) = match body {
            Body::Nothing => (None, Vec::new()),
            Body::Markdown(text) => (Some("text/markdown"), text.as_bytes().to_vec()),
            Body::Json(json) => (Some("application/json"), json.to_string().into_bytes()),
        };
        let given = headers.into_iter().chain([("content-type", content_type.map(str::to_owned))]);
        client.send(Sending {
            method,
            path,
            parameters: parameters.into_iter().filter_map(|(name, value)| Some((name, value?))).collect(),
            headers: given.filter_map(|(name, value)| Some((name, value?))).collect(),
            body,
        })
    }

    /// Prints a receipt: of a dry run the difference.
    pub fn tell(&self, receipt: &ReceiptResponse, answer: Answer) -> Result<ExitCode, Failure> {
        if self.output.json {
            print(answer.into_line())?;
            return Ok(ExitCode::SUCCESS);
        }
        for warning in &receipt.warnings {
            note(format_args!("warning: {}", one_line(warning)));
        }
        for left in &receipt.left {
            note(format_args!("left as it is: {} ({})", one_line(&left.path), one_line(&left.reason)));
        }
        if self.dry_run {
            print(receipt.diff.as_deref().unwrap_or_default())?;
        } else {
            print(words::receipt(receipt))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// What a write carries.
#[derive(Debug, Clone, Copy)]
pub enum Body<'a> {
    Nothing,
    Markdown(&'a str),
    Json(&'a serde_json::Value),
}

impl Body<'_> {
    /// Returns a JSON body of these fields, those without a value left out.
    pub fn fields<const N: usize>(fields: [(&str, Option<serde_json::Value>); N]) -> serde_json::Value {
        let given = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        serde_json::Value::Object(given.collect())
    }
}

/// Returns a value as JSON.
pub fn json(value: &(impl Serialize + ?Sized)) -> serde_json::Value {
    serde_json::to_value(value).expect("texts, numbers and lists are JSON")
}
