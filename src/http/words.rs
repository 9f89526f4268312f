//! Answers in words, for models and people, who pay for each of them: a line says what JSON says with five names. The command line prints them,
//! MCP's tools answer with them. Knows the wire types; knows no request.

mod voice;

pub use voice::Voice;

use crate::http::{freshness::Index, notes::shape::MapResponse, problem::Problem, search::Hit, write::receipt::ReceiptResponse};

/// Returns text that cannot move a terminal's cursor or change its colours, on one line: notes may hold anything.
pub fn one_line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|it: char| it.is_whitespace() || it.is_control())
        .filter(|it| !it.is_empty())
        .collect();
    words.join(" ")
}

/// Returns a hit as lines: citation and headings, then the snippet, and so for each further passage.
pub fn hit(hit: &Hit) -> String {
    // What a person wrote is the rule; whoever else wrote it is named.
    let uncommitted = if hit.uncommitted { ", uncommitted" } else { "" };
    let origin = if hit.origin == "human" {
        String::new()
    } else {
        format!("  [{}{uncommitted}]", hit.origin)
    };
    let mut lines = vec![format!("{}  {}{origin}", one_line(&hit.citation), trail(&hit.title, &hit.headings))];
    lines.extend(snippet(&hit.snippet));
    lines.extend(hit.why.as_ref().map(|why| format!("  score {}: {}", hit.score, one_line(why))));
    for passage in &hit.more {
        lines.push(format!("{}  {}", one_line(&passage.citation), trail(&hit.title, &passage.headings)));
        lines.extend(snippet(&passage.snippet));
    }
    lines.join("\n") + "\n"
}

/// Returns what is said of an index that is behind; `None` when it is not.
pub fn behind(index: Index) -> Option<String> {
    index
        .stale
        .then(|| format!("the index is behind (lag {} ms): this may not be all", index.lag_ms))
}

/// Returns a warning in the words of whoever asked, on one line.
pub fn warning(text: &str, voice: Voice) -> String {
    one_line(&voice.say(text))
}

/// Returns the parts of a note, in the words that `section` and `block` take.
pub fn map(map: &MapResponse) -> String {
    let mut lines = vec![format!("{}  {}", one_line(&map.path), one_line(&map.title))];
    for section in &map.sections {
        let headings: Vec<String> = section.headings.iter().map(|it| one_line(it).replace('/', "\\/")).collect();
        lines.push(format!(
            "L{}-L{}  {}  {} bytes",
            section.lines.start,
            section.lines.end,
            headings.join("/"),
            section.bytes
        ));
    }
    lines.extend(map.blocks.iter().map(|it| format!("L{}  ^{}", it.line, one_line(&it.id))));
    if !map.properties.is_empty() {
        lines.push(format!(
            "properties: {}",
            map.properties.iter().map(|it| one_line(it)).collect::<Vec<_>>().join(", ")
        ));
    }
    lines.join("\n") + "\n"
}

/// `written Agent/A.md  3b18e5a0  commit 1a2b3c4`.
pub fn receipt(receipt: &ReceiptResponse) -> String {
    let what = match (&receipt.moved_from, &receipt.hash, &receipt.previous_hash, receipt.changed) {
        (Some(_), _, _, _) => "moved to",
        (_, _, _, false) => "unchanged",
        (_, None, _, _) => "in the trash:",
        (_, _, None, _) => "created",
        _ => "written",
    };
    let short = |it: &str| it.chars().take(8).collect::<String>();
    let hash = receipt.hash.as_ref().map(|it| format!("  {it}")).unwrap_or_default();
    let commit = match (&receipt.commit, receipt.git.as_str()) {
        (Some(commit), _) => format!("  commit {}", short(commit)),
        (None, "queued") => "  commit queued".to_owned(),
        _ => String::new(),
    };
    let also = match receipt.also_changed.len() {
        0 => String::new(),
        n => format!("  and {n} more"),
    };
    format!("{what} {}{hash}{commit}{also}\n", one_line(&receipt.path))
}

