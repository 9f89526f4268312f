//! What must hold once a killed server is up again: of every promise that was given, of every text that the owner saved, of the repository and
//! of the index. Says what does not; changes nothing but that the owner commits at the end.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, thread,
    time::Duration,
};

use membridge::model::hash::ContentHash;

use super::{
    agents::{Agent, Write},
    index,
    people::{self, Owner},
    world::{Server, World},
};
use crate::harness::files_below;

/// What is known of the history so far.
#[derive(Default)]
pub(crate) struct Checker {
    head: Option<String>,
    commits: BTreeSet<String>,
    /// The commits that brought a word into a note. One that brings back what a person's commit took away, which is what git makes of a
    /// half-written file, does not count.
    added: BTreeMap<String, Vec<String>>,
    merged_back: BTreeSet<String>,
    /// Words that a person's text took out last.
    taken: BTreeSet<String>,
    /// Words that a text took out which was put before the agent's commits: a person's commit had brought them before these were made.
    taken_before: BTreeSet<String>,
    operations: BTreeSet<String>,
    /// Receipts that were looked at, by agent.
    looked_at: BTreeMap<usize, usize>,
    pub(crate) wrong: Vec<String>,
    /// Agents' words that a person's commit brought.
    pub(crate) swept: usize,
    /// Lines of the owner that lie in `state` only.
    pub(crate) set_aside: usize,
}

impl Checker {
    /// Looks at everything. The server is up, and nobody writes.
    pub(crate) fn check(&mut self, world: &World, server: &Server, owner: &Owner, agents: &[Agent]) {
        let (_, status) = server.wait_for("/v1/status", |_, it| it["sources"][0]["commits_waiting"] == 0);
        if status["sources"][0]["commits_waiting"] != 0 {
            self.wrong.push(format!("commits wait: {}", status["sources"][0]));
        }
        self.read_history(world);
        self.promises(world, agents);
        let before = self.wrong.len();
        for last in [false, true] {
            self.notes_of_agents(world, agents);
            self.notes_of_owner(world, owner, agents);
            self.repository(world);
            self.wrong.extend(index::differs(world, server));
            if last || self.wrong.len() == before {
                return;
            }
            // What a save took away is being merged back perhaps, once the save is no longer fresh.
            thread::sleep(Duration::from_millis(3500));
            self.wrong.truncate(before);
            self.read_history(world);
        }
    }

    /// Reads which commit brought which word, since the last time.
    fn read_history(&mut self, world: &World) {
        let head = world.git(&["rev-parse", "-q", "--verify", "HEAD"]);
        if !head.status.success() {
            return;
        }
        let head = String::from_utf8(head.stdout).unwrap().trim().to_owned();
        let range = self.head.as_ref().map_or(head.clone(), |it| format!("{it}..{head}"));
        self.commits
            .extend(world.git_or_fail(&["rev-list", &range]).lines().map(str::to_owned));
        let format =
            "--format=%x00%H%x1f%cn%x1f%(trailers:key=Membridge-Op,valueonly,separator=)%x1f%(trailers:key=Reason,valueonly,separator=)";
        let log = world.git_or_fail(&[
            "log",
            "--reverse",
            "-p",
            "-U0",
            "--minimal",
            "--no-renames",
            format,
            &range,
            "--",
            ".",
            ":(exclude).trash",
            // Half a save of the owner's: no note.
            ":(exclude).saving.tmp",
        ]);
        for commit in log.split('\0').skip(1) {
            let (line, diff) = commit.split_once('\n').unwrap_or((commit, ""));
            let [id, committer, operation, reason] = line.split('\x1f').collect::<Vec<_>>()[..] else {
                panic!("git log said {line:?}");
            };
            let is_agents = committer == "membridge" && operation != "snapshot";
            if is_agents && !self.operations.insert(operation.to_owned()) {
                self.wrong.push(format!("a second commit of one operation: {id} {operation}"));
            }
            let is_merged_back = reason.starts_with("a later save had dropped");
            let lines = |mark: &str, header: &str| {
                let lines = diff.lines().filter(|it| it.starts_with(mark) && !it.starts_with(header));
                lines.flat_map(words).collect::<BTreeSet<&str>>()
            };
            let (gone, come) = (lines("-", "---"), lines("+", "+++"));
            if !is_agents {
                let taken = gone.difference(&come).map(|it| (*it).to_owned());
                if operation == "snapshot" {
                    self.taken_before.extend(taken.clone());
                } else {
                    self.taken_before.clear();
                }
                self.taken.extend(taken);
            }
            for word in come.difference(&gone) {
                if word.starts_with("owner") && is_agents {
                    self.wrong.push(format!("{word} of the owner stands under an agent's name in {id}"));
                }
                if self.taken.remove(*word) && !is_agents {
                    continue;
                }
                // A save from before the write took it away, and it came back once.
                if is_merged_back && self.added.contains_key(*word) {
                    if !self.merged_back.insert((*word).to_owned()) {
                        self.wrong.push(format!("{word} was merged back a second time, in {id}"));
                    }
                    continue;
                }
                if is_agents && self.taken_before.remove(*word) {
                    self.added.remove(*word);
                }
                if word.starts_with("agent") && !is_agents {
                    self.swept += 1;
                }
                self.added.entry((*word).to_owned()).or_default().push(id.to_owned());
            }
        }
        self.head = Some(head);
    }

