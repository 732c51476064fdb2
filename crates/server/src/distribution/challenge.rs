//! The 401 and its `WWW-Authenticate` header: what a caller must bring, and, to one who proved who it is, what it lacks.
//!
//! A missing right is 401 `insufficient_scope`, never 403: clients then ask for a wider bearer, and containerd fails a push on
//! 403 (reference/data-plane-and-auth.md, section 0).

use super::errors;
use axum::response::Response;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderValue, StatusCode};
use model::access::Refusal;
use model::action::{Action, ActionSet};
use model::operation::{Needed, Needs, ReadBlob};

/// Why nobody counts as the caller, or why the caller may not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reason {
    /// Nothing was presented, or a user name and password that do not count. All look alike.
    Unknown,
    /// A bearer that does not count (RFC 6750, section 3.1).
    InvalidToken,
    /// The caller is known and holds too little.
    Missing(Refusal),
}

/// A request refused for want of a sign-in or of a right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unauthorized {
    reason: Reason,
    scope: Option<String>,
    needed: Vec<wire::oci::NeededAction>,
}

impl Unauthorized {
    /// Of a request for `operation`, which would like to read `source` too.
    pub(super) fn new(reason: Reason, operation: &dyn Needed, source: Option<&ReadBlob>) -> Self {
        // Mounting does not need the source, so it is asked for and never missed.
        let scopes = [operation.challenge_scope(), source.and_then(Needed::challenge_scope)];
        let scope = scopes.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let needed = match &reason {
            Reason::Missing(Refusal::ActionsMissing { repository, missing }) => {
                needed(Needs::Repository(repository, *missing))
            }
            _ => needed(operation.needs()),
        };
        Self { reason, scope: (!scope.is_empty()).then_some(scope), needed }
    }

    /// The 401. `base_url` is scheme and authority of this server as the client sees it, `service` the registry's login server.
    pub(super) fn into_response(self, base_url: &str, service: &str) -> Response {
        let message = match &self.reason {
            Reason::Unknown | Reason::InvalidToken => Refusal::SignedOut.to_string(),
            Reason::Missing(refusal) => refusal.to_string(),
        };
        let header = self.header(base_url, service);
        let detail = (!self.needed.is_empty()).then(|| serde_json::json!(self.needed));
        let mut answer = errors::body_of(vec![wire::oci::Error { code: "UNAUTHORIZED".to_owned(), message, detail }]);
        *answer.status_mut() = StatusCode::UNAUTHORIZED;
        // Names of registries and repositories and the parsed host hold no character that a header cannot.
        if let Ok(value) = HeaderValue::try_from(header) {
            answer.headers_mut().insert(WWW_AUTHENTICATE, value);
        }
        answer
    }

    /// No space behind the commas: the Azure CLI splits there without trimming (reference/data-plane-and-auth.md, 1.1).
    fn header(&self, base_url: &str, service: &str) -> String {
        let error = match &self.reason {
            Reason::Unknown | Reason::Missing(Refusal::SignedOut) => None,
            Reason::InvalidToken => Some("invalid_token"),
            Reason::Missing(Refusal::CatalogMissing | Refusal::ActionsMissing { .. }) => Some("insufficient_scope"),
        };
        let mut header =
            format!("Bearer realm={},service={}", quoted(&format!("{base_url}/oauth2/token")), quoted(service));
        for (name, value) in [("scope", self.scope.as_deref()), ("error", error)] {
            if let Some(value) = value {
                header.push_str(&format!(",{name}={}", quoted(value)));
            }
        }
        header
    }
}

/// A quoted string of RFC 9110, section 5.6.4.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn needed(needs: Needs<'_>) -> Vec<wire::oci::NeededAction> {
    let of = |kind: &str, name: &str, action: &str| wire::oci::NeededAction {
        kind: kind.to_owned(),
        class: String::new(),
        name: name.to_owned(),
        action: action.to_owned(),
    };
    let on_repository = |name: &str, actions: ActionSet| {
        actions.iter().map(|action| of("repository", name, Action::in_scope(action))).collect()
    };
    match needs {
        Needs::SignIn => Vec::new(),
        Needs::Catalog => vec![of("registry", "catalog", "*")],
        Needs::Repository(name, actions) => on_repository(name.as_str(), actions),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::digest::{Digest, DigestAlgorithm};
    use model::operation::{ListCatalog, ListTags, SignIn, StartUpload};
    use model::repository::RepositoryName;
    use rstest::rstest;

    fn repository(name: &str) -> RepositoryName {
        RepositoryName::parse(name).expect("a name")
    }

    fn push() -> StartUpload {
        StartUpload { repository: repository("team/app") }
    }

    fn missing(actions: ActionSet) -> Reason {
        Reason::Missing(Refusal::ActionsMissing { repository: repository("team/app"), missing: actions })
    }

    const REALM: &str = r#"Bearer realm="https://reg.example/oauth2/token",service="reg.example""#;

    #[rstest]
    #[case(Reason::Unknown, &SignIn, "")]
    #[case(Reason::InvalidToken, &SignIn, r#",error="invalid_token""#)]
    #[case(Reason::Unknown, &ListCatalog, r#",scope="registry:catalog:*""#)]
    #[case(Reason::Missing(Refusal::SignedOut), &push(), r#",scope="repository:team/app:pull,push""#)]
    #[case(
        missing(Action::ContentWrite.into()),
        &push(),
        r#",scope="repository:team/app:pull,push",error="insufficient_scope""#
    )]
    #[case(
        missing(Action::MetadataRead.into()),
        &ListTags { repository: repository("team/app") },
        r#",scope="repository:team/app:metadata_read",error="insufficient_scope""#
    )]
    fn headers(#[case] reason: Reason, #[case] operation: &dyn Needed, #[case] rest: &str) {
        let header = Unauthorized::new(reason, operation, None).header("https://reg.example", "reg.example");
        assert_eq!(header, format!("{REALM}{rest}"));
    }

    #[test]
    fn a_mount_asks_for_its_source_too() {
        let source = ReadBlob { repository: repository("other"), digest: Digest::of(DigestAlgorithm::Sha256, b"") };
        let refused = Unauthorized::new(Reason::Unknown, &push(), Some(&source));
        assert_eq!(refused.scope.as_deref(), Some("repository:team/app:pull,push repository:other:pull"));
        assert_eq!(refused.needed.iter().map(|n| n.action.as_str()).collect::<Vec<_>>(), ["push"]);
    }

    #[test]
    fn nothing_ends_a_quoted_string() {
        assert_eq!(quoted(r#"a"b\c"#), r#""a\"b\\c""#);
    }

    #[rstest]
    #[case(Reason::Unknown, "authentication required")]
    #[case(Reason::InvalidToken, "authentication required")]
    #[case(missing(Action::ContentWrite.into()), "missing content/write on repository team/app")]
    #[tokio::test]
    async fn bodies(#[case] reason: Reason, #[case] message: &str) {
        let answer = Unauthorized::new(reason, &push(), None).into_response("http://r", "r");
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        let bytes = axum::body::to_bytes(answer.into_body(), 10_000).await.expect("a body");
        let detail = r#"[{"Type":"repository","Class":"","Name":"team/app","Action":"push"}]"#;
        let expected = format!(r#"{{"errors":[{{"code":"UNAUTHORIZED","message":"{message}","detail":{detail}}}]}}"#);
        assert_eq!(String::from_utf8_lossy(&bytes), expected);
    }
}
