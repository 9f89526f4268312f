//! Links and tags of running text. Knows what hides them (code, HTML, math, link targets); finds wikilinks and tags itself, as Obsidian
//! does.

use std::{borrow::Cow, ops::Range};

use percent_encoding::percent_decode_str;
use pulldown_cmark::{Event, LinkType, Tag as Construct, TagEnd};

use crate::model::note::{Link, LinkKind, Note, Tag, tag, wikilink};

/// What the library found in the text.
#[derive(Default)]
pub(super) struct Marks {
    marks: Vec<Mark>,
    /// Open Markdown links: index of their mark, and where the last event inside them ended.
    open: Vec<(usize, usize)>,
}

struct Mark {
    range: Range<usize>,
    /// Without, the range holds neither link nor tag.
    link: Option<MarkdownLink>,
}

struct MarkdownLink {
    label: Range<usize>,
    target: String,
    image: bool,
}

impl Marks {
    /// Hides a range.
    pub(super) fn skip(&mut self, range: Range<usize>) {
        self.marks.push(Mark { range, link: None });
    }

    pub(super) fn take(&mut self, event: &Event<'_>, range: Range<usize>) {
        let end = range.end;
        match event {
            Event::Start(Construct::CodeBlock(_))
            | Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::InlineHtml(_) => {
                self.skip(range);
            }
            Event::Start(Construct::Link { link_type, dest_url, .. }) => return self.open(*link_type, false, dest_url, range),
            Event::Start(Construct::Image { link_type, dest_url, .. }) => return self.open(*link_type, true, dest_url, range),
            Event::End(TagEnd::Link | TagEnd::Image) => self.close(range),
            _ => {}
        }
        if let Some((_, inner_end)) = self.open.last_mut() {
            *inner_end = end;
        }
    }

    fn open(&mut self, kind: LinkType, image: bool, target: &str, range: Range<usize>) {
        let label = range.start + if image { 2 } else { 1 };
        self.open.push((self.marks.len(), label));
        // An address in angle brackets is hidden; a reference link leads nowhere by itself, its label is text.
        let hidden = matches!(kind, LinkType::Autolink | LinkType::Email);
        let link = MarkdownLink {
            label: label..label,
            target: if kind == LinkType::Inline {
                target.to_owned()
            } else {
                String::new()
            },
            image,
        };
        self.marks.push(Mark {
            range,
            link: (!hidden).then_some(link),
        });
    }

    fn close(&mut self, range: Range<usize>) {
        let Some((mark, label_end)) = self.open.pop() else { return };
        if let Some(link) = &mut self.marks[mark].link {
            link.label.end = label_end;
            self.skip(label_end..range.end);
        }
    }
}

/// Adds the links and tags of the body to the note, in one pass.
pub(super) fn scan(text: &str, body: usize, marks: Marks, note: &mut Note) {
    let mut marks = marks.marks;
    marks.sort_by_key(|it| it.range.start);
    let mut scan = Scan {
        text,
        at: body,
        escaped: body,
        word_checked: body,
        in_address: false,
        note,
    };
    for mark in &marks {
        // What begins inside a wikilink is part of its text.
        if mark.range.start < scan.at {
            continue;
        }
        scan.plain(mark.range.start);
        if mark.range.start < scan.at {
            continue;
        }
        match &mark.link {
            _ if scan.wikilink() => {}
            Some(link) => scan.markdown_link(link, &mark.range),
            None => scan.at = mark.range.end,
        }
    }
    scan.plain(text.len());
}

struct Scan<'t> {
    text: &'t str,
    at: usize,
    /// The byte after the last escaped character.
    escaped: usize,
    /// How far the text was searched for a bare address, and whether the last word there is one.
    word_checked: usize,
    in_address: bool,
    note: &'t mut Note,
}

impl Scan<'_> {
    /// Reads text that the library knows nothing special about; a wikilink may lead beyond its end.
    fn plain(&mut self, end: usize) {
        while self.at < end {
            let Some(found) = memchr::memchr3(b'[', b'#', b'\\', &self.text.as_bytes()[self.at..end]) else {
                self.at = end;
                return;
            };
            self.at += found;
            match self.text.as_bytes()[self.at] {
                b'[' if self.wikilink() => {}
                b'#' => self.tag(),
                b'\\' if self.text.as_bytes().get(self.at + 1).is_some_and(u8::is_ascii_punctuation) => {
                    self.at += 2;
                    self.escaped = self.at;
                }
                _ => self.at += 1,
            }
        }
    }

    /// Reads the wikilink or embed that begins here, if one does.
    fn wikilink(&mut self) -> bool {
        if !self.text[self.at..].starts_with("[[") {
            return false;
        }
        let Some(end) = wikilink::end_of(self.text, self.at) else {
            return false;
        };
        let embed = self.at > self.escaped && self.text.as_bytes()[self.at - 1] == b'!';
        let parts = wikilink::parse(&self.text[self.at + 2..end - 2]);
        self.note.links.push(Link {
            kind: if embed { LinkKind::Embed } else { LinkKind::Link },
            target: parts.target,
            display: Some(parts.display),
            markdown: false,
            range: self.at - usize::from(embed)..end,
            key: None,
        });
        self.at = end;
        true
    }

    /// Reads a Markdown link up to its label, which may hold tags; addresses outside the vault are no links of the note.
    fn markdown_link(&mut self, link: &MarkdownLink, range: &Range<usize>) {
        self.at = link.label.start;
        let label = &self.text[link.label.clone()];
        if link.target.is_empty() || label.starts_with('^') || has_scheme(&link.target) {
            return;
        }
        self.note.links.push(Link {
            kind: if link.image { LinkKind::Embed } else { LinkKind::Link },
            target: percent_decode_str(&link.target)
                .decode_utf8()
                .map_or_else(|_| link.target.clone(), Cow::into_owned),
            display: Some(label.to_owned()),
            markdown: true,
            range: range.clone(),
            key: None,
        });
    }

    fn tag(&mut self) {
        let start = self.at;
        self.at += 1;
        let len = tag::name_len(&self.text[self.at..]);
        if len == 0 || !self.may_begin_tag(start) {
            return;
        }
        self.at += len;
        self.note.tags.push(Tag {
            name: self.text[start + 1..self.at].to_owned(),
            range: start..self.at,
        });
    }

    /// Says whether a tag may follow what stands before its `#`: no letter, no `&`, no bare address.
    fn may_begin_tag(&mut self, start: usize) -> bool {
        match self.text[..start].chars().next_back() {
            None => true,
            Some(before) if before.is_whitespace() => true,
            Some('&' | '#') => false,
            Some(before) => !tag::is_name_char(before) && !self.in_address(start),
        }
    }

    /// Says whether the word that leads to this byte is an address (`https://...`).
    fn in_address(&mut self, end: usize) -> bool {
        let passed = &self.text[self.word_checked..end];
        let word = match passed.rfind(char::is_whitespace) {
            Some(space) => {
                self.in_address = false;
                &passed[space..]
            }
            None => passed,
        };
        self.in_address |= word.contains("://");
        self.word_checked = end;
        self.in_address
    }
}

/// Says whether a link target is an address outside the vault: `https://x`, `mailto:x`.
fn has_scheme(target: &str) -> bool {
    let Some((scheme, _)) = target.split_once(':') else { return false };
    scheme.len() > 1
        && scheme.starts_with(|it: char| it.is_ascii_alphabetic())
        && scheme
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || matches!(it, b'+' | b'.' | b'-'))
}
