//! Clones that an earlier configuration asked for: they hold whatever others committed, unmasked, and nobody reads them any more. Knows which
//! sources there are; removes nothing but what we made.

use std::{collections::BTreeSet, fs, path::Path};

use tracing::{info, warn};

use crate::{config::SourceConfig, io::git::Mirror};

/// Removes the clones below `folder` that belong to no source. What cannot be removed is told in the log.
pub(super) fn remove(folder: &Path, sources: &[SourceConfig]) {
    let wanted: BTreeSet<String> = sources
        .iter()
        .flat_map(|it| {
            let clone = it.remote.is_some().then(|| format!("{}.git", it.name));
            clone.into_iter().chain([format!("{}.past.json", it.name)])
        })
        .collect();
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if wanted.contains(&name) {
            continue;
        }
        let removed = if Mirror::is_at(&entry.path()) {
            fs::remove_dir_all(entry.path())
        } else if name.ends_with(".past.json") {
            fs::remove_file(entry.path())
        } else {
            continue;
        };
        match removed {
            Ok(()) => info!(clone = name, "removed the clone of a source that is not configured any more"),
            Err(error) => warn!(clone = name, %error, "the clone of a source that is not configured any more cannot be removed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::{Remote, SourceKind},
        io::git::Origin,
        model::path::SourceName,
    };

    #[test]
    fn a_clone_of_no_source_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["config.git", "old.git"] {
            let origin = Origin {
                url: "https://git.example.org/a/b".to_owned(),
                branch: None,
            };
            Mirror::open(&folder.path().join(name), origin).unwrap();
        }
        for name in ["config.past.json", "old.past.json", "a note of mine"] {
            fs::write(folder.path().join(name), "{}").unwrap();
        }
        fs::create_dir(folder.path().join("forges")).unwrap();
        fs::create_dir(folder.path().join("strange.git")).unwrap();
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
        remove(folder.path(), &[source]);
        let mut left: Vec<String> = fs::read_dir(folder.path())
            .unwrap()
            .map(|it| it.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        left.sort();
        assert_eq!(left, ["a note of mine", "config.git", "config.past.json", "forges", "strange.git"]);
    }
}
