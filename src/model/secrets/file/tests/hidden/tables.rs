//! Lists, tables, maps and blocks below a telling name.

use super::{each_hides, each_stays};

#[test]
fn keys_that_tell_by_their_neighbours() {
    each_hides(
        "a.yaml",
        &[
            "aws:\n  accessKeyId: ¤\n  secretAccessKey: ¤",
            "receivers:\n  - name: x\n    pagerduty_configs:\n      - routing_key: ¤\n        severity: high",
            "pagerduty_configs:\n  - service_key: \"¤\"",
            "integration_key: ¤",
        ],
    );
    each_hides("a.json", &["{\"AccessKeyId\": \"¤\", \"SecretAccessKey\": \"¤\"}"]);
    each_hides("a.ini", &["[default]\naws_access_key_id = ¤\naws_secret_access_key = ¤"]);
    each_stays(
        "a.yaml",
        &[
            "exchange: x\nrouting_key: orders.created",
            "accessKeyIDSecretRef:\n  name: x\n  key: access-key",
        ],
    );
}

#[test]
fn lists_over_lines() {
    each_hides(
        "a.toml",
        &[
            "tokens = [\n  \"¤\",\n  \"¤\", # why\n]\nname = \"x\"",
            "tokens = [\"¤\", '¤']",
            "passwords = [[\"¤\"], [\"¤\"]]",
        ],
    );
    each_hides("a.tf", &["passwords = [\n  \"¤\",\n  \"¤\",\n]"]);
    each_stays(
        "a.toml",
        &["tokens = [\n]\nname = \"x\"", "tokens = [{name = \"x\"}, {name = \"y\"}]"],
    );
    each_stays("a.rs", &["let tokens = [a, b];", "let tokens = vec![a, b];"]);
}

#[test]
fn tables_that_are_all_secret() {
    each_hides(
        "a.toml",
        &[
            "[secrets]\na = \"¤\"\nb = '¤'\n\n[other]\nc = \"d\"",
            "[app.passwords]\nbob = \"¤\"",
            "[credentials]\nx = \"¤\"",
            "secrets = { a = \"¤\", b = \"¤\" }",
        ],
    );
    each_hides("a.ini", &["[secrets]\na = ¤\n; why\nb: ¤\n[x]\nc = d"]);
    each_hides("svn/passwd", &["[users]\nharry = ¤"]);
    each_hides("local.ini", &["[admins]\nadmin = ¤"]);
    each_hides(
        "a.tf",
        &[
            "secrets = { a = \"¤\" }",
            "  secrets = {\n    a = \"¤\"\n    \"b\" = \"¤\"\n  }\n  name = \"x\"",
        ],
    );
    each_hides("a.nix", &["secrets = { a = \"¤\"; };"]);
    each_hides("a.py", &["PASSWORDS = {\"bob\": \"¤\", \"eve\": \"¤\"}"]);
    each_hides("a.go", &["var passwords = map[string]string{\"bob\": \"¤\"}"]);
    each_stays(
        "a.toml",
        &[
            "[credential]\nhelper = \"store\"",
            "[secrets]\nprovider = \"vault\"\npath = \"x\"\na = \"${A}\"",
            "[users]\nauto_assign_org_role = \"Viewer\"",
        ],
    );
    each_stays("a.tf", &["secrets = {\n  a = var.a\n  b = \"${var.b}\"\n}"]);
    each_stays("a.ts", &["const tokens = { colour: \"blue\", gap: \"wide\" };"]);
}

#[test]
fn variables_and_heredocs() {
    each_hides(
        "a.tf",
        &[
            "variable \"db_password\" {\n  type = string\n  default = \"¤\"\n}",
            "variable \"db_password\" { default = \"¤\" }",
            "password = <<EOF\n¤\nEOF\nname = \"x\"",
            "  password = <<-EOT\n    ¤\n    ¤\n  EOT",
        ],
    );
    each_hides("a.sh", &["TOKEN=<<EOF\n¤\nEOF"]);
    each_stays("a.tf", &["variable \"db_password\" {\n  type      = string\n  sensitive = true\n}"]);
}

#[test]
fn texts_of_nix() {
    each_hides(
        "a.nix",
        &[
            "password = ''¤'';",
            "password = ''\n  ¤\n'';\nuser = \"bob\";",
            "password = lib.mkDefault \"¤\";",
            "services.x.adminPassword = \"¤\";",
        ],
    );
    each_stays(
        "a.nix",
        &[
            "password = config.sops.secrets.x.path;",
            "passwordFile = \"/run/x\";",
            "token = '''';",
        ],
    );
}

#[test]
fn pairs_of_users() {
    each_hides("a.yaml", &["users:\n  - [bob, \"¤\"]\n  - [eve, ¤]", "logins:\n  - bob:¤"]);
    each_hides("a.yaml", &["basic: \"bob:¤\""]);
    each_hides("a.toml", &["users = [\n  [\"bob\", \"¤\"],\n]", "basic = \"bob:¤\""]);
    each_stays(
        "a.yaml",
        &[
            "users:\n  - system:serviceaccount:a:b\n  - bob",
            "users:\n  - alice:admin",
            "basic: true",
            "basicAuth: {enabled: true}",
        ],
    );
}
