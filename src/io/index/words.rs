//! From the words of a query to the terms of a segment: inflections, parts of identifiers, corrections.
//! Knows term dictionaries; knows nothing of scores.

use std::{collections::BTreeSet, ops::Range, sync::Arc};

use anyhow::Result;
use tantivy::{Term, query::FuzzyTermQuery, schema::Field};

use crate::{
    io::index::{
        analysis::{self, TermKind},
        language::{Language, common_prefix},
        segment::{Expanded, Expansion, Segment},
    },
    model::query::Evidence,
};

/// How much a part of an identifier counts beside the whole, and a correction beside the word as written.
pub(super) const PART_WEIGHT: f32 = 0.3;
const CORRECTED_WEIGHT: f32 = 0.8;

/// A word is corrected to at most this many terms.
const MAX_CORRECTIONS: usize = 3;

/// Where words lie among the terms: behind numbers, before kana, Han and Hangul. A Chinese vault has a million bigrams, and the walk would visit
/// each (measured: 58 ms instead of 1).
const SCRIPTS_WITH_SPACES: Range<&str> = "a".."\u{2e80}";

/// Terms that one word may stand for in a segment; a prefix of two letters could name thousands.
const MAX_EXPANSION: usize = 256;

/// One thing that ranks: a word with all its inflections, a bigram, or a whole identifier.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) kind: TermKind,
    pub(super) weight: f32,
}

/// Returns the words of a query's evidence in order, each text once. Stop words of the query's language are left out unless nothing else is
/// left. Wholes come before their parts; whether the whole or the parts count is for the caller, who knows what the index holds.
pub(super) fn words(evidence: &[Evidence], segments: &[Arc<Segment>]) -> Vec<Vec<Word>> {
    let text: Vec<&str> = evidence.iter().map(|it| it.text.as_str()).collect();
    let language = Language::of_query(&text.join(" "), &languages(segments));
    let runs: Vec<Vec<Word>> = text.into_iter().map(in_order).collect();
    let telling = |it: &Word| !language.is_stop_word(&it.text);
    if runs.iter().flatten().any(telling) {
        return runs.into_iter().map(|run| run.into_iter().filter(telling).collect()).collect();
    }
    runs
}

/// Returns the words of one text, in order, wholes included; the lone last character of a run only where the run is that character.
pub(super) fn in_order(text: &str) -> Vec<Word> {
    let mut run: Vec<Word> = Vec::new();
    let mut bigram_end = 0;
    analysis::terms(text, |term| {
        let tail = term.kind == TermKind::Bigram && term.end == bigram_end;
        if term.kind == TermKind::Bigram {
            bigram_end = term.end;
        }
        if !tail {
            run.push(Word {
                text: term.text.to_owned(),
                kind: term.kind,
                weight: 1.0,
            });
        }
    });
    run
}

/// Returns the languages that the segments' notes are written in.
fn languages(segments: &[Arc<Segment>]) -> Vec<Language> {
    let mut languages: Vec<Language> = segments.iter().flat_map(|it| it.languages.iter().copied()).collect();
    languages.sort_unstable();
    languages.dedup();
    languages
}

/// Returns the terms that a word stands for in a segment: itself, and its inflections in the languages of the segment's notes.
pub(super) fn expand(segment: &Segment, word: &Word) -> Result<Expansion> {
    // A whole identifier may be spelt as a word, which has inflections; only the latter are worth remembering.
    let known = (word.kind != TermKind::Whole).then(|| segment.recall(&word.text)).flatten();
    if let Some(known) = known {
        return Ok(known);
    }
    let expansion = Expansion {
        body: expand_in(segment, segment.fields.body, word)?.into(),
        context: expand_in(segment, segment.fields.context, word)?.into(),
    };
    if word.kind != TermKind::Whole {
        segment.remember(word.text.clone(), expansion.clone());
    }
    Ok(expansion)
}

