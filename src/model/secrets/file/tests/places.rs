//! Where a secret of letters only stood and was shown: in lists of Secrets, behind aliases and marks, in templates, in Markdown.

use super::{Seen, check, check_kept, of_file};

#[track_caller]
fn check_hidden(path: &str, text: &str) {
    let planted = text.replace("§", "hunterhorse");
    let Seen::Text(masked) = of_file(path, &planted) else {
        panic!("{path}: only its name is kept")
    };
    assert!(!masked.contains("hunter") && !masked.contains("horse"), "{path}: {masked}");
    assert_eq!(
        masked.matches(['\n', '\r']).count(),
        planted.matches(['\n', '\r']).count(),
        "{masked}"
    );
}

#[test]
fn a_list_of_secrets_holds_secrets() {
    check_hidden("a.yaml", "kind: SecretList\nitems:\n- metadata: {name: x}\n  data:\n    x: §\n");
    check_hidden("a.yaml", "items:\n  - stringData: {x: §}\n  - data: {x: §}\nkind: SecretList\n");
    check_hidden("a.json", "{\"kind\": \"SecretList\", \"items\": [{\"data\": {\"x\": \"§\"}}]}\n");
    check_hidden("a.yaml", "kind: List\nitems:\n- metadata: {name: x}\n  data:\n    x: §\n");
    check_hidden("a.yaml", "kind: ClusterSecret\ndata: {x: §}\n");
    check_hidden("a.yaml", "metadata: {name: x}\ntype: Opaque\ndata:\n  x: §\n");
    check_hidden(
        "a.sh",
        "kubectl apply -f - <<EOF\nkind: SecretList\nitems:\n- data:\n    x: §\nEOF\n",
    );
    check_kept("a.yaml", "kind: List\nitems:\n- kind: ConfigMap\n  data:\n    x: hunterhorse\n");
    check_kept("a.yaml", "kind: ConfigMapList\nitems:\n- data:\n    x: hunterhorse\n");
    check_kept(
        "a.yaml",
        "kind: ExternalSecret\nspec:\n  target:\n    template:\n      type: Opaque\n      data:\n        host: db.example.org\n",
    );
}

#[test]
fn what_an_alias_repeats_in_a_secret_is_masked_where_it_stands() {
    check(
        "a.yaml",
        "x-all: &all\n  x: hunter\n  y: {z: hunter}\nother: hunter\n---\n# ...\nkind: Secret\nstringData:\n  <<: *all\n",
        "x-all: &all\n  x: hunter\n  y: {z: hunter}\nother: hunter\n---\n# ...\nkind: Secret\nstringData:\n  <<: *all\n"
            .replacen("hunter", "[redacted:kubernetes-secret]", 2)
            .as_str(),
    );
    check_hidden("a.yaml", "x: &x §\nkind: Secret\ndata:\n  a: *x\n");
    check_hidden("a.yaml", "x: &x {a: §, b: [§, '§']}\nkind: Secret\nstringData: *x\n");
    check_hidden(
        "a.yaml",
        "base: &base\n  a: §\nmore: &more\n  <<: *base\n  b: §\nkind: Secret\nstringData:\n  <<: [*more]\n",
    );
    check_hidden("a.yaml", "x-word: &word §\nenv:\n  DB_PASSWORD: *word\n");
    check_hidden("a.yaml", "x-word: &word §\nenv:\n- name: DB_PASSWORD\n  value: *word\n");
    check_hidden("a.yaml", "all:\n- &one\n  a: §\nkind: Secret\nstringData:\n  <<: *one\n");
    // The item of a list stays an item.
    check(
        "a.yaml",
        "x: &x\n  a: hunter\nkind: Secret\ndata:\n  b:\n    - *x\n",
        "x: &x\n  a: [redacted:kubernetes-secret]\nkind: Secret\ndata:\n  b:\n    - *x\n",
    );
    check_kept("a.yaml", "x: &x\n  a: hunter\nkind: ConfigMap\ndata:\n  <<: *x\n");
    check_kept("a.yaml", "x: &x\ny: hunter\nkind: Secret\nmetadata: *x\n");
}

