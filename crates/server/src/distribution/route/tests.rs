use super::*;
use proptest::prelude::*;
use rstest::rstest;

const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// One line that says what a request was taken for.
fn seen(method: &str, path: &str) -> String {
    let path = path.replace("DIGEST", DIGEST);
    let method = Method::from_bytes(method.as_bytes()).expect("a method");
    let line = match parse(&method, &path) {
        Ok(Routed::SignIn(_)) => "sign in".to_owned(),
        Ok(Routed::ListCatalog(_)) => "list catalog".to_owned(),
        Ok(Routed::ListTags(o)) => format!("list tags of {}", o.repository),
        Ok(Routed::ReadManifest(o)) => format!("read manifest {} of {}", o.reference, o.repository),
        Ok(Routed::WriteManifest(o)) => format!("write manifest {} of {}", o.reference, o.repository),
        Ok(Routed::DeleteManifest(o)) => format!("delete manifest {} of {}", o.reference, o.repository),
        Ok(Routed::ListReferrers(o)) => format!("list referrers to {} of {}", o.subject, o.repository),
        Ok(Routed::ReadBlob(o)) => format!("read blob {} of {}", o.digest, o.repository),
        Ok(Routed::DeleteBlob(o)) => format!("delete blob {} of {}", o.digest, o.repository),
        Ok(Routed::StartUpload(o)) => format!("start upload to {}", o.repository),
        Ok(Routed::GetUpload(o)) => format!("get upload {} of {}", o.upload, o.repository),
        Ok(Routed::AppendUpload(o)) => format!("append to upload {} of {}", o.upload, o.repository),
        Ok(Routed::FinishUpload(o)) => format!("finish upload {} of {}", o.upload, o.repository),
        Ok(Routed::CancelUpload(o)) => format!("cancel upload {} of {}", o.upload, o.repository),
        Ok(Routed::Acr(AcrRouted::ListCatalog(_))) => "list catalog of acr".to_owned(),
        Ok(Routed::Acr(AcrRouted::ShowRepository(o))) => format!("show {}", o.repository),
        Ok(Routed::Acr(AcrRouted::ChangeRepository(o))) => format!("change {}", o.repository),
        Ok(Routed::Acr(AcrRouted::DeleteRepository(o))) => format!("delete {}", o.repository),
        Ok(Routed::Acr(AcrRouted::ShowTags(o))) => format!("show tags of {}", o.repository),
        Ok(Routed::Acr(AcrRouted::ShowTag(o))) => format!("show tag {} of {}", o.tag, o.repository),
        Ok(Routed::Acr(AcrRouted::ChangeTag(o))) => format!("change tag {} of {}", o.tag, o.repository),
        Ok(Routed::Acr(AcrRouted::DeleteTag(o))) => format!("delete tag {} of {}", o.tag, o.repository),
        Ok(Routed::Acr(AcrRouted::ShowManifests(o))) => format!("show manifests of {}", o.repository),
        Ok(Routed::Acr(AcrRouted::ShowManifest(o))) => format!("show manifest {} of {}", o.digest, o.repository),
        Ok(Routed::Acr(AcrRouted::ChangeManifest(o))) => format!("change manifest {} of {}", o.digest, o.repository),
        Err(RouteError::NoRoute) => "no route".to_owned(),
        Err(RouteError::MethodNotAllowed(allowed)) => format!("only {allowed}"),
        Err(RouteError::NotText) => "not text".to_owned(),
        Err(RouteError::Name(InvalidRepositoryName(text))) => format!("bad name {text:?}"),
        Err(RouteError::NoSuchName(InvalidRepositoryName(text))) => format!("no such name {text:?}"),
        Err(RouteError::Digest(InvalidDigest(text))) => format!("bad digest {text}"),
        Err(RouteError::Tag(InvalidTag(text))) => format!("bad tag {text:?}"),
        Err(RouteError::NoSuchTag(text)) => format!("no such tag {text:?}"),
        Err(RouteError::NoSuchUpload) => "no such upload".to_owned(),
    };
    line.replace(DIGEST, "DIGEST")
}

