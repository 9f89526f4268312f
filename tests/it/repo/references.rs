//! What Flux resources and Kustomizations name: where it leads, who names it, and what of it counts as broken.

use super::*;

const SYNC: &str = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {name: flux-system, namespace: flux-system}\n---\napiVersion: \
                    kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: flux-system, namespace: flux-system}\nspec:\n  path: \
                    ./clusters/home\n  sourceRef: {kind: GitRepository, name: flux-system}\n";

const INFRA: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: infra, namespace: flux-system}\nspec:\n  path: \
                     ./infra\n  sourceRef: {kind: GitRepository, name: flux-system}\n";

const APPS: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: apps, namespace: flux-system}\nspec:\n  path: \
                    ./apps/home\n  dependsOn:\n    - name: infra\n  sourceRef:\n    kind: GitRepository\n    name: flux-system\n  postBuild:\n    \
                    substituteFrom:\n      - {kind: ConfigMap, name: of-the-cluster}\n";

const SOURCES: &str = "apiVersion: v1\nkind: Namespace\nmetadata: {name: ai}\n---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: \
                       {name: podinfo, namespace: flux-system}\nspec: {url: https://charts.example.org, secretRef: {name: of-the-cluster}}\n";

const RELEASE: &str = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: podinfo, namespace: ai}\nspec:\n  chart:\n    spec:\n      \
                       chart: podinfo\n      sourceRef:\n        kind: HelmRepository\n        name: podinfo\n        namespace: flux-system\n  \
                       valuesFrom:\n    - {kind: ConfigMap, name: podinfo-values}\n";

const ELSEWHERE: &str = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: other, namespace: flux-system}\nspec:\n  path: \
                         ./kustomize/of-another-repository\n  sourceRef: {kind: GitRepository, name: podinfo-source}\n";

fn kustomization(resources: &str) -> String {
    format!("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n{resources}")
}

async fn start(work: &Path) -> Server {
    put(work, "clusters/home/flux-system/gotk-sync.yaml", SYNC);
    put(work, "clusters/home/infra.yaml", INFRA);
    put(work, "clusters/home/apps.yaml", APPS);
    put(work, "clusters/home/other.yaml", ELSEWHERE);
    put(work, "infra/sources.yaml", SOURCES);
    put(
        work,
        "apps/home/kustomization.yaml",
        &kustomization("  - ../base\n  - https://github.com/a/b//c?ref=v1\n"),
    );
    put(work, "apps/base/kustomization.yaml", &kustomization("  - release.yaml\n"));
    put(work, "apps/base/release.yaml", RELEASE);
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(work))).await;
    until(&server, "/v1/search?q=podinfo", is_found).await;
    server
}

