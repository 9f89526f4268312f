//! Which commits follow from writes: decided on what the locked branch and the disk hold now. Knows intents and texts; makes no commit.

use std::collections::{BTreeSet, HashMap};

use anyhow::{Context, Result};

use crate::{
    config::Person,
    io::{
        git::{CommitRequest, Identity, Message, Tip},
        intents::Intent,
    },
    model::{hash::ContentHash, path::NotePath},
};

/// The commits that follow from a queue of intents.
#[derive(Debug, Default)]
pub(super) struct CommitPlan {
    pub(super) requests: Vec<CommitRequest>,
    /// For each of them the numbers of the operations that it is the commit of; a commit of a person's text is that of none.
    pub(super) of: Vec<Vec<usize>>,
    /// The intents, counted through, that replaced a text which must be kept otherwise: a commit of it would stand after those that came later.
    pub(super) aside: Vec<usize>,
}

/// What the plan is decided on.
pub(super) struct Around<'a> {
    pub(super) tip: &'a Tip<'a>,
    pub(super) on_disk: &'a dyn Fn(&NotePath) -> Option<ContentHash>,
    pub(super) owner: &'a Person,
    /// Put what one conversation wrote without a person in between into one commit.
    pub(super) batched: bool,
}

/// Returns the commits of some operations, each the intents of one write. Before a commit of ours comes the text that it replaced, where HEAD
/// holds another: what people wrote and nobody committed; or what HEAD held when the write was planned, where somebody committed the path since.
/// So a commit of ours shows what the agent changed, and no line of a person stands under the agent's name. What somebody committed since is put
/// back on top when the file holds our text no more: then it is the newer one.
pub(super) fn plan_commits(operations: &[&[&Intent]], around: &Around<'_>) -> Result<CommitPlan> {
    let Around { tip, on_disk, owner, .. } = around;
    let mut plan = CommitPlan::default();
    let mut held: HashMap<NotePath, Option<String>> = HashMap::new();
    let mut passed_over: BTreeSet<NotePath> = BTreeSet::new();
    let paths: Vec<NotePath> = operations
        .iter()
        .flat_map(|it| it.iter())
        .map(|it| NotePath::parse(&it.path).with_context(|| format!("the path of a logged write: `{}`", it.path)))
        .collect::<Result<_>>()?;
    let mut number = 0;
    for (operation, intents) in operations.iter().enumerate() {
        let mut changes = Vec::new();
        let mut put_back = Vec::new();
        let mut is_alone = !around.batched;
        for intent in *intents {
            let path = &paths[number];
            let after = intent.after.as_ref().map(|it| ContentHash::of(it.as_bytes()).to_string());
            let (head, is_first) = match held.get(path) {
                Some(head) => (head.clone(), false),
                None => (tip.blob(path)?.map(|it| it.to_string()), true),
            };
            let moved = head != intent.head && head != after && head != intent.before;
            if is_first && moved {
                passed_over.insert(path.clone());
            }
            if head != intent.before
                && let Some(text) = replaced(intent, tip)
            {
                // The same text at HEAD came by somebody's commit; the same absence may be that of a note that git never held.
                if head == after && head != intent.head {
                    plan.aside.extend(intent.before_text.is_some().then_some(number));
                } else {
                    plan.push(person_commit(path, Some(text), intent.time, owner), Vec::new());
                    is_alone = true;
                }
            }
            let is_last = !paths[number + 1..].contains(path);
            if is_last && passed_over.contains(path) && on_disk(path).map(|it| it.to_string()) != after {
                put_back.push(person_commit(path, tip.bytes(path)?, intent.time, owner));
            }
            held.insert(path.clone(), after);
            changes.push((path.clone(), intent.after.clone().map(String::into_bytes)));
            number += 1;
        }
        plan.push_own(operations, operation, changes, is_alone);
        put_back.into_iter().for_each(|it| plan.push(it, Vec::new()));
    }
    Ok(plan)
}

