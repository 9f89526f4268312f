//! Names for notes that we create or move to: stricter than what may be read, because such a name goes on to every device that shares the
//! vault. Knows what Windows, sync tools, Obsidian's links and readers' eyes stumble over; must not know which files exist.

use std::fmt;

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::model::{
    noise,
    path::{NotePath, path_key},
};

/// Leaves room for what sync tools append before the 255 bytes of file systems are full.
const COMPONENT_MOST: usize = 200;
const DEPTH_MOST: usize = 32;
/// More marks on one letter hide what stands there.
const MARKS_MOST: usize = 8;

/// Windows keeps these to itself, whatever extension follows.
const DEVICES: [&str; 7] = ["con", "prn", "aux", "nul", "conin$", "conout$", "clock$"];

/// Why a new note may not be called so. The message is made for the caller of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidName {
    TooLong,
    TooDeep,
    ForbiddenCharacter(char),
    HiddenCharacter,
    NotComposed,
    Looks,
    Edge,
    Device,
    Escape,
    SyncTool,
    Extension,
}

/// Returns why the path must not be created, if there is a reason.
pub fn check(path: &NotePath) -> Result<(), InvalidName> {
    if path.as_str().split('/').count() > DEPTH_MOST {
        return Err(InvalidName::TooDeep);
    }
    if noise::is_noise(path.as_str()) || noise::conflict_of(path.as_str(), |_| false).is_some() {
        return Err(InvalidName::SyncTool);
    }
    // `a.MD` beside `a.md` is one file on some devices, and no note at all for programs that look for `.md`.
    if path.is_note() && path.extension() != "md" {
        return Err(InvalidName::Extension);
    }
    path.as_str().split('/').try_for_each(check_component)
}

/// Returns the form by which two names would be one file on another device: composed, and folded so that `STRASSE` meets `straße`.
pub fn twin_key(path: &str) -> String {
    path_key(&path_key(path).chars().flat_map(char::to_uppercase).collect::<String>())
}

fn check_component(name: &str) -> Result<(), InvalidName> {
    if name.len() > COMPONENT_MOST {
        return Err(InvalidName::TooLong);
    }
    // Refused by the app or by Windows, or no link can hold them (reference: Obsidian help, Internal links).
    if let Some(found) = name.chars().find(|it| r#":*?"<>|#^[]"#.contains(*it)) {
        return Err(InvalidName::ForbiddenCharacter(found));
    }
    if name.chars().any(is_hidden) {
        return Err(InvalidName::HiddenCharacter);
    }
    if name.starts_with(['-', '~', ' ']) || name.ends_with(['.', ' ']) {
        return Err(InvalidName::Edge);
    }
    if name.contains("%%") || has_escape(name) {
        return Err(InvalidName::Escape);
    }
    if !name.nfc().eq(name.chars()) {
        return Err(InvalidName::NotComposed);
    }
    let compatible: String = name.nfkc().collect();
    if compatible.contains(['/', '\\']) || compatible.starts_with('.') || has_mark_pile(name) || name.contains(['\u{2215}', '\u{2044}']) {
        return Err(InvalidName::Looks);
    }
    if is_device(name.split('.').next().unwrap_or(name)) {
        return Err(InvalidName::Device);
    }
    Ok(())
}

/// What nobody sees, or what turns the reading direction: default-ignorable characters, private use, tags, and spaces that are no plain space.
pub fn is_hidden(it: char) -> bool {
    matches!(it,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffd}' | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..='\u{10ffff}')
        || (it.is_whitespace() && it != ' ')
}

/// A `%` that two hexadecimal digits follow: some program on the way would decode it once more.
fn has_escape(name: &str) -> bool {
    let is_escape = |it: &[u8]| it[0] == b'%' && it[1].is_ascii_hexdigit() && it[2].is_ascii_hexdigit();
    name.as_bytes().windows(3).any(is_escape)
}

fn has_mark_pile(name: &str) -> bool {
    let mut marks = 0;
    name.nfd().any(|it| {
        marks = if is_combining_mark(it) { marks + 1 } else { 0 };
        marks > MARKS_MOST
    })
}

