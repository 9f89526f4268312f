//! What Terraform, web servers and manifests write in places of their own.

use super::{each_hides, each_stays, hides, masked};

#[test]
fn the_data_of_a_secret_in_terraform_was_shown() {
    for text in [
        "resource \"kubernetes_secret\" \"a\" {\n  metadata { name = \"app\" }\n  data = {\n    word = \"¤\"\n    other = var.other\n  }\n}\n",
        "resource \"vault_generic_secret\" \"v\" {\n  path = \"secret/foo\"\n  data_json = <<EOT\n{\n  \"foo\": \"¤\"\n}\nEOT\n}\n",
        "resource \"github_actions_secret\" \"x\" {\n  secret_name = \"DEPLOY_KEY\"\n  plaintext_value = \"¤\"\n}\n",
        "resource \"azurerm_key_vault_secret\" \"x\" {\n  name  = \"db\"\n  value = \"¤\"\n}\n",
        "output \"db_password\" { value = \"¤\" }\n",
        "resource \"x\" \"y\" {\n  user_data = <<-EOF\n    export API_KEY=¤\n  EOF\n}\n",
    ] {
        hides("a.tf", text);
    }
    each_stays(
        "a.tf",
        &[
            "output \"password\" {\n  value     = random_password.db.result\n  sensitive = true\n}",
            "resource \"kubernetes_secret\" \"a\" {\n  data = {\n    password = var.password\n    x = \"${var.x}\"\n  }\n}",
            "resource \"aws_secretsmanager_secret\" \"x\" { name = \"prod/db\" }",
        ],
    );
}

#[test]
fn what_a_web_server_compares_with_was_shown() {
    each_hides(
        "nginx.conf",
        &[
            "if ($http_x_token != \"¤\") { return 403; }",
            "if ($arg_key = ¤) { return 200; }",
            "secure_link_md5 \"$uri ¤\";",
        ],
    );
    hides(
        "Caddyfile",
        "x.org {\n  reverse_proxy app {\n    header_up X-Api-Key \"¤\"\n  }\n}\n",
    );
    each_stays(
        "nginx.conf",
        &[
            "if ($http_authorization = \"\") { return 401; }",
            "if ($http_x_api_key != $api_key) { return 403; }",
            "secure_link_md5 \"$secure_link_expires$uri$secret\";",
        ],
    );
}

#[test]
fn files_of_secrets_in_a_config_map_were_shown() {
    hides(
        "a.yaml",
        "kind: ConfigMap\ndata:\n  users.acl: |\n    user default on >¤ ~* +@all\n",
    );
    let netrc = "kind: ConfigMap\ndata:\n  .netrc: |\n    machine x.org login bob\n    password hunterhorse\n";
    assert!(!masked("a.yaml", netrc).contains("hunterhorse"));
}

#[test]
fn data_that_says_no_kind_was_shown() {
    let masked = masked("a.yaml", "data:\n  db: aHVudGVyaG9yc2U5OQ==\n  user: YWRtaW5pc3RyYXRvcg==\n");
    assert_eq!(masked.matches("[redacted:kubernetes-secret]").count(), 2, "{masked}");
    let hunk = "@@ -3,7 +3,7 @@ metadata:\n   namespace: agents\n data:\n-  db: aHVudGVyaG9yc2U5OQ==\n+  db: aHVudGVyaG9yc2UxMDA=\n";
    let hunk = super::masked("a.diff", hunk);
    assert_eq!(hunk.matches("[redacted:kubernetes-secret]").count(), 2, "{hunk}");
    each_stays(
        "a.yaml",
        &[
            "data:\n  LEVEL: debug\n  NAME: WorkerPool1",
            "kind: ConfigMap\ndata:\n  a: aHVudGVyaG9yc2U5OQ==",
            "data:\n  region: eu-central-1",
        ],
    );
}

#[test]
fn an_example_of_a_password_was_shown() {
    hides(
        "openapi.yaml",
        "properties:\n  password:\n    type: string\n    description: The password of the user in words\n    example: ¤\n",
    );
    each_stays("openapi.yaml", &["token:\n  type: string\n  example: \"<token>\""]);
}
