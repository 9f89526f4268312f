//! The protocol by which a group becomes commits: objects first, one sync, then one compare-and-swap of the branch. Knows trees, commits and
//! references; the lock and the user's index have files of their own.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use git2::{ErrorCode, ObjectType, Oid, Repository, RepositoryState, Signature, Time, Tree, build::TreeUpdateBuilder};

use crate::{
    io::git::{
        CommitRequest, Committed, NotNow, NotNowReason, durable,
        entry::{self, EXECUTABLE},
        guard,
        lock::IndexLock,
        message::{self, COMMITTER},
        sign,
        staged::Staged,
    },
    model::{hash::ContentHash, path::NotePath},
};

/// How often to build anew when the branch moved meanwhile, which needs somebody who does not take `index.lock`.
const TRIES: usize = 5;

/// A chain of commits that nothing points to yet.
#[derive(Debug)]
pub(super) struct Chain {
    /// One for each request.
    answers: Vec<Committed>,
    /// The branch's tip below the chain.
    base: Option<Oid>,
    /// The last of the chain; the base when nothing was to be committed.
    tip: Option<Oid>,
    /// For each path the blobs that the chain gave it, in order; `None` where it removed the file.
    touched: BTreeMap<NotePath, Vec<Option<Oid>>>,
}

/// Decides what to commit, on what the branch holds; asked again where the branch moved before it was done.
pub(super) type Plan<'a> = dyn FnMut(&Tip<'_>) -> anyhow::Result<Vec<CommitRequest>> + 'a;

/// What the branch holds while the repository is locked: nobody's commit can come in between.
#[expect(missing_debug_implementations, reason = "git2's handles have none")]
pub struct Tip<'a> {
    handle: &'a Repository,
    /// `None` when nothing is committed yet.
    tree: Option<Tree<'a>>,
}

impl Tip<'_> {
    /// Returns the blob at a path.
    pub fn blob(&self, path: &NotePath) -> anyhow::Result<Option<ContentHash>> {
        Ok(self.find(path)?.and_then(|it| ContentHash::from_bytes(it.as_bytes())))
    }

    /// Returns the bytes at a path.
    pub fn bytes(&self, path: &NotePath) -> anyhow::Result<Option<Vec<u8>>> {
        let id = self.find(path)?;
        Ok(id.map(|it| self.handle.find_blob(it)).transpose()?.map(|it| it.content().to_vec()))
    }

    /// Returns the bytes of a blob that the branch held earlier, by its hash; `None` when the repository has it no more.
    pub fn held_before(&self, hash: &str) -> Option<Vec<u8>> {
        let blob = Oid::from_str(hash).and_then(|it| self.handle.find_blob(it)).ok()?;
        Some(blob.content().to_vec())
    }

    fn find(&self, path: &NotePath) -> Result<Option<Oid>, git2::Error> {
        let found = self.tree.as_ref().map_or(Ok(None), |it| entry::find(it, path.as_str()))?;
        Ok(found.filter(|it| it.kind == Some(ObjectType::Blob)).map(|it| it.id))
    }
}

/// Commits into the vault's own repository, and keeps the user's index in step.
pub(super) fn in_vault(handle: &Repository, root: &Path, key: Option<&Path>, plan: &mut Plan<'_>) -> Result<Vec<Committed>, NotNow> {
    let mut lock = IndexLock::acquire(handle.path(), handle.commondir())?;
    // Only now: git's own commands move HEAD under the same lock.
    check_clean(handle)?;
    let branch = branch(handle)?;
    for _ in 0..TRIES {
        let staged = Staged::copy(handle.path())?;
        let refusal = |tree: Option<&Tree<'_>>, path: &NotePath| guard::refusal(handle, root, tree, staged.index(), path);
        let chain = build(handle, &branch, key, plan, refusal)?;
        if chain.tip == chain.base {
            return Ok(chain.answers);
        }
        let base_tree = chain.base.map(|it| handle.find_commit(it)?.tree()).transpose()?;
        let tip_tree = chain.tip.map(|it| handle.find_commit(it)?.tree()).transpose()?;
        let touched = chain.touched.iter().map(|(path, blobs)| (path.as_str(), blobs.as_slice()));
        let staged = staged.update(root, base_tree.as_ref(), tip_tree.as_ref(), touched)?;
        sync(handle)?;
        if let Some(tip) = chain.tip {
            lock.will_move(&branch, tip)
                .map_err(|error| NotNow::new(NotNowReason::Failed, format!("cannot note a commit: {error}")))?;
        }
        // The index before the branch: a crash between them leaves our changes staged. The other way round the index would be older than
        // HEAD, and the next commit of somebody else would take our notes back.
        staged.publish()?;
        match move_branch(handle, &branch, chain.base, chain.tip) {
            Ok(true) => return Ok(chain.answers),
            Ok(false) => staged.take_back(),
            Err(error) => {
                staged.take_back();
                return Err(error);
            }
        }
    }
    Err(moved(&branch))
}

