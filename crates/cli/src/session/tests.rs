use super::*;
use crate::environment::Variables;
use serde_json::json;

fn session(folder: &Path, name: &str) -> Session {
    let variables = Variables { xdg_runtime_dir: Some(folder.to_owned()), ..Variables::default() };
    Session::of(&Environment { variables, session: Some(name.to_owned()), ..Environment::default() })
}

#[test]
fn a_variable_is_read_again_in_the_same_shell_and_in_no_other() {
    let folder = tempfile::tempdir().unwrap();
    session(folder.path(), "1").set("Token", &[json!({ "Id": "/x" })], Keep::Only).unwrap();
    assert_eq!(session(folder.path(), "1").get("token"), Some(json!([{ "Id": "/x" }])));
    assert_eq!(session(folder.path(), "2").get("token"), None);
}

#[test]
fn a_plus_keeps_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(folder.path(), "1");
    session.set("all", &[json!(1)], Keep::Only).unwrap();
    session.set("ALL", &[json!(2)], Keep::Behind).unwrap();
    assert_eq!(session.get("all"), Some(json!([1, 2])));
    session.set("all", &[], Keep::Only).unwrap();
    assert_eq!(session.get("all"), Some(json!([])));
}

#[test]
fn passwords_are_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(folder.path(), "1");
    let token = json!({ "CredentialsPassword": [{ "Name": "password1", "Value": "hunter2" }], "Password": "hunter2" });
    session.set("token", &[token], Keep::Only).unwrap();
    let expected = json!([{ "CredentialsPassword": [{ "Name": "password1", "Value": null }], "Password": null }]);
    assert_eq!(session.get("token"), Some(expected));
}

#[cfg(unix)]
#[test]
fn only_the_owner_reads_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let session = session(folder.path(), "1");
    session.set("x", &[json!(1)], Keep::Only).unwrap();
    let file = session.file.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
}

#[test]
fn old_sessions_are_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..SESSIONS_MAX + 5 {
        session(folder.path(), &number.to_string()).set("x", &[json!(number)], Keep::Only).unwrap();
    }
    let kept = fs::read_dir(folder.path().join("portcullis/sessions")).unwrap().count();
    assert_eq!(kept, SESSIONS_MAX);
    assert!(session(folder.path(), &(SESSIONS_MAX + 4).to_string()).get("x").is_some());
}

#[test]
fn without_a_folder_nothing_is_there_and_keeping_fails() {
    let session = Session::of(&Environment::default());
    assert_eq!(session.get("x"), None);
    assert!(session.set("x", &[json!(1)], Keep::Only).is_err());
}
