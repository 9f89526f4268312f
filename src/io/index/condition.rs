//! Which notes meet a condition. The index narrows; what it cannot decide alone is verified on the stored text, before anything is ranked
//! or cut. Knows postings and stored texts; the meaning of a condition is `query::evaluate`'s.

use std::sync::Arc;

use anyhow::{Result, anyhow};
use tantivy::{
    DocSet, TERMINATED, TantivyDocument, Term,
    query::{EnableScoring, PhraseQuery, Query as _, TermQuery},
    schema::{Field, IndexRecordOption, Value as _},
};

use crate::{
    io::index::{
        analysis::{self, TermKind},
        score::Finder,
        segment::Segment,
        words::in_order,
    },
    model::{
        note::Note,
        path::NotePath,
        query::{
            Condition, Pattern, PatternText, PropertyTest,
            evaluate::{Candidate, Matcher},
        },
    },
};

/// For each segment and note: whether it may meet a condition; `exact` when "may" is "does".
#[derive(Debug, Clone)]
pub(super) struct Selection {
    pub(super) notes: Vec<Vec<bool>>,
    exact: bool,
}

/// What conditions are decided with.
pub(super) struct Selector<'a, 'f> {
    pub(super) segments: &'a [Arc<Segment>],
    pub(super) visible: &'a [Vec<bool>],
    pub(super) finder: &'f mut Finder<'a>,
    /// Obsidian's own meaning of words and phrases: the text decides, not the index's analysis of it.
    pub(super) exact: bool,
}

impl Selector<'_, '_> {
    /// Returns, for each segment and note, whether it is visible and meets the condition.
    pub(super) fn select(&mut self, condition: &Condition) -> Result<Vec<Vec<bool>>> {
        let within = self.visible.to_vec();
        self.decide(condition, &within)
    }

    /// Decides a condition for the notes of `within`. A conjunction is decided part by part, each among the notes that the parts before it
    /// left, those first that the index decides alone; whatever else it cannot decide is verified on the text as a whole.
    fn decide(&mut self, condition: &Condition, within: &[Vec<bool>]) -> Result<Vec<Vec<bool>>> {
        if let Condition::And(parts) = condition {
            let mut left = within.to_vec();
            let mut open = Vec::new();
            for part in parts {
                let narrowed = self.narrow(part)?;
                intersect(&mut left, &narrowed.notes);
                if !narrowed.exact {
                    open.push(part);
                }
            }
            for part in open {
                left = self.decide(part, &left)?;
            }
            return Ok(left);
        }
        let mut selection = self.narrow(condition)?;
        intersect(&mut selection.notes, within);
        if !selection.exact {
            self.verify(condition, &mut selection.notes)?;
        }
        Ok(selection.notes)
    }

    fn narrow(&mut self, condition: &Condition) -> Result<Selection> {
        Ok(match condition {
            Condition::Everything => self.all(true),
            Condition::And(conditions) => {
                let mut both = self.all(true);
                for condition in conditions {
                    both.merge(&self.narrow(condition)?, |a, b| a && b);
                }
                both
            }
            Condition::Or(conditions) => {
                let mut either = self.none();
                for condition in conditions {
                    either.merge(&self.narrow(condition)?, |a, b| a || b);
                }
                either
            }
            Condition::Not(inner) => {
                let mut inner = self.narrow(inner)?;
                if !inner.exact {
                    return Ok(self.all(false));
                }
                inner.notes.iter_mut().flatten().for_each(|it| *it = !*it);
                inner
            }
            Condition::Anywhere(pattern) => self.text(pattern, true)?,
            Condition::Content(pattern) => self.text(pattern, false)?,
            Condition::File(_) | Condition::Path(_) | Condition::PathGlob(_) => self.names(condition)?,
            Condition::Tag(tag) => self.tag(tag)?,
            // What a scope holds the note holds, unless it is a negation.
            Condition::Scope(_, inner) if negates(inner) => self.all(false),
            Condition::Scope(_, inner) => Selection { exact: false, ..self.narrow(inner)? },
            Condition::Property { name, test } => self.property(name, test)?,
            // Facts of manifests; a vault's notes have none.
            Condition::Field { .. } => self.none(),
        })
    }

