//! Numbers that open something: `PIN: 4711`, `the PIN is 4711`, `sim_pin = 4711`. Knows how they are called; a number of any other name is none.

use std::sync::LazyLock;

use regex::Regex;

use super::super::Found;

static PIN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?im)(?:^|[^a-z0-9])(?:pin|puk)(?:[ _-]?(?:code|nummer|number))?["'`*]{0,3}[ \t]{0,4}(?:[:=]["'*]{0,3}|is|ist|lautet)[ \t]{0,4}["'`*]{0,3}([0-9]{4,12})(?:["'`*.,;)}#<|\s]|$)"#,
    )
    .expect("the pattern is constant")
});

/// What a text must hold for the search to be worth it.
pub(super) const TRIGGER: &str = concat!(
    r"(?i)(?:pin|puk)(?:[ _-]?(?:code|nummer|number))?[\x22\x27\x60*]*[ \t]*(?:[:=]|is|ist|lautet)",
    r"[\x22\x27\x60* \t]*[0-9][0-9][0-9][0-9]"
);

/// Adds such numbers.
pub(super) fn find(text: &str, all: &mut Vec<Found>) {
    let numbers = PIN.captures_iter(text).filter_map(|it| it.get(1));
    all.extend(numbers.map(|it| Found {
        range: it.range(),
        kind: "password",
    }));
}
