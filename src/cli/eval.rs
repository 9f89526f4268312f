//! `membridge eval`: indexes a folder aside and measures how well searches find the notes that they should. Needs no server and leaves nothing
//! behind. The rules are those of the public tables: distinct notes, averages over queries, queries without a relevant note left out.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    process,
    sync::Arc,
    time::Instant,
};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{
    config::{self, Flags},
    engine::Engine,
    io::index::{Filter, SearchRequest, Searcher, Sort, Visible},
    model::{path::SourceName, query},
};

/// How deep a ranking is looked at.
const DEPTH: usize = 10;

#[derive(Debug, Deserialize)]
struct Row {
    query: String,
    relevant: BTreeSet<String>,
    #[serde(default)]
    kind: String,
}

/// Averages over queries.
#[derive(Debug, Clone, Copy, Default)]
struct Measures {
    queries: usize,
    recall: [f64; 3],
    reciprocal_rank: f64,
    gain: f64,
}

/// Measures and prints, as a table or as JSON.
pub fn run(vault: &Path, queries: &Path, as_json: bool) -> Result<()> {
    let text = fs::read_to_string(queries).with_context(|| format!("read the queries `{}`", queries.display()))?;
    let rows = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(at, line)| serde_json::from_str(line).with_context(|| format!("read line {} of `{}`", at + 1, queries.display())))
        .collect::<Result<Vec<Row>>>()?;
    let aside = Aside::new()?;
    let (searcher, source) = index(vault, aside.path())?;
    let (kinds, unanswerable) = measure(&searcher, &source, &rows)?;
    let mut output = io::stdout().lock();
    if as_json {
        let text = serde_json::to_string(&as_value(rows.len(), unanswerable, &kinds)).context("write the measures")?;
        writeln!(output, "{text}")?;
    } else {
        write!(output, "{}", as_table(rows.len(), unanswerable, &kinds))?;
    }
    Ok(())
}

/// A folder for an index that is deleted again.
struct Aside(PathBuf);

impl Aside {
    fn new() -> Result<Aside> {
        let folder = std::env::temp_dir().join(format!("membridge-eval-{}", process::id()));
        fs::create_dir(&folder).with_context(|| format!("create `{}`", folder.display()))?;
        Ok(Aside(folder))
    }

    fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // The system's own cleaning of temporary files finds what is left.
        drop(fs::remove_dir_all(&self.0));
    }
}

/// Returns the searcher of a complete index, and the name of the one source in it.
fn index(vault: &Path, aside: &Path) -> Result<(Arc<Searcher>, SourceName)> {
    let flags = Flags {
        vaults: vec![(None, vault.to_owned())],
        data_dir: Some(aside.to_owned()),
        ..Flags::default()
    };
    let loaded = config::load(&flags, &|_| None).map_err(|findings| {
        let problem = findings
            .problems
            .first()
            .map(|it| format!("{}: {}", it.key, it.message))
            .unwrap_or_default();
        anyhow::anyhow!("index `{}`: {problem}", vault.display())
    })?;
    let (mut engine, handle) = Engine::new(&loaded.config)?;
    let searcher = loop {
        engine.step(Instant::now());
        if let Some(searcher) = handle.searcher() {
            break searcher;
        }
    };
    ensure!(searcher.notes() > 0, "`{}` holds no notes", vault.display());
    Ok((searcher, loaded.config.sources[0].name.clone()))
}

fn measure(searcher: &Searcher, source: &SourceName, rows: &[Row]) -> Result<(BTreeMap<String, Measures>, usize)> {
    let mut kinds: BTreeMap<String, Measures> = BTreeMap::new();
    let mut unanswerable = 0;
    for row in rows {
        if row.relevant.is_empty() {
            unanswerable += 1;
            continue;
        }
        let found = searcher
            .search(&request(&row.query, source))
            .with_context(|| format!("search `{}`", row.query))?;
        let paths: Vec<&str> = found.hits.iter().map(|it| it.path.as_str()).collect();
        // The empty kind stands for all.
        let named = (!row.kind.is_empty()).then(|| row.kind.clone());
        for kind in std::iter::once(String::new()).chain(named) {
            kinds.entry(kind).or_default().add(&paths, &row.relevant);
        }
    }
    Ok((kinds, unanswerable))
}

