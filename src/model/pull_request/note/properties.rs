//! The properties of a pull request's note. Knows their names and order; tags, aliases and what regions were written are not among them.

use crate::model::{
    glob::PathGlob,
    pull_request::{
        PullRequest, State,
        note::{
            Web, body, changed, time,
            untrusted::{self, property},
        },
    },
    yaml::{Number, Value},
};

/// Returns the properties in the order of a new note. What is not known has none.
pub(super) fn of(pr: &PullRequest, web: Option<&Web>, areas: &[PathGlob]) -> Vec<(String, Value)> {
    let text = |it: &Option<String>| {
        it.as_deref()
            .map(|it| property(it, 200))
            .filter(|it| !it.is_empty())
            .map(Value::String)
    };
    let at = |it: Option<jiff::Timestamp>| it.map(|it| Value::String(time(it)));
    let state = pr.state.map(|it| match (it, pr.draft) {
        (State::Open, Some(true)) => "draft",
        (State::Open, _) => "open",
        (State::Closed, _) => "closed",
        (State::Merged, _) => "merged",
    });
    let merge_commit = if pr.state == Some(State::Merged) {
        text(&pr.merge_commit)
    } else {
        None
    };
    let totals = pr.diff.as_ref().map(changed::totals);
    let known = [
        ("type", Some(Value::String("pull-request".to_owned()))),
        ("pr", Some(Value::String(pr.id.to_string()))),
        ("url", web.map(|it| Value::String(it.pull_request(&pr.id.repo, pr.id.number)))),
        ("title", text(&pr.title)),
        ("state", state.map(|it| Value::String(it.to_owned()))),
        ("author", text(&pr.author)),
        ("base", text(&pr.base)),
        ("head", text(&pr.head)),
        ("head_sha", text(&pr.head_sha)),
        ("merge_base", text(&pr.merge_base)),
        ("merge_commit", merge_commit),
        ("created", at(pr.created)),
        ("updated", at(pr.updated)),
        ("merged", at(pr.merged)),
        ("additions", totals.map(|it| it.0).or(pr.additions).map(number)),
        ("deletions", totals.map(|it| it.1).or(pr.deletions).map(number)),
        (
            "files",
            pr.diff.as_ref().map(|it| it.files.len() as u64).or(pr.changed_files).map(number),
        ),
        (
            "areas",
            pr.diff.as_ref().and_then(|it| list(changed::by_area(it, areas).into_keys(), 20)),
        ),
        (
            "resources",
            pr.diff
                .as_ref()
                .and_then(|it| list(it.resources.iter().map(changed::resource_name), 30)),
        ),
        ("labels", list(pr.labels.iter().flatten().cloned(), 20)),
        ("reviewers", list(reviewers(pr), 20)),
        ("session", session(pr)),
    ];
    known
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

fn number(it: u64) -> Value {
    Value::Number(Number::Integer(i64::try_from(it).unwrap_or(i64::MAX)))
}

/// Returns the first texts in order, each once; `None` for none.
fn list(texts: impl Iterator<Item = String>, most: usize) -> Option<Value> {
    let mut texts: Vec<String> = texts.collect();
    texts.sort();
    texts.dedup();
    texts.truncate(most);
    let texts: Vec<Value> = texts
        .iter()
        .map(|it| property(it, 100))
        .filter(|it| !it.is_empty())
        .map(Value::String)
        .collect();
    (!texts.is_empty()).then_some(Value::List(texts))
}

/// Returns who was asked and who answered.
fn reviewers(pr: &PullRequest) -> impl Iterator<Item = String> {
    let answered = pr.reviews.iter().map(|it| it.author.clone());
    pr.reviewers.iter().flatten().cloned().chain(answered)
}

/// Returns the session that a trailer names, of the description before those of commits.
fn session(pr: &PullRequest) -> Option<Value> {
    let body = untrusted::head(pr.body.as_deref().unwrap_or_default(), 256 * 1024);
    let commits = pr.commits.iter().flatten().map(|it| &*it.message);
    let named = std::iter::once(body)
        .chain(commits)
        .flat_map(|it| body::named(it, "session"))
        .next()?;
    Some(Value::String(property(named, 100)))
}
