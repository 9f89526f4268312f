//! The parts of a pull request's description: sections by heading, trailers, references. Knows how people write them; must not know the note.

/// One heading of a description with the lines below it.
#[derive(Debug, PartialEq)]
pub(super) struct Part<'b> {
    /// In small letters; empty above the first heading.
    pub(super) heading: String,
    pub(super) text: &'b str,
}

/// Returns the parts of a description. Headings inside a block of code are none.
pub(super) fn parts(body: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut heading, mut start, mut at, mut in_code) = (String::new(), 0, 0, false);
    for line in body.split_inclusive('\n') {
        let bare = line.trim();
        if bare.starts_with("```") || bare.starts_with("~~~") {
            in_code = !in_code;
        }
        let is_heading = !in_code && bare.starts_with('#') && bare.trim_start_matches('#').starts_with(' ');
        if is_heading {
            parts.push(Part {
                heading: std::mem::replace(&mut heading, bare.trim_matches(['#', ' ', ':']).to_lowercase()),
                text: body[start..at].trim_matches(['\n', '\r']),
            });
            start = at + line.len();
        }
        at += line.len();
    }
    parts.push(Part {
        heading,
        text: body[start..].trim_matches(['\n', '\r']),
    });
    parts.retain(|it| !it.text.trim().is_empty());
    parts
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

/// What a text points at: `#12`, `owner/repo#12`, `!12`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reference {
    /// `None` for the pull request's own.
    pub(super) repo: Option<String>,
    pub(super) number: u64,
    /// Named by `closes`, `fixes`, `refs`.
    pub(super) is_issue: bool,
}

/// Returns what a text points at, each once, in order of repository and number; of a hostile text the first 200.
pub(super) fn references(text: &str) -> Vec<Reference> {
    let mut found: Vec<Reference> = Vec::new();
    let mut before = String::new();
    for word in text.split(|it: char| it.is_whitespace() || ",;()[]\"'`".contains(it)) {
        let word = word.trim_end_matches(['.', ':', '!', '?']);
        if let Some((repo, number)) = word.split_once(['#', '!'])
            && number.len() <= 9
            && let Ok(number) = number.parse()
            && (repo.is_empty() || is_repo(repo))
        {
            let is_issue = is_keyword(&before);
            let repo = (!repo.is_empty()).then(|| repo.to_owned());
            found.push(Reference { repo, number, is_issue });
            if found.len() == 200 {
                break;
            }
        } else if !word.is_empty() {
            before = if word.len() < 12 {
                word.to_ascii_lowercase()
            } else {
                String::new()
            };
        }
    }
    // An issue that is also named in passing is an issue.
    found.sort_by(|a, b| (&a.repo, a.number, !a.is_issue).cmp(&(&b.repo, b.number, !b.is_issue)));
    found.dedup_by(|a, b| (&a.repo, a.number) == (&b.repo, b.number));
    found
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
            | "part of"
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
            let found: Vec<String> = references(text)
                .iter()
                .map(|it| {
                    format!(
                        "{}#{}{}",
                        it.repo.as_deref().unwrap_or(""),
                        it.number,
                        if it.is_issue { " issue" } else { "" }
                    )
                })
                .collect();
            assert_eq!(found, expected, "{text:?}");
        };
        check("Closes #3, refs ai/x#4. See #3 and (#9).", &["#3 issue", "#9", "ai/x#4 issue"]);
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
