//! OpenID issuers that the site trusts: how the configuration names them, and their documents over HTTP. Judges nothing: that is the
//! service's and the model's.

pub(crate) mod config;
pub(crate) mod documents;

use config::IssuerConfig;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use service::{KeySource, TlsFileError, TrustedIssuer};
use std::path::PathBuf;

/// Why an issuer cannot be trusted as configured.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The file of its authorities could not be read.
    #[error("the issuer '{issuer}': `ca`")]
    File {
        /// Which issuer.
        issuer: String,
        /// Why.
        #[source]
        cause: TlsFileError,
    },
    /// There is none in the file.
    #[error("the issuer '{issuer}': `ca`: {} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)", file.display())]
    NoAuthority {
        /// Which issuer.
        issuer: String,
        /// The file.
        file: PathBuf,
    },
}

/// What the service is told of the configured issuers. Errors: [`IssuerError`].
pub(crate) async fn trusted(configured: Vec<IssuerConfig>) -> Result<Vec<TrustedIssuer>, IssuerError> {
    let mut trusted = Vec::new();
    for IssuerConfig { rules, jwks_uri, ca, plain_http } in configured {
        let authorities_pem = match ca {
            Some(file) => {
                let issuer = || rules.name.to_string();
                let pem = service::read_authorities(file.clone()).await;
                let pem = pem.map_err(|cause| IssuerError::File { issuer: issuer(), cause })?;
                let authorities = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
                if authorities.is_ok_and(|authorities| !authorities.is_empty()) {
                    Some(pem.into())
                } else {
                    return Err(IssuerError::NoAuthority { issuer: issuer(), file });
                }
            }
            None => None,
        };
        let keys = jwks_uri.map_or(KeySource::Discovered, KeySource::At);
        trusted.push(TrustedIssuer { rules, keys, plain_http, authorities_pem });
    }
    Ok(trusted)
}
