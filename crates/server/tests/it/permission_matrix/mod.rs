//! Every way to ask × every action × every way to sign in, or to fail to, on every plane. What is allowed is written down here a second
//! time, by hand.
//!
//! A new operation of the registry does not compile until it has its arm in `operations.rs`; a new method of a route fails
//! [`every_form_of_every_route_has_its_row`]; a new route beside the registry's fails `routes.rs`. The management API has its
//! matrix in `management/`.

mod alike;
mod callers;
mod managers;
mod operations;
mod routes;

use crate::client::{Answer, Client, Outcome, TokenClient};
use crate::client_certificate::ClientCertificate;
use crate::distribution::pushes::{REPOSITORY, everything};
use crate::harness::Harness;
use callers::{Reach, bad_callers, bad_certificates};
use http::header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE};
use http::{HeaderName, Method, StatusCode};
use model::action::Action;
use operations::{Form, Need, Row, every_row};
use std::collections::{BTreeMap, BTreeSet};

const HOST: &str = "lnxcr.localhost";
/// All that a bearer can be asked for here.
const EVERYTHING: [&str; 2] = ["repository:samples/hello:*", "registry:catalog:*"];
/// Where callers hold nothing.
const SECRET: &str = "secret/hello";
/// The same in the form of a request for a bearer.
const FORM: [(&str, &str); 3] =
    [("grant_type", "password"), ("scope", "repository:samples/hello:*"), ("scope", "registry:catalog:*")];

/// What a request may say beside what it asks for (RFC 9110, sections 13 and 14). None of it is a right.
const CONDITIONS: [&[(HeaderName, &str)]; 7] = [
    &[(RANGE, "bytes=0-0")],
    &[(IF_NONE_MATCH, "*")],
    &[(IF_MATCH, "\"sha256:0\"")],
    &[(IF_RANGE, "\"sha256:0\""), (RANGE, "bytes=0-0")],
    &[(IF_MODIFIED_SINCE, "Thu, 01 Jan 2099 00:00:00 GMT")],
    &[(IF_UNMODIFIED_SINCE, "Thu, 01 Jan 1970 00:00:00 GMT")],
    &[(IF_NONE_MATCH, "\"a\""), (RANGE, "bytes=9999-")],
];

/// Puts back what an allowed delete took away.
async fn fill(owner: &Client<'_>) -> Outcome {
    let blob = owner.push_blob(REPOSITORY, b"hello").await?;
    owner.push_blob(REPOSITORY, b"loose").await?;
    owner.push_blob(SECRET, b"hello").await?;
    owner.push_image((REPOSITORY, "v1"), &blob, "").await?;
    owner.push_image((REPOSITORY, "v2"), &blob, "").await?;
    Ok(())
}

/// Two uploads of `client` where it may begin them, so that what refuses is never that they are another's.
async fn uploads_of(client: &Client<'_>) -> Outcome<[String; 2]> {
    let path = format!("/v2/{REPOSITORY}/blobs/uploads/");
    let mut uploads = [format!("{path}0-0"), format!("{path}0-1")];
    for upload in &mut uploads {
        if let Some(location) = client.ask(Method::POST, &path).await?.header("location") {
            location.clone_into(upload);
        }
    }
    Ok(uploads)
}

/// What became of one form: what it needs, how it was asked, whether it was allowed.
type Decision = (Need, String, bool);

/// Every form of every operation, asked by `client`. A refusal is a challenge, and everything else the expected answer.
async fn decisions(client: &Client<'_>, uploads: &[String; 2]) -> Outcome<Vec<Decision>> {
    let mut decisions = Vec::new();
    for Row { need, route, forms } in every_row(uploads)? {
        for form in forms {
            let answer = client.send(form.method.clone(), &form.path, &form.headers, form.body.clone()).await?;
            // Ids of uploads differ.
            let headers = if form.headers.is_empty() { "" } else { " with headers" };
            let asked = format!("{} {route}{headers}{}", form.method, query(&form.path));
            let is_allowed = answer.status != 401;
            if is_allowed {
                assert_eq!(answer.seen(), form.answered, "{asked}");
            } else {
                assert!(is_challenge(&answer), "{asked}");
            }
            decisions.push((need, asked, is_allowed));
        }
    }
    Ok(decisions)
}

