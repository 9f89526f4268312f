//! What the API calls its own calls, in the words of who asks by other means: a command has options, a tool has arguments, neither has headers.
//! Knows the API's phrases; must not know what went wrong.

/// Who is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Voice {
    /// Somebody who types commands.
    Commands,
    /// A model that calls tools.
    Tools,
}

/// A phrase of the API, and what stands for it on the command line and among the tools. Of two that begin alike the longer comes first.
const PHRASES: [(&str, &str, &str); 18] = [
    (
        "`/v1/search?path=Folder/**&sort=path`",
        "`membridge ls Folder`",
        "`search` without `query`, with `path` \"Folder/**\" and `sort` \"path\"",
    ),
    (
        "`/v1/history/{path}` lists the commits of a note",
        "`membridge history PATH` lists the commits of a note",
        "leave `at` out to read the present text",
    ),
    (
        "send the note's text, or `allow_empty=true` to make the note empty",
        "give the note's text",
        "give the note's text",
    ),
    (
        "use `POST /v1/search` for long queries",
        "search for fewer words",
        "search for fewer words",
    ),
    (
        "read an attachment alone, with `GET /v1/notes/{path}`: it answers the bytes",
        "read an attachment alone, with `membridge get`",
        "no tool reads an attachment",
    ),
    ("send POST /v1/pull-requests/sync", "`membridge pr sync` asks it", "no tool asks it"),
    (
        "see GET /v1/pull-requests for those that are",
        "`membridge pr list` names those that are",
        "`search` with `origin` \"pull-request\" finds those that are",
    ),
    (
        "name its forge as `host`",
        "write its forge before it, as above",
        "name its forge before it",
    ),
    ("to POST /v1/pull-requests", "with `membridge pr add`", "to the operator"),
    (
        "send the body again, with that corrected",
        "correct that and try again",
        "correct that and call again",
    ),
    (
        "send one JSON object with the fields of `valid`",
        "give one JSON object with the fields of `valid`",
        "call again with the arguments of `valid`",
    ),
    (
        "send `If-Match: \"<hash>\"`",
        "give its hash with `--if-match`",
        "give its hash as `if_match`",
    ),
    (
        "send `If-Match` with its hash",
        "give its hash with `--if-match`",
        "change it with `edit`",
    ),
    ("`If-Match`", "`--if-match`", "`if_match`"),
    ("`allow_secret=true`", "`--allow-secret`", "`allow_secret`"),
    ("a fresh `Idempotency-Key`", "another `--key`", "a fresh `Idempotency-Key`"),
    (
        "`membridge search --syntax obsidian '[memory:pinned]' --sort path`",
        "`membridge search --syntax obsidian '[memory:pinned]' --sort path`",
        "`search` with `query` \"[memory:pinned]\", `syntax` \"obsidian\" and `sort` \"path\"",
    ),
    ("`view=map`", "`--map`", "`view` \"map\""),
];

impl Voice {
    /// Returns a text of the API with its phrases replaced.
    pub(super) fn say(self, text: &str) -> String {
        PHRASES.iter().fold(text.to_owned(), |text, (api, command, tool)| {
            let own = match self {
                Voice::Commands => command,
                Voice::Tools => tool,
            };
            text.replace(api, own)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::gather::Pinned;

    #[test]
    fn a_hint_named_calls_that_whoever_asked_cannot_make() {
        let hints = include_str!("../problem/kind.rs");
        for voice in [Voice::Commands, Voice::Tools] {
            let said = voice.say(&hints.replace("\\\"", "\""));
            for call in ["/v1/", "`POST", "`GET", "If-Match", "allow_secret=true"] {
                let line = said.lines().find(|it| it.contains(call));
                assert_eq!(line, None, "{voice:?} {call}");
            }
        }
        let check = |voice: Voice, text: &str, expected: &str| assert_eq!(voice.say(text), expected);
        let hint = "read the note, then send `If-Match: \"<hash>\"`";
        check(Voice::Commands, hint, "read the note, then give its hash with `--if-match`");
        check(Voice::Tools, hint, "read the note, then give its hash as `if_match`");
        let warning = Pinned {
            notes: Vec::new(),
            more: 2,
        };
        let warning = warning.warning().unwrap();
        check(Voice::Commands, &warning, &warning);
        assert!(!Voice::Tools.say(&warning).contains("membridge"), "{}", Voice::Tools.say(&warning));
        let detail = "the note `A.md` exists, and the request has no `If-Match`";
        check(Voice::Tools, detail, "the note `A.md` exists, and the request has no `if_match`");
    }
}
