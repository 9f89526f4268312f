//! What readers know of one vault beside its text: who links to whom, aliases, what is odd. Knows what each file contributes; must not know
//! when files are read. Kept in memory, a few hundred bytes a note, and filled again at each start from the facts that the index stores.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::model::{
    lines::LineIndex,
    links::{Declares, GraphWithin, LinkGraph, Lookup, Names, RepoPlace, look_up},
    lint::{self, Finding, FindingKind},
    note::{Link, LinkKind, Note},
    path::NotePath,
};

/// The graph of one vault. What it answers depends on the present files alone, whatever their history.
#[derive(Debug, Default)]
pub struct VaultGraph {
    links: LinkGraph,
    /// Of the notes that have any.
    aliases: BTreeMap<NotePath, Box<[String]>>,
    /// What is odd in a note itself, of the notes that have any.
    oddities: BTreeMap<NotePath, Box<[Oddity]>>,
    conflicts: Vec<(NotePath, String)>,
    whole: bool,
}

/// What one file contributes. Its text lies in the index; change its form and raise the index's format.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Facts {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    links: Vec<FactLink>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    aliases: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    oddities: Vec<Oddity>,
    /// Of a config file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    declares: Vec<Declares>,
}

/// Target, kind, whether Markdown, first byte, byte after the last, line from 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct FactLink(String, LinkKind, bool, usize, usize, usize);

/// Line from 1, kind, sentence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Oddity(usize, FindingKind, Box<str>);

impl VaultGraph {
    /// Returns an empty graph, of a vault or of a config repository.
    pub(super) fn new(is_repo: bool) -> VaultGraph {
        let links = if is_repo { LinkGraph::of_repo() } else { LinkGraph::default() };
        VaultGraph {
            links,
            ..VaultGraph::default()
        }
    }

    /// Says whether every file of the index is in; before, no answer is to be trusted.
    pub fn is_whole(&self) -> bool {
        self.whole
    }

    /// Says whether the vault holds this file.
    pub fn holds(&self, path: &NotePath) -> bool {
        self.links.names().holds(path)
    }

    /// Returns the files by name.
    pub fn names(&self) -> &Names {
        self.links.names()
    }

    /// Returns the links, for one who knows of no file beyond a folder (with its slash; `None` for all).
    pub fn links<'a>(&'a self, within: Option<&'a str>) -> GraphWithin<'a> {
        self.links.within(within)
    }

    /// Returns what a name may mean in a note `from`, see [`look_up`].
    pub fn look_up(&self, name: &str, from: Option<&NotePath>, within: Option<&str>) -> Lookup {
        let seen = self.aliases.iter().filter(|(path, _)| lies_within(path, within));
        let aliases = seen.flat_map(|(path, aliases)| aliases.iter().map(move |it| (it.as_str(), path)));
        look_up(self.links.names(), aliases, name, from, within)
    }

    /// Returns what is odd in the files that are to be judged, in order. Files beyond `within` do not exist for it.
    pub fn lint(&self, within: Option<&str>, judged: impl Fn(&NotePath) -> bool) -> Vec<Finding> {
        let mut findings = self.lint_files(within, &judged);
        let mut after = None;
        while let Some(more) = lint::of_links(self.links(within), &mut after, usize::MAX, &judged) {
            findings.extend(more);
        }
        findings.sort();
        findings
    }

    /// Returns what [`VaultGraph::lint`] finds beside links, in no order.
    pub(super) fn lint_files(&self, within: Option<&str>, judged: &dyn Fn(&NotePath) -> bool) -> Vec<Finding> {
        let seen = |path: &NotePath| lies_within(path, within) && judged(path);
        let mut findings = lint::twin_names(self.links(within).twins());
        findings.retain(|it| judged(&it.path));
        let copies = self.conflicts.iter().filter(|(copy, _)| seen(copy));
        findings.extend(lint::conflict_copies(copies.map(|(copy, original)| (copy, original.as_str()))));
        for (path, oddities) in self.oddities.iter().filter(|(path, _)| seen(path)) {
            let finding = |Oddity(line, kind, detail): &Oddity| Finding {
                path: path.clone(),
                line: *line,
                kind: *kind,
                detail: detail.to_string(),
            };
            findings.extend(oddities.iter().map(finding));
        }
        findings
    }

    /// Takes what a file contributes now in place of what it did.
    pub(super) fn put(&mut self, path: &NotePath, facts: Facts) {
        let link = |it: &FactLink| Link {
            target: it.0.clone(),
            kind: it.1,
            markdown: it.2,
            range: it.3..it.4,
            display: None,
            key: None,
        };
        let links: Vec<Link> = facts.links.iter().map(link).collect();
        let lines: Vec<usize> = facts.links.iter().map(|it| it.5).collect();
        self.links.put_with_lines(path, &links, &lines);
        self.links.declare(path, &facts.declares);
        keep(&mut self.aliases, path, facts.aliases);
        keep(&mut self.oddities, path, facts.oddities);
    }

