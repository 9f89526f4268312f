//! What links of config files lead to: files and folders by their path, and resources by kind, namespace and name. Knows the files of one
//! repository and what they declare; must not know Obsidian's rule, nor YAML.

use std::{cmp::Reverse, collections::BTreeMap};

use crate::model::{
    links::{
        key::{climb, join, name_hash},
        repository::{Declares, RepoPlace},
    },
    note::LinkKind,
    path::{NotePath, path_key},
};

/// What kustomize reads of a folder, as keys.
const KUSTOMIZATIONS: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "kustomization"];

/// The places of one repository.
#[derive(Debug, Clone, Default)]
pub(super) struct Places {
    /// By key.
    files: BTreeMap<String, NotePath>,
    /// By kind and name: `HelmRelease/openclaw`.
    resources: BTreeMap<String, Vec<Declared>>,
    /// What each file declares, as in `resources`.
    by_file: BTreeMap<NotePath, Box<[String]>>,
    place: RepoPlace,
}

#[derive(Debug, Clone)]
struct Declared {
    namespace: Box<str>,
    file: NotePath,
    /// From 1.
    line: usize,
    url: Option<Box<str>>,
}

/// Where a link leads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Place<'a> {
    /// Of a folder without a Kustomization its first file: all below it are meant.
    pub(super) file: &'a NotePath,
    /// Where in the file a resource is declared.
    pub(super) line: Option<usize>,
    pub(super) is_folder: bool,
}

impl Places {
    /// Adds a file; one that is known already declares nothing from now on.
    pub(super) fn insert(&mut self, path: &NotePath) {
        self.forget(path);
        self.files.insert(path.key(), path.clone());
    }

    pub(super) fn remove(&mut self, path: &NotePath) {
        self.forget(path);
        self.files.remove(&path.key());
    }

    pub(super) fn set_place(&mut self, place: RepoPlace) {
        self.place = place;
    }

    /// Takes down what a file declares.
    pub(super) fn declare(&mut self, path: &NotePath, resources: &[Declares]) {
        let mut names = Vec::new();
        for it in resources {
            let Some((name, namespace)) = parse(&it.id) else { continue };
            self.resources.entry(name.clone()).or_default().push(Declared {
                namespace: namespace.into(),
                file: path.clone(),
                line: it.line,
                url: it.url.as_deref().map(Into::into),
            });
            names.push(name);
        }
        if !names.is_empty() {
            self.by_file.insert(path.clone(), names.into());
        }
    }

    fn forget(&mut self, path: &NotePath) {
        for name in self.by_file.remove(path).into_iter().flatten() {
            if let Some(declared) = self.resources.get_mut(&name) {
                declared.retain(|it| it.file != *path);
                if declared.is_empty() {
                    self.resources.remove(&name);
                }
            }
        }
    }

