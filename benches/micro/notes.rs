//! Notes: parsed beside pulldown-cmark, cut into passages, edited, and their links resolved.

use divan::{Bencher, black_box};
use membridge::model::{
    links::Names,
    note::{
        Note,
        edit::{self, Edit, EditPlace},
    },
    passage::passages,
    path::NotePath,
};

use crate::VAULT;

#[divan::bench]
fn parse_pulldown_cmark_alone(bencher: Bencher<'_, '_>) {
    bencher.bench(|| VAULT.texts.iter().map(|it| pulldown_cmark::Parser::new(it).count()).sum::<usize>());
}

#[divan::bench]
fn parse_notes(bencher: Bencher<'_, '_>) {
    bencher.bench(|| {
        VAULT
            .texts
            .iter()
            .map(|it| Note::parse(black_box(it)).headings.len())
            .sum::<usize>()
    });
}

#[divan::bench]
fn cut_passages(bencher: Bencher<'_, '_>) {
    let notes: Vec<(&String, Note)> = VAULT.texts.iter().map(|it| (it, Note::parse(it))).collect();
    bencher.bench(|| notes.iter().map(|(text, note)| passages(text, note).len()).sum::<usize>());
}

/// A line more in the last section of every note, and a property set.
#[divan::bench]
fn edit_notes(bencher: Bencher<'_, '_>) {
    let edits = [
        Edit::Append {
            text: "- a line more".to_owned(),
            place: EditPlace::Body,
            create_section: false,
        },
        Edit::SetProperty {
            name: "status".to_owned(),
            value: membridge::model::yaml::Value::String("seen".to_owned()),
        },
    ];
    bencher.bench(|| {
        let edited = VAULT.texts.iter().map(|it| edit::plan(black_box(it), &edits));
        edited.map(|it| it.expect("every note can be edited").text.len()).sum::<usize>()
    });
}

/// Every link of every note.
#[divan::bench]
fn resolve_links(bencher: Bencher<'_, '_>) {
    let mut names = Names::default();
    let mut links: Vec<(NotePath, String)> = Vec::new();
    for (number, text) in VAULT.texts.iter().enumerate() {
        let path = NotePath::parse(&format!("Area {:02}/Note {number:06}.md", number % 12)).expect("a path");
        names.insert(&path);
        let note = Note::parse(text);
        links.extend(note.links.into_iter().map(|it| (path.clone(), it.target)));
    }
    bencher.bench(|| {
        links
            .iter()
            .filter(|(from, target)| black_box(names.resolve(target, false, Some(from))).path.is_some())
            .count()
    });
}
