//! Every operation of the registry × every action × every way to sign in, or to fail to. What an operation needs is written down
//! here a second time, by hand: the table of `model` is not asked.
//!
//! A new operation does not compile until it has its arm in [`rows_of`] and in [`after`]; a new method of a route fails
//! [`every_form_of_every_route_has_its_row`].

use crate::client::{Client, Outcome, TokenClient};
use crate::client_certificate::ClientCertificate;
use crate::distribution::pushes::{REPOSITORY, digest_of, everything, image};
use crate::harness::{Harness, Holder, OTHER_REGISTRY, REGISTRY};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::header::{CONTENT_TYPE, RANGE};
use http::{HeaderName, Method};
use jsonwebtoken::{EncodingKey, decode_header, encode};
use model::action::Action;
use model::manifest::ManifestKind;
use model::operation::*;
use model::reference::{Reference, Tag};
use model::repository::RepositoryName;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

const HOST: &str = "lnxcr.localhost";
/// All that a bearer can be asked for here.
const EVERYTHING: [&str; 2] = ["repository:samples/hello:*", "registry:catalog:*"];
/// Where callers hold nothing.
const SECRET: &str = "secret/hello";

/// What a caller must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// A sign-in.
    SignIn,
    /// A sign-in; with a bearer, the scope of the catalog.
    Catalog,
    /// This action on the repository.
    Action(Action),
}

/// One form of asking for an operation.
struct Form {
    method: Method,
    path: String,
    headers: Vec<(HeaderName, &'static str)>,
    body: String,
    /// What a caller who may is answered.
    answered: &'static str,
}

/// An operation: what it needs, its route, every form of asking for it.
struct Row {
    need: Need,
    route: &'static str,
    forms: Vec<Form>,
}

impl Form {
    fn new(method: Method, path: impl Into<String>, answered: &'static str) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: String::new(), answered }
    }

