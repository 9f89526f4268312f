//! `membridge doctor`: looks at everything that the service needs, and says of each thing that is wrong how it is mended. Changes nothing; works
//! beside a running service and without one. The checks are below, each in its file; here is what they share and how it is told.

use std::{
    env,
    io::{self, Write},
    process::ExitCode,
};

use clap::Args;
use serde_json::json;

use crate::{
    cli::{FAILED, NOTHING_FOUND, one_line, settings::Settings},
    config::{
        findings::{ConfigProblem, Findings},
        resolve::resolve,
    },
};

mod clock;
mod disk;
mod history;
mod remotes;
mod service;
mod tokens;
mod watches;

pub const EXAMPLES: &str = "Run it as the user who runs the service, with the service's options and variables. It asks the service itself at \
MEMBRIDGE_URL, else where the configuration lets it listen.\n\nExamples:\n  membridge doctor --config /etc/membridge/membridge.yaml\n  membridge doctor \
--vault ~/Notes --json\n\nExit status: 0 all is well, 1 warnings (that no service runs is one), 2 something must be mended.";

/// What is looked at.
#[derive(Debug, Clone, Args)]
pub struct DoctorArgs {
    #[command(flatten)]
    settings: Settings,
    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

/// How bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Fine,
    Warning,
    Problem,
}

/// What was found of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Finding {
    /// What was looked at, in one word.
    check: &'static str,
    level: Level,
    message: String,
    /// A command or a line of the configuration; empty where nothing is to be done.
    fix: String,
}

impl Finding {
    fn fine(check: &'static str, message: impl Into<String>) -> Finding {
        Finding {
            check,
            level: Level::Fine,
            message: message.into(),
            fix: String::new(),
        }
    }

    fn warning(check: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding {
            check,
            level: Level::Warning,
            message: message.into(),
            fix: fix.into(),
        }
    }

    fn problem(check: &'static str, message: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding {
            level: Level::Problem,
            ..Finding::warning(check, message, fix)
        }
    }
}

/// Looks at everything and prints what was found. Exit status 1 for warnings, 2 for problems.
pub fn run(args: DoctorArgs) -> io::Result<ExitCode> {
    let findings = look(args.settings);
    let text = if args.json { json(&findings) } else { text(&findings) };
    io::stdout().write_all(text.as_bytes())?;
    Ok(match findings.iter().map(|it| it.level).max() {
        Some(Level::Problem) => ExitCode::from(FAILED),
        Some(Level::Warning) => ExitCode::from(NOTHING_FOUND),
        _ => ExitCode::SUCCESS,
    })
}

fn look(settings: Settings) -> Vec<Finding> {
    let of = |it: &ConfigProblem, level| Finding {
        level,
        ..Finding::warning("config", format!("{}: {}", it.key, it.message), it.hint.clone())
    };
    let mut said = Findings::default();
    let config = resolve(&settings.into_flags(), &|name| env::var_os(name), &mut said);
    let problems = said.problems.iter().map(|it| of(it, Level::Problem));
    let warnings = said.warnings.iter().map(|it| of(it, Level::Warning));
    if !said.problems.is_empty() {
        // The service may run all the same, since before something went wrong; of the rest, `listen` and the tokens are as good as they were.
        return problems.chain(warnings).chain(service::look(&config, true)).collect();
    }
    let plural = if config.sources.len() == 1 { "" } else { "s" };
    let fine = format!("{} source{plural}, listens on {}", config.sources.len(), config.listen);
    let mut findings = vec![Finding::fine("config", fine)];
    findings.extend(warnings);
    findings.extend(disk::look(&config));
    findings.extend(watches::look(&config));
    findings.extend(history::look(&config));
    findings.extend(tokens::look(&config));
    findings.extend(remotes::look(&config));
    findings.extend(service::look(&config, false));
    findings
}

fn text(findings: &[Finding]) -> String {
    let mut lines = Vec::new();
    for it in findings {
        let word = match it.level {
            Level::Fine => "ok",
            Level::Warning => "warning",
            Level::Problem => "problem",
        };
        lines.push(format!("{word:<8} {:<8} {}", it.check, one_line(&it.message)));
        if !it.fix.is_empty() {
            lines.push(format!("                  fix: {}", one_line(&it.fix)));
        }
    }
    lines.push(match (count(findings, Level::Problem), count(findings, Level::Warning)) {
        (0, 0) => "all is well".to_owned(),
        (problems, warnings) => format!("{problems} to mend, {warnings} to look at"),
    });
    lines.join("\n") + "\n"
}

fn json(findings: &[Finding]) -> String {
    let told: Vec<_> = findings
        .iter()
        .map(|it| {
            let level = match it.level {
                Level::Fine => "ok",
                Level::Warning => "warning",
                Level::Problem => "problem",
            };
            json!({"check": it.check, "level": level, "message": it.message, "fix": it.fix})
        })
        .collect();
    let (problems, warnings) = (count(findings, Level::Problem), count(findings, Level::Warning));
    json!({"problems": problems, "warnings": warnings, "findings": told}).to_string() + "\n"
}

fn count(findings: &[Finding], level: Level) -> usize {
    findings.iter().filter(|it| it.level == level).count()
}

/// Returns a text as one word of a shell.
pub(super) fn shell(text: &str) -> String {
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "/._-+:@%".contains(it);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_is_a_line_and_its_fix() {
        let findings = [
            Finding::fine("config", "1 source"),
            Finding::warning("disk", "little room", "make room"),
            Finding::problem("git", "a\nb", "git status"),
        ];
        assert_eq!(
            text(&findings),
            "ok       config   1 source\nwarning  disk     little room\n                  fix: make room\n\
             problem  git      a b\n                  fix: git status\n1 to mend, 1 to look at\n"
        );
        assert_eq!(text(&findings[..1]), "ok       config   1 source\nall is well\n");
        assert!(json(&findings).starts_with(r#"{"problems":1,"warnings":1,"findings":[{"check":"config","level":"ok""#));
    }

    #[test]
    fn a_path_in_a_command_is_one_word() {
        let check = |text: &str, expected: &str| assert_eq!(shell(text), expected);
        check("/srv/notes", "/srv/notes");
        check("/srv/My Notes", "'/srv/My Notes'");
        check("/it's", "'/it'\\''s'");
        check("$(rm)", "'$(rm)'");
    }
}
