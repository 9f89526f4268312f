//! The parts of a pull request's description: sections by heading, trailers, references. Knows how people write them; must not know the note.

/// One heading of a description with the lines below it.
#[derive(Debug, PartialEq)]
pub(super) struct Part<'b> {
    /// In small letters; empty above the first heading.
    pub(super) heading: String,
    /// The same as it was written.
    pub(super) title: &'b str,
    pub(super) text: &'b str,
}

/// Returns the parts of a description. Headings inside a block of code are none.
pub(super) fn parts(body: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut title, mut start, mut at, mut in_code) = ("", 0, 0, false);

    for line in body.split_inclusive('\n') {
        let bare = line.trim();
        if bare.starts_with("```") || bare.starts_with("~~~") {
            in_code = !in_code;
        }
        let is_heading = !in_code && bare.starts_with('#') && bare.trim_start_matches('#').starts_with(' ');
        if is_heading {
            parts.push(part(title, &body[start..at]));
            title = bare.trim_matches(['#', ' ', ':']);
            start = at + line.len();
        }
        at += line.len();
    }
    parts.push(part(title, &body[start..]));
    parts.retain(|it| !it.text.trim().is_empty());
    parts
}

fn part<'b>(title: &'b str, text: &'b str) -> Part<'b> {
    Part {
        heading: title.to_lowercase(),
        title,
        text: text.trim_matches(['\n', '\r']),
    }
}

/// Returns the values of the lines that begin with `Name:`, in any case.
pub(super) fn named<'b>(text: &'b str, name: &str) -> Vec<&'b str> {
    let value = |line: &'b str| {
        let line = line.trim_start_matches(['-', '*', '>', ' ']);
        let (key, value) = line.split_once(':')?;
        (key.trim_matches('*').eq_ignore_ascii_case(name) && !value.starts_with(':')).then(|| value.trim_matches(['*', ' ', '\r']))
    };
    text.lines().filter_map(value).filter(|it| !it.is_empty()).collect()
}

/// Returns the boxes that nobody ticked.
pub(super) fn open_boxes(text: &str) -> Vec<&str> {
    let value = |line| {
        let line: &str = str::trim_start_matches(line, ['>', ' ', '\t']);
        let rest = ["- [ ] ", "* [ ] ", "+ [ ] "].iter().find_map(|it| line.strip_prefix(it))?;
        Some(rest.trim())
    };
    text.lines().filter_map(value).filter(|it| !it.is_empty()).collect()
}

/// What a text points at: `#12`, `owner/repo#12`, `!12`, the address of a page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    pub(super) place: Place,
    pub(super) number: u64,
    pub(super) what: What,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    /// The pull request's own repository.
    Own,
    /// Another one at the same forge.
    Repo(String),
    /// What stands before the number's folder in an address: `https://git.example.org/owner/repo`; and that folder.
    Page(String, String),
}

/// What a number is of, as far as the words say so: a forge counts both together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// `!12`, `PR #12`, `reverts #12`, the address of one.
    PullRequest,
    /// `closes #12`, the address of one.
    Issue,
    Either,
}

/// Returns what a text points at, each once, in order of place and number; of a hostile text the first 200.
pub(super) fn references(text: &str) -> Vec<Reference> {
    let mut found: Vec<Reference> = Vec::new();
    let mut before = (String::new(), String::new());
    for word in text.split(|it: char| it.is_whitespace() || ",;()[]<>\"'`".contains(it)) {
        let word = word.trim_end_matches(['.', ':', '!', '?']);
        if let Some(reference) = page(word).or_else(|| named_number(word, &before)) {
            found.push(reference);
            if found.len() == 200 {
                break;
            }
        } else if !word.is_empty() {
            let word = if word.len() < 12 {
                word.to_ascii_lowercase()
            } else {
                String::new()
            };
            before = (before.1, word);
        }
    }
    // One that is also named in passing is what it is called elsewhere.
    found.sort();
    found.dedup_by(|a, b| (&a.place, a.number) == (&b.place, b.number));
    found
}

fn named_number(word: &str, before: &(String, String)) -> Option<Reference> {
    let (repo, number) = word.split_once(['#', '!'])?;
    let is_pull_request = word.as_bytes().get(repo.len()) == Some(&b'!');
    if !(repo.is_empty() || is_repo(repo)) {
        return None;
    }
    let what = match (&*before.0, &*before.1) {
        _ if is_pull_request => What::PullRequest,
        (_, it) if is_keyword(it) => What::Issue,
        (_, "pr" | "prs" | "pull" | "request" | "requests" | "mr" | "reverts" | "supersedes" | "replaces") => What::PullRequest,
        ("superseded" | "replaced" | "reverted", "by") => What::PullRequest,
        _ => What::Either,
    };
    Some(Reference {
        place: if repo.is_empty() {
            Place::Own
        } else {
            Place::Repo(repo.to_owned())
        },
        number: small(number)?,
        what,
    })
}

