//! What of a note is no text for search: the machine data of Excalidraw drawings, the settings of Kanban boards, our own markers in the note of
//! a pull request. Knows how these are written; must not know what search does with the rest. (Embedded `query` fences are the business of `query::evaluate`.)

use std::{borrow::Cow, ops::Range};

use memchr::memmem;

use crate::model::note::Note;

/// The parts of a drawing after its text elements (obsidian-excalidraw-plugin `src/constants`). A line of a drawn text may look like any
/// other heading, so only these end it.
const DATA_HEADINGS: [&str; 4] = ["Element Links", "Embedded Files", "Embedded files", "Drawing"];

/// Returns the bytes of a note's source that must be neither indexed nor searched, in order and apart from each other. Of a drawing that is
/// its whole body but the words drawn; the frontmatter always stays. Takes time linear in the text.
pub fn ranges(text: &str, note: &Note) -> Vec<Range<usize>> {
    let body = note.body_start();
    let mut hidden = Vec::new();
    if note.property("excalidraw-plugin").is_some() {
        around_drawn_text(text, body, &mut hidden);
    } else if note.property("kanban-plugin").is_some() {
        hidden.extend(board_settings(text, body));
    } else if note.property("pr").is_some() {
        hidden.extend(lines(text, body).filter(|it| is_marker(&text[it.clone()])));
    }
    hidden.retain(|it| !it.is_empty());
    hidden
}

/// Returns the text with its hidden bytes as spaces. Line ends and the length in bytes stay, so that every offset and line is true.
pub fn visible<'t>(text: &'t str, note: &Note) -> Cow<'t, str> {
    let hidden = ranges(text, note);
    if hidden.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut bytes = text.as_bytes().to_vec();
    for byte in hidden.into_iter().flatten() {
        if !matches!(bytes[byte], b'\n' | b'\r') {
            bytes[byte] = b' ';
        }
    }
    Cow::Owned(String::from_utf8(bytes).expect("whole characters were replaced by ASCII"))
}

fn around_drawn_text(text: &str, body: usize, hidden: &mut Vec<Range<usize>>) {
    let data = lines(text, body).find(|it| is_heading(&text[it.clone()], "Excalidraw Data"));
    let search_from = data.map_or(body, |it| it.end);
    let Some(heading) = lines(text, search_from).find(|it| is_heading(&text[it.clone()], "Text Elements")) else {
        hidden.push(body..text.len());
        return;
    };
    hidden.push(body..heading.end);
    let mut end = text.len();
    for line in lines(text, heading.end) {
        let content = &text[line.clone()];
        if DATA_HEADINGS.iter().any(|it| is_heading(content, it)) || content.starts_with("```compressed-json") {
            end = line.start;
            break;
        }
        if content.trim() == "%%" {
            hidden.push(line);
        } else if let Some(mark) = mark_at_end(content) {
            hidden.push(line.start + mark.start..line.start + mark.end);
        }
    }
    hidden.push(end..text.len());
}

/// Says whether a line is one of ours between the parts of a pull request's note.
fn is_marker(line: &str) -> bool {
    line.starts_with("<!-- membridge:") && line.trim_end().ends_with("-->")
}

/// Returns the lines from a line's start on, each with its line feed.
fn lines(text: &str, from: usize) -> impl Iterator<Item = Range<usize>> {
    let mut at = from;
    text[from..].split_inclusive('\n').map(move |line| {
        at += line.len();
        at - line.len()..at
    })
}

/// Older versions of the plugin write these headings with one `#`.
fn is_heading(line: &str, name: &str) -> bool {
    let text = line.strip_prefix("##").or_else(|| line.strip_prefix('#'));
    text.is_some_and(|it| it.starts_with(' ') && it.trim() == name)
}

