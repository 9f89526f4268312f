//! Where to go from a pull request: its pages on the forge, issues, notes of other pull requests. Knows how each forge builds its URLs, from the
//! configured base alone; must not know which notes exist.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::model::pull_request::{
    ForgeKind, PullRequest,
    note::{Web, body, bounded, name, untrusted},
};

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

    fn page(&self, repo: &str, folder: &str, name: &str) -> String {
        let encode = |text: &str| utf8_percent_encode(text, ENCODED).to_string();
        let base = self.base.trim_end_matches('/');
        format!("{base}/{}/{folder}/{}", encode(repo), encode(&untrusted::masked(name)))
    }
}

/// Returns the pages, then what the description names. `#12` may be an issue or a pull request: only `closes #12` is taken for an issue.
pub(super) fn section(pr: &PullRequest, web: Option<&Web>, body: &str) -> Option<String> {
    let mut lines = Vec::new();
    if let Some(web) = web {
        lines.push(format!("- [Pull request]({})", web.pull_request(&pr.id.repo, pr.id.number)));
        lines.push(format!("- [Diff]({})", web.diff(&pr.id.repo, pr.id.number)));
    }
    for it in body::references(body) {
        let repo = it.repo.as_deref().unwrap_or(&pr.id.repo);
        if repo == pr.id.repo && it.number == pr.id.number {
            continue;
        }
        let label = format!("{}\\#{}", untrusted::inline(repo, 100), it.number);
        lines.push(match (it.is_issue, web) {
            (true, Some(web)) => format!("- Issue [{label}]({})", web.issue(repo, it.number)),
            (true, None) => format!("- Issue {label}"),
            (false, _) => format!(
                "- [[{0}|{1} {2}]]",
                name::stem(repo, it.number),
                untrusted::property(repo, 100),
                it.number
            ),
        });
    }
    (!lines.is_empty()).then(|| format!("## Links\n\n{}", bounded(lines.into_iter(), 30, 3 * 1024, "link")))
}
