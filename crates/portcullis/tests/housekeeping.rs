//! `portcullis collect` and `portcullis verify` on the data folder of a server that runs.

#![expect(clippy::expect_used, reason = "a test that cannot go on says why and fails")]

mod process;

use process::{Server, World};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

fn run(data: &Path, words: &[&str]) -> Output {
    let ran = Command::new(env!("CARGO_BIN_EXE_portcullis")).args(words).arg("--data").arg(data).output();
    ran.expect("the binary starts")
}

fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beside_a_server() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut server = Server::start(folder.path());
    let world = World::make(&server).await;
    let (config, layer) = (b"{}".to_vec(), b"a layer".to_vec());
    for blob in [&config, &b"never used".to_vec()] {
        world.push_monolithic(&server.address, blob).await.expect("pushed");
    }
    world.push_chunked(&server.address, &layer).await.expect("pushed");
    world.put_manifest(&server.address, "v1", &process::manifest(&config, &layer)).await.expect("pushed");

    let data = server.data.clone();
    let sums = |words: &[&str]| {
        let ran = run(&data, words);
        assert!(ran.status.success(), "{words:?}: {}", String::from_utf8_lossy(&ran.stderr));
        let [sums] = lines(&ran).try_into().expect("one line");
        sums
    };
    assert_eq!(sums(&["collect", "-o", "json"])["blobs"], 0, "what was pushed just now stays for a day");
    for (dry_run, words) in
        [(true, &["collect", "--grace", "0m", "--dry-run"][..]), (false, &["collect", "--grace", "0m"])]
    {
        let found = sums(words);
        let found = ["dryRun", "blobs", "blobBytes", "unneededInRepositories"].map(|name| found[name].clone());
        assert_eq!(found, [Value::from(dry_run), 1.into(), 10.into(), 1.into()]);
    }
    assert_eq!(sums(&["collect", "--grace", "0m"])["freedBytes"], 0);
    assert_eq!(world.get(&server.address, &format!("blobs/{}", process::sha256(&layer))).await, layer);
    assert!(server.command(&["audit"]).contains("collection"));

    assert_eq!(sums(&["verify"])["broken"], 0);
    let digest = process::sha256(&layer);
    let hex = digest.trim_start_matches("sha256:");
    std::fs::write(server.data.join("blobs/sha256").join(&hex[..2]).join(hex), "A layer").expect("written");
    server.kill();
    let verified = run(&server.data, &["verify", "-o", "json"]);
    assert_eq!(verified.status.code(), Some(1), "{verified:?}");
    let [broken, sums] = lines(&verified).try_into().expect("two lines");
    assert_eq!((&broken["digest"], &sums["broken"]), (&Value::from(digest), &1.into()));
    assert_eq!(broken["images"][0]["tags"], serde_json::json!(["v1"]));
    let table = String::from_utf8(run(&server.data, &["verify", "-o", "table"]).stdout).expect("UTF-8");
    assert!(table.contains(":v1@sha256:") && table.contains("1 broken"), "{table}");
}

#[test]
fn there_must_be_a_data_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for command in ["collect", "verify"] {
        let ran = run(&folder.path().join("none"), &[command]);
        assert_eq!(ran.status.code(), Some(2), "{ran:?}");
        assert!(String::from_utf8_lossy(&ran.stderr).contains("There is no data folder"), "{ran:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0, "nothing is made");
}