/// `line target -> file:line`, and who names it.
async fn links_of(server: &Server, path: &str) -> (Vec<String>, Vec<String>) {
    let links = server.get(&format!("/v1/links/{path}?source=config")).await.json();
    let outgoing = links["outgoing"].as_array().unwrap().iter().map(|it| {
        let line = it["resolved_line"].as_u64().map(|it| format!(":{it}")).unwrap_or_default();
        format!(
            "{} {} -> {}{line}",
            it["line"],
            it["target"].as_str().unwrap(),
            it["resolved"].as_str().unwrap_or("nowhere")
        )
    });
    let incoming = links["incoming"].as_array().unwrap().iter();
    let incoming = incoming.map(|it| format!("{}:{}", it["path"].as_str().unwrap(), it["line"]));
    (outgoing.collect(), incoming.collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn references_of_flux_did_not_resolve() {
    let work = tempfile::tempdir().unwrap();
    let server = start(work.path()).await;
    let check = async |path: &str, outgoing: &[&str], incoming: &[&str]| {
        let found = links_of(&server, path).await;
        assert_eq!(found.0, outgoing, "{path}");
        assert_eq!(found.1, incoming, "{path}");
    };
    check(
        "apps/base/release.yaml",
        &[
            "10 HelmRepository/flux-system/podinfo -> infra/sources.yaml:5",
            "13 ConfigMap/ai/podinfo-values -> nowhere",
        ],
        &["apps/base/kustomization.yaml:4"],
    )
    .await;
    check(
        "clusters/home/apps.yaml",
        &[
            "5 ./apps/home -> apps/home/kustomization.yaml",
            "7 Kustomization/flux-system/infra -> clusters/home/infra.yaml:1",
            "10 GitRepository/flux-system/flux-system -> clusters/home/flux-system/gotk-sync.yaml:1",
            "13 ConfigMap/flux-system/of-the-cluster -> nowhere",
        ],
        // It lies in the folder that Flux applies.
        &["clusters/home/flux-system/gotk-sync.yaml:9"],
    )
    .await;
    // A folder without a Kustomization is all that lies below it.
    check(
        "infra/sources.yaml",
        &["8 Secret/flux-system/of-the-cluster -> nowhere"],
        &["apps/base/release.yaml:10", "clusters/home/infra.yaml:5"],
    )
    .await;
    check(
        "apps/base/kustomization.yaml",
        &["4 release.yaml -> apps/base/release.yaml"],
        &["apps/home/kustomization.yaml:4"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn lint_listed_objects_of_the_cluster_and_folders_as_broken_links() {
    let work = tempfile::tempdir().unwrap();
    let server = start(work.path()).await;
    let lint = server.get("/v1/lint?source=config").await.json();
    assert_eq!(lint["findings"], json!([]), "{lint}");

    // What is not there is found all the same.
    put(
        work.path(),
        "apps/home/kustomization.yaml",
        &kustomization("  - ../base\n  - gone.yaml\n  - ../nowhere\n"),
    );
    put(work.path(), "clusters/home/apps.yaml", &APPS.replace("./apps/home", "./apps/hoem"));
    let broken = |it: &Value| {
        let found = it["findings"].as_array().into_iter().flatten();
        found
            .map(|it| format!("{}:{} {}", it["path"].as_str().unwrap(), it["line"], it["detail"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    let lint = until(&server, "/v1/lint?source=config", |it| broken(it).len() >= 3).await;
    assert_eq!(
        broken(&lint),
        [
            "apps/home/kustomization.yaml:5 `gone.yaml` leads to no file",
            "apps/home/kustomization.yaml:6 `../nowhere` leads to no file",
            "clusters/home/apps.yaml:5 `./apps/hoem` leads to no file",
        ]
    );
}

/// Its first folder is not here, so that it was taken for another repository's.
#[tokio::test(flavor = "multi_thread")]
async fn a_typo_in_the_first_folder_of_a_flux_path_was_not_listed() {
    let work = tempfile::tempdir().unwrap();
    git(work.path(), &["init", "-q", "-b", "main"]);
    git(work.path(), &["remote", "add", "origin", "git@git.example.org:ops/deploy.git"]);
    let with_url = SYNC.replace("---\n", "spec: {url: https://git.example.org/ops/deploy}\n---\n");
    put(
        work.path(),
        "clusters/home/sync.yaml",
        &with_url.replace("./clusters/home", "./cluster/home"),
    );
    put(work.path(), "clusters/home/apps.yaml", &APPS.replace("./apps/home", "./apps"));
    put(work.path(), "clusters/home/other.yaml", ELSEWHERE);
    let server = Server::start_with(&[], |it| it.sources.push(checkout_at(work.path()))).await;
    until(&server, "/v1/search?q=flux-system", is_found).await;
    let lint = until(&server, "/v1/lint?source=config", |it| {
        it["findings"].as_array().is_some_and(|it| !it.is_empty())
    })
    .await;
    let found = lint["findings"].as_array().unwrap().iter();
    let found: Vec<&str> = found.map(|it| it["detail"].as_str().unwrap()).collect();
    assert_eq!(found, ["`./apps` leads to no file", "`./cluster/home` leads to no file"], "{lint}");
}

#[tokio::test(flavor = "multi_thread")]
async fn links_are_known_again_after_a_restart() {
    let work = tempfile::tempdir().unwrap();
    let server = start(work.path()).await.restart().await;
    until(&server, "/v1/links/infra/sources.yaml?source=config", |it| {
        it["incoming"].as_array().is_some_and(|it| it.len() == 2)
    })
    .await;
}

const ALERT: &str = "apiVersion: notification.toolkit.fluxcd.io/v1beta3\nkind: Provider\nmetadata: {name: chat, namespace: flux-system}\n---\napiVersion: \
                     notification.toolkit.fluxcd.io/v1beta3\nkind: Alert\nmetadata: {name: all, namespace: flux-system}\nspec:\n  providerRef: {name: \
                     chat}\n  eventSources:\n    - {kind: Kustomization, name: infra}\n    - {kind: HelmRelease, name: '*'}\n";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_kustomization_makes_and_an_alert_names_was_not_found() {
    let work = tempfile::tempdir().unwrap();
    put(work.path(), "clusters/home/alert.yaml", ALERT);
    let generators = "namespace: ai\nconfigMapGenerator:\n  - name: podinfo-values\n    files: [values.yaml]\nsecretGenerator:\n  - name: token\n    \
                      files: [not-committed.txt]\nhelmCharts:\n  - {name: x, valuesFile: gone.yaml}\n";
    put(
        work.path(),
        "apps/podinfo/kustomization.yaml",
        &(kustomization("  - ../base\n") + generators),
    );
    put(work.path(), "apps/podinfo/values.yaml", "replicaCount: 2\n");
    let server = start(work.path()).await;
    let (outgoing, _) = links_of(&server, "apps/base/release.yaml").await;
    assert_eq!(
        outgoing[1], "13 ConfigMap/ai/podinfo-values -> apps/podinfo/kustomization.yaml:7",
        "{outgoing:?}"
    );
    let (outgoing, _) = links_of(&server, "clusters/home/alert.yaml").await;
    assert_eq!(
        outgoing,
        [
            "9 Provider/flux-system/chat -> clusters/home/alert.yaml:1",
            "11 Kustomization/flux-system/infra -> clusters/home/infra.yaml:1"
        ]
    );
    let lint = server.get("/v1/lint?source=config").await.json();
    let details: Vec<&str> = lint["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["detail"].as_str().unwrap())
        .collect();
    assert_eq!(
        details,
        ["`gone.yaml` leads to no file"],
        "a secret that is not committed is no fault"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kustomization_of_another_repository_was_looked_for_in_our_own_files() {
    let work = tempfile::tempdir().unwrap();
    git(work.path(), &["init", "-q", "-b", "main"]);
    git(work.path(), &["remote", "add", "origin", "git@git.example.org:ops/deploy.git"]);
    let source = |name: &str, url: &str| {
        format!(
            "apiVersion: source.toolkit.fluxcd.io/v1\nkind: GitRepository\nmetadata: {{name: {name}, namespace: flux-system}}\nspec: {{url: {url}}}\n"
        )
    };
    put(
        work.path(),
        "clusters/home/podinfo.yaml",
        &source("podinfo-source", "https://github.com/stefanprodan/podinfo"),
    );
    put(
        work.path(),
        "clusters/home/own.yaml",
        &source("flux-system", "http://gitea.git.svc/ops/deploy.git"),
    );
    let theirs = "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: theirs, namespace: flux-system}\nspec:\n  path: ./apps/home\n  \
                  sourceRef: {kind: GitRepository, name: podinfo-source}\n";
    put(work.path(), "clusters/home/theirs.yaml", theirs);
    put(
        work.path(),
        "clusters/home/also.yaml",
        &theirs.replace("./apps/home", "./apps/nowhere"),
    );
    let server = start(work.path()).await;
    let is_resolved = |it: &Value| it["outgoing"][0]["resolved"].is_null() && it["outgoing"][1]["resolved_line"] == 1;
    until(&server, "/v1/links/clusters/home/theirs.yaml?source=config", is_resolved).await;
    let (outgoing, _) = links_of(&server, "clusters/home/apps.yaml").await;
    assert_eq!(outgoing[0], "5 ./apps/home -> apps/home/kustomization.yaml");
    let (_, incoming) = links_of(&server, "apps/home/kustomization.yaml").await;
    assert_eq!(incoming, ["clusters/home/apps.yaml:5"]);
    let lint = server.get("/v1/lint?source=config").await.json();
    assert_eq!(lint["findings"], json!([]), "{lint}");
}
