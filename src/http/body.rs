//! Bodies of requests: read whole, within a size and a time, then as one JSON value of a known shape. Knows no route.

use std::time::Duration;

use axum::{
    BoxError,
    body::Body,
    http::{HeaderMap, header},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use tokio::time;

use crate::http::{
    body::unique::UniqueKeys,
    problem::{Problem, ProblemKind},
};

mod unique;

/// What a body may cost.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    pub bytes: usize,
    /// From the first to the last byte.
    pub time: Duration,
}

/// Reads a JSON object into a type that denies unknown fields; `valid` names the fields in the answer to a misspelt one.
pub async fn json<T: DeserializeOwned>(headers: &HeaderMap, body: Body, limits: BodyLimits, valid: &[&str]) -> Result<T, Problem> {
    json_raw(headers, body, limits, valid).await.map(|(value, _)| value)
}

/// As [`json`], with the bytes as they came.
pub async fn json_raw<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
    limits: BodyLimits,
    valid: &[&str],
) -> Result<(T, Vec<u8>), Problem> {
    check_type(headers, &["application/json"])?;
    let bytes = read(headers, body, limits).await?;
    let refused = |detail: String| {
        let problem = Problem::new(ProblemKind::InvalidBody, detail).hint("send one JSON object with the fields of `valid`");
        problem.valid(valid)
    };
    // serde takes an array, too, for the fields in their order.
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Err(refused("the body is no JSON object".to_owned()));
    }
    // A map of any keys keeps the last of two, a reader before us may have looked at the first.
    serde_json::from_slice::<UniqueKeys>(&bytes).map_err(|error| refused(error.to_string()))?;
    let value = serde_json::from_slice(&bytes).map_err(|error| refused(error.to_string()))?;
    Ok((value, bytes))
}

/// Reads JSON of any shape and returns its bytes as they came, which somebody signed.
pub async fn json_bytes(headers: &HeaderMap, body: Body, limits: BodyLimits) -> Result<Vec<u8>, Problem> {
    check_type(headers, &["application/json"])?;
    read(headers, body, limits).await
}

/// Reads the text of a note.
pub async fn markdown(headers: &HeaderMap, body: Body, limits: BodyLimits) -> Result<String, Problem> {
    check_type(headers, &["text/markdown", "application/json"])?;
    let bytes = read(headers, body, limits).await?;
    String::from_utf8(bytes).map_err(|error| {
        Problem::new(
            ProblemKind::UnsupportedEncoding,
            format!("the text is not UTF-8 from byte {} on", error.utf8_error().valid_up_to()),
        )
    })
}

/// Says whether the body is announced as JSON.
pub fn is_json(headers: &HeaderMap) -> bool {
    kind_of(headers).is_some_and(|it| it.eq_ignore_ascii_case("application/json"))
}

fn kind_of(headers: &HeaderMap) -> Option<&str> {
    let written = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    Some(written.split(';').next().unwrap_or_default().trim())
}

/// Only the types of this call, and nothing that a browser form can send without asking (CSRF); nothing that unfolds to more than it is.
fn check_type(headers: &HeaderMap, taken: &[&str]) -> Result<(), Problem> {
    let text = |name| headers.get(name).map(|it| it.to_str().unwrap_or("?"));
    let refused = |detail: String| Err(Problem::new(ProblemKind::UnsupportedMediaType, detail));
    let Some(written) = text(header::CONTENT_TYPE) else {
        return refused("the body has no `Content-Type`".to_owned());
    };
    let (kind, parameters) = written.split_once(';').unwrap_or((written, ""));
    let is_utf8 = matches!(
        parameters.trim().to_ascii_lowercase().replace('"', "").as_str(),
        "" | "charset=utf-8"
    );
    if !taken.iter().any(|it| kind.trim().eq_ignore_ascii_case(it)) || !is_utf8 {
        return refused(format!(
            "`{}` is not taken here, but {}",
            written.escape_default(),
            taken.join(" or ")
        ));
    }
    // hyper takes `gzip, chunked` and undoes the second only.
    let is_plain = |name, own: &str| text(name).is_none_or(|it| it.eq_ignore_ascii_case(own));
    if is_plain(header::CONTENT_ENCODING, "identity") && is_plain(header::TRANSFER_ENCODING, "chunked") {
        Ok(())
    } else {
        refused("a compressed body is not taken".to_owned())
    }
}

