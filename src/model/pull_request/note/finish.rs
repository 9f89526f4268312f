//! The last look at what is to be written: nothing in it is what a write is refused for. Each text was masked before; what they make together was
//! not. Knows the scanner that a write is looked through with; must not know what a text is about.

use crate::model::{
    pull_request::note::Rendered,
    secrets::{self, Found},
};

/// How often a text is masked at most; what stood beside a secret may look like one without it.
const ROUNDS: usize = 8;

/// Stands between the texts while they are looked at as one, as markers do in the note; no generated text holds it, for `<` is escaped there.
const BETWEEN: &str = "\n<!-- -->\n";

/// Returns what is rendered without what its title and regions make together: `- password: text` of one whose name is `password`.
pub(super) fn finished(mut rendered: Rendered) -> Rendered {
    let mut texts: Vec<&mut String> = vec![&mut rendered.title];
    texts.extend(rendered.regions.iter_mut().map(|it| &mut it.1));
    let pieces: Vec<&str> = texts.iter().map(|it| it.as_str()).collect();
    let whole = pieces.join(BETWEEN);
    if secrets::find(&whole).is_empty() {
        return rendered;
    }
    let whole = masked(whole);
    let pieces: Vec<&str> = whole.split(BETWEEN).collect();
    if pieces.len() == texts.len() {
        texts.into_iter().zip(pieces).for_each(|(text, piece)| piece.clone_into(text));
    } else {
        texts.into_iter().for_each(|it| *it = masked(std::mem::take(it)));
    }
    rendered
}

/// Returns a text, in Markdown or not, with its secrets masked.
pub(super) fn masked(text: String) -> String {
    mask(text, |_| true)
}

/// Returns the new text of a note with those secrets masked that were not there before: what stands there already is a person's business, and so is
/// what goes over several lines, among which may be properties.
pub fn mask_new(text: String, before: &str) -> String {
    mask(text, |secret| !secret.contains('\n') && !before.contains(secret))
}

fn mask(mut text: String, is_ours: impl Fn(&str) -> bool) -> String {
    for _ in 0..ROUNDS {
        let mut found = secrets::find(&text);
        found.retain(|it| is_ours(&text[it.range.clone()]));
        if found.is_empty() {
            break;
        }
        // From the last to the first, so that the places of those before stay true.
        found.iter().rev().for_each(|it| replace(&mut text, it));
    }
    text
}

/// The mask has no brackets: it stands among Markdown and YAML that are finished, where they would need an escape.
fn replace(text: &mut String, found: &Found) {
    let is_odd = |text: &str| (text.len() - text.trim_end_matches('\\').len()) % 2 == 1;
    let (mut start, mut end) = (found.range.start, found.range.end);
    // An escape stays whole, or goes as a whole.
    if is_odd(&text[..start]) {
        start -= 1;
    }
    if is_odd(&text[start..end]) {
        end -= 1;
    }
    if start < end {
        text.replace_range(start..end, &format!("redacted:{}", found.kind));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, before: &str, expected: &str) {
        assert_eq!(mask_new(text.to_owned(), before), expected, "{text}");
    }

    #[test]
    fn only_what_is_new_is_masked_and_no_escape_is_broken() {
        check("- password: Hunter2xy9", "", "- password: redacted:password");
        check("- password: Hunter2xy9", "Hunter2xy9", "- password: Hunter2xy9");
        check(r"- password: Hunter2xy9\<b>", "", r"- password: redacted:password\<b>");
        check("nothing", "", "nothing");
    }
}
