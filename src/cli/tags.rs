//! `membridge tags`: every tag with the number of notes that bear it or a child of it.

use std::process::ExitCode;

use clap::Args;

use crate::{
    cli::{
        JsonArg,
        client::{Client, Failure},
        links::given,
        one_line, print,
        search::found,
    },
    http::tags::TagsResponse,
};

/// Whose tags to list.
#[derive(Debug, Clone, Args)]
pub struct TagsArgs {
    /// Only this source
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    #[command(flatten)]
    pub output: JsonArg,
}

/// Asks and prints, the most borne first.
pub fn run(client: &Client, args: &TagsArgs) -> Result<ExitCode, Failure> {
    let answer = client.get("/v1/tags", &given([("source", &args.source)]), "application/json")?;
    let response: TagsResponse = answer.read()?;
    if args.output.json {
        print(answer.into_line())?;
    } else {
        print(
            response
                .tags
                .iter()
                .map(|it| format!("{}  #{}\n", it.notes, one_line(&it.tag)))
                .collect::<String>(),
        )?;
    }
    Ok(found(response.tags.len(), response.index))
}
