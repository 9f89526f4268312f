//! What a snapshot tells without a search: which notes it holds, stored texts, the caller's own facts, and how many notes bear each tag. Knows stored fields and
//! terms; knows nothing of links.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use anyhow::{Context, Result};
use tantivy::{
    DocSet, TERMINATED, TantivyDocument,
    schema::{IndexRecordOption, Value as _},
};

use crate::{
    io::index::{
        Searcher,
        condition::{Texts, stored_path},
        request::Visible,
        schema::{STAMP, parse_tags},
        segment::Segment,
    },
    model::{
        hash::ContentHash,
        path::{NoteId, NotePath, SourceName},
    },
};

/// A note that the index holds, as the next start compares it with the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub id: NoteId,
    /// `None` where the bytes were not read.
    pub hash: Option<ContentHash>,
    pub stamp: [i64; STAMP],
    /// Whether it was put to be left out of results.
    pub left_out: bool,
}

/// How many notes bear a tag or a child of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagCount {
    /// Without `#`; spelt as in the first note, by source and path, that bears it.
    pub tag: String,
    pub notes: usize,
}

/// How far the facts of a snapshot were read.
#[derive(Debug, Clone, Copy, Default)]
pub struct FactsCursor {
    segment: usize,
    note: usize,
}

/// The notes of one tag: each segment and note, in order.
type Bearers = Vec<(usize, usize)>;

impl Searcher {
    /// Returns every note that the snapshot holds.
    pub fn known(&self) -> Result<Vec<Known>> {
        let mut known = Vec::new();
        for segment in &self.segments {
            for (note, hash, stamp) in segment.stamps()? {
                let left_out = segment.left_out[note];
                known.push(Known {
                    id: id_of(segment, note)?,
                    hash,
                    stamp,
                    left_out,
                });
            }
        }
        Ok(known)
    }

    /// Returns the texts of notes as they were indexed, in the order of the paths; `None` for what the snapshot does not hold.
    pub fn texts(&self, source: &SourceName, paths: &[&NotePath]) -> Result<Vec<Option<String>>> {
        let mut texts = vec![None; paths.len()];
        for segment in &self.segments {
            // Read in the order in which they are stored: neighbours share a compressed block.
            let mut places = Vec::new();
            for (at, path) in paths.iter().enumerate().filter(|(at, _)| texts[*at].is_none()) {
                let id = NoteId {
                    source: source.clone(),
                    path: (*path).clone(),
                };
                places.extend(find(segment, &id)?.map(|note| (note, at)));
            }
            places.sort_unstable();
            let mut stored = Texts::of(segment)?;
            for (note, at) in places {
                texts[at] = Some(stored.read(note)?);
            }
        }
        Ok(texts)
    }

    /// Returns the facts that at most `limit` notes were put with, from the cursor on, and moves it; none when all were read.
    pub fn facts(&self, cursor: &mut FactsCursor, limit: usize) -> Result<Vec<(NoteId, String)>> {
        let mut facts = Vec::with_capacity(limit);
        while let Some(segment) = self.segments.get(cursor.segment) {
            let store = segment.reader.get_store_reader(1)?;
            while cursor.note < segment.notes() {
                if facts.len() == limit {
                    return Ok(facts);
                }
                let note = cursor.note;
                cursor.note += 1;
                if segment.alive[note] {
                    let document: TantivyDocument = store.get(segment.first_doc[note])?;
                    let text = document
                        .get_first(segment.fields.facts)
                        .and_then(|it| it.as_str())
                        .unwrap_or_default();
                    facts.push((id_of(segment, note)?, text.to_owned()));
                }
            }
            *cursor = FactsCursor {
                segment: cursor.segment + 1,
                note: 0,
            };
        }
        Ok(facts)
    }

