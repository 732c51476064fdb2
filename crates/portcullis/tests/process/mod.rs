//! A real `portcullis serve` in a process of its own, and a client that manages it and pushes to it.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

/// Far above what a start or a request takes on a busy machine. What exceeds it never ends, and the test says which it was.
const LIMIT: Duration = Duration::from_secs(60);

const API: &str = "api-version=2022-02-01-preview";
const REPOSITORY: &str = "samples/crash";

/// A running server. Killed when dropped; its log is printed when that happens because a test failed.
pub(crate) struct Server {
    child: Child,
    log: Arc<Mutex<String>>,
    /// Host and port.
    pub(crate) address: String,
    /// Its data folder.
    pub(crate) data: PathBuf,
}

impl Server {
    /// Starts a server on `data` and a free port of the loopback interface, and waits until it says where it listens.
    pub(crate) fn start(data: &Path) -> Self {
        Self::start_with(data, &[])
    }

    /// The same with further words.
    pub(crate) fn start_with(data: &Path, words: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_portcullis"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log-format", "json", "--data"])
            .arg(data)
            .args(words)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary starts");
        let lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let (said, heard) = mpsc::channel();
        let log = Arc::new(Mutex::new(String::new()));
        let mut server = Self { child, log: Arc::clone(&log), address: String::new(), data: data.to_owned() };
        // The pipe is read to its end, so that a full one never stops the server.
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                log.lock().expect("not poisoned").extend([line.as_str(), "\n"]);
                if let Some(address) = address_in(&line) {
                    let _ = said.send(address);
                }
            }
        });
        server.address = heard.recv_timeout(LIMIT).expect("the server says where it listens");
        server
    }

    /// What a command on the same data folder prints, beside the server; it must succeed.
    pub(crate) fn command(&self, words: &[&str]) -> String {
        let ran = Command::new(env!("CARGO_BIN_EXE_portcullis")).args(words).arg("--data").arg(&self.data).output();
        let ran = ran.expect("the binary starts");
        assert!(ran.status.success(), "{words:?}: {}", String::from_utf8_lossy(&ran.stderr));
        String::from_utf8(ran.stdout).expect("UTF-8")
    }

    /// SIGKILL: no handler runs, nothing is flushed. What it said, at least until it listened.
    pub(crate) fn kill(&mut self) -> String {
        self.child.kill().expect("it is running");
        self.child.wait().expect("it ends");
        self.log.lock().expect("not poisoned").clone()
    }
}

impl Drop for Server {
    #[expect(clippy::print_stderr, reason = "what a failed test has to say goes where the test runner shows it")]
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking()
            && let Ok(log) = self.log.lock()
        {
            eprintln!("the log of the server:\n{log}");
        }
    }
}

fn address_in(line: &str) -> Option<String> {
    let entry: Value = serde_json::from_str(line).ok()?;
    entry["address"].as_str().map(str::to_owned)
}

/// A client that holds a token for `samples/*`.
pub(crate) struct World {
    http: reqwest::Client,
    password: String,
}

impl World {
    /// Signs in as the service principal of the first start and makes a group, a registry, a scope map and a token.
    pub(crate) async fn make(server: &Server) -> Self {
        // No proxy of the machine stands between this process and its child.
        let client = reqwest::Client::builder().no_proxy().timeout(LIMIT);
        let http = client.build().expect("a client");
        let principal: Value = serde_json::from_slice(
            &std::fs::read(server.data.join("service-principal.json")).expect("first start writes it"),
        )
        .expect("JSON");
        let base = format!("http://{}", server.address);
        let text = |name: &str| principal[name].as_str().expect("a member").to_owned();
        let login = format!("{base}/{}/oauth2/v2.0/token", text("tenantId"));
        let form = [
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", text("clientId")),
            ("client_secret", text("clientSecret")),
        ];
        let answer: Value = http.post(login).form(&form).send().await.expect("sent").json().await.expect("JSON");
        let bearer = answer["access_token"].as_str().expect("a bearer").to_owned();

        let call = async |method: reqwest::Method, path: &str, body: Value| -> Value {
            let request = http.request(method, format!("{base}{path}?{API}")).bearer_auth(&bearer);
            let request = if body.is_null() { request } else { request.json(&body) };
            let answer = request.send().await.expect("sent");
            assert!(answer.status().is_success(), "{path}: {}", answer.status());
            answer.json().await.expect("JSON")
        };
        let subscriptions = call(reqwest::Method::GET, "/subscriptions", Value::Null).await;
        let subscription = subscriptions["value"][0]["id"].as_str().expect("one").to_owned();
        let group = format!("{subscription}/resourceGroups/crash");
        let registry = format!("{group}/providers/Microsoft.ContainerRegistry/registries/crashcr");
        let map = format!("{registry}/scopeMaps/samples");
        let actions = ["repositories/samples/*/content/read", "repositories/samples/*/content/write"];
        let token = json!({"properties": {"scopeMapId": map, "credentials": {"passwords": [{"name": "password1"}]}}});
        call(reqwest::Method::PUT, &group, json!({"location": "westus"})).await;
        call(reqwest::Method::PUT, &registry, json!({"location": "westus", "sku": {"name": "Basic"}})).await;
        call(reqwest::Method::PUT, &map, json!({"properties": {"actions": actions}})).await;
        let token = call(reqwest::Method::PUT, &format!("{registry}/tokens/pusher"), token).await;
        let password = token["properties"]["credentials"]["passwords"][0]["value"].as_str().expect("its value");
        Self { http, password: password.to_owned() }
    }

