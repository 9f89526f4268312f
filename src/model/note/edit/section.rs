//! Edits that name a section, or the whole body. Knows where a section's own text begins and ends; knows no property.

use crate::model::{
    lines::LineRange,
    note::{
        Note,
        edit::{
            EditRefusal,
            draft::{Change, Draft},
            gap::{self, body_of},
        },
        outline::Section,
        place::{self, NoPlace},
    },
};

/// Returns the section that a path names.
pub(super) fn find(draft: &Draft, path: &str) -> Result<Section, EditRefusal> {
    let section = path.to_owned();
    let range = place::section(draft.note(), draft.text.len(), path).map_err(|why| match why {
        NoPlace::NotFound { candidates } => EditRefusal::SectionNotFound { section, candidates },
        NoPlace::Ambiguous { candidates, ranges } => {
            let named = candidates.iter().zip(ranges).map(|(path, range)| {
                let LineRange { start, end } = draft.lines().lines_of(&range);
                let is_unique = candidates.iter().filter(|it| *it == path).count() == 1;
                if is_unique {
                    path.clone()
                } else {
                    format!("{path} (lines {start}-{end})")
                }
            });
            EditRefusal::AmbiguousSection {
                section,
                candidates: named.collect(),
            }
        }
    })?;
    let mut sections = draft.note().sections(draft.text.len()).into_iter();
    Ok(sections
        .find(|it| it.range.start == range.start)
        .expect("the place was found among the note's sections"))
}

pub(super) fn append(draft: &Draft, path: &str, text: &str) -> Result<Change, EditRefusal> {
    let section = find(draft, path)?;
    let at = draft.last_text(heading_end(draft, &section)..section.own_end);
    Ok(put_below(draft, at, body_of(text)?).warn(heading_warning(draft, &section, text)))
}

pub(super) fn append_to_body(draft: &Draft, text: &str) -> Result<Change, EditRefusal> {
    let text = body_of(text)?;
    let start = body_start(draft);
    match draft.last_text(start..draft.text.len()) {
        at if at == start => prepend_to_body(draft, text),
        at => Ok(put_below(draft, at, text)),
    }
}

pub(super) fn prepend(draft: &Draft, path: &str, text: &str) -> Result<Change, EditRefusal> {
    let section = find(draft, path)?;
    let at = heading_end(draft, &section);
    Ok(put_below(draft, at, body_of(text)?).warn(heading_warning(draft, &section, text)))
}

pub(super) fn prepend_to_body(draft: &Draft, text: &str) -> Result<Change, EditRefusal> {
    let text = body_of(text)?;
    let start = body_start(draft);
    if draft.note().frontmatter.as_ref().is_some_and(|it| it.range.end == start) {
        return Ok(put_below(draft, start, text));
    }
    Ok(put_above(draft, start, text))
}

pub(super) fn insert_before(draft: &Draft, path: &str, text: &str) -> Result<Change, EditRefusal> {
    let section = find(draft, path)?;
    let text = body_of(text)?;
    let at = section.range.start;
    let (lead, end) = (gap::lead(draft, at, text), draft.line_end_at(at));
    Ok(Change::local(at..at, format!("{lead}{}{end}{end}", draft.fit(text, at))))
}

pub(super) fn insert_after(draft: &Draft, path: &str, text: &str) -> Result<Change, EditRefusal> {
    let section = find(draft, path)?;
    let at = draft.last_text(section.range);
    Ok(put_below(draft, at, body_of(text)?))
}

pub(super) fn delete(draft: &Draft, path: &str) -> Result<Change, EditRefusal> {
    let mut range = find(draft, path)?.range;
    if range.end == draft.text.len() {
        // What ended the line above the blank lines ends the note.
        let above = draft.last_text(body_start(draft)..range.start);
        let rest = &draft.text[above..range.start];
        let ends_line = draft.text.ends_with('\n') && above > body_start(draft);
        range.start = above + if ends_line { rest.find('\n').map_or(0, |it| it + 1) } else { 0 };
    }
    Ok(Change::local(range, String::new()))
}

