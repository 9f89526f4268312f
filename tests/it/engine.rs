//! The engine stepped by hand: real files, a clock that the test moves, no thread and no sleep.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use membridge::{
    config::{self, Config, Flags},
    engine::{Engine, handle::Handle, status::NotReady},
    io::index::{Filter, SearchRequest, Sort, Visible},
    model::{
        glob::PathGlob,
        path::{NotePath, SourceName},
        query,
    },
};
use proptest::prelude::*;
use tempfile::TempDir;

use crate::harness::files_below;

/// A vault, an engine over it, and the engine's time.
pub(crate) struct Bench {
    folder: TempDir,
    config: Config,
    engine: Option<Engine>,
    pub(crate) handle: Handle,
    now: Instant,
}

impl Bench {
    pub(crate) fn new() -> Bench {
        Bench::with(|_| ())
    }

    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let vault = folder.path().join("vault");
        fs::create_dir(&vault).unwrap();
        let flags = Flags {
            vaults: vec![(None, vault)],
            data_dir: Some(folder.path().join("data")),
            ..Flags::default()
        };
        let mut config = config::load(&flags, &|_| None)
            .unwrap_or_else(|it| panic!("{:?}", it.problems))
            .config;
        change(&mut config);
        let (engine, handle) = Engine::new(&config).unwrap();
        Bench {
            folder,
            config,
            engine: Some(engine),
            handle,
            now: Instant::now(),
        }
    }

    pub(crate) fn vault(&self) -> PathBuf {
        self.folder.path().join("vault")
    }

    pub(crate) fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let file = self.vault().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.vault().join(path)).unwrap();
    }

    pub(crate) fn step(&mut self) {
        self.engine.as_mut().unwrap().step(self.now);
    }

    /// Steps often enough for some thousand notes, without a rescan: real files stay fresh while the test's time runs.
    pub(crate) fn run(&mut self) {
        for _ in 0..10 {
            self.step();
            self.now += Duration::from_secs(1);
        }
    }

    /// Lets time pass and everything happen that is due by then, a rescan included.
    fn pass(&mut self, time: Duration) {
        self.now += time;
        for _ in 0..6 {
            self.engine.as_mut().unwrap().rescan(self.now);
            self.step();
            self.now += Duration::from_secs(3);
        }
    }

    pub(crate) fn settle(&mut self) {
        self.pass(Duration::from_secs(1));
    }

    pub(crate) fn restart(&mut self) {
        self.engine.take().unwrap().stop();
        let (engine, handle) = Engine::new(&self.config).unwrap();
        (self.engine, self.handle) = (Some(engine), handle);
    }

    /// Forgets the engine as a killed process would: nothing is closed in order.
    fn kill(&mut self) {
        drop(self.engine.take());
        let (engine, handle) = Engine::new(&self.config).unwrap();
        (self.engine, self.handle) = (Some(engine), handle);
    }

    /// Searches with words, or lists every note for an empty text: path and first snippet.
    pub(crate) fn search(&self, text: &str) -> Vec<String> {
        let Some(searcher) = self.handle.searcher() else {
            return vec!["not ready".to_owned()];
        };
        let request = SearchRequest {
            query: query::natural(text),
            visible: vec![Visible {
                source: SourceName::parse("vault").unwrap(),
                prefix: None,
            }],
            filter: Filter::default(),
            sort: Sort::Path,
            limit: 100,
            offset: 0,
            passages: 1,
            snippet_chars: 0,
            min_score: 0.0,
            exact: false,
            deadline: None,
        };
        searcher
            .search(&request)
            .unwrap()
            .hits
            .into_iter()
            .map(|it| it.path.to_string())
            .collect()
    }

    fn not_ready(&self) -> Vec<NotReady> {
        self.handle.status().not_ready
    }
}

#[test]
fn nothing_is_found_before_the_first_index_is_whole_and_everything_after() {
    let mut bench = Bench::new();
    bench.write("A.md", "copper");
    bench.write("deep/er/B.md", "copper too");
    assert_eq!(bench.search("copper"), ["not ready"]);
    assert!(bench.not_ready().contains(&NotReady::FirstIndex));
    bench.settle();
    assert_eq!(bench.search("copper"), ["A.md", "deep/er/B.md"]);
    assert_eq!((bench.not_ready(), bench.handle.freshness().stale), (vec![], false));
}

#[test]
fn a_first_index_is_not_called_whole_while_fresh_files_wait() {
    let mut bench = Bench::with(|config| config.quiet = Duration::from_millis(1500));
    bench.write("A.md", "copper");
    bench.now = Instant::now();
    bench.step();
    assert_eq!(bench.search("copper"), ["A.md"]);
}

