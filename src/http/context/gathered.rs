//! Where the passages for a question come from: search, pinned notes, and links of the best hits in both directions. Reads one snapshot and the
//! graphs; must not know budgets.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Instant,
};

use crate::{
    http::{
        AppState,
        gather::{lead, pinned, whole},
        passage::Draft,
    },
    io::index::{Hit, SearchRequest, Searcher},
    model::path::NoteId,
};

/// What is left of a note's score for each further passage of it: the second one of the best note competes with the first of the tenth.
const FURTHER: f32 = 0.6;
/// Of the best score: what scores less is not looked at.
const RELEVANT: f32 = 0.3;

/// Hits whose links are followed, links of each, and notes found by links.
const FOLLOWED: usize = 5;
const LINKS_MOST: usize = 200;
const LINKED_MOST: usize = 8;

/// What is wanted beside what is found, and how far the caller sees.
#[derive(Debug, Clone)]
pub(super) struct Wishes {
    pub(super) pinned: bool,
    pub(super) links: bool,
    pub(super) prefix: Option<String>,
}

/// What was found, each list with the most important first.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) found: Vec<Draft>,
    pub(super) pinned: Vec<Draft>,
    pub(super) linked: Vec<Draft>,
    pub(super) total: usize,
    pub(super) corrected: Vec<(String, Vec<String>)>,
    pub(super) warnings: Vec<String>,
}

/// Gathers the passages for a search.
pub(super) fn gather(
    state: &AppState,
    searcher: &Searcher,
    mut request: SearchRequest,
    deadline: Instant,
    wishes: &Wishes,
) -> anyhow::Result<Gathered> {
    request.deadline = Some(deadline);
    let answer = searcher.search(&request)?;
    let mut gathered = Gathered {
        total: answer.total,
        corrected: answer.corrected,
        ..Gathered::default()
    };
    let mut known: BTreeSet<NoteId> = answer.hits.iter().map(id).collect();
    if wishes.pinned {
        let found = pinned(searcher, &request.visible, request.filter.clone())?;
        gathered.warnings.extend(found.warning());
        // What search has found, too, is there with what fits the question.
        let others = found.notes.into_iter().filter(|it| known.insert(it.id.clone()));
        gathered.pinned = others.map(|it| whole(state, &it, "pinned")).collect();
    }
    if wishes.links {
        match neighbours(state, &answer.hits, &known, wishes.prefix.as_deref()) {
            Some(near) => {
                let ids: Vec<NoteId> = near.iter().map(|(id, _)| id.clone()).collect();
                let notes = searcher.notes_of(&request.visible, &ids)?;
                let read = notes.into_iter().zip(near).filter_map(|(note, (_, via))| Some((note?, via)));
                gathered.linked = read.map(|(note, via)| lead(state, &note, "link").via(via)).collect();
            }
            None => gathered
                .warnings
                .push("the links of the vault are being read: none were followed".to_owned()),
        }
    }
    gathered.found = found(state, searcher, &request, answer.hits)?;
    Ok(gathered)
}

/// Returns the passages of the hits in the order in which they are worth reading.
fn found(state: &AppState, searcher: &Searcher, request: &SearchRequest, mut hits: Vec<Hit>) -> anyhow::Result<Vec<Draft>> {
    let best = hits.first().map_or(0.0, |it| it.score);
    hits.retain(|it| it.score >= RELEVANT * best);
    let mut drafts: Vec<(f32, Draft)> = Vec::new();
    for mut hit in hits {
        hit.passages.retain(|it| !it.text.trim().is_empty());
        let score = hit.score;
        if hit.passages.is_empty() {
            // A note of properties alone has no passages; an attachment has nothing to read.
            let note = hit
                .path
                .is_note()
                .then(|| searcher.notes_of(&request.visible, &[id(&hit)]))
                .transpose()?;
            let note = note.into_iter().flatten().flatten().next();
            drafts.extend(note.map(|it| (score, lead(state, &it, "search"))));
            continue;
        }
        let worth = std::iter::successors(Some(score), |it| Some(it * FURTHER));
        drafts.extend(worth.zip(Draft::of_hit(state, &hit)));
    }
    // Stable: what is worth the same stays in the order of the search.
    drafts.sort_by(|one, other| other.0.total_cmp(&one.0));
    Ok(drafts.into_iter().map(|(_, draft)| draft).collect())
}

/// Returns notes that the best hits link with, those of more and better hits first, each with the citation of one such hit; `None` while the
/// links are unknown.
fn neighbours(state: &AppState, hits: &[Hit], known: &BTreeSet<NoteId>, prefix: Option<&str>) -> Option<Vec<(NoteId, String)>> {
    let mut weights: BTreeMap<NoteId, (f32, String)> = BTreeMap::new();
    for hit in hits.iter().take(FOLLOWED) {
        let Some(source) = state.handle.source(&hit.source).filter(|it| !it.is_repo()) else {
            continue;
        };
        let graph = source.graph();
        if !graph.is_whole() {
            return None;
        }
        let links = graph.links(prefix);
        let outgoing = links.outgoing(&hit.path);
        let incoming = links.incoming(&hit.path);
        let there = outgoing.iter().take(LINKS_MOST).filter_map(|it| it.resolved);
        let near: BTreeSet<_> = there
            .chain(incoming.iter().take(LINKS_MOST).map(|it| it.source))
            .filter(|it| it.is_note() && **it != hit.path)
            .collect();
        for path in near {
            let id = NoteId {
                source: hit.source.clone(),
                path: path.clone(),
            };
            if !known.contains(&id) {
                let entry = weights
                    .entry(id)
                    .or_insert_with(|| (0.0, state.cite(&hit.source, &hit.path, hit.hash, None)));
                entry.0 += hit.score;
            }
        }
    }
    let mut near: Vec<(NoteId, (f32, String))> = weights.into_iter().collect();
    near.sort_by(|one, other| other.1.0.total_cmp(&one.1.0));
    near.truncate(LINKED_MOST);
    Some(near.into_iter().map(|(id, (_, via))| (id, via)).collect())
}

fn id(hit: &Hit) -> NoteId {
    NoteId {
        source: hit.source.clone(),
        path: hit.path.clone(),
    }
}
