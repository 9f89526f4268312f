//! What the engine refuses, as an answer: one exhaustive match. Knows no route.

use crate::{
    engine::request::WriteError,
    http::problem::{Problem, ProblemKind},
    model::note::edit::{EditError, EditRefusal},
};

/// The one place where what the engine refuses becomes an answer.
pub fn problem(why: WriteError, path: &str) -> Problem {
    fn new(kind: ProblemKind, detail: impl Into<String>) -> Problem {
        Problem::new(kind, detail)
    }
    match why {
        WriteError::NoSource => new(ProblemKind::SourceNotFound, "there is no such source"),
        WriteError::NoNote => new(ProblemKind::NoteNotFound, format!("there is no note `{path}`")),
        WriteError::AlreadyExists(there, hash) => new(ProblemKind::AlreadyExists, format!("the note `{there}` exists"))
            .hint("choose another name, or move or delete that note first")
            .current_hash(hash.to_string()),
        WriteError::Twin(twin) => new(
            ProblemKind::AlreadyExists,
            format!("`{path}` would be the same file as `{twin}` on a device that does not tell case or Unicode forms apart"),
        )
        .hint("use the existing spelling, or another name")
        .candidates(vec![twin.to_string()]),
        WriteError::NeedsMatch(hash) => new(
            ProblemKind::PreconditionRequired,
            format!("the note `{path}` exists, and the request has no `If-Match`"),
        )
        .current_hash(hash.to_string()),
        WriteError::Stale(hash) => {
            let stale = new(ProblemKind::StaleNote, format!("the note `{path}` is not the one that was read"));
            match hash {
                Some(hash) => stale.current_hash(hash.to_string()),
                None => stale,
            }
        }
        WriteError::Conflict => new(
            ProblemKind::Conflict,
            format!("the note `{path}` was changed by someone else, again and again, while it was written"),
        )
        .retry_after_ms(2000),
        WriteError::Forbidden(why) => new(ProblemKind::ForbiddenPath, why)
            .hint("write below the agent's folder, or have the owner open the path under `write` in the configuration"),
        WriteError::NeedsEditScope => new(
            ProblemKind::ForbiddenScope,
            "notes that people wrote are changed with the scope `edit`",
        ),
        WriteError::NotMarkdown => {
            new(ProblemKind::UnsupportedMediaType, "only Markdown notes are written").hint("give the note a name that ends with `.md`")
        }
        WriteError::InvalidName(why) => new(ProblemKind::InvalidPath, why),
        WriteError::Edit(why) => edit_problem(why),
        WriteError::Secret { kind, place } => new(
            ProblemKind::SecretFound,
            format!("{place} would hold what looks like a secret ({kind}); nothing was changed"),
        ),
        WriteError::NotUtf8 => new(
            ProblemKind::UnsupportedEncoding,
            format!("the note `{path}` is not UTF-8, so it can be read and not be written"),
        ),
        WriteError::TooLarge { size, most } => new(
            ProblemKind::TooLarge,
            format!("the note has or would have {size} bytes; {most} is the most"),
        ),
        WriteError::ReadOnlySource => new(
            ProblemKind::ReadOnlySource,
            "this source is a repository: it is read, and never written",
        )
        .hint("change it where it comes from, by a commit or a pull request; write notes into a vault"),
        WriteError::OtherRequest => new(
            ProblemKind::IdempotencyMismatch,
            "the `Idempotency-Key` came with another request before",
        ),
        WriteError::Busy(why) => new(ProblemKind::Busy, why).retry_after_ms(1000),
        WriteError::NotReady => new(ProblemKind::NotReady, "the vault is not wholly there at the moment").retry_after_ms(5000),
        WriteError::Full => new(ProblemKind::StorageFull, "the disk is full; nothing was changed"),
        WriteError::ReadOnly => new(ProblemKind::NotReady, "the vault's file system is read-only; nothing was changed")
            .hint("mount the vault for writing")
            .retry_after_ms(30_000),
        WriteError::Failed(why) => new(ProblemKind::Internal, why),
    }
}

/// As [`problem`], of a new note whose text cannot be put together.
pub fn composing(why: EditRefusal) -> Problem {
    match why {
        EditRefusal::InvalidFrontmatter(why) | EditRefusal::Invalid(why) => {
            Problem::new(ProblemKind::InvalidBody, why).hint("give the properties beside the text, not in it")
        }
        why => edit_problem(EditError { at: 0, why }),
    }
}

fn edit_problem(EditError { at, why }: EditError) -> Problem {
    let new = |kind, detail: String| Problem::new(kind, format!("edit {}: {detail}; nothing was changed", at + 1));
    match why {
        EditRefusal::SectionNotFound { section, candidates } => {
            new(ProblemKind::SectionNotFound, format!("the note has no section `{section}`")).candidates(candidates)
        }
        EditRefusal::AmbiguousSection { section, candidates } => {
            new(ProblemKind::AmbiguousSection, format!("several sections are called `{section}`")).candidates(candidates)
        }
        EditRefusal::BlockNotFound { block, candidates } => {
            new(ProblemKind::BlockNotFound, format!("the note has no block `{block}`")).candidates(candidates)
        }
        EditRefusal::TextNotFound => new(ProblemKind::TextNotFound, "the old text does not stand there".to_owned()),
        EditRefusal::TextAmbiguous { found, lines } => {
            let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
            let detail = format!("the old text stands there {found} times, at the lines {}", lines.join(", "));
            new(ProblemKind::TextAmbiguous, detail)
        }
        EditRefusal::InvalidFrontmatter(why) => new(ProblemKind::InvalidFrontmatter, why),
        EditRefusal::Invalid(why) => new(ProblemKind::InvalidBody, why).hint("correct this edit; the others were not made either"),
    }
}
