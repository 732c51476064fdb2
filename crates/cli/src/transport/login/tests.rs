use super::*;
use crate::environment::Variables;
use std::path::PathBuf;

/// A folder of this test's own, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("portcullis-cli-login-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    fn write(&self, file: &str, text: &str) -> PathBuf {
        let file = self.0.join(file);
        std::fs::write(&file, text).unwrap();
        file
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn principal(tenant: &str, client: &str, secret: &str) -> ServicePrincipal {
    ServicePrincipal {
        tenant_id: tenant.to_owned(),
        client_id: client.to_owned(),
        client_secret: Secret::new(secret.to_owned()),
    }
}

fn environment(id: Option<&str>, secret: Option<&str>, data: &Folder) -> Environment {
    let variables = Variables {
        client_id: id.map(str::to_owned),
        client_secret: secret.map(|secret| Secret::new(secret.to_owned())),
        data: Some(data.0.clone()),
        ..Variables::default()
    };
    Environment { variables, ..Environment::default() }
}

const FILE: &str = r#"{"tenantId":"t","clientId":"c","clientSecret":"s","note":1}"#;

#[test]
fn the_file_that_is_named_comes_before_the_variables_and_those_before_the_servers() {
    let folder = Folder::new("order");
    let named = folder.write("named.json", FILE);
    folder.write(SERVICE_PRINCIPAL_FILE, &FILE.replace("\"c\"", "\"left\""));
    let with_variables = environment(Some("id"), Some("x"), &folder);
    assert_eq!(ServicePrincipal::find(&with_variables, Some(&named)), Ok(principal("t", "c", "s")));
    assert_eq!(ServicePrincipal::find(&with_variables, None), Ok(principal("common", "id", "x")));
    assert_eq!(ServicePrincipal::find(&environment(None, None, &folder), None), Ok(principal("t", "left", "s")));
}

#[test]
fn half_a_pair_and_nothing_at_all_are_refused() {
    let folder = Folder::new("nothing");
    let refusal = |id, secret| ServicePrincipal::find(&environment(id, secret, &folder), None).unwrap_err().to_string();
    assert!(refusal(Some("id"), None).contains("PORTCULLIS_CLIENT_SECRET is not"));
    assert!(refusal(None, Some("x")).contains("PORTCULLIS_CLIENT_ID is not"));
    assert!(refusal(None, None).contains("--credentials-file"));
}

#[test]
fn a_broken_file_is_told_by_place_without_its_secret() {
    let folder = Folder::new("broken");
    let file = folder.write("broken.json", r#"{"tenantId":"t","clientId":"c","clientSecret":["hunter2"]}"#);
    let message = ServicePrincipal::find(&Environment::default(), Some(&file)).unwrap_err().to_string();
    assert!(message.contains("line 1") && !message.contains("hunter2"), "{message}");
}

#[test]
fn a_file_that_holds_no_secret_is_refused_with_what_it_should_hold() {
    let folder = Folder::new("strict");
    let file = folder.0.join("strict.json");
    let refusal = |content: &[u8]| {
        std::fs::write(&file, content).unwrap();
        ServicePrincipal::find(&Environment::default(), Some(&file)).unwrap_err().to_string()
    };
    for (content, expected) in [
        (&b"\n"[..], "it is empty"),
        (&b"{\"clientSecret\":\"\xff\"}"[..], "it is not UTF-8 text"),
        (&br#"{"tenantId":"t","clientId":"c","clientSecret":""}"#[..], "has an empty clientSecret"),
        (&br#"{"tenantId":"t","clientId":" ","clientSecret":"s"}"#[..], "has an empty clientId"),
    ] {
        let message = refusal(content);
        assert!(message.contains(expected) && message.contains("\nhint: It holds {"), "{message}");
    }
}
