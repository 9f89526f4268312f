//! The API's answers as a model reads them: words instead of JSON, and no silence where an index that is behind found nothing. Pure.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::http::{
    context::ContextResponse,
    freshness::Index,
    mcp::tools::Tool,
    memories::MemoryResponse,
    notes::shape::{MapResponse, NoteResponse},
    search::SearchResponse,
    words::{self, Voice, one_line},
    write::receipt::ReceiptResponse,
};

/// Returns the blocks of text that a success becomes, or in words why it is none.
pub fn words(tool: Tool, body: &[u8]) -> Result<Vec<String>, String> {
    match tool {
        Tool::Search => found(&read(body)?).map(|it| vec![it]),
        Tool::Get => note(body),
        Tool::Context => gathered(&read(body)?).map(|it| vec![it]),
        Tool::Remember => Ok(vec![remembered(&read(body)?)]),
        Tool::Edit => Ok(vec![written(&read(body)?)]),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body)
        .map_err(|error| format!("the answer cannot be read: {error}\nhint: use the command line and the server in the same version"))
}

fn found(response: &SearchResponse) -> Result<String, String> {
    let mut text: String = response.hits.iter().map(words::hit).collect();
    if response.hits.len() < response.total {
        text.push_str(&format!("{} of {} notes\n", response.hits.len(), response.total));
    }
    text.push_str(&remarks(response.total, response.index, &response.corrected, &response.warnings)?);
    Ok(text)
}

fn gathered(response: &ContextResponse) -> Result<String, String> {
    let mut text = response.text();
    if response.omitted > 0 {
        text.push_str(&format!(
            "{} more left out ({} of {} tokens used)\n",
            response.omitted, response.used, response.budget
        ));
    }
    text.push_str(&remarks(response.total, response.index, &response.corrected, &response.warnings)?);
    Ok(text)
}

/// Returns what stands below what was found. "Nothing" is an answer only from an index that is up to date.
fn remarks(total: usize, index: Index, corrected: &BTreeMap<String, Vec<String>>, warnings: &[String]) -> Result<String, String> {
    let mut lines: Vec<String> = match (total, words::behind(index)) {
        (0, Some(behind)) => return Err(format!("nothing found, but {behind}\nhint: try again in a few seconds")),
        (0, None) => vec!["nothing found".to_owned()],
        (_, behind) => behind.into_iter().collect(),
    };
    let corrected = corrected.iter().map(|(word, terms)| (word, terms.join(", ")));
    lines.extend(corrected.map(|(word, terms)| format!("corrected: {} -> {}", one_line(word), one_line(&terms))));
    lines.extend(warnings.iter().map(|it| format!("warning: {}", words::warning(it, Voice::Tools))));
    Ok(lines.into_iter().map(|it| it + "\n").collect())
}

/// What is known of a note stands before its text, in a block of its own: the text may look like anything.
fn note(body: &[u8]) -> Result<Vec<String>, String> {
    let value: Value = read(body)?;
    if value.get("sections").is_some() {
        let map: MapResponse = read(body)?;
        return Ok(vec![format!("{}hash: {}\n", words::map(&map), map.hash)]);
    }
    let note = read::<NoteResponse>(body)?.note;
    let lines = note.lines;
    let part = if (lines.start, lines.end) == (1, lines.total) {
        format!("{} lines", lines.total)
    } else {
        format!("lines {}-{} of {}", lines.start, lines.end, lines.total)
    };
    let mut head = format!("{}  {}  {}  {part}", one_line(&note.path), note.hash, note.origin);
    if note.as_indexed {
        head.push_str("; not the whole file: what is indexed of it");
    }
    if let Some(whole) = &note.cut_line {
        head.push_str(&format!("; the line is cut, whole with {}", whole.replace('&', " and ")));
    }
    if let Some(next) = &note.next {
        head.push_str(&format!("; more with {next}"));
    }
    Ok(vec![head, note.content])
}

fn remembered(response: &MemoryResponse) -> String {
    let mut text = written(&response.receipt);
    for similar in &response.similar {
        text.push_str(&format!("similar: {} ({:.2})\n", one_line(&similar.path), similar.score));
    }
    text
}

fn written(receipt: &ReceiptResponse) -> String {
    let mut text = match &receipt.diff {
        Some(diff) => format!("not written, this is what it would change:\n{diff}"),
        None => words::receipt(receipt),
    };
    for warning in &receipt.warnings {
        text.push_str(&format!("warning: {}\n", words::warning(warning, Voice::Tools)));
    }
    text
}
