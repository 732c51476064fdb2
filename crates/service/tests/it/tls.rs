//! The certificate of the data folder's own authority: when it is kept, made anew, refused.

use crate::world::{Failure, Folder, Outcome, chain};
use service::{Service, TlsFileError, TlsIdentity};
use std::fs;

async fn identity(service: &Service, names: &[&str]) -> Result<TlsIdentity, TlsFileError> {
    service.local_tls_identity(names.iter().map(|&name| name.to_owned()).collect()).await
}

fn authority(folder: &Folder) -> Result<Vec<u8>, Failure> {
    Ok(fs::read(folder.path().join("tls/ca.pem"))?)
}

#[tokio::test]
async fn the_same_names_keep_the_certificate_and_others_renew_it() -> Outcome {
    let folder = Folder::new()?;
    let (service, _) = folder.open(1).await?;
    let first = identity(&service, &["localhost", "::1"]).await?;
    let trusted = authority(&folder)?;
    let same = identity(&service, &["::1", "localhost", "::1"]).await?;
    assert_eq!(same.certificate_pem, first.certificate_pem);
    let other = identity(&service, &["localhost", "*.registry.example"]).await?;
    assert!(other.certificate_pem != first.certificate_pem && *other.key_pem != *first.key_pem);
    assert_eq!(authority(&folder)?, trusted);
    // Two processes with names of their own would else take turns for ever.
    let again = identity(&service, &["localhost", "::1"]).await?;
    assert!(again.is_same(&other), "the second certificate is for the first one's names too");
    Ok(())
}

/// A process that died between the key and the certificate leaves a pair that does not match.
#[tokio::test]
async fn a_renewal_that_was_cut_off_is_done_again() -> Outcome {
    let folder = Folder::new()?;
    let (service, _) = folder.open(1).await?;
    let first = identity(&service, &["localhost"]).await?;
    let record = folder.path().join("tls/made.json");
    let mut begun: serde_json::Value = serde_json::from_slice(&fs::read(&record)?)?;
    begun["certificate_until"] = 0.into();
    fs::write(&record, begun.to_string())?;
    let trusted = authority(&folder)?;
    let second = identity(&service, &["localhost"]).await?;
    assert_ne!(second.certificate_pem, first.certificate_pem);
    assert_eq!(authority(&folder)?, trusted);
    Ok(())
}

#[tokio::test]
async fn what_is_damaged_is_named() -> Outcome {
    let folder = Folder::new()?;
    let (service, _) = folder.open(1).await?;
    identity(&service, &["localhost"]).await?;
    for (name, names) in [("ca-key.pem", ["other"]), ("made.json", ["localhost"])] {
        let path = folder.path().join("tls").join(name);
        fs::write(&path, "no")?;
        let error = identity(&service, &names).await.err().ok_or("not refused")?;
        let message = chain(&error);
        assert!(message.contains(&path.display().to_string()) && message.contains("damaged"), "{message}");
    }
    // Without its record the authority is not replaced behind the back of those who trust it.
    let trusted = authority(&folder)?;
    fs::remove_file(folder.path().join("tls/made.json"))?;
    assert!(matches!(identity(&service, &["localhost"]).await, Err(TlsFileError::Damaged(_))));
    assert_eq!(authority(&folder)?, trusted);
    Ok(())
}
