//! Files that are too large to be read whole: what of them is found, in a clone and in a checkout.

use super::*;

/// It was known by its name alone.
#[tokio::test(flavor = "multi_thread")]
async fn the_beginning_of_a_text_over_the_limit_was_not_found() {
    let remote = Remote::start().await;
    let work = tempfile::tempdir().unwrap();
    let line = "a line of a long text without anything in it\n";
    let key = ["ghp", "_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"].concat();
    let text = format!("zebrafinch {key}\n{}tailword\n", line.repeat(3 << 20 >> 5));
    put(work.path(), "docs/log.txt", &text);
    put(
        work.path(),
        "docs/data.json",
        &format!("{{\"password\": \"quokka\",\n{}", "\"a\": 1,\n".repeat(1 << 19)),
    );
    put(work.path(), "docs/one-line.txt", &"wombat ".repeat(1 << 19));
    put(work.path(), "small.txt", "a line\n");
    fill(&remote, work.path());
    let url = remote.url();
    let server = Server::start_with(&[], |it| {
        it.limits.note_read_bytes = 3 << 20;
        it.sources.push(clone_of(&url, it));
        let mut checkout = checkout_at(work.path());
        checkout.name = membridge::model::path::SourceName::parse("checkout").unwrap();
        it.sources.push(checkout);
    })
    .await;
    for source in ["config", "checkout"] {
        let found = until(&server, &format!("/v1/search?q=zebrafinch&source={source}"), is_found).await;
        assert_eq!(found["hits"][0]["path"], "docs/log.txt", "{found}");
        assert!(found["hits"][0]["uncommitted"].is_null(), "{found}");
        for word in ["tailword", "quokka", "wombat", &key] {
            let found = server.get(&format!("/v1/search?q={word}&source={source}")).await.json();
            assert_eq!(found["total"], 0, "{word}: {found}");
        }
        let read = server.get(&format!("/v1/notes/docs/log.txt?source={source}")).await;
        assert!(
            read.status == 200 && read.text().len() < 40_000 && !read.text().contains(&key),
            "{}",
            read.status
        );
        assert_eq!(read.json()["as_indexed"], true, "a beginning passed for the whole file");
        let whole = server.get(&format!("/v1/notes/small.txt?source={source}")).await;
        assert!(whole.status == 200 && whole.json().get("as_indexed").is_none());
    }
    let status = server.get("/v1/status").await.json();
    let skipped = status["sources"][1]["skipped"].as_array().unwrap();
    let told = skipped.iter().find(|it| it["path"] == "docs/log.txt").unwrap();
    let expected = format!("{} bytes: only the first 16 KiB are indexed", text.len());
    assert_eq!(told["reason"], expected);
}
