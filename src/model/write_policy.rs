//! Which paths the service may write at all, whoever asks: the agent's folder, and what the owner opens beside it. Knows globs; must not know
//! tokens or files.

use crate::model::{glob::PathGlob, path::NotePath};

/// What the owner allows. What always stays forbidden (dot paths, sync tools' files, names that break links) is not of this list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WritePolicy {
    /// Where notes may be created, changed, moved and deleted.
    pub allow: Vec<PathGlob>,
    /// Where notes that are there may be changed in addition: those that people wrote.
    pub edit_existing: Vec<PathGlob>,
}

impl WritePolicy {
    /// Says whether notes may come and go at this path.
    pub fn allows(&self, path: &NotePath) -> bool {
        self.allow.iter().any(|it| it.matches(path))
    }

    /// Says whether a note that is there may be changed.
    pub fn allows_editing(&self, path: &NotePath) -> bool {
        self.allows(path) || self.edit_existing.iter().any(|it| it.matches(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_for_edits_is_not_open_for_new_notes() {
        let globs = |it: &str| vec![PathGlob::parse(it).unwrap()];
        let policy = WritePolicy {
            allow: globs("Agent/**"),
            edit_existing: globs("Projects/"),
        };
        let check = |path: &str, expected| {
            let path = NotePath::parse(path).unwrap();
            assert_eq!((policy.allows(&path), policy.allows_editing(&path)), expected, "{path}");
        };
        check("Agent/a.md", (true, true));
        check("agent/x/a.md", (true, true));
        check("Projects/a.md", (false, true));
        check("AgentEvil/a.md", (false, false));
        check("a.md", (false, false));
    }
}
