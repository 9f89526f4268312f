//! `cargo bench --bench micro`: parse, index and search, each beside the bare library on the same text, so that a regression is seen where it
//! happens. `MEMBRIDGE_BENCH_NOTES` sets the size (1,000).

use std::{env, fs, path::Path, sync::LazyLock, time::Instant};

use divan::{Bencher, black_box};
use membridge::{
    config::{self, Config, Flags},
    engine::{Engine, handle::Handle},
    io::index::{Filter, SearchRequest, Sort, Visible},
    model::{note::Note, passage::passages, path::SourceName, query},
};
use support::{
    bare::{self, Bare},
    vault::{self, QUERIES},
};
use tempfile::TempDir;

mod support;

/// That of the binary, for both sides.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

struct Vault {
    folder: TempDir,
    texts: Vec<String>,
}

static VAULT: LazyLock<Vault> = LazyLock::new(|| {
    let notes = env::var("MEMBRIDGE_BENCH_NOTES")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(1_000);
    let folder = tempfile::tempdir().expect("a temporary folder");
    vault::write(folder.path(), notes);
    let texts = bare::files(folder.path())
        .iter()
        .map(|it| fs::read_to_string(it).expect("a note"))
        .collect();
    Vault { folder, texts }
});

fn config(vault: &Path, data: &Path) -> Config {
    let flags = Flags {
        vaults: vec![(None, vault.to_owned())],
        data_dir: Some(data.to_owned()),
        ..Flags::default()
    };
    config::load(&flags, &|_| None).expect("a valid configuration").config
}

fn indexed(data: &Path) -> (Engine, Handle) {
    let (mut engine, handle) = Engine::new(&config(VAULT.folder.path(), data)).expect("the engine starts");
    while handle.searcher().is_none() {
        engine.step(Instant::now());
    }
    (engine, handle)
}

fn request(text: &str) -> SearchRequest {
    SearchRequest {
        query: query::natural(text),
        visible: vec![Visible {
            source: SourceName::parse("vault").expect("a name"),
            prefix: None,
        }],
        filter: Filter::default(),
        sort: Sort::Relevance,
        limit: 8,
        offset: 0,
        passages: 1,
        snippet_chars: 240,
        min_score: 0.0,
        exact: false,
        deadline: None,
    }
}

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

#[divan::bench]
fn query_parse(bencher: Bencher<'_, '_>) {
    bencher.bench(|| QUERIES.iter().map(|it| query::natural(black_box(it)).evidence.len()).sum::<usize>());
}

#[divan::bench(sample_count = 5)]
fn index_bare_tantivy(bencher: Bencher<'_, '_>) {
    let files = bare::files(VAULT.folder.path());
    bencher
        .with_inputs(|| tempfile::tempdir().expect("a temporary folder"))
        .bench_values(|data| {
            drop(Bare::build(&files, data.path()));
            data
        });
}

#[divan::bench(sample_count = 5)]
fn index_vault(bencher: Bencher<'_, '_>) {
    LazyLock::force(&VAULT);
    bencher
        .with_inputs(|| tempfile::tempdir().expect("a temporary folder"))
        .bench_values(|data| {
            drop(indexed(data.path()));
            data
        });
}

#[divan::bench]
fn search_bare_tantivy(bencher: Bencher<'_, '_>) {
    let data = tempfile::tempdir().expect("a temporary folder");
    let bare = Bare::build(&bare::files(VAULT.folder.path()), data.path());
    bencher.bench(|| QUERIES.iter().map(|it| bare.search(it).len()).sum::<usize>());
}

#[divan::bench]
fn search_vault(bencher: Bencher<'_, '_>) {
    let data = tempfile::tempdir().expect("a temporary folder");
    let (_engine, handle) = indexed(data.path());
    let searcher = handle.searcher().expect("the index is complete");
    bencher.bench(|| {
        QUERIES
            .iter()
            .map(|it| searcher.search(&request(it)).expect("a search").total)
            .sum::<usize>()
    });
}