#[test]
fn annotations_of_a_secret_are_masked_but_for_those_of_tools() {
    check_hidden(
        "a.yaml",
        "kind: Secret\nmetadata:\n  name: a\n  annotations:\n    example.org/note: the old one was §\n",
    );
    check_hidden("a.yaml", "kind: Secret\nmetadata:\n  annotations: {note: §}\n");
    check_hidden(
        "a.yaml",
        "kind: Secret\nmetadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: |\n      {\"x\":\"§\"}\n",
    );
    check_kept(
        "a.yaml",
        "kind: Secret\nmetadata:\n  annotations:\n    reloader.stakater.com/match: \"true\"\n    helm.sh/hook: pre-install\n    kustomize.toolkit.fluxcd.io/prune: disabled\n  labels: {app: x}\n",
    );
    check_kept("a.yaml", "kind: ConfigMap\nmetadata:\n  annotations:\n    note: hunter\n");
}

#[test]
fn lines_that_end_as_on_old_macs_are_lines() {
    check_hidden("a.yaml", "kind: Secret\rmetadata:\r  name: a\rstringData:\r  x: §\r");
    check_hidden("a.yaml", "a: b\rpassword: §\rc: d\r");
    check(
        "a.yaml",
        "a: b\rpassword: hunter\rc: d\r",
        "a: b\rpassword: [redacted:password]\rc: d\r",
    );
}

#[test]
fn lines_of_a_difference_are_read_without_their_marks() {
    check(
        "a.patch",
        "--- a/x.yaml\n+++ b/x.yaml\n@@ -1,6 +1,6 @@\n kind: Secret\n metadata:\n   name: a\n stringData:\n-  x: hunter\n+  x: horse\n+  y: |\n+    hunter\n",
        "--- a/x.yaml\n+++ b/x.yaml\n@@ -1,6 +1,6 @@\n kind: Secret\n metadata:\n   name: a\n stringData:\n-  x: [redacted:kubernetes-secret]\n+  x: [redacted:kubernetes-secret]\n+  y: |\n+    [redacted:kubernetes-secret]\n",
    );
    check_hidden(
        "a.diff",
        "diff --git a/b.yaml b/b.yaml\n--- /dev/null\n+++ b/b.yaml\n@@ -0,0 +1,4 @@\n+---\n+kind: Secret\n+data:\n+  x: §\n+---\n+kind: A\n",
    );
    check_hidden("a.diff", "--- a/.env\n+++ b/.env\n@@ -1 +1 @@\n-DOOR=§\n+DOOR=§\n");
    check_hidden(
        "a.diff",
        "--- a/db-secret.yaml\n+++ b/db-secret.yaml\n@@ -9,3 +9,3 @@\n-  x: §\n+  x: §\n",
    );
    check_hidden("a.md", "# A\n\n```diff\n kind: Secret\n stringData:\n-  x: §\n+  x: §\n```\n");
    check_kept(
        "a.diff",
        "--- a/x.yaml\n+++ b/x.yaml\n@@ -1 +1 @@\n kind: ConfigMap\n data:\n-  x: hunter\n+  x: horse\n",
    );
}

