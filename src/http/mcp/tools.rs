//! The tools: what each is called, what a model is told of it, and which request of the API a call becomes. Whether the request is a good one, the
//! API says. Pure; knows no transport.

use serde_json::{Map, Value, json};

use crate::http::{
    params::{encode_path, invalid},
    problem::{Problem, ProblemKind},
};

/// Text of a note when nobody says how much: about 5,000 tokens, as on the command line.
const NOTE_BYTES: &str = "20000";

/// What `search` takes.
const SEARCH: [&str; 16] = [
    "query",
    "limit",
    "path",
    "tag",
    "origin",
    "since",
    "until",
    "sort",
    "source",
    "offset",
    "passages",
    "snippet_chars",
    "min_score",
    "syntax",
    "explain",
    // What the API calls it; taken, as models know the API too.
    "q",
];
/// What `get` takes beside the path.
const PARTS: [&str; 8] = ["section", "lines", "from", "block", "view", "at", "max_bytes", "source"];
/// What `edit` takes beside the path.
const EDIT: [&str; 6] = ["edits", "reason", "if_match", "dry_run", "allow_secret", "source"];
/// What an edit may be.
const OPERATIONS: [&str; 13] = [
    "replace_text",
    "append",
    "prepend",
    "replace_section",
    "delete_section",
    "insert_before",
    "insert_after",
    "replace_block",
    "replace_lines",
    "set_property",
    "remove_property",
    "add_tag",
    "remove_tag",
];

/// A tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    Search,
    Get,
    Context,
    Remember,
    Edit,
}

/// What a client may rely on when it decides whether to ask its user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hints {
    pub read_only: bool,
    /// Takes away what stands there. (It can be undone: each write is a commit.)
    pub destructive: bool,
}

