use super::super::url::PlainHttp;
use super::*;
use rstest::rstest;

const NOW: i64 = 1_767_225_600;
const SKEW: Duration = Duration::from_secs(60);

fn rules() -> IssuerRules {
    IssuerRules {
        name: IssuerName::parse("ci").expect("a name"),
        issuer: IssuerUrl::parse("https://issuer.example", PlainHttp::Refused).expect("a URL"),
        audiences: vec!["registry".to_owned(), "registry-west".to_owned()],
        subject_claim: "sub".to_owned(),
        name_claim: Some("upn".to_owned()),
        required: Claims::from([
            ("repository".to_owned(), text("octo/app")),
            ("verified".to_owned(), Claim::Flag(true)),
        ]),
    }
}

fn text(text: &str) -> Claim {
    Claim::Text(text.to_owned())
}

fn texts(texts: &[&str]) -> Claim {
    Claim::Texts(texts.iter().map(|&text| text.to_owned()).collect())
}

fn good() -> Claims {
    let claims = [
        ("iss", text("https://issuer.example")),
        ("aud", text("registry")),
        ("sub", text("job 7")),
        ("exp", Claim::Integer(NOW + 300)),
        ("nbf", Claim::Integer(NOW)),
        ("iat", Claim::Integer(NOW)),
        ("repository", text("octo/app")),
        ("verified", Claim::Flag(true)),
    ];
    claims.into_iter().map(|(name, claim)| (name.to_owned(), claim)).collect()
}

fn admit(claims: &Claims) -> Result<Vouched, ClaimRefusal> {
    rules().admit(claims, Timestamp::from_micros(NOW * 1_000_000), SKEW)
}

/// The refusal of a good token with one claim changed, or taken away; `None` when it counts.
fn refusal(name: &str, claim: Option<Claim>) -> Option<ClaimRefusal> {
    let mut claims = good();
    match claim {
        Some(claim) => claims.insert(name.to_owned(), claim),
        None => claims.remove(name),
    };
    admit(&claims).err()
}

#[test]
fn a_good_token_names_somebody_until_it_ends() {
    let expected = Vouched {
        principal: ForeignPrincipal::parse("ci:job 7").expect("a principal"),
        caller: Caller { name: "ci:job 7".to_owned(), kind: CallerKind::Application },
        ends_at: Timestamp::from_micros((NOW + 300) * 1_000_000),
    };
    assert_eq!(admit(&good()), Ok(expected));
}

#[rstest]
#[case::issuer("iss", text("https://issuer.example/"), ClaimRefusal::Issuer)]
#[case::issuers("iss", texts(&["https://issuer.example"]), ClaimRefusal::Issuer)]
#[case::audience("aud", text("Registry"), ClaimRefusal::Audience)]
#[case::part_of_an_audience("aud", text("registr"), ClaimRefusal::Audience)]
#[case::empty_audience("aud", text(""), ClaimRefusal::Audience)]
#[case::other_audiences("aud", texts(&["other"]), ClaimRefusal::Audience)]
#[case::no_audiences("aud", texts(&[]), ClaimRefusal::Audience)]
#[case::mixed_audiences("aud", Claim::Other, ClaimRefusal::Audience)]
#[case::audience_as_a_number("aud", Claim::Integer(1), ClaimRefusal::Audience)]
#[case::expired("exp", Claim::Integer(NOW), ClaimRefusal::Expired)]
#[case::long_expired("exp", Claim::Integer(0), ClaimRefusal::Expired)]
#[case::expiry_as_a_text("exp", text("1767225900"), ClaimRefusal::NoTime("exp"))]
#[case::expiry_as_a_fraction("exp", Claim::Other, ClaimRefusal::NoTime("exp"))]
#[case::negative_expiry("exp", Claim::Integer(-1), ClaimRefusal::NoTime("exp"))]
#[case::not_yet("nbf", Claim::Integer(NOW + 61), ClaimRefusal::NotYet)]
#[case::never("nbf", Claim::Integer(i64::MAX), ClaimRefusal::NotYet)]
#[case::negative_start("nbf", Claim::Integer(-1), ClaimRefusal::NoTime("nbf"))]
#[case::start_as_a_text("nbf", text("0"), ClaimRefusal::NoTime("nbf"))]
#[case::issued_in_the_future("iat", Claim::Integer(NOW + 61), ClaimRefusal::NotYet)]
#[case::issued_as_a_flag("iat", Claim::Flag(true), ClaimRefusal::NoTime("iat"))]
#[case::empty_subject("sub", text(""), ClaimRefusal::Subject(InvalidForeignPrincipal::Subject))]
#[case::subject_of_two_lines("sub", text("a\nb"), ClaimRefusal::Subject(InvalidForeignPrincipal::Subject))]
#[case::subjects("sub", texts(&["a"]), ClaimRefusal::NoText("sub".to_owned()))]
#[case::subject_as_a_number("sub", Claim::Integer(7), ClaimRefusal::NoText("sub".to_owned()))]
#[case::name_of_two_lines("upn", text("a\rb"), ClaimRefusal::NoText("upn".to_owned()))]
#[case::name_as_a_number("upn", Claim::Integer(7), ClaimRefusal::NoText("upn".to_owned()))]
#[case::other_repository("repository", text("octo/other"), ClaimRefusal::Required("repository".to_owned()))]
#[case::repositories("repository", texts(&["octo/app"]), ClaimRefusal::Required("repository".to_owned()))]
#[case::flag_as_a_text("verified", text("true"), ClaimRefusal::Required("verified".to_owned()))]
fn refused(#[case] name: &str, #[case] claim: Claim, #[case] expected: ClaimRefusal) {
    assert_eq!(refusal(name, Some(claim)), Some(expected));
}

