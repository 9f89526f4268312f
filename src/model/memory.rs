//! What the agent's memories and journal entries look like as text. Knows titles, names, properties and links; must not know which files
//! exist, nor how YAML is quoted. All input is untrusted: no title, tag or text leaves its place.

use crate::model::{
    note::{BlockKind, Note, tag},
    path::path_key,
    yaml::Value,
};

mod entry;
mod slug;

pub use entry::entry;
pub use slug::slug;

/// A title that is made of a text ends at a word at about this many characters.
const TITLE_MOST: usize = 60;

/// What a memory is made of.
#[derive(Debug, Clone, Copy)]
pub struct MemoryText<'a> {
    /// Empty: made of the text.
    pub title: &'a str,
    pub text: &'a str,
    pub tags: &'a [String],
    /// Link targets, with or without brackets.
    pub links: &'a [String],
    /// RFC 3339.
    pub created: &'a str,
    pub agent: &'a str,
    pub session: &'a str,
    pub source: &'a str,
    /// The link target of the memory that this one replaces.
    pub supersedes: Option<&'a str>,
}

/// Returns a memory's properties in order, empty ones left out, and its body: a heading unless the text begins with one, the text, and a
/// line with the links that the text does not hold. The body ends with a line feed, or is empty.
pub fn compose(memory: &MemoryText<'_>) -> (Vec<(String, Value)>, String) {
    (properties(memory), body(memory))
}

/// Returns the first line of a text that shows anything, without Markdown's marks, cut at a word after about 60 characters; empty when there
/// is none.
pub fn title_of(text: &str) -> String {
    let lines = text.lines().map(plain).find(|it| it.contains(char::is_alphanumeric));
    cut(&lines.unwrap_or_default())
}

fn properties(memory: &MemoryText<'_>) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    let mut put = |name: &str, value: &str| {
        let value = one_line(value);
        if !value.is_empty() {
            found.push((name.to_owned(), Value::String(value)));
        }
    };
    put("created", memory.created);
    put("agent", memory.agent);
    put("session", memory.session);
    put("source", memory.source);
    put("origin", "agent");
    let mut tags: Vec<String> = Vec::new();
    for tag in memory.tags.iter().filter_map(|it| clean_tag(it)) {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    if !tags.is_empty() {
        found.push(("tags".to_owned(), Value::List(tags.into_iter().map(Value::String).collect())));
    }
    if let Some(target) = memory.supersedes.and_then(link_target) {
        found.push(("supersedes".to_owned(), Value::String(format!("[[{target}]]"))));
    }
    found
}

fn body(memory: &MemoryText<'_>) -> String {
    let text = memory
        .text
        .trim_start_matches('\u{feff}')
        .trim_start_matches(['\r', '\n'])
        .trim_end();
    // As it stands below the properties, where `---` opens no frontmatter.
    let note = Note::parse(&format!("\n{text}"));
    let has_heading = note.blocks.first().is_some_and(|it| it.kind == BlockKind::Heading);
    let title = match one_line(memory.title) {
        given if given.is_empty() => title_of(text),
        given => given,
    };
    let mut related: Vec<String> = Vec::new();
    let mut held: Vec<String> = note.links.iter().map(|it| link_key(&it.target)).collect();
    for target in memory.links.iter().filter_map(|it| link_target(it)) {
        let key = link_key(&target);
        if !held.contains(&key) {
            held.push(key);
            related.push(format!("[[{target}]]"));
        }
    }
    let heading = if has_heading || title.is_empty() {
        String::new()
    } else {
        format!("# {title}")
    };
    let related = if related.is_empty() {
        String::new()
    } else {
        format!("Related: {}", related.join(", "))
    };
    let count = |body: &str| Note::parse(&format!("\n{body}")).links.len();
    let last = join(&[&heading, text, &related]);
    let expected = held.len().max(note.links.len());
    // A fence that the text leaves open would make code of what follows it.
    if related.is_empty() || count(&last) >= expected {
        last
    } else {
        join(&[&heading, &related, text])
    }
}

fn join(parts: &[&str]) -> String {
    let parts: Vec<&str> = parts.iter().copied().filter(|it| !it.is_empty()).collect();
    if parts.is_empty() {
        String::new()
    } else {
        parts.join("\n\n") + "\n"
    }
}

/// Returns a text without what would end a line or could not be seen, runs of white space as one space.
fn one_line(text: &str) -> String {
    let spaced = text.replace(
        |it: char| it.is_control() || matches!(it, '\u{2028}' | '\u{2029}' | '\u{feff}'),
        " ",
    );
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns a tag without `#`; what no tag may hold becomes `-`. `None` when nothing is left of it.
fn clean_tag(text: &str) -> Option<String> {
    let text = one_line(text);
    let spelt = text
        .trim_start_matches('#')
        .replace(|it: char| !tag::is_name_char(it) && it != '/', "-");
    let spelt = spelt.trim_matches(['-', '/']);
    tag::of_property(spelt).map(str::to_owned)
}

/// Returns what may stand between the brackets of a link; an alias is left out.
fn link_target(text: &str) -> Option<String> {
    let inner = one_line(text).replace(['[', ']'], "");
    let target = inner.split('|').next().unwrap_or_default().trim();
    (!target.is_empty()).then(|| target.to_owned())
}

fn link_key(target: &str) -> String {
    let key = path_key(target.split('#').next().unwrap_or(target).trim());
    key.strip_suffix(".md").map_or(key.clone(), str::to_owned)
}

/// Returns a line without the marks of headings, quotes, lists, emphasis and links.
fn plain(line: &str) -> String {
    let mut line = one_line(line);
    loop {
        let rest = line.trim_start_matches(['#', '>', '-', '*', '+', ' ']);
        let rest = ["[ ] ", "[x] ", "[!"].iter().find_map(|it| rest.strip_prefix(it)).unwrap_or(rest);
        let digits = rest.trim_start_matches(|it: char| it.is_ascii_digit());
        let numbered = digits.strip_prefix(". ").filter(|_| digits.len() < rest.len());
        let rest = numbered.unwrap_or(rest);
        if rest.len() == line.len() {
            break;
        }
        line = rest.to_owned();
    }
    let note = Note::parse(&line);
    for link in note.links.iter().rev() {
        line.replace_range(link.range.clone(), link.display.as_deref().unwrap_or_default());
    }
    while let Some((label, rest)) = line.split_once("](")
        && let Some((before, label)) = label.rsplit_once('[')
        && let Some((_, after)) = rest.split_once(')')
    {
        line = format!("{}{label}{after}", before.trim_end_matches('!'));
    }
    let bare = ["**", "__", "~~", "==", "`", "*"]
        .iter()
        .fold(line, |line, mark| line.replace(mark, ""));
    one_line(&bare)
}

fn cut(line: &str) -> String {
    let Some((most, _)) = line.char_indices().nth(TITLE_MOST) else {
        return line.to_owned();
    };
    // The word may end just here.
    let end = line[..line.ceil_char_boundary(most + 1)].rfind(' ').unwrap_or(most);
    line[..end].trim_end_matches([' ', ',', ';', ':']).to_owned()
}

#[cfg(test)]
mod tests;
