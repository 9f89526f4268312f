//! What a Kustomization or a Flux resource names beside itself: files, folders, other resources. Knows these keys; resolves nothing.

use std::{
    collections::{HashMap, VecDeque},
    ops::Range,
};

use super::{declared::Declared, resource::Resource};

/// Kubernetes has no longer names.
const MAX_NAME: usize = 253;

/// A document names no more.
const MAX_REFERENCES: usize = 500;

/// Something that a config file points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub kind: ReferenceKind,
    /// As written for a file (`../base`, `./clusters/home`); `Kind/namespace/name` for a resource, its namespace empty where neither it nor
    /// the resource that names it says one.
    pub target: String,
    /// Where the target's name stands, in bytes of the file; the begin of the document where that is not known (an alias).
    pub range: Range<usize>,
}

/// What a target is relative to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceKind {
    /// A file or folder, from the folder of the file.
    File,
    /// A file or folder, from the root of the repository (Flux `spec.path`).
    RootFile,
    Resource,
}

/// Returns what a document of a file (`text`) points to, in order.
pub(super) fn references(text: &str, of: &Declared) -> Vec<Reference> {
    let resource = of.resource.as_ref();
    let is_kustomize = resource.is_none_or(|it| it.api_version.starts_with("kustomize.config.k8s.io/"));
    let is_flux = resource.is_some_and(|it| it.api_version.contains(".fluxcd.io/"));
    if !is_kustomize && !is_flux {
        return Vec::new();
    }
    let kind = resource.map_or("", |it| it.kind.as_str());
    let mut references = Vec::new();
    let mut places = None;
    for (path, value) in &of.keys {
        let beside = |name: &str| {
            let parent = path.rsplit_once('.').map_or("", |(parent, _)| parent);
            resource
                .and_then(|it| it.keys.get(&format!("{parent}.{name}")))
                .map_or("", String::as_str)
        };
        let namespace = || match beside("namespace") {
            "" => resource.map_or("", |it| it.namespace.as_str()),
            namespace => namespace,
        };
        let found = if is_kustomize {
            // `name=file` of a generator.
            let file = value
                .split_once('=')
                .filter(|_| general(path).ends_with("Generator.files"))
                .map_or(value.as_str(), |it| it.1);
            (of_kustomize(path) && !is_remote(file)).then(|| (ReferenceKind::File, file.to_owned()))
        } else {
            match general(path).as_str() {
                "spec.path" => Some((ReferenceKind::RootFile, value.clone())),
                "spec.dependsOn.name" => Some((ReferenceKind::Resource, format!("{kind}/{}/{value}", namespace()))),
                "spec.sourceRef.name"
                | "spec.chartRef.name"
                | "spec.chart.spec.sourceRef.name"
                | "spec.valuesFrom.name"
                | "spec.postBuild.substituteFrom.name"
                | "spec.imageRepositoryRef.name"
                | "spec.secretRef.name" => {
                    let kind = match beside("kind") {
                        "" if path.contains("secretRef") => "Secret",
                        "" if path.contains("imageRepositoryRef") => "ImageRepository",
                        kind => kind,
                    };
                    Some((ReferenceKind::Resource, format!("{kind}/{}/{value}", namespace())))
                }
                _ => None,
            }
        };
        let Some((kind, target)) = found.filter(|_| !value.is_empty() && !value.contains('\n')) else {
            continue;
        };
        if references.len() == MAX_REFERENCES {
            break;
        }
        let line = places
            .get_or_insert_with(|| lines_by_key(of))
            .get_mut(&(general(path), value.as_str()));
        let range = line.and_then(VecDeque::pop_front).map(|start| within_line(text, start, value));
        references.push(Reference {
            kind,
            target,
            range: range.unwrap_or(of.range.start..of.range.start),
        });
    }
    references
}

/// Returns what other files call a resource by; `None` where that is known only once it is applied.
pub fn declared_id(resource: &Resource) -> Option<String> {
    let Resource { kind, namespace, name, .. } = resource;
    let is_plain = |it: &str| it.len() <= MAX_NAME && !it.contains(['/', '{', '$']) && !it.contains(char::is_whitespace);
    let is_known = !name.is_empty() && [kind, namespace, name].iter().all(|it| is_plain(it));
    is_known.then(|| format!("{kind}/{namespace}/{name}"))
}

