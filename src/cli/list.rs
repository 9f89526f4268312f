//! `membridge ls` and `membridge recent`: notes by path or by time, from the same search that answers questions.

use std::process::ExitCode;

use clap::Args;

use crate::{
    cli::{
        JsonArg,
        client::{Client, Failure},
        get::bare_path,
        note, one_line, print,
        search::found,
    },
    http::search::{Hit, SearchResponse, input::SearchInput},
};

/// The server's bounds on one answer and on paging.
const PAGE: usize = 100;
const OFFSET_MOST: usize = 10_000;

/// Which notes to list.
#[derive(Debug, Clone, Args)]
pub struct LsArgs {
    /// A folder, or a glob such as `Projects/**/2026*`; left out, everything
    pub glob: Option<String>,
    /// Only this source
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Only notes with this tag or a child of it
    #[arg(long)]
    pub tag: Option<String>,
    /// Print JSON instead of text: the wire JSON of a search, one page of 100 notes a line
    #[arg(long)]
    pub json: bool,
}

/// Which changes to list.
#[derive(Debug, Clone, Args)]
pub struct RecentArgs {
    /// Modified since: 7d, 12h, 2026-02-03
    #[arg(long, value_name = "WHEN", default_value = "7d")]
    pub since: String,
    /// Notes to print, up to 100
    #[arg(long, short = 'n', default_value_t = 20)]
    pub limit: usize,
    /// Only this source
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// Only paths that fit: `Projects/**`
    #[arg(long, value_name = "GLOB")]
    pub path: Option<String>,
    #[command(flatten)]
    pub output: JsonArg,
}

/// Prints every note that fits, a page at a time.
pub fn ls(client: &Client, args: &LsArgs) -> Result<ExitCode, Failure> {
    let mut input = SearchInput {
        path: args.glob.as_deref().map(folder_or_glob),
        source: args.source.clone(),
        tag: args.tag.clone(),
        sort: Some("path".to_owned()),
        limit: Some(PAGE),
        snippet_chars: Some(0),
        ..SearchInput::default()
    };
    let mut shown = 0;
    loop {
        input.offset = Some(shown);
        let answer = client.post("/v1/search", &input)?;
        let page: SearchResponse = answer.read()?;
        shown += page.hits.len();
        if args.json {
            print(answer.into_line())?;
        } else {
            print(page.hits.iter().map(|it| format!("{}\n", named(it))).collect::<String>())?;
        }
        if page.hits.is_empty() || shown >= page.total {
            return Ok(found(shown, page.index));
        }
        if shown > OFFSET_MOST {
            note(format_args!(
                "{shown} of {} notes shown\nhint: list a folder to see the rest",
                page.total
            ));
            return Ok(found(shown, page.index));
        }
    }
}

/// Prints the notes that changed last.
pub fn recent(client: &Client, args: &RecentArgs) -> Result<ExitCode, Failure> {
    let input = SearchInput {
        since: Some(args.since.clone()),
        path: args.path.clone(),
        source: args.source.clone(),
        sort: Some("modified".to_owned()),
        limit: Some(args.limit),
        snippet_chars: Some(0),
        ..SearchInput::default()
    };
    let answer = client.post("/v1/search", &input)?;
    let response: SearchResponse = answer.read()?;
    if args.output.json {
        print(answer.into_line())?;
    } else {
        print(
            response
                .hits
                .iter()
                .map(|it| format!("{}  {}\n", minute(&it.modified), named(it)))
                .collect::<String>(),
        )?;
    }
    Ok(found(response.hits.len(), response.index))
}

/// Returns the path as `get` takes it, and the title where it says more than the file name.
fn named(hit: &Hit) -> String {
    let path = one_line(bare_path(&hit.citation));
    let stem = hit.path.rsplit('/').next().unwrap_or(&hit.path);
    let stem = stem.rsplit_once('.').map_or(stem, |(stem, _)| stem);
    if hit.title == stem {
        path
    } else {
        format!("{path}  {}", one_line(&hit.title))
    }
}

/// A bare folder means all below it; `.md` may be left out of a glob's last part only where a wildcard stands for it.
fn folder_or_glob(text: &str) -> String {
    let is_file = text.to_ascii_lowercase().ends_with(".md");
    if is_file || text.contains(['*', '?', '[', '{']) || text.ends_with('/') {
        text.to_owned()
    } else {
        format!("{text}/")
    }
}

/// Returns `2026-02-03 10:00Z` of a time as the API writes it.
fn minute(time: &str) -> String {
    time.get(..16).map_or_else(|| time.to_owned(), |it| it.replace('T', " ") + "Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_means_all_below_it() {
        let check = |text: &str, expected: &str| assert_eq!(folder_or_glob(text), expected);
        check("Projects", "Projects/");
        check("Projects/", "Projects/");
        check("Projects/**/2026*", "Projects/**/2026*");
        check("Projects/Copper.md", "Projects/Copper.md");
    }

    #[test]
    fn times_are_told_to_the_minute() {
        assert_eq!(minute("2026-02-03T10:00:59Z"), "2026-02-03 10:00Z");
        assert_eq!(minute("?"), "?");
    }
}
