//! Where to go from a pull request: its pages on the forge, issues, notes of other pull requests. Knows how each forge builds its URLs, from the
//! configured base alone; must not know which notes exist.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::model::pull_request::{
    ForgeKind, PullRequest,
    note::{
        Web,
        body::{self, Place, Reference, What},
        bounded, name, untrusted,
    },
};

/// So many issues are taken from the messages of commits.
const CLOSING_MOST: usize = 200;

/// Everything that means something in a URL or in Markdown.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'/');

impl Web {
    /// Returns the page of a pull request.
    pub fn pull_request(&self, repo: &str, number: u64) -> String {
        match self.kind {
            ForgeKind::Gitea | ForgeKind::Forgejo => self.page(repo, "pulls", &number.to_string()),
            ForgeKind::GitHub => self.page(repo, "pull", &number.to_string()),
            ForgeKind::GitLab => self.page(repo, "-/merge_requests", &number.to_string()),
        }
    }

    /// Returns the page of its diff.
    pub fn diff(&self, repo: &str, number: u64) -> String {
        let tab = if self.kind == ForgeKind::GitLab { "diffs" } else { "files" };
        format!("{}/{tab}", self.pull_request(repo, number))
    }

    /// Returns the page of a commit.
    pub fn commit(&self, repo: &str, sha: &str) -> String {
        let folder = if self.kind == ForgeKind::GitLab { "-/commit" } else { "commit" };
        self.page(repo, folder, sha)
    }

    /// Returns the page of an issue.
    pub fn issue(&self, repo: &str, number: u64) -> String {
        let folder = if self.kind == ForgeKind::GitLab { "-/issues" } else { "issues" };
        self.page(repo, folder, &number.to_string())
    }

    /// Returns the repository whose pages begin with this address, where it is one of this forge.
    fn repo_of<'p>(&self, page: &'p str) -> Option<&'p str> {
        let rest = page.strip_prefix(self.base.trim_end_matches('/'))?.strip_prefix('/')?;
        rest.contains('/').then_some(rest)
    }

    fn page(&self, repo: &str, folder: &str, name: &str) -> String {
        let encode = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
        let base = self.base.trim_end_matches('/');
        format!("{base}/{}/{folder}/{}", encode(repo), encode(&untrusted::masked(name)))
    }
}

/// Returns the pages, then what the description names. Forges count issues and pull requests together, and which notes there are must not matter:
/// a number is a pull request's only where the words say so. Of those of listed repositories the note is linked, of others the page; a forge
/// leads from the page of an issue to that of a pull request.
pub(super) fn section(pr: &PullRequest, web: Option<&Web>, webs: &[Web], body: &str) -> Option<String> {
    let mut lines = Vec::new();
    if let Some(web) = web {
        lines.push(format!("- [Pull request]({})", web.pull_request(&pr.id.repo, pr.id.number)));
        lines.push(format!("- [Diff]({})", web.diff(&pr.id.repo, pr.id.number)));
    }
    let mut references = body::references(body);
    // `Closes #5` does so in a commit, too; what else a message names is of its own history.
    let closing = pr.commits.iter().flatten().flat_map(|it| body::references(&it.message));
    let mut closing: Vec<Reference> = closing.filter(|it| it.what == What::Issue).take(CLOSING_MOST).collect();
    closing.sort();
    closing.retain(|it| {
        !references
            .iter()
            .any(|known| (&known.place, known.number) == (&it.place, it.number))
    });
    references.extend(closing);
    for it in references {
        let line = match &it.place {
            Place::Own => named(pr, web, webs, &pr.id.repo, &it),
            Place::Repo(repo) => named(pr, web, webs, repo, &it),
            Place::Page(page, folder) => match webs.iter().find_map(|web| Some((web, web.repo_of(page)?))) {
                Some((web, repo)) => named(pr, Some(web), webs, repo, &it),
                None => Some(elsewhere(page, folder, it.number)),
            },
        };
        lines.extend(line.filter(|it| !lines.contains(it)));
    }
    (!lines.is_empty()).then(|| format!("## Links\n\n{}", bounded(lines.into_iter(), 30, 3 * 1024, "link")))
}

