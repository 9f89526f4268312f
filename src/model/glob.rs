//! Globs over paths of notes, as the configuration and callers write them. Knows spelling only; must not touch a file system.

use std::fmt;

use globset::{GlobBuilder, GlobMatcher};

use crate::model::path::{NotePath, path_key};

/// The longest glob in bytes: a matcher grows with its text.
const MAX_GLOB: usize = 1024;

/// A pattern for paths below a root: `*` and `?` stay within one folder, `**` crosses folders, a final `/` means the folder and all below it.
/// Compared as Obsidian compares paths (see [`NotePath::key`]), so neither case nor Unicode form decides.
#[derive(Clone)]
pub struct PathGlob {
    text: String,
    matcher: GlobMatcher,
}

impl PathGlob {
    /// Returns the glob, or what is wrong with it, in words.
    pub fn parse(text: &str) -> Result<PathGlob, String> {
        if text.is_empty() || text.len() > MAX_GLOB {
            return Err(format!("a glob has 1 to {MAX_GLOB} bytes"));
        }
        if text.starts_with('/') {
            return Err("a glob is relative to the root of its source, without a first slash".to_owned());
        }
        let mut pattern = path_key(text);
        if pattern.ends_with('/') {
            pattern.push_str("**");
        }
        let glob = GlobBuilder::new(&pattern)
            .literal_separator(true)
            .build()
            .map_err(|error| error.kind().to_string())?;
        Ok(PathGlob {
            text: text.to_owned(),
            matcher: glob.compile_matcher(),
        })
    }

    /// Says whether the path meets the pattern.
    pub fn matches(&self, path: &NotePath) -> bool {
        self.matcher.is_match(path.key())
    }

    /// Returns the pattern as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl PartialEq for PathGlob {
    fn eq(&self, other: &PathGlob) -> bool {
        self.text == other.text
    }
}

impl Eq for PathGlob {}

impl fmt::Debug for PathGlob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(glob: &str, path: &str, expected: bool) {
        let glob = PathGlob::parse(glob).unwrap();
        assert_eq!(glob.matches(&NotePath::parse(path).unwrap()), expected, "{glob:?} on {path:?}");
    }

    #[test]
    fn a_star_stays_in_its_folder_and_two_cross() {
        check("*.md", "A.md", true);
        check("*.md", "Folder/A.md", false);
        check("Projects/*", "Projects/Copper.md", true);
        check("Projects/*", "Projects/Old/Copper.md", false);
        check("Projects/**", "Projects/Old/Copper.md", true);
        check("**/Drafts/**", "Projects/Drafts/A.md", true);
        check("**/Drafts/**", "Drafts/A.md", true);
        check("Projects/**", "Project.md", false);
    }

    #[test]
    fn a_final_slash_means_the_whole_folder() {
        check("Templates/", "Templates/Daily/Plain.md", true);
        check("Templates/", "Templates.md", false);
    }

    #[test]
    fn compares_as_obsidian_compares_paths() {
        check("agent/**", "Agent/Copper.md", true);
        check("Café/*", "Cafe\u{301}/Menu.md", true);
    }

    #[test]
    fn refuses_what_cannot_match() {
        assert!(PathGlob::parse("").is_err());
        assert!(PathGlob::parse("/Projects/**").is_err());
        assert!(PathGlob::parse("a[").is_err());
        assert!(PathGlob::parse(&"x".repeat(2000)).is_err());
    }
}
