//! Cuts code into its top-level blocks, each called by the symbol that it defines. Knows how definitions begin in the languages of config
//! repositories; parses none of them.

use std::sync::LazyLock;

use regex::Regex;

use super::parts::Part;

/// A block without a symbol joins the one before it up to so many lines.
const MAX_LINES: usize = 40;

/// They open a block too, and define nothing.
const STATEMENTS: [&str; 10] = ["if", "else", "for", "while", "do", "try", "switch", "match", "loop", "return"];

/// No more of a block is searched for its symbol.
const MAX_SEARCHED: usize = 4096;
const MAX_TITLE: usize = 80;

/// What differs between the languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// Definitions begin a line.
    Plain,
    Dockerfile,
    Makefile,
    /// All lies within one set, and what counts is one step in.
    Nix,
    /// `server` lies within `http`.
    Nginx,
}

impl Language {
    /// Returns the language of a file by its name, in lower case.
    pub(super) fn of(name: &str) -> Language {
        match name {
            _ if name.contains("dockerfile") || name.contains("containerfile") => Language::Dockerfile,
            _ if name == "makefile" || name.ends_with(".mk") => Language::Makefile,
            _ if name.ends_with(".nix") => Language::Nix,
            _ if name.ends_with(".conf") => Language::Nginx,
            _ => Language::Plain,
        }
    }

    /// How far a line may be indented that begins a block.
    fn indent(self) -> usize {
        match self {
            Language::Nix => 2,
            Language::Nginx => 4,
            _ => 0,
        }
    }
}

/// `export async function name`, `pub fn name`, `impl Name`, `def name`, `func (r *T) Name`, `var (` with its first name, `name() {`, `name = ` of
/// a Nix set, `FROM image AS name`.
static SYMBOL: LazyLock<Regex> = LazyLock::new(|| {
    let words = "function\\*?|class|const|let|interface|type|enum|namespace|module|fn|struct|trait|impl(?:<[^>]{0,80}>)?|mod|static|def|func|macro_rules!";
    let before = "(?:export |default |declare |abstract |async |unsafe |const |local |extern (?:\"C\" )?|pub(?:\\([^)]{0,40}\\))? )*";
    Regex::new(&format!(
        r"(?m)^(?:{before}(?:{words})[ \t]+(?:\([^)]{{0,80}}\)[ \t]*)?([\w$][\w$:.-]*)|(?:const|var|type)[ \t]+\([ \t]*\n(?:[ \t]*//[^\n]*\n)*[ \t]+(\w+)|([\w][\w.:-]*)[ \t]*\(\)[ \t]*\{{?|[ ]{{0,2}}([a-zA-Z][\w.-]*)[ \t]*=[ \t]*(?:\{{|rec|pkgs|lib|let|with|import)\b?|(?i:from)[ \t]+(?:--\S+[ \t]+)*\S+[ \t]+(?i:as)[ \t]+([\w.-]+))"
    ))
    .expect("the pattern is constant")
});

/// `server {`, `resource "a" "b" {`: what it is called is all that stands before the bracket.
static DIRECTIVE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^[ ]{0,4}([a-z_]+(?:[ \t][^{};\n]{0,80})?)[ \t]\{[ \t]*$").expect("the pattern is constant"));

static SERVER_NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)^\s*server_name\s+([\w.*-]+)").expect("the pattern is constant"));

static TARGET: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^([A-Za-z0-9][\w./%-]*)[ \t]*:(?:[^=]|$)").expect("the pattern is constant"));

/// Returns the blocks of a text in order, the first at its begin; they begin after blank lines at lines without indentation, or the little that
/// the language has.
pub(super) fn blocks(text: &str, language: Language) -> Vec<Part> {
    let mut blocks: Vec<Part> = Vec::new();
    let mut starts = Vec::new();
    let (mut at, mut after_blank) = (0, true);
    // Where a block began that has been comments so far.
    let mut comments = None;
    for (number, whole) in text.split_inclusive('\n').enumerate() {
        let line = whole.trim_start_matches('\u{feff}');
        let content = line.trim_start_matches(' ');
        let near = line.len() - content.len() <= language.indent();
        let first = content.chars().next().unwrap_or('\n');
        let may_begin = language != Language::Dockerfile || starts.is_empty();
        let begins = near && after_blank && may_begin && !first.is_whitespace() && !"})]".contains(first) || is_stage(line, language);
        if is_comment(if near { content } else { line }) {
            comments = comments.or(begins.then_some((at, number)));
        } else if begins || comments.is_some() && !line.trim().is_empty() {
            starts.push(comments.take().unwrap_or((at, number)));
        }
        after_blank = line.trim().is_empty();
        at += whole.len();
    }
    starts.extend(comments.filter(|_| starts.is_empty()));
    let mut open: Option<(usize, bool)> = None;
    for (index, &(start, line)) in starts.iter().enumerate() {
        let end = starts.get(index + 1).map_or(text.len(), |it| it.0);
        let block = text[start..end].trim_start_matches('\u{feff}');
        let symbol = symbol(block, language);
        let stands = symbol.is_some() || is_stage(block, language);
        let joins = open.is_some_and(|(since, stood)| !stands && !stood && line - since < MAX_LINES);
        if !joins {
            open = Some((line, stands));
            blocks.push(Part {
                start: if blocks.is_empty() { 0 } else { start },
                level: 1,
                title: symbol.unwrap_or_else(|| first_words(block)),
            });
        }
    }
    blocks
}

fn is_comment(line: &str) -> bool {
    let is_attribute = line.starts_with("#[");
    !is_attribute && ["#", "//", "/*", "*", " *", "--"].iter().any(|mark| line.starts_with(mark))
}

