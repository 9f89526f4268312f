//! Where commits go: whether git can take them at present, whose they are, and whether the remote takes them. Nothing is committed or pushed.

use std::{
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

use crate::{
    cli::doctor::{Finding, shell},
    config::{Config, GitMode, GitSync, SourceConfig, SourceKind},
    io::git::{Access, NotNow, NotNowReason, Refusal, Repository},
};

const CHECK: &str = "git";

/// A push that nobody waits for may take longer; the doctor's patient waits.
const PATIENCE: Duration = Duration::from_secs(15);

/// git holds its lock for moments.
const OLD_LOCK: Duration = Duration::from_secs(30);

/// Looks at the history of every vault, and at the programs that it needs.
pub(super) fn look(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let has_remotes = config.git.sync != GitSync::Off || config.sources.iter().any(|it| it.remote.is_some());
    if (has_remotes || config.pull_requests.forges.iter().any(|it| it.clone)) && !runs(Command::new("git").arg("--version")) {
        let message = "the program `git` is not there, and remotes are reached by it";
        findings.push(Finding::problem(CHECK, message, "apt-get install git"));
    }
    let checkouts = config
        .sources
        .iter()
        .filter(|it| it.kind == SourceKind::Repo && it.remote.is_none());
    findings.extend(checkouts.filter_map(of_checkout));
    if config.git.mode == GitMode::Off {
        findings.push(Finding::warning(
            CHECK,
            "there is no history and no undo: `git.mode` is off",
            "git: {mode: immediate}",
        ));
        return findings;
    }
    if let Some(key) = &config.git.signing_key {
        // What has a passphrase cannot be read with an empty one.
        let key = key.to_string_lossy();
        if !runs(Command::new("ssh-keygen").args(["-y", "-P", "", "-f"]).arg(&*key)) {
            let message = format!("`{key}` cannot sign: it is no key, it has a passphrase, or `ssh-keygen` is not there");
            let fix = format!("ssh-keygen -p -N '' -f {}; apt-get install openssh-client", shell(&key));
            findings.push(Finding::problem(CHECK, message, fix));
        }
    }
    let vaults = config.sources.iter().filter(|it| it.kind == SourceKind::Vault);
    findings.extend(vaults.flat_map(|it| of_vault(config, it)));
    findings
}

/// A checkout is read without its repository, too: then its hits have no commit.
fn of_checkout(source: &SourceConfig) -> Option<Finding> {
    let why = Repository::refusal(&source.path)?;
    let message = format!("hits of `{}` have no commit and no history: {why}", source.name);
    let fix = format!("git -C {} status", shell(&source.path.to_string_lossy()));
    Some(Finding::warning(CHECK, message, fix))
}

fn of_vault(config: &Config, source: &SourceConfig) -> Vec<Finding> {
    let (name, path) = (&source.name, shell(&source.path.to_string_lossy()));
    let repository = match Repository::of_vault(&source.path) {
        Ok(Some(repository)) => repository,
        Ok(None) if config.git.sync == GitSync::Off => {
            let message = format!("the vault `{name}` is no repository: its history is kept in the data folder");
            return vec![Finding::fine(CHECK, message)];
        }
        Ok(None) => {
            let message = format!("the vault `{name}` is not the root of a git repository, so `git.sync` has nothing to sync");
            let fix = format!("git -C {path} init, and add a remote; or git: {{sync: off}}");
            return vec![Finding::warning(CHECK, message, fix)];
        }
        Err(why) => return vec![refused(&name.to_string(), &path, &why)],
    };
    let seen = match repository.look() {
        Ok(seen) => seen,
        Err(why) => return vec![refused(&name.to_string(), &path, &why)],
    };
    let mut findings: Vec<Finding> = seen.blocked.iter().map(|it| refused(&name.to_string(), &path, it)).collect();
    if let Some((lock, age)) = seen.lock.filter(|(_, age)| *age > OLD_LOCK) {
        let message = format!(
            "`{}` has been there for {} s, and commits wait for it",
            lock.display(),
            age.as_secs()
        );
        let fix = format!("when no git runs there (pgrep -a git): rm {}", shell(&lock.to_string_lossy()));
        findings.push(Finding::problem(CHECK, message, fix));
    }
    if config.git.owner.email == "owner@localhost"
        && let Some(user) = seen.user
    {
        let message = format!(
            "your own text in `{name}` is committed as `{} <{}>`",
            config.git.owner.name, config.git.owner.email
        );
        findings.push(Finding::warning(
            CHECK,
            message,
            format!("git: {{owner: {}}}", serde_json::Value::from(user)),
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::fine(CHECK, format!("the repository of `{name}` takes commits")));
    }
    if config.git.sync != GitSync::Off {
        findings.push(of_remote(config, &name.to_string(), &path, &repository));
    }
    findings
}

fn of_remote(config: &Config, name: &str, path: &str, repository: &Repository) -> Finding {
    let upstream = match repository.upstream() {
        Ok(upstream) => upstream,
        Err(why) => {
            return Finding::problem(
                "remote",
                format!("`{name}` has nothing to sync with: {why}"),
                format!("git -C {path} push -u origin HEAD"),
            );
        }
    };
    let access = Access {
        token_file: config.git.token_file.clone(),
        timeout: config.git.timeout.min(PATIENCE),
        stop: Arc::default(),
    };
    match repository.try_push(&upstream, &access) {
        Ok(()) => Finding::fine("remote", format!("the remote of `{name}` takes what is committed")),
        Err(why) => {
            let message = format!("the remote of `{name}` does not take it: {}", why.detail());
            // With `full` it is merged by itself.
            if why == Refusal::Diverged && config.git.sync == GitSync::Full {
                return Finding::fine("remote", format!("the remote of `{name}` has commits that are not merged yet"));
            }
            Finding::problem("remote", message, fix_of(&why, path))
        }
    }
}

/// Returns what is to be done where a remote says no.
pub(super) fn fix_of(why: &Refusal, path: &str) -> String {
    match why {
        Refusal::Diverged => format!("git: {{sync: full}}; or by hand: git -C {path} pull --rebase"),
        Refusal::Rejected(_) => "let the branch be pushed to at the forge (protected branches, hooks)".to_owned(),
        Refusal::Denied(_) => "give a token that is valid there: `token_file`; look at its rights and its end date at the forge".to_owned(),
        Refusal::Empty => "push a first commit to it; until then there is nothing to read".to_owned(),
        Refusal::TimedOut | Refusal::Failed(_) | Refusal::Stopped => {
            "look whether it can be reached from here: git ls-remote URL; egress rules, DNS, a proxy".to_owned()
        }
    }
}

fn refused(name: &str, path: &str, why: &NotNow) -> Finding {
    let fix = match why.reason {
        NotNowReason::Locked => format!("when no git runs there: rm {path}/.git/index.lock"),
        NotNowReason::InProgress => format!("git -C {path} status, then end it or: git -C {path} rebase --abort (merge --abort)"),
        NotNowReason::DetachedHead => format!("git -C {path} switch main"),
        NotNowReason::NotOwner => format!("run the service as the owner of {path}/.git, or: sudo chown -R USER {path}"),
        NotNowReason::NotSigned => "look at `git.signing_key`".to_owned(),
        NotNowReason::Unsupported => "git: {mode: off}, and commit yourself".to_owned(),
        NotNowReason::Failed => format!("git -C {path} fsck"),
    };
    Finding::problem(CHECK, format!("`{name}` takes no commits: {}", why.detail), fix)
}

fn runs(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|it| it.success())
}
