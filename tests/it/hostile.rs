//! Hostile inputs: tables of raw requests against the real process on a real socket, where no client library tidies them up. The ids are those of
//! reference/hostile-inputs.md; where a row leaves a choice, or differs from api.md, the answer that stands here is the one that holds.
//!
//! Whatever a row is, these hold around it (see [`Service::check`]): the process answers the next search at once, nothing in the vault or beside
//! it changed unless the row is a write that succeeds, the answer tells no token, no place on the disk and no line of code, and asking again
//! gives the same verdict.

use request::Call;
use service::Service;

mod disk;
mod request;
mod service;
mod wire;

mod access;
mod bodies;
mod browser;
mod files;
mod framing;
mod markdown;
mod names;
mod paths;
mod prefix;
mod storage;
mod targets;
mod yaml;

/// A row: its id, the request, and `status kind` of the answer (the status alone where there is no problem, `closed` without an answer).
type Row<'a> = (&'static str, Call, &'a str);

/// Sends every row and fails with those that were answered otherwise.
fn check_all<'a>(service: &mut Service, rows: impl IntoIterator<Item = Row<'a>>) {
    for (id, call, expected) in rows {
        service.check(id, &call.bytes(), expected);
    }
}
