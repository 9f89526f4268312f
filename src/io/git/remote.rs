//! The remote of a vault's own repository, reached by the `git` program, so that credential helpers, ssh and proxies work as the operator
//! knows them. Never forces, never prompts, and what it tells holds neither secrets nor more than a line of what others said.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use git2::ErrorCode;

use crate::io::git::{
    Repository, RepositoryKind,
    program::{self, Ended, NotEnded},
};

/// Commits are counted so far where the remote's branch is not known.
const MAX_COUNT: usize = 10_000;

/// The longest reason, in characters.
const MAX_DETAIL: usize = 300;

/// The variable that [`HELPER`] reads.
const TOKEN: &str = "MEMBRIDGE_GIT_TOKEN";

/// Asked by git for the password; the token comes from the environment, so that no list of processes shows it.
const HELPER: &str = r#"!f() { test "$1" = get || exit 0; name=x-access-token; while IFS= read -r line && test -n "$line"; do case "$line" in username=*) name="${line#username=}";; esac; done; printf 'username=%s\npassword=%s\n' "$name" "$MEMBRIDGE_GIT_TOKEN"; }; f"#;

/// How remotes are reached.
#[derive(Debug, Clone)]
pub struct Access {
    /// Holds the password or token; read each time. `None` leaves it to git's own helpers.
    pub token_file: Option<PathBuf>,
    /// How long one call may take.
    pub timeout: Duration,
    /// Set to end a call that runs.
    pub stop: Arc<AtomicBool>,
}

/// The branch of a remote that the branch at HEAD follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upstream {
    pub(super) remote: String,
    /// The full name of our branch.
    pub(super) branch: String,
    /// The full name of theirs, at the remote.
    pub(super) theirs: String,
    /// The full name under which we keep what we know of theirs.
    pub(super) tracking: String,
}

/// Why nothing was pushed or fetched. The text is one line for an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The remote holds commits that we do not.
    Diverged,
    /// The remote does not take it: a protected branch, a hook. Trying again will not help.
    Rejected(String),
    /// The remote does not know us.
    Denied(String),
    TimedOut,
    /// It holds no commit yet.
    Empty,
    /// It could not be reached, or failed in another way that may pass.
    Failed(String),
    /// The service is about to stop.
    Stopped,
}

impl Refusal {
    /// Returns the reason for status and logs.
    pub fn detail(&self) -> String {
        match self {
            Refusal::Diverged => "diverged: the remote has commits that this clone has not; merge them, or set git.sync to full".to_owned(),
            Refusal::Rejected(why) => format!("rejected: {why}"),
            Refusal::Denied(why) => format!("denied: {why}"),
            Refusal::TimedOut => "timed out: the remote did not answer in time".to_owned(),
            Refusal::Empty => "failed: the remote repository is empty: it has no commit yet".to_owned(),
            Refusal::Failed(why) => format!("failed: {why}"),
            Refusal::Stopped => "the service stops".to_owned(),
        }
    }

    /// Says whether git's words may mean that our own files are damaged. The remote's may be, too: look before you believe it.
    pub fn may_tell_of_damage(&self) -> bool {
        const WORDS: [&str; 9] = [
            "bad object",
            "corrupt",
            "object file",
            "missing blob",
            "missing tree",
            "unable to read",
            "all necessary objects",
            "packfile",
            "not a git repository",
        ];
        matches!(self, Refusal::Failed(why) if WORDS.iter().any(|it| why.contains(it)))
    }
}

impl Repository {
    /// Returns what the branch at HEAD follows, or why there is nothing to sync with, in a sentence.
    pub fn upstream(&self) -> Result<Upstream, String> {
        if self.kind() != RepositoryKind::Vault {
            return Err("the vault is not the root of a git repository".to_owned());
        }
        let found = || -> Result<Option<Upstream>, git2::Error> {
            let handle = self.handle()?;
            let head = handle.find_reference("HEAD")?;
            let Some(branch) = head.symbolic_target()?.map(str::to_owned) else {
                return Ok(None);
            };
            let text = |it: git2::Buf| String::from_utf8_lossy(&it).into_owned();
            Ok(Some(Upstream {
                remote: text(handle.branch_upstream_remote(&branch)?),
                theirs: text(handle.branch_upstream_merge(&branch)?),
                tracking: text(handle.branch_upstream_name(&branch)?),
                branch,
            }))
        };
        match found() {
            Ok(Some(upstream)) if upstream.remote == "." => Err("the branch follows another one of the same repository".to_owned()),
            Ok(Some(upstream)) => Ok(upstream),
            Ok(None) => Err("HEAD names no branch".to_owned()),
            Err(error) if error.code() == ErrorCode::NotFound => {
                Err("the branch follows none of a remote: run `git push -u origin HEAD` once".to_owned())
            }
            Err(error) => Err(error.message().to_owned()),
        }
    }

