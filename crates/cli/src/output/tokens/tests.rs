use super::*;
use crate::output::objects::{Asked, show};
use crate::output::{Console, Format};
use rstest::rstest;

/// The page's token: its columns show that the name had six characters and the creator's address 25 before it was edited.
fn example_1() -> Token {
    serde_json::from_value(json!({
        "type": "Microsoft.ContainerRegistry/registries/tokens",
        "id": "/subscriptions/s/resourceGroups/lnxtest/providers/Microsoft.ContainerRegistry/registries/lnxcr/tokens/token2",
        "name": "token2",
        "systemData": {
            "createdBy": "user.name01@microsoft.com",
            "createdByType": "User",
            "createdAt": "2023-01-20T05:14:16.1234567+00:00",
            "lastModifiedBy": "user.name01@microsoft.com",
            "lastModifiedByType": "User",
            "lastModifiedAt": "2023-01-20T05:14:16.1234567+00:00",
        },
        "properties": {
            "creationDate": "2023-01-20T05:14:16.1234567+00:00",
            "provisioningState": "Succeeded",
            "scopeMapId": "/subscriptions/s/x/scopeMaps/newmap",
            "credentials": { "passwords": [] },
            "status": "enabled",
        },
    }))
    .unwrap()
}

fn with_passwords() -> Token {
    let mut token = example_1();
    let password = |name: &str, expiry: Option<&str>, value: Option<&str>| TokenPassword {
        name: Some(name.to_owned()),
        expiry: expiry.map(str::to_owned),
        value: value.map(str::to_owned),
        creation_time: None,
        last_used_time: None,
    };
    let passwords = vec![
        password("password1", Some("2027-01-01T00:00:00+00:00"), Some("new-value")),
        password("password2", None, None),
    ];
    token.properties.as_mut().unwrap().credentials =
        Some(TokenCredentials { certificates: None, passwords: Some(passwords) });
    token
}

fn shown(token: &Token, format: Format, columns: usize) -> String {
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    let mut console =
        Console { stdout: &mut stdout, stderr: &mut stderr, columns, colour: false, message_colour: false };
    show(&[object(token)], Asked::One, &CREATED, format, &mut console).unwrap();
    assert!(stderr.is_empty());
    String::from_utf8(stdout).unwrap()
}

/// The header and the dashes are the page's own, character for character.
const EXAMPLE_1: &str = "\
Name   SystemDataCreatedAt SystemDataCreatedBy       SystemDataCreatedByType SystemDataLastModifiedAt SystemDataLa
                                                                                                      stModifiedBy
----   ------------------- -------------------       ----------------------- ------------------------ ------------
token2 01/20/2023 05:14:16 user.name01@microsoft.com User                    01/20/2023 05:14:16      user.name01…

";

#[test]
fn the_table_is_the_reference_pages() {
    assert_eq!(shown(&example_1(), Format::Table, 114), EXAMPLE_1);
}

#[test]
fn one_column_more_takes_one_letter_more() {
    let table = shown(&example_1(), Format::Table, 115);
    assert!(table.lines().next().unwrap().ends_with(" SystemDataLas"), "{table}");
}

#[rstest]
#[case(5, 1)]
#[case(27, 2)]
#[case(28, 3)]
#[case(114, 6)]
#[case(200, 6)]
fn a_narrow_window_has_fewer_columns(#[case] columns: usize, #[case] expected: usize) {
    let table = shown(&example_1(), Format::Table, columns);
    let dashes = table.lines().find(|line| line.starts_with("---")).unwrap();
    assert_eq!(dashes.split_whitespace().count(), expected, "{table}");
    assert!(table.lines().all(|line| line.chars().count() <= columns), "{table}");
}

#[test]
fn new_passwords_stand_below_the_table_whole() {
    let shown = shown(&with_passwords(), Format::Table, 10);
    let expected = "Name   : password1\nValue  : new-value\nExpiry : 01/01/2027 00:00:00 UTC\n\n\
                    Keep what stands above: a value is shown this once and cannot be read again.\n\n";
    assert!(shown.ends_with(expected), "{shown}");
}

#[test]
fn json_has_the_property_names_of_powershell() {
    let line = shown(&with_passwords(), Format::JsonLines, 80);
    assert_eq!(line.matches('\n').count(), 1);
    let value: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(value["ResourceGroupName"], "lnxtest");
    assert_eq!(value["CredentialsPassword"][0]["Value"], "new-value");
    assert_eq!(value["CredentialsPassword"][1]["Value"], Value::Null);
    assert_eq!(value["SystemDataCreatedByType"], "User");
    assert_eq!(value["CredentialsCertificate"], json!([]));
    assert_eq!(serde_json::from_str::<Value>(&shown(&with_passwords(), Format::Json, 80)).unwrap(), value);
}

#[test]
fn tsv_is_the_columns_and_the_new_passwords() {
    assert_eq!(
        shown(&with_passwords(), Format::Tsv, 80),
        "token2\t01/20/2023 05:14:16\tuser.name01@microsoft.com\tUser\t01/20/2023 05:14:16\tuser.name01@microsoft.com\
         \tpassword1\tnew-value\n"
    );
}

#[test]
fn yaml_has_the_new_value() {
    assert!(shown(&with_passwords(), Format::Yaml, 80).contains("    Value: new-value\n"));
}

#[test]
fn an_empty_token_is_shown_too() {
    for format in [Format::Table, Format::List, Format::Json, Format::JsonLines, Format::Yaml, Format::Tsv] {
        assert!(!shown(&Token::default(), format, 80).is_empty());
    }
}
