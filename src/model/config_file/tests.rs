use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::model::quickly::quickly;

fn read_at(path: &str, text: &str) -> ConfigFile {
    read(&NotePath::parse(path).unwrap(), text)
}

/// The parts as passages are called by them, and how each passage begins.
fn check(path: &str, text: &str, expected: &[(&str, &str)]) {
    let file = read_at(path, text);
    let found: Vec<(String, &str)> = passages(text, &file.note)
        .into_iter()
        .map(|it| {
            let names: Vec<&str> = it.headings.iter().map(|&at| file.note.headings[at].text.as_str()).collect();
            (names.join(" > "), text[it.range].lines().next().unwrap_or_default())
        })
        .collect();
    let expected: Vec<(String, &str)> = expected.iter().map(|(name, line)| ((*name).to_owned(), *line)).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn each_document_is_a_passage_of_its_own() {
    check(
        "a.yaml",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n  namespace: n\n---\nkind: Namespace\nmetadata: {name: b}\n",
        &[("Service n/a (v1)", "apiVersion: v1"), ("Namespace b", "---")],
    );
    check("values.yaml", "image: x\nreplicas: 1\n", &[("image, replicas", "image: x")]);
}

#[test]
fn a_bad_document_hides_no_other() {
    let text = "kind: A\nmetadata: {name: a}\n---\nkind: B\nmetadata:\n  name: b\nspec: {{ .Values.x }}\n---\nkind: C\nc: ]\n---\nkind: D\nmetadata: {name: d}\n";
    check("t.yaml", text, &[("A a", "kind: A"), ("B b", "---"), ("C", "---"), ("D d", "---")]);
    assert!(read_at("t.yaml", text).flaw.is_some());
}

#[test]
fn anchors_tags_and_flow_maps_lose_no_field() {
    let fields = |text: &str| {
        let file = read_at("a.yaml", text);
        assert_eq!(file.flaw, None, "{text}");
        let fields: Vec<String> = file.fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        fields.join(" ")
    };
    assert_eq!(
        fields("\u{feff}x-base: &base {image: nginx:1.27, ports: [\"80:8080\"]}\r\nservices:\r\n  a: {<<: *base}\r\n"),
        "image=nginx:1.27 port=80 port=8080"
    );
    assert_eq!(
        fields("kind: Deployment\nmetadata: &m {name: a, labels: &l {app: a}}\nspec: {selector: *l, image: !Ref x/y:1}\n"),
        "resource=Deployment/a kind=Deployment name=a image=x/y:1"
    );
    let file = read_at("a.yaml", "a: {b: {c: 1}}\n");
    assert_eq!(file.words[0].1, "a.b.c");
}

#[test]
fn each_item_of_a_list_is_a_resource_with_its_own_lines() {
    let text = "apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata: {name: a}\n- apiVersion: apps/v1\n  kind: Deployment\n  \
                metadata:\n    name: b\n    namespace: n\n  spec: {image: x:1}\nkind: List\nmetadata:\n  resourceVersion: \"\"\n";
    check(
        "all.yaml",
        text,
        &[
            ("List (v1)", "apiVersion: v1"),
            ("Service a (v1)", "- apiVersion: v1"),
            ("Deployment n/b (apps/v1)", "- apiVersion: apps/v1"),
            ("kind, metadata", "kind: List"),
        ],
    );
    let file = read_at("all.yaml", text);
    let found: Vec<String> = file
        .resources
        .iter()
        .map(|it| format!("{} {} {}", it.id(), it.keys.len(), text[it.range.clone()].lines().count()))
        .collect();
    assert_eq!(found, ["List/ 3 2", "Service/a 3 3", "Deployment/n/b 5 6"]);
    assert_eq!(resources("all.yaml", text).len(), 3);
    assert_eq!(
        record::values(&file.documents[2].1, "image").collect::<Vec<_>>(),
        ["x:1"],
        "{:?}",
        file.documents
    );
    let json = "{\n \"kind\": \"List\", \"apiVersion\": \"v1\",\n \"items\": [\n  {\"kind\": \"A\", \"metadata\": {\"name\": \"a\"}},\n  \
                {\"kind\": \"B\", \"metadata\": {\"name\": \"b\"}}\n ]\n}\n";
    let file = read_at("all.json", json);
    assert_eq!(file.resources.iter().map(Resource::id).collect::<Vec<_>>(), ["List/", "A/a", "B/b"]);
    assert!(json[file.resources[2].range.clone()].starts_with("  {\"kind\": \"B\""));
}

#[test]
fn each_stage_of_a_dockerfile_is_a_document() {
    let file = read_at(
        "Dockerfile",
        "ARG V=22\nFROM node:${V} AS build\nRUN x\nFROM caddy:2.8\nEXPOSE 2015\n",
    );
    let found: Vec<String> = file
        .documents
        .iter()
        .map(|(range, it)| format!("{range:?} {}", it.replace('\u{1e}', " ")))
        .collect();
    assert_eq!(found, ["9..39 image=node:22", "39..66 image=caddy:2.8 port=2015"]);
    assert_eq!(file.words, [(9..39, "node:22".to_owned())]);
}

#[test]
fn an_image_whose_tag_stands_apart_is_found_as_one() {
    let text = "kind: A\nmetadata: {name: a}\nimage:\n  repository: x/y\n  tag: v1\n";
    let file = read_at("a.yaml", text);
    assert!(file.words.contains(&(0..text.len(), "x/y:v1".to_owned())), "{:?}", file.words);
}

#[test]
fn beside_a_broken_template_good_documents_keep_fields_and_lines() {
    let text = "{{- if .Values.x }}\napiVersion: v1\nkind: Service\nmetadata:\n  name: {{ include \"x\" . }}\nspec: {type: {{ .t }}}\n{{- end \
                }}\n---\nkind: Deployment\nmetadata: {name: good}\nspec: {image: \"a/b:1\"}\n---\nkind: Bad\n  x: [\n---\nkind: Job\nmetadata:\n  \
                name: last\nspec:\n  image: c/d:2\n";
    let file = read_at("templates/all.yaml", text);
    let found: Vec<String> = file
        .resources
        .iter()
        .map(|it| format!("{} {}", it.id(), 1 + text[..it.range.start].matches('\n').count()))
        .collect();
    assert_eq!(found, ["Service/ 1", "Deployment/good 8", "Bad/ 12", "Job/last 15"]);
    let images: Vec<&str> = file.fields.iter().filter(|it| it.0 == "image").map(|it| it.1.as_str()).collect();
    assert_eq!(images, ["a/b:1", "c/d:2"]);
}

#[test]
fn long_documents_are_parted_by_their_keys() {
    let values = |name: &str| format!("    {name}:\n{}", "      key: some value of it\n".repeat(60));
    let text = format!(
        "apiVersion: helm/v2\nkind: HelmRelease\nmetadata:\n  name: a\nspec:\n  interval: 1h\n  # of the chart\n  values:\n{}{}",
        values("one"),
        values("two")
    );
    let file = read_at("a.yaml", &text);
    let names: Vec<_> = file.note.headings.iter().map(|it| it.text.as_str()).collect();
    assert_eq!(
        names,
        ["HelmRelease a (helm/v2)", "spec.interval, spec.values.one", "spec.values.two"]
    );
    assert!(file.words.iter().any(|(_, words)| words.contains("spec.values.two.key")));
}

#[test]
fn the_files_of_a_map_are_parts() {
    check(
        "m.yaml",
        "kind: ConfigMap\nmetadata:\n  name: m\ndata:\n  A: b\n  nginx.conf: |\n    server {}\n  x.sh: |\n    echo\n",
        &[
            ("ConfigMap m", "kind: ConfigMap"),
            ("ConfigMap m > data.A", "data:"),
            ("ConfigMap m > ConfigMap m data/nginx.conf", "  nginx.conf: |"),
            ("ConfigMap m > ConfigMap m data/x.sh", "  x.sh: |"),
        ],
    );
}

#[test]
fn fields_are_properties() {
    let file = read_at(
        "a.yaml",
        "kind: A\nmetadata: {name: a}\n---\nkind: B\nmetadata: {name: b}\nimage: x:1\n",
    );
    assert_eq!(
        file.note.property("resource"),
        Some(&Value::List(vec![Value::String("A/a".to_owned()), Value::String("B/b".to_owned())]))
    );
    assert_eq!((file.note.body_start(), file.note.title()), (0, None));
}

#[test]
fn other_formats_have_parts_and_paths() {
    let file = read_at("a.json5", "{\n  // x\n  a: {b: 1},\n  c: 'd',\n}\n");
    assert_eq!(
        file.words,
        [(0..text_len("{\n  // x\n  a: {b: 1},\n  c: 'd',\n}\n"), "a.b".to_owned())]
    );
    let file = read_at("a.toml", "x = 1\n[s]\ny = 2\n");
    assert_eq!(file.words[0].1, "s.y");
    check("a.txt", "one\n\ntwo\n", &[("", "one")]);
    check("SKILL.md", "---\nname: a\n---\n# One\ntext\n", &[("One", "# One")]);
}

fn text_len(text: &str) -> usize {
    text.len()
}

const PATHS: [&str; 7] = ["a.yaml", "a.json", "a.toml", "a.sh", "nginx.conf", "a.txt", "a.md"];

const PARTS: &[&str] = &[
    "a: ",
    "kind: ConfigMap\n",
    "metadata:\n",
    "  name: é\n",
    "data:\n",
    "  f.conf: |\n",
    "    x\n",
    "---\n",
    "...\n",
    "- ",
    "  ",
    "\n",
    "\r\n",
    "{",
    "}",
    "[",
    "]",
    "\"",
    "'",
    "\\",
    "é",
    "#",
    "// ",
    "/*",
    "{{ x }}",
    ": ",
    ":",
    ",",
    "=",
    "[s]\n",
    "k = v\n",
    "spec:\n",
    "  values:\n",
    "image: x:1\n",
    "fn a() {\n",
    "&a ",
    "*a",
    "!t ",
    "\t",
    "%",
    "\u{feff}",
    "\u{85}",
];

fn holds(path: &str, text: &str) {
    let file = read_at(path, text);
    let headings = &file.note.headings;
    assert!(
        headings.windows(2).all(|it| it[0].range.start <= it[1].range.start),
        "{path} {text:?} {headings:?}"
    );
    let ranges = headings
        .iter()
        .map(|it| &it.range)
        .chain(file.words.iter().map(|it| &it.0))
        .chain(file.links.iter().map(|it| &it.range));
    for range in ranges.chain(file.resources.iter().map(|it| &it.range)) {
        assert!(text.get(range.clone()).is_some(), "{path} {text:?} {range:?}");
    }
    let mut at = file.note.body_start();
    for passage in passages(text, &file.note) {
        assert!(passage.range.start == at && text.get(passage.range.clone()).is_some());
        at = passage.range.end;
    }
}

proptest! {
    #[test]
    fn whatever_a_file_holds_its_parts_are_in_order(parts in prop::collection::vec(prop::sample::select(PARTS), 0..60), path in 0..PATHS.len()) {
        holds(PATHS[path], &parts.concat());
    }
}

#[test]
fn hostile_files_are_read_in_bounded_time() {
    let deep: String = (0..700).map(|n| format!("{}a:\n", " ".repeat(n))).collect();
    let bomb = "a: &a [x,x]\nb: &b [*a,*a,*a,*a]\n".repeat(5000);
    let long = "x: 1\n".repeat(100_000);
    let texts = [
        "- ".repeat(250_000),
        deep,
        bomb,
        long,
        "{a: ".repeat(125_000),
        "[".repeat(500_000),
        "\"".repeat(500_000),
        "a: |\n".repeat(100_000),
        "---\n".repeat(125_000),
        "a: b\n---\n".repeat(50_000),
        "? ".repeat(250_000),
        "#\n".repeat(250_000),
        "a:\n #\n".repeat(80_000),
        "x\n\n".repeat(150_000),
        "k=v\n".repeat(120_000),
        "[s]\n".repeat(120_000),
        "a: \"\n\n".repeat(80_000),
        "{\"a\":".repeat(100_000),
    ];
    for text in &texts {
        for path in PATHS.iter().take(6) {
            let what = format!("{path} {:?}", &text[..20]);
            quickly(Duration::from_secs(5), &what, || read_at(path, text));
        }
    }
}