#[test]
fn an_empty_vault_is_ready() {
    let mut bench = Bench::new();
    bench.settle();
    assert_eq!((bench.search(""), bench.not_ready()), (vec![], vec![]));
}

#[test]
fn changes_new_notes_and_removals_are_found_by_a_scan_alone() {
    let mut bench = Bench::new();
    bench.write("A.md", "copper");
    bench.write("B.md", "tin");
    bench.settle();
    let first = bench.handle.freshness().generation;
    bench.write("A.md", "brass and zinc");
    bench.write("C.md", "zinc");
    bench.remove("B.md");
    bench.settle();
    assert_eq!(
        (bench.search("zinc"), bench.search("copper tin")),
        (vec!["A.md".to_owned(), "C.md".to_owned()], vec![])
    );
    assert!(bench.handle.freshness().generation > first);
}

#[test]
fn a_file_that_someone_writes_into_is_read_once_it_is_quiet() {
    let mut bench = Bench::with(|config| config.quiet = Duration::from_secs(3600));
    bench.write("A.md", "old");
    bench.now += Duration::from_secs(10);
    for _ in 0..3 {
        bench.step();
        bench.now += Duration::from_secs(1);
    }
    assert_eq!(
        bench.search("old"),
        ["A.md"],
        "two seconds are patience enough, whatever the quiet time"
    );
}

#[test]
fn a_note_that_is_emptied_for_a_moment_keeps_its_text_in_the_index() {
    let mut bench = Bench::new();
    bench.write("A.md", "copper");
    bench.settle();
    bench.write("A.md", "");
    let engine = bench.engine.as_mut().unwrap();
    engine.rescan(bench.now);
    engine.step(bench.now);
    engine.step(bench.now + Duration::from_millis(400));
    assert_eq!(bench.search("copper"), ["A.md"], "half a save");
    bench.write("A.md", "copper, saved");
    bench.settle();
    assert_eq!(bench.search("saved"), ["A.md"]);
    bench.write("A.md", "");
    bench.settle();
    assert_eq!(bench.search("copper"), Vec::<String>::new(), "emptied for good");
}

#[test]
fn a_renamed_folder_with_most_of_the_notes_converges_at_once() {
    let mut bench = Bench::new();
    for at in 0..200 {
        bench.write(&format!("old/{at}.md"), format!("note {at} copper"));
    }
    bench.settle();
    fs::rename(bench.vault().join("old"), bench.vault().join("new")).unwrap();
    bench.settle();
    let found = bench.search("");
    assert_eq!(found.len(), 100, "a page of them");
    assert!(found.iter().all(|it| it.starts_with("new/")), "{found:?}");
}

#[test]
fn a_vault_that_vanishes_stays_in_the_index_and_is_stale() {
    let mut bench = Bench::new();
    bench.write("A.md", "copper");
    bench.settle();
    fs::rename(bench.vault(), bench.folder.path().join("elsewhere")).unwrap();
    bench.settle();
    assert_eq!(bench.search("copper"), ["A.md"]);
    assert!(
        bench.handle.freshness().stale && bench.not_ready().contains(&NotReady::RootGone),
        "{:?}",
        bench.not_ready()
    );
    fs::rename(bench.folder.path().join("elsewhere"), bench.vault()).unwrap();
    bench.write("B.md", "copper too");
    bench.settle();
    assert_eq!(
        (bench.search("copper"), bench.not_ready()),
        (vec!["A.md".to_owned(), "B.md".to_owned()], vec![])
    );
}

#[test]
fn when_most_notes_vanish_at_once_a_second_look_decides() {
    let mut bench = Bench::new();
    for at in 0..100 {
        let folder = if at < 90 { "most/" } else { "" };
        bench.write(&format!("{folder}{at}.md"), "copper");
    }
    bench.settle();
    // At once: what is removed note by note is heard of note by note, and believed.
    fs::rename(bench.vault().join("most"), bench.folder.path().join("elsewhere")).unwrap();
    bench.engine.as_mut().unwrap().rescan(bench.now);
    bench.step();
    bench.now += Duration::from_secs(5);
    bench.engine.as_mut().unwrap().rescan(bench.now);
    bench.step();
    assert_eq!(bench.search("").len(), 100, "an empty mount point looks the same");
    assert!(
        bench.handle.freshness().stale && bench.not_ready().contains(&NotReady::MassDelete),
        "{:?}",
        bench.not_ready()
    );
    bench.pass(Duration::from_secs(40));
    assert_eq!((bench.search("").len(), bench.not_ready()), (10, vec![]));
}

