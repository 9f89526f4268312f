//! What the benches share: a seeded vault, fixed queries, and the bare programs that ours is measured beside.

pub(crate) mod bare;
pub(crate) mod client;
pub(crate) mod service;
pub(crate) mod vault;