/// Says whether kustomize fetches this from elsewhere.
fn is_remote(file: &str) -> bool {
    file.contains("://") || file.contains("//") || file.contains("?ref=") || file.starts_with("git@") || file.starts_with("github.com/")
}

/// Where the lines begin that have a key with a value, in order.
type Lines<'d> = HashMap<(String, &'d str), VecDeque<usize>>;

fn lines_by_key(of: &Declared) -> Lines<'_> {
    let mut lines = Lines::new();
    for entry in of.entries.iter().filter(|it| !it.value.is_empty()) {
        let key = (general(&entry.path), entry.value.as_str());
        lines.entry(key).or_default().push_back(entry.start);
    }
    lines
}

/// Returns where the value stands in a line: it ends it, but for what closes it.
fn within_line(text: &str, start: usize, value: &str) -> Range<usize> {
    let line = text[start..].split('\n').next().unwrap_or_default();
    match line.rfind(value) {
        Some(at) => start + at..start + at + value.len(),
        None => start..start,
    }
}

fn of_kustomize(path: &str) -> bool {
    let lists = [
        "resources",
        "components",
        "bases",
        "crds",
        "patchesStrategicMerge",
        "transformers",
        "generators",
        "configurations",
    ];
    let general = general(path);
    lists.iter().any(|it| general == *it)
        || matches!(
            general.as_str(),
            "patches.path"
                | "patchesJson6902.path"
                | "replacements.path"
                | "configMapGenerator.files"
                | "configMapGenerator.envs"
                | "secretGenerator.files"
        )
}

/// Returns a path without the indices and names of its items.
fn general(path: &str) -> String {
    let mut depth = 0_usize;
    path.chars()
        .filter(|it| {
            depth += usize::from(*it == '[');
            let stays = depth == 0;
            depth = depth.saturating_sub(usize::from(*it == ']'));
            stays
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        config_file::{key_paths, resource::flat},
        yaml,
    };

    fn check(yaml: &str, expected: &[&str]) {
        let keys = flat(&yaml::parse_document(yaml).unwrap());
        let declared = Declared::new(0..yaml.len(), keys, key_paths::entries(yaml));
        let found: Vec<String> = references(yaml, &declared)
            .iter()
            .map(|it| {
                let line = 1 + yaml[..it.range.start].matches('\n').count();
                format!("{:?} {} {} in line {line}", it.kind, it.target, &yaml[it.range.clone()])
            })
            .collect();
        assert_eq!(found, expected, "{yaml}");
    }

    #[test]
    fn kustomizations_and_flux_resources_point() {
        check(
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- ../base\n- a.yaml\npatches:\n- path: p.yaml\n",
            &[
                "File ../base ../base in line 4",
                "File a.yaml a.yaml in line 5",
                "File p.yaml p.yaml in line 7",
            ],
        );
        check(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\nspec:\n  path: ./apps\n  dependsOn:\n  - name: infra\n  sourceRef: {kind: GitRepository, name: flux, namespace: s}\n",
            &[
                "RootFile ./apps ./apps in line 5",
                "Resource Kustomization//infra infra in line 7",
                "Resource GitRepository/s/flux flux in line 8",
            ],
        );
        check(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a, namespace: ai}\nspec:\n  dependsOn:\n  - name: b\n  \
             - {name: c, namespace: infra}\n  valuesFrom:\n  - kind: ConfigMap\n    name: v\n",
            &[
                "Resource HelmRelease/ai/b b in line 6",
                "Resource HelmRelease/infra/c c in line 7",
                "Resource ConfigMap/ai/v v in line 10",
            ],
        );
        check(
            "resources:\n- https://github.com/a/b//c?ref=v1\n- github.com/a/b\nconfigMapGenerator:\n- files:\n  - app.conf=conf/app.conf\n",
            &["File conf/app.conf app.conf=conf/app.conf in line 6"],
        );
        check("kind: Service\nresources: [a]\n", &[]);
    }

    #[test]
    fn a_name_within_another_or_in_a_comment_is_not_its_place() {
        check(
            "# app.yaml comes last\nresources:\n- my-app.yaml\n- \"b.yaml\" # app.yaml\n- app.yaml\ncomponents: [x,\n  y]\n",
            &[
                "File my-app.yaml my-app.yaml in line 3",
                "File b.yaml b.yaml in line 4",
                "File app.yaml app.yaml in line 5",
                "File x x in line 6",
                "File y y in line 7",
            ],
        );
    }
}
