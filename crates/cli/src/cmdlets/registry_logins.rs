//! `Connect-AzContainerRegistry`: leaves a login in the file from which docker and podman take theirs.

use super::call::{Call, Outcome};
use super::{Cmdlet, Does, Example, Running, naming, repositories};
use crate::client::registry::RegistryClient;
use crate::cmdlet::binder::Spec;
use crate::cmdlet::parameter::{PROFILE_PARAMETERS, Parameter};
use crate::cmdlet::types::Kind;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::limits::LOGINS_FILE_BYTES_MAX;
use crate::output::objects::{Column, View};
use crate::private_files;
use crate::secret::Secret;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use std::io;
use std::path::{Path, PathBuf};

/// Who presents a refresh token in the place of a password (data-plane-and-auth.md, 1.7).
const REFRESH_TOKEN_USER: &str = "00000000-0000-0000-0000-000000000000";

static LOGINS: View =
    View { columns: &[Column::text("Registry"), Column::text("UserName"), Column::text("File")], whole: false };

const WITH_PASSWORD: &[&str] = &["WithUsernameAndPassword"];

/// `Connect-AzContainerRegistry`
pub static CONNECT: Cmdlet = Cmdlet {
    spec: Spec {
        name: "Connect-AzContainerRegistry",
        sets: &["WithoutNameAndPassword", "WithUsernameAndPassword"],
        declared: &[
            &[
                naming::name("The name of the container registry.", &["RegistryName"], &[]),
                Parameter::mandatory("UserName", Kind::Text, "The user: a token, or the admin user.")
                    .within(WITH_PASSWORD),
                Parameter::mandatory(
                    "Password",
                    Kind::Text,
                    "Its password. In a shell better a splatted file: others can see the words of a command.",
                )
                .within(WITH_PASSWORD)
                .secret(),
                naming::subscription(&[]),
            ],
            PROFILE_PARAMETERS,
        ],
        positional: &["Name"],
        should_process: true,
    },
    synopsis: "Signs in to a container registry, for docker and podman.",
    operation: "RegistryConnect",
    inputs: &[],
    outputs: &["System.Boolean"],
    view: &LOGINS,
    examples: &[Example {
        title: "Sign in as whoever manages",
        code: "Connect-AzContainerRegistry -Name lnxcr",
        output: "",
        remarks: "The login lasts three hours.",
    }],
    does: Does::Asks(|call| -> Running<'_> { Box::pin(async move { connect(call).await.into() }) }),
};

async fn connect(call: Call<'_>) -> Result<Outcome, Failure> {
    if call.client.transport().management_bearer().await.map_err(crate::client::ClientError::from)?.is_none() {
        return Err(Failure::usage(
            "The store on this machine is served to nobody: docker and podman could not reach it.",
        )
        .hint("Run `portcullis serve` or `portcullis quickstart`, and name it with --endpoint or a context."));
    }
    let login_server = repositories::login_server(call, call.text("Name").unwrap_or_default()).await?;
    let (user, secret) = match (call.text("UserName"), call.text("Password")) {
        (Some(user), Some(password)) => {
            let password = Secret::new(password.to_owned());
            RegistryClient::check_password(call.client, &login_server, user, &password).await?;
            (user.to_owned(), password)
        }
        _ => {
            let registry = RegistryClient::sign_in(call.client, login_server.clone()).await?;
            (REFRESH_TOKEN_USER.to_owned(), registry.refresh_token().clone())
        }
    };
    let file = file(call.environment)?;
    let key = reached_at(&login_server, &call.client.transport().endpoint());
    keep(&file, &key, &user, &secret)?;
    Ok(Outcome::one(json!({ "Registry": key, "UserName": user, "File": file.display().to_string() })))
}

/// The registry as images name it: at a server that listens on a port of its own, with that port.
fn reached_at(login_server: &str, endpoint: &str) -> String {
    let uri = endpoint.parse::<http::Uri>().ok();
    match uri.as_ref().and_then(http::Uri::port_u16).filter(|_| !login_server.contains(':')) {
        Some(port) => format!("{login_server}:{port}"),
        None => login_server.to_owned(),
    }
}

/// `REGISTRY_AUTH_FILE` as podman knows it, else docker's `config.json`, which podman reads too (containers-auth.json(5)).
fn file(environment: &Environment) -> Result<PathBuf, Failure> {
    let variables = &environment.variables;
    if let Some(file) = &variables.registry_auth_file {
        return Ok(file.clone());
    }
    let folder = variables.docker_config.clone().or_else(|| variables.home.as_deref().map(|home| home.join(".docker")));
    folder.map(|folder| folder.join("config.json")).ok_or_else(|| {
        Failure::usage("There is nowhere to keep the login: none of REGISTRY_AUTH_FILE, DOCKER_CONFIG and HOME is set.")
    })
}

/// Puts the login among those that are there, and leaves the rest as it is.
///
/// Errors: the file cannot be read or written, is no JSON object, or leaves its logins to a helper.
fn keep(file: &Path, registry: &str, user: &str, secret: &Secret) -> Result<(), Failure> {
    let shown = file.display();
    let cannot = |error: io::Error| Failure::usage(format!("The login cannot be kept in {shown}: {error}."));
    let mut config = match private_files::read(file, LOGINS_FILE_BYTES_MAX) {
        Ok(bytes) => serde_json::from_slice::<Map<String, Value>>(&bytes)
            .map_err(|error| Failure::usage(format!("{shown} is no JSON object (line {}).", error.line())))?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Map::new(),
        Err(error) => return Err(cannot(error)),
    };
    let helper =
        config.get("credHelpers").and_then(|helpers| helpers.get(registry)).or_else(|| config.get("credsStore"));
    if let Some(helper) = helper.and_then(Value::as_str).filter(|helper| !helper.is_empty()) {
        return Err(Failure::usage(format!("{shown} leaves logins to the helper docker-credential-{helper}."))
            .hint(format!("`docker login {registry}` hands it one.")));
    }
    let auth = BASE64_STANDARD.encode(format!("{user}:{}", secret.reveal()));
    match config.entry("auths").or_insert_with(|| json!({})) {
        Value::Object(auths) => drop(auths.insert(registry.to_owned(), json!({ "auth": auth }))),
        _ => return Err(Failure::usage(format!("In {shown}, auths is no JSON object."))),
    }
    let text = serde_json::to_vec_pretty(&config).map_err(io::Error::other);
    text.and_then(|text| {
        private_files::make_folder(file.parent().unwrap_or(Path::new(".")))?;
        private_files::replace(file, &text)
    })
    .map_err(cannot)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn secret() -> Secret {
        Secret::new("hunter2".to_owned())
    }

    #[test]
    fn a_login_joins_those_that_are_there() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("new/config.json");
        keep(&file, "a.example", "u", &secret()).unwrap();
        let text = r#"{"auths":{"b.example":{"auth":"eA=="}},"psFormat":"x"}"#;
        private_files::replace(&file, text.as_bytes()).unwrap();
        keep(&file, "a.example", "u", &secret()).unwrap();
        let kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        let expected = json!({
            "auths": { "b.example": { "auth": "eA==" }, "a.example": { "auth": "dTpodW50ZXIy" } },
            "psFormat": "x",
        });
        assert_eq!(kept, expected);
        assert!(!private_files::others_can_read(&file));
    }

    #[rstest]
    #[case(r#"{"credsStore":"secretservice"}"#, "docker-credential-secretservice")]
    #[case(r#"{"credHelpers":{"a.example":"gcr"}}"#, "docker-credential-gcr")]
    #[case("[]", "no JSON object")]
    #[case(r#"{"auths":[]}"#, "auths is no JSON object")]
    fn what_cannot_be_added_to_is_left_alone(#[case] text: &str, #[case] expected: &str) {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config.json");
        std::fs::write(&file, text).unwrap();
        let told = keep(&file, "a.example", "u", &secret()).unwrap_err().to_string();
        assert!(told.contains(expected) && !told.contains("hunter2"), "{told}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    }

    #[rstest]
    #[case("lnxcr.localhost", "https://localhost:5443", "lnxcr.localhost:5443")]
    #[case("lnxcr.azurecr.io", "https://management.azure.com", "lnxcr.azurecr.io")]
    #[case("registry.example:8443", "https://registry.example:8443", "registry.example:8443")]
    fn a_registry_is_kept_as_images_name_it(
        #[case] login_server: &str,
        #[case] endpoint: &str,
        #[case] expected: &str,
    ) {
        assert_eq!(reached_at(login_server, endpoint), expected);
    }
}
