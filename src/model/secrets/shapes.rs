//! Secrets that tell themselves by their shape: tokens with a prefix, JSON web tokens, URLs with a password, authorization headers. Knows
//! these shapes; must not know keys and values.

use std::{borrow::Cow, sync::LazyLock};

use regex::{Regex, bytes::SetMatches};

use super::{Found, is_placeholder};

/// Kind, trigger and pattern. Of the pattern, the first group is the secret, or all where there is none; none looks further than the word.
const SHAPES: [(&str, &str, &str); 63] = [
    ("aws-access-key", r"\b(?:AKIA|ASIA)", r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"),
    ("github-token", r"\bgh[pousr]_", r"\bgh[pousr]_[A-Za-z0-9]{36,}"),
    ("github-token", r"\bgithub_pat_", r"\bgithub_pat_[A-Za-z0-9_]{22,}"),
    (
        "gitlab-token",
        r"\bgl(?:pat|dt|rt|ptt|cbt|soat|agent|oas)-",
        r"\bgl(?:pat|dt|rt|ptt|cbt|soat|agent|oas)-[A-Za-z0-9_.-]{20,}",
    ),
    ("slack-token", r"\bxox[abeoprs]-", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("slack-token", r"\bxapp-[0-9]-", r"\bxapp-[0-9]-[A-Za-z0-9-]{10,}"),
    (
        "slack-webhook",
        r"\bhooks\.slack\.com/services/",
        r"\bhooks\.slack\.com/services/([A-Za-z0-9]+/[A-Za-z0-9]+/[A-Za-z0-9]{16,})",
    ),
    (
        "discord-webhook",
        r"\bdiscord(?:app)?\.com/api/webhooks/",
        r"\bdiscord(?:app)?\.com/api/webhooks/([0-9]+/[A-Za-z0-9_-]{40,})",
    ),
    ("stripe-key", r"\b[sr]k_(?:live|test)_", r"\b[sr]k_(?:live|test)_[A-Za-z0-9]{16,}"),
    ("stripe-key", r"\bwhsec_", r"\bwhsec_[A-Za-z0-9+/=]{24,}"),
    ("anthropic-key", r"\bsk-ant-", r"\bsk-ant-[A-Za-z0-9_-]{20,}"),
    (
        "openai-key",
        r"\bsk-(?:proj|svcacct|admin)-",
        r"\bsk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{20,}",
    ),
    ("openrouter-key", r"\bsk-or-v1-", r"\bsk-or-v1-[0-9a-f]{32,}"),
    ("openai-key", r"\bsk-[A-Za-z0-9]", r"\bsk-[A-Za-z0-9]{32,}"),
    ("google-key", r"\bAIza", r"\bAIza[A-Za-z0-9_-]{35}"),
    ("google-key", r"\bGOCSPX-", r"\bGOCSPX-[A-Za-z0-9_-]{28}"),
    ("google-token", r"\bya29\.", r"\bya29\.[A-Za-z0-9_-]{20,}"),
    ("npm-token", r"\bnpm_", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("pypi-token", r"\bpypi-", r"\bpypi-[A-Za-z0-9_-]{50,}"),
    ("huggingface-token", r"\bhf_", r"\bhf_[A-Za-z0-9]{30,}"),
    ("digitalocean-token", r"\bdo[opr]_v1_", r"\bdo[opr]_v1_[0-9a-f]{64}\b"),
    ("vault-token", r"\bhvs\.", r"\bhvs\.[A-Za-z0-9_-]{24,}"),
    (
        "sendgrid-key",
        r"\bSG\.[A-Za-z0-9_-]+\.",
        r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{32,}",
    ),
    // As `bot123..` in the address of its API.
    ("telegram-token", r"[0-9]:AA", r"(?:\b|bot)[0-9]{8,10}:AA[A-Za-z0-9_-]{33}"),
    ("matrix-token", r"\bsyt_", r"\bsyt_[A-Za-z0-9+/=_-]{20,}"),
    ("ntfy-token", r"\btk_", r"\btk_[a-z0-9]{29}\b"),
    (
        "azure-key",
        r"[?&]sig=",
        r"[?&]sig=([A-Za-z0-9+/]{20,}(?:%[0-9A-Fa-f]{2}[A-Za-z0-9+/]*)*)",
    ),
    (
        "teams-webhook",
        r"\.webhook\.office\.com/webhookb2/",
        r"\.webhook\.office\.com/webhookb2/([A-Za-z0-9@/-]{40,})",
    ),
    ("age-key", r"\bAGE-SECRET-KEY-(?:PQ-)?1", r"\bAGE-SECRET-KEY-(?:PQ-)?1[A-Z0-9]{40,}"),
    (
        "jwt",
        r"eyJ[A-Za-z0-9_-]+\.eyJ",
        r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
    ),
    (
        "url-password",
        r"://[^\s/:@?#]*:[^\s/@]+@",
        r"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@?#\x22'<>`\[\]]{0,100}:([^\s/\x22'<>`\[\]]{1,200})@[A-Za-z0-9\[]",
    ),
    (
        "authorization",
        r"(?i)bearer[ ]+[a-z0-9]",
        r"(?i)\bbearer[ ]{1,3}([a-z0-9._~+/-]{20,}=*)",
    ),
    (
        "authorization",
        r"(?i)authorization[\x22\x27]?[ ]*[:=]",
        r"(?i)\bauthorization[\x22']?[ ]{0,3}[:=][ ]{0,3}[\x22']?(?:basic|token)[ ]{1,3}([a-z0-9._~+/-]{12,}=*)",
    ),
    (
        "gitlab-token",
        r"\b(?:GR1348941|glimt-|glffct-)",
        r"\b(?:GR1348941|glimt-|glffct-)[A-Za-z0-9_-]{20,}",
    ),
    ("huggingface-token", r"\bapi_org_", r"\bapi_org_[A-Za-z]{34}\b"),
    ("docker-token", r"\bdckr_(?:pat|oat)_", r"\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}"),
    (
        "tailscale-key",
        r"\btskey-",
        r"\btskey-[a-z]{2,12}-[A-Za-z0-9]{6,}-[A-Za-z0-9]{16,}",
    ),
    ("linear-key", r"\blin_(?:api|oauth)_", r"\blin_(?:api|oauth)_[A-Za-z0-9]{32,}"),
    ("notion-token", r"\bntn_", r"\bntn_[A-Za-z0-9]{40,}"),
    ("notion-token", r"\bsecret_[A-Za-z0-9][A-Za-z0-9]", r"\bsecret_[A-Za-z0-9]{43}\b"),
    ("grafana-token", r"\bglsa_", r"\bglsa_[A-Za-z0-9]{32}_[0-9a-fA-F]{8}\b"),
    ("grafana-token", r"\bglc_", r"\bglc_[A-Za-z0-9+/]{32,}={0,2}"),
    ("databricks-token", r"\bdapi", r"\bdapi[0-9a-f]{32}\b"),
    ("shopify-token", r"\bshp(?:at|ca|pa|ss)_", r"\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}\b"),
    ("mailgun-key", r"\bkey-[0-9a-f][0-9a-f][0-9a-f][0-9a-f]", r"\bkey-[0-9a-f]{32}\b"),
    ("postman-key", r"\bPMAK-", r"\bPMAK-[0-9a-f]{24}-[0-9a-f]{34}\b"),
    ("twilio-key", r"\bSK[0-9a-f][0-9a-f][0-9a-f]", r"\bSK[0-9a-f]{32}\b"),
    ("vault-token", r"\bhv[br]\.", r"\bhv[br]\.[A-Za-z0-9_-]{24,}"),
    ("pulumi-token", r"\bpul-", r"\bpul-[0-9a-f]{40}\b"),
    (
        "terraform-token",
        r"\.atlasv1\.",
        r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,}",
    ),
    ("new-relic-key", r"\bNRAK-", r"\bNRAK-[A-Z0-9]{27}\b"),
    ("heroku-key", r"\bHRKU-", r"\bHRKU-[A-Za-z0-9_-]{36,}"),
    (
        "airtable-token",
        r"\bpat[A-Za-z0-9]+\.[0-9a-f]",
        r"\bpat[A-Za-z0-9]{14}\.[0-9a-f]{64}\b",
    ),
    ("groq-key", r"\bgsk_", r"\bgsk_[A-Za-z0-9]{48,}"),
    ("xai-key", r"\bxai-[A-Za-z0-9]", r"\bxai-[A-Za-z0-9]{60,}"),
    ("square-token", r"\bEAAA", r"\bEAAA[A-Za-z0-9_-]{60}\b"),
    ("sentry-token", r"\bsntry[su]_", r"\bsntry[su]_[A-Za-z0-9+/=_]{40,}"),
    (
        "sentry-dsn",
        r"://[0-9a-f]+:[0-9a-f]+@",
        r"\bhttps://[0-9a-f]{32}:([0-9a-f]{32})@[A-Za-z0-9.-]+/[0-9]+",
    ),
    ("azure-key", r"\bAccountKey=", r"\bAccountKey=([A-Za-z0-9+/]{60,}={0,2})"),
    ("azure-key", r"\bSharedAccessKey=", r"\bSharedAccessKey=([A-Za-z0-9+/]{40,}={0,2})"),
    (
        "discord-token",
        r"\b[MNO][A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]",
        r"\b[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}\b",
    ),
    // A bcrypt hash in Base64, as Caddy has it.
    ("password-hash", r"\bJDJ[abxy]J", r"\bJDJ[abxy]J[A-Za-z0-9+/]{60,}={0,2}"),
    (
        "private-key",
        r"\bLS0tLS1CRUdJTi(?:BSU0Eg|BQUklWQVRF|BPUEVOU1NI|BFQyBQ|BFTkNSWVB|BEU0Eg)",
        r"\bLS0tLS1CRUdJTi(?:BSU0Eg|BQUklWQVRF|BPUEVOU1NI|BFQyBQ|BFTkNSWVB|BEU0Eg)[A-Za-z0-9+/]{24,}={0,2}",
    ),
];

static PATTERNS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    let compile = |pattern: &str| Regex::new(&after_italics(pattern).replace(r"\b", r"(?-u:\b)")).expect("the patterns are constant");
    SHAPES.iter().map(|(kind, _, pattern)| (*kind, compile(pattern))).collect()
});

