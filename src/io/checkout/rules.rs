//! What a repository says of its own files: `.membridgeignore`, and `.gitattributes` with what a tool made or nobody reads. Knows the rules of
//! git's patterns; of where the files lie, only the folders above a source that is part of a work tree.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Read,
    path::Path,
};

use ignore::{
    Match,
    gitignore::{Gitignore, GitignoreBuilder},
};

use crate::model::path::NotePath;

/// Our own rules, beside those of git.
pub(super) const OWN_RULES: &str = ".membridgeignore";

/// Git's, of which three attributes count: `linguist-generated`, `binary` and `-diff`.
const ATTRIBUTES: &str = ".gitattributes";

/// So many files with rules are read, and so many bytes of each.
const MOST_FILES: usize = 1000;
pub const MOST_BYTES: usize = 64 << 10;

/// The rules of all folders.
#[derive(Debug, Default)]
pub struct Rules {
    /// By folder, empty for the root.
    ignored: BTreeMap<String, Gitignore>,
    name_only: BTreeMap<String, Gitignore>,
    /// Of folders above, the nearest first, each with the path from there to the root and its slash.
    name_only_above: Vec<(String, Gitignore)>,
}

impl Rules {
    /// Reads the rules among `paths`; `read` returns the beginning of a file's text.
    pub fn of<'p>(paths: impl Iterator<Item = &'p NotePath>, read: impl Fn(&NotePath) -> Option<String>) -> Rules {
        let mut rules = Rules::default();
        let is_one = |it: &&NotePath| matches!(it.file_name(), OWN_RULES | ATTRIBUTES);
        for path in paths.filter(is_one).take(MOST_FILES) {
            let Some(text) = read(path) else { continue };
            let folder = path.as_str().rsplit_once('/').map_or("", |it| it.0).to_owned();
            if path.file_name() == OWN_RULES {
                rules.ignored.insert(folder, patterns(text.lines()));
            } else {
                rules.name_only.insert(folder, patterns(text.lines().flat_map(attributed)));
            }
        }
        rules
    }

    /// Takes the attributes of the folders above as well, up to `top`, of which the root is a folder.
    pub fn beneath(mut self, top: &Path, root: &Path) -> Rules {
        let (Ok(top), Ok(root)) = (top.canonicalize(), root.canonicalize()) else {
            return self;
        };
        for folder in root.ancestors().skip(1).take_while(|it| it.starts_with(&top)) {
            let below = root.strip_prefix(folder).ok().and_then(Path::to_str);
            if let (Some(below), Some(text)) = (below, attributes_in(folder)) {
                let rules = patterns(text.lines().flat_map(attributed));
                self.name_only_above.push((format!("{below}/"), rules));
            }
        }
        self
    }

    /// Says whether `.membridgeignore` leaves a file out.
    pub fn ignores(&self, path: &NotePath) -> bool {
        nearest(&self.ignored, path, |rules, below| {
            rules.matched_path_or_any_parents(below, false).into()
        })
        .unwrap_or(false)
    }

    /// Says whether a file is made by a tool, or nothing to read, by `.gitattributes`: its name is all that counts.
    pub fn is_name_only(&self, path: &NotePath) -> bool {
        let ask = |rules: &Gitignore, below: &str| Word::from(rules.matched(below, false));
        nearest(&self.name_only, path, ask).unwrap_or_else(|| {
            let above = self.name_only_above.iter();
            let said = above.map(|(below, rules)| ask(rules, &format!("{below}{path}")).as_bool());
            said.flatten().next().unwrap_or(false)
        })
    }
}

/// What a file with rules says of a path.
enum Word {
    Nothing,
    Yes,
    No,
}

impl<T> From<Match<T>> for Word {
    fn from(it: Match<T>) -> Word {
        match it {
            Match::None => Word::Nothing,
            Match::Ignore(_) => Word::Yes,
            Match::Whitelist(_) => Word::No,
        }
    }
}

impl Word {
    fn as_bool(&self) -> Option<bool> {
        match self {
            Word::Nothing => None,
            Word::Yes => Some(true),
            Word::No => Some(false),
        }
    }
}

/// Returns the beginning of a folder's file of attributes; of a link nothing, as with git.
fn attributes_in(folder: &Path) -> Option<String> {
    let place = folder.join(ATTRIBUTES);
    fs::symlink_metadata(&place).ok().filter(fs::Metadata::is_file)?;
    let mut text = String::new();
    File::open(place).ok()?.take(MOST_BYTES as u64).read_to_string(&mut text).ok()?;
    Some(text)
}

