//! One entry of a journal: a section that its text cannot leave. Knows headings and what hides them; must not know the day's note.

use crate::model::{
    memory::one_line,
    note::{BlockKind, Heading, Note},
};

/// Of an entry's own heading.
const LEVEL: u8 = 2;

/// Returns `## 14:05 heading` and the text, ending with a line feed. Headings of the text at this level or above are pushed below it, and
/// a fence or comment that the text leaves open is closed, so that the next entry is one of its own.
pub fn entry(time: &str, heading: &str, text: &str) -> String {
    let top = format!("## {}\n", one_line(&format!("{time} {heading}")));
    let text = text.trim_start_matches('\u{feff}').trim_start_matches(['\r', '\n']).trim_end();
    if text.is_empty() {
        return top;
    }
    close(push_down(format!("{top}\n{text}\n")))
}

fn push_down(entry: String) -> String {
    let note = Note::parse(&entry);
    let high: Vec<&Heading> = note.headings.iter().skip(1).filter(|it| it.level <= LEVEL).collect();
    let Some(highest) = high.iter().map(|it| it.level).min() else {
        return entry;
    };
    let deeper = LEVEL + 1 - highest;
    let mut pushed = entry.clone();
    for heading in high.iter().rev() {
        let level = usize::from(heading.level + deeper);
        let raw = &entry[heading.range.clone()];
        // An underlined one may begin with the sign, too.
        if raw.starts_with('#') && !raw.trim_end().contains('\n') {
            pushed.insert_str(heading.range.start, &"#".repeat(usize::from(deeper)));
        } else {
            // Underlined: such a heading has two levels only.
            let title = raw.trim_end().rsplit_once('\n').map_or(raw, |(title, _underline)| title);
            let title = one_line(title);
            pushed.replace_range(heading.range.clone(), &format!("{} {title}", "#".repeat(level)));
        }
    }
    pushed
}

/// Closes what would swallow the heading of the next entry.
fn close(entry: String) -> String {
    if is_closed(&entry) {
        return entry;
    }
    let fence = Note::parse(&entry)
        .blocks
        .iter()
        .rfind(|it| it.kind == BlockKind::Code)
        .map_or_else(String::new, |it| fence_of(&entry[it.range.clone()]));
    let closed = [
        &*fence,
        "%%",
        "-->",
        "$$",
        "</script>",
        "</pre>",
        "</style>",
        "</textarea>",
        "?>",
        "]]>",
        ">",
    ]
    .iter()
    .map(|it| format!("{entry}{it}\n"))
    .find(|it| is_closed(it));
    closed.unwrap_or(entry)
}

/// Says whether a next heading is seen, also where the next entry brings the other half of a comment or of math.
fn is_closed(entry: &str) -> bool {
    ["", "%%", "$$"].iter().all(|later| {
        let next = format!("{entry}\n## next\n\n{later}\n");
        Note::parse(&next).headings.last().is_some_and(|it| it.range.start > entry.len())
    })
}

/// Returns the run of backticks or tildes that opens a block of code.
fn fence_of(code: &str) -> String {
    let code = code.trim_start();
    let mark = code.chars().next().unwrap_or('`');
    code.chars().take_while(|it| *it == mark).collect()
}
