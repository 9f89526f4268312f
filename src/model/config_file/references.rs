//! What a Kustomization or a Flux resource names beside itself: files, folders, other resources. Knows these keys; resolves nothing.

use std::ops::Range;

use super::resource::Resource;

/// A document names no more.
const MAX_REFERENCES: usize = 500;

/// Something that a config file points to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    pub kind: ReferenceKind,
    /// As written for a file (`../base`, `./clusters/home`); `Kind/namespace/name` for a resource, its namespace empty for the same one.
    pub target: String,
    /// Where the target's name stands, in bytes of the file.
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

/// Returns what a document of a file (`text`) points to, in order. A place is looked for behind the one before.
pub(super) fn references(text: &str, document: &Range<usize>, resource: Option<&Resource>, keys: &[(String, String)]) -> Vec<Reference> {
    let is_kustomize = resource.is_none_or(|it| it.api_version.starts_with("kustomize.config.k8s.io/"));
    let is_flux = resource.is_some_and(|it| it.api_version.contains(".fluxcd.io/"));
    let kind = resource.map_or("", |it| it.kind.as_str());
    let mut references = Vec::new();
    let mut from = document.start;
    for (path, value) in keys {
        let sibling = |name: &str| {
            let parent = path.rsplit_once('.').map_or("", |(parent, _)| parent);
            resource
                .and_then(|it| it.keys.get(&format!("{parent}.{name}")))
                .map_or("", String::as_str)
        };
        let found = if is_kustomize {
            of_kustomize(path).then(|| (ReferenceKind::File, value.clone()))
        } else if is_flux {
            match general(path).as_str() {
                "spec.path" => Some((ReferenceKind::RootFile, value.clone())),
                "spec.dependsOn.name" => Some((ReferenceKind::Resource, format!("{kind}/{}/{value}", sibling("namespace")))),
                "spec.sourceRef.name"
                | "spec.chartRef.name"
                | "spec.chart.spec.sourceRef.name"
                | "spec.valuesFrom.name"
                | "spec.postBuild.substituteFrom.name"
                | "spec.imageRepositoryRef.name"
                | "spec.secretRef.name" => {
                    let kind = match sibling("kind") {
                        "" if path.contains("secretRef") => "Secret",
                        "" if path.contains("imageRepositoryRef") => "ImageRepository",
                        kind => kind,
                    };
                    Some((ReferenceKind::Resource, format!("{kind}/{}/{value}", sibling("namespace"))))
                }
                _ => None,
            }
        } else {
            None
        };
        let Some((kind, target)) = found.filter(|_| !value.is_empty() && !value.contains('\n')) else {
            continue;
        };
        if references.len() == MAX_REFERENCES {
            break;
        }
        let place = text[from..document.end]
            .find(value.as_str())
            .map(|at| from + at..from + at + value.len());
        from = place.as_ref().map_or(from, |it| it.end);
        references.push(Reference {
            kind,
            target,
            range: place.unwrap_or(document.start..document.start),
        });
    }
    references
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
    use crate::model::{config_file::resource::flat, yaml};

    fn check(yaml: &str, expected: &[&str]) {
        let keys = flat(&yaml::parse_document(yaml).unwrap());
        let resource = Resource::of_keys(&keys, 0..yaml.len());
        let found = references(yaml, &(0..yaml.len()), resource.as_ref(), &keys);
        let found: Vec<String> = found
            .iter()
            .map(|it| format!("{:?} {} {}", it.kind, it.target, &yaml[it.range.clone()]))
            .collect();
        assert_eq!(found, expected, "{yaml}");
    }

    #[test]
    fn kustomizations_and_flux_resources_point() {
        check(
            "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- ../base\n- a.yaml\npatches:\n- path: p.yaml\n",
            &["File ../base ../base", "File a.yaml a.yaml", "File p.yaml p.yaml"],
        );
        check(
            "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps}\nspec:\n  path: ./apps\n  dependsOn:\n  - name: infra\n  sourceRef: {kind: GitRepository, name: flux, namespace: s}\n",
            &[
                "RootFile ./apps ./apps",
                "Resource Kustomization//infra infra",
                "Resource GitRepository/s/flux flux",
            ],
        );
        check("kind: Service\nresources: [a]\n", &[]);
    }
}
