//! A snapshot as its users hold it. Knows what belongs together; how a search goes is for `search`.

use std::sync::Arc;

use anyhow::Result;

use crate::io::index::{
    arrays::Kept,
    request::{SearchAnswer, SearchRequest, Visible},
    search,
    segment::Segment,
    view::{View, Views},
};

/// A snapshot of the index: no later change alters it.
#[derive(Debug)]
pub struct Searcher {
    pub(super) segments: Vec<Arc<Segment>>,
    generation: u64,
    views: Views,
    arrays: Kept,
}

impl Searcher {
    pub(super) fn new(segments: Vec<Arc<Segment>>, generation: u64) -> Searcher {
        Searcher {
            segments,
            generation,
            views: Views::default(),
            arrays: Kept::default(),
        }
    }

    /// Answers one search.
    pub fn search(&self, request: &SearchRequest) -> Result<SearchAnswer> {
        let mut arrays = self.arrays.take(&self.segments);
        let answer = search::search(&self.segments, &self.view(&request.visible), request, &mut arrays)?;
        self.arrays.give_back(arrays);
        Ok(answer)
    }

    /// Returns the number of the commit that this snapshot shows.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Returns how many notes the snapshot holds.
    pub fn notes(&self) -> usize {
        self.segments.iter().map(|it| it.alive.iter().filter(|&&it| it).count()).sum()
    }

    /// Returns the snapshot as one sees it who may read this.
    pub(super) fn view(&self, visible: &[Visible]) -> Arc<View> {
        self.views.of(&self.segments, visible)
    }
}
