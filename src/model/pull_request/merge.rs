//! What the message of a commit says of a merge: which pull request it brought in. Knows the words of each forge; must not know where the commit
//! lies, nor whether it can be what it says.

use crate::model::pull_request::{ForgeKind, PullRequestId};

/// Says whether a commit's message tells that it merged this pull request.
pub fn merges(message: &str, kind: ForgeKind, id: &PullRequestId) -> bool {
    let subject = message.lines().next().unwrap_or_default();
    let told = match kind {
        // There `#7` is an issue.
        ForgeKind::GitLab => merge_request_in(message, subject, &id.repo),
        ForgeKind::Gitea | ForgeKind::Forgejo | ForgeKind::GitHub => number_in(subject),
    };
    told == Some(id.number)
}

/// Returns the number of the pull request that a commit's subject says was merged by it: `Merge pull request 'x' (#7) from ..`,
/// `Merge pull request #7 from ..`, or the ending ` (#7)` of a squash.
pub fn number_in(subject: &str) -> Option<u64> {
    if let Some(rest) = subject.strip_prefix("Merge pull request ") {
        return number(rest.strip_prefix('#').or_else(|| Some(rest.rsplit_once("(#")?.1))?);
    }
    number(subject.trim_end().strip_suffix(')')?.rsplit_once(" (#")?.1)
}

/// Returns the number of a merge request of this repository: in the line `See merge request group/name!7` of the body, or at the end of the subject,
/// as `(!7)` or, where that begins with `Merge`, without the brackets.
fn merge_request_in(message: &str, subject: &str, repo: &str) -> Option<u64> {
    let own = |reference: &str| {
        let (named, digits) = reference.rsplit_once('!')?;
        (named.is_empty() || named.eq_ignore_ascii_case(repo)).then(|| number(digits))?
    };
    // Those of a squash's own commits may stand above it.
    let seen = message.lines().rev().find_map(|it| it.trim().strip_prefix("See merge request "));
    if let Some(reference) = seen {
        return own(reference);
    }
    let last = subject.split_whitespace().next_back()?;
    match last.strip_prefix('(').and_then(|it| it.strip_suffix(')')) {
        Some(reference) => own(reference),
        None if subject.starts_with("Merge ") => own(last),
        None => None,
    }
}

/// Returns the number that a text begins with.
fn number(text: &str) -> Option<u64> {
    let digits = text.find(|it: char| !it.is_ascii_digit()).unwrap_or(text.len());
    text[..digits].parse().ok().filter(|it| PullRequestId::is_number(*it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merge_names_its_pull_request() {
        let check = |subject: &str, expected: Option<u64>| assert_eq!(number_in(subject), expected, "{subject}");
        check("Merge pull request 'Pin nginx (again)' (#7) from agent/pin into main", Some(7));
        check("Merge pull request #12 from a/b", Some(12));
        check("fix(web): pin nginx (#8)", Some(8));
        check("fix: see #8", None);
        check("fix (#)", None);
        check("fix (#9223372036854775808)", None);
    }

    /// No merge of GitLab was seen, and an issue's number was taken for one.
    #[test]
    fn a_merge_of_gitlab_names_its_merge_request() {
        let id = PullRequestId {
            host: "gitlab.example.org".to_owned(),
            repo: "group/proj".to_owned(),
            number: 30,
        };
        let check = |message: &str, expected: bool| assert_eq!(merges(message, ForgeKind::GitLab, &id), expected, "{message}");
        check(
            "Merge branch 'pin' into 'main'\n\nPin nginx\n\nSee merge request group/proj!30\n",
            true,
        );
        check("Merge branch 'pin' into 'main'\n\nSee merge request !30", true);
        check("Merge branch 'pin' into 'main'\n\nSee merge request group/other!30", false);
        check("All\n\nSee merge request group/proj!30\n\nSee merge request group/proj!31", false);
        check("fix(web): pin nginx (!30)", true);
        check("fix(web): pin nginx (group/proj!30)", true);
        check("Merge branch 'pin' into 'main' !30", true);
        check("fix: see !30", false);
        check("fix(web): pin nginx (#30)", false);
        check("fix(web): pin nginx (!300)", false);
        check("", false);
    }
}
