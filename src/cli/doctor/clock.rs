//! Whether this machine's clock agrees with another's. Ages, journals and signatures of webhooks go by it. Knows dates of HTTP only.

use jiff::{Timestamp, fmt::rfc2822};

use crate::cli::doctor::Finding;

/// Signed webhooks are refused beyond five minutes; far below that a day is still the same day.
const MOST_SECONDS: i64 = 30;

/// Returns what is to be told where the clocks differ. `date` is the header of an answer that came just now.
pub(super) fn compare(whose: &str, date: Option<&str>, now: Timestamp) -> Option<Finding> {
    let theirs = rfc2822::DateTimeParser::new().parse_timestamp(date?).ok()?;
    let ahead = now.as_second() - theirs.as_second();
    let word = if ahead > 0 { "ahead of" } else { "behind" };
    (ahead.abs() > MOST_SECONDS).then(|| {
        let message = format!("this machine's clock is {} s {word} that of {whose}", ahead.abs());
        Finding::warning("clock", message, "timedatectl set-ntp true")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_differ_are_told() {
        let now: Timestamp = "2026-02-03T10:01:00Z".parse().unwrap();
        let check = |date: Option<&str>, expected: Option<&str>| {
            let found = compare("the forge", date, now).map(|it| it.message);
            assert_eq!(found.as_deref(), expected, "{date:?}");
        };
        check(Some("Tue, 03 Feb 2026 10:01:20 GMT"), None);
        check(
            Some("Tue, 03 Feb 2026 10:00:00 GMT"),
            Some("this machine's clock is 60 s ahead of that of the forge"),
        );
        check(
            Some("Tue, 03 Feb 2026 10:03:00 GMT"),
            Some("this machine's clock is 120 s behind that of the forge"),
        );
        check(Some("now"), None);
        check(None, None);
    }
}