    /// Returns how many commits the remote lacks and how many we lack, as far as is known here.
    pub fn ahead_behind(&self, upstream: &Upstream) -> anyhow::Result<(usize, usize)> {
        let handle = self.handle()?;
        let id = |name: &str| match handle.refname_to_id(name) {
            Ok(id) => Ok(Some(id)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error),
        };
        match (id(&upstream.branch)?, id(&upstream.tracking)?) {
            (Some(ours), Some(theirs)) => Ok(handle.graph_ahead_behind(ours, theirs)?),
            (None, Some(theirs)) => Ok((0, count(&handle, theirs)?)),
            (Some(ours), None) => Ok((count(&handle, ours)?, 0)),
            (None, None) => Ok((0, 0)),
        }
    }

    /// Pushes our branch to the remote's.
    pub fn push(&self, upstream: &Upstream, access: &Access) -> Result<(), Refusal> {
        self.push_with(upstream, access, &[])
    }

    pub(super) fn push_with(&self, upstream: &Upstream, access: &Access, options: &[&str]) -> Result<(), Refusal> {
        let mut command = self.command(access)?;
        command.args(["push", "--porcelain", "--no-verify", "--no-follow-tags", "--recurse-submodules=no"]);
        command.args(options);
        command
            .arg("--")
            .arg(&upstream.remote)
            .arg(format!("{}:{}", upstream.branch, upstream.theirs));
        let ended = ended(&mut command, access)?;
        pushed(&ended)
    }

    /// Fetches the remote's branch; touches no file and no branch of ours.
    pub fn fetch(&self, upstream: &Upstream, access: &Access) -> Result<(), Refusal> {
        let mut command = self.command(access)?;
        command.args(["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--no-write-fetch-head"]);
        command.args(["--no-auto-maintenance", "--"]).arg(&upstream.remote);
        // What we know of theirs follows theirs wherever it goes; our branch does not.
        command.arg(format!("+{}:{}", upstream.theirs, upstream.tracking));
        let ended = ended(&mut command, access)?;
        if ended.success { Ok(()) } else { Err(failed(&ended.stderr)) }
    }

    pub(super) fn command(&self, access: &Access) -> Result<Command, Refusal> {
        let mut command = Command::new("git");
        command.arg("-C").arg(&self.root);
        command.args(["-c", "core.hooksPath=/dev/null", "-c", "gc.auto=0", "-c", "push.gpgSign=false"]);
        // Ours may be the environment of a hook, which names another repository.
        for name in [
            "GIT_DIR",
            "GIT_WORK_TREE",
            "GIT_INDEX_FILE",
            "GIT_OBJECT_DIRECTORY",
            "GIT_COMMON_DIR",
            "GIT_NAMESPACE",
        ] {
            command.env_remove(name);
        }
        command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        let config = self.handle().and_then(|it| it.config());
        let chosen = std::env::var_os("GIT_SSH_COMMAND").is_some() || std::env::var_os("GIT_SSH").is_some();
        if !chosen && config.is_ok_and(|it| it.get_entry("core.sshCommand").is_err()) {
            command.env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes");
        }
        if let Some(file) = &access.token_file {
            let token = fs::read_to_string(file).map_err(|error| Refusal::Denied(format!("cannot read `{}`: {error}", file.display())))?;
            command
                .args(["-c", "credential.helper=", "-c"])
                .arg(format!("credential.helper={HELPER}"));
            command.env(TOKEN, token.trim()).env("GIT_ASKPASS", "");
        }
        Ok(command)
    }
}

fn count(handle: &git2::Repository, from: git2::Oid) -> Result<usize, git2::Error> {
    let mut walk = handle.revwalk()?;
    walk.push(from)?;
    Ok(walk.take(MAX_COUNT).count())
}

pub(super) fn ended(command: &mut Command, access: &Access) -> Result<Ended, Refusal> {
    let mut ended = program::run(command, Vec::new(), access.timeout, &access.stop).map_err(|why| match why {
        NotEnded::TimedOut => Refusal::TimedOut,
        NotEnded::Stopped => Refusal::Stopped,
        NotEnded::Failed(error) => Refusal::Failed(format!("cannot run the program `git`: {error}")),
    })?;
    // A server may well say what it was told.
    let token = command
        .get_envs()
        .find(|(name, _)| *name == TOKEN)
        .and_then(|(_, value)| value?.to_str());
    if let Some(token) = token.filter(|it| !it.is_empty()) {
        ended.stdout = ended.stdout.replace(token, "***");
        ended.stderr = ended.stderr.replace(token, "***");
    }
    Ok(ended)
}