/// Returns what was wrong, what to do next in the words of whoever asked, and whatever helps with it.
pub fn problem(problem: &Problem, voice: Voice) -> String {
    let said = format!("{}: {}\nhint: {}", problem.title, problem.detail, problem.hint);
    let mut lines = vec![voice.say(&said)];
    for (name, values) in [
        ("candidates", &problem.more.candidates),
        ("valid", &problem.more.valid),
        ("reasons", &problem.more.reasons),
        ("current hash", &Vec::from_iter(problem.more.current_hash.clone())),
    ] {
        if !values.is_empty() {
            lines.push(format!("{name}: {}", values.join(", ")));
        }
    }
    lines.join("\n")
}

/// Returns `Title > Heading > Heading`; a first heading that repeats the title is left out.
fn trail(title: &str, headings: &[String]) -> String {
    let below = if headings.first().is_some_and(|it| it == title) {
        &headings[1..]
    } else {
        headings
    };
    let parts: Vec<String> = std::iter::once(title)
        .chain(below.iter().map(String::as_str))
        .map(one_line)
        .collect();
    parts.join(" > ")
}

fn snippet(snippet: &str) -> Option<String> {
    let line = one_line(snippet);
    (!line.is_empty()).then(|| format!("  {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{
        notes::shape::{BlockEntry, SectionEntry},
        search::{Lines, Passage},
    };

    #[test]
    fn a_hit_is_a_citation_and_its_snippet() {
        let lines = Lines { start: 10, end: 24 };
        let hit = Hit {
            source: "vault".into(),
            path: "Projects/Copper.md".into(),
            title: "Copper".into(),
            headings: vec!["Copper".into(), "Plan".into()],
            lines,
            citation: "Projects/Copper.md#L10-L24".into(),
            snippet: "the copper\nledger\u{1b}[2J".into(),
            score: 0.83,
            origin: "agent".into(),
            uncommitted: false,
            tags: Vec::new(),
            modified: "2026-02-03T10:00:00Z".into(),
            hash: Some("3b18e5".into()),
            more: vec![Passage {
                headings: vec!["Log".into()],
                lines,
                citation: "Projects/Copper.md#L30-L31".into(),
                snippet: String::new(),
            }],
            why: Some("title".into()),
        };
        assert_eq!(
            super::hit(&hit),
            "Projects/Copper.md#L10-L24  Copper > Plan  [agent]\n  the copper ledger [2J\n  score 0.83: title\nProjects/Copper.md#L30-L31  Copper > Log\n"
        );
    }

    #[test]
    fn a_map_names_what_section_and_block_take() {
        let section = |headings: &[&str], start, end, bytes| SectionEntry {
            headings: headings.iter().map(|&it| it.to_owned()).collect(),
            level: 1,
            lines: Lines { start, end },
            bytes,
        };
        let map = MapResponse {
            source: "vault".into(),
            path: "Copper.md".into(),
            title: "Copper".into(),
            sections: vec![section(&["Plan"], 3, 9, 80), section(&["Plan", "TCP/IP"], 5, 9, 40)],
            blocks: vec![BlockEntry { id: "b1".into(), line: 7 }],
            properties: vec!["tags".into(), "up".into()],
            hash: "3b18e5".into(),
            index: Index {
                generation: 1,
                stale: false,
                lag_ms: 0,
            },
        };
        assert_eq!(
            super::map(&map),
            "Copper.md  Copper\nL3-L9  Plan  80 bytes\nL5-L9  Plan/TCP\\/IP  40 bytes\nL7  ^b1\nproperties: tags, up\n"
        );
    }

    #[test]
    fn a_line_of_output_is_one_line_of_plain_text() {
        assert_eq!(one_line("a\n\u{1b}[31mred\u{7f}  b\r\n"), "a [31mred b");
    }
}
