//! What a search needs of one segment beside its postings: which documents make which note, and the notes' columns as plain arrays.
//! Made once for a segment and its deletions; knows nothing of queries.

use std::{
    collections::HashMap,
    ops::{Deref, Range},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use anyhow::{Context, Result};
use tantivy::{DocId, SegmentReader, TantivyDocument, columnar::Column, postings::TermInfo, store::StoreReader};

use crate::{
    io::index::{
        kept::Kept,
        language::Language,
        schema::{Fields, STAMP, hash_of, origin_of},
        vocabulary::Vocabulary,
    },
    model::{
        hash::ContentHash,
        origin::Origin,
        path::{FileKind, NotePath},
    },
};

/// How many expanded words a segment remembers; beyond, it forgets all and starts again.
const MAX_WORDS: usize = 4096;

/// How many blocks of stored texts, 16 KiB each, a segment keeps unpacked.
const STORE_BLOCKS: usize = 32;

/// The terms of one segment that a word stands for, by field.
#[derive(Debug, Clone, Default)]
pub(super) struct Expansion {
    pub(super) body: Arc<[Expanded]>,
    pub(super) context: Arc<[Expanded]>,
}

/// A term; one that is an inflection counts only in notes of the language in which it is one.
#[derive(Debug, Clone)]
pub(super) struct Expanded {
    pub(super) info: TermInfo,
    pub(super) only: Option<Language>,
}

/// One segment as the searcher sees it: its columns, which never change, and which of its notes live.
pub(super) struct Segment {
    columns: Arc<Columns>,
    pub(super) reader: SegmentReader,
    /// For each note: whether it lives. A note's documents are deleted together.
    pub(super) alive: Vec<bool>,
}

/// What stays the same for the life of a segment. Notes are counted from 0 in the order of their blocks.
pub(super) struct Columns {
    pub(super) fields: Fields,
    /// For each document: its note.
    pub(super) note_of: Vec<u32>,
    /// For each note: its first document, the note's own; one more entry closes the list.
    pub(super) first_doc: Vec<DocId>,
    /// For each note: its length in terms, as field norms keep it.
    pub(super) length: Vec<u32>,
    /// For each note: the lengths of its documents added up, repeated titles and headings included.
    pub(super) terms: Vec<u32>,
    pub(super) language: Vec<Language>,
    /// The distinct languages of its notes.
    pub(super) languages: Vec<Language>,
    pub(super) origin: Vec<Origin>,
    pub(super) modified: Vec<i64>,
    /// For each note: whether it is kept for look-ups by name only.
    pub(super) left_out: Vec<bool>,
    pub(super) superseded: Vec<bool>,
    /// For each note: whether it is a file that has nothing but a name.
    pub(super) attachment: Vec<bool>,
    /// For each note: an index into `sources`.
    pub(super) source: Vec<u8>,
    pub(super) sources: Vec<String>,
    paths: Strings,
    /// For each document: its length in terms, title and headings included.
    pub(super) doc_length: Vec<u32>,
    /// Of the note's own documents, see [`hash_of`].
    hashes: [Column<u64>; 3],
    /// The stored texts; keeps the blocks that were read last.
    store: StoreReader,
    /// Words met before, with the terms they stand for here. Guards a cache only; nothing waits while it is held.
    pub(super) words: Mutex<HashMap<String, Expansion>>,
    /// Made by the first search for a part of a word.
    vocabulary: OnceLock<Vocabulary>,
    /// Filled by searches that read texts.
    pub(super) kept: Kept,
}

/// A note, the hash of its bytes if they were read, its stamp.
pub(super) type Stamped = (usize, Option<ContentHash>, [i64; STAMP]);

impl Deref for Segment {
    type Target = Columns;

    fn deref(&self) -> &Columns {
        &self.columns
    }
}

impl Segment {
    /// Reads the columns of a segment into arrays, or takes over those of the same segment with fewer deletions.
    pub(super) fn open(reader: &SegmentReader, fields: Fields, earlier: Option<&Segment>) -> Result<Segment> {
        let columns = match earlier {
            Some(earlier) => Arc::clone(&earlier.columns),
            None => Arc::new(Columns::open(reader, fields)?),
        };
        let alive = columns.first_doc[..columns.notes()]
            .iter()
            .map(|&doc| !reader.is_deleted(doc))
            .collect();
        Ok(Segment {
            columns,
            reader: reader.clone(),
            alive,
        })
    }

    /// Returns the terms of the texts.
    pub(super) fn vocabulary(&self) -> Result<&Vocabulary> {
        if let Some(known) = self.vocabulary.get() {
            return Ok(known);
        }
        let made = Vocabulary::of(&*self.reader.inverted_index(self.fields.body)?)?;
        Ok(self.vocabulary.get_or_init(|| made))
    }

    /// Returns the hash, if its bytes were read, and the stamp of each living note.
    pub(super) fn stamps(&self) -> Result<Vec<Stamped>> {
        let columns = self.reader.fast_fields();
        let stamps: Vec<Column<i64>> = ["stamp0", "stamp1", "stamp2", "stamp3", "stamp4"]
            .iter()
            .map(|it| columns.i64(it))
            .collect::<Result<_, _>>()?;
        let read = |note: usize| {
            let doc = self.first_doc[note];
            (
                note,
                self.hash(note),
                std::array::from_fn(|at| stamps[at].first(doc).unwrap_or_default()),
            )
        };
        Ok((0..self.notes()).filter(|&it| self.alive[it]).map(read).collect())
    }
}

impl Columns {
    fn open(reader: &SegmentReader, fields: Fields) -> Result<Columns> {
        let columns = reader.fast_fields();
        let modified: Column<i64> = columns.i64("modified")?;
        let language = columns.u64("language")?;
        let origin = columns.u64("origin")?;
        let left_out = columns.u64("left_out")?;
        let superseded = columns.u64("superseded")?;
        let body_norms = reader.get_fieldnorms_reader(fields.body)?;
        let context_norms = reader.get_fieldnorms_reader(fields.context)?;
        let mut segment = Columns {
            fields,
            note_of: Vec::with_capacity(reader.max_doc() as usize),
            first_doc: Vec::new(),
            length: Vec::new(),
            terms: Vec::new(),
            language: Vec::new(),
            languages: Vec::new(),
            origin: Vec::new(),
            modified: Vec::new(),
            left_out: Vec::new(),
            superseded: Vec::new(),
            attachment: Vec::new(),
            source: Vec::new(),
            sources: Vec::new(),
            paths: Strings::default(),
            doc_length: Vec::with_capacity(reader.max_doc() as usize),
            hashes: [columns.u64("hash0")?, columns.u64("hash1")?, columns.u64("hash2")?],
            store: reader.get_store_reader(STORE_BLOCKS)?,
            words: Mutex::default(),
            vocabulary: OnceLock::new(),
            kept: Kept::default(),
        };
        for doc in 0..reader.max_doc() {
            if let Some(time) = modified.first(doc) {
                segment.first_doc.push(doc);
                segment.length.push(context_norms.fieldnorm(doc));
                segment.terms.push(0);
                segment.modified.push(time);
                segment.language.push(Language::from_code(language.first(doc).unwrap_or_default()));
                segment.origin.push(origin_of(origin.first(doc).unwrap_or_default()));
                segment.left_out.push(left_out.first(doc) == Some(1));
                segment.superseded.push(superseded.first(doc) == Some(1));
            }
            let note = segment
                .first_doc
                .len()
                .checked_sub(1)
                .context("a segment begins with a passage without its note")?;
            segment.note_of.push(note as u32);
            let body = body_norms.fieldnorm(doc);
            let all = body + context_norms.fieldnorm(doc);
            segment.doc_length.push(all);
            segment.length[note] += body;
            segment.terms[note] += all;
        }
        segment.read_names(reader)?;
        segment.languages = segment.languages_of_texts();
        segment.first_doc.push(reader.max_doc());
        Ok(segment)
    }

    /// Names alone tell no language, unless there is nothing else.
    fn languages_of_texts(&self) -> Vec<Language> {
        let of_texts = self
            .language
            .iter()
            .zip(&self.attachment)
            .filter(|(_, attachment)| !**attachment)
            .map(|(it, _)| *it);
        let mut languages: Vec<Language> = of_texts.collect();
        if languages.is_empty() {
            languages.clone_from(&self.language);
        }
        languages.sort_unstable();
        languages.dedup();
        languages
    }

    fn read_names(&mut self, reader: &SegmentReader) -> Result<()> {
        let (sources, source_of) = self.strings(reader, "source")?;
        self.sources = (0..sources.len()).map(|at| sources.get(at).to_owned()).collect();
        self.source = source_of
            .into_iter()
            .map(u8::try_from)
            .collect::<Result<_, _>>()
            .context("more than 255 sources")?;
        let (names, name_of) = self.strings(reader, "path")?;
        // In the order of notes, so that a path is one lookup and the order by path one comparison.
        for (note, at) in name_of.into_iter().enumerate() {
            let path = names.get(at as usize);
            self.paths.push(path);
            // The files of a repository are read, whatever they are called.
            let is_read = self.hash(note).is_some();
            self.attachment
                .push(!is_read && NotePath::parse_in_repo(path).is_ok_and(|it| it.kind() == FileKind::Attachment));
        }
        Ok(())
    }

    /// Returns the distinct values of a text column in order, and for each note which it has.
    fn strings(&self, reader: &SegmentReader, name: &str) -> Result<(Strings, Vec<u32>)> {
        let column = reader
            .fast_fields()
            .str(name)?
            .with_context(|| format!("the segment lacks the column `{name}`"))?;
        let mut values = Strings::default();
        let mut stream = column.dictionary().stream()?;
        while stream.advance() {
            values.push(std::str::from_utf8(stream.key()).context("a text column holds UTF-8")?);
        }
        let ords = self
            .first_doc
            .iter()
            .map(|&doc| column.ords().first(doc).unwrap_or_default() as u32)
            .collect();
        Ok((values, ords))
    }

    /// Returns what is stored of a document.
    pub(super) fn document(&self, doc: DocId) -> Result<TantivyDocument> {
        Ok(self.store.get(doc)?)
    }

    /// Returns how many notes the segment has, dead ones included.
    pub(super) fn notes(&self) -> usize {
        self.modified.len()
    }

    pub(super) fn path(&self, note: usize) -> &str {
        self.paths.get(note)
    }

    pub(super) fn source(&self, note: usize) -> &str {
        &self.sources[usize::from(self.source[note])]
    }

    /// Returns the content hash of a note; `None` for a file whose bytes were not read.
    pub(super) fn hash(&self, note: usize) -> Option<ContentHash> {
        let doc = self.first_doc[note];
        hash_of([0, 1, 2].map(|at| self.hashes[at].first(doc).unwrap_or_default()))
    }

    /// Returns the documents of a note: its own, and those of its passages.
    pub(super) fn documents(&self, note: usize) -> Range<usize> {
        self.first_doc[note] as usize..self.first_doc[note + 1] as usize
    }

    /// Returns the documents of a note's passages.
    pub(super) fn passages(&self, note: usize) -> Range<DocId> {
        self.first_doc[note] + 1..self.first_doc[note + 1]
    }

    /// Remembers what a word stands for in this segment.
    pub(super) fn remember(&self, word: String, expansion: Expansion) {
        // A poisoned lock means that a search panicked while it inserted; the cache is then used as it is.
        let mut words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        if words.len() >= MAX_WORDS {
            words.clear();
        }
        words.insert(word, expansion);
    }

    /// Returns what a word stands for, if it was met before.
    pub(super) fn recall(&self, word: &str) -> Option<Expansion> {
        self.words.lock().unwrap_or_else(PoisonError::into_inner).get(word).cloned()
    }
}

impl std::fmt::Debug for Segment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Segment")
            .field("id", &self.reader.segment_id())
            .field("notes", &self.notes())
            .finish_non_exhaustive()
    }
}

/// Many short texts in one allocation.
#[derive(Default)]
struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends.push(self.text.len() as u32);
    }

    fn get(&self, at: usize) -> &str {
        let start = at.checked_sub(1).map_or(0, |it| self.ends[it] as usize);
        &self.text[start..self.ends[at] as usize]
    }

    fn len(&self) -> usize {
        self.ends.len()
    }
}