/// Returns the line for a number in a repository of a forge that is known, or of none; nothing for the pull request itself.
fn named(pr: &PullRequest, web: Option<&Web>, webs: &[Web], repo: &str, it: &Reference) -> Option<String> {
    let host = web.map_or(&*pr.id.host, |it| &it.host);
    let is_own = host == pr.id.host && repo.eq_ignore_ascii_case(&pr.id.repo);
    if is_own && it.number == pr.id.number {
        return None;
    }
    // GitLab counts them apart: there `#` is an issue.
    let is_gitlab = web.is_some_and(|it| it.kind == ForgeKind::GitLab);
    let what = if is_gitlab && it.what != What::PullRequest {
        What::Issue
    } else {
        it.what
    };
    let listed = web.and_then(|web| web.repos.iter().find(|it| it.eq_ignore_ascii_case(repo)));
    // As the configuration spells it: so is the note called.
    let spelled = listed.map_or(repo, |it| it);
    let label = format!("{}\\#{}", untrusted::inline(spelled, 100), it.number);
    let named = if is_own { &*pr.id.repo } else { spelled };
    let is_note = what == What::PullRequest && (is_own || listed.is_some());
    let target = is_note.then(|| name::target(host, named, it.number, webs)).flatten();
    if let Some(target) = target {
        return Some(format!("- [[{target}|{} {}]]", untrusted::property(spelled, 100), it.number));
    }
    Some(match (what, web) {
        (What::PullRequest, Some(web)) => format!("- [{label}]({})", web.pull_request(repo, it.number)),
        (What::PullRequest, None) => format!("- Pull request {label}"),
        (What::Issue, Some(web)) => format!("- Issue [{label}]({})", web.issue(repo, it.number)),
        (What::Issue, None) => format!("- Issue {label}"),
        (What::Either, Some(web)) => format!("- [{label}]({})", web.issue(repo, it.number)),
        (What::Either, None) => format!("- {label}"),
    })
}

