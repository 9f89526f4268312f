//! The bodies of writes: a note's text, or edits. Checks what can be checked without looking at the note; knows no file.

use axum::{body::Body, http::HeaderMap};
use serde::Deserialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

use crate::{
    http::{
        AppState, body,
        problem::{Problem, ProblemKind},
        write::{
            call::{self, Call},
            refused::composing,
        },
    },
    model::{
        citation::parse_lines,
        lines::LineRange,
        note::edit::{self, Edit, EditPlace},
        yaml::{Number, Value},
    },
};

const EDITS_MOST: usize = 100;

/// The body of PUT as JSON.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PutInput {
    /// The text below the properties.
    pub content: String,
    /// Names and values; they become the frontmatter.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub properties: serde_json::Map<String, Json>,
}

/// Returns the text that PUT brings, and the body as it came.
pub async fn put_text(state: &AppState, call: &Call, headers: &HeaderMap, body: Body) -> Result<(String, Vec<u8>), Problem> {
    let (text, raw) = if body::is_json(headers) {
        let (input, raw): (PutInput, _) = body::json_raw(headers, body, call.json_limits(state), &["content", "properties"]).await?;
        let properties = input.properties.into_iter().map(|(name, it)| Ok((name, value(it)?)));
        let properties: Vec<(String, Value)> = properties.collect::<Result<_, Problem>>()?;
        let text = edit::compose(&properties, &input.content).map_err(composing)?;
        (text, raw)
    } else {
        let text = body::markdown(headers, body, call.limits(state)).await?;
        let raw = text.clone().into_bytes();
        (text, raw)
    };
    if text.is_empty() && !call.allow_empty {
        return Err(Problem::new(ProblemKind::InvalidBody, "the text is empty")
            .hint("send the note's text, or `allow_empty=true` to make the note empty"));
    }
    Ok((text, raw))
}

/// The body of PATCH.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PatchInput {
    /// Up to 100; all or none.
    pub edits: Vec<EditInput>,
    /// Why; stands in the commit.
    pub reason: Option<String>,
}

/// One edit. Sections are headings from the top (`Plan/Ledger`, or a list), or the last one alone when it is unique.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum EditInput {
    ReplaceText {
        #[serde(alias = "old_text")]
        old: String,
        #[serde(alias = "new_text")]
        new: String,
        /// How often `old` must stand there: 1 when left out.
        expect: Option<usize>,
        within: Option<SectionInput>,
    },
    Append {
        text: String,
        section: Option<SectionInput>,
        block: Option<String>,
        #[serde(default)]
        create_section: bool,
    },
    Prepend {
        text: String,
        section: Option<SectionInput>,
        block: Option<String>,
        #[serde(default)]
        create_section: bool,
    },
    ReplaceSection {
        section: SectionInput,
        text: String,
        #[serde(default)]
        include_heading: bool,
    },
    DeleteSection {
        section: SectionInput,
    },
    InsertBefore {
        section: SectionInput,
        text: String,
    },
    InsertAfter {
        section: SectionInput,
        text: String,
    },
    ReplaceBlock {
        block: String,
        text: String,
    },
    ReplaceLines {
        /// `10-24`, or `10`; needs `If-Match`.
        lines: String,
        text: String,
    },
    SetProperty {
        name: String,
        #[schema(value_type = Object)]
        value: Json,
    },
    RemoveProperty {
        name: String,
    },
    AddTag {
        tag: String,
    },
    RemoveTag {
        tag: String,
    },
}

/// A section: `Plan/Ledger` (`\/` is a slash inside a heading), or its headings as a list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum SectionInput {
    Path(String),
    Headings(Vec<String>),
}

