//! What is odd in a vault, for its owner: broken links, names that collide, properties that Obsidian cannot read. Knows parsed notes, links and
//! names; must not read files. Each part of the vault is judged by a function of its own; [`Finding`]s sort into the order they are shown in.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::model::{
    lines::LineIndex,
    links::{GraphWithin, ResolvedLink},
    note::{Diagnostic, DiagnosticKind, Note},
    path::NotePath,
    yaml,
};

/// How many files of a tie a finding names.
const MAX_NAMED: usize = 5;

/// One oddity. Ordered by path, line and kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub path: NotePath,
    /// From 1; 1 where it is about the file as a whole.
    pub line: usize,
    pub kind: FindingKind,
    /// A sentence for the vault's owner.
    pub detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum FindingKind {
    UnresolvedLink,
    AmbiguousLink,
    CommaTags,
    InvalidFrontmatter,
    TwinNames,
    ConflictCopy,
    DuplicateBlock,
    MixedLineEnds,
}

impl FindingKind {
    /// In the order of the contract.
    pub const ALL: [FindingKind; 8] = [
        FindingKind::UnresolvedLink,
        FindingKind::AmbiguousLink,
        FindingKind::CommaTags,
        FindingKind::InvalidFrontmatter,
        FindingKind::TwinNames,
        FindingKind::ConflictCopy,
        FindingKind::DuplicateBlock,
        FindingKind::MixedLineEnds,
    ];

    /// Returns the name in the wire contract.
    pub const fn as_str(self) -> &'static str {
        match self {
            FindingKind::UnresolvedLink => "unresolved-link",
            FindingKind::AmbiguousLink => "ambiguous-link",
            FindingKind::CommaTags => "comma-tags",
            FindingKind::InvalidFrontmatter => "invalid-frontmatter",
            FindingKind::TwinNames => "twin-names",
            FindingKind::ConflictCopy => "conflict-copy",
            FindingKind::DuplicateBlock => "duplicate-block",
            FindingKind::MixedLineEnds => "mixed-line-ends",
        }
    }
}

/// Returns what is odd in one note, given the text that it was parsed from.
pub fn of_note(path: &NotePath, text: &str, note: &Note) -> Vec<Finding> {
    if note.diagnostics.is_empty() {
        return Vec::new();
    }
    let lines = LineIndex::new(text);
    let finding = |it: &Diagnostic| Finding {
        path: path.clone(),
        line: lines.line_of(place(it, text, note)) + 1,
        kind: match it.kind {
            DiagnosticKind::InvalidFrontmatter => FindingKind::InvalidFrontmatter,
            DiagnosticKind::CommaTags => FindingKind::CommaTags,
            DiagnosticKind::MixedLineEnds => FindingKind::MixedLineEnds,
            DiagnosticKind::DuplicateBlock => FindingKind::DuplicateBlock,
        },
        detail: it.detail.clone(),
    };
    sorted(note.diagnostics.iter().map(finding).collect())
}

/// Returns the byte that a diagnostic is about. One about properties names the whole frontmatter, and the line in it is looked for here.
fn place(diagnostic: &Diagnostic, text: &str, note: &Note) -> usize {
    let properties = note.frontmatter.as_ref().map(|it| it.yaml.clone());
    let line = match (diagnostic.kind, &properties) {
        (DiagnosticKind::InvalidFrontmatter, Some(yaml)) => yaml::parse(&text[yaml.clone()]).err().map(|it| it.line),
        (DiagnosticKind::CommaTags, Some(yaml)) => text[yaml.clone()].lines().position(is_tags),
        _ => None,
    };
    let (Some(line), Some(yaml)) = (line, properties) else {
        return diagnostic.range.start;
    };
    let lines = text[yaml.clone()].split_inclusive('\n');
    (yaml.start + lines.take(line).map(str::len).sum::<usize>()).min(yaml.end)
}

fn is_tags(line: &str) -> bool {
    line.split_once(':')
        .is_some_and(|(key, _)| key.trim_end().trim_matches(['"', '\'']).eq_ignore_ascii_case("tags"))
}

