//! Lists of tags and the catalog.

use crate::Outcome;
use crate::world::{Client, Pushed, World, page};
use rstest::rstest;
use service::{Error, PageRequest};

async fn tag(client: &Client, repository: &str, tag: &str) -> Outcome {
    client.put((repository, tag), &Pushed::image("{}", &[])).await??;
    Ok(())
}

#[rstest]
#[case::all(PageRequest::default(), &["1", "A", "_x", "a", "b"], false)]
#[case::first(page(2, ""), &["1", "A"], true)]
#[case::middle(page(2, "A"), &["_x", "a"], true)]
#[case::last(page(2, "_x"), &["a", "b"], false)]
#[case::behind_one_that_is_not_there(page(1, "Z"), &["_x"], true)]
#[case::behind_the_end(page(2, "zzz"), &[], false)]
#[case::none(page(0, ""), &[], false)]
#[case::more_than_there_are(page(usize::MAX, ""), &["1", "A", "_x", "a", "b"], false)]
#[tokio::test]
async fn tags_in_byte_order(#[case] request: PageRequest, #[case] expected: &[&str], #[case] more: bool) -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    for name in ["b", "_x", "A", "a", "1"] {
        tag(&client, "samples/hello", name).await?;
    }
    tag(&client, "samples/other", "elsewhere").await?;
    let expected = expected.iter().map(ToString::to_string).collect();
    assert_eq!(client.tags("samples/hello", request).await??, (expected, more));
    Ok(())
}

#[tokio::test]
async fn tags_of_a_repository_that_was_never_pushed_to() -> Outcome {
    let world = World::new().await?;
    let client = world.any_client().await?;
    let refused = client.tags("never/pushed", page(0, "")).await?;
    assert!(matches!(refused, Err(Error::RepositoryUnknown(name)) if name.as_str() == "never/pushed"));
    Ok(())
}

#[tokio::test]
async fn the_catalog_is_filtered_before_it_is_cut() -> Outcome {
    let world = World::new().await?;
    let registry = world.registry("lnxcr").await?;
    let all = world.client(&registry, "token2").await?;
    for name in ["a/1", "b/1", "a/2", "b/2", "c"] {
        tag(&all, name, "v1").await?;
    }
    tag(&world.client(&world.registry("other").await?, "token2").await?, "b/0", "v1").await?;
    all.push_blob("b/only-a-blob", "layer").await?;
    let some = world.client_with(&registry, "token3", &["repositories/b/*/metadata/read".to_owned()]).await?;
    assert_eq!(some.catalog(page(1, "")).await?, (vec!["b/1".to_owned()], true));
    assert_eq!(some.catalog(page(1, "b/1")).await?, (vec!["b/2".to_owned()], false));
    assert_eq!(some.catalog(page(0, "")).await?, (vec![], false));
    let everything = ["a/1", "a/2", "b/1", "b/2", "c"].map(ToOwned::to_owned).to_vec();
    assert_eq!(all.catalog(PageRequest::default()).await?, (everything, false));
    let none = world.client_with(&registry, "token4", &["repositories/*/content/write".to_owned()]).await?;
    assert_eq!(none.catalog(PageRequest::default()).await?, (vec![], false));
    Ok(())
}

#[tokio::test]
async fn the_catalog_is_read_on_behind_many_that_are_not_shown() -> Outcome {
    let world = World::new().await?;
    let registry = world.registry("lnxcr").await?;
    let all = world.client(&registry, "token2").await?;
    let names: Vec<String> = (0..1_001).map(|number| format!("hidden/{number:04}")).collect();
    let hidden = futures_util::future::join_all(names.iter().map(|name| tag(&all, name, "v1"))).await;
    hidden.into_iter().collect::<Result<Vec<_>, _>>()?;
    tag(&all, "shown/1", "v1").await?;
    let some = world.client_with(&registry, "token3", &["repositories/shown/*/content/read".to_owned()]).await?;
    assert_eq!(some.catalog(PageRequest::default()).await?, (vec!["shown/1".to_owned()], false));
    let (first, more) = all.catalog(PageRequest::default()).await?;
    assert_eq!((first.len(), more), (1_000, true));
    assert_eq!(all.catalog(page(5, &first[999])).await?, (vec!["hidden/1000".to_owned(), "shown/1".to_owned()], false));
    Ok(())
}