fn is_challenge(answer: &Answer) -> bool {
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    answer.status == StatusCode::UNAUTHORIZED && challenge.starts_with("Bearer realm=")
}

/// The same decisions again, each under a condition: which one is whose turn it is, so that all of them meet every form. What changes
/// something is asked only of those who may not.
async fn conditions_change_nothing(
    client: &Client<'_>,
    uploads: &[String; 2],
    decided: &[Decision],
    turn: usize,
) -> Outcome {
    let forms = every_row(uploads)?.into_iter().flat_map(|row| row.forms);
    for (place, (form, (_, asked, is_allowed))) in forms.zip(decided).enumerate() {
        if *is_allowed && !matches!(form.method, Method::GET | Method::HEAD) {
            continue;
        }
        let condition = CONDITIONS[(place + turn) % CONDITIONS.len()];
        let headers: Vec<_> = form.headers.iter().chain(condition).cloned().collect();
        let answer = client.send(form.method.clone(), &form.path, &headers, form.body.clone()).await?;
        if *is_allowed {
            assert!(matches!(answer.status.as_u16(), 200 | 204 | 206 | 304 | 412 | 416), "{asked} {condition:?}");
        } else {
            assert!(is_challenge(&answer), "{asked} {condition:?}: {}", answer.status);
        }
    }
    Ok(())
}

fn query(path: &str) -> &str {
    path.find('?').map_or("", |at| &path[at..])
}

/// Each action alone, all but each, none, all.
fn sets_of_actions() -> Vec<Vec<Action>> {
    let alone = Action::ALL.map(|action| vec![action]);
    let without = Action::ALL.map(|left_out| Action::ALL.into_iter().filter(|action| *action != left_out).collect());
    alone.into_iter().chain(without).chain([Vec::new(), Action::ALL.to_vec()]).collect()
}

/// The server itself says which methods a route has.
#[tokio::test]
async fn every_form_of_every_route_has_its_row() -> Outcome {
    let harness = Harness::new().await?;
    let uploads = ["0-0", "0-1"].map(|id| format!("/v2/{REPOSITORY}/blobs/uploads/{id}"));
    let rows = every_row(&uploads)?;
    let mut routes: BTreeMap<&str, (String, BTreeSet<String>)> = BTreeMap::new();
    for Row { route, forms, .. } in &rows {
        for form in forms {
            let (_, methods) = routes.entry(route).or_insert_with(|| (form.path.clone(), BTreeSet::new()));
            methods.insert(form.method.to_string());
        }
    }
    for (route, (path, methods)) in &routes {
        let refused = harness.stranger(HOST).ask(Method::TRACE, path).await?;
        assert_eq!(refused.seen(), "405 UNSUPPORTED", "{route}");
        let served = refused.header("allow").ok_or("a list of methods")?.split(", ").map(str::to_owned).collect();
        assert_eq!(*methods, served, "{route}");
    }
    let forms: Vec<&Form> = rows.iter().flat_map(|row| &row.forms).collect();
    // Further forms, which no method shows.
    assert!(forms.iter().any(|form| form.headers.iter().any(|(name, _)| *name == RANGE)), "a part of a blob");
    for wanted in ["?mount=", "?digest="] {
        assert!(forms.iter().any(|form| form.method == Method::POST && form.path.contains(wanted)), "POST {wanted}");
    }
    assert_eq!((rows.len(), routes.len(), forms.len()), (22, 14, 41), "operations, routes, forms");
    Ok(())
}