async fn read(headers: &HeaderMap, body: Body, limits: BodyLimits) -> Result<Vec<u8>, Problem> {
    let too_large = || Problem::new(ProblemKind::TooLarge, format!("the body has more than {} bytes", limits.bytes));
    let declared = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|it| it.to_str().ok()?.parse::<u64>().ok());
    if declared.is_some_and(|it| it > limits.bytes as u64) {
        return Err(too_large());
    }
    match time::timeout(limits.time, read_frames(Limited::new(body, limits.bytes))).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(error)) => Err(Problem::new(ProblemKind::InvalidBody, format!("the body ended early: {error}"))),
        Err(_) => Err(Problem::new(
            ProblemKind::RequestTimeout,
            format!("the body did not come within {} s", limits.time.as_secs()),
        )),
    }
}

/// Returns the bytes of all frames. Each is copied at once: a body of chunks of one byte would be kept as a million of pieces.
async fn read_frames(mut body: Limited<Body>) -> Result<Vec<u8>, BoxError> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame?.into_data() {
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Asked {
        q: String,
    }

    const LIMITS: BodyLimits = BodyLimits {
        bytes: 32,
        time: Duration::from_millis(200),
    };

    async fn ask(content_type: &str, body: &str) -> Result<String, String> {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, content_type.parse().unwrap())]);
        let asked = json::<Asked>(&headers, Body::from(body.to_owned()), LIMITS, &["q"]).await;
        asked
            .map(|it| it.q)
            .map_err(|it| it.kind.trim_start_matches("/problems/").to_owned())
    }

    #[tokio::test]
    async fn takes_json_of_the_known_shape_only() {
        let check = async |content_type: &str, body: &str, expected: Result<&str, &str>| {
            assert_eq!(
                ask(content_type, body).await,
                expected.map(str::to_owned).map_err(str::to_owned),
                "{content_type} {body}"
            );
        };
        check("application/json", r#"{"q":"a"}"#, Ok("a")).await;
        check("Application/JSON; charset=UTF-8", r#"{"q":"a"}"#, Ok("a")).await;
        check("application/json; charset=utf-16", r#"{"q":"a"}"#, Err("unsupported-media-type")).await;
        check("text/plain", r#"{"q":"a"}"#, Err("unsupported-media-type")).await;
        check("application/x-www-form-urlencoded", "q=a", Err("unsupported-media-type")).await;
        check("application/json", r#"{"q":"a","x":1}"#, Err("invalid-body")).await;
        check("application/json", r#"{"q":"a","q":"b"}"#, Err("invalid-body")).await;
        check("application/json", r#"{"q":{"a":1,"a":2}}"#, Err("invalid-body")).await;
        check("application/json", r#"{"q":["a"]}"#, Err("invalid-body")).await;
        check("application/json", r#"{"q":"a"} x"#, Err("invalid-body")).await;
        check("application/json", &format!(r#"{{"q":"{}"}}"#, "a".repeat(40)), Err("too-large")).await;
    }

    #[tokio::test]
    async fn an_array_in_the_place_of_the_object_is_refused() {
        for body in [r#"["a"]"#, r#" ["a"]"#, r#""a""#, "null", "", " "] {
            assert_eq!(ask("application/json", body).await, Err("invalid-body".to_owned()), "{body}");
        }
        assert_eq!(ask("application/json", "\r\n\t {\"q\":\"a\"}").await, Ok("a".to_owned()));
    }

    #[tokio::test]
    async fn a_body_that_is_announced_too_large_is_not_read() {
        let headers = HeaderMap::from_iter([
            (header::CONTENT_TYPE, "application/json".parse().unwrap()),
            (header::CONTENT_LENGTH, "99999999999".parse().unwrap()),
        ]);
        assert!(
            json::<Asked>(&headers, Body::empty(), LIMITS, &["q"])
                .await
                .unwrap_err()
                .is(ProblemKind::TooLarge)
        );
    }
}
