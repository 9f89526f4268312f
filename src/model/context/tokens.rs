//! How many tokens a text costs a model, estimated without a tokenizer: each character has a weight by its script. Knows characters only.
//!
//! Four letters a token holds for English alone; CJK costs about a token a character (counting four as one is how budgets break), digits and
//! punctuation about half a one. The weights lie on the dear side. They add up, so the cost of a whole is never above that of its parts.

/// The parts of a token that weights are counted in.
const PARTS: u64 = 12;

/// Returns about how many tokens a text costs.
pub fn estimate(text: &str) -> usize {
    to_tokens(text.chars().map(weight).sum())
}

/// Returns the bytes of the longest beginning of a text, in whole characters, that costs at most so many tokens.
pub fn beginning(text: &str, most: usize) -> usize {
    let most = (most as u64).saturating_mul(PARTS);
    let mut cost = 0;
    for (at, it) in text.char_indices() {
        cost += weight(it);
        if cost > most {
            return at;
        }
    }
    text.len()
}

fn to_tokens(parts: u64) -> usize {
    usize::try_from(parts.div_ceil(PARTS)).unwrap_or(usize::MAX)
}

fn weight(it: char) -> u64 {
    match it {
        'a'..='z' | 'A'..='Z' | ' ' => 3,
        // Digits, punctuation and line feeds; then the alphabets beside the plain Latin one.
        '\0'..='\u{7f}' | '\u{80}'..='\u{5ff}' => 6,
        // Arabic to Georgian and Ethiopic: syllables of several signs each.
        '\u{600}'..='\u{dff}' | '\u{10a0}'..='\u{10ff}' | '\u{1e00}'..='\u{1fff}' | '\u{2000}'..='\u{206f}' => 8,
        // Rare ideographs, emoji and all else beyond the first plane are spelt in bytes.
        '\u{10000}'.. => 24,
        _ => 12,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, least: usize, most: usize) {
        let tokens = estimate(text);
        assert!((least..=most).contains(&tokens), "{text}: {tokens}");
    }

    #[test]
    fn english_costs_a_quarter_of_its_letters_and_cjk_a_token_a_character() {
        check("", 0, 0);
        check("The copper ledger is kept beside the boiler.", 9, 13);
        check("铜账本放在锅炉旁边", 9, 10);
        check("銅の台帳はボイラーのそばにあります", 15, 18);
        check("구리 장부는 보일러 옆에 있습니다", 13, 19);
        check("Медный журнал лежит у котла", 9, 15);
        check("2026-02-03T10:00:00Z", 9, 14);
        check("👩\u{200d}👧", 3, 6);
    }

    proptest! {
        #[test]
        fn a_beginning_costs_no_more_than_it_may_and_the_next_character_would(text in "\\PC{0,60}", most in 0usize..40) {
            let end = beginning(&text, most);
            prop_assert!(estimate(&text[..end]) <= most);
            if let Some(next) = text[end..].chars().next() {
                prop_assert!(estimate(&text[..end + next.len_utf8()]) > most);
            }
        }

        #[test]
        fn a_whole_costs_no_more_than_its_parts(one in "\\PC{0,30}", other in "\\PC{0,30}") {
            let whole = [one.as_str(), other.as_str()].concat();
            prop_assert!(estimate(&whole) <= estimate(&one) + estimate(&other));
        }
    }
}
