//! The note of a pull request in the vault: where it lies, what it is to say, and the line of the journal. Writes through the engine as every
//! caller does; must not know where news come from.

use std::{collections::BTreeMap, sync::Arc, thread, time::Duration};

use jiff::{Timestamp, tz::TimeZone};
use tokio::sync::oneshot::error::TryRecvError;

use crate::{
    config::Config,
    engine::{
        handle::{Handle, Source},
        pull_notes::Trouble,
        request::{Action, Idempotency, Receipt, Who, WriteError, WriteRequest},
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
        memory::{self, MemoryText},
        note::{Note, edit},
        origin::Origin,
        path::NotePath,
        pull_request::{
            PullRequest, PullRequestId, State,
            note::{self, Rendered, Web},
            region,
        },
        query::{Condition, Pattern, PatternText, PropertyTest, Query},
        yaml::Value,
    },
};

/// How often a note is written anew that somebody changes at the same time.
const TRIES: usize = 5;

/// How often to look for an answer.
const STEP: Duration = Duration::from_millis(2);

/// Notes that are looked at for one that says it is the one.
const CANDIDATES: usize = 20;

/// Below the agent's folder, as for the entries of callers.
const JOURNAL: &str = "Journal";

/// Who writes, in commits.
const AUTHOR: &str = "membridge";

/// What became of a note.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) path: NotePath,
    pub(super) changed: bool,
}

/// Writes notes into the default vault.
#[derive(Debug)]
pub(super) struct Writer {
    handle: Handle,
    agent_folder: NotePath,
    max_bytes: u64,
    /// By host.
    webs: BTreeMap<String, Web>,
    areas: Vec<PathGlob>,
    zone: TimeZone,
}

impl Writer {
    pub(super) fn new(config: &Config, handle: Handle) -> Writer {
        let web = |kind, base: &str| Web {
            kind,
            base: base.to_owned(),
        };
        let forges = config.pull_requests.forges.iter();
        let zone = config.timezone.as_deref().and_then(|name| TimeZone::get(name).ok());
        Writer {
            handle,
            agent_folder: config.agent_folder.clone(),
            max_bytes: config.limits.note_read_bytes,
            webs: forges.map(|it| (it.host.clone(), web(it.kind, &it.url))).collect(),
            areas: config.pull_requests.areas.clone(),
            zone: zone.unwrap_or_else(TimeZone::system),
        }
    }

    /// Brings the note to what the pull request says. The same bytes are no write.
    pub(super) fn write(&self, pr: &PullRequest, known: &Known) -> Result<Written, Trouble> {
        let new = self.render(pr);
        let last = known.written.as_ref().map(|it| self.render(it));
        for _ in 0..TRIES {
            let path = self.find(&pr.id, known)?;
            let present = self.read(&path)?;
            let text = region::update(present.as_deref(), last.as_ref(), &new, &|base, ours, theirs| {
                git::merge(base, ours, theirs)
            })
            .map_err(|why| Trouble::Never(format!("`{path}` cannot be brought up to date: {why}")))?;
            if present.as_ref() == Some(&text) {
                return Ok(Written { path, changed: false });
            }
            let over = present.map(|it| ContentHash::of(it.as_bytes()));
            match self.send(&pr.id, path, Action::Put(text), over, None) {
                Ok(receipt) => {
                    let path = NotePath::parse(&receipt.path).map_err(|why| Trouble::Never(why.to_string()))?;
                    return Ok(Written {
                        path,
                        changed: receipt.changed,
                    });
                }
                // Somebody was faster.
                Err(WriteError::Stale(_) | WriteError::AlreadyExists(..) | WriteError::NeedsMatch(_) | WriteError::Conflict) => {}
                Err(why) => return Err(trouble(&why)),
            }
        }
        Err(Trouble::Later("somebody changes the note again and again".to_owned()))
    }

    /// Tells the journal of a pull request that it was merged; `false` while it is not.
    pub(super) fn journal(&self, pr: &PullRequest, path: &NotePath) -> Result<bool, Trouble> {
        if pr.state != Some(State::Merged) {
            return Ok(false);
        }
        let time = pr.merged.unwrap_or_else(Timestamp::now).to_zoned(self.zone.clone());
        let never = |why: &str| Trouble::Never(format!("the journal cannot be written: {why}"));
        let daily = self.source()?.settings().daily_notes.name(time.date());
        let daily = daily.ok_or_else(|| never("the vault's format for daily notes makes no name of a file"))?;
        let at = NotePath::parse(&format!("{}/{JOURNAL}/{daily} agent.md", self.agent_folder)).map_err(|why| never(&why.to_string()))?;
        let (properties, head) = memory::compose(&MemoryText {
            title: at.stem(),
            text: "",
            tags: &[],
            links: &[],
            created: &time.timestamp().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            agent: AUTHOR,
            session: "",
            source: "",
            supersedes: None,
        });
        let head = edit::compose(&properties, &head).map_err(|why| never(&format!("{why:?}")))?;
        let line = format!("[[{}|{}#{}]] was merged.", path.stem(), pr.id.repo, pr.id.number);
        let action = Action::Append {
            head: format!("{}\n\n", head.trim_end()),
            text: memory::entry(&time.strftime("%H:%M").to_string(), "", &line),
        };
        // Across a crash between the write and our own note of it, the key remembers.
        let key = Idempotency {
            key: format!("pull-request-merged {}", pr.id),
            request: pr.id.to_string(),
        };
        match self.send(&pr.id, at, action, None, Some(key)) {
            // Another text was sent under the key before: the line is there.
            Ok(_) | Err(WriteError::OtherRequest) => Ok(true),
            Err(why) => Err(trouble(&why)),
        }
    }

