//! Obsidian's language through the index: whatever the index narrows, the answer is that of reading every note.

use std::collections::BTreeSet;

use membridge::{
    io::index::{Filter, Index, IndexedNote, SearchAnswer, SearchRequest, Searcher, Sort, Visible, request::TookTooLong},
    model::{
        hash::ContentHash,
        note::Note,
        origin::Origin,
        path::{NoteId, NotePath, SourceName},
        query::{self, Query, candidate::Candidate, evaluate::Matcher},
    },
};
use proptest::prelude::*;
use tempfile::TempDir;

mod generated;

type Notes = Vec<(String, String)>;

/// An index with what it was made from. Its notes lie in several segments, and every third replaced an older text.
struct Vault {
    notes: Notes,
    searcher: Searcher,
    _folder: TempDir,
}

impl Vault {
    fn new(notes: Notes) -> Vault {
        let folder = tempfile::tempdir().unwrap();
        let (mut index, _) = Index::open(folder.path(), 1, ContentHash::of(b"")).unwrap();
        for (path, text) in notes.iter().step_by(3) {
            put(&index, path, &format!("{text} older copper"));
        }
        index.commit(false, String::new()).unwrap();
        for (path, text) in &notes {
            put(&index, path, text);
        }
        let searcher = index.commit(true, String::new()).unwrap();
        Vault {
            notes,
            searcher,
            _folder: folder,
        }
    }

    fn of(notes: &[(&str, &str)]) -> Vault {
        Vault::new(notes.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect())
    }

    fn search(&self, query: Query) -> SearchAnswer {
        self.searcher.search(&request(query)).unwrap()
    }

    /// Returns the answer of the index, and that of reading every note.
    fn both(&self, query: &Query) -> (BTreeSet<String>, BTreeSet<String>) {
        let answer = self.search(query.clone());
        let found: BTreeSet<String> = answer.hits.iter().map(|it| it.path.to_string()).collect();
        assert_eq!(
            (answer.total, answer.hits.len()),
            (found.len(), found.len()),
            "no hit is counted twice or left out"
        );
        let matcher = Matcher::new(&query.condition).unwrap();
        let meets = |path: &str, text: &str| matcher.matches(&Candidate::note(&NotePath::parse(path).unwrap(), text));
        let scanned = self
            .notes
            .iter()
            .filter(|(path, text)| meets(path, text))
            .map(|(path, _)| path.clone());
        (found, scanned.collect())
    }

    #[track_caller]
    fn check(&self, query: &str, expected: &[&str]) {
        let (found, scanned) = self.both(&query::obsidian(query).unwrap());
        assert_eq!(found, scanned, "{query}");
        assert_eq!(
            found.iter().map(|it| it.trim_end_matches(".md")).collect::<Vec<_>>(),
            expected,
            "{query}"
        );
    }
}

fn put(index: &Index, path: &str, text: &str) {
    let id = NoteId {
        source: SourceName::parse("vault").unwrap(),
        path: NotePath::parse(path).unwrap(),
    };
    let note = Note::parse(text);
    let hash = ContentHash::of(text.as_bytes());
    let note = IndexedNote {
        words: &[],
        id: &id,
        text,
        note: &note,
        hash: Some(hash),
        stamp: [0; 5],
        origin: Origin::Human,
        modified: 0,
        file_lines: None,
        left_out: false,
        facts: "",
    };
    index.put(&note).unwrap();
}

fn request(query: Query) -> SearchRequest {
    SearchRequest {
        query,
        visible: vec![Visible {
            source: SourceName::parse("vault").unwrap(),
            prefix: None,
        }],
        filter: Filter::default(),
        sort: Sort::Relevance,
        limit: 100,
        offset: 0,
        passages: 1,
        snippet_chars: 0,
        min_score: 0.0,
        exact: true,
        deadline: None,
    }
}