/// Returns the edits and the reason that PATCH brings, and the body as it came.
pub async fn edits(
    state: &AppState,
    call: &Call,
    headers: &HeaderMap,
    body: Body,
) -> Result<(Vec<Edit>, Option<String>, Vec<u8>), Problem> {
    let (input, raw): (PatchInput, _) = body::json_raw(headers, body, call.json_limits(state), &["edits", "reason"]).await?;
    if input.edits.is_empty() || input.edits.len() > EDITS_MOST {
        return Err(
            Problem::new(ProblemKind::InvalidBody, format!("`edits` holds 1 to {EDITS_MOST} edits"))
                .hint("name at least one change, such as {\"op\": \"append\", \"text\": \"...\"}; send many in several calls"),
        );
    }
    let reason = input.reason.as_deref().map(call::reason).transpose()?;
    let edits = input.edits.into_iter().map(edit_of).collect::<Result<Vec<_>, _>>()?;
    Ok((edits, reason, raw))
}

fn edit_of(input: EditInput) -> Result<Edit, Problem> {
    Ok(match input {
        EditInput::ReplaceText { old, new, expect, within } => Edit::ReplaceText {
            old,
            new,
            expect: expect.unwrap_or(1),
            within: within.map(section),
        },
        EditInput::Append {
            text,
            section,
            block,
            create_section,
        } => Edit::Append {
            text,
            place: place(section, block)?,
            create_section,
        },
        EditInput::Prepend {
            text,
            section,
            block,
            create_section,
        } => Edit::Prepend {
            text,
            place: place(section, block)?,
            create_section,
        },
        EditInput::ReplaceSection {
            section: it,
            text,
            include_heading,
        } => Edit::ReplaceSection {
            section: section(it),
            text,
            include_heading,
        },
        EditInput::DeleteSection { section: it } => Edit::DeleteSection { section: section(it) },
        EditInput::InsertBefore { section: it, text } => Edit::InsertBefore {
            section: section(it),
            text,
        },
        EditInput::InsertAfter { section: it, text } => Edit::InsertAfter {
            section: section(it),
            text,
        },
        EditInput::ReplaceBlock { block, text } => Edit::ReplaceBlock { block, text },
        EditInput::ReplaceLines { lines, text } => Edit::ReplaceLines {
            lines: range(&lines)?,
            text,
        },
        EditInput::SetProperty { name, value: it } => Edit::SetProperty { name, value: value(it)? },
        EditInput::RemoveProperty { name } => Edit::RemoveProperty { name },
        EditInput::AddTag { tag } => Edit::AddTag { tag },
        EditInput::RemoveTag { tag } => Edit::RemoveTag { tag },
    })
}

fn section(input: SectionInput) -> String {
    match input {
        SectionInput::Path(path) => path,
        SectionInput::Headings(headings) => headings.iter().map(|it| it.replace('/', "\\/")).collect::<Vec<_>>().join("/"),
    }
}

fn place(of_section: Option<SectionInput>, block: Option<String>) -> Result<EditPlace, Problem> {
    match (of_section, block) {
        (None, None) => Ok(EditPlace::Body),
        (Some(it), None) => Ok(EditPlace::Section(section(it))),
        (None, Some(block)) => Ok(EditPlace::Block(block)),
        (Some(_), Some(_)) => Err(Problem::new(
            ProblemKind::InvalidBody,
            "an edit names a section or a block, not both",
        )),
    }
}

fn range(lines: &str) -> Result<LineRange, Problem> {
    parse_lines(lines.strip_prefix('L').unwrap_or(lines))
        .flatten()
        .ok_or_else(|| Problem::new(ProblemKind::InvalidBody, "`lines` is `10-24` or `10`, counted from 1"))
}

fn value(json: Json) -> Result<Value, Problem> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(it) => Value::Bool(it),
        Json::Number(it) => match (it.as_i64(), it.as_f64()) {
            (Some(integer), _) => Value::Number(Number::Integer(integer)),
            (None, Some(float)) if float.is_finite() => Value::Number(Number::Float(float)),
            _ => {
                return Err(Problem::new(
                    ProblemKind::InvalidBody,
                    format!("the number {it} cannot be kept exactly; send it as a text"),
                ));
            }
        },
        Json::String(it) => Value::String(it),
        Json::Array(items) => Value::List(items.into_iter().map(value).collect::<Result<_, _>>()?),
        Json::Object(entries) => Value::Map(
            entries
                .into_iter()
                .map(|(name, it)| Ok((name, value(it)?)))
                .collect::<Result<_, Problem>>()?,
        ),
    })
}
