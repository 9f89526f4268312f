//! What a webhook delivers: whether its sender knows the secret, which delivery it is, and what it says. Knows the headers and the events of every
//! forge; must not know HTTP beyond them, nor which repositories are ours.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::model::pull_request::{ForgeKind, PullRequest};

mod events;
#[cfg(test)]
mod tests;

/// How far the clock of a sender that signs the time may be off, in seconds.
const CLOCK_WINDOW: i64 = 5 * 60;

/// What GitHub, and those who do as it does, write before the digits of a signature.
const HUB: &str = "sha256=";

/// Longer ids of deliveries are none.
const MAX_ID_BYTES: usize = 200;

/// Why a delivery is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadSignature {
    /// There is no signature, or an empty one: so Gitea sends it when it has no secret.
    Missing,
    /// No secret makes this signature of this body.
    Wrong,
    /// It is right, but was signed more than five minutes ago or ahead.
    TooOld,
}

/// What a delivery says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// A part of what is known of a pull request; its `repo` is the sender's word.
    PullRequest(Box<PullRequest>),
    /// A branch has a new head, `None` when it was removed.
    Push {
        repo: String,
        branch: String,
        head: Option<String>,
    },
    /// Nothing that membridge keeps, and what it was.
    Ignored(&'static str),
}

impl fmt::Display for BadSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadSignature::Missing => "the delivery has no signature",
            BadSignature::Wrong => "the signature does not match",
            BadSignature::TooOld => "the signature is too old",
        })
    }
}

impl BadSignature {
    /// Returns the word by which refusals are counted.
    pub fn as_str(self) -> &'static str {
        match self {
            BadSignature::Missing => "missing",
            BadSignature::Wrong => "wrong",
            BadSignature::TooOld => "too-old",
        }
    }
}

impl std::error::Error for BadSignature {}

/// Checks that the sender of a webhook knows one of the secrets, in constant time and over the bytes as they came. `header` returns a header's
/// value, whatever the case of its name; `now` counts seconds since 1970. Empty secrets match nothing.
pub fn verify(
    kind: ForgeKind,
    header: &dyn Fn(&str) -> Option<String>,
    body: &[u8],
    secrets: &[Vec<u8>],
    now: i64,
) -> Result<(), BadSignature> {
    match kind {
        ForgeKind::Gitea | ForgeKind::Forgejo => {
            let spelled = [("X-Forgejo-Signature", ""), ("X-Gitea-Signature", ""), ("X-Hub-Signature-256", HUB)];
            verify_hex(&spelled, header, body, secrets)
        }
        // Never `X-Hub-Signature`: that is SHA-1.
        ForgeKind::GitHub => verify_hex(&[("X-Hub-Signature-256", HUB)], header, body, secrets),
        ForgeKind::GitLab => verify_gitlab(header, body, secrets, now),
    }
}

/// Checks that the sender of a Flux event (provider `generic-hmac`) knows one of the secrets, as [`verify`] does.
pub fn verify_flux(header: &dyn Fn(&str) -> Option<String>, body: &[u8], secrets: &[Vec<u8>]) -> Result<(), BadSignature> {
    verify_hex(&[("X-Signature", HUB)], header, body, secrets)
}

/// Returns the id of a delivery, which a repeated one has again (but for Gitea's and Forgejo's); `None` where there is no printable one of at most
/// 200 bytes.
pub fn id(kind: ForgeKind, header: &dyn Fn(&str) -> Option<String>) -> Option<String> {
    let names: &[&str] = match kind {
        ForgeKind::Gitea | ForgeKind::Forgejo => &["X-Forgejo-Delivery", "X-Gitea-Delivery"],
        ForgeKind::GitHub => &["X-GitHub-Delivery"],
        // `X-Gitlab-Webhook-UUID` is the hook's, not the delivery's.
        ForgeKind::GitLab => &["Idempotency-Key", "webhook-id", "X-Gitlab-Event-UUID"],
    };
    let is_id = |it: &String| !it.is_empty() && it.len() <= MAX_ID_BYTES && it.bytes().all(|byte| byte.is_ascii_graphic());
    names.iter().filter_map(|it| header(it)).find(is_id)
}

/// Returns what the body of a webhook says. `host` is the configured one and goes into the id of the pull request; the repository is the payload's,
/// to be checked by the caller. Unknown events, actions, fields and shapes are ignored: an error is only a body that is no JSON.
pub fn read(kind: ForgeKind, header: &dyn Fn(&str) -> Option<String>, body: &[u8], host: &str) -> Result<News, String> {
    let value: serde_json::Value = serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?;
    // The fine event first: Gitea's coarse `pull_request_comment` is a review, its fine one an ordinary comment.
    let names: &[&str] = match kind {
        ForgeKind::Gitea | ForgeKind::Forgejo => &[
            "X-Forgejo-Event-Type",
            "X-Gitea-Event-Type",
            "X-Forgejo-Event",
            "X-Gitea-Event",
            "X-GitHub-Event",
        ],
        ForgeKind::GitHub => &["X-GitHub-Event"],
        ForgeKind::GitLab => &[],
    };
    let event = names.iter().filter_map(|it| header(it)).find(|it| !it.is_empty());
    let news = match kind {
        ForgeKind::GitLab => events::of_gitlab(&value, host),
        _ => events::of_hub(kind, event.as_deref(), &value, host),
    };
    Ok(news.unwrap_or_else(News::Ignored))
}

