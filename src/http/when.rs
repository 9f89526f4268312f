//! Moments as callers write them: RFC 3339, a local date or time, an age such as `7d`. Knows calendars; the clock and the zone are given.

use jiff::{Span, Timestamp, ToSpan, civil, tz::TimeZone};

/// What is taken, for error answers.
pub const VALID: [&str; 4] = ["2026-02-03", "2026-02-03T10:00:00Z", "7d", "12h"];

/// "Now" and "today" of one request.
#[derive(Debug, Clone)]
pub struct Clock {
    pub now: Timestamp,
    pub zone: TimeZone,
}

/// Which end of a day a bare date means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edge {
    /// `since`: the day's first moment.
    Start,
    /// `until`: the first moment after the day, so that the day is included.
    End,
}

/// Returns the moment that a text means, or why it means none. Days, weeks, months and years are the calendar's in the clock's zone.
pub fn parse(text: &str, edge: Edge, clock: &Clock) -> Result<Timestamp, String> {
    let text = text.trim();
    if let Ok(moment) = text.parse::<Timestamp>() {
        return Ok(moment);
    }
    if let Some(age) = age(text) {
        let moment = clock.now.to_zoned(clock.zone.clone()).checked_sub(age?);
        return moment
            .map(|it| it.timestamp())
            .map_err(|error| format!("`{text}` is too long ago: {error}"));
    }
    let local = match (text.parse::<civil::Date>(), edge) {
        // A longer text with a time parses as a date, too: its time would be lost.
        (Ok(date), _) if text.contains([':', 'T']) => text
            .parse::<civil::DateTime>()
            .map_err(|error| format!("`{text}` after {date}: {error}"))?,
        (Ok(date), Edge::Start) => date.into(),
        (Ok(date), Edge::End) => date.tomorrow().unwrap_or(date).into(),
        (Err(_), _) => return Err(format!("`{text}` is no date, time or age")),
    };
    // The one thing that can be wrong with it: the calendar goes on for a day beyond the first and the last moment. `9999-12-31` means ever.
    let nearest = if local.year() > 0 { Timestamp::MAX } else { Timestamp::MIN };
    Ok(local.to_zoned(clock.zone.clone()).map_or(nearest, |it| it.timestamp()))
}

/// Returns the span of `90m`, `12h`, `7d`, `2w`, `3mo`, `1y`; `None` when this is not written as an age.
fn age(text: &str) -> Option<Result<Span, String>> {
    let unit_at = text.find(|it: char| !it.is_ascii_digit()).filter(|&at| at > 0)?;
    let (number, unit) = text.split_at(unit_at);
    let span = match unit.to_ascii_lowercase().as_str() {
        "m" | "min" => ToSpan::minutes as fn(i64) -> Span,
        "h" => ToSpan::hours,
        "d" => ToSpan::days,
        "w" => ToSpan::weeks,
        "mo" => ToSpan::months,
        "y" => ToSpan::years,
        _ => return None,
    };
    // Spans are bounded by 20,000 years; a smaller bound keeps the constructors from panicking whatever the unit.
    let number = number.parse().ok().filter(|it| (0..=10_000).contains(it));
    Some(number.map(span).ok_or_else(|| format!("`{text}` is too long ago")))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noon in Berlin, the day after the clocks went forward.
    fn clock() -> Clock {
        Clock {
            now: "2026-03-30T10:00:00Z".parse().unwrap(),
            zone: TimeZone::get("Europe/Berlin").unwrap(),
        }
    }

    fn check(text: &str, edge: Edge, expected: &str) {
        assert_eq!(parse(text, edge, &clock()).unwrap().to_string(), expected, "{text}");
    }

    #[test]
    fn days_are_the_zones() {
        check("2026-02-03", Edge::Start, "2026-02-02T23:00:00Z");
        check("2026-02-03", Edge::End, "2026-02-03T23:00:00Z");
        check("2026-02-03T10:30", Edge::Start, "2026-02-03T09:30:00Z");
        check("2026-02-03T10:30:00Z", Edge::Start, "2026-02-03T10:30:00Z");
        check("2026-02-03T10:30:00+05:00", Edge::End, "2026-02-03T05:30:00Z");
    }

    #[test]
    fn ages_count_back_from_now() {
        check("30m", Edge::Start, "2026-03-30T09:30:00Z");
        check("12h", Edge::Start, "2026-03-29T22:00:00Z");
        // Seven calendar days ago it was still winter: noon in Berlin was 11:00 UTC.
        check("7d", Edge::Start, "2026-03-23T11:00:00Z");
        check("2w", Edge::End, "2026-03-16T11:00:00Z");
        check("1mo", Edge::Start, "2026-02-28T11:00:00Z");
    }

    #[test]
    fn the_last_day_of_the_calendar_is_not_too_late() {
        let last = Timestamp::MAX.to_string();
        check("9999-12-31", Edge::End, &last);
        check("9999-12-31", Edge::Start, &last);
        check("9999-12-30", Edge::Start, "9999-12-29T23:00:00Z");
        check("-009999-01-01", Edge::Start, &Timestamp::MIN.to_string());
    }

    #[test]
    fn refuses_what_is_no_moment() {
        for text in [
            "",
            "soon",
            "7",
            "d",
            "7 d",
            "2026-13-01",
            "2026-02-30",
            "2026-02-03T25:00",
            "99999999999999999999d",
            "-7d",
            "0x7d",
        ] {
            assert!(parse(text, Edge::Start, &clock()).is_err(), "{text}");
        }
    }
}
