//! What every operator of Obsidian's language means, note by note. The cases are the rows G and B17 of the reference's case lists.

use super::*;
use crate::model::{
    path::NotePath,
    query::{natural, obsidian},
};

fn meets(condition: &Condition, path: &str, text: &str) -> bool {
    let path = NotePath::parse(path).unwrap();
    let mut candidate = Candidate::note(&path, text);
    candidate.attachment = !path.is_note() && text.is_empty();
    Matcher::new(condition).unwrap().matches(&candidate)
}

#[track_caller]
fn finds(query: &str, text: &str) {
    assert!(
        meets(&obsidian(query).unwrap().condition, "Folder/Note.md", text),
        "{query} should find {text:?}"
    );
}

#[track_caller]
fn misses(query: &str, text: &str) {
    assert!(
        !meets(&obsidian(query).unwrap().condition, "Folder/Note.md", text),
        "{query} should not find {text:?}"
    );
}

#[track_caller]
fn check_path(query: &str, path: &str, expected: bool) {
    assert_eq!(meets(&obsidian(query).unwrap().condition, path, ""), expected, "{query} {path}");
}

#[test]
fn every_word_must_occur_somewhere_in_text_or_path() {
    finds("meeting work", "Work!\n\nOur MEETINGS");
    misses("meeting work", "Our meetings");
    finds("meeting work OR meetup personal", "a personal meetup");
    misses("meeting work OR meetup personal", "a personal meeting");
    finds("folder note.MD text", "some text");
    finds("数据库 据", "关系数据库设计");
    finds("", "");
}

#[test]
fn exclusions_look_at_the_whole_note() {
    finds("meeting -(work meetup)", "meeting work");
    misses("meeting -(work meetup)", "meeting work meetup");
    misses("-note", "its name counts too");
    finds("-content:note", "its name counts not");
}

