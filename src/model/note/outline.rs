//! The sections of a note, by its headings. Knows levels and ranges; knows no Markdown.

use std::ops::Range;

use crate::model::note::Note;

/// A heading with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// Index into the note's headings.
    pub heading: usize,
    /// Indices of the headings above it, outermost first, and its own.
    pub path: Vec<usize>,
    /// From the heading to the next heading of the same or a higher level.
    pub range: Range<usize>,
    /// The byte at which the next heading of any level begins.
    pub own_end: usize,
}

impl Note {
    /// Returns one section for each heading, in order; `text_len` is the length of the note's text in bytes.
    pub fn sections(&self, text_len: usize) -> Vec<Section> {
        let mut sections: Vec<Section> = Vec::with_capacity(self.headings.len());
        let mut open: Vec<usize> = Vec::new();
        for (index, heading) in self.headings.iter().enumerate() {
            let start = heading.range.start;
            if let Some(previous) = sections.last_mut() {
                previous.own_end = start;
            }
            while let Some(&last) = open.last()
                && self.headings[last].level >= heading.level
            {
                sections[last].range.end = start;
                open.pop();
            }
            open.push(index);
            sections.push(Section {
                heading: index,
                path: open.clone(),
                range: start..text_len,
                own_end: text_len,
            });
        }
        sections
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_ends_at_a_heading_of_its_level_or_above() {
        let text = "# A\n## B\n### C\n## D\n# E\n";
        let sections = Note::parse(text).sections(text.len());
        let check = |index: usize, path: &[usize], whole: &str, own: &str| {
            let section = &sections[index];
            assert_eq!(section.path, path);
            assert_eq!(&text[section.range.clone()], whole);
            assert_eq!(&text[section.range.start..section.own_end], own);
        };
        check(0, &[0], "# A\n## B\n### C\n## D\n", "# A\n");
        check(1, &[0, 1], "## B\n### C\n", "## B\n");
        check(2, &[0, 1, 2], "### C\n", "### C\n");
        check(3, &[0, 3], "## D\n", "## D\n");
        check(4, &[4], "# E\n", "# E\n");
    }

    #[test]
    fn a_skipped_level_does_not_break_the_path() {
        let text = "### A\n# B\n### C\n";
        let paths: Vec<_> = Note::parse(text).sections(text.len()).into_iter().map(|it| it.path).collect();
        assert_eq!(paths, [vec![0], vec![1], vec![1, 2]]);
    }
}
