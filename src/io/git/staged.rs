//! The user's index, kept in step for our paths while `index.lock` is held: else their next commit would take ours back. Everything that
//! somebody has staged stays as it is.

use std::{
    fs::{self, File, Metadata},
    io::{self, ErrorKind, Seek},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use git2::{Index, IndexEntry, IndexTime, ObjectType, Oid, Tree};

use crate::{
    io::git::{
        NotNow, NotNowReason, durable,
        entry::{self, PLAIN},
    },
    model::hash::ContentHash,
};

const INTENT_TO_ADD: u16 = 1 << 13;
const STAGE_BITS: u16 = 0x3000;

/// How many racy entries are looked at; further ones are marked for git to look at.
const MAX_RACY: usize = 64;

/// A copy of the index beside it.
pub(super) struct Staged {
    git_folder: PathBuf,
    copy: PathBuf,
    index: Index,
    /// The index as it was, `None` when there was none. It stays readable when its name goes to the copy.
    original: Option<(File, Metadata)>,
}

impl Staged {
    /// Copies the index of a git folder.
    pub(super) fn copy(git_folder: &Path) -> Result<Staged, NotNow> {
        let copy = git_folder.join("membridge.index");
        let original = opened(&git_folder.join("index"), &copy).map_err(|error| failed("copy", &error))?;
        let index = Index::open(&copy).map_err(|error| {
            let detail = format!("cannot read the index of the repository: {}", error.message());
            NotNow::new(NotNowReason::Unsupported, detail)
        })?;
        Ok(Staged {
            git_folder: git_folder.to_owned(),
            copy,
            index,
            original,
        })
    }

    pub(super) fn index(&self) -> &Index {
        &self.index
    }

    /// Brings the copy up to date for the touched paths, given with the blobs that each had on the way from the tree `base` to the tree `tip`.
    pub(super) fn update<'a>(
        mut self,
        root: &Path,
        base: Option<&Tree<'_>>,
        tip: Option<&Tree<'_>>,
        touched: impl Iterator<Item = (&'a str, &'a [Option<Oid>])>,
    ) -> Result<Staged, NotNow> {
        for (path, blobs) in touched {
            let before = base.map_or(Ok(None), |it| entry::find(it, path))?;
            if !self.is_ours(path, before.filter(|it| it.kind == Some(ObjectType::Blob)).map(|it| it.id), blobs) {
                continue;
            }
            match blobs.last().copied().flatten() {
                Some(blob) => {
                    let mode = tip.map_or(Ok(None), |it| entry::find(it, path))?.map_or(PLAIN, |it| it.mode);
                    self.index.add(&new_entry(root, path, blob, mode.cast_unsigned()))?;
                }
                None => self.index.remove_path(path.as_ref())?,
            }
        }
        self.mark_racy(root)?;
        self.index.write()?;
        self.settle().map_err(|error| failed("write", &error))?;
        Ok(self)
    }

    /// Puts the copy in the index's place.
    pub(super) fn publish(&self) -> Result<(), NotNow> {
        let renamed = fs::rename(&self.copy, self.git_folder.join("index"));
        let synced = renamed.and_then(|()| durable::sync_folder(&self.git_folder));
        synced.map_err(|error| failed("replace", &error))
    }

    /// Puts the index back as it was before [`Staged::publish`], its time too, by which git judges the entries.
    pub(super) fn take_back(mut self) {
        let index = self.git_folder.join("index");
        let result = match &mut self.original {
            None => fs::remove_file(&index),
            Some((original, metadata)) => restored(original, metadata, &self.copy).and_then(|()| fs::rename(&self.copy, &index)),
        };
        if let Err(error) = result {
            tracing::warn!(index = %index.display(), %error, "cannot put the index back: our changes stay staged in it");
        }
    }

    /// Says whether nobody has staged anything of their own at a path: what is staged is what was committed before, or a blob of the chain
    /// that an `add` has met on the disk.
    fn is_ours(&self, path: &str, before: Option<Oid>, blobs: &[Option<Oid>]) -> bool {
        let at_stage = |stage| self.index.get_path(path.as_ref(), stage);
        if (1..=3).any(|stage| at_stage(stage).is_some()) {
            return false;
        }
        let staged = at_stage(0).filter(|it| it.flags_extended & INTENT_TO_ADD == 0).map(|it| it.id);
        staged == before || blobs.contains(&staged)
    }

    /// Git trusts the stat fields of an entry only when they are older than the index, since a file may change twice in one tick. A newer
    /// index would make it trust all: so an entry as young as the old index has its size set to 0 when its file holds something else, as
    /// git's own writers do.
    fn mark_racy(&mut self, root: &Path) -> Result<(), git2::Error> {
        let Some(written) = self.original.as_ref().map(|(_, it)| it.mtime()) else {
            return Ok(());
        };
        let is_racy = |it: &IndexEntry| i64::from(it.mtime.seconds()) >= written && it.file_size > 0 && it.flags & STAGE_BITS == 0;
        let racy: Vec<IndexEntry> = self.index.iter().filter(is_racy).collect();
        for (n, mut entry) in racy.into_iter().enumerate() {
            let path = String::from_utf8_lossy(&entry.path).into_owned();
            if n >= MAX_RACY || stat_of(&root.join(path), entry.id).is_none() {
                entry.file_size = 0;
                self.index.add(&entry)?;
            }
        }
        Ok(())
    }

    fn settle(&self) -> io::Result<()> {
        if let Some((_, metadata)) = &self.original {
            fs::set_permissions(&self.copy, metadata.permissions())?;
        }
        File::open(&self.copy)?.sync_all()
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Usually renamed by now; a copy that stays is removed by the next.
        let _ = fs::remove_file(&self.copy);
    }
}