/// Returns the links that lead nowhere and those that could lead to several files, of the notes that are to be judged: of those that follow
/// `after` by path, until so many links were looked at. Moves `after`; `None` when no note is left.
pub fn of_links(
    graph: GraphWithin<'_>,
    after: &mut Option<NotePath>,
    most: usize,
    judged: &dyn Fn(&NotePath) -> bool,
) -> Option<Vec<Finding>> {
    let mut findings = Vec::new();
    let mut last = None;
    for (looked_at, link) in graph.links_after(after.as_ref()).enumerate() {
        if looked_at >= most && last != Some(link.source) {
            break;
        }
        last = Some(link.source);
        if !(link.ambiguous || graph.is_broken(&link)) || !judged(link.source) {
            continue;
        }
        let (kind, detail) = match link.resolved {
            None => (FindingKind::UnresolvedLink, format!("`{}` leads to no file", link.target)),
            Some(taken) => (FindingKind::AmbiguousLink, tie(graph, &link, taken)),
        };
        findings.push(Finding {
            path: link.source.clone(),
            line: link.line,
            kind,
            detail,
        });
    }
    *after = Some(last?.clone());
    Some(sorted(findings))
}

fn tie(graph: GraphWithin<'_>, link: &ResolvedLink<'_>, taken: &NotePath) -> String {
    let candidates = graph.resolve(link.target, link.markdown, Some(link.source)).candidates;
    let others: Vec<&str> = candidates
        .iter()
        .filter(|it| *it != taken)
        .map(NotePath::as_str)
        .take(MAX_NAMED)
        .collect();
    format!("`{}` is read as `{taken}` and could be `{}`", link.target, others.join("`, `"))
}

/// Returns the files whose names Obsidian cannot tell apart, each once, with one that it collides with.
pub fn twin_names<'p>(paths: impl IntoIterator<Item = &'p NotePath>) -> Vec<Finding> {
    let mut by_key: HashMap<String, Vec<&NotePath>> = HashMap::new();
    for path in paths {
        by_key.entry(path.key()).or_default().push(path);
    }
    let mut findings = Vec::new();
    for mut twins in by_key.into_values().filter(|it| it.len() > 1) {
        twins.sort();
        twins.dedup();
        for (at, path) in twins.iter().enumerate() {
            let Some(other) = twins.get(if at == 0 { 1 } else { 0 }) else {
                continue;
            };
            let detail = format!("the name differs from `{other}` only by case or Unicode form: rename one of them");
            findings.push(whole_file(path, FindingKind::TwinNames, detail));
        }
    }
    sorted(findings)
}

/// Returns a finding for each conflict copy, given with the path of the note that it is a copy of.
pub fn conflict_copies<'p>(copies: impl IntoIterator<Item = (&'p NotePath, &'p str)>) -> Vec<Finding> {
    let finding = |(copy, original): (&NotePath, &str)| {
        let detail = format!("a sync tool kept this copy of `{original}`: merge what it holds, then delete it");
        whole_file(copy, FindingKind::ConflictCopy, detail)
    };
    sorted(copies.into_iter().map(finding).collect())
}

fn whole_file(path: &NotePath, kind: FindingKind, detail: String) -> Finding {
    Finding {
        path: path.clone(),
        line: 1,
        kind,
        detail,
    }
}

