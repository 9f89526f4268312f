//! Maps whose name says that all in them is secret: `secrets = { db = "x" }` of Terraform, Nix and TOML, `[passwords]` of an INI file. Knows how
//! such maps are written; must not know the maps of YAML and JSON.

use std::{ops::Range, sync::LazyLock};

use regex::Regex;

use super::{
    super::{Found, keyed},
    key,
    language::Language,
    role,
    value::{Value, end_of_line},
};

/// The head of a section: `[secrets]`, `[app.credentials]`, `["my".tokens]`.
static SECTION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^[ \t]*\[{1,2}([^\[\]\n]{1,80})\]{1,2}[ \t\r]*(?:[#;].*)?$").expect("the pattern is constant"));
static PAIR: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"(?m)^[ \t]*["']?([^\s=:#;"'\[\]]{1,80})["']?[ \t]*[=:][ \t]*"#).expect("the pattern is constant"));
/// A pair of a map in braces whose value is a literal.
static LITERAL: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"["']?([A-Za-z0-9_./-]{1,80})["']?\]?[ \t]*(?:=>|=|:)[ \t]*(?:"((?:[^"\\\n]|\\.)+)"|'((?:[^'\\\n]|\\.)+)')"#)
        .expect("the pattern is constant")
});

/// What a text must hold for the search of sections to be worth it.
pub(super) const TRIGGER: &str =
    r"(?im)^[ \t]*\[[a-z0-9_.\x22\x27-]*(?:secret|password|passwd|credential|token|admin|api_?key|user)s?[\x22\x27]?\]";

/// No map in braces is followed further.
const MAX_MAP: usize = 16_000;

/// Tells whether a map of this name holds nothing but secrets.
pub(super) fn is_all_secret(name: &str) -> bool {
    let name = name.trim().trim_matches(['"', '\'']).to_ascii_lowercase();
    let last = name.rsplit(['.', '_', '-', '"']).find(|it| !it.is_empty()).unwrap_or_default();
    let tails = ["secrets", "passwords", "passwds", "credentials", "tokens", "apikeys"];
    name == "basicauth"
        || name.ends_with(".basicauth")
        || tails.iter().any(|it| last.ends_with(it))
        || last == "secret"
        || name.ends_with("api_keys")
        || name.ends_with("api-keys")
}

/// Adds the literals of a map in braces that opens at `at`; returns where it ends.
pub(super) fn find(text: &str, at: usize, kind: &'static str, all: &mut Vec<Found>) -> usize {
    let head = &text[at..end_of_line(text, at)];
    // `map[string]string{` of Go, `new Dictionary<string, string> {`, `new() {`.
    let Some(open) = head
        .find('{')
        .filter(|it| *it < 60 && !head[..*it].contains(['"', '\'', '=', ';', '(', '$']))
    else {
        return at;
    };
    let from = at + open + 1;
    let end = closing(text, from);
    for pair in LITERAL.captures_iter(&text[from..end]) {
        let (Some(name), Some(value)) = (pair.get(1), pair.get(2).or_else(|| pair.get(3))) else {
            continue;
        };
        if is_secret(name.as_str(), value.as_str(), kind) {
            all.push(Found {
                range: from + value.start()..from + value.end(),
                kind,
            });
        }
    }
    end
}

/// Returns where the braces close, or how far they are followed.
fn closing(text: &str, from: usize) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut quote, mut at) = (1_usize, None, from);
    while at < bytes.len().min(from + MAX_MAP) {
        match (quote, bytes[at]) {
            (Some(_), b'\\') => at += 1,
            (Some(open), it) if open == it || it == b'\n' => quote = None,
            (None, it @ (b'"' | b'\'')) => quote = Some(it),
            (None, b'{') => depth += 1,
            (None, b'}') if depth == 1 => return at,
            (None, b'}') => depth -= 1,
            _ => (),
        }
        at += 1;
    }
    let mut end = at.min(bytes.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    end
}

