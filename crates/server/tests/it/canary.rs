//! Secrets go through every flow, right and wrong, and are then looked for in every answer that does not hand them out, in the log at
//! its most talkative, and in every file of the data folder.

use crate::client::{Answer, Client, Outcome};
use crate::harness::{Harness, REGISTRY};
use crate::management::access::{PRINCIPALS, requests};
use http::Method;
use model::action::Action;
use serde_json::json;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use tracing_subscriber::fmt::MakeWriter;

const HOST: &str = "lnxcr.localhost";
/// What a client sends that is nobody's, and what it sends by mistake.
const WRONG: &str = "pcl_canary-that-nobody-ever-had-0123456789";
const PRIVATE_KEY: &str = "Y2FuYXJ5LXByaXZhdGUta2V5LWluLWJhc2U2NA";

/// What was handed out, and is to be seen nowhere else.
struct Secrets {
    password: String,
    bearer: String,
    secret: String,
    management_bearer: String,
    refresh_token: String,
    admin: [String; 2],
    /// A secret of a principal that was made, and removed again.
    removed: String,
}

impl Secrets {
    async fn of(harness: &Harness) -> Outcome<Self> {
        let token = harness.holder("token2", "samples/*", &Action::ALL).await?;
        let bearer = token.bearer_text(&["repository:samples/hello:pull"]).await?;
        let (stranger, principal) = (harness.stranger(HOST), &harness.principal);
        let secret = principal.client_secret.reveal().to_owned();
        let id = principal.client_id.as_str();
        let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", &secret)];
        let login = stranger.post_form(&format!("/{}/oauth2/v2.0/token", principal.tenant), &form).await?;
        let management_bearer = login.succeeded()?.json()?["access_token"].as_str().ok_or("a bearer")?.to_owned();
        let form = [("grant_type", "access_token"), ("access_token", management_bearer.as_str())];
        let exchanged = stranger.post_form("/oauth2/exchange", &form).await?.succeeded()?.json()?;
        let refresh_token = exchanged["refresh_token"].as_str().ok_or("a refresh token")?.to_owned();
        let registry = harness.registry_id(REGISTRY);
        harness.patch(&registry, json!({"properties": {"adminUserEnabled": true}})).await?;
        let path = format!("{registry}/listCredentials");
        let listed = harness.manage(Method::POST, &path, None).await?.succeeded()?.json()?;
        let value = |place: usize| listed["passwords"][place]["value"].as_str().map(str::to_owned).ok_or("a value");
        let admin = [value(0)?, value(1)?];
        let made = json!({"displayName": "ci"});
        let made = harness.manage(Method::POST, PRINCIPALS, Some(made)).await?.succeeded()?.json()?;
        let removed = made["passwordCredentials"][0]["secretText"].as_str().ok_or("a secret")?.to_owned();
        harness.delete(&format!("{PRINCIPALS}/ci")).await?;
        Ok(Self { password: token.password, bearer, secret, management_bearer, refresh_token, admin, removed })
    }

    /// Each, with what it is.
    fn all(&self) -> [(&'static str, &str); 8] {
        [
            ("the password", &self.password),
            ("the bearer", &self.bearer),
            ("the principal's secret", &self.secret),
            ("the bearer of the management API", &self.management_bearer),
            ("the refresh token", &self.refresh_token),
            ("the admin user's password", &self.admin[0]),
            ("its second password", &self.admin[1]),
            ("a removed secret", &self.removed),
        ]
    }
}

/// Each secret, where it belongs and everywhere else that a client could put it; the answers.
async fn spread(stranger: &Client<'_>, secret: &str) -> Outcome<Vec<Answer>> {
    let escaped: String = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let mut answers = Vec::new();
    for client in [
        stranger.with_basic("token3", secret),
        stranger.with_basic(secret, "x"),
        stranger.with_bearer(secret),
        stranger.with_authorization(&format!("Digest {secret}")),
    ] {
        for path in ["/v2/", "/oauth2/token", "/subscriptions?api-version=2022-12-01"] {
            answers.push(client.get(path).await?);
        }
    }
    for name in ["username", "password", "refresh_token", "access_token", "client_secret", "client_id"] {
        for grant in ["password", "refresh_token", "access_token", "client_credentials"] {
            for path in ["/oauth2/token", "/oauth2/exchange", "/common/oauth2/v2.0/token"] {
                answers.push(stranger.post_form(path, &[("grant_type", grant), (name, secret)]).await?);
            }
        }
        answers.push(stranger.get(&format!("/v2/_catalog?{name}={escaped}")).await?);
    }
    Ok(answers)
}

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// What is looked for: of a signed token the part that only its holder knows.
fn telling(secret: &str) -> &str {
    secret.rsplit('.').next().unwrap_or(secret)
}

/// Every file below `folder` that holds `secret`, but for those where it belongs.
fn files_with(folder: &Path, secret: &str, found: &mut Vec<String>) -> Outcome {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files_with(&path, secret, found)?;
        } else if std::fs::read(&path)?.windows(secret.len()).any(|window| window == secret.as_bytes()) {
            found.push(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        }
    }
    Ok(())
}

