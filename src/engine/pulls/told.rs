//! What is told of the work on pull requests: counts, and what went wrong. Knows no pull request.

use std::{collections::BTreeMap, fmt};

use jiff::{SignedDuration, Timestamp};

/// What is told of the work.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PullsStatus {
    /// News that are not in their note yet.
    pub waiting: usize,
    /// News taken and left aside since the start, and notes written.
    pub taken: u64,
    pub ignored: u64,
    /// Of those left aside: rollouts that name no commit.
    pub rollouts_without_commit: u64,
    pub written: u64,
    /// Webhooks whose signature was not taken, by the reason.
    pub refused: BTreeMap<&'static str, u64>,
    /// Calls that wake somebody, by what became of them.
    pub woken: BTreeMap<Woken, u64>,
    /// What went wrong last, by forge or pull request; those are gone that went well since.
    pub errors: BTreeMap<String, Setback>,
}

/// What went wrong, and when it is tried again; `None` for what is given up, or waits for other news.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setback {
    pub why: String,
    pub next: Option<Timestamp>,
    /// When it was told last.
    pub at: Timestamp,
}

/// For so long it is told that something was given up of which nothing else is known, like a number that somebody mistyped.
const TOLD_FOR: SignedDuration = SignedDuration::from_hours(24);

impl Setback {
    /// Says whether nobody need hear of it any more.
    pub(super) fn is_past(&self, now: Timestamp) -> bool {
        self.next.is_none() && now.duration_since(self.at) > TOLD_FOR
    }
}

impl fmt::Display for Setback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)?;
        match self.next {
            Some(next) => write!(f, "; the next try is at {}", next.strftime("%Y-%m-%dT%H:%M:%SZ")),
            None => Ok(()),
        }
    }
}

/// What became of a call that wakes somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Woken {
    /// It was heard.
    Told,
    /// It was not, and is made again.
    Later,
    /// It was not, and its changes are told no more.
    GivenUp,
}

impl Woken {
    pub const ALL: [Woken; 3] = [Woken::Told, Woken::Later, Woken::GivenUp];

    /// Returns the word by which calls are counted.
    pub fn as_str(self) -> &'static str {
        match self {
            Woken::Told => "told",
            Woken::Later => "later",
            Woken::GivenUp => "given-up",
        }
    }
}
