//! What the keys of a map tell together: that it is a Secret, a patch of one, a pair of name and value. Knows the words of manifests; must not know
//! what becomes of a value.

use std::collections::HashMap;

use super::{
    key,
    outline::{Scalar, Style},
};

/// What the keys of a map tell together.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Facts {
    pub(super) is_secret: bool,
    has_kind: bool,
    /// What its `items` are that do not say what they are.
    items: Items,
    /// The kind of secret that its `name` names.
    pub(super) named: Option<&'static str>,
    /// It says where a secret comes from: its `secretKey` is the name of one.
    pub(super) is_remote: bool,
    /// Its `target` is a Secret.
    pub(super) targets_secret: bool,
    pub(super) patch: Patch,
}

/// What a patch of JSON writes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Patch {
    #[default]
    None,
    /// `/data/..`: of a Secret or of a ConfigMap.
    Data,
    StringData,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Items {
    #[default]
    Unknown,
    /// Of a `List`: what has no kind may be anything.
    Anything,
    Secrets,
}

/// Returns what the maps tell that tell anything, by their group.
pub(super) fn read(text: &str, scalars: &[Scalar]) -> HashMap<usize, Facts> {
    let mut facts: HashMap<usize, Facts> = HashMap::new();
    for it in scalars.iter().filter(|it| it.is_key && &text[it.range.clone()] == "remoteRef") {
        facts.entry(it.group).or_default().is_remote = true;
    }
    for it in scalars
        .iter()
        .filter(|it| !it.is_key && it.group == 0 && it.style != Style::Comment)
    {
        let Some(above) = it.above.map(|it| &scalars[it]) else { continue };
        let outer = above.above.map(|it| &scalars[it]);
        let is_below = |name: &str| outer.is_some_and(|it| &text[it.range.clone()] == name);
        let value = text[it.range.clone()].trim();
        match &text[above.range.clone()] {
            "kind" => {
                let of_map = facts.entry(above.group).or_default();
                of_map.has_kind = true;
                match value {
                    "Secret" | "SealedSecret" | "ClusterSecret" => of_map.is_secret = true,
                    "SecretList" | "SealedSecretList" => of_map.items = Items::Secrets,
                    "List" => of_map.items = Items::Anything,
                    _ => (),
                }
                if of_map.is_secret
                    && is_below("target")
                    && let Some(outer) = outer
                {
                    facts.entry(outer.group).or_default().targets_secret = true;
                }
            }
            // A Secret by its type. What an ExternalSecret is to make is a template: its values are references, and what stands around them.
            "type" if (value == "Opaque" || is_type(value)) && !is_below("template") => {
                facts.entry(above.group).or_default().is_secret = true;
            }
            "path" if value == "/stringData" || value.starts_with("/stringData/") => {
                facts.entry(above.group).or_default().patch = Patch::StringData;
            }
            "path"
                if ["/data", "/binaryData"]
                    .iter()
                    .any(|it| value.strip_prefix(it).is_some_and(|it| it.is_empty() || it.starts_with('/'))) =>
            {
                facts.entry(above.group).or_default().patch = Patch::Data;
            }
            "name" | "Name" | "key" | "Key" | "path" | "id" | "variable" | "variable_name" | "parameter" | "ParameterKey" | "header" => {
                let last = value.rsplit(['/', '.']).next().unwrap_or(value);
                if let Some(kind) = key::kind_of(last) {
                    facts.entry(above.group).or_default().named = Some(kind);
                }
            }
            _ => (),
        }
    }
    facts
}

fn is_type(value: &str) -> bool {
    const TYPES: [&str; 7] = [
        "service-account-token",
        "dockercfg",
        "dockerconfigjson",
        "basic-auth",
        "ssh-auth",
        "tls",
        "token",
    ];
    let name = value
        .strip_prefix("kubernetes.io/")
        .or_else(|| value.strip_prefix("bootstrap.kubernetes.io/"));
    name.is_some_and(|it| TYPES.contains(&it)) || value.starts_with("helm.sh/release")
}

/// Tells whether the map of a key is a Secret, by itself or by the list that it is an item of.
pub(super) fn is_secret(facts: &HashMap<usize, Facts>, text: &str, scalars: &[Scalar], key: &Scalar) -> bool {
    let of_map = facts.get(&key.group).copied().unwrap_or_default();
    let list = key.above.map(|it| &scalars[it]).filter(|it| &text[it.range.clone()] == "items");
    let items = list.and_then(|it| facts.get(&it.group)).map_or(Items::Unknown, |it| it.items);
    of_map.is_secret || items == Items::Secrets || items == Items::Anything && !of_map.has_kind
}
