//! The files of one vault by name, and Obsidian's rule from a link's text to one of them (reference/obsidian.md 1.5).
//! Knows paths only: aliases never resolve a link, and what a note holds does not matter.

use std::collections::HashMap;

use crate::model::{
    links::key::{climb, ends_with, join, name_hash, parent_hash, spellings, utf16_len, wanted_key},
    path::{NotePath, path_key},
};

/// How many files of a tie are named: a vault with a `README` in 10,000 folders must not make each link to it cost 10,000.
const MAX_CANDIDATES: usize = 20;

/// The files that links can lead to: notes and attachments.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// By [`name_hash`]: the files of that name in the order in which a link prefers them. Two names that share a hash share a list,
    /// which costs time and nothing else, because every look-up compares whole keys; the names themselves need no memory so.
    by_name: HashMap<u32, Vec<File>>,
    count: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct File {
    /// Of the key, in UTF-16 units: "shortest" as Obsidian counts.
    length: u32,
    key: Box<str>,
    path: NotePath,
    /// See [`parent_hash`]: rules most files out without a look at their keys, where thousands share a name.
    parent: u32,
}

/// Where a link leads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolution {
    /// `None`: the link is unresolved, which Obsidian shows as a note yet to be made.
    pub path: Option<NotePath>,
    /// Several files have an equal claim; the lexicographically first was taken, where Obsidian's choice is unstable.
    pub ambiguous: bool,
    /// The first 20 files of that tie, the one taken in front; empty unless ambiguous.
    pub candidates: Vec<NotePath>,
}

impl Names {
    /// Adds a file; one that is known already changes nothing.
    pub fn insert(&mut self, path: &NotePath) {
        let file = File::of(path);
        let same_name = self.by_name.entry(name_hash(&file.key)).or_insert_with(|| Vec::with_capacity(1));
        if let Err(at) = same_name.binary_search(&file) {
            same_name.insert(at, file);
            self.count += 1;
        }
    }

    /// Forgets a file; one that is not known changes nothing.
    pub fn remove(&mut self, path: &NotePath) {
        let file = File::of(path);
        let hash = name_hash(&file.key);
        let Some(same_name) = self.by_name.get_mut(&hash) else {
            return;
        };
        if let Ok(at) = same_name.binary_search(&file) {
            same_name.remove(at);
            self.count -= 1;
        }
        if same_name.is_empty() {
            self.by_name.remove(&hash);
        }
    }

    /// Says whether this file is known, spelt so.
    pub fn holds(&self, path: &NotePath) -> bool {
        let file = File::of(path);
        self.same_name(&file.key).binary_search(&file).is_ok()
    }

    /// Returns how many files are known.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Returns all files, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &NotePath> {
        self.by_name.values().flatten().map(|it| &it.path)
    }

    /// Returns the files whose key another file has too, in no order: they stand side by side.
    pub fn twins(&self) -> impl Iterator<Item = &NotePath> {
        let several = self.by_name.values().filter(|it| it.len() > 1);
        let groups = several.flat_map(|it| it.chunk_by(|a, b| a.key == b.key));
        groups.filter(|it| it.len() > 1).flatten().map(|it| &it.path)
    }

    /// Returns where a link leads that stands in `from` (`None`: at the vault's root). `target` may have a subpath; percent escapes are
    /// decoded for Markdown links only. `[[#Heading]]` leads to `from` itself.
    pub fn resolve(&self, target: &str, markdown: bool, from: Option<&NotePath>) -> Resolution {
        self.resolve_within(target, markdown, from, None)
    }

    /// As [`Names::resolve`] in a vault that holds nothing beyond a folder (`within`, with its slash; `None` for all).
    pub(super) fn resolve_within(&self, target: &str, markdown: bool, from: Option<&NotePath>, within: Option<&str>) -> Resolution {
        let found = self.find(target, markdown, from, within);
        let ambiguous = found.len() > 1;
        let candidates = if ambiguous {
            found.iter().copied().cloned().collect()
        } else {
            Vec::new()
        };
        Resolution {
            path: found.first().copied().cloned(),
            ambiguous,
            candidates,
        }
    }

    /// Returns the files with the best claim to a link: none, the one, or those of a tie in their order.
    pub(super) fn find<'a>(&'a self, target: &str, markdown: bool, from: Option<&'a NotePath>, within: Option<&str>) -> Vec<&'a NotePath> {
        let wanted = wanted_key(target, markdown);
        if wanted.is_empty() {
            return from.into_iter().collect();
        }
        let folder = path_key(from.map_or("", NotePath::folder));
        if wanted.starts_with("./") || wanted.starts_with("../") {
            return climb(&folder, &wanted).map_or_else(Vec::new, |path| first_found(&path, |it| self.exactly(it, within)));
        }
        if let Some(path) = wanted.strip_prefix('/') {
            return first_found(path, |it| self.exactly(it, within));
        }
        first_found(&wanted, |it| self.nearest(it, &folder, within))
    }

    /// Returns the files whose name (`Note`, `image.png`) is this key, whatever their folder, in the order a link prefers them.
    pub(super) fn named<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a NotePath> {
        let spelled = spellings(name);
        self.same_name(name)
            .iter()
            .filter(move |file| spelled.iter().any(|it| ends_with(&file.key, it)))
            .map(|it| &it.path)
    }

    fn same_name(&self, key: &str) -> &[File] {
        self.by_name.get(&name_hash(key)).map_or(&[], Vec::as_slice)
    }

    /// More than one only where files differ by case or Unicode form alone.
    fn exactly(&self, key: &str, within: Option<&str>) -> Vec<&NotePath> {
        let length = utf16_len(key);
        let files = self.same_name(key);
        let first = files.partition_point(|it| (it.length, &*it.key) < (length, key));
        let same = files[first..].iter().take_while(|it| &*it.key == key);
        same.filter(|it| it.lies_within(within))
            .take(MAX_CANDIDATES)
            .map(|it| &it.path)
            .collect()
    }

    fn nearest(&self, wanted: &str, folder: &str, within: Option<&str>) -> Vec<&NotePath> {
        let exact = self.exactly(wanted, within);
        if !exact.is_empty() {
            return exact;
        }
        let beside = join(folder, wanted.rsplit('/').next().unwrap_or(wanted));
        if ends_with(&beside, wanted) {
            let same_folder = self.exactly(&beside, within);
            if !same_folder.is_empty() {
                return same_folder;
            }
        }
        let parent = wanted.contains('/').then(|| parent_hash(wanted));
        let in_question = self
            .same_name(wanted)
            .iter()
            .filter(|it| parent.is_none_or(|parent| it.parent == parent));
        let mut matches = in_question
            .filter(|it| it.lies_within(within) && ends_with(&it.key, wanted))
            .peekable();
        let shortest = matches.peek().map_or(0, |it| it.length);
        matches
            .take_while(|it| it.length == shortest)
            .take(MAX_CANDIDATES)
            .map(|it| &it.path)
            .collect()
    }
}

