//! What of a configuration file may be kept: nothing but its name, or its text with the secrets masked. Knows which paths and contents are
//! secret as a whole; must not read files. More eager than the rules for notes: a file is masked too much rather than too little.

use std::{borrow::Cow, ops::Range, sync::LazyLock};

use regex::bytes::RegexSet;

use super::{Found, apart, find, mask_with, trigger};
pub use names::is_name_only;

mod alias;
mod assigned;
mod base64;
mod call;
mod command;
mod element;
mod facts;
mod fallback;
mod fit;
mod form;
mod harmless;
mod key;
mod kinds;
mod known;
mod label;
mod language;
mod line;
mod manifest;
mod map;
mod names;
mod outline;
mod pattern;
mod pin;
mod prose;
mod role;
mod rules;
mod separated;
mod service;
mod setting;
mod split;
mod structure;
mod table;
#[cfg(test)]
mod tests;
mod tool;
mod tree;
mod unmarked;
mod users;
mod value;
mod whole;
mod word;
mod written;

use form::Form;
use language::Language;
use unmarked::Part;

/// What may be kept of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen<'t> {
    /// Its path alone; says why, for people: `a private key by its name`.
    NameOnly(&'static str),
    /// The text, each secret masked. Every line feed stays where it was among the lines.
    Text(Cow<'t, str>),
}

/// Returns what may be kept of a file by its path (with `/`, relative) and its text.
pub fn of_file<'t>(path: &str, text: &'t str) -> Seen<'t> {
    let fed = unmarked::with_line_feeds(text);
    let lines = fed.as_deref().unwrap_or(text);
    let why = is_name_only(path)
        .or_else(|| whole::why(lines))
        .or_else(|| names::is_list_of_secrets(path, lines));
    match why {
        Some(why) => Seen::NameOnly(why),
        None => Seen::Text(mask_with(text, |text| found_in(path, text))),
    }
}

/// Returns a text of other people with its secrets masked, as those of a file in Markdown are.
pub fn in_remark(text: &str) -> Cow<'_, str> {
    mask_with(text, |text| found_in("remark.md", text))
}

/// Returns the secrets, and of each whether its mask needs quotes.
fn found_in(path: &str, text: &str) -> Vec<(Found, bool)> {
    let fed = unmarked::with_line_feeds(text);
    let text = fed.as_deref().unwrap_or(text);
    let form = Form::of(path);
    let found = found_as(path, form, text);
    let parts: Vec<Part> = form::diffs(form, text)
        .into_iter()
        .flat_map(|it| unmarked::files(text, it))
        .collect();
    if parts.is_empty() {
        return found;
    }
    let mut all: Vec<Found> = found.into_iter().map(|(it, _)| it).collect();
    all.extend(parts.iter().flat_map(found_in_part));
    apart(all).into_iter().map(|it| (it, false)).collect()
}

/// Returns the secrets in the lines of a file in a difference. Of one whose name alone is kept, that is all of them.
fn found_in_part(part: &Part) -> Vec<Found> {
    let column: String = part.text.split_inclusive('\n').filter_map(|it| it.get(1..)).collect();
    let is_secret = is_name_only(&part.path).is_some() || names::is_list_of_secrets(&part.path, &column).is_some();
    let mut all: Vec<Found> = if is_secret {
        lines(&part.text)
    } else {
        let found = found_as(&part.path, form_of(part), &part.text);
        found.into_iter().map(|(it, _)| it).collect()
    };
    for it in &mut all {
        it.range = part.range.start + it.range.start..part.range.start + it.range.end;
    }
    all
}

/// A hunk that names no file may be one of a manifest.
fn form_of(part: &Part) -> Form {
    let is_manifest = |line: &str| matches!(line.trim(), "data:" | "stringData:" | "kind: Secret");
    if part.path.is_empty() && part.text.lines().any(is_manifest) {
        return Form::Yaml;
    }
    Form::of(&part.path)
}

