//! What of a document operators ask for: images, charts, hosts, ports. Knows by which keys these are written; must not know documents or text.

use super::{images, ports::is_port_key, resource::Resource};

/// Longer values are no names.
const MAX_VALUE: usize = 300;

/// Names and values, in order.
pub(super) type Facts = Vec<(&'static str, String)>;

/// Returns names and values, in order: `resource`, `kind`, `namespace`, `name`, `image`, `chart`, `version`, `host`, `port`. Values may repeat.
pub(super) fn facts(resource: Option<&Resource>, keys: &[(String, String)]) -> Facts {
    let mut facts = Vec::new();
    if let Some(it) = resource {
        let all = [
            ("resource", it.id()),
            ("kind", it.kind.clone()),
            ("namespace", it.namespace.clone()),
            ("name", it.name.clone()),
        ];
        facts.extend(all);
    }
    for (at, (path, value)) in keys.iter().enumerate() {
        let (parent, key) = path.rsplit_once('.').unwrap_or(("", path));
        if path.starts_with("data.") && value.contains('\n') && resource.is_some_and(|it| it.kind == "ConfigMap") {
            // A file of its own, such as the configuration of nginx.
            facts.extend(images::facts(value));
            continue;
        }
        let sibling = |name: &str| sibling(keys, at, parent, name);
        let (name, index) = key.split_once('[').unwrap_or((key, ""));
        match name {
            // `Image=` of a Quadlet unit.
            "image" | "Image" => facts.push(("image", value.clone())),
            "repository" => facts.extend(image(value, sibling("registry"), sibling("tag"), sibling("digest")).map(|it| ("image", it))),
            "newTag" if parent.starts_with("images[") => {
                let name = sibling("newName").or_else(|| sibling("name")).unwrap_or_default();
                facts.push(("image", image_of(name, Some(value))));
            }
            "newName" if parent.starts_with("images[") && sibling("newTag").is_none() => facts.push(("image", value.clone())),
            "chart" if path == "spec.chart.spec.chart" || is_argo(parent) => facts.push(("chart", value.clone())),
            "version" if path == "spec.chart.spec.version" => facts.push(("version", value.clone())),
            "targetRevision" if is_argo(parent) && sibling("chart").is_some() => facts.push(("version", value.clone())),
            // A chart that a Kustomization or another chart takes in.
            "name" if is_chart(parent) && sibling("version").is_some() => facts.push(("chart", value.clone())),
            "version" if is_chart(parent) => facts.push(("version", value.clone())),
            // A chart itself (`Chart.yaml`).
            "name" if path == "name" && is_chart_file(keys) => facts.push(("chart", value.clone())),
            "version" | "appVersion" if parent.is_empty() && is_chart_file(keys) => facts.push(("version", value.clone())),
            // The chart of a Flux OCIRepository.
            "tag" | "semver" if *path == format!("spec.ref.{name}") && resource.is_some_and(|it| it.kind == "OCIRepository") => {
                facts.push(("version", value.clone()));
            }
            "host" | "hostname" | "hosts" | "hostnames" | "dnsNames" | "commonName" if is_host(value) => {
                facts.push(("host", value.clone()));
            }
            _ if is_port(value) && (is_port_key(name) || is_of_ports(parent, name)) => facts.push(("port", value.clone())),
            // `PublishPort=` of a Quadlet unit.
            "ports" | "PublishPort" if !index.is_empty() || name == "PublishPort" => {
                let ports = value.split('/').next().unwrap_or(value).split(':').filter(|it| is_port(it));
                facts.extend(ports.map(|it| ("port", it.to_owned())));
            }
            _ => {}
        }
    }
    facts.retain(|(_, value)| !value.is_empty() && value.len() <= MAX_VALUE && !value.chars().any(char::is_control));
    facts
}

/// Says whether what is around a key says that it is a port: `port: {number: 80}`, `ports: {http: 80}`, the variable `PORT` of a container.
fn is_of_ports(parent: &str, key: &str) -> bool {
    let around = parent.rsplit('.').next().unwrap_or(parent);
    if let Some((_, variable)) = around.split_once('[') {
        return key == "value" && is_port_key(variable.trim_end_matches(']'));
    }
    key == "number" && is_port_key(around) || around.eq_ignore_ascii_case("ports") || around.ends_with("Ports")
}

/// Returns a value beside the one at `at`: the keys of a map follow each other, and only near ones are looked at.
fn sibling<'k>(keys: &'k [(String, String)], at: usize, parent: &str, name: &str) -> Option<&'k str> {
    const NEAR: usize = 12;
    let near = &keys[at.saturating_sub(NEAR)..keys.len().min(at + NEAR)];
    let is_it = |path: &str| match path.strip_prefix(parent) {
        Some(rest) => rest.strip_prefix('.').unwrap_or(if parent.is_empty() { rest } else { "" }) == name,
        None => false,
    };
    near.iter().find(|(path, _)| is_it(path)).map(|(_, value)| value.as_str())
}

