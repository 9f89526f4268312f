//! A commit becomes an object, signed with an SSH key where one is configured. Knows the program that signs; knows nothing of what is committed.
//! What cannot be signed is not written.

use std::{path::Path, process::Command, sync::atomic::AtomicBool, time::Duration};

use git2::{Buf, ObjectType, Oid, Repository};

use crate::io::git::{
    NotNow, NotNowReason,
    program::{self, NotEnded},
};

/// Signing takes milliseconds; the lock of the repository is held meanwhile.
const LIMIT: Duration = Duration::from_secs(5);

/// Writes the commit that the buffer describes and returns its id.
pub(super) fn write_commit(handle: &Repository, key: Option<&Path>, buffer: &Buf) -> Result<Oid, NotNow> {
    let Some(key) = key else {
        return Ok(handle.odb()?.write(ObjectType::Commit, buffer)?);
    };
    let not_signed = |why: &str| {
        NotNow::new(
            NotNowReason::NotSigned,
            format!("ssh-keygen cannot sign with `{}`: {why}", key.display()),
        )
    };
    let mut command = Command::new("ssh-keygen");
    command.args(["-Y", "sign", "-n", "git", "-f"]).arg(key);
    // A key with a passphrase must not wait for somebody who types it.
    command.env("SSH_ASKPASS", "/bin/false").env("SSH_ASKPASS_REQUIRE", "force");
    let ended = match program::run(&mut command, buffer.to_vec(), LIMIT, &AtomicBool::new(false)) {
        Ok(ended) => ended,
        Err(NotEnded::TimedOut | NotEnded::Stopped) => return Err(not_signed("it did not end in time")),
        Err(NotEnded::Failed(error)) => return Err(not_signed(&error.to_string())),
    };
    if !ended.success || !ended.stdout.starts_with("-----BEGIN SSH SIGNATURE-----") {
        let said = ended.stderr.lines().map(str::trim).rfind(|it| !it.is_empty());
        return Err(not_signed(said.unwrap_or("it gave no signature")));
    }
    let text = std::str::from_utf8(buffer).map_err(|error| not_signed(&error.to_string()))?;
    Ok(handle.commit_signed(text, ended.stdout.trim_end(), Some("gpgsig"))?)
}