/// Lets a pattern begin behind an underscore, too: `_ghp_..._` is a token in italics.
fn after_italics(pattern: &str) -> Cow<'_, str> {
    match pattern.strip_prefix(r"\b") {
        Some(rest) => Cow::Owned(format!(r"(?:\b|_){rest}")),
        None => Cow::Borrowed(pattern),
    }
}

/// Returns what a text must hold for the search of each shape to be worth it.
pub(super) fn triggers() -> impl Iterator<Item = Cow<'static, str>> {
    SHAPES.iter().map(|(_, trigger, _)| after_italics(trigger))
}

/// Returns the secrets of those shapes whose triggers the text holds.
pub(super) fn find(text: &str, triggered: &SetMatches) -> Vec<Found> {
    let mut all = Vec::new();
    for (_, (kind, pattern)) in PATTERNS.iter().enumerate().filter(|(nth, _)| triggered.matched(*nth)) {
        for captures in pattern.captures_iter(text) {
            let secret = captures.get(1).or_else(|| captures.get(0)).expect("group 0 is the match");
            // `Bearer authentication-in-general` is prose: a token has digits.
            let is_prose = *kind == "authorization" && !secret.as_str().bytes().any(|it| it.is_ascii_digit());
            // A program fills in `{token}`.
            let is_hole = *kind == "url-password" && secret.as_str().starts_with('{') && secret.as_str().ends_with('}');
            if !is_prose && !is_hole && !is_placeholder(secret.as_str()) {
                all.push(Found {
                    range: secret.range(),
                    kind,
                });
            }
        }
    }
    all
}