    fn all(&self, exact: bool) -> Selection {
        Selection { notes: self.segments.iter().map(|it| vec![true; it.notes()]).collect(), exact }
    }

    fn none(&self) -> Selection {
        Selection { notes: self.segments.iter().map(|it| vec![false; it.notes()]).collect(), exact: true }
    }

    fn text(&mut self, pattern: &Pattern, _names_too: bool) -> Result<Selection> {
        match &pattern.text {
            PatternText::Word(text) if !self.exact => self.word(text),
            PatternText::Phrase(text) if !self.exact => self.phrase(text),
            _ => Ok(self.all(false)),
        }
    }

    /// A word holds where the whole identifier stands, or all of its parts.
    fn word(&mut self, text: &str) -> Result<Selection> {
        let run = in_order(text);
        let mut parts = self.all(true);
        let mut whole = self.none();
        for word in &run {
            let occurrences = self.finder.find(word)?;
            let mut holds = self.none();
            for (at, segment) in self.segments.iter().enumerate() {
                occurrences.notes_in(at, segment).for_each(|note| holds.notes[at][note] = true);
            }
            match word.kind {
                TermKind::Whole => whole.merge(&holds, |a, b| a || b),
                TermKind::Word | TermKind::Bigram => parts.merge(&holds, |a, b| a && b),
            }
        }
        if run.is_empty() {
            return Ok(self.none());
        }
        parts.merge(&whole, |a, b| a || b);
        Ok(parts)
    }

    /// A phrase holds where its terms follow each other, in the text or in the title and headings.
    pub(super) fn phrase(&self, text: &str) -> Result<Selection> {
        let mut terms: Vec<(usize, String)> = Vec::new();
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
        let mut found = self.none();
        for (at, segment) in self.segments.iter().enumerate() {
            for field in [segment.fields.body, segment.fields.context] {
                follow(segment, field, &terms, &mut found.notes[at])?;
            }
        }
        Ok(found)
    }

    fn names(&self, condition: &Condition) -> Result<Selection> {
        let mut found = self.none();
        let matcher = matcher(condition)?;
        let empty = Note::default();
        for (segment, notes) in self.segments.iter().zip(&mut found.notes) {
            for (note, holds) in notes.iter_mut().enumerate() {
                let path = stored_path(segment.path(note))?;
                *holds = matcher.matches(&Candidate { path: &path, text: "", note: &empty, attachment: false, fields: &[] });
            }
        }
        Ok(found)
    }

    fn tag(&self, tag: &str) -> Result<Selection> {
        let tag = tag.trim_start_matches('#').to_lowercase();
        let child = format!("{tag}/");
        self.terms(|segment| segment.fields.tag, &tag, |term| term == tag || term.starts_with(&child))
    }

    fn property(&self, name: &str, test: &PropertyTest) -> Result<Selection> {
        let name_term = name.to_lowercase();
        let exists = self.terms(|segment| segment.fields.property, &name_term, |term| term == name_term)?;
        Ok(match test {
            PropertyTest::Exists => exists,
            _ => Selection { exact: false, ..exists },
        })
    }

    /// Returns the notes that have a term which begins with `prefix` and is wanted.
    fn terms(&self, field: impl Fn(&Segment) -> Field, prefix: &str, wanted: impl Fn(&str) -> bool) -> Result<Selection> {
        let mut found = self.none();
        for (segment, notes) in self.segments.iter().zip(&mut found.notes) {
            let inverted = segment.reader.inverted_index(field(segment))?;
            let mut stream = inverted.terms().range().ge(prefix).into_stream()?;
            while stream.advance() && stream.key().starts_with(prefix.as_bytes()) {
                if !std::str::from_utf8(stream.key()).is_ok_and(&wanted) {
                    continue;
                }
                let mut postings = inverted.read_postings_from_terminfo(stream.value(), IndexRecordOption::Basic)?;
                while postings.doc() != TERMINATED {
                    notes[segment.note_of[postings.doc() as usize] as usize] = true;
                    postings.advance();
                }
            }
        }
        Ok(found)
    }

