//! What changed and is in no commit yet: saved text from the index; removed and moved notes by what HEAD has and the vault has not. Knows one
//! snapshot and one tree; must not know budgets.

use std::{cmp::Reverse, collections::BTreeMap, path::Path, time::Instant};

use crate::{
    engine::handle::Source,
    http::{auth::Caller, brief::changed::ChangeLine, notes::load::may_read, search::rfc3339},
    io::index::{Filter, Hit, SearchRequest, Searcher, Sort, Visible},
    model::{
        hash::ContentHash,
        path::{NoteId, NotePath},
        query,
    },
};

/// Notes without a commit that are looked for, the last modified.
const SAVED: usize = 40;
/// Notes that are gone, and new ones that may be where they went.
const MOVED: usize = 40;

const NANOSECONDS: i64 = 1_000_000_000;

/// What is in no commit.
#[derive(Debug, Default)]
pub(super) struct Uncommitted {
    pub(super) lines: Vec<ChangeLine>,
    /// What was not even looked at, and what lists it.
    pub(super) warning: Option<String>,
}

/// Returns the notes that were saved, removed or moved since then, of which no commit tells.
pub(super) fn uncommitted(
    source: &Source,
    caller: &Caller,
    searcher: &Searcher,
    visible: &Visible,
    second: i64,
    deadline: Instant,
) -> anyhow::Result<Uncommitted> {
    if source.is_repo() {
        return Ok(Uncommitted::default());
    }
    let mut open = saved(source, caller, searcher, visible, second, deadline)?;
    open.lines.extend(removed(source, caller, searcher, visible, second)?);
    open.lines.sort_by_key(|it| Reverse(it.time.clone()));
    Ok(open)
}

fn saved(
    source: &Source,
    caller: &Caller,
    searcher: &Searcher,
    visible: &Visible,
    second: i64,
    deadline: Instant,
) -> anyhow::Result<Uncommitted> {
    let found = searcher.search(&SearchRequest {
        query: query::natural(""),
        visible: vec![visible.clone()],
        filter: Filter {
            since: Some(second.saturating_mul(NANOSECONDS)),
            ..Filter::default()
        },
        sort: Sort::Modified,
        limit: SAVED,
        offset: 0,
        passages: 1,
        snippet_chars: 0,
        min_score: 0.0,
        exact: false,
        deadline: Some(deadline),
    })?;
    let warning = (found.total > found.hits.len()).then(|| {
        let (all, name, since) = (found.total, &visible.source, rfc3339(second.saturating_mul(NANOSECONDS)));
        format!(
            "of {all} notes that were modified the last {SAVED} were looked at for text that nobody committed: \
             `membridge search --source {name} --since {since} --sort modified` lists them"
        )
    });
    let hits = found.hits.into_iter().filter(|it| may_read(source, caller, &it.path));
    let (hits, hashes): (Vec<Hit>, Vec<ContentHash>) = hits.filter_map(|it| it.hash.map(|hash| (it, hash))).unzip();
    // What cannot be asked for is told rather than kept back.
    let held = source.repository().and_then(|it| it.holds_each(&hashes).ok());
    let held = held.unwrap_or_else(|| vec![false; hits.len()]);
    let open = hits.into_iter().zip(held).filter(|(_, held)| !held).map(|(it, _)| it);
    let lines = open.map(|it| line(&it.path, "modified", it.origin.as_str(), it.modified)).collect();
    Ok(Uncommitted { lines, warning })
}

/// When a file went nobody wrote down: its folder changed then, or later.
fn removed(source: &Source, caller: &Caller, searcher: &Searcher, visible: &Visible, second: i64) -> anyhow::Result<Vec<ChangeLine>> {
    let Some(Ok(head)) = source.repository().map(|it| it.files_at_head()) else {
        return Ok(Vec::new());
    };
    let head: BTreeMap<NotePath, ContentHash> = head.into_iter().filter(|(path, _)| path.is_note()).collect();
    let root = &source.config.path;
    let earliest = second.saturating_mul(NANOSECONDS);
    let recent = |path: &NotePath| changed_above(root, path).filter(|it| *it >= earliest);
    let mut gone = Vec::new();
    {
        let graph = source.graph();
        if !graph.is_whole() {
            return Ok(Vec::new());
        }
        let missing = head.iter().filter(|(path, _)| !graph.holds(path) && may_read(source, caller, path));
        // What is left out of the index is there all the same.
        let missing = missing.filter(|(path, _)| std::fs::symlink_metadata(root.join(path.as_str())).is_err());
        gone.extend(missing.filter_map(|(path, hash)| Some((path, *hash, recent(path)?))).take(MOVED));
    }
    if gone.is_empty() {
        return Ok(Vec::new());
    }
    let sees = std::slice::from_ref(visible);
    let paths = searcher.paths(sees)?;
    let new = paths.into_iter().filter(|it| it.path.is_note() && !head.contains_key(&it.path));
    let new: Vec<NoteId> = new.filter(|it| may_read(source, caller, &it.path)).take(MOVED).collect();
    let new = searcher.notes_of(sees, &new)?.into_iter().flatten();
    let moved = new.filter(|it| gone.iter().any(|(_, hash, _)| it.hash == Some(*hash)));
    let moved = moved.filter_map(|it| Some(line(&it.id.path, "added", it.origin.as_str(), recent(&it.id.path)?)));
    let mut lines: Vec<ChangeLine> = moved.collect();
    lines.extend(gone.iter().map(|(path, _, time)| line(path, "deleted", "human", *time)));
    Ok(lines)
}

/// Returns when the innermost folder above a path that is there changed last, in nanoseconds.
fn changed_above(root: &Path, path: &NotePath) -> Option<i64> {
    let above = Path::new(path.as_str()).ancestors().skip(1);
    let modified = above
        .filter_map(|it| std::fs::metadata(root.join(it)).ok()?.modified().ok())
        .next()?;
    let age = modified.duration_since(std::time::UNIX_EPOCH).ok()?;
    i64::try_from(age.as_nanos()).ok()
}

fn line(path: &NotePath, change: &str, by: &str, time: i64) -> ChangeLine {
    ChangeLine {
        path: path.to_string(),
        change: change.to_owned(),
        by: by.to_owned(),
        time: rfc3339(time),
        commit: None,
        reason: None,
    }
}
