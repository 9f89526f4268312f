//! One text of the configuration -> one value, or what is wrong and what to write instead. Looks at nothing but the text.

use std::{net::SocketAddr, ops::RangeInclusive, time::Duration};

use jiff::{SignedDuration, tz::TimeZone};
use tracing_subscriber::EnvFilter;

use crate::{
    config::{GitMode, GitSync, LogFormat, Person, SourceKind, findings::Complaint, tokens::Scope},
    model::{
        glob::PathGlob,
        origin::Origin,
        path::{NotePath, SourceName},
    },
};

/// Reads an address with its port; names are not looked up.
pub fn address(text: &str) -> Result<SocketAddr, Complaint> {
    let hint = "write an address and a port, as 127.0.0.1:7979 or [::1]:7979";
    text.parse()
        .map_err(|error| Complaint::new(format!("`{text}` is no address: {error}"), hint))
}

/// Reads a size in bytes: `5 MiB`, `2KiB` or a plain number.
pub fn size(text: &str, range: RangeInclusive<u64>) -> Result<u64, Complaint> {
    let digits = text.len() - text.trim_start_matches(|it: char| it.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let factor = match unit.trim() {
        "" | "B" => Some(1),
        "KiB" => Some(1 << 10),
        "MiB" => Some(1 << 20),
        "GiB" => Some(1 << 30),
        _ => None,
    };
    let bytes = number
        .parse::<u64>()
        .ok()
        .zip(factor)
        .and_then(|(number, factor)| number.checked_mul(factor));
    let bytes = bytes.ok_or_else(|| {
        Complaint::new(
            format!("`{text}` is no size"),
            "write a number of bytes, or one with KiB, MiB or GiB",
        )
    })?;
    within(bytes, &range, size_text)
}

/// Reads a whole number.
pub fn count(text: &str, range: RangeInclusive<u64>) -> Result<u64, Complaint> {
    let complaint = |error| {
        Complaint::new(
            format!("`{text}` is no whole number: {error}"),
            format!("write {} or more", range.start()),
        )
    };
    let count = text.parse().map_err(complaint)?;
    within(count, &range, u64::to_string)
}

/// Reads a time span such as `300ms`, `60s` or `1m 30s`.
pub fn duration(text: &str, range: RangeInclusive<Duration>) -> Result<Duration, Complaint> {
    // jiff's error explains its whole grammar; the hint is shorter.
    let duration = text.parse::<SignedDuration>().ok().and_then(|span| Duration::try_from(span).ok());
    let complaint = || {
        Complaint::new(
            format!("`{text}` is no time span"),
            "write a number and a unit, as 300ms, 60s or 5m",
        )
    };
    let duration = duration.ok_or_else(complaint)?;
    within(duration, &range, |it| format!("{it:?}"))
}

/// Reads the name of a time zone and returns it as the database spells it.
pub fn timezone(text: &str) -> Result<String, Complaint> {
    let hint = "write an IANA name such as Europe/Berlin; where the system has no tzdata only UTC is known";
    let known = TimeZone::get(text).map_err(|error| Complaint::new(format!("`{text}` is no time zone: {error}"), hint))?;
    Ok(known.iana_name().unwrap_or(text).to_owned())
}

/// Reads one folder below the root of a vault, without a final slash.
pub fn folder(text: &str) -> Result<NotePath, Complaint> {
    NotePath::parse(text).map_err(|error| {
        Complaint::new(
            format!("`{text}` is no folder of a vault: {error}"),
            "write it as Agent or Shared/Agent",
        )
    })
}

/// Reads the folder that a token is confined to; the value ends with `/`.
pub fn prefix(text: &str) -> Result<String, Complaint> {
    let folder = folder(text.strip_suffix('/').unwrap_or(text))?;
    Ok(format!("{folder}/"))
}

/// Reads a glob over paths of notes.
pub fn glob(text: &str) -> Result<PathGlob, Complaint> {
    PathGlob::parse(text)
        .map_err(|error| Complaint::new(format!("`{text}` is no glob: {error}"), "write it as Templates/** or **/*.tmp.md"))
}

/// Reads how writes get their history.
pub fn git_mode(text: &str) -> Result<GitMode, Complaint> {
    let mode = GitMode::ALL.into_iter().find(|it| it.as_str() == text);
    mode.ok_or_else(|| Complaint::new(format!("`{text}` is no mode"), valid(GitMode::ALL.map(GitMode::as_str))))
}

/// Reads which way commits travel.
pub fn git_sync(text: &str) -> Result<GitSync, Complaint> {
    let sync = GitSync::ALL.into_iter().find(|it| it.as_str() == text);
    sync.ok_or_else(|| Complaint::new(format!("`{text}` is no way to sync"), valid(GitSync::ALL.map(GitSync::as_str))))
}

/// Reads an author as git writes one: `Ann Smith <ann@example.org>`.
pub fn person(text: &str) -> Result<Person, Complaint> {
    let parts = text.strip_suffix('>').and_then(|it| it.split_once('<'));
    let parts = parts.map(|(name, email)| (name.trim(), email.trim()));
    match parts {
        Some((name, email)) if !name.is_empty() && email.contains('@') && !text.contains(char::is_control) && !email.contains('<') => {
            Ok(Person {
                name: name.to_owned(),
                email: email.to_owned(),
            })
        }
        _ => Err(Complaint::new(
            format!("`{text}` is no author"),
            "write a name and an address, as Ann Smith <ann@example.org>",
        )),
    }
}

/// Reads an origin as the API spells it.
pub fn origin(text: &str) -> Result<Origin, Complaint> {
    Origin::parse(text).ok_or_else(|| Complaint::new(format!("`{text}` is no origin"), valid(Origin::ALL.map(Origin::as_str))))
}

/// Reads the name of a source.
pub fn source_name(text: &str) -> Result<SourceName, Complaint> {
    let complaint = || {
        Complaint::new(
            format!("`{text}` is no name of a source"),
            "use 1 to 64 letters, digits, `-` and `_`",
        )
    };
    SourceName::parse(text).ok_or_else(complaint)
}

/// Reads what lies at a source's root.
pub fn source_kind(text: &str) -> Result<SourceKind, Complaint> {
    match text {
        "vault" => Ok(SourceKind::Vault),
        "repo" => Ok(SourceKind::Repo),
        _ => Err(Complaint::new(format!("`{text}` is no kind of source"), valid(["vault", "repo"]))),
    }
}

/// Reads what git can fetch from. An address must not hold a password: it would stand in logs and in status.
pub fn git_url(text: &str) -> Result<String, Complaint> {
    let has_secret = text.split_once("://").is_some_and(|(scheme, rest)| {
        let user = rest.split('/').next().unwrap_or_default().rsplit_once('@').map(|it| it.0);
        let asks = scheme.starts_with("http") && rest.contains('?');
        asks || user.is_some_and(|it| it.contains(':') || scheme.starts_with("http"))
    });
    if has_secret {
        return Err(Complaint::new(
            "the address holds a secret",
            "write the address without user, password and `?`, and name a file with the token under `token_file`",
        ));
    }
    // Git would take it for an option, or for a program to run.
    if text.is_empty() || text.starts_with('-') || text.contains("::") || text.contains(char::is_control) {
        return Err(Complaint::new(
            format!("`{}` is no address of a git repository", text.escape_debug()),
            "write it as https://git.example.org/owner/name.git, git@git.example.org:owner/name.git or /srv/git/name.git",
        ));
    }
    Ok(text.to_owned())
}

/// Reads the name of a branch.
pub fn branch(text: &str) -> Result<String, Complaint> {
    let is_odd = |it: char| it.is_control() || it.is_whitespace() || "~^:?*[\\".contains(it);
    if text.is_empty() || text.starts_with(['-', '/']) || text.contains("..") || text.contains("@{") || text.contains(is_odd) {
        return Err(Complaint::new(
            format!("`{}` is no name of a branch", text.escape_debug()),
            "write it as `git branch` shows it: main",
        ));
    }
    Ok(text.to_owned())
}

/// Reads a name for logs and receipts.
pub fn token_name(text: &str) -> Result<String, Complaint> {
    source_name(text)
        .map(|name| name.to_string())
        .map_err(|it| Complaint::new(format!("`{text}` is no name of a token"), it.hint))
}

/// Reads one right of a token.
pub fn scope(text: &str) -> Result<Scope, Complaint> {
    Scope::parse(text).ok_or_else(|| Complaint::new(format!("`{text}` is no scope"), valid(Scope::ALL.map(Scope::as_str))))
}

/// Reads a name as it stands in a `Host` header, lower-cased: a name or an address, with a port or without.
pub fn host(text: &str) -> Result<String, Complaint> {
    let is_host = !text.is_empty()
        && text
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || matches!(it, '.' | '-' | '_' | ':' | '[' | ']'));
    let complaint = || {
        Complaint::new(
            format!("`{text}` is no host name"),
            "write the bare name, without scheme, path or `*`",
        )
    };
    is_host.then(|| text.to_ascii_lowercase()).ok_or_else(complaint)
}

