//! Where a word occurs among the notes that a caller may see, and what its occurrences there are worth before the word's own weight: BM25's
//! saturation, which depends on the snapshot and the caller alone. Plain lists; who finds them is `finder`.

/// BM25's parameters. Measured on four public sets together (`docs/performance.md`): 1.4 instead of the usual 1.2 for `K1`.
pub(super) const K1: f32 = 1.4;
const B: f32 = 0.75;

/// Steps of a worth, which lies between 0 and `K1 + 1`: two bytes say it as well as four.
const STEPS: f32 = 65_535.0 / (K1 + 1.0);

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
    pub(super) documents: Worths,
    pub(super) notes: Worths,
}

/// Documents or notes that hold a word, by number, and how much its occurrences say in each.
#[derive(Debug, Default)]
pub(super) struct Worths {
    numbers: Vec<u32>,
    worths: Vec<u16>,
}

impl Occurrences {
    /// Returns how many documents and notes hold the word.
    pub(super) fn len(&self) -> usize {
        self.by_segment
            .iter()
            .map(|it| it.documents.numbers.len() + it.notes.numbers.len())
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

impl Worths {
    /// Returns no worths yet, with room for so many.
    pub(super) fn with_room_for(count: usize) -> Worths {
        Worths {
            numbers: Vec::with_capacity(count),
            worths: Vec::with_capacity(count),
        }
    }

    /// Adds the next document or note; `length` is relative to the average.
    pub(super) fn push(&mut self, number: u32, count: f32, length: f32) {
        self.numbers.push(number);
        self.worths.push((saturation(count, length) * STEPS).round() as u16);
    }

    /// Gives back the room that is not used.
    pub(super) fn shrink(&mut self) {
        self.numbers.shrink_to_fit();
        self.worths.shrink_to_fit();
    }

    /// Returns the numbers in order, with the worth of each, from 0 to `K1 + 1`.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, f32)> + '_ {
        let worths = self.worths.iter().map(|it| f32::from(*it) / STEPS);
        self.numbers.iter().copied().zip(worths)
    }
}

fn saturation(count: f32, relative_length: f32) -> f32 {
    count * (K1 + 1.0) / (count + K1 * (1.0 - B + B * relative_length))
}
