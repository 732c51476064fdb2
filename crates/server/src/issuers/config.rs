//! `[[issuers]]`: OpenID issuers whose tokens count as bearers of the management API.

use model::issuer::IssuerName;
use model::issuer::rules::{Claim, Claims, IssuerRules};
use model::issuer::url::{IssuerUrl, PlainHttp};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One issuer, checked.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Table")]
pub struct IssuerConfig {
    /// What its tokens must say.
    pub(crate) rules: IssuerRules,
    /// Where its keys are; `None` where its discovery document says.
    pub(crate) jwks_uri: Option<IssuerUrl>,
    /// The authorities of its hosts; `None` for those of the system.
    pub(crate) ca: Option<PathBuf>,
    /// Whether its documents may come over plain HTTP.
    pub(crate) plain_http: PlainHttp,
}

/// The table as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: Name,
    issuer: String,
    audience: Audience,
    #[serde(default = "sub")]
    subject_claim: ClaimName,
    name_claim: Option<ClaimName>,
    #[serde(default)]
    claims: BTreeMap<String, Wanted>,
    jwks_uri: Option<String>,
    ca: Option<PathBuf>,
    #[serde(default)]
    allow_http_on_loopback: bool,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Name(IssuerName);

impl TryFrom<String> for Name {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        IssuerName::parse(&text).map(Self).map_err(|error| error.to_string())
    }
}

/// One audience or several; never none.
#[derive(Deserialize)]
#[serde(try_from = "OneOrMore")]
struct Audience(Vec<String>);

#[derive(Deserialize)]
#[serde(untagged, expecting = "audience must be a text or a list of texts")]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

impl TryFrom<OneOrMore> for Audience {
    type Error = &'static str;

    fn try_from(given: OneOrMore) -> Result<Self, &'static str> {
        let audiences = match given {
            OneOrMore::One(audience) => vec![audience],
            OneOrMore::More(audiences) => audiences,
        };
        if audiences.is_empty() || audiences.iter().any(|audience| audience.trim().is_empty()) {
            return Err(
                "audience must not be empty: without one, a token that was issued for any other service would open this one",
            );
        }
        Ok(Self(audiences))
    }
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct ClaimName(String);

impl TryFrom<String> for ClaimName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, &'static str> {
        if text.is_empty() { Err("a claim needs a name") } else { Ok(Self(text)) }
    }
}

fn sub() -> ClaimName {
    ClaimName("sub".to_owned())
}

/// What a claim must be.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a required claim must be a text, a whole number, or true or false")]
enum Wanted {
    Text(String),
    Integer(i64),
    Flag(bool),
}

impl TryFrom<Table> for IssuerConfig {
    type Error = String;

    fn try_from(table: Table) -> Result<Self, String> {
        let plain_http = if table.allow_http_on_loopback { PlainHttp::OnLoopback } else { PlainHttp::Refused };
        let url = |key: &str, text: &str| {
            IssuerUrl::parse(text, plain_http).map_err(|error| {
                let hint = if text.starts_with("http:") {
                    "; `allow_http_on_loopback = true` takes http from this machine, for tests"
                } else {
                    ""
                };
                format!("{key}: {error}{hint}")
            })
        };
        let issuer = url("issuer", &table.issuer)?;
        if issuer.has_query() {
            return Err(format!("issuer: '{issuer}' has a query, which no issuer has"));
        }
        let wanted = |wanted| match wanted {
            Wanted::Text(text) => Claim::Text(text),
            Wanted::Integer(number) => Claim::Integer(number),
            Wanted::Flag(flag) => Claim::Flag(flag),
        };
        let required: Claims = table.claims.into_iter().map(|(name, claim)| (name, wanted(claim))).collect();
        Ok(Self {
            rules: IssuerRules {
                name: table.name.0,
                issuer,
                audiences: table.audience.0,
                subject_claim: table.subject_claim.0,
                name_claim: table.name_claim.map(|claim| claim.0),
                required,
            },
            jwks_uri: table.jwks_uri.map(|text| url("jwks_uri", &text)).transpose()?,
            ca: table.ca,
            plain_http,
        })
    }
}

/// Reads the list. Two of one name would be taken for one another, and of two of one URL only one could judge.
pub(crate) fn distinct<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IssuerConfig>, D::Error> {
    let issuers = Vec::<IssuerConfig>::deserialize(deserializer)?;
    for (position, issuer) in issuers.iter().enumerate() {
        let rules = &issuer.rules;
        for other in issuers.iter().take(position) {
            if other.rules.name == rules.name {
                return Err(serde::de::Error::custom(format!("two issuers have the name '{}'", rules.name)));
            }
            if other.rules.issuer == rules.issuer {
                return Err(serde::de::Error::custom(format!("two issuers have the URL '{}'", rules.issuer)));
            }
        }
    }
    Ok(issuers)
}

