//! The note of a pull request: what it was for, what it changed, how it was judged, whether it went live and what is left. A pure function of
//! the pull request, in regions that are kept apart; must not know the note as it stands (see [`super::region`]), nor the rest of the vault.
//!
//! However large a pull request is, its note stays below 64 KiB: every section has its share, and says what it left out.

use crate::model::{
    glob::PathGlob,
    pull_request::{ForgeKind, PullRequest},
    yaml::Value,
};

mod body;
mod changed;
mod checks;
mod commits;
mod decisions;
mod finish;
mod follow_ups;
mod intent;
mod kept;
mod links;
mod name;
mod outcome;
mod properties;
mod review;
mod telling;
mod untrusted;

pub use self::{
    finish::mask_new,
    kept::{masked, masked_rollout},
    name::{path, path_with_host, shares_names},
};

/// The pages of a forge, for people: where its URLs begin. Of the configuration, never of a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Web {
    pub kind: ForgeKind,
    /// As in the id of its pull requests.
    pub host: String,
    /// `https://git.example.org`, without a final slash.
    pub base: String,
    /// Those whose pull requests have notes.
    pub repos: Vec<String>,
}

/// Characters of a title.
const TITLE_MOST: usize = 200;

/// What a pull request's note says, before it meets the note that is there.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// In one line, harmless in Markdown; without `# `.
    pub title: String,
    /// In order; without `tags`, `aliases` and `regions`.
    pub properties: Vec<(String, Value)>,
    /// Without `#`.
    pub tags: Vec<String>,
    pub aliases: Vec<String>,
    /// By name, in the order of [`REGIONS`]: a heading and what stands below it, without a last line feed. What has nothing to say is not there.
    pub regions: Vec<(&'static str, String)>,
}

/// The names of all regions, in the order of the note. The narrative slot stands before the last.
pub const REGIONS: [&str; 9] = [
    "outcome",
    "intent",
    "decisions",
    "changed",
    "commits",
    "review",
    "checks",
    "follow-ups",
    "links",
];

/// Returns the note of a pull request. `webs` are the forges that are configured, one a host; without its forge's pages there are no links to them.
/// `areas` group the changed files, the first one that meets a path wins.
pub fn render(pr: &PullRequest, webs: &[Web], areas: &[PathGlob]) -> Rendered {
    let web = webs.iter().find(|it| it.host == pr.id.host);
    let body = untrusted::masked(pr.body.as_deref().unwrap_or_default());
    let sections = [
        outcome::section(pr, web),
        intent::section(pr, &body),
        decisions::section(pr, &body),
        changed::section(pr, areas),
        commits::section(pr, web),
        review::section(pr),
        checks::section(pr),
        follow_ups::section(pr, &body),
        links::section(pr, web, webs, &body),
    ];
    let title = untrusted::inline(pr.title.as_deref().unwrap_or_default(), TITLE_MOST);
    let title = if title.is_empty() {
        untrusted::inline(&format!("{} {}", pr.id.repo, pr.id.number), TITLE_MOST)
    } else {
        title
    };
    finish::finished(Rendered {
        title,
        properties: properties::of(pr, web, areas),
        tags: vec!["pull-request".to_owned()],
        aliases: [untrusted::property(pr.title.as_deref().unwrap_or_default(), TITLE_MOST)]
            .into_iter()
            .filter(|it| !it.is_empty())
            .collect(),
        regions: REGIONS
            .into_iter()
            .zip(sections)
            .filter_map(|(name, text)| Some((name, text?)))
            .collect(),
    })
}

/// Returns a title as one plain line, of at most 200 characters, with its secrets masked: as it may be shown wherever it is no Markdown.
pub fn plain_title(title: &str) -> String {
    untrusted::line(title, TITLE_MOST)
}

/// Puts lines below each other while they fit, and says how many did not; those are never made.
fn bounded(lines: impl ExactSizeIterator<Item = String>, most_lines: usize, most_bytes: usize, what: &str) -> String {
    let mut text = String::new();
    let count = lines.len();
    for (at, line) in lines.enumerate() {
        if at == most_lines || text.len() + line.len() > most_bytes {
            let left = count - at;
            text.push_str(&format!("- … {left} more {}\n", untrusted::plural(left, what)));
            break;
        }
        text.push_str(&line);
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text
}

/// Returns a time as notes spell it, to the second.
fn time(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Returns the first digits of a commit.
fn short(sha: &str) -> String {
    untrusted::name(&sha.chars().take(7).collect::<String>(), 7)
}

#[cfg(test)]
mod tests;
