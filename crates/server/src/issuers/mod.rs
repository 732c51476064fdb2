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
    /// Those in the file cannot be used.
    #[error("the issuer '{issuer}': `ca`: {} cannot be used: {cause}", file.display())]
    UnusableAuthority {
        /// Which issuer.
        issuer: String,
        /// The file.
        file: PathBuf,
        /// Why, in the words of the library that verifies with them.
        cause: String,
    },
    /// It is asked over plain HTTP, which verifies nobody.
    #[error("the issuer '{issuer}': `ca` is of no use for an issuer over http: leave it out")]
    AuthorityForPlainHttp {
        /// Which issuer.
        issuer: String,
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
                if rules.issuer.is_plain() {
                    return Err(IssuerError::AuthorityForPlainHttp { issuer: issuer() });
                }
                let pem = service::read_authorities(file.clone()).await;
                let pem = pem.map_err(|cause| IssuerError::File { issuer: issuer(), cause })?;
                let authorities = CertificateDer::pem_slice_iter(&pem).collect::<Result<Vec<_>, _>>();
                if !authorities.is_ok_and(|authorities| !authorities.is_empty()) {
                    return Err(IssuerError::NoAuthority { issuer: issuer(), file });
                }
                // Now rather than at the first login: the client is made as each fetch makes its own.
                documents::client(&rules.issuer, Some(&pem)).map_err(|error| {
                    let cause = documents::innermost(&error).to_string();
                    IssuerError::UnusableAuthority { issuer: issuer(), file, cause }
                })?;
                Some(pem.into())
            }
            None => None,
        };
        let keys = jwks_uri.map_or(KeySource::Discovered, KeySource::At);
        trusted.push(TrustedIssuer { rules, keys, plain_http, authorities_pem });
    }
    Ok(trusted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;
    use rstest::rstest;

    /// Framed as a certificate, and none.
    const NO_CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n";

    #[rstest]
    #[case::no_pem("https://issuer.example", "no PEM", "holds no certificate in PEM")]
    #[case::no_certificate("https://issuer.example", NO_CERTIFICATE, "cannot be used")]
    #[case::plain("http://127.0.0.1:1", NO_CERTIFICATE, "is of no use for an issuer over http")]
    #[tokio::test]
    async fn authorities_are_looked_at_at_the_start(#[case] url: &str, #[case] file: &str, #[case] expected: &str) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("ca.pem");
        std::fs::write(&path, file).expect("a file");
        let config = format!(
            "[[issuers]]\nname = \"ci\"\nissuer = \"{url}\"\naudience = \"a\"\nallow_http_on_loopback = {}\nca = '{}'\n",
            url.starts_with("http:"),
            path.display()
        );
        let config = Config::parse(&config).expect("a configuration");
        let refused = trusted(config.issuers).await.err().map(|error| error.to_string()).unwrap_or_default();
        assert!(refused.contains("the issuer 'ci'") && refused.contains(expected), "{refused}");
    }
}