/// A request of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub method: &'static str,
    /// Encoded.
    pub path: String,
    pub parameters: Vec<(&'static str, String)>,
    pub headers: Vec<(&'static str, String)>,
    /// JSON, or nothing.
    pub body: Vec<u8>,
}

impl Tool {
    pub const ALL: [Tool; 5] = [Tool::Search, Tool::Get, Tool::Context, Tool::Remember, Tool::Edit];

    /// Returns the tool of that name.
    pub fn named(name: &str) -> Option<Tool> {
        Tool::ALL.into_iter().find(|it| it.name() == name)
    }

    /// Clients put the server's name before it.
    pub fn name(self) -> &'static str {
        match self {
            Tool::Search => "search",
            Tool::Get => "get",
            Tool::Context => "context",
            Tool::Remember => "remember",
            Tool::Edit => "edit",
        }
    }

    /// Returns what a model reads when it chooses.
    pub fn description(self) -> &'static str {
        match self {
            Tool::Search => {
                "Search the notes by words. Answers a citation and a snippet for each note; read it with `get` before you rely on it."
            }
            Tool::Get => "Read a note, or the part that a citation names. The first line tells its hash, origin and lines.",
            Tool::Context => {
                "One call instead of search and several gets: the passages that answer a question, with citations, within a budget of tokens."
            }
            Tool::Remember => {
                "Keep one lasting fact, preference or decision as a note of its own. Search first: to correct what is there, name it in `supersedes`, or `edit` it. No secrets."
            }
            Tool::Edit => "Change parts of a note; all edits or none. Prefer replace_text and append over rewriting. Answers the new hash.",
        }
    }

    pub fn hints(self) -> Hints {
        let (read_only, destructive) = match self {
            Tool::Search | Tool::Get | Tool::Context => (true, false),
            Tool::Remember => (false, false),
            Tool::Edit => (false, true),
        };
        Hints { read_only, destructive }
    }

    /// Returns the JSON Schema of the arguments. Names and meanings are the API's; what few calls need is left out, and taken all the same.
    pub fn schema(self) -> Value {
        let text = |description: &str| json!({"type": "string", "description": description});
        let texts = |description: &str| json!({"type": "array", "items": {"type": "string"}, "description": description});
        let (required, properties) = match self {
            Tool::Search => (
                vec![],
                json!({
                    "query": text("Words rank; \"a phrase\", +must, -not, tag:x, path:Projects/**. Left out, the conditions select."),
                    "limit": {"type": "integer", "minimum": 1, "maximum": 100, "description": "Default 8."},
                    "path": text("Glob."),
                    "tag": {"type": "string"},
                    "origin": {"type": "string", "enum": ["human", "agent", "pull-request", "config"]},
                    "since": text("Date, or age such as 7d."),
                    "sort": {"type": "string", "enum": ["relevance", "modified", "path"]},
                }),
            ),
            Tool::Get => (
                vec!["path"],
                json!({
                    "path": text("Path or citation, such as Projects/Copper.md#L10-L24."),
                    "section": text("Headings from the top, such as Plan/Ledger."),
                    "lines": text("Such as 10-24."),
                    "view": {"type": "string", "enum": ["map"], "description": "List the sections instead."},
                    "max_bytes": {"type": "integer", "description": "Default 20000."},
                }),
            ),
            Tool::Context => (
                vec!["question"],
                json!({
                    "question": {"type": "string"},
                    "budget": {"type": "integer", "description": "Tokens, default 2000."},
                }),
            ),
            Tool::Remember => (
                vec!["text"],
                json!({
                    "text": text("Markdown: the fact first, then why it is so."),
                    "title": text("What one would search for; default: the first line."),
                    "topic": text("A folder for notes about one thing, such as homelab or people/ada."),
                    "tags": texts("Without #."),
                    "links": texts("Names of notes that this has to do with."),
                    "supersedes": text("Path of the note that this one takes the place of."),
                    "source": text("Where it comes from."),
                }),
            ),
            Tool::Edit => (
                vec!["path", "edits"],
                json!({
                    "path": {"type": "string"},
                    "edits": {"type": "array", "minItems": 1, "items": edit_schema()},
                    "reason": text("Stands in the commit."),
                    "if_match": text("The hash that you read; replace_lines needs it."),
                    "dry_run": {"type": "boolean", "description": "Answer the difference, change nothing."},
                }),
            ),
        };
        json!({"type": "object", "properties": properties, "required": required})
    }

    /// Returns the request that a call of the tool makes, or the problem that it can be none.
    pub fn asked(self, mut arguments: Map<String, Value>) -> Result<Asked, Problem> {
        let post = |path: &str, arguments: Map<String, Value>| Asked {
            method: "POST",
            path: path.to_owned(),
            parameters: Vec::new(),
            headers: Vec::new(),
            body: Value::Object(arguments).to_string().into_bytes(),
        };
        match self {
            Tool::Search => {
                known(arguments.keys(), &SEARCH, SEARCH.len() - 1)?;
                Ok(post("/v1/search", arguments))
            }
            Tool::Context => Ok(post("/v1/context", arguments)),
            Tool::Remember => {
                // A parameter of the API, which its refusal of a secret names.
                let allowed = arguments.shift_remove("allow_secret").map(|it| ("allow_secret".to_owned(), it));
                Ok(Asked {
                    parameters: texts(allowed.into_iter().collect(), &["allow_secret"])?,
                    ..post("/v1/memories", arguments)
                })
            }
            Tool::Get => {
                let path = path_of(&mut arguments)?;
                let mut parameters = texts(arguments, &PARTS)?;
                if !parameters.iter().any(|(name, _)| matches!(*name, "max_bytes" | "view")) {
                    parameters.push(("max_bytes", NOTE_BYTES.to_owned()));
                }
                Ok(Asked {
                    method: "GET",
                    path,
                    parameters,
                    headers: Vec::new(),
                    body: Vec::new(),
                })
            }
            Tool::Edit => {
                let path = path_of(&mut arguments)?;
                operations(arguments.get("edits"))?;
                let mut body = Map::new();
                for name in ["edits", "reason"] {
                    body.extend(arguments.shift_remove(name).map(|it| (name.to_owned(), it)));
                }
                let given = texts(arguments, &EDIT)?;
                let (headers, mut parameters): (Vec<_>, Vec<_>) = given.into_iter().partition(|(name, _)| *name == "if_match");
                if parameters.iter().any(|(name, value)| *name == "dry_run" && value == "true") {
                    parameters.push(("diff", "true".to_owned()));
                }
                let quoted = |(_, hash): (_, String)| ("if-match", format!("\"{}\"", hash.trim_matches('"')));
                Ok(Asked {
                    method: "PATCH",
                    path,
                    parameters,
                    headers: headers.into_iter().map(quoted).collect(),
                    body: Value::Object(body).to_string().into_bytes(),
                })
            }
        }
    }
}

