//! Agents that write over HTTP, each notes of its own or those that the owner has open too, until the server is gone. They remember what they
//! asked and what they were promised; what was not answered is asked again, under the same key, by the next life.

use std::{
    collections::BTreeMap,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    people,
    world::{Random, Server},
};

/// Notes that one agent has.
const NOTES: usize = 12;

/// Another process than the one that wrote a note waits this long before it writes it: it might be a person's.
const FRESH: Duration = Duration::from_millis(2200);

/// Numbers the words of all agents of one run.
static WORDS: AtomicU64 = AtomicU64::new(0);

/// One request and what came of it.
#[derive(Debug, Clone)]
pub(crate) struct Write {
    pub(crate) path: String,
    /// The word that it brings; stands in its text, and for a deletion only in its key.
    pub(crate) word: String,
    /// The whole note; `None` deletes it.
    pub(crate) text: Option<String>,
    pub(crate) is_shared: bool,
    if_match: Option<String>,
    pub(crate) begun: Instant,
    pub(crate) receipt: Option<Value>,
}

/// What an agent knows of one of its notes.
#[derive(Debug, Clone)]
struct Known {
    hash: String,
    at: Instant,
    life: u32,
}

/// One writer.
pub(crate) struct Agent {
    pub(crate) number: usize,
    random: Random,
    shares: bool,
    known: BTreeMap<String, Known>,
    /// Asked and not answered when the server died.
    pub(crate) open: Option<Write>,
    pub(crate) acknowledged: Vec<Write>,
    /// Answers that must not be.
    pub(crate) wrong: Vec<String>,
    /// Answered by a later life, from its memory or by doing it then.
    pub(crate) asked_again: usize,
}

impl Agent {
    pub(crate) fn new(number: usize, shares: bool, random: Random) -> Agent {
        Agent {
            number,
            random,
            shares,
            known: BTreeMap::new(),
            open: None,
            acknowledged: Vec::new(),
            wrong: Vec::new(),
            asked_again: 0,
        }
    }

    /// Writes until the server is gone. `life` numbers the servers.
    pub(crate) fn work(&mut self, server: &Server, life: u32) {
        if let Some(write) = self.open.take() {
            let count = self.acknowledged.len();
            if !self.send(server, write, life) {
                return;
            }
            self.asked_again += self.acknowledged.len() - count;
        }
        loop {
            let write = if self.shares { self.shared(server) } else { Ok(self.own(life)) };
            match write {
                Ok(Some(write)) => {
                    if !self.send(server, write, life) {
                        return;
                    }
                }
                Ok(None) => std::thread::sleep(Duration::from_millis(5)),
                Err(_) => return,
            }
        }
    }

    /// Plans a write of a note that nobody else writes.
    fn own(&mut self, life: u32) -> Option<Write> {
        let path = format!("Agent/{}/Note {}.md", self.number, self.random.below(NOTES));
        let known = self.known.get(&path);
        if known.is_some_and(|it| it.life != life && it.at.elapsed() < FRESH) {
            return None;
        }
        let word = word();
        let deletes = known.is_some() && self.random.one_in(10);
        let words = ["copper", "ledger", "heron", "zinc", "otter", "quartz"];
        let filler: Vec<&str> = (0..self.random.below(200)).map(|it| words[it % words.len()]).collect();
        let text = format!("# {word}\n\n{}\n", filler.join(" "));
        Some(Write {
            if_match: known.map(|it| it.hash.clone()),
            path,
            word,
            text: (!deletes).then_some(text),
            is_shared: false,
            begun: Instant::now(),
            receipt: None,
        })
    }

    /// Plans one line more in a note of the owner's.
    fn shared(&mut self, server: &Server) -> Result<Option<Write>, ureq::Error> {
        let path = people::note(self.random.below(people::SHARED));
        let (status, json) = server.get(&format!("/v1/notes/{}", path.replace(' ', "%20")))?;
        let (Some(text), Some(hash)) = (json["content"].as_str(), json["hash"].as_str()) else {
            // Emptied, or being saved.
            if status >= 500 && status != 503 {
                self.wrong.push(format!("reading {path}: {status} {json}"));
            }
            return Ok(None);
        };
        let word = word();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines.insert(self.random.below(lines.len() + 1), format!("- {word}"));
        Ok(Some(Write {
            path,
            word,
            text: Some(lines.join("\n") + "\n"),
            is_shared: true,
            if_match: Some(hash.to_owned()),
            begun: Instant::now(),
            receipt: None,
        }))
    }

    /// Sends a write. `false` when the server is gone.
    fn send(&mut self, server: &Server, mut write: Write, life: u32) -> bool {
        let quoted = write.if_match.as_ref().map(|it| format!("\"{it}\""));
        let mut headers = vec![("idempotency-key", write.word.as_str()), ("membridge-agent", "claw")];
        headers.extend(quoted.as_deref().map(|it| ("if-match", it)));
        let answer = server.write(&write.path.replace(' ', "%20"), write.text.as_deref(), &headers);
        match answer {
            Err(_) => {
                self.open = Some(write);
                return false;
            }
            Ok((200 | 201, receipt)) => {
                match receipt["hash"].as_str() {
                    Some(hash) => {
                        let (hash, at) = (hash.to_owned(), Instant::now());
                        self.known.insert(write.path.clone(), Known { hash, at, life });
                    }
                    None => drop(self.known.remove(&write.path)),
                }
                write.receipt = Some(receipt);
                self.acknowledged.push(write);
            }
            // Somebody saved it in the meantime.
            Ok((409 | 412 | 503, _)) if write.is_shared => {}
            Ok((status, json)) => self.wrong.push(format!("{write:?}: {status} {json}")),
        }
        true
    }
}

fn word() -> String {
    format!("agent{}q", WORDS.fetch_add(1, Ordering::Relaxed))
}
