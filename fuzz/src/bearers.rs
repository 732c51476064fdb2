//! Signed tokens at every place that takes one, and whole requests of strangers.

use crate::text;
use crate::world::{HOST, World};
use bytes::Bytes;
use http::Request;

/// A place where a signed token is taken.
#[derive(Clone, Copy)]
enum Place {
    Registry,
    Management,
    Refresh,
    Exchange,
}

impl Place {
    const ALL: [Self; 4] = [Self::Registry, Self::Management, Self::Refresh, Self::Exchange];

    /// The kind of token that counts there.
    fn right(self, world: &World) -> &str {
        match self {
            Self::Registry => &world.bearer,
            Self::Management | Self::Exchange => &world.management_bearer,
            Self::Refresh => &world.refresh_token,
        }
    }

    /// The status of the answer; `None` where the text cannot be in a header.
    fn present(self, world: &World, token: &str) -> Option<u16> {
        let get = |path: &str| {
            let request =
                Request::builder().uri(path).header("host", HOST).header("authorization", format!("Bearer {token}"));
            Some(world.answer(request.body(Bytes::new()).ok()?).status().as_u16())
        };
        match self {
            Self::Registry => get("/v2/"),
            Self::Management => get("/subscriptions?api-version=2022-12-01"),
            Self::Refresh => {
                let fields = [("grant_type", "refresh_token"), ("service", HOST), ("refresh_token", token)];
                Some(world.form("/oauth2/token", &fields).status().as_u16())
            }
            Self::Exchange => {
                let fields = [("grant_type", "access_token"), ("service", HOST), ("access_token", token)];
                Some(world.form("/oauth2/exchange", &fields).status().as_u16())
            }
        }
    }
}

/// The first line says what is changed of a good token: its kind (a digit), and by words `<from> <length>` what the next line
/// replaces, and so on. Without a digit, the rest is the token. Nothing but a good token where its kind belongs is taken.
pub fn bearer(data: &[u8]) {
    let Some(given) = text(data) else { return };
    let world = World::get();
    let good = [&world.bearer, &world.management_bearer, &world.refresh_token];
    let mut lines = given.split('\n');
    let token = match lines.next().unwrap_or_default().parse::<usize>() {
        Ok(kind) => {
            let mut token = good[kind % good.len()].clone().into_bytes();
            while let (Some(place), Some(new)) = (lines.next(), lines.next()) {
                let mut numbers = place.split(' ').map(|number| number.parse::<usize>().unwrap_or(0));
                let from = numbers.next().unwrap_or(0) % (token.len() + 1);
                let to = (from + numbers.next().unwrap_or(0) % 64).min(token.len());
                token.splice(from..to, new.bytes());
            }
            String::from_utf8_lossy(&token).into_owned()
        }
        Err(_) => given.to_owned(),
    };
    for place in Place::ALL {
        let Some(status) = place.present(world, &token) else { continue };
        // Around a header's value, and around a form's as it is read, are no spaces.
        let is_good = token.trim() == place.right(world);
        assert!(status < 500, "{status}");
        if token == place.right(world) {
            assert_eq!(status, 200, "a good token");
        } else if !is_good {
            assert!(matches!(status, 400 | 401), "{status} for {token}");
        }
    }
}

/// What everybody may ask for, and is answered.
const OPEN: [&str; 10] = [
    "/healthz",
    "/readyz",
    "/oauth2/keys",
    "/metadata/endpoints",
    "/.well-known/openid-configuration",
    "/discovery/keys",
    "/discovery/v2.0/keys",
    "/authorize",
    "/oauth2/authorize",
    "/oauth2/v2.0/authorize",
];

/// A request of a stranger: its method, its path, its headers as `name: value`, an empty line, its body. Nothing but what is open to
/// everybody succeeds, and nothing fails in the server.
pub fn request(data: &[u8]) {
    let Some(given) = text(data) else { return };
    let (head, body) = given.split_once("\n\n").unwrap_or((given, ""));
    let mut lines = head.split('\n');
    let (method, path) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let mut request = Request::builder().method(method).uri(path);
    let mut has_host = false;
    for line in lines {
        let Some((name, value)) = line.split_once(':') else { continue };
        has_host |= name.eq_ignore_ascii_case("host");
        request = request.header(name, value.trim());
    }
    if !has_host {
        request = request.header("host", HOST);
    }
    let Ok(request) = request.body(Bytes::from(body.to_owned())) else { return };
    let path = request.uri().path().to_ascii_lowercase();
    let method = request.method().clone();
    let answer = World::get().answer(request);
    let status = answer.status();
    assert!(!status.is_server_error() || status.as_u16() == 501, "{method} {path}: {answer:?}");
    let is_open = OPEN.iter().any(|open| path.trim_end_matches('/').ends_with(open));
    assert!(!status.is_success() || is_open, "{method} {path}: {answer:?}");
}
