//! Edits of the property `tags`. Knows a tag's alphabet and how lists are written; tags in the text are not touched.

use crate::model::{
    note::{
        edit::{
            EditRefusal,
            draft::{Change, Draft, Splice},
            head::{self, Head, verified},
            property, render,
        },
        tag,
    },
    yaml::Value,
};

const NAME: &str = "tags";

pub(super) fn add(draft: &Draft, tag: &str) -> Result<Change, EditRefusal> {
    let tag = valid(tag)?;
    let head = Head::read(draft)?;
    let index = head.index_of(NAME)?;
    let mut items = items(&head, index)?;
    if items.iter().any(|it| is_tag(it, tag)) {
        return Ok(Change::default());
    }
    items.push(Value::String(tag.to_owned()));
    let list = Value::List(items);
    let Some(index) = index else {
        return property::set(draft, NAME, &list);
    };
    let name = head.properties[index].0.clone();
    let entry = &head.entries[index];
    let old = &draft.text[entry.value..entry.range.end];
    let mut expected = head.properties.clone();
    expected[index].1 = list.clone();
    let splice = |at: usize, text: String| Splice { range: at..at, text };
    let item = render::text(tag);
    let finer = match old.rfind(']') {
        Some(at) if old.trim_start().starts_with('[') => {
            let is_empty = old[..at].trim() == "[";
            let item = if is_empty { item } else { format!(", {item}") };
            let at = old[..at].trim_end().len();
            Some(splice(entry.value + at, item))
        }
        _ => old.rsplit_once('\n').map(|(_, last)| {
            let indent = &last[..last.len() - last.trim_start().len()];
            splice(entry.range.end, draft.fit(&format!("\n{indent}- {item}"), entry.range.end))
        }),
    };
    if let Some(Ok(change)) = finer.map(|it| verified(draft, it, &expected)) {
        return Ok(change);
    }
    property::set(draft, &name, &list)
}

pub(super) fn remove(draft: &Draft, tag: &str) -> Result<Change, EditRefusal> {
    let tag = valid(tag)?;
    let head = Head::read(draft)?;
    let index = head.index_of(NAME)?;
    let old = items(&head, index)?;
    let kept: Vec<Value> = old.iter().filter(|it| !is_tag(it, tag)).cloned().collect();
    let lower = tag.to_lowercase();
    let in_text = draft.note().tags.iter().any(|it| it.name.to_lowercase() == lower);
    let warning = in_text.then(|| format!("the tag `#{tag}` also stands in the text, where it stays"));
    let index = match index {
        Some(index) if kept.len() < old.len() => index,
        _ => return Ok(Change::default().warn(warning.or_else(|| Some(format!("the note's properties have no tag `{tag}`"))))),
    };
    let name = head.properties[index].0.clone();
    let list = Value::List(kept);
    let mut expected = head.properties.clone();
    expected[index].1 = list.clone();
    let change = match lines_without(draft, &head, index, tag).map(|it| verified(draft, it, &expected)) {
        Some(Ok(change)) => change,
        _ => property::set(draft, &name, &list)?,
    };
    Ok(change.warn(warning))
}

/// Takes the lines of a tag out of a list that has one item a line, or the tag out of one in brackets.
fn lines_without(draft: &Draft, head: &Head, index: usize, tag: &str) -> Option<Splice> {
    let entry = &head.entries[index];
    let old = &draft.text[entry.value..entry.range.end];
    let is_it = |item: &str| {
        let item = item.trim().trim_matches(['"', '\'']);
        is_tag(&Value::String(item.to_owned()), tag)
    };
    if let Some(inner) = old.trim().strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        let kept: Vec<&str> = inner.split(',').filter(|it| !is_it(it)).map(str::trim).collect();
        let text = format!(" [{}]", kept.join(", "));
        return Some(Splice {
            range: entry.value..entry.range.end,
            text,
        });
    }
    let (first, _) = old.split_once('\n')?;
    let mut lines = vec![first];
    lines.extend(
        old.split('\n')
            .skip(1)
            .filter(|line| line.trim().strip_prefix('-').is_none_or(|item| !is_it(item))),
    );
    Some(Splice {
        range: entry.value..entry.range.end,
        text: lines.join("\n").trim_end_matches('\r').to_owned(),
    })
}

/// Returns the items of the property.
fn items(head: &Head, index: Option<usize>) -> Result<Vec<Value>, EditRefusal> {
    match index.map(|it| &head.properties[it].1) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::List(items)) => Ok(items.clone()),
        Some(Value::Map(_)) => head::refuse("the property `tags` is no list"),
        Some(Value::String(it)) if it.trim().is_empty() => Ok(Vec::new()),
        Some(Value::String(it)) if it.trim().contains([',', ' ']) => {
            head::refuse("the property `tags` is one text, which Obsidian takes for no tags: set it to a list first")
        }
        Some(one) => Ok(vec![one.clone()]),
    }
}

fn is_tag(item: &Value, tag: &str) -> bool {
    let text = item.scalar_text().unwrap_or_default();
    let text = text.trim();
    text.strip_prefix('#').unwrap_or(text).to_lowercase() == tag.to_lowercase()
}

fn valid(tag: &str) -> Result<&str, EditRefusal> {
    tag::of_property(tag).ok_or_else(|| {
        EditRefusal::Invalid(format!(
            "`{}` is no tag: letters, digits, `_`, `-` and `/`, and not digits alone",
            tag.escape_debug()
        ))
    })
}
