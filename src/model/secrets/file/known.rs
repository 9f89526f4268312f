//! Files whose name says in which place of each line a secret stands: `sasl_passwd`, `chap-secrets`, `htpasswd`, a file that is one password. Knows
//! such files; must not know lines that tell by themselves.

use std::ops::Range;

use super::{super::Found, key, names::is_name_only, written::is_harmless_word};

/// Where the secret of a line stands.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// After the first colon of the second word: `[host]:587 bob:x`.
    AfterUser,
    /// The third word: `bob * x`.
    ThirdWord,
    /// After the first colon: `bob:x`.
    AfterColon,
    /// The file is one word.
    Whole,
}

/// Returns the secrets of a file that its name tells.
pub(super) fn find(path: &str, text: &str) -> Vec<Found> {
    let Some(place) = place(path) else { return Vec::new() };
    if matches!(place, Place::Whole) {
        let word = text.trim_start_matches('\u{feff}').trim();
        let is_secret = !word.is_empty() && word.len() <= MAX_WORD && !word.contains(char::is_whitespace) && !is_kept(word);
        let start = text.find(word).unwrap_or(0);
        return if is_secret {
            vec![found(start..start + word.len())]
        } else {
            Vec::new()
        };
    }
    let mut all = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim();
        let start = at + line.len() - line.trim_start().len();
        at += line.len();
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        let secret = match place {
            Place::AfterUser => words(content).get(1).and_then(|it| after_colon(content, it.clone())),
            Place::ThirdWord => words(content).get(2).cloned(),
            // The list of PgBouncer: `"bob" "x"`.
            Place::AfterColon if content.starts_with('"') => words(content).get(1).cloned(),
            Place::AfterColon => after_colon(content, 0..content.len()),
            Place::Whole => None,
        };
        if let Some(range) = secret.filter(|it| !is_kept(&content[it.clone()])) {
            all.push(found(start + range.start..start + range.end));
        }
    }
    all
}

/// A longer word is no password but a file of its own.
const MAX_WORD: usize = 512;

fn place(path: &str) -> Option<Place> {
    let path = path.to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or(&path);
    let stem = [".j2", ".tmpl", ".tpl", ".erb", ".example", ".sample", ".in", ".default", ".dist"]
        .iter()
        .find_map(|it| name.strip_suffix(it))
        .unwrap_or(name);
    if ["sasl_passwd", "sasl-passwd", "smtp_passwd", "relay_passwd", "relay_password"].contains(&stem) {
        return Some(Place::AfterUser);
    }
    if stem == "chap-secrets" || stem == "pap-secrets" || stem == "srp-secrets" {
        return Some(Place::ThirdWord);
    }
    if stem.ends_with("htpasswd")
        || stem.ends_with("htdigest")
        || matches!(stem, "passwd.client" | "userlist.txt" | "http_users" | "users.htpasswd")
    {
        return Some(Place::AfterColon);
    }
    // `secrets/db_password.txt` of Compose, `grafana.token`.
    let (base, extension) = stem
        .trim_start_matches('.')
        .rsplit_once('.')
        .unwrap_or((stem.trim_start_matches('.'), ""));
    let is_telling = match extension {
        "" | "txt" => key::kind_of(base).is_some(),
        "secret" | "password" | "passwd" | "token" | "pw" | "pwd" | "pass" => true,
        _ => false,
    };
    let is_below_secrets = path
        .rsplit('/')
        .nth(1)
        .is_some_and(|it| matches!(it, "secrets" | ".secrets" | "secret" | "passwords"));
    let is_told = is_telling || is_below_secrets && matches!(extension, "" | "txt");
    (is_told && is_name_only(&path).is_none()).then_some(Place::Whole)
}

/// Returns the words of a line, those in quotes without them.
fn words(line: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    let mut at = 0;
    while words.len() < 4 {
        at += line[at..].len() - line[at..].trim_start().len();
        let rest = &line[at..];
        let Some(first) = rest.chars().next() else { break };
        let quoted = Some(first).filter(|it| matches!(it, '"' | '\''));
        let end = match quoted {
            Some(quote) => rest[1..].find(quote).map(|it| it + 1),
            None => None,
        };
        match end {
            Some(end) => {
                words.push(at + 1..at + end);
                at += end + 1;
            }
            None => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                words.push(at..at + end);
                at += end;
            }
        }
    }
    words
}

fn after_colon(line: &str, word: Range<usize>) -> Option<Range<usize>> {
    let colon = line[word.clone()].find(':')?;
    let start = word.start + colon + 1;
    (start < word.end).then_some(start..word.end)
}

fn is_kept(value: &str) -> bool {
    key::is_harmless(value) || is_harmless_word(value)
}

fn found(range: Range<usize>) -> Found {
    Found { range, kind: "password" }
}