/// Reads a value of the `Origin` header, lower-cased: scheme, host and perhaps a port.
pub fn web_origin(text: &str) -> Result<String, Complaint> {
    let is_origin = text
        .split_once("://")
        .is_some_and(|(scheme, rest)| !scheme.is_empty() && host(rest).is_ok());
    let complaint = || {
        Complaint::new(
            format!("`{text}` is no web origin"),
            "write scheme and host without a path, as https://notes.example",
        )
    };
    is_origin.then(|| text.to_ascii_lowercase()).ok_or_else(complaint)
}

/// Reads how to log.
pub fn log_format(text: &str) -> Result<LogFormat, Complaint> {
    let formats = [LogFormat::Text, LogFormat::Json];
    let known = formats.into_iter().find(|it| it.as_str() == text);
    known.ok_or_else(|| Complaint::new(format!("`{text}` is no log format"), valid(formats.map(LogFormat::as_str))))
}

/// Reads what to log, as `tracing_subscriber::EnvFilter` understands it.
pub fn log_filter(text: &str) -> Result<String, Complaint> {
    let complaint = |error| {
        Complaint::new(
            format!("`{text}` is no log filter: {error}"),
            "write a level, as info, or targets, as membridge=debug",
        )
    };
    EnvFilter::try_new(text).map_err(complaint)?;
    Ok(text.to_owned())
}