    /// Returns where a link in `from` leads, for one who knows of no file beyond a folder.
    pub(super) fn find(&self, kind: LinkKind, target: &str, from: &NotePath, within: Option<&str>) -> Option<Place<'_>> {
        match kind {
            LinkKind::Resource => self.resource(target, from, within),
            LinkKind::RootPath => self.path_at(&self.below_root(target)?, within),
            _ => self.path(&path_key(from.folder()), target, within),
        }
    }

    /// Says whether a link leads to this file: by itself, or as one of all below a folder.
    pub(super) fn leads_to(&self, place: Place<'_>, kind: LinkKind, target: &str, from: &NotePath, path: &NotePath) -> bool {
        let folder = || {
            if kind == LinkKind::RootPath {
                return self.below_root(target);
            }
            climb(&path_key(from.folder()), &path_key(target))
        };
        place.file == path || place.is_folder && folder().is_some_and(|it| lies_below(&path.key(), &it))
    }

    /// Says whether a path from the root can be one of this repository: its first folder is here. A Flux resource may speak of another one.
    pub(super) fn begins_here(&self, target: &str) -> bool {
        let Some(key) = self.below_root(target) else { return false };
        key.split_once('/').is_some_and(|(first, _)| self.below(first).next().is_some())
    }

    /// Says whether a link leads out of the folder of its repository that this source is.
    pub(super) fn leaves(&self, kind: LinkKind, target: &str, from: &NotePath) -> bool {
        let is_path = matches!(kind, LinkKind::Path | LinkKind::SecretPath);
        !self.place.above.is_empty() && is_path && climb(&path_key(from.folder()), &path_key(target)).is_none()
    }

    /// Says whether a resource that names a repository names another one than this.
    pub(super) fn is_other_repository(&self, resource: &str, from: &NotePath) -> bool {
        let declared = self.declared(resource, from, None).and_then(|it| it.url.as_deref());
        declared.is_some_and(|url| self.place.is_other(url))
    }

    /// Says whether a resource that names a repository names this very one.
    pub(super) fn is_this_repository(&self, resource: &str, from: &NotePath) -> bool {
        let declared = self.declared(resource, from, None).and_then(|it| it.url.as_deref());
        declared.is_some_and(|url| self.place.is_this(url))
    }

    /// Says whether a path from the root of this repository can lie in this source.
    pub(super) fn may_be_here(&self, target: &str) -> bool {
        self.below_root(target).is_some()
    }

    /// Returns the key of a path from the root of the repository, of which this may be a folder; `None` for what lies beside it.
    fn below_root(&self, target: &str) -> Option<String> {
        let key = climb("", &path_key(target))?;
        let above = path_key(&self.place.above);
        let folder = format!("{key}/");
        if above.is_empty() {
            Some(key)
        } else if key.is_empty() || above.starts_with(&folder) {
            // All of this source, and more.
            Some(String::new())
        } else {
            key.strip_prefix(&above).map(str::to_owned)
        }
    }

    /// Returns the hashes of the names by which links may lead to a file, beside its own.
    pub(super) fn names_of(&self, path: &NotePath) -> Vec<u32> {
        let declared = self.by_file.get(path).into_iter().flatten();
        let key = path.key();
        let folders = key.match_indices('/').map(|(at, _)| &key[..at]);
        // The root is written in two ways.
        let names = declared.map(String::as_str).chain(folders).chain(["", "."]);
        names.map(name_hash).collect()
    }

    /// The namespace of a reference, or of what is declared, may be left to whoever applies it.
    fn resource(&self, target: &str, from: &NotePath, within: Option<&str>) -> Option<Place<'_>> {
        let best = self.declared(target, from, within)?;
        Some(Place {
            file: &best.file,
            line: Some(best.line),
            is_folder: false,
        })
    }

    fn declared(&self, target: &str, from: &NotePath, within: Option<&str>) -> Option<&Declared> {
        let (name, namespace) = parse(target)?;
        let declared = self.resources.get(&name)?.iter().filter(|it| is_within(&it.file, within));
        let fitting = declared.filter(|it| *it.namespace == *namespace || it.namespace.is_empty() || namespace.is_empty());
        let shared = |it: &Declared| {
            let (one, other) = (it.file.folder().split('/'), from.folder().split('/'));
            one.zip(other).take_while(|(a, b)| a == b).count()
        };
        // Each cluster of a repository may have its own of the same name: the nearest is meant.
        fitting.min_by_key(|it| (*it.namespace != *namespace, Reverse(shared(it)), it.file.clone(), it.line))
    }

    fn path(&self, folder: &str, target: &str, within: Option<&str>) -> Option<Place<'_>> {
        self.path_at(&climb(folder, &path_key(target))?, within)
    }

    fn path_at(&self, key: &str, within: Option<&str>) -> Option<Place<'_>> {
        let names = std::iter::once(key.to_owned()).chain(KUSTOMIZATIONS.iter().map(|it| join(key, it)));
        let mut named = names.filter_map(|it| self.files.get(&it)).filter(|it| is_within(it, within));
        if let Some(file) = named.next() {
            return Some(Place {
                file,
                line: None,
                is_folder: false,
            });
        }
        let file = self.below(key).find(|it| is_within(it, within))?;
        Some(Place {
            file,
            line: None,
            is_folder: true,
        })
    }

    /// Returns the files below a folder, which is empty for the root.
    fn below(&self, folder: &str) -> impl Iterator<Item = &NotePath> {
        let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let from_start = self.files.range(start.clone()..);
        from_start.take_while(move |(key, _)| key.starts_with(&start)).map(|(_, path)| path)
    }
}

/// Returns what `Kind/namespace/name` is kept by, and the namespace.
fn parse(id: &str) -> Option<(String, &str)> {
    let (kind, rest) = id.split_once('/')?;
    let (namespace, name) = rest.split_once('/')?;
    Some((format!("{kind}/{name}"), namespace))
}

fn lies_below(key: &str, folder: &str) -> bool {
    folder.is_empty() || key.strip_prefix(folder).is_some_and(|it| it.starts_with('/'))
}