/// One schema for all edits: an alternative for each would cost four times as much, and the API says what is missing.
fn edit_schema() -> Value {
    json!({
        "type": "object",
        "required": ["op"],
        "properties": {
            "op": {"type": "string", "enum": OPERATIONS},
            "old": {"type": "string", "description": "replace_text: stands there exactly once (or `expect` times)."},
            "new": {"type": "string"},
            "expect": {"type": "integer"},
            "text": {"type": "string", "description": "What is put there: append, prepend, insert_*, replace_*."},
            "section": {"type": "string", "description": "Headings from the top, such as Plan/Ledger; without it append and prepend mean the note."},
            "create_section": {"type": "boolean"},
            "block": {"type": "string"},
            "lines": {"type": "string"},
            "name": {"type": "string", "description": "*_property."},
            "value": {"description": "set_property: text, number, boolean or list."},
            "tag": {"type": "string"},
        },
    })
}

/// Takes the path out of the arguments, as a part of a URL.
fn path_of(arguments: &mut Map<String, Value>) -> Result<String, Problem> {
    // Models repeat what a hit calls it.
    let given = arguments.shift_remove("path").or_else(|| arguments.shift_remove("citation"));
    match given {
        Some(Value::String(path)) if path.trim().is_empty() => {
            Err(invalid("path", "it is empty").hint("name the note in `path`, such as `Projects/Copper.md`; `search` finds it"))
        }
        Some(Value::String(path)) => Ok(format!("/v1/notes/{}", encode_path(&path))),
        _ => Err(invalid("path", "it is a text, such as `Projects/Copper.md`").hint("name the note in `path`")),
    }
}

/// Refuses an argument that there is not; of those that there are the first `told` are named.
fn known<'a>(mut given: impl Iterator<Item = &'a String>, valid: &[&str], told: usize) -> Result<(), Problem> {
    match given.find(|name| !valid.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(Problem::new(
            ProblemKind::InvalidParameter,
            format!("there is no argument `{}` here", name.escape_debug()),
        )
        .hint("call again with the arguments of `valid`")
        .valid(&valid[..told])),
    }
}

/// Refuses an edit whose `op` is none; what else may be wrong with it the API says.
fn operations(edits: Option<&Value>) -> Result<(), Problem> {
    let edits = edits.and_then(Value::as_array).into_iter().flatten();
    for (at, edit) in edits.enumerate() {
        let op = edit.get("op").and_then(Value::as_str);
        if !op.is_some_and(|it| OPERATIONS.contains(&it)) {
            let what = op.map_or_else(
                || "has no `op`".to_owned(),
                |it| format!("has the `op` `{}`, which is none", it.escape_debug()),
            );
            return Err(Problem::new(ProblemKind::InvalidParameter, format!("edit {} {what}", at + 1))
                .hint("give each edit an `op` of `valid`")
                .valid(&OPERATIONS));
        }
    }
    Ok(())
}

/// Returns arguments as the texts that parameters and headers are.
fn texts(arguments: Map<String, Value>, valid: &'static [&'static str]) -> Result<Vec<(&'static str, String)>, Problem> {
    known(arguments.keys(), valid, valid.len())?;
    let text = |(name, value): (String, Value)| {
        let &known = valid.iter().find(|it| **it == name)?;
        match value {
            Value::String(it) => Some(Ok((known, it))),
            Value::Number(it) => Some(Ok((known, it.to_string()))),
            Value::Bool(it) => Some(Ok((known, it.to_string()))),
            Value::Null => None,
            Value::Array(_) | Value::Object(_) => Some(Err(invalid(known, "it is one text or number"))),
        }
    };
    arguments.into_iter().filter_map(text).collect()
}

#[cfg(test)]
mod tests;
