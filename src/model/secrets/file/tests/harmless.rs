//! What was masked and is no secret: versions, numbers of tokens, names of Secrets and of cookies, permissions.

use super::{Seen, check_kept, of_file};

#[test]
fn versions_of_packages_stay() {
    check_kept(
        "package.json",
        "{\"dependencies\": {\"cookie\": \"^0.5.0\", \"jwt\": \"~1.2\", \"jsonwebtoken\": \">=9.0.0 <10\", \"hmac\": \"1.0.0-rc.1\", \"oauth-token\": \"workspace:*\", \"password\": \"2.x\", \"otp-secret\": \"npm:otp@1.2.3\"}}\n",
    );
    check_kept(
        "Cargo.toml",
        "[dependencies]\ncookie = \"0.18\"\njwt = \"0.16.0\"\nhmac = { version = \"0.12\", features = [\"std\"] }\nsecret-service = \"3.0\"\npassword-hash = \"0.5\"\noauth-token = \"1.2.3\"\n",
    );
    check_kept(
        "requirements.txt",
        "PyJWT==2.8.0\noauth-token==1.2.3\ncookie>=0.1\nhmac~=1.0\npassword==1.0.0\n",
    );
    check_kept(
        "go.mod",
        "module a\n\nrequire (\n\tgithub.com/golang-jwt/jwt v5.0.0\n\texample.org/token v1.2.3\n)\n",
    );
    check_kept(
        "pyproject.toml",
        "[tool.poetry.dependencies]\npyjwt = \"^2.8\"\ncookie = \"*\"\njwt = \">=1.0,<2.0\"\n",
    );
    check_kept(
        "Chart.yaml",
        "dependencies:\n  - name: oauth-token\n    version: 1.2.3\n  - name: secret\n    version: \">=1.0.0\"\n",
    );
}

#[test]
fn numbers_of_tokens_stay() {
    check_kept(
        "a.yaml",
        "contextTokens: 200000\nmaxTokens: 4096\nmax_tokens: 128000\ntokenizer: gpt2\ntokens: 1000000\nmodel: {reserveTokens: 20000, maxOutputTokens: 65536}\n",
    );
    check_kept(
        "openclaw.json",
        "{\"contextTokens\": 200000, \"maxTokens\": 64000, \"sessionKey\": \"agent:main:main\"}\n",
    );
    check_kept(
        "openclaw.json5",
        "{contextTokens: 200000, max_tokens: 64000, sessionKey: 'agent:main:main'}\n",
    );
    check_kept("a.toml", "max_tokens = 128000\ncontext_tokens = 200000\n");
}

#[test]
fn names_of_secrets_stay() {
    check_kept(
        "compose.yaml",
        "services:\n  app:\n    secrets:\n      - db_password\n      - source: api-token\n        target: token\nsecrets:\n  db_password:\n    file: ./db.txt\n  api-token:\n    external: true\n    name: app_api_token\n  other:\n    environment: OTHER_TOKEN\n",
    );
    check_kept("compose.yaml", "services:\n  app:\n    secrets: [db_password, cert]\n");
    check_kept(
        "a.yaml",
        "kind: ServiceAccount\nsecrets:\n- name: bridge-token\nimagePullSecrets:\n- name: registry\n",
    );
    check_kept(
        ".github/workflows/a.yml",
        "permissions:\n  id-token: write\n  contents: read\njobs:\n  a:\n    uses: ./b.yml\n    secrets: inherit\n  c:\n    uses: ./d.yml\n    secrets:\n      token: ${{ secrets.TOKEN }}\n",
    );
    check_kept(
        "a.yaml",
        "keySecret: my-secret-name\ncredentialsSecret: x\nsecretName: y\nexistingSecret: z\npasswordSecretRef: {name: a, key: b}\ntlsSecret: tls\n",
    );
    check_kept(
        "a.service",
        "[Service]\nLoadCredential=name:/run/secrets/name\nLoadCredentialEncrypted=token:/etc/token.cred\n",
    );
    check_kept("a.ts", "const COOKIE = \"app_session\";\nconst SESSION_COOKIE = 'connect.sid';\n");
    check_kept("a.rs", "const COOKIE: &str = \"app_session\";\n");
}