/// A stage of a Dockerfile.
fn is_stage(line: &str, language: Language) -> bool {
    language == Language::Dockerfile && line.get(..5).is_some_and(|it| it.eq_ignore_ascii_case("from "))
}

fn symbol(block: &str, language: Language) -> Option<String> {
    let mut limit = block.len().min(MAX_SEARCHED);
    while !block.is_char_boundary(limit) {
        limit -= 1;
    }
    let block = &block[..limit];
    let first = |pattern: &Regex| {
        let captures = pattern.captures(block)?;
        captures.iter().skip(1).flatten().next()
    };
    let name = match language {
        Language::Makefile => first(&TARGET),
        Language::Nginx => None,
        _ => first(&SYMBOL),
    };
    let is_name = |it: &str| {
        let word = it.split(' ').next().unwrap_or(it);
        !STATEMENTS.contains(&word) && it.len() <= MAX_TITLE
    };
    if let Some(name) = name.map(|it| it.as_str()).filter(|it| is_name(it)) {
        return Some(name.trim_end_matches([':', '.', '-']).to_owned());
    }
    let directive = first(&DIRECTIVE).map(|it| it.as_str().trim_end()).filter(|it| is_name(it))?;
    let server = first(&SERVER_NAME).filter(|_| directive == "server");
    Some(server.map_or_else(|| directive.to_owned(), |it| format!("server {}", it.as_str())))
}

/// Returns the first line that is no comment, for what defines nothing: `server {`, `FROM nginx:1.27`.
fn first_words(block: &str) -> String {
    let mut lines = block
        .trim_start_matches('\u{feff}')
        .lines()
        .map(str::trim)
        .filter(|it| !it.is_empty());
    let first = lines
        .clone()
        .find(|it| !is_comment(it))
        .or_else(|| lines.next())
        .unwrap_or_default();
    first
        .chars()
        .take(MAX_TITLE)
        .collect::<String>()
        .trim_end_matches([' ', '{'])
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        check_in(Language::Plain, text, expected);
    }

    fn check_in(language: Language, text: &str, expected: &[&str]) {
        let found: Vec<String> = blocks(text, language).into_iter().map(|it| it.title).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn blocks_are_called_by_their_symbols() {
        check(
            "import a from 'b'\n\nexport async function fooBar() {\n  x()\n\n  y()\n}\n\nexport class Baz {\n}\n",
            &["import a from 'b'", "fooBar", "Baz"],
        );
        check(
            "//! Doc.\n\nuse a;\n\n/// Says.\npub(crate) fn one() {}\n\nimpl<T> Two for T {}\n",
            &["use a;", "one", "Two"],
        );
        check(
            "#!/bin/sh\nset -e\n\ndeploy_all() {\n  a\n}\n\necho done\n",
            &["set -e", "deploy_all", "echo done"],
        );
        check(
            "package a\n\nfunc (r *T) Reconcile() {\n}\n\ntype T struct {\n}\n",
            &["package a", "Reconcile", "T"],
        );
        check("def a():\n  pass\n\nclass B:\n  pass\n", &["a", "B"]);
        check(
            "package a\n\nvar (\n\t// Gone.\n\tErrGone = 1\n)\n\nfunc New[T any](x T) *T { return nil }\n",
            &["package a", "ErrGone", "New"],
        );
        check(
            "local M = {}\n\nlocal function helper()\nend\n\nfunction M.setup()\nend\n",
            &["local M = {}", "helper", "M.setup"],
        );
        check("pub(crate) unsafe extern \"C\" fn ffi() {}\n", &["ffi"]);
        check(
            "resource \"aws_s3_bucket\" \"backup\" {\n}\n\nlocals {\n  a = 1\n}\n",
            &["resource \"aws_s3_bucket\" \"backup\"", "locals"],
        );
        check("// Alone.\n", &["// Alone."]);
        check("if (x) {\n}\n\n/* a\n * b */\nlet y = 1\n", &["if (x)", "y"]);
        check("", &[]);
    }

    #[test]
    fn a_stage_stands_alone_whatever_is_before_it() {
        check_in(
            Language::Dockerfile,
            "# syntax\nARG A=1\nFROM --platform=$BUILDPLATFORM node:${A} AS build\nRUN x\n\nRUN y\nFROM nginx:1.27\nCOPY a b\n",
            &["ARG A=1", "build", "FROM nginx:1.27"],
        );
    }

    #[test]
    fn what_lies_within_one_set_is_parted_too() {
        check_in(
            Language::Nginx,
            "user x;\n\nhttp {\n    include y;\n\n    upstream app {\n        server z;\n    }\n\n    # The notes.\n    server {\n        listen 443;\n\n        server_name a.example.org b;\n    }\n}\n\nmap $a $b {\n}\n",
            &["user x;", "http", "upstream app", "server a.example.org", "map $a $b"],
        );
        check_in(
            Language::Nix,
            "{ pkgs, ... }:\n\n{\n  options.services.app = {\n    a = 1;\n  };\n\n  config = lib.mkIf x {\n    b = {};\n\n    c = {};\n  };\n}\n",
            &["{ pkgs, ... }:", "options.services.app", "config"],
        );
    }

    #[test]
    fn targets_are_the_symbols_of_a_makefile() {
        check_in(
            Language::Makefile,
            "IMAGE := x\nA = b\n\nall: build\n\nbuild: a.o\n\tdocker build -t $(IMAGE) .\n\n.PHONY: all\n",
            &["IMAGE := x", "all", "build", ".PHONY: all"],
        );
    }
}
