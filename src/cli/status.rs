//! `membridge status`: how the server and its index are, for a person or a model to read.

use std::process::ExitCode;

use crate::{
    cli::{
        JsonArg,
        client::{Client, Failure},
        one_line, print,
    },
    http::status::{SourceEntry, StatusResponse},
};

/// Asks and prints. An index that is behind is told, not an error: the question was answered.
pub fn run(client: &Client, args: &JsonArg) -> Result<ExitCode, Failure> {
    let answer = client.get("/v1/status", &[], "application/json")?;
    if args.json {
        print(answer.into_line())?;
    } else {
        print(text(&answer.read()?))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Where writes are committed, and what waits; of what is only read whose history there is.
fn commits(source: &SourceEntry) -> Option<String> {
    let waiting = source.commits_waiting.filter(|it| *it > 0).map(|it| format!(", {it} waiting"));
    let unpushed = source.unpushed.filter(|it| *it > 0).map(|it| format!(", {it} not pushed"));
    let sync = Some(&source.sync)
        .filter(|it| !it.is_empty())
        .map(|it| format!(" ({})", one_line(it)));
    let all = [waiting, unpushed, sync].into_iter().flatten().collect::<String>();
    let what = match source.git.as_str() {
        "clone" | "checkout" => "history",
        _ => "commits",
    };
    (source.git != "off" || !all.is_empty()).then(|| format!("  {what}: {}{all}", one_line(&source.git)))
}

fn text(status: &StatusResponse) -> String {
    let ready = if status.ready {
        "ready".to_owned()
    } else {
        format!("not ready ({})", status.reasons.join(", "))
    };
    let behind = if status.index.stale { ", behind the disk" } else { "" };
    let mut lines = vec![format!(
        "membridge {}: {ready}; index generation {}{behind}, lag {} ms, {} paths waiting",
        status.version,
        status.index.generation,
        status.index.lag_ms,
        count(status.queue.dirty)
    )];
    for source in &status.sources {
        let scan = source.last_scan.as_deref().unwrap_or("never");
        lines.push(format!(
            "{}: {} of {} notes indexed, {}, last scan {scan}",
            source.name,
            count(source.indexed),
            count(source.on_disk),
            source.watcher
        ));
        lines.extend(commits(source));
        if !source.problem.is_empty() {
            lines.push(format!("  problem: {}", one_line(&source.problem)));
        }
        lines.extend(
            source
                .conflicts
                .iter()
                .map(|it| format!("  conflict copy: {} of {}", one_line(&it.copy), one_line(&it.original))),
        );
        lines.extend(
            source
                .skipped
                .iter()
                .map(|it| format!("  skipped: {}: {}", one_line(&it.path), one_line(&it.reason))),
        );
        lines.extend(
            source
                .settings_problems
                .iter()
                .map(|it| format!("  setting not used: {}", one_line(it))),
        );
        if let Some(total) = source.skipped_total.filter(|it| *it > source.skipped.len()) {
            lines.push(format!("  skipped in all: {total}"));
        }
    }
    let pulls = &status.pull_requests;
    if pulls.waiting > 0 {
        lines.push(format!("pull requests: {} news waiting", pulls.waiting));
    }
    lines.extend(
        pulls
            .errors
            .iter()
            .map(|(about, why)| format!("pull requests: {}: {}", one_line(about), one_line(why))),
    );
    lines.extend(status.overwritten.iter().map(|it| format!("saved over: {}", one_line(it))));
    lines.extend(
        status
            .last_errors
            .iter()
            .map(|it| format!("error at {}: {}", it.time, one_line(&it.error))),
    );
    lines.join("\n") + "\n"
}

/// A token that may not read the whole source is not told the count.
fn count(count: Option<usize>) -> String {
    count.map_or_else(|| "?".to_owned(), |it| it.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_was_said_of_the_history_of_a_clone() {
        let source = |git: &str| -> SourceEntry {
            serde_json::from_value(serde_json::json!({
                "name": "config", "indexed": 2, "on_disk": 2, "last_scan": null, "last_scan_ms": 1, "watcher": "polling", "git": git,
                "problem": "", "conflicts": [], "skipped": [], "skipped_total": 0,
            }))
            .unwrap()
        };
        assert_eq!(commits(&source("clone")).as_deref(), Some("  history: clone"));
        assert_eq!(commits(&source("vault")).as_deref(), Some("  commits: vault"));
        assert_eq!(commits(&source("off")), None);
    }

    #[test]
    fn trouble_is_named() {
        let status: StatusResponse = serde_json::from_value(serde_json::json!({
            "version": "0.1.0", "ready": false, "reasons": ["scan-overdue"], "rebuilding": false, "index_bytes": 1,
            "sources": [{"name": "vault", "indexed": 2, "on_disk": 3, "last_scan": null, "last_scan_ms": 1, "watcher": "polling: FUSE", "git": "off",
                "problem": "root gone", "conflicts": [{"copy": "a 2.md", "original": "a.md"}], "skipped": [{"path": "b.md", "reason": "too large"}],
                "skipped_total": 5, "settings_problems": ["app.json: broken"]}],
            "queue": {"dirty": 4}, "last_errors": [{"time": "2026-02-03T10:00:00Z", "error": "b.md: gone"}],
            "index": {"generation": 7, "stale": true, "lag_ms": 9000},
        }))
        .unwrap();
        assert_eq!(
            text(&status),
            "membridge 0.1.0: not ready (scan-overdue); index generation 7, behind the disk, lag 9000 ms, 4 paths waiting\n\
             vault: 2 of 3 notes indexed, polling: FUSE, last scan never\n  problem: root gone\n  conflict copy: a 2.md of a.md\n  \
             skipped: b.md: too large\n  setting not used: app.json: broken\n  skipped in all: 5\nerror at 2026-02-03T10:00:00Z: b.md: gone\n"
        );
    }
}
