//! The routes beside the registry's and the management API's: health, keys, logins, the token service. What a stranger is answered, and
//! that credentials change nothing where none are asked for.

use super::{EVERYTHING, HOST};
use crate::client::{Client, Outcome};
use crate::client_certificate::ClientCertificate;
use crate::harness::{Harness, Holder};
use http::Method;
use model::action::Action;
use std::collections::BTreeSet;

/// Whether who asks makes a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asks {
    /// Everybody is answered alike.
    Everybody,
    /// Credentials in the header are looked at.
    Header,
    /// The same in a form, and only there.
    Form,
}

/// A route, a path of it, the methods that it has, whom it asks, and what a stranger without a body is answered to the first of them.
const ROUTES: [(&str, &str, &str, Asks, &str); 15] = [
    ("/healthz", "/healthz", "GET,HEAD", Asks::Everybody, "200"),
    ("/readyz", "/readyz", "GET,HEAD", Asks::Everybody, "200"),
    ("/oauth2/token", "/oauth2/token", "GET,HEAD,POST", Asks::Header, "401 UNAUTHORIZED"),
    ("/oauth2/exchange", "/oauth2/exchange", "POST", Asks::Form, "400 UNSUPPORTED"),
    ("/oauth2/keys", "/oauth2/keys", "GET,HEAD", Asks::Everybody, "200"),
    (
        "/adfs/.well-known/openid-configuration",
        "/adfs/.well-known/openid-configuration",
        "GET,HEAD",
        Asks::Everybody,
        "200",
    ),
    ("/adfs/oauth2/token", "/adfs/oauth2/token", "POST", Asks::Form, "400 invalid_request"),
    ("/adfs/oauth2/authorize", "/adfs/oauth2/authorize", "any", Asks::Everybody, "400 unsupported_response_type"),
    ("/adfs/discovery/keys", "/adfs/discovery/keys", "GET,HEAD", Asks::Everybody, "200"),
    (
        "/adfs/{tenant}/v2.0/.well-known/openid-configuration",
        "/adfs/common/v2.0/.well-known/openid-configuration",
        "GET,HEAD",
        Asks::Everybody,
        "200",
    ),
    ("/{tenant}/oauth2/v2.0/token", "/common/oauth2/v2.0/token", "POST", Asks::Form, "400 invalid_request"),
    ("/{tenant}/oauth2/token", "/common/oauth2/token", "POST", Asks::Form, "400 invalid_request"),
    (
        "/{tenant}/oauth2/v2.0/authorize",
        "/common/oauth2/v2.0/authorize",
        "any",
        Asks::Everybody,
        "400 unsupported_response_type",
    ),
    ("/{tenant}/discovery/v2.0/keys", "/common/discovery/v2.0/keys", "GET,HEAD", Asks::Everybody, "200"),
    (
        "/{tenant}/v2.0/.well-known/openid-configuration",
        "/common/v2.0/.well-known/openid-configuration",
        "GET,HEAD",
        Asks::Everybody,
        "200",
    ),
];

/// Those of the registry, which `operations.rs` has.
const REGISTRY_ROUTES: [&str; 4] = ["/v2", "/v2/", "/v2/{*rest}", "/acr/v1/{*rest}"];

/// The routers' own text says which routes there are.
#[test]
fn every_route_of_the_router_has_its_row() {
    let sources = [include_str!("../../../src/router.rs"), include_str!("../../../src/auth/mod.rs")];
    let routes = |source: &'static str| source.split(".route(\"").skip(1).filter_map(|rest| rest.split('"').next());
    let served: BTreeSet<&str> = sources.into_iter().flat_map(routes).collect();
    let known = ROUTES.iter().map(|(route, ..)| *route).chain(REGISTRY_ROUTES).collect();
    assert_eq!(served, known, "a route without a row, or a row without a route");
}

#[tokio::test]
async fn strangers_are_answered_what_the_row_says_and_other_methods_are_refused() -> Outcome {
    let harness = Harness::new().await?;
    let stranger = harness.stranger(HOST);
    for (_, path, methods, _, expected) in ROUTES {
        let first = if methods == "any" { "GET" } else { methods.split(',').next().unwrap_or_default() };
        let answer = stranger.ask(Method::from_bytes(first.as_bytes())?, path).await?;
        assert_eq!(answer.seen(), expected, "{first} {path}");
        let refused = stranger.ask(Method::TRACE, path).await?;
        if methods == "any" {
            assert_eq!(refused.seen(), expected, "TRACE {path}");
        } else {
            assert_eq!(refused.status.as_u16(), 405, "TRACE {path}");
            assert_eq!(refused.header("allow"), Some(methods), "{path}");
        }
    }
    Ok(())
}

/// One credential of each kind, right ones and wrong ones.
async fn every_credential(harness: &Harness) -> Outcome<Vec<(&'static str, Client<'_>)>> {
    let stranger = harness.stranger(HOST);
    let certificate = ClientCertificate::new("token2")?;
    let holder = Holder { name: "token2", repositories: "*", actions: &Action::ALL };
    harness.certified(holder, &certificate).await?;
    let token = harness.holder("token3", "*", &Action::ALL).await?;
    let principal = &harness.principal;
    let (id, secret) = (principal.client_id.as_str(), principal.client_secret.reveal());
    Ok(vec![
        ("a password", token.basic()),
        ("a wrong password", stranger.with_basic("token3", "pcl_wrong")),
        ("a bearer", token.bearer_for(&EVERYTHING).await?),
        ("a wrong bearer", stranger.with_bearer("a.b.c")),
        ("a certificate", stranger.with_certificate(&certificate)),
        ("a principal's secret", stranger.with_basic(id, secret)),
        ("another scheme", stranger.with_authorization("Digest a=b")),
    ])
}

#[tokio::test]
async fn credentials_change_nothing_where_none_are_asked_for() -> Outcome {
    let harness = Harness::behind_proxy().await?;
    let stranger = harness.stranger(HOST);
    for (what, client) in every_credential(&harness).await? {
        for (_, path, methods, asks, _) in ROUTES {
            if asks == Asks::Header {
                continue;
            }
            let methods: &[&str] =
                if methods == "any" { &["GET", "POST"] } else { &methods.split(',').collect::<Vec<_>>() };
            for method in methods {
                let method = Method::from_bytes(method.as_bytes())?;
                let (alone, with) =
                    (stranger.ask(method.clone(), path).await?, client.ask(method.clone(), path).await?);
                // A login reads an id and a secret in the header too, and looks at its form first.
                let status = (alone.status, with.status);
                assert_eq!(status.0, status.1, "{method} {path} with {what}");
                if asks == Asks::Everybody {
                    assert_eq!(alone.body, with.body, "{method} {path} with {what}");
                }
            }
        }
    }
    Ok(())
}
