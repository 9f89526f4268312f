//! Reads the keys of TOML, INI and files of variables: `[section]` lines and `key = value` lines. Knows no more of these languages.

use super::entry::Entry;

const MAX_KEY: usize = 200;
const MAX_VALUE: usize = 300;

/// Returns the sections (depth 1) and their keys (depth 2, or 1 before the first section) in order. Takes time linear in the text.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut section = String::new();
    let mut inside: Option<&str> = None;
    // Of a list over several lines, those that are open.
    let mut brackets = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.trim_start_matches('\u{feff}').trim();
        if let Some(quotes) = inside {
            if content.contains(quotes) {
                inside = None;
            }
            continue;
        }
        if content.starts_with(['#', ';']) {
            continue;
        }
        // A line that begins a section ends what was not closed.
        if brackets > 0 && !line.starts_with('[') {
            brackets += opened(content);
            continue;
        }
        brackets = 0;
        if let Some(name) = content.strip_prefix('[').and_then(|it| it.split(']').next()) {
            let name = name.trim_matches(['[', ' ']);
            if !name.is_empty() && name.len() <= MAX_KEY && !name.contains(['=', ',']) {
                name.clone_into(&mut section);
                entries.push(entry(name.to_owned(), 1, start, ""));
                continue;
            }
        }
        let Some((key, value)) = content.split_once('=') else { continue };
        let key = key.trim().trim_start_matches("export ").trim_matches(['"', '\'']);
        let value = value.trim();
        if let Some(quotes) = ["\"\"\"", "'''"].into_iter().find(|it| value.starts_with(it)) {
            inside = (!value[3..].contains(quotes)).then_some(quotes);
        }
        if value.starts_with(['[', '{']) {
            brackets = opened(value).max(0);
        }
        if key.is_empty() || key.len() > MAX_KEY || key.contains(char::is_whitespace) {
            continue;
        }
        let value = bare(value);
        let value = if value.len() <= MAX_VALUE { value } else { "" };
        if section.is_empty() {
            entries.push(entry(key.to_owned(), 1, start, value));
        } else {
            entries.push(entry(format!("{section}.{key}"), 2, start, value));
        }
    }
    entries
}

/// Returns how many brackets a line opens more than it closes, strings and comments left aside.
fn opened(content: &str) -> i32 {
    let (mut open, mut quote) = (0, None);
    for c in content.chars() {
        match (quote, c) {
            (Some(it), _) if it == c => quote = None,
            (None, '"' | '\'') => quote = Some(c),
            (None, '#') => break,
            (None, '[' | '{') => open += 1,
            (None, ']' | '}') => open -= 1,
            _ => {}
        }
    }
    open
}

/// Returns a value without its quotes, and without a comment after it.
fn bare(value: &str) -> &str {
    let quote = value.chars().next().filter(|it| matches!(it, '"' | '\''));
    match quote.and_then(|it| value[1..].split_once(it)) {
        Some((inner, rest)) if rest.trim().is_empty() || rest.trim_start().starts_with(['#', ';']) => inner,
        Some(_) => value.trim_matches(['"', '\'']),
        None => value.split(" #").next().unwrap_or(value).trim_end().trim_matches(['"', '\'']),
    }
}

fn entry(path: String, depth: usize, start: usize, value: &str) -> Entry {
    Entry {
        path,
        depth,
        start,
        value: value.to_owned(),
        is_text: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_end_before_comments_and_lists_go_on() {
        let found = entries("a = \"x:1\" # y\nb = 1 # z\nc = [\n  \"d=e\", # ]\n  [1, 2],\n]\nf = \"g#h\"\ni = [[\n[j]\nk = '#l'\n");
        let found: Vec<_> = found.iter().map(|it| format!("{} {}", it.path, it.value)).collect();
        assert_eq!(found, ["a x:1", "b 1", "c [", "f g#h", "i [[", "j ", "j.k #l"]);
    }

    #[test]
    fn keys_stand_in_their_sections() {
        let found = entries("\u{feff}a = 1\n# b = 2\n[x.y]\nc = \"d\"\nt = '''\nno = 1\n'''\n[[z]]\nexport E=f\n; g = h\n");
        let found: Vec<_> = found.iter().map(|it| format!("{} {} {}", it.depth, it.path, it.value)).collect();
        assert_eq!(found, ["1 a 1", "1 x.y ", "2 x.y.c d", "2 x.y.t ", "1 z ", "2 z.E f"]);
    }
}
