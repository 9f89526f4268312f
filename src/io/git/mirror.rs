//! A bare clone of ours that follows one branch of a remote, fetched by the `git` program. Knows where the clone lies and what its branch holds;
//! must not know what the files mean. A branch that was rewritten is followed; one that vanished, or a remote that does not answer, leaves
//! what is there as it is.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::atomic::AtomicUsize,
    time::Duration,
};

use anyhow::Context;
use git2::{ErrorClass, ErrorCode, ObjectType, Odb, Tree};

use crate::{
    io::git::{
        Repository, RepositoryKind,
        damage::{Doubt, Doubts},
        entry, explained, prepare_private,
        remote::{self, Access, Refusal},
    },
    model::{hash::ContentHash, path::NotePath},
};

mod renew;
mod tidy;

/// The branch of ours that follows the remote's, whatever that is called.
const BRANCH: &str = "refs/heads/followed";

/// So many files and folders are listed; the rest is left out and told.
const MOST_FILES: usize = 200_000;

/// Folders in each other.
const MOST_DEEP: usize = 64;

/// So much of what cannot be a file here is told.
const MOST_SKIPPED: usize = 10_000;

/// The first fetch brings the whole history, and each try starts anew: it may take so many times as long as a later one.
const FIRST_TIMES: u32 = 10;

/// Where a clone comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// Anything that git can fetch from.
    pub url: String,
    /// `None` for the branch that the remote's HEAD names.
    pub branch: Option<String>,
}

/// One clone. Making one looks at no disk: what lies there may be anything, and is met when it is used.
#[derive(Debug)]
pub struct Mirror {
    place: PathBuf,
    origin: Origin,
    doubts: Doubts,
    /// Loose objects that packing left.
    left_loose: AtomicUsize,
}

/// What git keeps of a work tree, ignored or not.
#[derive(Debug, Default)]
pub struct Tracked {
    pub files: Vec<String>,
    /// Their folders, whether or not anything lies there.
    pub submodules: Vec<String>,
    /// The root of the work tree, where that is a folder above the source.
    pub top: Option<PathBuf>,
}

/// One file of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeFile {
    pub path: NotePath,
    pub hash: ContentHash,
    /// In bytes.
    pub size: u64,
}

/// The files of one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// 40 hexadecimal digits.
    pub commit: String,
    /// By path.
    pub files: Vec<TreeFile>,
    /// What cannot be a file here, and why: links, submodules, names that are no paths.
    pub skipped: Vec<(String, String)>,
}

impl Mirror {
    /// Names the clone at `place`.
    pub fn new(place: &Path, origin: Origin) -> Mirror {
        Mirror {
            place: place.to_owned(),
            origin,
            doubts: Doubts::default(),
            left_loose: AtomicUsize::new(0),
        }
    }

    /// Makes the clone, empty, where it is missing, and clears away what a killed fetch left in it: nobody else works in a clone of ours.
    pub fn prepare(&self) -> anyhow::Result<()> {
        let place = &self.place;
        if fs::metadata(place).is_ok_and(|it| !it.is_dir()) {
            let error = git2::Error::new(ErrorCode::Invalid, ErrorClass::Repository, "it is no folder");
            return Err(error).with_context(|| format!("cannot use the clone {}", place.display()));
        }
        prepare_private(place).with_context(|| format!("cannot use the clone {}", place.display()))?;
        // It holds whatever secrets others committed, unmasked.
        fs::set_permissions(place, PermissionsExt::from_mode(0o700))?;
        for lock in ["HEAD.lock", "config.lock", "packed-refs.lock", "shallow.lock"] {
            absent(fs::remove_file(place.join(lock)))?;
        }
        for entry in fs::read_dir(place.join("objects/pack")).into_iter().flatten().flatten() {
            // A pack of which a part came: with a remote that hangs each try leaves one.
            let name = entry.file_name();
            if ["tmp_", ".tmp-"].iter().any(|it| name.to_string_lossy().starts_with(it)) {
                absent(fs::remove_file(entry.path()))?;
            }
        }
        if !Mirror::is_at(place) {
            git2::Repository::open_bare(place)?.set_head(BRANCH)?;
        }
        Ok(())
    }

