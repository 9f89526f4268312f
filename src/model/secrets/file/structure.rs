//! Secrets that tell themselves by where they stand: the data of a Secret, armour, the value beside a telling name. Reads lines and
//! indentation, since much of what it sees is no valid YAML; must not know keys that hold their own value.

use std::{ops::Range, sync::LazyLock};

use memchr::memmem;
use regex::Regex;

use super::{
    super::{Found, argo, is_alias},
    fallback, key,
    kinds::Kinds,
};

/// Only Secrets have `stringData`: a patch of one need not say its kind, and a template may make it.
static SECRET: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r#"(?m)^[ \t-]*["']?kind["']?[ \t]*:(?:[ \t]*[!&][^ \t\r\n]*)*[ \t]*(?:[|>][+-]?)?[ \t\r]*\n?[ \t]*["']?(?:\{\{[- "'\x60]*)?(?:Sealed|Cluster)?Secret(?:List)?["']?(?:["'\x60 -]*\}\})?[ \t\r]*(?:#.*)?$|^[ \t-]*["']?stringData["']?[ \t]*:"#,
    )
});
static DATA: LazyLock<Regex> =
    LazyLock::new(|| constant(r#"(?m)^([ \t-]*)["']?(?:data|stringData|binaryData|encryptedData)["']?[ \t]*:[ \t]*([^ \t\r\n#].*)?$"#));
static FLOW_DATA: LazyLock<Regex> =
    LazyLock::new(|| constant(r#"["']?\b(?:data|stringData|binaryData|encryptedData)["']?\s{0,9}:\s{0,9}\{"#));
static FLOW_SECRET: LazyLock<Regex> =
    LazyLock::new(|| constant(r#"["']?\bkind["']?\s{0,9}:\s{0,9}["']?(?:Sealed|Cluster)?Secret(?:List)?["']?\s{0,9}[,}]"#));
static GENERATOR: LazyLock<Regex> = LazyLock::new(|| constant(r"(?m)^([ \t]*)secretGenerator:[ \t\r]*(?:#.*)?\n"));
static FLOW_VALUE: LazyLock<Regex> = LazyLock::new(|| constant(r#":\s{0,9}(?:"((?:[^"\\]|\\.)+)"|'([^'\n]+)'|([^\s"'{},][^,{}\n]*))"#));
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    constant(
        r#"(?-u)\b(?:name|key|path|Name|Key)["']?[ \t]{0,4}[:=][ \t]{0,4}["']?[A-Za-z0-9_./~-]+["']?[ \t]*,?[ \t\r]*\n?[ \t]*(?:(?:#|//)[ \t]*)?["']?(?:value|Value)["']?[ \t]{0,4}[:=][ \t]{0,4}"#,
    )
});
static VALUE: LazyLock<Regex> = LazyLock::new(|| constant(r#"(?-u)\b[vV]alue["']?[ \t]{0,4}[:=][ \t]{0,4}"#));
static VARIABLE: LazyLock<Regex> =
    LazyLock::new(|| constant(r#"\bvariable[ \t]+"([A-Za-z0-9_-]{2,80})"[ \t]*\{[^}]{0,400}?\bdefault[ \t]*=[ \t]*"#));
static ELEMENT: LazyLock<Regex> = LazyLock::new(|| constant(r"<([A-Za-z][A-Za-z0-9_.-]{1,60})>([^<>\n]{1,400})</"));
static BASE64_PEM: LazyLock<Regex> = LazyLock::new(|| constant(r"LS0tLS1CRUdJTi[A-Za-z0-9+/]{24,}={0,2}"));

/// What a text must hold for each search to be worth it: pairs of name and value, variables of Terraform, elements, keys in Base64.
pub(super) const TRIGGERS: [&str; 4] = [r#"[vV]alue["']?[ \t]*[:=]"#, r#"variable[ \t]+""#, r"</", "LS0tLS1CRUdJTi"];

fn constant(pattern: &str) -> Regex {
    Regex::new(&pattern.replace(r"\b", r"(?-u:\b)")).expect("the pattern is constant")
}

/// Returns the secrets that stand in a telling place.
pub(super) fn find(text: &str, is_triggered: impl Fn(usize) -> bool) -> Vec<Found> {
    let mut all = Vec::new();
    if ["Secret", "stringData"]
        .iter()
        .any(|it| memmem::find(text.as_bytes(), it.as_bytes()).is_some())
    {
        documents(text).into_iter().for_each(|it| in_document(text, it, &mut all));
        if FLOW_SECRET.is_match(text) || text.contains("stringData") {
            let mut done = 0;
            for data in FLOW_DATA.find_iter(text) {
                if data.start() >= done {
                    done = flow_end(text, data.end());
                    flow_values(text, data.end()..done, &mut all);
                }
            }
        }
    }
    if memmem::find(text.as_bytes(), b"secretGenerator").is_some() {
        let mut done = 0;
        for generator in GENERATOR.captures_iter(text) {
            if let (Some(whole), Some(indent)) = (generator.get(0), generator.get(1))
                && whole.start() >= done
            {
                done = generated(text, whole.end(), indent.len(), &mut all);
            }
        }
    }
    armour(text, &mut all);
    if is_triggered(0) {
        after_names(text, &mut all);
        before_names(text, &mut all);
    }
    if is_triggered(1) {
        for variable in VARIABLE.captures_iter(text) {
            if let (Some(whole), Some(name)) = (variable.get(0), variable.get(1)) {
                push(&mut all, text, scalar(text, whole.end()), key::kind_of(name.as_str()));
            }
        }
    }
    if is_triggered(2) {
        for element in ELEMENT.captures_iter(text) {
            if let (Some(name), Some(value)) = (element.get(1), element.get(2)) {
                push(&mut all, text, value.range(), key::kind_of(name.as_str()));
            }
        }
    }
    if is_triggered(3) {
        for pem in BASE64_PEM.find_iter(text) {
            // `-----BEGIN CERTIFICATE` and `-----BEGIN PUBLIC` are no secrets.
            let is_public = ["LS0tLS1CRUdJTiBDRVJU", "LS0tLS1CRUdJTiBQVUJM"]
                .iter()
                .any(|it| pem.as_str().starts_with(it));
            push(&mut all, text, pem.range(), (!is_public).then_some("private-key"));
        }
    }
    all
}

/// Adds the values that stand after telling names.
fn after_names(text: &str, all: &mut Vec<Found>) {
    let mut done = 0;
    for pair in NAME.find_iter(text) {
        let kind = name_in(pair.as_str()).and_then(key::kind_of);
        if kind.is_some() && pair.end() >= done {
            let value = scalar(text, pair.end());
            done = value.end;
            push(all, text, value, kind);
        }
    }
}

/// Adds the values that stand before telling names.
fn before_names(text: &str, all: &mut Vec<Found>) {
    let mut done = 0;
    for found in VALUE.find_iter(text) {
        if found.end() < done {
            continue;
        }
        let value = scalar(text, found.end());
        done = value.end;
        let rest = text[value.end..].trim_start_matches(['"', '\'', ' ', '\t', '\r']);
        let rest = rest.strip_prefix(',').unwrap_or(rest).trim_start_matches([' ', '\t', '\r']);
        let rest = rest
            .strip_prefix('\n')
            .unwrap_or(rest)
            .trim_start_matches([' ', '\t', '"', '\'', '#']);
        if rest.starts_with("name") || rest.starts_with("key") {
            push(all, text, value, name_in(rest).and_then(key::kind_of));
        }
    }
}

/// Returns the value of the first key, without quotes.
fn name_in(pair: &str) -> Option<&str> {
    let (_, value) = pair.split_once([':', '='])?;
    let value = value.trim_start_matches([' ', '\t', '"', '\'']);
    let end = value.find(|it: char| !it.is_ascii_alphanumeric() && !"_./~-".contains(it));
    Some(&value[..end.unwrap_or(value.len())])
}

fn push(all: &mut Vec<Found>, text: &str, range: Range<usize>, kind: Option<&'static str>) {
    if let Some(kind) = kind.filter(|_| !key::is_harmless(&text[range.clone()])) {
        all.push(Found { range, kind });
    }
}

/// Returns where a scalar stands that begins here: inside of its quotes, or to the end of its line or field.
fn scalar(text: &str, at: usize) -> Range<usize> {
    let rest = &text[at..];
    if let Some(quote) = rest.chars().next().filter(|it| matches!(it, '"' | '\'')) {
        let inner = &rest[1..];
        return at + 1..at + 1 + inner.find([quote, '\n']).unwrap_or(inner.len());
    }
    let value = &rest[..rest.find([',', '}', '\n']).unwrap_or(rest.len())];
    let value = &value[..value.find(" #").unwrap_or(value.len())];
    at..at + value.trim_end().len()
}

fn documents(text: &str) -> Vec<Range<usize>> {
    let mut borders = vec![0];
    borders.extend(memmem::find_iter(text.as_bytes(), "\n---"));
    borders.extend(memmem::find_iter(text.as_bytes(), "\n```"));
    borders.sort_unstable();
    borders.push(text.len());
    borders.windows(2).map(|it| it[0]..it[1]).collect()
}

/// Masks each value below `data` of a document that holds a Secret, however deep it stands.
fn in_document(text: &str, document: Range<usize>, all: &mut Vec<Found>) {
    let inside = &text[document.clone()];
    if !SECRET.is_match(inside) {
        return;
    }
    let last_brace = inside.rfind('}');
    let kinds = Kinds::of(inside);
    let is_argo = inside.contains(argo::LABEL);
    let mut done = 0;
    for data in DATA.captures_iter(inside) {
        let (Some(whole), Some(indent)) = (data.get(0), data.get(1)) else {
            continue;
        };
        if whole.start() < done || kinds.keep(indent.len(), whole.as_str()) {
            continue;
        }
        if let Some(flow) = data.get(2) {
            if !flow.as_str().contains('{') {
                continue;
            }
            // Where no brace closes, none is looked for again and again.
            let is_closed = last_brace.is_some_and(|it| it >= flow.start());
            let end = is_closed.then(|| inside[flow.start()..].find('}')).flatten();
            let end = end.map_or(flow.end(), |it| flow.start() + it);
            flow_values(text, document.start + flow.start()..document.start + end, all);
            done = end;
            continue;
        }
        let mut at = document.start + whole.end();
        for line in inside[whole.end()..].split_inclusive('\n').skip(1) {
            at += text[at..].find('\n').map_or(0, |it| it + 1);
            let content = line.trim_start_matches([' ', '\t']);
            if content.trim().is_empty() {
                continue;
            }
            if let Some(comment) = content.strip_prefix('#') {
                set_aside(comment.trim_end(), at + line.len() - comment.len(), all);
                continue;
            }
            if line.len() - content.len() <= indent.len() {
                break;
            }
            done = at - document.start + 1;
            value_of(content.trim_end(), at + line.len() - content.len(), is_argo, all);
        }
    }
}

/// Returns where a map in braces ends that was opened before `at`.
fn flow_end(text: &str, at: usize) -> usize {
    let (mut depth, mut quote, mut is_escaped, mut last) = (1_usize, None, false, b' ');
    for (offset, byte) in text.bytes().enumerate().skip(at) {
        match (quote, byte) {
            _ if is_escaped => is_escaped = false,
            (Some(b'"'), b'\\') => is_escaped = true,
            (Some(open), _) if open == byte => quote = None,
            // An apostrophe in a word opens nothing.
            (None, b'"' | b'\'') if !last.is_ascii_alphanumeric() => quote = Some(byte),
            (None, b'{') => depth += 1,
            (None, b'}') if depth == 1 => return offset,
            (None, b'}') => depth -= 1,
            _ => (),
        }
        last = byte;
    }
    text.len()
}

fn flow_values(text: &str, range: Range<usize>, all: &mut Vec<Found>) {
    for value in FLOW_VALUE.captures_iter(&text[range.clone()]) {
        if let Some(value) = value.iter().skip(1).flatten().next() {
            literal(range.start + value.start(), value.as_str(), all);
        }
    }
}

/// A value that is commented out: one word, for more may be prose.
fn set_aside(comment: &str, start: usize, all: &mut Vec<Found>) {
    let content = comment.trim_start_matches(['#', ' ', '\t']);
    if content.split(": ").nth(1).is_some_and(|it| !it.trim().contains(' ')) {
        value_of(content, start + comment.len() - content.len(), false, all);
    }
}

/// The value after the key, or the line of a block.
fn value_of(content: &str, start: usize, is_argo: bool, all: &mut Vec<Found>) {
    let is_key = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_.\"'".contains(&it));
    let value = match content.split_once(':') {
        Some((key, value)) if is_key(key) && (value.is_empty() || value.starts_with(' ')) => value.trim_start(),
        _ => content,
    };
    let start = start + content.len() - value.len();
    let bare = value.trim_start_matches(['"', '\'']);
    let key = content[..content.len() - value.len()].trim_end_matches([':', ' ']);
    if is_argo && argo::is_plain(key, bare.trim_end_matches(['"', '\''])) {
        return;
    }
    literal(start + value.len() - bare.len(), bare.trim_end_matches(['"', '\'']), all);
}

fn literal(start: usize, value: &str, all: &mut Vec<Found>) {
    let is_block_mark = value.starts_with(['|', '>']) && value.len() <= 3;
    let found = |range: Range<usize>| Found {
        range: start + range.start..start + range.end,
        kind: "kubernetes-secret",
    };
    if key::is_reference(value) {
        all.extend(fallback::literals(value).into_iter().map(found));
    } else if !value.is_empty() && !is_block_mark && !is_alias(value) {
        all.push(found(0..value.len()));
    }
}

/// Masks the literals of what Kustomize makes Secrets from.
fn generated(text: &str, from: usize, indent: usize, all: &mut Vec<Found>) -> usize {
    let mut at = from;
    let mut is_literals = false;
    for line in text[from..].split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.trim_start_matches([' ', '\t']);
        let depth = line.len() - content.len();
        let item = content.strip_prefix("- ").map(|it| it.trim());
        if content.trim().is_empty() {
            continue;
        }
        if depth < indent || depth == indent && item.is_none() {
            return start;
        }
        let literal = item.map(|it| it.trim_matches(['"', '\''])).filter(|_| is_literals);
        match literal.and_then(|it| it.split_once('=')) {
            Some((_, value)) => {
                let from = start + line.rfind(value).unwrap_or(0);
                push(all, text, from..from + value.len(), Some("kubernetes-secret"));
            }
            None => is_literals = content.trim_start_matches("- ").starts_with("literals:"),
        }
    }
    at
}

/// Armour that holds something encrypted, to its end or the end of the text.
fn armour(text: &str, all: &mut Vec<Found>) {
    let mut at = 0;
    while let Some(begin) = memmem::find(&text.as_bytes()[at..], b"-----BEGIN ").map(|it| at + it) {
        at = begin + 11;
        let what = &text[at..];
        if !["AGE ENCRYPTED FILE", "PGP MESSAGE", "PGP PRIVATE"]
            .iter()
            .any(|it| what.starts_with(it))
        {
            continue;
        }
        let end = memmem::find(what.as_bytes(), b"-----END ").map_or(text.len(), |it| at + it);
        all.push(Found {
            range: begin..end,
            kind: "encrypted",
        });
        at = end;
    }
}
