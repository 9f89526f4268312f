//! One search on one snapshot: conditions, scores, the cut, and only then texts and snippets for the hits that are returned.
//! Knows how the pieces work together; knows nothing of HTTP.

use std::{cmp::Ordering, collections::HashMap, sync::Arc};

use anyhow::{Context, Result};
use tantivy::{DocId, TantivyDocument, schema::Value as _, store::StoreReader};

use crate::{
    io::index::{
        analysis::TermKind,
        condition::{Selector, stored_path},
        request::{Filter, Hit, HitPassage, SearchAnswer, SearchRequest, Sort, Visible},
        schema::{hash_at, parse_place, parse_tags},
        score::{Best, Finder, Occurrences, Scores, ranks, score},
        segment::Segment,
        snippet::snippet,
        words::{PART_WEIGHT, Word, nearest, words},
    },
    model::{lines::LineRange, path::SourceName, query::Condition},
};

/// Steadies the ranks of the fusion. Two lists of the same notes want less than the usual 60 (measured, `docs/performance.md`).
const RANK_OFFSET: f32 = 10.0;

/// What an attachment gets of the score of the last note that holds as much.
const BEHIND: f32 = 0.999;

/// What is left of the score of a note that another took the place of: it is found, after what holds now.
const SUPERSEDED: f32 = 0.5;

/// A note that may be a hit.
#[derive(Debug, Clone, Copy)]
struct Found {
    segment: usize,
    note: usize,
    score: f32,
    /// How much of the phrases it holds, 0..1.
    phrases: f32,
}

/// Answers a request from the segments of one snapshot.
pub(super) fn search(segments: &[Arc<Segment>], request: &SearchRequest) -> Result<SearchAnswer> {
    let visible: Vec<Vec<bool>> = segments.iter().map(|it| visible_notes(it, &request.visible)).collect();
    let mut finder = Finder::new(segments, &visible);
    let mut selector = Selector {
        segments,
        visible: &visible,
        finder: &mut finder,
        exact: request.exact,
        deadline: request.deadline,
    };
    let mut selected = selector.select(&request.query.condition)?;
    let mut phrases = Vec::new();
    for evidence in request.query.evidence.iter().filter(|it| it.phrase) {
        phrases.push(selector.phrase(&evidence.text)?);
    }
    if let Some(tag) = &request.filter.tag {
        let tagged = selector.select(&Condition::Tag(tag.clone()))?;
        selected
            .iter_mut()
            .flatten()
            .zip(tagged.into_iter().flatten())
            .for_each(|(it, tagged)| *it &= tagged);
    }
    for (segment, notes) in segments.iter().zip(&mut selected) {
        apply(&request.filter, segment, notes)?;
    }
    let by_name = request.query.condition.asks_for_names();

    let (words, corrected) = evidence(segments, request, &mut finder)?;
    let (scores, best) = score(segments, &visible, &words);
    // With words, a hit holds one (Obsidian's own syntax decides by its condition alone); without, the conditions select.
    let ranked = !words.is_empty();
    // A query of marks only asks for something that no note can hold.
    if !ranked && !request.exact && !request.query.evidence.is_empty() && request.query.condition == Condition::Everything {
        return Ok(SearchAnswer {
            corrected,
            ..SearchAnswer::default()
        });
    }
    let mut found: Vec<Found> = Vec::new();
    for (at, notes) in selected.iter().enumerate() {
        for note in (0..notes.len()).filter(|&it| notes[it]) {
            let speaks = ranked && !request.exact;
            let asked = by_name || speaks || !segments[at].attachment[note];
            if asked && (!speaks || scores[at].held[note] > 0.0) {
                let held = phrases.iter().filter(|it| it[at][note]).count();
                let phrases = if phrases.is_empty() {
                    1.0
                } else {
                    held as f32 / phrases.len() as f32
                };
                found.push(Found {
                    segment: at,
                    note,
                    score: 0.0,
                    phrases,
                });
            }
        }
    }
    if ranked {
        let (mut notes, mut attachments): (Vec<Found>, Vec<Found>) =
            found.into_iter().partition(|it| !segments[it.segment].attachment[it.note]);
        fuse(&mut notes, &scores, &best, !phrases.is_empty());
        for note in notes.iter_mut().filter(|it| segments[it.segment].superseded[it.note]) {
            note.score *= SUPERSEDED;
        }
        place_attachments(&mut attachments, &notes, &scores, &best);
        found = notes;
        found.extend(attachments);
    }
    found.retain(|it| it.score >= request.min_score);
    let total = found.len();
    let page = cut(segments, found, request);
    let mut reader = HitReader {
        segments,
        request,
        scores: &scores,
        words: &words,
        best: &best,
        stores: HashMap::new(),
    };
    let hits = page.into_iter().map(|it| reader.read(it)).collect::<Result<_>>()?;
    Ok(SearchAnswer { total, hits, corrected })
}