/// Reads what `git push --porcelain` said of the one branch.
fn pushed(ended: &Ended) -> Result<(), Refusal> {
    let refused = ended.stdout.lines().find_map(|it| it.strip_prefix("!\t"));
    let Some(refused) = refused else {
        return if ended.success { Ok(()) } else { Err(failed(&ended.stderr)) };
    };
    let summary = refused.split('\t').nth(1).unwrap_or_default();
    if summary.starts_with("[rejected]") && ["fetch first", "non-fast-forward"].iter().any(|it| summary.contains(it)) {
        return Err(Refusal::Diverged);
    }
    let said: Vec<&str> = ended
        .stderr
        .lines()
        .filter_map(|it| it.strip_prefix("remote:"))
        .map(str::trim)
        .collect();
    let why = readable(&format!("{summary} {}", said.join(" ")));
    // Somebody pushes at the same moment, or the remote's disk has a bad day.
    let passes = [
        "failed to update ref",
        "cannot lock ref",
        "incorrect old value",
        "unpacker error",
        "failure",
    ];
    let is_remote = summary.starts_with("[remote rejected]");
    Err(if is_remote && !passes.iter().any(|it| summary.contains(it)) {
        Refusal::Rejected(why)
    } else {
        Refusal::Failed(why)
    })
}

/// Tells whom git could not reach from who did not let us in.
pub(super) fn failed(stderr: &str) -> Refusal {
    let denied = [
        "Authentication failed",
        "could not read Username",
        "could not read Password",
        "terminal prompts disabled",
        "Permission denied",
        "error: 401",
        "error: 403",
        "Host key verification failed",
    ];
    let lines: Vec<&str> = stderr.lines().filter(|it| !it.starts_with("hint:")).collect();
    if stderr.contains("couldn't find remote ref HEAD") {
        return Refusal::Empty;
    }
    let why = readable(&lines.join(" "));
    if denied.iter().any(|it| stderr.contains(it)) {
        Refusal::Denied(why)
    } else {
        Refusal::Failed(why)
    }
}

/// Returns one line without control characters and without what an address says before its `@`.
fn readable(text: &str) -> String {
    let words = text.split_whitespace().map(|word| match word.split_once("://") {
        Some((before, rest)) => {
            let end = rest.find('/').unwrap_or(rest.len());
            let host = rest[..end].rfind('@').map_or(0, |at| at + 1);
            format!("{before}://{}", &rest[host..])
        }
        None => word.to_owned(),
    });
    let line = words.collect::<Vec<String>>().join(" ");
    line.chars().filter(|it| !it.is_control()).take(MAX_DETAIL).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(stdout: &str, stderr: &str) -> Result<(), Refusal> {
        pushed(&Ended {
            success: !stdout.contains('!') && stderr.is_empty(),
            stdout: stdout.to_owned(),
            stderr: stderr.to_owned(),
        })
    }

    #[test]
    fn an_answer_of_git_is_told_apart() {
        let check = |summary: &str, stderr: &str, expected: Result<(), Refusal>| {
            let flag = if summary.starts_with('[') { "!" } else { " " };
            let stdout = format!("To http://h/x.git\n{flag}\trefs/heads/main:refs/heads/main\t{summary}\nDone\n");
            assert_eq!(push(&stdout, stderr), expected, "{summary}");
        };
        check("1234567..89abcde", "", Ok(()));
        check("[rejected] (fetch first)", "error: failed to push\n", Err(Refusal::Diverged));
        check("[rejected] (non-fast-forward)", "", Err(Refusal::Diverged));
        check(
            "[remote rejected] (pre-receive hook declined)",
            "remote: no notes on \u{1b}[31mMondays   \nerror: failed\n",
            Err(Refusal::Rejected(
                "[remote rejected] (pre-receive hook declined) no notes on [31mMondays".to_owned(),
            )),
        );
        check(
            "[remote rejected] (failed to update ref)",
            "",
            Err(Refusal::Failed("[remote rejected] (failed to update ref)".to_owned())),
        );
    }

    #[test]
    fn no_secret_of_an_address_is_told() {
        let check = |stderr: &str, expected: Refusal| assert_eq!(push("", stderr), Err(expected), "{stderr}");
        check(
            "fatal: Authentication failed for 'http://ann:pa@ss@h:80/x@y.git/'\n",
            Refusal::Denied("fatal: Authentication failed for 'http://h:80/x@y.git/'".to_owned()),
        );
        check(
            "fatal: unable to access 'https://tok@h/x/': Could not resolve host: h\n",
            Refusal::Failed("fatal: unable to access 'https://h/x/': Could not resolve host: h".to_owned()),
        );
    }
}
