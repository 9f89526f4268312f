//! Where a text stands, in one short string that a model can copy: `path#L10-L24`, `NAME:path#L10-L24`, `NAME@<commit>:path`.
//! Knows the spelling; knows nothing of which notes exist.

use std::fmt;

use crate::model::{
    lines::LineRange,
    path::{InvalidPath, NotePath, SourceName},
};

/// A note, and perhaps some of its lines, as an answer cites it and a request names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Citation {
    /// `None` is the first vault.
    pub source: Option<SourceName>,
    /// For a source with history: the commit, as written.
    pub commit: Option<String>,
    pub path: NotePath,
    pub lines: Option<LineRange>,
}

/// Why a text is no citation. The message is made for the caller of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InvalidCitation {
    Path(InvalidPath),
    /// The lines count from 1 and do not run backwards.
    Lines,
}

impl Citation {
    /// Reads a citation or a bare path. `NAME:` names a source only where `is_source` knows the name: `Re: plan.md` is a fine name of a note.
    /// In the same way only a final `#L` with a number gives lines: `C# and F#.md` is a path.
    pub fn parse(text: &str, is_source: impl Fn(&SourceName) -> bool) -> Result<Citation, InvalidCitation> {
        let (source, commit, rest) = split_source(text, is_source);
        let (path, lines) = match rest.rsplit_once("#L").and_then(|(path, lines)| Some((path, parse_lines(lines)?))) {
            Some((path, lines)) => (path, Some(lines.ok_or(InvalidCitation::Lines)?)),
            None => (rest, None),
        };
        // Which source it is of, and so whether it may be hidden, is known to the reader of the citation.
        let path = NotePath::parse_in_repo(path).map_err(InvalidCitation::Path)?;
        Ok(Citation {
            source,
            commit,
            path,
            lines,
        })
    }
}

/// Returns the range that `10-24`, `10-L24` or `10` name; outer `None` when this is no such text, inner `None` when the numbers make no range.
pub fn parse_lines(text: &str) -> Option<Option<LineRange>> {
    let (start, end) = match text.split_once('-') {
        Some((start, end)) => (start, end.strip_prefix('L').unwrap_or(end)),
        None => (text, text),
    };
    let is_number = |it: &str| !it.is_empty() && it.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(start) || !is_number(end) {
        return None;
    }
    // A number too large for a line is a range that no text has.
    let (Ok(start), Ok(end)) = (start.parse(), end.parse()) else {
        return Some(None);
    };
    Some((1 <= start && start <= end).then_some(LineRange { start, end }))
}

fn split_source(text: &str, is_source: impl Fn(&SourceName) -> bool) -> (Option<SourceName>, Option<String>, &str) {
    let plain = (None, None, text);
    let Some((head, rest)) = text.split_once(':') else { return plain };
    let (name, commit) = head
        .split_once('@')
        .map_or((head, None), |(name, commit)| (name, Some(commit.to_owned())));
    match SourceName::parse(name) {
        Some(name) if is_source(&name) => (Some(name), commit, rest),
        _ => plain,
    }
}

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(source) = &self.source {
            write!(f, "{source}")?;
            if let Some(commit) = &self.commit {
                write!(f, "@{commit}")?;
            }
            f.write_str(":")?;
        }
        write!(f, "{}", self.path)?;
        match self.lines {
            Some(LineRange { start, end }) => write!(f, "#L{start}-L{end}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for InvalidCitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            InvalidCitation::Path(why) => write!(f, "{why}"),
            InvalidCitation::Lines => f.write_str("lines count from 1 and the last is not before the first, as in `#L10-L24`"),
        }
    }
}

impl std::error::Error for InvalidCitation {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Citation, InvalidCitation> {
        Citation::parse(text, |name| matches!(name.as_str(), "vault" | "config"))
    }

    fn check(text: &str, source: Option<&str>, path: &str, lines: Option<(usize, usize)>) {
        let expected = Citation {
            source: source.map(|it| SourceName::parse(it).unwrap()),
            commit: None,
            path: NotePath::parse(path).unwrap(),
            lines: lines.map(|(start, end)| LineRange { start, end }),
        };
        assert_eq!(parse(text), Ok(expected), "{text}");
    }

    #[test]
    fn names_a_note_and_its_lines() {
        check("Note.md", None, "Note.md", None);
        check("Projects/Copper.md#L10-L24", None, "Projects/Copper.md", Some((10, 24)));
        check("Note.md#L10-24", None, "Note.md", Some((10, 24)));
        check("Note.md#L7", None, "Note.md", Some((7, 7)));
        check("config:README.md#L1-L2", Some("config"), "README.md", Some((1, 2)));
        assert_eq!(parse("config@3b18e5:a.md").unwrap().commit.as_deref(), Some("3b18e5"));
    }

    #[test]
    fn signs_that_belong_to_a_name_stay_in_it() {
        check("C# and F#.md", None, "C# and F#.md", None);
        check("Re: plan.md", None, "Re: plan.md", None);
        check("Note.md#Ledger", None, "Note.md#Ledger", None);
        check("a:b:c.md", None, "a:b:c.md", None);
        check("vault:a:b.md", Some("vault"), "a:b.md", None);
    }

    #[test]
    fn refuses_lines_that_are_no_range() {
        for text in ["a.md#L0", "a.md#L5-L4", "a.md#L1-L99999999999999999999"] {
            assert_eq!(parse(text), Err(InvalidCitation::Lines), "{text}");
        }
        assert_eq!(parse("vault:../x.md"), Err(InvalidCitation::Path(InvalidPath::DotComponent)));
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(named in any::<bool>(), path in "[a-z#L: ]{1,9}(/[a-zA-Z]{1,5}){0,2}\\.md", start in 1usize..99, more in 0usize..99) {
            let lines = Some(LineRange { start, end: start + more });
            let source = named.then(|| SourceName::parse("vault").unwrap());
            let citation = Citation { source, commit: None, path: NotePath::parse(&path).unwrap(), lines };
            prop_assert_eq!(parse(&citation.to_string()), Ok(citation));
        }
    }
}
