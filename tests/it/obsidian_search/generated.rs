//! Vaults and queries in which what is hard to find is common: identifiers, marks, scripts without spaces, long lines.

use std::collections::BTreeMap;

use membridge::model::path::NotePath;
use proptest::prelude::*;

/// Words whose parts are asked for, in texts as in queries.
const WORDS: &[&str] = &[
    "copper",
    "ledger",
    "fooBarBaz",
    "foo-bar",
    "foo_bar",
    "JavaScript",
    "HTTPServer",
    "v2.0",
    "192.168.0.7",
    "10:30",
    "Straße",
    "STRAẞE",
    "café",
    "cafe\u{301}",
    "йод",
    "Ёлка",
    "ΣΑΣ",
    "数据库",
    "据",
    "关系数据库设计",
    "用Rust写",
    "データ",
    "메모리",
    "ภาษาไทย",
    "हिन्दी",
    "C++",
    "(x)",
    "²x",
    "ﬁne",
    "Kelvin",
    "ſo",
    "x",
    "İx",
];

fn word() -> impl Strategy<Value = String> {
    let chosen = prop::sample::select(WORDS).prop_map(str::to_owned);
    let part = (prop::sample::select(WORDS), 0_usize..6, 1_usize..6)
        .prop_map(|(it, from, length)| it.chars().skip(from).take(length).collect::<String>());
    let cased = prop::sample::select(WORDS).prop_map(|it| if it.len() % 2 == 0 { it.to_uppercase() } else { it.to_lowercase() });
    prop_oneof![3 => chosen, 3 => part, 1 => cased, 1 => "[a-cA-C0-9._-]{1,4}"]
}

fn text() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        4 => words(6),
        1 => words(3).prop_map(|it| format!("# {it}")),
        1 => words(3).prop_map(|it| format!("- [ ] {it}")),
        1 => words(3).prop_map(|it| format!("  - [x] {it}")),
        1 => words(3).prop_map(|it| format!("- {it} #Work/now")),
        1 => words(2).prop_map(|it| format!("`#home` #home {it}")),
        1 => words(2).prop_map(|it| format!("```query\n{it}\n```")),
        1 => Just(String::new()),
        1 => (words(2), 20_usize..200).prop_map(|(it, copies)| it.repeat(copies)),
        1 => (word(), 20_usize..200).prop_map(|(it, copies)| it.replace(' ', "").repeat(copies)),
    ];
    let property = prop_oneof![
        words(2).prop_map(|it| format!("status: {it}")),
        words(2).prop_map(|it| format!("Status: \"{}\"", it.replace(['"', '\\'], ""))),
        words(1).prop_map(|it| format!("list: [a, 7, '{}']", it.replace('\'', ""))),
        Just("status:".to_owned()),
        Just("n: 4.5".to_owned()),
        Just("done: true\nempty: \"\"".to_owned()),
        Just("tags: [home, Work]".to_owned()),
        Just("map: {deep: copper}".to_owned()),
        (words(2), 100_usize..200).prop_map(|(it, copies)| format!("long: x{}", it.repeat(copies))),
    ];
    let head = prop::option::of(prop::collection::vec(property, 0..4)).prop_map(|it| it.map(|it| format!("---\n{}\n---\n", it.join("\n"))));
    (
        head,
        prop::collection::vec(line, 0..12),
        prop::sample::select(vec!["\n", "\r\n", "\n\n"]),
    )
        .prop_map(|(head, lines, end)| head.unwrap_or_default() + &lines.join(end))
}

fn words(most: usize) -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 1..=most).prop_map(|it| it.join(" "))
}

/// Returns small vaults; names and texts share their words with the queries.
pub(super) fn vault() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = prop_oneof![word(), "[a-c]{1,2}", word().prop_map(|it| format!("Work/{it}"))];
    prop::collection::vec((name, text()), 2..12).prop_map(|notes| {
        let named = notes
            .into_iter()
            .map(|(name, text)| (format!("{}.md", name.trim_matches([' ', '.'])), text))
            .filter(|(path, _)| NotePath::parse(path).is_ok_and(|it| it.as_str() == path));
        named.collect::<BTreeMap<_, _>>().into_iter().collect()
    })
}

/// A text of Obsidian's language; most are valid.
pub(super) fn query_text() -> impl Strategy<Value = String> {
    let quoted = || words(3).prop_map(|it| format!("\"{}\"", it.replace(['"', '\\'], "")));
    let regex = prop::sample::select(vec![
        "/^[a-c]/",
        "/\\bfoo/",
        "/o.?b/",
        "/\\d+$/",
        "/[^\\x00-\\x7f]{2}/",
        "/^$/",
        "/copper|ledger/",
        "/query/",
    ]);
    let term = prop_oneof![4 => word(), 2 => quoted(), 1 => regex.prop_map(str::to_owned)].boxed();
    let property = prop::sample::select(vec![
        "status", "STATUS", "list", "n", "done", "empty", "map", "long", "missing", "tags",
    ]);
    let test = prop_oneof![
        prop::sample::select(vec!["null", "EMPTY", "TRUE", "FALSE", "<5", ">5", "-copper", "a OR 7", "copper"]).prop_map(str::to_owned),
        term.clone(),
    ];
    let aim = prop::sample::select(vec!["file:", "path:", "content:", "match-case:"]);
    let leaf = prop_oneof![
        6 => term.clone(),
        1 => (aim, term.clone()).prop_map(|(name, it)| name.to_owned() + &it),
        1 => prop::sample::select(vec!["tag:home", "tag:#work", "tag:work/now", "task:\"\"", "path:Work"]).prop_map(str::to_owned),
        1 => property.clone().prop_map(|it| format!("[{it}]")),
        2 => (property, test).prop_map(|(name, it)| format!("[{name}:{it}]")),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let group = prop::collection::vec(inner.clone(), 1..4).prop_map(|it| it.join(" "));
        let scope = prop::sample::select(vec![
            "line:",
            "block:",
            "section:",
            "task:",
            "task-todo:",
            "task-done:",
            "content:",
            "match-case:",
            "file:",
            "-",
        ]);
        prop_oneof![
            group.clone(),
            (group.clone(), group.clone()).prop_map(|(a, b)| format!("({a} OR {b})")),
            (scope, group).prop_map(|(scope, it)| format!("{scope}({it})")),
            inner.prop_map(|it| format!("-{it}")),
        ]
    })
}
