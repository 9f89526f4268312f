//! From a path in a request to a note that was read: the source, the caller's rights, the file on disk. Knows nothing of parts of a note.

use std::{borrow::Cow, path::PathBuf, sync::Arc, thread, time::Duration};

use crate::{
    engine::{document::repo::visible, handle::Source},
    http::{
        AppState,
        auth::Caller,
        problem::{Problem, ProblemKind},
        search::{self, input::find_source},
    },
    io::{
        index::{
            Searcher,
            request::{Filter, SearchRequest, Sort, Visible},
        },
        vault::{FileText, ReadError},
    },
    model::{
        citation::{Citation, InvalidCitation},
        config_file,
        hash::ContentHash,
        lines::LineRange,
        noise,
        note::Note,
        origin::{self, Origin},
        path::{InvalidPath, NoteId, NotePath, SourceName},
        query, secrets,
        yaml::Value,
    },
};

/// A file that someone writes into is looked at again so often, after this pause.
const TRIES: usize = 5;
const PAUSE: Duration = Duration::from_millis(20);

/// When to ask again for what a clone that cannot be read does not tell.
const RETRY: Duration = Duration::from_secs(30);

/// Notes that a 404 names as what may have been meant.
const CANDIDATES: usize = 5;

/// A note that a request names: the source is known, the file has not been looked for.
#[derive(Debug, Clone)]
pub struct Target {
    pub source: Arc<Source>,
    pub path: NotePath,
    pub lines: Option<LineRange>,
    /// The commit that a citation names.
    pub commit: Option<String>,
}

/// A note as it lies on the disk, or as it was at a commit.
#[derive(Debug)]
pub struct Loaded {
    pub source: SourceName,
    pub path: NotePath,
    pub bytes: Vec<u8>,
    /// The bytes as text; what is not UTF-8 is replaced, lines keep their numbers.
    pub text: String,
    pub note: Note,
    pub hash: ContentHash,
    /// Nanoseconds since 1970.
    pub modified: i64,
    pub origin: Origin,
    /// The file could not be read: this is what is indexed of it, of a large file its beginning alone.
    pub as_indexed: bool,
}

impl Target {
    /// Reads a path or citation. `source` is the parameter of that name.
    pub fn parse(state: &AppState, written: &str, source: Option<&str>) -> Result<Target, Problem> {
        let names = state.source_names();
        let citation = Citation::parse(written, |name| names.contains(name)).map_err(|why| match why {
            InvalidCitation::Path(_) => Problem::new(ProblemKind::InvalidPath, why.to_string()),
            InvalidCitation::Lines => Problem::new(ProblemKind::InvalidParameter, why.to_string()),
        })?;
        let name = match (citation.source, source) {
            (Some(cited), Some(asked)) if cited.as_str() != asked => {
                return Err(Problem::new(
                    ProblemKind::InvalidParameter,
                    format!("the citation names the source `{cited}`, the parameter another"),
                )
                .hint("leave `source` out"));
            }
            (Some(cited), _) => cited,
            (None, Some(asked)) => find_source(asked, &names)?,
            (None, None) => names.into_iter().next().ok_or_else(no_source)?,
        };
        let source = state.handle.source(&name).cloned().ok_or_else(no_source)?;
        if citation.path.is_hidden() && !source.is_repo() {
            return Err(Problem::new(ProblemKind::InvalidPath, InvalidPath::DotComponent.to_string()));
        }
        Ok(Target {
            source,
            path: citation.path,
            lines: citation.lines,
            commit: citation.commit,
        })
    }

