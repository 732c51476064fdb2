//! Whoever manages, in a registry: the admin user, and principals with refresh tokens. One decision by every form, and none by what
//! has ended.

use super::operations::Need;
use super::{EVERYTHING, FORM, HOST, conditions_change_nothing, decisions, fill, other_planes_are_closed, uploads_of};
use crate::client::{Client, Outcome, TokenClient};
use crate::distribution::pushes::everything;
use crate::harness::{Harness, OTHER_REGISTRY, REGISTRY};
use crate::management::access::{Principal, assign};
use http::Method;
use model::action::Action;
use serde_json::json;

/// With which docker and others present a refresh token as a password (Azure's documentation of `az acr login --expose-token`).
const REFRESH_TOKEN_USER: &str = "00000000-0000-0000-0000-000000000000";

/// A client by every form that user and password, or a refresh token, can take.
async fn every_form<'a>(
    harness: &'a Harness,
    (user, password): (&str, &str),
) -> Outcome<Vec<(&'static str, Client<'a>)>> {
    let basic = harness.stranger(HOST).with_basic(user, password);
    let bearer = basic.with_bearer(&basic.bearer_text(&EVERYTHING).await?);
    let issued = basic.post_form("/oauth2/token", &FORM).await?.succeeded()?.json()?;
    let by_form = basic.with_bearer(issued["access_token"].as_str().ok_or("a bearer")?);
    let mut forms = vec![("Basic", basic), ("bearer", bearer), ("bearer that a form asked for", by_form)];
    if user == REFRESH_TOKEN_USER {
        forms.push(("bearer of the grant", harness.stranger(HOST).with_bearer(&refreshed(harness, password).await?)));
    }
    Ok(forms)
}

/// A bearer for everything, by the grant of a refresh token.
async fn refreshed(harness: &Harness, refresh_token: &str) -> Outcome<String> {
    let [_, scope, catalog] = FORM;
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), scope, catalog];
    let issued = harness.stranger(HOST).post_form("/oauth2/token", &form).await?.succeeded()?.json()?;
    Ok(issued["access_token"].as_str().ok_or("a bearer")?.to_owned())
}

/// Every form allows these actions and no other.
async fn each_allows(harness: &Harness, owner: &Client<'_>, by: (&str, &str), held: &[Action]) -> Outcome {
    for (what, client) in every_form(harness, by).await? {
        fill(owner).await?;
        // What they could mount, they would: nothing is there.
        assert_eq!(owner.ask(Method::DELETE, "/acr/v1/secret%2Fhello").await?.seen(), "202");
        let uploads = uploads_of(&client).await?;
        for (need, asked, is_allowed) in decisions(&client, &uploads).await? {
            let expected = match need {
                // They may read the source, and the bearer is not for it: they are told to ask for one that is.
                Need::Action(_) if what != "Basic" && asked.contains("from=") => false,
                Need::SignIn | Need::Catalog => true,
                Need::Action(action) => held.contains(&action),
            };
            assert_eq!(is_allowed, expected, "{asked} by {what} with {held:?}");
        }
        other_planes_are_closed(&client).await?;
    }
    Ok(())
}

/// Nothing is allowed, and no bearer is given.
async fn nothing_is_allowed(turn: usize, what: &str, client: &Client<'_>, uploads: &[String; 2]) -> Outcome {
    let decided = decisions(client, uploads).await?;
    for (_, asked, is_allowed) in &decided {
        assert!(!is_allowed, "{asked} by {what}");
    }
    conditions_change_nothing(client, uploads, &decided, turn).await?;
    assert_eq!(client.get("/oauth2/token").await?.seen(), "401 UNAUTHORIZED", "a bearer for {what}");
    Ok(())
}

async fn admin_passwords(harness: &Harness, registry: &str) -> Outcome<[String; 2]> {
    let id = harness.registry_id(registry);
    harness.patch(&id, json!({"properties": {"adminUserEnabled": true}})).await?;
    let path = format!("{id}/listCredentials");
    let listed = harness.manage(Method::POST, &path, None).await?.succeeded()?.json()?;
    let value = |place: usize| listed["passwords"][place]["value"].as_str().map(str::to_owned).ok_or("a value");
    Ok([value(0)?, value(1)?])
}

