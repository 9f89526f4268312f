//! From what someone remembers of a name to notes: exact, by alias, then by letters in order, as Obsidian's quick switcher
//! (reference/obsidian.md 2.2). Never decides where a link leads: that is [`Names::resolve`] alone.

use std::collections::HashSet;

use crate::model::{
    links::names::{Names, Resolution},
    path::{NotePath, path_key},
};

/// How many candidates an answer holds: more would not help to choose.
const MAX_CANDIDATES: usize = 20;

/// What made a note a candidate, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// Its path or file name.
    Name,
    /// One of its `aliases`.
    Alias,
    /// The letters of the name occur in its file name or an alias, in order; in its path when the name has a slash.
    Fuzzy,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    pub path: NotePath,
    pub by: By,
}

/// The answer to a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// Where a link with this text would lead.
    pub link: Resolution,
    /// The best 20, each file once: where the link leads, the other files of that name, those with such an alias, the similar ones.
    pub candidates: Vec<Candidate>,
}

/// Returns what a name may mean in a note `from` (`None`: at the vault's root), given each alias with the note that bears it. Files beyond
/// the folder `within` (with its slash) do not exist for the answer; the aliases given are taken as they are.
pub fn look_up<'a>(
    names: &'a Names,
    aliases: impl Iterator<Item = (&'a str, &'a NotePath)>,
    name: &str,
    from: Option<&'a NotePath>,
    within: Option<&str>,
) -> Lookup {
    let key = path_key(name.trim());
    let letters: Vec<char> = key.chars().filter(|it| !it.is_whitespace()).collect();
    let likeness = |text: &str| Some((By::Fuzzy, span_of(&letters, text)?, text.chars().count()));

    let exists = |path: &&NotePath| within.is_none_or(|it| path.as_str().starts_with(it));
    let exact = names
        .find(name, false, from, within)
        .into_iter()
        .chain(names.named(&key).filter(exists))
        .enumerate();
    let mut found: Vec<((By, usize, usize), &NotePath)> = exact.map(|(rank, path)| ((By::Name, rank, 0), path)).collect();
    found.extend(aliases.filter_map(|(alias, path)| {
        let alias = path_key(alias);
        let rank = if alias == key { Some((By::Alias, 0, 0)) } else { likeness(&alias) };
        Some((rank?, path))
    }));
    found.extend(names.iter().filter(exists).filter_map(|path| {
        let shown = match key.contains('/') {
            true => path.as_str(),
            false if path.is_note() => path.stem(),
            false => path.file_name(),
        };
        Some((likeness(&path_key(shown))?, path))
    }));
    found.sort_unstable();

    let mut seen = HashSet::new();
    let once = found.into_iter().filter(|(_, path)| seen.insert(*path));
    let candidates = once
        .take(MAX_CANDIDATES)
        .map(|((by, ..), path)| Candidate { path: path.clone(), by })
        .collect();
    Lookup {
        link: names.resolve_within(name, false, from, within),
        candidates,
    }
}

/// Returns how many characters of the text the letters stretch over, in order; `None` when they do not occur so.
fn span_of(letters: &[char], text: &str) -> Option<usize> {
    let mut wanted = letters.iter();
    let mut next = wanted.next()?;
    let mut first = None;
    for (at, it) in text.chars().enumerate() {
        if it == *next {
            let start = *first.get_or_insert(at);
            match wanted.next() {
                Some(letter) => next = letter,
                None => return Some(at + 1 - start),
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str) -> NotePath {
        NotePath::parse(path).unwrap()
    }

    #[test]
    fn names_come_before_aliases_and_those_before_likeness() {
        let mut names = Names::default();
        [
            "Lab.md",
            "Home/Lab.md",
            "Projects/Home Lab.md",
            "Laboratory.md",
            "Far.md",
            "lab.canvas",
        ]
        .iter()
        .for_each(|it| names.insert(&path(it)));
        let far = path("Far.md");
        let home = path("Projects/Home Lab.md");
        let check = |name: &str, link: Option<&str>, candidates: &[(&str, By)]| {
            let aliases = [("Lab", &far), ("Homelab", &home)];
            let found = look_up(&names, aliases.into_iter(), name, None, None);
            let shown: Vec<_> = found.candidates.iter().map(|it| (it.path.as_str(), it.by)).collect();
            assert_eq!(
                (found.link.path.as_ref().map(NotePath::as_str), shown.as_slice()),
                (link, candidates),
                "{name}"
            );
        };
        let similar = [("Laboratory.md", By::Fuzzy), ("lab.canvas", By::Fuzzy)];
        let lab = [
            ("Lab.md", By::Name),
            ("Home/Lab.md", By::Name),
            ("Far.md", By::Alias),
            ("Projects/Home Lab.md", By::Fuzzy),
        ];
        check("lab", Some("Lab.md"), &[&lab[..], &similar].concat());
        check("Home/Lab", Some("Home/Lab.md"), &[("Home/Lab.md", By::Name)]);
        check("homelab", None, &[("Projects/Home Lab.md", By::Alias)]);
        check("prj/lab", None, &[("Projects/Home Lab.md", By::Fuzzy)]);
        check("hmlab", None, &[("Projects/Home Lab.md", By::Fuzzy)]);
        check("LABORATORY.md", Some("Laboratory.md"), &[("Laboratory.md", By::Name)]);
        check("zzz", None, &[]);
        let below = look_up(&names, std::iter::empty(), "lab", None, Some("Home/"));
        assert_eq!(
            (below.link.path, below.candidates.len()),
            (Some(path("Home/Lab.md")), 1),
            "nothing else exists below `Home/`"
        );
        check("", None, &[]);
    }
}
