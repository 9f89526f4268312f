//! What of a file is kept, by its path and by its structure.

mod harmless;
mod hidden;
mod lists;
mod places;
mod plain;
mod shown;
mod valid;

use std::time::Duration;

use super::{Seen, is_name_only, of_file};
use crate::model::quickly::quickly;

#[track_caller]
fn check(path: &str, text: &str, expected: &str) {
    match of_file(path, text) {
        Seen::Text(kept) => assert_eq!(kept, expected, "{path}: {text}"),
        Seen::NameOnly(why) => panic!("{path}: {why}"),
    }
}

#[track_caller]
fn check_kept(path: &str, text: &str) {
    check(path, text, text);
}

#[test]
fn paths_tell_that_only_the_name_is_kept() {
    for path in [
        ".env",
        "a/.env.local",
        "prod.env",
        "tls/server.key",
        "a.pem",
        "x.p12",
        "x.PFX",
        "x.jks",
        "x.kdbx",
        "x.age",
        ".ssh/id_ed25519",
        "prod-kubeconfig.yaml",
        ".kube/config",
        ".netrc",
        ".npmrc",
        ".pypirc",
        ".docker/config.json",
        "terraform.tfstate.backup",
        "credentials.json",
        ".git-credentials",
        ".pgpass",
        ".htpasswd",
        "x.ovpn",
        "x.keystore",
        "x.gpg",
    ] {
        assert!(is_name_only(path).is_some(), "{path}");
    }
    for path in [
        ".env.example",
        ".env.sample",
        "a.yaml",
        "README.md",
        "id_rsa.pub",
        "keys.md",
        "secretary.ts",
        "config.json",
    ] {
        assert_eq!(is_name_only(path), None, "{path}");
    }
}

#[test]
fn contents_tell_that_only_the_name_is_kept() {
    for text in [
        "\0GITCRYPT\0abc",
        "age-encryption.org/v1\n-> X",
        "$ANSIBLE_VAULT;1.1;AES256\n6162",
        "-----BEGIN PGP MESSAGE-----\n\nabc",
        "-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n-----END",
        "\n-----BEGIN AGE ENCRYPTED FILE-----\n",
    ] {
        assert!(matches!(of_file("a.txt", text), Seen::NameOnly(_)), "{text}");
    }
}

#[test]
fn telling_keys_lose_their_values() {
    check(
        "v.yaml",
        "password: hunter\nuser: bob\n",
        "password: [redacted:password]\nuser: bob\n",
    );
    check("v.yaml", "dbPassword: \"a b\" # x\n", "dbPassword: \"[redacted:password]\" # x\n");
    check(
        "v.yaml",
        "a:\n  password: |\n    one\n    two\n  b: c\n",
        "a:\n  password: |\n    [redacted:password]\n    [redacted:password]\n  b: c\n",
    );
    check("v.yaml", "password:\n  hunter\nb: c\n", "password:\n  [redacted:password]\nb: c\n");
    check(
        "v.yaml",
        "tokens:\n- abc\n- def\nb: c\n",
        "tokens:\n- [redacted:token]\n- [redacted:token]\nb: c\n",
    );
    check(
        "v.yaml",
        "a: {password: hunter, b: c}\n",
        "a: {password: [redacted:password], b: c}\n",
    );
    check(
        "v.yaml",
        "password: \"one\n  two\"\nb: c\n",
        "password: \"[redacted:password]\n  \"\nb: c\n",
    );
    check(
        "d.yaml",
        "env:\n  - name: DB_PASSWORD\n    value: hunter\n",
        "env:\n  - name: DB_PASSWORD\n    value: [redacted:password]\n",
    );
    check(
        "a.ts",
        "const apiKey: string = 'hunter';\n",
        "const apiKey: string = '[redacted:key]';\n",
    );
    check(
        "a.json",
        "{\"auths\":{\"r.io\":{\"auth\":\"dXNlcjpwYXNz\"}}}",
        "{\"auths\":{\"r.io\":{\"auth\":\"[redacted:secret]\"}}}",
    );
    check("Dockerfile", "ENV DB_PASSWORD hunter\n", "ENV DB_PASSWORD [redacted:password]\n");
    check("a.sh", "mysql -u root -phunter db\n", "mysql -u root -p[redacted:password] db\n");
    check("a.sh", "x --password=hunter y\n", "x --password=[redacted:password] y\n");
    check(
        "a.cs",
        "c = \"Server=a;Password=hunter;Timeout=3\"",
        "c = \"Server=a;Password=[redacted:password];Timeout=3\"",
    );
}