    /// Says whether a clone that was made here lies at `place`.
    pub fn is_at(place: &Path) -> bool {
        let head = fs::read_to_string(place.join("HEAD"));
        head.is_ok_and(|it| it.trim() == format!("ref: {BRANCH}"))
    }

    /// Says whether something lies there that was fetched before, whole or damaged.
    pub fn has_been_fetched(&self) -> bool {
        self.place.exists() && !matches!(self.repository().head(), Ok(None))
    }

    /// Returns the clone as a repository to read from.
    pub fn repository(&self) -> Repository {
        Repository {
            kind: RepositoryKind::Clone,
            root: self.place.clone(),
            place: self.place.clone(),
            signing_key: None,
            doubts: self.doubts.clone(),
        }
    }

    /// Returns the heads of requests that the remote names `refs/pull/7/head` or so, by number: the newest, about a thousand. Fetches nothing.
    pub fn requests(&self, before: &str, access: &Access) -> Result<BTreeMap<u64, String>, Refusal> {
        let mut command = self.repository().command(access)?;
        // What a program says is kept up to a bound: the newest come first.
        command.args(["ls-remote", "--quiet", "--sort=-version:refname", "--"]);
        command.arg(&self.origin.url).arg(format!("{before}*/head"));
        let ended = remote::ended(&mut command, access)?;
        if ended.success {
            Ok(heads(&ended.stdout, before))
        } else {
            Err(remote::failed(&ended.stderr))
        }
    }

    /// Says whether readers met something that a whole clone would not have shown them.
    pub fn is_doubted(&self) -> bool {
        self.doubts.is_some()
    }

    /// Returns what is damaged, in git's words, where readers met something; asked once for each time they did.
    pub fn damage_met(&self) -> Option<String> {
        self.doubts.take().and_then(|it| self.settle(it))
    }

    /// Returns what is damaged, if that is why something failed.
    pub fn damage_behind(&self, error: &anyhow::Error) -> Option<String> {
        Doubt::of(error).and_then(|it| self.settle(it))
    }

    /// Reads the whole clone, and returns what is damaged.
    pub fn damage(&self) -> Option<String> {
        let looked = self.repository().check_whole();
        looked.err().and_then(|it| Doubt::of(&it)).map(|it| it.why)
    }

    fn settle(&self, doubt: Doubt) -> Option<String> {
        if doubt.is_sure { Some(doubt.why) } else { self.damage() }
    }

    /// Fetches for the first time, which may take far longer than a later fetch as long as something comes. Of HTTP a remote that falls silent is
    /// left after the usual time. [`Refusal::Empty`] says that nobody has pushed anything yet, to whatever branch.
    pub fn fetch_first(&self, access: &Access) -> Result<(), Refusal> {
        let patient = Access {
            timeout: access.timeout.saturating_mul(FIRST_TIMES),
            ..access.clone()
        };
        match self.fetch_within(&[], &patient, Some(access.timeout)) {
            Err(Refusal::Failed(why)) if why.contains("Operation too slow") => Err(Refusal::TimedOut),
            Err(Refusal::Failed(why)) if why.contains("couldn't find remote ref") && self.has_no_branch(access)? => Err(Refusal::Empty),
            fetched => fetched,
        }
    }

    /// Says whether the remote answers and has nothing at all.
    fn has_no_branch(&self, access: &Access) -> Result<bool, Refusal> {
        let mut command = self.repository().command(access)?;
        command.args(["ls-remote", "--quiet", "--heads", "--"]).arg(&self.origin.url);
        let ended = remote::ended(&mut command, access)?;
        Ok(ended.success && ended.stdout.trim().is_empty())
    }

    /// Fetches the branch, and what else is wanted (`+refs/pull/7/head:refs/pull/7/head`). The clone holds either all of it or what it held
    /// before.
    pub fn fetch(&self, wanted: &[String], access: &Access) -> Result<(), Refusal> {
        self.fetch_within(wanted, access, None)
    }

