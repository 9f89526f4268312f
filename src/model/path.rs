//! Names of notes and sources: checked once, trusted after. Knows spelling rules; must not touch a file system.

use std::{fmt, sync::Arc};

use unicode_normalization::UnicodeNormalization;

/// The longest path in bytes, and the longest component: file systems stop at 4,096 and 255.
const MAX_PATH: usize = 1024;
const MAX_COMPONENT: usize = 255;

/// Where a file lies below its root: `/`-separated, relative, UTF-8, no way up, no control characters; in a vault nothing hidden (no component
/// starts with a dot). Kept as the disk spells it; compare by [`NotePath::key`].
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NotePath(Arc<str>);

/// What a file of a vault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    Note,
    Canvas,
    Base,
    /// Everything else: known by its name, its bytes are not looked into.
    Attachment,
}

/// Why a text is no path of a note. The message is made for the caller of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidPath {
    Empty,
    TooLong,
    EmptyComponent,
    DotComponent,
    ControlCharacter,
    Backslash,
}

impl NotePath {
    /// Returns the path, or why it is none. A trailing or doubled slash and a leading one are refused, never repaired.
    pub fn parse(path: &str) -> Result<NotePath, InvalidPath> {
        NotePath::checked(path, |component| component.starts_with('.'))
    }

    /// As [`NotePath::parse`], of a source that is no vault: hidden files are files like others there, but for git's own.
    pub fn parse_in_repo(path: &str) -> Result<NotePath, InvalidPath> {
        NotePath::checked(path, |it| matches!(it, "." | "..") || it.eq_ignore_ascii_case(".git"))
    }

    fn checked(path: &str, refuses: impl Fn(&str) -> bool) -> Result<NotePath, InvalidPath> {
        if path.is_empty() {
            return Err(InvalidPath::Empty);
        }
        if path.len() > MAX_PATH {
            return Err(InvalidPath::TooLong);
        }
        if path.chars().any(char::is_control) {
            return Err(InvalidPath::ControlCharacter);
        }
        if path.contains('\\') {
            return Err(InvalidPath::Backslash);
        }
        for component in path.split('/') {
            if component.is_empty() {
                return Err(InvalidPath::EmptyComponent);
            }
            if refuses(component) {
                return Err(InvalidPath::DotComponent);
            }
            if component.len() > MAX_COMPONENT {
                return Err(InvalidPath::TooLong);
            }
        }
        Ok(NotePath(path.into()))
    }

    /// Returns the path as the disk spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Says whether a part of it starts with a dot: no vault has such a path.
    pub fn is_hidden(&self) -> bool {
        self.0.split('/').any(|it| it.starts_with('.'))
    }

    /// Returns the last component, with its extension.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// Returns the folder, without a final slash; empty at the root.
    pub fn folder(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Returns the file name without its last extension: what Obsidian shows and links by.
    pub fn stem(&self) -> &str {
        let name = self.file_name();
        name.rsplit_once('.').map_or(name, |(stem, _)| stem)
    }

    /// Returns the last extension as written, empty when there is none.
    pub fn extension(&self) -> &str {
        self.file_name().rsplit_once('.').map_or("", |(_, extension)| extension)
    }

    /// Says whether this is a Markdown note (`.md`, any case).
    pub fn is_note(&self) -> bool {
        self.kind() == FileKind::Note
    }

    /// Returns what the file is, by its extension in any case.
    pub fn kind(&self) -> FileKind {
        let known = [("md", FileKind::Note), ("canvas", FileKind::Canvas), ("base", FileKind::Base)];
        let extension = self.extension();
        known
            .into_iter()
            .find(|(it, _)| it.eq_ignore_ascii_case(extension))
            .map_or(FileKind::Attachment, |(_, kind)| kind)
    }

    /// Returns the form by which Obsidian compares paths: NFC, NBSP as space, lower-cased (reference: obsidian-headless).
    pub fn key(&self) -> String {
        path_key(&self.0)
    }
}

/// Returns the comparison form of any path text, see [`NotePath::key`].
pub fn path_key(path: &str) -> String {
    if path.is_ascii() {
        return path.to_ascii_lowercase();
    }
    path.nfc()
        .map(|it| if matches!(it, '\u{a0}' | '\u{202f}') { ' ' } else { it })
        .flat_map(char::to_lowercase)
        .nfc()
        .collect()
}

impl fmt::Display for NotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for NotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

impl fmt::Display for InvalidPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            InvalidPath::Empty => "a path must not be empty",
            InvalidPath::TooLong => "a path may have 1,024 bytes, and 255 a component",
            InvalidPath::EmptyComponent => "a path must be relative, without empty parts and without a final slash",
            InvalidPath::DotComponent => "no part of a path may start with a dot",
            InvalidPath::ControlCharacter => "a path must not hold control characters",
            InvalidPath::Backslash => "a path is written with `/`, not with a backslash",
        })
    }
}

