//! What `portcullis token rotate` asks for, and what it says.

use super::tests::{REGISTRY, below, generated, look_up, patch, run, token};
use rstest::rstest;
use serde_json::{Value, json};

#[test]
fn rotation_renews_the_older_and_ends_the_other_after_the_overlap() {
    let passwords = json!([
        { "name": "password1", "creationTime": "2025-12-01T00:00:00+00:00" },
        { "name": "password2", "creationTime": "2025-11-01T00:00:00+00:00" },
    ]);
    let found = token(&json!({ "credentials": { "passwords": passwords } }));
    let mut exchanges = look_up();
    exchanges.push(below("GET", "/tokens/ci", 200, &found));
    exchanges.push(generated(&json!([{ "name": "password1" }, { "name": "password2", "value": "v2" }])));
    exchanges.extend(patch("/tokens/ci", &found));
    let ran = run("token rotate ci -r myreg --overlap 24h", &[], exchanges);
    let kept = json!([{ "expiry": "2026-01-02T00:00:00Z", "name": "password1" }, { "name": "password2" }]);
    let expected = [
        json!({ "tokenId": format!("{REGISTRY}/tokens/ci"), "name": "password2" }),
        json!({ "properties": { "credentials": { "passwords": kept } } }),
    ];
    assert_eq!(ran.bodies, expected);
    assert!(ran.stdout.contains("v2"), "{}", ran.stdout);
    assert!(
        ran.stderr.ends_with("password2 is new and has no end. password1 works until 2026-01-02T00:00:00Z.\n"),
        "{}",
        ran.stderr
    );
}

#[rstest]
#[case(
    "",
    Some("2026-01-31T00:00:00Z"),
    "password2 is new and works until 2026-01-31T00:00:00Z, as long as the newest before it was made for. password1 works until 2026-01-20T00:00:00Z."
)]
#[case(" --no-expiration", None, "password2 is new and has no end. password1 works until 2026-01-20T00:00:00Z.")]
#[case(
    " --expiration-in-days 7",
    Some("2026-01-08T00:00:00Z"),
    "password2 is new and works until 2026-01-08T00:00:00Z. password1 works until 2026-01-20T00:00:00Z."
)]
fn a_rotation_goes_on_for_as_long_as_before(#[case] words: &str, #[case] end: Option<&str>, #[case] said: &str) {
    let (made, ends) = ("2025-12-21T00:00:00Z", "2026-01-20T00:00:00Z");
    let password1 = json!({ "name": "password1", "creationTime": made, "expiry": ends });
    let found = token(&json!({ "credentials": { "passwords": [password1] } }));
    let mut exchanges = look_up();
    exchanges.push(below("GET", "/tokens/ci", 200, &found));
    exchanges.push(generated(&json!([{ "name": "password1" }, { "name": "password2", "value": "v2" }])));
    let ran = run(&format!("token rotate ci -r myreg{words}"), &[], exchanges);
    assert_eq!(ran.bodies[0].get("expiry").and_then(Value::as_str), end);
    assert_eq!(ran.stderr.lines().last(), Some(said));
}

#[rstest]
#[case("", 2)]
#[case(" --no-expiration", 0)]
#[case(" --expiration-in-days 7", 0)]
fn an_end_of_no_length_is_not_gone_on_with(#[case] words: &str, #[case] code: u8) {
    let (made, ends) = ("2025-12-21T00:00:00Z", "2025-12-20T00:00:00Z");
    let password1 = json!({ "name": "password1", "creationTime": made, "expiry": ends });
    let mut exchanges = look_up();
    exchanges.push(below("GET", "/tokens/ci", 200, &token(&json!({ "credentials": { "passwords": [password1] } }))));
    if code == 0 {
        exchanges.push(generated(&json!([{ "name": "password1" }, { "name": "password2", "value": "v2" }])));
    }
    let ran = run(&format!("token rotate ci -r myreg{words}"), &[], exchanges);
    assert_eq!((ran.code, ran.stdout.contains("v2")), (code, code == 0), "{}", ran.stderr);
}

#[test]
fn a_new_password_is_shown_when_the_overlap_fails() {
    let found = token(&json!({ "credentials": { "passwords": [{ "name": "password1" }] } }));
    let mut exchanges = look_up();
    exchanges.push(below("GET", "/tokens/ci", 200, &found));
    exchanges.push(generated(&json!([{ "name": "password1" }, { "name": "password2", "value": "v2" }])));
    exchanges.push(below(
        "PATCH",
        "/tokens/ci",
        400,
        &json!({ "error": { "code": "InvalidParameter", "message": "No." } }),
    ));
    let ran = run("token rotate ci -r myreg --overlap 24h", &[], exchanges);
    assert!(
        ran.stdout.contains("v2") && ran.stderr.contains("[InvalidParameter] : No.\nhint: The overlap was not set"),
        "{}",
        ran.stderr
    );
    assert_eq!(ran.code, 1);
}
