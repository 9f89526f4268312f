//! Any bytes are a note: it parses without a panic, in bounded time, and every range lies in the text.

#![no_main]

use std::ops::Range;

use libfuzzer_sys::fuzz_target;
use membridge::model::{lines::LineIndex, lint, note::Note, passage::passages, path::NotePath};

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let note = Note::parse(&text);
    for range in ranges(&note) {
        assert!(text.get(range.clone()).is_some(), "{range:?}");
    }
    for blocks in note.blocks.windows(2) {
        assert!(blocks[0].range.end <= blocks[1].range.start, "{blocks:?}");
    }
    for tag in &note.tags {
        assert_eq!(text[tag.range.clone()], format!("#{}", tag.name));
    }
    assert!(note.list_items.is_sorted_by_key(|it| it.range.start));
    assert!(text.is_char_boundary(note.body_start()));
    assert_eq!(note.sections(text.len()).len(), note.headings.len());

    let mut end = note.body_start();
    for passage in passages(&text, &note) {
        assert_eq!(passage.range.start, end, "passages tile the body");
        end = passage.range.end;
    }
    assert!(end == text.len(), "passages reach the end");

    let path = NotePath::parse("a.md").expect("a path");
    let lines = LineIndex::new(&text).count();
    for finding in lint::of_note(&path, &text, &note) {
        assert!((1..=lines.max(1)).contains(&finding.line), "{finding:?}");
    }
    let _ = (note.title(), note.aliases(), note.all_tags());
});

fn ranges(note: &Note) -> Vec<Range<usize>> {
    let frontmatter = note.frontmatter.iter().flat_map(|it| [it.range.clone(), it.yaml.clone()]);
    let headings = note.headings.iter().map(|it| it.range.clone());
    let links = note.links.iter().map(|it| it.range.clone());
    let tags = note.tags.iter().map(|it| it.range.clone());
    let items = note.list_items.iter().map(|it| it.range.clone());
    let blocks = note.blocks.iter().map(|it| it.range.clone());
    let diagnostics = note.diagnostics.iter().map(|it| it.range.clone());
    let all = frontmatter.chain(headings).chain(links).chain(tags).chain(items);
    all.chain(blocks).chain(diagnostics).collect()
}
