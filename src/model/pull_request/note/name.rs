//! Where the note of a pull request is made, from its identity alone: never from its title. Knows which names every device can hold.

use crate::model::{
    hash::ContentHash,
    new_name,
    path::NotePath,
    pull_request::{PullRequestId, note::Web},
};

/// The longest part of a name; beyond, and where characters had to go, a hash keeps names apart.
const PART_MOST: usize = 60;

/// Returns `{agent_folder}/PRs/{owner}/{repo}/{owner}-{repo}-{number}.md`, `None` when no such note can be made (the folder is too long).
pub fn path(agent_folder: &NotePath, id: &PullRequestId) -> Option<NotePath> {
    named(agent_folder, id, "")
}

/// As [`path`], with the forge in the name: for where another's note lies at the first.
pub fn path_with_host(agent_folder: &NotePath, id: &PullRequestId) -> Option<NotePath> {
    named(agent_folder, id, &format!("-{}", safe(&id.host)))
}

fn named(agent_folder: &NotePath, id: &PullRequestId, end: &str) -> Option<NotePath> {
    let path = format!(
        "{}/PRs/{}/{}{end}.md",
        agent_folder.as_str(),
        folders(&id.repo),
        stem(&id.repo, id.number)
    );
    let path = NotePath::parse(&path).ok()?;
    new_name::check(&path).ok()?;
    Some(path)
}

/// Returns the name of the note without its extension.
fn stem(repo: &str, number: u64) -> String {
    let parts: Vec<String> = repo.split('/').map(safe).collect();
    let name = parts.join("-");
    let name = if name.len() > 2 * PART_MOST + 20 { safe(&name) } else { name };
    format!("{name}-{number}")
}

/// Says whether notes of another repository that is listed are called as this one's are: `a-b/c` and `a/b-c`, or the same of two forges. Links name
/// their folders then.
pub fn shares_names(host: &str, repo: &str, webs: &[Web]) -> bool {
    let name = stem(repo, 1);
    others(host, repo, webs).any(|it| stem(it, 1).eq_ignore_ascii_case(&name))
}

/// Returns what a wikilink to the note of a pull request names: no more than it takes to mean that one. `None` where another forge lists a repository
/// of the same name: whose note came first, and has the place of both, is not known here.
pub(super) fn target(host: &str, repo: &str, number: u64, webs: &[Web]) -> Option<String> {
    let (stem, folders) = (stem(repo, number), folders(repo));
    if others(host, repo, webs).any(|it| self::folders(it).eq_ignore_ascii_case(&folders)) {
        return None;
    }
    Some(if shares_names(host, repo, webs) {
        format!("{folders}/{stem}")
    } else {
        stem
    })
}

/// Returns the other repositories that are listed, of all forges.
fn others<'w>(host: &'w str, repo: &'w str, webs: &'w [Web]) -> impl Iterator<Item = &'w String> {
    let other = move |web: &'w Web| {
        let repos = web.repos.iter();
        repos.filter(move |it| web.host != host || !it.eq_ignore_ascii_case(repo))
    };
    webs.iter().flat_map(other)
}

fn folders(repo: &str) -> String {
    let parts: Vec<String> = repo.split('/').map(safe).collect();
    parts.join("/")
}

fn safe(part: &str) -> String {
    let plain: String = part
        .chars()
        .take(PART_MOST)
        .map(|it| {
            if it.is_ascii_alphanumeric() || matches!(it, '.' | '_') {
                it
            } else {
                '-'
            }
        })
        .collect();
    let plain = plain.trim_start_matches(['-', '.']).trim_end_matches('.');
    let stands = |name: &str| NotePath::parse(name).is_ok_and(|it| new_name::check(&it).is_ok());
    if plain == part && stands(plain) {
        return part.to_owned();
    }
    let hash = ContentHash::of(part.as_bytes()).to_string();
    let plain = plain.replace('.', "-");
    format!("{plain}-{}", &hash[..8]).trim_start_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(repo: &str) -> String {
        let id = PullRequestId {
            host: "git.example.org".to_owned(),
            repo: repo.to_owned(),
            number: 7,
        };
        path(&NotePath::parse("Agent").unwrap(), &id).unwrap().as_str().to_owned()
    }

    #[test]
    fn names_are_plain_where_they_can_be() {
        assert_eq!(named("ai/openclaw.cfg"), "Agent/PRs/ai/openclaw.cfg/ai-openclaw.cfg-7.md");
        assert_eq!(named("group/sub/name"), "Agent/PRs/group/sub/name/group-sub-name-7.md");
    }

    #[test]
    fn no_name_escapes_or_meets_another() {
        let repos = [
            "../../etc",
            "..",
            "a/../b",
            "a/b c",
            "a/b:c",
            "a/b?c",
            "con/nul",
            "CON.x/y",
            "/",
            "a/",
            ".git/config",
            "a/b\u{202e}",
            "é/ö",
            "a/b.",
            "a/b",
        ];
        let mut paths: Vec<String> = repos.iter().map(|it| named(it)).collect();
        assert!(
            paths.iter().all(|it| it.starts_with("Agent/PRs/") && !it.contains("..")),
            "{paths:?}"
        );
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), repos.len());
        named(&"x".repeat(5000));
        assert_ne!(named(&"x".repeat(500)), named(&"x".repeat(501)));
    }
}
