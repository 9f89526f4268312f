//! What points to a secret, or only speaks of one, stays readable: a reader must find how a secret is wired.

use super::{Seen, check, check_kept, of_file};

#[test]
fn references_stay_readable() {
    for text in [
        "password:\n  valueFrom:\n    secretKeyRef:\n      name: db\n      key: password\n",
        "password: {secretKeyRef: {name: db, key: password}}\n",
        "adminPassword:\n  existingSecret: grafana-admin\n  key: admin-password\n",
        "token:\n  secretName: bridge\n  key: token\n",
        "passwordFile: /run/secrets/db\ntoken:\n  file: /run/secrets/token\n",
        "auth:\n  enabled: true\n  database: app\n  username: bob\n  existingSecret: db\n",
        "password: {{ .Values.db.password | quote }}\ntoken: \"{{ .Values.token }}\"\n",
        "{{- if .Values.auth.enabled }}\npassword: {{ .Values.x }}\n{{- end }}\n",
        "env:\n  - name: DB_PASSWORD\n    valueFrom:\n      secretKeyRef: {name: db, key: password}\n  - name: TOKEN_FILE\n    value: /run/token\n  - name: API_TOKEN\n    value: $(TOKEN)\n",
        "volumes:\n  - name: a\n    secret:\n      secretName: a\n      items: [{key: tls.crt, path: crt}]\n      optional: true\n  - name: b\n    projected:\n      sources:\n        - serviceAccountToken: {path: token, expirationSeconds: 3600, audience: vault}\n        - secret: {name: x}\n",
        "privateKey:\n  algorithm: ECDSA\n  size: 384\n  rotationPolicy: Always\n",
        "args: [--token-file, /run/token, --port, \"8080\", --log-level=info]\n",
        "args:\n  - --token-file\n  - /run/token\n  - --auth-mode\n  - none\n",
        "cookie:\n  domain: example.org\n  sameSite: lax\nauthorization: enabled\nbypass: nothing\ncompass: north\n",
        "properties:\n  password:\n    type: string\n    description: The password of the user in words\n    minLength: 12\n",
        "secretGenerator:\n  - name: a\n    files: [a.txt]\n    envs:\n      - b.env\n",
        "patches:\n  - target: {kind: ConfigMap}\n    patch: |-\n      - op: replace\n        path: /data/LOG_LEVEL\n        value: debug\n",
        "seed: 42\nsaltLength: 16\nsalt: short\nrandomSeed: 1234\n",
        "url: https://git.example.org/a/b@v2\nimage: registry.example.org/a@sha256:3f786850e387550fdab836ed7e6dc881de23001b3f786850e387550fdab836ed\n",
    ] {
        check_kept("a.yaml", text);
    }
    check_kept(
        "a.json",
        "{\"password\": {\"secretKeyRef\": {\"name\": \"db\", \"key\": \"password\"}}, \"tokenFile\": \"/run/t\"}\n",
    );
    check_kept(
        "a.sh",
        "TOKEN=$(cat /run/token)\nPASSWORD=${PASSWORD:?missing}\nset -x\nset -euo pipefail\ncurl -u \"$USER:$TOKEN\" https://example.org\nredis-cli -a \"$REDIS_PASSWORD\" ping\n",
    );
    check_kept(
        "a.rs",
        "let it = get_token(\"bridge\");\nlet it = prompt_password(\"Password: \");\nlet it = token(\"if\");\nlet it = with_password(\"$DB_PASSWORD\");\n",
    );
    check_kept(
        "a.md",
        "The password is required.\n\n| Key | Meaning |\n|---|---|\n| password | required |\n\nThe token is a word. Secrets are kept elsewhere, the key is the name.\n",
    );
    check_kept("a.csv", "name,size\nbob,12\n");
}

#[test]
fn a_default_password_is_one() {
    check("a.yaml", "password: changeme\n", "password: [redacted:password]\n");
    check(
        "a.yaml",
        "password: {{ .Values.password | default \"hunter\" }}\n",
        "password: {{ .Values.password | default \"[redacted:secret]\" }}\n",
    );
    check("a.sh", "P=${DB_PASSWORD:-hunter}\n", "P=${DB_PASSWORD:-[redacted:secret]}\n");
}

#[test]
fn what_a_literal_of_a_secret_is_called_stays() {
    check(
        "kustomization.yaml",
        "secretGenerator:\n  - name: a\n    literals:\n      - foo=hunter\n      - bar=${BAR}\n",
        "secretGenerator:\n  - name: a\n    literals:\n      - foo=[redacted:kubernetes-secret]\n      - bar=${BAR}\n",
    );
}

#[test]
fn a_patch_says_what_it_patches() {
    check(
        "kustomization.yaml",
        "patches:\n  - target: {kind: Secret}\n    patch: |-\n      - op: replace\n        path: /data/x\n        value: YQ==\n",
        "patches:\n  - target: {kind: Secret}\n    patch: |-\n      - op: replace\n        path: /data/x\n        value: [redacted:kubernetes-secret]\n",
    );
}

#[test]
fn stores_of_secrets_are_told_by_their_content() {
    let hash = "abcdefgh$0123456789abcdefghijkl";
    for text in [
        format!("bob:$apr1${hash}\neve:$apr1${hash}\n"),
        format!("root:$6${hash}:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\n"),
        "# comment\ndb.example.org:5432:app:bob:hunter\n*:*:*:bob:hunter\n".to_owned(),
        "machine git.example.org\n  login bob\n  password hunter\n".to_owned(),
        "https://bob:hunter@git.example.org\n".to_owned(),
        "apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers:\n- name: a\n  user: {}\n".to_owned(),
        "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Config\",\n  \"contexts\": [],\n  \"users\": []\n}\n".to_owned(),
    ] {
        assert!(matches!(of_file("a/notes", &text), Seen::NameOnly(_)), "{text}");
    }
    for text in [
        "src/a.rs:12:5: error: no such thing\n",
        "root:x:0:0:root:/root:/bin/bash\n",
        "kind: Config\nmetadata: {name: a}\n",
        "https://example.org/a\n",
    ] {
        assert_eq!(of_file("a/notes", text), Seen::Text(text.into()), "{text}");
    }
}

#[test]
fn encrypted_values_within_a_file_are_masked_with_their_lines() {
    check(
        "a.yaml",
        "x: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  61626364656667686970\n  6162636465\ny: z\n",
        "x: !vault |\n  [redacted:encrypted]\n\n  \ny: z\n",
    );
}
