//! What a brief and a context gather alike: the budget, pinned notes, the beginning of a note. Reads one snapshot; must not know either answer.

use crate::{
    http::{AppState, params::invalid, passage::Draft, problem::Problem},
    io::index::{Filter, SearchRequest, Searcher, Sort, StoredNote, Visible},
    model::{brief::is_pinned, lines::LineIndex, note::Note, passage::passages, path::NoteId, query},
};

/// Tokens of an answer when the caller does not say, and the least and the most.
pub const BUDGET: usize = 2000;
const BUDGET_LEAST: usize = 50;
pub const BUDGET_MOST: usize = 32_000;

/// Pinned notes that are given at most, by path: all of them are read each time.
const PINNED_MOST: usize = 40;
/// How often so many are read on where some turn out not to be pinned.
const PINNED_ROUNDS: usize = 4;
/// Finds the value alone, also as an item of a list: `unpinned` is another word.
const PINNED: &str = r"[memory:/^\s*pinned\s*$/]";

/// What is looked at of one note, in bytes: more than any budget takes.
const READ_MOST: usize = 256 * 1024;
/// What is parsed of a note for its beginning.
const LEAD_MOST: usize = 32 * 1024;

/// Checks a budget.
pub fn budget(given: Option<usize>) -> Result<usize, Problem> {
    match given {
        None => Ok(BUDGET),
        Some(given) if (BUDGET_LEAST..=BUDGET_MOST).contains(&given) => Ok(given),
        Some(_) => Err(invalid("budget", format_args!("it is {BUDGET_LEAST} to {BUDGET_MOST} tokens"))),
    }
}

/// The pinned notes of the sources that a caller may read.
#[derive(Debug, Default)]
pub struct Pinned {
    /// By source and path.
    pub notes: Vec<StoredNote>,
    /// Those beyond the bound.
    pub more: usize,
}

impl Pinned {
    /// Says what the bound left out, and what lists it: a larger budget would not.
    pub fn warning(&self) -> Option<String> {
        (self.more > 0).then(|| {
            let more = self.more;
            format!("{more} more notes are pinned: `membridge search --syntax obsidian '[memory:pinned]' --sort path` lists them")
        })
    }
}

/// Returns the notes with `memory: pinned` that meet a filter.
pub fn pinned(searcher: &Searcher, visible: &[Visible], filter: Filter) -> anyhow::Result<Pinned> {
    let Ok(query) = query::obsidian(PINNED) else {
        return Ok(Pinned::default());
    };
    let mut request = SearchRequest {
        query,
        visible: visible.to_vec(),
        filter,
        sort: Sort::Path,
        limit: PINNED_MOST,
        offset: 0,
        passages: 1,
        snippet_chars: 0,
        min_score: 0.0,
        exact: true,
        deadline: None,
    };
    let mut pinned = Pinned::default();
    for _ in 0..PINNED_ROUNDS {
        let found = searcher.search(&request)?;
        let hits = found.hits.iter().filter(|it| it.path.is_note());
        let ids = hits.map(|it| NoteId {
            source: it.source.clone(),
            path: it.path.clone(),
        });
        // The index finds a line of a longer value, too, and what lies deeper.
        let says_so = |it: &StoredNote| is_pinned(&Note::parse(head(&it.text, LEAD_MOST)));
        let notes = searcher.notes_of(visible, &ids.collect::<Vec<_>>())?.into_iter().flatten();
        pinned.notes.extend(notes.filter(says_so));
        request.offset += found.hits.len();
        pinned.more = found.total.saturating_sub(request.offset);
        if found.hits.is_empty() || pinned.more == 0 || pinned.notes.len() >= PINNED_MOST {
            break;
        }
    }
    pinned.more += pinned.notes.len().saturating_sub(PINNED_MOST);
    pinned.notes.truncate(PINNED_MOST);
    Ok(pinned)
}

/// Makes a draft of a note's whole text without its properties.
pub fn whole(state: &AppState, note: &StoredNote, by: &str) -> Draft {
    let text = head(&note.text, READ_MOST);
    let start = Note::parse(head(text, LEAD_MOST)).body_start();
    draft(state, note, Vec::new(), start..text.len(), by)
}

/// Makes a draft of a note's first passage; of a note without a text, of its properties.
pub fn lead(state: &AppState, note: &StoredNote, by: &str) -> Draft {
    let text = head(&note.text, LEAD_MOST);
    let parsed = Note::parse(text);
    match passages(text, &parsed).into_iter().next() {
        Some(first) => {
            let headings = first.headings.iter().map(|&at| parsed.headings[at].text.clone()).collect();
            draft(state, note, headings, first.range, by)
        }
        None => draft(state, note, Vec::new(), 0..text.len(), by),
    }
}

fn draft(state: &AppState, note: &StoredNote, headings: Vec<String>, range: std::ops::Range<usize>, by: &str) -> Draft {
    let text = head(&note.text, READ_MOST);
    let body = &text[range.clone()];
    let shown = range.start..range.start + body.trim_end().len();
    Draft::of_note(state, note, headings, LineIndex::new(text).lines_of(&shown), &text[shown], by)
}

fn head(text: &str, most: usize) -> &str {
    let end = (0..=text.len().min(most)).rev().find(|&it| text.is_char_boundary(it));
    &text[..end.unwrap_or(0)]
}