/// Checks signatures that are spelled in lower-case hexadecimal behind what each header has before it: one of those that are there has to match.
/// Whatever is spelled otherwise was made by no forge.
fn verify_hex(
    names: &[(&str, &str)],
    header: &dyn Fn(&str) -> Option<String>,
    body: &[u8],
    secrets: &[Vec<u8>],
) -> Result<(), BadSignature> {
    let given = names.iter().filter_map(|(name, prefix)| Some((header(name)?, *prefix)));
    let given: Vec<(String, &str)> = given.filter(|(it, prefix)| !it.is_empty() && it != prefix).collect();
    if given.is_empty() {
        return Err(BadSignature::Missing);
    }
    let is_digit = |it: u8| matches!(it, b'0'..=b'9' | b'a'..=b'f');
    let digits = given.iter().filter_map(|(it, prefix)| it.strip_prefix(prefix));
    let mut codes = digits.filter(|it| it.bytes().all(is_digit)).filter_map(|it| hex::decode(it).ok());
    let is_right = codes.any(|it| matches_any(&it, &[body], secrets));
    if is_right { Ok(()) } else { Err(BadSignature::Wrong) }
}

/// GitLab sends the plain secret, or signs as Standard Webhooks has it: `v1,` and base64 over `id.timestamp.body`, several with spaces between.
fn verify_gitlab(header: &dyn Fn(&str) -> Option<String>, body: &[u8], secrets: &[Vec<u8>], now: i64) -> Result<(), BadSignature> {
    let Some(signatures) = header("webhook-signature").filter(|it| !it.trim().is_empty()) else {
        let token = header("X-Gitlab-Token").filter(|it| !it.is_empty()).ok_or(BadSignature::Missing)?;
        // What is compared are the codes of both under the secret: that takes as long wherever they differ.
        let is_right = |secret: &Vec<u8>| matches_any(&code(secret, &[token.as_bytes()]), &[secret], std::slice::from_ref(secret));
        return if secrets.iter().any(is_right) {
            Ok(())
        } else {
            Err(BadSignature::Wrong)
        };
    };
    let (Some(id), Some(time)) = (header("webhook-id"), header("webhook-timestamp")) else {
        return Err(BadSignature::Missing);
    };
    let signed = [id.as_bytes(), b".", time.as_bytes(), b".", body];
    // A secret of the standard is spelled in base64 behind a prefix.
    let keys: Vec<Vec<u8>> = secrets
        .iter()
        .map(|it| it.strip_prefix(b"whsec_").and_then(base64).unwrap_or_else(|| it.clone()))
        .collect();
    let given = signatures
        .split_whitespace()
        .filter_map(|it| base64(it.strip_prefix("v1,")?.as_bytes()));
    if !given.into_iter().any(|it| matches_any(&it, &signed, &keys)) {
        return Err(BadSignature::Wrong);
    }
    match time.parse::<i64>() {
        Ok(time) if now.abs_diff(time) <= CLOCK_WINDOW.unsigned_abs() => Ok(()),
        _ => Err(BadSignature::TooOld),
    }
}

/// Whether one of the secrets makes this code of the text that the pieces are.
fn matches_any(code: &[u8], pieces: &[&[u8]], secrets: &[Vec<u8>]) -> bool {
    let secrets = secrets.iter().filter(|it| !it.is_empty());
    secrets.fold(false, |found, secret| found | mac(secret, pieces).verify_slice(code).is_ok())
}

fn code(secret: &[u8], pieces: &[&[u8]]) -> Vec<u8> {
    mac(secret, pieces).finalize().into_bytes().to_vec()
}

fn mac(secret: &[u8], pieces: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes keys of any length");
    pieces.iter().for_each(|it| mac.update(it));
    mac
}

/// Returns the bytes that base64 spells, with or without padding.
fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let digits = match text {
        [digits @ .., b'=', b'='] | [digits @ .., b'='] => digits,
        digits => digits,
    };
    let (mut bytes, mut held, mut n_bits) = (Vec::with_capacity(digits.len() * 3 / 4), 0_u32, 0);
    for digit in digits {
        let digit = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        held = (held << 6 | u32::from(digit)) & 0xFFFF;
        n_bits += 6;
        if n_bits >= 8 {
            n_bits -= 8;
            bytes.push(((held >> n_bits) & 0xFF) as u8);
        }
    }
    Some(bytes)
}