#[cfg(test)]
mod tests {
    use crate::Config;
    use rstest::rstest;

    const LEAST: &str = "name = \"ci\"\nissuer = \"https://issuer.example\"\naudience = \"a\"\n";

    #[rstest]
    #[case::no_audience("name = \"ci\"\nissuer = \"https://issuer.example\"", "missing field `audience`")]
    #[case::no_issuer("name = \"ci\"\naudience = \"a\"", "missing field `issuer`")]
    #[case::no_name("issuer = \"https://issuer.example\"\naudience = \"a\"", "missing field `name`")]
    #[case::empty_audience(
        "name = \"ci\"\nissuer = \"https://issuer.example\"\naudience = \"\"",
        "audience must not be empty"
    )]
    #[case::no_audiences(
        "name = \"ci\"\nissuer = \"https://issuer.example\"\naudience = []",
        "audience must not be empty"
    )]
    #[case::an_empty_one(
        "name = \"ci\"\nissuer = \"https://issuer.example\"\naudience = [\"a\", \" \"]",
        "audience must not be empty"
    )]
    #[case::audience_as_a_number(
        "name = \"ci\"\nissuer = \"https://issuer.example\"\naudience = 1",
        "audience must be a text"
    )]
    #[case::name(
        "name = \"C I\"\nissuer = \"https://issuer.example\"\naudience = \"a\"",
        "'C I' is not a name of an issuer"
    )]
    #[case::plain(
        "name = \"ci\"\nissuer = \"http://127.0.0.1:1\"\naudience = \"a\"",
        "issuer: 'http://127.0.0.1:1' is not https"
    )]
    #[case::plain_elsewhere(
        "name = \"ci\"\nissuer = \"http://issuer.example\"\naudience = \"a\"\nallow_http_on_loopback = true",
        "issuer: 'http://issuer.example' is not https"
    )]
    #[case::query(
        "name = \"ci\"\nissuer = \"https://issuer.example?a\"\naudience = \"a\"",
        "issuer: 'https://issuer.example?a' has a query"
    )]
    #[case::keys(
        "name = \"ci\"\nissuer = \"https://issuer.example\"\naudience = \"a\"\njwks_uri = \"keys\"",
        "jwks_uri: 'keys' is not a URL"
    )]
    #[case::unknown_key(
        "name = \"ci\"\nissuer = \"https://issuer.example\"\naudience = \"a\"\naudiences = []",
        "unknown field `audiences`"
    )]
    #[case::claim_of_a_list(
        "name = \"ci\"\nissuer = \"https://issuer.example\"\naudience = \"a\"\nclaims = { roles = [\"x\"] }",
        "a required claim must be a text"
    )]
    #[case::claim_without_a_name(
        "name = \"ci\"\nissuer = \"https://issuer.example\"\naudience = \"a\"\nsubject_claim = \"\"",
        "a claim needs a name"
    )]
    fn errors_say_where(#[case] table: &str, #[case] expected: &str) {
        let text = format!("domain = \"localhost\"\n[[issuers]]\n{table}\n");
        let message = Config::parse(&text).map_err(|error| error.to_string()).err().unwrap_or_default();
        assert!(message.contains(expected) && message.contains("line"), "{message}");
    }

    #[rstest]
    #[case::name("name = \"ci\"\nissuer = \"https://other.example\"", "two issuers have the name 'ci'")]
    #[case::url("name = \"other\"\nissuer = \"https://issuer.example\"", "two issuers have the URL")]
    fn each_is_its_own(#[case] second: &str, #[case] expected: &str) {
        let text = format!("[[issuers]]\n{LEAST}[[issuers]]\n{second}\naudience = \"a\"\n");
        let message = Config::parse(&text).map_err(|error| error.to_string()).err().unwrap_or_default();
        assert!(message.contains(expected) && message.contains("line"), "{message}");
    }

    #[test]
    fn the_least_says_the_defaults() -> Result<(), Box<dyn std::error::Error>> {
        let config = Config::parse(&format!("[[issuers]]\n{LEAST}"))?;
        let [issuer] = config.issuers.as_slice() else { return Err("one issuer".into()) };
        assert_eq!((issuer.rules.subject_claim.as_str(), &issuer.rules.name_claim), ("sub", &None));
        assert_eq!((&issuer.jwks_uri, &issuer.ca), (&None, &None));
        assert_eq!(issuer.rules.audiences, ["a"]);
        assert!(issuer.rules.required.is_empty());
        Ok(())
    }
}
