//! `membridge edit`: one part of a note, or several. What is typed becomes the edits of the wire contract.

use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::{
    client::{Client, Failure, encode_path},
    receipt::{Body, WriteArgs},
    text::{text_of, usage},
};

/// Shown below the options.
pub const EXAMPLES: &str =
    "TEXT is standard input when it is needed and left out. Properties and tags may be changed together with one other edit.

Examples:
  membridge edit Agent/Copper.md --replace 'buy tin' --with 'buy zinc'
  membridge edit Agent/Copper.md --append --section Plan/Ledger '- 3 kg, paid'
  membridge edit Agent/Copper.md --set status=done --add-tag metal --dry-run
  membridge edit Agent/Copper.md --edits edits.json";

/// What to change.
#[derive(Debug, Clone, Args)]
pub struct EditArgs {
    /// A path below the vault (`.md` may be left out)
    pub path: String,
    /// The new text, for the edits that need one
    #[arg(allow_hyphen_values = true)]
    pub text: Option<String>,
    /// Replace this text, which must stand there once
    #[arg(long, value_name = "OLD", group = "operation", allow_hyphen_values = true)]
    pub replace: Option<String>,
    /// The new text, instead of TEXT
    #[arg(long, value_name = "NEW", allow_hyphen_values = true)]
    pub with: Option<String>,
    /// How often the old text must stand there
    #[arg(long, value_name = "N", requires = "replace")]
    pub expect: Option<usize>,
    /// Put the text at the end of the note, of a section or of a block
    #[arg(long, group = "operation")]
    pub append: bool,
    /// Put the text at the beginning of the note, of a section or of a block
    #[arg(long, group = "operation")]
    pub prepend: bool,
    /// Replace what stands below a heading
    #[arg(long, value_name = "SECTION", group = "operation")]
    pub replace_section: Option<String>,
    /// Delete a section with its heading
    #[arg(long, value_name = "SECTION", group = "operation")]
    pub delete_section: Option<String>,
    /// Put the text before a section
    #[arg(long, value_name = "SECTION", group = "operation")]
    pub insert_before: Option<String>,
    /// Put the text after a section
    #[arg(long, value_name = "SECTION", group = "operation")]
    pub insert_after: Option<String>,
    /// Replace a block
    #[arg(long, value_name = "ID", group = "operation")]
    pub replace_block: Option<String>,
    /// Replace lines, such as 10-12; needs --if-match
    #[arg(long, value_name = "LINES", group = "operation")]
    pub replace_lines: Option<String>,
    /// Edits as in PATCH, from a file (`-` is standard input)
    #[arg(long, value_name = "FILE.json", group = "operation")]
    pub edits: Option<String>,
    /// The section that is meant: headings from the top, such as Plan/Ledger
    #[arg(long, value_name = "SECTION")]
    pub section: Option<String>,
    /// The block that is meant
    #[arg(long, value_name = "ID", conflicts_with = "section")]
    pub block: Option<String>,
    /// Make the section when it is missing
    #[arg(long, requires = "section")]
    pub create_section: bool,
    /// The text brings the heading along
    #[arg(long, requires = "replace_section")]
    pub include_heading: bool,
    /// Set a property; the value is JSON where it can be read so, else a text
    #[arg(long, value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Remove a property
    #[arg(long, value_name = "KEY")]
    pub unset: Vec<String>,
    /// Add a tag to the properties
    #[arg(long, value_name = "TAG")]
    pub add_tag: Vec<String>,
    /// Remove a tag from the properties
    #[arg(long, value_name = "TAG")]
    pub remove_tag: Vec<String>,
    #[command(flatten)]
    pub write: WriteArgs,
}

/// Edits a note.
pub fn run(client: &Client, args: &EditArgs) -> Result<ExitCode, Failure> {
    let edits = edits(args)?;
    let path = format!("/v1/notes/{}", encode_path(&args.path));
    args.write.send(client, "PATCH", &path, Body::Json(&json!({"edits": edits})))
}

fn edits(args: &EditArgs) -> Result<Vec<Value>, Failure> {
    let mut edits = match &args.edits {
        Some(file) => from_file(file)?,
        None => operation(args)?.into_iter().collect(),
    };
    for pair in &args.set {
        let (name, value) = pair
            .split_once('=')
            .ok_or_else(|| usage("--set takes KEY=VALUE", "such as --set status=done"))?;
        let value = serde_json::from_str(value).unwrap_or_else(|_no_json| json!(value));
        edits.push(json!({"op": "set_property", "name": name, "value": value}));
    }
    edits.extend(args.unset.iter().map(|it| json!({"op": "remove_property", "name": it})));
    edits.extend(args.add_tag.iter().map(|it| json!({"op": "add_tag", "tag": it})));
    edits.extend(args.remove_tag.iter().map(|it| json!({"op": "remove_tag", "tag": it})));
    if edits.is_empty() {
        return Err(usage("there is nothing to change", "see `membridge edit --help`"));
    }
    Ok(edits)
}

