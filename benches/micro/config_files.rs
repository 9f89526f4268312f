//! Files of a repository: looked through for secrets, and cut by their structure. What the first adds to the second is what secrets cost.

use std::{borrow::Cow, sync::LazyLock};

use divan::{Bencher, black_box};
use membridge::model::{
    config_file,
    path::NotePath,
    secrets::{
        self,
        file::{self, Seen},
    },
};

use crate::VAULT;

/// Manifests as people write them, one in ten a Secret.
static MANIFESTS: LazyLock<Vec<(NotePath, String)>> = LazyLock::new(|| {
    let of = |number: usize| {
        let text = if number.is_multiple_of(10) {
            format!(
                "apiVersion: v1\nkind: Secret\nmetadata:\n  name: app-{number}\n  namespace: web\ntype: Opaque\nstringData:\n  \
                 username: app\n  password: Xq7-{number:06}-vRt9\n"
            )
        } else {
            format!(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: app-{number}\n  namespace: web\nspec:\n  replicas: 2\n  \
                 template:\n    spec:\n      containers:\n        - name: app\n          image: ghcr.io/example/app:1.{number}.0\n          \
                 env:\n            - name: LOG_LEVEL\n              value: info\n            - name: DB_PASSWORD\n              valueFrom:\n                \
                 secretKeyRef: {{name: app-{number}, key: password}}\n          ports:\n            - containerPort: 8080\n---\n\
                 apiVersion: v1\nkind: Service\nmetadata:\n  name: app-{number}\n  namespace: web\nspec:\n  ports:\n    - port: 80\n"
            )
        };
        let path = NotePath::parse_in_repo(&format!("clusters/home/apps/app-{number}.yaml")).expect("a path");
        (path, text)
    };
    (0..1000).map(of).collect()
});

fn masked<'t>(path: &NotePath, text: &'t str) -> Cow<'t, str> {
    match file::of_file(path.as_str(), text) {
        Seen::Text(text) => text,
        Seen::NameOnly(_) => Cow::Borrowed(""),
    }
}

#[divan::bench]
fn mask_secrets(bencher: Bencher<'_, '_>) {
    LazyLock::force(&MANIFESTS);
    bencher.bench(|| {
        let all = MANIFESTS.iter().map(|(path, text)| masked(path, black_box(text)).len());
        all.sum::<usize>()
    });
}

#[divan::bench]
fn cut_by_structure(bencher: Bencher<'_, '_>) {
    LazyLock::force(&MANIFESTS);
    bencher.bench(|| {
        let all = MANIFESTS
            .iter()
            .map(|(path, text)| config_file::read(path, black_box(text)).resources.len());
        all.sum::<usize>()
    });
}

/// What a write looks for in a note.
#[divan::bench]
fn find_secrets_in_notes(bencher: Bencher<'_, '_>) {
    LazyLock::force(&VAULT);
    bencher.bench(|| VAULT.texts.iter().map(|it| secrets::find(black_box(it)).len()).sum::<usize>());
}
