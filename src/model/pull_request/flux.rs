//! What Flux tells of a revision on the cluster: the events of its notification controller. Knows their JSON; must not know which pull request a
//! commit belongs to.

use serde_json::Value;

use super::{Rollout, json};

/// Longer messages are cut: a failed build may quote a whole manifest.
const MAX_MESSAGE_CHARS: usize = 2000;

/// Under which keys of `metadata` the commit may stand; of an OCI artifact it is the origin's.
const REVISION_KEYS: [&str; 6] = [
    "kustomize.toolkit.fluxcd.io/originRevision",
    "kustomize.toolkit.fluxcd.io/revision",
    "helm.toolkit.fluxcd.io/revision",
    "source.toolkit.fluxcd.io/revision",
    "originRevision",
    "revision",
];

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Rollout(Rollout),
    /// Something was rolled out, and no commit is named: of a HelmRelease often the chart's version alone. Of no pull request can this be told.
    NoCommit {
        object: String,
    },
    /// Nothing has ended, or it has another shape.
    Nothing,
}

/// Returns what an event tells. An error is only a body that is no JSON.
pub fn read(body: &[u8]) -> Result<Event, String> {
    let event: Value = serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?;
    Ok(ended(&event).unwrap_or(Event::Nothing))
}

fn ended(event: &Value) -> Option<Event> {
    let kind = json::name(event, "/involvedObject/kind")?;
    let name = json::name(event, "/involvedObject/name")?;
    let object = match json::name(event, "/involvedObject/namespace") {
        Some(namespace) => format!("{kind} {namespace}/{name}"),
        None => format!("{kind} {name}"),
    };
    let time = json::time(event, "/timestamp")?;
    let metadata = event.get("metadata").unwrap_or(&Value::Null);
    let reason = json::name(event, "/reason").unwrap_or_default();
    let failed = json::name(event, "/severity").is_some_and(|it| it == "error");
    // Only what is done is told: a rollout may go on for long, and still fail.
    if !failed && !is_success(&reason) {
        return None;
    }
    let Some(revision) = REVISION_KEYS.iter().find_map(|it| commit(metadata.get(it)?.as_str()?)) else {
        return Some(Event::NoCommit { object });
    };
    Some(Event::Rollout(Rollout {
        object,
        revision,
        time,
        ok: !failed,
        reason,
        message: json::text(event, "/message")
            .unwrap_or_default()
            .chars()
            .take(MAX_MESSAGE_CHARS)
            .collect(),
    }))
}

/// Says whether an event tells of an end: `ReconciliationSucceeded`, `UpgradeSucceeded`, `InstallSucceeded`, `TestSucceeded`.
fn is_success(reason: &str) -> bool {
    reason.ends_with("Succeeded")
}

/// Returns the commit of a revision: `main/<sha>`, `main@sha1:<sha>`, `sha1:<sha>` or the sha alone. `latest@sha256:..` is an artifact's digest.
fn commit(revision: &str) -> Option<String> {
    let sha = revision.rsplit(['/', '@', ':']).next()?;
    let is_sha = sha.len() == 40 && sha.bytes().all(|it| it.is_ascii_hexdigit());
    is_sha.then(|| sha.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SHA: &str = "0123456789abcdef0123456789abcdef01234567";

    fn rollout(event: &Value) -> Option<Rollout> {
        match read(event.to_string().as_bytes()).unwrap() {
            Event::Rollout(it) => Some(it),
            Event::NoCommit { .. } | Event::Nothing => None,
        }
    }

    #[test]
    fn a_chart_version_without_a_commit_was_lost_silently() {
        let event = json!({"involvedObject": {"kind": "HelmRelease", "namespace": "ai", "name": "a"}, "timestamp": "2025-01-02T03:04:05Z",
            "reason": "UpgradeSucceeded", "metadata": {"helm.toolkit.fluxcd.io/revision": "6.2.1"}});
        let object = "HelmRelease ai/a".to_owned();
        assert_eq!(read(event.to_string().as_bytes()), Ok(Event::NoCommit { object }));
    }

    #[test]
    fn revisions_are_read_in_every_form() {
        let check = |revision: &str, expected: Option<&str>| assert_eq!(commit(revision).as_deref(), expected, "{revision}");
        check(&format!("main/{SHA}"), Some(SHA));
        check(&format!("feature/x/{SHA}"), Some(SHA));
        check(&format!("main@sha1:{SHA}"), Some(SHA));
        check(&format!("sha1:{SHA}"), Some(SHA));
        check(SHA, Some(SHA));
        check(&format!("latest@sha256:{SHA}{}", "0".repeat(24)), None);
        check("6.2.1", None);
        check("", None);
    }

    #[test]
    fn an_event_is_read() {
        let event = json!({
            "involvedObject": {"kind": "Kustomization", "namespace": "flux-system", "name": "apps", "uid": "x"},
            "severity": "error",
            "timestamp": "2025-01-02T03:04:05Z",
            "message": "health check failed",
            "reason": "HealthCheckFailed",
            "metadata": {"kustomize.toolkit.fluxcd.io/revision": format!("main@sha1:{SHA}")},
            "reportingController": "kustomize-controller",
        });
        let expected = Rollout {
            object: "Kustomization flux-system/apps".to_owned(),
            revision: SHA.to_owned(),
            time: "2025-01-02T03:04:05Z".parse().unwrap(),
            ok: false,
            reason: "HealthCheckFailed".to_owned(),
            message: "health check failed".to_owned(),
        };
        assert_eq!(rollout(&event), Some(expected));
    }

    #[test]
    fn the_key_of_the_revision_may_be_any_of_the_known() {
        let check = |metadata: Value, expected: bool| {
            let event = json!({"involvedObject": {"kind": "HelmRelease", "name": "a"}, "timestamp": "2025-01-02T03:04:05Z",
                    "reason": "UpgradeSucceeded", "metadata": metadata});
            let found = rollout(&event);
            assert_eq!(found.is_some_and(|it| it.ok && it.object == "HelmRelease a"), expected, "{event}");
        };
        check(json!({"revision": format!("main/{SHA}")}), true);
        check(json!({"source.toolkit.fluxcd.io/revision": format!("main/{SHA}")}), true);
        check(json!({"helm.toolkit.fluxcd.io/revision": "1.2.3", "revision": SHA}), true);
        check(json!({"helm.toolkit.fluxcd.io/revision": "1.2.3"}), false);
        check(json!({}), false);
        check(Value::Null, false);
    }

    #[test]
    fn what_goes_on_is_no_rollout_yet() {
        let check = |severity: &str, reason: &str, expected: Option<bool>| {
            let event = json!({"involvedObject": {"kind": "Kustomization", "name": "a"}, "timestamp": "2025-01-02T03:04:05Z",
                "severity": severity, "reason": reason, "metadata": {"revision": format!("main/{SHA}")}});
            assert_eq!(rollout(&event).map(|it| it.ok), expected, "{reason}");
        };
        check("info", "Progressing", None);
        check("info", "DependencyNotReady", None);
        check("info", "ReconciliationSucceeded", Some(true));
        check("error", "HealthCheckFailed", Some(false));
    }

    #[test]
    fn what_is_no_event_says_nothing_and_what_is_no_json_is_an_error() {
        let check = |body: &str| assert_eq!(read(body.as_bytes()), Ok(Event::Nothing), "{body}");
        check("[]");
        check("{}");
        check(r#"{"involvedObject": {"kind": "Kustomization", "name": "apps"}}"#);
        assert!(read(b"").is_err());
    }
}