/// An Argo CD Application names its chart there.
fn is_argo(parent: &str) -> bool {
    parent == "spec.source" || parent.starts_with("spec.sources[")
}

fn is_chart(parent: &str) -> bool {
    ["dependencies[", "helmCharts["].iter().any(|it| parent.starts_with(it)) && !parent.contains('.')
}

/// Only a chart has an API version of Helm's and no kind.
fn is_chart_file(keys: &[(String, String)]) -> bool {
    let has = |wanted: &dyn Fn(&str, &str) -> bool| keys.iter().any(|(path, value)| wanted(path, value));
    has(&|path, value| path == "apiVersion" && matches!(value, "v1" | "v2")) && !has(&|path, _| path == "kind")
}

/// The repository of an image; without a tag beside it may be one of Git or Helm.
fn image(repository: &str, registry: Option<&str>, tag: Option<&str>, digest: Option<&str>) -> Option<String> {
    if repository.contains("://") || (registry, tag, digest) == (None, None, None) {
        return None;
    }
    let registry = registry.filter(|it| !it.is_empty()).map(|it| format!("{it}/")).unwrap_or_default();
    Some(image_of(&format!("{registry}{repository}"), tag))
}

fn image_of(name: &str, tag: Option<&str>) -> String {
    match tag.filter(|it| !it.is_empty()) {
        Some(tag) => format!("{name}:{tag}"),
        None => name.to_owned(),
    }
}

fn is_host(value: &str) -> bool {
    value.contains('.') && value.bytes().all(|it| it.is_ascii_alphanumeric() || b"-._*:".contains(&it))
}

fn is_port(value: &str) -> bool {
    value.parse::<u16>().is_ok_and(|it| it > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{config_file::resource::flat, yaml};

    fn check(yaml: &str, expected: &[&str]) {
        let keys = flat(&yaml::parse_document(yaml).unwrap());
        let found = facts(Resource::of_keys(&keys, 0..0).as_ref(), &keys);
        let found: Vec<String> = found.iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(found, expected, "{yaml}");
    }

    #[test]
    fn images_are_found_whole_and_from_their_parts() {
        check("a:\n  image: nginx:1.27\n", &["image=nginx:1.27"]);
        check("image: {repository: ghcr.io/x/y, tag: v1}\n", &["image=ghcr.io/x/y:v1"]);
        check(
            "image: {registry: docker.io, repository: x/y, tag: v1}\n",
            &["image=docker.io/x/y:v1"],
        );
        check("images: [{name: x/y, newTag: v2}]\n", &["image=x/y:v2"]);
        check("repository: https://x/y\n", &[]);
    }

    #[test]
    fn resources_hosts_and_ports_are_found() {
        check(
            "kind: Ingress\nmetadata: {name: web, namespace: ai}\nspec:\n  rules:\n  - host: a.example.org\n    x: {port: {number: 1}}\n  tls:\n  - hosts: [b.example.org, none]\n  ports: [{port: 80, targetPort: http}]\n",
            &[
                "resource=Ingress/ai/web",
                "kind=Ingress",
                "namespace=ai",
                "name=web",
                "host=a.example.org",
                "port=1",
                "host=b.example.org",
                "port=80",
            ],
        );
        check(
            "primary: {service: {ports: {postgresql: 5432, name: x}}, replicas: 443}\n",
            &["port=5432"],
        );
        check(
            "env: [{name: DB_PORT, value: \"5432\"}, {name: SIZE, value: \"443\"}]\n",
            &["port=5432"],
        );
        check(
            "a: {metricsPort: 9100, http-port: 80, report: 7, port: none}\n",
            &["port=9100", "port=80"],
        );
        check(
            "kind: Application\nspec: {source: {chart: app, targetRevision: 1.2.3}}\n",
            &["resource=Application/", "kind=Application", "chart=app", "version=1.2.3"],
        );
        check(
            "apiVersion: v2\nname: mine\nversion: 0.3.0\ndependencies: [{name: redis, version: 18.x}]\n",
            &["chart=mine", "version=0.3.0", "chart=redis", "version=18.x"],
        );
        check("services: {a: {ports: [\"8080:80/tcp\"]}}\n", &["port=8080", "port=80"]);
        check(
            "kind: HelmRelease\nspec: {chart: {spec: {chart: app, version: 1.2.x}}}\n",
            &["resource=HelmRelease/", "kind=HelmRelease", "chart=app", "version=1.2.x"],
        );
    }
}