    fn render(&self, pr: &PullRequest) -> Rendered {
        let mut rendered = note::render(pr, self.webs.get(&pr.id.host), &self.areas);
        // Wherever the note lies, searches tell that its text may be a stranger's.
        let origin = Value::String(Origin::PullRequest.as_str().to_owned());
        rendered.properties.push(("origin".to_owned(), origin));
        rendered
    }

    fn source(&self) -> Result<&Arc<Source>, Trouble> {
        let first = self.handle.sources().first();
        first.ok_or_else(|| Trouble::Never("there is no vault".to_owned()))
    }

    fn send(
        &self,
        id: &PullRequestId,
        path: NotePath,
        action: Action,
        over: Option<ContentHash>,
        idempotency: Option<Idempotency>,
    ) -> Result<Receipt, WriteError> {
        let source = self.handle.sources().first().ok_or(WriteError::NoSource)?;
        let request = WriteRequest {
            source: source.config.name.clone(),
            path,
            action,
            who: Who {
                agent: AUTHOR.to_owned(),
                session: String::new(),
                about: id.to_string(),
            },
            may_edit: true,
            prefix: None,
            if_match: over,
            reason: String::new(),
            dry_run: false,
            idempotency,
            allow_secret: false,
            brings_back: false,
        };
        let mut answer = self.handle.write(request);
        loop {
            // An engine that ended a moment ago may have left the request unread.
            let has_ended = self.handle.is_stopped();
            match answer.try_recv() {
                Ok(result) => return result,
                Err(TryRecvError::Empty) if !has_ended => thread::sleep(STEP),
                Err(_) => return Err(WriteError::NotReady),
            }
        }
    }

    /// Returns where the note lies: where it lay last, else the note that says it is the one, else where it belongs.
    fn find(&self, id: &PullRequestId, known: &Known) -> Result<NotePath, Trouble> {
        let own = note::path(&self.agent_folder, id);
        let own = own.ok_or_else(|| Trouble::Never("its name makes no path of a note".to_owned()))?;
        let last = known.path.as_deref().and_then(|it| NotePath::parse(it).ok());
        for path in [last, Some(own.clone())].into_iter().flatten() {
            if self.says_it_is(&path, id)? {
                return Ok(path);
            }
        }
        let searcher = self.handle.searcher();
        let searcher = searcher.ok_or_else(|| Trouble::Later("there is no index yet".to_owned()))?;
        let answer = searcher.search(&request(id, self.source()?));
        let answer = answer.map_err(|error| Trouble::Later(format!("{error:#}")))?;
        for hit in answer.hits {
            if self.says_it_is(&hit.path, id)? {
                return Ok(hit.path);
            }
        }
        // Somebody else's note may lie there: another forge's, or one of a person.
        let beside = note::path_with_host(&self.agent_folder, id);
        let free = [Some(own), beside].into_iter().flatten().find_map(|it| match self.read(&it) {
            Ok(None) => Some(Ok(it)),
            Ok(Some(_)) => None,
            Err(why) => Some(Err(why)),
        });
        free.unwrap_or_else(|| Err(Trouble::Never("other notes lie where its note would".to_owned())))
    }

    fn says_it_is(&self, path: &NotePath, id: &PullRequestId) -> Result<bool, Trouble> {
        let text = self.read(path)?;
        let says = text.and_then(|it| Note::parse(&it).property("pr")?.scalar_text());
        Ok(says.is_some_and(|it| it == id.to_string()))
    }

    fn read(&self, path: &NotePath) -> Result<Option<String>, Trouble> {
        match self.source()?.vault.read(path, self.max_bytes) {
            Ok(file) => String::from_utf8(file.bytes)
                .map(Some)
                .map_err(|_error| Trouble::Never(format!("`{path}` is not UTF-8"))),
            Err(ReadError::NotFound) => Ok(None),
            Err(why @ (ReadError::RootGone | ReadError::Changing | ReadError::Unreadable(_))) => Err(Trouble::Later(why.to_string())),
            Err(why) => Err(Trouble::Never(format!("`{path}`: {why}"))),
        }
    }
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

fn trouble(why: &WriteError) -> Trouble {
    let said = format!("the note was not written: {why:?}");
    match why {
        WriteError::Busy(_)
        | WriteError::NotReady
        | WriteError::Full
        | WriteError::ReadOnly
        | WriteError::Failed(_)
        | WriteError::Conflict => Trouble::Later(said),
        _ => Trouble::Never(said),
    }
}