/// Opens the index and copies it.
fn opened(index: &Path, copy: &Path) -> io::Result<Option<(File, Metadata)>> {
    // Whoever holds `index.lock` may take away what a crash left of these: libgit2 locks what it writes in its own way.
    for left in [copy.to_owned(), copy.with_added_extension("lock")] {
        match fs::remove_file(left) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    let mut file = match File::open(index) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let metadata = file.metadata()?;
    io::copy(&mut file, &mut File::create_new(copy)?)?;
    Ok(Some((file, metadata)))
}

fn restored(original: &mut File, metadata: &Metadata, copy: &Path) -> io::Result<()> {
    let mut file = File::create(copy)?;
    original.rewind()?;
    io::copy(original, &mut file)?;
    file.set_permissions(metadata.permissions())?;
    file.set_modified(metadata.modified()?)?;
    file.sync_all()
}

/// Returns an entry with the stat fields of the file when it holds the blob; without them git looks at the file by itself.
fn new_entry(root: &Path, path: &str, blob: Oid, mode: u32) -> IndexEntry {
    let stat = stat_of(&root.join(path), blob);
    let time = |seconds: i64, nanoseconds: i64| IndexTime::new(low(seconds).cast_signed(), low(nanoseconds));
    let field = |get: fn(&Metadata) -> u64| stat.as_ref().map_or(0, |it| low(get(it).cast_signed()));
    IndexEntry {
        ctime: stat.as_ref().map_or(IndexTime::new(0, 0), |it| time(it.ctime(), it.ctime_nsec())),
        mtime: stat.as_ref().map_or(IndexTime::new(0, 0), |it| time(it.mtime(), it.mtime_nsec())),
        dev: field(MetadataExt::dev),
        ino: field(MetadataExt::ino),
        mode,
        uid: field(|it| it.uid().into()),
        gid: field(|it| it.gid().into()),
        file_size: field(MetadataExt::size),
        id: blob,
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    }
}

/// Returns what the file is like, if it held exactly this blob and did not change while it was read.
fn stat_of(file: &Path, blob: Oid) -> Option<Metadata> {
    let before = fs::symlink_metadata(file).ok().filter(Metadata::is_file)?;
    let bytes = fs::read(file).ok()?;
    let after = fs::symlink_metadata(file).ok()?;
    let stamp = |it: &Metadata| {
        (
            it.dev(),
            it.ino(),
            it.size(),
            it.mtime(),
            it.mtime_nsec(),
            it.ctime(),
            it.ctime_nsec(),
        )
    };
    let is_same = stamp(&before) == stamp(&after) && ContentHash::of(&bytes).as_bytes() == blob.as_bytes();
    is_same.then_some(after)
}

/// The index keeps the low 32 bits of each number.
fn low(number: i64) -> u32 {
    (number & 0xffff_ffff).try_into().expect("32 bits fit")
}

fn failed(what: &str, error: &io::Error) -> NotNow {
    NotNow::new(NotNowReason::Failed, format!("cannot {what} the index of the repository: {error}"))
}