    fn with(mut self, header: HeaderName, value: &'static str, body: impl Into<String>) -> Self {
        self.headers.push((header, value));
        self.body = body.into();
        self
    }
}

fn read(path: String) -> Vec<Form> {
    vec![Form::new(Method::HEAD, &*path, "200"), Form::new(Method::GET, path, "200")]
}

/// Every operation has one route, but for the catalog.
fn rows_of(operation: &Operation, uploads: &[String; 2]) -> Vec<Row> {
    let path = |end: String| format!("/v2/{REPOSITORY}/{end}");
    let (need, route, forms) = match operation {
        Operation::SignIn(SignIn) => (Need::SignIn, "/v2/", read("/v2/".to_owned())),
        Operation::ListCatalog(ListCatalog) => {
            let of = |route: &'static str| Row { need: Need::Catalog, route, forms: read(route.to_owned()) };
            return vec![of("/v2/_catalog"), of("/acr/v1/_catalog")];
        }
        Operation::ListTags(ListTags { .. }) => {
            (Need::Action(Action::MetadataRead), "tags/list", read(path("tags/list".to_owned())))
        }
        Operation::ReadManifest(ReadManifest { reference, .. }) => {
            (Need::Action(Action::ContentRead), "manifests/<reference>", read(path(format!("manifests/{reference}"))))
        }
        Operation::WriteManifest(WriteManifest { reference, .. }) => {
            let form = Form::new(Method::PUT, path(format!("manifests/{reference}")), "201");
            let manifest = image(&digest_of(b"hello"), "");
            let form = form.with(CONTENT_TYPE, ManifestKind::OciImage.media_type(), manifest);
            (Need::Action(Action::ContentWrite), "manifests/<reference>", vec![form])
        }
        Operation::DeleteManifest(DeleteManifest { reference, .. }) => {
            let form = Form::new(Method::DELETE, path(format!("manifests/{reference}")), "202");
            (Need::Action(Action::ContentDelete), "manifests/<reference>", vec![form])
        }
        Operation::ListReferrers(ListReferrers { subject, .. }) => {
            (Need::Action(Action::ContentRead), "referrers/<digest>", read(path(format!("referrers/{subject}"))))
        }
        Operation::ReadBlob(ReadBlob { digest, .. }) => {
            let mut forms = read(path(format!("blobs/{digest}")));
            forms.push(Form::new(Method::GET, path(format!("blobs/{digest}")), "206").with(RANGE, "bytes=1-2", ""));
            (Need::Action(Action::ContentRead), "blobs/<digest>", forms)
        }
        Operation::DeleteBlob(DeleteBlob { digest, .. }) => {
            let form = Form::new(Method::DELETE, path(format!("blobs/{digest}")), "202");
            (Need::Action(Action::ContentDelete), "blobs/<digest>", vec![form])
        }
        Operation::StartUpload(StartUpload { .. }) => {
            let path = path("blobs/uploads/".to_owned());
            // The caller may not read the source, so this becomes an upload.
            let mount = format!("{path}?mount={}&from={SECRET}", digest_of(b"hello"));
            let whole = format!("{path}?digest={}", digest_of(b""));
            let forms =
                [(path, "202"), (mount, "202"), (whole, "201")].map(|(path, ok)| Form::new(Method::POST, path, ok));
            (Need::Action(Action::ContentWrite), "blobs/uploads/", forms.into())
        }
        Operation::ContinueUpload(ContinueUpload { .. }) => {
            let [finished, cancelled] = uploads;
            let forms = vec![
                Form::new(Method::GET, finished, "204"),
                Form::new(Method::HEAD, finished, "204"),
                Form::new(Method::PATCH, finished, "202"),
                Form::new(Method::PUT, format!("{finished}?digest={}", digest_of(b"")), "201"),
                Form::new(Method::DELETE, cancelled, "204"),
            ];
            (Need::Action(Action::ContentWrite), "blobs/uploads/<id>", forms)
        }
        Operation::ShowRepository(ShowRepository { .. }) => told("acr", ""),
        Operation::ShowTags(ShowTags { .. }) => told("acr _tags", "/_tags"),
        Operation::ShowTag(ShowTag { tag, .. }) => told("acr _tags/<tag>", &format!("/_tags/{tag}")),
        Operation::ShowManifests(ShowManifests { .. }) => told("acr _manifests", "/_manifests"),
        Operation::ShowManifest(ShowManifest { digest, .. }) => {
            told("acr _manifests/<digest>", &format!("/_manifests/{digest}"))
        }
        Operation::ChangeRepository(ChangeRepository { .. }) => changed("acr", ""),
        Operation::ChangeTag(ChangeTag { tag, .. }) => changed("acr _tags/<tag>", &format!("/_tags/{tag}")),
        Operation::ChangeManifest(ChangeManifest { digest, .. }) => {
            changed("acr _manifests/<digest>", &format!("/_manifests/{digest}"))
        }
        Operation::DeleteRepository(DeleteRepository { .. }) => deleted("acr", ""),
        Operation::DeleteTag(DeleteTag { tag, .. }) => deleted("acr _tags/<tag>", &format!("/_tags/{tag}")),
    };
    vec![Row { need, route, forms }]
}

type Asked = (Need, &'static str, Vec<Form>);

fn told(route: &'static str, end: &str) -> Asked {
    (Need::Action(Action::MetadataRead), route, read(format!("/acr/v1/{REPOSITORY}{end}")))
}

fn changed(route: &'static str, end: &str) -> Asked {
    let form = Form::new(Method::PATCH, format!("/acr/v1/{REPOSITORY}{end}"), "200");
    (Need::Action(Action::MetadataWrite), route, vec![form.with(CONTENT_TYPE, "application/json", "{}")])
}

fn deleted(route: &'static str, end: &str) -> Asked {
    let form = Form::new(Method::DELETE, format!("/acr/v1/{REPOSITORY}{end}"), "202");
    (Need::Action(Action::ContentDelete), route, vec![form])
}

/// The operation behind `operation`, so that following them from the first meets each.
fn after(operation: &Operation) -> Outcome<Option<Operation>> {
    let repository = RepositoryName::parse(REPOSITORY)?;
    let tag = Tag::parse("v1")?;
    let reference = Reference::Tag(tag.clone());
    let digest = digest_of(b"hello");
    let manifest = digest_of(image(&digest, "").as_bytes());
    Ok(Some(match operation {
        Operation::SignIn(_) => ListCatalog.into(),
        Operation::ListCatalog(_) => ListTags { repository }.into(),
        Operation::ListTags(_) => ShowRepository { repository }.into(),
        Operation::ShowRepository(_) => ChangeRepository { repository }.into(),
        Operation::ChangeRepository(_) => ShowTags { repository }.into(),
        Operation::ShowTags(_) => ShowTag { repository, tag }.into(),
        Operation::ShowTag(_) => ChangeTag { repository, tag }.into(),
        Operation::ChangeTag(_) => ShowManifests { repository }.into(),
        Operation::ShowManifests(_) => ShowManifest { repository, digest: manifest }.into(),
        Operation::ShowManifest(_) => ChangeManifest { repository, digest: manifest }.into(),
        Operation::ChangeManifest(_) => ReadManifest { repository, reference }.into(),
        Operation::ReadManifest(_) => WriteManifest { repository, reference }.into(),
        Operation::WriteManifest(_) => DeleteTag { repository, tag: Tag::parse("v2")? }.into(),
        Operation::DeleteTag(_) => DeleteManifest { repository, reference }.into(),
        Operation::DeleteManifest(_) => ListReferrers { repository, subject: digest }.into(),
        Operation::ListReferrers(_) => ReadBlob { repository, digest }.into(),
        Operation::ReadBlob(_) => DeleteBlob { repository, digest: digest_of(b"loose") }.into(),
        Operation::DeleteBlob(_) => StartUpload { repository }.into(),
        Operation::StartUpload(_) => ContinueUpload { repository, upload: String::new() }.into(),
        Operation::ContinueUpload(_) => DeleteRepository { repository }.into(),
        Operation::DeleteRepository(_) => return Ok(None),
    }))
}

fn every_row(uploads: &[String; 2]) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    let mut next = Some(SignIn.into());
    while let Some(operation) = next {
        rows.extend(rows_of(&operation, uploads));
        next = after(&operation)?;
    }
    Ok(rows)
}

/// Puts back what an allowed delete took away.
async fn fill(owner: &Client<'_>) -> Outcome {
    let blob = owner.push_blob(REPOSITORY, b"hello").await?;
    owner.push_blob(REPOSITORY, b"loose").await?;
    owner.push_blob(SECRET, b"hello").await?;
    owner.push_image((REPOSITORY, "v1"), &blob, "").await?;
    owner.push_image((REPOSITORY, "v2"), &blob, "").await?;
    Ok(())
}

/// Two uploads of `client` where it may begin them, so that what refuses is never that they are another's.
async fn uploads_of(client: &Client<'_>) -> Outcome<[String; 2]> {
    let path = format!("/v2/{REPOSITORY}/blobs/uploads/");
    let mut uploads = [format!("{path}0-0"), format!("{path}0-1")];
    for upload in &mut uploads {
        if let Some(location) = client.ask(Method::POST, &path).await?.header("location") {
            location.clone_into(upload);
        }
    }
    Ok(uploads)
}

/// What became of one form: what it needs, how it was asked, whether it was allowed.
type Decision = (Need, String, bool);

/// Every form of every operation, asked by `client`. A refusal is a challenge, and everything else the expected answer.
async fn decisions(client: &Client<'_>, uploads: &[String; 2]) -> Outcome<Vec<Decision>> {
    let mut decisions = Vec::new();
    for Row { need, route, forms } in every_row(uploads)? {
        for Form { method, path, headers, body, answered } in forms {
            let answer = client.send(method.clone(), &path, &headers, body).await?;
            // Ids of uploads differ.
            let asked =
                format!("{method} {route}{}{}", if headers.is_empty() { "" } else { " with headers" }, query(&path));
            let is_allowed = answer.status != 401;
            if is_allowed {
                assert_eq!(answer.seen(), answered, "{asked}");
            } else {
                let challenge = answer.header("www-authenticate").unwrap_or_default();
                assert!(challenge.starts_with("Bearer realm="), "{asked}");
            }
            decisions.push((need, asked, is_allowed));
        }
    }
    Ok(decisions)
}

fn query(path: &str) -> &str {
    path.find('?').map_or("", |at| &path[at..])
}

/// Each action alone, all but each, none, all.
fn sets_of_actions() -> Vec<Vec<Action>> {
    let alone = Action::ALL.map(|action| vec![action]);
    let without = Action::ALL.map(|left_out| Action::ALL.into_iter().filter(|action| *action != left_out).collect());
    alone.into_iter().chain(without).chain([Vec::new(), Action::ALL.to_vec()]).collect()
}

/// The server itself says which methods a route has.
#[tokio::test]
async fn every_form_of_every_route_has_its_row() -> Outcome {
    let harness = Harness::new().await?;
    let uploads = ["0-0", "0-1"].map(|id| format!("/v2/{REPOSITORY}/blobs/uploads/{id}"));
    let rows = every_row(&uploads)?;
    let mut routes: BTreeMap<&str, (String, BTreeSet<String>)> = BTreeMap::new();
    for Row { route, forms, .. } in &rows {
        for form in forms {
            let (_, methods) = routes.entry(route).or_insert_with(|| (form.path.clone(), BTreeSet::new()));
            methods.insert(form.method.to_string());
        }
    }
    for (route, (path, methods)) in &routes {
        let refused = harness.stranger(HOST).ask(Method::TRACE, path).await?;
        assert_eq!(refused.seen(), "405 UNSUPPORTED", "{route}");
        let served = refused.header("allow").ok_or("a list of methods")?.split(", ").map(str::to_owned).collect();
        assert_eq!(*methods, served, "{route}");
    }
    let forms: Vec<&Form> = rows.iter().flat_map(|row| &row.forms).collect();
    // Further forms, which no method shows.
    assert!(forms.iter().any(|form| form.headers.iter().any(|(name, _)| *name == RANGE)), "a part of a blob");
    for wanted in ["?mount=", "?digest="] {
        assert!(forms.iter().any(|form| form.method == Method::POST && form.path.contains(wanted)), "POST {wanted}");
    }
    assert_eq!((rows.len(), routes.len(), forms.len()), (22, 14, 41), "operations, routes, forms");
    Ok(())
}

#[tokio::test]
async fn each_set_of_actions_allows_what_it_says() -> Outcome {
    let harness = Harness::behind_proxy().await?;
    let owner = everything(&harness).await?;
    for (number, held) in sets_of_actions().into_iter().enumerate() {
        let name = format!("caller{number}");
        let token = harness.holder(&name, REPOSITORY, &held).await?;
        let certificate = ClientCertificate::new(&name)?;
        harness.certify(&name, &certificate).await?;
        let certified = harness.stranger(HOST).with_certificate(&certificate);
        let bound = certified.with_bearer(&certified.bearer_text(&EVERYTHING).await?);
        let mut by = Vec::new();
        for client in [token.basic(), token.bearer_for(&EVERYTHING).await?, bound, certified] {
            fill(&owner).await?;
            by.push(decisions(&client, &uploads_of(&client).await?).await?);
        }
        assert_eq!(by[0], by[1], "by Basic and by bearer with {held:?}");
        assert_eq!(by[0], by[2], "by Basic and by the bearer of a certificate with {held:?}");
        // Whoever has nothing but a certificate is told where to sign in, and everywhere else is let in.
        for (need, _, is_allowed) in by[3].iter_mut().filter(|(need, ..)| *need == Need::SignIn) {
            assert!(!*is_allowed, "{need:?} with a certificate alone");
            *is_allowed = true;
        }
        assert_eq!(by[0], by[3], "by Basic and by certificate with {held:?}");
        for (need, asked, is_allowed) in &by[0] {
            let expected = match need {
                // The catalog's scope is not a scope map's: any bearer may ask for it.
                Need::SignIn | Need::Catalog => true,
                Need::Action(action) => held.contains(action),
            };
            assert_eq!(*is_allowed, expected, "{asked} with {held:?}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn whoever_asks_reads_where_anonymous_pull_is_on_and_nowhere_else() -> Outcome {
    let harness = Harness::new().await?;
    let owner = everything(&harness).await?;
    fill(&owner).await?;
    let uploads = uploads_of(&owner).await?;
    let nobody = harness.stranger(HOST);
    harness.anonymous_pull(true).await?;
    let anonymous = nobody.with_bearer(&nobody.bearer_text(&EVERYTHING).await?);
    let unscoped = nobody.with_bearer(&nobody.bearer_text(&[]).await?);
    for (is_on, what, client) in [
        (true, "an anonymous bearer", &anonymous),
        (true, "one without a scope", &unscoped),
        (true, "nobody, without a bearer", &nobody),
        (false, "an anonymous bearer", &anonymous),
        (false, "one without a scope", &unscoped),
        (false, "nobody, without a bearer", &nobody),
    ] {
        harness.anonymous_pull(is_on).await?;
        for (need, asked, is_allowed) in decisions(client, &uploads).await? {
            let expected = match (what, need) {
                _ if !is_on => false,
                ("an anonymous bearer", Need::Action(action)) => {
                    matches!(action, Action::ContentRead | Action::MetadataRead)
                }
                ("an anonymous bearer", Need::SignIn | Need::Catalog) => true,
                ("one without a scope", need) => need == Need::SignIn,
                _ => false,
            };
            assert_eq!(is_allowed, expected, "{asked} by {what}, anonymous pull: {is_on}");
        }
    }
    Ok(())
}

/// How far a caller gets without a right on the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Nothing,
    SignIn,
    Catalog,
}

type BadCaller<'a> = (&'static str, Client<'a>, Reach);

/// What ends a token's passwords and bearers, or only its bearers.
#[derive(Debug, Clone, Copy)]
enum End {
    Expire,
    Disable,
    Delete,
    Regenerate,
    ChangeScopeMap,
    DeleteScopeMap,
}

impl End {
    /// Clients in whose name the end comes; what each is called, and how far it gets then.
    async fn bring<'a>(self, harness: &'a Harness, name: &str, held: &[Action]) -> Outcome<Vec<BadCaller<'a>>> {
        let mut token = harness.holder(name, REPOSITORY, held).await?;
        if matches!(self, Self::Expire) {
            token.generate_until(harness, Duration::from_secs(60)).await?;
        }
        let (basic, bearer) = (token.basic(), token.bearer_for(&EVERYTHING).await?);
        for client in [&basic, &bearer] {
            client.get("/v2/").await?.succeeded()?;
        }
        match self {
            Self::Expire => harness.advance(Duration::from_secs(61)),
            Self::Disable => harness.disable(name).await?,
            Self::Delete => drop(harness.delete(&harness.token_id(name)).await?),
            Self::Regenerate => drop(harness.generate(name, json!({"name": "password1"})).await?),
            Self::ChangeScopeMap => {
                let elsewhere = Holder { name, repositories: "samples/other", actions: &Action::ALL };
                harness.put_rights(REGISTRY, &elsewhere).await?;
            }
            Self::DeleteScopeMap => drop(harness.delete(&harness.scope_map_id(name)).await?),
        }
        Ok(match self {
            Self::Expire => vec![
                ("an expired password", basic, Reach::Nothing),
                ("the bearer of an expired password", bearer, Reach::Nothing),
            ],
            Self::Disable => vec![
                ("a disabled token", basic, Reach::Nothing),
                ("the bearer of a disabled token", bearer, Reach::Nothing),
            ],
            Self::Delete => vec![
                ("a deleted token", basic, Reach::Nothing),
                ("the bearer of a deleted token", bearer, Reach::Nothing),
            ],
            Self::Regenerate => vec![
                ("the password before a new one", basic, Reach::Nothing),
                ("the bearer before a new password", bearer, Reach::Nothing),
            ],
            Self::ChangeScopeMap => vec![
                ("a token whose scope map names another repository", basic, Reach::Catalog),
                ("the bearer before a change of the scope map", bearer, Reach::Nothing),
                ("a bearer after it", token.bearer_for(&EVERYTHING).await?, Reach::Catalog),
            ],
            Self::DeleteScopeMap => vec![
                ("a token without a scope map", basic, Reach::Catalog),
                ("the bearer before its scope map was deleted", bearer, Reach::Nothing),
                ("the bearer of a token without a scope map", token.bearer_for(&EVERYTHING).await?, Reach::Catalog),
            ],
        })
    }
}

/// Of tokens that may do all of `held`, everything that does not count any more, never did, or does not count for this.
async fn bad_callers<'a>(harness: &'a Harness, held: &[Action], number: usize) -> Outcome<Vec<BadCaller<'a>>> {
    let stranger = harness.stranger(HOST);
    let aged = harness.holder(&format!("aged{number}"), REPOSITORY, held).await?.bearer_for(&EVERYTHING).await?;
    // Before all others, which would grow old with it.
    harness.advance(Duration::from_secs(3600));
    let mut callers = vec![("an expired bearer", aged, Reach::Nothing), ("nobody", stranger.clone(), Reach::Nothing)];
    for end in [End::Expire, End::Disable, End::Delete, End::Regenerate, End::ChangeScopeMap, End::DeleteScopeMap] {
        callers.extend(end.bring(harness, &format!("{end:?}{number}"), held).await?);
    }
    let name = format!("honest{number}");
    let honest = harness.holder(&name, REPOSITORY, held).await?;
    callers.push(("a wrong password", stranger.with_basic(&name, "pcl_wrong"), Reach::Nothing));
    callers.push(("an unknown user", stranger.with_basic("nobody", &honest.password), Reach::Nothing));
    // Of the same name, with the same rights there.
    let foreign = Holder { name: &name, repositories: REPOSITORY, actions: held };
    let foreign = harness.holder_at(OTHER_REGISTRY, foreign).await?;
    callers.push(("a password of another registry", foreign.elsewhere(harness, REGISTRY).basic(), Reach::Nothing));
    let bearer = stranger.with_bearer(&foreign.bearer_text(&EVERYTHING).await?);
    callers.push(("a bearer of another registry", bearer, Reach::Nothing));
    for (what, bearer) in falsified(harness, &honest).await? {
        callers.push((what, stranger.with_bearer(&bearer), Reach::Nothing));
    }
    callers.push(("a bearer without a scope", honest.bearer_for(&[]).await?, Reach::SignIn));
    callers.push((
        "a bearer for another repository",
        honest.bearer("repository:samples/other:*").await?,
        Reach::SignIn,
    ));
    callers.push(("a bearer for the folder", honest.bearer("repository:samples:*").await?, Reach::SignIn));
    callers.push(("a bearer for the catalog", honest.bearer("registry:catalog:*").await?, Reach::Catalog));
    Ok(callers)
}