pub(super) fn is_device(stem: &str) -> bool {
    let stem = stem.trim_end().to_lowercase();
    let numbered = stem.strip_prefix("com").or_else(|| stem.strip_prefix("lpt"));
    let is_number = |it: &str| matches!(it, "¹" | "²" | "³") || matches!(it.as_bytes(), [b'0'..=b'9']);
    DEVICES.contains(&stem.as_str()) || numbered.is_some_and(is_number)
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InvalidName::TooLong => write!(f, "a part of a new path may have {COMPONENT_MOST} bytes"),
            InvalidName::TooDeep => write!(f, "a new path may have {DEPTH_MOST} parts"),
            InvalidName::ForbiddenCharacter(it) => write!(f, "a new name must not hold `{it}`: Windows or Obsidian's links cannot"),
            InvalidName::HiddenCharacter => f.write_str("a new name must not hold characters that cannot be seen"),
            InvalidName::NotComposed => f.write_str("a new name must be in Unicode's composed form (NFC)"),
            InvalidName::Looks => f.write_str("a new name must not look like another path"),
            InvalidName::Edge => f.write_str("a part of a new path must not begin with `-`, `~` or a space, nor end with a dot or a space"),
            InvalidName::Device => f.write_str("Windows keeps this name for a device"),
            InvalidName::Escape => f.write_str("a new name must not hold `%%`, nor a `%` before two hexadecimal digits"),
            InvalidName::SyncTool => f.write_str("a sync tool uses this name for itself"),
            InvalidName::Extension => f.write_str("the name of a new note ends with `.md` in small letters"),
        }
    }
}

impl std::error::Error for InvalidName {}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(path: &str) -> Result<(), InvalidName> {
        check(&NotePath::parse(path).unwrap_or_else(|it| panic!("{path:?}: {it}")))
    }

    #[test]
    fn u23_u24_names_that_people_write_are_taken() {
        for path in [
            "Agent/2026-11-22.md",
            "A & B (draft).md",
            "it's.md",
            "😀.md",
            "日本語.md",
            "año nuevo.md",
            "console.md",
            "a/comet.md",
            "100 % wool.md",
            "हिन्दी.md",
        ] {
            assert_eq!(named(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn hostile_names_are_refused() {
        let check = |path: &str, expected| assert_eq!(named(path), Err(expected), "{path:?}");
        for device in [
            "CON.md", "nul", "aux.c.md", "COM1.md", "LPT9", "COM¹.md", "CONIN$", "CLOCK$", "a/prn.md",
        ] {
            check(device, InvalidName::Device);
        }
        check("a.md.", InvalidName::Edge);
        check("a.md ", InvalidName::Edge);
        check(" a.md", InvalidName::Edge);
        check("-rf.md", InvalidName::Edge);
        check("--upload-pack=x.md", InvalidName::Edge);
        check("a\u{202e}dm.exe.md", InvalidName::HiddenCharacter);
        check("a\u{200b}.md", InvalidName::HiddenCharacter);
        check("a\u{ad}.md", InvalidName::HiddenCharacter);
        check("\u{feff}a.md", InvalidName::HiddenCharacter);
        check("\u{e0001}.md", InvalidName::HiddenCharacter);
        check("a\u{a0}b.md", InvalidName::HiddenCharacter);
        check("cafe\u{301}.md", InvalidName::NotComposed);
        check("．．／x", InvalidName::Looks);
        check("∕etc", InvalidName::Looks);
        check(&format!("a{}.md", "\u{30d}".repeat(60)), InvalidName::Looks);
        check("C:x.md", InvalidName::ForbiddenCharacter(':'));
        check("a?b.md", InvalidName::ForbiddenCharacter('?'));
        check("a#b.md", InvalidName::ForbiddenCharacter('#'));
        check("%2e%2e.md", InvalidName::Escape);
        check("redflag.md", InvalidName::SyncTool);
        check("a.MD", InvalidName::Extension);
        check("n.sync-conflict-20260102-153000-ABCDEFG.md", InvalidName::SyncTool);
        check(&format!("{}.md", "x".repeat(201)), InvalidName::TooLong);
        check(&vec!["0123456789"; 40].join("/"), InvalidName::TooDeep);
    }

    #[test]
    fn u10_u11_twins_meet() {
        assert_eq!(twin_key("STRASSE.md"), twin_key("straße.md"));
        assert_eq!(twin_key("Note.md"), twin_key("note.md"));
        assert_eq!(twin_key("cafe\u{301}.md"), twin_key("Café.md"));
        assert_ne!(twin_key("a.md"), twin_key("b.md"));
    }
}
