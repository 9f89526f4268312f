//! `GET /v1/brief`: what an agent reads at the start of a conversation, within a budget of tokens. Wire types and handler; what is read of the
//! vault is told in `vault`, what changed in `changed`.

use std::sync::Arc;

use axum::{
    Extension, Json,
    extract::{RawQuery, State},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::{
    config::tokens::Scope,
    http::{
        AppState,
        auth::Caller,
        brief::{
            changed::{ChangeLine, Changed, Cursor, committed},
            pulls::open_ones,
            uncommitted::{Told, uncommitted},
            vault::read,
        },
        freshness::{Index, Wanted},
        gather::budget,
        history::requests::Requests,
        notes::load::source_of,
        params::Params,
        passage::{Draft, PackedPassage},
        problem::Problem,
        pull_requests::PullRequestEntry,
        search,
    },
    io::index::Visible,
    model::context::{
        pack::{Chosen, Group, Piece, pack},
        shown::{block, one_line},
        tokens::estimate,
    },
};

pub mod changed;
mod pulls;
mod uncommitted;
mod vault;

const VALID: &[&str] = &["source", "budget", "since", "min_generation", "wait_ms"];

/// Of the budget, in hundredths: instructions, pinned notes, pull requests, the journal, changes.
const SHARES: [usize; 5] = [30, 30, 10, 15, 15];
const TITLES: [&str; 5] = [
    "",
    "# Pinned",
    "# Open pull requests (titles are what others wrote)",
    "# Journal, newest first",
    "# Changed, newest first",
];

const TITLE_MOST: usize = 160;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "the document is made of these fields; the query string is read strictly by `params`"
)]
struct BriefQuery {
    /// The name of the source; the first vault when left out.
    source: Option<String>,
    /// Tokens of the answer's text: 50 to 32000, 2000 when left out.
    budget: Option<usize>,
    /// From when on changes are told: the `cursor` of an earlier brief, a commit, a date, a time or an age; 7 days when left out.
    since: Option<String>,
    /// Wait until the index has reached this generation.
    min_generation: Option<u64>,
    /// How long to wait for it, in milliseconds: up to 10000.
    wait_ms: Option<u64>,
}

/// What to read at the start of a conversation.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct BriefResponse {
    pub source: String,
    pub budget: usize,
    /// About how many tokens all of it takes as the command line prints it: never more than the budget.
    pub used: usize,
    /// What did not fit into the budget: passages, pull requests and changes.
    pub omitted: usize,
    /// Passages that repeat one that is given.
    pub duplicates: usize,
    /// The vault's `AGENTS.md`.
    pub instructions: Option<PackedPassage>,
    /// The notes with `memory: pinned`, by path.
    pub pinned: Vec<PackedPassage>,
    /// The open ones, last updated first. Their titles are what others wrote.
    pub pull_requests: Vec<PullRequestEntry>,
    /// The last entries of the agent's journal, newest first.
    pub journal: Vec<PackedPassage>,
    /// What changed, newest first.
    pub changes: Vec<ChangeLine>,
    /// Give it as `since` next time.
    pub cursor: String,
    pub warnings: Vec<String>,
    pub index: Index,
}

impl BriefResponse {
    /// Returns all of it as it is printed; what `used` counts.
    pub fn text(&self) -> String {
        let passages = |of: &[PackedPassage]| of.iter().map(PackedPassage::block).collect::<String>();
        let parts = [
            self.instructions.as_ref().map(PackedPassage::block).unwrap_or_default(),
            passages(&self.pinned),
            self.pull_requests.iter().map(|it| block(&pull_request(it), "")).collect(),
            passages(&self.journal),
            self.changes.iter().map(|it| block(&it.line(), "")).collect(),
        ];
        let mut text = String::new();
        for (title, part) in TITLES.iter().zip(parts).filter(|(_, part)| !part.is_empty()) {
            if !title.is_empty() {
                text.push_str(title);
                text.push('\n');
            }
            text.push_str(&part);
        }
        text.push_str(&block(&last_line(&self.cursor), ""));
        text
    }
}