#[rstest]
#[case("GET", "/v2/", "sign in")]
#[case("GET", "/v2", "sign in")]
#[case("HEAD", "/v2/", "sign in")]
#[case("GET", "/v2/_catalog", "list catalog")]
#[case("GET", "/v2/a/tags/list", "list tags of a")]
#[case("GET", "/v2/team/app/tags/list", "list tags of team/app")]
#[case("GET", "/v2/a/manifests/latest", "read manifest latest of a")]
#[case("HEAD", "/v2/a/manifests/DIGEST", "read manifest DIGEST of a")]
#[case("PUT", "/v2/a/manifests/1.0", "write manifest 1.0 of a")]
#[case("DELETE", "/v2/a/manifests/1.0", "delete manifest 1.0 of a")]
#[case("GET", "/v2/a/referrers/DIGEST", "list referrers to DIGEST of a")]
#[case("GET", "/v2/a/blobs/DIGEST", "read blob DIGEST of a")]
#[case("HEAD", "/v2/a/blobs/DIGEST", "read blob DIGEST of a")]
#[case("DELETE", "/v2/a/blobs/DIGEST", "delete blob DIGEST of a")]
#[case("POST", "/v2/a/blobs/uploads/", "start upload to a")]
#[case("POST", "/v2/a/blobs/uploads", "start upload to a")]
#[case("GET", "/v2/a/blobs/uploads/0-x", "get upload 0-x of a")]
#[case("PATCH", "/v2/a/blobs/uploads/0-x", "append to upload 0-x of a")]
#[case("PUT", "/v2/a/blobs/uploads/0-x", "finish upload 0-x of a")]
#[case("DELETE", "/v2/a/blobs/uploads/0-x", "cancel upload 0-x of a")]
fn requests(#[case] method: &str, #[case] path: &str, #[case] expected: &str) {
    assert_eq!(seen(method, path), expected);
}

#[rstest]
#[case("GET", "/acr/v1/_catalog", "list catalog of acr")]
#[case("POST", "/acr/v1/_catalog", "only GET, HEAD")]
#[case("GET", "/acr/v1/team/app", "show team/app")]
#[case("HEAD", "/acr/v1/team%2Fapp", "show team/app")]
#[case("PATCH", "/acr/v1/team%2fapp", "change team/app")]
#[case("DELETE", "/acr/v1/app", "delete app")]
#[case("PUT", "/acr/v1/app", "only GET, HEAD, PATCH, DELETE")]
#[case("GET", "/acr/v1/team%2Fapp/_tags", "show tags of team/app")]
#[case("PATCH", "/acr/v1/team/app/_tags", "only GET, HEAD")]
#[case("GET", "/acr/v1/team/app/_tags/v1", "show tag v1 of team/app")]
#[case("PATCH", "/acr/v1/app/_tags/v1", "change tag v1 of app")]
#[case("DELETE", "/acr/v1/app/_tags/v1", "delete tag v1 of app")]
#[case("PUT", "/acr/v1/app/_tags/v1", "only GET, HEAD, PATCH, DELETE")]
#[case("GET", "/acr/v1/app/_tags/.v1", r#"bad tag ".v1""#)]
#[case("GET", "/acr/v1/app/_tags/", r#"bad tag """#)]
#[case("GET", "/acr/v1/app/_manifests", "show manifests of app")]
#[case("HEAD", "/acr/v1/team%2Fapp/_manifests/DIGEST", "show manifest DIGEST of team/app")]
#[case("PATCH", "/acr/v1/team/app/_manifests/DIGEST", "change manifest DIGEST of team/app")]
#[case("DELETE", "/acr/v1/team/app/_manifests/DIGEST", "only GET, HEAD, PATCH")]
#[case("GET", "/acr/v1/app/_manifests/v1", "bad digest v1")]
#[case("GET", "/acr/v1/tags/list", "show tags/list")]
#[case("GET", "/acr/v1/App", r#"no such name "App""#)]
#[case("GET", "/acr/v1/_tags", r#"no such name "_tags""#)]
#[case("GET", "/acr/v1/_deleted/app/_manifests", r#"no such name "_deleted/app""#)]
#[case("GET", "/acr/v1/app/", r#"no such name "app/""#)]
#[case("GET", "/acr/v1/", r#"no such name """#)]
#[case("GET", "/acr/v1", "no route")]
#[case("GET", "/acr/v2/app", "no route")]
#[case("GET", "/acr/v1/%ff", "not text")]
fn of_the_metadata_api(#[case] method: &str, #[case] path: &str, #[case] expected: &str) {
    assert_eq!(seen(method, path), expected);
}