fn lines(text: &str) -> Vec<Found> {
    let mut at = 0;
    let lines = text.split_inclusive('\n').map(|line| {
        let start = at + line.len() - line.trim_start().len();
        at += line.len();
        start..start + line.trim().len()
    });
    let found = |range| Found { range, kind: "secret" };
    lines.filter(|it| !it.is_empty()).map(found).collect()
}

fn found_as(path: &str, form: Form, text: &str) -> Vec<(Found, bool)> {
    let language = Language::of(path);
    let is_prose = language == Language::Prose;
    let triggered = TRIGGERS.matches(text.as_bytes());
    let line = structure::TRIGGERS.len();
    let assigned = line + rules::N_ANYWHERE;
    let rest = assigned + assigned::TRIGGERS.len();
    let [has_sentence, has_label, is_split, is_commented_out, is_telling] = std::array::from_fn(|nth| triggered.matched(rest + nth));
    let mut exact = find(text);
    if language.is_code() {
        exact.retain(|it| !written::is_expression(text, it));
    }
    let of_words = OF_WORDS.matches(text.as_bytes());
    let of_programs = is_telling.then(|| OF_PROGRAMS.matches(text.as_bytes()));
    let is_of_programs = |nth| of_programs.as_ref().is_some_and(|it| it.matched(nth));
    let mut all = structure::find(text, |nth| triggered.matched(nth));
    all.extend(rules::find(language, text, |nth| match nth.checked_sub(rules::N_ANYWHERE) {
        None => triggered.matched(line + nth),
        Some(nth) if nth < rules::N_OF_PROGRAMS => is_of_programs(nth),
        Some(nth) => of_words.matched(nth - rules::N_OF_PROGRAMS),
    }));
    all.extend(known::find(path, text));
    if is_of_programs(rules::N_OF_PROGRAMS) {
        setting::pairs(language, path, text, &mut all);
    }
    let shapes = rules::triggers().count() - rules::N_ANYWHERE - rules::N_OF_PROGRAMS;
    shaped(language, path, text, |nth| of_words.matched(shapes + nth), &mut all);
    if is_prose && has_sentence {
        all.extend(prose::find(text));
    }
    if is_prose && has_label {
        all.extend(label::find(text));
    }
    if !language.is_code() && memchr::memchr(b'|', text.as_bytes()).is_some() {
        all.extend(table::find(text, is_prose));
    }
    if form == Form::Separated {
        all.extend(separated::find(text));
    }
    if is_split {
        all.extend(split::tokens(text));
    }
    if is_commented_out {
        let comments = unmarked::comments(text);
        let nodes = outline::read(&comments, 0..comments.len(), false);
        let found = tree::find(&comments, &nodes, tree::Around::default());
        all.extend(found.found.into_iter().filter(|it| it.kind == "kubernetes-secret"));
    }
    let is_json = form == Form::Json;
    let nodes: Vec<outline::Nodes> = form.parts(text).into_iter().map(|it| outline::read(text, it, is_json)).collect();
    let mut of_keys = assigned::find(language, text, |nth| triggered.matched(assigned + nth));
    let features = manifest::features(path, text);
    for nodes in &nodes {
        let told = tree::find(text, nodes, tree::Around::default());
        of_keys.retain(|it| !is_within(&told.cleared, it));
        all.extend(told.found);
    }
    all.extend(of_keys);
    all.retain(|it| !is_within(&features, it));
    split::continued(text, &mut all);
    match (form, nodes.first()) {
        (Form::Yaml | Form::Json, Some(nodes)) => {
            let mut fitting = fit::fit(text, &nodes.scalars, exact, true);
            fitting.extend(fit::fit(text, &nodes.scalars, apart(all), false));
            let is_bare = |it: &Found| is_json && fit::is_bare(&nodes.scalars, it);
            apart(fitting)
                .into_iter()
                .map(|it| (is_bare(&it), it))
                .map(|(bare, it)| (it, bare))
                .collect()
        }
        (Form::Toml, _) => apart([exact, all].concat()).into_iter().map(|it| fit::in_toml(text, it)).collect(),
        (Form::Markdown, _) => in_note(text, [exact, all].concat())
            .into_iter()
            .map(|it| (fit::in_lines(text, it), false))
            .collect(),
        _ => apart([exact, all].concat())
            .into_iter()
            .map(|it| (fit::in_lines(text, it), false))
            .collect(),
    }
}

