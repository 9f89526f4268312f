//! Which folder of which repository a source is, and whether a URL names the same repository. Knows how URLs of git are written; asks nobody.

use serde::{Deserialize, Serialize};

/// Which folder of which repository the files of a source are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepoPlace {
    /// The folder with its slash; empty where the source is the whole repository.
    pub above: String,
    /// Where it comes from; empty where that is not known.
    pub urls: Vec<String>,
}

/// A resource that a file declares.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Declares {
    /// `Kind/namespace/name`
    pub id: String,
    /// From 1.
    pub line: usize,
    /// Of a GitRepository: where it is fetched from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Between the resource that a path belongs to and the path.
const OF: &str = "\u{1e}/";

/// Returns the target of a link to a path in the repository that a resource (`GitRepository/flux-system/apps`) names.
pub fn path_of_source(resource: &str, path: &str) -> String {
    format!("{resource}{OF}{path}")
}

/// Takes apart what [`path_of_source`] put together; of other targets there is the path alone.
pub(super) fn of_source(target: &str) -> (Option<&str>, &str) {
    match target.split_once(OF) {
        Some((resource, path)) => (Some(resource), path),
        None => (None, target),
    }
}

impl RepoPlace {
    /// Says whether a URL names another repository than this one. Hosts are not compared: within a cluster a forge often has another one.
    pub(super) fn is_other(&self, url: &str) -> bool {
        let Some(theirs) = Named::of(url) else { return false };
        let ours: Vec<Named> = self.urls.iter().filter_map(|it| Named::of(it)).collect();
        !ours.is_empty() && !ours.iter().any(|it| it.may_be(&theirs))
    }

    /// Says whether a URL names this repository, as far as owner and name tell.
    pub(super) fn is_this(&self, url: &str) -> bool {
        Named::of(url).is_some_and(|theirs| self.urls.iter().filter_map(|it| Named::of(it)).any(|it| it.may_be(&theirs)))
    }
}

/// What of a URL names the repository.
#[derive(Debug, PartialEq, Eq)]
struct Named {
    /// Of a path on a disk it is not known.
    owner: Option<String>,
    name: String,
}

impl Named {
    fn of(url: &str) -> Option<Named> {
        let url = url.trim().trim_end_matches('/').trim_end_matches(".git").to_lowercase();
        let (path, is_remote) = match url.split_once("://") {
            Some(("file", path)) => (path, false),
            Some((_, rest)) => (rest.split_once('/')?.1, true),
            None => match url.split_once(':') {
                // `git@host:owner/name`
                Some((host, path)) if !host.contains('/') => (path, true),
                _ => (url.as_str(), false),
            },
        };
        let (owner, name) = path.rsplit_once('/').map_or(("", path), |(owner, name)| (owner, name));
        let owner = Some(owner.trim_matches('/').to_owned()).filter(|it| is_remote && !it.is_empty());
        // What Flux fills in is not known here.
        (!name.is_empty() && !url.contains(['$', '{'])).then(|| Named {
            owner,
            name: name.to_owned(),
        })
    }

    fn may_be(&self, other: &Named) -> bool {
        self.name == other.name
            && self
                .owner
                .as_ref()
                .zip(other.owner.as_ref())
                .is_none_or(|(one, other)| one == other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_known_by_owner_and_name_whatever_its_host_is_called() {
        let check = |ours: &str, theirs: &str, is_other: bool| {
            let place = RepoPlace {
                above: String::new(),
                urls: vec![ours.to_owned()],
            };
            assert_eq!(place.is_other(theirs), is_other, "{ours} {theirs}");
            assert_eq!(place.is_this(theirs), !is_other && !theirs.contains('$'), "{ours} {theirs}");
        };
        check(
            "https://git.example.org/ops/deploy.git",
            "http://gitea-http.git.svc:3000/ops/deploy",
            false,
        );
        check(
            "https://git.example.org/ops/deploy",
            "ssh://git@git.example.org/Ops/deploy.git",
            false,
        );
        check("git@git.example.org:ops/deploy.git", "https://git.example.org/ops/deploy", false);
        check("https://git.example.org/ops/deploy", "https://git.example.org/stefan/podinfo", true);
        check("https://git.example.org/ops/deploy", "https://git.example.org/other/deploy", true);
        check("/srv/git/deploy.git", "https://git.example.org/ops/deploy", false);
        check("/srv/git/deploy.git", "https://git.example.org/ops/podinfo", true);
        check("https://git.example.org/ops/deploy", "${url}", false);
        let unknown = RepoPlace::default();
        let url = "https://git.example.org/ops/deploy";
        assert!(!unknown.is_other(url) && !unknown.is_this(url));
    }
}