/// Every form in which somebody may use a token's credentials, Basic first.
async fn every_form_of<'a>(
    token: &TokenClient<'a>,
    certified: &Client<'a>,
) -> Outcome<Vec<(&'static str, Client<'a>)>> {
    let basic = token.basic();
    let issued = basic.post_form("/oauth2/token", &FORM).await?.succeeded()?.json()?;
    let bearer_by_form = basic.with_bearer(issued["access_token"].as_str().ok_or("a bearer")?);
    let bearer = token.bearer_for(&EVERYTHING).await?;
    let bound = certified.with_bearer(&certified.bearer_text(&EVERYTHING).await?);
    let both = certified.with_basic(&token.name, &token.password);
    let bound_to_both = certified.with_bearer(&both.bearer_text(&EVERYTHING).await?);
    Ok(vec![
        ("Basic", basic),
        ("bearer", bearer),
        ("bearer that a form asked for", bearer_by_form),
        ("bearer of a certificate", bound),
        ("Basic beside the certificate", both),
        ("bearer of both", bound_to_both),
        ("certificate", certified.clone()),
    ])
}

/// What whoever holds `held` must be decided.
fn expected_of(client: &Client<'_>, uploads: &[String; 2], held: &[Action]) -> Outcome<Vec<Decision>> {
    let mut expected = Vec::new();
    for Row { need, route, forms } in every_row(uploads)? {
        let is_allowed = match need {
            // A certificate alone does not answer where clients learn how to sign in.
            Need::SignIn => client.has_authorization(),
            // The catalog's scope is not a scope map's: any bearer may ask for it.
            Need::Catalog => true,
            Need::Action(action) => held.contains(&action),
        };
        expected.extend(forms.iter().map(|form| (need, format!("{} {route}", form.method), is_allowed)));
    }
    Ok(expected)
}

/// What opens a registry manages nothing.
async fn other_planes_are_closed(client: &Client<'_>) -> Outcome {
    let managed = client.get("/subscriptions?api-version=2022-12-01").await?;
    assert_eq!(managed.status, StatusCode::UNAUTHORIZED);
    Ok(())
}