pub(super) fn visible_notes(segment: &Segment, visible: &[Visible]) -> Vec<bool> {
    let rules: Vec<Option<&Visible>> = segment
        .sources
        .iter()
        .map(|source| visible.iter().find(|it| it.source.as_str() == source))
        .collect();
    let sees = |note: usize| {
        segment.alive[note]
            && !segment.left_out[note]
            && rules[usize::from(segment.source[note])].is_some_and(|it| {
                it.prefix
                    .as_ref()
                    .is_none_or(|prefix| segment.path(note).starts_with(prefix.as_str()))
            })
    };
    (0..segment.notes()).map(sees).collect()
}

fn apply(filter: &Filter, segment: &Segment, notes: &mut [bool]) -> Result<()> {
    for (note, holds) in notes.iter_mut().enumerate().filter(|(_, it)| **it) {
        let modified = segment.modified[note];
        *holds = filter.source.as_ref().is_none_or(|it| it.as_str() == segment.source(note))
            && filter.origin.is_none_or(|it| it == segment.origin[note])
            && filter.since.is_none_or(|it| modified >= it)
            && filter.until.is_none_or(|it| modified < it);
        if *holds && let Some(glob) = &filter.path {
            *holds = glob.matches(&stored_path(segment.path(note))?);
        }
    }
    Ok(())
}

/// The words that rank, with where they occur.
type Ranked = Vec<(Word, Occurrences)>;

/// Words that the index does not hold, with the terms that were tried for them.
type Corrected = Vec<(String, Vec<String>)>;

/// Returns the words that rank with their occurrences, and what was corrected.
fn evidence(segments: &[Arc<Segment>], request: &SearchRequest, finder: &mut Finder<'_>) -> Result<(Ranked, Corrected)> {
    let mut ranked: Ranked = Vec::new();
    let mut corrected = Vec::new();
    for run in words(&request.query.evidence, segments) {
        let mut found: Ranked = Vec::new();
        for word in run {
            let occurrences = finder.find(&word)?;
            found.push((word, occurrences));
        }
        // The whole of an identifier where the index holds it, with its parts as company; else the parts for themselves.
        if found.iter().any(|(word, it)| word.kind == TermKind::Whole && it.files() > 0) {
            found
                .iter_mut()
                .filter(|(word, _)| word.kind == TermKind::Word)
                .for_each(|(word, _)| word.weight = PART_WEIGHT);
        } else {
            found.retain(|(word, _)| word.kind != TermKind::Whole);
        }
        for (word, occurrences) in found {
            if ranked.iter().any(|(known, _)| known.text == word.text) {
                continue;
            }
            if occurrences.files() == 0 && !request.exact {
                let near = nearest(segments, &word, &|it| finder.count_exactly(it))?;
                if !near.is_empty() {
                    corrected.push((word.text.clone(), near.iter().map(|it| it.text.clone()).collect()));
                    for word in near {
                        let occurrences = finder.find(&word)?;
                        ranked.push((word, occurrences));
                    }
                    continue;
                }
            }
            ranked.push((word, occurrences));
        }
    }
    Ok((ranked, corrected))
}

/// Gives each note its score: the fused ranks by note and by best passage, relative to being first in both, times the largest share of the
/// query's weight that any note holds. That share makes scores comparable across queries; a note's own share instead was measured to cost one
/// to three points of R@5. Notes that hold a quoted phrase come before those that do not.
fn fuse(found: &mut [Found], scores: &[Scores], best: &Best, phrases: bool) {
    let share = found.iter().map(|it| scores[it.segment].held[it.note]).fold(0.0, f32::max) / best.weight.max(f32::MIN_POSITIVE);
    let by_note: Vec<f32> = found.iter().map(|it| scores[it.segment].note[it.note]).collect();
    let by_passage: Vec<f32> = found.iter().map(|it| scores[it.segment].best[it.note]).collect();
    for key in [by_note, by_passage] {
        for (it, rank) in found.iter_mut().zip(ranks(&key)) {
            it.score += share * (RANK_OFFSET + 1.0) / (RANK_OFFSET + 1.0 + rank as f32) / 2.0;
        }
    }
    if phrases {
        for it in found.iter_mut() {
            it.score = f32::midpoint(it.score, it.phrases);
        }
    }
}

/// Scores files that have nothing but a name: each comes after every note that holds as much of the query, because a name says less than a
/// text, and before those that hold less.
fn place_attachments(attachments: &mut [Found], notes: &[Found], scores: &[Scores], best: &Best) {
    let held = |it: &Found| scores[it.segment].held[it.note];
    let mut by_held: Vec<(f32, f32)> = notes.iter().map(|it| (held(it), it.score)).collect();
    by_held.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)));
    let mut least = 1.0;
    for (_, score) in &mut by_held {
        least = score.min(least);
        *score = least;
    }
    for it in attachments {
        let held = held(it);
        let ahead = by_held.partition_point(|(other, _)| *other >= held);
        let share = held / best.weight.max(f32::MIN_POSITIVE);
        it.score = ahead.checked_sub(1).map_or(share, |last| share.min(BEHIND * by_held[last].1));
    }
}

