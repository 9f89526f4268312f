//! One source file as the tidy checks see it: which module it is and which paths its code names. Knows Rust's tokens, not our rules.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// A path from the crate's root, as its segments.
pub(crate) type ModulePath = Vec<String>;

/// A file of `src/`.
#[derive(Debug)]
pub(crate) struct Source {
    /// As `src/io/index.rs`.
    pub(crate) file: String,
    /// As `["io", "index"]`; empty for `lib.rs` and `main.rs`.
    pub(crate) module: ModulePath,
    /// Every path that the code outside tests names, groups of `use` taken apart. The first segment is a crate or `crate`.
    pub(crate) paths: BTreeSet<ModulePath>,
    /// Modules that exist for tests only.
    pub(crate) test_modules: BTreeSet<ModulePath>,
    pub(crate) has_header: bool,
    /// Lines above the tests.
    pub(crate) n_lines: usize,
}

impl Source {
    /// Reads a file of this name and text.
    pub(crate) fn parse(file: &str, text: &str) -> Source {
        let name = file
            .strip_prefix("src/")
            .and_then(|it| it.strip_suffix(".rs"))
            .expect("only files of src/ are read");
        let module = if matches!(name, "lib" | "main") {
            Vec::new()
        } else {
            segments(name, '/')
        };
        let tokens: TokenStream = text.parse().unwrap_or_else(|error| panic!("{file} is no Rust: {error}"));
        let mut source = Source {
            file: file.to_owned(),
            paths: BTreeSet::new(),
            test_modules: BTreeSet::new(),
            has_header: text.starts_with("//!"),
            n_lines: text
                .lines()
                .position(|it| it == "#[cfg(test)]")
                .unwrap_or_else(|| text.lines().count()),
            module,
        };
        source.read(&tokens.into_iter().collect::<Vec<_>>());
        source
    }

    fn read(&mut self, trees: &[TokenTree]) {
        let mut at = 0;
        while at < trees.len() {
            if is_cfg_test(&trees[at..]) {
                at = self.skip_item(trees, at + 2);
                continue;
            }
            if starts_path(trees, at) {
                let mut found = Vec::new();
                read_path(&trees[at..], &mut Vec::new(), &mut found);
                found.into_iter().for_each(|path| self.note(path));
                at += path_length(&trees[at..]);
                continue;
            }
            if let TokenTree::Group(group) = &trees[at] {
                self.read(&group.stream().into_iter().collect::<Vec<_>>());
            }
            at += 1;
        }
    }

    /// Returns where the next item begins; remembers `mod name;`.
    fn skip_item(&mut self, trees: &[TokenTree], from: usize) -> usize {
        for (at, tree) in trees.iter().enumerate().skip(from) {
            match tree {
                TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => return at + 1,
                TokenTree::Punct(punct) if punct.as_char() == ';' => {
                    if is_ident(&trees[at - 2], "mod") {
                        let name = trees[at - 1].to_string();
                        self.test_modules.insert([self.module.clone(), vec![name]].concat());
                    }
                    return at + 1;
                }
                _ => {}
            }
        }
        trees.len()
    }

    /// Notes a path, `self` and `super` worked out.
    fn note(&mut self, path: ModulePath) {
        let n_up = path.iter().take_while(|it| *it == "super").count();
        let path = match path[0].as_str() {
            "self" => [&["crate".to_owned()], &self.module[..], &path[1..]].concat(),
            "super" => [
                &["crate".to_owned()],
                &self.module[..self.module.len().saturating_sub(n_up)],
                &path[n_up..],
            ]
            .concat(),
            "membridge" => [&["crate".to_owned()], &path[1..]].concat(),
            _ => path,
        };
        self.paths.insert(path);
    }
}