impl std::error::Error for InvalidPath {}

/// The name of an indexed root: 1 to 64 of `a-z A-Z 0-9 _ -`, so that it needs no quoting in a citation, a URL or a log line.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceName(Arc<str>);

impl SourceName {
    /// Returns the name, or `None` when it breaks the rule above.
    pub fn parse(name: &str) -> Option<SourceName> {
        let fits = (1..=64).contains(&name.len()) && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_' || it == b'-');
        fits.then(|| SourceName(name.into()))
    }

    /// Returns the name as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", &*self.0)
    }
}

/// One file of one source.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NoteId {
    pub source: SourceName,
    pub path: NotePath,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repo_has_hidden_files_but_not_gits_own() {
        let check = |path: &str, expected: bool| assert_eq!(NotePath::parse_in_repo(path).is_ok(), expected, "{path:?}");
        check(".gitea/workflows/ci.yaml", true);
        check("app/.env", true);
        check("../x", false);
        check("a/./b", false);
        check("a/.GIT/config", false);
        assert!(NotePath::parse_in_repo(".env").is_ok_and(|it| it.is_hidden()) && NotePath::parse(".env").is_err());
    }

    #[test]
    fn refuses_what_could_leave_the_root_or_hide() {
        let check = |path: &str, expected| assert_eq!(NotePath::parse(path).map(|_| ()), Err(expected), "{path:?}");
        check("", InvalidPath::Empty);
        check("/etc/passwd", InvalidPath::EmptyComponent);
        check("a//b.md", InvalidPath::EmptyComponent);
        check("a.md/", InvalidPath::EmptyComponent);
        check("../x.md", InvalidPath::DotComponent);
        check("a/./b.md", InvalidPath::DotComponent);
        check(".obsidian/app.json", InvalidPath::DotComponent);
        check("a\0.md", InvalidPath::ControlCharacter);
        check("a\r\nX: 1.md", InvalidPath::ControlCharacter);
        check("a\\..\\b.md", InvalidPath::Backslash);
        check(&"x".repeat(256), InvalidPath::TooLong);
    }

    #[test]
    fn takes_a_path_apart() {
        let path = NotePath::parse("Projects/v2.0 Release.md").unwrap();
        assert_eq!(
            (path.folder(), path.file_name(), path.stem()),
            ("Projects", "v2.0 Release.md", "v2.0 Release")
        );
        assert!(path.is_note() && NotePath::parse("A.MD").unwrap().is_note() && !NotePath::parse("a.canvas").unwrap().is_note());
    }

    #[test]
    fn the_extension_says_what_a_file_is() {
        let check = |path: &str, expected| assert_eq!(NotePath::parse(path).unwrap().kind(), expected, "{path}");
        check("a/A.MD", FileKind::Note);
        check("Board.canvas", FileKind::Canvas);
        check("Tasks.base", FileKind::Base);
        check("pic.md.png", FileKind::Attachment);
        check("canvas", FileKind::Attachment);
    }

    #[test]
    fn keys_meet_whatever_the_unicode_form() {
        assert_eq!(path_key("Cafe\u{301}.md"), path_key("CAFÉ.md"));
        assert_eq!(path_key("a\u{a0}b"), "a b");
    }
}
