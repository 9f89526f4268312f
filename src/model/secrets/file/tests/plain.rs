//! What was masked and is no secret, found by looking at the files of others: names in programs that documents show, features of packages, jobs, names
//! that a cloud gives, pages of results.

use super::{Seen, check_kept, of_file};

fn masked(path: &str, text: &str) -> String {
    match of_file(path, text) {
        Seen::Text(masked) => masked.into_owned(),
        Seen::NameOnly(why) => panic!("{path}: {why}"),
    }
}

#[test]
fn programs_in_documents_lost_their_expressions() {
    check_kept(
        "README.md",
        "```rust\nlet token: InitToken = features::init();\nconst SERVER: Token = Token(0);\nuse hmac::{Hmac, Mac};\n```\n",
    );
    check_kept(
        "README.md",
        "```ts\nconst token = getToken();\nconst pass = new PassThrough();\nconst secret = alice.computeSecret(key);\n```\n",
    );
    check_kept(
        "README.md",
        "```python\npassword = getpass(\"Password: \")\ntoken = client.token\n```\n",
    );
    let kept = masked(
        "README.md",
        "```ts\nconst password = \"hunterhorse\";\n```\n\n```\npassword = hunterhorse\n```\n",
    );
    assert!(!kept.contains("hunterhorse"), "{kept}");
    check_kept("token.css", "a[title=\"struct syn::token::Abstract\"] {}\n");
}

#[test]
fn tokens_of_a_language_were_masked() {
    check_kept(
        "a.rs",
        "assert_eq!(token, \"ident\");\nlet it = json!({\"a\": TOKEN, \"kind\": 1});\n",
    );
    check_kept("a.ts", "type Token = \"identifier\" | \"string\";\n");
    check_kept("cliff.toml", "body = \"\"\"{{ version | trim_start_matches(pat=\"v\") }}\"\"\"\n");
    check_kept("a.log", "error: unexpected token: identifier\n");
}

#[test]
fn features_of_a_package_were_masked() {
    check_kept(
        "Cargo.toml",
        "[features]\nauth = [\"dep:oauth2\", \"uuid\"]\nperf-onepass = [\"dfa-onepass\"]\ncred = [\n    \"dep:url\",\n    \"__reqwest\",\n]\n\n[dependencies]\n",
    );
    let text = "[features]\nauth = [\"dep:oauth2\"]\n\n[registry]\ntoken = \"hunterhorse\"\n";
    let kept = masked("Cargo.toml", text);
    assert!(!kept.contains("hunterhorse") && kept.contains("dep:oauth2"), "{kept}");
}

#[test]
fn a_job_called_pass_was_masked() {
    check_kept(
        ".github/workflows/ci.yml",
        "jobs:\n  ci-pass:\n    runs-on: ubuntu-latest\n    needs:\n      - style\n      - test\n    steps:\n      - run: exit 0\n",
    );
}

#[test]
fn the_name_that_a_cloud_gives_to_a_secret_was_masked() {
    let arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:MyTestSecret-a1b2c3";
    check_kept("a.yaml", &format!("remoteRef: {{key: {arn}}}\nsecret: {arn}\n"));
    check_kept("a.tf", &format!("x = \"{arn}\"\n"));
    check_kept("a.sh", "gcloud run deploy --secret=projects/p/secrets/db/versions/1\n");
    assert_eq!(super::super::super::find(&format!("It is {arn}.")), []);
}

#[test]
fn how_pages_of_results_are_asked_for_was_masked() {
    check_kept(
        "paginators.json",
        "{\"pagination\": {\"ListApiKeys\": {\"input_token\": \"NextToken\", \"output_token\": [\"NextKeyMarker\", \"NextMarker || Contents[-1].Key\"]}}}\n",
    );
}

#[test]
fn what_sasl_speaks_and_what_make_leaves_to_the_shell_were_masked() {
    check_kept("dbus.conf", "<auth>EXTERNAL</auth>\n<auth>DBUS_COOKIE_SHA1</auth>\n");
    check_kept(
        "Makefile",
        "publish:\n\tTOKEN=$$(cat .token) ; cargo publish --token \"$$TOKEN\"\n\tPASSWORD=$${PASSWORD} run\n",
    );
}

#[test]
fn what_a_sealed_secret_leaves_in_clear_was_masked() {
    check_kept(
        "a.yaml",
        "kind: SealedSecret\nspec:\n  template:\n    type: Opaque\n    metadata:\n      labels: {app: pg}\n    data:\n      host: db.example.org\n      config.ini: |\n        user = bob\n        password = {{ .password }}\n",
    );
    let text = "kind: SealedSecret\nspec:\n  encryptedData:\n    word: AgBy8hCF\n  template:\n    data:\n      conf: |\n        password = hunterhorse\n";
    let kept = masked("a.yaml", text);
    assert!(!kept.contains("AgBy8hCF") && !kept.contains("hunterhorse"), "{kept}");
}

#[test]
fn where_a_repository_of_argo_is_was_masked() {
    let text = "kind: Secret\nmetadata:\n  labels:\n    argocd.argoproj.io/secret-type: repository\nstringData:\n  type: git\n  url: https://git.example.org/a/b\n  project: default\n  username: ¤\n  password: ¤\n";
    let kept = masked("a.yaml", &text.replace('¤', "hunterhorse"));
    assert_eq!(kept, text.replace('¤', "[redacted:kubernetes-secret]"));
    for url in ["https://bob:hunterhorse@git.example.org/a", "hunterhorse"] {
        let text = text.replace("https://git.example.org/a/b", url);
        let kept = masked("a.yaml", &text);
        assert!(!kept.contains("hunterhorse"), "{kept}");
    }
}

#[test]
fn a_secret_within_a_config_map_masked_all_of_the_map() {
    let text = "kind: ConfigMap\ndata:\n  LEVEL: debug\n  patch.yaml: |\n    kind: Secret\n    stringData:\n      word: ¤\n";
    let kept = masked("a.yaml", &text.replace('¤', "hunterhorse"));
    assert_eq!(kept, text.replace('¤', "[redacted:kubernetes-secret]"));
}