#[test]
fn phrases_are_contiguous_whole_words() {
    finds("test", "testing");
    misses("\"test\"", "testing");
    finds("\"star wars\"", "the Star Wars saga");
    misses("\"star wars\"", "wars of a star");
    finds(r#""they said \"hello\"""#, "they said \"hello\" to");
    finds("\"C++\" \"(x)\"", "I write C++, see (x).");
    misses("\"C++\"", "C and ++");
    finds("\"한국\"", "대한국민");
}

#[test]
fn regular_expressions_see_lines() {
    finds("/^\\d{4}/", "one\n2026 two");
    misses("/^\\d{4}/", "in 2026");
    check_path("path:/\\d{4}-\\d{2}/", "Daily/2026-01.md", true);
    check_path("/\\d{4}/", "Daily/2026.md", true);
    misses("/(a+)+$/", &"aaaaaaaaaaaaaaaaaaaaaaaaaaab ".repeat(2000));
}

#[test]
fn names_and_paths_of_any_file_but_texts_of_notes_only() {
    check_path("file:.jpg", "Images/Cat.JPG", true);
    check_path(".jpg", "Images/Cat.jpg", false);
    check_path("file:images", "Images/Cat.jpg", false);
    check_path("path:images file:cat -dog", "Images/Cat.jpg", true);
    check_path("path:-\"Daily notes\"", "Daily notes/a.md", false);
    check_path("file:(\"to be\" OR -\"2B\")", "2B.md", false);
    check_path("file:(\"to be\" OR -\"2B\")", "2B or not to be.md", true);
    check_path("file:(\"to be\" OR -\"2B\")", "3B.md", true);
    check_path("path:café", "Cafe\u{301}\u{a0}x.md", true);
}

#[test]
fn tags_match_with_their_children_and_without_code() {
    finds("tag:#inbox", "see #Inbox/to-read");
    misses("tag:#work", "#myjob/work #workshop");
    misses("tag:#work", "`#work`\n\n```\n#work\n```");
    finds("tag:work", "---\ntags: [home, Work/now]\n---\n");
    finds("-tag:work", "work");
}

#[test]
fn lines_blocks_and_sections_hold_all_their_terms() {
    finds("line:(mix flour)", "x\nmix the flour\n");
    misses("line:(mix flour)", "mix\nthe flour");
    finds("line:/^the/", "mix\r\nthe flour");
    misses("-line:flour", "mix\nthe flour");
    finds("line:-flour", "mix\nthe flour");
    finds("block:(dog cat)", "one\n\na dog\nand a cat\n");
    misses("block:(dog cat)", "a dog\n\na cat");
    misses("block:(dog cat)", "- a dog\n- a cat\n");
    finds("section:(dog cat)", "# A\ndog\n\ncat\n# B\n");
    misses("section:(dog cat)", "# A\ndog\n# B\ncat\n");
    finds("section:(before first)", "before the first\n# A\n");
    misses("line:note", "the name is not in a line");
    misses("line:(a tag:x)", "a\n\n#x");
    finds("line:(a tag:x)", "b\n\na #x");
}

#[test]
fn a_section_within_a_section_may_be_below_it() {
    finds("section:(alpha section:(beta))", "# alpha\n## sub\nbeta\n");
    misses("section:(alpha section:(beta))", "## alpha\n## sub\nbeta\n");
    misses("section:(alpha beta)", "# alpha\n## sub\nbeta\n");
    finds("section:(alpha line:(b c))", "# alpha\nb c\n");
}

#[test]
fn tasks_are_judged_one_by_one_and_any_mark_is_done() {
    let list = "- [ ] call Ann\n- [x] write Bob\n- [/] mend roof\n- no task\n";
    finds("task:\"\"", list);
    misses("task:\"\"", "- call");
    finds("task:(call ann)", list);
    misses("task:(call bob)", list);
    misses("task:task", list);
    finds("task-todo:call", list);
    misses("task-done:call", list);
    finds("task-done:bob task-done:roof", list);
    misses("task-todo:(bob OR roof)", list);
    misses("task:/x/", list);
}

#[test]
fn properties_compare_names_without_case_and_values_by_content() {
    let note = "---\nStatus: Draft 2\naliases:\ntags: []\nempty: \"\"\nduration: 4.5\nlist: [Ann, 7]\ndone: true\nopen: false\n---\n";
    for query in [
        "[status]",
        "[STATUS:draft]",
        "[status:Draft OR Published]",
        "[status:\"draft\"]",
        "[aliases:null]",
        "[duration:<5]",
        "[duration:>4]",
        "[list:ann]",
        "[list:>5]",
        "[done:TRUE]",
        "[done:true]",
        "[open:FALSE]",
        "[aliases:EMPTY]",
        "[tags:EMPTY]",
        "[empty:EMPTY]",
        "[status:-Published]",
        "[status:/^d.*2$/]",
        "-[missing]",
        "[status OR missing]",
    ] {
        finds(query, note);
    }
    for query in [
        "[missing]",
        "[status:Published]",
        "[status:\"raft\"]",
        "[status:null]",
        "[tags:null]",
        "[empty:null]",
        "[duration:<4.5]",
        "[duration:>4.5]",
        "[status:>1]",
        "[done:FALSE]",
        "[status:EMPTY]",
        "[missing:-x]",
        "[missing:null]",
        "match-case:[status:draft]",
    ] {
        misses(query, note);
    }
}

#[test]
fn case_counts_where_asked_for() {
    misses("match-case:Happy", "happy");
    finds("match-case:(Happy ignore-case:CAT)", "Happy cat");
    misses("match-case:(Happy CAT)", "Happy cat");
    finds("straße", "STRAßE");
    misses("uber", "über");
}

#[test]
fn a_query_fence_does_not_find_itself() {
    misses("copper", "intro\n\n```query\ncopper\n```\n");
    finds("copper", "```query\ncopper\n```\n\ncopper\n");
    finds("copper", "```\ncopper\n```\n");
    misses("line:copper", "```query\ncopper\n```\n");
}

#[test]
fn natural_conditions_mean_the_same() {
    let check = |query: &str, expected: bool| {
        let found = meets(&natural(query).condition, "Projects/Old/Copper.md", "The ledger.");
        assert_eq!(found, expected, "{query}");
    };
    check("anything at all", true);
    check("+ledger", true);
    check("+ledgers", false);
    check("ledger -copper", false);
    check("ledger -copp", true);
    check("path:projects", true);
    check("path:Projects/*", true);
    check("path:Projects/*.md", false);
    check("path:projects/**", true);
    check("kind:helmrelease", false);
}

#[test]
fn facts_of_config_files_are_conditions() {
    let manifest = "kind: HelmRelease\nmetadata: {name: openclaw, namespace: ai}\nspec:\n  image: docker.io/library/nginx:1.27\n\
                    ---\nkind: Service\nmetadata: {name: web}\nspec:\n  ports: [{port: 8080}]\n";
    let check = |query: &str, expected: bool| {
        let condition = natural(query).condition;
        assert_eq!(meets(&condition, "clusters/a.yaml", manifest), expected, "{query}");
        let note = "---\nkind: HelmRelease\nname: openclaw\nresource: HelmRelease/openclaw\n---\n";
        assert!(!meets(&condition, "a.md", note), "{query}");
    };
    check("kind:helmrelease", true);
    check("kind:helm", false);
    check("kind:HelmRelease name:openclaw", true);
    check("kind:HelmRelease name:web", false);
    check("kind:Service name:web", true);
    check("kind:HelmRelease namespace:ai name:openclaw", true);
    check("namespace:ai name:web", false);
    check("image:nginx port:8080", true);
    check("port:80", false);
    // Of one resource all of it.
    check("kind:HelmRelease image:nginx", true);
    check("kind:Service image:nginx", false);
    check("name:web port:8080", true);
    check("name:openclaw port:8080", false);
}

#[test]
fn many_sections_within_sections_stay_cheap() {
    let text: String = (0..4_000).map(|it| format!("{} h{it}\n", "#".repeat(it % 6 + 1))).collect();
    misses("section:(h section:(h section:(h section:(zzz))))", &text);
}

proptest::proptest! {
    #[test]
    fn no_note_makes_a_condition_panic(text in r"([#\[\] x`~\n-]|query|- \[ \] |\PC){0,60}", query in 0..6_usize) {
        let queries = [
            "line:x -block:x",
            "section:(x section:x)",
            "task:x OR task-done:\"\"",
            "tag:x /x$/ [x:x]",
            "block:(line:x)",
            "section:(task:x)",
        ];
        meets(&obsidian(queries[query]).unwrap().condition, "a.md", &text);
    }

    #[test]
    fn a_word_of_the_text_is_found_and_its_exclusion_is_not(before in "\\PC{0,20}", word in "[a-zé數]{1,8}", after in "\\PC{0,20}") {
        let text = format!("{before}{word}{after}");
        let without = format!("-{word}");
        proptest::prop_assert!(meets(&obsidian(&word).unwrap().condition, "a.md", &text));
        proptest::prop_assert!(!meets(&obsidian(&without).unwrap().condition, "a.md", &text));
    }
}
