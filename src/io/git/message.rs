//! Names and messages of commits as git writes them, and the way back. Nothing that a caller gives can forge a line of the header or a
//! trailer. Pure.

/// The committer of every commit: the author says who wanted it.
pub const COMMITTER: (&str, &str) = ("membridge", "membridge@localhost");

/// Who is meant. What git does not allow in a name is left out when it is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub name: String,
    pub email: String,
}

/// The message of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    /// Made one line.
    pub subject: String,
    /// Any text; may be empty.
    pub body: String,
    /// Key and value, each made one line; a key keeps letters, digits and `-` only, and one without any is left out.
    pub trailers: Vec<(String, String)>,
}

/// Returns name and email as git can write them, never empty.
pub(super) fn sanitised(identity: &Identity) -> (String, String) {
    let clean = |text: &str, default: &str| {
        let kept: String = one_line(text).chars().filter(|it| !matches!(it, '<' | '>')).collect();
        let kept = kept.trim_matches(|it: char| it.is_whitespace() || ".,:;\"\\'".contains(it));
        if kept.is_empty() { default.to_owned() } else { kept.to_owned() }
    };
    (clean(&identity.name, "unknown"), clean(&identity.email, "unknown@localhost"))
}

/// Returns the text of the message.
pub(super) fn render(message: &Message) -> String {
    let subject = one_line(&message.subject);
    let trailers: Vec<String> = message.trailers.iter().filter_map(trailer).collect();
    let body = body(&message.body, trailers.is_empty());
    let subject = if subject.is_empty() { "change".to_owned() } else { subject };
    let parts = [subject, body, trailers.join("\n")];
    let full: Vec<&str> = parts.iter().map(String::as_str).filter(|it| !it.is_empty()).collect();
    full.join("\n\n") + "\n"
}

/// Returns the trailers of a message: the lines of its last paragraph when all of them are `Key: value`, continued lines joined.
pub(super) fn trailers(message: &str) -> Vec<(String, String)> {
    let message = message.trim_end();
    let Some((_, last)) = message.rsplit_once("\n\n") else {
        return Vec::new();
    };
    let mut found: Vec<(String, String)> = Vec::new();
    for line in last.lines() {
        if let (true, Some((_, value))) = (line.starts_with([' ', '\t']), found.last_mut()) {
            value.push(' ');
            value.push_str(line.trim());
        } else if let Some((key, value)) = as_trailer(line) {
            found.push((key.to_owned(), value.trim().to_owned()));
        } else {
            return Vec::new();
        }
    }
    found
}

fn trailer((key, value): &(String, String)) -> Option<String> {
    let key: String = key.chars().filter(|it| it.is_ascii_alphanumeric() || *it == '-').collect();
    (!key.is_empty()).then(|| format!("{key}: {}", one_line(value)))
}

fn as_trailer(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(':')?;
    let is_key = !key.is_empty() && key.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'-');
    is_key.then_some((key, value))
}

/// A line of dashes would end the message for some readers, and a body that is last must not be read as trailers: a space before the line
/// keeps it text.
fn body(text: &str, is_last: bool) -> String {
    let line = |line: &str| {
        let line: String = line.trim_end().chars().filter(|it| *it == '\t' || !it.is_control()).collect();
        let speaks = line.starts_with("---") || (is_last && as_trailer(&line).is_some());
        if speaks { format!(" {line}") } else { line }
    };
    let lines: Vec<String> = text.lines().map(line).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|it| if it.is_control() { ' ' } else { it }).collect();
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(subject: &str, body: &str, trailers: &[(&str, &str)]) -> Message {
        let trailers = trailers.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Message {
            subject: subject.to_owned(),
            body: body.to_owned(),
            trailers: trailers.collect(),
        }
    }

    #[test]
    fn nothing_given_becomes_a_trailer_of_its_own() {
        let given = message(
            "a\nAgent: evil\n\nAgent: evil",
            "why\n\nAgent: evil\n---\nx",
            &[("Ag ent:\n", "good\n\nAgent: evil")],
        );
        let text = render(&given);
        assert_eq!(
            text,
            "a Agent: evil Agent: evil\n\nwhy\n\nAgent: evil\n ---\nx\n\nAgent: good Agent: evil\n"
        );
        assert_eq!(trailers(&text), [("Agent".to_owned(), "good Agent: evil".to_owned())]);
        assert_eq!(render(&message("s", "Agent: evil", &[])), "s\n\n Agent: evil\n");
        assert_eq!(trailers("s\n\n Agent: evil\n"), []);
        assert_eq!(render(&message(" \0", "\n\n", &[("::", "x")])), "change\n");
    }

    #[test]
    fn a_name_is_made_such_that_git_takes_it() {
        let check = |name: &str, email: &str, expected: (&str, &str)| {
            let identity = Identity {
                name: name.to_owned(),
                email: email.to_owned(),
            };
            let (name, email) = sanitised(&identity);
            assert_eq!((name.as_str(), email.as_str()), expected);
        };
        check("Open Claw", "agent@host", ("Open Claw", "agent@host"));
        check("a <b>\nauthor x", "c>\0 <d", ("a b author x", "c d"));
        check("<>", "", ("unknown", "unknown@localhost"));
    }
}