/// Returns the parts of `a/b` or `a::b`.
pub(crate) fn segments(text: &str, separator: char) -> ModulePath {
    text.split(separator).filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

/// A path begins behind `use`, and at a name before `::` that continues neither a path nor a method call.
fn starts_path(trees: &[TokenTree], at: usize) -> bool {
    let before = &trees[..at];
    let continues = match before {
        [.., name, one, two] if is_punct(one, ':') && is_punct(two, ':') && is_ident(name, "use") => false,
        [.., TokenTree::Ident(_) | TokenTree::Group(_), one, two] if is_punct(one, ':') && is_punct(two, ':') => true,
        [.., angle, one, two] if is_punct(angle, '>') && is_punct(one, ':') && is_punct(two, ':') => true,
        [.., dot] => is_punct(dot, '.'),
        [] => false,
    };
    let is_name = matches!(&trees[at], TokenTree::Ident(name) if name != "use");
    let behind_use = before.last().is_some_and(|it| is_ident(it, "use"));
    is_name && !continues && (behind_use || is_colons(&trees[at + 1..]))
}

/// Adds every path that begins with the first tree to `found`.
fn read_path(trees: &[TokenTree], before: &mut ModulePath, found: &mut Vec<ModulePath>) {
    match trees.first() {
        Some(TokenTree::Ident(name)) if name == "self" && !before.is_empty() => found.push(before.clone()),
        Some(TokenTree::Ident(name)) => {
            before.push(name.to_string());
            if is_colons(&trees[1..]) && matches!(trees.get(3), Some(TokenTree::Ident(_) | TokenTree::Group(_))) {
                read_path(&trees[3..], before, found);
            } else {
                found.push(before.clone());
            }
            before.pop();
        }
        Some(TokenTree::Group(group)) => {
            let inner: Vec<TokenTree> = group.stream().into_iter().collect();
            inner.split(|it| is_punct(it, ',')).for_each(|part| read_path(part, before, found));
        }
        _ => {}
    }
}

/// Counts the trees of the path that begins with the first, its final group included.
fn path_length(trees: &[TokenTree]) -> usize {
    let mut length = 1;
    while is_colons(&trees[length..]) && matches!(trees.get(length + 2), Some(TokenTree::Ident(_) | TokenTree::Group(_))) {
        length += 3;
    }
    length
}

fn is_cfg_test(trees: &[TokenTree]) -> bool {
    matches!(trees, [hash, TokenTree::Group(group), ..] if is_punct(hash, '#') && group.to_string().replace(' ', "") == "[cfg(test)]")
}

fn is_colons(trees: &[TokenTree]) -> bool {
    matches!(trees, [one, two, ..] if is_punct(one, ':') && is_punct(two, ':'))
}

fn is_punct(tree: &TokenTree, text: char) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == text)
}

fn is_ident(tree: &TokenTree, text: &str) -> bool {
    matches!(tree, TokenTree::Ident(ident) if ident == text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let source = Source::parse("src/io/index.rs", text);
        let paths: Vec<String> = source.paths.iter().map(|it| it.join("::")).collect();
        assert_eq!(paths, expected, "{text}");
    }

    #[test]
    fn groups_are_taken_apart() {
        check(
            "use crate::{model::path::NotePath, io::{watch, vault::*}};",
            &["crate::io::vault", "crate::io::watch", "crate::model::path::NotePath"],
        );
        check(
            "use std::{fmt, time::{Duration, SystemTime as Clock}};",
            &["std::fmt", "std::time::Duration", "std::time::SystemTime"],
        );
        check("use crate::config::{self, Config};", &["crate::config", "crate::config::Config"]);
        check("use tantivy; use ::git2::Oid;", &["git2::Oid", "tantivy"]);
        check("pub(crate) use super::{a, watch::b};", &["crate::io::a", "crate::io::watch::b"]);
    }

    #[test]
    fn paths_in_code_attributes_and_macros_count() {
        check(
            "fn f() { let x: tantivy::Index = std::fs::read(p)?; }",
            &["std::fs::read", "tantivy::Index"],
        );
        check(
            "#[derive(clap::Parser)] struct A(crate::io::watch::B);",
            &["clap::Parser", "crate::io::watch::B"],
        );
        check("fn f() { assert!(matches!(x, Some(git2::Oid { .. }))); }", &["git2::Oid"]);
        check("struct A { index: tantivy::Index }", &["tantivy::Index"]);
        check("fn f() { a.collect::<Vec<_>>(); }", &[]);
    }

    #[test]
    fn comments_texts_and_tests_do_not_count() {
        check(
            "//! crate::http::a\n/* tantivy::b */ const A: &str = \"std::fs::read\"; const B: &str = r#\"git2::C\"#;",
            &[],
        );
        check("#[cfg(test)]\nmod tests { use std::fs; }\nuse std::fmt;", &["std::fmt"]);
        check("#[cfg(test)]\nuse std::fs;\nuse std::env;", &["std::env"]);
        let source = Source::parse("src/config.rs", "#[cfg(test)]\nmod tests;");
        assert_eq!(source.test_modules, [segments("config::tests", ':')].into());
    }
}
