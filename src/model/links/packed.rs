//! The links of one note in a few bytes each: a vault of 100,000 notes has a million. Knows the form only; what a link's target is has a
//! number elsewhere.

use std::ops::Range;

use crate::model::note::LinkKind;

/// Links in their order, as bytes.
#[derive(Debug, Clone, Default)]
pub(super) struct PackedLinks(Box<[u8]>);

/// One link, its target as a number.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct PackedLink {
    pub(super) target: u32,
    /// In bytes of the note.
    pub(super) range: Range<usize>,
    /// From 1.
    pub(super) line: usize,
    pub(super) kind: LinkKind,
    pub(super) markdown: bool,
}

impl FromIterator<PackedLink> for PackedLinks {
    fn from_iter<T: IntoIterator<Item = PackedLink>>(links: T) -> PackedLinks {
        let mut bytes = Vec::new();
        let (mut start, mut line) = (0, 0);
        for link in links {
            let kind = match link.kind {
                LinkKind::Link => 0,
                LinkKind::Embed => 1,
                LinkKind::Property => 2,
                LinkKind::Path => 3,
                LinkKind::RootPath => 4,
                LinkKind::Resource => 5,
                LinkKind::SecretPath => 6,
            };
            bytes.push(kind << 1 | u8::from(link.markdown));
            put(&mut bytes, u64::from(link.target));
            // Links mostly come in the order of the text, so that steps are small.
            put(&mut bytes, zigzag(link.range.start, start));
            put(&mut bytes, zigzag(link.range.end, link.range.start));
            put(&mut bytes, zigzag(link.line, line));
            (start, line) = (link.range.start, link.line);
        }
        PackedLinks(bytes.into())
    }
}

impl PackedLinks {
    /// Returns the links in their order.
    pub(super) fn iter(&self) -> impl Iterator<Item = PackedLink> + '_ {
        let mut rest = &*self.0;
        let (mut start, mut line) = (0, 0);
        std::iter::from_fn(move || {
            let (&head, after) = rest.split_first()?;
            rest = after;
            let target = take(&mut rest) as u32;
            start = unzigzag(take(&mut rest), start);
            let end = unzigzag(take(&mut rest), start);
            line = unzigzag(take(&mut rest), line);
            Some(PackedLink {
                target,
                range: start..end,
                line,
                kind: match head >> 1 {
                    0 => LinkKind::Link,
                    1 => LinkKind::Embed,
                    2 => LinkKind::Property,
                    3 => LinkKind::Path,
                    4 => LinkKind::RootPath,
                    5 => LinkKind::Resource,
                    _ => LinkKind::SecretPath,
                },
                markdown: head & 1 == 1,
            })
        })
    }
}

/// Returns the step to a number from the one before, small steps either way as small numbers.
fn zigzag(number: usize, before: usize) -> u64 {
    let step = (number as i64).wrapping_sub(before as i64);
    ((step << 1) ^ (step >> 63)) as u64
}

fn unzigzag(step: u64, before: usize) -> usize {
    let step = (step >> 1) as i64 ^ -((step & 1) as i64);
    (before as i64).wrapping_add(step) as usize
}

/// Writes seven bits a byte, the lowest first; the eighth says that more follow.
fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let Some((&byte, rest)) = bytes.split_first() else { break };
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn links_survive_their_form(links in proptest::collection::vec((any::<u32>(), any::<u32>(), any::<u32>(), any::<u32>(), 0..3_usize, any::<bool>()), 0..5)) {
            let links: Vec<PackedLink> = links
                .into_iter()
                .map(|(target, start, end, line, kind, markdown)| PackedLink {
                    target,
                    range: start as usize..end as usize,
                    line: line as usize,
                    kind: [LinkKind::Link, LinkKind::Embed, LinkKind::Property][kind],
                    markdown,
                })
                .collect();
            prop_assert_eq!(links.iter().cloned().collect::<PackedLinks>().iter().collect::<Vec<_>>(), links);
        }
    }
}
