//! The targets that links name, each text once: in a vault most are named by many links. Knows texts and who names them; knows no file.

use std::{
    collections::BTreeSet,
    hash::{DefaultHasher, Hash, Hasher},
};

use crate::model::links::key::{name_hash, wanted_key};

/// The parser has decoded the targets of Markdown links.
pub(super) const ALREADY_DECODED: bool = false;

/// Targets by number, with the sources that name them.
#[derive(Debug, Clone, Default)]
pub(super) struct Targets {
    /// By number.
    targets: Vec<Target>,
    /// Numbers that nobody names any more.
    free: Vec<u32>,
    /// The hash of each target's name, that of its whole text, its number: a link can lead only to files whose name has the hash of its own.
    by_name: BTreeSet<(u32, u32, u32)>,
}

#[derive(Debug, Clone, Default)]
struct Target {
    text: Box<str>,
    /// The ids of the sources, in order.
    sources: Vec<u32>,
}

impl Targets {
    /// Takes down that a source names this target, and returns the target's number.
    pub(super) fn add(&mut self, text: &str, source: u32) -> u32 {
        let (name, whole) = hashes(text);
        let same_hash = self.by_name.range((name, whole, 0)..=(name, whole, u32::MAX));
        let known = same_hash.map(|it| it.2).find(|it| self.text(*it) == text);
        let number = known.unwrap_or_else(|| self.insert(text, (name, whole)));
        let sources = &mut self.targets[number as usize].sources;
        if let Err(at) = sources.binary_search(&source) {
            sources.insert(at, source);
        }
        number
    }

    /// Takes down that a source does not name this target any more; said twice, it means no more.
    pub(super) fn forget(&mut self, number: u32, source: u32) {
        let target = &mut self.targets[number as usize];
        let Ok(at) = target.sources.binary_search(&source) else {
            return;
        };
        target.sources.remove(at);
        if target.sources.is_empty() {
            let (name, whole) = hashes(&target.text);
            *target = Target::default();
            self.by_name.remove(&(name, whole, number));
            self.free.push(number);
        }
    }

    pub(super) fn text(&self, number: u32) -> &str {
        &self.targets[number as usize].text
    }

    /// Returns the targets that may lead to files whose name has this hash, each with the ids of its sources.
    pub(super) fn named(&self, name: u32) -> impl Iterator<Item = (u32, &[u32])> {
        let numbers = self.by_name.range((name, 0, 0)..=(name, u32::MAX, u32::MAX)).map(|it| it.2);
        numbers.map(|it| (it, self.targets[it as usize].sources.as_slice()))
    }

    /// Returns how many targets are named.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        assert_eq!(self.by_name.len(), self.targets.len() - self.free.len());
        self.by_name.len()
    }

    fn insert(&mut self, text: &str, (name, whole): (u32, u32)) -> u32 {
        let target = Target {
            text: text.into(),
            sources: Vec::with_capacity(1),
        };
        let number = self.free.pop().unwrap_or(self.targets.len() as u32);
        match self.targets.get_mut(number as usize) {
            Some(free) => *free = target,
            None => self.targets.push(target),
        }
        self.by_name.insert((name, whole, number));
        number
    }
}

/// Returns the hash of a target's name and that of its whole text.
fn hashes(text: &str) -> (u32, u32) {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    (name_hash(&wanted_key(text, ALREADY_DECODED)), hasher.finish() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_lives_as_long_as_someone_names_it() {
        let mut targets = Targets::default();
        let number = targets.add("Hub#a", 1);
        assert_eq!((targets.add("Hub#a", 1), targets.add("Hub#a", 0)), (number, number));
        let other = targets.add("hub", 1);
        let named = |targets: &Targets| {
            targets
                .named(name_hash("hub.md"))
                .map(|(it, sources)| (it, sources.to_vec()))
                .collect::<BTreeSet<_>>()
        };
        assert_eq!(named(&targets), [(number, vec![0, 1]), (other, vec![1])].into());
        targets.forget(number, 1);
        targets.forget(number, 1);
        targets.forget(number, 0);
        assert_eq!(named(&targets), [(other, vec![1])].into());
        assert_eq!((targets.add("new", 5), targets.text(number)), (number, "new"));
    }
}
