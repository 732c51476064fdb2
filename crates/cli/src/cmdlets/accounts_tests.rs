//! Where `Connect-AzAccount` goes by its words, and what it refuses. Nothing is sent.

use super::accounts::CONNECT;
use super::*;
use crate::destination::Destination;
use crate::environment::{Environment, Variables};
use crate::transport::login::Login;
use rstest::rstest;
use std::path::Path;

/// Where `Connect-AzAccount` would go with these words.
fn destination(folder: &Path, line: &str) -> Result<Destination, String> {
    // A login at a server is set: whoever names another one is not kept from it.
    let client_id = Some("of-a-server".to_owned());
    let variables = Variables { xdg_config_home: Some(folder.to_owned()), client_id, ..Variables::default() };
    let environment = Environment { variables, ..Environment::default() };
    let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
    let command = Command::parse(&CONNECT, &words, &environment);
    command.and_then(|command| command.destination(&environment)).map_err(|failure| failure.to_string())
}

#[rstest]
#[case("-UseDeviceAuthentication")]
#[case("-DeviceCode -Tenant t -Environment AzureChinaCloud")]
#[case("-ServicePrincipal -ApplicationId c -CertificatePath robot.pem -Tenant t")]
#[case("-Identity")]
fn a_cloud_is_signed_in_to_at_entra(#[case] line: &str) {
    let folder = tempfile::tempdir().unwrap();
    let chosen = destination(folder.path(), line);
    assert!(matches!(chosen, Ok(Destination::Server { principal: Login::Entra(_), .. })), "{chosen:?}");
}

#[rstest]
#[case("-UseDeviceAuthentication --endpoint https://p.example", "for Azure's clouds, and --endpoint is a server")]
#[case("-ApplicationId c -CertificatePath f --endpoint https://p.example", "an identity or a certificate of Azure")]
#[case("-UseDeviceAuthentication -Environment Stack", "'Stack' is not a cloud of Azure")]
fn what_a_server_or_nobody_knows_is_refused(#[case] line: &str, #[case] expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let told = destination(folder.path(), line).unwrap_err();
    assert!(told.contains(expected), "{told}");
}
