//! Violations made on purpose: a rule that finds none of them checks nothing.

use super::{MAX_LINES, findings, source::Source};

fn check(files: &[(&str, &str)], expected: &[&str]) {
    let sources: Vec<Source> = files
        .iter()
        .map(|(file, code)| Source::parse(file, &format!("//! Header.\n{code}")))
        .collect();
    assert_eq!(findings(&sources), expected, "{files:?}");
}

#[test]
fn a_room_must_not_look_to_its_right() {
    let io = ("src/io.rs", "pub mod vault;");
    let vault = ("src/io/vault.rs", "pub struct Vault;");
    check(
        &[io, vault, ("src/model.rs", "use crate::io::vault::Vault;")],
        &["model -> io: model may know only []"],
    );
    check(
        &[io, vault, ("src/config.rs", "struct A(crate::io::vault::Vault);")],
        &["config -> io: config may know only [\"model\"]"],
    );
    check(&[io, vault, ("src/engine.rs", "use crate::io::vault::Vault;")], &[]);
    check(&[io, vault, ("src/main.rs", "use membridge::io::vault::Vault;")], &[]);
    check(&[io, ("src/helpers.rs", "use crate::io;")], &["helpers is no room of the design"]);
    check(&[("src/http.rs", ""), ("src/cli/get.rs", "use crate::http::Hit;")], &[]);
}

#[test]
fn the_modules_of_io_do_not_know_each_other() {
    let watch = ("src/io/watch.rs", "use super::vault::Vault;");
    let wrong = "io::watch -> io::vault: the modules of io do not know each other";
    check(&[watch, ("src/io/vault.rs", "pub struct Vault;")], &[wrong]);
    check(
        &[
            ("src/io/index.rs", "mod schema;"),
            ("src/io/index/schema.rs", "use crate::io::index::Hit;"),
        ],
        &[],
    );
}

#[test]
fn a_cycle_is_found_at_whatever_depth() {
    check(
        &[
            ("src/model/a.rs", "use crate::model::b::B;"),
            ("src/model/b/deep.rs", "use crate::model::c::C;"),
            ("src/model/b.rs", ""),
            ("src/model/c.rs", "use super::a::A;"),
        ],
        &[
            "model::a -> model::b: this import closes a cycle",
            "model::b -> model::c: this import closes a cycle",
            "model::c -> model::a: this import closes a cycle",
        ],
    );
    check(
        &[
            ("src/model/a.rs", "use crate::model::b::B;"),
            ("src/model/b.rs", "#[cfg(test)]\nmod tests { use crate::model::a::A; }"),
        ],
        &[],
    );
}

#[test]
fn a_second_door_is_found() {
    let wrong = "src/engine.rs: `tantivy::Index`: the door of this dependency is io::index";
    check(
        &[
            ("src/engine.rs", "fn f(index: &tantivy::Index) {}"),
            ("src/io/index/search.rs", "use tantivy::Searcher;"),
        ],
        &[wrong],
    );
}

#[test]
fn the_model_stays_pure() {
    let check_impure = |code: &str, path: &str| {
        let why = "the model is pure: no IO, clock, environment, thread or runtime";
        check(&[("src/model/a.rs", code)], &[&format!("src/model/a.rs: `{path}`: {why}")]);
    };
    check_impure("use std::{fmt, fs};", "std::fs");
    check_impure("fn f() { std::env::var(\"A\"); }", "std::env::var");
    check_impure("use std::time::{Duration, SystemTime};", "std::time::SystemTime");
    check_impure("use tokio::sync::Mutex;", "tokio::sync::Mutex");
    check_impure("fn f() { jiff::Timestamp::now(); }", "jiff::Timestamp::now");
    check(
        &[(
            "src/model/a.rs",
            "use std::{fmt, time::Duration};\n#[cfg(test)]\nmod tests { use std::fs; }",
        )],
        &[],
    );
    check(
        &[
            ("src/model/a.rs", "#[cfg(test)]\nmod tests;"),
            ("src/model/a/tests.rs", "use std::fs;"),
        ],
        &[],
    );
}

#[test]
fn a_file_without_header_or_end_is_found() {
    let long = format!("//! Header.\n{}", "//\n".repeat(MAX_LINES));
    let sources = [
        Source::parse("src/model/a.rs", "use std::fmt;"),
        Source::parse("src/model/b.rs", &long),
    ];
    let expected = [
        "src/model/a.rs: begin with a `//!` header that says what the module knows",
        "src/model/b.rs: 401 lines above the tests, more than 400",
    ];
    assert_eq!(findings(&sources), expected);
}
