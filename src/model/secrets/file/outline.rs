//! Keys and values of YAML and JSON with their places in the text and with what stands above them. Reads what is valid as it is meant and
//! anything else (templates, half a document) as well as it can; must not know which keys tell.
//!
//! Every byte that is no space, no sign of structure, no anchor and no tag is in a scalar: what is masked within scalars hides all.

use std::ops::Range;

use memchr::{memchr, memmem};

mod flow;
mod scan;

/// How a scalar is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Block,
    /// Not of the data, but text.
    Comment,
}

/// A key, a value or a comment.
#[derive(Debug, Clone)]
pub(super) struct Scalar {
    /// Without quotes; of a block from its first letter on.
    pub(super) range: Range<usize>,
    pub(super) style: Style,
    pub(super) is_key: bool,
    /// Within braces or brackets.
    pub(super) is_flow: bool,
    /// The key above, also through lists: its place among the scalars.
    pub(super) above: Option<usize>,
    /// The map of a key, the list of an item; 0 for a value beside its key.
    pub(super) group: usize,
}

/// An anchor before a node, or an alias in the place of one: `&x`, `*x`.
#[derive(Debug, Clone)]
pub(super) struct Name {
    /// Without its mark.
    pub(super) range: Range<usize>,
    pub(super) is_alias: bool,
    /// How many scalars stand before it.
    pub(super) at: usize,
    /// As of the scalar that could stand here.
    pub(super) above: Option<usize>,
    pub(super) group: usize,
}

/// What is read of a text.
#[derive(Debug, Clone, Default)]
pub(super) struct Nodes {
    /// In order and apart.
    pub(super) scalars: Vec<Scalar>,
    /// In order.
    pub(super) names: Vec<Name>,
}

/// Reads a part of a text. Columns count from the line's beginning, wherever the part begins.
pub(super) fn read(text: &str, part: Range<usize>, is_json: bool) -> Nodes {
    let mut outline = Outline {
        text: &text[..part.end],
        at: part.start,
        is_json,
        scalars: Vec::new(),
        names: Vec::new(),
        levels: Vec::new(),
        n_groups: 0,
        is_unclosed: [false; 2],
    };
    // A part may begin within its first line.
    let mut column = Some(part.start - text[..part.start].rfind('\n').map_or(0, |it| it + 1));
    while outline.at < outline.text.len() {
        if outline.is_in_flow() {
            outline.flow();
        } else {
            outline.line(column.take().unwrap_or(0));
        }
    }
    Nodes {
        scalars: outline.scalars,
        names: outline.names,
    }
}

/// A map or a list that is open.
struct Level {
    /// Of braces that of the block around them.
    column: usize,
    group: usize,
    is_map: bool,
    is_flow: bool,
    /// The key of the whole.
    above: Option<usize>,
    /// The key whose value comes next.
    last: Option<usize>,
}

struct Outline<'t> {
    text: &'t str,
    at: usize,
    is_json: bool,
    scalars: Vec<Scalar>,
    names: Vec<Name>,
    levels: Vec<Level>,
    n_groups: usize,
    /// No quote of this kind closes any more.
    is_unclosed: [bool; 2],
}