/// Commits into a repository that only we write.
pub(super) fn in_private(handle: &Repository, key: Option<&Path>, plan: &mut Plan<'_>) -> Result<Vec<Committed>, NotNow> {
    let branch = branch(handle)?;
    for _ in 0..TRIES {
        let chain = build(handle, &branch, key, plan, |_, _| Ok(None))?;
        if chain.tip == chain.base {
            return Ok(chain.answers);
        }
        sync(handle)?;
        if move_branch(handle, &branch, chain.base, chain.tip)? {
            return Ok(chain.answers);
        }
    }
    Err(moved(&branch))
}

/// Refuses while somebody else's merge or rebase waits to be ended.
pub(super) fn check_clean(handle: &Repository) -> Result<(), NotNow> {
    if handle.state() == RepositoryState::Clean {
        return Ok(());
    }
    let detail = format!("the repository is amid {:?}: end or abort it", handle.state());
    Err(NotNow::new(NotNowReason::InProgress, detail))
}

/// Returns the full name of the branch that HEAD names.
pub(super) fn branch(handle: &Repository) -> Result<String, NotNow> {
    let head = handle.find_reference("HEAD")?;
    let name = head.symbolic_target()?.map(str::to_owned);
    name.ok_or_else(|| {
        NotNow::new(
            NotNowReason::DetachedHead,
            "HEAD names no branch: check out the branch that shall get the commits",
        )
    })
}

