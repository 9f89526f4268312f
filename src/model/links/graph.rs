//! Who links to whom in one vault. Keeps links as written and the names of files, never where a link led: each question resolves the few
//! links it is about. So a new, renamed or deleted file leaves nothing stale, and there is nothing to re-resolve but what is asked for.

use std::{
    collections::BTreeMap,
    ops::{Bound, Range},
};

use crate::model::{
    links::{
        key::name_hash,
        names::{Names, Resolution},
        packed::{PackedLink, PackedLinks},
        places::{Place, Places},
        repository::{Declares, RepoPlace, of_source},
        targets::{ALREADY_DECODED, Targets},
    },
    note::{Link, LinkKind},
    path::NotePath,
};

/// The links of one vault and the files they can lead to. Built by [`LinkGraph::put`] and [`LinkGraph::remove`] in any order: what it
/// answers depends on the present files and links alone.
#[derive(Debug, Clone, Default)]
pub struct LinkGraph {
    names: Names,
    ids: BTreeMap<NotePath, u32>,
    /// By id.
    sources: Vec<Source>,
    /// Ids whose note is gone.
    free: Vec<u32>,
    targets: Targets,
    /// Of a config repository.
    places: Option<Box<Places>>,
}

/// A note with its links.
#[derive(Debug, Clone)]
struct Source {
    path: NotePath,
    links: PackedLinks,
}

/// A graph as one sees it who knows of no file beyond a folder: its answers are those of a vault that holds nothing else.
#[derive(Debug, Clone, Copy)]
pub struct GraphWithin<'a> {
    graph: &'a LinkGraph,
    folder: Option<&'a str>,
}

/// One link and where it leads at present.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolvedLink<'a> {
    /// The note that holds the link.
    pub source: &'a NotePath,
    /// As written, subpath included.
    pub target: &'a str,
    pub kind: LinkKind,
    /// `true` for `[text](target)`.
    pub markdown: bool,
    /// In bytes of the source.
    pub range: Range<usize>,
    /// From 1, as it was put; 1 where none was.
    pub line: usize,
    pub resolved: Option<&'a NotePath>,
    /// Where in that file the resource is declared that the link names, from 1; `None` for other links.
    pub resolved_line: Option<usize>,
    /// It leads out of this source: into another repository, or out of the folder of one that the source is.
    pub is_elsewhere: bool,
    /// The resource that it is of names this very repository.
    pub is_of_this: bool,
    /// See [`Resolution::ambiguous`].
    pub ambiguous: bool,
}

impl LinkGraph {
    /// Returns the graph of a config repository, whose files name folders and resources, too.
    pub fn of_repo() -> LinkGraph {
        LinkGraph {
            places: Some(Box::default()),
            ..LinkGraph::default()
        }
    }

    /// Says which folder of which repository this is. Said of a vault, it means nothing.
    pub fn set_place(&mut self, place: RepoPlace) {
        if let Some(places) = &mut self.places {
            places.set_place(place);
        }
    }

    /// Takes down which resources a file that was put declares. Said of a vault, it means nothing.
    pub fn declare(&mut self, path: &NotePath, resources: &[Declares]) {
        if let Some(places) = &mut self.places {
            places.declare(path, resources);
        }
    }

    /// Takes a file's present links in place of those it had. A file without links (an attachment) is put with none, so that others can
    /// link to it.
    pub fn put(&mut self, path: &NotePath, links: &[Link]) {
        self.put_with_lines(path, links, &[]);
    }

    /// As [`LinkGraph::put`], with the line (from 1) of each link, so that whoever asks for it need not read the note.
    pub fn put_with_lines(&mut self, path: &NotePath, links: &[Link], lines: &[usize]) {
        self.forget_links(path);
        self.names.insert(path);
        if let Some(places) = &mut self.places {
            places.insert(path);
        }
        if links.is_empty() {
            return;
        }
        let id = self.free.pop().unwrap_or(self.sources.len() as u32);
        let lines = lines.iter().copied().chain(std::iter::repeat(1));
        let packed = links.iter().zip(lines).map(|(link, line)| PackedLink {
            target: self.targets.add(&link.target, id),
            range: link.range.clone(),
            line,
            kind: link.kind,
            markdown: link.markdown,
        });
        let source = Source {
            path: path.clone(),
            links: packed.collect(),
        };
        self.ids.insert(path.clone(), id);
        match self.sources.get_mut(id as usize) {
            Some(free) => *free = source,
            None => self.sources.push(source),
        }
    }

