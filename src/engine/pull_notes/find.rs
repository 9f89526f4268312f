//! Which note is a pull request's: the one that says so, wherever it lies; and what lies in its place when none does. Knows the property `pr` and
//! the index; must not know what a note is to say.

use crate::{
    engine::{
        handle::{Handle, Source},
        pull_notes::Trouble,
    },
    io::index::{Filter, SearchRequest, Sort, Visible},
    model::{
        note::{DiagnosticKind, Note},
        path::NotePath,
        pull_request::PullRequestId,
        query::{Condition, Pattern, PatternText, PropertyTest, Query},
        yaml::Value,
    },
};

/// Notes that are looked at for one that says it is the one.
const CANDIDATES: usize = 20;

/// What was found of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    Note(NotePath),
    /// What lies in its place may be it: its properties cannot be read.
    Unreadable(NotePath),
    /// What lies where it lay says that it is another's, or nobody's.
    Disowned(NotePath),
    Nowhere,
}

/// Whose note lies at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Its,
    /// Nobody can tell; `names_it` where the pull request stands somewhere in it.
    Unreadable {
        names_it: bool,
    },
    Another,
    /// There is none.
    Nobodys,
}

/// Looks for the note that says that it is this pull request's: where it lay last, where it belongs, or wherever the index knows one. `read` returns the
/// text at a path of the vault.
pub(super) fn find(
    handle: &Handle,
    read: &dyn Fn(&NotePath) -> Result<Option<String>, Trouble>,
    id: &PullRequestId,
    last: Option<&NotePath>,
    own: &NotePath,
) -> Result<Found, Trouble> {
    let whose = |path: &NotePath| Ok(read(path)?.map_or(Whose::Nobodys, |it| whose(&it, id)));
    let mut instead = Found::Nowhere;
    for path in [last, Some(own)].into_iter().flatten() {
        let is_last = last == Some(path);
        match (whose(path)?, &instead) {
            (Whose::Its, _) => return Ok(Found::Note(path.clone())),
            // A person's own page there says nothing of this one.
            (Whose::Unreadable { names_it }, Found::Nowhere) if is_last || names_it => instead = Found::Unreadable(path.clone()),
            (Whose::Another, Found::Nowhere) if is_last => instead = Found::Disowned(path.clone()),
            _ => {}
        }
    }
    let searcher = handle.searcher();
    let searcher = searcher.ok_or_else(|| Trouble::later("there is no index yet".to_owned()))?;
    let Some(source) = handle.sources().first() else {
        return Ok(instead);
    };
    let answer = searcher.search(&request(id, source));
    let answer = answer.map_err(|error| Trouble::later(format!("{error:#}")))?;
    for hit in answer.hits {
        if whose(&hit.path)? == Whose::Its {
            return Ok(Found::Note(hit.path));
        }
    }
    Ok(instead)
}

/// Says whether a text is this pull request's note.
pub(super) fn is_of(text: &str, id: &PullRequestId) -> bool {
    whose(text, id) == Whose::Its
}

/// Says whose a text is. While somebody types, properties may be no YAML for a moment, or have no end.
fn whose(text: &str, id: &PullRequestId) -> Whose {
    let (note, id) = (Note::parse(text), id.to_string());
    let is_broken = |note: &Note| note.diagnostics.iter().any(|it| it.kind == DiagnosticKind::InvalidFrontmatter);
    let is_open = || {
        note.frontmatter.is_none()
            && text
                .trim_start_matches('\u{feff}')
                .lines()
                .next()
                .is_some_and(|it| it.trim_end() == "---")
    };
    match note.property("pr").and_then(Value::scalar_text) {
        Some(says) if says == id => Whose::Its,
        None if is_broken(&note) || is_open() => Whose::Unreadable {
            names_it: text.contains(&id),
        },
        _ => Whose::Another,
    }
}

/// Returns the search for notes whose property `pr` is this.
fn request(id: &PullRequestId, source: &Source) -> SearchRequest {
    let pattern = Pattern {
        text: PatternText::Phrase(id.to_string()),
        case_sensitive: false,
    };
    SearchRequest {
        query: Query {
            evidence: Vec::new(),
            condition: Condition::Property {
                name: "pr".to_owned(),
                test: PropertyTest::Value(pattern),
            },
            warnings: Vec::new(),
        },
        visible: vec![Visible {
            source: source.config.name.clone(),
            prefix: None,
        }],
        filter: Filter::default(),
        sort: Sort::Path,
        limit: CANDIDATES,
        offset: 0,
        passages: 1,
        snippet_chars: 0,
        min_score: 0.0,
        exact: true,
        deadline: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All but the first were nobody's, and the note was told as deleted.
    #[test]
    fn properties_that_cannot_be_read_while_somebody_types_are_not_gone() {
        let id = PullRequestId {
            host: "git.example.org".to_owned(),
            repo: "owner/name".to_owned(),
            number: 7,
        };
        let check = |text: &str, expected: Whose| assert_eq!(whose(text, &id), expected, "{text}");
        check("---\npr: git.example.org/owner/name#7\n---\n", Whose::Its);
        let unreadable = |names_it| Whose::Unreadable { names_it };
        check("---\npr: git.example.org/owner/name#7\ntags: [a\n---\n", unreadable(true));
        check("---\npr: git.example.org/owner/name#7\n--\n\n# Bump\n", unreadable(true));
        check("---\ntags: [a\n---\n", unreadable(false));
        check("---\npr: git.example.org/owner/name#8\n---\n", Whose::Another);
        check("---\nstate: open\n---\n", Whose::Another);
        check("# Bump\n", Whose::Another);
        check("", Whose::Another);
    }
}