    /// Every acknowledged write is in exactly one commit, and a receipt names a commit that holds it.
    fn promises(&mut self, world: &World, agents: &[Agent]) {
        for agent in agents {
            let open = agent
                .open
                .iter()
                .filter(|it| self.added.get(&it.word).is_some_and(|it| it.len() > 1));
            let promised = agent.acknowledged.iter().filter(|it| it.text.is_some());
            let promised = promised.filter(|it| self.added.get(&it.word).map_or(0, Vec::len) != 1);
            for write in open.chain(promised) {
                let wrong = format!(
                    "{} of {} is in the commits {:?}",
                    write.word,
                    write.path,
                    self.added.get(&write.word)
                );
                self.wrong.push(wrong);
            }
            let looked_at = self.looked_at.entry(agent.number).or_default();
            let fresh = &agent.acknowledged[std::mem::replace(looked_at, agent.acknowledged.len())..];
            let committed: Vec<(&Write, String)> = fresh
                .iter()
                .filter_map(|it| Some((it, it.receipt.as_ref()?["commit"].as_str()?.to_owned())))
                .collect();
            if committed.is_empty() {
                continue;
            }
            let asked: Vec<String> = committed.iter().map(|(it, commit)| format!("{commit}:{}", it.path)).collect();
            for ((write, commit), found) in committed.iter().zip(world.git_check(&asked)) {
                // What the receipt says: of a note that somebody saved at the same moment it holds both changes.
                let wanted = write.receipt.as_ref().and_then(|it| it["hash"].as_str()).map(str::to_owned);
                let found = (!found.ends_with(" missing")).then_some(found);
                if found != wanted || !self.commits.contains(commit) {
                    self.wrong.push(format!(
                        "the receipt of {} ({}) names {commit}, which holds {found:?}",
                        write.word, write.path
                    ));
                }
            }
        }
    }