    /// Forgets a file and its links; links to it stay, unresolved or resolved to another.
    pub fn remove(&mut self, path: &NotePath) {
        self.forget_links(path);
        self.names.remove(path);
        if let Some(places) = &mut self.places {
            places.remove(path);
        }
    }

    /// Returns the files by name.
    pub fn names(&self) -> &Names {
        &self.names
    }

    /// Returns the graph of what lies in a folder (with its slash), or of all.
    pub fn within<'a>(&'a self, folder: Option<&'a str>) -> GraphWithin<'a> {
        GraphWithin { graph: self, folder }
    }

    /// Returns where a link would lead, see [`Names::resolve`].
    pub fn resolve(&self, target: &str, markdown: bool, from: Option<&NotePath>) -> Resolution {
        self.names.resolve(target, markdown, from)
    }

    /// See [`GraphWithin::outgoing`].
    pub fn outgoing(&self, path: &NotePath) -> Vec<ResolvedLink<'_>> {
        self.within(None).outgoing(path)
    }

    /// See [`GraphWithin::incoming`].
    pub fn incoming(&self, path: &NotePath) -> Vec<ResolvedLink<'_>> {
        self.within(None).incoming(path)
    }

    /// See [`GraphWithin::links`].
    pub fn links(&self) -> impl Iterator<Item = ResolvedLink<'_>> {
        self.within(None).links()
    }

    fn forget_links(&mut self, path: &NotePath) {
        let Some(id) = self.ids.remove(path) else {
            return;
        };
        let source = &mut self.sources[id as usize];
        for link in std::mem::take(&mut source.links).iter() {
            self.targets.forget(link.target, id);
        }
        self.free.push(id);
    }
}

impl<'a> GraphWithin<'a> {
    /// Returns where a link would lead, see [`Names::resolve`].
    pub fn resolve(&self, target: &str, markdown: bool, from: Option<&NotePath>) -> Resolution {
        self.graph.names.resolve_within(target, markdown, from, self.folder)
    }

