//! Obsidian's language.

use super::*;

fn check(query: &str, expected: &str) {
    assert_eq!(obsidian(query).map(|it| shape(&it.condition)).as_deref(), Ok(expected), "{query}");
}

#[track_caller]
fn refuses(query: &str, range: Range<usize>, message: &str) {
    let error = obsidian(query).expect_err(query);
    assert_eq!((error.range, error.message.as_str()), (range, message), "{query}");
    assert!(!error.hint.is_empty());
}

#[test]
fn or_binds_weaker_than_juxtaposition_and_groups_bind_first() {
    check("", "all");
    check("  ", "all");
    check("meeting work", "(*meeting* & *work*)");
    check(
        "meeting work OR meetup personal",
        "((*meeting* & *work*) | (*meetup* & *personal*))",
    );
    check(
        "meeting (work OR meetup) personal",
        "(*meeting* & (*work* | *meetup*) & *personal*)",
    );
    check("a or ORANGE AND b", "(*a* & *or* & *ORANGE* & *AND* & *b*)");
    check("((a))", "*a*");
}

#[test]
fn a_minus_negates_the_term_after_it() {
    check("meeting -work -meetup", "(*meeting* & !*work* & !*meetup*)");
    check("meeting -(work meetup)", "(*meeting* & !(*work* & *meetup*))");
    check("-\"a b\"", "!\"a b\"");
    check("well-known - x", "(*well-known* & *-* & *x*)");
    check("--x", "!*-x*");
}

#[test]
fn quotes_escape_themselves() {
    check(r#""they said \"hello\"""#, r#""they said "hello"""#);
    check(r#""a \\ b""#, r#""a \ b""#);
    check(r#""C++" "(x)""#, r#"("C++" & "(x)")"#);
}

#[test]
fn operators_take_a_term_or_a_group_and_any_case() {
    check("file:.jpg", "file:*.jpg*");
    check("file:(\"to be\" OR -\"2B\")", "(file:\"to be\" | !file:\"2B\")");
    check("path:-\"Daily notes\"", "!path:\"Daily notes\"");
    check("path:/\\d{4}-\\d{2}/", "path:/\\d{4}-\\d{2}/");
    check("path:Projects/*", "path:*Projects/**");
    check("TAG:#a File:x PATH:y", "(#a & file:*x* & path:*y*)");
    check("tag:(#a OR b/c/)", "(#a | #b/c)");
    check("content:\"happy cat\"", "content:\"happy cat\"");
}

#[test]
fn scopes_confine_and_nest() {
    check("line:(mix flour)", "Line<(content:*mix* & content:*flour*)>");
    check("-line:x", "!Line<content:*x*>");
    check("task:\"\"", "Task(Any)<all>");
    check(
        "task-todo:call task-done:(a OR b)",
        "(Task(Todo)<content:*call*> & Task(Done)<(content:*a* | content:*b*)>)",
    );
    check("section:(A section:(B))", "Section<(content:*A* & Section<content:*B*>)>");
    check("block:(dog file:x)", "Block<(content:*dog* & file:*x*)>");
}

#[test]
fn the_innermost_case_operator_wins() {
    check("match-case:Happy", "=*Happy*");
    check("match-case:(Happy ignore-case:(cat path:x))", "(=*Happy* & (*cat* & path:*x*))");
    check("match-case:file:B", "file:=*B*");
}

#[test]
fn brackets_test_properties() {
    check("[aliases]", "[aliases Exists]");
    check("[aliases:Name]", "[aliases:*Name*]");
    check("[status:Draft OR Published]", "([status:*Draft*] | [status:*Published*])");
    check("[aliases:null]", "[aliases Null]");
    check("[aliases:\"null\"]", "[aliases:\"null\"]");
    check("[duration:<5] [duration:>5.5]", "([duration Less(5.0)] & [duration Greater(5.5)])");
    check(
        "[done:TRUE] [done:FALSE] [x:EMPTY] [x:\"\"]",
        "([done True] & [done False] & [x Empty] & [x Empty])",
    );
    check("[status:-Draft]", "([status Exists] & ![status:*Draft*])");
    check("[a:(b c) OR /d/]", "(([a:*b*] & [a:*c*]) | [a:/d/])");
    check("[creation date:2020]", "[creation date:*2020*]");
    check("[alias OR aliases:x]", "([alias:*x*] | [aliases:*x*])");
    check("[\"a:b\":10:30]", "[a:b:*10:30*]");
    check("[up:[[Note]]]", "[up:*[[Note]]*]");
    check("-[draft]", "![draft Exists]");
}

#[test]
fn regular_expressions_keep_their_slashes_and_are_checked() {
    check("/^\\d{4}/", "/^\\d{4}/");
    check("/a\\/b[/]c/ d", "(/a\\/b[/]c/ & *d*)");
    refuses("x /a(?=b)/", 2..10, "look-ahead and look-behind are not supported");
    refuses("/(a)\\1/", 0..7, "back-references are not supported");
    refuses("/(a/", 0..4, "unclosed group");
    refuses("/a", 0..1, "unclosed `/`");
}

#[test]
fn what_obsidian_refuses_is_refused_where_it_stands() {
    refuses("x foo:bar", 2..6, "`foo:` is no operator");
    refuses("see https://x", 4..10, "`https:` is no operator");
    refuses("a (b", 2..3, "unclosed `(`");
    refuses("a) b", 1..2, "`)` closes no group");
    refuses("a \"b", 2..3, "unclosed `\"`");
    refuses("[a:b", 0..1, "unclosed `[`");
    refuses("[a", 0..1, "unclosed `[`");
    refuses("[:b]", 0..1, "the name of the property is missing");
    refuses("[n:<five]", 3..8, "`<five` compares with a number, and `five` is none");
    refuses("a OR", 4..4, "a term is missing");
    refuses("OR é", 0..1, "a term is missing");
    refuses("()", 1..2, "a term is missing");
    refuses("tag: x", 0..4, "`tag:` has no term");
    refuses("tag:#", 4..5, "the name of the tag is missing");
    assert!(obsidian("foo:bar").expect_err("unknown").hint.contains("task-todo:"));
    check("10:30", "*10:30*");
}

#[test]
fn bounds_are_errors() {
    let refused = |query: &str| obsidian(query).expect_err("over the bound").message;
    assert_eq!(refused(&"(".repeat(5_000)), "groups and operators nest at most 32 deep");
    assert_eq!(
        refused(&"NOT ".repeat(65)),
        "a query may have 64 terms, and 8 regular expressions among them"
    );
    assert_eq!(
        refused(&"/a/ ".repeat(9)),
        "a query may have 64 terms, and 8 regular expressions among them"
    );
    assert_eq!(refused(&"tag:a ".repeat(33)), "a query may have 32 operators");
    assert_eq!(refused(&"section:".repeat(5)), "`section:` has no term");
    assert_eq!(
        refused(&format!("{}x", "section:".repeat(5))),
        "lines, blocks, sections and tasks nest at most 4 deep"
    );
    check("a", "*a*");
    assert!(obsidian(&"+-".repeat(5_000)).is_ok());
}

#[test]
fn positive_words_and_phrases_about_the_text_order_the_hits() {
    let query = obsidian("copper -iron file:x \"big ledger\" line:(mix -no) -(-tin) tag:t [p:v] /re/").expect("valid");
    assert_eq!(evidence(&query), ["copper", "\"big ledger\"", "mix", "tin"]);
    assert_eq!(query.evidence[1].range, 21..31);
}
