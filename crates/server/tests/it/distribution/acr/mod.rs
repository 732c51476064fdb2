//! Azure's metadata API, `/acr/v1/`, and the locks that it sets.

mod locks;
mod manifests;
mod repositories;
mod tags;

use crate::client::{Answer, Client, Outcome};
use http::Method;
use http::header::CONTENT_TYPE;

/// The attributes of what was never locked.
const UNLOCKED: &str = r#"{"deleteEnabled":true,"writeEnabled":true,"readEnabled":true,"listEnabled":true}"#;

impl Client<'_> {
    /// Asks to change attributes.
    async fn change(&self, path: &str, body: &str) -> Outcome<Answer> {
        self.send(Method::PATCH, path, &[(CONTENT_TYPE, "application/json")], body.to_owned()).await
    }
}

/// The path that a `Link` names.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link")?.strip_prefix('<')?.strip_suffix(r#">; rel="next""#)?;
    Some(link.to_owned())
}

/// The names, or digests, on every page from `path` on.
async fn every_page(client: &Client<'_>, path: &str, list: &str, name: &str) -> Outcome<Vec<Vec<String>>> {
    let (mut pages, mut path) = (Vec::new(), Some(path.to_owned()));
    while let Some(asked) = path {
        let answer = client.get(&asked).await?.succeeded()?;
        let body = answer.json()?;
        let items = body[list].as_array().ok_or("a list")?;
        let names = items.iter().map(|item| item[name].as_str().or(item.as_str()).unwrap_or_default().to_owned());
        pages.push(names.collect());
        assert!(pages.len() < 20, "the pages end");
        path = next(&answer);
    }
    Ok(pages)
}