    fn request(&self, method: reqwest::Method, url: String) -> reqwest::RequestBuilder {
        self.http.request(method, url).basic_auth("pusher", Some(&self.password))
    }

    async fn start_upload(&self, address: &str) -> Result<String, reqwest::Error> {
        let url = format!("http://{address}/v2/{REPOSITORY}/blobs/uploads/");
        let answer = self.request(reqwest::Method::POST, url).send().await?;
        assert_eq!(answer.status(), 202);
        let location = answer.headers()["location"].to_str().expect("text");
        Ok(format!("http://{address}{location}"))
    }

    /// One POST, one PUT with the whole blob.
    pub(crate) async fn push_monolithic(&self, address: &str, blob: &[u8]) -> Result<(), reqwest::Error> {
        let location = self.start_upload(address).await?;
        let finish = self.request(reqwest::Method::PUT, format!("{location}?digest={}", sha256(blob)));
        assert_eq!(finish.body(blob.to_vec()).send().await?.status(), 201);
        Ok(())
    }

    /// One POST, two PATCHes, one PUT without a body.
    pub(crate) async fn push_chunked(&self, address: &str, blob: &[u8]) -> Result<(), reqwest::Error> {
        let location = self.start_upload(address).await?;
        for chunk in blob.chunks(blob.len().div_ceil(2)) {
            let append = self.request(reqwest::Method::PATCH, location.clone());
            assert_eq!(append.body(chunk.to_vec()).send().await?.status(), 202);
        }
        let finish = self.request(reqwest::Method::PUT, format!("{location}?digest={}", sha256(blob)));
        assert_eq!(finish.send().await?.status(), 201);
        Ok(())
    }

    /// One PUT under a tag.
    pub(crate) async fn put_manifest(&self, address: &str, tag: &str, manifest: &[u8]) -> Result<(), reqwest::Error> {
        let url = format!("http://{address}/v2/{REPOSITORY}/manifests/{tag}");
        let put = self
            .request(reqwest::Method::PUT, url)
            .header("content-type", "application/vnd.oci.image.manifest.v1+json")
            .body(manifest.to_vec());
        assert_eq!(put.send().await?.status(), 201);
        Ok(())
    }

    /// The bytes of something of the repository; it must be there.
    pub(crate) async fn get(&self, address: &str, path: &str) -> Vec<u8> {
        let url = format!("http://{address}/v2/{REPOSITORY}/{path}");
        let answer = self.request(reqwest::Method::GET, url).send().await.expect("sent");
        assert_eq!(answer.status(), 200, "{path}");
        answer.bytes().await.expect("a body").to_vec()
    }
}

/// The digest of `bytes`.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// An image manifest of one config and one layer.
pub(crate) fn manifest(config: &[u8], layer: &[u8]) -> Vec<u8> {
    let descriptor =
        |media_type: &str, bytes: &[u8]| json!({"mediaType": media_type, "digest": sha256(bytes), "size": bytes.len()});
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.oci.image.config.v1+json", config),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", layer)],
    });
    manifest.to_string().into_bytes()
}
