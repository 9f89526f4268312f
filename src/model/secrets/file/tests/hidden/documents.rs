//! Documents: property lists, XML, `.properties`, registries, SQL; and addresses in all of them.

use super::{super::check, each_hides, each_stays, hides};

#[test]
fn addresses_with_a_password() {
    each_hides(
        "a.py",
        &[
            "url = \"postgres://bob:¤@db.example.org/app\"",
            "url = f\"postgres://bob:¤@{host}/db\"",
            "url = \"amqp://bob:¤@%s/\" % host",
            "url = \"redis://:¤@cache:6379/0\"",
        ],
    );
    for (text, expected) in [
        (
            "postgres://bob:pa/ss-w0rd@db.example.org/app",
            "postgres://bob:[redacted:url-password]@db.example.org/app",
        ),
        (
            "postgres://bob:p@ss-w0rd@db.example.org/app",
            "postgres://bob:[redacted:url-password]@db.example.org/app",
        ),
        (
            "https://bob:hunter@2@git.example.org/a.git",
            "https://bob:[redacted:url-password]@git.example.org/a.git",
        ),
    ] {
        check("a.conf", &format!("url {text}\n"), &format!("url {expected}\n"));
    }
    each_stays(
        "a.conf",
        &[
            "url https://example.org:8080/@me",
            "url http://localhost:3000/packages/x@1.2.3",
            "image docker://r.example.org:5000/a/b@sha256:3f786850e387550f",
            "url https://$USER:$TOKEN@example.org/a",
            "url https://{user}:{token}@example.org/a",
            "see https://example.org/@bob and mail bob@example.org",
        ],
    );
}

#[test]
fn elements_and_property_lists() {
    hides(
        "a.plist",
        "<dict>\n  <key>Password</key>\n  <string>¤</string>\n  <key>User</key>\n  <string>bob</string>\n</dict>\n",
    );
    hides("a.xml", "<a><password><![CDATA[¤]]></password></a>\n");
    hides("a.xml", "<server id=\"x\" password=\"¤\" port=\"1\"/>\n");
    hides("a.xml", "<ns:apiKey type=\"plain\">¤</ns:apiKey>\n");
    hides("a.xml", "<password>\n  ¤\n</password>\n");
    hides(
        "core-site.xml",
        "<property>\n  <name>fs.s3a.secret.key</name>\n  <value>¤</value>\n</property>\n",
    );
    hides("a.xml", "<property name=\"hibernate.connection.password\">¤</property>\n");
    hides("web.config", "<add key=\"ApiKey\" value=\"¤\" />\n");
    hides(
        "settings.xml",
        "<server><id>x</id><username>bob</username><password>¤</password></server>\n",
    );
    each_stays(
        "strings.xml",
        &[
            "<string name=\"forgot_password\">Forgot your password?</string>",
            "<string name=\"invalid_token\">The token is invalid</string>",
            "<string name=\"title\">Hello</string>",
            "<password>${env.PASSWORD}</password>",
            "<passwordPolicy>strict</passwordPolicy>",
        ],
    );
}

#[test]
fn values_that_go_on_in_the_next_line() {
    hides("a.properties", "db.password=¤\\\n  ¤\\\n  ¤\nuser=bob\n");
    hides("a.properties", "db.password = \\\n    ¤\nuser=bob\n");
    hides("a.reg", "[HKEY_CURRENT_USER\\Software\\X]\n\"Password\"=\"¤\"\n\"User\"=\"bob\"\n");
    check(
        "a.reg",
        "\"Password\"=hex:01,02,03,\\\n  04,05\n\"Size\"=dword:00000010\n",
        "\"Password\"=[redacted:password]\\\n  [redacted:password]\n\"Size\"=dword:00000010\n",
    );
}

#[test]
fn statements_of_sql() {
    each_hides(
        "a.sql",
        &[
            "CREATE USER bob PASSWORD '¤';",
            "ALTER ROLE bob WITH ENCRYPTED PASSWORD '¤';",
            "CREATE USER 'bob'@'%' IDENTIFIED BY '¤';",
            "CREATE USER bob IDENTIFIED WITH sha256_password BY '¤';",
            "CREATE USER bob IDENTIFIED BY \"¤\";",
            "CREATE USER bob IDENTIFIED BY ¤;",
            "SET PASSWORD FOR bob = PASSWORD('¤');",
            "INSERT INTO users (name, password) VALUES ('bob', '¤');",
            "insert into app.users (id, \"password\", name) values (1, '¤', 'bob'), (2, '¤', 'eve');",
            "INSERT INTO u (p) VALUES (crypt('¤', gen_salt('bf')));",
        ],
    );
    each_stays(
        "a.sql",
        &[
            "CREATE TABLE users (name text, password varchar(255) NOT NULL, token text);",
            "SELECT password, token FROM users WHERE token = $1;",
            "INSERT INTO users (name, size) VALUES ('bob', 'big');",
            "INSERT INTO users (name, password) VALUES ($1, $2);",
            "  password varchar,",
            "  reset_token text",
        ],
    );
}
