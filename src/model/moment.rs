//! Dates in the formats of moment.js, by which daily notes get their names. Knows the date tokens with English names and weeks that begin on
//! Sunday (moment's default; Obsidian keeps the app's language outside the vault); tokens of time are refused, not guessed.

use std::fmt;

use jiff::{ToSpan, civil::Date};

/// The tokens that a date alone decides. Of two that fit, the longer is meant.
const TOKENS: [&str; 37] = [
    "YYYYYY", "YYYYY", "YYYY", "YY", "Y", "Qo", "Q", "MMMM", "MMM", "MM", "Mo", "M", "DDDD", "DDDo", "DDD", "DD", "Do", "D", "dddd", "ddd",
    "dd", "do", "d", "ww", "wo", "w", "WW", "Wo", "W", "ggggg", "gggg", "gg", "GGGGG", "GGGG", "GG", "e", "E",
];

/// Letters that begin a token of time, zone, era or locale.
const UNSUPPORTED: &str = "HhkmsSaAxXzZNyLl";

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// A token that moment.js knows and a date alone does not decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnsupportedToken(pub String);

impl fmt::Display for UnsupportedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{0}` is no token of a date: write `[{0}]` for the letters themselves", self.0)
    }
}

impl std::error::Error for UnsupportedToken {}

/// Returns the date in a format such as `YYYY-MM-DD` or `gggg-[W]ww`: `[…]` and what follows a backslash are literal, and so is every
/// character that begins no token. Takes time linear in the format.
pub fn format(date: Date, format: &str) -> Result<String, UnsupportedToken> {
    let mut out = String::new();
    let mut rest = format;
    while let Some(first) = rest.chars().next() {
        if first == '['
            && let Some(end) = literal_end(rest)
        {
            out.push_str(&rest[1..end]);
            rest = &rest[end + 1..];
        } else if first == '\\' {
            let length = token_len(&rest[1..]);
            out.push_str(&rest[1..1 + length]);
            rest = &rest[1 + length..];
        } else if UNSUPPORTED.contains(first) {
            let length = rest.len() - rest.trim_start_matches(first).len();
            return Err(UnsupportedToken(rest[..length].to_owned()));
        } else {
            let length = token_len(rest);
            out.push_str(&value(date, &rest[..length]).unwrap_or_else(|| rest[..length].to_owned()));
            rest = &rest[length..];
        }
    }
    Ok(out)
}

/// Finds the `]` of a literal: the last one before the next `[`, as moment's own expression `\[[^\[]*\]` does.
fn literal_end(rest: &str) -> Option<usize> {
    let until = rest[1..].find('[').map_or(rest.len(), |at| 1 + at);
    rest[..until].rfind(']')
}

/// Returns how many bytes the token takes with which a text begins; what is no token is a single character.
fn token_len(rest: &str) -> usize {
    let token = TOKENS.iter().filter(|it| rest.starts_with(**it)).map(|it| it.len()).max();
    token.unwrap_or_else(|| rest.chars().next().map_or(0, char::len_utf8))
}

fn value(date: Date, token: &str) -> Option<String> {
    let (year, month, day) = (i32::from(date.year()), i32::from(date.month()), i32::from(date.day()));
    let quarter = (month - 1) / 3 + 1;
    let month_name = MONTHS[usize::from(date.month().unsigned_abs()) - 1];
    let weekday = i32::from(date.weekday().to_sunday_zero_offset());
    let day_name = DAYS[usize::from(date.weekday().to_sunday_zero_offset().unsigned_abs())];
    let day_of_year = i32::from(date.day_of_year());
    let (locale_year, locale_week) = locale_week(date);
    let iso = date.iso_week_date();
    let (iso_year, iso_week) = (i32::from(iso.year()), i32::from(iso.week()));
    Some(match token {
        "YYYYYY" => format!("{year:+07}"),
        "YYYYY" => format!("{year:05}"),
        "YYYY" | "Y" => format!("{year:04}"),
        "YY" => format!("{:02}", year % 100),
        "Q" => quarter.to_string(),
        "Qo" => ordinal(quarter),
        "MMMM" => month_name.to_owned(),
        "MMM" => month_name[..3].to_owned(),
        "MM" => format!("{month:02}"),
        "M" => month.to_string(),
        "Mo" => ordinal(month),
        "DDDD" => format!("{day_of_year:03}"),
        "DDD" => day_of_year.to_string(),
        "DDDo" => ordinal(day_of_year),
        "DD" => format!("{day:02}"),
        "D" => day.to_string(),
        "Do" => ordinal(day),
        "dddd" => day_name.to_owned(),
        "ddd" => day_name[..3].to_owned(),
        "dd" => day_name[..2].to_owned(),
        "d" | "e" => weekday.to_string(),
        "do" => ordinal(weekday),
        "E" => date.weekday().to_monday_one_offset().to_string(),
        "ww" => format!("{locale_week:02}"),
        "w" => locale_week.to_string(),
        "wo" => ordinal(locale_week),
        "WW" => format!("{iso_week:02}"),
        "W" => iso_week.to_string(),
        "Wo" => ordinal(iso_week),
        "ggggg" => format!("{locale_year:05}"),
        "gggg" => format!("{locale_year:04}"),
        "gg" => format!("{:02}", locale_year % 100),
        "GGGGG" => format!("{iso_year:05}"),
        "GGGG" => format!("{iso_year:04}"),
        "GG" => format!("{:02}", iso_year % 100),
        _ => return None,
    })
}

/// Returns the year and week where weeks begin on Sunday and the first one holds January 1: the week's Saturday decides.
fn locale_week(date: Date) -> (i32, i32) {
    let to_saturday = 6 - date.weekday().to_sunday_zero_offset();
    let saturday = date.saturating_add(to_saturday.days());
    (i32::from(saturday.year()), (i32::from(saturday.day_of_year()) - 1) / 7 + 1)
}

fn ordinal(number: i32) -> String {
    let ending = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn check(day: (i16, i8, i8), pattern: &str, expected: &str) {
        assert_eq!(format(date(day.0, day.1, day.2), pattern).as_deref(), Ok(expected), "{pattern}");
    }

    #[test]
    fn each_token_is_as_moment_documents_it() {
        let day = (2026, 2, 3);
        check(day, "YYYY-MM-DD", "2026-02-03");
        check(day, "YYYY/MM-MMMM/YYYY-MM-DD-dddd", "2026/02-February/2026-02-03-Tuesday");
        check(day, "YY M D Do Mo", "26 2 3 3rd 2nd");
        check(day, "MMM ddd dd d do e E", "Feb Tue Tu 2 2nd 2 2");
        check(day, "DDD DDDo DDDD", "34 34th 034");
        check(day, "Q Qo", "1 1st");
        check(day, "Y YYY YYYYY YYYYYY", "2026 262026 02026 +002026");
        check((2026, 12, 31), "DDDD Q dddd", "365 4 Thursday");
        check((2024, 2, 29), "DDD", "60");
        check((987, 6, 5), "YYYY YY", "0987 87");
    }

    #[test]
    fn ordinals_are_english() {
        let days: Vec<String> = [1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 31].iter().map(|it| ordinal(*it)).collect();
        assert_eq!(
            days,
            ["1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "22nd", "23rd", "31st"]
        );
        assert_eq!([ordinal(111), ordinal(101)], ["111th", "101st"]);
    }

    #[test]
    fn iso_and_locale_weeks_differ_at_year_ends() {
        let both = "gggg-[W]ww GGGG-[W]WW gg GG w W";
        check((2023, 1, 1), both, "2023-W01 2022-W52 23 22 1 52");
        check((2020, 12, 31), both, "2021-W01 2020-W53 21 20 1 53");
        check((2021, 1, 3), both, "2021-W02 2020-W53 21 20 2 53");
        check((2024, 12, 30), both, "2025-W01 2025-W01 25 25 1 1");
        check((2022, 12, 31), both, "2022-W53 2022-W52 22 22 53 52");
        check((2026, 11, 22), both, "2026-W48 2026-W47 26 26 48 47");
    }

    #[test]
    fn literals_stay() {
        let day = (2026, 2, 3);
        check(day, "[Daily] YYYY", "Daily 2026");
        check(day, "YYYY-[Q]Q", "2026-Q1");
        check(day, "[a] [b]]", "a b]");
        check(day, "[a]M]", "a]M");
        check(day, "[]D", "3");
        check(day, "[D", "[3");
        check(day, r"\D\MMMM\[ \é", "DMMMM[ é");
        check(day, r"D\", "3");
        check(day, "YYYY年M月D日 T_g", "2026年2月3日 T_g");
        check(day, "", "");
    }

    #[test]
    fn tokens_of_time_are_refused_by_name() {
        let check = |pattern: &str, token: &str| assert_eq!(format(date(2026, 2, 3), pattern), Err(UnsupportedToken(token.to_owned())));
        check("YYYY-MM-DD HHmm", "HH");
        check("Daily", "a");
        check("yyyy-MM-DD", "yyyy");
        check("LL", "LL");
        check("X", "X");
    }

    proptest! {
        #[test]
        fn any_format_of_any_day_is_answered(pattern in "\\PC*", letters in "[YMDdwWgGQoeE\\[\\]\\\\ -]*", days in -4_371_000..2_932_000_i32) {
            let day = date(1970, 1, 1).saturating_add(days.days());
            let _ = format(day, &pattern);
            prop_assert!(format(day, &letters).is_ok());
            prop_assert!(format(Date::MAX, &letters).is_ok() && format(Date::MIN, &letters).is_ok());
        }

        #[test]
        fn iso_weeks_are_those_of_the_calendar(days in 0..40_000_i32) {
            let day = date(1970, 1, 1).saturating_add(days.days());
            let text = format(day, "GGGG-[W]WW-E").unwrap();
            prop_assert_eq!(text, day.strftime("%G-W%V-%u").to_string());
        }
    }
}
