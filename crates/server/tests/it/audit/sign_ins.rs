//! Every way to sign in, and every way to fail to.

use super::{head, told_since};
use crate::client::{Client, Outcome};
use crate::client_certificate::ClientCertificate;
use crate::harness::{Harness, Holder, REGISTRY};
use model::action::Action;
use serde_json::json;
use std::time::Duration;

const HOST: &str = "lnxcr.localhost";
const TOKEN: &str = "/oauth2/token?service=lnxcr.localhost&scope=repository:samples/hello:pull";

/// What the entry of a sign-in to the registry says, behind `seq`; there is one.
async fn only(harness: &Harness, seq: i64) -> Outcome<String> {
    let told = told_since(harness, seq).await?;
    match &told[..] {
        [only] => Ok(only.strip_suffix(" | lnxcr - -").unwrap_or(only).to_owned()),
        _ => Err(format!("not one entry: {told:?}").into()),
    }
}

async fn reader(harness: &Harness) -> Outcome<(Client<'_>, String)> {
    let scope_map = harness.scope_map("newmap", &["repositories/samples/*/content/read"]).await?;
    let token = harness.token("token2", &scope_map).await?;
    Ok((token.basic(), token.password))
}

#[tokio::test]
async fn for_a_bearer_and_for_one_request() -> Outcome {
    let harness = Harness::new().await?;
    let (client, _) = reader(&harness).await?;
    let before = head(&harness).await?;
    client.get(TOKEN).await?.succeeded()?;
    assert_eq!(only(&harness, before).await?, "allowed signIn token2 password1 | scope map newmap");
    let before = head(&harness).await?;
    client.get("/v2/").await?.succeeded()?;
    assert_eq!(only(&harness, before).await?, "allowed signIn token2 password1 | scope map newmap");
    Ok(())
}

#[tokio::test]
async fn every_reason_to_refuse_a_password() -> Outcome {
    let harness = Harness::new().await?;
    let (client, password) = reader(&harness).await?;
    let stranger = harness.stranger(HOST);
    let refused = async |client: Client<'_>, path: &str| -> Outcome<String> {
        let before = head(&harness).await?;
        assert!(!client.get(path).await?.status.is_success());
        only(&harness, before).await
    };
    let told = |reason: &str| format!("refused signIn token2 password | {reason}");
    assert_eq!(refused(stranger.with_basic("token2", "pcl_wrong"), TOKEN).await?, told("wrong password"));
    assert_eq!(refused(stranger.with_basic("token2", "pcl_wrong"), "/v2/").await?, told("wrong password"));
    for nobody in ["nobody-there", "not/a name", "pcl-a-password-in-the-wrong-field"] {
        let expected = "refused signIn - password | no such token";
        assert_eq!(refused(stranger.with_basic(nobody, &password), TOKEN).await?, expected);
    }
    assert_eq!(
        refused(stranger.with_authorization("Basic ???"), "/v2/").await?.split(" | ").next(),
        Some("refused signIn - -")
    );
    assert_eq!(
        refused(stranger.with_bearer("eyJ.a.b"), TOKEN).await?,
        "refused signIn - - | a bearer is not taken at the token service"
    );
    let as_other = "/oauth2/token?account=somebody";
    assert_eq!(
        refused(client.clone(), as_other).await?,
        "refused signIn - - | `account` is not the user of the credentials"
    );
    let guesser = stranger.at("192.0.2.7:1".parse()?);
    for number in 0..10 {
        guesser.with_basic("token2", &format!("pcl_{number}")).get(TOKEN).await?;
    }
    let too_many = refused(guesser.with_basic("token2", "pcl_more"), TOKEN).await?;
    assert_eq!(too_many, told("too many wrong passwords were tried"));

    let mut ending = harness.token("token3", &harness.scope_map_id("newmap")).await?;
    ending.generate_until(&harness, Duration::from_secs(60)).await?;
    harness.advance(Duration::from_secs(61));
    assert_eq!(refused(ending.basic(), TOKEN).await?, "refused signIn token3 password | the password has expired");
    harness.disable("token2").await?;
    assert_eq!(refused(client, TOKEN).await?, told("the token is disabled"));
    Ok(())
}

