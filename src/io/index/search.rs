//! One search on one snapshot: conditions, scores, the cut, and only then texts and snippets for the hits that are returned.
//! Knows how the pieces work together; knows nothing of HTTP.

use std::{cmp::Ordering, sync::Arc};

use anyhow::{Context, Result};
use tantivy::{DocId, TantivyDocument, schema::Value as _};

use crate::{
    io::index::{
        analysis::TermKind,
        arrays::{Arrays, Found, Place, Scores},
        condition::{Selector, stored_path},
        declared::Asked,
        finder::Finder,
        fusion::{self, Greatest, Ranking},
        literal::literal,
        occurrences::Occurrences,
        request::{Filter, Hit, HitPassage, SearchAnswer, SearchRequest, Sort},
        schema::{parse_place, parse_tags},
        score::{Weighed, greater},
        segment::Segment,
        snippet::snippet,
        view::View,
        words::{PART_WEIGHT, Word, nearest, words},
    },
    model::{lines::LineRange, path::SourceName, query::Condition},
};

/// Answers a request from the segments of one snapshot.
pub(super) fn search(segments: &[Arc<Segment>], view: &View, request: &SearchRequest, arrays: &mut Arrays) -> Result<SearchAnswer> {
    let Arrays {
        scores,
        counts,
        found,
        keys,
    } = arrays;
    let mut finder = Finder::new(segments, view, counts);
    let mut selector = Selector {
        segments,
        visible: &view.visible,
        finder: &mut finder,
        exact: request.exact,
        deadline: request.deadline,
    };
    let mut selected = selector.select(&request.query.condition)?;
    let literal = literal(&request.query.evidence, &mut selector)?;
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

    let (words, corrected) = evidence(segments, view, request, &mut finder)?;
    let weighed = Weighed::new(&view.statistics, &words);
    weighed.score(segments, scores);
    // With words, a hit holds one (Obsidian's own syntax decides by its condition alone); without, the conditions select.
    let ranked = !words.is_empty();
    // A query of marks only asks for something that no note can hold.
    if !ranked && !request.exact && !request.query.evidence.is_empty() && request.query.condition == Condition::Everything {
        return Ok(SearchAnswer {
            corrected,
            ..SearchAnswer::default()
        });
    }
    let speaks = ranked && !request.exact;
    let mut attachments: Vec<Found> = Vec::new();
    for (at, notes) in selected.iter().enumerate() {
        let (segment, scores) = (&segments[at], &mut scores[at]);
        let taken = |note: &usize| notes[*note] && (by_name || speaks || !segment.attachment[*note]);
        // Its name is all that an attachment has: it is ranked by itself.
        let is_apart = |note: usize| ranked && segment.attachment[note];
        let touched = scores.touched.iter().map(|it| *it as usize);
        scores.is_whole = speaks && touched.clone().all(|it| notes[it] && !segment.attachment[it]);
        if scores.is_whole {
            continue;
        }
        let place = |note: usize| Place {
            segment: at as u32,
            note: note as u32,
        };
        let mut take = |note: usize| {
            if is_apart(note) {
                attachments.push(Found {
                    place: place(note),
                    score: 0.0,
                });
            } else {
                scores.chosen.push(note as u32);
            }
        };
        if speaks {
            touched.filter(taken).for_each(&mut take);
        } else {
            (0..notes.len()).filter(taken).for_each(take);
        }
    }
    let mut total = scores.iter().map(|it| it.chosen().len()).sum::<usize>() + attachments.len();
    if ranked {
        let ranking = Ranking {
            segments,
            weighed: &weighed,
            literal: &literal,
        };
        let is_first_enough = attachments.is_empty() && request.sort == Sort::Relevance && request.min_score <= 0.0;
        let wanted = is_first_enough.then(|| request.offset.saturating_add(request.limit));
        fusion::fuse(&ranking, scores, wanted, found, keys);
        fusion::place_attachments(&mut attachments, found, scores, &weighed);
        found.extend(attachments);
    } else {
        for (segment, scores) in (0..).zip(scores.iter()) {
            let places = scores.chosen.iter().map(|note| Place { segment, note: *note });
            found.extend(places.map(|place| Found { place, score: 0.0 }));
        }
    }
    if request.min_score > 0.0 {
        found.retain(|it| it.score >= request.min_score);
        total = found.len();
    }
    cut(segments, found, request, keys);
    let reader = HitReader {
        segments,
        request,
        scores,
        words: &words,
        weighed: &weighed,
        asked: Asked::new(&request.query.condition)?,
    };
    let page = found.iter().skip(request.offset);
    let hits = page.map(|it| reader.read(it)).collect::<Result<_>>()?;
    Ok(SearchAnswer { total, hits, corrected })
}

