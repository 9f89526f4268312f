//! From a text that is looked for to the notes that may hold it. Knows the segment's vocabulary and postings; what a text leaves in terms
//! is `pieces`'.

use anyhow::Result;
use tantivy::{
    DocSet, InvertedIndexReader, TERMINATED, Term,
    postings::TermInfo,
    schema::{Field, IndexRecordOption},
};

use crate::io::index::{marks::OPAQUE, pieces::pieces, segment::Segment};

/// A piece that stands in more terms than this tells little, and to look them all up takes longer than to read the notes.
const MAX_TERMS: usize = 1_000;

/// Returns which notes of the segment may hold the text, in any case; `None` when the index cannot tell any apart.
pub(super) fn may_hold(segment: &Segment, text: &str) -> Result<Option<Vec<bool>>> {
    let pieces = pieces(text);
    if pieces.is_empty() {
        return Ok(None);
    }
    let vocabulary = segment.vocabulary()?;
    let inverted = segment.reader.inverted_index(segment.fields.body)?;
    let mut notes = vec![true; segment.notes()];
    for piece in &pieces {
        let terms = vocabulary.holding(&piece.text, piece.starts, piece.ends);
        if terms.len() > MAX_TERMS {
            continue;
        }
        let mut holders = vec![false; segment.notes()];
        for term in terms {
            if let Some(info) = inverted.terms().get(term)? {
                each_note(segment, &inverted, &info, |note| holders[note] = true)?;
            }
        }
        notes.iter_mut().zip(holders).for_each(|(it, holds)| *it &= holds);
    }
    marked(segment, OPAQUE, |note| notes[note] = true)?;
    Ok(Some(notes))
}

/// Calls for each note that has the mark.
pub(super) fn marked(segment: &Segment, mark: &str, hold: impl FnMut(usize)) -> Result<()> {
    let field = segment.fields.property;
    let inverted = segment.reader.inverted_index(field)?;
    match inverted.get_term_info(&Term::from_field_text(field, mark))? {
        Some(info) => each_note(segment, &inverted, &info, hold),
        None => Ok(()),
    }
}

/// Calls with each term that begins with `prefix` and each note that has it; `wanted` gives what is worth the walk through its notes.
pub(super) fn each_term<T: Copy>(
    segment: &Segment,
    field: Field,
    prefix: &str,
    wanted: impl Fn(&str) -> Option<T>,
    mut hold: impl FnMut(usize, T),
) -> Result<()> {
    let inverted = segment.reader.inverted_index(field)?;
    let mut stream = inverted.terms().range().ge(prefix).into_stream()?;
    while stream.advance() && stream.key().starts_with(prefix.as_bytes()) {
        if let Some(worth) = std::str::from_utf8(stream.key()).ok().and_then(&wanted) {
            each_note(segment, &inverted, stream.value(), |note| hold(note, worth))?;
        }
    }
    Ok(())
}

fn each_note(segment: &Segment, inverted: &InvertedIndexReader, info: &TermInfo, mut hold: impl FnMut(usize)) -> Result<()> {
    let mut postings = inverted.read_postings_from_terminfo(info, IndexRecordOption::Basic)?;
    while postings.doc() != TERMINATED {
        hold(segment.note_of[postings.doc() as usize] as usize);
        postings.advance();
    }
    Ok(())
}
