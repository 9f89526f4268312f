//! The fields of the index, and how a note becomes documents. Knows what is stored where; knows nothing of ranking.
//!
//! A note is one block of documents: first the note's own (names, properties, columns; its text is the frontmatter), then one a passage.
//! Blocks stay together through merges, so that a note is a run of documents. Change a field, an analyser or the passages: raise [`FORMAT`].

use tantivy::{
    TantivyDocument, Term,
    schema::{FAST, Field, IndexRecordOption, STORED, Schema, TextFieldIndexing, TextOptions},
};

use crate::{
    io::index::{
        language::Language,
        marks::{SEPARATOR, marks},
        tokenizer,
    },
    model::{
        hash::ContentHash,
        lines::{LineIndex, LineRange},
        note::Note,
        origin::Origin,
        passage::{Passage, passages},
        path::NoteId,
        yaml::Value,
    },
};

/// The format of the index folder: another one is built anew.
pub(super) const FORMAT: u32 = 8;

/// A note, or another file of a vault, as it is put into the index.
#[derive(Debug)]
pub struct IndexedNote<'a> {
    pub id: &'a NoteId,
    /// What can be searched: of a note its text, of a canvas the words on it, of an attachment nothing.
    pub text: &'a str,
    pub note: &'a Note,
    /// `None` where the bytes were not read: of an attachment only the name is known.
    pub hash: Option<ContentHash>,
    /// What the file looked like when it was read; kept for the next start, compared whole.
    pub stamp: [i64; STAMP],
    pub origin: Origin,
    /// Nanoseconds since 1970.
    pub modified: i64,
    /// Lines of the file, where those of `text` are not its own (a canvas): every passage is then cited as the whole file.
    pub file_lines: Option<usize>,
    /// Kept for look-ups by name, never a search result.
    pub left_out: bool,
    /// Words that are searched and never quoted, each with the stretch of the text that it belongs to.
    pub words: &'a [(std::ops::Range<usize>, String)],
    /// What the caller wants back from [`super::Searcher::facts`]; the index does not look into it.
    pub facts: &'a str,
}

/// How many numbers a stamp has.
pub const STAMP: usize = 5;

#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    /// `source␟path`, on every document of the note: by it a note is replaced.
    pub(super) id: Field,
    pub(super) body: Field,
    /// Title and headings, repeated in each passage; in the note's own document title, path and aliases.
    pub(super) context: Field,
    pub(super) tag: Field,
    pub(super) property: Field,
    pub(super) title: Field,
    pub(super) place: Field,
    pub(super) facts: Field,
    pub(super) source: Field,
    pub(super) path: Field,
    pub(super) modified: Field,
    pub(super) origin: Field,
    pub(super) language: Field,
    pub(super) left_out: Field,
    /// The note says which one took its place.
    pub(super) superseded: Field,
    pub(super) hash: [Field; 3],
    pub(super) stamp: [Field; STAMP],
}

pub(super) fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let words = |option| {
        TextFieldIndexing::default()
            .set_tokenizer(tokenizer::NAME)
            .set_index_option(option)
            .set_fieldnorms(true)
    };
    let raw = || {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("raw")
            .set_index_option(IndexRecordOption::Basic)
            .set_fieldnorms(false);
        TextOptions::default().set_indexing_options(indexing)
    };
    let column = || TextOptions::from(FAST);
    let fields = Fields {
        id: schema.add_text_field("id", raw()),
        body: schema.add_text_field(
            "body",
            TextOptions::default()
                .set_indexing_options(words(IndexRecordOption::WithFreqsAndPositions))
                .set_stored(),
        ),
        context: schema.add_text_field(
            "context",
            TextOptions::default().set_indexing_options(words(IndexRecordOption::WithFreqsAndPositions)),
        ),
        tag: schema.add_text_field("tag", raw().set_stored()),
        property: schema.add_text_field("property", raw()),
        title: schema.add_text_field("title", STORED),
        place: schema.add_text_field("place", STORED),
        facts: schema.add_text_field("facts", STORED),
        source: schema.add_text_field("source", column()),
        path: schema.add_text_field("path", column()),
        modified: schema.add_i64_field("modified", FAST),
        origin: schema.add_u64_field("origin", FAST),
        language: schema.add_u64_field("language", FAST),
        left_out: schema.add_u64_field("left_out", FAST),
        superseded: schema.add_u64_field("superseded", FAST),
        hash: ["hash0", "hash1", "hash2"].map(|name| schema.add_u64_field(name, FAST)),
        stamp: ["stamp0", "stamp1", "stamp2", "stamp3", "stamp4"].map(|name| schema.add_i64_field(name, FAST)),
    };
    (schema.build(), fields)
}

impl Fields {
    /// Returns the term by which all documents of a note are found.
    pub(super) fn id_term(&self, id: &NoteId) -> Term {
        Term::from_field_text(self.id, &format!("{}{SEPARATOR}{}", id.source, id.path))
    }

