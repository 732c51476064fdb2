use super::*;
use crate::environment::Variables;
use rstest::rstest;
use serde_json::json;

/// A process with the contexts `prod` (a server) and `cloud` (Azure), the first of which is current.
fn environment(folder: &Path, endpoint: Option<&str>, data: Option<&str>) -> Environment {
    let variables = Variables {
        endpoint: endpoint.map(str::to_owned),
        data: data.map(PathBuf::from),
        client_id: Some("id".to_owned()),
        client_secret: Some(Secret::new("secret".to_owned())),
        home: Some(PathBuf::from("/home/me")),
        xdg_config_home: Some(folder.to_owned()),
        ..Variables::default()
    };
    let environment = Environment { variables, ..Environment::default() };
    let mut contexts = Contexts { current: Some("prod".to_owned()), ..Contexts::default() };
    let context = |name: &str, endpoint: &str| Context {
        name: name.to_owned(),
        endpoint: Some(endpoint.to_owned()),
        subscription_id: Some("of-context".to_owned()),
        ..Context::default()
    };
    contexts.put(context("prod", "https://prod.example"));
    contexts.put(context("cloud", "https://management.azure.com"));
    contexts.write(&environment).unwrap();
    environment
}

fn said(wish: Wish<'_>, environment: &Environment) -> String {
    wish.settle(environment).map_or_else(|failure| failure.to_string(), |chosen| chosen.said())
}

#[rstest]
#[case(Wish { endpoint: Some("https://a"), ..Wish::default() }, Some("https://v"), None, "Management API https://a, by --endpoint.")]
#[case(Wish { data: Some(Path::new("/d")), ..Wish::default() }, Some("https://v"), None, "Local store /d, by --data.")]
#[case(Wish { context: Some("Cloud"), ..Wish::default() }, Some("https://v"), Some("/v"), "Management API https://management.azure.com, by --context 'cloud'.")]
#[case(Wish { context: Some("local"), ..Wish::default() }, Some("https://v"), None, "Local store /home/me/.local/share/portcullis, by --context 'local'.")]
#[case(Wish::default(), Some("https://v"), Some("/v"), "Management API https://v, by PORTCULLIS_ENDPOINT.")]
#[case(Wish::default(), None, Some("/v"), "Local store /v, by PORTCULLIS_DATA.")]
#[case(Wish::default(), None, None, "Management API https://prod.example, by the current context 'prod'.")]
#[case(Wish { context: Some("nowhere"), ..Wish::default() }, None, None, "There is no context 'nowhere'.\nhint: There are: local, prod, cloud. `portcullis context add` makes one.")]
#[case(Wish { context: Some("prod"), endpoint: Some("https://a"), ..Wish::default() }, None, None, "--context cannot be used together with --endpoint or --data.\nhint: A context says both where to go and as whom.")]
fn the_most_particular_word_counts(
    #[case] wish: Wish<'_>,
    #[case] endpoint: Option<&str>,
    #[case] data: Option<&str>,
    #[case] expected: &str,
) {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(said(wish, &environment(folder.path(), endpoint, data)), expected);
}

#[rstest]
#[case(json!({ "Name": "cloud" }), "Management API https://management.azure.com, by -DefaultProfile 'cloud'.")]
#[case(json!({ "Endpoint": "https://p" }), "Management API https://p, by -DefaultProfile.")]
#[case(json!({ "Data": "/p" }), "Local store /p, by -DefaultProfile.")]
#[case(json!({ "SubscriptionId": "s" }), "Management API https://v, by PORTCULLIS_ENDPOINT.")]
fn a_profile_counts_more_than_the_variables(#[case] profile: Value, #[case] expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(folder.path(), Some("https://v"), None);
    assert_eq!(said(Wish { profile: Some(&profile), ..Wish::default() }, &environment), expected);
}

#[test]
fn without_any_context_it_is_the_local_store() {
    let folder = tempfile::tempdir().unwrap();
    let variables = Variables {
        home: Some(PathBuf::from("/home/me")),
        xdg_config_home: Some(folder.path().to_owned()),
        ..Variables::default()
    };
    let environment = Environment { variables, ..Environment::default() };
    let expected = "Local store /home/me/.local/share/portcullis, by the current context 'local'.";
    assert_eq!(said(Wish::default(), &environment), expected);
}

#[test]
fn azure_is_logged_in_to_at_entra_and_a_server_at_itself() {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(folder.path(), None, None);
    let login = |context| {
        let chosen = Wish { context: Some(context), ..Wish::default() }.settle(&environment).unwrap();
        assert_eq!(chosen.subscription_id.as_deref(), Some("of-context"));
        match chosen.destination {
            Destination::Server { principal, .. } => principal,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(login("prod"), Login::ServicePrincipal(principal) if principal.client_id == "id"));
    assert!(matches!(login("cloud"), Login::Entra(_)));
}
