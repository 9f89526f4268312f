//! Facts of what is no data: the images, hosts and ports of a Dockerfile, a script, the configuration of nginx. Knows how lines of these name
//! them; parses none of these languages.

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use regex::Regex;

use super::ports::is_port_key;

/// So many are told of one file.
const MAX_FACTS: usize = 500;

/// Options of `docker run` that stand alone; every other takes the next word.
const FLAGS: [&str; 14] = [
    "detach",
    "interactive",
    "tty",
    "rm",
    "init",
    "privileged",
    "read-only",
    "publish-all",
    "no-healthcheck",
    "oom-kill-disable",
    "quiet",
    "sig-proxy",
    "replace",
    "all-tags",
];

/// `image = "…"` of Nix, Terraform and programs.
static ASSIGNED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r#"^\s*["']?image["']?\s*[:=]\s*["']([^"'\s]+)["']"#).expect("the pattern is constant"));

/// `HTTP_PORT = 3000;` of Nix, `export PORT=3000`, `const port: number = 3000`, `port: 3000,`, `--port=3000`.
static NUMBERED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?:^|[\s"'.{(,]|--)([A-Za-z_][\w-]{0,60})["']?\s*(?::\s*[A-Za-z]\w*\s*)?(?::?=|:)\s*["']?([0-9]{1,5})["']?(?:[;,)}\s]|$)"#,
    )
    .expect("the pattern is constant")
});