fn expand_in(segment: &Segment, field: Field, word: &Word) -> Result<Vec<Expanded>> {
    let inverted = segment.reader.inverted_index(field)?;
    let dictionary = inverted.terms();
    let mut found: Vec<Expanded> = dictionary
        .get(&word.text)?
        .map(|info| Expanded { info, only: None })
        .into_iter()
        .collect();
    let lone = word.kind == TermKind::Bigram && word.text.chars().count() == 1;
    if lone {
        // The first character of any bigram is every character of a run but the last, which is a term of its own.
        let mut stream = dictionary.range().gt(&word.text).into_stream()?;
        while stream.advance() && stream.key().starts_with(word.text.as_bytes()) && found.len() < MAX_EXPANSION {
            found.push(Expanded {
                info: stream.value().clone(),
                only: None,
            });
        }
    }
    if !is_inflected(word) {
        return Ok(found);
    }
    for &language in &segment.languages {
        let stem = language.stem(&word.text);
        let prefix = common_prefix(&stem, &word.text);
        let mut stream = dictionary.range().ge(&prefix).into_stream()?;
        while stream.advance() && stream.key().starts_with(prefix.as_bytes()) && found.len() < MAX_EXPANSION {
            let Ok(term) = std::str::from_utf8(stream.key()) else { continue };
            if term != word.text && term.chars().all(char::is_alphabetic) && language.stem(term) == stem {
                found.push(Expanded {
                    info: stream.value().clone(),
                    only: Some(language),
                });
            }
        }
    }
    Ok(found)
}

fn is_inflected(word: &Word) -> bool {
    word.kind == TermKind::Word && word.text.len() >= 3 && word.text.chars().all(char::is_alphabetic)
}

/// Returns the words one may have meant by a word that the index does not hold: all terms at the smallest distance that has any.
/// `holds` counts what holds a term.
/// Distance 1 (a swap of neighbours is one), 2 from 8 letters on; shorter words than 4 letters and words with digits are left alone.
pub(super) fn nearest(segments: &[Arc<Segment>], word: &Word, holds: &dyn Fn(&str) -> Result<usize>) -> Result<Vec<Word>> {
    let letters = word.text.chars().count();
    if word.kind != TermKind::Word || letters < 4 || !word.text.chars().all(char::is_alphabetic) {
        return Ok(Vec::new());
    }
    for distance in 1..=(if letters >= 8 { 2 } else { 1 }) {
        let mut near: Vec<(usize, Word)> = Vec::new();
        for text in terms_near(segments, &word.text, distance)? {
            match holds(&text)? {
                0 => {}
                held => near.push((
                    held,
                    Word {
                        text,
                        kind: TermKind::Word,
                        weight: CORRECTED_WEIGHT,
                    },
                )),
            }
        }
        if !near.is_empty() {
            near.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.text.cmp(&b.1.text)));
            near.truncate(MAX_CORRECTIONS);
            return Ok(near.into_iter().map(|(_, word)| word).collect());
        }
    }
    Ok(Vec::new())
}

fn terms_near(segments: &[Arc<Segment>], word: &str, distance: u8) -> Result<BTreeSet<String>> {
    let mut near = BTreeSet::new();
    let Some(first) = segments.first() else { return Ok(near) };
    // Made once: for a long word it costs as much as walking a dictionary with it. The field of the term is not looked at.
    let automaton = FuzzyTermQuery::new(Term::from_field_text(first.fields.body, word), distance, true).automaton()?;
    for segment in segments {
        for field in [segment.fields.body, segment.fields.context] {
            let inverted = segment.reader.inverted_index(field)?;
            let mut stream = inverted
                .terms()
                .search(&automaton)
                .ge(SCRIPTS_WITH_SPACES.start)
                .lt(SCRIPTS_WITH_SPACES.end)
                .into_stream()?;
            while stream.advance() && near.len() < MAX_EXPANSION {
                if let Ok(term) = std::str::from_utf8(stream.key())
                    && term.chars().all(char::is_alphabetic)
                {
                    near.insert(term.to_owned());
                }
            }
        }
    }
    Ok(near)
}
