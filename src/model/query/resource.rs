//! Conditions on one document of a config file: those on its kind, name, image .. are met by the same one. Knows how its facts are put together
//! (`config_file::record`); knows no files.

use crate::model::{
    config_file::record,
    query::{Condition, ResourceTest, pattern::Finder},
};

/// A test made ready to be asked about many documents.
#[derive(Debug)]
pub struct ResourceFinder {
    facts: Vec<(&'static str, Finder)>,
}

impl ResourceFinder {
    /// Returns the finder. Fails only for an invalid regular expression.
    pub fn new(test: &ResourceTest) -> Result<ResourceFinder, String> {
        let facts = test.facts.iter().map(|(name, pattern)| Ok((*name, Finder::new(pattern)?)));
        Ok(ResourceFinder {
            facts: facts.collect::<Result<_, String>>()?,
        })
    }

    /// Says whether the document with this record passes.
    pub fn is_match(&self, record: &str) -> bool {
        let holds = |(name, finder): &(&str, Finder)| record::values(record, name).any(|it| finder.is_match(it));
        self.facts.iter().all(holds)
    }
}

/// Returns what a condition wants of one document, to be met by all of it; a document that does is what the caller means.
pub fn wanted(condition: &Condition) -> Vec<ResourceTest> {
    match condition {
        Condition::And(parts) => parts.iter().flat_map(wanted).collect(),
        Condition::Resource(test) => vec![test.clone()],
        Condition::Field { name, pattern } => vec![ResourceTest {
            facts: vec![(name, pattern.clone())],
        }],
        _ => Vec::new(),
    }
}

/// These say which resource is meant.
const IDENTITY: [&str; 3] = ["kind", "namespace", "name"];

/// Returns the conditions with those on facts as one on a single document, where there are at least two and one says which is meant: whoever
/// asks for `kind:HelmRelease name:a` wants neither another release nor another thing called so. Of two kinds or names each is asked for by
/// itself, and so are images and ports without either: a Deployment has the one, its Service the other.
pub(super) fn joined(conditions: Vec<Condition>) -> Vec<Condition> {
    let mut test = ResourceTest::default();
    let mut others = Vec::new();
    for condition in conditions.iter().cloned() {
        match condition {
            Condition::Field { name, pattern } if !test.facts.iter().any(|it| it.0 == name) => test.facts.push((name, pattern)),
            other => others.push(other),
        }
    }
    if test.facts.len() < 2 || !test.facts.iter().any(|it| IDENTITY.contains(&it.0)) {
        return conditions;
    }
    others.push(Condition::Resource(test));
    others
}
