//! From a file's bytes to what the index and the graph take of it: a note's text without machine data, the words of a canvas, the names of a
//! base. Knows what each kind of file means; must not know disks or indexes.

use std::{borrow::Cow, ops::Range};

use crate::{
    engine::graph::Facts,
    model::{
        base::Base,
        canvas::Canvas,
        hidden,
        lines::LineIndex,
        note::Note,
        path::{FileKind, NotePath},
    },
};

pub mod repo;

/// One file as it is indexed.
#[derive(Debug, Default)]
pub(super) struct Document<'b> {
    /// What is searched and quoted. Of a note it has the lines and offsets of the file.
    pub(super) text: Cow<'b, str>,
    pub(super) note: Note,
    /// Lines of the file, where those of `text` are not its own.
    pub(super) file_lines: Option<usize>,
    /// Searched, never quoted; each with the stretch of `text` that it belongs to.
    pub(super) words: Vec<(Range<usize>, String)>,
    pub(super) facts: Facts,
    /// What is odd about the file, for status.
    pub(super) flaw: Option<String>,
}

impl<'b> Document<'b> {
    /// Reads a file. Total: whatever the bytes are, something is found by.
    pub(super) fn read(path: &NotePath, bytes: &'b [u8]) -> Document<'b> {
        let text = String::from_utf8_lossy(bytes);
        let lossy = matches!(text, Cow::Owned(_)).then(|| "not UTF-8: indexed as far as it can be read, never written".to_owned());
        let mut document = match path.kind() {
            FileKind::Note => Document::of_note(path, text),
            FileKind::Canvas => {
                let canvas = Canvas::parse(&text);
                Document::of_words(&text, canvas.as_text(), Facts::of_links(&canvas.links(), ""), canvas.problem)
            }
            FileKind::Base => {
                let base = Base::parse(&text);
                Document::of_words(&text, base.as_text(), Facts::default(), base.problem)
            }
            FileKind::Attachment => Document::default(),
        };
        document.flaw = lossy.or(document.flaw);
        document
    }

    fn of_note(path: &NotePath, text: Cow<'b, str>) -> Document<'b> {
        let note = Note::parse(&text);
        let facts = Facts::of_note(path, &text, &note);
        let visible = match hidden::visible(&text, &note) {
            Cow::Owned(visible) => Some(visible),
            Cow::Borrowed(_) => None,
        };
        match visible {
            // Its headings and tags are those of what can be seen; its links stay all, as Obsidian has them.
            Some(visible) => Document {
                note: Note::parse(&visible),
                text: visible.into(),
                facts,
                ..Document::default()
            },
            None => Document {
                note,
                text,
                facts,
                ..Document::default()
            },
        }
    }

    fn of_words(file: &str, words: String, facts: Facts, flaw: Option<String>) -> Document<'b> {
        let lines = LineIndex::new(file).count().max(1);
        Document {
            note: Note::parse(&words),
            text: words.into(),
            file_lines: Some(lines),
            words: Vec::new(),
            facts,
            flaw,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'b>(path: &str, text: &'b str) -> Document<'b> {
        Document::read(&NotePath::parse(path).unwrap(), text.as_bytes())
    }

    #[test]
    fn a_drawing_shows_its_words_and_keeps_its_lines_and_links() {
        let text = "---\nexcalidraw-plugin: parsed\n---\n# Excalidraw Data\n## Text Elements\nCopper ^a\n## Embedded Files\n8d: [[p.png]]\n## Drawing\nx\n";
        let drawing = read("d.md", text);
        assert_eq!(
            (drawing.text.len(), drawing.text.lines().nth(5).map(str::trim_end)),
            (text.len(), Some("Copper"))
        );
        assert!(drawing.note.headings.is_empty() && !drawing.text.contains("p.png"));
        assert!(drawing.facts.to_text().unwrap().contains("p.png"));
    }

    #[test]
    fn canvases_and_bases_are_their_words() {
        let canvas = read(
            "b.canvas",
            "{\n\"nodes\":[{\"type\":\"text\",\"text\":\"Copper\"},{\"type\":\"file\",\"file\":\"a.md\"}]}",
        );
        assert_eq!((&*canvas.text, canvas.file_lines, canvas.flaw), ("Copper", Some(2), None));
        assert!(canvas.facts.to_text().unwrap().contains("a.md"));
        assert_eq!(read("t.base", "views:\n  - type: table\n    name: Stock\n").text, "Stock table\n");
        assert!(read("t.base", "views: [").flaw.is_some() && read("b.canvas", "[").flaw.is_some());
    }
}
