//! `cargo bench --bench operators [-- NOTES]`: queries of Obsidian's language over a seeded vault, in process: the median of each, and p50 and
//! p95 of all: those with operators, then plain words. The first time, in which texts are read from the compressed store, is told apart.

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::{
    env, io,
    time::{Duration, Instant},
};

use membridge::{
    config::{self, Flags},
    engine::Engine,
    io::index::{Filter, SearchRequest, Searcher, Sort, Visible},
    model::{path::SourceName, query},
};
use vault::QUERIES;

#[path = "support/vault.rs"]
mod vault;

/// That of the binary.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 15;

const OPERATORS: [&str; 28] = [
    "database",
    "igrat",
    "an",
    "e",
    "\"error handling\"",
    "\"weekly memory digest\"",
    "星图",
    "database -snapshot",
    "backup OR restore",
    "file:000042",
    "path:\"Area 03\" certificate",
    "content:optimizer",
    "tag:#project",
    "tag:#idea heron",
    "line:(database backup)",
    "block:(certificate error)",
    "section:(query optimizer)",
    "task:database",
    "task-todo:snapshot",
    "[status:active]",
    "[status:draft] OR [id:42]",
    "match-case:Note",
    "/data(base)? backup/",
    r"/MB-\d{5}7/",
    r"/\b[a-z]{14,}\b/",
    r"/^## .*memory/",
    "line:/heron|copper/",
    "section:/optim.zer/",
];

fn main() -> io::Result<()> {
    let notes = env::args().skip(1).find_map(|it| it.parse().ok()).unwrap_or(10_000);
    let folder = tempfile::tempdir()?;
    let bytes = vault::write(&folder.path().join("vault"), notes);
    let flags = Flags {
        vaults: vec![(None, folder.path().join("vault"))],
        data_dir: Some(folder.path().join("data")),
        ..Flags::default()
    };
    let config = config::load(&flags, &|_| None).expect("a valid configuration").config;
    let (mut engine, handle) = Engine::new(&config).expect("the engine starts");
    let searcher = loop {
        match handle.searcher() {
            Some(searcher) => break searcher,
            None => engine.step(Instant::now()),
        };
    };
    println!("{notes} notes, {:.1} MB", bytes as f64 / 1e6);

    for queries in [&OPERATORS[..], &QUERIES] {
        let first: Vec<Duration> = queries.iter().map(|it| time(&searcher, it).0).collect();
        let mut all = Vec::new();
        for (query, first) in queries.iter().zip(first) {
            let (times, totals): (Vec<Duration>, Vec<usize>) = (0..ROUNDS).map(|_| time(&searcher, query)).unzip();
            all.extend(&times);
            println!(
                "{query:36} {:6} notes, first {first:>9.2?}, then {:>9.2?}",
                totals[0],
                quantile(times, 0.5)
            );
        }
        println!(
            "all of these: p50 {:.2?}, p95 {:.2?}\n",
            quantile(all.clone(), 0.5),
            quantile(all, 0.95)
        );
    }
    Ok(())
}

fn time(searcher: &Searcher, text: &str) -> (Duration, usize) {
    let start = Instant::now();
    let request = SearchRequest {
        query: query::obsidian(text).expect("a query"),
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
        exact: true,
        deadline: None,
    };
    let total = searcher.search(&request).expect("a search").total;
    (start.elapsed(), total)
}

fn quantile(mut times: Vec<Duration>, share: f64) -> Duration {
    times.sort_unstable();
    times[((times.len() - 1) as f64 * share) as usize]
}
