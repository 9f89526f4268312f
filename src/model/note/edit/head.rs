//! The properties of a note, line by line: which lines belong to which. Knows how YAML is laid out at its top level; refuses what is not
//! laid out so.

use std::ops::Range;

use crate::model::{
    note::{
        Diagnostic, DiagnosticKind, Note,
        edit::{
            EditRefusal,
            draft::{Change, Draft, Splice},
            render,
        },
        frontmatter,
    },
    yaml::{self, Value},
};

/// Properties as they stand in the text.
#[derive(Debug, Default)]
pub(super) struct Head {
    /// In order; no two of one name.
    pub(super) properties: Vec<(String, Value)>,
    /// One for each property.
    pub(super) entries: Vec<Entry>,
    /// Where a further property is put: right above the closing fence. `None` when the note has no properties.
    pub(super) end: Option<usize>,
}

/// The lines of one property.
#[derive(Debug)]
pub(super) struct Entry {
    /// From the key to the end of the value's last line, its line end left out.
    pub(super) range: Range<usize>,
    /// The byte after the colon.
    pub(super) value: usize,
}

impl Head {
    /// Reads the properties of a draft.
    pub(super) fn read(draft: &Draft) -> Result<Head, EditRefusal> {
        let text = &draft.text;
        let note = head_of(text);
        let Some(frontmatter) = note.frontmatter else {
            let opens = text
                .trim_start_matches('\u{feff}')
                .lines()
                .next()
                .is_some_and(|it| it.trim_end() == "---");
            return if opens {
                refuse("the first line opens properties, and no line `---` closes them")
            } else {
                Ok(Head::default())
            };
        };
        if let Some(why) = note.diagnostics.iter().find(|it| it.kind == DiagnosticKind::InvalidFrontmatter) {
            return refuse(&why.detail);
        }
        let (names, entries) = entries(text, frontmatter.yaml.clone())?;
        if !names.iter().eq(frontmatter.properties.iter().map(|(name, _)| name)) {
            return refuse("the properties are not written one below the other, each with its name at the begin of a line");
        }
        Ok(Head {
            properties: frontmatter.properties,
            entries,
            end: Some(frontmatter.yaml.end),
        })
    }

    /// Returns the index of a property, by its name in any case; as written before others.
    pub(super) fn index_of(&self, name: &str) -> Result<Option<usize>, EditRefusal> {
        let lower = name.to_lowercase();
        let same: Vec<usize> = (0..self.properties.len())
            .filter(|&it| self.properties[it].0.to_lowercase() == lower)
            .collect();
        match &same[..] {
            [] => Ok(None),
            [one] => Ok(Some(*one)),
            several => match several.iter().find(|&&it| self.properties[it].0 == name) {
                Some(one) => Ok(Some(*one)),
                None => refuse(&format!("several properties are called `{name}`, in different case")),
            },
        }
    }
}

/// Returns a change of the properties when the text that it makes shows exactly these.
pub(super) fn verified(draft: &Draft, splice: Splice, expected: &[(String, Value)]) -> Result<Change, EditRefusal> {
    let mut change = Change {
        splices: vec![splice],
        ..Change::default()
    };
    let next = draft.changed(&change)?;
    let note = head_of(&next.text);
    match note.frontmatter {
        Some(it) if it.properties == expected && !is_invalid(&note.diagnostics) => {
            change.next = Some(next);
            Ok(change)
        }
        _ => refuse("the properties would not be read back as they were asked for"),
    }
}

pub(super) fn refuse<T>(why: &str) -> Result<T, EditRefusal> {
    Err(EditRefusal::InvalidFrontmatter(why.to_owned()))
}

/// Reads the properties alone.
pub(super) fn head_of(text: &str) -> Note {
    let mut note = Note::default();
    frontmatter::read(text, &mut note);
    note
}

