//! How keys of ports are spelled, in data and in programs. Knows names alone.

/// Says whether a key names a port: `port`, `containerPort`, `DB_PORT`, `web-port`.
pub(super) fn is_port_key(key: &str) -> bool {
    key.eq_ignore_ascii_case("port") || ["Port", "_port", "_PORT", "-port"].iter().any(|it| key.ends_with(it))
}