fn sorted(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort();
    findings
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::links::LinkGraph;

    fn path(path: &str) -> NotePath {
        NotePath::parse(path).unwrap()
    }

    fn shown(findings: &[Finding]) -> Vec<String> {
        findings
            .iter()
            .map(|it| format!("{}:{} {}", it.path, it.line, it.kind.as_str()))
            .collect()
    }

    #[test]
    fn a_note_is_judged_where_it_is_odd() {
        let check = |text: &str, expected: &[&str]| {
            let findings = of_note(&path("a.md"), text, &Note::parse(text));
            assert_eq!(shown(&findings), expected, "{text}");
            assert!(findings.iter().all(|it| !it.detail.is_empty()));
        };
        check("---\ntitle: x\nTags: a, b\n---\n", &["a.md:3 comma-tags"]);
        check("---\nx:\n  tags: 1\n\"tags\": a, b\n---\n", &["a.md:4 comma-tags"]);
        check("---\n\"tags\": a, b\n---\n", &["a.md:2 comma-tags"]);
        check("---\na: 1\nb: ]\n---\n", &["a.md:3 invalid-frontmatter"]);
        check("\u{feff}---\r\njust words\r\n---\r\n", &["a.md:1 invalid-frontmatter"]);
        check(
            "One ^x\n\nTwo ^X\n\n- three ^x\n",
            &["a.md:3 duplicate-block", "a.md:5 duplicate-block"],
        );
        check("a\r\nb\r\nc\n", &["a.md:3 mixed-line-ends"]);
        check(
            "---\ntags: a, b\n---\r\nOne ^x\n\nTwo ^x",
            &["a.md:2 comma-tags", "a.md:3 mixed-line-ends", "a.md:6 duplicate-block"],
        );
        check("---\ntags: [a, b]\n---\n[[nowhere]]\n", &[]);
    }

    fn graph(notes: &[(&str, &str)]) -> LinkGraph {
        let mut graph = LinkGraph::default();
        for (name, text) in notes {
            let (note, lines) = (Note::parse(text), LineIndex::new(text));
            let of_links: Vec<usize> = note.links.iter().map(|it| lines.line_of(it.range.start) + 1).collect();
            graph.put_with_lines(&path(name), &note.links, &of_links);
        }
        graph
    }

    #[test]
    fn links_that_lead_nowhere_or_to_several_are_found_with_their_line() {
        let text = "[[b]] [[x]]\n[[Tie#H]] [y](nowhere.md)\n[[#own]]\n";
        let graph = graph(&[
            ("z.md", "[[zz]]"),
            ("n.md", text),
            ("b.md", ""),
            ("aa/Tie.md", ""),
            ("bb/Tie.md", ""),
        ]);
        let all = |judged: &dyn Fn(&NotePath) -> bool, most| {
            let (mut after, mut findings) = (None, Vec::new());
            while let Some(more) = of_links(graph.within(None), &mut after, most, judged) {
                findings.extend(more);
            }
            findings
        };
        let findings = all(&|_| true, 1);
        assert_eq!(all(&|_| true, usize::MAX), findings, "piece by piece as in one");
        assert_eq!(
            shown(&findings),
            [
                "n.md:1 unresolved-link",
                "n.md:2 unresolved-link",
                "n.md:2 ambiguous-link",
                "z.md:1 unresolved-link"
            ]
        );
        assert!(all(&|path| path.as_str() == "z.md", 1).len() == 1, "the others are not judged");
        assert_eq!(findings[0].detail, "`x` leads to no file");
        assert_eq!(findings[2].detail, "`Tie#H` is read as `aa/Tie.md` and could be `bb/Tie.md`");
    }

    #[test]
    fn d10_names_that_differ_only_by_case_or_unicode_form_are_twins() {
        let check = |names: &[&str], expected: &[&str]| {
            let paths: Vec<NotePath> = names.iter().map(|it| path(it)).collect();
            assert_eq!(shown(&twin_names(&paths)), expected);
        };
        check(&["b.md", "B.md", "c.md"], &["B.md:1 twin-names", "b.md:1 twin-names"]);
        check(
            &["Cafe\u{301}.md", "Café.md"],
            &["Cafe\u{301}.md:1 twin-names", "Café.md:1 twin-names"],
        );
        check(
            &["a b.md", "a\u{a0}b.md", "A B.md"],
            &["A B.md:1 twin-names", "a b.md:1 twin-names", "a\u{a0}b.md:1 twin-names"],
        );
        check(&["x/a.md", "y/a.md", "a.png", "a.md", "a.md"], &[]);
    }

    #[test]
    fn i6_conflict_copies_name_their_original() {
        let copy = path("n (Conflicted copy Mac 202601021530).md");
        let findings = conflict_copies([(&copy, "n.md")]);
        assert_eq!(shown(&findings), ["n (Conflicted copy Mac 202601021530).md:1 conflict-copy"]);
        assert!(findings[0].detail.contains("`n.md`"));
    }

    proptest! {
        #[test]
        fn every_finding_of_a_note_lies_in_it(top in "(tags: [ab,]{0,4}\n|a: \\PC{0,5}\n|\\]\n){0,3}", body in "([ab^ ]|\n|\r\n){0,40}") {
            let text = format!("---\n{top}---\n{body}");
            let lines = text.lines().count();
            for finding in of_note(&path("a.md"), &text, &Note::parse(&text)) {
                prop_assert!((1..=lines).contains(&finding.line), "{finding:?}");
            }
        }

        #[test]
        fn twins_come_together(names in prop::collection::vec("[aAbBéÉ]{1,2}", 0..12)) {
            let paths: Vec<NotePath> = names.iter().map(|it| path(it)).collect();
            let found = twin_names(&paths);
            let has_twin = |it: &NotePath| paths.iter().any(|other| other != it && other.key() == it.key());
            let mut expected: Vec<&NotePath> = paths.iter().filter(|it| has_twin(it)).collect();
            expected.sort();
            expected.dedup();
            prop_assert_eq!(found.iter().map(|it| &it.path).collect::<Vec<_>>(), expected);
        }
    }
}
