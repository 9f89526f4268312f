//! Which notes hold terms in a row: a phrase as the index's analysis reads it. Knows positions, not Obsidian's word boundaries.

use anyhow::Result;
use tantivy::{
    DocSet, TERMINATED, Term,
    query::{EnableScoring, PhraseQuery, Query, TermQuery},
    schema::{Field, IndexRecordOption},
};

use crate::io::index::{
    analysis::{self, TermKind},
    segment::Segment,
};

/// Returns the terms of a phrase with their positions: parts, not wholes, and no lone last character of a run.
pub(super) fn terms(text: &str) -> Vec<(usize, String)> {
    let mut terms = Vec::new();
    let mut run_end = 0;
    analysis::terms(text, |term| {
        let tail = term.kind == TermKind::Bigram && term.end == run_end;
        if term.kind == TermKind::Bigram {
            run_end = term.end;
        }
        if !tail && term.kind != TermKind::Whole {
            terms.push((term.position as usize, term.text.to_owned()));
        }
    });
    terms
}

/// Marks the notes of a segment in which the terms follow each other in one document.
pub(super) fn follow(segment: &Segment, field: Field, terms: &[(usize, String)], notes: &mut [bool]) -> Result<()> {
    let term = |text: &str| Term::from_field_text(field, text);
    let query: Box<dyn Query> = match terms {
        [] => return Ok(()),
        [(_, one)] => Box::new(TermQuery::new(term(one), IndexRecordOption::Basic)),
        several => Box::new(PhraseQuery::new_with_offset(
            several.iter().map(|(at, text)| (*at, term(text))).collect(),
        )),
    };
    let schema = segment.reader.schema();
    let mut scorer = query
        .weight(EnableScoring::disabled_from_schema(schema))?
        .scorer(&segment.reader, 1.0)?;
    while scorer.doc() != TERMINATED {
        notes[segment.note_of[scorer.doc() as usize] as usize] = true;
        scorer.advance();
    }
    Ok(())
}
