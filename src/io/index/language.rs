//! The language of a note, its inflections and its stop words. Knows words; knows nothing of tantivy.
//!
//! A note's language is the one whose most frequent words it holds most of; inflections then meet by that language's Snowball stemmer.

use std::{cell::RefCell, collections::HashMap};

use rust_stemmers::{Algorithm, Stemmer};

use crate::io::index::analysis::{TermKind, fold, terms};

/// A language that inflections are known of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Language(u8);

struct Known {
    algorithm: Algorithm,
    /// Words that carry grammar, not meaning, folded.
    stop_words: &'static str,
}

/// English comes first: a note in no known language is taken for English.
const KNOWN: &[Known] = &[
    Known {
        algorithm: Algorithm::English,
        stop_words: "a about all also am an and any are as at be because been before being but by can could did do does doing done for from \
                     had has have having he her here him his how i if in into is it its just me more most my no nor not of on or our out \
                     she should so some such than that the their them then there these they this those to too us very was we were what when where \
                     which while who whom whose why will with would you your s t",
    },
    Known {
        algorithm: Algorithm::German,
        stop_words: "aber als am an auch auf aus bei bin bis das dass dem den der des die dies du durch ein eine einem einen einer eines er \
                     es fur haben hat ich ihr im in ist ja kann mit nach nicht noch nur oder sein sich sie sind so uber um und uns von vor \
                     war was wenn werden wie wir wird wo zu zum zur",
    },
    Known {
        algorithm: Algorithm::French,
        stop_words: "au aux avec ce ces cette comme dans de des du elle en est et etre il ils je la le les leur mais meme mon ne nous ou par \
                     pas pour plus qu que qui sa sans se ses son sont sur ta tu un une vous",
    },
    Known {
        algorithm: Algorithm::Spanish,
        stop_words: "al como con de del donde el ella en entre era es esta este esto fue ha hay la las le les lo los mas mi muy no nos o \
                     para pero por que quien se ser si sin sobre su sus te tu un una y ya yo",
    },
    Known {
        algorithm: Algorithm::Italian,
        stop_words: "a al alla che chi ci come con da dal dei del della delle di dove e ed gli ha i il in io la le lo ma mi nel nella non o \
                     per piu quando quello questa questo se sei si sono su sua suo tra un una uno",
    },
    Known {
        algorithm: Algorithm::Portuguese,
        stop_words: "ao aos as com como da das de do dos e ela ele em entre essa esse esta este eu foi ha isso ja mais mas me na nao nas no \
                     nos o os ou para pela pelo por quando que quem se sem ser seu sua tem um uma",
    },
    Known {
        algorithm: Algorithm::Dutch,
        stop_words: "aan al als bij dan dat de der deze die dit door een en er had heb heeft het hij hoe ik in is je kan maar me met mijn \
                     naar niet nog of om onder ook op over te tot uit van voor waar wat we wel werd wij ze zij zijn zo",
    },
    Known {
        algorithm: Algorithm::Swedish,
        stop_words: "alla att av blev da de den denna det dig du efter eller en ett for fran har hon hur i icke inte jag kan man med men min \
                     nar nu och om pa sa sin ska som till under upp var vi vid",
    },
    Known {
        algorithm: Algorithm::Danish,
        stop_words: "af alle at blev da de den der det dig du efter eller en er et for fra ham han har hun hvad hvor i ikke jeg kan man med \
                     meget mig min nar nu og om op pa sa sig skal som til ud var ved vi",
    },
    Known {
        algorithm: Algorithm::Finnish,
        stop_words: "ei en ettei etta han he hyvin ja jo joka jos kanssa kuin kun me minun mutta myos mika ne niin nyt oli olla on ovat se \
                     sen sina sita tai tama te vain voi",
    },
    Known {
        algorithm: Algorithm::Russian,
        stop_words: "а без бы был была были было в вас вот все вы где да для до его ее если есть же за и из или их как когда кто мне мы на \
                     не него нет но о об он она они от по при с со так то только у уже что это я",
    },
    Known {
        algorithm: Algorithm::Turkish,
        stop_words: "ama bana bir biz bu cok da daha de degil gibi hem her icin ile kadar ki mi ne nasil o olan olarak sen sonra su ve veya \
                     ya",
    },
];

/// How much of a note is read to tell its language, in bytes, and how many stop words it takes to leave English.
const SAMPLE: usize = 3000;
const LEAST_STOP_WORDS: u32 = 3;

thread_local! {
    /// Which languages (a bit each) a word is a stop word of, and the stemmers. A stemmer is not `Sync`.
    static STOP_WORDS: HashMap<&'static str, u32> = stop_words();
    static STEMMERS: RefCell<Vec<Option<Stemmer>>> = RefCell::new(KNOWN.iter().map(|_| None).collect());
}

