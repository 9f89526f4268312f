//! A vault's graph for one request: 503 while it is being filled, and which file of it a path means. Knows no resource.

use std::sync::Arc;

use crate::{
    engine::{graph::VaultGraph, handle::Source},
    http::{
        AppState,
        auth::Caller,
        notes::load::spellings,
        problem::{Problem, ProblemKind},
    },
    model::path::NotePath,
};

/// Runs a piece of work on the graph of a source when its turn comes.
pub async fn with_graph<T: Send + 'static>(
    state: &AppState,
    source: &Arc<Source>,
    work: impl FnOnce(&VaultGraph) -> T + Send + 'static,
) -> Result<T, Problem> {
    let source = Arc::clone(source);
    let run = move || {
        let graph = source.graph();
        if !graph.is_whole() {
            return Err(not_ready());
        }
        Ok(work(&graph))
    };
    state.work.run(run).await?
}

/// Returns what is answered while a graph is being filled.
pub fn not_ready() -> Problem {
    Problem::new(ProblemKind::NotReady, "the links of the vault are being read").retry_after_ms(1000)
}

/// Returns the file that a path means, `.md` added where it was left out; `None` for what is not there or not for this caller.
pub fn file_of(graph: &VaultGraph, caller: &Caller, path: &NotePath) -> Option<NotePath> {
    spellings(path).into_iter().find(|it| caller.sees(it) && graph.holds(it))
}