#[rstest]
#[case("GET", "/v2/a/blobs/b/tags/list", "list tags of a/blobs/b")]
#[case("GET", "/v2/tags/list/tags/list", "list tags of tags/list")]
#[case("GET", "/v2/manifests/manifests/manifests", "read manifest manifests of manifests")]
#[case("GET", "/v2/a/manifests/blobs/DIGEST", "read blob DIGEST of a/manifests")]
#[case("GET", "/v2/a/tags/manifests/list", "read manifest list of a/tags")]
#[case("POST", "/v2/blobs/uploads/blobs/uploads/", "start upload to blobs/uploads")]
#[case("GET", "/v2/a/blobs/uploads/manifests/v1", "read manifest v1 of a/blobs/uploads")]
#[case("GET", "/v2/a/blobs/uploads/tags/list", "list tags of a/blobs/uploads")]
#[case("GET", "/v2/a/blobs/uploads/uploads", "get upload uploads of a")]
#[case("GET", "/v2/uploads/blobs/DIGEST", "read blob DIGEST of uploads")]
#[case("GET", "/v2/v2/tags/list", "list tags of v2")]
fn names_that_hold_words_of_the_api(#[case] method: &str, #[case] path: &str, #[case] expected: &str) {
    assert_eq!(seen(method, path), expected);
}

#[rstest]
#[case("/v2/team%2Fapp/tags/list", "list tags of team/app")]
#[case("/v2/team%2fapp%2Ftags%2Flist", "list tags of team/app")]
#[case(
    "/v2/a/blobs/sha256%3Ae3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "read blob DIGEST of a"
)]
// Decoded once: what is still encoded then is no name.
#[case("/v2/team%252Fapp/tags/list", r#"bad name "team%2Fapp""#)]
#[case("/v2/a%zz/tags/list", r#"bad name "a%zz""#)]
#[case("/v2/a%00/tags/list", r#"bad name "a\0""#)]
#[case("/v2/%2e%2e/tags/list", r#"bad name "..""#)]
#[case("/v2/%ff/tags/list", "not text")]
fn percent_encoding(#[case] path: &str, #[case] expected: &str) {
    assert_eq!(seen("GET", path), expected);
}

#[rstest]
#[case("/v2//a/tags/list", r#"bad name "/a""#)]
#[case("/v2/a//tags/list", r#"bad name "a/""#)]
#[case("/v2/a//b/tags/list", r#"bad name "a//b""#)]
#[case("/v2/../a/tags/list", r#"bad name "../a""#)]
#[case("/v2/A/tags/list", r#"bad name "A""#)]
#[case("/v2/tags/list", r#"bad name """#)]
#[case("/v2/manifests/latest", r#"bad name """#)]
#[case("/v2/blobs/uploads/x", r#"bad name """#)]
#[case("/v2/a/blobs/sha256:beef", "bad digest sha256:beef")]
#[case("/v2/a/blobs/latest", "bad digest latest")]
#[case("/v2/a/referrers/latest", "bad digest latest")]
#[case("/v2/a/manifests/sha256:totallywrong", "bad digest sha256:totallywrong")]
#[case("/v2/a/manifests/.INVALID_MANIFEST_NAME", r#"no such tag ".INVALID_MANIFEST_NAME""#)]
#[case("/v2/a/manifests/", r#"no such tag """#)]
#[case("/v2/a/blobs/uploads/a.b", "no such upload")]
#[case("/v2/a", "no route")]
#[case("/v2/a/", "no route")]
#[case("/v2/a/b/c", "no route")]
#[case("/v2/a/tags/list/", "no route")]
#[case("/v2/a/tags/latest", "no route")]
#[case("/v2/_catalog/", "no route")]
#[case("/v2x/a/tags/list", "no route")]
#[case("/v1/", "no route")]
#[case("/", "no route")]
#[case("*", "no route")]
fn refused(#[case] path: &str, #[case] expected: &str) {
    assert_eq!(seen("GET", path), expected);
}