    /// Says which folder of which repository the files are.
    pub(super) fn set_place(&mut self, place: RepoPlace) {
        self.links.set_place(place);
    }

    /// Forgets a file.
    pub(super) fn remove(&mut self, path: &NotePath) {
        self.links.remove(path);
        self.aliases.remove(path);
        self.oddities.remove(path);
    }

    /// Takes the conflict copies of the last scan, each with the path of its original.
    pub(super) fn set_conflicts(&mut self, conflicts: Vec<(NotePath, String)>) {
        self.conflicts = conflicts;
    }

    /// Says that every file of the index is in.
    pub(super) fn make_whole(&mut self) {
        // Filled while a million short-lived texts came and went, it lies scattered between holes that the allocator cannot give back.
        self.links = self.links.clone();
        self.whole = true;
    }
}

impl Facts {
    /// Returns what a note contributes.
    pub(super) fn of_note(path: &NotePath, text: &str, note: &Note) -> Facts {
        let odd = lint::of_note(path, text, note);
        Facts {
            links: FactLink::all(&note.links, text),
            aliases: note.aliases(),
            oddities: odd.into_iter().map(|it| Oddity(it.line, it.kind, it.detail.into())).collect(),
            declares: Vec::new(),
        }
    }

    /// Returns what a config file contributes.
    pub(super) fn of_config(links: &[Link], declares: Vec<Declares>, text: &str) -> Facts {
        Facts {
            declares,
            ..Facts::of_links(links, text)
        }
    }

    /// Returns what a file with links contributes; the text is empty where it has no lines worth citing.
    pub(super) fn of_links(links: &[Link], text: &str) -> Facts {
        Facts {
            links: FactLink::all(links, text),
            ..Facts::default()
        }
    }

    /// Returns the form in which the index keeps it; empty for nothing.
    pub(super) fn to_text(&self) -> Result<String> {
        if *self == Facts::default() {
            return Ok(String::new());
        }
        serde_json::to_string(self).context("write the facts of a note")
    }

    /// Reads what [`Facts::to_text`] wrote.
    pub(super) fn from_text(text: &str) -> Result<Facts> {
        if text.is_empty() {
            return Ok(Facts::default());
        }
        serde_json::from_str(text).context("the index holds facts that cannot be read")
    }
}

impl FactLink {
    fn all(links: &[Link], text: &str) -> Vec<FactLink> {
        if links.is_empty() {
            return Vec::new();
        }
        let lines = LineIndex::new(text);
        let fact = |it: &Link| {
            FactLink(
                it.target.clone(),
                it.kind,
                it.markdown,
                it.range.start,
                it.range.end,
                lines.line_of(it.range.start) + 1,
            )
        };
        links.iter().map(fact).collect()
    }
}

fn lies_within(path: &NotePath, folder: Option<&str>) -> bool {
    folder.is_none_or(|it| path.as_str().starts_with(it))
}

fn keep<T>(map: &mut BTreeMap<NotePath, Box<[T]>>, path: &NotePath, values: Vec<T>) {
    if values.is_empty() {
        map.remove(path);
    } else {
        map.insert(path.clone(), values.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> NotePath {
        NotePath::parse(text).unwrap()
    }

    fn facts(name: &str, text: &str) -> Facts {
        Facts::of_note(&path(name), text, &Note::parse(text))
    }

    #[test]
    fn facts_survive_their_text() {
        let facts = facts(
            "a.md",
            "---\naliases: [A, \"ä\"]\ntags: a, b\nup: \"[[x]]\"\n---\n![[y#H|z]] [t](u%20v.md)\r\n",
        );
        assert_eq!(
            (facts.links.len(), facts.aliases.len(), facts.oddities.len()),
            (3, 2, 2),
            "{facts:?}"
        );
        assert_eq!(Facts::from_text(&facts.to_text().unwrap()).unwrap(), facts);
        assert_eq!(Facts::default().to_text().unwrap(), "");
        assert!(Facts::from_text("[").is_err());
    }

    #[test]
    fn a_file_contributes_what_it_holds_now() {
        let mut graph = VaultGraph::default();
        graph.put(&path("a.md"), facts("a.md", "---\naliases: Ay\ntags: a, b\n---\n[[b]]"));
        graph.put(&path("b.md"), Facts::default());
        let kinds = |graph: &VaultGraph| graph.lint(None, |_| true).iter().map(|it| it.kind.as_str()).collect::<Vec<_>>();
        assert_eq!(
            (kinds(&graph), graph.look_up("ay", None, None).candidates.len()),
            (vec!["comma-tags"], 1)
        );
        graph.remove(&path("b.md"));
        graph.put(&path("a.md"), facts("a.md", "[[b]]"));
        assert_eq!(
            (kinds(&graph), graph.look_up("ay", None, None).candidates.len()),
            (vec!["unresolved-link"], 0)
        );
        assert!(graph.lint(Some("x/"), |_| true).is_empty() && graph.lint(None, |_| false).is_empty());
    }
}
