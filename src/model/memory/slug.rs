//! A file name made of a title. Knows what `new_name` refuses and how to avoid it; must not know which files exist.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::model::{new_name, path::NotePath};

const SLUG_MOST: usize = 80;
/// Fewer than [`new_name::check`] bears, so that composing cannot reach its bound.
const MARKS_MOST: usize = 4;

/// Returns a name without extension, of at most 80 bytes, which may be created in any folder with or without `.md`. Made of the title, else
/// of the fallback, else `Untitled`; a slug is its own slug.
pub fn slug(title: &str, fallback: &str) -> String {
    let found = [title, fallback].into_iter().map(settle).find(|it| !it.is_empty());
    found.unwrap_or_else(|| "Untitled".to_owned())
}

/// Cleans until nothing changes: what one rule cuts off may leave work for another.
fn settle(title: &str) -> String {
    let mut name = clean(title);
    loop {
        let next = clean(&name);
        if next == name {
            return name;
        }
        name = next;
    }
}

fn clean(title: &str) -> String {
    let spaced: String = title.nfc().map(|it| if is_kept(it) { it } else { ' ' }).collect();
    let words = without_escapes(&without_mark_piles(&spaced));
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let name: String = trim(&words).nfc().collect();
    let name = secure(name);
    trim(shorten(&name)).to_owned()
}

fn is_kept(it: char) -> bool {
    let looks_like_slash = || std::iter::once(it).nfkc().any(|it| matches!(it, '/' | '\\' | '\u{2044}'));
    let is_refused = it.is_control() || new_name::is_hidden(it) || r#"/\#^[]|:*?"<>"#.contains(it) || it == '\u{2215}';
    !is_refused && !looks_like_slash()
}

fn without_mark_piles(text: &str) -> String {
    let mut marks = 0;
    let kept = text.chars().filter(|it| {
        let own = std::iter::once(*it).nfd().filter(|it| is_combining_mark(*it)).count();
        marks = if is_combining_mark(*it) { marks + own } else { own };
        !is_combining_mark(*it) || marks <= MARKS_MOST
    });
    kept.collect()
}

/// Keeps a `%` only before a space or at the end.
fn without_escapes(text: &str) -> String {
    let mut rest = text.chars().peekable();
    let mut kept = String::with_capacity(text.len());
    while let Some(it) = rest.next() {
        let may_stand = it != '%' || rest.peek().is_none_or(|it| *it == ' ');
        kept.push(if may_stand { it } else { ' ' });
    }
    kept
}

fn trim(name: &str) -> &str {
    let at_start = |it: char| matches!(it, '-' | '~' | ' ') || std::iter::once(it).nfkc().next() == Some('.');
    name.trim_start_matches(at_start).trim_end_matches(['.', ' '])
}

/// Takes the name away from Windows' devices and sync tools.
fn secure(name: String) -> String {
    let stem = name.split('.').next().unwrap_or(&name).trim_end();
    if new_name::is_device(stem) {
        return format!("{stem}_{}", &name[stem.len()..]);
    }
    let is_tools = |name: &str| {
        let refused = |path: &str| NotePath::parse(path).is_ok_and(|it| new_name::check(&it) == Err(new_name::InvalidName::SyncTool));
        refused(name) || refused(&format!("{name}.md"))
    };
    if !is_tools(shorten(&name)) {
        return name;
    }
    let plain = name.replace(['.', '(', ')'], " ");
    if is_tools(&plain) { format!("Note {plain}") } else { plain }
}

/// Cuts at a word where one ends in the second half.
fn shorten(name: &str) -> &str {
    if name.len() <= SLUG_MOST {
        return name;
    }
    let cut = &name[..name.floor_char_boundary(SLUG_MOST)];
    cut.rfind(' ').filter(|it| *it > SLUG_MOST / 2).map_or(cut, |it| &cut[..it])
}
