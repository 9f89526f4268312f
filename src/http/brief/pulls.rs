//! The open pull requests that a caller may know of. Knows what the engine lists; must not know budgets.

use crate::{
    http::{
        AppState,
        auth::Caller,
        pull_requests::{self, PullRequestEntry},
    },
    model::pull_request::State,
};

/// Pull requests that are looked at, the last updated.
const MOST: usize = 50;

pub(super) struct Pulls {
    pub(super) found: Vec<PullRequestEntry>,
    /// What was not even looked at, and what lists it.
    pub(super) warning: Option<String>,
}

/// Returns the open pull requests, last updated first.
pub(super) fn open_ones(state: &AppState, caller: &Caller) -> Pulls {
    let mut listed = state.handle.pulls().list();
    listed.retain(|it| it.state == Some(State::Open) && pull_requests::is_seen(caller, it));
    // Stable: they come by id.
    listed.sort_by_key(|it| std::cmp::Reverse(it.updated));
    let more = listed.len().saturating_sub(MOST);
    listed.truncate(MOST);
    Pulls {
        found: listed.into_iter().map(|it| pull_requests::entry(it, None)).collect(),
        warning: (more > 0).then(|| format!("{more} more pull requests are open: `membridge pr list` lists them")),
    }
}