fn apply(filter: &Filter, segment: &Segment, notes: &mut [bool]) -> Result<()> {
    let by_name = filter.source.is_some() || filter.path.is_some();
    if !by_name && filter.origin.is_none() && filter.since.is_none() && filter.until.is_none() {
        return Ok(());
    }
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
type Ranked = Vec<(Word, Arc<Occurrences>)>;

/// Words that the index does not hold, with the terms that were tried for them.
type Corrected = Vec<(String, Vec<String>)>;

/// Returns the words that rank with their occurrences, and what was corrected.
fn evidence(segments: &[Arc<Segment>], view: &View, request: &SearchRequest, finder: &mut Finder<'_>) -> Result<(Ranked, Corrected)> {
    let mut ranked: Ranked = Vec::new();
    let mut corrected = Vec::new();
    for run in words(&request.query.evidence, segments) {
        let mut found: Ranked = Vec::new();
        for word in run {
            let occurrences = finder.find(&word)?;
            found.push((word, occurrences));
        }
        // The whole of an identifier where the index holds it, with its parts as company; else the parts for themselves.
        if found.iter().any(|(word, it)| word.kind == TermKind::Whole && it.files > 0) {
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
            if occurrences.files == 0 && !request.exact {
                let near = correct(segments, view, &word, finder)?;
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

fn correct(segments: &[Arc<Segment>], view: &View, word: &Word, finder: &Finder<'_>) -> Result<Vec<Word>> {
    if let Some(known) = view.recall(&word.text) {
        return Ok(known);
    }
    let near = nearest(segments, word, &|it| finder.count_exactly(it))?;
    view.remember(&word.text, &near);
    Ok(near)
}

/// Puts what was found in order as far as the end of the page that was asked for, and drops the rest.
fn cut(segments: &[Arc<Segment>], found: &mut Vec<Found>, request: &SearchRequest, room: &mut Vec<f32>) {
    let name = |it: &Found| {
        let (at, note) = it.place.at();
        (segments[at].source(note), segments[at].path(note))
    };
    let modified = |it: &Found| segments[it.place.segment as usize].modified[it.place.note as usize];
    let order = |a: &Found, b: &Found| -> Ordering {
        let first = match request.sort {
            Sort::Relevance => b.score.total_cmp(&a.score),
            Sort::Modified => modified(b).cmp(&modified(a)),
            Sort::Path => Ordering::Equal,
        };
        first.then_with(|| name(a).cmp(&name(b)))
    };
    let end = request.offset.saturating_add(request.limit);
    if (1..found.len()).contains(&end) {
        if request.sort == Sort::Relevance {
            // By score alone first: thousands share the lowest scores, and names are dear to compare.
            let mut greatest = Greatest::of(end - 1, room);
            found.iter().for_each(|it| greatest.offer(it.score));
            let least = greatest.beyond();
            found.retain(|it| it.score >= least);
        }
        if end < found.len() {
            found.select_nth_unstable_by(end, order);
            found.truncate(end);
        }
    }
    found.sort_unstable_by(order);
}

/// Reads what a hit shows.
struct HitReader<'a> {
    segments: &'a [Arc<Segment>],
    request: &'a SearchRequest,
    scores: &'a [Scores],
    words: &'a Ranked,
    weighed: &'a Weighed<'a>,
    asked: Asked,
}

impl HitReader<'_> {
    fn read(&self, found: &Found) -> Result<Hit> {
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