/// A certificate that its key was sent with, by its own and by a token's creation.
async fn mistakes(harness: &Harness) -> Outcome<Vec<Answer>> {
    let pem = format!("-----BEGIN EC PRIVATE KEY-----\n{PRIVATE_KEY}\n-----END EC PRIVATE KEY-----\n");
    let encoded = base64::engine::Engine::encode(&base64::engine::general_purpose::STANDARD, &pem);
    let mut answers = Vec::new();
    for given in [&pem, &encoded] {
        let certificates = json!([{"name": "certificate1", "encodedPemCertificate": given}]);
        let body = json!({"properties": {"credentials": {"certificates": certificates}}});
        for method in [Method::PATCH, Method::PUT] {
            let answer = harness.manage(method, &harness.token_id("token2"), Some(body.clone())).await?;
            assert_eq!(answer.status.as_u16(), 400);
            answers.push(answer);
        }
    }
    Ok(answers)
}

/// Everything that can be read over the management API, by its owner.
async fn everything_shown(harness: &Harness) -> Outcome<Vec<Answer>> {
    let mut answers = Vec::new();
    for (method, path, ..) in requests(harness).into_iter().filter(|(method, ..)| *method == "GET") {
        answers.push(harness.manage(Method::from_bytes(method.as_bytes())?, &path, None).await?);
    }
    Ok(answers)
}

/// CVE-2025-48374 of zot, GHSA-prh4-vhfh-24mj of Harbor, CVE-2026-58511 of Gitea. The log of a process is read in `.ci/clients`.
#[tokio::test]
async fn secrets_are_where_they_were_handed_out_and_nowhere_else() -> Outcome {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    // With one subscriber alone, what a thread of another test logs first would be off for good.
    let _second = tracing::Dispatch::new(tracing_subscriber::fmt().with_writer(io::sink).finish());
    let harness = Harness::new().await?;
    let secrets = Secrets::of(&harness).await?;
    let mut answers = Vec::new();
    for (_, secret) in secrets.all().into_iter().chain([("a wrong password", WRONG)]) {
        answers.extend(
            spread(&harness.stranger(HOST), secret).await?.into_iter().filter(|answer| !answer.status.is_success()),
        );
    }
    answers.extend(mistakes(&harness).await?);
    answers.extend(everything_shown(&harness).await?);
    drop(guard);
    let shown: String = answers
        .iter()
        .map(|answer| format!("{:?} {}\n", answer.headers, String::from_utf8_lossy(&answer.body)))
        .collect();
    let log = log.text();
    for expected in ["UNAUTHORIZED", "UNSUPPORTED", "InvalidAuthenticationToken", "AADSTS", "token2", "private key"] {
        assert!(shown.contains(expected), "{expected}: the answers are read");
    }
    assert!(log.contains("answered 401"), "the log is read");
    let others = [("a wrong password", WRONG), ("a private key", PRIVATE_KEY)];
    for (what, secret) in secrets.all().into_iter().chain(others) {
        let telling = telling(secret);
        assert!(!shown.contains(telling), "{what} is in an answer");
        assert!(!log.contains(telling), "{what} is in the log");
        let mut files = Vec::new();
        files_with(&harness.data_file(""), telling, &mut files)?;
        // The first start writes its secret for the owner of the folder alone.
        let belongs: &[&str] = if what == "the principal's secret" { &["service-principal.json"] } else { &[] };
        assert_eq!(files, belongs, "{what} is in files");
    }
    Ok(())
}
