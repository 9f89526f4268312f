//! Where a word occurs among the notes that a caller may see, and what its occurrences there are worth before the word's own weight: BM25's
//! saturation, which depends on the snapshot and the caller alone. Plain lists; who finds them is `finder`.

use std::ops::Range;

/// BM25's parameters. Measured on four public sets together (`docs/performance.md`): 1.4 instead of the usual 1.2 for `K1`.
pub(super) const K1: f32 = 1.4;
const B: f32 = 0.75;

/// A worth lies between 0 and `K1 + 1`, and is kept and told in steps of this: two bytes say it as well as four.
pub(super) const STEP: f32 = (K1 + 1.0) / 65_535.0;

/// Where a word occurs among the notes that may be seen, segment by segment.
#[derive(Debug, Default)]
pub(super) struct Occurrences {
    pub(super) by_segment: Vec<InSegment>,
    pub(super) documents: u32,
    pub(super) notes: u32,
    /// With those that have nothing but a name: they do not change what a word says of a note.
    pub(super) files: u32,
}

/// Where a word occurs in one segment, in order.
#[derive(Debug, Default)]
pub(super) struct InSegment {
    documents: Worths,
    notes: Worths,
    /// For each of the notes: where its documents begin, and what the word is worth in the one that says most.
    begins: Vec<u32>,
    greatest: Vec<u16>,
}

/// Documents or notes that hold a word, by number, and how much its occurrences say in each.
#[derive(Debug, Default)]
struct Worths {
    numbers: Vec<u32>,
    worths: Vec<u16>,
}

impl Occurrences {
    /// Returns how much room it takes, in entries of six bytes.
    pub(super) fn len(&self) -> usize {
        self.by_segment
            .iter()
            .map(|it| it.documents.numbers.len() + 2 * it.notes.numbers.len())
            .sum()
    }

    /// Says whether a note of a segment holds the word.
    pub(super) fn is_held(&self, at: usize, note: usize) -> bool {
        self.by_segment[at].notes.numbers.binary_search(&(note as u32)).is_ok()
    }

    /// Returns the notes of a segment that hold the word.
    pub(super) fn notes_in(&self, at: usize) -> impl Iterator<Item = usize> + '_ {
        self.by_segment[at].notes.numbers.iter().map(|it| *it as usize)
    }
}

impl InSegment {
    /// Returns none yet, with room for so many documents.
    pub(super) fn with_room_for(documents: usize) -> InSegment {
        InSegment {
            documents: Worths {
                numbers: Vec::with_capacity(documents),
                worths: Vec::with_capacity(documents),
            },
            ..InSegment::default()
        }
    }

    /// Adds the next document; `length` is relative to the average.
    pub(super) fn push_document(&mut self, document: u32, count: f32, length: f32) {
        self.documents.push(document, count, length);
    }

    /// Adds the note that the last so many documents belong to; as above.
    pub(super) fn push_note(&mut self, note: u32, documents: usize, count: f32, length: f32) {
        let begin = self.documents.numbers.len() - documents;
        let greatest = self.documents.worths[begin..].iter().max();
        self.begins.push(begin as u32);
        self.greatest.push(greatest.copied().unwrap_or_default());
        self.notes.push(note, count, length);
    }

    /// Gives back the room that is not used.
    pub(super) fn shrink(&mut self) {
        for it in [&mut self.notes.numbers, &mut self.begins] {
            it.shrink_to_fit();
        }
        for it in [&mut self.notes.worths, &mut self.greatest] {
            it.shrink_to_fit();
        }
    }

    /// Returns the notes in order, with what the word is worth in each and in the document of each that says most, in
    /// steps of [`STEP`].
    pub(super) fn notes(&self) -> impl Iterator<Item = (usize, f32, f32)> + '_ {
        let worths = self.notes.worths.iter().zip(&self.greatest);
        let numbers = self.notes.numbers.iter().map(|it| *it as usize);
        numbers
            .zip(worths)
            .map(|(note, (worth, greatest))| (note, f32::from(*worth), f32::from(*greatest)))
    }

    /// Returns the documents in order, with the worth of each.
    pub(super) fn documents(&self) -> impl Iterator<Item = (usize, f32)> + '_ {
        self.documents.iter(0..self.documents.numbers.len())
    }

    /// Returns the documents of a note, with the worth of each.
    pub(super) fn documents_of(&self, note: usize) -> impl Iterator<Item = (usize, f32)> + '_ {
        let documents = self.notes.numbers.binary_search(&(note as u32)).map_or(0..0, |at| {
            let end = self.begins.get(at + 1).map_or(self.documents.numbers.len(), |it| *it as usize);
            self.begins[at] as usize..end
        });
        self.documents.iter(documents)
    }
}

impl Worths {
    fn iter(&self, of: Range<usize>) -> impl Iterator<Item = (usize, f32)> + '_ {
        let worths = self.worths[of.clone()].iter().map(|it| f32::from(*it));
        self.numbers[of].iter().map(|it| *it as usize).zip(worths)
    }

    fn push(&mut self, number: u32, count: f32, length: f32) {
        self.numbers.push(number);
        self.worths.push((saturation(count, length) / STEP).round() as u16);
    }
}

fn saturation(count: f32, relative_length: f32) -> f32 {
    count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * relative_length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_of_a_note_are_found() {
        let mut found = InSegment::default();
        for note in (0..400_u32).step_by(4) {
            found.push_document(note * 2, 1.0, 1.0);
            found.push_document(note * 2 + 1, 9.0, 1.0);
            found.push_note(note, 2, 10.0, 1.0);
        }
        for note in 0..410 {
            let documents: Vec<usize> = found.documents_of(note).map(|it| it.0).collect();
            let expected = if note % 4 == 0 && note < 400 {
                vec![note * 2, note * 2 + 1]
            } else {
                Vec::new()
            };
            assert_eq!(documents, expected, "{note}");
        }
        let (_, whole, greatest) = found.notes().next().unwrap();
        assert!(whole > greatest && greatest > 1.0);
    }
}
