//! Which names in a vault are no memories: hidden things, files that sync tools keep for themselves, and conflict copies.
//! Knows the naming habits of the tools; must not look at a disk (callers say which paths exist).

/// What LiveSync and obsidian-git keep at the vault's root. LiveSync acts on its flag files (rebuild the server, reset this device), so
/// they are neither read nor ever written.
const CONTROL_FILES: [&str; 6] = [
    "redflag.md",
    "redflag2.md",
    "redflag3.md",
    "flag_rebuild.md",
    "flag_fetch.md",
    "conflict-files-obsidian-git.md",
];

/// Says whether a path (relative, `/`-separated, any text) is never a note nor a link target: a component begins with a dot (Obsidian shows
/// no such thing), or a sync tool put it there for itself.
pub fn is_noise(path: &str) -> bool {
    let at_root = !path.contains('/');
    path.split('/').any(|name| name.starts_with('.') || name.starts_with("~syncthing~")) || (at_root && is_control_file(path))
}

fn is_control_file(name: &str) -> bool {
    let log = name
        .get(.."livesync_log_".len())
        .is_some_and(|it| it.eq_ignore_ascii_case("livesync_log_"));
    log || CONTROL_FILES.iter().any(|it| it.eq_ignore_ascii_case(name))
}

/// Returns the path of the note that this one is a conflict copy of, or `None` for an ordinary file. Names that only a sync tool makes
/// count always, `n 2.md` (iCloud) and `n.dup.md` (Remotely Save) only where `n.md` exists, and `n 2.md` not in a series that has `n 1.md`.
pub fn conflict_of(path: &str, exists: impl Fn(&str) -> bool) -> Option<String> {
    let name_at = path.rfind('/').map_or(0, |at| at + 1);
    let (folder, name) = path.split_at(name_at);
    let (stem, extension) = name.rsplit_once('.')?;
    let beside = |stem: &str| format!("{folder}{stem}.{extension}");

    if let Some(mut original) = marked_copy(stem) {
        while let Some(earlier) = marked_copy(original) {
            original = earlier;
        }
        return Some(beside(original));
    }
    if let Some(original) = stem.strip_suffix(".dup") {
        return Some(beside(original)).filter(|it| exists(it));
    }
    let (original, number) = stem.rsplit_once(' ')?;
    let counted = matches!(number.as_bytes(), [b'2'..=b'9']) && !exists(&beside(&format!("{original} 1")));
    Some(beside(original)).filter(|it| counted && exists(it))
}

/// Returns the stem of the original when the stem of a copy alone proves it: Syncthing, Obsidian Sync, Dropbox.
fn marked_copy(stem: &str) -> Option<&str> {
    let (original, _) = syncthing(stem).or_else(|| obsidian_sync(stem)).or_else(|| dropbox(stem))?;
    Some(original).filter(|it| !it.is_empty())
}

/// `name.sync-conflict-YYYYMMDD-HHMMSS-<7 letters or digits>`
fn syncthing(stem: &str) -> Option<(&str, &str)> {
    let (original, mark) = stem.rsplit_once(".sync-conflict-")?;
    let parts: Vec<&str> = mark.splitn(4, '-').collect();
    let [day, time, device] = parts[..] else { return None };
    let device_fits = device.len() == 7 && device.bytes().all(|it| it.is_ascii_alphanumeric());
    (is_digits(day, 8) && is_digits(time, 6) && device_fits).then_some((original, mark))
}

/// `name (Conflicted copy)` and `name (Conflicted copy <device> YYYYMMDDHHMM)`, where the device may hold parentheses of its own.
fn obsidian_sync(stem: &str) -> Option<(&str, &str)> {
    let (original, mark) = stem.strip_suffix(')')?.rsplit_once(" (Conflicted copy")?;
    let dated = mark.starts_with(' ') && mark.rsplit_once(' ').is_some_and(|(_, minute)| is_digits(minute, 12));
    (mark.is_empty() || dated).then_some((original, mark))
}

