//! Which Kubernetes resources a changed file changes, key by key. Knows identities and scalars; lets no secret through.

use std::{collections::BTreeMap, sync::LazyLock};

use regex::Regex;

use super::resource::Resource;
use crate::model::{
    pull_request::{Change, KeyChange, ResourceChange},
    secrets,
};

/// How many changed keys are listed.
const MAX_KEYS: usize = 20;
const MAX_VALUE: usize = 200;

static SECRET_KEY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(password|passwd|passphrase|secret|token|credential|(api|access|private|secret|auth|encryption)[_-]?key)s?\d{0,2}$")
        .expect("the pattern is constant")
});

/// Returns the resources that a file's change adds, modifies and removes, by kind, namespace and name; `None` where there was or is no file.
/// A resource whose scalars stay is not listed.
pub fn changes(path: &str, before: Option<&str>, after: Option<&str>) -> Vec<ResourceChange> {
    let by_identity = |text: Option<&str>| {
        let resources = text.map(|it| super::resources(path, it)).unwrap_or_default();
        let named = resources
            .into_iter()
            .map(|it| ((it.kind.clone(), it.namespace.clone(), it.name.clone()), it));
        named.collect::<BTreeMap<_, _>>()
    };
    let (before, mut after) = (by_identity(before), by_identity(after));
    let mut changes = Vec::new();
    for (identity, old) in before {
        match after.remove(&identity) {
            None => changes.push(whole(path, old, Change::Removed)),
            Some(new) if new.keys != old.keys => changes.push(modified(path, &old, new)),
            Some(_) => {}
        }
    }
    changes.extend(after.into_values().map(|it| whole(path, it, Change::Added)));
    changes.sort();
    changes
}

fn whole(path: &str, it: Resource, change: Change) -> ResourceChange {
    ResourceChange {
        path: path.to_owned(),
        api_version: it.api_version,
        kind: it.kind,
        namespace: it.namespace,
        name: it.name,
        change,
        keys: Vec::new(),
        keys_total: 0,
    }
}

fn modified(path: &str, old: &Resource, new: Resource) -> ResourceChange {
    let mut keys: Vec<&String> = old
        .keys
        .keys()
        .chain(new.keys.keys().filter(|it| !old.keys.contains_key(*it)))
        .collect();
    keys.retain(|it| old.keys.get(*it) != new.keys.get(*it));
    keys.sort();
    let is_secret = new.kind == "Secret" || old.kind == "Secret";
    let shown = |key: &String, it: &Resource| it.keys.get(key).map(|value| shown(key, value, is_secret));
    let listed = keys.iter().take(MAX_KEYS).map(|&key| KeyChange {
        key: key.clone(),
        before: shown(key, old),
        after: shown(key, &new),
    });
    let (listed, keys_total) = (listed.collect(), keys.len());
    ResourceChange {
        keys: listed,
        keys_total,
        ..whole(path, new, Change::Modified)
    }
}

/// Returns a value as it may be shown: masked where its key or its shape tells a secret, and not too long.
fn shown(key: &str, value: &str, in_secret: bool) -> String {
    let last = key.rsplit(['.', ']']).next().unwrap_or(key);
    let is_data = in_secret && (key.starts_with("data") || key.starts_with("stringData") || key.contains("last-applied"));
    let is_marked = value.starts_with("[redacted:") || value.starts_with("ENC[") || value.starts_with('$') || value.is_empty();
    if (is_data || SECRET_KEY.is_match(last)) && !is_marked {
        return "[redacted:secret]".to_owned();
    }
    let name = format!("{last}: ");
    let line = format!("{name}{value}");
    let masked = secrets::mask(&line);
    let value = masked.strip_prefix(name.as_str()).unwrap_or("[redacted:secret]");
    if value.chars().count() <= MAX_VALUE {
        return value.to_owned();
    }
    let cut: String = value.chars().take(MAX_VALUE).collect();
    format!("{cut}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: Option<&str>, after: Option<&str>, expected: &[&str]) {
        let found = changes("a.yaml", before, after);
        let mut lines = Vec::new();
        for it in found {
            lines.push(format!(
                "{:?} {} {}/{} {}",
                it.change, it.kind, it.namespace, it.name, it.keys_total
            ));
            lines.extend(
                it.keys
                    .into_iter()
                    .map(|it| format!("{}: {:?} -> {:?}", it.key, it.before, it.after)),
            );
        }
        assert_eq!(lines, expected);
    }

    const OLD: &str =
        "kind: Deployment\nmetadata: {name: a, namespace: n}\nspec:\n  replicas: 1\n  containers:\n  - {name: app, image: x:1}\n";

    #[test]
    fn changes_are_told_by_resource_and_key() {
        check(Some(OLD), Some(OLD), &[]);
        let new = OLD.replace("x:1", "x:2").replace("  replicas: 1\n", "");
        check(
            Some(OLD),
            Some(&new),
            &[
                "Modified Deployment n/a 2",
                "spec.containers[app].image: Some(\"x:1\") -> Some(\"x:2\")",
                "spec.replicas: Some(\"1\") -> None",
            ],
        );
        check(None, Some(OLD), &["Added Deployment n/a 0"]);
        check(Some(OLD), None, &["Removed Deployment n/a 0"]);
        check(
            Some(OLD),
            Some(&format!("{OLD}---\nkind: Service\nmetadata: {{name: s}}\n")),
            &["Added Service /s 0"],
        );
    }

    #[test]
    fn no_secret_is_shown() {
        let check = |yaml: &str| {
            let found = changes("a.yaml", Some("kind: Secret\nmetadata: {name: a}\n"), Some(yaml));
            let shown = format!("{found:?}");
            assert!(
                shown.contains("redacted") && !shown.contains("hunter2") && !shown.contains("aHVudGVyMg"),
                "{shown}"
            );
        };
        check("kind: Secret\nmetadata: {name: a}\ndata: {x: aHVudGVyMg==}\n");
        check("kind: Secret\nmetadata: {name: a}\nstringData:\n  x: |\n    hunter2\n");
        check("kind: Secret\nmetadata: {name: a}\nspec: {password: hunter2}\n");
        check("kind: Secret\nmetadata: {name: a}\nspec: {url: \"postgres://me:hunter2hunter2@db/x\"}\n");
    }
}
