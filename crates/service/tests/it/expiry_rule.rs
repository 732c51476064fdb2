//! The rule that every credential must end within some days: where it holds, and what it leaves.

use crate::world::{
    Failure, Folder, Outcome, World, caller, group_id, group_spec, invalid_target, manager, registry_id, registry_spec,
};
use model::certificate::{CertificateName, CertificateSpec};
use model::expiry_rule::ExpiryRule;
use model::password::PasswordName::{self, Password1, Password2};
use model::principal::PrincipalName;
use model::timestamp::Timestamp;
use rstest::rstest;
use service::{
    Clock, CredentialsSpec, Error, ExpirySetting, PasswordSpec, RegistryChange, Service, TokenChange, TokenSpec,
    read_certificate,
};
use std::path::Path;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn days(days: u16) -> Result<ExpirySetting, Failure> {
    Ok(ExpirySetting::Within(ExpiryRule::within_days(days).ok_or("a rule")?))
}

/// What a credential is made or changed by, with an end in so many days, or with none.
#[derive(Debug, Clone, Copy)]
enum Door {
    PutPassword,
    PatchPassword,
    EndPassword,
    Generate,
    PutCertificate,
    EndCertificate,
    NewPrincipal,
    PrincipalSecret,
}

/// It ends in the year 2126.
fn certificate(name: CertificateName, expires_at: Option<Timestamp>) -> Result<CertificateSpec, Failure> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/certificates/p256.pem");
    let certificate = Some(read_certificate(&std::fs::read_to_string(file)?)?);
    Ok(CertificateSpec { name, expires_at, thumbprint: None, certificate })
}

fn with_password(name: PasswordName, expires_at: Option<Timestamp>) -> TokenChange {
    TokenChange { passwords: Some(vec![PasswordSpec { name, expires_at }]), ..TokenChange::default() }
}

fn with_certificate(spec: CertificateSpec) -> TokenChange {
    TokenChange { certificates: Some(vec![spec]), ..TokenChange::default() }
}

/// Through `service`, which may be another process than the world's.
async fn go(
    world: &World,
    service: &Service,
    door: Door,
    end: Option<Timestamp>,
) -> Result<Result<(), Error>, Failure> {
    let (manager, id) = (manager(), world.token("token2")?);
    let one = CertificateName::Certificate1;
    Ok(match door {
        Door::PutPassword => {
            let passwords = Some(vec![PasswordSpec { name: Password1, expires_at: end }]);
            let spec = TokenSpec { passwords, ..TokenSpec::default() };
            service.put_token(&manager, &world.token("token3")?, spec).await.map(drop)
        }
        Door::PatchPassword => service.update_token(&manager, &id, with_password(Password2, end)).await.map(drop),
        Door::EndPassword => service.update_token(&manager, &id, with_password(Password1, end)).await.map(drop),
        Door::Generate => {
            let spec = CredentialsSpec { token: id, name: None, expires_at: end };
            service.generate_credentials(&world.registry.id, spec).await.map(drop)
        }
        Door::PutCertificate => {
            service.update_token(&manager, &id, with_certificate(certificate(one, end)?)).await.map(drop)
        }
        Door::EndCertificate => {
            let spec = CertificateSpec { certificate: None, ..certificate(CertificateName::Certificate2, end)? };
            service.update_token(&manager, &id, with_certificate(spec)).await.map(drop)
        }
        Door::NewPrincipal => service.create_principal(PrincipalName::parse("ci")?, end).await.map(drop),
        Door::PrincipalSecret => service.add_principal_secret("first-start", end).await.map(drop),
    })
}

/// A token from before the rule: `password1` never ends, `certificate2` ends in 2126.
async fn before_the_rule() -> Result<World, Failure> {
    let world = World::new().await?;
    let passwords = Some(vec![PasswordSpec { name: Password1, expires_at: None }]);
    let certificates = Some(vec![certificate(CertificateName::Certificate2, None)?]);
    let spec = TokenSpec { passwords, certificates, ..TokenSpec::default() };
    world.service.put_token(&manager(), &world.token("token2")?, spec).await?;
    Ok(world)
}

#[rstest]
#[case(Door::PutPassword, "properties.credentials.passwords[0].expiry")]
#[case(Door::PatchPassword, "properties.credentials.passwords[0].expiry")]
#[case(Door::Generate, "expiry")]
#[case(Door::PutCertificate, "properties.credentials.certificates[0].expiry")]
#[case(Door::NewPrincipal, "passwordCredentials[0].endDateTime")]
#[case(Door::PrincipalSecret, "passwordCredential.endDateTime")]
#[tokio::test]
async fn what_is_made_must_end_in_time(#[case] door: Door, #[case] target: &str) -> Outcome {
    let world = before_the_rule().await?;
    let now = world.folder.clock.now();
    // The rule comes with the configuration of another process, and this one, which has none, obeys it.
    let (_server, _) = world.folder.open_with(2, days(90)?).await?;
    for late in [None, Some(now.plus(DAY * 91))] {
        assert_eq!(invalid_target(go(&world, &world.service, door, late).await?)?, target, "{late:?}");
    }
    go(&world, &world.service, door, Some(now.plus(DAY * 90))).await??;
    Ok(())
}