    /// Returns every tag of the visible notes, and every parent of one, with how many notes bear it or a child: the most borne first.
    pub fn tags(&self, visible: &[Visible]) -> Result<Vec<TagCount>> {
        let view = self.view(visible);
        let mut bearers: BTreeMap<String, Bearers> = BTreeMap::new();
        for (at, segment) in self.segments.iter().enumerate() {
            collect_bearers(at, segment, &view.visible[at], &mut bearers)?;
        }
        let mut spelling = Spelling {
            segments: &self.segments,
            read: HashMap::new(),
        };
        let mut counts = Vec::with_capacity(bearers.len());
        for (tag, mut notes) in bearers {
            notes.sort_unstable();
            notes.dedup();
            counts.push(TagCount {
                tag: spelling.of(&tag, &notes)?,
                notes: notes.len(),
            });
        }
        counts.sort_by(|a, b| b.notes.cmp(&a.notes).then_with(|| a.tag.cmp(&b.tag)));
        Ok(counts)
    }
}

pub(super) fn id_of(segment: &Segment, note: usize) -> Result<NoteId> {
    let source = SourceName::parse(segment.source(note)).context("the index holds a source name that is none")?;
    Ok(NoteId {
        source,
        path: stored_path(segment.path(note))?,
    })
}

pub(super) fn find(segment: &Segment, id: &NoteId) -> Result<Option<usize>> {
    let inverted = segment.reader.inverted_index(segment.fields.id)?;
    let Some(mut postings) = inverted.read_postings(&segment.fields.id_term(id), IndexRecordOption::Basic)? else {
        return Ok(None);
    };
    while postings.doc() != TERMINATED {
        let note = segment.note_of[postings.doc() as usize] as usize;
        if segment.alive[note] {
            return Ok(Some(note));
        }
        postings.advance();
    }
    Ok(None)
}

fn collect_bearers(at: usize, segment: &Segment, visible: &[bool], bearers: &mut BTreeMap<String, Bearers>) -> Result<()> {
    let inverted = segment.reader.inverted_index(segment.fields.tag)?;
    let mut stream = inverted.terms().stream()?;
    while stream.advance() {
        let tag = std::str::from_utf8(stream.key()).context("a tag is UTF-8")?;
        let mut postings = inverted.read_postings_from_terminfo(stream.value(), IndexRecordOption::Basic)?;
        let mut notes = Bearers::new();
        while postings.doc() != TERMINATED {
            let note = segment.note_of[postings.doc() as usize] as usize;
            if visible[note] {
                notes.push((at, note));
            }
            postings.advance();
        }
        if !notes.is_empty() {
            let parents = tag.match_indices('/').map(|(end, _)| &tag[..end]).filter(|it| !it.is_empty());
            for tag in parents.chain([tag]) {
                bearers.entry(tag.to_owned()).or_default().extend(&notes);
            }
        }
    }
    Ok(())
}

/// Finds how a tag is written: terms are in lower case.
struct Spelling<'a> {
    segments: &'a [Arc<Segment>],
    /// Tags of notes that were read; parents and children mostly ask for the same.
    read: HashMap<(usize, usize), Vec<String>>,
}

impl Spelling<'_> {
    fn of(&mut self, tag: &str, notes: &Bearers) -> Result<String> {
        let name = |it: &&(usize, usize)| (self.segments[it.0].source(it.1), self.segments[it.0].path(it.1));
        let Some(&first) = notes.iter().min_by_key(name) else {
            return Ok(tag.to_owned());
        };
        if !self.read.contains_key(&first) {
            let segment = &self.segments[first.0];
            let document: TantivyDocument = segment.reader.get_store_reader(1)?.get(segment.first_doc[first.1])?;
            let tags = document
                .get_first(segment.fields.place)
                .and_then(|it| it.as_str())
                .unwrap_or_default();
            self.read.insert(first, parse_tags(tags));
        }
        let levels = tag.matches('/').count() + 1;
        let written = self.read[&first]
            .iter()
            .map(|it| it.split('/').take(levels).collect::<Vec<_>>().join("/"));
        Ok(written
            .into_iter()
            .find(|it| it.to_lowercase() == tag)
            .unwrap_or_else(|| tag.to_owned()))
    }
}
