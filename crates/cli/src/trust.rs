//! How each client is told to trust the certificate authority that a server made for itself.

use std::path::Path;

/// The lines for a person, one a client. `port` is the one that the server listens on.
pub fn lines(authority: &Path, port: u16) -> String {
    let file = authority.display();
    format!(
        "Clients must be told to trust this server's certificate authority, {file}\n  \
         docker           copy it to /etc/docker/certs.d/HOST:{port}/ca.crt\n  \
         podman, skopeo   copy it to /etc/containers/certs.d/HOST:{port}/ca.crt\n  \
         curl             curl --cacert {file} ...\n  \
         az, Python       export REQUESTS_CA_BUNDLE={file}\n  \
         Go, portcullis   export SSL_CERT_FILE={file}\n\
         HOST is the host in the image's name, such as localhost. The variables replace what the program trusts otherwise.\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_client_has_its_place() {
        let lines = lines(Path::new("/srv/tls/ca.pem"), 8443);
        for expected in [
            "/etc/docker/certs.d/HOST:8443/ca.crt",
            "/etc/containers/certs.d/HOST:8443/ca.crt",
            "--cacert /srv/tls/ca.pem",
            "REQUESTS_CA_BUNDLE=/srv/tls/ca.pem",
            "SSL_CERT_FILE=/srv/tls/ca.pem",
        ] {
            assert!(lines.contains(expected), "{expected} is not in {lines}");
        }
    }
}