/// Reads the address of a page of a pull request or an issue, at whatever forge.
fn page(word: &str) -> Option<Reference> {
    let at = word.find("://")?;
    let is_plain = |it: &str| it.len() <= 300 && it.bytes().all(|it| it.is_ascii_alphanumeric() || b"/._-:".contains(&it));
    if !matches!(&word[..at], "http" | "https") {
        return None;
    }
    let path = word.split(['?', '#']).next().filter(|it| is_plain(it))?;
    let parts: Vec<&str> = path[at + 3..].split('/').collect();
    let folder = parts
        .iter()
        .position(|it| matches!(*it, "pull" | "pulls" | "merge_requests" | "issues"))?;
    let number = small(parts.get(folder + 1)?)?;
    let what = if parts[folder] == "issues" {
        What::Issue
    } else {
        What::PullRequest
    };
    let mut above = &parts[..folder];
    let mut named = parts[folder].to_owned();
    if let [rest @ .., "-"] = above {
        above = rest;
        named = format!("-/{named}");
    }
    let (host, repo) = above.split_first()?;
    let is_page = !host.is_empty() && is_repo(&repo.join("/"));
    is_page.then(|| Reference {
        place: Place::Page(format!("{}://{}", &word[..at], above.join("/")), named),
        number,
        what,
    })
}

fn small(number: &str) -> Option<u64> {
    let is_number = (1..=9).contains(&number.len()) && number.bytes().all(|it| it.is_ascii_digit());
    number.parse().ok().filter(|it| is_number && *it > 0)
}

fn is_repo(text: &str) -> bool {
    let is_name =
        |it: &str| !it.is_empty() && !it.starts_with('.') && it.chars().all(|it| it.is_ascii_alphanumeric() || "._-".contains(it));
    text.len() <= 200 && text.contains('/') && text.split('/').all(is_name)
}

fn is_keyword(word: &str) -> bool {
    matches!(
        word,
        "close"
            | "closes"
            | "closed"
            | "fix"
            | "fixes"
            | "fixed"
            | "resolve"
            | "resolves"
            | "resolved"
            | "ref"
            | "refs"
            | "references"
            | "issue"
            | "issues"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_make_parts() {
        let found = parts("intro\n\n## Why\nbecause\n```\n# no\n```\n### Risk:\nnone\n# Empty\n");
        let found: Vec<(&str, &str)> = found.iter().map(|it| (&*it.heading, it.text)).collect();
        assert_eq!(
            found,
            [("", "intro\n"), ("why", "because\n```\n# no\n```"), ("risk", "none")].map(|(a, b)| (a, b.trim_matches('\n')))
        );
    }

    #[test]
    fn references_are_read() {
        let check = |text: &str, expected: &[&str]| {
            let place = |it: &Place| match it {
                Place::Own => String::new(),
                Place::Repo(repo) => repo.clone(),
                Place::Page(page, folder) => format!("{page} {folder} "),
            };
            let found: Vec<String> = references(text)
                .iter()
                .map(|it| {
                    let what = match it.what {
                        What::PullRequest => " pull request",
                        What::Issue => " issue",
                        What::Either => "",
                    };
                    format!("{}#{}{what}", place(&it.place), it.number)
                })
                .collect();
            assert_eq!(found, expected, "{text:?}");
        };
        check("Closes #3, refs ai/x#4. See #3 and (#9).", &["#3 issue", "#9", "ai/x#4 issue"]);
        check(
            "See PR #3, !4; superseded by #5, not by #6",
            &["#3 pull request", "#4 pull request", "#5 pull request", "#6"],
        );
        check("Reverts ai/x#4", &["ai/x#4 pull request"]);
        check(
            "like https://git.example.org/a/b/pulls/4#issuecomment-1 and <https://gitlab.com/g/s/x/-/merge_requests/5/diffs>.",
            &[
                "https://git.example.org/a/b pulls #4 pull request",
                "https://gitlab.com/g/s/x -/merge_requests #5 pull request",
            ],
        );
        check("https://x.org/a/b/issues/3", &["https://x.org/a/b issues #3 issue"]);
        check(
            "https://x.org/pulls/4 https://x.org/a/b/pulls/x ftp://x/a/b/pulls/4 https:///a/b/pulls/4 https://é/a/b/pulls/4",
            &[],
        );
        check("../..#3 a#b #x ##3 #99999999999", &[]);
    }

    #[test]
    fn lines_with_a_name_and_boxes_are_read() {
        assert_eq!(
            named("x\nDecision: use a\n- **Decision:** b\ndecision:: no", "decision"),
            ["use a", "b"]
        );
        assert_eq!(open_boxes("- [ ] one\n- [x] two\n  * [ ] three"), ["one", "three"]);
    }
}