#[test]
fn an_empty_mount_point_never_empties_the_index() {
    let mut bench = Bench::new();
    for at in 0..100 {
        bench.write(&format!("{at}.md"), "copper");
    }
    bench.settle();
    fs::rename(bench.vault(), bench.folder.path().join("elsewhere")).unwrap();
    fs::create_dir(bench.vault()).unwrap();
    bench.pass(Duration::from_secs(40));
    bench.pass(Duration::from_secs(400));
    assert_eq!(bench.search("").len(), 100);
    assert!(
        bench.handle.freshness().stale && bench.not_ready().contains(&NotReady::MassDelete),
        "{:?}",
        bench.not_ready()
    );
    bench.restart();
    bench.pass(Duration::from_secs(400));
    assert_eq!(
        bench.search("").len(),
        100,
        "a restart onto the empty mount point believes it as little"
    );
    fs::remove_dir(bench.vault()).unwrap();
    fs::rename(bench.folder.path().join("elsewhere"), bench.vault()).unwrap();
    // The next scan waits four times as long as the last one took, which a pause of the machine may have fallen into.
    bench.pass(Duration::from_secs(40));
    assert_eq!((bench.search("").len(), bench.not_ready()), (100, vec![]));
}

#[test]
fn notes_deleted_before_their_commit_leave_no_ghost() {
    let mut bench = Bench::new();
    for at in 0..1500 {
        bench.write(&format!("{at}.md"), "copper");
    }
    // Three batches make the first index; the notes of the first go while it is not committed yet.
    bench.step();
    for at in 0..40 {
        bench.remove(&format!("{at}.md"));
    }
    bench.settle();
    let Some(searcher) = bench.handle.searcher() else {
        panic!("no index")
    };
    assert_eq!(searcher.notes(), 1460);
}

#[test]
fn an_index_folder_that_vanishes_while_running_is_built_anew() {
    let mut bench = Bench::new();
    bench.write("A.md", "copper");
    bench.settle();
    fs::remove_dir_all(&bench.config.index_dir).unwrap();
    bench.write("B.md", "copper");
    for _ in 0..10 {
        bench.pass(Duration::from_secs(60));
    }
    assert_eq!(
        (bench.search("copper"), bench.not_ready()),
        (vec!["A.md".to_owned(), "B.md".to_owned()], vec![])
    );
}

#[test]
fn a_query_of_marks_only_finds_nothing_rather_than_everything() {
    let mut bench = Bench::new();
    bench.write("A.md", "copper");
    bench.settle();
    assert_eq!(
        (bench.search("()"), bench.search("\u{1f980}"), bench.search("")),
        (vec![], vec![], vec!["A.md".to_owned()])
    );
}

#[test]
fn a_root_that_is_a_switching_link_converges() {
    let mut bench = Bench::new();
    for (version, word) in [("one", "copper"), ("two", "brass")] {
        fs::create_dir(bench.folder.path().join(version)).unwrap();
        fs::write(bench.folder.path().join(version).join("A.md"), word).unwrap();
    }
    fs::remove_dir(bench.vault()).unwrap();
    std::os::unix::fs::symlink(bench.folder.path().join("one"), bench.vault()).unwrap();
    bench.settle();
    assert_eq!(bench.search("copper"), ["A.md"]);
    let next = bench.folder.path().join("next");
    std::os::unix::fs::symlink(bench.folder.path().join("two"), &next).unwrap();
    fs::rename(&next, bench.vault()).unwrap();
    bench.settle();
    assert_eq!((bench.search("brass"), bench.search("copper")), (vec!["A.md".to_owned()], vec![]));
}

#[test]
fn what_sync_tools_leave_behind_is_no_note_and_conflict_copies_are_listed() {
    let mut bench = Bench::new();
    for path in [
        "A.md",
        "A.sync-conflict-20260102-153000-ABCDEFG.md",
        ".trash/B.md",
        ".obsidian/C.md",
        "Chapter 2.md",
        "pic.png",
    ] {
        bench.write(path, "copper");
    }
    bench.settle();
    assert_eq!(bench.search("copper"), ["A.md", "Chapter 2.md"]);
    let status = bench.handle.status();
    assert_eq!(
        status.sources[0].conflicts,
        [("A.sync-conflict-20260102-153000-ABCDEFG.md".to_owned(), "A.md".to_owned())]
    );
}

