//! Refuses YAML that is expensive to read, before the library sees it. Knows just enough of the syntax to tell structure from text.

use crate::model::yaml::YamlError;

/// How much YAML is read at once.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) kibibytes: usize,
    pub(super) nesting: usize,
    /// Anchors and aliases are read; what they make is bounded where it is made.
    pub(super) aliases: bool,
}

/// Returns an error for a text that is too long, too deeply nested (the library needs 31 s for 50,000 `{a: `) or, where they are not
/// read, uses anchors or aliases.
pub(super) fn check(text: &str, limits: Limits) -> Result<(), YamlError> {
    if text.len() > limits.kibibytes * 1024 {
        return Err(YamlError {
            message: format!("the YAML is longer than {} KiB", limits.kibibytes),
            line: 0,
        });
    }
    let mut scan = Scan {
        aliases: limits.aliases,
        ..Scan::default()
    };
    for (line, content) in text.lines().enumerate() {
        let refused = |message: &str| YamlError {
            message: message.to_owned(),
            line,
        };
        scan.line(content.as_bytes()).map_err(refused)?;
        if scan.deepest > limits.nesting {
            return Err(refused(&format!("the YAML is nested more than {} deep", limits.nesting)));
        }
    }
    Ok(())
}

/// What the lines so far left open.
#[derive(Default)]
struct Scan {
    aliases: bool,
    /// Open `[` and `{`.
    flow: usize,
    /// The quote character whose string is open.
    quote: Option<u8>,
    /// Lines indented deeper than this are the text of a `|` or `>`.
    literal: Option<usize>,
    /// A line indented deeper than this continues an unquoted text.
    plain: Option<usize>,
    /// The deepest nesting that a line has shown.
    deepest: usize,
}

impl Scan {
    fn line(&mut self, line: &[u8]) -> Result<(), &'static str> {
        if line.trim_ascii().is_empty() {
            return Ok(());
        }
        let indent = line.iter().take_while(|&&it| it == b' ').count();
        if self.literal.is_some_and(|outer| indent > outer) {
            return Ok(());
        }
        self.literal = None;
        let continues = self.plain.take().filter(|&outer| indent > outer);
        // The column of the entry that this line is about, and whether a `-` still waits for it.
        let (mut column, mut waits) = (continues.unwrap_or(indent), false);
        // A token may begin here: structure, quotes and anchors mean something only there.
        let mut fresh = self.quote.is_none() && continues.is_none();
        let mut quoted = false;
        let mut markers = 0;
        let mut at = indent;
        while at < line.len() {
            let byte = line[at];
            if let Some(quote) = self.quote {
                if byte == b'\\' && quote == b'"' {
                    at += 1;
                } else if byte == quote {
                    self.quote = None;
                }
                quoted = true;
                at += 1;
                continue;
            }
            let ends_word = line.get(at + 1).is_none_or(|it| matches!(it, b' ' | b'\t'));
            if fresh && ends_word && matches!(byte, b'-' | b'?') {
                (column, waits) = (at, true);
                markers += 1;
            } else if waits && !matches!(byte, b' ' | b'\t' | b'|' | b'>') {
                (column, waits) = (at, false);
            }
            match byte {
                b' ' | b'\t' => {}
                b'#' if at == 0 || matches!(line[at - 1], b' ' | b'\t') => return Ok(()),
                b'"' | b'\'' if fresh => {
                    self.quote = Some(byte);
                    (fresh, quoted) = (false, true);
                }
                b'[' | b'{' if fresh || self.flow > 0 => {
                    self.flow += 1;
                    fresh = true;
                }
                b']' | b'}' if self.flow > 0 => {
                    self.flow -= 1;
                    (fresh, quoted) = (false, true);
                }
                b',' if self.flow > 0 => fresh = true,
                b'-' | b'?' if fresh && ends_word => {}
                b':' if ends_word || self.flow > 0 => (fresh, quoted) = (true, false),
                b'&' if fresh && self.aliases => {
                    let in_name = |it: &&u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_');
                    at += line[at + 1..].iter().take_while(in_name).count();
                }
                b'*' if fresh && self.aliases => fresh = false,
                b'&' if fresh => return Err("an anchor (`&`) is not read: write the value out, or quote the text"),
                b'*' if fresh => return Err("an alias (`*`) is not read: write the value out, or quote the text"),
                b'|' | b'>' if fresh && self.flow == 0 => {
                    self.literal = Some(column);
                    return Ok(());
                }
                b'!' if fresh => at += line[at..].iter().take_while(|it| !matches!(it, b' ' | b'\t')).count() - 1,
                _ => fresh = false,
            }
            self.deepest = self.deepest.max(self.flow + markers);
            at += 1;
        }
        if !fresh && !quoted && self.flow == 0 && self.quote.is_none() {
            self.plain = Some(column);
        }
        Ok(())
    }
}