    /// Reads the note. What the caller may not see, what is excluded and what is no note answer as what is absent: 404.
    pub async fn load(self, state: &AppState, caller: &Caller) -> Result<Loaded, Problem> {
        let absent = Problem::new(ProblemKind::NoteNotFound, format!("there is no note `{}`", self.path));
        let paths: Vec<NotePath> = spellings(&self.path)
            .into_iter()
            .filter(|it| may_read(&self.source, caller, it))
            .collect();
        let (most, agent_folder, source, written) = (state.note_read_bytes, state.agent_folder.clone(), self.source, self.path);
        let (searcher, caller, of) = (state.handle.searcher(), caller.clone(), Arc::clone(&source));
        let loaded = state.work.run(move || {
            let there = |path: &&NotePath| matches!(source.stamp(path), Ok(Some(_)));
            // What is not there is read all the same, for the reason.
            let path = paths.iter().find(there).or(paths.first()).cloned();
            let Some(path) = path else {
                return Err((written, ReadError::NotFound));
            };
            match read(&source, &path, most) {
                Ok(file) => Ok(Loaded::new(&source, path, file.bytes, file.stamp.mtime_ns, &agent_folder)),
                // The last good state answers, as it does searches.
                Err(why @ (ReadError::Unreadable(_) | ReadError::RootGone)) if source.is_clone() || is_gone(&source) => {
                    let stored = searcher.and_then(|it| indexed(&it, &source, &caller, &paths, &agent_folder));
                    stored.ok_or((path, why))
                }
                // Of a large file of a repository its beginning is indexed.
                Err(why @ ReadError::TooLarge { .. }) if source.is_repo() => {
                    let stored = searcher.and_then(|it| indexed(&it, &source, &caller, &paths, &agent_folder));
                    stored.ok_or((path, why))
                }
                Err(why) => Err((path, why)),
            }
        });
        loaded.await?.map_err(|(path, why)| match why {
            ReadError::NotFound | ReadError::Folder | ReadError::NotAFile | ReadError::Symlink => absent,
            ReadError::TooLarge { size } => Problem::new(
                ProblemKind::TooLarge,
                format!("the note `{path}` has {size} bytes, more than {most}"),
            )
            .hint("split the note, or raise `limits.note_read` in the configuration"),
            ReadError::Changing => Problem::new(ProblemKind::Busy, format!("the note `{path}` is being written")).retry_after_ms(500),
            ReadError::NotLocal => {
                Problem::new(ProblemKind::Busy, format!("the note `{path}` is not downloaded yet")).retry_after_ms(10_000)
            }
            ReadError::RootGone if of.is_clone() => unreadable_clone(&of),
            ReadError::RootGone => gone(&of),
            ReadError::Unreadable(error) => {
                tracing::warn!(note.path = %path, %error, "a note cannot be read");
                if of.is_clone() {
                    return unreadable_clone(&of);
                }
                Problem::new(ProblemKind::ForbiddenPath, format!("the service may not read the note `{path}`"))
            }
        })
    }
}

/// Returns the source of that name; the first without a name.
pub fn source_of(state: &AppState, name: Option<&str>) -> Result<Arc<Source>, Problem> {
    let names = state.source_names();
    let name = match name {
        Some(name) => find_source(name, &names)?,
        None => names.into_iter().next().ok_or_else(no_source)?,
    };
    state.handle.source(&name).cloned().ok_or_else(no_source)
}

/// Returns the files of a source that are called so in other capitals, or in another form of Unicode. On most devices they are the file that is meant.
pub async fn twins(
    state: &AppState,
    source: &Arc<Source>,
    path: &NotePath,
    sees: impl Fn(&NotePath) -> bool + Send + 'static,
) -> Vec<NotePath> {
    let keys: Vec<String> = spellings(path).iter().map(NotePath::key).collect();
    let source = Arc::clone(source);
    let look = move || {
        let graph = source.graph();
        let all = graph.names().iter().filter(|it| keys.contains(&it.key()) && sees(it));
        all.take(CANDIDATES).cloned().collect()
    };
    // They are a courtesy, as what is similar.
    state.work.run(look).await.unwrap_or_default()
}

/// Returns the notes that may have been meant by a path that leads nowhere, as citations, the likeliest first.
pub async fn similar(state: &AppState, caller: &Caller, source: &Arc<Source>, path: &NotePath) -> Vec<String> {
    let (seeing, of) = (caller.clone(), Arc::clone(source));
    let twins = twins(state, source, path, move |it| may_read(&of, &seeing, it)).await;
    let mut all: Vec<String> = twins.iter().map(|it| state.cite(&source.config.name, it, None, None)).collect();
    let visible = |source: SourceName| Visible {
        source,
        prefix: caller.prefix.clone(),
    };
    let request = SearchRequest {
        query: query::natural(path.stem()),
        visible: state.source_names().into_iter().map(visible).collect(),
        filter: Filter::default(),
        sort: Sort::Relevance,
        limit: CANDIDATES,
        offset: 0,
        passages: 1,
        snippet_chars: 0,
        min_score: 0.0,
        exact: false,
        deadline: None,
    };
    // Without an index, or when it is busy, the answer has no candidates: they are a courtesy.
    let found = search::run(state, request).await.map(|it| it.hits).unwrap_or_default();
    let found = found.iter().map(|it| state.cite(&it.source, &it.path, it.hash, None));
    for it in found {
        if !all.contains(&it) {
            all.push(it);
        }
    }
    all.truncate(CANDIDATES);
    all
}

