//! What becomes of one region: a generated text, a person's, and the generated one before. Knows the folded callout; knows no note.

use crate::model::pull_request::region::{
    hash, marked,
    scan::{self, Found},
};

/// How the callout begins that holds a new text below a person's; its hash tells whether a person changed it, too.
const NEWER: &str = "> [!membridge]- Newer text, h=";

/// Returns the region's new bytes, its markers included and without a last line end; `None` when it stays as it is.
pub(super) fn settle(found: &Found, last: Option<&str>, new: &str, merge: &dyn Fn(&str, &str, &str) -> Option<String>) -> Option<String> {
    let (person, folded) = unfolded(&found.text);
    let new_hash = hash(new);
    let whole = |hash: &str, text: &str| format!("{}{text}\n{}", scan::begin(&found.name, hash), scan::end(&found.name).trim_end());
    let changed = |hash: &str, text: &str| (hash != found.hash || text != found.text).then(|| whole(hash, text));
    if hash(&person) == found.hash || hash(&person) == new_hash {
        // Nobody changed it, or to what it says now.
        return (hash(&found.text) != new_hash || found.hash != new_hash).then(|| marked(&found.name, new).trim_end().to_owned());
    }
    if new_hash == found.hash {
        return None;
    }
    // A callout that still stands there is a conflict that nobody settled: what was generated meanwhile never reached the person's text.
    let ancestor = last.filter(|it| !folded && hash(it) == found.hash);
    let merged = ancestor.and_then(|it| merge(&lines(it), &lines(&person), &lines(new)));
    if let Some(merged) = merged.filter(|it| !scan::has_marker(it)) {
        return changed(&new_hash, merged.strip_suffix('\n').unwrap_or(&merged));
    }
    if new.is_empty() {
        return changed(&new_hash, &person);
    }
    changed(&new_hash, &format!("{person}\n\n{}", callout(new)))
}

fn lines(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{text}\n") }
}

/// Returns the text without the callout at its end, and whether there was one that nobody changed.
fn unfolded(text: &str) -> (String, bool) {
    let Some(at) = text.rfind(&format!("\n\n{NEWER}")) else {
        return (text.to_owned(), false);
    };
    let (person, callout) = (&text[..at], &text[at + 2..]);
    let (head, quoted) = callout.split_once('\n').unwrap_or((callout, ""));
    let said: Vec<&str> = quoted
        .split('\n')
        .map(|it| it.strip_prefix("> ").unwrap_or(if it == ">" { "" } else { "\0" }))
        .collect();
    if head.strip_prefix(NEWER) == Some(&hash(&said.join("\n"))) {
        (person.to_owned(), true)
    } else {
        (text.to_owned(), false)
    }
}

/// Headings in it would be the note's.
fn callout(new: &str) -> String {
    let new = new.trim_start_matches("## ");
    let quoted: Vec<String> = new
        .split('\n')
        .map(|it| if it.is_empty() { ">".to_owned() } else { format!("> {it}") })
        .collect();
    format!("{NEWER}{}\n{}", hash(new), quoted.join("\n"))
}
