//! Whether the system can watch every folder of the sources: the kernel counts folders, hidden ones too. Reads the folders' lists, no file.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use crate::{
    cli::doctor::Finding,
    config::{Config, SourceKind},
};

const CHECK: &str = "watches";

/// Then the count is given up: what was counted is told.
const PATIENCE: Duration = Duration::from_secs(10);

/// Other programs watch as well, under the same limit.
const SHARE: u64 = 2;

/// A file that is this far in the future was written under another clock.
const FUTURE: Duration = Duration::from_secs(300);

/// What was counted below the sources.
#[derive(Debug, Default, PartialEq, Eq)]
struct Count {
    folders: u64,
    is_whole: bool,
    /// Somewhere a file of the future lies.
    future: Option<PathBuf>,
}

/// Compares the folders of all sources with the limits of the system.
pub(super) fn look(config: &Config) -> Vec<Finding> {
    let until = Instant::now() + PATIENCE;
    let mut all = Count {
        is_whole: true,
        ..Count::default()
    };
    // A clone of ours is not watched.
    for source in config.sources.iter().filter(|it| it.remote.is_none()) {
        let with_times = source.kind == SourceKind::Vault;
        let counted = count(&source.path, with_times, until);
        all = Count {
            folders: all.folders + counted.folders,
            is_whole: all.is_whole && counted.is_whole,
            future: all.future.or(counted.future),
        };
    }
    let mut findings = Vec::new();
    if let Some(path) = &all.future {
        let message = format!("`{}` was changed in the future: the clock here or there is wrong", path.display());
        findings.push(Finding::warning("clock", message, "timedatectl set-ntp true"));
    }
    // Elsewhere than on Linux there is no such limit.
    findings.extend(limit("max_user_watches").map(|most| watches(&all, most)));
    findings.extend(limit("max_user_instances").and_then(instances));
    findings
}

fn limit(name: &str) -> Option<u64> {
    fs::read_to_string(format!("/proc/sys/fs/inotify/{name}")).ok()?.trim().parse().ok()
}

fn watches(counted: &Count, most: u64) -> Finding {
    let at_least = if counted.is_whole { "" } else { "at least " };
    let message = format!(
        "{at_least}{} folders to watch, and the limit is {most} for each user",
        counted.folders
    );
    let wanted = (counted.folders.max(most) * 2).next_power_of_two().max(524_288);
    let fix = format!(
        "sysctl -w fs.inotify.max_user_watches={wanted}; to stay: echo fs.inotify.max_user_watches={wanted} > /etc/sysctl.d/60-inotify.conf (in \
         Kubernetes on the node)"
    );
    match counted.folders {
        it if it > most => Finding::problem(CHECK, format!("{message}: changes are found by polling"), fix),
        it if it.saturating_mul(SHARE) > most => Finding::warning(CHECK, format!("{message}: other programs watch, too"), fix),
        _ => Finding::fine(CHECK, message),
    }
}

fn instances(most: u64) -> Option<Finding> {
    (most < 16).then(|| {
        let message = format!("each user may have {most} watchers, and every source needs one");
        Finding::warning(CHECK, message, "sysctl -w fs.inotify.max_user_instances=512")
    })
}

/// Counts the folder and those below it; links are not followed.
fn count(root: &Path, with_times: bool, until: Instant) -> Count {
    let mut counted = Count {
        folders: 1,
        is_whole: true,
        future: None,
    };
    let limit = SystemTime::now() + FUTURE;
    let mut todo = vec![root.to_owned()];
    while let Some(folder) = todo.pop() {
        if Instant::now() > until {
            counted.is_whole = false;
            break;
        }
        // What cannot be listed is told by the service, with the reason.
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.filter_map(Result::ok) {
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                counted.folders += 1;
                todo.push(entry.path());
            } else if with_times && kind.is_file() && counted.future.is_none() {
                let modified = entry.metadata().and_then(|it| it.modified());
                counted.future = modified.is_ok_and(|it| it > limit).then(|| entry.path());
            }
        }
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Level;

    #[test]
    fn more_folders_than_watches_are_a_problem_before_they_are_met() {
        let check = |folders: u64, most: u64, expected: Level| {
            let counted = Count {
                folders,
                is_whole: true,
                future: None,
            };
            let found = watches(&counted, most);
            assert_eq!(found.level, expected, "{found:?}");
        };
        check(100, 8192, Level::Fine);
        check(5000, 8192, Level::Warning);
        check(9000, 8192, Level::Problem);
        let counted = Count {
            folders: 400_000,
            ..Count::default()
        };
        let found = watches(&counted, 8192);
        assert!(
            found.message.starts_with("at least 400000") && found.fix.contains("=1048576"),
            "{found:?}"
        );
    }

    #[test]
    fn hidden_folders_count_and_links_do_not() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a/b", ".git/objects", "c"] {
            fs::create_dir_all(folder.path().join(name)).unwrap();
        }
        std::os::unix::fs::symlink(folder.path().join("a"), folder.path().join("link")).unwrap();
        let soon = Instant::now() + PATIENCE;
        assert_eq!(count(folder.path(), true, soon).folders, 6);
        let file = fs::File::create(folder.path().join("c/n.md")).unwrap();
        file.set_modified(SystemTime::now() + Duration::from_secs(7200)).unwrap();
        assert_eq!(count(folder.path(), true, soon).future, Some(folder.path().join("c/n.md")));
        assert!(!count(folder.path(), true, Instant::now() - PATIENCE).is_whole);
    }
}
