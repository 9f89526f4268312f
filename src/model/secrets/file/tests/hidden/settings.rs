//! Files of programs whose settings stand apart by spaces, and files known by their names.

use super::{each_hides, each_stays, hides};

#[test]
fn mail() {
    hides(
        ".msmtprc",
        "account x\nhost smtp.example.org\nuser bob\npassword ¤\nauth on\ntls on\n",
    );
    hides("mail/config", "host smtp.example.org\nuser bob\npassword ¤\n");
    hides(
        ".fetchmailrc",
        "poll mail.example.org protocol imap\n  user \"bob\"\n  password \"¤\"\n",
    );
    hides(".fetchmailrc", "poll h proto imap user bob there with password \"¤\" is bob here\n");
    hides(".mbsyncrc", "IMAPAccount x\nHost h\nUser bob\nPass ¤\nAuthMechs LOGIN\n");
    hides("postfix/sasl_passwd", "[smtp.example.org]:587 bob@example.org:¤\n# nothing\n");
    hides(".muttrc", "set imap_user = bob\nset imap_pass = \"¤\"\n");
}

#[test]
fn servers() {
    each_hides("slapd.conf", &["rootdn \"cn=x\"\nrootpw ¤", "bindpw ¤"]);
    each_hides("redis.conf", &["requirepass ¤", "masterauth ¤", "user bob on +@all ~* >¤"]);
    each_hides("sentinel.conf", &["sentinel auth-pass mymaster ¤"]);
    each_hides("mosquitto.conf", &["remote_username bob\nremote_password ¤", "bridge_psk ¤"]);
    each_hides("named.conf", &["key \"k\" {\n  algorithm hmac-sha256;\n  secret \"¤\";\n};"]);
    each_hides(
        "haproxy.cfg",
        &[
            "userlist x\n  user bob password ¤\n  user eve insecure-password ¤",
            "  stats auth bob:¤",
            "  user bob insecure-password ¤ groups a",
        ],
    );
    each_hides("keepalived.conf", &["authentication {\n  auth_type PASS\n  auth_pass ¤\n}"]);
    each_hides("tinyproxy.conf", &["BasicAuth bob ¤"]);
    each_hides("squid.conf", &["cache_peer h parent 3128 0 no-query login=bob:¤"]);
    each_hides("ircd.conf", &["server_password = \"¤\";", "server_password ¤"]);
    each_hides("irc.conf", &["libera.password = \"¤\"", "libera.sasl_password = \"¤\""]);
    each_hides(
        "nginx.conf",
        &[
            "proxy_set_header Authorization \"Bearer ¤\";",
            "secure_link_secret ¤;",
            "set $api_key \"¤\";",
        ],
    );
}

#[test]
fn networks() {
    each_hides(
        "ipsec.secrets",
        &[
            ": PSK \"¤\"",
            "192.0.2.1 %any : PSK \"¤\"",
            "bob : EAP \"¤\"",
            ": RSA key.pem \"¤\"",
        ],
    );
    each_hides("ppp/chap-secrets", &["bob * ¤ *", "\"bob\" \"server\" \"¤\" 10.0.0.1"]);
    each_hides(
        "wpa_supplicant.conf",
        &["network={\n  ssid=\"Home\"\n  psk=\"¤\"\n}", "wep_key0=\"¤\""],
    );
    each_hides("wifi.nmconnection", &["[wifi-security]\nkey-mgmt=wpa-psk\npsk=¤"]);
    each_hides(
        "router.cfg",
        &[
            "username admin privilege 15 secret 0 ¤",
            "enable secret 5 ¤",
            "snmp-server community ¤ RO",
            " neighbor 10.0.0.1 password ¤",
        ],
    );
    each_hides("junos.conf", &["encrypted-password \"¤\"; ## SECRET-DATA"]);
    each_hides(
        "etc/config/wireless",
        &["config wifi-iface\n\toption ssid 'Home'\n\toption key '¤'"],
    );
    each_hides("vyos.cfg", &["set system login user vyos authentication plaintext-password '¤'"]);
}

#[test]
fn stores() {
    each_hides("my.cnf", &["[client]\nuser=bob\npassword=¤", "[client]\npassword = \"¤\""]);
    each_hides("users/htpasswd", &["bob:¤", "bob:¤\neve:¤"]);
    each_hides(
        "authinfo",
        &[
            "x y\nmachine h login bob port 993 password ¤",
            "x y\nmachine h password ¤ login bob",
        ],
    );
    each_hides("secrets/db_password.txt", &["¤"]);
    each_hides("db_password.txt", &["¤"]);
    each_hides("grafana.token", &["¤"]);
}

#[test]
fn sentences_and_switches_stay() {
    each_stays(
        "a.conf",
        &[
            "password authentication is disabled",
            "password required pam_unix.so",
            "password\tsufficient\tpam_unix.so sha512 shadow nullok try_first_pass use_authtok",
            "PasswordAuthentication no",
            "PermitEmptyPasswords no",
            "proxy_pass http://backend;",
            "proxy_pass backend;",
            "fastcgi_pass unix:/run/php.sock;",
            "auth-user-pass login.conf",
            "passwd file",
            "secret management",
            "token endpoint",
            "ssl_certificate_key /etc/tls/a.key;",
            "proxy_set_header Authorization $http_authorization;",
            "auth_basic \"Restricted\";",
            "auth_basic_user_file /etc/htpasswd;",
            "password-file /run/x",
            "bindpw $BIND_PASSWORD",
            "rootpw {{ root_password }}",
            "user bob on nopass",
        ],
    );
    each_stays(
        "a.md",
        &[
            "password manager",
            "The user enters the password twice",
            "secret \"weapon\";",
            "He is identified by name.",
        ],
    );
    each_stays(
        "pam.d/sshd",
        &[
            "password include system-auth",
            "auth include system-auth",
            "@include common-password",
        ],
    );
    each_stays(
        "a.yaml",
        &[
            "description: The user\n  password manager\n",
            "text: |\n  password manager\n  token endpoint\n",
        ],
    );
}
