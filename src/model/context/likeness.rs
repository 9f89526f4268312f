//! Whether one passage says what another has said: by the runs of words that they share. Knows words; must not know notes.

use std::collections::BTreeSet;

/// Words in a run. In scripts without spaces each character is a word.
const RUN: usize = 3;

/// Runs that are kept of one text: passages are shorter, so this bounds what is hostile.
const RUNS_MOST: usize = 4000;

/// So much of a text's runs stand in the other: it adds nothing.
const REPEATED: f32 = 0.8;

/// The runs of words of one text, and what must not differ where it repeats another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Runs {
    runs: BTreeSet<u64>,
    words: BTreeSet<u64>,
    /// Words that begin with a capital: among them are the names.
    names: BTreeSet<u64>,
    /// Words with a digit, in their order.
    numbers: Vec<u64>,
}

impl Runs {
    /// Returns the runs of a text, whatever its case, marks and spaces.
    pub fn of(text: &str) -> Runs {
        let mut words: Vec<Word> = Vec::new();
        let mut open = false;
        for written in text.chars() {
            for it in written.to_lowercase() {
                if !it.is_alphanumeric() {
                    open = false;
                    continue;
                }
                if !open || is_word_of_its_own(it) {
                    words.push(Word {
                        hash: SEED,
                        is_name: written.is_uppercase(),
                        is_number: false,
                    });
                }
                open = !is_word_of_its_own(it);
                if let Some(word) = words.last_mut() {
                    word.hash = mix(word.hash, u64::from(it));
                    word.is_number |= it.is_numeric();
                }
            }
        }
        let run = |it: &[Word]| it.iter().fold(SEED, |run, word| mix(run, word.hash));
        let runs = if words.len() < RUN {
            words.first().map(|_| run(&words)).into_iter().collect()
        } else {
            words.windows(RUN).map(run).take(RUNS_MOST).collect()
        };
        Runs {
            runs,
            words: words.iter().map(|it| it.hash).collect(),
            names: words.iter().filter(|it| it.is_name).map(|it| it.hash).collect(),
            numbers: words.iter().filter(|it| it.is_number).map(|it| it.hash).collect(),
        }
    }

    /// Says whether this text adds little to another: so much of it stands there, and each of its numbers and names. A text that tells another
    /// price contradicts, however many words it shares. A text without words repeats nothing.
    pub fn repeats(&self, other: &Runs) -> bool {
        let shared = self.runs.iter().filter(|it| other.runs.contains(it)).count();
        !self.runs.is_empty()
            && shared as f32 >= REPEATED * self.runs.len() as f32
            && self.names.is_subset(&other.words)
            && is_within(&self.numbers, &other.numbers)
    }
}

#[derive(Debug, Clone, Copy)]
struct Word {
    hash: u64,
    is_name: bool,
    is_number: bool,
}

/// Says whether some numbers stand among others in the same order: two that changed places tell something else.
fn is_within(some: &[u64], others: &[u64]) -> bool {
    let mut others = others.iter();
    some.iter().all(|it| others.any(|other| other == it))
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

/// Of the same value on every machine and in every run, which std's hashes do not promise.
fn mix(hash: u64, value: u64) -> u64 {
    (hash ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
}

fn is_word_of_its_own(it: char) -> bool {
    matches!(it, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{323af}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(one: &str, other: &str, expected: bool) {
        let (a, b) = (Runs::of(one), Runs::of(other));
        assert_eq!(a.repeats(&b), expected, "{one} | {other}");
    }

    #[test]
    fn the_same_words_are_a_repetition_whatever_their_marks() {
        check(
            "The NAS reboots on Sundays at 3.",
            "- the **NAS** reboots on\n  Sundays, at 3",
            true,
        );
        check(
            "The NAS reboots on Sundays at 3 in the night.",
            "Copper. The NAS reboots on Sundays at 3 in the night. Lead and zinc are elsewhere.",
            true,
        );
        check("铜账本放在锅炉旁边。", "铜账本，放在锅炉旁边", true);
        check("copper", "Copper!", true);
    }

    #[test]
    fn other_words_are_none() {
        check(
            "The NAS reboots on Sundays at 3.",
            "The NAS reboots on Mondays, and the router at 4.",
            false,
        );
        check("铜账本放在锅炉旁边", "铜价在星期天下跌", false);
        check("copper", "zinc", false);
        check("", "", false);
        check("---", "***", false);
    }

    #[test]
    fn another_number_or_name_is_no_repetition_however_long_the_rest_is() {
        let text = |day: &str, who: &str, price: &str| {
            format!(
                "on {day} the plumber came to look at the boiler in the cellar and {who} told him that the part for the pump, which had \
                 been leaking since the winter, may cost {price} euros at most, with the way and the work included in it"
            )
        };
        let first = text("Monday", "Ada", "120");
        check(&first, &first.replace("the ", "the  "), true);
        check(&text("Monday", "Ada", "180"), &first, false);
        check(&text("Monday", "Bob", "120"), &first, false);
        check(&text("Friday", "Ada", "120"), &first, false);
        check(&text("Monday", "Ada", "120 to 180"), &first, false);
        check(&first.replace("on Monday", "On Monday"), &first, true);
        let rooms = |one: &str, other: &str| format!("{one} euros for the attic. {first} {other} euros for the hall.");
        check(&rooms("30", "40"), &rooms("40", "30"), false);
    }

    #[test]
    fn what_holds_another_and_more_is_no_repetition() {
        let short = "The NAS reboots on Sundays at 3.";
        check(
            &format!("{short} The router follows at 4, the boiler at 5 and the lamps at 6."),
            short,
            false,
        );
    }
}
