use super::*;
use crate::transport::BoxFuture;
use crate::transport::login::entra::tests::authority;
use std::cell::RefCell;
use std::sync::Mutex;

const BEGUN: &str = r#"{"device_code":"device-secret","user_code":"ABCD-1234","verification_uri":"https://login.example/device",
    "expires_in":900,"interval":5,"message":"unused"}"#;
const PENDING: &str = r#"{"error":"authorization_pending","error_description":"AADSTS70016: pending."}"#;
const SLOWER: &str = r#"{"error":"slow_down","error_description":"slower."}"#;
const TOKENS: &str = r#"{"token_type":"Bearer","access_token":"the-bearer","refresh_token":"the-refresh-token"}"#;

/// Remembers for how long it was to wait.
#[derive(Default)]
struct Waits(Mutex<Vec<u64>>);

impl Sleeper for Waits {
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.0.lock().unwrap().push(duration.as_secs());
        Box::pin(async {})
    }
}

/// What came of it, what was said, how long each wait was, and what was asked.
struct Seen {
    outcome: Result<SignedIn, TransportError>,
    said: Vec<String>,
    waits: Vec<u64>,
    asked: Vec<String>,
}

fn see(answers: Vec<(u16, &'static str)>) -> Seen {
    let (address, asked) = authority(answers);
    let cloud = Cloud { authority: address.into(), ..Cloud::find("AzureCloud").unwrap().clone() };
    let (waits, said) = (Waits::default(), RefCell::default());
    let say = |line: &str| RefCell::<Vec<String>>::borrow_mut(&said).push(line.to_owned());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let outcome = runtime.block_on(sign_in(&cloud, "tenant", &waits, &say));
    Seen { outcome, said: said.take(), waits: waits.0.into_inner().unwrap(), asked: asked.join().unwrap() }
}

#[test]
fn the_code_is_shown_and_the_person_waited_for() {
    let seen = see(vec![(200, BEGUN), (400, PENDING), (400, SLOWER), (400, PENDING), (200, TOKENS)]);
    let signed_in = seen.outcome.unwrap();
    assert_eq!((signed_in.bearer.reveal(), signed_in.refresh_token.reveal()), ("the-bearer", "the-refresh-token"));
    assert_eq!(seen.said, ["To sign in, open https://login.example/device in a browser and enter the code ABCD-1234."]);
    assert_eq!(seen.waits, [5, 5, 10, 10], "slow_down adds five seconds, for good");
    assert!(seen.asked[0].starts_with("POST /tenant/oauth2/v2.0/devicecode HTTP/1.1\r\n"), "{}", seen.asked[0]);
    let form = "&scope=https%3A%2F%2Fmanagement.azure.com%2F.default+offline_access";
    assert!(seen.asked[0].ends_with(form), "{}", seen.asked[0]);
    assert!(seen.asked[4].starts_with("POST /tenant/oauth2/v2.0/token HTTP/1.1\r\n"), "{}", seen.asked[4]);
    assert!(seen.asked[4].contains("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&"));
    assert!(seen.asked[4].ends_with("&device_code=device-secret"), "{}", seen.asked[4]);
    assert!(!format!("{signed_in:?}").contains("the-"), "{signed_in:?}");
}

#[test]
fn who_declines_or_is_late_is_not_signed_in() {
    let denied = r#"{"error":"access_denied","error_description":"Declined."}"#;
    let expired = r#"{"error":"expired_token","error_description":"Too late."}"#;
    for (answer, code) in [(denied, "access_denied"), (expired, "expired_token")] {
        let seen = see(vec![(200, BEGUN), (400, PENDING), (400, answer)]);
        let error = seen.outcome.unwrap_err();
        assert!(matches!(&error, TransportError::LoginRefused { code: told, .. } if told == code), "{error}");
    }
}

#[test]
fn a_code_is_not_asked_about_beyond_its_end() {
    const SHORT: &str =
        r#"{"device_code":"d","user_code":"u","verification_uri":"https://login.example","expires_in":11}"#;
    let seen = see(vec![(200, SHORT), (400, PENDING), (400, PENDING)]);
    assert!(seen.outcome.unwrap_err().to_string().contains("was not entered in time"));
    assert_eq!(seen.waits, [5, 5]);
}

#[test]
fn nothing_is_kept_where_nothing_is_left() {
    let seen = see(vec![(200, BEGUN), (200, r#"{"access_token":"the-bearer"}"#)]);
    let told = seen.outcome.unwrap_err().to_string();
    assert!(told.contains("NoRefreshToken") && !told.contains("the-bearer"), "{told}");
}

#[test]
fn a_refresh_token_is_sent_to_its_tenant() {
    let (address, asked) = authority(vec![(200, TOKENS)]);
    let cloud = Cloud { authority: address.into(), ..Cloud::find("AzureCloud").unwrap().clone() };
    let refresh_token = Secret::new("left".to_owned());
    let credential = super::super::Credential::RefreshToken { tenant_id: "tenant".to_owned(), refresh_token };
    let entra = Entra::with(&cloud, credential);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = HttpClient::new(&entra.authority).unwrap();
    assert_eq!(runtime.block_on(entra.log_in(&client)).unwrap().0.reveal(), "the-bearer");
    let asked = asked.join().unwrap().remove(0);
    assert!(asked.starts_with("POST /tenant/oauth2/v2.0/token HTTP/1.1\r\n"), "{asked}");
    assert!(asked.contains("grant_type=refresh_token&") && asked.contains("&refresh_token=left&"), "{asked}");
}

#[test]
fn who_is_signed_out_is_told_to_sign_in_again() {
    let message = "AADSTS700082: The refresh token has expired.".to_owned();
    let error = TransportError::LoginRefused { code: "invalid_grant".to_owned(), message };
    let told = crate::failure::Failure::from(error).to_string();
    assert!(told.ends_with("hint: What the context keeps counts no longer: sign in again."), "{told}");
}
