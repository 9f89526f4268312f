use super::*;

/// HMAC-SHA256 of `{}` under `secret`, by openssl.
const SIGNATURE: &str = "77325902caca812dc259733aacd046b73817372c777b8d95b402647474516e13";

fn header(pairs: &[(&str, &str)], name: &str) -> Option<String> {
    pairs
        .iter()
        .find(|(it, _)| it.eq_ignore_ascii_case(name))
        .map(|(_, value)| (*value).to_owned())
}

fn check_signature(kind: ForgeKind, headers: &[(&str, &str)], expected: Result<(), BadSignature>) {
    let secrets = [b"old".to_vec(), b"".to_vec(), b"secret".to_vec()];
    let found = verify(kind, &|name| header(headers, name), b"{}", &secrets, 1_000_000);
    assert_eq!(found, expected, "{kind:?} {headers:?}");
}

#[test]
fn signatures_in_hexadecimal() {
    use ForgeKind::{Forgejo, GitHub, Gitea};
    let hub = format!("sha256={SIGNATURE}");
    let other = format!("{}00", &SIGNATURE[..62]);
    for kind in [Gitea, Forgejo] {
        check_signature(kind, &[("X-Gitea-Signature", SIGNATURE)], Ok(()));
        check_signature(kind, &[("X-Forgejo-Signature", SIGNATURE)], Ok(()));
        check_signature(kind, &[("X-Hub-Signature-256", &hub)], Ok(()));
        check_signature(
            kind,
            &[("X-Gitea-Signature", ""), ("X-Hub-Signature-256", "sha256=")],
            Err(BadSignature::Missing),
        );
        check_signature(kind, &[("X-Gitea-Signature", &other)], Err(BadSignature::Wrong));
    }
    check_signature(GitHub, &[("X-Hub-Signature-256", &hub)], Ok(()));
    check_signature(GitHub, &[("X-Gitea-Signature", SIGNATURE)], Err(BadSignature::Missing));
    check_signature(GitHub, &[("X-Hub-Signature", &hub)], Err(BadSignature::Missing));
    check_signature(GitHub, &[], Err(BadSignature::Missing));
    for wrong in ["sha256=00", "sha256=zz", "sha256=é", &hub[..70], &other] {
        check_signature(GitHub, &[("X-Hub-Signature-256", wrong)], Err(BadSignature::Wrong));
    }
}

/// Each header has one spelling; others were taken, too.
#[test]
fn signatures_are_spelled_as_their_forge_spells_them() {
    use ForgeKind::{Forgejo, GitHub, Gitea};
    let hub = format!("sha256={SIGNATURE}");
    let upper = SIGNATURE.to_uppercase();
    for kind in [Gitea, Forgejo] {
        for name in ["X-Gitea-Signature", "X-Forgejo-Signature"] {
            check_signature(kind, &[(name, &upper)], Err(BadSignature::Wrong));
            check_signature(kind, &[(name, &hub)], Err(BadSignature::Wrong));
        }
    }
    for kind in [Gitea, Forgejo, GitHub] {
        for wrong in [
            SIGNATURE,
            &format!("sha256={upper}"),
            &format!("SHA256={SIGNATURE}"),
            &format!("sha256=sha256={SIGNATURE}"),
        ] {
            check_signature(kind, &[("X-Hub-Signature-256", wrong)], Err(BadSignature::Wrong));
        }
    }
    for (wrong, refusal) in [
        (SIGNATURE, BadSignature::Wrong),
        (&format!("sha256={upper}"), BadSignature::Wrong),
        ("sha256=", BadSignature::Missing),
    ] {
        assert_eq!(
            verify_flux(&|_| Some(wrong.to_owned()), b"{}", &[b"secret".to_vec()]),
            Err(refusal),
            "{wrong}"
        );
    }
}

