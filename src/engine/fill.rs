//! How the graphs of the vaults follow the index: what a commit changed goes in with it, and after a start the facts that the index stores,
//! a slice a step, so that nothing waits for them. Knows no files.

use std::{collections::HashSet, time::Instant};

use anyhow::Result;
use tracing::info;

use crate::{
    engine::{
        Engine,
        graph::{Facts, VaultGraph},
    },
    io::index::{FactsCursor, Searcher},
    model::path::NotePath,
};

/// Notes a step: some ten milliseconds.
const SLICE: usize = 512;

/// What a put or a removal changes in a graph.
#[derive(Debug)]
pub(super) enum GraphChange {
    Put(Facts),
    Remove,
}

/// The facts of the last run, on their way into the graphs.
#[derive(Debug)]
pub(super) struct Filling {
    snapshot: Searcher,
    cursor: FactsCursor,
    /// What has changed since: newer than the snapshot. By the root's number.
    changed: HashSet<(usize, NotePath)>,
    begun: Instant,
    files: usize,
}

impl Filling {
    pub(super) fn new(snapshot: Searcher) -> Filling {
        Filling {
            snapshot,
            cursor: FactsCursor::default(),
            changed: HashSet::new(),
            begun: Instant::now(),
            files: 0,
        }
    }
}

impl Engine {
    /// Lets the graphs follow what was put and removed.
    pub(super) fn update_graphs(&mut self) {
        for (at, root) in self.roots.iter().enumerate() {
            let changes = self.uncommitted.iter_mut().filter(|((root, _), _)| *root == at);
            let mut changes = changes.filter_map(|((_, path), it)| Some((path, it.change.take()?))).peekable();
            if changes.peek().is_none() {
                continue;
            }
            let mut graph = root.source.graph_mut();
            for (path, change) in changes {
                if let Some(filling) = &mut self.filling {
                    filling.changed.insert((at, path.clone()));
                }
                change.apply(path, &mut graph);
            }
        }
    }

    /// Takes one slice of the last run's facts into the graphs; says so when they are whole.
    pub(super) fn fill_graphs(&mut self) -> Result<()> {
        let Some(filling) = &mut self.filling else { return Ok(()) };
        let facts = filling.snapshot.facts(&mut filling.cursor, SLICE)?;
        filling.files += facts.len();
        if facts.is_empty() {
            // There was none before a first run.
            if filling.files > 0 {
                info!(
                    files = filling.files,
                    duration_ms = filling.begun.elapsed().as_millis() as u64,
                    "the links of the last run are known again"
                );
            }
            self.filling = None;
        }
        for (id, text) in facts {
            let Some(at) = self.roots.iter().position(|it| it.source.config.name == id.source) else {
                continue;
            };
            if let Some(filling) = &self.filling
                && !filling.changed.contains(&(at, id.path.clone()))
            {
                // The catalog's path, so that the two share one allocation.
                let path = self.roots[at]
                    .catalog
                    .entries
                    .get_key_value(&id.path)
                    .map_or(&id.path, |(path, _)| path);
                self.roots[at].source.graph_mut().put(path, Facts::from_text(&text)?);
            }
        }
        self.announce_graphs();
        Ok(())
    }

    /// Opens the graphs to readers once they hold all that the index does.
    pub(super) fn announce_graphs(&mut self) {
        if self.filling.is_none() && self.index.is_complete() {
            for root in self.roots.iter().filter(|it| !it.source.graph().is_whole()) {
                root.source.graph_mut().make_whole();
            }
        }
    }
}

impl GraphChange {
    fn apply(self, path: &NotePath, graph: &mut VaultGraph) {
        match self {
            GraphChange::Put(facts) => graph.put(path, facts),
            GraphChange::Remove => graph.remove(path),
        }
    }
}
