//! Natural text.

use super::*;

fn check(query: &str, words: &[&str], condition: &str) {
    let read = natural(query);
    assert_eq!(
        (evidence(&read), shape(&read.condition)),
        (words.iter().map(|&it| it.to_owned()).collect(), condition.to_owned()),
        "{query}"
    );
}

#[track_caller]
fn warns(query: &str, part: &str) {
    let warnings = natural(query).warnings;
    assert!(warnings.iter().any(|it| it.contains(part)), "{query}: {warnings:?}");
}

#[track_caller]
fn is_silent(query: &str) {
    assert_eq!(natural(query).warnings, Vec::<String>::new(), "{query}");
}

#[test]
fn bare_words_and_phrases_rank_and_select_nothing() {
    check("", &[], "all");
    check("copper ledger", &["copper", "ledger"], "all");
    check("the \"copper ledger\" of 2026", &["the", "\"copper ledger\"", "of", "2026"], "all");
    check("a OR (b AND c)", &["a", "OR", "(b", "AND", "c)"], "all");
    check("\"\" x", &["x"], "all");
}

#[test]
fn or_between_conditions_found_nothing_without_a_word() {
    warns("kind:HelmRelease OR kind:Service", "syntax=obsidian");
    warns("tag:a OR b", "syntax=obsidian");
    is_silent("cats OR dogs");
    is_silent("kind:Service or OR");
    is_silent("OR kind:Service");
    is_silent("kind:Service \"this OR that\"");
}

#[test]
fn what_stands_between_white_space_stays_one_word() {
    for word in [
        "192.168.0.7",
        "foo-bar_baz",
        "C++",
        "spec.values.size",
        "MB-000042-f48d33",
        "2026-01-02",
        "关系数据库",
        "10:30",
    ] {
        check(word, &[word], "all");
        is_silent(word);
    }
    for address in [
        "https://example.com/a?b=c",
        "std::vec",
        "C:\\x",
        "note: see",
        "/usr/bin/env",
        "- [ ] buy",
        "[[Note]]",
        "[2026-01-02 10:00] x",
    ] {
        assert_eq!(shape(&natural(address).condition), "all");
        is_silent(address);
    }
}

#[test]
fn a_plus_requires() {
    check("+copper ledger", &["copper", "ledger"], "copper");
    check("+\"copper ledger\" x", &["\"copper ledger\"", "x"], "\"copper ledger\"");
    check("+tag:a x", &["x"], "#a");
    check("+1 C++ +", &["1", "C++"], "1");
}

#[test]
fn a_minus_excludes_beside_a_positive_term_only() {
    check(
        "copper -iron -\"old ledger\" -tag:done",
        &["copper"],
        "(!iron & !\"old ledger\" & !#done)",
    );
    check("tag:a -path:Archive", &[], "(#a & !path:*Archive*)");
    check("-iron -tag:done", &["iron", "tag:done"], "all");
    check("-5 degrees --force -", &["-5", "degrees", "--force"], "all");
    warns("-iron", "`-iron` excludes only beside");
    is_silent("copper -iron");
}

#[test]
fn known_operators_are_conditions() {
    check(
        "copper tag:#a Path:Projects file:ledger",
        &["copper"],
        "(#a & path:*Projects* & file:*ledger*)",
    );
    check("path:Projects/* x", &["x"], "glob:Projects/**");
    check(
        "path:\"Daily notes/*\" path:\"Daily notes\"",
        &[],
        "(glob:Daily notes/** & path:*Daily notes*)",
    );
    check("path:*.md path:Projects/(old)/x", &[], "(glob:**/*.md & path:*Projects/(old)/x*)");
    check("path:/etc/hosts path:/a+/", &[], "(path:*/etc/hosts* & path:/a+/)");
    check("kind:HelmRelease redis", &["HelmRelease", "redis"], "kind:HelmRelease");
    check(
        "kind:HelmRelease name:a image:nginx",
        &["HelmRelease", "a"],
        "<kind:HelmRelease name:a image:*nginx*>",
    );
    check(
        "x -kind:Secret name:a port:80",
        &["x", "a", "80"],
        "(!kind:Secret & <name:a port:80>)",
    );
    check(
        "content:copper content:\"a b\"",
        &["copper", "\"a b\""],
        "(content:copper & content:\"a b\")",
    );
    check(
        "[status:draft OR done] [due] x",
        &["x"],
        "(([status:*draft*] | [status:*done*]) & [due Exists])",
    );
    check(
        "task-todo:call line:(mix flour)",
        &["call", "mix", "flour"],
        "(Task(Todo)<content:call> & Line<(content:mix & content:flour)>)",
    );
    check("match-case:Happy", &["Happy"], "=Happy");
}

#[test]
fn a_star_in_a_condition_found_nothing_and_said_nothing() {
    check("name:open*", &[], "name:~open*");
    check("kind:Helm* name:*claw x", &["x"], "<kind:~Helm* name:~*claw>");
    // A part of these is enough, with a star as without.
    check(
        "image:*nginx* host:*.example.org",
        &[],
        "(image:~**nginx** & host:~**.example.org*)",
    );
    check("host:\"*.example.org\"", &[], "host:\"*.example.org\"");
    check("file:open*.yaml", &[], "glob:**/open*.yaml");
    check("file:\"*ite.toml\"", &[], "file:**ite.toml*");
    check("tag:proj* x", &["tag:proj*", "x"], "all");
    warns("tag:proj* x", "`tag:` takes a name without `*`");
    check("[due:2026*]", &[], "[due:*2026**]");
}

#[test]
fn what_is_no_operator_is_words_and_named() {
    check("trust:human id:* x", &["trust:human", "id:*", "x"], "all");
    warns("trust:human", "`trust:` is no operator");
    check("say \"open words", &["say", "open", "words"], "all");
    warns("say \"open words", "a quote is not closed");
    check("[status:draft x", &["[status:draft", "x"], "all");
    warns("[status:draft x", "unclosed `[`");
    check("/(.*a){20}/ x", &["/(.*a){20}/", "x"], "all");
    warns("/a b/ x", "`/a b/` is searched as words");
    warns("tag:(a", "unclosed `(`");
    check("tag: x", &["tag:", "x"], "all");
    check("path:a/[b* x", &["path:a/[b*", "x"], "all");
    check("\"a b\"~4294967295", &["\"a b\"", "~4294967295"], "all");
    warns("[error] refused", "`[error]` selects notes that have the property");
    check("[error]: refused", &["[error]:", "refused"], "all");
}

#[test]
fn marks_alone_do_not_select_every_note() {
    check(" ??? ", &["???"], "all");
    check("+-+-", &["+-+-"], "all");
    assert!(natural(" \t").evidence.is_empty());
}

#[test]
fn bounds_cut_with_a_warning() {
    let read = natural(&"w ".repeat(100));
    assert_eq!((read.evidence.len(), read.warnings.len()), (64, 1));
    let read = natural(&"+w ".repeat(40));
    assert!(matches!(read.condition, Condition::And(parts) if parts.len() == 32));
    warns(&format!("{}a{}", "tag:(".repeat(20), ")".repeat(20)), "nest at most 32 deep");
}

#[test]
fn ranges_are_bytes_of_the_query() {
    let query = "é +naïve -x \"a b\" content:\"c d\"";
    let ranges: Vec<&str> = natural(query).evidence.iter().map(|it| &query[it.range.clone()]).collect();
    assert_eq!(ranges, ["é", "naïve", "a b", "c d"]);
}