#[test]
fn an_empty_secret_matches_nothing() {
    let signature = hex::encode(code(b"", &[b"{}"]));
    check_signature(ForgeKind::Gitea, &[("X-Gitea-Signature", &signature)], Err(BadSignature::Wrong));
    let header = |name: &str| (name == "X-Signature").then(|| format!("sha256={SIGNATURE}"));
    assert_eq!(verify_flux(&header, b"{}", &[]), Err(BadSignature::Wrong));
    assert_eq!(verify_flux(&header, b"{}", &[b"secret".to_vec()]), Ok(()));
    assert_eq!(verify_flux(&header, b"{} ", &[b"secret".to_vec()]), Err(BadSignature::Wrong));
    assert_eq!(verify_flux(&|_| None, b"{}", &[b"secret".to_vec()]), Err(BadSignature::Missing));
}

#[test]
fn gitlab_sends_its_token_or_signs_the_time() {
    use ForgeKind::GitLab;
    check_signature(GitLab, &[("X-Gitlab-Token", "secret")], Ok(()));
    check_signature(GitLab, &[("X-Gitlab-Token", "old")], Ok(()));
    check_signature(GitLab, &[("X-Gitlab-Token", "secre")], Err(BadSignature::Wrong));
    check_signature(GitLab, &[("X-Gitlab-Token", "")], Err(BadSignature::Missing));
    check_signature(GitLab, &[], Err(BadSignature::Missing));
    // `m.999900.{}` and `m.900000.{}` under `secret`, by openssl.
    let (right, old) = (
        "v1,amoBY6cLenwObNF1nAD1crAUMT7uoYvnNGcUXFEQE/E=",
        "v1,y4GWobjUGDBYEq+ysbFGUVA/aGE91IX2X86gI8AAghU=",
    );
    let check = |time: &str, signature: &str, expected| {
        check_signature(
            GitLab,
            &[("webhook-id", "m"), ("webhook-timestamp", time), ("webhook-signature", signature)],
            expected,
        );
    };
    check("999900", right, Ok(()));
    check("999900", &format!("v1,AAAA v2,xx {right}"), Ok(()));
    check("999901", right, Err(BadSignature::Wrong));
    check("900000", old, Err(BadSignature::TooOld));
    check("999900", "v1,", Err(BadSignature::Wrong));
    // A signature decides, whatever the token says.
    let both = [
        ("webhook-id", "m"),
        ("webhook-timestamp", "999900"),
        ("webhook-signature", "v1,AAAA"),
        ("X-Gitlab-Token", "secret"),
    ];
    check_signature(GitLab, &both, Err(BadSignature::Wrong));
}

#[test]
fn base64_is_read() {
    let check = |text: &str, expected: Option<&[u8]>| assert_eq!(base64(text.as_bytes()).as_deref(), expected, "{text}");
    check("", Some(b""));
    check("Zg==", Some(b"f"));
    check("Zm8=", Some(b"fo"));
    check("Zm9vYmFy", Some(b"foobar"));
    check("Zm9vYmE", Some(b"fooba"));
    check("Zm 9v", None);
}

#[test]
fn ids_are_printable_and_short() {
    let check = |kind, headers: &[(&str, &str)], expected: Option<&str>| {
        assert_eq!(id(kind, &|name| header(headers, name)).as_deref(), expected, "{headers:?}");
    };
    check(
        ForgeKind::Forgejo,
        &[("X-Gitea-Delivery", "g"), ("X-Forgejo-Delivery", "f")],
        Some("f"),
    );
    check(ForgeKind::GitHub, &[("X-GitHub-Delivery", "72d3162e-cc78")], Some("72d3162e-cc78"));
    check(ForgeKind::GitLab, &[("X-Gitlab-Webhook-UUID", "h")], None);
    check(
        ForgeKind::GitLab,
        &[("Idempotency-Key", "a b"), ("X-Gitlab-Event-UUID", "e")],
        Some("e"),
    );
    check(ForgeKind::GitHub, &[("X-GitHub-Delivery", &"x".repeat(201))], None);
}