    /// Keeps of the candidates those whose stored text meets the condition.
    fn verify(&self, condition: &Condition, notes: &mut [Vec<bool>]) -> Result<()> {
        let matcher = matcher(condition)?;
        for (segment, notes) in self.segments.iter().zip(notes) {
            let mut texts = Texts::of(segment)?;
            for (note, holds) in notes.iter_mut().enumerate().filter(|(_, it)| **it) {
                let text = texts.read(note)?;
                let parsed = Note::parse(&text);
                let path = stored_path(segment.path(note))?;
                *holds = matcher.matches(&Candidate { path: &path, text: &text, note: &parsed, attachment: false, fields: &[] });
            }
        }
        Ok(())
    }
}

fn intersect(notes: &mut [Vec<bool>], others: &[Vec<bool>]) {
    notes.iter_mut().flatten().zip(others.iter().flatten()).for_each(|(it, other)| *it &= *other);
}

fn negates(condition: &Condition) -> bool {
    match condition {
        Condition::Not(_) => true,
        Condition::And(inner) | Condition::Or(inner) => inner.iter().any(negates),
        Condition::Scope(_, inner) => negates(inner),
        _ => false,
    }
}

fn matcher(condition: &Condition) -> Result<Matcher> {
    Matcher::new(condition).map_err(|why| anyhow!("compile a condition: {why}"))
}

impl Selection {
    fn merge(&mut self, other: &Selection, decide: impl Fn(bool, bool) -> bool) {
        for (a, b) in self.notes.iter_mut().flatten().zip(other.notes.iter().flatten()) {
            *a = decide(*a, *b);
        }
        self.exact &= other.exact;
    }
}

/// Marks the notes of a segment in which the terms follow each other in one document.
fn follow(segment: &Segment, field: Field, terms: &[(usize, String)], notes: &mut [bool]) -> Result<()> {
    let term = |text: &str| Term::from_field_text(field, text);
    let query: Box<dyn tantivy::query::Query> = match terms {
        [] => return Ok(()),
        [(_, one)] => Box::new(TermQuery::new(term(one), IndexRecordOption::Basic)),
        several => Box::new(PhraseQuery::new_with_offset(several.iter().map(|(at, text)| (*at, term(text))).collect())),
    };
    let schema = segment.reader.schema();
    let mut scorer = query.weight(EnableScoring::disabled_from_schema(schema))?.scorer(&segment.reader, 1.0)?;
    while scorer.doc() != TERMINATED {
        notes[segment.note_of[scorer.doc() as usize] as usize] = true;
        scorer.advance();
    }
    Ok(())
}

/// Reads whole texts back from a segment.
pub(super) struct Texts<'a> {
    segment: &'a Segment,
    store: tantivy::store::StoreReader,
}

impl<'a> Texts<'a> {
    pub(super) fn of(segment: &'a Segment) -> Result<Texts<'a>> {
        // One block is enough: the documents of a note follow each other.
        Ok(Texts { segment, store: segment.reader.get_store_reader(1)? })
    }

    /// Returns the text of a note as it was indexed: its frontmatter and its passages, which tile it.
    pub(super) fn read(&mut self, note: usize) -> Result<String> {
        let mut text = String::new();
        for doc in self.segment.first_doc[note]..self.segment.first_doc[note + 1] {
            let document: TantivyDocument = self.store.get(doc)?;
            text.push_str(document.get_first(self.segment.fields.body).and_then(|it| it.as_str()).unwrap_or_default());
        }
        Ok(text)
    }
}

/// Says whether a path is one that the index can hold; used where a stored path becomes a [`NotePath`] again.
pub(super) fn stored_path(path: &str) -> Result<NotePath> {
    NotePath::parse(path).map_err(|error| anyhow!("the index holds the path {path:?}: {error}"))
}
