use super::*;
use crate::client::operation::TimerSleeper;
use crate::environment::Variables;
use crate::failure::ExitStatus;
use crate::invocation::Invocation;
use crate::output::Console;
use crate::progress::Progress;
use rstest::rstest;
use std::ffi::OsString;

fn environment(folder: &Path) -> Environment {
    let variables = Variables {
        xdg_config_home: Some(folder.to_owned()),
        data: Some(PathBuf::from("/srv/data")),
        ..Variables::default()
    };
    Environment { variables, ..Environment::default() }
}

/// Runs `portcullis context …`: what it wrote to both streams.
fn run(environment: &Environment, line: &str) -> Result<String, String> {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut console = Console::new(environment, &mut stdout, &mut stderr);
    let words = ["context"].into_iter().chain(line.split(' ')).map(OsString::from).collect();
    let outcome = Invocation::parse(environment, words).and_then(|invocation| match invocation {
        Invocation::Context(options) => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(options.run(environment, &mut console, &Progress::hidden(&TimerSleeper))),
        other => panic!("{other:?}"),
    });
    let status = console.finish(outcome);
    let written = String::from_utf8([stdout, stderr].concat()).unwrap();
    if status == ExitStatus::Success { Ok(written) } else { Err(written) }
}

#[test]
fn a_context_is_added_used_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(folder.path());
    assert!(run(&environment, "list").unwrap().contains("* local /srv/data"), "{:?}", run(&environment, "list"));
    run(&environment, "add prod --endpoint https://prod.example/").unwrap();
    assert_eq!(Contexts::read(&environment).unwrap().current().unwrap().name, LOCAL, "adding chooses nothing");
    run(&environment, "use PROD").unwrap();
    assert!(run(&environment, "show").unwrap().contains("https://prod.example\n"));
    run(&environment, "add gov --cloud azureusgovernment --azure-cli --use").unwrap();
    let current = Contexts::read(&environment).unwrap().current().unwrap();
    assert_eq!(current.cloud().map(|cloud| cloud.name).as_deref(), Some("AzureUSGovernment"));
    run(&environment, "remove gov").unwrap();
    assert_eq!(Contexts::read(&environment).unwrap().current().unwrap().name, LOCAL);
}

#[rstest]
#[case("--json add prod --endpoint https://prod.example", false)]
#[case("--json use local", true)]
#[case("remove old --json", false)]
fn what_was_done_to_a_context_is_json_when_asked_for(#[case] line: &str, #[case] current: bool) {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(folder.path());
    run(&environment, "add old --endpoint https://old.example").unwrap();
    let written: serde_json::Value = serde_json::from_str(&run(&environment, line).unwrap()).unwrap();
    assert!(line.contains(written["name"].as_str().unwrap()), "{written}");
    assert_eq!(written["current"], current);
}

#[test]
fn a_secret_is_kept_for_its_owner_alone_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(folder.path());
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "hunter2\n").unwrap();
    run(
        &environment,
        &format!("add prod --endpoint https://p --client-id id --client-secret-file {}", secret.display()),
    )
    .unwrap();
    let kept = folder.path().join("portcullis/contexts.json");
    assert!(std::fs::read_to_string(&kept).unwrap().contains("hunter2"));
    assert!(!private_files::others_can_read(&kept));
    for line in ["list", "show prod", "--json list", "--json show prod"] {
        let shown = run(&environment, line).unwrap();
        assert!(shown.contains("id") && !shown.contains("hunter2"), "{shown}");
    }
    let contexts = Contexts::read(&environment).unwrap();
    assert!(!format!("{contexts:?}").contains("hunter2"));
    let login = contexts.find("prod").unwrap().login(&environment, None).unwrap();
    assert!(matches!(login, Login::ServicePrincipal(principal) if principal.client_secret.reveal() == "hunter2"));
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(folder.path());
    run(&environment, "add prod --endpoint https://p").unwrap();
    let kept = folder.path().join("portcullis/contexts.json");
    std::fs::set_permissions(&kept, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert!(run(&environment, "list").unwrap_err().contains("chmod 600"));
}

