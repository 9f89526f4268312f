//! Real repositories of configuration and dotfiles: what each service writes in its own way.

use super::{each_hides, each_stays, hides, masked, shown};

/// Keys that are Base64 by nature.
const KEY: &str = "pUqJrVyVRj5jsiYEkM/tFQYfWyJIv4s3XkvDwy7Cu5s=";

#[track_caller]
fn hides_key(path: &str, text: &str) {
    assert_eq!(shown(path, text, KEY), None);
}

#[test]
fn clusters_and_queues() {
    hides_key("consul.hcl", "encrypt = \"¤\"\n");
    hides_key("consul.json", "{\"encrypt\": \"¤\"}\n");
    hides_key("esphome/a.yaml", "api:\n  encryption:\n    key: \"¤\"\n");
    hides(
        "kafka.properties",
        "sasl.jaas.config=org.x.PlainLoginModule required username=\"bob\" password=\"¤\" user_eve=\"¤\";\n",
    );
    each_hides("vm.args", &["-name x@h\n-setcookie ¤"]);
    each_hides("rabbitmq.conf", &["default_pass = ¤"]);
    each_hides("telegraf.conf", &["[[outputs.influxdb_v2]]\n  token = \"¤\"\n  bucket = \"x\""]);
    each_hides("fluent.conf", &["<match x>\n  host h\n  user bob\n  password ¤\n</match>"]);
    each_hides("logstash.conf", &["elasticsearch { user => \"bob\" password => \"¤\" }"]);
}

#[test]
fn mail_and_directories() {
    each_hides("dovecot/users", &["bob:{PLAIN}¤:1000:1000::/home/bob"]);
    each_hides("dovecot-sql.conf.ext", &["connect = host=h dbname=mail user=bob password=¤"]);
    each_hides("sssd.conf", &["[domain/x]\nldap_default_bind_dn = cn=x\nldap_default_authtok = ¤"]);
    each_hides("snmpd.conf", &["createUser bob SHA \"¤\" AES \"¤\"", "rocommunity ¤"]);
    each_hides("raddb/users", &["bob Cleartext-Password := \"¤\""]);
    each_hides("tac_plus.conf", &["user = bob {\n  login = cleartext \"¤\"\n}"]);
    each_hides("asterisk/manager.conf", &["[admin]\nsecret = ¤\nread = all"]);
    each_hides(
        "apache.conf",
        &[
            "AuthLDAPBindPassword ¤",
            "AuthLDAPBindPassword \"¤\"",
            "SessionCryptoPassphrase ¤",
            "SetEnv DB_PASSWORD ¤",
        ],
    );
    each_hides("php-fpm.conf", &["env[DB_PASSWORD] = ¤"]);
}

#[test]
fn installers() {
    each_hides(
        "preseed.cfg",
        &["d-i passwd/root-password password ¤", "d-i passwd/user-password-again password ¤"],
    );
    each_hides("ks.cfg", &["rootpw --plaintext ¤", "user --name=bob --password=¤"]);
    hides(
        "autounattend.xml",
        "<AdministratorPassword>\n  <Value>¤</Value>\n</AdministratorPassword>\n",
    );
    each_hides(
        "user-data",
        &["#cloud-config\nchpasswd:\n  expire: false\n  list: |\n    root:¤\n    bob:¤\n"],
    );
    each_hides("site.pp", &["  password => '¤',"]);
    each_stays("site.pp", &["  password => $db_password,", "  password => lookup('db::password'),"]);
}

#[test]
fn networks_at_home() {
    hides_key(
        "wg0.conf",
        "[Interface]\nPrivateKey = ¤\nAddress = 10.0.0.1/24\n\n[Peer]\nPresharedKey = ¤\n",
    );
    each_stays(
        "wg0.conf",
        &["[Peer]\nPublicKey = pUqJrVyVRj5jsiYEkM/tFQYfWyJIv4s3XkvDwy7Cu5s=\nAllowedIPs = 10.0.0.2/32"],
    );
    hides("client.conf", "<auth-user-pass>\nbob\n¤\n</auth-user-pass>\n");
    let key = "-----BEGIN OpenVPN Static key V1-----\n0123456789abcdef0123456789abcdef\nfedcba9876543210fedcba9876543210\n-----END OpenVPN Static key V1-----\n";
    let masked = masked("vpn/ta.conf", key);
    assert!(!masked.contains("0123456789abcdef") && masked.lines().count() == 4, "{masked}");
    each_hides("torrc", &["HashedControlPassword ¤"]);
    each_hides("server.properties", &["enable-rcon=true\nrcon.password=¤"]);
    each_hides("smbcredentials", &["username=bob\npassword=¤"]);
    each_hides("fstab", &["//h/s /m cifs username=bob,password=¤,uid=1000 0 0"]);
    each_hides("mpd.conf", &["music_directory \"/m\"\npassword \"¤\""]);
}