#[test]
fn what_a_file_says_of_its_own_wiring_stays() {
    check_kept(
        "package.json",
        "{\"scripts\": {\"token\": \"node a.js\", \"gen:secret\": \"openssl rand -hex 32\"}, \"bin\": {\"password\": \"bin/password.js\"}}\n",
    );
    check_kept("a.yaml", "kind: Middleware\nspec:\n  basicAuth:\n    secret: auth-users\n");
    check_kept("a.yaml", "spec: {basicAuth: {secret: auth-users}}\n");
    check_kept(
        "a.yaml",
        "annotations:\n  checksum/secret: 3f786850e387550fdab836ed7e6dc881de23001b3f786850e387550fdab836ed\n  nginx.ingress.kubernetes.io/auth-secret: basic-auth\n",
    );
    check_kept(
        "a.yaml",
        "tokens:\n  - name: agent\n    file: /run/agent\n    prefix: Shared/\n    scopes: [read]\n",
    );
    check_kept(
        "a.yaml",
        "password: !secret wifi_password\nkeys: {api_key: !secret x}\nclientSecret: $oidc:clientSecret\n",
    );
    check_kept(
        "a.yaml",
        "apiKey: {source: env, provider: default, id: BRAVE_API_KEY}\nsession: {cookies: [{domain: example.org}]}\n",
    );
    check_kept(
        "a.yaml",
        "update_password: on_create\nreset_password: {jwt_lifespan: 5m}\nenvFromSecret: grafana-env\n",
    );
    check_kept(
        "kustomization.yaml",
        "secretGenerator:\n- name: a\n  files:\n  - tls.key=certs/a.key\n",
    );
    check_kept("a.json", "{\"headers\": {\"Authorization\": \"Bearer ...\"}}\n");
    check_kept(
        "a.js",
        "const it = { tokens: [{ name: \"plugin\", file: tokenFile, scopes: [\"read\"] }] };\n",
    );
    check_kept(
        "a.yaml",
        "forgot_password: Forgot password?\nreset_password: Reset\napiKey: {type: apiKey, in: header, name: X-Api-Key}\n",
    );
    check_kept(
        "tsconfig.json",
        "{\"paths\": {\"@secret/*\": [\"src/secret/*\"], \"token\": [\"src/token.ts\"]}}\n",
    );
    check_kept("a.py", "token = os.environ[\"TOKEN\"]\n");
}

#[test]
fn what_looks_like_a_name_and_is_none_is_masked() {
    for (path, text) in [
        ("a.yaml", "apiKeySecret: hunterhorse\n"),
        ("a.yaml", "clientSecret: hunterhorse\n"),
        ("a.yaml", "secrets:\n  db: hunterhorse\n"),
        ("a.yaml", "tokens: [hunterhorse]\n"),
        ("a.service", "[Service]\nSetCredential=token:hunterhorse\n"),
        ("a.json", "{\"dependencies\": {\"password\": \"hunterhorse\"}}\n"),
        ("a.env.example", "COOKIE=hunterhorse\n"),
        ("rclone.conf", "[crypt]\npassword2 = hunterhorse\n"),
        ("a.yaml", "receivers:\n- pagerduty_configs: [{routing_key: hunterhorse}]\n"),
        (
            "a.yaml",
            "kind: SecretStore\nspec: {provider: {fake: {data: [{key: /a, value: hunterhorse}]}}}\n",
        ),
        ("a.yaml", "basicAuth: {users: [x], password: hunterhorse}\n"),
        ("a.yaml", "cookies: hunterhorse\n"),
        ("a.md", "The password is `hunterhorse` for now.\n\n- password (old): hunterhorse\n"),
    ] {
        let Seen::Text(masked) = of_file(path, text) else { panic!() };
        assert!(!masked.contains("hunterhorse"), "{masked}");
    }
}
