//! What an operator should know of a repository before something fails: read only, nothing is cleared, locked or made.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use git2::ErrorCode;

use crate::{
    io::git::{
        NotNow, Repository, RepositoryKind, commit,
        damage::Doubts,
        is_root_of, open_at,
        remote::{self, Access, Refusal, Upstream},
    },
    model::links::RepoPlace,
};

/// What was seen of a vault's own repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// What keeps commits from being made at present.
    pub blocked: Vec<NotNow>,
    /// A lock of git's index, and for how long it has been there.
    pub lock: Option<(PathBuf, Duration)>,
    /// Whom git takes for the user, `Name <address>`.
    pub user: Option<String>,
}

impl Repository {
    /// Returns the vault's own repository as it is; `None` where the folder is the root of none.
    pub fn of_vault(root: &Path) -> Result<Option<Repository>, NotNow> {
        let Ok(root) = root.canonicalize() else { return Ok(None) };
        match open_at(&root) {
            Ok(handle) if is_root_of(&handle, &root) => Ok(Some(Repository {
                kind: RepositoryKind::Vault,
                place: root.clone(),
                root,
                signing_key: None,
                doubts: Doubts::default(),
            })),
            Ok(_) => Ok(None),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns what stands in the way of commits.
    pub fn look(&self) -> Result<Look, NotNow> {
        let handle = self.handle()?;
        let blocked = [commit::check_clean(&handle).err(), commit::branch(&handle).err()];
        let lock = handle.path().join("index.lock");
        let age = fs::metadata(&lock).and_then(|it| it.modified());
        let config = handle.config()?;
        let text = |name| config.get_string(name).ok().filter(|it| !it.trim().is_empty());
        let user = text("user.name").zip(text("user.email"));
        Ok(Look {
            blocked: blocked.into_iter().flatten().collect(),
            // A clock that was set back makes it as young as can be.
            lock: age.ok().map(|it| (lock, it.elapsed().unwrap_or_default())),
            user: user.map(|(name, address)| format!("{name} <{address}>")),
        })
    }

    /// Returns which folder of which repository a source is. Of a clone the remote is given; a checkout names its own.
    pub fn place(&self, remote: Option<&str>) -> anyhow::Result<RepoPlace> {
        let handle = self.handle()?;
        let mut urls: Vec<String> = remote.map(str::to_owned).into_iter().collect();
        if remote.is_none() {
            for name in &handle.remotes()? {
                let Ok(Some(name)) = name else { continue };
                let found = handle.find_remote(name)?;
                urls.extend(found.url().ok().map(str::to_owned));
            }
        }
        Ok(RepoPlace {
            above: self.above(&handle)?,
            urls,
        })
    }

    /// Does as if it pushed: the remote is asked whether it would take it.
    pub fn try_push(&self, upstream: &Upstream, access: &Access) -> Result<(), Refusal> {
        self.push_with(upstream, access, &["--dry-run"])
    }
}

/// Asks whether a remote answers, and has the branch, where one is named.
pub fn ask_remote(url: &str, branch: Option<&str>, access: &Access) -> Result<(), Refusal> {
    let nowhere = Repository {
        kind: RepositoryKind::Clone,
        root: PathBuf::from("/"),
        place: PathBuf::from("/nowhere"),
        signing_key: None,
        doubts: Doubts::default(),
    };
    let mut command = nowhere.command(access)?;
    if std::env::var_os("GIT_SSH_COMMAND").is_none() && std::env::var_os("GIT_SSH").is_none() {
        command.env("GIT_SSH_COMMAND", "ssh -oBatchMode=yes");
    }
    let wanted = branch.map_or("HEAD".to_owned(), |it| format!("refs/heads/{it}"));
    command.args(["ls-remote", "--quiet", "--"]).arg(url).arg(&wanted);
    let ended = remote::ended(&mut command, access)?;
    if !ended.success {
        return Err(remote::failed(&ended.stderr));
    }
    if ended.stdout.trim().is_empty() {
        if branch.is_none() {
            return Err(Refusal::Empty);
        }
        return Err(Refusal::Failed(format!("it answers, and has no `{wanted}`")));
    }
    Ok(())
}