    /// `silence` is how long a remote behind HTTP may send nothing.
    fn fetch_within(&self, wanted: &[String], access: &Access, silence: Option<Duration>) -> Result<(), Refusal> {
        let mut command = self.repository().command(access)?;
        if let Some(silence) = silence {
            let seconds = silence.as_secs().max(1);
            command.args(["-c", "http.lowSpeedLimit=1", "-c", &format!("http.lowSpeedTime={seconds}")]);
        }
        // Of a folder that is no repository any more git would take one above it.
        command.env("GIT_DIR", ".");
        command.args([
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
            "--atomic",
        ]);
        command
            .args(["--update-head-ok", "--no-auto-maintenance", "--"])
            .arg(&self.origin.url);
        let theirs = self
            .origin
            .branch
            .as_ref()
            .map_or("HEAD".to_owned(), |it| format!("refs/heads/{it}"));
        // A force-push of theirs is followed.
        command.arg(format!("+{theirs}:{BRANCH}"));
        command.args(wanted);
        let ended = remote::ended(&mut command, access)?;
        if ended.success {
            Ok(())
        } else {
            Err(remote::failed(&ended.stderr))
        }
    }
}

/// Reads lines of `git ls-remote`. The last may be cut, and whatever is no head of a request is none.
fn heads(told: &str, before: &str) -> BTreeMap<u64, String> {
    let head = |line: &str| {
        let (sha, name) = line.split_once('\t')?;
        let number = name.strip_prefix(before)?.strip_suffix("/head")?;
        let is_sha = matches!(sha.len(), 40 | 64) && sha.bytes().all(|it| it.is_ascii_hexdigit());
        is_sha.then_some((number.parse().ok()?, sha.to_owned()))
    };
    told.lines().filter_map(head).collect()
}

impl Repository {
    /// Returns the commit at HEAD, 40 hexadecimal digits; `None` when nothing is committed yet. Errors when its tree cannot be opened.
    pub fn head(&self) -> anyhow::Result<Option<String>> {
        let handle = self.handle()?;
        let Some(head) = entry::head_commit(&handle)? else {
            return Ok(None);
        };
        head.tree()?;
        Ok(Some(head.id().to_string()))
    }

    /// Returns what git keeps of a work tree, ignored or not.
    pub fn tracked(&self) -> anyhow::Result<Tracked> {
        let handle = self.handle()?;
        let above = self.above(&handle)?;
        let mut tracked = Tracked {
            top: handle.workdir().filter(|_| !above.is_empty()).map(Path::to_owned),
            ..Tracked::default()
        };
        for it in handle.index()?.iter() {
            let Ok(path) = String::from_utf8(it.path) else { continue };
            let Some(path) = path.strip_prefix(&above).map(str::to_owned) else {
                continue;
            };
            if it.mode == entry::SUBMODULE {
                tracked.submodules.push(path);
            } else {
                tracked.files.push(path);
            }
        }
        Ok(tracked)
    }

    /// Says whether git calls a file of a work tree unchanged since HEAD, line ends as its settings want them.
    pub fn is_clean(&self, path: &NotePath) -> bool {
        let status = self.handle().and_then(|it| {
            let path = self.above(&it)? + path.as_str();
            it.status_file(Path::new(&path))
        });
        status.is_ok_and(|it| it.is_empty())
    }

    /// Returns the files at HEAD; `None` when nothing is committed yet.
    pub fn listing(&self) -> anyhow::Result<Option<Listing>> {
        let handle = self.handle()?;
        let Some(head) = entry::head_commit(&handle)? else {
            return Ok(None);
        };
        let mut listing = Listing {
            commit: head.id().to_string(),
            files: Vec::new(),
            skipped: Vec::new(),
        };
        let odb = handle.odb()?;
        if let Some(tree) = entry::tree_below(&handle, &head, &self.above(&handle)?)? {
            list(&handle, &odb, &tree, "", 0, &mut listing)?;
        }
        // Folders sort as if they ended in a slash in git, and as names here.
        listing.files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(Some(listing))
    }

