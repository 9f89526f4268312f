//! Which passages of a config file lie in the document that a query asks for: `kind:Service name:web` is answered with that Service, not with what
//! stands before it in the file. Knows conditions on documents; the file's text says where these stand.

use std::sync::Arc;

use anyhow::{Result, anyhow};

use crate::{
    io::index::{
        condition::{Texts, stored_path},
        segment::Segment,
    },
    model::{
        config_file,
        passage::passages,
        query::{
            Condition,
            resource::{ResourceFinder, wanted},
        },
    },
};

/// What a query asks of one document.
pub(super) struct Asked {
    finders: Vec<ResourceFinder>,
}

impl Asked {
    pub(super) fn new(condition: &Condition) -> Result<Asked> {
        let finders = wanted(condition).iter().map(ResourceFinder::new).collect::<Result<_, _>>();
        Ok(Asked {
            finders: finders.map_err(|why| anyhow!("compile a condition: {why}"))?,
        })
    }

    /// Says for each passage of a note whether a document begins it or goes on in it that meets most of what is asked; nothing where no
    /// document is asked for.
    pub(super) fn passages(&self, segment: &Arc<Segment>, note: usize) -> Result<Vec<bool>> {
        if self.finders.is_empty() || segment.passages(note).len() < 2 {
            return Ok(Vec::new());
        }
        let text = Texts::of(segment)?.read(note)?;
        let file = config_file::read(&stored_path(segment.path(note))?, &text);
        let met = |record: &str| self.finders.iter().filter(|it| it.is_match(record)).count();
        let most = file.documents.iter().map(|it| met(&it.1)).max().unwrap_or(0);
        let meant: Vec<_> = file.documents.iter().filter(|it| most > 0 && met(&it.1) == most).collect();
        let is_meant = |at: usize| meant.iter().any(|(range, _)| range.contains(&at));
        Ok(passages(&text, &file.note).iter().map(|it| is_meant(it.range.start)).collect())
    }
}