#[tokio::test]
async fn each_set_of_actions_allows_what_it_says() -> Outcome {
    let harness = Harness::behind_proxy().await?;
    let owner = everything(&harness).await?;
    for (number, held) in sets_of_actions().into_iter().enumerate() {
        let name = format!("caller{number}");
        let token = harness.holder(&name, REPOSITORY, &held).await?;
        let certificate = ClientCertificate::new(&name)?;
        harness.certify(&name, &certificate).await?;
        let certified = harness.stranger(HOST).with_certificate(&certificate);
        let mut by = Vec::new();
        for (form, (what, client)) in every_form_of(&token, &certified).await?.into_iter().enumerate() {
            fill(&owner).await?;
            let uploads = uploads_of(&client).await?;
            let expected = expected_of(&client, &uploads, &held)?;
            conditions_change_nothing(&client, &uploads, &expected, number + form).await?;
            by.push((what, decisions(&client, &uploads).await?));
            other_planes_are_closed(&client).await?;
        }
        // Whoever has nothing but a certificate is told where to sign in, and everywhere else is let in.
        for (need, _, is_allowed) in by.iter_mut().filter(|(what, _)| *what == "certificate").flat_map(|(_, by)| by) {
            assert!(*need != Need::SignIn || !*is_allowed, "{need:?} with a certificate alone");
            *is_allowed |= *need == Need::SignIn;
        }
        let (_, by_basic) = by.remove(0);
        for (what, by) in by {
            assert_eq!(by_basic, by, "by Basic and by {what} with {held:?}");
        }
        for (need, asked, is_allowed) in &by_basic {
            let expected = match need {
                // The catalog's scope is not a scope map's: any bearer may ask for it.
                Need::SignIn | Need::Catalog => true,
                Need::Action(action) => held.contains(action),
            };
            assert_eq!(*is_allowed, expected, "{asked} with {held:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn whoever_asks_reads_where_anonymous_pull_is_on_and_nowhere_else() -> Outcome {
    let harness = Harness::new().await?;
    let owner = everything(&harness).await?;
    fill(&owner).await?;
    let uploads = uploads_of(&owner).await?;
    let nobody = harness.stranger(HOST);
    harness.anonymous_pull(true).await?;
    let anonymous = nobody.with_bearer(&nobody.bearer_text(&EVERYTHING).await?);
    let unscoped = nobody.with_bearer(&nobody.bearer_text(&[]).await?);
    for (is_on, what, client) in [
        (true, "an anonymous bearer", &anonymous),
        (true, "one without a scope", &unscoped),
        (true, "nobody, without a bearer", &nobody),
        (false, "an anonymous bearer", &anonymous),
        (false, "one without a scope", &unscoped),
        (false, "nobody, without a bearer", &nobody),
    ] {
        harness.anonymous_pull(is_on).await?;
        for (need, asked, is_allowed) in decisions(client, &uploads).await? {
            let expected = match (what, need) {
                _ if !is_on => false,
                ("an anonymous bearer", Need::Action(action)) => {
                    matches!(action, Action::ContentRead | Action::MetadataRead)
                }
                ("an anonymous bearer", Need::SignIn | Need::Catalog) => true,
                ("one without a scope", need) => need == Need::SignIn,
                _ => false,
            };
            assert_eq!(is_allowed, expected, "{asked} by {what}, anonymous pull: {is_on}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_does_not_count_allows_nothing() -> Outcome {
    let harness = Harness::behind_proxy().await?;
    let owner = everything(&harness).await?;
    fill(&owner).await?;
    let uploads = uploads_of(&owner).await?;
    let alone = Action::ALL.map(|action| vec![action]);
    for (number, held) in alone.into_iter().chain([Action::ALL.to_vec()]).enumerate() {
        // Credentials that do not count are no credentials of nobody in particular.
        harness.anonymous_pull(number % 2 == 0).await?;
        let mut callers = bad_callers(&harness, &held, number).await?;
        callers.extend(bad_certificates(&harness, &held, number).await?);
        for (turn, (what, client, reach)) in callers.into_iter().enumerate() {
            let decided = decisions(&client, &uploads).await?;
            if held.len() == Action::ALL.len() {
                conditions_change_nothing(&client, &uploads, &decided, turn).await?;
            }
            the_token_service_gives_no_more(&client, what, reach).await?;
            other_planes_are_closed(&client).await?;
            for (need, asked, is_allowed) in decided {
                let expected = match need {
                    Need::SignIn => reach >= Reach::SignIn,
                    Need::Catalog => reach >= Reach::Catalog,
                    Need::Action(_) => false,
                };
                assert_eq!(is_allowed, expected, "{asked} by {what}, of a token that may {held:?}");
            }
        }
    }
    Ok(())
}

/// A bearer is got with what opens the registry itself, and opens no more. Nothing else is given: not even, where whoever asks may pull,
/// what nobody in particular gets.
async fn the_token_service_gives_no_more(client: &Client<'_>, what: &str, reach: Reach) -> Outcome {
    let query = "/oauth2/token?scope=repository:samples/hello:*&scope=registry:catalog:*";
    for answer in [client.get(query).await?, client.post_form("/oauth2/token", &FORM).await?] {
        if what == "nobody" {
            assert!(matches!(answer.status.as_u16(), 200 | 401), "{}", answer.status);
            continue;
        }
        // Bearers are no credentials here, whatever they open.
        if reach == Reach::Nothing || what.contains("bearer") {
            assert_eq!(answer.seen(), "401 UNAUTHORIZED", "the token service to {what}");
        } else {
            assert_eq!(answer.succeeded()?.json()?["scope"], "registry:catalog:*", "the token service to {what}");
        }
    }
    Ok(())
}
