//! What a document declares: one thing, or in a list of resources (`kind: List`, as `kubectl get -o yaml` writes it) each item by itself. Knows
//! keys with their paths; must not know YAML.

use std::{collections::BTreeMap, ops::Range};

use super::{entry::Entry, resource::Resource};

/// One thing that a file declares.
#[derive(Debug)]
pub(super) struct Declared {
    /// Of the file; those of a document follow each other without a gap.
    pub(super) range: Range<usize>,
    pub(super) resource: Option<Resource>,
    /// Scalars by key path.
    pub(super) keys: Vec<(String, String)>,
    pub(super) entries: Vec<Entry>,
}

impl Declared {
    pub(super) fn new(range: Range<usize>, keys: Vec<(String, String)>, entries: Vec<Entry>) -> Declared {
        Declared {
            resource: Resource::of_keys(&keys, range.clone()),
            range,
            keys,
            entries,
        }
    }

    /// Returns the list's head and its items, in order, where this is a list of resources; else this.
    pub(super) fn items(self) -> Vec<Declared> {
        if !self.resource.as_ref().is_some_and(|it| it.kind.ends_with("List")) {
            return vec![self];
        }
        let mut items: BTreeMap<usize, Vec<(String, String)>> = BTreeMap::new();
        for (path, value) in &self.keys {
            if let Some((index, path)) = of_item(path) {
                items.entry(index).or_default().push((path.to_owned(), value.clone()));
            }
        }
        if items.is_empty() || !items.values().all(|it| it.iter().any(|(path, _)| path == "kind")) {
            return vec![self];
        }
        let (mut entries, mut before, mut after) = (BTreeMap::<usize, Vec<Entry>>::new(), Vec::new(), Vec::new());
        for entry in self.entries {
            match of_item(&entry.path) {
                Some((index, path)) => entries.entry(index).or_default().push(Entry {
                    path: path.to_owned(),
                    ..entry
                }),
                // An item that is no map.
                None if entry.path.starts_with("items[") => {}
                None if entries.is_empty() => before.push(entry),
                None => after.push(entry),
            }
        }
        let end = after.first().map_or(self.range.end, |it| it.start);
        let mut starts: Vec<usize> = Vec::new();
        for index in items.keys() {
            let least = starts.last().copied().unwrap_or(self.range.start);
            let start = entries.get(index).and_then(|it| it.first()).map_or(least, |it| it.start);
            starts.push(start.clamp(least, end));
        }
        let mut keys = self.keys;
        keys.retain(|(path, _)| of_item(path).is_none());
        let mut all = vec![Declared::new(self.range.start..starts[0], keys, before)];
        for (nth, (index, keys)) in items.into_iter().enumerate() {
            let range = starts[nth]..starts.get(nth + 1).copied().unwrap_or(end);
            let mut entries = entries.remove(&index).unwrap_or_default();
            let above = entries.iter().map(|it| it.depth).min().unwrap_or(1) - 1;
            entries.iter_mut().for_each(|it| it.depth -= above);
            all.push(Declared::new(range, keys, entries));
        }
        if end < self.range.end {
            all.push(Declared::new(end..self.range.end, Vec::new(), after));
        }
        all
    }
}

/// Returns the item of a list of resources that a key is in, and the key's path within it.
fn of_item(path: &str) -> Option<(usize, &str)> {
    let (index, path) = path.strip_prefix("items[")?.split_once("].")?;
    Some((index.parse().ok()?, path))
}