#[test]
fn a_secret_that_is_commented_out_is_one() {
    check(
        "a.yaml",
        "a: b\n# kind: Secret\n# stringData:\n#   x: hunter\n#   y: |\n#     horse\nc: d\n",
        "a: b\n# kind: Secret\n# stringData:\n#   x: [redacted:kubernetes-secret]\n#   y: |\n#     [redacted:kubernetes-secret]\nc: d\n",
    );
    check_hidden("a.yaml", "#apiVersion: v1\n#kind: Secret\n#data:\n#  x: §\n");
    check_hidden("a.sh", "# kind: Secret\n# data:\n#   x: §\n");
    check_hidden("a.yaml", "kind: Secret\nstringData:\n  y: z\n  # x: §\n");
    check_kept(
        "a.yaml",
        "# kind: ConfigMap\n# data:\n#   x: hunter\n# The kind: Secret is made by the operator.\n",
    );
    check_kept(
        "a.yaml",
        "kind: Secret\nstringData:\n  # the operator fills this: see there\n  x: ${X}\n",
    );
}

#[test]
fn what_a_template_falls_back_to_is_a_value() {
    check(
        "templates/a.yaml",
        "password: {{ default \"hunter\" .Values.x }}\nuser: {{ default \"bob\" .Values.y }}\n",
        "password: {{ default \"[redacted:password]\" .Values.x }}\nuser: {{ default \"bob\" .Values.y }}\n",
    );
    check_hidden(
        "templates/a.yaml",
        "kind: Secret\nstringData:\n  x: {{ .Values.x | default \"§\" | quote }}\n",
    );
    check_hidden(
        "templates/a.yaml",
        "kind: Secret\nstringData:\n  x: \"{{ .Values.x | default \"§\" }}\"\n",
    );
    check_hidden(
        "templates/a.yaml",
        "kind: Secret\ndata:\n  x: |\n    {{ default \"§\" .Values.x | b64enc }}\n",
    );
    check_hidden(
        "templates/a.yaml",
        "password: '{{ x | default(\"§\") }}'\ntoken: \"{{ y | d('§') }}\"\n",
    );
    check_hidden(
        "a.conf.j2",
        "password = {{ x | default('§') }}\ntoken=\"{{ y | default(\"§\", true) }}\"\n",
    );
    check_hidden("templates/_a.tpl", "password: \"{{ .Values.x | default \"§\" }}\"\n");
    check_hidden(
        "compose.yaml",
        "environment:\n  POSTGRES_PASSWORD: ${PG:-§}\n  DB_TOKEN: \"${T-§}\"\n",
    );
    check_hidden("application.yml", "spring:\n  datasource:\n    password: ${DB:§}\n");
    check_kept(
        "templates/a.yaml",
        "password: {{ include \"app.word\" . }}\ntoken: {{ required \"Give one\" .Values.x }}\nsecret: {{ (lookup \"v1\" \"Secret\" \"a\" \"b\").data.c }}\n",
    );
}

#[test]
fn one_word_with_a_label_in_markdown_is_a_secret() {
    for text in [
        "---\nname: a\ntoken: §\n---\n\n# A\n",
        "---\napi_keys: [§, '§']\n---\n",
        "---\napi_keys:\n  - §\n  - \"§\"\n---\n",
        "---\ndescription: Logs in as bob; password: §\n---\n",
        "---\ndescription: \"Logs in (password: §)\"\n---\n",
        "# A\n\n- password: §\n- **Token:** `§`\n",
        "1. API key: §\n2) db password = §\n",
        "> Password: §\n",
        "    password: §\n",
        "<!-- password: § -->\n",
        "<!--\ntoken: §\n-->\n",
        "- user: bob, password: §, host: a\n",
        "| User | Password |\n|---|---|\n| bob | § |\n",
        "  | User | API token | Note |\n  |---|:--|---|\n  | bob | `§` | x y |\n",
        "User | Password\n--- | ---\nbob | §\n",
        "<!--\n| User | Password |\n|---|---|\n| bob | § |\n-->\n",
        "- Passwort: §\n- 密码：§\n",
    ] {
        check_hidden("skills/a/SKILL.md", text);
    }
    check_hidden("a.txt", "user: bob\npassword: §\n");
    check_hidden("a.txt", "Token = §\n");
}