/// Returns the line for a page of a forge that is not configured.
fn elsewhere(page: &str, folder: &str, number: u64) -> String {
    let label = page.split_once("://").map_or(page, |it| it.1);
    format!("- [{}\\#{number}]({page}/{folder}/{number})", untrusted::inline(label, 160))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::pull_request::PullRequestId;

    fn web(kind: ForgeKind, host: &str, repos: &[&str]) -> Web {
        Web {
            kind,
            host: host.to_owned(),
            base: format!("https://{host}"),
            repos: repos.iter().map(|it| (*it).to_owned()).collect(),
        }
    }

    #[test]
    fn what_a_description_names_is_linked_as_what_it_is() {
        let webs = [
            web(ForgeKind::Gitea, "git.example.org", &["ai/config", "ai/Apps"]),
            web(ForgeKind::GitLab, "gitlab.example.org", &["g/s/x"]),
        ];
        let check = |body: &str, at: usize, expected: &[&str]| {
            let repo = webs[at].repos[0].clone();
            let id = PullRequestId {
                host: webs[at].host.clone(),
                repo,
                number: 7,
            };
            let section = section(&PullRequest::unknown(id), Some(&webs[at]), &webs, body).unwrap();
            let found: Vec<&str> = section.lines().skip(4).collect();
            assert_eq!(found, expected, "{body}");
        };
        check("see PR #4", 0, &["- [[ai-config-4|ai/config 4]]"]);
        check("see #4", 0, &["- [ai/config\\#4](https://git.example.org/ai/config/issues/4)"]);
        check(
            "closes #4",
            0,
            &["- Issue [ai/config\\#4](https://git.example.org/ai/config/issues/4)"],
        );
        check("see #4 and !4", 1, &["- [[g-s-x-4|g/s/x 4]]"]);
        check("see #4", 1, &["- Issue [g/s/x\\#4](https://gitlab.example.org/g/s/x/-/issues/4)"]);
        let notes = ["- [[ai-Apps-4|ai/Apps 4]]"];
        check("reverts ai/apps#4", 0, &notes);
        check("https://git.example.org/ai/Apps/pulls/4", 0, &notes);
        check("https://git.example.org/ai/Apps/pulls/4 PR ai/apps#4", 0, &notes);
        check("https://git.example.org/ai/Apps/pulls/4", 1, &notes);
        check(
            "https://git.example.org/x/y/pulls/4/files",
            0,
            &["- [x/y\\#4](https://git.example.org/x/y/pulls/4)"],
        );
        check(
            "https://github.com/x/y/pull/4#discussion_r1",
            0,
            &["- [github.com/x/y\\#4](https://github.com/x/y/pull/4)"],
        );
        check("#7 !7 https://git.example.org/ai/config/pulls/7", 0, &[]);
    }

    #[test]
    fn an_issue_that_a_commit_closes_was_not_linked() {
        let webs = [web(ForgeKind::Gitea, "git.example.org", &["ai/config"])];
        let id = PullRequestId {
            host: webs[0].host.clone(),
            repo: "ai/config".to_owned(),
            number: 7,
        };
        let commit = |message: &str| crate::model::pull_request::Commit {
            sha: "a".repeat(40),
            message: message.to_owned(),
            author: "ada".to_owned(),
            time: None,
        };
        let pr = PullRequest {
            commits: Some(vec![commit("fix: a\n\nCloses #5, see #6"), commit("fix: b\n\nFixes #4. Closes #5")]),
            ..PullRequest::unknown(id)
        };
        let section = section(&pr, Some(&webs[0]), &webs, "see #4").unwrap();
        let found: Vec<&str> = section.lines().skip(4).collect();
        let pages = [
            "- [ai/config\\#4](https://git.example.org/ai/config/issues/4)",
            "- Issue [ai/config\\#5](https://git.example.org/ai/config/issues/5)",
        ];
        assert_eq!(found, pages);
    }

    /// It led to the note of the other forge's, whichever came first.
    #[test]
    fn where_two_forges_list_one_name_the_page_is_linked() {
        let webs = [
            web(ForgeKind::Gitea, "git.example.org", &["a/b", "d/e"]),
            web(ForgeKind::Gitea, "other.example.org", &["A/b"]),
        ];
        let id = PullRequestId {
            host: webs[0].host.clone(),
            repo: "a/b".to_owned(),
            number: 7,
        };
        let body = "PR #1 and PR d/e#1 and https://other.example.org/a/b/pulls/1";
        let section = section(&PullRequest::unknown(id), Some(&webs[0]), &webs, body).unwrap();
        let found: Vec<&str> = section.lines().skip(4).collect();
        let pages = [
            "- [a/b\\#1](https://git.example.org/a/b/pulls/1)",
            "- [[d-e-1|d/e 1]]",
            "- [A/b\\#1](https://other.example.org/a/b/pulls/1)",
        ];
        assert_eq!(found, pages);
    }

    /// `[[a-b-c-1]]` was either note, as the vault had it.
    #[test]
    fn notes_of_one_name_are_linked_by_their_folders() {
        let webs = [
            web(ForgeKind::Gitea, "git.example.org", &["a-b/c", "d/e"]),
            web(ForgeKind::Gitea, "other.example.org", &["A/b-c"]),
        ];
        let id = PullRequestId {
            host: webs[0].host.clone(),
            repo: "a-b/c".to_owned(),
            number: 7,
        };
        let body = "PR #1 and PR d/e#1 and https://other.example.org/a/b-c/pulls/1";
        let section = section(&PullRequest::unknown(id), Some(&webs[0]), &webs, body).unwrap();
        let found: Vec<&str> = section.lines().skip(4).collect();
        assert_eq!(
            found,
            ["- [[a-b/c/a-b-c-1|a-b/c 1]]", "- [[d-e-1|d/e 1]]", "- [[A/b-c/A-b-c-1|A/b-c 1]]"]
        );
    }
}