    /// Returns the links of a note, in the order in which they were put.
    pub fn outgoing(&self, path: &NotePath) -> Vec<ResolvedLink<'a>> {
        self.graph
            .ids
            .get(path)
            .filter(|_| self.holds(path))
            .into_iter()
            .flat_map(|id| self.links_of(*id))
            .collect()
    }

    /// Returns the links of other notes that lead here, by path and in their order there. A note's links to itself are left out.
    pub fn incoming(&self, path: &NotePath) -> Vec<ResolvedLink<'a>> {
        let own = self.graph.ids.get(path);
        let (mut targets, mut sources) = (Vec::new(), Vec::new());
        let others = self.graph.places.as_ref().map(|it| it.names_of(path)).unwrap_or_default();
        for name in others.into_iter().chain([name_hash(&path.key())]) {
            for (target, of) in self.graph.targets.named(name) {
                targets.push(target);
                sources.extend(of.iter().copied().filter(|it| Some(it) != own));
            }
        }
        targets.sort_unstable();
        sources.sort_unstable();
        sources.dedup();
        let seen = sources
            .into_iter()
            .map(|id| &self.graph.sources[id as usize])
            .filter(|it| self.holds(&it.path));
        let named = seen.flat_map(|source| source.links.iter().map(move |link| (source, link)));
        let mut links: Vec<_> = named
            .filter(|(_, link)| targets.binary_search(&link.target).is_ok())
            .map(|(source, link)| self.resolve_one(source, link))
            .filter(|link| link.resolved == Some(path) || self.leads_to(link, path))
            .collect();
        links.sort_by_key(|it| it.source);
        links
    }

    /// Returns every link, by path and in order: what a check of the whole vault walks.
    pub fn links(self) -> impl Iterator<Item = ResolvedLink<'a>> {
        self.links_after(None)
    }

    /// Returns every link of the notes that follow one by path, as [`GraphWithin::links`].
    pub fn links_after(self, note: Option<&NotePath>) -> impl Iterator<Item = ResolvedLink<'a>> + use<'a> {
        let start = note.map_or(Bound::Unbounded, Bound::Excluded);
        let rest = self.graph.ids.range::<NotePath, _>((start, Bound::Unbounded));
        let seen = rest.filter(move |(path, _)| self.holds(path));
        seen.flat_map(move |(_, id)| self.links_of(*id))
    }

    /// Returns the files, in no order.
    pub fn files(self) -> impl Iterator<Item = &'a NotePath> {
        self.graph.names.iter().filter(move |it| self.holds(it))
    }

    /// Returns the files whose key ([`NotePath::key`]) another file has too, in no order.
    pub fn twins(self) -> impl Iterator<Item = &'a NotePath> {
        self.graph.names.twins().filter(move |it| self.holds(it))
    }

    /// Says whether a link of a config file that leads nowhere is a fault of this repository. A resource may be made by whatever runs in the cluster,
    /// and the path of a Flux resource may be one of another repository, unless its beginning is here.
    pub fn is_broken(&self, link: &ResolvedLink<'_>) -> bool {
        link.resolved.is_none()
            && !link.is_elsewhere
            && match link.kind {
                // What is secret is often not committed.
                LinkKind::Resource | LinkKind::SecretPath => false,
                LinkKind::RootPath => self
                    .graph
                    .places
                    .as_ref()
                    .is_some_and(|it| it.begins_here(link.target) || link.is_of_this && it.may_be_here(link.target)),
                _ => true,
            }
    }

    fn leads_to(&self, link: &ResolvedLink<'_>, path: &NotePath) -> bool {
        let place = self.place(link.kind, link.target, link.source);
        let places = self.graph.places.as_ref().zip(place.filter(|_| link.resolved.is_some()));
        places.is_some_and(|(places, place)| places.leads_to(place, link.kind, link.target, link.source, path))
    }

    /// Returns where a link of a config file leads; `None` for other links, too.
    fn place(&self, kind: LinkKind, target: &str, from: &NotePath) -> Option<Place<'a>> {
        let is_of_config = matches!(
            kind,
            LinkKind::Path | LinkKind::SecretPath | LinkKind::RootPath | LinkKind::Resource
        );
        let places = self.graph.places.as_deref().filter(|_| is_of_config)?;
        places.find(kind, target, from, self.folder)
    }

    fn holds(&self, path: &NotePath) -> bool {
        self.folder.is_none_or(|it| path.as_str().starts_with(it))
    }

    fn links_of(self, id: u32) -> impl Iterator<Item = ResolvedLink<'a>> {
        let source = &self.graph.sources[id as usize];
        source.links.iter().map(move |it| self.resolve_one(source, it))
    }

    fn resolve_one(&self, source: &'a Source, link: PackedLink) -> ResolvedLink<'a> {
        let (of, target) = of_source(self.graph.targets.text(link.target));
        let places = self.graph.places.as_deref();
        let is_elsewhere = places
            .is_some_and(|it| it.leaves(link.kind, target, &source.path) || of.is_some_and(|of| it.is_other_repository(of, &source.path)));
        let place = self.place(link.kind, target, &source.path).filter(|_| !is_elsewhere);
        let found = match link.kind {
            LinkKind::Path | LinkKind::SecretPath | LinkKind::RootPath | LinkKind::Resource => place.iter().map(|it| it.file).collect(),
            _ => self.graph.names.find(target, ALREADY_DECODED, Some(&source.path), self.folder),
        };
        ResolvedLink {
            source: &source.path,
            target,
            kind: link.kind,
            markdown: link.markdown,
            range: link.range,
            line: link.line,
            resolved: found.first().copied(),
            resolved_line: place.and_then(|it| it.line),
            is_elsewhere,
            is_of_this: places.zip(of).is_some_and(|(it, of)| it.is_this_repository(of, &source.path)),
            ambiguous: found.len() > 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn path(path: &str) -> NotePath {
        NotePath::parse(path).unwrap()
    }

    fn link(target: &str) -> Link {
        Link {
            kind: LinkKind::Link,
            target: target.into(),
            display: None,
            markdown: false,
            range: 3..9,
            key: None,
        }
    }

    fn graph(notes: &[(&str, &[&str])]) -> LinkGraph {
        let mut graph = LinkGraph::default();
        for (note, links) in notes {
            graph.put(&path(note), &links.iter().map(|it| link(it)).collect::<Vec<_>>());
        }
        graph
    }

    fn sources(graph: &LinkGraph, note: &str) -> Vec<String> {
        graph
            .incoming(&path(note))
            .iter()
            .map(|it| format!("{} {}", it.source, it.target))
            .collect()
    }

    #[test]
    fn backlinks_leave_the_note_itself_out_and_count_every_link() {
        let graph = graph(&[("a.md", &["#H", "a", "b", "B.md#H"]), ("b.md", &["x/a", "a#H"]), ("pic.png", &[])]);
        assert_eq!(sources(&graph, "a.md"), ["b.md a#H"]);
        assert_eq!(sources(&graph, "b.md"), ["a.md b", "a.md B.md#H"]);
        let outgoing = graph.outgoing(&path("a.md"));
        assert_eq!(outgoing[0].resolved, Some(&path("a.md")));
        assert_eq!(
            (outgoing[2].target, outgoing[2].range.clone(), outgoing[2].kind),
            ("b", 3..9, LinkKind::Link)
        );
        assert_eq!(
            graph
                .links()
                .filter(|it| it.resolved.is_none())
                .map(|it| it.target)
                .collect::<Vec<_>>(),
            ["x/a"]
        );
    }

    #[test]
    fn a_renamed_note_leaves_its_links_behind_until_another_takes_the_name() {
        let mut graph = graph(&[("hub.md", &[]), ("a.md", &["hub"]), ("z/hub.md", &[])]);
        assert_eq!(sources(&graph, "hub.md"), ["a.md hub"]);
        graph.remove(&path("hub.md"));
        assert_eq!(sources(&graph, "z/hub.md"), ["a.md hub"]);
        graph.put(&path("a.md"), &[]);
        assert_eq!(sources(&graph, "z/hub.md"), [] as [&str; 0]);
    }

    #[test]
    fn within_a_folder_nothing_else_exists() {
        let graph = graph(&[
            ("Note.md", &["Work/a"]),
            ("Work/a.md", &["Note", "b"]),
            ("Work/x/Note.md", &[]),
            ("b.md", &["a"]),
        ]);
        let work = graph.within(Some("Work/"));
        let shown = |links: &[ResolvedLink<'_>]| {
            links
                .iter()
                .map(|it| it.resolved.map_or("", |it| it.as_str()).to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(
            shown(&work.outgoing(&path("Work/a.md"))),
            ["Work/x/Note.md", ""],
            "as in a vault that is this folder"
        );
        assert_eq!(shown(&graph.outgoing(&path("Work/a.md"))), ["Note.md", "b.md"]);
        assert!(work.incoming(&path("Work/a.md")).is_empty() && work.outgoing(&path("b.md")).is_empty());
        assert_eq!((work.links().count(), work.files().count()), (2, 2));
        assert_eq!(work.resolve("Note", false, None).path, Some(path("Work/x/Note.md")));
    }

    fn any_path() -> impl Strategy<Value = NotePath> {
        "([ab]/){0,2}([xyX]\\.md|y\\.png)".prop_map(|it| path(&it))
    }

    fn any_links() -> impl Strategy<Value = Vec<Link>> {
        let target = prop_oneof!["([abA]/|\\.\\./|\\./|/)?[xyz](\\.md|\\.png)?(#H)?", "#H"];
        proptest::collection::vec(target.prop_map(|it| link(&it)), 0..4)
    }

    proptest! {
        #[test]
        fn any_history_equals_a_fresh_build(changes in proptest::collection::vec((any_path(), proptest::option::of(any_links())), 0..30)) {
            let mut kept = BTreeMap::new();
            let mut grown = LinkGraph::default();
            for (path, links) in changes {
                match links {
                    Some(links) => {
                        grown.put(&path, &links);
                        kept.insert(path, links);
                    }
                    None => {
                        grown.remove(&path);
                        kept.remove(&path);
                    }
                }
            }
            let mut fresh = LinkGraph::default();
            kept.iter().rev().for_each(|(path, links)| fresh.put(path, links));

            prop_assert_eq!(grown.links().collect::<Vec<_>>(), fresh.links().collect::<Vec<_>>());
            prop_assert_eq!(grown.targets.count(), fresh.targets.count());
            prop_assert_eq!(grown.sources.len() - grown.free.len(), fresh.sources.len());
            for path in kept.keys() {
                let backlinks = grown.incoming(path);
                prop_assert_eq!(&backlinks, &fresh.incoming(path));
                let expected: Vec<_> = fresh.links().filter(|it| it.resolved == Some(path) && it.source != path).collect();
                prop_assert_eq!(&backlinks, &expected);
            }
        }
    }
}