#[rstest]
#[case("iss", Some(ClaimRefusal::Issuer))]
#[case("aud", Some(ClaimRefusal::Audience))]
#[case("exp", Some(ClaimRefusal::NoTime("exp")))]
#[case("iat", Some(ClaimRefusal::NoTime("iat")))]
#[case("sub", Some(ClaimRefusal::NoText("sub".to_owned())))]
#[case("repository", Some(ClaimRefusal::Required("repository".to_owned())))]
#[case("nbf", None)]
#[case("upn", None)]
fn what_must_be_there(#[case] name: &str, #[case] expected: Option<ClaimRefusal>) {
    assert_eq!(refusal(name, None), expected);
}

#[rstest]
#[case::one_of_several_audiences("aud", texts(&["other", "registry-west"]))]
#[case::a_clock_that_is_ahead("nbf", Claim::Integer(NOW + 60))]
#[case::issued_by_a_clock_that_is_ahead("iat", Claim::Integer(NOW + 60))]
#[case::forever("exp", Claim::Integer(i64::MAX))]
fn admitted(#[case] name: &str, #[case] claim: Claim) {
    assert_eq!(refusal(name, Some(claim)), None);
}

#[rstest]
#[case(Some("a@example.com"), None, "a@example.com", CallerKind::User)]
#[case(Some("a@example.com"), Some("user"), "a@example.com", CallerKind::User)]
#[case(Some("deployer"), Some("app"), "deployer", CallerKind::Application)]
#[case(None, None, "ci:job 7", CallerKind::Application)]
#[case(None, Some("user"), "ci:job 7", CallerKind::Application)]
fn whom_to_show(#[case] name: Option<&str>, #[case] kind: Option<&str>, #[case] shown: &str, #[case] is: CallerKind) {
    let mut claims = good();
    claims.extend(name.map(|name| ("upn".to_owned(), text(name))));
    claims.extend(kind.map(|kind| ("idtyp".to_owned(), text(kind))));
    let vouched = admit(&claims).expect("it counts");
    assert_eq!(vouched.caller, Caller { name: shown.to_owned(), kind: is });
    assert_eq!(vouched.principal.to_string(), "ci:job 7", "who it is does not follow from whom to show");
}

#[test]
fn without_audiences_nothing_counts() {
    let nobody = IssuerRules { audiences: Vec::new(), ..rules() };
    assert_eq!(nobody.admit(&good(), Timestamp::from_micros(NOW * 1_000_000), SKEW), Err(ClaimRefusal::Audience));
}
