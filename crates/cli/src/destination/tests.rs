use super::*;
use crate::environment::Variables;
use crate::secret::Secret;
use rstest::rstest;
use serde_json::json;

/// A process with the contexts `prod` (a server) and `cloud` (Azure), the first of which is current, and a login at a server.
fn environment(folder: &Path, endpoint: Option<&str>, data: Option<&str>) -> Environment {
    let mut environment = without_login(folder);
    environment.variables.endpoint = endpoint.map(str::to_owned);
    environment.variables.data = data.map(PathBuf::from);
    environment.variables.client_id = Some("id".to_owned());
    environment.variables.client_secret = Some(Secret::new("secret".to_owned()));
    environment
}

fn without_login(folder: &Path) -> Environment {
    let variables = Variables {
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
#[case(Wish { context: Some("Prod"), ..Wish::default() }, Some("https://v"), Some("/v"), "Management API https://prod.example, by --context 'prod'.")]
#[case(Wish { context: Some("local"), ..Wish::default() }, Some("https://v"), None, "Local store /home/me/.local/share/portcullis, by --context 'local'.")]
#[case(Wish::default(), Some("https://v"), Some("/v"), "Management API https://v, by PORTCULLIS_ENDPOINT.")]
#[case(Wish::default(), None, Some("/v"), "Local store /v, by PORTCULLIS_DATA.")]
#[case(Wish::default(), None, None, "Management API https://prod.example, by the current context 'prod'.")]
#[case(Wish { context: Some("nowhere"), ..Wish::default() }, None, None, "There is no context 'nowhere'.\nhint: There are: local, prod, cloud. `portcullis context add` makes one.")]
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
#[case(json!({ "Name": "prod" }), "Management API https://prod.example, by -DefaultProfile 'prod'.")]
#[case(json!({ "Name": "prod", "Endpoint": "https://prod.example" }), "Management API https://prod.example, by -DefaultProfile 'prod'.")]
#[case(json!({ "Endpoint": "https://p", "ClientId": "c", "ClientSecret": "s" }), "Management API https://p, by -DefaultProfile.")]
#[case(json!({ "ClientId": "c", "ClientSecret": "s" }), "Management API https://v, by PORTCULLIS_ENDPOINT.")]
#[case(json!({ "Endpoint": "https://p" }), "Management API https://p, by -DefaultProfile.")]
#[case(json!({ "Data": "/p" }), "Local store /p, by -DefaultProfile.")]
#[case(json!({ "SubscriptionId": "s" }), "Management API https://v, by PORTCULLIS_ENDPOINT.")]
fn a_profile_counts_more_than_the_variables(#[case] profile: Value, #[case] expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(folder.path(), Some("https://v"), None);
    assert_eq!(said(Wish { profile: Some(&profile), ..Wish::default() }, &environment), expected);
}

#[rstest]
#[case(Wish { data: Some(Path::new("/d")), ..Wish::default() }, Some("/d"))]
#[case(Wish { context: Some("local"), ..Wish::default() }, Some("/home/me/.local/share/portcullis"))]
#[case(Wish { endpoint: Some("https://a"), ..Wish::default() }, None)]
fn a_command_is_told_of_the_store_that_it_goes_to(#[case] wish: Wish<'_>, #[case] expected: Option<&str>) {
    let folder = tempfile::tempdir().unwrap();
    let (_, route) = wish.settle(&environment(folder.path(), None, None)).unwrap().route();
    assert_eq!(route.store.as_deref(), expected.map(Path::new));
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
    let (with_login, without) = (environment(folder.path(), None, None), without_login(folder.path()));
    let login = |context, environment: &Environment| {
        let chosen = Wish { context: Some(context), ..Wish::default() }.settle(environment).unwrap();
        assert_eq!(chosen.subscription_id.as_deref(), Some("of-context"));
        match chosen.destination {
            Destination::Server { principal, .. } => principal,
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(login("prod", &with_login), Login::ServicePrincipal(principal) if principal.client_id == "id"));
    assert!(matches!(login("cloud", &without), Login::Entra(_)));
}

#[test]
fn the_login_at_a_server_is_not_taken_to_azure_nor_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    let told = said(Wish { context: Some("cloud"), ..Wish::default() }, &environment(folder.path(), None, None));
    let expected = "PORTCULLIS_CLIENT_ID is set, which is a login at a server, and AzureCloud is signed in to at Entra ID.\nhint: ";
    assert!(told.starts_with(expected), "{told}");
}

/// Nothing that was said goes unread: what cannot count is named, with what it is beside.
#[rstest]
#[case(Wish { endpoint: Some("https://a"), context: Some("prod"), ..Wish::default() }, json!({}), "--endpoint cannot be used together with --context.")]
#[case(Wish { endpoint: Some("https://a"), ..Wish::default() }, json!({ "Name": "prod" }), "--endpoint cannot be used together with the Name of -DefaultProfile.")]
#[case(Wish { data: Some(Path::new("/d")), ..Wish::default() }, json!({ "Name": "prod" }), "--data cannot be used together with the Name of -DefaultProfile.")]
#[case(Wish { data: Some(Path::new("/d")), ..Wish::default() }, json!({ "Endpoint": "https://p" }), "--data cannot be used together with the Endpoint of -DefaultProfile.")]
#[case(Wish { context: Some("prod"), ..Wish::default() }, json!({ "Name": "cloud" }), "--context cannot be used together with the Name of -DefaultProfile.")]
#[case(Wish::default(), json!({ "Name": "prod", "ClientId": "c", "ClientSecret": "s" }), "-DefaultProfile has both Name and ClientId, which cannot be used together.")]
#[case(Wish::default(), json!({ "Name": "prod", "Data": "/d" }), "-DefaultProfile has both Name and Data, which cannot be used together.")]
#[case(Wish::default(), json!({ "Name": "prod", "Endpoint": "https://p" }), "-DefaultProfile has the Name 'prod', which leads to https://prod.example, and the Endpoint 'https://p'.")]
#[case(Wish::default(), json!({ "Endpoint": "https://p", "ClientId": "c" }), "-DefaultProfile has one of ClientId and ClientSecret, and needs both.")]
#[case(Wish::default(), json!({ "Endpoint": "https://p", "TenantId": "t" }), "-DefaultProfile has TenantId without ClientId and ClientSecret.")]
#[case(Wish::default(), json!({ "ClientId": "c", "ClientSecret": "s", "CredentialsFile": "f" }), "-DefaultProfile has both ClientId and CredentialsFile, which cannot be used together.")]
#[case(Wish { credentials_file: Some(Path::new("f")), ..Wish::default() }, json!({ "CredentialsFile": "g" }), "--credentials-file cannot be used together with the CredentialsFile of -DefaultProfile.")]
#[case(Wish { endpoint: Some("https://a"), data: Some(Path::new("/d")), credentials_file: Some(Path::new("f")), ..Wish::default() }, json!({}), "--credentials-file cannot be used together with --data beside --endpoint.")]
#[case(Wish { endpoint: Some("https://management.azure.com"), data: Some(Path::new("/d")), ..Wish::default() }, json!({}), "The data folder /d holds the service principal of a server, and https://management.azure.com is AzureCloud.")]
#[case(Wish { data: Some(Path::new("/d")), credentials_file: Some(Path::new("f")), ..Wish::default() }, json!({}), "The store on this machine (by --data) asks for no login: --credentials-file cannot be used with it.")]
#[case(Wish { context: Some("local"), credentials_file: Some(Path::new("f")), ..Wish::default() }, json!({}), "The store on this machine (by --context 'local') asks for no login: --credentials-file cannot be used with it.")]
#[case(Wish { data: Some(Path::new("/d")), ..Wish::default() }, json!({ "ClientId": "c", "ClientSecret": "s" }), "The store on this machine (by --data) asks for no login: the ClientId of -DefaultProfile cannot be used with it.")]
#[case(Wish::default(), json!({ "Data": "/p", "CredentialsFile": "f" }), "The store on this machine (by -DefaultProfile) asks for no login: the CredentialsFile of -DefaultProfile cannot be used with it.")]
fn what_would_go_unread_is_refused(#[case] wish: Wish<'_>, #[case] profile: Value, #[case] expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let failure = Wish { profile: Some(&profile), ..wish }.settle(&environment(folder.path(), None, None)).unwrap_err();
    assert_eq!((failure.message(), failure.status.code()), (expected, 2));
}

#[test]
fn a_login_at_the_variables_store_is_refused_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let wish = Wish { credentials_file: Some(Path::new("f")), ..Wish::default() };
    let told = said(wish, &environment(folder.path(), None, Some("/v")));
    assert!(told.contains("(by PORTCULLIS_DATA) asks for no login"), "{told}");
}

#[test]
fn a_data_folder_beside_an_endpoint_has_the_login_whatever_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(SERVICE_PRINCIPAL_FILE);
    std::fs::write(&file, r#"{"tenantId":"t","clientId":"of-the-folder","clientSecret":"s"}"#).unwrap();
    let wish = Wish { endpoint: Some("https://a"), data: Some(folder.path()), ..Wish::default() };
    let chosen = wish.settle(&environment(folder.path(), None, None)).unwrap();
    let Destination::Server { principal: Login::ServicePrincipal(principal), .. } = chosen.destination else {
        panic!("{chosen:?}")
    };
    assert_eq!(principal.client_id, "of-the-folder");
}

#[rstest]
#[case(Wish { context: Some("prod"), ..Wish::default() })]
#[case(Wish { endpoint: Some("https://a"), ..Wish::default() })]
#[case(Wish::default())]
fn a_profile_says_whom_to_log_in_as_wherever_that_is(#[case] wish: Wish<'_>) {
    let folder = tempfile::tempdir().unwrap();
    let profile = json!({ "ClientId": "of-profile", "ClientSecret": "s", "TenantId": "t" });
    let chosen = Wish { profile: Some(&profile), ..wish }.settle(&environment(folder.path(), None, None)).unwrap();
    let Destination::Server { principal: Login::ServicePrincipal(principal), .. } = chosen.destination else {
        panic!("{chosen:?}")
    };
    assert_eq!((principal.client_id.as_str(), principal.tenant_id.as_str()), ("of-profile", "t"));
}

#[rstest]
#[case(json!({ "Name": "prod", "SubscriptionId": "of-profile" }), Some("of-profile"))]
#[case(json!({ "Endpoint": "https://p", "SubscriptionId": "of-profile" }), Some("of-profile"))]
#[case(json!({ "Name": "prod" }), Some("of-context"))]
#[case(json!({ "Endpoint": "https://p" }), None)]
fn the_subscription_is_the_profiles_else_the_contexts(#[case] profile: Value, #[case] expected: Option<&str>) {
    let folder = tempfile::tempdir().unwrap();
    let chosen = Wish { profile: Some(&profile), ..Wish::default() }.settle(&environment(folder.path(), None, None));
    assert_eq!(chosen.unwrap().subscription_id.as_deref(), expected);
}
