//! What a hit shows: title, tags, the best passages with their places and snippets, and why it was found. Knows stored texts and scores; knows
//! nothing of how notes are chosen or ranked.

use std::sync::Arc;

use anyhow::{Context, Result};
use tantivy::{DocId, TantivyDocument, schema::Value as _};

use crate::{
    io::index::{
        arrays::{Found, Scores},
        condition::stored_path,
        declared::Asked,
        occurrences::Occurrences,
        request::{Hit, HitPassage, SearchRequest},
        schema::{parse_place, parse_tags},
        score::{Weighed, greater},
        segment::Segment,
        snippet::snippet,
        words::Word,
    },
    model::{lines::LineRange, path::SourceName},
};

/// Reads what a hit shows.
pub(super) struct HitReader<'a> {
    pub(super) segments: &'a [Arc<Segment>],
    pub(super) request: &'a SearchRequest,
    pub(super) scores: &'a [Scores],
    pub(super) words: &'a [(Word, Arc<Occurrences>)],
    pub(super) weighed: &'a Weighed<'a>,
    pub(super) asked: Asked,
}

impl HitReader<'_> {
    /// Returns the hit of a note, its texts read.
    pub(super) fn read(&self, found: &Found) -> Result<Hit> {
        let (at, note) = found.place.at();
        let segment = &self.segments[at];
        let own = segment.document(segment.first_doc[note])?;
        let of_documents = self.weighed.of_documents(self.segments, found.place);
        let text = |document: &TantivyDocument, field| document.get_first(field).and_then(|it| it.as_str().map(str::to_owned));
        let mut passages = Vec::new();
        for doc in self.best_passages(found, &of_documents)? {
            let document = segment.document(doc)?;
            let place = text(&document, segment.fields.place)
                .as_deref()
                .and_then(parse_place)
                .context("a passage has a place")?;
            let body = text(&document, segment.fields.body).unwrap_or_default();
            let snippet = match self.request.snippet_chars {
                0 => String::new(),
                limit => snippet(&body, limit, &|term| self.weight(term)),
            };
            passages.push(HitPassage {
                lines: place.0,
                headings: place.1,
                snippet,
                text: body,
            });
        }
        if passages.is_empty() {
            passages.push(HitPassage {
                lines: LineRange { start: 1, end: 1 },
                headings: Vec::new(),
                snippet: String::new(),
                text: String::new(),
            });
        }
        Ok(Hit {
            source: SourceName::parse(segment.source(note)).context("the index holds a source name that is none")?,
            path: stored_path(segment.path(note))?,
            title: text(&own, segment.fields.title).unwrap_or_default(),
            passages,
            score: found.score,
            origin: segment.origin[note],
            tags: parse_tags(&text(&own, segment.fields.place).unwrap_or_default()),
            modified: segment.modified[note],
            hash: segment.hash(note),
            why: self.why(found, &of_documents),
        })
    }

    /// Returns the documents of the note's best passages, best first; without a match its first. Those that the conditions mean go before.
    fn best_passages(&self, found: &Found, of_documents: &[f32]) -> Result<Vec<DocId>> {
        let (at, note) = found.place.at();
        let segment = &self.segments[at];
        let score = |doc: DocId| of_documents[doc as usize - segment.documents(note).start];
        let first = segment.passages(note).start;
        let meant = self.asked.passages(segment, note)?;
        let is_meant = |doc: DocId| meant.get((doc - first) as usize).copied().unwrap_or(false);
        let mut passages: Vec<DocId> = segment.passages(note).collect();
        passages.sort_by(|&a, &b| {
            let by_score = score(b).total_cmp(&score(a));
            is_meant(b).cmp(&is_meant(a)).then(by_score).then(a.cmp(&b))
        });
        let matching = passages.iter().filter(|&&it| score(it) > 0.0).count();
        passages.truncate(self.request.passages.min(matching.max(1)));
        Ok(passages)
    }

    /// Returns how much a term of a text counts for the snippet's window: its word's weight, by prefix for inflections.
    fn weight(&self, term: &str) -> f32 {
        let same = |word: &str| term == word || (word.len() >= 4 && term.len() >= 4 && shares_stem(term, word));
        self.words
            .iter()
            .filter(|(word, _)| same(&word.text))
            .map(|(word, _)| word.weight)
            .fold(0.0, f32::max)
    }

    fn why(&self, found: &Found, of_documents: &[f32]) -> String {
        let (at, note) = found.place.at();
        let (scores, best) = (&self.scores[at], &self.weighed.best);
        let held: Vec<&str> = self
            .words
            .iter()
            .filter(|(_, it)| it.is_held(at, note))
            .map(|(word, _)| word.text.as_str())
            .collect();
        format!(
            "holds {} ({:.0} % of the query's weight); note {:.2} of {:.2}, best passage {:.2} of {:.2}{}",
            if held.is_empty() { "no word".to_owned() } else { held.join(", ") },
            100.0 * scores.held[note] / best.weight.max(f32::MIN_POSITIVE),
            scores.note[note],
            best.note,
            of_documents.iter().copied().fold(0.0, greater),
            best.passage,
            if self.segments[at].superseded[note] { "; superseded" } else { "" }
        )
    }
}

/// Says whether two words look like inflections of each other: enough to highlight by, never to rank by.
fn shares_stem(a: &str, b: &str) -> bool {
    let shared = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    shared >= 4 && shared + 3 >= a.len() && shared + 3 >= b.len()
}
