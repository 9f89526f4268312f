//! The clones in which commits and files of pull requests are found, so that no API has to tell them. Knows which repository is cloned where;
//! must not know what is done with what is found.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use crate::{
    config::{Config, forges::Forge},
    engine::pull_changes::from_clone,
    io::git::{Access, Mirror, Origin, Refusal},
    model::pull_request::{ForgeKind, PullRequest, PullRequestId},
};

/// The clones of all configured repositories; each is made when it is first asked for.
#[derive(Debug)]
pub(super) struct Clones {
    folder: PathBuf,
    timeout: Duration,
    stop: Arc<AtomicBool>,
    /// By host and repository.
    forges: BTreeMap<(String, String), Forge>,
    open: BTreeMap<(String, String), Mirror>,
}

/// Why a clone tells nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoClone {
    /// The repository is not configured, or not to be cloned.
    Unwanted,
    /// It could not be fetched, or has no such commit yet.
    Later(String),
}

impl Clones {
    /// Nothing is cloned yet. `stop` ends a fetch that runs.
    pub(super) fn new(config: &Config, stop: Arc<AtomicBool>) -> Clones {
        let forges = config.pull_requests.forges.iter().filter(|it| it.clone);
        let of = |forge: &Forge| {
            let key = |repo: &String| ((forge.host.clone(), repo.clone()), forge.clone());
            forge.repos.iter().map(key).collect::<Vec<_>>()
        };
        Clones {
            folder: config.data_dir.join("clones").join("forges"),
            timeout: config.git.timeout,
            stop,
            forges: forges.flat_map(of).collect(),
            open: BTreeMap::new(),
        }
    }

    /// Returns commits, files and what they change. What was found for the same head before is not looked for again.
    pub(super) fn part(&mut self, known: &PullRequest) -> Result<Option<PullRequest>, NoClone> {
        let key = (known.id.host.clone(), known.id.repo.clone());
        let forge = self.forges.get(&key).ok_or(NoClone::Unwanted)?.clone();
        let later = |why: String| NoClone::Later(why);
        let mirror = match self.open.entry(key) {
            std::collections::btree_map::Entry::Occupied(it) => it.into_mut(),
            std::collections::btree_map::Entry::Vacant(it) => {
                let origin = Origin {
                    // Of the configuration alone.
                    url: format!("{}/{}.git", forge.url, known.id.repo),
                    branch: None,
                };
                let place = self.folder.join(format!("{}.git", place_of(&known.id)));
                it.insert(Mirror::open(&place, origin).map_err(|it| later(format!("{it:#}")))?)
            }
        };
        let access = Access {
            token_file: forge.token_file.clone(),
            timeout: self.timeout,
            stop: Arc::clone(&self.stop),
        };
        let request = match forge.kind {
            ForgeKind::GitLab => format!("refs/merge-requests/{}/head", known.id.number),
            _ => format!("refs/pull/{}/head", known.id.number),
        };
        match mirror.fetch(Some(&request), &access) {
            Ok(()) => {}
            // The forge keeps no ref for it any more; the branch may hold it.
            Err(Refusal::Failed(why)) if why.contains("couldn't find remote ref") => {
                mirror.fetch(None, &access).map_err(|it| later(it.detail()))?;
            }
            Err(why) => return Err(later(why.detail())),
        }
        from_clone(&mirror.repository(), known).map_err(|it| later(format!("{it:#}")))
    }
}

/// A name for a folder: other repositories have other ones.
fn place_of(id: &PullRequestId) -> String {
    let text = format!("{}/{}", id.host, id.repo);
    let safe = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'.' | b'_');
    let part = |it: u8| if safe(it) { (it as char).to_string() } else { format!("%{it:02x}") };
    text.bytes().map(part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_repository_has_a_folder_of_its_own() {
        let id = |repo: &str| PullRequestId {
            host: "git.example.org:3000".to_owned(),
            repo: repo.to_owned(),
            number: 1,
        };
        assert_eq!(place_of(&id("a/b-c")), "git.example.org%3a3000%2fa%2fb-c");
        assert_ne!(place_of(&id("a-b/c")), place_of(&id("a/b-c")));
    }
}
