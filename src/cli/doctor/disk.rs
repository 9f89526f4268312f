//! Folders: whether this user may read and write them, whose they are, and how much room is left. Only looks.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::{
    cli::doctor::{Finding, shell},
    config::{Config, SourceKind, values::size_text},
    io::vault::{Room, may_write, room},
};

const CHECK: &str = "disk";

/// Below this a write or the next index may fail; below that soon.
const NO_ROOM: u64 = 64 << 20;
const LITTLE_ROOM: u64 = 1 << 30;
const LITTLE_FILES: u64 = 10_000;

/// Looks at the vaults, the data folder and the index.
pub(super) fn look(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let user = fs::metadata("/proc/self").map(|it| it.uid()).ok();
    let is_written = !config.write.allow.is_empty() || !config.write.edit_existing.is_empty();
    for source in &config.sources {
        if source.remote.is_some() {
            continue;
        }
        let name = format!("vault `{}`", source.name);
        if source.kind == SourceKind::Repo || !is_written {
            continue;
        }
        findings.push(writable(&name, &source.path, user));
        // The agent's folder may have come from somebody else's hand.
        let agents = source.path.join(config.agent_folder.as_str());
        if agents.exists() {
            findings.push(writable(&format!("agent's folder of `{}`", source.name), &agents, user));
        }
    }
    findings.push(writable("data folder", &config.data_dir, user));
    if config.index_dir != config.data_dir.join("index") {
        findings.push(writable("index folder", &config.index_dir, user));
    }
    let vaults = config.sources.iter().filter(|it| it.remote.is_none()).map(|it| &it.path);
    let folders = vaults.chain([&config.data_dir, &config.index_dir]);
    let mut seen = Vec::new();
    for folder in folders.map(|it| existing(it)) {
        let Ok(device) = fs::metadata(&folder).map(|it| it.dev()) else {
            continue;
        };
        if !seen.contains(&device) {
            seen.push(device);
            findings.extend(room(&folder).ok().map(|it| room_of(&folder, it)));
        }
    }
    findings
}

fn writable(name: &str, folder: &Path, user: Option<u32>) -> Finding {
    let place = existing(folder);
    let shown = place.display();
    let is_there = place == folder;
    if let Err(error) = may_write(&place) {
        let fix = match (error.kind(), fs::metadata(&place).map(|it| it.uid())) {
            (io::ErrorKind::ReadOnlyFilesystem, _) => {
                format!("mount it for writing: mount -o remount,rw {}", shell(&place.to_string_lossy()))
            }
            (_, Ok(owner)) => format!(
                "run the service as the user {owner}, who owns it, or: sudo chown -R {} {}",
                user.map_or_else(|| "USER".to_owned(), |it| it.to_string()),
                shell(&place.to_string_lossy())
            ),
            _ => "look at it with `ls -ld`".to_owned(),
        };
        let what = if is_there { "cannot be written" } else { "cannot be made" };
        return Finding::problem(CHECK, format!("the {name} {what}: `{shown}`: {error}"), fix);
    }
    let owner = fs::metadata(&place).map(|it| it.uid()).ok();
    if is_there && user == Some(0) && owner.is_some_and(|it| it != 0) {
        let owner = owner.unwrap_or_default();
        let message = format!("the {name} is the user {owner}'s, and you are root: what root may do says nothing of the service");
        return Finding::warning(CHECK, message, format!("sudo -u '#{owner}' membridge doctor"));
    }
    let until = if is_there { "" } else { ", once it is made" };
    Finding::fine(CHECK, format!("the {name} can be written{until}: `{}`", folder.display()))
}

/// Returns the folder, or the one above it that is there.
fn existing(folder: &Path) -> PathBuf {
    folder.ancestors().find(|it| it.exists()).unwrap_or(folder).to_owned()
}

fn room_of(folder: &Path, room: Room) -> Finding {
    let shown = folder.display();
    // Nobody counts the megabytes of a large disk.
    let unit = if room.free_bytes >= 10 << 30 { 30 } else { 20 };
    let free = size_text(&(room.free_bytes >> unit << unit));
    let fix = format!(
        "make room: df -h {0}; du -xh {0} | sort -h | tail",
        shell(&folder.to_string_lossy())
    );
    if room.free_files.is_some_and(|it| it < LITTLE_FILES) {
        let files = room.free_files.unwrap_or_default();
        let fix = format!("delete small files: df -i {}", shell(&folder.to_string_lossy()));
        return Finding::warning(CHECK, format!("{files} files more fit at `{shown}`"), fix);
    }
    match room.free_bytes {
        it if it < NO_ROOM => Finding::problem(CHECK, format!("{free} are free at `{shown}`: writes will fail"), fix),
        it if it < LITTLE_ROOM => Finding::warning(CHECK, format!("{free} are free at `{shown}`"), fix),
        _ => Finding::fine(CHECK, format!("{free} are free at `{shown}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::doctor::Level;

    #[test]
    fn a_full_disk_is_told_before_a_write_fails() {
        let check = |free_bytes: u64, free_files: Option<u64>, expected: Level| {
            let room = Room {
                free_bytes,
                total_bytes: 1 << 40,
                free_files,
            };
            assert_eq!(room_of(Path::new("/srv"), room).level, expected, "{room:?}");
        };
        check(2 << 30, Some(1 << 20), Level::Fine);
        check(2 << 30, None, Level::Fine);
        check(500 << 20, None, Level::Warning);
        check(2 << 30, Some(3), Level::Warning);
        check(1 << 20, None, Level::Problem);
    }
}