#[test]
fn what_markdown_says_of_secrets_stays_readable() {
    for text in [
        "---\nname: a\ndescription: Use when the token: a short text, is asked for\npassword: see the vault\nsecret: true\n---\n",
        "---\ntoken: bridge-token\nsecrets: [db-password]\ntags: [token, secret]\n---\n",
        "- password: see the vault\n- the token: a short text\n- Token: required\n- secret: Bitwarden\n- api key: `GITHUB_TOKEN`\n",
        "- `token`: string\n- `password` (string): the password\n- Secret: `grafana-admin`\n- credentials: [the vault](vault.md)\n",
        "Password: ask Bob.\n\nThe secret: patience\n\nTwo things matter for the token: its length and its age.\n",
        "| Key | Default | Meaning |\n|---|---|---|\n| password | required | x |\n| token | none | y |\n| secret | `db-secret` | z |\n",
        "| Token | Meaning |\n|---|---|\n| `YYYY` | the year |\n| `dddd` | Monday |\n",
        "| App | Secret | Token |\n|---|---|---|\n| grafana | grafana-admin | GRAFANA_TOKEN |\n| bridge | [[Vault]] | in the vault |\n",
        "| Model | Tokens |\n|---|---|\n| a | 200000 |\n",
        "```ts\nlet it = read();\n```\n\nThe key: `name`. Tokens: `HH` (hours).\n",
        "- Next pass: Friday\n- pass: `pytest`\n- Storage key: sessionId\n- Service account key: mounted\n- Access key: `AKIA...`\n- Tokens: 200000\n",
        "| Field | Token | Secret |\n|---|---|---|\n| date | `YYYY-MM-DD` | bridge |\n| title | `{{title}}` | app-secrets |\n",
        "---\ntitle: Tokens\ntags: [password, secret]\ncookie: accepted\nauth: required\napi_key:\n---\n",
        "Set `--token=TOKEN` or MEMBRIDGE_TOKEN, then: done\n",
        "- token: <token>\n- password: ${PASSWORD}\n- key: https://example.org/a\n- secret: ./a.txt\n- auth token: rotated\n",
    ] {
        check_kept("a.md", text);
    }
}

#[test]
fn a_token_over_two_lines_is_one() {
    let token = format!("gh{}_{}", "p", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
    let (head, tail) = token.split_at(20);
    for (path, text) in [
        ("a.yaml", format!("a: >-\n  {head}\n  {tail}\nb: c\n")),
        ("a.yaml", format!("a: \"{head}\\\n  {tail}\"\nb: c\n")),
        ("a.yaml", format!("a: {head}\n  {tail}\nb: c\n")),
        ("a.sh", format!("curl -H \"X: {head}\\\n{tail}\" https://example.org\n")),
        ("a.sh", format!("X={head}\\\n{tail}\necho\n")),
        ("a.txt", format!("x: {head}\n   {tail}\n")),
    ] {
        let Seen::Text(masked) = of_file(path, &text) else { panic!() };
        assert!(!masked.contains(&head[4..]) && !masked.contains(tail), "{masked}");
        assert_eq!(masked.matches('\n').count(), text.matches('\n').count());
    }
    let key = format!(
        "LS0tLS1CRUdJTi{}",
        "BSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlF\n  b3dJQkFBS0NBUUVBdGVzdHRlc3R0ZXN0\n  YWJjZGVm"
    );
    let text = format!("x: |\n  {key}\ny: z\n");
    let Seen::Text(masked) = of_file("a.yaml", &text) else { panic!() };
    assert!(
        !masked.contains("b3dJQ") && !masked.contains("YWJj") && masked.contains("y: z"),
        "{masked}"
    );
    check(
        "a.sh",
        "API_TOKEN=hunter\\\nhorse\necho a\n",
        "API_TOKEN=[redacted:token]\\\n[redacted:token]\necho a\n",
    );
    check_kept("a.md", "It begins with ghp_\nfollowed by letters.\n");
}
