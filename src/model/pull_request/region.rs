//! Regions of a note that we write, in a note that belongs to people. Knows markers, what a person changed between them, and the properties that
//! are ours; must not know what a region says, nor how texts are merged.
//!
//! A region is `<!-- membridge:begin NAME h=HASH -->`, its text, `<!-- membridge:end NAME -->`. `HASH` is of the text that was generated last for
//! this place, not of what stands there: where both differ, a person changed it. So a merged text keeps the person's words, and generating the
//! same again changes nothing.
//!
//! Nothing is lost: a region whose markers are broken (begin without end, end without begin, one name twice) is left alone with all in it, and so
//! is every text outside of regions. Properties that cannot be edited are refused as a whole.

use std::{fmt, ops::Range};

use crate::model::{
    hash::ContentHash,
    note::{
        Note,
        edit::{self, Edit, EditError, EditRefusal},
    },
    pull_request::note::{REGIONS, Rendered},
    yaml::Value,
};

mod scan;
mod settle;

use self::scan::{Found, Scan};

/// Where the agent writes; we only make the place.
const SLOT: &str = "## Narrative\n\n<!-- membridge:slot narrative -->\n";

/// Why a note cannot be updated; it stays as it is. For the log: which property or line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unwritable(pub String);

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unwritable {}

/// Returns the new text of a note, equal to the present one when there is nothing to change. `last` is what was rendered for it last; without it,
/// a region that a person changed is kept, with the new text folded below. `merge` takes ancestor, ours and theirs, and returns `None` for a
/// conflict.
pub fn update(
    present: Option<&str>,
    last: Option<&Rendered>,
    new: &Rendered,
    merge: &dyn Fn(&str, &str, &str) -> Option<String>,
) -> Result<String, Unwritable> {
    let Some(present) = present else {
        return whole(new);
    };
    // Nobody has touched it: it becomes what a new note would be, so that the order of events leaves no trace.
    if last.is_some_and(|it| whole(it).is_ok_and(|it| it == present)) {
        return whole(new);
    }
    let body = Note::parse(present).body_start();
    let scan = scan::read(present, body);
    let written = written(present, last, &scan);
    let end = if present.contains("\r\n") { "\r\n" } else { "\n" };
    let mut text = present.to_owned();
    let mut added = Vec::new();
    // From the last to the first, so that the places of those before stay true.
    let mut changes = Vec::new();
    for found in &scan.regions {
        let Some(name) = REGIONS.into_iter().find(|it| *it == found.name) else {
            continue;
        };
        let before = last.map(|it| text_of(it, name));
        if let Some(it) = settle::settle(found, before, text_of(new, name), merge) {
            changes.push((found.range.clone(), it.replace('\n', end)));
        }
    }
    for (at, name) in REGIONS.into_iter().enumerate() {
        let is_new = !written.iter().any(|it| it == name) && !scan.broken.iter().any(|it| it == name);
        let region = text_of(new, name);
        if is_new && !region.is_empty() {
            added.push(name.to_owned());
            let (place, is_above) = place_for(present, &scan, at);
            let region = marked(name, region);
            let is_cut = place > 0 && !present[..place].ends_with('\n');
            let region = match (is_above, is_cut) {
                (true, _) => format!("{region}\n"),
                (false, true) => format!("\n\n{region}"),
                (false, false) => format!("\n{region}"),
            };
            changes.push((place..place, region.replace('\n', end)));
        }
    }
    changes.extend(title_change(present, body, &scan, last, new));
    // Of several at one place the first is put last, so that it comes to stand first.
    let mut changes: Vec<_> = changes.into_iter().enumerate().collect();
    changes.sort_by_key(|(at, (range, _))| (range.start, *at));
    for (_, (range, new)) in changes.into_iter().rev() {
        text.replace_range(range, &new);
    }
    let mut regions = written;
    regions.extend(added);
    with_properties(&text, last, new, regions)
}

/// Returns the names of the regions of a note whose markers do not fit each other: they stay as they are.
pub fn out_of_order(text: &str) -> Vec<&'static str> {
    let broken = scan::read(text, Note::parse(text).body_start()).broken;
    REGIONS.into_iter().filter(|it| broken.iter().any(|name| name == it)).collect()
}

/// Returns the new heading of the note where the one of before still stands: above the regions, as it was written.
fn title_change(present: &str, body: usize, scan: &Scan, last: Option<&Rendered>, new: &Rendered) -> Option<(Range<usize>, String)> {
    let last = last.filter(|it| it.title != new.title)?;
    let old = format!("# {}", last.title);
    let end = scan.regions.iter().map(|it| it.outer.start).min().unwrap_or(present.len());
    let mut at = body;
    for line in present[body..end].split_inclusive('\n') {
        let bare = line.trim_end();
        if bare == old {
            return Some((at..at + bare.len(), format!("# {}", new.title)));
        }
        at += line.len();
    }
    None
}

