//! The table of problems: of each kind one status, one title and one hint. Knows no route and no request.

use axum::http::StatusCode;

/// What went wrong, as the `type` of a problem. Each has one status, one title and one default hint, see `ProblemKind::row`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    InvalidPath,
    InvalidQuery,
    InvalidParameter,
    InvalidBody,
    InvalidRequest,
    Unauthorized,
    ForbiddenScope,
    ForbiddenHost,
    ForbiddenPath,
    ReadOnlySource,
    RouteNotFound,
    NoteNotFound,
    SectionNotFound,
    BlockNotFound,
    SourceNotFound,
    RevisionNotFound,
    MethodNotAllowed,
    RequestTimeout,
    AlreadyExists,
    TextNotFound,
    TextAmbiguous,
    Conflict,
    StaleNote,
    PreconditionRequired,
    InvalidFrontmatter,
    SecretFound,
    UnsupportedEncoding,
    IdempotencyMismatch,
    StorageFull,
    AmbiguousSection,
    TooLarge,
    UriTooLong,
    HeadersTooLarge,
    UnsupportedMediaType,
    RateLimited,
    Internal,
    Busy,
    IndexBehind,
    NotReady,
}

/// One line of the table.
pub(super) struct Row {
    pub(super) status: StatusCode,
    pub(super) slug: &'static str,
    pub(super) title: &'static str,
    pub(super) hint: &'static str,
}