impl File {
    fn of(path: &NotePath) -> File {
        let key = path.key();
        File {
            length: utf16_len(&key),
            parent: parent_hash(&key),
            key: key.into(),
            path: path.clone(),
        }
    }

    fn lies_within(&self, folder: Option<&str>) -> bool {
        folder.is_none_or(|it| self.path.as_str().starts_with(it))
    }
}

/// Returns what is found by the likeliest spelling that finds anything.
fn first_found<'a>(key: &str, find: impl Fn(&str) -> Vec<&'a NotePath>) -> Vec<&'a NotePath> {
    spellings(key)
        .iter()
        .map(|it| find(it))
        .find(|it| !it.is_empty())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(path: &str) -> NotePath {
        NotePath::parse(path).unwrap()
    }

    fn names(files: &[&str]) -> Names {
        let mut names = Names::default();
        files.iter().for_each(|it| names.insert(&path(it)));
        names
    }

    /// `files` separated by commas, `link` written in `from`; `expected` empty for unresolved, with `?` in front when ambiguous.
    fn check(files: &str, from: &str, link: &str, expected: &str) {
        let files: Vec<&str> = files.split(", ").collect();
        let (target, markdown) = match link.strip_prefix("](") {
            Some(target) => (target.trim_end_matches(')'), true),
            None => (link, false),
        };
        let found = names(&files).resolve(target, markdown, Some(&path(from)));
        let shown = found.path.as_ref().map_or("", NotePath::as_str);
        let mark = if found.ambiguous { "?" } else { "" };
        assert_eq!(format!("{mark}{shown}"), expected, "{link} from {from} among {files:?}");
        assert_eq!(found.ambiguous, found.candidates.len() > 1);
    }

    #[test]
    fn an_exact_vault_path_comes_first() {
        let files = "Note.md, zzzz/Note.md, a/b/Note.md";
        check(files, "s.md", "Note", "Note.md");
        check(files, "zzzz/s.md", "Note", "Note.md");
        check(files, "a/b/s.md", "Note", "Note.md");
        check("b/Note.md, a/b/Note.md", "a/b/s.md", "b/Note", "b/Note.md");
        check(files, "a/b/s.md", "zzzz/Note", "zzzz/Note.md");
    }

    #[test]
    fn then_the_folder_of_the_source_then_the_shortest_path() {
        let files = "zzzz/Note.md, a/b/Note.md";
        check(files, "zzzz/s.md", "Note", "zzzz/Note.md");
        check(files, "a/b/s.md", "Note", "a/b/Note.md");
        check(files, "s.md", "Note", "a/b/Note.md");
        check(files, "s.md", "b/Note", "a/b/Note.md");
        check("x/b/Note.md, yy/b/Note.md", "yy/b/s.md", "b/Note", "yy/b/Note.md");
    }

    #[test]
    fn a_folder_above_the_source_does_not_count() {
        check(
            "zzzz/Note.md, a/b/Note.md, b/Note.md, aaaaaaaa/Note.md",
            "zzzz/deep/s.md",
            "Note",
            "b/Note.md",
        );
    }

    #[test]
    fn a_tie_takes_the_first_and_says_so() {
        check("bb/Tie.md, aa/Tie.md", "s.md", "Tie", "?aa/Tie.md");
        check("bb/Tie.md, aa/Tie.md, aaa/Tie.md", "bb/s.md", "Tie", "bb/Tie.md");
        check("Log.md, LOG.md", "s.md", "log", "?LOG.md");
        let found = names(&["bb/Tie.md", "aa/Tie.md", "ccc/Tie.md"]).resolve("Tie", false, None);
        assert_eq!(found.candidates, [path("aa/Tie.md"), path("bb/Tie.md")]);
    }

    #[test]
    fn dots_in_front_are_relative_and_a_slash_is_the_root() {
        check("y.md, b/y.md", "a/x.md", "../y", "y.md");
        check("q/z.md", "a/x.md", "./z", "");
        check("q/z.md", "a/x.md", "../q/./z#H", "q/z.md");
        check("y.md", "x.md", "../y", "");
        check("y.md", "a/x.md", "/y", "y.md");
        check("b/y.md", "a/x.md", "/y", "");
    }

    #[test]
    fn case_and_unicode_form_do_not_matter() {
        check("Log.md", "s.md", "LOG", "Log.md");
        check("Ext.md", "s.md", "Ext.MD", "Ext.md");
        check("Cafe\u{301}.md", "s.md", "Café", "Cafe\u{301}.md");
        check("a\u{a0}b.md", "s.md", "a b", "a\u{a0}b.md");
    }

    #[test]
    fn only_a_final_md_is_an_extension_that_may_be_left_out() {
        check("file.name.md", "s.md", "file.name", "file.name.md");
        check("file.name.md", "s.md", "file.name.md", "file.name.md");
        check("v2.0 Release.md", "s.md", "v2.0 Release", "v2.0 Release.md");
        check("Board.canvas", "s.md", "Board", "");
        check("Board.canvas", "s.md", "Board.canvas", "Board.canvas");
        check("link.png.md, pics/link.png", "s.md", "link.png", "pics/link.png");
        check("LICENSE, LICENSE.md", "s.md", "LICENSE", "LICENSE.md");
    }

    #[test]
    fn markdown_links_are_decoded_and_looked_up_in_the_whole_vault() {
        check("Sub/My Note.md", "s.md", "](My%20Note.md)", "Sub/My Note.md");
        check("Sub/My Note.md", "s.md", "My%20Note.md", "");
        check("a#b.md, a.md", "s.md", "](a%23b.md)", "a.md");
        check("100%.md", "s.md", "](100%)", "100%.md");
        check("%FF.md", "s.md", "](%FF)", "%FF.md");
    }

    #[test]
    fn a_link_without_a_path_leads_to_its_own_note() {
        check("a/x.md", "a/x.md", "#H", "a/x.md");
        assert_eq!(names(&["x.md"]).resolve("#H", false, None), Resolution::default());
    }

    #[test]
    fn what_names_no_file_stays_unresolved() {
        for link in [
            ".hidden/x",
            "|",
            "|alias",
            "https://a.b",
            "..",
            "../..",
            "/",
            "//",
            "x/",
            "pa#th/path/x",
            "note/x",
        ] {
            check("x.md, a/x.md", "note.md", link, "");
        }
    }

    fn files() -> impl Strategy<Value = Vec<NotePath>> {
        let file = "([aAb]/){0,3}(n|N|n\\.x)(\\.md)?".prop_map(|it| path(&it));
        proptest::collection::vec(file, 0..20)
    }

    proptest! {
        #[test]
        fn removing_undoes_inserting(kept in files(), removed in files()) {
            let mut names = Names::default();
            kept.iter().chain(&removed).for_each(|it| names.insert(it));
            removed.iter().for_each(|it| names.remove(it));
            let mut expected: Vec<_> = kept.into_iter().filter(|it| !removed.contains(it)).collect();
            expected.sort();
            expected.dedup();
            let mut found: Vec<_> = names.iter().cloned().collect();
            found.sort();
            prop_assert_eq!(names.count(), found.len());
            prop_assert_eq!(found, expected);
        }

        /// The rule, read literally over a plain list.
        #[test]
        fn finds_what_the_rule_says(files in files(), target in "([aAb]/){0,2}(n|n\\.x)(\\.md)?", from in "([ab]/){0,2}s\\.md") {
            let mut names = Names::default();
            files.iter().for_each(|it| names.insert(it));
            let folder = path(&from).folder().to_owned();
            let mut expected = None;
            for spelled in spellings(&path_key(&target)) {
                let mut matches: Vec<_> = files.iter().filter(|it| format!("/{}", it.key()).ends_with(&format!("/{spelled}"))).collect();
                matches.sort_by_key(|it| (it.key() != spelled, path_key(it.folder()) != folder, it.key().len(), it.key(), it.as_str().to_owned()));
                expected = expected.or(matches.first().copied().cloned());
            }
            prop_assert_eq!(names.resolve(&target, false, Some(&path(&from))).path, expected);
        }

        #[test]
        fn no_text_is_too_odd(target in any::<String>(), markdown: bool) {
            names(&["x.md"]).resolve(&target, markdown, Some(&path("a/b.md")));
        }
    }
}