#[test]
fn dotfiles() {
    each_hides(".curlrc", &["user = \"bob:¤\"", "proxy-user = \"bob:¤\""]);
    each_hides(".wgetrc", &["http_password = ¤"]);
    each_hides(
        "rclone.conf",
        &[
            "[x]\ntype = s3\nsecret_access_key = ¤",
            "[y]\ntoken = {\"access_token\":\"¤\",\"expiry\":\"2024\"}",
        ],
    );
    each_hides(
        ".config/newsboat/config",
        &["miniflux-login \"bob\"\nminiflux-password \"¤\"", "ttrss-password ¤"],
    );
    each_hides(
        "nvim/init.lua",
        &["vim.env.OPENAI_API_KEY = \"¤\"", "local key = os.getenv(\"API_KEY\") or \"¤\""],
    );
    each_hides(".emacs.d/init.el", &["(setq gptel-api-key \"¤\")"]);
    each_hides("config.fish", &["set -gx API_TOKEN ¤", "set -x API_TOKEN \"¤\""]);
    each_hides(
        "profile.ps1",
        &[
            "$env:API_TOKEN = \"¤\"",
            "[Environment]::SetEnvironmentVariable(\"API_TOKEN\", \"¤\", \"User\")",
        ],
    );
    each_hides("run.bat", &["set API_TOKEN=¤", "setx API_TOKEN ¤"]);
    each_hides(
        ".gitconfig",
        &[
            "[http]\n\textraHeader = \"Authorization: Basic ¤\"",
            "[url \"https://bob:¤@git.example.org/\"]\n\tinsteadOf = x:",
        ],
    );
    each_stays(
        ".gitconfig",
        &[
            "[user]\n\tsigningkey = 3AA5C34371567BD2\n\tname = Bob",
            "[credential]\n\thelper = store",
            "[commit]\n\tgpgsign = true",
        ],
    );
    each_hides("vdirsyncer.conf", &["[storage x]\nusername = \"bob\"\npassword = \"¤\""]);
    each_stays("vdirsyncer.conf", &["password.fetch = [\"command\", \"pass\", \"show\", \"x\"]"]);
    each_hides("jupyter_config.py", &["c.NotebookApp.token = '¤'"]);
    each_hides("a.http", &["@token = ¤", "GET https://example.org\nAuthorization: Bearer ¤"]);
    each_hides(
        "a.sh",
        &["http -a bob:¤ https://example.org", "curl \"https://example.org/?api_key=¤&x=y\""],
    );
    each_hides("settings.json", &["{\"x.apiKey\": \"¤\", \"editor.tabSize\": 2}"]);
}

#[test]
fn applications() {
    each_hides(
        "config.php",
        &[
            "  'dbpassword' => '¤',",
            "  'passwordsalt' => '¤',",
            "  'secret' => '¤',",
            "define( 'LOGGED_IN_KEY', '¤' );",
        ],
    );
    each_hides("config.xml", &["<Config>\n  <ApiKey>¤</ApiKey>\n  <Port>1</Port>\n</Config>"]);
    each_hides("Preferences.xml", &["<Preferences PlexOnlineToken=\"¤\" Port=\"1\"/>"]);
    each_hides("qBittorrent.conf", &["WebUI\\Password_PBKDF2=\"¤\""]);
    each_hides("sabnzbd.ini", &["[misc]\napi_key = ¤\nport = 1"]);
    each_hides("grafana.ini", &["[security]\nadmin_user = bob\nadmin_password = ¤\nsecret_key = ¤"]);
    each_hides(
        "compose.yaml",
        &[
            "services:\n  a:\n    environment:\n      - POSTGRES_PASSWORD=¤\n      - TZ=UTC",
            "services:\n  a:\n    environment:\n      ADMIN_TOKEN: ¤",
        ],
    );
    let hash = "$$apr1$$abcdefgh$$0123456789abcdefghijkl";
    let masked = masked("compose.yml", &format!("labels:\n  - x.basicauth.users=bob:{hash}\n"));
    assert!(!masked.contains("apr1"), "{masked}");
    each_hides("application.yml", &["spring:\n  datasource:\n    password: ${DB_PASSWORD:¤}"]);
    each_hides(
        "a.service",
        &[
            "[Service]\nEnvironment=API_TOKEN=¤",
            "[Service]\nEnvironment=\"API_TOKEN=¤\" \"X=y\"",
        ],
    );
    each_hides("hosts.ini", &["[all]\nh1 ansible_user=bob ansible_ssh_pass=¤ ansible_port=22"]);
    each_hides("alertmanager.yml", &["url: \"https://example.org/hook?token=¤&x=y\""]);
}
