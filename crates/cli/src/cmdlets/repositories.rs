//! The cmdlets for what is in a registry: repositories, manifests and tags, over its metadata API.

use super::call::{Call, Outcome};
use super::{Cmdlet, Does, Example, Running, naming};
use crate::client::address::Address;
use crate::client::registry::{RegistryClient, manifest_path, metadata_path};
use crate::cmdlet::binder::Spec;
use crate::cmdlet::parameter::{PROFILE_PARAMETERS, Parameter};
use crate::cmdlet::types::{Kind, Words};
use crate::failure::Failure;
use crate::output::objects::{Column, View};
use serde_json::{Map, Value, json};
use wire::acr::{AttributesChange, DeletedRepository};
use wire::arm::registries::Registry;

const REGISTRY: Parameter = Parameter::mandatory("RegistryName", Kind::Text, "The name of the container registry.")
    .or(&["ContainerRegistryName", "ResourceName"]);
const REPOSITORY: Parameter =
    Parameter::mandatory("RepositoryName", Kind::Text, "The name of the repository, such as samples/app.");
const DIGEST: Parameter = Parameter::mandatory("Manifest", Kind::Text, "The manifest, by its digest.").or(&["Digest"]);
const TAG: Parameter = Parameter::mandatory("Name", Kind::Text, "The tag.").or(&["TagName"]);

static BOOLEAN: Words = Words { type_name: "System.Boolean", known: &["true", "false"] };

/// The four locks, and the members of a PATCH that they are.
static ATTRIBUTES: &[Parameter] = &[
    Parameter::optional("DeleteEnabled", Kind::Word(&BOOLEAN), "Whether it may be deleted."),
    Parameter::optional("WriteEnabled", Kind::Word(&BOOLEAN), "Whether it may be pushed to, moved or deleted."),
    Parameter::optional("ReadEnabled", Kind::Word(&BOOLEAN), "Whether it may be pulled."),
    Parameter::optional("ListEnabled", Kind::Word(&BOOLEAN), "Whether it is listed."),
];

static REPOSITORIES: View = View {
    columns: &[
        Column::text("Registry"),
        Column::text("ImageName"),
        Column::date("CreatedTime"),
        Column::date("LastUpdateTime"),
        Column::right("ManifestCount"),
        Column::right("TagCount"),
    ],
    whole: false,
};
static MANIFESTS: View =
    View { columns: &[Column::text("Registry"), Column::text("ImageName"), Column::text("Manifests")], whole: false };
static ONE_MANIFEST: View =
    View { columns: &[Column::text("Registry"), Column::text("ImageName"), Column::text("Attributes")], whole: false };
static TAGS: View =
    View { columns: &[Column::text("Registry"), Column::text("ImageName"), Column::text("Tags")], whole: false };
static DELETED: View = View { columns: &[Column::text("ManifestsDeleted"), Column::text("TagsDeleted")], whole: false };

