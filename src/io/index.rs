//! The index: a folder that can always be built again from the notes. The only door to tantivy.
//! One writer (the engine's thread), any number of [`Searcher`]s, each a snapshot. Rules that measurements forced: collect garbage before the
//! first write, after an error drop the writer and never `commit`, reload by hand, never give user text to tantivy's own query parser.

use std::{
    collections::HashMap,
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use tantivy::{
    IndexReader, IndexSettings, IndexWriter, Opstamp, ReloadPolicy,
    index::SegmentId,
    indexer::{LogMergePolicy, UserOperation},
    tokenizer::{TextAnalyzer, TokenizerManager},
};

use crate::model::{hash::ContentHash, path::NoteId};

mod analysis;
mod arrays;
mod condition;
mod declared;
mod directory;
mod finder;
mod fusion;
mod hits;
mod kept;
mod language;
mod literal;
mod lookup;
mod marks;
mod occurrences;
mod pieces;
pub mod request;
mod schema;
mod score;
mod search;
mod searcher;
mod segment;
mod snippet;
mod stored;
mod tokenizer;
mod view;
mod vocabulary;
mod words;

pub use lookup::{FactsCursor, Known, TagCount};
pub use request::{Filter, Hit, HitPassage, SearchAnswer, SearchRequest, Sort, Visible};
pub use schema::{IndexedNote, STAMP};
pub use searcher::Searcher;
pub use stored::StoredNote;

use directory::CacheDirectory;
use schema::{FORMAT, Fields};
use segment::Segment;

/// Memory of one indexing thread before it writes a segment; tantivy wants at least 15 MB.
const BULK_MEMORY: usize = 48_000_000;
const UPDATE_MEMORY: usize = 15_000_000;

/// How many threads index: both cores while everything is new, one for the trickle of changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    Bulk,
    Updates,
}

/// The index and its one writer.
pub struct Index {
    folder: PathBuf,
    index: tantivy::Index,
    fields: Fields,
    reader: IndexReader,
    writer: Writer,
    generation: u64,
    complete: bool,
    rules: String,
    memo: String,
    segments: HashMap<SegmentId, (Option<Opstamp>, Arc<Segment>)>,
}

struct Writer {
    inner: Option<IndexWriter>,
    effort: Effort,
}

/// What a commit tells the next start.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
struct Payload {
    format: u32,
    generation: u64,
    /// Whether the index has covered the disk once; a first index that was cut short has not.
    complete: bool,
    /// What the caller's rules were, see [`Index::open`].
    rules: String,
    /// What the caller wants to be told by the next start.
    memo: String,
}

impl Index {
    /// Opens the index in `root` or begins an empty one, and says why when what was there is of no use. `now` is the Unix second: generations
    /// begin there and only grow. `rules` identifies what decides, beside the notes' bytes, what is put; an index of other rules is of no use.
    pub fn open(root: &Path, now: u64, rules: ContentHash) -> Result<(Index, Option<String>)> {
        let rules = rules.to_string();
        fs::create_dir_all(root).with_context(|| format!("create the index folder `{}`", root.display()))?;
        let current = fs::read_to_string(root.join(CURRENT)).unwrap_or_default();
        let (mut newest, mut refused) = (now, None);
        if let Some(folder) = folder_of(root, current.trim()) {
            match Index::reopen(&folder, &rules) {
                Ok(index) => return Ok((index, None)),
                Err((generation, why)) => {
                    newest = newest.max(generation + 1);
                    refused = Some(format!("{why:#}"));
                }
            }
        }
        let index = Index::create_in(root, newest, rules)?;
        index.make_current()?;
        Ok((index, refused))
    }

    /// Begins an empty index beside this one, in a folder of its own; it takes this one's place with [`Index::make_current`].
    pub fn beside(&self) -> Result<Index> {
        let root = self.folder.parent().context("the index folder has a parent")?;
        Index::create_in(root, self.generation + 1, self.rules.clone())
    }

    /// Makes this index the one that the next start opens, and deletes all others.
    pub fn make_current(&self) -> Result<()> {
        let root = self.folder.parent().context("the index folder has a parent")?;
        let name = self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let temporary = root.join(".tmp-CURRENT");
        let current = root.join(CURRENT);
        if current.is_dir() {
            fs::remove_dir_all(&current).with_context(|| format!("remove the folder `{}`", current.display()))?;
        }
        fs::write(&temporary, &name)
            .and_then(|()| fs::rename(&temporary, &current))
            .context("point to the new index")?;
        for entry in fs::read_dir(root).context("list the index folder")? {
            let entry = entry.context("list the index folder")?;
            let other = entry.file_name().to_string_lossy().into_owned();
            if other != name && folder_of(root, &other).is_some() {
                // What cannot be deleted now is deleted by the next start; it only takes room.
                fs::remove_dir_all(entry.path()).unwrap_or_default();
            }
        }
        Ok(())
    }