/// Returns a size as the example writes it, in the largest unit that is exact.
pub fn size_text(bytes: &u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let exact = units
        .into_iter()
        .find(|(shift, _)| *bytes >= 1 << shift && bytes.is_multiple_of(1 << shift));
    exact.map_or_else(|| bytes.to_string(), |(shift, unit)| format!("{} {unit}", bytes >> shift))
}

fn within<T: PartialOrd>(value: T, range: &RangeInclusive<T>, show: impl Fn(&T) -> String) -> Result<T, Complaint> {
    if range.contains(&value) {
        return Ok(value);
    }
    let bounds = format!("{} to {}", show(range.start()), show(range.end()));
    Err(Complaint::new(
        format!("{} is out of bounds", show(&value)),
        format!("choose {bounds}"),
    ))
}

fn valid<const N: usize>(words: [&str; N]) -> String {
    format!("valid: {}", words.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused<T: std::fmt::Debug>(result: Result<T, Complaint>, expected: &str) {
        let complaint = result.expect_err(expected);
        assert_eq!(format!("{} ({})", complaint.message, complaint.hint), expected);
    }

    #[test]
    fn addresses_need_a_port() {
        assert_eq!(address("127.0.0.1:7979").unwrap().port(), 7979);
        assert!(address("[::1]:0").is_ok());
        let hint = "write an address and a port, as 127.0.0.1:7979 or [::1]:7979";
        refused(
            address("7979"),
            &format!("`7979` is no address: invalid socket address syntax ({hint})"),
        );
        assert!(address("localhost:7979").is_err() && address(":7979").is_err());
    }

    #[test]
    fn sizes_are_bytes_or_binary_units() {
        let check = |text: &str, expected: u64| assert_eq!(size(text, 1..=1 << 40), Ok(expected), "{text}");
        check("1024", 1024);
        check("2KiB", 2048);
        check("5 MiB", 5 << 20);
        check("1 GiB", 1 << 30);
        let hint = "write a number of bytes, or one with KiB, MiB or GiB";
        for wrong in [
            "",
            "MiB",
            "5 MB",
            "-1",
            "1.5 MiB",
            "99999999999999999999",
            "18446744073709551615 GiB",
        ] {
            refused(size(wrong, 1..=10), &format!("`{wrong}` is no size ({hint})"));
        }
        refused(size("1 GiB", 1..=1 << 20), "1 GiB is out of bounds (choose 1 to 1 MiB)");
    }

    #[test]
    fn sizes_read_back() {
        for bytes in [0, 1, 1023, 1 << 10, 1536, 5 << 20, (5 << 20) + 1, 3 << 30] {
            assert_eq!(size(&size_text(&bytes), 0..=u64::MAX), Ok(bytes));
        }
    }

    #[test]
    fn time_spans_need_a_unit_and_keep_their_bounds() {
        let check = |text: &str, expected: u64| {
            assert_eq!(
                duration(text, Duration::ZERO..=Duration::MAX),
                Ok(Duration::from_millis(expected)),
                "{text}"
            );
        };
        check("300ms", 300);
        check("60s", 60_000);
        check("1m 30s", 90_000);
        let bounds = Duration::from_secs(5)..=Duration::from_secs(3600);
        refused(
            duration("60", bounds.clone()),
            "`60` is no time span (write a number and a unit, as 300ms, 60s or 5m)",
        );
        refused(
            duration("-60s", bounds.clone()),
            "`-60s` is no time span (write a number and a unit, as 300ms, 60s or 5m)",
        );
        refused(duration("1s", bounds.clone()), "1s is out of bounds (choose 5s to 3600s)");
        refused(duration("2h", bounds), "7200s is out of bounds (choose 5s to 3600s)");
    }

    #[test]
    fn hosts_and_origins_are_bare_names() {
        assert_eq!(host("Memory.Example:8080").unwrap(), "memory.example:8080");
        assert_eq!(host("[::1]:7979").unwrap(), "[::1]:7979");
        refused(
            host("https://a"),
            "`https://a` is no host name (write the bare name, without scheme, path or `*`)",
        );
        assert!(host("*.example").is_err() && host("").is_err());
        assert_eq!(web_origin("https://Notes.example").unwrap(), "https://notes.example");
        let hint = "write scheme and host without a path, as https://notes.example";
        refused(web_origin("notes.example"), &format!("`notes.example` is no web origin ({hint})"));
        refused(
            web_origin("https://notes.example/"),
            &format!("`https://notes.example/` is no web origin ({hint})"),
        );
        refused(web_origin("null"), &format!("`null` is no web origin ({hint})"));
    }

    #[test]
    fn a_prefix_is_a_folder() {
        assert_eq!(prefix("Projects").unwrap(), "Projects/");
        assert_eq!(prefix("Projects/").unwrap(), "Projects/");
        assert!(prefix("../").is_err() && prefix("/").is_err() && prefix("").is_err());
    }

    #[test]
    fn closed_sets_name_their_members() {
        refused(origin("web"), "`web` is no origin (valid: human, agent, pull-request, config)");
        refused(scope("root"), "`root` is no scope (valid: read, write, edit, admin)");
        refused(log_format("xml"), "`xml` is no log format (valid: text, json)");
        refused(source_kind("wiki"), "`wiki` is no kind of source (valid: vault, repo)");
    }

    #[test]
    fn filters_and_zones_are_asked_of_those_who_use_them() {
        assert!(log_filter("info").is_ok() && log_filter("warn,membridge=debug").is_ok());
        assert!(log_filter("membridge=loud").is_err());
        assert_eq!(timezone("utc").unwrap(), "UTC");
        assert!(timezone("Mars/Olympus").is_err());
    }
}
