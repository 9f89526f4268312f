//! What is a secret, what is none, and the laws of the mask.

use std::{fs, path::Path, time::Duration};

use proptest::prelude::*;

use super::{find, mask};
use crate::model::quickly::quickly;

#[track_caller]
fn check(text: &str, expected: &[(&str, &str)]) {
    let found = find(text);
    let found: Vec<(&str, &str)> = found.iter().map(|it| (it.kind, &text[it.range.clone()])).collect();
    assert_eq!(found, expected, "{text}");
    assert!(find(&mask(text)).is_empty(), "{}", mask(text));
}

/// Put together here, so that no scanner of repositories takes this file for a leak.
fn token(prefix: &str, n: usize) -> String {
    let letters = "a1B2c3D4e5F6g7H8i9J0kLmNoPqRsTuVwXyZ";
    prefix.to_owned() + &letters.repeat(3)[..n]
}

#[test]
fn tokens_tell_themselves() {
    for (kind, secret) in [
        ("github-token", token("ghp_", 36)),
        ("github-token", token("github_pat_", 40)),
        ("gitlab-token", token("glpat-", 20)),
        ("slack-token", token("xoxb-", 24)),
        ("stripe-key", token("sk_live_", 24)),
        ("openai-key", token("sk-", 48)),
        ("openai-key", token("sk-proj-", 48)),
        ("anthropic-key", token("sk-ant-api03-", 40)),
        ("google-key", token("AIza", 35)),
        ("npm-token", token("npm_", 36)),
        ("pypi-token", token("pypi-", 60)),
        ("telegram-token", token("123456789:AA", 33)),
        ("aws-access-key", format!("AKIA{}", "QWERTY234567ASDF")),
        (
            "age-key",
            format!("AGE-SECRET-KEY-1{}", "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE"),
        ),
        ("jwt", format!("{}.{}.{}", token("eyJ", 20), token("eyJ", 20), token("", 30))),
    ] {
        check(&format!("Use {secret}, it works."), &[(kind, &secret)]);
        check(&format!("token: {secret}\n"), &[(kind, &secret)]);
        check(&format!("| key | `{secret}` |"), &[(kind, &secret)]);
    }
    check("postgres://u:p@h/db", &[("url-password", "p")]);
    check("redis://:s3cr3t9@cache:6379", &[("url-password", "s3cr3t9")]);
    let bearer = token("", 30);
    check(&format!("Authorization: Bearer {bearer}"), &[("authorization", &bearer)]);
}

#[test]
fn keys_tell_their_values() {
    check("password: hunter2", &[("password", "hunter2")]);
    check("**Password:** hunter2", &[("password", "hunter2")]);
    check("{\"user\":\"x\",\"password\":\"hunter2\"}", &[("password", "hunter2")]);
    check("export DB_PASSWORD='p4ss word'", &[("password", "p4ss word")]);
    let secret = token("", 40);
    check(&format!("AWS_SECRET_ACCESS_KEY={secret}"), &[("key", &secret)]);
    check(&format!("  clientSecret: \"{secret}\" # rotate"), &[("secret", &secret)]);
    check(
        "GITEA_TOKEN=3f786850e387550fdab836ed7e6dc881de23001b",
        &[("token", "3f786850e387550fdab836ed7e6dc881de23001b")],
    );
}

#[test]
fn keys_tell_in_other_languages_and_scripts() {
    for word in [
        "Passwort",
        "Kennwort",
        "mot de passe",
        "Mot de passe",
        "contraseña",
        "密码",
        "パスワード",
        "пароль",
    ] {
        check(&format!("{word}: Tr0ub4dor&3"), &[("password", "Tr0ub4dor&3")]);
        check(&format!("- **{word}**：Tr0ub4dor&3\n"), &[("password", "Tr0ub4dor&3")]);
    }
    let secret = token("", 40);
    check(&format!("token：{secret}"), &[("token", &secret)]);
    check("パスワード：AES-256による暗号化です2", &[]);
    check("Passwort: siehe Tresor 7", &[]);
    check("https://example.org/?password=hunter2&user=bob", &[("password", "hunter2")]);
}

#[test]
fn a_property_may_be_a_list() {
    let secret = token("", 40);
    check(&format!("---\napi_key: [{secret}]\n---\n"), &[("key", &secret)]);
    check(&format!("tokens: [\"{secret}\", a] # both\n"), &[("token", &secret)]);
    check(&format!("api_keys:\n  - {secret}\n  - b\n"), &[("key", &secret)]);
    check("password: [hunter2](https://example.org) and [x] done", &[]);
    check("token: [[Note 2 with a long title 0123456789]]", &[]);
}

#[test]
fn a_list_of_secrets_in_a_note_holds_secrets() {
    check(
        "```yaml\nkind: SecretList\nitems:\n- metadata: {}\n  data:\n    a: Yg==\n```\ndata: c",
        &[("kubernetes-secret", "Yg==")],
    );
}

