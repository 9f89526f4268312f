//! Lists the files of somebody's git work tree: what git would take, ignored files left out. Knows ignore rules; must not read files, and
//! does not know what they mean. The only door to the library of ignore rules.

use std::{
    collections::BTreeSet,
    io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use ignore::WalkBuilder;

use crate::model::path::NotePath;
use rules::OWN_RULES;

pub mod rules;

/// So many files are listed; the rest is left out and told.
const MOST_FILES: usize = 200_000;

/// Folders in each other.
const MOST_DEEP: usize = 64;

/// A folder with more bytes of ignore rules is left out: what it ignores cannot be known at a bearable price (60,000 patterns took 600 MB), and
/// may be secret.
const MOST_RULES: u64 = 256 << 10;

/// The files whose rules count.
const RULES: [&str; 3] = [".gitignore", ".ignore", OWN_RULES];

/// So much of what was left out is told.
const MOST_SKIPPED: usize = 10_000;

/// What a work tree holds.
#[derive(Debug, Default)]
pub struct Files {
    pub paths: BTreeSet<NotePath>,
    /// What was left out, and why.
    pub skipped: Vec<(String, String)>,
    /// Folders that could not be listed: nothing is known of what lies there.
    pub unlisted: Vec<(String, String)>,
}

/// Lists a work tree. `tracked` are the files that git keeps although rules may ignore them, `submodules` the folders of others. Follows no link and
/// stays on the root's file system. `top` is the root of git's work tree where that lies above: the rules of the folders between count, too.
pub fn files(root: &Path, tracked: &[String], submodules: &[String], top: Option<&Path>) -> io::Result<Files> {
    // The root itself may be a link that switches.
    let root = root.canonicalize()?;
    std::fs::read_dir(&root)?;
    let mut found = Files::default();
    let is_beneath = top.is_some();
    if has_large_rules(&root) || is_beneath && root.ancestors().skip(1).any(has_large_rules) {
        found.unlisted.push((String::new(), TOO_MANY_RULES.to_owned()));
        return Ok(found);
    }
    let is_own = |it: &ignore::DirEntry| it.depth() > 0 && it.file_name().eq_ignore_ascii_case(".git");
    // Not through a link: `up -> ..` is no other repository.
    let is_folder = |it: &ignore::DirEntry| it.file_type().is_some_and(|it| it.is_dir());
    let is_other_repository = move |it: &ignore::DirEntry| it.depth() > 0 && is_folder(it) && it.path().join(".git").exists();
    let left_out = Arc::new(Mutex::new(Vec::new()));
    let met = Arc::clone(&left_out);
    let is_ours = move |it: &ignore::DirEntry| {
        if is_own(it) {
            return false;
        }
        let why = if is_other_repository(it) {
            SUBMODULE
        } else if is_folder(it) && has_large_rules(it.path()) {
            TOO_MANY_RULES
        } else {
            return true;
        };
        met.lock().unwrap_or_else(PoisonError::into_inner).push((it.path().to_owned(), why));
        false
    };
    let walk = WalkBuilder::new(&root)
        .hidden(false)
        .parents(is_beneath)
        .git_global(false)
        // Above, the rules end where the work tree does.
        .require_git(is_beneath)
        .follow_links(false)
        .same_file_system(true)
        .max_depth(Some(MOST_DEEP))
        .add_custom_ignore_filename(OWN_RULES)
        // Of too many files the same are left out each time.
        .sort_by_file_name(Ord::cmp)
        .filter_entry(is_ours)
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
        let Some(kind) = entry.file_type() else { continue };
        let Ok(below) = entry.path().strip_prefix(&root) else { continue };
        let mut skip = |why: &str| tell(&mut found.skipped, below, why);
        if kind.is_dir() {
            if entry.depth() >= MOST_DEEP {
                skip(TOO_DEEP);
            }
        } else if kind.is_symlink() {
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
    let left_out = left_out.lock().unwrap_or_else(PoisonError::into_inner);
    for (folder, why) in left_out.iter() {
        let below = folder.strip_prefix(&root).unwrap_or(folder);
        tell(&mut found.skipped, below, why);
    }
    let left_out: BTreeSet<&Path> = left_out.iter().map(|(folder, _)| folder.as_path()).collect();
    for path in submodules {
        let folder = root.join(path);
        if folder.is_dir() && !folder.is_symlink() && !left_out.contains(folder.as_path()) {
            tell(&mut found.skipped, Path::new(path), SUBMODULE);
        }
    }
    add_tracked(&root, tracked, &left_out, &mut found);
    Ok(found)
}

/// Adds what git keeps although rules ignore it; the other bounds hold for it, too.
fn add_tracked(root: &Path, tracked: &[String], left_out: &BTreeSet<&Path>, found: &mut Files) {
    let mut too_deep = BTreeSet::new();
    for path in tracked.iter().filter_map(|it| NotePath::parse_in_repo(it).ok()) {
        let place = root.join(path.as_str());
        let is_file = || place.symlink_metadata().is_ok_and(|it| it.is_file());
        if found.paths.contains(&path) || place.ancestors().any(|it| left_out.contains(it)) || !is_file() {
            continue;
        }
        if let Some((end, _)) = path.as_str().match_indices('/').nth(MOST_DEEP - 1) {
            too_deep.insert(path.as_str()[..end].to_owned());
        } else if found.paths.len() >= MOST_FILES {
            tell(&mut found.skipped, Path::new(path.as_str()), "too many files");
        } else {
            found.paths.insert(path);
        }
    }
    // Of a folder that no rule ignores it was told above.
    for (told, _) in &found.skipped {
        too_deep.remove(told);
    }
    for folder in too_deep {
        tell(&mut found.skipped, Path::new(&folder), TOO_DEEP);
    }
}

const SUBMODULE: &str = "a submodule: its files belong to another repository";
const TOO_DEEP: &str = "too many folders in each other";
const TOO_MANY_RULES: &str = "its ignore rules are more than 256 KiB";

fn has_large_rules(folder: &Path) -> bool {
    let is_large = |name: &&str| folder.join(name).metadata().is_ok_and(|it| it.len() > MOST_RULES);
    RULES.iter().any(is_large)
}

fn tell(skipped: &mut Vec<(String, String)>, path: &Path, why: &str) {
    if skipped.len() < MOST_SKIPPED {
        let name = path.to_string_lossy().escape_debug().to_string();
        skipped.push((name, why.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    fn owned(paths: &[&str]) -> Vec<String> {
        paths.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn tracked_files_got_around_the_bounds_that_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let (deep, hidden) = (["d"; 64].join("/"), ["h"; 64].join("/"));
        for path in [deep.as_str(), &hidden, "rules", "sub/.git"] {
            fs::create_dir_all(folder.path().join(path)).unwrap();
        }
        fs::write(folder.path().join(".gitignore"), "h\n").unwrap();
        fs::write(folder.path().join("rules/.gitignore"), "a*b\n".repeat(100_000)).unwrap();
        let kept: Vec<String> = [deep.as_str(), &hidden, "rules", "sub"]
            .iter()
            .map(|it| format!("{it}/a.yaml"))
            .collect();
        for path in &kept {
            fs::write(folder.path().join(path), "a: 1\n").unwrap();
        }
        let found = files(folder.path(), &kept, &[], None).unwrap();
        let paths: Vec<&str> = found.paths.iter().map(NotePath::as_str).collect();
        assert_eq!(paths, [".gitignore"]);
        let told: BTreeSet<(&str, &str)> = found.skipped.iter().map(|(path, why)| (path.as_str(), why.as_str())).collect();
        let expected = [
            (deep.as_str(), TOO_DEEP),
            (&hidden, TOO_DEEP),
            ("rules", TOO_MANY_RULES),
            ("sub", SUBMODULE),
        ];
        assert_eq!((found.skipped.len(), told), (4, BTreeSet::from(expected)));
    }

    #[test]
    fn a_link_was_told_as_a_submodule_and_an_empty_submodule_was_not() {
        let folder = tempfile::tempdir().unwrap();
        for path in [".git", "a", "later"] {
            fs::create_dir(folder.path().join(path)).unwrap();
        }
        symlink("..", folder.path().join("a/up")).unwrap();
        let found = files(folder.path(), &[], &owned(&["later", "removed"]), None).unwrap();
        let told: Vec<(&str, &str)> = found.skipped.iter().map(|(path, why)| (path.as_str(), why.as_str())).collect();
        assert_eq!(told, [("a/up", "a link is not followed"), ("later", SUBMODULE)]);
    }

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
        let found = files(folder.path(), &owned(&["kept.log", "gone.log"]), &owned(&["sub"]), None).unwrap();
        let paths: Vec<&str> = found.paths.iter().map(NotePath::as_str).collect();
        assert_eq!(paths, [".gitignore", ".membridgeignore", "app/.env", "app/a.yaml", "kept.log"]);
        let told: Vec<(&str, &str)> = found.skipped.iter().map(|(path, why)| (path.as_str(), why.as_str())).collect();
        assert_eq!(
            told,
            [
                ("etc", "a link is not followed"),
                ("sub", "a submodule: its files belong to another repository")
            ]
        );
        assert!(files(&folder.path().join("nowhere"), &[], &[], None).is_err());
    }

    #[test]
    fn rules_above_a_folder_of_a_work_tree_count_there() {
        let folder = tempfile::tempdir().unwrap();
        let top = folder.path().join("top");
        let root = top.join("apps/home");
        fs::create_dir_all(&root).unwrap();
        fs::create_dir(top.join(".git")).unwrap();
        fs::write(folder.path().join(".gitignore"), "b.yaml\n").unwrap();
        fs::write(top.join(".gitignore"), "*.log\n/a.yaml\n/apps/home/c.yaml\n").unwrap();
        for name in ["a.yaml", "b.yaml", "c.yaml", "d.log"] {
            fs::write(root.join(name), "a: 1\n").unwrap();
        }
        let names = |top: Option<&Path>| {
            let found = files(&root, &[], &[], top).unwrap();
            found.paths.iter().map(|it| it.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(
            names(Some(&top)),
            ["a.yaml", "b.yaml"],
            "what lies above the work tree is not asked"
        );
        assert_eq!(names(None).len(), 4);
    }

    #[test]
    fn a_folder_with_a_mebibyte_of_ignore_rules_took_all_the_memory() {
        let folder = tempfile::tempdir().unwrap();
        let rules = (0..40_000).fold(String::new(), |all, n| all + "a*b?c/**/x" + &n.to_string() + "\n");
        fs::create_dir(folder.path().join("sub")).unwrap();
        fs::write(folder.path().join("sub/.gitignore"), &rules).unwrap();
        fs::write(folder.path().join("sub/a.yaml"), "a: 1\n").unwrap();
        fs::write(folder.path().join("b.yaml"), "b: 1\n").unwrap();
        let found = files(folder.path(), &[], &[], None).unwrap();
        let paths: Vec<&str> = found.paths.iter().map(NotePath::as_str).collect();
        assert_eq!(paths, ["b.yaml"]);
        assert_eq!(found.skipped, [("sub".to_owned(), TOO_MANY_RULES.to_owned())]);
        fs::write(folder.path().join(".gitignore"), &rules).unwrap();
        let found = files(folder.path(), &[], &[], None).unwrap();
        assert_eq!((found.paths.len(), found.unlisted.len()), (0, 1), "what was indexed stays");
    }

    #[test]
    fn folders_that_lie_too_deep_were_left_out_and_not_told() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join(["d"; 70].join("/"));
        fs::create_dir_all(&deep).unwrap();
        fs::write(deep.join("a.yaml"), "a: 1\n").unwrap();
        symlink("loop", folder.path().join("loop")).unwrap();
        let found = files(folder.path(), &[], &[], None).unwrap();
        let told: Vec<&str> = found.skipped.iter().map(|it| it.1.as_str()).collect();
        assert_eq!(
            (found.paths.len(), told),
            (0, vec!["too many folders in each other", "a link is not followed"])
        );
    }
}