#[test]
fn a_broken_file_is_told_by_its_place_alone() {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(folder.path());
    Contexts::default().write(&environment).unwrap();
    private_files::replace(&folder.path().join("portcullis/contexts.json"), b"{\"hunter2\": 1}").unwrap();
    let told = run(&environment, "list").unwrap_err();
    assert!(told.contains("line 1") && !told.contains("hunter2"), "{told}");
}

#[rstest]
#[case("add local --endpoint https://p", "another name")]
#[case("add a/b --endpoint https://p", "not the name of a context")]
#[case("add p --endpoint http://prod.example", "plain HTTP to another machine")]
#[case("add p --endpoint ftp://p", "not an endpoint")]
#[case("add p --cloud Azur", "AzureChinaCloud")]
#[case("add p", "--endpoint")]
#[case("add p --endpoint https://p --managed-identity", "--endpoint")]
#[case("add p --endpoint https://p --device-code", "--endpoint")]
#[case("add p --cloud AzureCloud --device-code --azure-cli", "--azure-cli")]
#[case("add p --cloud AzureCloud --tenant-id t", "--device-code")]
#[case("add p --endpoint https://p --client-id c --client-certificate f", "--endpoint")]
#[case("add p --cloud AzureCloud --client-id c", "--client-certificate")]
#[case("add p --cloud AzureCloud --client-id c --client-certificate f --client-secret-file g", "--client-secret-file")]
#[case("use nowhere", "There are: local.")]
#[case("remove local", "cannot be removed")]
fn what_makes_no_sense_is_refused(#[case] line: &str, #[case] expected: &str) {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(folder.path());
    let told = run(&environment, line).map_err(|told| told.replace('\n', " ")).unwrap_err();
    assert!(told.contains(expected), "{told}");
    assert_eq!(Contexts::read(&environment), Ok(Contexts::default()));
}

#[test]
fn a_custom_cloud_is_kept_with_its_addresses_and_signed_in_to_there() {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(folder.path());
    let custom_cloud = CustomCloud {
        name: "Stack".to_owned(),
        login_endpoint: "https://login.stack.example".to_owned(),
        audience: "https://audience.stack.example".to_owned(),
        login_server_suffix: "azurecr.stack.example".to_owned(),
    };
    let stack = Context {
        name: "stack".to_owned(),
        endpoint: Some("https://management.stack.example".to_owned()),
        custom_cloud: Some(custom_cloud.clone()),
        login: Some(KeptLogin::ManagedIdentity { client_id: None }),
        ..Context::default()
    };
    let mut contexts = Contexts::default();
    contexts.put(stack.clone());
    contexts.write(&environment).unwrap();
    let read = Contexts::read(&environment).unwrap();
    assert_eq!(read.find("stack"), Ok(stack.clone()));
    assert_eq!(
        read.cloud("STACK"),
        Ok(("https://management.stack.example".to_owned(), Some(custom_cloud))),
        "Connect-AzAccount -Environment finds it"
    );
    assert!(read.cloud("Stuck").unwrap_err().to_string().contains("not a cloud of Azure"));
    match stack.login(&environment, None).unwrap() {
        Login::Entra(entra) => assert_eq!(entra.login_server_suffix(), "azurecr.stack.example"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_certificate_stays_in_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(folder.path());
    run(&environment, "add robot --cloud AzureCloud --client-id c --tenant-id t --client-certificate /srv/robot.pem")
        .unwrap();
    let robot = Contexts::read(&environment).unwrap().find("robot").unwrap();
    let path = PathBuf::from("/srv/robot.pem");
    let kept = KeptLogin::Certificate { tenant_id: Some("t".to_owned()), client_id: "c".to_owned(), path };
    assert_eq!(robot.login, Some(kept));
    assert!(matches!(robot.login(&environment, None), Ok(Login::Entra(_))));
}

#[test]
fn a_secret_that_is_none_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let environment = environment(folder.path());
    let secret = folder.path().join("secret");
    let line = format!("add prod --endpoint https://p --client-id id --client-secret-file {}", secret.display());
    for (content, expected) in [(&b"\n"[..], "it is empty"), (&b"\xff"[..], "it is not UTF-8 text")] {
        std::fs::write(&secret, content).unwrap();
        let told = run(&environment, &line).unwrap_err();
        assert!(told.contains(expected) && told.contains("\nhint: The file holds the client secret alone"), "{told}");
    }
}
