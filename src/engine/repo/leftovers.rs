//! Clones that an earlier configuration asked for: they hold whatever others committed, unmasked, and nobody reads them any more. Knows which
//! sources and forges there are; removes nothing but what we made.

use std::{collections::BTreeSet, fs, path::Path};

use tracing::{info, warn};

use crate::{
    config::{Config, SourceConfig, forges::Forge},
    io::git::Mirror,
};

/// What is kept of the commits of a source, beside its clone.
const PAST: &str = ".past.json";

/// Removes the clones that belong to no source and to no forge, wherever one keeps them. What cannot be removed is told in the log.
pub(super) fn remove(config: &Config) {
    let clones = config.data_dir.join("clones");
    remove_in(&clones, &of_sources(&config.sources));
    remove_in(&clones.join("forges"), &of_forges(&config.pull_requests.forges));
}

fn of_sources(sources: &[SourceConfig]) -> BTreeSet<String> {
    let names = sources.iter().flat_map(|it| {
        let clone = it.remote.is_some().then(|| format!("{}.git", it.name));
        clone.into_iter().chain([format!("{}{PAST}", it.name)])
    });
    names.collect()
}

fn of_forges(forges: &[Forge]) -> BTreeSet<String> {
    let cloned = forges.iter().filter(|it| it.clone);
    cloned.flat_map(|it| it.repos.iter().map(|repo| it.clone_name(repo))).collect()
}

fn remove_in(folder: &Path, wanted: &BTreeSet<String>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if wanted.contains(&name) {
            continue;
        }
        let removed = if Mirror::is_at(&entry.path()) || Mirror::is_aside(&entry.path()) {
            fs::remove_dir_all(entry.path())
        } else if name.ends_with(PAST) {
            fs::remove_file(entry.path())
        } else {
            continue;
        };
        match removed {
            Ok(()) => info!(clone = name, "removed the clone of a repository that is not configured any more"),
            Err(error) => warn!(clone = name, %error, "the clone of a repository that is not configured any more cannot be removed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{Remote, SourceKind},
        io::git::Origin,
        model::{path::SourceName, pull_request::ForgeKind},
    };

    fn clone_at(place: &Path) {
        let origin = Origin {
            url: "https://git.example.org/a/b".to_owned(),
            branch: None,
        };
        Mirror::new(place, origin).prepare().unwrap();
    }

    fn left_in(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut left: Vec<String> = entries.map(|it| it.unwrap().file_name().to_string_lossy().into_owned()).collect();
        left.sort();
        left
    }

    #[test]
    fn a_clone_of_no_source_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["config.git", "old.git"] {
            clone_at(&folder.path().join(name));
        }
        for name in ["config.past.json", "old.past.json", "a note of mine"] {
            fs::write(folder.path().join(name), "{}").unwrap();
        }
        for name in ["forges", "strange.git", "config.git.broken"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let source = SourceConfig {
            name: SourceName::parse("config").unwrap(),
            kind: SourceKind::Repo,
            path: folder.path().join("config.git"),
            remote: Some(Remote {
                url: "https://git.example.org/a/b".to_owned(),
                branch: None,
                fetch_every: std::time::Duration::from_secs(60),
                token_file: None,
            }),
            exclude: Vec::new(),
            origin: Vec::new(),
        };
        remove_in(folder.path(), &of_sources(&[source]));
        let left = ["a note of mine", "config.git", "config.past.json", "forges", "strange.git"];
        assert_eq!(left_in(folder.path()), left);
    }

    #[test]
    fn a_clone_of_a_forge_that_is_no_longer_configured_stayed_for_ever() {
        let forge = |host: &str, clone: bool| Forge {
            kind: ForgeKind::Gitea,
            url: format!("https://{host}"),
            host: host.to_owned(),
            repos: vec!["me/config".to_owned()],
            token_file: None,
            secrets: Vec::new(),
            poll_every: std::time::Duration::from_secs(120),
            clone,
        };
        let folder = tempfile::tempdir().unwrap();
        let (kept, switched_off) = (forge("git.example.org", true), forge("off.example.org", false));
        for name in [
            kept.clone_name("me/config"),
            kept.clone_name("me/old"),
            switched_off.clone_name("me/config"),
            forge("old.example.org", true).clone_name("me/config"),
        ] {
            clone_at(&folder.path().join(name));
        }
        remove_in(folder.path(), &of_forges(&[kept.clone(), switched_off]));
        assert_eq!(left_in(folder.path()), [kept.clone_name("me/config")]);
    }
}
