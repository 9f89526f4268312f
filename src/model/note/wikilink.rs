//! The inside of `[[...]]`. Knows target, alias and what Obsidian displays; knows neither files nor notes.

/// Target and display text of a wikilink.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wikilink {
    pub target: String,
    pub display: String,
}

/// Returns the byte after the `]]` of the wikilink that begins (`[[`) at this byte, `None` when none does: only `]]` closes, a line feed
/// or a further `[[` in between kills the link.
pub fn end_of(text: &str, start: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = start + 2;
    if bytes.get(at) == Some(&b'[') {
        return None;
    }
    loop {
        at += memchr::memchr3(b']', b'[', b'\n', bytes.get(at..)?)?;
        match bytes[at] {
            b']' if bytes.get(at + 1) == Some(&b']') => return (at > start + 2).then_some(at + 2),
            b'\n' => return None,
            b'[' if bytes.get(at + 1) == Some(&b'[') => return None,
            _ => at += 1,
        }
    }
}

/// Returns the parts of the text between the brackets. A first `|` begins an alias, in tables written `\|`; at the very start it belongs
/// to the target (seen in Obsidian's own cache).
pub fn parse(inner: &str) -> Wikilink {
    let (target, alias) = match inner.find('|') {
        Some(bar) if bar > 0 => (inner[..bar].trim_end_matches('\\'), Some(&inner[bar + 1..])),
        _ => (inner, None),
    };
    let target = target.trim();
    let display = match alias.map(str::trim) {
        Some(alias) if !alias.is_empty() => alias.to_owned(),
        _ => display_of(target),
    };
    Wikilink {
        target: target.to_owned(),
        display,
    }
}

/// Returns `note > heading` for `note#heading`.
fn display_of(target: &str) -> String {
    if !target.contains('#') {
        return target.to_owned();
    }
    target
        .split('#')
        .map(str::trim)
        .filter(|it| !it.is_empty())
        .collect::<Vec<_>>()
        .join(" > ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(inner: &str, target: &str, display: &str) {
        assert_eq!(
            parse(inner),
            Wikilink {
                target: target.to_owned(),
                display: display.to_owned()
            },
            "{inner:?}"
        );
    }

    #[test]
    fn c1_c2_targets_and_displays() {
        check("a#b#c||x y", "a#b#c", "|x y");
        check(
            "wikilink#heading#sub-heading",
            "wikilink#heading#sub-heading",
            "wikilink > heading > sub-heading",
        );
        check("#heading", "#heading", "heading");
        check("w#^block", "w#^block", "w > ^block");
        check("^block", "^block", "^block");
        check("n#", "n#", "n");
    }

    #[test]
    fn c6_c7_c11_edges() {
        check("|", "|", "|");
        check("|alias", "|alias", "|alias");
        check(" foo ", "foo", "foo");
        check("    foo    |x", "foo", "x");
        check("foo#^abc ", "foo#^abc", "foo > ^abc");
        check("note\\|alias", "note", "alias");
        check("foo|Example **bold**, ~~x~~ text", "foo", "Example **bold**, ~~x~~ text");
    }

    #[test]
    fn c5_only_two_brackets_close() {
        assert_eq!(end_of("[[Sq]uare]]", 0), Some(11));
        assert_eq!(
            [end_of("[[a\nb]]", 0), end_of("[[]]", 0), end_of("[[a [[b]]", 0), end_of("[[a", 0)],
            [None; 4]
        );
    }
}
