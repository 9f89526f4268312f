//! The least that a write of one note costs with the same promises, by the bare libraries: replace a file, commit it to git beside the user's
//! index, put it into an index that needs no fsync.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use git2::{ObjectType, Repository, Signature, build::TreeUpdateBuilder};
use tantivy::{
    Index, IndexReader, IndexWriter, TantivyDocument, Term,
    schema::{Field, STORED, STRING, Schema, TEXT},
};

/// One write, taken apart.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Floor {
    pub(crate) replace: Duration,
    pub(crate) commit: Duration,
    pub(crate) index: Duration,
}

/// A repository and an index of the same notes.
pub(crate) struct Bare {
    vault: PathBuf,
    repository: Repository,
    writer: IndexWriter,
    reader: IndexReader,
    path: Field,
    body: Field,
}

impl Bare {
    /// Takes over a folder that is a repository with a commit. `memory` is a place where an fsync costs nothing.
    pub(crate) fn new(vault: &Path, files: &[PathBuf], memory: &Path) -> Bare {
        let mut schema = Schema::builder();
        let path = schema.add_text_field("path", STRING);
        let body = schema.add_text_field("body", TEXT | STORED);
        let index = Index::create_in_dir(memory, schema.build()).expect("create the bare index");
        let writer = index.writer_with_num_threads(1, 32_000_000).expect("open the bare writer");
        let mut bare = Bare {
            vault: vault.to_owned(),
            repository: Repository::open(vault).expect("open the repository"),
            reader: index.reader().expect("open the bare reader"),
            writer,
            path,
            body,
        };
        for file in files {
            bare.put(&file.to_string_lossy(), &fs::read_to_string(file).expect("read a note"));
        }
        bare.writer.commit().expect("commit the bare index");
        bare
    }

    /// Does the three, one after the other.
    pub(crate) fn write(&mut self, path: &str, text: &str) -> Floor {
        let begun = Instant::now();
        replace(&self.vault.join(path), text).expect("replace a note");
        let replaced = begun.elapsed();
        self.commit(path, text).expect("commit a note");
        let committed = begun.elapsed();
        self.put(path, text);
        self.writer.commit().expect("commit the bare index");
        self.reader.reload().expect("reload the bare index");
        Floor {
            replace: replaced,
            commit: committed - replaced,
            index: begun.elapsed() - committed,
        }
    }

    fn put(&mut self, path: &str, text: &str) {
        self.writer.delete_term(Term::from_field_text(self.path, path));
        let mut document = TantivyDocument::default();
        document.add_text(self.path, path);
        document.add_text(self.body, text);
        self.writer.add_document(document).expect("add a note");
    }

    /// Objects, one sync for all of them, the index aside and renamed, the branch.
    fn commit(&self, path: &str, text: &str) -> Result<(), git2::Error> {
        let it = &self.repository;
        let git = it.path();
        let durable = |result: io::Result<()>| result.map_err(|error| git2::Error::from_str(&error.to_string()));
        let parent = it.head()?.peel_to_commit()?;
        let blob = it.blob(text.as_bytes())?;
        let tree = TreeUpdateBuilder::new()
            .upsert(path, blob, git2::FileMode::Blob)
            .create_updated(it, &parent.tree()?)?;
        let who = Signature::now("bare", "bare@localhost")?;
        let buffer = it.commit_create_buffer(&who, &who, "bare", &it.find_tree(tree)?, &[&parent])?;
        let commit = it.odb()?.write(ObjectType::Commit, &buffer)?;
        durable(File::open(git).and_then(|it| Ok(rustix::fs::syncfs(it)?)))?;
        let aside = git.join("aside");
        durable(fs::copy(git.join("index"), &aside).map(drop))?;
        let mut index = git2::Index::open(&aside)?;
        let mut entry = it.index()?.get_path(path.as_ref(), 0).unwrap_or_else(|| empty(path));
        entry.id = blob;
        index.add(&entry)?;
        index.write()?;
        durable(File::open(&aside).and_then(|it| it.sync_all()))?;
        durable(fs::rename(&aside, git.join("index")).and_then(|()| File::open(git)?.sync_all()))?;
        it.reference_matching("refs/heads/main", commit, true, parent.id(), "bare")?;
        let branch = git.join("refs/heads/main");
        durable(File::open(branch).and_then(|it| it.sync_all()))?;
        durable(File::open(git.join("refs/heads")).and_then(|it| it.sync_all()))
    }
}

/// Replaces a file so that it is whole after a loss of power.
pub(crate) fn replace(file: &Path, text: &str) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let aside = folder.join(".aside");
    let mut open = File::create(&aside)?;
    open.write_all(text.as_bytes())?;
    open.sync_all()?;
    fs::rename(&aside, file)?;
    File::open(folder)?.sync_all()
}

fn empty(path: &str) -> git2::IndexEntry {
    git2::IndexEntry {
        ctime: git2::IndexTime::new(0, 0),
        mtime: git2::IndexTime::new(0, 0),
        dev: 0,
        ino: 0,
        mode: 0o100_644,
        uid: 0,
        gid: 0,
        file_size: 0,
        id: git2::Oid::from_bytes(&[0; 20]).expect("twenty bytes are an id"),
        flags: 0,
        flags_extended: 0,
        path: path.as_bytes().to_vec(),
    }
}