impl ProblemKind {
    pub(super) fn row(self) -> Row {
        let row = |status, slug, title, hint| Row { status, slug, title, hint };
        match self {
            Self::InvalidPath => row(
                StatusCode::BAD_REQUEST,
                "invalid-path",
                "this is no path of a note",
                "send a path relative to the vault, such as `Projects/Home Lab.md`",
            ),
            Self::InvalidQuery => row(
                StatusCode::BAD_REQUEST,
                "invalid-query",
                "the query cannot be understood",
                "correct the query at `range`, or leave out `syntax` to search for plain words",
            ),
            Self::InvalidParameter => row(
                StatusCode::BAD_REQUEST,
                "invalid-parameter",
                "a parameter is unknown or has a wrong value",
                "use a parameter of `valid`, each once, or correct the value",
            ),
            Self::InvalidBody => row(
                StatusCode::BAD_REQUEST,
                "invalid-body",
                "the body is not what this call takes",
                "send the body again, with that corrected",
            ),
            Self::InvalidRequest => row(
                StatusCode::BAD_REQUEST,
                "invalid-request",
                "the request is malformed",
                "send one header of each kind, and a `Host`",
            ),
            Self::Unauthorized => row(
                StatusCode::UNAUTHORIZED,
                "unauthorized",
                "nothing valid proves who calls",
                "send `Authorization: Bearer <token>`; the command line reads it from MEMBRIDGE_TOKEN",
            ),
            Self::ForbiddenScope => row(
                StatusCode::FORBIDDEN,
                "forbidden-scope",
                "the token does not allow this",
                "use a token that has the scope",
            ),
            Self::ForbiddenHost => row(
                StatusCode::FORBIDDEN,
                "forbidden-host",
                "this host or origin is not allowed",
                "call the service by a loopback name, or add the name to `allowed_hosts` or `allowed_origins`",
            ),
            Self::ForbiddenPath => row(
                StatusCode::FORBIDDEN,
                "forbidden-path",
                "this file may not be read or written",
                "give the service's user the right to do so",
            ),
            Self::ReadOnlySource => row(
                StatusCode::FORBIDDEN,
                "read-only-source",
                "this source is only read",
                "change it where it comes from; write notes into a vault",
            ),
            Self::RouteNotFound => row(
                StatusCode::NOT_FOUND,
                "route-not-found",
                "there is no such call",
                "see /openapi.json for the calls",
            ),
            Self::NoteNotFound => row(
                StatusCode::NOT_FOUND,
                "note-not-found",
                "there is no such note",
                "search for its words, or list the folder: `/v1/search?path=Folder/**&sort=path`",
            ),
            Self::SectionNotFound => row(
                StatusCode::NOT_FOUND,
                "section-not-found",
                "the note has no such section",
                "use one of `candidates`",
            ),
            Self::BlockNotFound => row(
                StatusCode::NOT_FOUND,
                "block-not-found",
                "the note has no such block",
                "use one of `candidates`, or read with `view=map`",
            ),
            Self::SourceNotFound => row(
                StatusCode::NOT_FOUND,
                "source-not-found",
                "there is no such source",
                "use one of `candidates`",
            ),
            Self::RevisionNotFound => row(
                StatusCode::NOT_FOUND,
                "revision-not-found",
                "there is no such revision",
                "leave the revision out to read the present text",
            ),
            Self::MethodNotAllowed => row(
                StatusCode::METHOD_NOT_ALLOWED,
                "method-not-allowed",
                "this call does not take this method",
                "see the `Allow` header, and /openapi.json",
            ),
            Self::RequestTimeout => row(
                StatusCode::REQUEST_TIMEOUT,
                "request-timeout",
                "the body came too slowly",
                "send the request again, on a new connection",
            ),
            Self::AlreadyExists => row(
                StatusCode::CONFLICT,
                "already-exists",
                "there is such a note already",
                "read it, then send `If-Match` with its hash, or choose another name",
            ),
            Self::TextNotFound => row(
                StatusCode::CONFLICT,
                "text-not-found",
                "the text to be replaced is not in the note",
                "read the note again and copy the text exactly, line ends included",
            ),
            Self::TextAmbiguous => row(
                StatusCode::CONFLICT,
                "text-ambiguous",
                "the text to be replaced stands in the note another number of times",
                "send a longer `old`, `within` a section, or `expect` with the count",
            ),
            Self::Conflict => row(
                StatusCode::CONFLICT,
                "conflict",
                "someone else changes the note at the moment",
                "read the note again, then repeat the edit",
            ),
            Self::StaleNote => row(
                StatusCode::PRECONDITION_FAILED,
                "stale-note",
                "the note has changed since it was read",
                "read the note again, then repeat the write with its hash",
            ),
            Self::PreconditionRequired => row(
                StatusCode::PRECONDITION_REQUIRED,
                "precondition-required",
                "this needs the hash of the note that was read",
                "read the note, then send `If-Match: \"<hash>\"`",
            ),
            Self::InvalidFrontmatter => row(
                StatusCode::UNPROCESSABLE_ENTITY,
                "invalid-frontmatter",
                "the properties of the note cannot be edited safely",
                "mend the frontmatter by hand, or with `replace_lines`",
            ),
            Self::SecretFound => row(
                StatusCode::UNPROCESSABLE_ENTITY,
                "secret-found",
                "the text holds a secret",
                "leave the secret out and say where it is kept; `allow_secret=true` writes it all the same",
            ),
            Self::UnsupportedEncoding => row(
                StatusCode::UNPROCESSABLE_ENTITY,
                "unsupported-encoding",
                "only UTF-8 is written",
                "send the text as UTF-8; save the note as UTF-8",
            ),
            Self::IdempotencyMismatch => row(
                StatusCode::UNPROCESSABLE_ENTITY,
                "idempotency-mismatch",
                "the key belongs to another request",
                "send a fresh `Idempotency-Key`",
            ),
            Self::StorageFull => row(
                StatusCode::INSUFFICIENT_STORAGE,
                "storage-full",
                "there is no room on the disk",
                "make room, then repeat the write",
            ),
            Self::AmbiguousSection => row(
                StatusCode::CONFLICT,
                "ambiguous-section",
                "several sections have this name",
                "use one of `candidates`, or give the lines",
            ),
            Self::TooLarge => row(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too-large",
                "this is larger than the limit",
                "send less, or raise the limit in the configuration",
            ),
            Self::UriTooLong => row(
                StatusCode::URI_TOO_LONG,
                "uri-too-long",
                "the address is longer than the limit",
                "use `POST /v1/search` for long queries",
            ),
            Self::HeadersTooLarge => row(
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                "headers-too-large",
                "the headers are longer than the limit",
                "send fewer headers",
            ),
            Self::UnsupportedMediaType => row(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported-media-type",
                "this type of body is not taken",
                "send `Content-Type: application/json`, UTF-8, not compressed",
            ),
            Self::RateLimited => row(
                StatusCode::TOO_MANY_REQUESTS,
                "rate-limited",
                "too many failed logins from this address",
                "wait `retry_after_ms`, then send a valid token",
            ),
            Self::Internal => row(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                "the service failed",
                "see the log under this request id, and send the request again",
            ),
            Self::Busy => row(
                StatusCode::SERVICE_UNAVAILABLE,
                "busy",
                "the service has too much to do",
                "send the request again after `retry_after_ms`",
            ),
            Self::IndexBehind => row(
                StatusCode::SERVICE_UNAVAILABLE,
                "index-behind",
                "the index has not reached this generation",
                "send the request again after `retry_after_ms`, or leave out `min_generation`",
            ),
            Self::NotReady => row(
                StatusCode::SERVICE_UNAVAILABLE,
                "not-ready",
                "the service is not ready",
                "send the request again after `retry_after_ms`; notes can be read by their path meanwhile",
            ),
        }
    }

    /// Returns the last part of the `type`, such as `invalid-path`.
    pub fn slug(self) -> &'static str {
        self.row().slug
    }

    /// Returns the status that this kind is answered with.
    pub fn status(self) -> StatusCode {
        self.row().status
    }
}
