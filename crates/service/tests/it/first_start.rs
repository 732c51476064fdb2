//! The data folder: what the first start makes, what a broken one is refused for.

use crate::world::{Failure, Folder, Outcome, chain};
use model::caller::CallerKind;
use model::password::Password;
use rstest::rstest;
use service::{FirstStart, PrincipalRefusal, Service};
use std::fs;
use std::path::Path;
use std::time::Duration;

fn secret_file(first: &FirstStart) -> Result<serde_json::Value, Failure> {
    Ok(serde_json::from_slice(&fs::read(&first.secret_file)?)?)
}

async fn refusal(service: &Service, client_id: &str, secret: &Password) -> Option<String> {
    service.sign_in_principal(client_id, secret).await.err().map(|refusal| refusal.to_string())
}

#[tokio::test]
async fn the_first_start_shows_the_secret_and_the_second_does_not() -> Outcome {
    let folder = Folder::new()?;
    let (service, first) = folder.open(1).await?;
    let first = first.ok_or("no first start")?;
    assert_eq!(
        secret_file(&first)?,
        serde_json::json!({
            "tenantId": first.tenant, "clientId": first.client_id, "clientSecret": first.client_secret.reveal()
        })
    );
    assert!(first.client_secret.is_well_formed());
    assert_eq!(service.tenant(), first.tenant);

    let (again, none) = folder.open(2).await?;
    assert!(none.is_none());
    assert_eq!((again.tenant(), again.subscription()), (service.tenant(), service.subscription()));
    assert_eq!(again.verification_keys(), service.verification_keys());
    assert_eq!(refusal(&again, &first.client_id.to_uppercase(), &first.client_secret).await, None);
    again.check_ready().await?;
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn only_the_owner_can_read_it() -> Outcome {
    use crate::world::mode;
    let folder = Folder::new()?;
    let (_service, first) = folder.open(1).await?;
    assert_eq!((mode(&folder.path())?, mode(&folder.path().join("keys"))?), (0o700, 0o700));
    assert_eq!(mode(&first.ok_or("no first start")?.secret_file)?, 0o600);
    for file in ["metadata.sqlite3", "keys/password-pepper", "keys/access-token.pem", "keys/management-token.pem"] {
        assert_eq!(mode(&folder.path().join(file))?, 0o600, "{file}");
    }
    Ok(())
}

#[tokio::test]
async fn two_that_start_at_once_make_one_site() -> Outcome {
    let folder = Folder::new()?;
    let (one, other) = tokio::join!(folder.open(1), folder.open(2));
    let ((one, first), (other, second)) = (one?, other?);
    assert!(first.is_some() != second.is_some(), "one of them was first");
    assert_eq!((one.tenant(), one.verification_keys()), (other.tenant(), other.verification_keys()));
    let first = first.or(second).ok_or("no first start")?;
    for service in [one, other] {
        assert_eq!(refusal(&service, &first.client_id, &first.client_secret).await, None);
    }
    Ok(())
}

#[tokio::test]
async fn a_secret_file_that_opens_nothing_is_replaced() -> Outcome {
    let folder = Folder::new()?;
    fs::create_dir(folder.path())?;
    fs::write(folder.path().join("service-principal.json"), "left by a start that crashed")?;
    let (service, first) = folder.open(1).await?;
    let first = first.ok_or("no first start")?;
    assert_eq!(secret_file(&first)?["clientSecret"], first.client_secret.reveal());
    assert_eq!(refusal(&service, &first.client_id, &first.client_secret).await, None);
    Ok(())
}

#[rstest]
#[case::short_pepper("password-pepper", Some("00ff"), "64 hexadecimal digits")]
#[case::no_hex_pepper("password-pepper", Some("zz"), "64 hexadecimal digits")]
#[case::lost_pepper("password-pepper", None, "is missing")]
#[case::no_key("access-token.pem", Some("not a key"), "a P-256 key in PKCS#8 PEM")]
#[case::empty_key("management-token.pem", Some(""), "a P-256 key in PKCS#8 PEM")]
#[tokio::test]
async fn a_broken_key_is_named(#[case] name: &str, #[case] content: Option<&str>, #[case] reason: &str) -> Outcome {
    let folder = Folder::new()?;
    folder.open(1).await?;
    match content {
        Some(content) => fs::write(folder.key(name), content)?,
        None => fs::remove_file(folder.key(name))?,
    }
    let error = folder.open(1).await.err().ok_or("it opened")?;
    let message = chain(&error);
    assert!(message.contains(name) && message.contains(reason), "{message}");
    Ok(())
}

#[cfg(unix)]
#[tokio::test]
async fn a_key_that_anybody_can_read_is_refused() -> Outcome {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new()?;
    folder.open(1).await?;
    fs::set_permissions(folder.key("access-token.pem"), fs::Permissions::from_mode(0o644))?;
    let error = folder.open(1).await.err().ok_or("it opened")?;
    assert!(chain(&error).contains("chmod 600"), "{}", chain(&error));
    Ok(())
}

#[tokio::test]
async fn a_data_folder_that_is_a_file_is_refused() -> Outcome {
    let folder = Folder::new()?;
    fs::write(folder.path(), "")?;
    let refusal = folder.open(1).await.err().ok_or("it was opened")?;
    assert!(chain(&refusal).contains("is not a folder: move it away, or choose another data folder"), "{refusal:?}");
    assert!(Path::new(&folder.path()).is_file());
    Ok(())
}

#[tokio::test]
async fn principals_sign_in_and_are_known_by_their_bearer() -> Outcome {
    let folder = Folder::new()?;
    let (service, first) = folder.open(1).await?;
    let first = first.ok_or("no first start")?;
    let bearer = service.sign_in_principal(&first.client_id, &first.client_secret).await?;
    assert_eq!(bearer.expires_in_seconds, 3600);
    let caller = service.verify_principal(&bearer.text).await?.caller;
    assert_eq!(caller.kind, CallerKind::Application);
    assert_eq!(caller.name.len(), 36);
    assert_ne!(caller.name, first.client_id);

    let wrong = Some("the client id is not known or its secret is wrong".to_owned());
    let guess = Password::presented("guess".to_owned());
    assert_eq!(refusal(&service, &first.client_id, &guess).await, wrong);
    assert_eq!(refusal(&service, &first.tenant, &first.client_secret).await, wrong);

    folder.clock.advance(Duration::from_secs(3600));
    let expired = service.verify_principal(&bearer.text).await;
    assert!(matches!(expired, Err(PrincipalRefusal::InvalidBearer("it has expired"))));
    Ok(())
}

#[tokio::test]
async fn a_bearer_of_another_site_is_refused() -> Outcome {
    let (here, there) = (Folder::new()?, Folder::new()?);
    let (service, _) = here.open(1).await?;
    let (other, first) = there.open(2).await?;
    let first = first.ok_or("no first start")?;
    let bearer = other.sign_in_principal(&first.client_id, &first.client_secret).await?;
    assert!(other.verify_principal(&bearer.text).await.is_ok());
    assert!(matches!(service.verify_principal(&bearer.text).await, Err(PrincipalRefusal::InvalidBearer(_))));
    assert!(matches!(service.verify_principal("").await, Err(PrincipalRefusal::InvalidBearer(_))));
    Ok(())
}
