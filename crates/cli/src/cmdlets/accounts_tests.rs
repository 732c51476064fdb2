//! Where `Connect-AzAccount` goes by its words, and what it refuses. Nothing is sent.

use super::accounts::CONNECT;
use super::*;
use crate::destination::{Destination, Wish};
use crate::environment::{Environment, Variables};
use crate::host::tests::Answers;
use crate::output::Console;
use crate::transport::login::Login;
use rstest::rstest;
use serde_json::{Value, json};
use std::path::Path;

/// Where `Connect-AzAccount` would go with these words.
fn destination(folder: &Path, line: &str) -> Result<Destination, String> {
    // A login at a server is set: whoever names another one is not kept from it.
    let client_id = Some("of-a-server".to_owned());
    let variables = Variables { xdg_config_home: Some(folder.to_owned()), client_id, ..Variables::default() };
    let environment = Environment { variables, ..Environment::default() };
    let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
    let command = Command::parse(&CONNECT, &words, &environment);
    command
        .and_then(|command| command.chosen(&environment).map(|chosen| chosen.destination))
        .map_err(|failure| failure.to_string())
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

/// The value of a parameter that somebody at a terminal is asked for, who answers `u` where it is shown and the secret where it is not.
/// As words, the secrets would lose their spaces or quotes, or be a variable or an array.
#[rstest]
#[case(&CONNECT, "-ServicePrincipal -Tenant t --endpoint https://p.example", "Credential", |secret: &str| json!({ "UserName": "u", "Password": secret }))]
#[case(&registry_logins::CONNECT, "-Name lnxcr -UserName me", "Password", |secret: &str| json!(secret))]
fn a_secret_is_asked_for_without_being_shown_and_taken_as_it_is_typed(
    #[case] cmdlet: &'static Cmdlet,
    #[case] line: &str,
    #[case] parameter: &str,
    #[case] expected: fn(&str) -> Value,
    #[values(" $it's ", "'it'", "\"it\"", "$it", "@(1)")] secret: &str,
) {
    let environment = Environment { stdin_is_terminal: true, ..Environment::default() };
    let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
    let mut command = Command::parse(cmdlet, &words, &environment).unwrap();
    let mut host = Answers::new(&["u"]);
    host.secrets.push_back(secret.to_owned());
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut console = Console::new(&environment, &mut stdout, &mut stderr);
    command.complete(&environment, &mut console, &mut host).unwrap();
    let calls = command.calls.unwrap();
    assert_eq!(calls[0].as_ref().unwrap().bound.get(parameter), Some(&expected(secret)));
}

/// What a cmdlet says of words that it does not understand. `FILE` among them is a file with this content.
fn refusal(cmdlet: &'static Cmdlet, words: &[&str], content: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret.json");
    std::fs::write(&file, content).unwrap();
    let words: Vec<_> = words.iter().map(|word| word.replace("FILE", &file.display().to_string())).collect();
    Command::parse(cmdlet, &words, &Environment::default()).unwrap_err().to_string()
}

#[rstest]
#[case(&CONNECT, &["-Credential", "hunter2"], "Cannot convert the \"…\" value")]
#[case(&CONNECT, &["-Credential", "@{UserName='c'; Password='hunter2'"], "The value '…' begins with '@{'")]
#[case(&CONNECT, &["-Credential", "@{UserName=", "'c'; Password='hunter2'}"], "begins with")]
#[case(&CONNECT, &["-Credential", "@{UserName=c}", "hunter2"], "begins with '…' and does not end")]
#[case(&CONNECT, &["-Credential", "@{Password=(hunter2)}"], "'…'")]
#[case(&CONNECT, &["-AccessToken", "$hunter2"], "The variable '$…' cannot be retrieved")]
#[case(&CONNECT, &["-AccessToken", "x", "hunter2"], "accepts argument '…'")]
#[case(&CONNECT, &["-DefaultProfil", "hunter2"], "matches parameter name 'DefaultProfil'")]
#[case(&registry_logins::CONNECT, &["-Password", "$hunter2"], "The variable '$…' cannot be retrieved")]
#[case(&tokens::NEW, &["-DefaultProfile", "@{ClientSecret='hunter2'"], "The value '…' begins with")]
#[case(&tokens::NEW, &["-TokenCreateParameter", "@FILE"], "'…'")]
#[case(&tokens::NEW, &["@FILE"], "cannot be splatted")]
fn no_message_quotes_a_secret(#[case] cmdlet: &'static Cmdlet, #[case] words: &[&str], #[case] expected: &str) {
    let told = refusal(cmdlet, words, "@{Status=(hunter2)}");
    assert!(told.contains(expected) && !told.contains("hunter2"), "{told}");
}

#[test]
fn what_is_wrong_in_a_file_is_named_without_the_value() {
    let words = ["-CredentialsPassword", "@FILE"];
    let told = refusal(&tokens::NEW, &words, r#"[{"name":"password1","expiry":"hunter2"}]"#);
    assert!(told.contains("'CredentialsPassword'") && told.contains("DateTime"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn nothing_that_is_bound_is_shown_in_debug() {
    let words = ["-AccessToken", "hunter2", "-Subscription", "s"].map(str::to_owned);
    let command = Command::parse(&CONNECT, &words, &Environment::default()).unwrap();
    let shown = format!("{command:?}");
    assert!(shown.contains("AccessToken") && !shown.contains("hunter2"), "{shown}");
    let profile = serde_json::json!({ "ClientSecret": "hunter2" });
    let wish = Wish { profile: Some(&profile), ..Default::default() };
    assert!(!format!("{wish:?}").contains("hunter2"));
    let outcome = Outcome::one(profile.clone());
    assert!(!format!("{outcome:?}").contains("hunter2"));
}