const fn spec(name: &'static str, declared: &'static [&'static [Parameter]], should_process: bool) -> Spec {
    Spec { name, sets: &["ByNameParameterSet"], declared, positional: &[], should_process }
}

const fn cmdlet(
    spec: Spec,
    operation: &'static str,
    synopsis: &'static str,
    view: &'static View,
    does: Does,
) -> Cmdlet {
    Cmdlet { spec, synopsis, operation, inputs: &[], outputs: &["System.Object"], view, examples: &[], does }
}

macro_rules! does {
    ($name:ident) => {
        Does::Asks(|call| -> Running<'_> { Box::pin(async move { $name(call).await.into() }) })
    };
}

/// `Get-AzContainerRegistryRepository`
pub static GET_REPOSITORY: Cmdlet = Cmdlet {
    examples: &[Example {
        title: "List the repositories of a registry",
        code: "Get-AzContainerRegistryRepository -RegistryName lnxcr",
        output: "",
        remarks: "With -Name, what is told of one.",
    }],
    ..cmdlet(
        Spec {
            name: "Get-AzContainerRegistryRepository",
            sets: &["ListParameterSet", "GetParameterSet"],
            declared: &[
                &[
                    REGISTRY,
                    Parameter::mandatory("Name", Kind::Text, "The name of the repository.")
                        .or(&["RepositoryName"])
                        .within(&["GetParameterSet"]),
                    Parameter::optional("First", Kind::Number, "At most so many.")
                        .within(&["ListParameterSet"])
                        .at_least(1),
                    naming::subscription(&[]),
                ],
                PROFILE_PARAMETERS,
            ],
            positional: &[],
            should_process: false,
        },
        "RepositoryGet",
        "Gets the repositories of a container registry, or what is told of one.",
        &REPOSITORIES,
        does!(list_repositories),
    )
};

/// `Update-AzContainerRegistryRepository`
pub static UPDATE_REPOSITORY: Cmdlet = cmdlet(
    spec(
        "Update-AzContainerRegistryRepository",
        &[
            &[
                REGISTRY,
                naming::name("The name of the repository.", &["RepositoryName"], &[]),
                naming::subscription(&[]),
            ],
            ATTRIBUTES,
            PROFILE_PARAMETERS,
        ],
        true,
    ),
    "RepositoryUpdateAttributes",
    "Locks or unlocks a repository.",
    &REPOSITORIES,
    does!(update_repository),
);

/// `Remove-AzContainerRegistryRepository`
pub static REMOVE_REPOSITORY: Cmdlet = cmdlet(
    spec(
        "Remove-AzContainerRegistryRepository",
        &[
            &[
                REGISTRY,
                naming::name("The name of the repository.", &["RepositoryName"], &[]),
                naming::pass_through(),
                naming::subscription(&[]),
            ],
            PROFILE_PARAMETERS,
        ],
        true,
    ),
    "RepositoryDelete",
    "Deletes a repository, with its manifests and tags.",
    &DELETED,
    does!(remove_repository),
);

/// `Get-AzContainerRegistryManifest`
pub static GET_MANIFEST: Cmdlet = cmdlet(
    spec(
        "Get-AzContainerRegistryManifest",
        &[
            &[
                REGISTRY,
                REPOSITORY,
                Parameter::optional("Name", Kind::Text, "The manifest, by its digest.").or(&["ManifestName"]),
                naming::subscription(&[]),
            ],
            PROFILE_PARAMETERS,
        ],
        false,
    ),
    "ManifestGet",
    "Gets the manifests of a repository, or what is told of one.",
    &MANIFESTS,
    does!(get_manifest),
);

/// `Update-AzContainerRegistryManifest`
pub static UPDATE_MANIFEST: Cmdlet = cmdlet(
    spec(
        "Update-AzContainerRegistryManifest",
        &[&[REGISTRY, REPOSITORY, DIGEST, naming::subscription(&[])], ATTRIBUTES, PROFILE_PARAMETERS],
        true,
    ),
    "ManifestUpdateAttributes",
    "Locks or unlocks a manifest.",
    &ONE_MANIFEST,
    does!(update_manifest),
);

/// `Remove-AzContainerRegistryManifest`
pub static REMOVE_MANIFEST: Cmdlet = cmdlet(
    spec(
        "Remove-AzContainerRegistryManifest",
        &[&[REGISTRY, REPOSITORY, DIGEST, naming::pass_through(), naming::subscription(&[])], PROFILE_PARAMETERS],
        true,
    ),
    "ManifestDelete",
    "Deletes a manifest, with the tags that point at it.",
    &MANIFESTS,
    does!(remove_manifest),
);

/// `Get-AzContainerRegistryTag`
pub static GET_TAG: Cmdlet = cmdlet(
    spec(
        "Get-AzContainerRegistryTag",
        &[
            &[
                REGISTRY,
                REPOSITORY,
                Parameter::optional("Name", Kind::Text, "The tag.").or(&["TagName"]),
                naming::subscription(&[]),
            ],
            PROFILE_PARAMETERS,
        ],
        false,
    ),
    "TagGet",
    "Gets the tags of a repository, or what is told of one.",
    &TAGS,
    does!(get_tag),
);

/// `Update-AzContainerRegistryTag`
pub static UPDATE_TAG: Cmdlet = cmdlet(
    spec(
        "Update-AzContainerRegistryTag",
        &[&[REGISTRY, REPOSITORY, TAG, naming::subscription(&[])], ATTRIBUTES, PROFILE_PARAMETERS],
        true,
    ),
    "TagUpdateAttributes",
    "Locks or unlocks a tag.",
    &ONE_MANIFEST,
    does!(update_tag),
);

/// `Remove-AzContainerRegistryTag`
pub static REMOVE_TAG: Cmdlet = cmdlet(
    spec(
        "Remove-AzContainerRegistryTag",
        &[&[REGISTRY, REPOSITORY, TAG, naming::pass_through(), naming::subscription(&[])], PROFILE_PARAMETERS],
        true,
    ),
    "TagDelete",
    "Deletes a tag. The manifest stays.",
    &TAGS,
    does!(remove_tag),
);

/// Signs in to the registry that `-RegistryName` names; the management API knows its login server.
async fn sign_in(call: Call<'_>) -> Result<RegistryClient<'_>, Failure> {
    let login_server = login_server(call, call.text("RegistryName").unwrap_or_default()).await?;
    Ok(RegistryClient::sign_in(call.client, login_server).await?)
}

/// The login server of a registry, as the management API tells it.
///
/// Errors: there is no such registry.
pub(super) async fn login_server(call: Call<'_>, name: &str) -> Result<String, Failure> {
    let all: Vec<Registry> = call.client.list(&Address::registries(&call.subscription().await?)?).await?;
    let named = |registry: &&Registry| registry.name.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(name));
    let login_server = all
        .iter()
        .find(named)
        .and_then(|registry| registry.properties.as_ref()?.pointer("/loginServer")?.as_str().map(str::to_owned));
    login_server.ok_or_else(|| {
        Failure::refused(format!("There is no registry '{name}' that the login may see."))
            .hint("Get-AzContainerRegistry lists those that there are.")
    })
}

fn reading(repository: &str) -> String {
    format!("repository:{repository}:metadata_read")
}

fn changing(repository: &str) -> String {
    format!("repository:{repository}:metadata_read,metadata_write")
}

fn deleting(repository: &str) -> String {
    format!("repository:{repository}:delete")
}

/// Only what was given.
///
/// Errors: a value that is neither true nor false; nothing at all.
fn change(call: &Call<'_>) -> Result<AttributesChange, Failure> {
    let attribute = |name: &str| match call.text(name) {
        None => Ok(None),
        Some("true") => Ok(Some(true)),
        Some("false") => Ok(Some(false)),
        Some(other) => Err(Failure::usage(format!("-{name} is $true or $false, not '{other}'."))),
    };
    let change = AttributesChange {
        delete_enabled: attribute("DeleteEnabled")?,
        write_enabled: attribute("WriteEnabled")?,
        read_enabled: attribute("ReadEnabled")?,
        list_enabled: attribute("ListEnabled")?,
    };
    if change == AttributesChange::default() {
        return Err(Failure::usage("There is nothing to change.")
            .hint("Give -DeleteEnabled, -WriteEnabled, -ReadEnabled or -ListEnabled."));
    }
    Ok(change)
}

/// Members as Az names them: with a capital letter.
fn pascal(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let capital = |name: String| {
                let mut letters = name.chars();
                letters
                    .next()
                    .map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + letters.as_str())
            };
            Value::Object(members.into_iter().map(|(name, value)| (capital(name), pascal(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(pascal).collect()),
        other => other,
    }
}

/// One tag or manifest, as Az has it: under `Attributes`.
fn attributes(answer: Value, member: &str) -> Value {
    let mut object = pascal(answer);
    if let Some(members) = object.as_object_mut() {
        let one = members.shift_remove(member).unwrap_or_default();
        members.insert("Attributes".to_owned(), one);
    }
    object
}

async fn list_repositories(call: Call<'_>) -> Result<Outcome, Failure> {
    let registry = sign_in(call).await?;
    if let Some(name) = call.text("Name") {
        let found: Value = registry.scoped(&reading(name)).await?.get(&metadata_path(&[name])?).await?;
        return Ok(Outcome::one(pascal(found)));
    }
    let first = call.bound.get("First").and_then(Value::as_u64).and_then(|first| usize::try_from(first).ok());
    Ok(Outcome::many(registry.catalog(first).await?.into_iter().map(Value::String).collect()))
}

/// The pages of a list below a repository, as one object.
async fn whole_list(call: Call<'_>, kind: &'static str, count: fn(&Value) -> usize) -> Result<Outcome, Failure> {
    let registry = sign_in(call).await?;
    let repository = call.text("RepositoryName").unwrap_or_default();
    let path = metadata_path(&[repository, &format!("_{kind}")])?;
    let pages: Vec<Value> = registry.scoped(&reading(repository)).await?.pages(&path, None, count).await?;
    let mut whole = Map::new();
    for page in pages {
        let Value::Object(members) = page else { continue };
        for (name, value) in members {
            match (whole.get_mut(&name), value) {
                (Some(Value::Array(all)), Value::Array(more)) => all.extend(more),
                (_, value) => drop(whole.insert(name, value)),
            }
        }
    }
    Ok(Outcome::one(pascal(Value::Object(whole))))
}

async fn get_manifest(call: Call<'_>) -> Result<Outcome, Failure> {
    let Some(digest) = call.text("Name") else {
        return whole_list(call, "manifests", |page| {
            page.get("manifests").and_then(Value::as_array).map_or(0, Vec::len)
        })
        .await;
    };
    let registry = sign_in(call).await?;
    let repository = call.text("RepositoryName").unwrap_or_default();
    let found: Value =
        registry.scoped(&reading(repository)).await?.get(&metadata_path(&[repository, "_manifests", digest])?).await?;
    Ok(Outcome::one(attributes(found, "Manifest")).shown_as(&ONE_MANIFEST))
}

async fn get_tag(call: Call<'_>) -> Result<Outcome, Failure> {
    let Some(tag) = call.text("Name") else {
        return whole_list(call, "tags", |page| page.get("tags").and_then(Value::as_array).map_or(0, Vec::len)).await;
    };
    let registry = sign_in(call).await?;
    let repository = call.text("RepositoryName").unwrap_or_default();
    let found: Value =
        registry.scoped(&reading(repository)).await?.get(&metadata_path(&[repository, "_tags", tag])?).await?;
    Ok(Outcome::one(attributes(found, "Tag")).shown_as(&ONE_MANIFEST))
}

async fn update_repository(call: Call<'_>) -> Result<Outcome, Failure> {
    let change = change(&call)?;
    let name = call.text("Name").unwrap_or_default();
    let changed: Value =
        sign_in(call).await?.scoped(&changing(name)).await?.patch(&metadata_path(&[name])?, &change).await?;
    Ok(Outcome::one(pascal(changed)))
}

async fn update_manifest(call: Call<'_>) -> Result<Outcome, Failure> {
    update_below(call, "_manifests", "Manifest", "Manifest").await
}

async fn update_tag(call: Call<'_>) -> Result<Outcome, Failure> {
    update_below(call, "_tags", "Name", "Tag").await
}

async fn update_below(call: Call<'_>, kind: &str, parameter: &str, member: &str) -> Result<Outcome, Failure> {
    let change = change(&call)?;
    let repository = call.text("RepositoryName").unwrap_or_default();
    let path = metadata_path(&[repository, kind, call.text(parameter).unwrap_or_default()])?;
    let changed: Value = sign_in(call).await?.scoped(&changing(repository)).await?.patch(&path, &change).await?;
    Ok(Outcome::one(attributes(changed, member)))
}

fn removed(call: &Call<'_>) -> Outcome {
    if call.bound.is_on("PassThru") { Outcome::one(Value::Bool(true)) } else { Outcome::nothing() }
}

async fn remove_repository(call: Call<'_>) -> Result<Outcome, Failure> {
    let name = call.text("Name").unwrap_or_default();
    let gone: DeletedRepository =
        sign_in(call).await?.scoped(&deleting(name)).await?.delete(&metadata_path(&[name])?).await?;
    if call.bound.is_on("PassThru") {
        return Ok(removed(&call));
    }
    Ok(Outcome::one(json!({ "ManifestsDeleted": gone.manifests_deleted, "TagsDeleted": gone.tags_deleted })))
}

async fn remove_manifest(call: Call<'_>) -> Result<Outcome, Failure> {
    let repository = call.text("RepositoryName").unwrap_or_default();
    let digest = call.text("Manifest").unwrap_or_default();
    let path = manifest_path(repository, digest)?;
    sign_in(call).await?.scoped(&deleting(repository)).await?.delete_silently(&path).await?;
    Ok(removed(&call))
}

async fn remove_tag(call: Call<'_>) -> Result<Outcome, Failure> {
    let repository = call.text("RepositoryName").unwrap_or_default();
    let path = metadata_path(&[repository, "_tags", call.text("Name").unwrap_or_default()])?;
    sign_in(call).await?.scoped(&deleting(repository)).await?.delete_silently(&path).await?;
    Ok(removed(&call))
}