/// Returns the text that a write took the place of: it was logged, or HEAD held it then.
fn replaced(intent: &Intent, tip: &Tip<'_>) -> Option<Vec<u8>> {
    match &intent.before_text {
        Some(text) => Some(text.clone().into_bytes()),
        None => tip.held_before(intent.before.as_ref()?),
    }
}

impl CommitPlan {
    fn push(&mut self, request: CommitRequest, of: Vec<usize>) {
        self.requests.push(request);
        self.of.push(of);
    }

    /// Adds our commit, or adds to the last one.
    fn push_own(&mut self, operations: &[&[&Intent]], number: usize, changes: Vec<(NotePath, Option<Vec<u8>>)>, is_alone: bool) {
        let first = operations[number][0];
        match (self.requests.last_mut(), self.of.last_mut()) {
            (Some(request), Some(of))
                if !is_alone
                    && !takes_away(request, &changes)
                    && of.last().is_some_and(|it| is_same_conversation(operations[*it][0], first)) =>
            {
                of.push(number);
                add_to_commit(request, changes, first);
            }
            _ => self.push(own_commit(changes, first), vec![number]),
        }
    }
}

/// Says whether a path goes that the commit brings: together they would leave no trace of it.
fn takes_away(request: &CommitRequest, changes: &[(NotePath, Option<Vec<u8>>)]) -> bool {
    let mut gone = changes.iter().filter(|(_, bytes)| bytes.is_none());
    gone.any(|(path, _)| request.changes.iter().any(|(it, _)| it == path))
}

/// Who wrote, and why: one commit has one reason.
fn is_same_conversation(one: &Intent, other: &Intent) -> bool {
    (&one.agent, &one.session, &one.about, &one.reason) == (&other.agent, &other.session, &other.about, &other.reason)
}

/// Puts one more operation into a commit. Of two texts for one path the later counts.
fn add_to_commit(request: &mut CommitRequest, changes: Vec<(NotePath, Option<Vec<u8>>)>, intent: &Intent) {
    request.changes.extend(changes);
    request.time = intent.time;
    let message = &mut request.message;
    if message.body.is_empty() {
        message.body.clone_from(&message.subject);
    }
    message.body = format!("{}\n{}", message.body, intent.subject);
    message.subject = format!("notes: {} writes", message.body.lines().count());
    message.trailers.push(("Membridge-Op".to_owned(), intent.operation.clone()));
}

fn own_commit(changes: Vec<(NotePath, Option<Vec<u8>>)>, intent: &Intent) -> CommitRequest {
    let name = if intent.agent.is_empty() { "agent" } else { &intent.agent };
    let address: String = name.chars().filter(|it| it.is_ascii_alphanumeric() || *it == '-').collect();
    let given = [
        ("Agent", name),
        ("Session", &intent.session),
        ("Source", &intent.about),
        ("Reason", &intent.reason),
        ("Membridge-Op", &intent.operation),
    ];
    let trailers = given.into_iter().filter(|(_, value)| !value.is_empty());
    CommitRequest {
        changes,
        author: Identity {
            name: name.to_owned(),
            email: format!("{}@agent.localhost", if address.is_empty() { "agent" } else { &address }),
        },
        time: intent.time,
        message: Message {
            subject: intent.subject.clone(),
            body: String::new(),
            trailers: trailers.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        },
    }
}

/// Returns the commit of text that a person wrote and nobody committed; `None` where the person removed the note.
pub(in crate::engine) fn person_commit(path: &NotePath, text: Option<Vec<u8>>, time: i64, owner: &Person) -> CommitRequest {
    CommitRequest {
        changes: vec![(path.clone(), text)],
        author: Identity {
            name: owner.name.clone(),
            email: owner.email.clone(),
        },
        time,
        message: Message {
            subject: format!("note: {} (as it was found)", path.stem()),
            body: String::new(),
            trailers: vec![("Membridge-Op".to_owned(), "snapshot".to_owned())],
        },
    }
}

#[cfg(test)]
mod tests;