#[test]
fn words_are_substrings_of_text_or_path() {
    let vault = Vault::of(&[
        ("Work/Plan.md", "Our MEETINGS about work"),
        ("meetup.md", "a personal talk about fooBarBaz and foo-bar"),
        ("关系.md", "关系数据库设计"),
        ("Test.md", "testing attest"),
        ("Star.md", "the Star Wars saga, in JavaScript code and C++"),
        ("Cafe.md", "Café Straße ²x"),
    ]);
    vault.check("meeting work", &["Work/Plan"]);
    vault.check("meeting work OR meetup personal", &["Work/Plan", "meetup"]);
    vault.check("meet -(work meeting)", &["meetup"]);
    vault.check("数据库", &["关系"]);
    vault.check("据", &["关系"]);
    vault.check("计", &["关系"]);
    vault.check("ooba", &["meetup"]);
    vault.check("foo-bar", &["meetup"]);
    vault.check("o-b", &["meetup"]);
    vault.check("test", &["Test"]);
    vault.check("\"test\"", &["Test"]);
    vault.check("content:\"test\"", &[]);
    vault.check("\"star wars\"", &["Star"]);
    vault.check("\"javascript code\"", &["Star"]);
    vault.check("\"C++\"", &["Star"]);
    vault.check("++", &["Star"]);
    vault.check("STRASSE", &[]);
    vault.check("aße", &["Cafe"]);
    vault.check("content:cafe", &[]);
    vault.check("content:café", &["Cafe"]);
    vault.check("\"x\"", &["Cafe"]);
    vault.check("", &["Cafe", "Star", "Test", "Work/Plan", "meetup", "关系"]);
}

#[test]
fn operators_select_through_the_index() {
    let vault = Vault::of(&[
        (
            "Daily/2026-01.md",
            "---\naliases:\nStatus: Draft 2\nduration: 4.5\n---\n- [ ] call Ann\n- [x] write Bob #Inbox/to-read\n2026 loop",
        ),
        (
            "2B.md",
            "---\naliases: \"\"\nstatus: Published\ndone: true\nn: [1, 7]\n---\n# A\ndog\n\ncat\n# B\nmix the flour\n2026 ends",
        ),
        ("Fence.md", "```query\ncopper\n```\n"),
        (
            "Map.md",
            &format!("---\nstatus: {{deep: Draft}}\nlong: {}\n---\n", "x y ".repeat(200)),
        ),
    ]);
    vault.check("/^\\d{4}/", &["2B", "Daily/2026-01"]);
    vault.check("content:/^\\d{4} e/", &["2B"]);
    vault.check("path:/\\d{4}-\\d{2}/", &["Daily/2026-01"]);
    vault.check("/(o+)+p$/", &["Daily/2026-01"]);
    vault.check("file:(\"to be\" OR -\"2B\")", &["Daily/2026-01", "Fence", "Map"]);
    vault.check("tag:#inbox", &["Daily/2026-01"]);
    vault.check("TAG:inbox/to-read -[done]", &["Daily/2026-01"]);
    vault.check("line:(mix flour)", &["2B"]);
    vault.check("line:(dog cat)", &[]);
    vault.check("block:(dog cat)", &[]);
    vault.check("section:(dog cat)", &["2B"]);
    vault.check("-line:flour", &["Daily/2026-01", "Fence", "Map"]);
    vault.check("task:\"\"", &["Daily/2026-01"]);
    vault.check("task-todo:ann", &["Daily/2026-01"]);
    vault.check("task-done:ann", &[]);
    vault.check("[aliases]", &["2B", "Daily/2026-01"]);
    vault.check("[aliases:null]", &["Daily/2026-01"]);
    vault.check("[status:draft]", &["Daily/2026-01", "Map"]);
    vault.check("[STATUS:Draft OR Published]", &["2B", "Daily/2026-01", "Map"]);
    vault.check("match-case:[status:draft]", &[]);
    vault.check("[duration:<5]", &["Daily/2026-01"]);
    vault.check("[n:>5] [done:TRUE]", &["2B"]);
    vault.check("[long:\"y x\"]", &["Map"]);
    vault.check("copper", &[]);
    vault.check("match-case:(Draft ignore-case:ANN)", &["Daily/2026-01"]);
}