#[test]
fn secrets_lose_their_data() {
    check(
        "a.yaml",
        "kind: Secret\nmetadata:\n  name: a\ndata:\n  x: YQ==\n  y: |\n    $ecret\n    b\ntype: Opaque\n",
        "kind: Secret\nmetadata:\n  name: a\ndata:\n  x: [redacted:kubernetes-secret]\n  y: |\n    [redacted:kubernetes-secret]\n    [redacted:kubernetes-secret]\ntype: Opaque\n",
    );
    check(
        "a.yaml",
        "kind: Secret\ndata: {x: YQ==}\n",
        "kind: Secret\ndata: {x: [redacted:kubernetes-secret]}\n",
    );
    check(
        "a.yaml",
        "kind: SealedSecret\nspec:\n  encryptedData:\n    x: AgB\n",
        "kind: SealedSecret\nspec:\n  encryptedData:\n    x: [redacted:kubernetes-secret]\n",
    );
}

#[test]
fn innocent_configuration_stays() {
    for text in [
        "image: nginx@sha256:3f786850e387550fdab836ed7e6dc881de23001b3f786850e387550fdab836ed\n",
        "commit: 3f786850e387550fdab836ed7e6dc881de23001b\nid: 123e4567-e89b-12d3-a456-426614174000\n",
        "secretName: x\nexistingSecret: my-db\npasswordSecretRef: {name: x}\ntokenURL: https://a.example/token\nkeySize: 2048\n",
        "valueFrom:\n  secretKeyRef:\n    name: db\n    key: password\n",
        "password: ${DB_PASSWORD}\ntoken: {{ .Values.token }}\nautomountServiceAccountToken: false\nmaxTokens: 200000\n",
        "imagePullSecrets:\n  - name: regcred\n",
        "passwordFile: /run/secrets/db\npassword: /run/secrets/db\n",
        "publicKey: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl\n",
        "integrity: sha512-oRkNTiRh6vEbnJ2tGCGb6Q0sb0oqfCDcX0fZ5FhBTXW1uZ1kXkJ4J5d0Cj0mT1uYdTqg8l0Yp4mEo2A==\n",
        "ca.crt: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJkekNDQVIyZ0F3SUJBZ0lCQURBS0Jn\n",
        "volumes:\n  - name: a\n    secret:\n      secretName: x\n",
    ] {
        check_kept("a.yaml", text);
    }
    check_kept("a.md", "Password: required\n\nThe token: a word.\n");
    check_kept("a.ts", "const token = process.env.TOKEN;\nlet password = read(x);\n");
}

