//! What a pull request is for, in its author's words. Knows which part of a description says so.

use crate::model::pull_request::{
    PullRequest,
    note::{body, untrusted},
};

const HEADINGS: [&str; 8] = ["why", "what", "motivation", "problem", "summary", "context", "goal", "description"];

/// Returns the parts under headings such as `Why`, else the first paragraphs of the description, with trailers such as `Session:` below.
pub(super) fn section(pr: &PullRequest, body: &str) -> Option<String> {
    let parts = body::parts(body);
    let is_intent = |heading: &str| {
        HEADINGS
            .iter()
            .any(|it| heading.split(|c: char| !c.is_alphanumeric()).any(|word| word == *it))
    };
    let mut texts: Vec<String> = parts
        .iter()
        .filter(|it| is_intent(&it.heading))
        .map(|it| it.text.to_owned())
        .collect();
    if texts.is_empty() {
        texts.extend(parts.first().map(|it| it.text.to_owned()));
    }
    let mut section = String::new();
    if !texts.is_empty() {
        let who = pr.author.as_deref().unwrap_or("author");
        section.push_str(&untrusted::quote(who, &texts.join("\n\n"), 10 * 1024));
    }
    for name in ["Session", "Source"] {
        let commits = pr.commits.iter().flatten().flat_map(|it| body::named(&it.message, name));
        let mut values: Vec<String> = body::named(body, name)
            .into_iter()
            .chain(commits)
            .take(50)
            .map(|it| untrusted::inline(it, 120))
            .collect();
        values.sort();
        values.dedup();
        values.truncate(5);
        for value in values {
            section.push_str(&format!("{}- {name}: {value}", if section.ends_with('\n') { "" } else { "\n\n" }));
            section.push('\n');
        }
    }
    let section = section.trim();
    (!section.is_empty()).then(|| format!("## Intent\n\n{section}"))
}
