//! The note of a pull request in the vault: where it lies, and what it is to say. Decides what of a person's wish is respected: a note that was
//! deleted stays so, one that was moved out of reach is left alone. Must not know where news come from, nor how a write is sent.

use std::{collections::BTreeMap, sync::Arc};

use jiff::tz::TimeZone;

use crate::{
    config::Config,
    engine::{
        handle::{Handle, Source},
        pull_notes::{Trouble, sent},
        request::{Action, WriteError},
    },
    io::{
        git,
        index::{Filter, SearchRequest, Sort, Visible},
        pull_requests::Known,
        vault::ReadError,
    },
    model::{
        glob::PathGlob,
        hash::ContentHash,
        note::Note,
        origin::Origin,
        path::NotePath,
        pull_request::{
            PullRequest, PullRequestId,
            note::{self, Rendered, Web},
            region,
        },
        query::{Condition, Pattern, PatternText, PropertyTest, Query},
        write_policy::WritePolicy,
        yaml::Value,
    },
};

/// How often a note is written anew that somebody changes at the same time.
pub(super) const TRIES: usize = 5;

/// Notes that are looked at for one that says it is the one.
const CANDIDATES: usize = 20;

/// Commits of a deleted note that are looked at for its last text.
const VERSIONS: usize = 5;

/// What became of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It says what the pull request says.
    Written { path: NotePath, changed: bool },
    /// It was there, and is nowhere now.
    Missing,
    /// A person put it where nothing may be written; why, and what to do.
    LeftAlone { path: NotePath, why: String },
}

/// Writes notes into the default vault.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) handle: Handle,
    pub(super) agent_folder: NotePath,
    pub(super) zone: TimeZone,
    policy: WritePolicy,
    max_bytes: u64,
    webs: Vec<Web>,
    areas: Vec<PathGlob>,
}

impl Writer {
    pub(super) fn new(config: &Config, handle: Handle) -> Writer {
        // The repositories of one host may stand in several entries.
        let mut webs: BTreeMap<&str, Web> = BTreeMap::new();
        for forge in &config.pull_requests.forges {
            let web = webs.entry(&forge.host).or_insert_with(|| Web {
                kind: forge.kind,
                host: forge.host.clone(),
                base: forge.url.clone(),
                repos: Vec::new(),
            });
            web.repos.extend(forge.repos.iter().cloned());
        }
        let zone = config.timezone.as_deref().and_then(|name| TimeZone::get(name).ok());
        Writer {
            handle,
            agent_folder: config.agent_folder.clone(),
            policy: config.write.clone(),
            max_bytes: config.limits.note_read_bytes,
            webs: webs.into_values().collect(),
            areas: config.pull_requests.areas.clone(),
            zone: zone.unwrap_or_else(TimeZone::system),
        }
    }

    /// Brings the note to what the pull request says. The same bytes are no write. `restore` makes one that is missing anew, of its last text.
    pub(super) fn write(&self, pr: &PullRequest, known: &Known, restore: bool) -> Result<Outcome, Trouble> {
        let new = self.render(pr);
        let last = known.written.as_ref().map(|it| self.render(it));
        for _ in 0..TRIES {
            let there = self.find(&pr.id, known.path.as_deref())?;
            let (path, present, base) = match there {
                Some(path) if !self.policy.allows_editing(&path) => {
                    let why = format!(
                        "its note `{path}` lies where membridge may not write, so it is left alone; move it below `{}`, or open its place under \
                         `write.edit_existing`",
                        self.agent_folder
                    );
                    return Ok(Outcome::LeftAlone { path, why });
                }
                Some(path) => {
                    let present = self.read(&path)?;
                    (path, present.clone(), present)
                }
                None if known.written.is_some() && !restore => return Ok(Outcome::Missing),
                None => {
                    let (path, base) = self.place(&pr.id, known.path.as_deref().filter(|_| restore))?;
                    (path, None, base)
                }
            };
            let text = region::update(base.as_deref(), last.as_ref(), &new, &|base, ours, theirs| {
                git::merge(base, ours, theirs)
            })
            .map_err(|why| Trouble::never(format!("`{path}` cannot be brought up to date: {why}; mend its properties")))?;
            // A write with a secret is refused for good: what texts of others and of people make together must not be one.
            let text = note::mask_new(text, present.as_deref().unwrap_or_default());
            if present.as_ref() == Some(&text) {
                return Ok(Outcome::Written { path, changed: false });
            }
            let over = present.map(|it| ContentHash::of(it.as_bytes()));
            match sent::send(&self.handle, &pr.id, path.clone(), Action::Put(text), over, None) {
                Ok(receipt) => {
                    let path = NotePath::parse(&receipt.path).map_err(|why| Trouble::never(why.to_string()))?;
                    let changed = receipt.changed;
                    return Ok(Outcome::Written { path, changed });
                }
                // Somebody was faster.
                Err(WriteError::Stale(_) | WriteError::AlreadyExists(..) | WriteError::NeedsMatch(_) | WriteError::Conflict) => {}
                Err(WriteError::Forbidden(why)) if over.is_some() => {
                    let why = format!("its note is left alone: {why}; move it below `{}`", self.agent_folder);
                    return Ok(Outcome::LeftAlone { path, why });
                }
                Err(why) => return Err(sent::trouble(&why, "the note", &path)),
            }
        }
        Err(Trouble::later("somebody changes the note again and again".to_owned()))
    }