#[test]
fn hostile_files_take_linear_time() {
    for (path, piece) in [
        ("a.yaml", "password="),
        ("a.yaml", "password: {"),
        ("a.yaml", "key=[token="),
        ("a.yaml", "token: \""),
        ("a.yaml", "password:\n"),
        ("a.yaml", "tokens:\n- "),
        ("a.yaml", "password: |\n "),
        ("a.md", "```\npassword: x\n"),
        ("a.md", "| token | hunter2x |\n"),
        ("a.txt", "-----BEGIN PRIVATE KEY-----\n"),
        ("b.txt", "x\n-----BEGIN PGP MESSAGE-----\n"),
        ("a.yaml", "kind: Secret\ndata: {\n"),
        ("a.yaml", "kind: Secret\ndata:\n- "),
        ("a.json", "{\"kind\":\"Secret\",\"data\":{"),
        ("a.yaml", "name=a_token value="),
        ("a.yaml", "value: "),
        ("a.tf", "variable \"token\" {"),
        ("a.tf", "resource \"kubernetes_secret\" \"a\" {\ndata = {\n"),
        ("a.sh", "TOKENS=(\"a\" "),
        ("a.yaml", "data:\n  a: YWFhYWE=\n"),
        ("a.md", "log in with a:"),
        ("a.sh", "--token "),
        ("a.sh", "echo a "),
        ("a.sh", "curl -u a"),
        ("a.sh", "docker login "),
        ("a.sh", "--from-literal="),
        ("a.xml", "<password>"),
        ("a.yaml", "secretGenerator:\n- "),
        ("a.yaml", "a://b:"),
        ("Dockerfile", "ENV A "),
        ("a.yaml", "{{{"),
        ("a.yaml", "{\n"),
        ("a.yaml", "a: {\n"),
        ("a.yaml", "- "),
        ("a.yaml", "a: \"\\"),
        ("a.yaml", "? 'a"),
        ("a.yaml", "a: |\n b: |\n"),
        ("a.yaml", "token: a\n\n"),
        ("a.yaml", "a: [redacted:"),
        ("a.json", "[{\"password\":["),
        ("a.json5", "{/*"),
        ("a.csv", "token,\""),
        ("a.toml", "token = '''"),
        ("a.md", "The password for a is "),
        ("a.sh", "A=$(echo "),
        ("a.sh", "${TOKEN:-"),
        ("a.rs", "password("),
        ("a.txt", "machine a login b "),
        ("a.txt", "$ANSIBLE_VAULT;\n0123456789\n"),
        ("a.yaml", "a: &x {b: *x, token: *x, "),
        ("a.yaml", "- &x\n  token: *x\n"),
        ("a.diff", "diff --git \n"),
        ("a.diff", "--- a\n+++ b\n kind: Secret\n"),
        ("a.yaml", "# kind: Secret\n#  data:\n"),
        ("a.yaml", "a: \"{{ \" }}\""),
        ("a.yaml", "password: {{ default \"x\" "),
        ("a.yaml", "password: ${X:-"),
        ("a.md", "password: x, "),
        ("a.md", "- token: hunter\n"),
        ("a.md", "```"),
        ("a.md", "| a | password\n--|--\n"),
        ("a.md", "---\ntoken: x\n"),
        ("a.txt", "ghp_abcdefgh\n"),
        ("a.txt", "ghp_abc\\\n"),
        ("a.sh", "token=abc\\\n"),
        ("a.yaml", "kind: Secret\rdata:\r a: b\r"),
    ] {
        let text = piece.repeat((1 << 19) / piece.len());
        quickly(Duration::from_secs(10), piece, || of_file(path, &text));
    }
    // Ever deeper.
    for (piece, start) in [
        ("password:\n", ""),
        ("password: |\n", ""),
        ("data:\n", "kind: Secret\n"),
        ("secretGenerator:\n", ""),
    ] {
        let deep = |it: usize| " ".repeat(it) + piece;
        let text = start.to_owned() + &(0..1400).map(deep).collect::<String>();
        quickly(Duration::from_secs(10), &format!("deep {piece}"), || of_file("a.yaml", &text));
    }
}

