//! Bugs that other registries shipped, where no other test here has the same bug in view: docs/advisories.md lists them all.

use crate::client::{Answer, Client, Outcome};
use crate::distribution::pushes::{REPOSITORY, digest_of, everything};
use crate::harness::Harness;
use http::Method;
use model::action::Action;

const HOST: &str = "lnxcr.localhost";

/// CVE-2026-35172 of distribution: what one repository deleted came back when another touched the same bytes.
#[tokio::test]
async fn a_deleted_blob_stays_deleted_while_another_repository_has_it() -> Outcome {
    let harness = Harness::new().await?;
    let owner = everything(&harness).await?;
    for repository in [REPOSITORY, "team/app"] {
        owner.push_blob(repository, b"hello").await?;
    }
    let blob = |repository: &str| format!("/v2/{repository}/blobs/{}", digest_of(b"hello"));
    assert_eq!(owner.ask(Method::DELETE, &blob(REPOSITORY)).await?.seen(), "202");
    for touch in 0..3 {
        match touch {
            0 => drop(owner.get(&blob("team/app")).await?.succeeded()?),
            1 => drop(owner.push_blob("team/app", b"hello").await?),
            _ => drop(owner.ask(Method::HEAD, &blob("team/app")).await?.succeeded()?),
        }
        assert_eq!(owner.get(&blob(REPOSITORY)).await?.seen(), "404 BLOB_UNKNOWN", "after touch {touch}");
        assert_eq!(owner.ask(Method::HEAD, &blob(REPOSITORY)).await?.status.as_u16(), 404, "after touch {touch}");
    }
    let mount = format!("/v2/third/app/blobs/uploads/?mount={}&from={REPOSITORY}", digest_of(b"hello"));
    assert_eq!(owner.ask(Method::POST, &mount).await?.seen(), "202", "nothing is mounted from there");
    Ok(())
}

/// CVE-2024-9683 of Quay: bcrypt reads 72 bytes, so what came behind them did not matter.
#[tokio::test]
async fn a_password_counts_to_its_last_byte() -> Outcome {
    let harness = Harness::new().await?;
    let token = harness.holder("token2", "*", &Action::ALL).await?;
    let right = &token.password;
    let signs_in = async |password: String| -> Outcome<bool> {
        let client = harness.stranger(HOST).with_basic("token2", &password);
        Ok(client.get("/oauth2/token").await?.status.is_success() && client.get("/v2/").await?.status.is_success())
    };
    assert!(signs_in(right.clone()).await?);
    let padding = "x".repeat(72);
    for wrong in [
        right[..right.len() - 1].to_owned(),
        format!("{right}x"),
        format!("{right}{padding}"),
        format!("{padding}{right}"),
        format!("{right}\0"),
        format!("{right} "),
        right.to_ascii_uppercase(),
    ] {
        assert!(!signs_in(wrong.clone()).await?, "{} bytes", wrong.len());
    }
    Ok(())
}

/// What an answer says, apart from the name that was asked for.
fn told(answer: &Answer, repository: &str) -> String {
    let headers = format!("{:?}", answer.lasting_headers());
    let body = String::from_utf8_lossy(&answer.body);
    format!("{} {headers} {body}", answer.status).replace(repository, "<repository>")
}

/// CVE-2019-19030 of Harbor and its like: 404 here and 401 there told strangers which repositories exist.
#[tokio::test]
async fn what_is_forbidden_looks_like_what_is_not_there() -> Outcome {
    let harness = Harness::new().await?;
    let owner = everything(&harness).await?;
    let blob = owner.push_blob("secret/hello", b"hello").await?;
    owner.push_image(("secret/hello", "v1"), &blob, "").await?;
    let token = harness.holder("token2", "samples/*", &Action::ALL).await?;
    let stranger = harness.stranger(HOST);
    let bearer = token.bearer_for(&["repository:secret/hello:*", "repository:secret/other:*"]).await?;
    for (who, client) in [("nobody", stranger), ("a token by Basic", token.basic()), ("its bearer", bearer)] {
        for (method, path) in [
            (Method::GET, "/v2/{}/manifests/v1".to_owned()),
            (Method::HEAD, "/v2/{}/manifests/v1".to_owned()),
            (Method::DELETE, "/v2/{}/manifests/v1".to_owned()),
            (Method::GET, format!("/v2/{{}}/blobs/{blob}")),
            (Method::GET, format!("/v2/{{}}/referrers/{blob}")),
            (Method::GET, "/v2/{}/tags/list".to_owned()),
            (Method::POST, "/v2/{}/blobs/uploads/".to_owned()),
            (Method::GET, "/acr/v1/{}".to_owned()),
            (Method::GET, "/acr/v1/{}/_tags/v1".to_owned()),
            (Method::PATCH, "/acr/v1/{}/_tags/v1".to_owned()),
        ] {
            let mut seen = Vec::new();
            for repository in ["secret/hello", "secret/other"] {
                let answer = client.ask(method.clone(), &path.replace("{}", repository)).await?;
                assert_eq!(answer.status.as_u16(), 401, "{method} {path} by {who}");
                seen.push(told(&answer, repository));
            }
            assert_eq!(seen[0], seen[1], "{method} {path} by {who}");
        }
    }
    Ok(())
}

/// What was handed out, and is to be seen nowhere else.
struct Secrets {
    password: String,
    bearer: String,
    secret: String,
    management_bearer: String,
    refresh_token: String,
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
        Ok(Self { password: token.password, bearer, secret, management_bearer, refresh_token })
    }

    fn all(&self) -> [&str; 5] {
        [&self.password, &self.bearer, &self.secret, &self.management_bearer, &self.refresh_token]
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

/// CVE-2025-48374 of zot, GHSA-prh4-vhfh-24mj of Harbor, CVE-2026-58511 of Gitea. The log is read in `.ci/clients`.
#[tokio::test]
async fn no_secret_is_in_a_refusal() -> Outcome {
    let harness = Harness::new().await?;
    let secrets = Secrets::of(&harness).await?;
    let mut refusals = String::new();
    for secret in secrets.all() {
        for answer in spread(&harness.stranger(HOST), secret).await? {
            if !answer.status.is_success() {
                refusals.push_str(&format!("{:?} {}\n", answer.headers, String::from_utf8_lossy(&answer.body)));
            }
        }
    }
    for expected in ["UNAUTHORIZED", "UNSUPPORTED", "InvalidAuthenticationToken", "AADSTS"] {
        assert!(refusals.contains(expected), "{expected}: the refusals are read");
    }
    for (number, secret) in secrets.all().into_iter().enumerate() {
        // Of signed ones no part that only their holder knows either.
        let telling = secret.rsplit('.').next().unwrap_or(secret);
        assert!(!refusals.contains(telling), "secret {number} is in a refusal");
    }
    Ok(())
}
