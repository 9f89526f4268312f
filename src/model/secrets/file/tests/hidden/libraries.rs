//! Secrets that programs and scripts give to libraries and tools by their place among others.

use super::{each_hides, each_stays, hides};

#[test]
fn what_signs_and_encrypts_was_shown() {
    each_hides(
        "a.py",
        &[
            "jwt.encode(payload, \"¤\", algorithm=\"HS256\")",
            "Fernet(b\"¤\")",
            "hmac.new(b\"¤\", msg, hashlib.sha256)",
            "client.username_pw_set(\"bob\", \"¤\")",
            "passwd = (\"¤\"\n  \"¤\")",
        ],
    );
    each_hides(
        "a.ts",
        &[
            "jwt.sign({}, \"¤\");",
            "createHmac(\"sha256\", \"¤\");",
            "const it = `Basic ${btoa(\"bob:¤\")}`;",
        ],
    );
    each_stays(
        "a.ts",
        &["createHmac(\"sha256\", key);", "jwt.sign({}, secret);", "router.auth(\"jwt\");"],
    );
}

#[test]
fn what_a_driver_takes_after_the_user_was_shown() {
    each_hides(
        "a.php",
        &["new PDO($dsn, 'bob', '¤');", "mysqli_connect(\"h\", \"bob\", \"¤\", \"db\");"],
    );
    each_hides("a.go", &["sql.Open(\"mysql\", \"bob:¤@tcp(db:3306)/x\")"]);
    each_hides("a.lua", &["redis:auth(\"¤\")"]);
    each_hides("a.sql", &["SELECT pgp_sym_encrypt('x', '¤');"]);
    each_hides("userlist.txt", &["\"bob\" \"¤\""]);
}

#[test]
fn what_a_script_writes_and_sends_was_shown() {
    each_hides(
        "a.sh",
        &[
            "echo \"¤\" > /run/secrets/password",
            "printf '%s' '¤' > token.txt",
            "declare -A PASSWORDS=([bob]=\"¤\" [al]=\"¤\")",
            "expect \"Password: \" ; send \"¤\\r\"",
        ],
    );
    hides("a.sh", "set -e\ncat > .pgpass <<EOF\ndb:5432:*:bob:¤\nEOF\n");
    each_stays(
        "a.sh",
        &[
            "echo \"$TOKEN\" > token",
            "printf '%s' \"$PASSWORD\" > password.txt",
            "echo done > result.txt",
        ],
    );
}

#[test]
fn the_second_text_of_a_call_was_shown_and_the_first_masked() {
    let kept = super::masked("a.rs", "db.store_password(\"alice\", \"hunterhorse\");\n");
    assert!(!kept.contains("hunterhorse"), "{kept}");
    hides("a.nix", "services.nginx.virtualHosts.\"x\".basicAuth = { bob = \"¤\"; };\n");
    hides("a.nix", "networking.wireless.networks.\"home\".psk = \"¤\";\n");
}