    fn create_in(root: &Path, generation: u64, rules: String) -> Result<Index> {
        let taken = |n: &u32| root.join(format!("{PREFIX}{n}")).exists();
        let free = (1..).find(|it| !taken(it)).context("no free name for an index folder")?;
        let folder = root.join(format!("{PREFIX}{free}"));
        fs::create_dir_all(&folder).with_context(|| format!("create `{}`", folder.display()))?;
        let fill = || -> Result<Index> {
            let (schema, _) = schema::schema();
            let index = tantivy::Index::create(CacheDirectory::open(&folder)?, schema, IndexSettings::default())?;
            Index::with(
                folder.clone(),
                index,
                Payload {
                    format: FORMAT,
                    generation,
                    complete: false,
                    rules,
                    memo: String::new(),
                },
            )
        };
        fill().inspect_err(|_| {
            // Half an index is of no use to anyone; what cannot be deleted only takes room.
            fs::remove_dir_all(&folder).unwrap_or_default();
        })
    }

    fn reopen(folder: &Path, rules: &str) -> Result<Index, (u64, anyhow::Error)> {
        remove_temporary(folder);
        let open = || -> Result<(tantivy::Index, Option<String>)> {
            let index = tantivy::Index::open(CacheDirectory::open(folder)?)?;
            let payload = index.load_metas()?.payload;
            Ok((index, payload))
        };
        let (index, payload) = open().map_err(|error| (0, error.context("open the index")))?;
        let Some(payload) = payload.and_then(|it| serde_json::from_str::<Payload>(&it).ok()) else {
            return Err((0, anyhow::anyhow!("the index was never committed")));
        };
        let checked = || -> Result<Index> {
            if payload.format != FORMAT || index.schema() != schema::schema().0 {
                bail!("the index has format {}, this program writes {FORMAT}", payload.format);
            }
            if payload.rules != rules {
                bail!("the settings that decide what is indexed have changed");
            }
            // Every time: nothing in this folder is fsynced, and a torn file would answer wrongly or not at all (40 MB take 20 ms).
            if let Some(file) = index.validate_checksum()?.iter().next() {
                bail!("`{}` is torn", file.display());
            }
            Index::with(folder.to_owned(), index, payload.clone())
        };
        checked().map_err(|error| (payload.generation, error))
    }

    fn with(folder: PathBuf, mut index: tantivy::Index, payload: Payload) -> Result<Index> {
        let tokenizers = TokenizerManager::default();
        tokenizers.register(tokenizer::NAME, TextAnalyzer::from(tokenizer::NoteTokenizer::default()));
        index.set_tokenizers(tokenizers);
        let reader = index
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .doc_store_cache_num_blocks(8)
            .try_into()?;
        let (_, fields) = schema::schema();
        let mut opened = Index {
            folder,
            index,
            fields,
            reader,
            writer: Writer {
                inner: None,
                effort: Effort::Updates,
            },
            generation: payload.generation,
            complete: payload.complete,
            rules: payload.rules,
            memo: payload.memo,
            segments: HashMap::new(),
        };
        opened.set_effort(Effort::Updates)?;
        Ok(opened)
    }

    /// Returns the number of the last commit.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Says whether the index has covered the disk once.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Chooses how many threads index from now on. What was not committed is lost: call it right after a commit.
    pub fn set_effort(&mut self, effort: Effort) -> Result<()> {
        if self.writer.inner.is_some() && self.writer.effort == effort {
            return Ok(());
        }
        if let Some(old) = self.writer.inner.take() {
            old.wait_merging_threads()?;
        }
        let writer: IndexWriter = match effort {
            Effort::Bulk => self.index.writer_with_num_threads(2, 2 * BULK_MEMORY)?,
            Effort::Updates => self.index.writer_with_num_threads(1, UPDATE_MEMORY)?,
        };
        let mut policy = LogMergePolicy::default();
        policy.set_del_docs_ratio_before_merge(0.3);
        policy.set_min_layer_size(2_000);
        writer.set_merge_policy(Box::new(policy));
        // Files that a killed process left behind block a writer for ever (measured: `FileAlreadyExists` on every try).
        writer.garbage_collect_files().wait()?;
        // A writer's first operation has the number of the last commit. A merge that begins before the next one takes a deletion of that number
        // for done in every segment that the last commit deleted from, and the old text of a note stays beside its new one for ever.
        writer.run([])?;
        self.writer = Writer {
            inner: Some(writer),
            effort,
        };
        Ok(())
    }

