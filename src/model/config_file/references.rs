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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReferenceKind {
    /// A file or folder, from the folder of the file.
    File,
    /// A file of a `secretGenerator`, which need not be committed.
    SecretFile,
    /// A file or folder, from the root of the repository (Flux `spec.path`): of the one that a GitRepository names, as a resource is named.
    RootFile {
        of: Option<String>,
    },
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
            let kind = if path.starts_with("secretGenerator") {
                ReferenceKind::SecretFile
            } else {
                ReferenceKind::File
            };
            (of_kustomize(path) && !is_remote(file)).then(|| (kind, file.to_owned()))
        } else {
            of_flux(kind, &general(path), beside("kind"), value).and_then(|it| match it {
                Named::Resource(kind) => Some((ReferenceKind::Resource, format!("{kind}/{}/{value}", namespace()))),
                Named::RootFile(source) => {
                    let of = resource.and_then(|it| git_source(it, source));
                    // Within a chart of a repository of charts nothing is ours.
                    let is_ours = of.is_some() || source != OF_CHART;
                    is_ours.then(|| (ReferenceKind::RootFile { of }, value.clone()))
                }
            })
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

/// Where a HelmRelease names the source of its chart.
const OF_CHART: &str = "spec.chart.spec.sourceRef";

/// Returns the GitRepository that a resource names at a key, as it is called by others.
fn git_source(resource: &Resource, key: &str) -> Option<String> {
    let get = |name: &str| resource.keys.get(&format!("{key}.{name}")).map_or("", String::as_str);
    let namespace = match get("namespace") {
        "" => resource.namespace.as_str(),
        namespace => namespace,
    };
    (get("kind") == "GitRepository").then(|| format!("GitRepository/{namespace}/{}", get("name")))
}

/// What a value of a Flux resource names.
enum Named<'k> {
    /// A resource of this kind.
    Resource(&'k str),
    /// A path in what the source at this key names.
    RootFile(&'static str),
}

/// Returns what a value of a Flux resource of this kind names, by its key; `beside` is the kind that stands beside it.
fn of_flux<'k>(kind: &'k str, key: &str, beside: &'k str, value: &str) -> Option<Named<'k>> {
    match key {
        "spec.path" | "spec.update.path" => return Some(Named::RootFile("spec.sourceRef")),
        // A chart by its folder; by its name where it comes from a repository of charts.
        "spec.chart.spec.chart" | "spec.chart.spec.valuesFiles" if value.contains('/') || key.ends_with("Files") => {
            return Some(Named::RootFile(OF_CHART));
        }
        "spec.dependsOn.name" => return Some(Named::Resource(kind)),
        _ => {}
    }
    let parent = key.strip_prefix("spec.")?.strip_suffix(".name")?;
    let last = parent.rsplit('.').next().unwrap_or(parent);
    let named = match (parent, last) {
        (_, "secretRef" | "certSecretRef" | "proxySecretRef") => "Secret",
        (_, "configMapRef") => "ConfigMap",
        ("providerRef", _) => "Provider",
        ("imageRepositoryRef", _) => "ImageRepository",
        ("sourceRef" | "chartRef" | "chart.spec.sourceRef" | "valuesFrom" | "postBuild.substituteFrom", _) => beside,
        // Of an Alert and of a Receiver, and what a Kustomization waits for.
        ("eventSources" | "resources" | "healthChecks", _) => beside,
        _ => return None,
    };
    // `*` means all of a kind.
    (value != "*").then_some(Named::Resource(named))
}

/// Returns the ConfigMaps and Secrets that a Kustomization has made, by what other files call them, and where their names stand.
pub(super) fn generated(of: &Declared) -> Vec<(usize, String)> {
    let api = of.resource.as_ref().map_or("", |it| it.api_version.as_str());
    if of.resource.is_some() && !api.starts_with("kustomize.config.k8s.io/") {
        return Vec::new();
    }
    let key = |path: &str| of.keys.iter().find(|it| it.0 == path).map_or("", |it| it.1.as_str());
    let mut found = Vec::new();
    for (path, name) in of.keys.iter().filter(|it| it.0.ends_with("].name")) {
        let kind = match general(path).as_str() {
            "configMapGenerator.name" => "ConfigMap",
            "secretGenerator.name" => "Secret",
            _ => continue,
        };
        let of_item = format!("{}.namespace", path.trim_end_matches(".name"));
        let namespace = [key("namespace"), key(&of_item)].into_iter().find(|it| !it.is_empty());
        let place = of.entries.iter().find(|it| it.value == *name && general(&it.path) == general(path));
        if found.len() < MAX_REFERENCES && is_plain(name) {
            let start = place.map_or(of.range.start, |it| it.start);
            found.push((start, format!("{kind}/{}/{name}", namespace.unwrap_or_default())));
        }
    }
    found
}

/// Returns what other files call a resource by; `None` where that is known only once it is applied.
pub fn declared_id(resource: &Resource) -> Option<String> {
    let Resource { kind, namespace, name, .. } = resource;
    let is_known = !name.is_empty() && [kind, namespace, name].iter().all(|it| is_plain(it));
    is_known.then(|| format!("{kind}/{namespace}/{name}"))
}

fn is_plain(name: &str) -> bool {
    name.len() <= MAX_NAME && !name.contains(['/', '{', '$']) && !name.contains(char::is_whitespace)
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
                | "configMapGenerator.env"
                | "secretGenerator.files"
                | "secretGenerator.envs"
                | "secretGenerator.env"
                | "helmCharts.valuesFile"
                | "helmCharts.additionalValuesFiles"
                | "helmChartInflationGenerator.values"
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
                "RootFile { of: Some(\"GitRepository/s/flux\") } ./apps ./apps in line 5",
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
    fn providers_event_sources_values_files_and_generated_secrets_were_no_links() {
        check(
            "apiVersion: notification.toolkit.fluxcd.io/v1beta3\nkind: Alert\nmetadata: {name: a, namespace: flux-system}\nspec:\n  providerRef:\n    \
             name: chat\n  eventSources:\n  - kind: HelmRelease\n    name: '*'\n  - kind: GitRepository\n    name: deploy\n    namespace: ops\n",
            &[
                "Resource Provider/flux-system/chat chat in line 6",
                "Resource GitRepository/ops/deploy deploy in line 11",
            ],
        );
        check(
            "helmCharts:\n- name: a\n  valuesFile: values.yaml\nsecretGenerator:\n- name: t\n  files: [token=secret/token]\n  envs:\n  - .env\n",
            &[
                "File values.yaml values.yaml in line 3",
                "SecretFile secret/token token=secret/token in line 6",
                "SecretFile .env .env in line 8",
            ],
        );
        check(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a, namespace: ai}\nspec:\n  chart:\n    spec:\n      chart: \
             ./charts/a\n      sourceRef: {kind: GitRepository, name: g}\n",
            &[
                "RootFile { of: Some(\"GitRepository/ai/g\") } ./charts/a ./charts/a in line 7",
                "Resource GitRepository/ai/g g in line 8",
            ],
        );
        check(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: a}\nspec:\n  chart:\n    spec:\n      valuesFiles: \
             [values.yaml]\n      sourceRef: {kind: HelmRepository, name: h}\n",
            &["Resource HelmRepository//h h in line 8"],
        );
    }

    #[test]
    fn a_kustomization_declares_what_it_has_made() {
        let yaml =
            "namespace: ai\nconfigMapGenerator:\n- files: [values.yaml]\n  name: app-values\nsecretGenerator:\n- name: t\n  namespace: x\n";
        let keys = flat(&yaml::parse_document(yaml).unwrap());
        let declared = Declared::new(0..yaml.len(), keys, key_paths::entries(yaml));
        let found: Vec<String> = generated(&declared)
            .into_iter()
            .map(|(start, id)| format!("{id} in line {}", 1 + yaml[..start].matches('\n').count()))
            .collect();
        assert_eq!(found, ["ConfigMap/ai/app-values in line 4", "Secret/ai/t in line 6"]);
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
