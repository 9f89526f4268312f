//! Who wrote a note, as far as the service can tell. Decides by path and rules; never believes a note that calls itself more trusted.

use crate::model::{
    glob::PathGlob,
    path::{NotePath, path_key},
};

/// Where the text of a note comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    Human,
    Agent,
    PullRequest,
    Config,
}

/// All notes whose path meets the glob have this origin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginRule {
    pub glob: PathGlob,
    pub origin: Origin,
}

impl Origin {
    /// Every origin, in the order in which messages name them.
    pub const ALL: [Origin; 4] = [Origin::Human, Origin::Agent, Origin::PullRequest, Origin::Config];

    /// Returns the origin as the API spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Origin::Human => "human",
            Origin::Agent => "agent",
            Origin::PullRequest => "pull-request",
            Origin::Config => "config",
        }
    }

    /// Returns the origin of that spelling.
    pub fn parse(text: &str) -> Option<Origin> {
        Origin::ALL.into_iter().find(|origin| origin.as_str() == text)
    }

    /// How far a reader may trust the text, more is better. A pull request may come from a stranger; a config repository is reviewed.
    fn trust(self) -> u8 {
        match self {
            Origin::Human => 3,
            Origin::Config => 2,
            Origin::Agent => 1,
            Origin::PullRequest => 0,
        }
    }
}

/// Returns the origin of a note of a vault: the first rule whose glob matches, else `agent` below `agent_folder`, else `human`. `claimed`, the
/// note's own `origin` property, may lower that and never raise it; `config` cannot be claimed, and words that name no origin say nothing.
pub fn decide(path: &NotePath, rules: &[OriginRule], agent_folder: &NotePath, claimed: Option<&str>) -> Origin {
    let ruled = rules.iter().find(|rule| rule.glob.matches(path)).map(|rule| rule.origin);
    let decided = ruled.unwrap_or_else(|| {
        if is_below(path, agent_folder) {
            Origin::Agent
        } else {
            Origin::Human
        }
    });
    let claimed = claimed.and_then(Origin::parse).filter(|it| *it != Origin::Config);
    match claimed {
        Some(lower) if lower.trust() < decided.trust() => lower,
        _ => decided,
    }
}

/// Says whether a path lies below a folder, compared as Obsidian compares paths.
pub fn is_below(path: &NotePath, folder: &NotePath) -> bool {
    path_key(path.folder())
        .strip_prefix(&folder.key())
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, rules: &[(&str, Origin)], claimed: Option<&str>, expected: Origin) {
        let rules: Vec<OriginRule> = rules
            .iter()
            .map(|(glob, origin)| OriginRule {
                glob: PathGlob::parse(glob).unwrap(),
                origin: *origin,
            })
            .collect();
        let decided = decide(&NotePath::parse(path).unwrap(), &rules, &NotePath::parse("Agent").unwrap(), claimed);
        assert_eq!(decided, expected, "{path} with {rules:?}, claimed {claimed:?}");
    }

    #[test]
    fn the_agents_folder_is_the_agents_and_the_rest_is_human() {
        check("Projects/Copper.md", &[], None, Origin::Human);
        check("Agent/Copper.md", &[], None, Origin::Agent);
        check("agent/2026/Copper.md", &[], None, Origin::Agent);
        check("Agents/Copper.md", &[], None, Origin::Human);
        check("Agent.md", &[], None, Origin::Human);
    }

    #[test]
    fn the_first_rule_that_matches_wins_over_the_folder() {
        let rules = [
            ("Agent/Reviewed/**", Origin::Human),
            ("Agent/**", Origin::PullRequest),
            ("Clippings/**", Origin::Agent),
        ];
        check("Agent/Reviewed/A.md", &rules, None, Origin::Human);
        check("Agent/A.md", &rules, None, Origin::PullRequest);
        check("Clippings/A.md", &rules, None, Origin::Agent);
    }

    #[test]
    fn a_claim_lowers_and_never_raises() {
        check("A.md", &[], Some("agent"), Origin::Agent);
        check("A.md", &[], Some("pull-request"), Origin::PullRequest);
        check("Agent/A.md", &[], Some("human"), Origin::Agent);
        check(
            "Agent/A.md",
            &[("Agent/**", Origin::PullRequest)],
            Some("agent"),
            Origin::PullRequest,
        );
        check("A.md", &[], Some("config"), Origin::Human);
        check("A.md", &[], Some("Human!"), Origin::Human);
    }

    #[test]
    fn every_spelling_reads_back() {
        for origin in Origin::ALL {
            assert_eq!(Origin::parse(origin.as_str()), Some(origin));
        }
        assert_eq!(Origin::parse("Human"), None);
    }
}
