//! One search on one snapshot: conditions, scores, the cut, and only then texts and snippets for the hits that are returned.
//! Knows how the pieces work together; knows nothing of HTTP.

use std::{cmp::Ordering, sync::Arc};

use anyhow::Result;

use crate::{
    io::index::{
        analysis::TermKind,
        arrays::{Arrays, Found, Place, Scores},
        condition::{Selector, stored_path},
        declared::Asked,
        finder::Finder,
        fusion::{self, Greatest, Ranking},
        hits::HitReader,
        literal::literal,
        occurrences::Occurrences,
        request::{Filter, SearchAnswer, SearchRequest, Sort},
        score::Weighed,
        segment::Segment,
        view::View,
        words::{PART_WEIGHT, Word, nearest, words},
    },
    model::query::Condition,
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
    let named = by_name || speaks;
    let mut attachments: Vec<Found> = Vec::new();
    for (at, notes) in selected.iter().enumerate() {
        let apart = choose(&segments[at], notes, &mut scores[at], speaks, ranked, named);
        attachments.extend(apart.into_iter().map(|note| {
            let segment = at as u32;
            let place = Place { segment, note };
            Found { place, score: 0.0 }
        }));
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

/// Notes which of a segment's selected notes may be hits: those that hold a word, if the words speak, or all. Attachments are among them where
/// they are asked for, and returned instead where there is a ranking: a name is all that they have.
fn choose(segment: &Segment, selected: &[bool], scores: &mut Scores, speaks: bool, ranked: bool, named: bool) -> Vec<u32> {
    scores.is_whole = speaks
        && scores
            .touched
            .iter()
            .all(|it| selected[*it as usize] && !segment.attachment[*it as usize]);
    let mut apart = Vec::new();
    if scores.is_whole {
        return apart;
    }
    let mut take = |note: u32| {
        let at = note as usize;
        match segment.attachment[at] {
            _ if !selected[at] => {}
            true if ranked && named => apart.push(note),
            true if !named => {}
            _ => scores.chosen.push(note),
        }
    };
    if speaks {
        scores.touched.iter().for_each(|it| take(*it));
    } else {
        (0..selected.len() as u32).for_each(take);
    }
    apart
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
