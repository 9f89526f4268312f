//! What is counted of requests while they are answered. Knows routes, methods and statuses; never a path, a query or who asked.

use std::time::Duration;

use axum::{
    http::{Method, StatusCode},
    response::Response,
};
use prometheus_client::{
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use crate::{engine::timings::BOUNDS, model::pull_request::delivery::BadSignature};

/// Names and values. Of both there is a small number, whatever callers send.
type Labels = Vec<(&'static str, String)>;

/// The route of webhooks, and whose they can be.
const WEBHOOKS: &str = "/v1/webhooks/{kind}";
const KINDS: [&str; 5] = ["gitea", "forgejo", "github", "gitlab", "flux"];

/// What became of a webhook: of one whose signature was not taken, what was wrong with it; of others by the status of the answer.
const OUTCOMES: [&str; 8] = [
    "accepted",
    "signature-missing",
    "signature-wrong",
    "signature-too-old",
    "unknown",
    "unavailable",
    "too-large",
    "refused",
];

/// What was counted since the start.
#[derive(Debug, Clone)]
pub struct Requests {
    durations: Family<Labels, Histogram, fn() -> Histogram>,
    webhooks: Family<Labels, Counter>,
    running: Gauge,
}

/// One request that is being answered.
#[derive(Debug)]
pub struct Running(Gauge);

impl Requests {
    /// Returns the counts at their start; those of these webhooks, `gitea` and the like, are there from the beginning.
    pub fn new(webhooks: &[&'static str]) -> Requests {
        let requests = Requests {
            durations: Family::new_with_constructor(|| Histogram::new(BOUNDS)),
            webhooks: Family::default(),
            running: Gauge::default(),
        };
        for kind in webhooks {
            for outcome in OUTCOMES {
                drop(requests.webhooks.get_or_create(&webhook_labels(kind, outcome)));
            }
        }
        requests
    }

    /// Counts a request as being answered until the result is dropped, also when its caller goes away.
    pub fn begin(&self) -> Running {
        self.running.inc();
        Running(self.running.clone())
    }

    /// Counts an answer. `route` is the one that was matched, `-` for none; `path` is looked at for the kind of a webhook only.
    pub fn answered(&self, method: &Method, route: &str, path: &str, response: &Response, duration: Duration) {
        let status = response.status();
        let labels = vec![
            ("method", method_name(method).to_owned()),
            ("route", route.replace("{*", "{")),
            ("status", format!("{}xx", status.as_u16() / 100)),
        ];
        self.durations.get_or_create_owned(&labels).observe(duration.as_secs_f64());
        if route == WEBHOOKS {
            let kind = path.rsplit('/').next().unwrap_or_default();
            // What somebody else put there is no name of ours.
            let kind = KINDS.into_iter().find(|it| *it == kind).unwrap_or("other");
            let outcome = match response.extensions().get::<BadSignature>() {
                Some(why) => unsigned(*why),
                None => outcome(status),
            };
            self.webhooks.get_or_create_owned(&webhook_labels(kind, outcome)).inc();
        }
    }

    /// Adds them to what Prometheus is told.
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "http_request_duration_seconds",
            "Time until a request of the API was answered",
            self.durations.clone(),
        );
        registry.register("http_requests_running", "Requests that are being answered", self.running.clone());
        registry.register("webhooks", "Webhooks by sender and by what became of them", self.webhooks.clone());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.dec();
    }
}

fn webhook_labels(kind: &str, outcome: &str) -> Labels {
    vec![("kind", kind.to_owned()), ("outcome", outcome.to_owned())]
}

fn unsigned(why: BadSignature) -> &'static str {
    match why {
        BadSignature::Missing => "signature-missing",
        BadSignature::Wrong => "signature-wrong",
        BadSignature::TooOld => "signature-too-old",
    }
}

fn outcome(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200..=299 => "accepted",
        404 => "unknown",
        413 => "too-large",
        500..=599 => "unavailable",
        _ => "refused",
    }
}

/// Anybody may invent methods.
fn method_name(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    known.into_iter().find(|it| *it == method.as_str()).unwrap_or("other")
}
