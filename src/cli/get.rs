//! `membridge get`: a note's text, or the part that a citation or an option names.

use std::process::ExitCode;

use clap::Args;

use crate::{
    cli::{
        client::{Client, Failure, encode_path},
        note, print,
    },
    http::words,
};

/// Shown below the options.
pub const EXAMPLES: &str = "Examples:
  membridge get Projects/Copper.md
  membridge get 'Projects/Copper.md#L10-L24'
  membridge get Projects/Copper --section Plan/Ledger
  membridge get Projects/Copper --map
Text that was left out is named on stderr, as the command that prints it.";

/// What is printed when nobody says more: about 5,000 tokens.
const MAX_BYTES: usize = 20_000;

/// Which note to read, and which part.
#[derive(Debug, Clone, Args)]
pub struct GetArgs {
    /// A path below the vault (`.md` may be left out) or a citation
    #[arg(value_name = "CITATION_OR_PATH")]
    pub citation: String,
    /// These lines: `10-24`, or `10` for one
    #[arg(long, group = "part")]
    pub lines: Option<String>,
    /// This section: headings from the top, or the last one alone when it is unique
    #[arg(long, value_name = "HEADING/HEADING", group = "part")]
    pub section: Option<String>,
    /// The block with this id
    #[arg(long, value_name = "ID", group = "part")]
    pub block: Option<String>,
    /// Stop at a line after so many bytes [default: 20000, unlimited with --raw and --json]
    #[arg(long)]
    pub max_bytes: Option<usize>,
    /// The source of a path that names none
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Print the sections, blocks and properties instead of the text
    #[arg(long, group = "shape", conflicts_with = "part")]
    pub map: bool,
    /// Print the file's bytes as they are
    #[arg(long, group = "shape")]
    pub raw: bool,
    /// Print the server's JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// Reads and prints.
pub fn run(client: &Client, args: &GetArgs) -> Result<ExitCode, Failure> {
    let path = format!("/v1/notes/{}", encode_path(&args.citation));
    let max_bytes = args.max_bytes.or((!args.raw && !args.json && !args.map).then_some(MAX_BYTES));
    let view = args.map.then(|| "map".to_owned());
    let given = [
        ("lines", args.lines.clone()),
        ("section", args.section.clone()),
        ("block", args.block.clone()),
        ("source", args.source.clone()),
        ("max_bytes", max_bytes.map(|it| it.to_string())),
        ("view", view),
    ];
    let parameters: Vec<(&str, String)> = given.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let accept = if args.map || args.json {
        "application/json"
    } else {
        "text/markdown"
    };
    let answer = client.get(&path, &parameters, accept)?;
    if args.json {
        print(answer.into_line())?;
    } else if args.map {
        print(words::map(&answer.read()?))?;
    } else {
        print(&answer.bytes)?;
        if answer.as_indexed {
            note(format_args!(
                "the file cannot be read at the moment, or is too large: this is what is indexed of it, of a large file the beginning alone"
            ));
        }
        let path = bare_path(&args.citation).replace('\'', r"'\''");
        if let Some((line, bytes)) = answer.cut_line.as_deref().and_then(cut_line) {
            note(format_args!(
                "line {line} is cut, whole: membridge get '{path}' --lines {line} --max-bytes {bytes}"
            ));
        }
        if let Some(rest) = answer.next.as_deref().and_then(|it| it.strip_prefix("lines=")) {
            note(format_args!("more: membridge get '{path}' --lines {rest}"));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads `lines=3-3&max_bytes=34567`: the line and its bytes.
fn cut_line(parameters: &str) -> Option<(&str, &str)> {
    let (lines, bytes) = parameters.strip_prefix("lines=")?.split_once("&max_bytes=")?;
    Some((lines.split('-').next()?, bytes))
}

/// Returns a citation without its lines.
pub fn bare_path(citation: &str) -> &str {
    match citation.rsplit_once("#L") {
        Some((path, lines)) if lines.bytes().all(|it| it.is_ascii_digit() || matches!(it, b'L' | b'-')) => path,
        _ => citation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_citation_loses_its_lines_only() {
        assert_eq!(bare_path("a.md#L10-L24"), "a.md");
        assert_eq!(bare_path("vault:C#Lang.md"), "vault:C#Lang.md");
    }
}