/// A fact, and the byte at which its line begins.
type Placed = (usize, (&'static str, String));

/// Returns names and values, in order: `image`, `host`, `port`. Values may repeat.
pub(super) fn facts(text: &str) -> Vec<(&'static str, String)> {
    placed(text).into_iter().map(|(_, it)| it).collect()
}

/// Returns the facts with their places.
pub(super) fn placed(text: &str) -> Vec<Placed> {
    let mut all: Vec<Placed> = Vec::new();
    let mut arguments: HashMap<&str, &str> = HashMap::new();
    let mut stages: Vec<&str> = Vec::new();
    let lines = joined(text);
    for (start, line) in &lines {
        if all.len() >= MAX_FACTS {
            break;
        }
        let mut facts: Vec<(&'static str, String)> = Vec::new();
        let words: Vec<&str> = line.split_whitespace().take(200).collect();
        let Some(first) = words.first() else { continue };
        match *first {
            it if it.starts_with('#') || it.starts_with("//") => {}
            // Of a Dockerfile; a value that the build may give is known by its default.
            "ARG" => {
                if let Some((name, value)) = words.get(1).and_then(|it| it.split_once('=')) {
                    arguments.insert(name, value.trim_matches(['"', '\'']));
                }
                facts.extend(numbered(line));
            }
            "FROM" => {
                let mut rest = words[1..].iter().filter(|it| !it.starts_with("--"));
                if let Some(image) = rest.next().filter(|it| !stages.contains(it) && **it != "scratch") {
                    facts.push(("image", with_arguments(image, &arguments)));
                }
                if rest.next().is_some_and(|it| it.eq_ignore_ascii_case("as")) {
                    stages.extend(rest.next());
                }
            }
            "COPY" => {
                let from = words
                    .iter()
                    .find_map(|it| it.strip_prefix("--from="))
                    .filter(|it| it.contains(['/', ':']));
                facts.extend(from.map(|it| ("image", with_arguments(it, &arguments))));
            }
            "ENV" if words.get(1).is_some_and(|it| is_port_key(it)) => facts.extend(words.get(2).and_then(|it| port(it))),
            "EXPOSE" => facts.extend(words[1..].iter().filter_map(|it| port(it.split('/').next()?))),
            // Of nginx.
            "server_name" => {
                let names = words[1..].iter().map(|it| it.trim_end_matches(';')).filter(|it| it.contains('.'));
                facts.extend(names.map(|it| ("host", it.to_owned())));
            }
            "listen" => facts.extend(words.get(1).and_then(|it| port(it.trim_end_matches(';').rsplit(':').next()?))),
            _ => {
                facts.extend(run(&words).map(|it| ("image", it)));
                facts.extend(numbered(line));
                facts.extend(ASSIGNED.captures(line.trim_end()).map(|it| ("image", it[1].to_owned())));
            }
        }
        facts.retain(|(_, value)| !value.is_empty() && value.len() <= 300 && !value.chars().any(char::is_control));
        all.extend(facts.into_iter().map(|it| (*start, it)));
    }
    all
}

/// Returns the lines with the bytes at which they begin, those joined that a backslash ends.
fn joined(text: &str) -> Vec<(usize, Cow<'_, str>)> {
    let mut lines: Vec<(usize, Cow<'_, str>)> = Vec::new();
    let mut goes_on = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end();
        let (part, next) = content.strip_suffix('\\').map_or((content, false), |it| (it, true));
        match lines.last_mut().filter(|_| goes_on) {
            Some((_, open)) => open.to_mut().push_str(part),
            None => lines.push((at, part.into())),
        }
        goes_on = next;
        at += line.len();
    }
    lines
}

/// Returns the image that `docker run`, `podman pull` and their like name.
fn run(words: &[&str]) -> Option<String> {
    let at = words
        .iter()
        .position(|it| matches!(it.rsplit('/').next(), Some("docker" | "podman" | "nerdctl")))?;
    let verb = words[at + 1..].iter().position(|it| matches!(*it, "run" | "pull" | "create"))?;
    let mut rest = words[at + 2 + verb..].iter();
    while let Some(word) = rest.next() {
        let Some(option) = word.strip_prefix('-') else {
            let image = word.trim_matches(['"', '\'']);
            return (!image.starts_with('$') && image.starts_with(|it: char| it.is_ascii_alphanumeric())).then(|| image.to_owned());
        };
        let takes_next = match option.strip_prefix('-') {
            Some(long) => !long.contains('=') && !FLAGS.contains(&long),
            // `-it`, `-v a:b`, `-p8080:80`
            None => option.len() == 1 && !matches!(option, "d" | "i" | "t" | "P" | "q"),
        };
        if takes_next {
            rest.next();
        }
    }
    None
}

/// Puts the defaults of arguments in: `node:${VERSION}`, `node:$VERSION`, `node:${VERSION:-22}`.
fn with_arguments(image: &str, arguments: &HashMap<&str, &str>) -> String {
    static REFERENCE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\$(?:\{(\w+)(?::-([^}]*))?\}|(\w+))").expect("the pattern is constant"));
    let value = |found: &regex::Captures<'_>| {
        let name = found.get(1).or(found.get(3)).map_or("", |it| it.as_str());
        let default = found.get(2).map_or(&found[0], |it| it.as_str());
        arguments.get(name).copied().unwrap_or(default).to_owned()
    };
    REFERENCE.replace_all(image, value).into_owned()
}

/// Returns the ports that are assigned in a line, or given to an option.
fn numbered(line: &str) -> impl Iterator<Item = (&'static str, String)> {
    let found = NUMBERED.captures_iter(line).take(20).filter(|it| is_port_key(&it[1]));
    found.filter_map(|it| port(&it[2]))
}

fn port(text: &str) -> Option<(&'static str, String)> {
    text.parse::<u16>().is_ok_and(|it| it > 0).then(|| ("port", text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<String> = facts(text).iter().map(|(name, value)| format!("{name}={value}")).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn a_dockerfile_has_the_images_that_it_is_made_from() {
        check(
            "ARG NODE=22\nFROM --platform=$BUILDPLATFORM node:${NODE}-alpine AS build\nRUN x\nFROM build AS test\nFROM scratch\nCOPY --from=ghcr.io/a/b:1 /x /x\nCOPY --from=build /y /y\nEXPOSE 8080/tcp 9090\nFROM nginx:1.27\n",
            &[
                "image=node:22-alpine",
                "image=ghcr.io/a/b:1",
                "port=8080",
                "port=9090",
                "image=nginx:1.27",
            ],
        );
        check("FROM a/b:${TAG:-v2}\nFROM a/c:$NONE\n", &["image=a/b:v2", "image=a/c:$NONE"]);
    }

    #[test]
    fn a_script_has_the_images_that_it_runs() {
        check(
            "#!/bin/sh\ndocker run -d --rm --name x -p 80:80 \\\n  -v /a:/b ghcr.io/x/y:v1 serve -p 1\nsudo podman pull quay.io/z/w\ndocker run \"$IMAGE\"\n",
            &["image=ghcr.io/x/y:v1", "image=quay.io/z/w"],
        );
        check("  image = \"ghcr.io/x/y:v1\";\n", &["image=ghcr.io/x/y:v1"]);
        check("docker build -t x .\nFROM\n", &[]);
    }

    #[test]
    fn ports_that_code_assigns_were_not_found() {
        let one = ["port=3210"];
        check("  services.gitea.settings.server.HTTP_PORT = 3210;\n", &one);
        check("{ port = 3210; }\n", &one);
        check("HTTP_PORT=3210\n", &one);
        check("export PORT=\"3210\" # of the web\n", &one);
        check("export const listenPort: number = 3210;\n", &one);
        check("let port: u16 = 3210;\nport := 0\n", &one);
        check("serve({host: \"x\", port: 3210})\n", &one);
        check("exec app --port=3210 --threads=4\n", &one);
        check(
            "ARG PORT=3210\nENV OTHER_PORT 3211\nENV WEB_PORT=3212\n",
            &["port=3210", "port=3211", "port=3212"],
        );
        check(
            "if port == 3210 || report = 3210 { support: 3210 }\n# PORT=3210\nport = 99999\nport = 1.5\n",
            &[],
        );
    }

    #[test]
    fn nginx_has_hosts_and_ports() {
        check(
            "server {\n  listen 443 ssl;\n  listen [::]:8443;\n  server_name a.example.org www.example.org;\n}\n",
            &["port=443", "port=8443", "host=a.example.org", "host=www.example.org"],
        );
    }
}
