//! The line of the journal about a merge: on its day, between the entries before and after it. Knows the agent's daily note and its headings of
//! times; writes as callers do.

use jiff::Timestamp;

use crate::{
    engine::{
        pull_notes::{
            Trouble,
            note::{TRIES, Writer},
            sent::{self, AUTHOR},
        },
        request::{Action, Idempotency, WriteError},
    },
    model::{
        hash::ContentHash,
        memory::{self, MemoryText},
        note::{Note, edit},
        path::NotePath,
        pull_request::{PullRequest, State, note},
    },
};

/// Below the agent's folder, as for the entries of callers.
const JOURNAL: &str = "Journal";

impl Writer {
    /// Tells the journal of a pull request that it was merged; `false` while it is not.
    pub(super) fn journal(&self, pr: &PullRequest, path: &NotePath) -> Result<bool, Trouble> {
        if pr.state != Some(State::Merged) {
            return Ok(false);
        }
        let time = pr.merged.unwrap_or_else(Timestamp::now).to_zoned(self.zone.clone());
        let never = |why: &str| Trouble::never(format!("the journal cannot be written: {why}"));
        let daily = self.source()?.settings().daily_notes.name(time.date());
        let daily = daily.ok_or_else(|| never("the vault's format for daily notes makes no name of a file; mend it in Obsidian"))?;
        let at = NotePath::parse(&format!("{}/{JOURNAL}/{daily} agent.md", self.agent_folder)).map_err(|why| never(&why.to_string()))?;
        let (properties, head) = memory::compose(&MemoryText {
            title: at.stem(),
            text: "",
            tags: &[],
            links: &[],
            created: &time.timestamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            agent: AUTHOR,
            session: "",
            source: "",
            supersedes: None,
        });
        let head = edit::compose(&properties, &head).map_err(|_why| never("its name makes no property"))?;
        let target = if note::shares_names(&pr.id.host, &pr.id.repo, &self.webs) {
            path.as_str().trim_end_matches(".md")
        } else {
            path.stem()
        };
        let line = format!("[[{target}|{}#{}]] was merged.", pr.id.repo, pr.id.number);
        let clock = time.strftime("%H:%M").to_string();
        let entry = memory::entry(&clock, "", &line);
        for _ in 0..TRIES {
            let present = self.read(&at)?;
            let between = present.as_ref().and_then(|it| Some((it, place(it, &clock)?)));
            let (action, over) = match between {
                Some((text, place)) => {
                    let text = format!("{}{entry}\n{}", &text[..place], &text[place..]);
                    (Action::Put(text), present.as_ref().map(|it| ContentHash::of(it.as_bytes())))
                }
                None => {
                    let head = format!("{}\n\n", head.trim_end());
                    (Action::Append { head, text: entry.clone() }, None)
                }
            };
            // Across a crash between the write and our own note of it, the key remembers.
            let key = Idempotency {
                key: format!("pull-request-merged {}", pr.id),
                request: pr.id.to_string(),
            };
            match sent::send(&self.handle, &pr.id, at.clone(), action, over, Some(key)) {
                // Another text was sent under the key before: the line is there.
                Ok(_) | Err(WriteError::OtherRequest) => return Ok(true),
                Err(WriteError::Stale(_)) => {}
                Err(why) => return Err(sent::trouble(&why, "the journal", &at)),
            }
        }
        Err(Trouble::later(format!("somebody changes the journal `{at}` again and again")))
    }
}

/// Returns where an entry of this time (`14:05`) goes that does not go to the end: before the heading behind the last entry that is not later.
fn place(text: &str, clock: &str) -> Option<usize> {
    let note = Note::parse(text);
    let headings: Vec<(usize, Option<&str>)> = note
        .headings
        .iter()
        .filter(|it| it.level <= 2)
        .map(|it| (it.range.start, (it.level == 2).then(|| clock_of(&it.text)).flatten()))
        .collect();
    let is_later = |it: &(usize, Option<&str>)| it.1.is_some_and(|it| it > clock);
    if !headings.iter().any(is_later) {
        return None;
    }
    let before = headings.iter().rposition(|it| it.1.is_some_and(|it| it <= clock));
    let next = match before {
        Some(at) => headings.get(at + 1),
        None => headings.iter().find(|it| is_later(it)),
    };
    next.map(|it| it.0)
}

/// Returns the time that a heading begins with.
fn clock_of(heading: &str) -> Option<&str> {
    let clock = heading.split_whitespace().next()?;
    let is_clock = clock.len() == 5
        && clock
            .char_indices()
            .all(|(at, it)| if at == 2 { it == ':' } else { it.is_ascii_digit() });
    is_clock.then_some(clock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_entry_goes_between_those_of_its_time() {
        let day = "# Day\n\n## 08:00\n\na\n\n## 12:00 noon\n\nb\n\n## 15:00\n\nc\n";
        let check = |text: &str, clock: &str, expected: Option<&str>| {
            let found = place(text, clock).map(|it| text[it..].lines().next().unwrap_or_default());
            assert_eq!(found, expected, "{clock}");
        };
        check(day, "07:00", Some("## 08:00"));
        check(day, "08:00", Some("## 12:00 noon"));
        check(day, "13:00", Some("## 15:00"));
        check(day, "15:00", None);
        check("# Day\n\n## Notes\n", "15:00", None);
        check("# Day\n\n## 16:00\n\n## Notes\n\n## 17:00\n", "16:30", Some("## Notes"));
        check("```\n## 16:00\n```\n", "15:00", None);
    }
}
