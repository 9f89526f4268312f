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

/// `export async function name`, `pub fn name`, `impl Name`, `def name`, `func (r *T) Name`, `name() {`, `name = ` of a Nix set, `server {`.
static SYMBOL: LazyLock<Regex> = LazyLock::new(|| {
    let words =
        "function\\*?|class|const|let|interface|type|enum|namespace|fn|struct|trait|impl(?:<[^>]{0,80}>)?|mod|static|def|func|macro_rules!";
    let before = "(?:export |default |declare |abstract |async |unsafe |const |pub(?:\\([^)]{0,40}\\))? )*";
    Regex::new(&format!(
        r"(?m)^(?:{before}(?:{words})[ \t]+(?:\([^)]{{0,80}}\)[ \t]*)?([\w$][\w$:.-]*)|([\w][\w.:-]*)[ \t]*\(\)[ \t]*\{{?|[ ]{{0,2}}([a-zA-Z][\w.-]*)[ \t]*=[ \t]*(?:\{{|rec|pkgs|lib|let|with|import)\b?|(?i:from)[ \t]+\S+[ \t]+(?i:as)[ \t]+([\w.-]+)|([a-z_]+)(?:[ \t][^{{}};\n]{{0,80}})?[ \t]\{{[ \t]*$)"
    ))
    .expect("the pattern is constant")
});

/// Returns the blocks of a text in order, the first at its begin; they begin at lines without indentation after blank lines.
pub(super) fn blocks(text: &str) -> Vec<Part> {
    let mut blocks: Vec<Part> = Vec::new();
    let mut starts = Vec::new();
    let (mut at, mut after_blank) = (0, true);
    // Where a block began that has been comments so far.
    let mut comments = None;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let first = line.chars().next().unwrap_or('\n');
        let begins = after_blank && !first.is_whitespace() && !"})]".contains(first) || is_stage(line);
        if is_comment(line) {
            comments = comments.or(begins.then_some((at, number)));
        } else if begins || comments.is_some() && !line.trim().is_empty() {
            starts.push(comments.take().unwrap_or((at, number)));
        }
        after_blank = line.trim().is_empty();
        at += line.len();
    }
    starts.extend(comments.filter(|_| starts.is_empty()));
    let mut open: Option<(usize, bool)> = None;
    for (index, &(start, line)) in starts.iter().enumerate() {
        let end = starts.get(index + 1).map_or(text.len(), |it| it.0);
        let symbol = symbol(&text[start..end]);
        let joins = open.is_some_and(|(since, has_symbol)| symbol.is_none() && !has_symbol && line - since < MAX_LINES);
        if !joins {
            open = Some((line, symbol.is_some()));
            blocks.push(Part {
                start: if blocks.is_empty() { 0 } else { start },
                level: 1,
                title: symbol.unwrap_or_else(|| first_words(&text[start..end])),
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
fn is_stage(line: &str) -> bool {
    line.starts_with("FROM ")
}

fn symbol(block: &str) -> Option<String> {
    let mut limit = block.len().min(MAX_SEARCHED);
    while !block.is_char_boundary(limit) {
        limit -= 1;
    }
    let captures = SYMBOL.captures(&block[..limit])?;
    let name = captures.iter().skip(1).flatten().next()?;
    let is_statement = STATEMENTS.contains(&name.as_str());
    (!is_statement && name.len() <= MAX_TITLE).then(|| name.as_str().trim_end_matches([':', '.', '-']).to_owned())
}

/// Returns the first line that is no comment, for what defines nothing: `server {`, `FROM nginx:1.27`.
fn first_words(block: &str) -> String {
    let mut lines = block.lines().map(str::trim).filter(|it| !it.is_empty());
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
        let found: Vec<String> = blocks(text).into_iter().map(|it| it.title).collect();
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
            "FROM node:22 AS build\nRUN x\nFROM nginx:1.27\nCOPY a b\n",
            &["build", "FROM nginx:1.27"],
        );
        check(
            "user x;\n\nserver {\n  listen 80;\n\n  location / {}\n}\n\nmap $a $b {\n}\n",
            &["user x;", "server", "map"],
        );
        check("// Alone.\n", &["// Alone."]);
        check("if (x) {\n}\n\n/* a\n * b */\nlet y = 1\n", &["if (x)", "y"]);
        check("", &[]);
    }
}