/// The same with certificates.
async fn bad_certificates<'a>(harness: &'a Harness, held: &[Action], number: usize) -> Outcome<Vec<BadCaller<'a>>> {
    let stranger = harness.stranger(HOST);
    let mut callers = Vec::new();
    for (what, its_bearer, end) in [
        ("a removed certificate", "the bearer of a removed certificate", json!({"credentials": {"certificates": []}})),
        (
            "a certificate of a disabled token",
            "the bearer of a certificate of a disabled token",
            json!({"status": "disabled"}),
        ),
        ("an expired certificate", "the bearer of an expired certificate", {
            let soon = harness.now().plus(Duration::from_secs(60)).to_string();
            json!({"credentials": {"certificates": [{"name": "certificate1", "expiry": soon}]}})
        }),
    ] {
        let name = format!("ended{number}-{}", callers.len());
        let certificate = ClientCertificate::new(&name)?;
        harness.certified(Holder { name: &name, repositories: REPOSITORY, actions: held }, &certificate).await?;
        let client = stranger.with_certificate(&certificate);
        let bearer = client.with_bearer(&client.bearer_text(&EVERYTHING).await?);
        harness.patch(&harness.token_id(&name), json!({"properties": end})).await?;
        callers.extend([(what, client, Reach::Nothing), (its_bearer, bearer, Reach::Nothing)]);
    }
    harness.advance(Duration::from_secs(60));
    let [own, other, foreign] = ["owner", "other", "foreign"].map(|name| format!("{name}{number}"));
    let [certificate, another] = [ClientCertificate::new(&own)?, ClientCertificate::new(&other)?];
    harness.certified(Holder { name: &own, repositories: REPOSITORY, actions: held }, &certificate).await?;
    harness.certified(Holder { name: &other, repositories: REPOSITORY, actions: held }, &another).await?;
    let bearer = stranger.with_certificate(&certificate).bearer_text(&EVERYTHING).await?;
    callers.push(("a bound bearer without its certificate", stranger.with_bearer(&bearer), Reach::Nothing));
    let thief = stranger.with_certificate(&another);
    callers.push(("a bound bearer with another certificate", thief.with_bearer(&bearer), Reach::Nothing));
    let generated = harness.generate(&own, json!({"name": "password1"})).await?;
    let password = generated["passwords"][0]["value"].as_str().ok_or("a value")?;
    callers.push(("a password with another token's certificate", thief.with_basic(&own, password), Reach::Nothing));
    let owner = stranger.with_certificate(&certificate);
    callers.push(("a wrong password with a right certificate", owner.with_basic(&own, "pcl_wrong"), Reach::Nothing));
    let nobody_s = stranger.with_certificate(&ClientCertificate::new(&own)?);
    callers.push(("a certificate that nobody has", nobody_s, Reach::Nothing));
    let there = Holder { name: &foreign, repositories: REPOSITORY, actions: held };
    harness.holder_at(OTHER_REGISTRY, there).await?;
    let certificate = ClientCertificate::new(&foreign)?;
    harness.certify_at(OTHER_REGISTRY, &foreign, &certificate).await?;
    callers.push(("a certificate of another registry", stranger.with_certificate(&certificate), Reach::Nothing));
    Ok(callers)
}

