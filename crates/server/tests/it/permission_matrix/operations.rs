//! Every operation of the registry, what it needs, and every form of asking for it. What it needs is written down here a second
//! time, by hand: the table of `model` is not asked.

use super::SECRET;
use crate::client::Outcome;
use crate::distribution::pushes::{REPOSITORY, digest_of, image};
use http::header::{CONTENT_TYPE, RANGE};
use http::{HeaderName, Method};
use model::action::Action;
use model::manifest::ManifestKind;
use model::operation::*;
use model::reference::{Reference, Tag};
use model::repository::RepositoryName;

/// What a caller must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// A sign-in.
    SignIn,
    /// A sign-in; with a bearer, the scope of the catalog.
    Catalog,
    /// This action on the repository.
    Action(Action),
}

/// One form of asking for an operation.
pub(super) struct Form {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) headers: Vec<(HeaderName, &'static str)>,
    pub(super) body: String,
    /// What a caller who may is answered.
    pub(super) answered: &'static str,
}

/// An operation: what it needs, its route, every form of asking for it.
pub(super) struct Row {
    pub(super) need: Need,
    pub(super) route: &'static str,
    pub(super) forms: Vec<Form>,
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

pub(super) fn every_row(uploads: &[String; 2]) -> Outcome<Vec<Row>> {
    let mut rows = Vec::new();
    let mut next = Some(SignIn.into());
    while let Some(operation) = next {
        rows.extend(rows_of(&operation, uploads));
        next = after(&operation)?;
    }
    Ok(rows)
}