    /// Returns where a note says that it is this pull request's: where it lay last, where it belongs, or wherever the index knows one.
    pub(super) fn find(&self, id: &PullRequestId, last: Option<&str>) -> Result<Option<NotePath>, Trouble> {
        let last = last.and_then(|it| NotePath::parse(it).ok());
        for path in [last, Some(self.own(id)?)].into_iter().flatten() {
            if self.says_it_is(&path, id)? {
                return Ok(Some(path));
            }
        }
        let searcher = self.handle.searcher();
        let searcher = searcher.ok_or_else(|| Trouble::later("there is no index yet".to_owned()))?;
        let answer = searcher.search(&request(id, self.source()?));
        let answer = answer.map_err(|error| Trouble::later(format!("{error:#}")))?;
        for hit in answer.hits {
            if self.says_it_is(&hit.path, id)? {
                return Ok(Some(hit.path));
            }
        }
        Ok(None)
    }

    /// Returns a free place for a new note, and the text that it begins with: the last one of a note that lay at `last`.
    fn place(&self, id: &PullRequestId, last: Option<&str>) -> Result<(NotePath, Option<String>), Trouble> {
        if let Some(path) = last.and_then(|it| NotePath::parse(it).ok()).filter(|it| self.policy.allows(it))
            && self.read(&path)?.is_none()
        {
            let text = self.last_text(&path, id);
            return Ok((path, text));
        }
        // Somebody else's note may lie there: another forge's, or one of a person.
        for path in [Some(self.own(id)?), note::path_with_host(&self.agent_folder, id)]
            .into_iter()
            .flatten()
        {
            if self.read(&path)?.is_none() {
                return Ok((path, None));
            }
        }
        Err(Trouble::never(
            "other notes lie where its note would; move them, or give one of them the property `pr`".to_owned(),
        ))
    }

    /// Returns what the note said before it was deleted, as far as the history knows.
    fn last_text(&self, path: &NotePath, id: &PullRequestId) -> Option<String> {
        let repository = self.source().ok()?.repository()?;
        let history = repository.history(path, VERSIONS).ok()?;
        let text = history.commits.iter().find_map(|it| repository.read_at(path, &it.sha).ok()?)?;
        let text = String::from_utf8(text).ok()?;
        is_of(&text, id).then_some(text)
    }

    fn own(&self, id: &PullRequestId) -> Result<NotePath, Trouble> {
        note::path(&self.agent_folder, id)
            .ok_or_else(|| Trouble::never("its name makes no path of a note; shorten `agent_folder`".to_owned()))
    }

    fn render(&self, pr: &PullRequest) -> Rendered {
        let mut rendered = note::render(pr, &self.webs, &self.areas);
        // Wherever the note lies, searches tell that its text may be a stranger's.
        let origin = Value::String(Origin::PullRequest.as_str().to_owned());
        rendered.properties.push(("origin".to_owned(), origin));
        rendered
    }

    pub(super) fn source(&self) -> Result<&Arc<Source>, Trouble> {
        let first = self.handle.sources().first();
        first.ok_or_else(|| Trouble::never("there is no vault".to_owned()))
    }

    fn says_it_is(&self, path: &NotePath, id: &PullRequestId) -> Result<bool, Trouble> {
        let text = self.read(path)?;
        Ok(text.is_some_and(|it| is_of(&it, id)))
    }

    pub(super) fn read(&self, path: &NotePath) -> Result<Option<String>, Trouble> {
        match self.source()?.vault.read(path, self.max_bytes) {
            Ok(file) => String::from_utf8(file.bytes)
                .map(Some)
                .map_err(|_error| Trouble::never(format!("`{path}` is not UTF-8"))),
            Err(ReadError::NotFound) => Ok(None),
            Err(why @ (ReadError::RootGone | ReadError::Changing | ReadError::Unreadable(_))) => Err(Trouble::later(why.to_string())),
            Err(why) => Err(Trouble::never(format!("`{path}`: {why}"))),
        }
    }
}

fn is_of(text: &str, id: &PullRequestId) -> bool {
    let says = Note::parse(text).property("pr").and_then(Value::scalar_text);
    says.is_some_and(|it| it == id.to_string())
}

/// Returns the search for notes whose property `pr` is this.
fn request(id: &PullRequestId, source: &Source) -> SearchRequest {
    let pattern = Pattern {
        text: PatternText::Phrase(id.to_string()),
        case_sensitive: false,
    };
    SearchRequest {
        query: Query {
            evidence: Vec::new(),
            condition: Condition::Property {
                name: "pr".to_owned(),
                test: PropertyTest::Value(pattern),
            },
            warnings: Vec::new(),
        },
        visible: vec![Visible {
            source: source.config.name.clone(),
            prefix: None,
        }],
        filter: Filter::default(),
        sort: Sort::Path,
        limit: CANDIDATES,
        offset: 0,
        passages: 1,
        snippet_chars: 0,
        min_score: 0.0,
        exact: true,
        deadline: None,
    }
}
