//! One write through the engine, as every caller sends it, and what its refusals mean here: in words, with what to do next. Knows no text.

use std::{thread, time::Duration};

use tokio::sync::oneshot::error::TryRecvError;

use crate::{
    engine::{
        handle::Handle,
        pull_notes::Trouble,
        request::{Action, Idempotency, Receipt, Who, WriteError, WriteRequest},
    },
    model::{hash::ContentHash, path::NotePath, pull_request::PullRequestId},
};

/// How often to look for an answer.
const STEP: Duration = Duration::from_millis(2);

/// Who writes, in commits.
pub(super) const AUTHOR: &str = "membridge";

/// Sends a write and waits for its answer; in commits it is told of which pull request it is.
pub(super) fn send(
    handle: &Handle,
    id: &PullRequestId,
    path: NotePath,
    action: Action,
    over: Option<ContentHash>,
    idempotency: Option<Idempotency>,
) -> Result<Receipt, WriteError> {
    let source = handle.sources().first().ok_or(WriteError::NoSource)?;
    let request = WriteRequest {
        source: source.config.name.clone(),
        path,
        action,
        who: Who {
            agent: AUTHOR.to_owned(),
            session: String::new(),
            about: id.to_string(),
        },
        may_edit: true,
        prefix: None,
        if_match: over,
        reason: String::new(),
        dry_run: false,
        idempotency,
        allow_secret: false,
        brings_back: false,
    };
    let mut answer = handle.write(request);
    loop {
        // An engine that ended a moment ago may have left the request unread.
        let has_ended = handle.is_stopped();
        match answer.try_recv() {
            Ok(result) => return result,
            Err(TryRecvError::Empty) if !has_ended => thread::sleep(STEP),
            Err(_) => return Err(WriteError::NotReady),
        }
    }
}
/// Returns what a refusal of a write means for `what`, which was to lie at a path: to be tried again, or not.
pub(super) fn trouble(why: &WriteError, what: &str, path: &NotePath) -> Trouble {
    let later = |why: &str| Trouble::later(format!("{what} `{path}` is not written yet: {why}"));
    let never = |why: String| Trouble::never(format!("{what} `{path}` is not written: {why}"));
    match why {
        WriteError::Busy(why) => later(why),
        WriteError::NotReady => later("the vault is not wholly there"),
        WriteError::Full => later("the disk is full"),
        WriteError::ReadOnly => later("the vault's file system is read-only; mount it for writing"),
        WriteError::Failed(why) => later(why),
        WriteError::Conflict | WriteError::Stale(_) | WriteError::NeedsMatch(_) => later("somebody changes it again and again"),
        WriteError::AlreadyExists(there, _) => later(&format!("there is a note `{there}` now")),
        WriteError::NoSource => never("there is no vault; name one under `sources`".to_owned()),
        WriteError::ReadOnlySource => never("the first source is a repository, which is only read; name a vault first".to_owned()),
        WriteError::Forbidden(why) => never(format!("{why}; open it under `write.allow`, or set another `agent_folder`")),
        WriteError::NeedsEditScope => never("notes of people may not be edited there; open it under `write.edit_existing`".to_owned()),
        WriteError::Twin(twin) => never(format!("it would be the same file as `{twin}` on other devices; rename that one")),
        WriteError::InvalidName(why) => never(format!("{why}; set another `agent_folder`")),
        WriteError::NotMarkdown | WriteError::NoNote => never("there is no Markdown note".to_owned()),
        WriteError::NotUtf8 => never("it is not UTF-8; save it as UTF-8".to_owned()),
        WriteError::TooLarge { size, most } => never(format!(
            "it would have {size} bytes, and {most} is the most; shorten what was added to it"
        )),
        WriteError::Secret { kind, place } => never(format!("{place} would hold what looks like a secret ({kind})")),
        WriteError::Edit(_) => never("its properties cannot be edited; mend them".to_owned()),
        WriteError::OtherRequest => never("it was written before".to_owned()),
    }
}
