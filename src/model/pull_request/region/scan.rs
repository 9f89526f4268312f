//! Where the regions of a note lie. Knows markers, each alone on its line; knows no text between them.

use std::ops::Range;

/// The regions of a note.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// In order; no two of one name.
    pub(super) regions: Vec<Found>,
    /// Names whose markers do not fit each other.
    pub(super) broken: Vec<String>,
}

/// A region with both its markers.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) name: String,
    /// Of the begin marker.
    pub(super) hash: String,
    /// From the begin marker to the end marker, the line end behind it left out: what is replaced.
    pub(super) range: Range<usize>,
    /// The same with that line end.
    pub(super) outer: Range<usize>,
    /// What stands between, with line feeds alone and without the last one.
    pub(super) text: String,
}

enum Marker<'t> {
    Begin(&'t str, &'t str),
    End(&'t str),
}

/// Returns a begin marker's line.
pub(super) fn begin(name: &str, hash: &str) -> String {
    format!("<!-- membridge:begin {name} h={hash} -->\n")
}

/// Returns an end marker's line.
pub(super) fn end(name: &str) -> String {
    format!("<!-- membridge:end {name} -->\n")
}

/// Says whether a text holds a line that is a marker.
pub(super) fn has_marker(text: &str) -> bool {
    text.lines().any(|it| marker(it).is_some())
}

/// Reads the regions from a byte on.
pub(super) fn read(text: &str, start: usize) -> Scan {
    let mut scan = Scan::default();
    let mut open: Option<(&str, &str, usize, usize)> = None;
    let mut names: Vec<&str> = Vec::new();
    let mut at = start;
    for line in text[start..].split_inclusive('\n') {
        let next = at + line.len();
        match marker(line) {
            Some(Marker::Begin(name, hash)) => {
                scan.broken.extend(open.map(|it| it.0.to_owned()));
                if names.contains(&name) {
                    scan.broken.push(name.to_owned());
                }
                names.push(name);
                open = Some((name, hash, at, next));
            }
            Some(Marker::End(name)) => match open.take() {
                Some((opened, hash, outer, inner)) if opened == name => scan.regions.push(Found {
                    name: name.to_owned(),
                    hash: hash.to_owned(),
                    range: outer..at + line.trim_end_matches(['\n', '\r']).len(),
                    outer: outer..next,
                    text: between(&text[inner..at]),
                }),
                other => {
                    scan.broken.extend(other.map(|it| it.0.to_owned()));
                    scan.broken.push(name.to_owned());
                }
            },
            None => {}
        }
        at = next;
    }
    scan.broken.extend(open.map(|it| it.0.to_owned()));
    let broken = &scan.broken;
    scan.regions.retain(|it| !broken.contains(&it.name));
    scan
}

fn between(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    text.strip_suffix('\n').unwrap_or(&text).to_owned()
}

fn marker(line: &str) -> Option<Marker<'_>> {
    let inner = line.trim_end().strip_prefix("<!-- membridge:")?.strip_suffix("-->")?.trim_end();
    let (kind, rest) = inner.split_once(' ')?;
    match kind {
        "begin" => {
            let (name, hash) = rest.split_once(" h=")?;
            Some(Marker::Begin(name.trim(), hash.trim()))
        }
        "end" => Some(Marker::End(rest.trim())),
        _ => None,
    }
}