/// Returns a whole new note.
fn whole(new: &Rendered) -> Result<String, Unwritable> {
    let mut properties = new.properties.clone();
    let list = |texts: &[String]| Value::List(texts.iter().cloned().map(Value::String).collect());
    for (name, texts) in [("aliases", &new.aliases), ("tags", &new.tags)] {
        if !texts.is_empty() {
            properties.push((name.to_owned(), list(texts)));
        }
    }
    let names: Vec<String> = new.regions.iter().map(|it| it.0.to_owned()).collect();
    properties.push(("regions".to_owned(), list(&names)));
    let mut body = format!("# {}\n", new.title);
    let last = REGIONS[REGIONS.len() - 1];
    for (name, text) in new.regions.iter().filter(|it| it.0 != last) {
        body.push_str(&format!("\n{}", marked(name, text)));
    }
    body.push_str(&format!("\n{SLOT}"));
    for (name, text) in new.regions.iter().filter(|it| it.0 == last) {
        body.push_str(&format!("\n{}", marked(name, text)));
    }
    edit::compose(&properties, &body).map_err(|why| Unwritable(format!("the new note's properties: {why:?}")))
}

/// Returns a region with its markers.
fn marked(name: &str, text: &str) -> String {
    format!("{}{text}\n{}", scan::begin(name, &hash(text)), scan::end(name))
}

/// Returns the generated text of a region; empty when there is nothing to say.
fn text_of<'r>(rendered: &'r Rendered, name: &str) -> &'r str {
    rendered.regions.iter().find(|it| it.0 == name).map_or("", |it| &it.1)
}

/// Returns the first digits of a text's hash, whatever its line ends.
fn hash(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    ContentHash::of(text.trim_end_matches('\n').as_bytes()).to_string()[..8].to_owned()
}

/// Returns the names of the regions that the note has or had: one that is missing was deleted by a person.
fn written(present: &str, last: Option<&Rendered>, scan: &Scan) -> Vec<String> {
    let listed = match Note::parse(present).property("regions") {
        Some(Value::List(items)) => items.iter().filter_map(Value::scalar_text).collect(),
        Some(one) => one.scalar_text().into_iter().collect(),
        None => Vec::new(),
    };
    let there = scan.regions.iter().map(|it| it.name.clone());
    let last = last.into_iter().flat_map(|it| it.regions.iter().map(|it| it.0.to_owned()));
    let mut names: Vec<String> = Vec::new();
    for name in listed.into_iter().chain(there).chain(scan.broken.iter().cloned()).chain(last) {
        if !names.contains(&name) && REGIONS.contains(&&*name) {
            names.push(name);
        }
    }
    names
}

/// Returns where the region of this index is put, and whether what stands there comes below it: below the nearest one before it, else above the
/// first one after it, else at the end.
fn place_for(present: &str, scan: &Scan, index: usize) -> (usize, bool) {
    let find = |name: &str| -> Option<&Found> { scan.regions.iter().find(|it| it.name == name) };
    // The last region stands below the slot, which is the agent's.
    let is_last = index + 1 == REGIONS.len();
    if is_last {
        return (present.len(), false);
    }
    if let Some(it) = REGIONS[..index].iter().rev().find_map(|it| find(it)) {
        return (it.outer.end, false);
    }
    match REGIONS[index..].iter().find_map(|it| find(it)) {
        Some(it) => (it.outer.start, true),
        None => (present.len(), false),
    }
}

/// Sets our properties and nothing else.
fn with_properties(text: &str, last: Option<&Rendered>, new: &Rendered, regions: Vec<String>) -> Result<String, Unwritable> {
    let note = Note::parse(text);
    let mut edits: Vec<Edit> = Vec::new();
    let mut set = |name: &str, value: Value| {
        edits.push(Edit::SetProperty {
            name: name.to_owned(),
            value,
        });
    };
    for (name, value) in &new.properties {
        set(name, value.clone());
    }
    let mut aliases = note.aliases();
    let known = aliases.len();
    aliases.extend(new.aliases.iter().filter(|it| !note.aliases().contains(*it)).cloned());
    if aliases.len() > known {
        set("aliases", Value::List(aliases.into_iter().map(Value::String).collect()));
    }
    set("regions", Value::List(regions.into_iter().map(Value::String).collect()));
    // What is known no more goes, unless a person changed it.
    for (name, value) in last.into_iter().flat_map(|it| &it.properties) {
        if !new.properties.iter().any(|it| it.0 == *name) && note.property(name) == Some(value) {
            edits.push(Edit::RemoveProperty { name: name.clone() });
        }
    }
    let refused = |it: EditError| {
        let why = match it.why {
            EditRefusal::InvalidFrontmatter(why) | EditRefusal::Invalid(why) => format!(": {why}"),
            _ => String::new(),
        };
        Unwritable(format!("the note's properties cannot be edited{why}"))
    };
    let mut text = edit::plan(text, &edits).map_err(refused)?.text;
    for tag in &new.tags {
        // A property `tags` that is no list is a person's matter.
        if let Ok(plan) = edit::plan(&text, &[Edit::AddTag { tag: tag.clone() }]) {
            text = plan.text;
        }
    }
    Ok(text)
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