    /// What agents alone write is what was promised last, or what was asked for last.
    fn notes_of_agents(&mut self, world: &World, agents: &[Agent]) {
        let mut expected: BTreeMap<&str, Vec<Option<&str>>> = BTreeMap::new();
        for agent in agents {
            for write in agent.acknowledged.iter().filter(|it| !it.is_shared) {
                expected.insert(&write.path, vec![write.text.as_deref()]);
            }
            for write in agent.open.iter().filter(|it| !it.is_shared) {
                expected
                    .entry(&write.path)
                    .or_insert_with(|| vec![None])
                    .push(write.text.as_deref());
            }
        }
        let asked: Vec<String> = expected.keys().map(|it| format!("HEAD:{it}")).collect();
        let held = if self.head.is_some() && !asked.is_empty() {
            world.git_check(&asked)
        } else {
            vec![" missing".to_owned(); asked.len()]
        };
        for ((path, texts), held) in expected.iter().zip(held) {
            let found = fs::read_to_string(world.vault().join(path)).ok();
            if !texts.contains(&found.as_deref()) {
                self.wrong.push(format!("{path} holds {found:?}, not one of {texts:?}"));
            }
            let held = (!held.ends_with(" missing")).then_some(held);
            if held != found.as_ref().map(|it| ContentHash::of(it.as_bytes()).to_string()) {
                self.wrong.push(format!("{path} is {found:?} on the disk and {held:?} at HEAD"));
            }
        }
    }

    /// An agent's line is in its note unless the owner saved it away; an owner's line is in its note, or kept where nothing is thrown away.
    fn notes_of_owner(&mut self, world: &World, owner: &Owner, agents: &[Agent]) {
        let mut texts = BTreeMap::new();
        let read = |path: &str| fs::read_to_string(world.vault().join(path)).unwrap_or_default();
        for write in agents.iter().flat_map(|it| &it.acknowledged).filter(|it| it.is_shared) {
            let text = texts.entry(write.path.clone()).or_insert_with(|| read(&write.path));
            let saved_away = |write: &Write| {
                let mut later = owner.saves.iter().rev().take_while(|it| it.ended > write.begun);
                later.any(|it| it.path == write.path && !it.lines.iter().any(|it| it.contains(&write.word)))
            };
            if !text.contains(&write.word) && !saved_away(write) {
                self.wrong
                    .push(format!("{} is gone from {}, and the owner did not do it", write.word, write.path));
            }
        }
        let aside: Vec<String> = ["state/displaced", "state/spool"]
            .iter()
            .filter(|it| world.data().join(it).exists())
            .flat_map(|it| files_below(&world.data().join(it)))
            .map(|it| String::from_utf8_lossy(&fs::read(it).unwrap_or_default()).into_owned())
            .collect();
        self.set_aside = 0;
        for save in &owner.saves {
            let text = texts.entry(save.path.clone()).or_insert_with(|| read(&save.path));
            if text.contains(&save.word) {
                continue;
            }
            if aside.iter().any(|it| it.contains(&save.word)) {
                self.set_aside += 1;
            } else {
                let commits = self.added.get(&save.word);
                self.wrong
                    .push(format!("{} is gone from {}; in commits: {commits:?}", save.word, save.path));
            }
        }
    }

    fn repository(&mut self, world: &World) {
        if self.head.is_none() {
            return;
        }
        let said = world.git(&["fsck", "--strict", "--no-dangling", "--no-progress"]);
        if !said.status.success() || !said.stderr.is_empty() {
            self.wrong.push(format!("git fsck: {said:?}"));
        }
        if world.is_private {
            return;
        }
        let mut clean = |below: &str| {
            let said = world.git_or_fail(&["status", "--porcelain", "--untracked-files=all", "--", below]);
            if !said.is_empty() {
                self.wrong.push(format!("git status of {below}: {said}"));
            }
        };
        clean("Agent");
        let said = people::commit_once(world);
        if !said.as_ref().is_some_and(|it| it.status.success() || it.stderr.is_empty()) {
            self.wrong.push(format!("the owner cannot commit: {said:?}"));
        }
        let said = world.git_or_fail(&["status", "--porcelain"]);
        if !said.is_empty() {
            self.wrong.push(format!("git status after the owner's commit: {said}"));
        }
    }
}

/// Returns the words of agents and owners in a line.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let is_one = |it: &&str| {
        let number = it
            .strip_prefix("agent")
            .or_else(|| it.strip_prefix("owner"))
            .and_then(|it| it.strip_suffix('q'));
        number.is_some_and(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit()))
    };
    line.split(|it: char| !it.is_ascii_alphanumeric()).filter(is_one)
}
