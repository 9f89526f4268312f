//! The configuration: what was typed, read and found in the environment, resolved once into values that nobody checks again.
//!
//! `written` is the file as written, `values` turns one text into one value, `place`, `tokens` and `folders` look at the disk, and
//! `resolve` puts defaults, file, environment and flags on top of each other. Every problem is reported, not only the first.

pub mod findings;
pub mod table;
pub mod written;
pub mod tokens;
pub mod values;
pub mod place;
pub mod sources;
pub mod callers;
pub mod folders;
pub mod forges;
pub mod resolve;

use std::{ffi::OsString, net::SocketAddr, path::PathBuf, time::Duration};

use crate::{
    config::{
        findings::{ConfigProblem, Findings},
        forges::PullRequests,
        tokens::Token,
    },
    model::{
        glob::PathGlob,
        origin::OriginRule,
        path::{NotePath, SourceName},
        write_policy::WritePolicy,
    },
};

/// Everything the service is told, resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    pub listen: SocketAddr,
    /// The second listener, for probes and metrics only.
    pub ops_listen: Option<SocketAddr>,
    /// `Host` names allowed beside the loopback names, lower-case, with the port when one was written.
    pub allowed_hosts: Vec<String>,
    /// `Origin` values allowed beside the loopback ones, lower-case, as `scheme://host[:port]`.
    pub allowed_origins: Vec<String>,
    /// Absolute; holds `state/`, and `index/` unless `index_dir` says otherwise.
    pub data_dir: PathBuf,
    pub index_dir: PathBuf,
    /// At least one; the first is the default vault.
    pub sources: Vec<SourceConfig>,
    /// The folder of every vault that belongs to the agent.
    pub agent_folder: NotePath,
    /// An IANA name; `None` leaves it to `TZ` and the system.
    pub timezone: Option<String>,
    pub tokens: Vec<Token>,
    pub limits: Limits,
    /// Where notes may be written.
    pub write: WritePolicy,
    pub git: Git,
    pub pull_requests: PullRequests,
    pub rescan_interval: Duration,
    /// How long a path must be quiet before it is read.
    pub quiet: Duration,
    pub log: Log,
}

/// One indexed root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceConfig {
    pub name: SourceName,
    pub kind: SourceKind,
    /// Absolute, as written: links in it are not followed yet, because they may switch.
    /// Of a clone that we keep: where it lies, in the data folder.
    pub path: PathBuf,
    /// Where a clone comes from; `None` for a folder that others keep.
    pub remote: Option<Remote>,
    pub exclude: Vec<PathGlob>,
    /// The first rule that matches decides.
    pub origin: Vec<OriginRule>,
}

/// What lies at a source's root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// Notes, to be read and written.
    Vault,
    /// The files of a git repository, only read; secrets in them are masked.
    Repo,
}

/// A repository that a clone of ours follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Anything that git can fetch from; without a password.
    pub url: String,
    /// `None` for the branch that the remote's HEAD names.
    pub branch: Option<String>,
    pub fetch_every: Duration,
    /// Holds the password or token; read each time.
    pub token_file: Option<PathBuf>,
}

/// Bounds on what callers may ask for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    pub note_read_bytes: u64,
    pub note_write_bytes: u64,
    pub query_bytes: u64,
    pub webhook_bytes: u64,
    /// Connections open at once.
    pub connections: u64,
    pub request_timeout: Duration,
}

/// How what is written gets its history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Git {
    pub mode: GitMode,
    /// In `batched`: commits are made when nothing was written for so long, and after `max` at the latest.
    pub quiet: Duration,
    pub max: Duration,
    /// Who is the author of text that people wrote and nobody committed yet.
    pub owner: Person,
    /// What goes to the remote of a vault's own repository, and what comes from it.
    pub sync: GitSync,
    /// How long commits may gather before they are pushed.
    pub push_after: Duration,
    /// How often to look for commits of others; only where `sync` is full.
    pub fetch_every: Duration,
    /// How long one push or fetch may take.
    pub timeout: Duration,
    /// The file with the remote's password or token, read anew each time.
    pub token_file: Option<PathBuf>,
    /// The SSH key that signs every commit.
    pub signing_key: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GitMode {
    /// Each write is a commit of its own, before it is answered.
    Immediate,
    /// Writes of the same agent and conversation that follow each other are one commit, made when it is quiet.
    Batched,
    /// No history; only on request.
    Off,
}

/// Which way commits travel between a vault's own repository and its remote.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GitSync {
    /// Neither: somebody else syncs, or nobody.
    Off,
    /// Out. What others pushed is told, not taken.
    Push,
    /// Both. The service owns the clone.
    Full,
}

/// A name and an address as git writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub email: String,
}

/// How and what to log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    pub format: LogFormat,
    /// Directives of `tracing_subscriber::EnvFilter`, known to parse.
    pub filter: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    Text,
    Json,
}

/// What was typed on the command line, unchecked. Relative paths count from the working directory.
#[derive(Debug, Clone, Default)]
pub struct Flags {
    pub config: Option<PathBuf>,
    /// Replace the file's sources when there are any.
    pub vaults: Vec<(Option<String>, PathBuf)>,
    pub data_dir: Option<PathBuf>,
    pub listen: Option<String>,
    pub log_format: Option<String>,
}

/// How the environment is read: the process's own, or a test's.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<OsString>;

/// A configuration that can be run, and what its owner should look at.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub config: Config,
    pub warnings: Vec<ConfigProblem>,
}

/// Returns the configuration that the flags, the environment and the file amount to, or everything that is wrong with it.
pub fn load(flags: &Flags, environment: Environment<'_>) -> Result<Loaded, Findings> {
    let mut findings = Findings::default();
    let config = resolve::resolve(flags, environment, &mut findings);
    if findings.problems.is_empty() {
        Ok(Loaded {
            config,
            warnings: findings.warnings,
        })
    } else {
        Err(findings)
    }
}

impl Config {
    /// Returns the folder of unfinished work, which must outlive the process.
    pub fn state_dir(&self) -> PathBuf {
        self.data_dir.join("state")
    }
}

impl GitMode {
    /// Every mode, in the order in which messages name them.
    pub const ALL: [GitMode; 3] = [GitMode::Immediate, GitMode::Batched, GitMode::Off];

    /// Returns the mode as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            GitMode::Immediate => "immediate",
            GitMode::Batched => "batched",
            GitMode::Off => "off",
        }
    }
}

impl GitSync {
    /// Every way, in the order in which messages name them.
    pub const ALL: [GitSync; 3] = [GitSync::Off, GitSync::Push, GitSync::Full];

    /// Returns the way as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            GitSync::Off => "off",
            GitSync::Push => "push",
            GitSync::Full => "full",
        }
    }
}

impl LogFormat {
    /// Returns the format as it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            LogFormat::Text => "text",
            LogFormat::Json => "json",
        }
    }
}

#[cfg(test)]
mod tests;
