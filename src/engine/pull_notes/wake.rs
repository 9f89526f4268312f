//! Tells somebody that notes have changed: one line of our own words, not too often. Knows the names of pull requests only; that nobody listens
//! is logged and forgotten.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use crate::{config::forges::Wake, io::forge, model::pull_request::PullRequestId};

/// Changes gather this long, and calls lie this far apart.
const GATHER: Duration = Duration::from_secs(5);

/// Names that one line holds.
const NAMES: usize = 5;

/// What is to be told.
#[derive(Debug)]
pub(super) struct Waker {
    wake: Option<Wake>,
    changed: BTreeSet<String>,
    due: Option<Instant>,
}

impl Waker {
    pub(super) fn new(wake: Option<Wake>) -> Waker {
        Waker {
            wake,
            changed: BTreeSet::new(),
            due: None,
        }
    }

    /// Notes that a note has changed.
    pub(super) fn changed(&mut self, id: &PullRequestId, now: Instant) {
        if self.wake.is_some() {
            self.changed.insert(format!("{}#{}", id.repo, id.number));
            self.due.get_or_insert(now + GATHER);
        }
    }

    /// Tells what has gathered, when it is time. Blocking, for ten seconds at most.
    pub(super) fn tell(&mut self, now: Instant) {
        let (Some(wake), Some(due)) = (&self.wake, self.due) else { return };
        if due > now {
            return;
        }
        let text = line(&self.changed);
        self.changed.clear();
        self.due = None;
        if let Err(why) = forge::tell(&wake.url, wake.token_file.as_deref(), &text) {
            tracing::warn!(?why, "nobody was told that notes of pull requests changed");
        }
    }
}

fn line(changed: &BTreeSet<String>) -> String {
    let names: Vec<&str> = changed.iter().take(NAMES).map(String::as_str).collect();
    let more = changed.len().saturating_sub(NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("Notes of pull requests changed: {}{more}.", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_names_a_few() {
        let changed = |count: usize| (1..=count).map(|it| format!("o/n#{it}")).collect();
        assert_eq!(line(&changed(2)), "Notes of pull requests changed: o/n#1, o/n#2.");
        assert!(line(&changed(9)).ends_with("o/n#5 and 4 more."));
    }
}