/// The folder nearest to the file that says anything decides; `None` where none does.
fn nearest(rules: &BTreeMap<String, Gitignore>, path: &NotePath, ask: impl Fn(&Gitignore, &str) -> Word) -> Option<bool> {
    if rules.is_empty() {
        return None;
    }
    let path = path.as_str();
    let folders = path
        .match_indices('/')
        .map(|(at, _)| (&path[..at], &path[at + 1..]))
        .collect::<Vec<_>>();
    for (folder, below) in folders.into_iter().rev().chain([("", path)]) {
        let said = rules.get(folder).and_then(|it| ask(it, below).as_bool());
        if said.is_some() {
            return said;
        }
    }
    None
}

fn patterns(lines: impl Iterator<Item = impl AsRef<str>>) -> Gitignore {
    let mut builder = GitignoreBuilder::new("");
    for line in lines {
        // A line that is no pattern says nothing, as with git.
        let _ = builder.add_line(None, line.as_ref());
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

/// Returns the pattern of a line of `.gitattributes` as an ignore rule has it, with `!` where the attribute is taken back (gitattributes(5)).
fn attributed(line: &str) -> Option<String> {
    let line = line.trim();
    let (pattern, attributes) = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?,
        None => line.split_once(char::is_whitespace)?,
    };
    if pattern.starts_with(['#', '!', '[']) {
        return None;
    }
    let says = |it: &str| match it {
        "linguist-generated" | "linguist-generated=true" | "linguist-generated=1" | "binary" | "-diff" => Some(format!("/{pattern}")),
        "-linguist-generated" | "!linguist-generated" | "linguist-generated=false" => Some(format!("!/{pattern}")),
        _ => None,
    };
    let found = attributes.split_whitespace().filter_map(says).next_back()?;
    // A pattern without a slash counts at any depth.
    let anywhere = |it: String| if pattern.contains('/') { it } else { it.replacen('/', "", 1) };
    Some(anywhere(found).replace("//", "/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(files: &[(&str, &str)]) -> Rules {
        let paths: Vec<NotePath> = files.iter().map(|it| path(it.0)).collect();
        Rules::of(paths.iter(), |wanted| {
            files.iter().find(|it| it.0 == wanted.as_str()).map(|it| it.1.to_owned())
        })
    }

    fn path(text: &str) -> NotePath {
        NotePath::parse_in_repo(text).unwrap()
    }

    #[test]
    fn own_rules_leave_files_out_and_the_nearest_folder_decides() {
        let rules = rules(&[(".membridgeignore", "big/\n*.csv\n"), ("data/.membridgeignore", "!kept.csv\n")]);
        let check = |it: &str, expected: bool| assert_eq!(rules.ignores(&path(it)), expected, "{it}");
        check("big/a.yaml", true);
        check("x/big/a.yaml", true);
        check("x/a.csv", true);
        check("data/kept.csv", false);
        check("data/other.csv", true);
        check("a.yaml", false);
    }

    #[test]
    fn what_a_tool_made_is_known_by_its_name() {
        let text = "# made\n*.gen.yaml linguist-generated\n/dist/** linguist-generated=true\n\"a b.yaml\" -diff\nkept.gen.yaml -linguist-generated\n\
                    *.yaml text eol=lf\n[attr]big binary\n*.dat binary\n";
        let rules = rules(&[
            (".gitattributes", text),
            ("apps/.gitattributes", "/crds/*.yaml linguist-generated\n"),
        ]);
        let check = |it: &str, expected: bool| assert_eq!(rules.is_name_only(&path(it)), expected, "{it}");
        check("x/y.gen.yaml", true);
        check("kept.gen.yaml", false);
        check("dist/a/b.yaml", true);
        check("x/dist/b.yaml", false);
        check("a b.yaml", true);
        check("apps/crds/one.yaml", true);
        check("crds/one.yaml", false);
        check("x.dat", true);
        check("plain.yaml", false);
    }

    #[test]
    fn attributes_above_a_folder_of_a_work_tree_count_unless_nearer_ones_say_otherwise() {
        let top = tempfile::tempdir().unwrap();
        let root = top.path().join("apps/home");
        std::fs::create_dir_all(&root).unwrap();
        std::fs::write(top.path().join(ATTRIBUTES), "apps/home/a.yaml -diff\n*.gen.yaml -diff\n").unwrap();
        let rules = rules(&[(".gitattributes", "kept.gen.yaml -linguist-generated\n")]).beneath(top.path(), &root);
        let found = ["a.yaml", "x.gen.yaml", "kept.gen.yaml", "b.yaml"].map(|it| rules.is_name_only(&path(it)));
        assert_eq!(found, [true, true, false, false]);
    }
}