/// Bearers made from a good one by somebody without the key that signs them.
async fn falsified(harness: &Harness, honest: &TokenClient<'_>) -> Outcome<Vec<(&'static str, String)>> {
    let good = honest.bearer_text(&EVERYTHING).await?;
    let [head, claims, signature] = good.split('.').collect::<Vec<_>>()[..] else { return Err("three parts".into()) };
    let other_signature = format!("{}{}", if signature.starts_with('A') { "B" } else { "A" }, &signature[1..]);
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let mut wider: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims)?)?;
    let header = decode_header(&good)?;
    let signed_with = |key: &str, claims: &Value| -> Outcome<String> {
        let pem = std::fs::read(harness.data_file(key))?;
        Ok(encode(&header, claims, &EncodingKey::from_ec_pem(&pem)?)?)
    };
    // The falsifier makes good bearers once it has the key, so below it is the key that is missed.
    let stranger = harness.stranger(HOST);
    stranger.with_bearer(&signed_with("keys/access-token.pem", &wider)?).get("/v2/").await?.succeeded()?;
    let of_other_key = signed_with("keys/management-token.pem", &wider)?;
    wider["access"] = json!([{"type": "repository", "name": REPOSITORY, "actions": ["*"]}]);
    let widened = URL_SAFE_NO_PAD.encode(wider.to_string());
    Ok(vec![
        ("a bearer of another key", of_other_key),
        ("a bearer with wider claims", format!("{head}.{widened}.{signature}")),
        ("a bearer with another signature", format!("{head}.{claims}.{other_signature}")),
        ("a bearer without a signature", format!("{head}.{claims}.")),
        ("a bearer of the algorithm none", format!("{none}.{claims}.")),
        ("a bearer that is none", "a".to_owned()),
    ])
}

#[tokio::test]
async fn what_does_not_count_allows_nothing() -> Outcome {
    let harness = Harness::behind_proxy().await?;
    let owner = everything(&harness).await?;
    fill(&owner).await?;
    let uploads = uploads_of(&owner).await?;
    let alone = Action::ALL.map(|action| vec![action]);
    for (number, held) in alone.into_iter().chain([Action::ALL.to_vec()]).enumerate() {
        // Credentials that do not count are no credentials of nobody in particular.
        harness.anonymous_pull(number % 2 == 0).await?;
        let mut callers = bad_callers(&harness, &held, number).await?;
        callers.extend(bad_certificates(&harness, &held, number).await?);
        for (what, client, reach) in callers {
            for (need, asked, is_allowed) in decisions(&client, &uploads).await? {
                let expected = match need {
                    Need::SignIn => reach >= Reach::SignIn,
                    Need::Catalog => reach >= Reach::Catalog,
                    Need::Action(_) => false,
                };
                assert_eq!(is_allowed, expected, "{asked} by {what}, of a token that may {held:?}");
            }
        }
    }
    Ok(())
}