fn build(
    handle: &Repository,
    branch: &str,
    key: Option<&Path>,
    plan: &mut Plan<'_>,
    refusal: impl Fn(Option<&Tree<'_>>, &NotePath) -> Result<Option<String>, git2::Error>,
) -> Result<Chain, NotNow> {
    let base = match handle.refname_to_id(branch) {
        Ok(id) => Some(id),
        Err(error) if error.code() == ErrorCode::NotFound => None,
        Err(error) => return Err(error.into()),
    };
    let tree = base.map(|it| handle.find_commit(it)?.tree()).transpose()?;
    let group = plan(&Tip { handle, tree }).map_err(|error| NotNow::new(NotNowReason::Failed, format!("{error:#}")))?;
    let mut chain = Chain {
        answers: Vec::new(),
        base,
        tip: base,
        touched: BTreeMap::new(),
    };
    for request in &group {
        let answer = add(handle, &mut chain, key, request, &refusal)?;
        chain.answers.push(answer);
    }
    Ok(chain)
}

/// Adds one commit to the chain, unless it would change nothing or holds a path that git must not take.
fn add(
    handle: &Repository,
    chain: &mut Chain,
    key: Option<&Path>,
    request: &CommitRequest,
    refusal: &impl Fn(Option<&Tree<'_>>, &NotePath) -> Result<Option<String>, git2::Error>,
) -> Result<Committed, NotNow> {
    let parent = chain.tip.map(|it| handle.find_commit(it)).transpose()?;
    let before = parent.as_ref().map(git2::Commit::tree).transpose()?;
    for (path, _) in &request.changes {
        if let Some(reason) = refusal(before.as_ref(), path)? {
            return Ok(Committed::Refused(reason));
        }
    }
    let changes: BTreeMap<&NotePath, Option<&[u8]>> = request.changes.iter().map(|(path, bytes)| (path, bytes.as_deref())).collect();
    let mut blobs = BTreeMap::new();
    for (path, bytes) in changes {
        blobs.insert(path, bytes.map(|it| handle.blob(it)).transpose()?);
    }
    let after = tree_with(handle, before.as_ref(), &blobs)?;
    let is_same = before.as_ref().map_or(after.is_empty(), |it| it.id() == after.id());
    if is_same {
        return Ok(Committed::Unchanged(chain.tip.map(|it| it.to_string())));
    }
    let time = Time::new(request.time, 0);
    let (name, email) = message::sanitised(&request.author);
    let author = Signature::new(&name, &email, &time)?;
    let committer = Signature::new(COMMITTER.0, COMMITTER.1, &time)?;
    let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
    let buffer = handle.commit_create_buffer(&author, &committer, &message::render(&request.message), &after, &parents)?;
    let id = sign::write_commit(handle, key, &buffer)?;
    chain.tip = Some(id);
    for (path, blob) in blobs {
        chain.touched.entry(path.clone()).or_default().push(blob);
    }
    Ok(Committed::Commit(id.to_string()))
}

/// Returns the tree with each path set to its blob or removed. What stands in the way of a file, a file where its folder must be or a folder
/// of its name, is gone from the disk and goes.
fn tree_with<'a>(
    handle: &'a Repository,
    before: Option<&Tree<'_>>,
    blobs: &BTreeMap<&NotePath, Option<Oid>>,
) -> Result<Tree<'a>, git2::Error> {
    let base = match before {
        Some(tree) => handle.find_tree(tree.id())?,
        None => handle.find_tree(handle.treebuilder(None)?.write()?)?,
    };
    // In two passes: libgit2 cannot make a folder of a file in one.
    let mut gone = BTreeSet::new();
    for (path, blob) in blobs {
        let found = entry::find(&base, path.as_str())?;
        match blob {
            None if found.is_some_and(|it| it.kind == Some(ObjectType::Blob)) => _ = gone.insert(path.as_str()),
            Some(_) if found.is_some_and(|it| it.kind == Some(ObjectType::Tree)) => _ = gone.insert(path.as_str()),
            _ => {}
        }
        for folder in entry::folders_above(path.as_str()).filter(|_| blob.is_some()) {
            if entry::find(&base, folder)?.is_some_and(|it| it.kind == Some(ObjectType::Blob)) {
                gone.insert(folder);
            }
        }
    }
    let inside_gone = |path: &str| entry::folders_above(path).any(|it| gone.contains(it));
    let mut removes = TreeUpdateBuilder::new();
    for path in gone.iter().filter(|it| !inside_gone(it)) {
        removes.remove(*path);
    }
    let cleared = handle.find_tree(removes.create_updated(handle, &base)?)?;
    let mut upserts = TreeUpdateBuilder::new();
    for (path, blob) in blobs {
        if let Some(blob) = blob {
            let is_executable = entry::find(&base, path.as_str())?.is_some_and(|it| it.mode == EXECUTABLE);
            let mode = if is_executable {
                git2::FileMode::BlobExecutable
            } else {
                git2::FileMode::Blob
            };
            upserts.upsert(path.as_str(), *blob, mode);
        }
    }
    handle.find_tree(upserts.create_updated(handle, &cleared)?)
}

pub(super) fn sync(handle: &Repository) -> Result<(), NotNow> {
    durable::sync_objects(&handle.commondir().join("objects"))
        .map_err(|error| NotNow::new(NotNowReason::Failed, format!("cannot sync the repository: {error}")))
}

/// Moves the branch from the base to the tip, or returns `false` when it is no longer at the base.
pub(super) fn move_branch(handle: &Repository, branch: &str, base: Option<Oid>, tip: Option<Oid>) -> Result<bool, NotNow> {
    let Some(tip) = tip else { return Ok(true) };
    let log = "commit: membridge";
    let moved = match base {
        Some(base) => handle.reference_matching(branch, tip, true, base, log),
        None => handle.reference(branch, tip, false, log),
    };
    match moved {
        Ok(_) => {}
        Err(error) if matches!(error.code(), ErrorCode::Modified | ErrorCode::Exists | ErrorCode::NotFound) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    // The branch has moved: an error here must not be told as "nothing happened".
    let file = handle.commondir().join(branch);
    if let Err(error) = durable::sync_file(&file) {
        tracing::warn!(file = %file.display(), %error, "cannot sync the branch: its last commits may not outlive a power cut");
    }
    Ok(true)
}

fn moved(branch: &str) -> NotNow {
    NotNow::new(
        NotNowReason::Locked,
        format!("{branch} is moved by another program again and again"),
    )
}
