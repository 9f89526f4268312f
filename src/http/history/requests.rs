//! The pull request by which a commit of a repository came: its page at the forge and its note, where they are known. Knows the configured
//! forges; asks nobody.

use std::collections::BTreeMap;

use crate::{
    engine::handle::Source,
    http::{AppState, history::CommitEntry},
    io::pull_requests::Wish,
    model::pull_request::note::Web,
};

/// What is known of the pull requests of one source.
#[derive(Debug)]
pub struct Requests {
    /// The forge, and the repository as it calls it.
    forge: Option<(Web, String)>,
    /// The paths of notes, by number.
    notes: BTreeMap<u64, String>,
}

impl Requests {
    /// Returns what is known of a source's remote; nothing for a source that has none, or one at no configured forge.
    pub fn of(state: &AppState, source: &Source) -> Requests {
        let url = source
            .config
            .remote
            .as_ref()
            .map_or("", |it| it.url.trim_end_matches('/').trim_end_matches(".git"));
        let forge = state.pull_requests.forges.iter().find_map(|forge| {
            let repo = url.strip_prefix(&forge.url)?.strip_prefix('/')?;
            Some((forge, repo))
        });
        let Some((forge, repo)) = forge else {
            return Requests {
                forge: None,
                notes: BTreeMap::new(),
            };
        };
        let known = state.handle.pulls().list().into_iter();
        let ours = known.filter(|it| {
            it.id.host == forge.host && it.id.repo.eq_ignore_ascii_case(repo) && !matches!(it.wish, Wish::Deleted | Wish::Disowned)
        });
        let web = Web {
            kind: forge.kind,
            host: forge.host.clone(),
            base: forge.url.clone(),
            repos: forge.repos.clone(),
        };
        Requests {
            forge: Some((web, repo.to_owned())),
            notes: ours.filter_map(|it| Some((it.id.number, it.path?))).collect(),
        }
    }

    /// Adds the page and the note to a commit that names a pull request.
    pub(super) fn add_to(&self, commit: &mut CommitEntry) {
        let Some(number) = commit.pull_request else { return };
        commit.pull_request_url = self.forge.as_ref().map(|(web, repo)| web.pull_request(repo, number));
        commit.pull_request_note = self.notes.get(&number).cloned();
    }
}
