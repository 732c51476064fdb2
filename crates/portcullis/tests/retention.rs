//! `portcullis retention` on the data folder of a server that runs.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why and fails")]

mod process;

use process::{Server, World};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output, Stdio};

const SET: [&str; 9] =
    ["retention", "set", "--repository", "samples/*", "--keep-last", "1", "--never", "latest", "stable-*"];

fn run(data: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    command.args(words).arg("--data").arg(data).stdin(Stdio::null());
    command.output().expect("the binary starts")
}

fn lines(data: &Path, words: &[&str]) -> Vec<Value> {
    let ran = run(data, words);
    assert!(ran.status.success(), "{words:?}: {}", String::from_utf8_lossy(&ran.stderr));
    let text = String::from_utf8(ran.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// What a server says before it listens.
fn said_at_start(data: &Path, collection: &str) -> String {
    let config = tempfile::NamedTempFile::new().expect("a temporary file");
    std::fs::write(config.path(), format!("[collection]\n{collection}\n")).expect("written");
    Server::start_with(data, &["--config", config.path().to_str().expect("UTF-8")]).kill()
}

/// The tags that go, and how many the last line says.
fn gone(lines: &[Value]) -> (Vec<&str>, &Value) {
    let (sums, named) = lines.split_last().expect("a line");
    (named.iter().filter_map(|line| line["tag"].as_str()).collect(), &sums["tags"])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dry_run_first() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut server = Server::start(folder.path());
    let world = World::make(&server).await;
    let (config, layer) = (b"{}".to_vec(), b"a layer".to_vec());
    world.push_monolithic(&server.address, &config).await.expect("pushed");
    world.push_chunked(&server.address, &layer).await.expect("pushed");
    let image = process::manifest(&config, &layer);
    for tag in ["latest", "stable-1", "v1", "v2", "v3"] {
        world.put_manifest(&server.address, tag, &image).await.expect("pushed");
    }
    let data = folder.path();

    let refused = run(data, &SET);
    assert_eq!(refused.status.code(), Some(2), "{refused:?}");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("--dry-run"), "{refused:?}");
    let previewed = lines(data, &[&SET[..], &["--dry-run"]].concat());
    assert_eq!(gone(&previewed), (vec!["v2", "v1"], &Value::from(2)));
    assert_eq!(previewed[0]["registry"], "crashcr");
    assert_eq!(lines(data, &["retention", "list"]), [Value::Null; 0], "nothing is stored");

    let stored = lines(data, &[&SET[..], &["--yes", "-r", "crashcr.azurecr.io"]].concat());
    let (rule, previewed) = stored.split_last().expect("a line");
    assert_eq!(gone(previewed), (vec!["v2", "v1"], &Value::from(2)));
    assert_eq!((&rule["keepLast"], &rule["never"]), (&1.into(), &json!(["latest", "stable-*"])));
    assert_eq!(lines(data, &["retention", "list", "-r", "crashcr"]), std::slice::from_ref(rule));
    let elsewhere = run(data, &["retention", "list", "-r", "other"]);
    assert_eq!(elsewhere.status.code(), Some(1), "{elsewhere:?}");
    assert!(String::from_utf8_lossy(&elsewhere.stderr).contains("There is no registry other."), "{elsewhere:?}");

    let elsewhere = lines(data, &["retention", "apply", "--repository", "other/*"]);
    assert_eq!(gone(&elsewhere), (vec![], &Value::from(0)));
    for words in [&["retention", "apply", "--dry-run"][..], &["retention", "apply", "-o", "json"]] {
        assert_eq!(gone(&lines(data, words)), (vec!["v2", "v1"], &Value::from(2)));
    }
    assert_eq!(gone(&lines(data, &["retention", "apply"])), (vec![], &Value::from(0)));
    for tag in ["latest", "stable-1", "v3"] {
        assert_eq!(world.get(&server.address, &format!("manifests/{tag}")).await, image);
    }
    assert!(server.command(&["audit"]).contains("retention/tag/delete"));
    server.kill();

    let warning = "this server does not apply them";
    assert!(said_at_start(data, "enabled = false").contains(warning));
    assert!(!said_at_start(data, "enabled = true").contains(warning));
    let remove = ["retention", "remove", "--repository", "samples/*"];
    assert_eq!(lines(data, &remove), [Value::Null; 0]);
    let again = run(data, &remove);
    assert_eq!(again.status.code(), Some(1), "{again:?}");
    assert!(!said_at_start(data, "enabled = false").contains(warning), "there is none");
    let table = String::from_utf8(run(data, &["retention", "apply", "-o", "table"]).stdout).expect("UTF-8");
    assert_eq!(table, "There is no repository with a retention rule.\n");
}

#[test]
fn what_is_wrong_is_said_before_anything_is_done() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("data");
    std::fs::create_dir(&data).expect("a folder");
    for (words, expected) in [
        (&["--repository", "samples/*", "--keep-last", "0"][..], "There is not exactly one registry: say which."),
        (&["-r", "lnxcr", "--repository", "sam*", "--keep-last", "1"], "'sam*' is not a pattern of repositories"),
        (&["-r", "lnxcr", "--repository", "*", "--keep-last", "0"], "keeps the last 1 to 10000 tags, not 0"),
        (&["-r", "lnxcr", "--repository", "*", "--untagged-days", "0"], "after 1 to 3650 days, not 0"),
        (&["-r", "lnxcr", "--repository", "*", "--keep-last", "1", "--never", "v?"], "'v?' is not a pattern of tags"),
        (&["-r", "lnxcr", "--repository", "*", "--keep-last", "1"], "There is no registry lnxcr."),
    ] {
        let ran = run(&data, &[&["retention", "set", "--yes"], words].concat());
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(!ran.status.success() && said.contains(expected), "{words:?}: {said}");
    }
}
