//! The note of a pull request in the vault: where it lies, and what it is to say. Decides what of a person's wish is respected: a note that was
//! deleted stays so, one that was moved out of reach, or is not ours any more, is left alone. Must not know where news come from, nor how a write
//! is sent.

use std::{collections::BTreeMap, sync::Arc};

use jiff::tz::TimeZone;

use crate::{
    config::Config,
    engine::{
        handle::{Handle, Source},
        pull_notes::{
            Trouble,
            find::{self, Found},
            sent,
        },
        request::{Action, WriteError},
    },
    io::{git, pull_requests::Known, vault::ReadError},
    model::{
        glob::PathGlob,
        hash::ContentHash,
        origin::Origin,
        path::NotePath,
        pull_request::{
            PullRequest, PullRequestId,
            note::{self, Rendered, Web},
            region,
        },
        write_policy::WritePolicy,
        yaml::Value,
    },
};

/// How often a note is written anew that somebody changes at the same time.
pub(super) const TRIES: usize = 5;

/// Commits of a deleted note that are looked at for its last text.
const VERSIONS: usize = 5;

/// What became of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It says what the pull request says.
    /// `problem` is what of it nobody could bring up to date.
    Written {
        path: NotePath,
        changed: bool,
        problem: Option<String>,
    },
    /// It was there, and is nowhere now.
    Missing,
    /// A person put it where nothing may be written; why, and what to do.
    LeftAlone { path: NotePath, why: String },
    /// It is there, and a person took from it the property by which it is this pull request's; what to do.
    Disowned { path: NotePath, why: String },
}

/// Writes notes into the default vault.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) handle: Handle,
    pub(super) agent_folder: NotePath,
    pub(super) zone: TimeZone,
    policy: WritePolicy,
    max_bytes: u64,
    pub(super) webs: Vec<Web>,
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
            let (path, present, base) = match self.find(&pr.id, known.path.as_deref())? {
                Found::Note(path) if !self.may_write(&path) => {
                    let why = format!(
                        "its note `{path}` lies where membridge may not write, so it is left alone; move it below `{}`, or open its place under \
                         `write.edit_existing`",
                        self.agent_folder
                    );
                    return Ok(Outcome::LeftAlone { path, why });
                }
                Found::Note(path) => {
                    let present = self.read(&path)?;
                    (path, present.clone(), present)
                }
                Found::Unreadable(path) => {
                    return Err(Trouble::later(format!(
                        "the properties of its note `{path}` cannot be read, so it is left alone until they can; mend them"
                    )));
                }
                Found::Disowned(path) if known.written.is_some() => {
                    let why = format!(
                        "its note `{path}` is not ours any more, so it is left alone: the property `pr` is gone; put `pr: {}` back into it, or move \
                         it away and bring a new one with `membridge pr sync '{}' --restore`",
                        pr.id, pr.id
                    );
                    return Ok(Outcome::Disowned { path, why });
                }
                Found::Nowhere | Found::Disowned(_) if known.written.is_some() && !restore => return Ok(Outcome::Missing),
                Found::Nowhere | Found::Disowned(_) => {
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
            let problem = out_of_order(&path, &text);
            if present.as_ref() == Some(&text) {
                let changed = false;
                return Ok(Outcome::Written { path, changed, problem });
            }
            let over = present.map(|it| ContentHash::of(it.as_bytes()));
            match sent::send(&self.handle, &pr.id, path.clone(), Action::Put(text), over, None) {
                Ok(receipt) => {
                    let path = NotePath::parse(&receipt.path).map_err(|why| Trouble::never(why.to_string()))?;
                    let changed = receipt.changed;
                    return Ok(Outcome::Written { path, changed, problem });
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

    /// Says whether the configuration lets a note be written there.
    pub(super) fn may_write(&self, path: &NotePath) -> bool {
        self.policy.allows_editing(path)
    }

    /// Looks for the note of a pull request, which lay at `last`.
    pub(super) fn find(&self, id: &PullRequestId, last: Option<&str>) -> Result<Found, Trouble> {
        let last = last.and_then(|it| NotePath::parse(it).ok());
        find::find(&self.handle, &|path| self.read(path), id, last.as_ref(), &self.own(id)?)
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
        find::is_of(&text, id).then_some(text)
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

    pub(super) fn read(&self, path: &NotePath) -> Result<Option<String>, Trouble> {
        match self.source()?.vault.read(path, self.max_bytes) {
            Ok(file) => String::from_utf8(file.bytes)
                .map(Some)
                .map_err(|_error| Trouble::later(format!("`{path}` is not UTF-8, so it is left alone until it is; save it as UTF-8"))),
            Err(ReadError::NotFound) => Ok(None),
            Err(why @ (ReadError::RootGone | ReadError::Changing | ReadError::Unreadable(_))) => Err(Trouble::later(why.to_string())),
            // A sync client, or whoever saves, may have put it there for a moment.
            Err(why) => Err(Trouble::later(format!(
                "`{path}` cannot be read, so it is left alone until it can: {why}"
            ))),
        }
    }
}

/// Returns what is told of regions whose markers do not fit each other.
fn out_of_order(path: &NotePath, text: &str) -> Option<String> {
    let names = region::out_of_order(text);
    let first = names.first()?;
    Some(format!(
        "of its note `{path}` these parts are not brought up to date: {}. Their markers do not fit each other: a part stands once, between \
         `<!-- membridge:begin {first} h=.. -->` and `<!-- membridge:end {first} -->`, each alone on its line; put the missing one back, or take \
         the second part or what is left of the markers away",
        names.join(", ")
    ))
}
