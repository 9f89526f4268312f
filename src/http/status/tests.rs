use super::*;
use crate::{engine::status::Fetched, model::path::SourceName};

fn vault() -> SourceStatus {
    SourceStatus {
        name: SourceName::parse("vault").unwrap(),
        indexed: 2,
        on_disk: 2,
        last_scan: None,
        last_scan_ms: 3,
        watcher: "watching".to_owned(),
        problem: String::new(),
        conflicts: Vec::new(),
        skipped: Vec::new(),
        skipped_total: 2,
        settings_problems: vec!["app.json: `Private/` is no folder".into()],
        is_gone: false,
        fetched: None,
    }
}

fn told(source: SourceStatus, prefix: Option<&str>) -> StatusResponse {
    let status = Status {
        sources: vec![source],
        commits: vec![Commits::default()],
        index_bytes: 4711,
        dirty: 7,
        last_errors: vec![(jiff::Timestamp::UNIX_EPOCH, "Private/d.md: gone".into())],
        ..Status::default()
    };
    let caller = Caller {
        prefix: prefix.map(str::to_owned),
        ..Caller::anyone()
    };
    let index = Index {
        generation: 1,
        stale: false,
        lag_ms: 0,
    };
    response(status, &caller, index)
}

#[test]
fn a_caller_of_one_folder_learns_no_path_beyond_it() {
    let pair = |path: &str| (path.to_owned(), path.to_owned());
    let vault = SourceStatus {
        conflicts: vec![pair("Work/a.md"), pair("Private/b.md")],
        skipped: vec![pair("Work/c.md"), pair("Private/d.md")],
        ..vault()
    };
    let work = serde_json::to_string(&told(vault.clone(), Some("Work/"))).unwrap();
    assert!(work.contains("Work/a.md") && !work.contains("Private"), "{work}");
    let all = serde_json::to_string(&told(vault, None)).unwrap();
    assert!(all.contains("Private/d.md: gone"), "{all}");
}

#[test]
fn a_problem_of_a_source_does_not_name_its_folders_to_a_caller_of_one() {
    let broken = SourceStatus {
        problem: "cannot list Private/Diary".to_owned(),
        watcher: "polling: cannot watch Private/Diary".to_owned(),
        ..vault()
    };
    let work = told(broken.clone(), Some("Work/"));
    assert_eq!(
        (work.sources[0].problem.as_str(), work.sources[0].watcher.as_str()),
        (HIDDEN, "polling")
    );
    assert!(!serde_json::to_string(&work).unwrap().contains("Private"));
    let all = told(broken, None);
    assert_eq!(all.sources[0].problem, "cannot list Private/Diary");
    assert_eq!(told(vault(), Some("Work/")).sources[0].problem, "");
}

#[test]
fn sizes_of_the_whole_are_not_told_to_a_caller_of_one_folder() {
    let sizes = |prefix| {
        let told = told(vault(), prefix);
        (told.index_bytes, told.queue.dirty)
    };
    assert_eq!(sizes(Some("Work/")), (None, None));
    assert_eq!(sizes(None), (Some(4711), Some(7)));
}

#[test]
fn a_folder_that_cannot_be_listed_degrades_a_ready_service() {
    let of = |source: SourceStatus| {
        degraded(&Status {
            sources: vec![vault(), source],
            ..Status::default()
        })
    };
    let unlisted = SourceStatus {
        problem: "cannot list Private".to_owned(),
        ..vault()
    };
    assert_eq!(of(vault()), [""; 0]);
    assert_eq!(of(unlisted.clone()), ["unlisted-folder"]);
    let gone = SourceStatus {
        is_gone: true,
        ..unlisted.clone()
    };
    assert_eq!(of(gone), ["checkout-gone"]);
    let watcher = "polling: a network disk".to_owned();
    assert_eq!(of(SourceStatus { watcher, ..unlisted }), ["polling", "unlisted-folder"]);
}

#[test]
fn a_remote_that_fails_was_called_a_folder_that_cannot_be_listed() {
    let of = |problem: &str, indexed: usize, fetched: Fetched| {
        let clone = SourceStatus {
            problem: problem.to_owned(),
            watcher: "fetching".to_owned(),
            indexed,
            fetched: Some(fetched),
            ..vault()
        };
        degraded(&Status {
            sources: vec![vault(), clone],
            ..Status::default()
        })
    };
    let failing = Fetched {
        is_failing: true,
        ..Fetched::default()
    };
    let damaged = Fetched {
        is_damaged: true,
        ..failing.clone()
    };
    assert_eq!(of("", 3, Fetched::default()), [""; 0]);
    assert_eq!(of("timed out", 3, failing.clone()), ["remote-failing"]);
    assert_eq!(of("the clone is damaged", 3, damaged), ["clone-damaged"]);
    assert_eq!(of("the first clone is under way", 0, Fetched::default()), ["not-cloned"]);
    assert_eq!(of("denied", 0, failing), ["remote-failing", "not-cloned"]);
}