/// Returns the edit that is no matter of properties, if one is asked for.
fn operation(args: &EditArgs) -> Result<Option<Value>, Failure> {
    let text = || text_of(args.with.as_deref().or(args.text.as_deref()));
    let mut edit = if let Some(old) = &args.replace {
        let mut edit = json!({"op": "replace_text", "old": old, "new": text()?});
        if let Some(section) = &args.section {
            edit["within"] = json!(section);
        }
        if let Some(expect) = args.expect {
            edit["expect"] = json!(expect);
        }
        return Ok(Some(edit));
    } else if args.append || args.prepend {
        let op = if args.append { "append" } else { "prepend" };
        json!({"op": op, "text": text()?, "create_section": args.create_section})
    } else if let Some(section) = &args.replace_section {
        json!({"op": "replace_section", "section": section, "text": text()?, "include_heading": args.include_heading})
    } else if let Some(section) = &args.delete_section {
        json!({"op": "delete_section", "section": section})
    } else if let Some(section) = &args.insert_before {
        json!({"op": "insert_before", "section": section, "text": text()?})
    } else if let Some(section) = &args.insert_after {
        json!({"op": "insert_after", "section": section, "text": text()?})
    } else if let Some(block) = &args.replace_block {
        json!({"op": "replace_block", "block": block, "text": text()?})
    } else if let Some(lines) = &args.replace_lines {
        json!({"op": "replace_lines", "lines": lines, "text": text()?})
    } else {
        return Ok(None);
    };
    if args.append || args.prepend {
        for (name, value) in [("section", &args.section), ("block", &args.block)] {
            if let Some(value) = value {
                edit[name] = json!(value);
            }
        }
    }
    Ok(Some(edit))
}

fn from_file(file: &str) -> Result<Vec<Value>, Failure> {
    let text = if file == "-" {
        text_of(None)?
    } else {
        std::fs::read_to_string(file).map_err(|error| usage(&format!("`{file}` cannot be read: {error}"), "name a file of edits"))?
    };
    let hint = "the file holds a list of edits, or an object with `edits`";
    let json: Value = serde_json::from_str(&text).map_err(|error| usage(&format!("the edits are no JSON: {error}"), hint))?;
    let list = json.get("edits").unwrap_or(&json);
    list.as_array().cloned().ok_or_else(|| usage("the edits are no list", hint))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Typed {
        #[command(flatten)]
        args: EditArgs,
    }

    fn check(typed: &str, expected: &Value) {
        let words = ["edit", "A.md"].into_iter().chain(typed.split('|'));
        let typed = Typed::try_parse_from(words).unwrap();
        assert_eq!(json!(edits(&typed.args).unwrap()), *expected);
    }

    #[test]
    fn what_is_typed_becomes_edits() {
        check("--replace|a b|--with|c", &json!([{"op": "replace_text", "old": "a b", "new": "c"}]));
        check(
            "--replace|a|--with|c|--section|Plan|--expect|2",
            &json!([{"op": "replace_text", "old": "a", "new": "c", "within": "Plan", "expect": 2}]),
        );
        check(
            "--append|--section|Plan/Ledger|- 3 kg",
            &json!([{"op": "append", "text": "- 3 kg", "create_section": false, "section": "Plan/Ledger"}]),
        );
        check("--delete-section|Plan", &json!([{"op": "delete_section", "section": "Plan"}]));
        check(
            "--set|status=done|--set|n=3|--set|list=[1,2]|--unset|old|--add-tag|metal",
            &json!([
                {"op": "set_property", "name": "status", "value": "done"},
                {"op": "set_property", "name": "n", "value": 3},
                {"op": "set_property", "name": "list", "value": [1, 2]},
                {"op": "remove_property", "name": "old"},
                {"op": "add_tag", "tag": "metal"}
            ]),
        );
    }

    #[test]
    fn two_operations_at_once_are_refused() {
        assert!(Typed::try_parse_from(["edit", "A.md", "x", "--append", "--prepend"]).is_err());
        assert!(edits(&Typed::try_parse_from(["edit", "A.md"]).unwrap().args).is_err());
    }
}