fn request(text: &str, source: &SourceName) -> SearchRequest {
    SearchRequest {
        query: query::natural(text),
        visible: vec![Visible {
            source: source.clone(),
            prefix: None,
        }],
        filter: Filter::default(),
        sort: Sort::Relevance,
        limit: DEPTH,
        offset: 0,
        passages: 1,
        snippet_chars: 0,
        min_score: 0.0,
        exact: false,
        deadline: None,
    }
}

impl Measures {
    fn add(&mut self, found: &[&str], relevant: &BTreeSet<String>) {
        let n = relevant.len() as f64;
        let hits: Vec<bool> = found.iter().map(|it| relevant.contains(*it)).collect();
        self.queries += 1;
        for (recall, depth) in self.recall.iter_mut().zip([1, 5, DEPTH]) {
            *recall += hits.iter().take(depth).filter(|it| **it).count() as f64 / n;
        }
        self.reciprocal_rank += hits.iter().position(|it| *it).map_or(0.0, |at| 1.0 / (at as f64 + 1.0));
        let discount = |at: usize| 1.0 / (at as f64 + 2.0).log2();
        let gain: f64 = hits.iter().enumerate().filter(|(_, it)| **it).map(|(at, _)| discount(at)).sum();
        let ideal: f64 = (0..relevant.len().min(DEPTH)).map(discount).sum();
        self.gain += gain / ideal;
    }

    fn averages(&self) -> [(&'static str, f64); 5] {
        let n = self.queries.max(1) as f64;
        [
            ("r_at_1", self.recall[0] / n),
            ("r_at_5", self.recall[1] / n),
            ("r_at_10", self.recall[2] / n),
            ("mrr_at_10", self.reciprocal_rank / n),
            ("ndcg_at_10", self.gain / n),
        ]
    }

    fn as_value(&self) -> Value {
        let averages = self
            .averages()
            .map(|(name, value)| (name.to_owned(), json!((value * 10_000.0).round() / 10_000.0)));
        let mut members: Map<String, Value> = averages.into_iter().collect();
        members.insert("queries".to_owned(), json!(self.queries));
        Value::Object(members)
    }
}

fn as_value(queries: usize, unanswerable: usize, kinds: &BTreeMap<String, Measures>) -> Value {
    let all = kinds.get("").copied().unwrap_or_default();
    let named: Map<String, Value> = kinds
        .iter()
        .filter(|(name, _)| !name.is_empty())
        .map(|(name, it)| (name.clone(), it.as_value()))
        .collect();
    json!({ "queries": queries, "unanswerable": unanswerable, "all": all.as_value(), "kinds": named })
}

fn as_table(queries: usize, unanswerable: usize, kinds: &BTreeMap<String, Measures>) -> String {
    let mut table = format!("{queries} queries, {unanswerable} without a relevant note left out\n");
    table.push_str(&format!(
        "{:<16} {:>7} {:>7} {:>7} {:>7} {:>7} {:>8}\n",
        "kind", "queries", "R@1", "R@5", "R@10", "MRR@10", "nDCG@10"
    ));
    for (name, it) in kinds {
        let name = if name.is_empty() { "all" } else { name };
        let [r1, r5, r10, mrr, ndcg] = it.averages().map(|(_, value)| value);
        table.push_str(&format!(
            "{name:<16} {:>7} {r1:>7.3} {r5:>7.3} {r10:>7.3} {mrr:>7.3} {ndcg:>8.3}\n",
            it.queries
        ));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(found: &[&str], relevant: &[&str], expected: [f64; 5]) {
        let mut measures = Measures::default();
        measures.add(found, &relevant.iter().map(|it| (*it).to_owned()).collect());
        let measured = measures.averages().map(|(_, value)| value);
        assert!(
            measured.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-3),
            "{measured:?} for {found:?} of {relevant:?}"
        );
    }

    #[test]
    fn measures_follow_the_rules_of_the_public_tables() {
        check(&["a", "b"], &["a"], [1.0, 1.0, 1.0, 1.0, 1.0]);
        check(&["x", "a"], &["a"], [0.0, 1.0, 1.0, 0.5, 0.631]);
        check(&["a", "x", "b"], &["a", "b"], [0.5, 1.0, 1.0, 1.0, 0.92]);
        check(&["x"], &["a"], [0.0; 5]);
    }
}