#[test]
fn what_the_terms_do_not_show_is_found_by_reading() {
    let unbroken = |of: &str, copies: usize| of.repeat(copies);
    let vault = Vault::of(&[
        ("base64.md", &unbroken("aBcD9x", 100)),
        (
            "chinese.md",
            &(0..900).map(|it| char::from_u32(0x4e00 + it).unwrap()).collect::<String>(),
        ),
        ("marked.md", "и\u{306} cafe\u{301}"),
        ("plain.md", "nothing"),
    ]);
    vault.check("9XABC", &["base64"]);
    for at in 0x4e00..0x4e00 + 890 {
        let needle: String = (at..at + 3).map(|it| char::from_u32(it).unwrap()).collect();
        vault.check(&needle, &["chinese"]);
    }
    vault.check("и", &["marked"]);
    vault.check("caf", &["marked"]);
}

#[test]
fn the_only_right_hit_is_found_wherever_it_ranks() {
    let loud = (0..300).map(|it| (format!("{it}.md"), "copper ledger copper ledger".to_owned()));
    let notes: Notes = loud
        .chain([("right.md".to_owned(), format!("{} copper, no book", "words ".repeat(500)))])
        .collect();
    let vault = Vault::new(notes);
    let answer = vault.search(query::obsidian("copper -ledger").unwrap());
    assert_eq!((answer.total, answer.hits[0].path.as_str()), (1, "right.md"));
    let page = |offset| {
        let request = SearchRequest {
            offset,
            limit: 7,
            ..request(query::obsidian("opper").unwrap())
        };
        vault.searcher.search(&request).unwrap()
    };
    let paged: Vec<String> = (0..301)
        .step_by(7)
        .flat_map(|it| page(it).hits)
        .map(|it| it.path.to_string())
        .collect();
    assert_eq!(
        (paged.len(), paged.iter().collect::<BTreeSet<_>>().len(), page(0).total),
        (301, 301, 301)
    );
}

#[test]
fn a_search_past_its_deadline_is_given_up() {
    let vault = Vault::of(&[("a.md", "text")]);
    let past = std::time::Instant::now();
    let late = SearchRequest {
        deadline: Some(past),
        ..request(query::obsidian("/t.xt/").unwrap())
    };
    assert!(vault.searcher.search(&late).unwrap_err().is::<TookTooLong>());
}

proptest! {
    #[test]
    fn the_index_answers_as_if_every_note_were_read(
        notes in generated::vault(),
        queries in prop::collection::vec(generated::query_text(), 8),
    ) {
        let vault = Vault::new(notes);
        for text in queries {
            let Ok(query) = query::obsidian(&text) else { continue };
            let (found, scanned) = vault.both(&query);
            prop_assert_eq!(found, scanned, "{} in {:?}", text, vault.notes);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn what_a_snapshot_keeps_of_searches_changes_no_answer(
        notes in generated::vault(),
        queries in prop::collection::vec((generated::query_text(), prop::option::of(Just("Work/".to_owned()))), 4),
    ) {
        let used = Vault::new(notes.clone());
        let ask = |vault: &Vault, (text, prefix): &(String, Option<String>)| {
            let mut request = request(query::natural(text));
            request.visible[0].prefix.clone_from(prefix);
            (request.exact, request.snippet_chars) = (false, 40);
            format!("{:?}", vault.searcher.search(&request).unwrap())
        };
        let first: Vec<String> = queries.iter().map(|it| ask(&used, it)).collect();
        for (query, first) in queries.iter().zip(first) {
            prop_assert_eq!(&ask(&used, query), &first, "asked twice: {:?}", query);
            prop_assert_eq!(&ask(&Vault::new(notes.clone()), query), &first, "asked first: {:?}", query);
        }
    }
}