/// Tells of properties that edits of the text broke, or made.
pub(super) fn warning(before: &str, after: &str) -> Option<String> {
    let invalid = |note: &Note| is_invalid(&note.diagnostics);
    let (before, after) = (head_of(before), head_of(after));
    match (&before.frontmatter, &after.frontmatter) {
        (None, Some(_)) if invalid(&after) => Some("the note begins with properties now, and they are not valid".to_owned()),
        (Some(_), Some(_)) if invalid(&after) && !invalid(&before) => Some("the note's properties are not valid any more".to_owned()),
        (Some(_), None) => Some("the note has no properties any more".to_owned()),
        _ => None,
    }
}

fn is_invalid(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|it| it.kind == DiagnosticKind::InvalidFrontmatter)
}

/// Returns the text of a new note.
pub(super) fn compose(properties: &[(String, Value)], body: &str) -> Result<String, EditRefusal> {
    if properties.is_empty() {
        return Ok(body.to_owned());
    }
    let plain = body.strip_prefix('\u{feff}').unwrap_or(body);
    if head_of(plain).frontmatter.is_some() {
        return refuse("the text begins with properties of its own: give all of them in one place");
    }
    let mut names: Vec<String> = properties.iter().map(|(name, _)| name.to_lowercase()).collect();
    names.sort();
    if let Some(twice) = names.windows(2).find(|it| it[0] == it[1]) {
        return refuse(&format!("the property `{}` is there twice", twice[0]));
    }
    let mut head = "---\n".to_owned();
    for (name, value) in properties {
        head.push_str(&format!("{}:{}\n", render::name(name)?, render::value(value)));
    }
    head.push_str("---\n");
    let draft = Draft::new(body.to_owned());
    let at = body.len() - plain.len();
    let splice = Splice {
        text: draft.fit(&head, at),
        range: at..at,
    };
    let change = verified(&draft, splice, properties)?;
    Ok(draft.changed(&change)?.text)
}

/// Returns the names of the properties and the lines of each.
fn entries(text: &str, yaml: Range<usize>) -> Result<(Vec<String>, Vec<Entry>), EditRefusal> {
    let (mut names, mut entries): (Vec<String>, Vec<Entry>) = (Vec::new(), Vec::new());
    let mut at = yaml.start;
    for line in text[yaml].split_inclusive('\n') {
        let bare = line.trim_end_matches(['\n', '\r']);
        let indented = bare.starts_with([' ', '\t']);
        let goes_on =
            bare.is_empty() || bare.starts_with('#') || indented || bare.starts_with("- ") || bare == "-" || bare.starts_with([']', '}']);
        if goes_on {
            // A comment between two properties belongs to neither.
            let belongs = !bare.trim().is_empty() && !bare.starts_with('#');
            if let (Some(last), true) = (entries.last_mut(), belongs) {
                last.range.end = at + bare.len();
            }
        } else {
            let Some((name, colon)) = key(bare) else {
                return refuse(&format!("the line `{}` of the properties cannot be edited", bare.escape_debug()));
            };
            let value = bare[colon + 1..].trim_start();
            if value.starts_with(['!', '&', '*']) || name == "<<" {
                return refuse(&format!("the property `{name}` uses tags, anchors or merges of YAML"));
            }
            names.push(name);
            entries.push(Entry {
                range: at..at + bare.len(),
                value: at + colon + 1,
            });
        }
        at += line.len();
    }
    Ok((names, entries))
}

/// Returns the name that a line begins with, and where its colon stands.
fn key(line: &str) -> Option<(String, usize)> {
    let mut quoted = match line.as_bytes().first()? {
        quote @ (b'"' | b'\'') => Some(*quote),
        _ => None,
    };
    let bytes = line.as_bytes();
    let mut at = usize::from(quoted.is_some());
    while at < bytes.len() {
        match (quoted, bytes[at]) {
            (Some(b'"'), b'\\') => at += 1,
            (Some(quote), it) if it == quote => quoted = None,
            (None, b':') if bytes.get(at + 1).is_none_or(|it| matches!(it, b' ' | b'\t')) => {
                let Ok(Value::Map(read)) = yaml::parse(&line[..=at]) else {
                    return None;
                };
                return read.into_iter().next().map(|(name, _)| (name, at));
            }
            _ => {}
        }
        at += 1;
    }
    None
}
