//! What of a configuration file may be kept: nothing but its name, or its text with the secrets masked. Knows which paths and contents are
//! secret as a whole; must not read files. More eager than the rules for notes: a file is masked too much rather than too little.

use std::{borrow::Cow, ops::Range, sync::LazyLock};

use regex::bytes::RegexSet;

use super::{Found, apart, find, mask_with, trigger};
pub use names::is_name_only;

mod assigned;
mod command;
mod fit;
mod form;
mod key;
mod line;
mod names;
mod outline;
mod prose;
mod role;
mod separated;
mod structure;
mod table;
#[cfg(test)]
mod tests;
mod tree;
mod whole;

use form::Form;

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
    let why = is_name_only(path)
        .or_else(|| whole::why(text))
        .or_else(|| names::is_list_of_secrets(path, text));
    match why {
        Some(why) => Seen::NameOnly(why),
        None => Seen::Text(mask_with(text, |text| found_in(path, text))),
    }
}

/// Returns the secrets, and of each whether its mask needs quotes.
fn found_in(path: &str, text: &str) -> Vec<(Found, bool)> {
    let language = line::Language::of(path);
    let form = Form::of(path);
    let triggered = TRIGGERS.matches(text.as_bytes());
    let n_lines = line::triggers().count();
    let (line, assigned) = (structure::TRIGGERS.len(), structure::TRIGGERS.len() + n_lines);
    let exact = find(text);
    let mut all = structure::find(text, |nth| triggered.matched(nth));
    all.extend(line::find(text, |nth| triggered.matched(line + nth)));
    all.extend(assigned::find(language, text, |nth| triggered.matched(assigned + nth)));
    if language == line::Language::Prose && triggered.matched(assigned + assigned::TRIGGERS.len()) {
        all.extend(prose::find(text));
    }
    if memchr::memchr(b'|', text.as_bytes()).is_some() {
        all.extend(table::find(text));
    }
    if form == Form::Separated {
        all.extend(separated::find(text));
    }
    let parts: Vec<Range<usize>> = form.parts(text);
    let is_json = form == Form::Json;
    let outlines: Vec<_> = parts.into_iter().map(|it| outline::read(text, it, is_json)).collect();
    for outline in &outlines {
        all.extend(tree::find(text, outline, tree::Around::default()));
    }
    match (form, outlines.first()) {
        (Form::Yaml | Form::Json, Some(outline)) => {
            let mut fitting = fit::fit(text, outline, exact, true);
            fitting.extend(fit::fit(text, outline, apart(all), false));
            let is_bare = |it: &Found| is_json && fit::is_bare(outline, it);
            apart(fitting)
                .into_iter()
                .map(|it| (is_bare(&it), it))
                .map(|(bare, it)| (it, bare))
                .collect()
        }
        (Form::Toml, _) => apart([exact, all].concat()).into_iter().map(|it| fit::in_toml(text, it)).collect(),
        _ => apart([exact, all].concat()).into_iter().map(|it| (it, false)).collect(),
    }
}

/// Those of the structure, then of the lines, then of the keys, then of sentences.
static TRIGGERS: LazyLock<RegexSet> = LazyLock::new(|| {
    let keys = structure::TRIGGERS.into_iter().chain(line::triggers()).chain(assigned::TRIGGERS);
    trigger::set(keys.chain([prose::TRIGGER]))
});
