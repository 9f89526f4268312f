//! Conditions on one resource of a config file, by the name that the file's property `resource` lists for it. Knows how that is spelled,
//! `Kind/namespace/name` or `Kind/name`; knows no files.

use crate::model::query::{Condition, Pattern, ResourceTest, pattern::Finder};

/// The property that lists the resources of a config file.
pub const PROPERTY: &str = "resource";

/// A test made ready to be asked about many resources.
#[derive(Debug)]
pub struct ResourceFinder {
    kind: Option<Finder>,
    namespace: Option<Finder>,
    name: Option<Finder>,
}

impl ResourceFinder {
    /// Returns the finder. Fails only for an invalid regular expression.
    pub fn new(test: &ResourceTest) -> Result<ResourceFinder, String> {
        let finder = |it: &Option<Pattern>| it.as_ref().map(Finder::new).transpose();
        Ok(ResourceFinder {
            kind: finder(&test.kind)?,
            namespace: finder(&test.namespace)?,
            name: finder(&test.name)?,
        })
    }

    /// Says whether the resource called so passes.
    pub fn is_match(&self, resource: &str) -> bool {
        let (kind, rest) = resource.split_once('/').unwrap_or((resource, ""));
        let (namespace, name) = rest.split_once('/').unwrap_or(("", rest));
        let holds = |finder: &Option<Finder>, value: &str| finder.as_ref().is_none_or(|it| it.is_match(value));
        holds(&self.kind, kind) && holds(&self.namespace, namespace) && holds(&self.name, name)
    }
}

/// Returns the conditions with those on kind, namespace and name as one on a single resource, where there are at least two: whoever asks for
/// `kind:HelmRelease name:a` wants neither another release nor another thing called so.
pub(super) fn joined(conditions: Vec<Condition>) -> Vec<Condition> {
    let mut test = ResourceTest::default();
    let mut count = 0;
    let mut others = Vec::new();
    for condition in conditions.iter().cloned() {
        let slot = match &condition {
            Condition::Field { name: "kind", .. } => &mut test.kind,
            Condition::Field { name: "namespace", .. } => &mut test.namespace,
            Condition::Field { name: "name", .. } => &mut test.name,
            _ => {
                others.push(condition);
                continue;
            }
        };
        match condition {
            Condition::Field { pattern, .. } if slot.is_none() => {
                *slot = Some(pattern);
                count += 1;
            }
            second => others.push(second),
        }
    }
    if count < 2 {
        return conditions;
    }
    others.push(Condition::Resource(test));
    others
}