#[test]
fn what_looks_random_but_is_public_stays() {
    for text in [
        "sha256: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\nrev: 3f786850e387550fdab836ed7e6dc881de23001b\n",
        "tokenURL: https://id.example.org/token\nauthURL: https://id.example.org/auth\nkeySize: 4096\nkeyAlgorithm: RSA\n",
        "author: Ada Lovelace\npath: /spec/values/tag\npattern: ^a-z$\npatches:\n  - path: a.yaml\n    target: {kind: Deployment}\n",
        "envFrom:\n  - secretRef:\n      name: app-secret\n  - configMapRef: {name: app}\n",
        "tls:\n  - hosts: [a.example.org]\n    secretName: a-tls\nimagePullSecrets: [{name: regcred}]\n",
        "kind: ExternalSecret\nspec:\n  secretStoreRef: {kind: ClusterSecretStore, name: vault}\n  data:\n    - secretKey: db-password\n      remoteRef: {key: apps/db, property: password}\n",
        "kind: Certificate\nspec:\n  secretName: a\n  privateKey:\n    algorithm: ECDSA\n    size: 384\n",
        "existingSecret: db\nexistingSecretPasswordKey: password\nuserPasswordKey: password\nsecretKeys:\n  adminPasswordKey: admin\n",
        "caBundle: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJkekNDQVIyZ0F3SUJBZ0lCQURBS0Jn\n",
        "-----BEGIN CERTIFICATE-----\nMIIBdzCCAR2gAwIBAgIBADAKBggqhkjOPQQDAjAjMSEwHwYDVQQDDBhrM3Mtc2Vy\n-----END CERTIFICATE-----\n",
        "topologyKey: kubernetes.io/hostname\nmatchLabelKeys: [app]\nkey: node-role.kubernetes.io/control-plane\nvalue: \"true\"\n",
        "serviceAccount:\n  automountServiceAccountToken: true\n  tokenExpirationSeconds: 3600\n",
    ] {
        check_kept("a.yaml", text);
    }
    check_kept(
        "a.json",
        "{\"integrity\": \"sha512-oRkNTiRh6vEbnJ2tGCGb6Q0sb0oqfCDcX0fZ5FhBTXW1uZ1kXkJ4J5d0Cj0mT1uYdTqg8l0Yp4mEo2A==\"}\n",
    );
    check_kept(
        "a.md",
        "| Setting | Default |\n|---|---|\n| `password` | required |\n| token | a word |\n| secretName | my-tls-2024 |\n",
    );
    check_kept(
        "a.rs",
        "let token = tokens.next();\nlet key = map.key(\"name\");\nfn password(&self) -> &str;\n",
    );
    check_kept(
        "a.sh",
        "TOKEN=$(cat /run/token)\nPASSWORD=\"${PASSWORD:?}\"\ncurl -H \"Authorization: Bearer $TOKEN\" https://example.org\n",
    );
}

#[test]
fn a_secret_whose_kind_is_written_otherwise_or_not_at_all_is_one() {
    let check = |head: &str| {
        let text = format!("{head}\nmetadata: {{name: y}}\nstringData:\n  word: Zq81kkpx\n");
        let Seen::Text(masked) = of_file("apps/a.yaml", &text) else {
            panic!("{head}")
        };
        assert!(!masked.contains("Zq81kkpx"), "{masked}");
    };
    check("\"kind\": \"Secret\"");
    check("kind : Secret");
    check("kind:\n  Secret");
    check("kind: >-\n  Secret");
    check("kind: !!str Secret");
    check("kind: &k Secret");
    check("kind: {{ \"Secret\" }}");
    check("# a patch without its kind");
    let templated = "kind: {{ \"Secret\" }}\ndata:\n  word: WnE4MWtrcHg=\n";
    let Seen::Text(masked) = of_file("charts/x/templates/s.yaml", templated) else {
        panic!()
    };
    assert!(!masked.contains("WnE4MWtrcHg"), "{masked}");
    let json = "{kind: 'Secret', stringData: {k: 'Zq81kkpx'}}";
    let Seen::Text(masked) = of_file("h/sec.json5", json) else {
        panic!()
    };
    assert!(!masked.contains("Zq81kkpx"), "{masked}");
}
