//! Judges a vault piece by piece, so that the engine's writes wait for some milliseconds and not for the whole vault. Knows when the graph is held;
//! what is odd is `model::lint`'s.

use crate::{
    engine::handle::Source,
    model::{
        lint::{self, Finding},
        path::NotePath,
    },
};

/// How many links are looked at while the graph is held: 4 ms.
const LINKS_AT_ONCE: usize = 2_000;

impl Source {
    /// Returns what is odd in the files that are to be judged, in order; `None` while the graph is not whole. Files beyond `within` do not
    /// exist for it. Each note is judged by one state of the vault, two notes perhaps by two. Blocking: call from `spawn_blocking`.
    pub fn lint(&self, within: Option<&str>, judged: impl Fn(&NotePath) -> bool) -> Option<Vec<Finding>> {
        let mut findings = {
            let graph = self.graph();
            graph.is_whole().then(|| graph.lint_files(within, &judged))?
        };
        let mut after = None;
        // The guard lives for one turn of the loop.
        while let Some(more) = lint::of_links(self.graph().links(within), &mut after, LINKS_AT_ONCE, &judged) {
            findings.extend(more);
        }
        findings.sort();
        Some(findings)
    }
}