fn is_within(path: &NotePath, folder: Option<&str>) -> bool {
    folder.is_none_or(|it| path.as_str().starts_with(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> NotePath {
        NotePath::parse_in_repo(text).unwrap()
    }

    fn places() -> Places {
        let mut places = Places::default();
        for it in [
            "apps/base/kustomization.yaml",
            "apps/base/web.yaml",
            "apps/home/a.yaml",
            "apps/home/deep/b.yaml",
            "clusters/home/apps.yaml",
            "clusters/home/flux.yaml",
            "clusters/work/flux.yaml",
            "v1.2/kustomization.yml",
        ] {
            places.insert(&path(it));
        }
        for (at, line) in [("clusters/home/flux.yaml", 7), ("clusters/work/flux.yaml", 9)] {
            places.declare(&path(at), &[declares("GitRepository/flux-system/flux-system", line)]);
        }
        places.declare(&path("apps/base/web.yaml"), &[declares("HelmRepository//podinfo", 1)]);
        places
    }

    fn declares(id: &str, line: usize) -> Declares {
        Declares {
            id: id.to_owned(),
            line,
            url: None,
        }
    }

    #[test]
    fn of_a_source_that_is_a_folder_paths_from_the_root_begin_above_it() {
        let mut places = places();
        places.set_place(RepoPlace {
            above: "Deploy/".to_owned(),
            urls: Vec::new(),
        });
        let from = path("clusters/home/apps.yaml");
        let found = |target: &str| places.find(LinkKind::RootPath, target, &from, None).map(|it| it.file.as_str());
        assert_eq!(found("./deploy/apps/base"), Some("apps/base/kustomization.yaml"));
        assert_eq!(found("./apps/base"), None);
        assert_eq!(found("."), Some("apps/base/kustomization.yaml"), "all of it");
        assert!(places.leaves(LinkKind::Path, "../../../infra", &from) && !places.leaves(LinkKind::Path, "../../infra", &from));
    }

    fn check(from: &str, kind: LinkKind, target: &str, expected: &str) {
        let places = places();
        let from = path(from);
        let found = places.find(kind, target, &from, None);
        let shown = found.map(|it| {
            format!(
                "{}{}{}",
                it.file,
                it.line.map_or(String::new(), |it| format!(":{it}")),
                if it.is_folder { " .." } else { "" }
            )
        });
        assert_eq!(shown.unwrap_or_default(), expected, "{target} from {from}");
    }

    #[test]
    fn a_folder_is_its_kustomization_or_all_that_lies_below_it() {
        check("apps/home/a.yaml", LinkKind::Path, "../base", "apps/base/kustomization.yaml");
        check("apps/base/kustomization.yaml", LinkKind::Path, "web.yaml", "apps/base/web.yaml");
        check("apps/home/a.yaml", LinkKind::Path, "../../v1.2", "v1.2/kustomization.yml");
        check("clusters/home/apps.yaml", LinkKind::RootPath, "./apps/home", "apps/home/a.yaml ..");
        check("clusters/home/apps.yaml", LinkKind::RootPath, "./apps/nowhere", "");
        check("clusters/home/apps.yaml", LinkKind::RootPath, "../apps", "");
        check(
            "clusters/home/apps.yaml",
            LinkKind::RootPath,
            ".",
            "apps/base/kustomization.yaml ..",
        );
        let places = places();
        let (target, from) = ("./apps/home", path("clusters/home/apps.yaml"));
        let place = places.find(LinkKind::RootPath, target, &from, None).unwrap();
        let leads = |to: &str| places.leads_to(place, LinkKind::RootPath, target, &from, &path(to));
        assert!(leads("apps/home/a.yaml") && leads("apps/home/deep/b.yaml") && !leads("apps/base/web.yaml"));
        assert!(places.begins_here("./apps/nowhere") && !places.begins_here("./kustomize/x") && !places.begins_here("./apps"));
    }

    #[test]
    fn a_resource_is_the_nearest_that_is_declared_so() {
        let flux = "GitRepository/flux-system/flux-system";
        check("clusters/work/apps.yaml", LinkKind::Resource, flux, "clusters/work/flux.yaml:9");
        check("clusters/home/apps.yaml", LinkKind::Resource, flux, "clusters/home/flux.yaml:7");
        check(
            "elsewhere.yaml",
            LinkKind::Resource,
            "GitRepository//flux-system",
            "clusters/home/flux.yaml:7",
        );
        check("elsewhere.yaml", LinkKind::Resource, "GitRepository/other/flux-system", "");
        check(
            "elsewhere.yaml",
            LinkKind::Resource,
            "HelmRepository/any/podinfo",
            "apps/base/web.yaml:1",
        );
        check("elsewhere.yaml", LinkKind::Resource, "Secret/any/podinfo", "");
    }

    #[test]
    fn a_file_that_goes_takes_what_it_declared_along() {
        let mut places = places();
        places.remove(&path("clusters/home/flux.yaml"));
        places.insert(&path("clusters/work/flux.yaml"));
        assert!(places.resources.keys().eq(["HelmRepository/podinfo"]), "{:?}", places.resources);
        assert!(!places.files.contains_key("clusters/home/flux.yaml"));
    }
}