#[rstest]
#[case("POST", "/v2/", "only GET, HEAD")]
#[case("DELETE", "/v2/_catalog", "only GET, HEAD")]
#[case("PUT", "/v2/a/tags/list", "only GET, HEAD")]
#[case("POST", "/v2/a/referrers/DIGEST", "only GET, HEAD")]
#[case("PATCH", "/v2/a/manifests/latest", "only GET, HEAD, PUT, DELETE")]
#[case("PUT", "/v2/a/blobs/DIGEST", "only GET, HEAD, DELETE")]
#[case("GET", "/v2/a/blobs/uploads/", "only POST")]
#[case("POST", "/v2/a/blobs/uploads/x", "only GET, HEAD, PATCH, PUT, DELETE")]
#[case("BREW", "/v2/a/blobs/uploads/x", "only GET, HEAD, PATCH, PUT, DELETE")]
#[case("PUT", "/v2/a/manifests/.hidden", r#"bad tag ".hidden""#)]
#[case("PUT", "/v2/a/manifests/sha256:baddigeststring", "bad digest sha256:baddigeststring")]
fn methods(#[case] method: &str, #[case] path: &str, #[case] expected: &str) {
    assert_eq!(seen(method, path), expected);
}

fn any_method() -> impl Strategy<Value = Method> {
    prop::sample::select(vec![Method::GET, Method::HEAD, Method::PUT, Method::POST, Method::PATCH, Method::DELETE])
}

fn any_path() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        prop::sample::select(vec!["blobs", "uploads", "tags", "list", "manifests", "referrers", "_catalog", "v2", ""]),
        prop::sample::select(vec!["_tags", "_manifests"]),
        prop::sample::select(vec!["..", ".", "a", "team%2Fapp", "%00", "%ff", "%", "A", DIGEST, "latest", "%252F"]),
    ];
    prop_oneof![
        (prop::sample::select(vec!["/v2", "/acr/v1"]), prop::collection::vec(word, 0..8))
            .prop_map(|(plane, words)| format!("{plane}/{}", words.join("/"))),
        "/v2/\\PC{0,40}"
    ]
}

proptest! {
    #[test]
    fn whatever_is_routed_names_a_repository(method in any_method(), path in any_path()) {
        if let Ok(routed) = parse(&method, &path)
            && let model::operation::Needs::Repository(name, actions) = routed.operation().needs()
        {
            prop_assert_eq!(RepositoryName::parse(name.as_str()), Ok(name.clone()));
            prop_assert!(!actions.is_empty());
        }
    }

    #[test]
    fn a_name_comes_through_as_it_was_sent(name in "(a|blobs|uploads|tags|list|manifests|referrers)(/(b|blobs|uploads|tags|list|manifests)){0,4}") {
        let routed = |method: Method, end: &str| parse(&method, &format!("/v2/{name}/{end}"));
        let repository = RepositoryName::parse(&name).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(routed(Method::GET, "tags/list"), Ok(Routed::ListTags(ListTags { repository: repository.clone() })));
        prop_assert_eq!(routed(Method::POST, "blobs/uploads/"), Ok(Routed::StartUpload(StartUpload { repository: repository.clone() })));
        let upload = ContinueUpload { repository, upload: "u-1".to_owned() };
        prop_assert_eq!(routed(Method::PATCH, "blobs/uploads/u-1"), Ok(Routed::AppendUpload(upload)));
        let shown = parse(&Method::GET, &format!("/acr/v1/{name}"));
        let expected = model::operation::ShowRepository { repository: RepositoryName::parse(&name).map_err(|e| TestCaseError::fail(e.to_string()))? };
        prop_assert_eq!(shown, Ok(Routed::Acr(AcrRouted::ShowRepository(expected))));
    }
}