#[test]
fn private_keys_go_with_all_lines() {
    let body = format!("{}\n{}\n", token("", 64), token("", 40));
    for name in ["RSA ", "OPENSSH ", "", "EC "] {
        let key = format!("-----BEGIN {name}PRIVATE KEY-----\n{body}-----END {name}PRIVATE KEY-----");
        check(&format!("a\n{key}\nb"), &[("private-key", &key)]);
        assert_eq!(mask(&format!("a\n{key}\nb")), "a\n[redacted:private-key]\n\n\n\nb");
    }
    let cut = format!("-----BEGIN PRIVATE KEY-----\n{}", body.trim_end());
    check(&format!("{cut}\n\nAnd so it goes on."), &[("private-key", &cut)]);
    check("It begins with `-----BEGIN PRIVATE KEY-----`, always.", &[]);
}

#[test]
fn kubernetes_secrets_lose_their_values_only() {
    let yaml = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\ndata:\n  user: YWRtaW4=\nstringData:\n  conf: |\n    a=b\n---\nkind: ConfigMap\ndata:\n  a: b\n";
    check(yaml, &[("kubernetes-secret", "YWRtaW4="), ("kubernetes-secret", "a=b")]);
    check(
        "```yaml\nkind: Secret\ndata:\n  a: 'Yg=='\n```\ndata:\n  b: c",
        &[("kubernetes-secret", "Yg==")],
    );
    check(
        "kind: Secret\ndata:\n  a: ENC[AES256_GCM,data:x,iv:y]\n  b: ${B}\nsops:\n  mac: ENC[AES256_GCM,data:z]",
        &[],
    );
    check(r#"{"data":{"a":"Yg=="},"kind":"Secret"}"#, &[("kubernetes-secret", "Yg==")]);
}

#[test]
fn ordinary_text_has_none() {
    for text in [
        "commit 3f786850e387550fdab836ed7e6dc881de23001b",
        "id: 123e4567-e89b-12d3-a456-426614174000",
        "password: ask Bob for it, he has 2",
        "Password: required",
        "token: <token>\nsecret: ${SECRET}\npassword: changeme\napi_key: your-api-key-0123456789\ntoken=xxxxxxxxxxxxxxxx",
        "password: {{ .Values.password1 }}",
        "secretName: my-app-tls-2024\ntoken_limit: 4096\nmax_tokens: 200000",
        "const token = process.env.TOKEN2;\nlet secret = read_secret(\"a\");",
        "The secret: work hard. Token: a unit of text.",
        "secret: my-app-credentials-prod-v2",
        "![x](data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk)",
        "https://user:password@example.org and https://example.org:8080/@me",
        "risk-assessment-of-the-project, sk-learn, desk-abc",
        "password: ENC[AES256_GCM,data:abc1,iv:x]",
        "Bearer tokens are sent in the header",
        "mail bob@example.org at 12:30",
    ] {
        check(text, &[]);
    }
}

#[test]
fn hostile_texts_take_linear_time() {
    for piece in [
        "password=",
        "-----BEGIN PRIVATE KEY-----",
        "kind: Secret\n",
        "\"data\":{",
        "a://b:",
        "eyJaaaaaaaa.",
        "ghp_",
        "sk-",
        "bearer ",
    ] {
        let text = piece.repeat((1 << 18) / piece.len());
        quickly(Duration::from_secs(5), piece, || find(&text));
    }
}

#[test]
fn real_vaults_have_hardly_any() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpora");
    let mut folders = vec![root.join("obsidian-vault"), root.join("retrieval")];
    if !folders.iter().all(|it| it.is_dir()) {
        println!("skipped: ../shared/corpora is missing");
        return;
    }
    let (mut found, mut n_bytes) = (Vec::new(), 0);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                n_bytes += text.len();
                found.extend(
                    find(&text)
                        .iter()
                        .map(|it| format!("{}: {} {:?}", path.display(), it.kind, &text[it.range.clone()])),
                );
            }
        }
    }
    assert!(n_bytes > 100_000);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

proptest! {
    #[test]
    fn a_masked_text_is_clean(pieces in prop::collection::vec(prop::sample::select(vec![
        "password: ", "token=", "hunter2", "ghp_a1B2c3D4e5F6g7H8i9J0a1B2c3D4e5F6g7H8", "AKIAQWERTY234567ASDF", "\n", " ", "\"", "'", "`", "kind: Secret\n",
        "data:\n", "  a: ", "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "a1B2c3D4e5F6g7H8i9J0", "://u:", "@h", "Bearer ", "é", "---\n",
        "{\"kind\":\"Secret\",\"data\":{", "}", ": ", "|", "=", "> ", "- ",
    ]), 0..24)) {
        let text = pieces.concat();
        let masked = mask(&text).into_owned();
        prop_assert!(find(&masked).is_empty(), "{:?} -> {:?}", text, masked);
        prop_assert_eq!(&mask(&masked), &masked);
        prop_assert_eq!(masked.matches('\n').count(), text.matches('\n').count());
    }
}

#[test]
fn tokens_in_italics_and_in_addresses_are_found() {
    let token = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
    let telegram = format!("123456789:AA{}", "xY3".repeat(11));
    for text in [
        format!("see _{token}_ there"),
        format!("https://api.telegram.org/bot{telegram}/send"),
        format!("syt_{}", "YWRhX2JvYg_xQ7".repeat(3)),
        format!("https://x.blob.core.windows.net/c?sv=1&sig={}%3D", "aB3dE5".repeat(7)),
    ] {
        assert_eq!(find(&text).len(), 1, "{text}");
    }
    assert!(find("ask_tk_the_butler and snyt_x").is_empty());
}