#[test]
fn odd_files_are_skipped_with_a_reason_and_stop_nothing() {
    let mut bench = Bench::new();
    bench.write("A.md", "copper");
    bench.write("bad.md", b"caf\xe9 copper");
    let big = fs::File::create(bench.vault().join("big.md")).unwrap();
    big.set_len(100 * 1024 * 1024).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", bench.vault().join("link.md")).unwrap();
    fs::create_dir(bench.vault().join("folder.md")).unwrap();
    bench.settle();
    assert_eq!(bench.search("copper"), ["A.md", "bad.md"]);
    let skipped: BTreeMap<String, String> = bench.handle.status().sources[0].skipped.iter().cloned().collect();
    assert!(skipped["big.md"].contains("104857600"), "{skipped:?}");
    assert!(
        skipped["bad.md"].contains("not UTF-8") && skipped.contains_key("link.md"),
        "{skipped:?}"
    );
}

#[test]
fn excluded_notes_leave_the_index() {
    let mut bench = Bench::new();
    bench.write("A.md", "copper");
    bench.write("Private/B.md", "copper");
    bench.settle();
    bench.config.sources[0].exclude = vec![PathGlob::parse("Private/**").unwrap()];
    bench.restart();
    bench.settle();
    assert_eq!(bench.search("copper"), ["A.md"]);
}

#[test]
fn the_index_of_the_last_run_answers_at_once_and_catches_up() {
    let mut bench = Bench::new();
    bench.write("A.md", "copper");
    bench.settle();
    let before = bench.handle.freshness().generation;
    bench.restart();
    assert_eq!(bench.search("copper"), ["A.md"]);
    assert!(bench.handle.freshness().stale, "the disk was not looked at yet");
    bench.settle();
    assert!(!bench.handle.freshness().stale && bench.handle.freshness().generation >= before);
}

#[test]
fn a_killed_process_leaves_an_index_that_is_verified_and_used() {
    let mut bench = Bench::new();
    bench.write("A.md", "copper");
    bench.settle();
    bench.kill();
    assert_eq!(bench.search("copper"), ["A.md"]);
}

#[test]
fn a_torn_or_foreign_index_is_built_anew_and_generations_grow() {
    let mut bench = Bench::new();
    bench.write("A.md", "copper");
    bench.settle();
    let before = bench.handle.freshness().generation;
    for damage in ["truncate", "flip", "foreign", "gone"] {
        let index = bench.config.index_dir.clone();
        // In order, so that no mark of an unclean end is what gives the damage away.
        bench.engine.take().unwrap().stop();
        match damage {
            "truncate" => files_below(&index)
                .into_iter()
                .filter(|it| it.extension().is_some_and(|it| it == "store"))
                .for_each(|it| {
                    let length = fs::metadata(&it).unwrap().len();
                    fs::OpenOptions::new().write(true).open(&it).unwrap().set_len(length / 2).unwrap();
                }),
            "flip" => files_below(&index)
                .into_iter()
                .filter(|it| it.extension().is_some_and(|it| it == "fast"))
                .for_each(|it| {
                    let mut bytes = fs::read(&it).unwrap();
                    bytes[20] ^= 0xff;
                    fs::write(&it, bytes).unwrap();
                }),
            "foreign" => files_below(&index)
                .into_iter()
                .for_each(|it| fs::write(it, "not an index").unwrap()),
            _ => fs::remove_dir_all(&index).unwrap(),
        }
        let (engine, handle) = Engine::new(&bench.config).unwrap();
        (bench.engine, bench.handle) = (Some(engine), handle);
        bench.settle();
        assert_eq!(bench.search("copper"), ["A.md"], "{damage}");
        assert!(damage != "truncate" || bench.handle.freshness().generation > before, "{damage}");
    }
}

/// What a history of edits may hold.
#[derive(Debug, Clone)]
enum Edit {
    Write(usize, usize),
    Remove(usize),
    RenameFolder(usize, usize),
    Step,
    Restart,
    Kill,
}

