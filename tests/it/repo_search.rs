//! What operators ask of a config repository: conditions on documents, identifiers as they are written, the lines and links of the right document.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{
    harness::Server,
    repo::{checkout_at, is_found, put, until},
};

const RELEASE: &str = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: openclaw, namespace: ai}\nspec:\n  chart:\n    spec: \
                       {chart: app-template, version: 3.2.1}\n  values:\n    image:\n      repository: ghcr.io/example/openclaw\n      tag: v1.4.2\n    \
                       persistence: {size: 20Gi}\n";

const WEB: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: web}\nspec:\n  template:\n    spec:\n      containers:\n        \
                   - {name: app, image: \"docker.io/library/nginx:1.27.3\"}\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web, \
                   namespace: web}\nspec:\n  rules:\n    - host: notes.example.org\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web-metrics, \
                   namespace: web}\nspec:\n  ports: [{port: 9113}]\n";

/// Files that hold the parts of what is asked for, many times, and never the whole.
fn put_decoys(work: &std::path::Path) {
    for n in 0..8 {
        let mut text = String::new();
        for _ in 0..6 {
            let _ = writeln!(text, "example notes org: the org has notes, an example of notes for the org");
            let _ = writeln!(
                text,
                "v1 4 2, 2 4 v1, tag 27 1 3, 1 27 of 3, size of persistence values in the spec, persistence of size"
            );
            let _ = writeln!(text, "restore the snapshot, snapshot to restore; openclaw image at ghcr io example");
        }
        put(work, &format!("a-decoys/{n}.txt"), &text);
    }
}

async fn ask(server: &Server, query: &str) -> Value {
    let encoded: String = query.bytes().map(|it| format!("%{it:02X}")).collect();
    server.get(&format!("/v1/search?q={encoded}&limit=50")).await.json()
}

async fn start(work: &std::path::Path) -> Server {
    put(work, "zz-last.txt", "quicksilver\n");
    let server = Server::start_with(&[("nginx.md", "# nginx\nNotes on nginx and its image.\n")], |it| {
        it.sources.push(checkout_at(work));
    })
    .await;
    until(&server, "/v1/search?q=quicksilver", is_found).await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_as_one_comes_before_files_that_hold_its_parts() {
    let work = tempfile::tempdir().unwrap();
    put_decoys(work.path());
    // Long, so that a word counts little.
    let long = "# nothing of interest in this line of the file\n".repeat(40);
    put(work.path(), "clusters/home/openclaw.yaml", &format!("{RELEASE}{long}"));
    put(work.path(), "clusters/home/web.yaml", &format!("{WEB}{long}"));
    put(
        work.path(),
        "scripts/backup.sh",
        &format!("#!/bin/sh\nrestore_snapshot() {{\n  velero\n}}\n{long}"),
    );
    let server = start(work.path()).await;
    let check = async |query: &str, expected: &str| {
        let found = ask(&server, query).await;
        let order: Vec<_> = found["hits"].as_array().unwrap().iter().map(|it| &it["path"]).collect();
        assert_eq!(order.first(), Some(&&json!(expected)), "{query}: {order:?}");
    };
    check("notes.example.org", "clusters/home/web.yaml").await;
    check("where does notes.example.org point to", "clusters/home/web.yaml").await;
    check("v1.4.2", "clusters/home/openclaw.yaml").await;
    check("1.27.3", "clusters/home/web.yaml").await;
    check("nginx:1.27.3", "clusters/home/web.yaml").await;
    // The tag stands apart from its repository.
    check("ghcr.io/example/openclaw:v1.4.2", "clusters/home/openclaw.yaml").await;
    check("spec.values.persistence.size", "clusters/home/openclaw.yaml").await;
    check("persistence.size", "clusters/home/openclaw.yaml").await;
    check("restore_snapshot", "scripts/backup.sh").await;
    check("restore-snapshot", "scripts/backup.sh").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_ranked_behind_files_that_only_speak_of_ports() {
    let work = tempfile::tempdir().unwrap();
    let long = "# nothing of interest in this line of the file\n".repeat(60);
    let with_port = |port: &str| format!("kind: Service\nmetadata: {{name: web}}\nspec:\n  ports:\n    - {{name: https, {port}}}\n{long}");
    put(work.path(), "apps/web.yaml", &with_port("port: 8443"));
    put(work.path(), "apps/nginx.conf", &format!("server {{\n  listen 9443;\n}}\n{long}"));
    for n in 0..4 {
        put(
            work.path(),
            &format!("a/{n}.md"),
            &"A port is a port: the service listens on its port.\n".repeat(8),
        );
    }
    let server = start(work.path()).await;
    for (query, expected) in [
        ("port 8443", "apps/web.yaml"),
        ("which service listens on port 8443?", "apps/web.yaml"),
        ("port 9443", "apps/nginx.conf"),
    ] {
        let found = ask(&server, query).await;
        assert_eq!(found["hits"][0]["path"], expected, "{query}: {found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exact_host_ranked_behind_files_full_of_hosts_below_it() {
    let work = tempfile::tempdir().unwrap();
    let long = "# nothing of interest in this line of the file\n".repeat(60);
    put(work.path(), "zone.yaml", &format!("apex: example.org\n{long}"));
    for n in 0..4 {
        put(
            work.path(),
            &format!("a/{n}.yaml"),
            &format!("a: notes.example.org\nb: wiki{n}.example.org\n").repeat(6),
        );
    }
    let server = start(work.path()).await;
    for query in ["example.org", "what is example.org", "host example.org"] {
        let found = ask(&server, query).await;
        assert_eq!(found["hits"][0]["path"], "zone.yaml", "{query}: {found}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_star_in_a_condition_found_nothing() {
    let work = tempfile::tempdir().unwrap();
    put(work.path(), "apps/web.yaml", WEB);
    put(work.path(), "clusters/home/openclaw.yaml", RELEASE);
    let server = start(work.path()).await;
    let check = async |query: &str, expected: &[&str]| {
        let found = ask(&server, query).await;
        let cited: Vec<_> = found["hits"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["citation"].as_str().unwrap())
            .collect();
        assert_eq!(cited, expected, "{query}: {found}");
        assert_eq!(found["warnings"], json!([]), "{query}");
    };
    check("name:open*", &["config:clusters/home/openclaw.yaml#L1-L11"]).await;
    check("kind:Helm*", &["config:clusters/home/openclaw.yaml#L1-L11"]).await;
    check("image:*nginx*", &["config:apps/web.yaml#L1-L8"]).await;
    check("kind:Serv* name:web-*", &["config:apps/web.yaml#L16-L21"]).await;
    check("host:*.example.org", &["config:apps/web.yaml#L9-L15"]).await;
    check("version:3.2.*", &["config:clusters/home/openclaw.yaml#L1-L11"]).await;
    check("file:open*.yaml", &["config:clusters/home/openclaw.yaml#L1-L11"]).await;
    check("name:claw*", &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hit_is_the_document_that_meets_the_conditions() {
    let work = tempfile::tempdir().unwrap();
    put(work.path(), "apps/web.yaml", WEB);
    put(work.path(), "clusters/home/openclaw.yaml", RELEASE);
    put(
        work.path(),
        "apps/external-secret.yaml",
        "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {name: db}\n",
    );
    put(
        work.path(),
        "apps/db-secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: db-auth}\nstringData:\n  word: Kestrel81x\n",
    );
    put(
        work.path(),
        "docker/Dockerfile",
        "ARG V=22\nFROM node:${V} AS build\nRUN x\nFROM caddy:2.8\nEXPOSE 2015\n",
    );
    put(
        work.path(),
        "docker/compose.yaml",
        "services:\n  db: {image: postgres:17, ports: [\"5432:5432\"]}\n",
    );
    let server = start(work.path()).await;
    let check = async |query: &str, expected: &[&str]| {
        let found = ask(&server, query).await;
        let cited: Vec<_> = found["hits"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it["citation"].as_str().unwrap())
            .collect();
        assert_eq!(cited, expected, "{query}");
    };
    check("kind:Ingress", &["config:apps/web.yaml#L9-L15"]).await;
    check("kind:Ingress name:web", &["config:apps/web.yaml#L9-L15"]).await;
    check("kind:Service namespace:web", &["config:apps/web.yaml#L16-L21"]).await;
    check("name:web-metrics web", &["config:apps/web.yaml#L16-L21"]).await;
    check("host:example.org", &["config:apps/web.yaml#L9-L15"]).await;
    check("port:9113", &["config:apps/web.yaml#L16-L21"]).await;
    // All of it is one document's, or nothing is found.
    check("kind:Deployment image:nginx", &["config:apps/web.yaml#L1-L8"]).await;
    check("kind:Service image:nginx", &[]).await;
    check("kind:Ingress name:web-metrics", &[]).await;
    check("chart:app-template version:3.2.1", &["config:clusters/home/openclaw.yaml#L1-L11"]).await;
    check("version:3.2.2", &[]).await;
    check("image:node:22", &["config:docker/Dockerfile#L2-L3"]).await;
    check("image:caddy port:2015", &["config:docker/Dockerfile#L4-L5"]).await;
    check("image:postgres", &["config:docker/compose.yaml#L1-L2"]).await;
    check("path:clusters/*", &["config:clusters/home/openclaw.yaml#L1-L11"]).await;
    assert_eq!(
        server.get("/v1/search?path=clusters/*").await.json()["total"],
        0,
        "the parameter counts folders"
    );
    check("kind:ExternalSecret name:db", &["config:apps/external-secret.yaml#L1-L3"]).await;
    check("kind:Secret name:db-auth", &["config:apps/db-secret.yaml#L1-L5"]).await;
    assert_eq!(ask(&server, "Kestrel81x").await["total"], 0);
    let answer = server.get("/v1/notes/apps/db-secret.yaml?source=config").await;
    let read = answer.text();
    assert!(read.contains("word") && !read.contains("Kestrel81x"), "{read}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_reference_has_its_own_line() {
    let work = tempfile::tempdir().unwrap();
    put(
        work.path(),
        "apps/kustomization.yaml",
        "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n  - web.yaml\n  - more-web.yaml\npatches:\n  - path: web.yaml\n",
    );
    put(work.path(), "apps/web.yaml", WEB);
    let server = start(work.path()).await;
    let links = server.get("/v1/links/apps/kustomization.yaml?source=config").await.json();
    let lines: Vec<_> = links["outgoing"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, [4, 5, 7], "{links}");
    let links = server.get("/v1/links/apps/web.yaml?source=config").await.json();
    assert_eq!(links["incoming"][0]["line"], 4, "{links}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ports_in_maps_were_no_ports_and_as_many_replicas_ranked_as_high() {
    let work = tempfile::tempdir().unwrap();
    let scaled = "kind: Deployment\nmetadata: {name: scaled}\nspec:\n  replicas: 443\n";
    put(work.path(), "a-scaled.yaml", scaled);
    put(work.path(), "b-scaled.yaml", &scaled.replace("scaled", "other"));
    let web =
        "kind: Deployment\nmetadata: {name: web}\nspec: {template: {spec: {containers: [{name: app, ports: [{containerPort: 443}]}]}}}\n";
    put(
        work.path(),
        "z-web.yaml",
        &format!("{web}{}", "# nothing of interest in this line of the file\n".repeat(40)),
    );
    let backend = "{service: {name: gateway, port: {number: 18789}}}";
    put(
        work.path(),
        "ingress.yaml",
        &format!("kind: Ingress\nmetadata: {{name: gateway}}\nspec: {{defaultBackend: {backend}}}\n"),
    );
    put(
        work.path(),
        "values.yaml",
        "primary:\n  service:\n    ports:\n      postgresql: 5432\n",
    );
    let server = start(work.path()).await;
    for (query, path) in [("port:18789", "ingress.yaml"), ("port:5432", "values.yaml"), ("443", "z-web.yaml")] {
        let found = ask(&server, query).await;
        assert_eq!(found["hits"][0]["path"], json!(path), "{query}: {found}");
    }
    let found = ask(&server, "443").await;
    let scores: Vec<f64> = found["hits"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["score"].as_f64().unwrap())
        .collect();
    assert!(scores.len() == 3 && scores[0] > scores[1] + 0.1, "{scores:?}");
}
