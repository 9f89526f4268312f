//! What a search costs: in process beside bare tantivy with snippets, over HTTP beside the same behind bare axum.

use std::{
    io,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use membridge::{
    config::{self, Flags},
    engine::Engine,
    io::index::{Filter, SearchRequest, Sort, Visible},
    model::{path::SourceName, query},
};

use crate::{
    limits::table::{Row, line, quantile},
    support::{
        bare::Bare,
        client,
        service::{self, Service},
        vault::QUERIES,
    },
};

const CLIENTS: usize = 32;
const LOAD: Duration = Duration::from_secs(3);

/// Prints two rows.
pub(crate) fn in_process(folder: &Path, bare: &Bare, rounds: usize) -> anyhow::Result<()> {
    let flags = Flags {
        vaults: vec![(None, folder.join("vault"))],
        data_dir: Some(folder.join("in-process")),
        ..Flags::default()
    };
    let config = config::load(&flags, &|_| None).expect("a valid configuration").config;
    let (mut engine, handle) = Engine::new(&config)?;
    while handle.searcher().is_none() {
        engine.step(Instant::now());
    }
    let searcher = handle.searcher().expect("the index is complete");
    let mut row = Row::default();
    for round in 0..=rounds * 3 {
        for text in QUERIES {
            let begun = Instant::now();
            bare.search(text);
            let limit = begun.elapsed();
            let begun = Instant::now();
            searcher.search(&request(text))?;
            if round > 0 {
                row.add(limit, begun.elapsed());
            }
        }
    }
    row.print("search in process, with snippets, p50", 0.5, "");
    row.print("the same, p99", 0.99, "");
    engine.stop();
    Ok(())
}

/// Prints four rows. Returns one row a query.
pub(crate) fn over_http(
    runtime: &tokio::runtime::Runtime,
    ours: &Service,
    bare: Arc<Bare>,
    rounds: usize,
) -> io::Result<Vec<(&'static str, Row)>> {
    let bare = service::serve_bare(runtime, bare)?;
    let (mut row, mut loads) = (Row::default(), (Vec::new(), Vec::new()));
    let mut by_query: Vec<_> = QUERIES.iter().map(|it| (*it, Row::default())).collect();
    for round in 0..=rounds {
        for _ in 0..3 {
            let limit = client::latencies(bare, &QUERIES)?;
            let ours = client::latencies(ours.address, &QUERIES)?;
            // The first round warms up.
            if round > 0 {
                for ((limit, ours), (_, one)) in limit.into_iter().zip(ours).zip(&mut by_query) {
                    row.add(limit, ours);
                    one.add(limit, ours);
                }
            }
        }
        let limit = client::answers_a_second(bare, &QUERIES, CLIENTS, LOAD);
        let answers = client::answers_a_second(ours.address, &QUERIES, CLIENTS, LOAD);
        if round > 0 {
            loads.0.push(limit);
            loads.1.push(answers);
        }
    }
    row.print("search over HTTP (bare axum and tantivy), p50", 0.5, "2");
    row.print("the same, p90", 0.9, "");
    row.print("the same, p99", 0.99, "3");
    let (limit, answers) = (quantile(&loads.0, 0.5), quantile(&loads.1, 0.5));
    let spread = (quantile(&loads.1, 0.75) - quantile(&loads.1, 0.25)) / answers * 100.0;
    line(
        "the same, 32 clients, answers a second",
        &format!("{limit:.0}"),
        &format!("{answers:.0}"),
        &format!("{:.2}", answers / limit),
        &format!("{spread:.0} %"),
        "0.60 at least",
    );
    Ok(by_query)
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