/// An end that is given to what is there is a change; leaving it as it is, is none.
#[rstest]
#[case(Door::EndPassword, "properties.credentials.passwords[0].expiry")]
#[case(Door::EndCertificate, "properties.credentials.certificates[0].expiry")]
#[tokio::test]
async fn what_is_changed_must_end_in_time_and_the_rest_stays(#[case] door: Door, #[case] target: &str) -> Outcome {
    let world = before_the_rule().await?;
    let now = world.folder.clock.now();
    let (server, _) = world.folder.open_with(2, days(90)?).await?;
    let refused = go(&world, &server, door, Some(now.plus(DAY * 91))).await?;
    assert_eq!(invalid_target(refused)?, target);
    let token = world.service.get_token(&world.token("token2")?).await?;
    assert_eq!(token.passwords.first().map(|password| password.expires_at), Some(None), "it lasts as long as before");
    go(&world, &server, door, None).await??;
    go(&world, &server, door, Some(now.plus(DAY * 30))).await??;
    Ok(())
}

#[tokio::test]
async fn a_refusal_says_the_rule_and_the_latest_end() -> Outcome {
    let world = before_the_rule().await?;
    let (server, _) = world.folder.open_with(2, days(90)?).await?;
    let refused = go(&world, &server, Door::Generate, None).await?;
    let expected = "expiry: every credential of this site must end within 90 days: give an expiry, \
                    2026-04-01T00:00:00+00:00 at the latest";
    assert_eq!(refused.err().map(|error| error.to_string()).as_deref(), Some(expected));
    Ok(())
}

/// Its passwords never end, so there are none of them to be had; one that is enabled stays, and can be disabled.
#[tokio::test]
async fn the_admin_user_is_not_enabled_nor_renewed() -> Outcome {
    let world = World::new().await?;
    let (service, id) = (&world.service, &world.registry.id);
    let switch = |enabled| {
        let change = RegistryChange { admin_user_enabled: Some(enabled), ..RegistryChange::default() };
        async move { service.update_registry(&caller(), id, change).await }
    };
    switch(true).await?;
    let (_server, _) = world.folder.open_with(2, days(90)?).await?;
    switch(true).await?;
    assert_eq!(invalid_target(service.regenerate_admin_password(id, Password1).await)?, "name");
    assert_eq!(service.list_admin_credentials(id).await?.passwords.len(), 2);
    switch(false).await?;
    assert_eq!(invalid_target(switch(true).await)?, "properties.adminUserEnabled");
    Ok(())
}

#[tokio::test]
async fn the_rule_stays_until_a_configuration_says_otherwise() -> Outcome {
    let world = before_the_rule().await?;
    for (seed, setting, expected) in [
        (2, days(90)?, Some(90)),
        (3, ExpirySetting::Kept, Some(90)),
        (4, days(30)?, Some(30)),
        (5, ExpirySetting::Lifted, None),
        (6, ExpirySetting::Kept, None),
    ] {
        let (opened, _) = world.folder.open_with(seed, setting).await?;
        for service in [&opened, &world.service] {
            assert_eq!(service.expiry_rule().await?.map(ExpiryRule::days), expected, "{setting:?}");
        }
    }
    go(&world, &world.service, Door::Generate, None).await??;
    Ok(())
}

/// Also the secret that the first start makes: the owner of the data folder makes the next.
#[tokio::test]
async fn a_site_may_begin_with_the_rule() -> Outcome {
    let folder = Folder::new()?;
    let (service, first) = folder.open_with(1, days(30)?).await?;
    let first = first.ok_or("a first start")?;
    let end = folder.clock.now().plus(DAY * 30);
    assert_eq!(first.client_secret_ends_at, Some(end));
    service.sign_in_principal(&first.client_id, &first.client_secret).await?;
    folder.clock.advance(DAY * 30);
    assert!(service.sign_in_principal(&first.client_id, &first.client_secret).await.is_err());
    let group = group_id(&service, "lnxtest")?;
    service.put_resource_group(&group, group_spec()).await?;
    let spec = service::RegistrySpec { admin_user_enabled: Some(true), ..registry_spec() };
    let made = service.put_registry(&caller(), &registry_id(&service, "lnxtest", "lnxcr")?, spec).await;
    assert_eq!(invalid_target(made)?, "properties.adminUserEnabled");
    Ok(())
}