/// Returns the hits of the page that was asked for, in order.
fn cut(segments: &[Arc<Segment>], mut found: Vec<Found>, request: &SearchRequest) -> Vec<Found> {
    let name = |it: &Found| {
        let segment = &segments[it.segment];
        (segment.source(it.note), segment.path(it.note))
    };
    let order = |a: &Found, b: &Found| -> Ordering {
        let first = match request.sort {
            Sort::Relevance => b.score.total_cmp(&a.score),
            Sort::Modified => segments[b.segment].modified[b.note].cmp(&segments[a.segment].modified[a.note]),
            Sort::Path => Ordering::Equal,
        };
        first.then_with(|| name(a).cmp(&name(b)))
    };
    let end = request.offset.saturating_add(request.limit);
    if (1..found.len()).contains(&end) {
        if request.sort == Sort::Relevance {
            // By score alone first: thousands share the lowest scores, and names are dear to compare.
            let mut scores: Vec<f32> = found.iter().map(|it| it.score).collect();
            let (_, least, _) = scores.select_nth_unstable_by(end - 1, |a, b| b.total_cmp(a));
            let least = *least;
            found.retain(|it| it.score >= least);
        }
        if end < found.len() {
            found.select_nth_unstable_by(end, order);
            found.truncate(end);
        }
    }
    found.sort_unstable_by(order);
    found.into_iter().skip(request.offset).collect()
}

/// Reads what a hit shows; keeps the document stores it has opened.
struct HitReader<'a> {
    segments: &'a [Arc<Segment>],
    request: &'a SearchRequest,
    scores: &'a [Scores],
    words: &'a Ranked,
    best: &'a Best,
    stores: HashMap<usize, StoreReader>,
}

impl HitReader<'_> {
    fn read(&mut self, found: Found) -> Result<Hit> {
        let segment = &self.segments[found.segment];
        let own = self.document(found.segment, segment.first_doc[found.note])?;
        let text = |document: &TantivyDocument, field| document.get_first(field).and_then(|it| it.as_str().map(str::to_owned));
        let mut passages = Vec::new();
        for doc in self.best_passages(&found) {
            let document = self.document(found.segment, doc)?;
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
            });
        }
        if passages.is_empty() {
            passages.push(HitPassage {
                lines: LineRange { start: 1, end: 1 },
                headings: Vec::new(),
                snippet: String::new(),
            });
        }
        Ok(Hit {
            source: SourceName::parse(segment.source(found.note)).context("the index holds a source name that is none")?,
            path: stored_path(segment.path(found.note))?,
            title: text(&own, segment.fields.title).unwrap_or_default(),
            passages,
            score: found.score,
            origin: segment.origin[found.note],
            tags: parse_tags(&text(&own, segment.fields.place).unwrap_or_default()),
            modified: segment.modified[found.note],
            hash: hash_at(&segment.reader, segment.first_doc[found.note])?,
            why: self.why(&found),
        })
    }

    /// Returns the documents of the note's best passages, best first; without a match its first.
    fn best_passages(&self, found: &Found) -> Vec<DocId> {
        let segment = &self.segments[found.segment];
        let scores = &self.scores[found.segment].passage;
        let mut passages: Vec<DocId> = segment.passages(found.note).collect();
        passages.sort_by(|&a, &b| scores[b as usize].total_cmp(&scores[a as usize]).then(a.cmp(&b)));
        let matching = passages.iter().filter(|&&it| scores[it as usize] > 0.0).count();
        passages.truncate(self.request.passages.min(matching.max(1)));
        passages
    }

    fn document(&mut self, at: usize, doc: DocId) -> Result<TantivyDocument> {
        let store = match self.stores.entry(at) {
            std::collections::hash_map::Entry::Occupied(open) => open.into_mut(),
            std::collections::hash_map::Entry::Vacant(new) => new.insert(self.segments[at].reader.get_store_reader(8)?),
        };
        Ok(store.get(doc)?)
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

    fn why(&self, found: &Found) -> String {
        let scores = &self.scores[found.segment];
        let held: Vec<&str> = self
            .words
            .iter()
            .filter(|(_, it)| it.is_held(found.segment, &self.segments[found.segment], found.note))
            .map(|(word, _)| word.text.as_str())
            .collect();
        format!(
            "holds {} ({:.0} % of the query's weight); note {:.2} of {:.2}, best passage {:.2} of {:.2}{}",
            if held.is_empty() { "no word".to_owned() } else { held.join(", ") },
            100.0 * scores.held[found.note] / self.best.weight.max(f32::MIN_POSITIVE),
            scores.note[found.note],
            self.best.note,
            scores.best[found.note],
            self.best.passage,
            if self.segments[found.segment].superseded[found.note] {
                "; superseded"
            } else {
                ""
            }
        )
    }
}

/// Says whether two words look like inflections of each other: enough to highlight by, never to rank by.
fn shares_stem(a: &str, b: &str) -> bool {
    let shared = a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    shared >= 4 && shared + 3 >= a.len() && shared + 3 >= b.len()
}
