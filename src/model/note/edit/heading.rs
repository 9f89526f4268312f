//! A section that is missing and is made. Knows the levels of headings; knows no property.

use crate::model::note::{
    edit::{
        EditRefusal,
        draft::{Change, Draft},
        gap::body_of,
        section::{self, body_start, put_below},
    },
    place,
};

/// The level of a section below no other.
const TOP: u8 = 2;

/// Makes the headings of a path that are missing, at the end of the section that they belong to, else of the note, and puts the text there.
pub(super) fn create(draft: &Draft, path: &str, text: &str) -> Result<Change, EditRefusal> {
    let text = body_of(text)?;
    let parts: Vec<String> = place::split(path)
        .iter()
        .map(|it| it.trim().trim_start_matches('#').trim().to_owned())
        .collect();
    if parts.iter().any(|it| it.is_empty() || it.contains(['\n', '\r'])) {
        return Err(EditRefusal::Invalid(format!("no section can be called `{}`", path.escape_debug())));
    }
    let (known, parent) = parent(draft, &parts)?;
    let (at, top) = match &parent {
        Some((level, end)) => (*end, level + 1),
        None => (draft.last_text(body_start(draft)..draft.text.len()), TOP),
    };
    let mut made = String::new();
    for (level, part) in (top..).zip(&parts[known..]) {
        if level > 6 {
            return Err(EditRefusal::Invalid(format!(
                "`{path}` would need a heading of level {level}; there are 6"
            )));
        }
        made.push_str(&format!("{} {part}\n", "#".repeat(level.into())));
    }
    let made = made + text;
    let mut change = if at == body_start(draft) {
        section::prepend_to_body(draft, &made)?
    } else {
        put_below_with_gap(draft, at, &made)
    };
    let next = draft.changed(&change)?;
    match section::find(&next, path) {
        Ok(_) => {
            change.next = Some(next);
            Ok(change)
        }
        Err(_) => Err(EditRefusal::Invalid(format!("a heading `{path}` would not be found by that name"))),
    }
}

/// Returns how many headings of the path are there, and the level and end of the last of them.
fn parent(draft: &Draft, parts: &[String]) -> Result<(usize, Option<(u8, usize)>), EditRefusal> {
    for known in (1..parts.len()).rev() {
        let path = parts[..known].iter().map(|it| it.replace('/', "\\/")).collect::<Vec<_>>().join("/");
        match section::find(draft, &path) {
            Ok(found) => {
                let level = draft.note().headings[found.heading].level;
                return Ok((known, Some((level, draft.last_text(found.range)))));
            }
            Err(EditRefusal::SectionNotFound { .. }) => {}
            Err(why) => return Err(why),
        }
    }
    Ok((0, None))
}

/// A heading stands apart from the one above it too.
fn put_below_with_gap(draft: &Draft, at: usize, text: &str) -> Change {
    let mut change = put_below(draft, at, text);
    let end = draft.line_end_at(at);
    for splice in &mut change.splices {
        if !splice.text.starts_with(&end.repeat(2)) {
            splice.text.insert_str(0, end);
        }
    }
    change
}