#[tokio::test]
async fn every_reason_to_refuse_a_bearer() -> Outcome {
    let harness = Harness::new().await?;
    let (client, _) = reader(&harness).await?;
    let bearer = client.bearer_text(&["repository:samples/hello:pull"]).await?;
    let with_it = harness.stranger(HOST).with_bearer(&bearer);
    let refused = async |client: &Client<'_>| -> Outcome<String> {
        let before = head(&harness).await?;
        assert_eq!(client.get("/v2/").await?.status, 401);
        only(&harness, before).await
    };
    let forged = refused(&harness.stranger(HOST).with_bearer("eyJ.a.b")).await?;
    assert!(forged.starts_with("refused signIn - bearer | "), "{forged}");
    let elsewhere = harness.stranger("othercr.localhost").with_bearer(&bearer);
    let before = head(&harness).await?;
    assert_eq!(elsewhere.get("/v2/").await?.status, 401);
    let told = told_since(&harness, before).await?;
    assert_eq!(told, ["refused signIn - bearer | it is for another registry | othercr - -"]);
    harness.generate("token2", json!({"name": "password1"})).await?;
    let gone = "refused signIn token2 password | the password was regenerated or removed";
    assert_eq!(refused(&with_it).await?, gone);
    harness.patch(&harness.scope_map_id("newmap"), json!({"properties": {"actions": []}})).await?;
    let changed = "refused signIn token2 password | the token has changed since the bearer was issued";
    assert_eq!(refused(&with_it).await?, changed);
    harness.delete(&harness.token_id("token2")).await?;
    assert_eq!(refused(&with_it).await?, "refused signIn - bearer | no such token");
    Ok(())
}

#[tokio::test]
async fn with_a_certificate() -> Outcome {
    let harness = Harness::behind_proxy().await?;
    let certificate = ClientCertificate::new("ci")?;
    let holder = |name| Holder { name, repositories: "samples/hello", actions: &Action::ALL };
    harness.certified(holder("builder"), &certificate).await?;
    let client = harness.stranger(HOST).with_certificate(&certificate);
    let before = head(&harness).await?;
    client.get(TOKEN).await?.succeeded()?;
    assert_eq!(only(&harness, before).await?, "allowed signIn builder certificate1 | scope map builder");

    let other = ClientCertificate::new("other")?;
    let refused = async |client: &Client<'_>| -> Outcome<String> {
        let before = head(&harness).await?;
        assert_eq!(client.get(TOKEN).await?.status, 401);
        only(&harness, before).await
    };
    let unknown = refused(&harness.stranger(HOST).with_certificate(&other)).await?;
    assert_eq!(unknown, format!("refused signIn - certificate {} | no token has this certificate", other.fingerprint));
    harness.disable("builder").await?;
    let disabled = refused(&client).await?;
    assert_eq!(
        disabled,
        format!("refused signIn builder certificate {} | the token is disabled", certificate.fingerprint)
    );
    let token = harness.holder("pushes", "samples/hello", &Action::ALL).await?;
    let two = refused(&token.basic().with_certificate(&certificate)).await?;
    assert_eq!(two, "refused signIn pushes password1 | the certificate is another token's than the password");
    Ok(())
}

