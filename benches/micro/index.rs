//! Queries, the index and searches in it, beside bare tantivy.

use std::{path::Path, sync::LazyLock, time::Instant};

use divan::{Bencher, black_box};
use membridge::{
    config::{self, Config, Flags},
    engine::{Engine, handle::Handle},
    io::index::{Filter, SearchRequest, Sort, Visible},
    model::{path::SourceName, query},
};

use crate::{
    VAULT,
    bare::{self, Bare},
    vault::QUERIES,
};

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

/// With the one above: what snippets cost.
#[divan::bench]
fn search_vault_without_snippets(bencher: Bencher<'_, '_>) {
    let data = tempfile::tempdir().expect("a temporary folder");
    let (_engine, handle) = indexed(data.path());
    let searcher = handle.searcher().expect("the index is complete");
    bencher.bench(|| {
        let asked = QUERIES.iter().map(|it| SearchRequest {
            snippet_chars: 0,
            ..request(it)
        });
        asked.map(|it| searcher.search(&it).expect("a search").total).sum::<usize>()
    });
}