/// Tell what to read at the start of a conversation, within a budget of tokens.
///
/// The vault's `AGENTS.md`, pinned notes, open pull requests, the last entries of the journal, and what changed since a cursor and by whom.
#[utoipa::path(
    get,
    path = "/v1/brief",
    tag = "search",
    params(BriefQuery),
    responses((status = 200, body = BriefResponse), (status = "4XX", body = Problem, content_type = "application/problem+json"),
        (status = "5XX", body = Problem, content_type = "application/problem+json"))
)]
pub async fn get_brief(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
) -> Result<Json<BriefResponse>, Problem> {
    caller.require(Scope::Read)?;
    let params = Params::parse(query.as_deref(), VALID)?;
    let source = source_of(&state, params.get("source"))?;
    let budget = budget(params.number("budget")?)?;
    let cursor = Cursor::parse(params.get("since"), &state.clock())?;
    Wanted::parse(&params)?.wait(&state.handle).await?;
    search::is_read(&state, &source.config.name)?;

    // Asked before anything is read: what is read then holds at least this generation.
    let index = Index::from(state.handle.freshness_of(Some(&source.config.name)));
    let now = state.clock().now;
    let (of, by) = (Arc::clone(&source), caller.clone());
    let requests = Requests::of(&state, &source);
    let mut changed = state.work.run(move || committed(&of, &by, &requests, &cursor)).await??;
    let next = changed.next(now, index.lag_ms);
    let visible = Visible {
        source: source.config.name.clone(),
        prefix: caller.prefix.clone(),
    };
    let told = Told::new(&state, &source, changed.second, params.get("since").is_none());
    let (shared, of, by) = (Arc::clone(&state), Arc::clone(&source), caller.clone());
    let run = move |searcher: &_, deadline| {
        let open = uncommitted(&of, &by, searcher, &visible, &told, deadline)?;
        changed.add(open.lines);
        changed.warnings.extend(open.warnings);
        Ok((read(&shared, &of, searcher, &visible)?, changed))
    };
    let (found, mut changed) = search::on_snapshot(&state, run).await?;
    let pulls = open_ones(&state, &caller);
    let bounds = [changed.bound(&source), found.warning, pulls.warning];
    changed.warnings.extend(bounds.into_iter().flatten());
    let gathered = Gathered {
        passages: [found.instructions.into_iter().collect(), found.pinned, found.journal],
        pulls: pulls.found,
        changed,
    };
    Ok(Json(packed(&state, source.config.name.to_string(), budget, gathered, next, index)))
}

/// All that may be told.
struct Gathered {
    /// Instructions, pinned notes, the journal.
    passages: [Vec<Draft>; 3],
    pulls: Vec<PullRequestEntry>,
    changed: Changed,
}

fn packed(state: &AppState, source: String, budget: usize, found: Gathered, cursor: String, index: Index) -> BriefResponse {
    let Gathered {
        passages: [instructions, pinned, journal],
        pulls,
        changed,
    } = found;
    let drafts = |of: &[Draft]| of.iter().map(Draft::piece).collect::<Vec<_>>();
    let bare = |head: String| Piece { head, text: String::new() };
    let pieces = [
        drafts(&instructions),
        drafts(&pinned),
        pulls.iter().map(|it| bare(pull_request(it))).collect(),
        drafts(&journal),
        changed.lines.iter().map(|it| bare(it.line())).collect(),
    ];
    let groups = pieces.into_iter().zip(TITLES).zip(SHARES);
    let groups: Vec<Group> = groups.map(|((pieces, title), share)| Group { title, share, pieces }).collect();
    let last = estimate(&last_line(&cursor)) + 1;
    let packed = pack(budget.saturating_sub(last), &groups);
    let chosen = |group: usize| packed.groups.get(group).map(Vec::as_slice).unwrap_or_default();
    let given = |of: &[Draft], chosen: &[Chosen]| -> Vec<PackedPassage> { chosen.iter().map(|it| of[it.at].packed(state, it)).collect() };
    BriefResponse {
        source,
        budget,
        used: packed.used + last,
        omitted: packed.omitted,
        duplicates: packed.duplicates,
        instructions: given(&instructions, chosen(0)).pop(),
        pinned: given(&pinned, chosen(1)),
        pull_requests: chosen(2).iter().map(|it| pulls[it.at].clone()).collect(),
        journal: given(&journal, chosen(3)),
        changes: chosen(4).iter().map(|it| changed.lines[it.at].clone()).collect(),
        cursor,
        warnings: changed.warnings,
        index,
    }
}

/// `git.example.org/home/cluster#7  Raise the limits  Agent/Pull requests/home/cluster/7.md`
fn pull_request(it: &PullRequestEntry) -> String {
    let note = it
        .path
        .as_ref()
        .map(|it| format!("  {}", one_line(it, usize::MAX)))
        .unwrap_or_default();
    format!("{}  {}{note}", one_line(&it.pr, TITLE_MOST), one_line(&it.title, TITLE_MOST))
}

/// Fits into the least budget that there is: without it the next brief would tell all of it again.
fn last_line(cursor: &str) -> String {
    format!("next time: membridge brief --since {cursor}")
}