impl Loaded {
    /// Makes a note of bytes that were read, from the disk or from a commit.
    pub fn new(source: &Source, path: NotePath, bytes: Vec<u8>, modified: i64, agent_folder: &NotePath) -> Loaded {
        let bytes = shown(source, &path, bytes);
        // Of what is shown: from the hash of a file with a masked secret, a short secret could be guessed.
        let hash = ContentHash::of(&bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        // Of other files the text is no Markdown.
        let note = if path.is_note() {
            Note::parse(&text)
        } else if source.is_repo() {
            config_file::read(&path, &text).note
        } else {
            Note::default()
        };
        let claimed = note.property("origin").and_then(Value::as_str);
        Loaded {
            origin: if source.is_repo() {
                Origin::Config
            } else {
                origin::decide(&path, &source.config.origin, agent_folder, claimed)
            },
            source: source.config.name.clone(),
            as_indexed: false,
            hash,
            modified,
            bytes,
            path,
            text,
            note,
        }
    }
}

/// Returns the bytes of a file as they may be shown: of a repository without its secrets, and nothing of a file that must not be read.
pub fn shown(source: &Source, path: &NotePath, bytes: Vec<u8>) -> Vec<u8> {
    if !source.is_repo() {
        return bytes;
    }
    match visible(path, &bytes) {
        Ok(Cow::Borrowed(text)) if text.len() == bytes.len() => bytes,
        Ok(text) => text.into_owned().into_bytes(),
        Err(why) => format!("[not shown: {why}]\n").into_bytes(),
    }
}

/// Returns the problem of a clone of ours that cannot be read: what keeps it, who mends it, and when to ask again.
pub fn unreadable_clone(source: &Source) -> Problem {
    let name = &source.config.name;
    let Some(trouble) = source.trouble() else {
        let detail =
            format!("the clone of the source `{name}` is damaged, or not there yet; the service clones it from its remote by itself");
        return Problem::new(ProblemKind::NotReady, detail)
            .hint("ask again in a few seconds; searches, and reads of what was indexed, answer meanwhile")
            .retry_after_ms(5000);
    };
    let every = source.config.remote.as_ref().map_or(RETRY, |it| it.fetch_every);
    let hint = format!(
        "the service tries again by itself, at the latest after {} seconds; searches, and reads of what was indexed, answer meanwhile; `membridge \
         status` shows when it is well again",
        every.as_secs()
    );
    Problem::new(
        ProblemKind::NotReady,
        format!("the clone of the source `{name}` cannot be read: {trouble}"),
    )
    .hint(hint)
    .retry_after_ms(u64::try_from(every.min(RETRY).as_millis()).unwrap_or(u64::MAX))
}

/// Says whether the folder of a checkout is not there at present.
pub fn is_gone(source: &Source) -> bool {
    source.is_repo() && !source.is_clone() && source.vault.root_identity().is_err()
}

/// Returns the problem of a source whose folder is not there at present.
pub fn gone(source: &Source) -> Problem {
    let detail = format!("the folder of the source `{}` is not there at the moment", source.config.name);
    Problem::new(ProblemKind::NotReady, detail)
        .hint("`membridge status` says what keeps it, such as its mount; the service looks again every few seconds. Searches answer meanwhile")
        .retry_after_ms(5000)
}

/// Returns a file of a repository as it was indexed last, of the paths that may be meant the likeliest: what answers while it cannot be read, or
/// where it is too large for that.
fn indexed(searcher: &Searcher, source: &Source, caller: &Caller, paths: &[NotePath], agent_folder: &NotePath) -> Option<Loaded> {
    let visible = [Visible {
        source: source.config.name.clone(),
        prefix: caller.prefix.clone(),
    }];
    let id = |path: &NotePath| NoteId {
        source: source.config.name.clone(),
        path: path.clone(),
    };
    let ids: Vec<NoteId> = paths.iter().map(id).collect();
    let found = searcher.notes_of(&visible, &ids).ok()?;
    // Of what only the name is indexed, the text is not known.
    let note = found.into_iter().flatten().find(|it| !it.text.is_empty())?;
    let (path, bytes) = (note.id.path, note.text.into_bytes());
    Some(Loaded {
        as_indexed: true,
        ..Loaded::new(source, path, bytes, note.modified, agent_folder)
    })
}

/// Returns the paths that one may mean, the likelier first: `.md` may be left out, and a dot may belong to the name.
pub fn spellings(path: &NotePath) -> Vec<NotePath> {
    if path.is_note() {
        return vec![path.clone()];
    }
    let note = NotePath::parse(&format!("{path}.md")).ok();
    if path.extension().is_empty() {
        note.into_iter().chain([path.clone()]).collect()
    } else {
        [path.clone()].into_iter().chain(note).collect()
    }
}

/// Says whether this caller may read the file, if there is one.
pub fn may_read(source: &Source, caller: &Caller, path: &NotePath) -> bool {
    let is_noise = |part: &NotePath| !source.is_repo() && noise::is_noise(part.as_str());
    let excluded = |part: &NotePath| is_noise(part) || source.config.exclude.iter().any(|it| it.matches(part));
    // A folder that is excluded takes all below it along.
    let above = PathBuf::from(path.as_str());
    let mut parts = above.ancestors().filter_map(|it| NotePath::parse_in_repo(it.to_str()?).ok());
    // A secret in a name would be told by every list and answer.
    let is_secret = || source.is_repo() && secrets::in_name(path.as_str()).is_some();
    caller.sees(path) && !parts.any(|it| excluded(&it)) && !is_secret()
}

fn read(source: &Source, path: &NotePath, most: u64) -> Result<FileText, ReadError> {
    for _ in 1..TRIES {
        match source.read(path, most) {
            Err(ReadError::Changing) => thread::sleep(PAUSE),
            read => return read,
        }
    }
    source.read(path, most)
}

fn no_source() -> Problem {
    Problem::new(ProblemKind::SourceNotFound, "there is no source")
}