impl Outline<'_> {
    fn is_in_flow(&self) -> bool {
        self.levels.last().is_some_and(|it| it.is_flow)
    }

    fn byte(&self, at: usize) -> u8 {
        // The end is like the end of a line.
        self.text.as_bytes().get(at).copied().unwrap_or(b'\n')
    }

    fn is_space(&self, at: usize) -> bool {
        matches!(self.byte(at), b' ' | b'\t' | b'\n' | b'\r')
    }

    fn line_end(&self, at: usize) -> usize {
        memchr(b'\n', &self.text.as_bytes()[at..]).map_or(self.text.len(), |it| at + it)
    }

    fn skip_spaces(&mut self) {
        while matches!(self.byte(self.at), b' ' | b'\t' | b'\r') {
            self.at += 1;
        }
    }

    fn open(&mut self, column: usize, is_map: bool, is_flow: bool) {
        let (above, _) = self.place();
        self.n_groups += 1;
        self.levels.push(Level {
            column,
            group: self.n_groups,
            is_map,
            is_flow,
            above,
            last: None,
        });
    }

    /// Returns the key above what comes next, and the list that it is an item of.
    fn place(&self) -> (Option<usize>, usize) {
        self.levels
            .last()
            .map_or((None, 0), |it| (it.last.or(it.above), if it.is_map { 0 } else { it.group }))
    }

    fn push(&mut self, range: Range<usize>, style: Style) {
        if range.is_empty() {
            return;
        }
        let (above, group) = self.place();
        self.scalars.push(Scalar {
            range,
            style,
            is_key: false,
            is_flow: self.is_in_flow(),
            above,
            group,
        });
    }

    /// Adds a key to the map on top, or a pair to the list.
    fn push_key(&mut self, range: Range<usize>, style: Style) {
        let is_flow = self.is_in_flow();
        let Some(top) = self.levels.last_mut() else { return };
        top.last = Some(self.scalars.len());
        self.scalars.push(Scalar {
            range,
            style,
            is_key: true,
            is_flow,
            above: top.above,
            group: top.group,
        });
    }

    /// Returns the inside of the quotes that open here and where they end; `None` if they never close.
    fn quoted(&mut self) -> Option<(Range<usize>, Style)> {
        let quote = self.byte(self.at);
        let nth = usize::from(quote == b'"');
        if self.is_unclosed[nth] {
            return None;
        }
        let bytes = self.text.as_bytes();
        let mut end = self.at + 1;
        while end < bytes.len() {
            match bytes[end] {
                b'{' if quote == b'"' && bytes[end + 1..].starts_with(b"{") => end = self.after_quotes_within(end),
                b'\\' if quote == b'"' || self.is_json => end += 2,
                b'\'' if quote == b'\'' && !self.is_json && bytes.get(end + 1) == Some(&b'\'') => end += 2,
                it if it == quote => {
                    let inner = self.at + 1..end;
                    self.at = end + 1;
                    return Some((inner, if quote == b'"' { Style::Double } else { Style::Single }));
                }
                _ => end += 1,
            }
        }
        self.is_unclosed[nth] = true;
        None
    }

    /// Passes over anchors and tags: `&name`, `!!str`.
    fn skip_properties(&mut self) {
        while matches!(self.byte(self.at), b'&' | b'!') && !self.is_json && !self.is_reference() {
            self.word(false);
            self.skip_spaces();
        }
    }

    /// Tells whether a tag opens here that says where the value is: `!secret wifi_password`. It is part of the scalar.
    fn is_reference(&self) -> bool {
        const TAGS: [&str; 8] = [
            "!secret ",
            "!env_var ",
            "!env ",
            "!reference ",
            "!include ",
            "!Ref ",
            "!GetAtt ",
            "!ImportValue ",
        ];
        TAGS.iter().any(|it| self.text.as_bytes()[self.at..].starts_with(it.as_bytes()))
    }

    /// Passes over a word with a mark, and keeps the name of an anchor or an alias.
    fn word(&mut self, is_alias: bool) {
        let from = self.at;
        while !(self.is_space(self.at) || self.is_in_flow() && b",[]{}".contains(&self.byte(self.at))) {
            self.at += 1;
        }
        if self.byte(from) != b'!' {
            let (above, group) = self.place();
            self.names.push(Name {
                range: from + 1..self.at,
                is_alias,
                at: self.scalars.len(),
                above,
                group,
            });
        }
    }

    /// Returns where quotes go on after two braces that open in them. A template of Helm may have quotes of its own: `"{{ default "x" .y }}"`.
    fn after_quotes_within(&self, at: usize) -> usize {
        let end = if self.is_json || self.is_in_flow() {
            None
        } else {
            self.after_braces(at)
        };
        let is_code = |inner: &str| inner.contains('"') && inner.starts_with([' ', '-']);
        end.filter(|it| is_code(&self.text[at + 2..*it])).unwrap_or(at + 1)
    }

    /// Passes over a template or a mask that opens here and is not too long.
    fn after_braces(&self, at: usize) -> Option<usize> {
        let bytes = self.text.as_bytes();
        let rest = &bytes[at..bytes.len().min(at + MAX_TEMPLATE)];
        let rest = &rest[..memchr(b'\n', rest).unwrap_or(rest.len())];
        if rest.starts_with(b"{{") {
            return memmem::find(rest, b"}}").map(|it| at + it + 2);
        }
        if rest.starts_with(b"[redacted:") {
            return memchr(b']', rest).map(|it| at + it + 1);
        }
        None
    }

    fn open_flow(&mut self) {
        let column = self.levels.last().map_or(usize::MAX, |it| it.column);
        self.open(column, self.byte(self.at) == b'{', true);
        self.at += 1;
    }
}

/// No template is longer: so many braces take linear time.
const MAX_TEMPLATE: usize = 400;