const NAMES: [&str; 8] = [
    "A.md",
    "x/A.md",
    "x/B.md",
    "y/A.md",
    "y/z/C.md",
    "D.md",
    "y/pic.png",
    "x/Board.canvas",
];
const WORDS: [&str; 6] = [
    "copper ledger",
    "# Plan\n\nbrass copper",
    "tin\n\n#tag",
    "ledger ledger zinc [[A]] [[y/A|a]] [[gone]]",
    "---\naliases: Zed\ntags: a, b\n---\n![[pic.png]] [[b]] [c](z/C.md)",
    "{\"nodes\":[{\"type\":\"file\",\"file\":\"x/A.md\"},{\"type\":\"text\",\"text\":\"brass [[B]]\"}]}",
];
const FOLDERS: [&str; 3] = ["x", "y", "w"];

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        6 => (0..NAMES.len(), 0..WORDS.len()).prop_map(|(name, word)| Edit::Write(name, word)),
        2 => (0..NAMES.len()).prop_map(Edit::Remove),
        1 => (0..FOLDERS.len(), 0..FOLDERS.len()).prop_map(|(from, to)| Edit::RenameFolder(from, to)),
        3 => Just(Edit::Step),
        1 => Just(Edit::Restart),
        1 => Just(Edit::Kill),
    ]
}

fn apply(bench: &mut Bench, edit: &Edit) {
    match *edit {
        Edit::Write(name, word) => {
            // A folder may have been renamed onto the place of a parent; then the write fails as any program's would.
            let file = bench.vault().join(NAMES[name]);
            if fs::create_dir_all(file.parent().unwrap()).is_ok() {
                fs::write(file, WORDS[word]).unwrap();
            }
        }
        Edit::Remove(name) => drop(fs::remove_file(bench.vault().join(NAMES[name]))),
        Edit::RenameFolder(from, to) => drop(fs::rename(bench.vault().join(FOLDERS[from]), bench.vault().join(FOLDERS[to]))),
        Edit::Step => {
            bench.now += Duration::from_millis(200);
            bench.step();
        }
        Edit::Restart => bench.restart(),
        Edit::Kill => bench.kill(),
    }
}

/// Everything an answer says but the generation, scores to the last bit.
fn answers(bench: &Bench) -> Vec<String> {
    let searcher = bench.handle.searcher().unwrap();
    let ask = |text: &str| {
        let request = SearchRequest {
            query: query::natural(text),
            visible: vec![Visible {
                source: SourceName::parse("vault").unwrap(),
                prefix: None,
            }],
            filter: Filter::default(),
            sort: Sort::Relevance,
            limit: 100,
            offset: 0,
            passages: 3,
            snippet_chars: 100,
            min_score: 0.0,
            exact: false,
            deadline: None,
        };
        let answer = searcher.search(&request).unwrap();
        let hits = answer
            .hits
            .iter()
            .map(|it| format!("{} {:?} {:?} {:?} {}", it.path, it.score, it.hash, it.passages, it.modified));
        format!("{text}: {} {:?} {:?}", answer.total, answer.corrected, hits.collect::<Vec<_>>())
    };
    let mut answers = [
        "",
        "copper",
        "copper ledger",
        "\"copper ledger\"",
        "tag:tag",
        "coper",
        "+zinc -tin",
        "path:x/",
        "pic png",
    ]
    .map(ask)
    .to_vec();
    answers.push(graph(bench));
    answers
}

/// Everything that the graph says of any file.
pub(crate) fn graph(bench: &Bench) -> String {
    let source = &bench.handle.sources()[0];
    let graph = source.graph();
    assert!(graph.is_whole());
    let links = graph.links(None);
    let mut files: Vec<_> = links.files().collect();
    files.sort();
    let of_file = |path: &&NotePath| format!("{path} {:?} {:?}", links.outgoing(path), links.incoming(path));
    let of_files: Vec<String> = files.iter().map(of_file).collect();
    format!(
        "{of_files:?} {:?} {:?}",
        graph.lint(None, |_| true),
        graph.look_up("zed", None, None)
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: std::env::var("PROPTEST_CASES").map_or(48, |it| it.parse().unwrap()), ..ProptestConfig::default() })]

    #[test]
    fn any_history_of_edits_ends_in_the_answers_of_a_fresh_index(edits in prop::collection::vec(edit(), 1..40)) {
        let mut bench = Bench::new();
        bench.settle();
        for edit in &edits {
            apply(&mut bench, edit);
        }
        // Longer than a mass deletion is doubted.
        bench.pass(Duration::from_secs(40));
        bench.pass(Duration::from_secs(40));
        let lived = answers(&bench);
        drop(bench.engine.take());
        // In another folder: a merge of the dropped engine may still write and clean up in the old one; of a killed process none would.
        bench.config.index_dir = bench.config.index_dir.with_file_name("index-from-nothing");
        let (engine, handle) = Engine::new(&bench.config).unwrap();
        (bench.engine, bench.handle) = (Some(engine), handle);
        bench.settle();
        prop_assert_eq!(lived, answers(&bench));
    }
}
