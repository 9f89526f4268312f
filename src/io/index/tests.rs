//! What the index holds across the ends of its writers. Knows the merges of tantivy, whose order decides here.

use std::path::Path;

use tantivy::indexer::NoMergePolicy;

use super::*;
use crate::model::{
    note::Note,
    origin::Origin,
    path::{NotePath, SourceName},
};

fn open(folder: &Path) -> Index {
    Index::open(folder, 1, ContentHash::of(b"")).unwrap().0
}

fn put(index: &Index, path: &str, text: &str) {
    let id = NoteId {
        source: SourceName::parse("vault").unwrap(),
        path: NotePath::parse(path).unwrap(),
    };
    let note = Note::parse(text);
    index
        .put(&IndexedNote {
            id: &id,
            text,
            note: &note,
            hash: Some(ContentHash::of(text.as_bytes())),
            stamp: [0; STAMP],
            origin: Origin::Human,
            modified: 0,
            file_lines: None,
            left_out: false,
            words: &[],
            facts: "",
        })
        .unwrap();
}

/// A kill between two commits leaves segments that wait for a merge, one of which the last commit deleted from. The next run's first commit
/// merges them, and the first thing that run had put was in the index twice from then on: no scan and no restart found that.
#[test]
fn a_note_that_was_put_first_after_a_kill_stayed_beside_its_old_text() {
    let folder = tempfile::tempdir().unwrap();
    let mut index = open(folder.path());
    let writer = index.writer.inner.as_mut().unwrap();
    writer.set_merge_policy(Box::new(NoMergePolicy));
    // The largest segment is the first of the merge.
    for number in 0..5 {
        put(&index, &format!("Large {number}.md"), "x\n");
    }
    index.commit(true, String::new()).unwrap();
    for path in ["Plan.md", "Beside.md", "Another.md"] {
        put(&index, path, "old\n");
    }
    index.commit(true, String::new()).unwrap();
    put(&index, "Beside.md", "new\n");
    index.commit(true, String::new()).unwrap();
    drop(index);

    let mut index = open(folder.path());
    put(&index, "Plan.md", "new\n");
    index.commit(true, String::new()).unwrap();
    index.close().unwrap();

    let known = open(folder.path()).searcher().unwrap().known().unwrap();
    let mut plans = known.iter().filter(|it| it.id.path.as_str() == "Plan.md").map(|it| it.hash);
    assert_eq!(plans.next(), Some(Some(ContentHash::of(b"new\n"))));
    assert_eq!(plans.next(), None, "its old text is gone");
    assert_eq!(known.len(), 8);
}