    fn writer(&self) -> Result<&IndexWriter> {
        self.writer.inner.as_ref().context("the index has no writer")
    }

    /// Puts a note in the place of whatever the index holds of it. May be called from several threads; seen after the next commit.
    pub fn put(&self, note: &IndexedNote<'_>) -> Result<()> {
        let delete = UserOperation::Delete(self.fields.id_term(note.id));
        let add = self.fields.documents(note).into_iter().map(UserOperation::Add);
        let operations: Vec<UserOperation> = std::iter::once(delete).chain(add).collect();
        self.writer()?.run(operations)?;
        Ok(())
    }

    /// Removes a note; seen after the next commit.
    pub fn remove(&self, id: &NoteId) -> Result<()> {
        self.writer()?.delete_term(self.fields.id_term(id));
        Ok(())
    }

    /// Makes all that was put and removed searchable, as the next generation. `complete` says that the index now covers the disk; once said it
    /// stays. `memo` is told to the next start. After an error nothing of it is kept: call [`Index::discard`] and put it again.
    pub fn commit(&mut self, complete: bool, memo: String) -> Result<Searcher> {
        let complete = self.complete || complete;
        let payload = Payload {
            format: FORMAT,
            generation: self.generation + 1,
            complete,
            rules: self.rules.clone(),
            memo,
        };
        let text = serde_json::to_string(&payload).context("write the commit's payload")?;
        let writer = self.writer.inner.as_mut().context("the index has no writer")?;
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(&text);
        commit.commit()?;
        self.generation = payload.generation;
        self.complete = complete;
        self.memo = payload.memo;
        self.searcher()
    }

    /// Returns a snapshot of the last commit.
    pub fn searcher(&mut self) -> Result<Searcher> {
        self.reader.reload()?;
        let searcher = self.reader.searcher();
        let mut segments = HashMap::new();
        for reader in searcher.segment_readers() {
            let key = (reader.segment_id(), reader.delete_opstamp());
            let segment = match self.segments.get(&key.0) {
                Some((opstamp, known)) if *opstamp == key.1 => Arc::clone(known),
                earlier => Arc::new(Segment::open(reader, self.fields, earlier.map(|(_, it)| &**it))?),
            };
            segments.insert(key.0, (key.1, segment));
        }
        self.segments = segments;
        let mut segments: Vec<Arc<Segment>> = self.segments.values().map(|(_, it)| Arc::clone(it)).collect();
        segments.sort_by_key(|it| it.reader.segment_id());
        Ok(Searcher::new(segments, self.generation))
    }

    /// Forgets what was not committed; to be called after every error, before anything else. The next effort begins with a new writer:
    /// tantivy's own rollback panics once it has failed.
    pub fn discard(&mut self) {
        self.writer.inner = None;
    }

    /// Returns what the last commit was told to remember.
    pub fn memo(&self) -> &str {
        &self.memo
    }

    /// Reads all files and says whether they are as they were written.
    pub fn is_sound(&self) -> bool {
        self.index.validate_checksum().is_ok_and(|torn| torn.is_empty())
    }

    /// Waits for merges to end. What was not committed is lost.
    pub fn close(mut self) -> Result<()> {
        if let Some(writer) = self.writer.inner.take() {
            writer.wait_merging_threads()?;
        }
        Ok(())
    }

    /// Returns the size of the index on disk, in bytes.
    pub fn bytes(&self) -> u64 {
        let Ok(entries) = fs::read_dir(&self.folder) else { return 0 };
        entries.flatten().filter_map(|it| it.metadata().ok()).map(|it| it.len()).sum()
    }
}

const CURRENT: &str = "CURRENT";
const PREFIX: &str = "index-";

fn folder_of(root: &Path, name: &str) -> Option<PathBuf> {
    let number = name.strip_prefix(PREFIX)?;
    (!number.is_empty() && number.bytes().all(|it| it.is_ascii_digit())).then(|| root.join(name))
}

/// Deletes temporary files of a run that was killed; tantivy's own garbage collection passes over names with a dot.
fn remove_temporary(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten().filter(|it| it.file_name().to_string_lossy().starts_with(".tmp")) {
        // What stays behind only takes room.
        fs::remove_file(entry.path()).unwrap_or_default();
    }
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index")
            .field("folder", &self.folder)
            .field("generation", &self.generation)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