    /// Returns the documents of a note, its own first.
    pub(super) fn documents(&self, it: &IndexedNote<'_>) -> Vec<TantivyDocument> {
        let id = format!("{}{SEPARATOR}{}", it.id.source, it.id.path);
        let stem = it.id.path.stem();
        // What is no note is called by its whole name, as links to it are written.
        let title = if it.id.path.is_note() {
            it.note.title().unwrap_or(stem)
        } else {
            it.id.path.file_name()
        };
        let lines = LineIndex::new(it.text);
        let passages = passages(it.text, it.note);
        let mut own = self.note_document(it, &id, title);
        for mark in marks(it.text, it.note, &passages) {
            own.add_text(self.property, mark);
        }
        let mut documents = vec![own];
        for Passage { range, headings } in passages {
            let mut document = TantivyDocument::default();
            document.add_text(self.id, &id);
            let headings: Vec<&str> = headings.iter().map(|&at| it.note.headings[at].text.as_str()).collect();
            let mut names = context(title, stem, &headings);
            for (_, words) in it.words.iter().filter(|(of, _)| range.contains(&of.start)) {
                names.push('\n');
                names.push_str(words);
            }
            document.add_text(self.context, names);
            let lines = it
                .file_lines
                .map_or_else(|| lines.lines_of(&range), |end| LineRange { start: 1, end });
            document.add_text(self.place, place(lines, &headings));
            document.add_text(self.body, &it.text[range]);
            documents.push(document);
        }
        documents
    }

    fn note_document(&self, it: &IndexedNote<'_>, id: &str, title: &str) -> TantivyDocument {
        let mut document = TantivyDocument::default();
        document.add_text(self.id, id);
        document.add_text(self.body, &it.text[..it.note.body_start()]);
        let mut names = context(title, it.id.path.stem(), &[]);
        names.push('\n');
        names.push_str(it.id.path.folder());
        document.add_text(self.context, names);
        document.add_text(self.title, title);
        document.add_text(self.source, it.id.source.as_str());
        document.add_text(self.path, it.id.path.as_str());
        document.add_i64(self.modified, it.modified);
        document.add_u64(self.origin, origin_code(it.origin));
        document.add_u64(self.language, Language::of(&it.text[it.note.body_start()..]).code());
        document.add_u64(self.left_out, u64::from(it.left_out));
        document.add_u64(self.superseded, u64::from(is_superseded(it.note)));
        document.add_text(self.facts, it.facts);
        for (field, number) in self.hash.iter().zip(it.hash.map_or([0; 3], hash_columns)) {
            document.add_u64(*field, number);
        }
        for (field, number) in self.stamp.iter().zip(it.stamp) {
            document.add_i64(*field, number);
        }
        let mut tags = it.note.all_tags();
        tags.sort_by_key(|it| it.to_lowercase());
        tags.dedup_by_key(|it| it.to_lowercase());
        for tag in &tags {
            document.add_text(self.tag, tag.to_lowercase());
        }
        document.add_text(self.place, tags.join("\u{1f}"));
        document
    }
}

fn context(title: &str, stem: &str, headings: &[&str]) -> String {
    let mut context = title.to_owned();
    if stem != title {
        context.push('\n');
        context.push_str(stem);
    }
    for heading in headings.iter().filter(|&&it| it != title) {
        context.push('\n');
        context.push_str(heading);
    }
    context
}

fn place(lines: LineRange, headings: &[&str]) -> String {
    let mut place = format!("{}-{}", lines.start, lines.end);
    for heading in headings {
        place.push(SEPARATOR);
        place.push_str(heading);
    }
    place
}

/// Returns what [`place`] wrote: the lines, and the headings from the outermost.
pub(super) fn parse_place(place: &str) -> Option<(LineRange, Vec<String>)> {
    let mut parts = place.split(SEPARATOR);
    let (start, end) = parts.next()?.split_once('-')?;
    let lines = LineRange {
        start: start.parse().ok()?,
        end: end.parse().ok()?,
    };
    Some((lines, parts.map(str::to_owned).collect()))
}

/// Returns the tags that a note's own document keeps in `place`, as written.
pub(super) fn parse_tags(place: &str) -> Vec<String> {
    place.split(SEPARATOR).filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

fn origin_code(origin: Origin) -> u64 {
    Origin::ALL.iter().position(|&it| it == origin).map_or(0, |at| at as u64)
}

pub(super) fn origin_of(code: u64) -> Origin {
    usize::try_from(code)
        .ok()
        .and_then(|at| Origin::ALL.get(at))
        .copied()
        .unwrap_or(Origin::Human)
}

/// Says whether a note names the one that took its place, as `supersedes` of a memory has it written.
fn is_superseded(note: &Note) -> bool {
    note.property("superseded_by").is_some_and(|it| *it != Value::Null)
}

fn hash_columns(hash: ContentHash) -> [u64; 3] {
    let bytes = hash.as_bytes();
    [0, 8, 16].map(|at| {
        bytes[at..(at + 8).min(20)]
            .iter()
            .fold(0, |number, &byte| number << 8 | u64::from(byte))
    })
}

/// Returns the hash whose columns these are; zeros stand for none.
pub(super) fn hash_of(columns: [u64; 3]) -> Option<ContentHash> {
    if columns == [0; 3] {
        return None;
    }
    let mut bytes = [0; 20];
    bytes[..8].copy_from_slice(&columns[0].to_be_bytes());
    bytes[8..16].copy_from_slice(&columns[1].to_be_bytes());
    bytes[16..].copy_from_slice(&columns[2].to_be_bytes()[4..]);
    ContentHash::from_bytes(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_survives_its_columns() {
        let hash = ContentHash::of(b"hello\n");
        assert_eq!((hash_of(hash_columns(hash)), hash_of([0; 3])), (Some(hash), None));
    }

    #[test]
    fn a_place_survives_its_text() {
        let lines = LineRange { start: 3, end: 17 };
        assert_eq!(
            parse_place(&place(lines, &["Plan", "Copper: 1-2"])),
            Some((lines, vec!["Plan".to_owned(), "Copper: 1-2".to_owned()]))
        );
    }
}
