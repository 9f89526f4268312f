//! Lists the files of somebody's git work tree: what git would take, ignored files left out. Knows ignore rules; must not read files, and
//! does not know what they mean. The only door to the library of ignore rules.

use std::{collections::BTreeSet, io, path::Path};

use ignore::WalkBuilder;

use crate::model::path::NotePath;
use rules::OWN_RULES;

pub mod rules;

/// So many files are listed; the rest is left out and told.
const MOST_FILES: usize = 200_000;

/// Folders in each other.
const MOST_DEEP: usize = 64;

/// What a work tree holds.
#[derive(Debug, Default)]
pub struct Files {
    pub paths: BTreeSet<NotePath>,
    /// What was left out, and why.
    pub skipped: Vec<(String, String)>,
    /// Folders that could not be listed: nothing is known of what lies there.
    pub unlisted: Vec<(String, String)>,
}

/// Lists a work tree. `tracked` are the paths that git keeps although rules may ignore them. Follows no link and stays on the root's file system.
pub fn files(root: &Path, tracked: &[String]) -> io::Result<Files> {
    // The root itself may be a link that switches.
    let root = root.canonicalize()?;
    std::fs::read_dir(&root)?;
    let mut found = Files::default();
    let is_own = |it: &ignore::DirEntry| it.depth() > 0 && it.file_name().eq_ignore_ascii_case(".git");
    let is_other_repository = |it: &ignore::DirEntry| it.depth() > 0 && it.path().join(".git").exists();
    let walk = WalkBuilder::new(&root)
        .hidden(false)
        .parents(false)
        .git_global(false)
        .require_git(false)
        .follow_links(false)
        .same_file_system(true)
        .max_depth(Some(MOST_DEEP))
        .add_custom_ignore_filename(OWN_RULES)
        .filter_entry(move |it| !is_own(it) && !is_other_repository(it))
        .build();
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(why) if why.io_error().is_some_and(|it| it.kind() == io::ErrorKind::NotFound) => continue,
            Err(why) => {
                found.unlisted.push((String::new(), why.to_string()));
                continue;
            }
        };
        let Some(kind) = entry.file_type().filter(|it| !it.is_dir()) else {
            continue;
        };
        let Ok(below) = entry.path().strip_prefix(&root) else { continue };
        let name = below.to_string_lossy().escape_debug().to_string();
        let mut skip = |why: &str| found.skipped.push((name.clone(), why.to_owned()));
        if kind.is_symlink() {
            skip("a link is not followed");
        } else if !kind.is_file() {
            skip("a pipe, socket or device");
        } else if found.paths.len() >= MOST_FILES {
            skip("too many files");
        } else {
            match below.to_str().map(NotePath::parse_in_repo) {
                Some(Ok(path)) => drop(found.paths.insert(path)),
                Some(Err(why)) => skip(&why.to_string()),
                None => skip("the name is not UTF-8"),
            }
        }
    }
    let is_file = |it: &NotePath| root.join(it.as_str()).symlink_metadata().is_ok_and(|it| it.is_file());
    let tracked = tracked.iter().filter_map(|it| NotePath::parse_in_repo(it).ok());
    found.paths.extend(tracked.filter(is_file));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    #[test]
    fn what_git_ignores_is_left_out_but_for_what_it_tracks() {
        let folder = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put(".gitignore", "*.log\nnode_modules/\n");
        put(".membridgeignore", "big/\n");
        put("app/a.yaml", "a: 1\n");
        put("app/.env", "A=1\n");
        put("app/run.log", "x");
        put("kept.log", "x");
        put("node_modules/x/y.js", "x");
        put("big/blob.json", "{}");
        put(".git/config", "x");
        put("sub/.git", "gitdir: elsewhere");
        put("sub/of-another.md", "x");
        symlink("/etc", folder.path().join("etc")).unwrap();
        let found = files(folder.path(), &["kept.log".to_owned(), "gone.log".to_owned()]).unwrap();
        let paths: Vec<&str> = found.paths.iter().map(NotePath::as_str).collect();
        assert_eq!(paths, [".gitignore", ".membridgeignore", "app/.env", "app/a.yaml", "kept.log"]);
        assert_eq!(found.skipped, [("etc".to_owned(), "a link is not followed".to_owned())]);
        assert!(files(&folder.path().join("nowhere"), &[]).is_err());
    }
}