/// `name (<owner>'s conflicted copy YYYY-MM-DD)`
fn dropbox(stem: &str) -> Option<(&str, &str)> {
    let (owned, day) = stem.strip_suffix(')')?.rsplit_once(" conflicted copy ")?;
    let owner = owned.strip_suffix("'s").or_else(|| owned.strip_suffix("’s"))?;
    let parts: Vec<&str> = day.splitn(4, '-').collect();
    let is_day = matches!(parts[..], [year, month, day] if is_digits(year, 4) && is_digits(month, 2) && is_digits(day, 2));
    owner.rsplit_once(" (").filter(|_| is_day)
}

fn is_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|it| it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hidden_things_and_what_sync_tools_keep_are_noise() {
        let check = |path: &str, expected| assert_eq!(is_noise(path), expected, "{path:?}");
        check(".obsidian/app.json", true);
        check("Nested Vault/.obsidian/app.json", true);
        check(".trash/Old.md", true);
        check("a/.b/c.md", true);
        check("a/.n.md.icloud", true);
        check("a/.syncthing.n.md.tmp", true);
        check("a/~syncthing~n.md.tmp", true);
        check("RedFlag2.md", true);
        check("flag_fetch.md", true);
        check("livesync_log_2026-01-02.md", true);
        check("conflict-files-obsidian-git.md", true);

        check("Projects/redflag.md", false);
        check("v1.2 notes.md", false);
        check("note.tmp", false);
        check("日誌.md", false);
        check("", false);
    }

    #[test]
    fn i6_conflict_copies_name_their_original() {
        let check = |path: &str, original: &str| {
            assert_eq!(conflict_of(path, |it| it == original).as_deref(), Some(original), "{path:?}");
        };
        check("n (Conflicted copy Mac 202601021530).md", "n.md");
        check("n (Conflicted copy Bob's Mac (2) 202601021530).md", "n.md");
        check("Board (Conflicted copy).canvas", "Board.canvas");
        check("a/b/n.sync-conflict-20260102-153000-ABCDEFG.md", "a/b/n.md");
        check(
            "n.sync-conflict-20260102-153000-ABCDEFG.sync-conflict-20260103-153000-ABCDEFG.md",
            "n.md",
        );
        check("n.dup.md", "n.md");
        check("a/n 2.md", "a/n.md");
        check("n (Bob's conflicted copy 2026-01-02).md", "n.md");
        check("n (Zoë’s conflicted copy 2026-01-02).md", "n.md");
    }

    #[test]
    fn i6_a_copy_that_only_a_tool_makes_is_one_even_when_its_original_is_gone() {
        assert_eq!(
            conflict_of("n.sync-conflict-20260102-153000-ABCDEFG.md", |_| false).as_deref(),
            Some("n.md")
        );
        assert_eq!(
            conflict_of("n (Conflicted copy Mac 202601021530).md", |_| false).as_deref(),
            Some("n.md")
        );
    }

    #[test]
    fn i6_names_that_people_write_are_ordinary_notes() {
        let check = |path: &str, there: &[&str]| assert_eq!(conflict_of(path, |it| there.contains(&it)), None, "{path:?}");
        check("Chapter 2.md", &[]);
        check("Chapter 2.md", &["Chapter.md", "Chapter 1.md"]);
        check("Sprint 12.md", &["Sprint.md"]);
        check("Top 1.md", &["Top.md"]);
        check("n 2.md", &["other/n.md", "n.canvas"]);
        check("n.dup.md", &[]);
        check("On a (Conflicted copy of history).md", &[]);
        check("What is a conflicted copy 2026-01-02.md", &[]);
        check("n.sync-conflict-soon.md", &["n.md"]);
        check("n.sync-conflict-20260102-153000-ABCDEF.md", &["n.md"]);
        check(" (Conflicted copy).md", &[]);
        check("README", &[]);
    }

    proptest! {
        #[test]
        fn any_text_gets_an_answer(path in "\\PC{0,60}", marks in prop::collection::vec(prop::sample::select(
            vec![" (Conflicted copy", ".sync-conflict-", "'s conflicted copy ", ")", " 2", ".dup", ".md", "/", "é"]), 0..8)) {
            let path = format!("{path}{}", marks.concat());
            is_noise(&path);
            if let Some(original) = conflict_of(&path, |_| true) {
                prop_assert!(original.len() < path.len());
            }
        }
    }
}
