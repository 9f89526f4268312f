//! `membridge skills`: which skill fits a task.

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
    http::skills::{SkillEntry, SkillsResponse},
};

/// Which skills to look for.
#[derive(Debug, Clone, Args)]
pub struct SkillsArgs {
    /// The task in words; all skills when left out
    #[arg(value_name = "TASK", num_args = 0..)]
    pub task: Vec<String>,
    /// Only this source
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// At most this many
    #[arg(long, short = 'n', value_name = "N")]
    pub limit: Option<usize>,
    #[command(flatten)]
    pub output: JsonArg,
}

/// Asks and prints, the fittest first: citation, name, description.
pub fn run(client: &Client, args: &SkillsArgs) -> Result<ExitCode, Failure> {
    let task = Some(args.task.join(" ")).filter(|it| !it.is_empty());
    let limit = args.limit.map(|it| it.to_string());
    let parameters = given([("q", &task), ("source", &args.source), ("limit", &limit)]);
    let answer = client.get("/v1/skills", &parameters, "application/json")?;
    let response: SkillsResponse = answer.read()?;
    if args.output.json {
        print(answer.into_line())?;
    } else {
        let line = |it: &SkillEntry| {
            format!(
                "{}  {}: {}\n",
                one_line(&it.citation),
                one_line(&it.name),
                one_line(&it.description)
            )
        };
        print(response.skills.iter().map(line).collect::<String>())?;
    }
    Ok(found(response.skills.len(), response.index))
}