    /// Returns the first bytes of a file by its hash, at most so many; errors when the repository does not hold it.
    pub fn beginning(&self, hash: ContentHash, most: usize) -> anyhow::Result<Vec<u8>> {
        let handle = self.handle()?;
        let blob = handle.find_blob(git2::Oid::from_bytes(hash.as_bytes())?).map_err(explained)?;
        let content = blob.content();
        Ok(content[..content.len().min(most)].to_vec())
    }
}

/// That there was nothing is as good as having removed it.
fn absent(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

fn list(
    handle: &git2::Repository,
    odb: &Odb<'_>,
    tree: &Tree<'_>,
    prefix: &str,
    depth: usize,
    listing: &mut Listing,
) -> Result<(), git2::Error> {
    for it in tree {
        let name = String::from_utf8_lossy(it.name_bytes()).into_owned();
        let path = format!("{prefix}{name}");
        let mut skip = |why: &str| {
            if listing.skipped.len() < MOST_SKIPPED {
                listing.skipped.push((path.escape_debug().to_string(), why.to_owned()));
            }
        };
        if depth > MOST_DEEP {
            skip("too many folders in each other");
            continue;
        }
        match (it.kind(), it.filemode()) {
            (Some(ObjectType::Tree), _) => list(handle, odb, &handle.find_tree(it.id())?, &format!("{path}/"), depth + 1, listing)?,
            (Some(ObjectType::Commit), _) => skip("a submodule: its files belong to another repository"),
            (_, entry::SYMLINK) => skip("a link is not followed"),
            (Some(ObjectType::Blob), _) if listing.files.len() >= MOST_FILES => skip("too many files"),
            (Some(ObjectType::Blob), _) => match (NotePath::parse_in_repo(&path), ContentHash::from_bytes(it.id().as_bytes())) {
                (Ok(parsed), Some(hash)) if it.name().is_ok() => {
                    let (size, _) = odb.read_header(it.id())?;
                    listing.files.push(TreeFile {
                        path: parsed,
                        hash,
                        size: size as u64,
                    });
                }
                (Err(why), _) => skip(&why.to_string()),
                _ => skip("the name is not UTF-8"),
            },
            _ => skip("no file"),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_read_as_far_as_they_are_whole() {
        let (one, other) = ("a".repeat(40), "b".repeat(40));
        let told = format!(
            "{one}\trefs/pull/12/head\n{other}\trefs/pull/9/head\n{one}\trefs/pull/9/merge\nx\trefs/pull/8/head\n{one}\trefs/pull/7/he"
        );
        assert_eq!(heads(&told, "refs/pull/"), BTreeMap::from([(9, other), (12, one)]));
        assert!(heads(&told, "refs/merge-requests/").is_empty());
    }

    #[test]
    fn a_clone_resolves_short_ids() {
        let folder = tempfile::tempdir().unwrap();
        let work = folder.path().join("work");
        std::fs::create_dir(&work).unwrap();
        let git = |args: &[&str]| {
            let out = super::super::tests::git_in(&work).args(args).output().unwrap();
            assert!(out.status.success(), "{out:?}");
            String::from_utf8(out.stdout).unwrap().trim().to_owned()
        };
        git(&["init", "-q", "-b", "main"]);
        std::fs::write(work.join("a"), "x").unwrap();
        git(&["add", "-A"]);
        git(&["commit", "-q", "-m", "one"]);
        let head = git(&["rev-parse", "HEAD"]);
        let mirror = Mirror::new(
            &folder.path().join("m.git"),
            Origin {
                url: work.display().to_string(),
                branch: None,
            },
        );
        mirror.prepare().unwrap();
        let access = Access {
            token_file: None,
            timeout: std::time::Duration::from_secs(10),
            stop: std::sync::Arc::default(),
        };
        mirror.fetch(&[], &access).unwrap();
        let repository = mirror.repository();
        assert_eq!(repository.head().unwrap(), Some(head.clone()));
        assert_eq!(repository.resolve(&head).unwrap(), Some(head.clone()));
        assert_eq!(repository.resolve(&head[..12]).unwrap(), Some(head.clone()));
    }
}