#[tokio::test]
async fn the_admin_user_and_nobody() -> Outcome {
    let harness = Harness::new().await?;
    harness.patch(&harness.registry_id(REGISTRY), json!({"properties": {"adminUserEnabled": true}})).await?;
    harness.anonymous_pull(true).await?;
    let path = format!("{}/listCredentials", harness.registry_id(REGISTRY));
    let shown = harness.manage(http::Method::POST, &path, None).await?.json()?;
    let password = shown["passwords"][1]["value"].as_str().ok_or("a value")?;
    let stranger = harness.stranger(HOST);
    let before = head(&harness).await?;
    stranger.with_basic(REGISTRY, password).get(TOKEN).await?.succeeded()?;
    assert_eq!(only(&harness, before).await?, "allowed signIn lnxcr admin password2 | scope map _repositories_admin");
    let before = head(&harness).await?;
    stranger.with_basic(REGISTRY, "pcl_wrong").get(TOKEN).await?;
    assert_eq!(only(&harness, before).await?, "refused signIn lnxcr password | wrong password");
    let before = head(&harness).await?;
    stranger.get(TOKEN).await?.succeeded()?;
    assert_eq!(only(&harness, before).await?, "allowed signIn acr_anon_pull anonymous | anonymous pull");
    Ok(())
}

#[tokio::test]
async fn whoever_manages() -> Outcome {
    let harness = Harness::new().await?;
    let principal = &harness.principal;
    let stranger = harness.stranger(HOST);
    let login = async |id: &str, secret: &str| {
        let fields = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
        stranger.post_form("/common/oauth2/v2.0/token", &fields).await
    };
    let before = head(&harness).await?;
    let bearer = login(&principal.client_id, principal.client_secret.reveal()).await?.succeeded()?.json()?;
    let signed_in = only(&harness, before).await?;
    let [_, action, who, credential, secret, ..] = signed_in.split(' ').collect::<Vec<_>>()[..] else {
        panic!("{signed_in}")
    };
    assert_eq!((action, credential, secret.len()), ("login", "secret", 36));

    let before = head(&harness).await?;
    assert_eq!(login(&principal.client_id, "pcl_wrong").await?.status, 401);
    assert_eq!(
        told_since(&harness, before).await?,
        [format!("refused login {who} secret | wrong or expired secret | - - -")]
    );
    let before = head(&harness).await?;
    assert_eq!(login("a secret in the wrong field", "x").await?.status, 401);
    let told = told_since(&harness, before).await?;
    assert_eq!(told, ["refused login - secret | no such service principal | - - -"]);

    let before = head(&harness).await?;
    let bearer = bearer["access_token"].as_str().ok_or("a bearer")?;
    let fields = [("grant_type", "access_token"), ("service", HOST), ("access_token", bearer)];
    let refresh = stranger.post_form("/oauth2/exchange", &fields).await?.succeeded()?.json()?;
    let exchanged = only(&harness, before).await?;
    let expected = format!("allowed exchange {who} secret {secret} | scope map _repositories_admin");
    assert_eq!(exchanged, expected);

    let before = head(&harness).await?;
    let refresh = refresh["refresh_token"].as_str().ok_or("a refresh token")?;
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("service", HOST)];
    stranger.post_form("/oauth2/token", &fields).await?.succeeded()?;
    let expected = format!("allowed signIn {who} refresh token | scope map _repositories_admin");
    assert_eq!(only(&harness, before).await?, expected);

    let before = head(&harness).await?;
    let forged = stranger.with_bearer("eyJ.a.b").get("/subscriptions?api-version=2022-12-01").await?;
    assert_eq!(forged.status, 401);
    let told = told_since(&harness, before).await?;
    assert!(told.len() == 1 && told[0].starts_with("refused login - bearer | "), "{told:?}");
    Ok(())
}

/// That is how every client begins, and it refuses nothing yet.
#[tokio::test]
async fn who_is_told_where_to_sign_in_has_no_entry() -> Outcome {
    let harness = Harness::new().await?;
    let before = head(&harness).await?;
    let stranger = harness.stranger(HOST);
    for path in ["/v2/", "/v2/samples/hello/manifests/v1", TOKEN, "/subscriptions?api-version=2022-12-01"] {
        assert_eq!(stranger.get(path).await?.status, 401, "{path}");
    }
    assert_eq!(told_since(&harness, before).await?, [""; 0]);
    Ok(())
}