/// Replaces what is below the heading.
pub(super) fn replace(draft: &Draft, path: &str, text: &str) -> Result<Change, EditRefusal> {
    let section = find(draft, path)?;
    let heading = &draft.note().headings[section.heading];
    let at = heading_end(draft, &section);
    let end = draft.last_text(at..section.range.end);
    let (text, repeated) = without_heading(draft, &section, gap::ended(gap::trimmed(text))?);
    let warning = repeated.then(|| format!("the text repeated the heading `{}`, which stays as it is", heading.text));
    let old = &draft.text[at..end];
    let lead = old.len() - old.trim_start().len();
    let start = at + old[..lead].rfind('\n').map_or(0, |it| it + 1);
    let change = match text {
        "" => Change::local(at..end, String::new()),
        text if start == at => put_below(draft, at, text),
        text => {
            let gap = if gap::needs_gap_below(draft, end, text) {
                draft.line_end_at(start)
            } else {
                ""
            };
            Change::local(start..end, format!("{}{gap}", draft.fit(text, start)))
        }
    };
    Ok(change.warn(warning).warn(heading_warning(draft, &section, text)))
}

/// Replaces the heading and all below it.
pub(super) fn replace_whole(draft: &Draft, path: &str, text: &str) -> Result<Change, EditRefusal> {
    let section = find(draft, path)?;
    let text = body_of(text)?;
    let heading = &draft.note().headings[section.heading];
    let new = headings_of(text);
    let first = new
        .headings
        .first()
        .filter(|it| new.blocks.first().is_some_and(|block| block.range == it.range));
    let warning = match first {
        None => Some(format!("the section `{}` has no heading any more", heading.text)),
        Some(it) if it.level != heading.level => Some(format!("the heading's level was {} and is {} now", heading.level, it.level)),
        Some(_) => new.headings[1..]
            .iter()
            .find(|it| it.level <= heading.level)
            .map(|it| format!("the heading `{}` in the text begins another section", it.text)),
    };
    let (start, end) = (section.range.start, draft.last_text(section.range));
    let gap = if gap::needs_gap_below(draft, end, text) {
        draft.line_end_at(start)
    } else {
        ""
    };
    Ok(Change::local(start..end, format!("{}{gap}", draft.fit(text, start))).warn(warning))
}

/// Puts a text below the line that ends at a byte.
pub(super) fn put_below(draft: &Draft, at: usize, text: &str) -> Change {
    Change::local(at..at, gap::below(draft, at, text))
}

/// Puts a text above the line that begins at a byte.
pub(super) fn put_above(draft: &Draft, at: usize, text: &str) -> Change {
    let end = draft.line_end_at(at);
    let gap = if gap::needs_gap_to(draft, at, text) { end } else { "" };
    let lead = gap::lead(draft, at, text);
    Change::local(at..at, format!("{lead}{}{end}{gap}", draft.fit(text, at)))
}

/// Returns the byte at which the body begins.
pub(super) fn body_start(draft: &Draft) -> usize {
    draft.note().body_start()
}

fn heading_end(draft: &Draft, section: &Section) -> usize {
    draft.end_of_line(draft.note().headings[section.heading].range.end)
}

/// Models repeat the heading of the section that they write.
fn without_heading<'t>(draft: &Draft, section: &Section, text: &'t str) -> (&'t str, bool) {
    let heading = &draft.note().headings[section.heading];
    let first = text.lines().next().unwrap_or_default();
    let new = headings_of(first);
    match new.headings.first() {
        Some(it) if it.level == heading.level && it.text == heading.text => (gap::trimmed(&text[first.len()..]), true),
        _ => (text, false),
    }
}

fn heading_warning(draft: &Draft, section: &Section, text: &str) -> Option<String> {
    let level = draft.note().headings[section.heading].level;
    let ends = headings_of(text).headings.into_iter().find(|it| it.level <= level)?;
    Some(format!(
        "the heading `{}` in the text ends the section that it was put in",
        ends.text
    ))
}

/// Reads a text that is no note of its own: what looks like properties is none.
fn headings_of(text: &str) -> Note {
    Note::parse(&format!("\n{text}"))
}