/// Adds what lines tell by more than their keys: by their neighbours, by the words of a tool.
fn shaped(language: Language, path: &str, text: &str, is_triggered: impl Fn(usize) -> bool, all: &mut Vec<Found>) {
    if is_triggered(0) {
        tool::pairs(text, all);
    }
    if is_triggered(1) && language == Language::Data {
        map::in_sections(language, path, text, all);
    }
    if is_triggered(2) && language != Language::Prose {
        users::below(text, all);
    }
    if is_triggered(3) {
        users::inserted(text, all);
    }
    if is_triggered(4) {
        map::in_resources(text, all);
    }
    if is_triggered(5) {
        pin::find(text, all);
    }
}

/// Tells whether what was found is in one of these ranges, which are in order.
fn is_within(ranges: &[Range<usize>], found: &Found) -> bool {
    let next = ranges.partition_point(|it| it.end <= found.range.start);
    ranges
        .get(next)
        .is_some_and(|it| it.start <= found.range.start && found.range.end <= it.end)
}

/// Returns what was found in Markdown, and what its properties tell: those are YAML, and stay such.
fn in_note(text: &str, mut all: Vec<Found>) -> Vec<Found> {
    let Some(part) = form::properties(text) else {
        return apart(all);
    };
    let nodes = outline::read(text, part.clone(), false);
    all.extend(tree::find(text, &nodes, tree::Around::of_note()).found);
    let (inside, mut rest): (Vec<Found>, Vec<Found>) = apart(all)
        .into_iter()
        .partition(|it| it.range.start >= part.start && it.range.end <= part.end);
    rest.extend(fit::fit(text, &nodes.scalars, inside, true));
    apart(rest)
}

/// A Secret in comments.
const COMMENTED_OUT: &str = r#"#[ \t#]*["']?(?:kind["']?:[ \t]*["']?(?:Sealed)?Secret|stringData["']?:)"#;

/// What a text must hold for searches of their own, in the order in which `found_as` asks.
const REST: [&str; 5] = [prose::TRIGGER, label::TRIGGER, split::TRIGGER, COMMENTED_OUT, TELLING];

/// What any text must hold that one of the rules for programs finds something in: a word of a name that tells, or what only they know.
const TELLING: &str = concat!(
    r"(?i)key|pass|pwd|pw|pswd|secret|token|cred|auth|jwt|bearer|dsn|salt|pepper|cookie|psk|hmac|seed|phrase|mnemonic|fernet|community|docker|wort",
    r"|wachtwoord|contrase|senha|losenord|adgangskode|last-applied|client-cert|pat(?:[^cht]|\z)|convertto-|getconnection|login\("
);

/// Those of the structure, then of the rules that hold anywhere, then of the keys, then the rest.
static TRIGGERS: LazyLock<RegexSet> = LazyLock::new(|| {
    let anywhere = rules::triggers().take(rules::N_ANYWHERE);
    let keys = structure::TRIGGERS.into_iter().chain(anywhere).chain(assigned::TRIGGERS);
    trigger::set(keys.chain(REST))
});

/// Those of the rules for programs, then of settings. One set of all triggers would outgrow its table, and be built again and again.
static OF_PROGRAMS: LazyLock<RegexSet> = LazyLock::new(|| {
    let rules = rules::triggers().skip(rules::N_ANYWHERE).take(rules::N_OF_PROGRAMS);
    trigger::set(rules.chain([setting::TRIGGER]))
});

/// Those of the rules for tools and services, which tell by words of their own, then of what `shaped` looks for.
static OF_WORDS: LazyLock<RegexSet> = LazyLock::new(|| {
    let rules = rules::triggers().skip(rules::N_ANYWHERE + rules::N_OF_PROGRAMS);
    trigger::set(rules.chain([
        tool::TRIGGER,
        map::TRIGGER,
        users::TRIGGERS[0],
        users::TRIGGERS[1],
        map::RESOURCES,
        pin::TRIGGER,
    ]))
});