fn is_secret(name: &str, value: &str, kind: &str) -> bool {
    let looks_so = || keyed::is_secret(value, "token");
    if key::is_harmless(value) {
        return false;
    }
    // Colours and the signs of a language are called tokens as well.
    if role::is_pointer(name) || kind == "token" {
        return looks_so();
    }
    !value.contains("${") && value.matches(' ').count() < 3
}

/// The data of a Secret that Terraform makes, as a map or in a text.
static RESOURCE: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r#"resource[ ]+"(?:kubernetes_secret|vault_generic_secret|vault_kv_secret)[a-z0-9_]*"[ ]+"[^"\n]*"[ ]*\{"#;
    Regex::new(pattern).expect("the pattern is constant")
});
static DATA: LazyLock<Regex> = LazyLock::new(|| {
    let pattern =
        r"(?m)^[ \t]*(?:data|string_data|binary_data|data_wo|data_json)[ \t]*=[ \t]*(?:jsonencode\(\s*|<<-?[ ]*[A-Z_]+[ \t\r]*\n\s*)?\{";
    Regex::new(pattern).expect("the pattern is constant")
});

/// What a text must hold for the search of such data to be worth it.
pub(super) const RESOURCES: &str = r"resource[ ]+\x22(?:kubernetes_secret|vault_generic_secret|vault_kv_secret)";

/// Adds the literals in the data of Secrets that Terraform makes.
pub(super) fn in_resources(text: &str, all: &mut Vec<Found>) {
    let mut done = 0;
    for resource in RESOURCE.find_iter(text) {
        // What was looked into is not looked into again: so many open braces take linear time.
        if resource.start() < done {
            continue;
        }
        done = resource.end();
        let inside = &text[resource.end()..closing(text, resource.end())];
        for data in DATA.find_iter(inside) {
            let from = resource.end() + data.end();
            if from < done {
                continue;
            }
            done = closing(text, from);
            for pair in LITERAL.captures_iter(&text[from..done]) {
                let value = pair.get(2).or_else(|| pair.get(3));
                if let Some(value) = value.filter(|it| !key::is_reference(it.as_str()) && !it.as_str().contains("${")) {
                    all.push(Found {
                        range: from + value.start()..from + value.end(),
                        kind: "kubernetes-secret",
                    });
                }
            }
        }
    }
}

/// Adds the values of sections that are all secret.
pub(super) fn in_sections(language: Language, path: &str, text: &str, all: &mut Vec<Found>) {
    let heads: Vec<(Range<usize>, &str)> = SECTION
        .captures_iter(text)
        .filter_map(|it| Some((it.get(0)?.range(), it.get(1)?.as_str())))
        .collect();
    for (nth, (head, name)) in heads.iter().enumerate() {
        let end = heads.get(nth + 1).map_or(text.len(), |(next, _)| next.start);
        let Some(kind) = kind_of_section(path, name) else { continue };
        let mut done = head.end;
        for pair in PAIR.captures_iter(&text[head.end..end]) {
            let (Some(whole), Some(name)) = (pair.get(0), pair.get(1)) else {
                continue;
            };
            let at = head.end + whole.end();
            if head.end + whole.start() < done || role::is_pointer(name.as_str()) {
                continue;
            }
            let value = Value {
                language,
                text,
                name: name.as_str(),
                kind,
                line_end: end_of_line(text, at),
            };
            done = value.push(head.end + name.start(), at, all);
        }
    }
}

fn kind_of_section(path: &str, name: &str) -> Option<&'static str> {
    let name = name.trim();
    if is_all_secret(name) && !name.contains(' ') {
        return Some(key::kind_of(name.trim_matches(['"', '\''])).unwrap_or("secret"));
    }
    // CouchDB and Subversion.
    let of_users = name == "admins" || name == "users" && path.to_ascii_lowercase().contains("passwd");
    of_users.then_some("password")
}