#[tokio::test]
async fn the_admin_user_does_everything_until_it_is_turned_off() -> Outcome {
    let harness = Harness::new().await?;
    let owner = everything(&harness).await?;
    fill(&owner).await?;
    let uploads = uploads_of(&owner).await?;
    let passwords = admin_passwords(&harness, REGISTRY).await?;
    for password in &passwords {
        each_allows(&harness, &owner, (REGISTRY, password), &Action::ALL).await?;
    }
    let other = admin_passwords(&harness, OTHER_REGISTRY).await?;
    let stranger = harness.stranger(HOST);
    let mut ended = vec![("the admin user of another registry", stranger.with_basic(OTHER_REGISTRY, &other[0]))];
    ended.push(("its password under this one's name", stranger.with_basic(REGISTRY, &other[0])));
    let elsewhere = TokenClient::at(&harness, OTHER_REGISTRY, (OTHER_REGISTRY, other[0].as_str()));
    ended.push(("its bearer", stranger.with_bearer(&elsewhere.bearer_text(&EVERYTHING).await?)));

    let old = every_form(&harness, (REGISTRY, &passwords[0])).await?;
    let path = format!("{}/regenerateCredential", harness.registry_id(REGISTRY));
    harness.manage(Method::POST, &path, Some(json!({"name": "password"}))).await?.succeeded()?;
    ended.extend(old);
    fill(&owner).await?;
    each_allows(&harness, &owner, (REGISTRY, &passwords[1]), &Action::ALL).await?;
    let off = every_form(&harness, (REGISTRY, &passwords[1])).await?;
    harness.patch(&harness.registry_id(REGISTRY), json!({"properties": {"adminUserEnabled": false}})).await?;
    ended.extend(off);
    for (turn, (what, client)) in ended.iter().enumerate() {
        nothing_is_allowed(turn, what, client, &uploads).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_role_opens_a_registry_by_every_form_and_no_longer_than_it_is_held() -> Outcome {
    let harness = Harness::new().await?;
    let owner = everything(&harness).await?;
    fill(&owner).await?;
    let uploads = uploads_of(&owner).await?;
    let registry = harness.registry_id(REGISTRY);
    let mut ended = Vec::new();
    for (number, (role, held)) in [
        ("Reader", &[Action::ContentRead, Action::MetadataRead][..]),
        ("Contributor", &Action::ALL[..]),
        ("Owner", &Action::ALL[..]),
    ]
    .into_iter()
    .enumerate()
    {
        let principal = Principal::new(&harness, role).await?;
        let assignment = assign(&harness, (number, role, &registry), principal.object_id()).await?;
        let exchanged = principal.exchange(&harness).await?.succeeded()?.json()?;
        let refresh_token = exchanged["refresh_token"].as_str().ok_or("a refresh token")?.to_owned();
        each_allows(&harness, &owner, (REFRESH_TOKEN_USER, &refresh_token), held).await?;
        let management = principal.client(&harness).await?;
        ended.push(("a bearer of the management API", management));
        let stranger = harness.stranger(HOST);
        ended.push(("a refresh token as a bearer", stranger.with_bearer(&refresh_token)));
        ended.push(("a refresh token of a user", stranger.with_basic("token2", &refresh_token)));
        ended.push(("a principal's secret", stranger.with_basic(role, principal.secret().0)));
        ended.extend(every_form(&harness, (REFRESH_TOKEN_USER, &refresh_token)).await?);
        match number {
            0 => drop(harness.delete(&assignment).await?),
            1 => drop(harness.delete(&format!("/providers/Portcullis.Identity/servicePrincipals/{role}")).await?),
            // Of what was got with it, nothing counts when it has ended.
            _ => harness.advance(std::time::Duration::from_secs(3 * 3600)),
        }
    }
    for (turn, (what, client)) in ended.iter().enumerate() {
        nothing_is_allowed(turn, what, client, &uploads).await?;
    }
    Ok(())
}