/// Finds the ` ^id` by which the plugin ties a text to its element.
fn mark_at_end(line: &str) -> Option<Range<usize>> {
    let line = line.trim_end();
    let before = line.trim_end_matches(|it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-'));
    let start = before.strip_suffix('^')?.len();
    let separate = line[..start].is_empty() || line[..start].ends_with(char::is_whitespace);
    (separate && before.len() < line.len()).then_some(start..line.len())
}

/// Finds the last `%% kanban:settings … %%` block; one that is never closed goes to the end.
fn board_settings(text: &str, body: usize) -> Option<Range<usize>> {
    const MARK: &str = "%% kanban:settings";
    let at_line_start = |at: &usize| *at == body || text.as_bytes()[at - 1] == b'\n';
    let start = memmem::rfind_iter(&text.as_bytes()[body..], MARK)
        .map(|at| body + at)
        .find(at_line_start)?;
    let content = start + MARK.len();
    let end = memmem::find(&text.as_bytes()[content..], b"%%").map_or(text.len(), |at| content + at + 2);
    Some(start..end)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::model::quickly::quickly;

    /// What is left, line by line, without the blank ones.
    fn check(text: &str, expected: &[&str]) {
        let note = Note::parse(text);
        let visible = visible(text, &note);
        assert_eq!(visible.len(), text.len());
        let left: Vec<&str> = visible[note.body_start()..]
            .lines()
            .map(str::trim_end)
            .filter(|it| !it.is_empty())
            .collect();
        assert_eq!(left, expected, "{text}");
    }

    #[test]
    fn our_markers_in_the_note_of_a_pull_request_are_no_text() {
        let text = "---\npr: h/o/n#7\n---\n<!-- membridge:begin outcome h=12345678 -->\n## Outcome\n<!-- membridge:end outcome -->\n";
        let visible = visible(text, &Note::parse(text)).into_owned();
        assert!(
            !visible.contains("membridge") && visible.contains("## Outcome") && visible.len() == text.len(),
            "{visible}"
        );
    }

    #[test]
    fn f9_of_a_drawing_only_the_words_drawn_are_text() {
        check(
            "---\nexcalidraw-plugin: parsed\ntags: [excalidraw]\n---\n==⚠  Switch to EXCALIDRAW VIEW ==\n\n# Excalidraw Data\n\n\
             ## Text Elements\nCopper anode ^fNtUWSRu\n\n# drawn like a heading\nx^2 stays ^a-B_c8Zz\n\n## Element Links\nfNtUWSRu: [[Ledger]]\n\n\
             ## Embedded Files\n8d90: [[image.png]]\n\n%%\n## Drawing\n```compressed-json\nN4KAkARALgngDgUwgLg\n```\n%%",
            &["Copper anode", "# drawn like a heading", "x^2 stays"],
        );
    }

    #[test]
    fn f9_older_drawings_are_read_too() {
        check(
            "---\nexcalidraw-plugin: raw\n---\r\n# Text Elements\r\nZinc ^abc12345\r\n\r\n%%\r\n# Drawing\r\n```json\r\n{\"type\":1}\r\n```\r\n%%",
            &["Zinc"],
        );
        check(
            "---\nexcalidraw-plugin: parsed\n---\n%%\n# Excalidraw Data\n## Text Elements\nTin ^1\n%%\n```compressed-json\nN4K\n",
            &["Tin"],
        );
        check("---\nexcalidraw-plugin: parsed\n---\n## Drawing\n```json\n{}\n```\n", &[]);
        check("---\nexcalidraw-plugin: parsed\n---\n## Text Elements", &[]);
    }

    #[test]
    fn settings_of_a_board_are_no_text() {
        let board = "---\n\nkanban-plugin: basic\n\n---\n\n## Backlog\n\n- [ ] Melt %% kanban:settings\n\n";
        let left = ["## Backlog", "- [ ] Melt %% kanban:settings"];
        check(
            &format!("{board}%% kanban:settings\n```\n{{\"kanban-plugin\":\"basic\"}}\n```\n%%"),
            &left,
        );
        check(&format!("{board}%% kanban:settings\n```\n{{}}\n```"), &left);
        check(board, &left);
    }

    #[test]
    fn an_ordinary_note_hides_nothing() {
        check(
            "## Text Elements\nCopper ^id\n%% kanban:settings %%\n",
            &["## Text Elements", "Copper ^id", "%% kanban:settings %%"],
        );
        let text = "a %%b%%";
        assert!(matches!(visible(text, &Note::parse(text)), Cow::Borrowed(_)));
    }

    #[test]
    fn hostile_notes_are_read_in_linear_time() {
        let check = |text: String| {
            let note = Note::parse(&text);
            let what = format!("{} bytes", text.len());
            quickly(Duration::from_secs(4), &what, || {
                assert_eq!(visible(&text, &note).len(), text.len());
            });
        };
        let drawing = "---\nexcalidraw-plugin: parsed\n---\n# Text Elements\n";
        check(format!("{drawing}{}", "x ^a\n%%\n".repeat(200_000)));
        check(format!("{drawing}{}", "^".repeat(2_000_000)));
        check(format!("---\nkanban-plugin: x\n---\n{}", "x %% kanban:settings ".repeat(100_000)));
    }

    proptest! {
        #[test]
        fn lines_and_characters_stay_where_they_are(parts in prop::collection::vec(prop::sample::select(PARTS), 0..40), kind in 0..3_usize) {
            let plugin = ["excalidraw-plugin: parsed", "kanban-plugin: basic", "a: b"][kind];
            let text = format!("---\n{plugin}\n---\n{}", parts.concat());
            let note = Note::parse(&text);
            let hidden = ranges(&text, &note);
            prop_assert!(hidden.iter().all(|it| text.get(it.clone()).is_some_and(|it| !it.is_empty())));
            prop_assert!(hidden.windows(2).all(|it| it[0].end <= it[1].start), "{:?}", hidden);
            let visible = visible(&text, &note);
            prop_assert_eq!(visible.len(), text.len());
            for (at, byte) in text.bytes().enumerate() {
                let is_hidden = hidden.iter().any(|it| it.contains(&at)) && byte != b'\n' && byte != b'\r';
                prop_assert_eq!(visible.as_bytes()[at], if is_hidden { b' ' } else { byte });
            }
        }
    }

    const PARTS: &[&str] = &[
        "\n",
        "\n",
        "\r\n",
        "# Excalidraw Data\n",
        "## Text Elements\n",
        "# Text Elements",
        "## Element Links\n",
        "## Drawing\n",
        "%%",
        "%%\n",
        "%% kanban:settings",
        " ^id",
        "^",
        "word ",
        "中",
        "😀 ^",
        "\u{a0}",
        "```compressed-json\n",
        "# ",
    ];
}
