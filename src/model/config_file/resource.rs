//! What one YAML document declares: a Kubernetes resource with its scalars by key path, or any document's scalars. Knows how lists are named;
//! must not know what single keys mean.

use std::{collections::BTreeMap, ops::Range};

use crate::model::yaml::Value;

/// No more scalars of a document are listed, and no longer key paths.
const MAX_KEYS: usize = 20_000;
const MAX_PATH: usize = 512;

/// A Kubernetes resource of a config file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// `apps/v1`
    pub api_version: String,
    pub kind: String,
    /// Empty for none.
    pub namespace: String,
    pub name: String,
    /// The document, in bytes of the file.
    pub range: Range<usize>,
    /// The scalars by key path; items of a list by their name where all have one: `spec.containers[app].image`.
    pub keys: BTreeMap<String, String>,
}

impl Resource {
    /// Returns the resource whose scalars these are; `None` for a document without a kind.
    pub(super) fn of_keys(keys: &[(String, String)], range: Range<usize>) -> Option<Resource> {
        let get = |path: &str| keys.iter().find(|(it, _)| it == path).map(|(_, value)| value.clone());
        Some(Resource {
            kind: get("kind").filter(|it| !it.is_empty() && !it.contains(char::is_whitespace))?,
            api_version: get("apiVersion").unwrap_or_default(),
            namespace: get("metadata.namespace").unwrap_or_default(),
            name: get("metadata.name").or_else(|| get("metadata.generateName")).unwrap_or_default(),
            range,
            keys: keys.iter().cloned().collect(),
        })
    }

    /// Returns what a search or a condition names it by: `HelmRelease/ai/openclaw`, without a namespace `Namespace/ai`.
    pub fn id(&self) -> String {
        match self.namespace.as_str() {
            "" => format!("{}/{}", self.kind, self.name),
            namespace => format!("{}/{namespace}/{}", self.kind, self.name),
        }
    }

    /// Returns what its part of the file is called: `HelmRelease ai/openclaw (helm.toolkit.fluxcd.io/v2)`.
    pub(super) fn title(&self) -> String {
        let mut title = self.short_title();
        if !self.api_version.is_empty() {
            title.push_str(&format!(" ({})", self.api_version));
        }
        title
    }

    /// Returns the title without the version.
    pub(super) fn short_title(&self) -> String {
        let namespace = if self.namespace.is_empty() {
            String::new()
        } else {
            format!("{}/", self.namespace)
        };
        format!("{} {namespace}{}", self.kind, self.name)
            .trim_end_matches([' ', '/'])
            .to_owned()
    }
}

/// Returns the scalars of a value with their key paths, in order. Bounded.
pub(super) fn flat(value: &Value) -> Vec<(String, String)> {
    let mut keys = Vec::new();
    add(value, &mut String::new(), &mut keys);
    keys
}

fn add(value: &Value, path: &mut String, keys: &mut Vec<(String, String)>) {
    if keys.len() >= MAX_KEYS || path.len() > MAX_PATH {
        return;
    }
    let length = path.len();
    match value {
        Value::Map(entries) => {
            for (key, value) in entries {
                if length > 0 {
                    path.push('.');
                }
                path.push_str(key);
                add(value, path, keys);
                path.truncate(length);
            }
        }
        Value::List(items) => {
            let names: Vec<Option<&str>> = items.iter().map(name_of).collect();
            let mut known = std::collections::HashSet::new();
            let are_named = names.iter().all(|it| it.is_some_and(|it| known.insert(it)));
            for (index, value) in items.iter().enumerate() {
                match names[index].filter(|_| are_named) {
                    Some(name) => path.push_str(&format!("[{name}]")),
                    None => path.push_str(&format!("[{index}]")),
                }
                add(value, path, keys);
                path.truncate(length);
            }
        }
        scalar => keys.extend(scalar.scalar_text().map(|it| (path.clone(), it))),
    }
}

fn name_of(item: &Value) -> Option<&str> {
    let Value::Map(entries) = item else { return None };
    let name = entries.iter().find(|(key, _)| key == "name").and_then(|(_, value)| value.as_str());
    name.filter(|it| !it.is_empty() && it.len() <= 100)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::yaml;

    #[test]
    fn scalars_have_paths_and_lists_have_names() {
        let yaml = "kind: Deployment\nmetadata: {name: a, namespace: n}\nspec:\n  c:\n  - {name: app, image: x}\n  - {name: side, image: y}\n  args: [1, true]\n";
        let keys = flat(&yaml::parse_document(yaml).unwrap());
        let found: Vec<String> = keys.iter().map(|(path, value)| format!("{path}={value}")).collect();
        assert_eq!(
            found,
            [
                "kind=Deployment",
                "metadata.name=a",
                "metadata.namespace=n",
                "spec.c[app].name=app",
                "spec.c[app].image=x",
                "spec.c[side].name=side",
                "spec.c[side].image=y",
                "spec.args[0]=1",
                "spec.args[1]=true",
            ]
        );
        let resource = Resource::of_keys(&keys, 0..1).unwrap();
        assert_eq!(
            (resource.id().as_str(), resource.title().as_str()),
            ("Deployment/n/a", "Deployment n/a")
        );
    }
}