fn stop_words() -> HashMap<&'static str, u32> {
    let mut words = HashMap::new();
    for (at, known) in KNOWN.iter().enumerate() {
        for word in known.stop_words.split_whitespace() {
            *words.entry(word).or_default() |= 1 << at;
        }
    }
    words
}

impl Language {
    pub(super) const ENGLISH: Language = Language(0);

    /// Returns the language stored as this number; English for a number that is none.
    pub(super) fn from_code(code: u64) -> Language {
        u8::try_from(code)
            .ok()
            .filter(|&it| usize::from(it) < KNOWN.len())
            .map_or(Language::ENGLISH, Language)
    }

    /// Returns the number to store.
    pub(super) fn code(self) -> u64 {
        self.0.into()
    }

    /// Returns the language of a text, English in doubt.
    pub(super) fn of(text: &str) -> Language {
        let end = (0..=text.len().min(SAMPLE))
            .rev()
            .find(|&it| text.is_char_boundary(it))
            .unwrap_or(0);
        Language::of_words(&text[..end], &|_| true, LEAST_STOP_WORDS)
    }

    /// Returns the language of a query among those that the index holds; one telling word is enough.
    pub(super) fn of_query(text: &str, held: &[Language]) -> Language {
        Language::of_words(text, &|language| held.contains(&language), 1)
    }

    fn of_words(text: &str, candidate: &dyn Fn(Language) -> bool, least: u32) -> Language {
        let mut counts = [0_u32; KNOWN.len()];
        STOP_WORDS.with(|words| {
            terms(text, |term| {
                if term.kind == TermKind::Word
                    && let Some(&languages) = words.get(term.text)
                {
                    counts
                        .iter_mut()
                        .enumerate()
                        .for_each(|(at, count)| *count += (languages >> at) & 1);
                }
            });
        });
        let best = (0..KNOWN.len())
            .filter(|&at| candidate(Language(at as u8)))
            .max_by_key(|&at| (counts[at], KNOWN.len() - at));
        match best {
            Some(at) if counts[at] >= least.max(counts[0] + 1) => Language(at as u8),
            _ => Language::ENGLISH,
        }
    }

    /// Says whether a folded word only carries grammar in this language.
    pub(super) fn is_stop_word(self, word: &str) -> bool {
        STOP_WORDS.with(|words| words.get(word).is_some_and(|languages| (languages >> self.0) & 1 == 1))
    }

    /// Returns the stem of a folded word: words of one stem are inflections of each other.
    pub(super) fn stem(self, word: &str) -> String {
        STEMMERS.with_borrow_mut(|stemmers| {
            let at = usize::from(self.0);
            let stemmer = stemmers[at].get_or_insert_with(|| Stemmer::create(KNOWN[at].algorithm));
            fold(&stemmer.stem(word)).into_owned()
        })
    }
}

/// Returns how every inflection of a stem begins: stemmers change at most the last letters (`happy` is `happi`, `hoping` is `hope`).
pub(super) fn common_prefix(stem: &str, word: &str) -> String {
    let shared = stem
        .char_indices()
        .zip(word.chars())
        .take_while(|((_, a), b)| a == b)
        .last()
        .map_or(0, |((at, c), _)| at + c.len_utf8());
    let shorter = stem.char_indices().next_back().map_or(0, |(at, _)| at);
    let keep = shared
        .min(shorter)
        .max(stem.char_indices().nth(2).map_or(stem.len(), |(at, _)| at))
        .min(shared.max(shorter));
    stem[..keep].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_a_language_by_its_frequent_words() {
        let check = |text: &str, algorithm: Algorithm| assert_eq!(KNOWN[usize::from(Language::of(text).0)].algorithm, algorithm, "{text}");
        check("The copper ledger is in the garden and it is green", Algorithm::English);
        check("Das Haus ist nicht weit von der Straße und sie wohnt dort", Algorithm::German);
        check("Это не то, что я думал, но так и было", Algorithm::Russian);
        check("Nous ne savons pas où il est dans la maison", Algorithm::French);
        check("kubectl apply -f x.yaml", Algorithm::English);
    }

    #[test]
    fn every_inflection_begins_with_the_common_prefix() {
        for group in [
            "connect connected connecting connection connections",
            "happy happiness",
            "hope hoping hoped",
            "possible possibly",
            "run runs running",
        ] {
            let words: Vec<&str> = group.split(' ').collect();
            for word in &words {
                let stem = Language::ENGLISH.stem(word);
                let prefix = common_prefix(&stem, word);
                assert!(words.iter().all(|other| other.starts_with(&prefix)), "{word}: {prefix}");
            }
        }
    }
}
