//! A server in process, with one registry and one token, made once: what the targets of whole requests ask.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{Request, Response};
use model::timestamp::Timestamp;
use serde_json::{Value, json};
use server::{
    Clock, Config, DocumentError, DocumentRequest, IssuerDocument, IssuerDocuments, LocalUser, Outside, Random, Server,
};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

/// The registry's login server.
pub(crate) const HOST: &str = "lnxcr.localhost";
const API_VERSION: &str = "2022-12-01";

/// The server, and one good credential of each kind.
pub(crate) struct World {
    server: Server,
    runtime: Runtime,
    /// A bearer of the registry, for all that its token holds.
    pub(crate) bearer: String,
    /// A bearer of the management API.
    pub(crate) management_bearer: String,
    /// A refresh token of whoever manages.
    pub(crate) refresh_token: String,
    _data: TempDir,
}

impl World {
    /// The one of this process.
    pub(crate) fn get() -> &'static Self {
        static WORLD: OnceLock<World> = OnceLock::new();
        WORLD.get_or_init(|| Self::new().unwrap_or_else(|error| panic!("a world cannot be made: {error}")))
    }

    fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let data = TempDir::new()?;
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let config = Config { data: Some(data.path().to_owned()), ..Config::default() };
        let outside = Outside {
            clock: Arc::new(Noon),
            random: Arc::new(Counter(AtomicU64::new(1))),
            issuer_documents: Arc::new(Nobody),
        };
        let (server, first_start) = runtime.block_on(Server::open(config, outside))?;
        let first_start = first_start.ok_or("a first start")?;
        let text = String::new;
        let mut world =
            Self { server, runtime, bearer: text(), management_bearer: text(), refresh_token: text(), _data: data };
        let password = world.furnish()?;
        let tenant = &first_start.tenant;
        let secret = first_start.client_secret.reveal();
        let login =
            [("grant_type", "client_credentials"), ("client_id", &first_start.client_id), ("client_secret", secret)];
        let login = world.form(&format!("/{tenant}/oauth2/v2.0/token"), &login);
        world.management_bearer = member(&login, "access_token")?;
        let exchange = [("grant_type", "access_token"), ("service", HOST), ("access_token", &world.management_bearer)];
        let exchanged = world.form("/oauth2/exchange", &exchange);
        world.refresh_token = member(&exchanged, "refresh_token")?;
        let scope = "repository:samples/hello:pull,push,metadata_read registry:catalog:*";
        let password = [
            ("grant_type", "password"),
            ("service", HOST),
            ("username", "token2"),
            ("password", &password),
            ("scope", scope),
        ];
        let issued = world.form("/oauth2/token", &password);
        world.bearer = member(&issued, "access_token")?;
        Ok(world)
    }

    /// Makes a group, a registry, a scope map and a token; its password.
    fn furnish(&self) -> Result<String, Box<dyn std::error::Error>> {
        let subscriptions = self.manage("GET", "/subscriptions", &Value::Null)?;
        let subscription = subscriptions["value"][0]["id"].as_str().ok_or("a subscription")?.to_owned();
        let group = format!("{subscription}/resourceGroups/lnxtest");
        let registry = format!("{group}/providers/Microsoft.ContainerRegistry/registries/lnxcr");
        self.manage("PUT", &group, &json!({"location": "westus"}))?;
        self.manage("PUT", &registry, &json!({"location": "westus", "sku": {"name": "Premium"}}))?;
        let actions = ["repositories/samples/*/content/read", "repositories/samples/*/metadata/read"];
        let map = format!("{registry}/scopeMaps/newmap");
        self.manage("PUT", &map, &json!({"properties": {"actions": actions}}))?;
        let properties = json!({"scopeMapId": map, "credentials": {"passwords": [{"name": "password1"}]}});
        let token = self.manage("PUT", &format!("{registry}/tokens/token2"), &json!({"properties": properties}))?;
        let password = token["properties"]["credentials"]["passwords"][0]["value"].as_str();
        Ok(password.ok_or("a password")?.to_owned())
    }

    fn manage(&self, method: &str, path: &str, body: &Value) -> Result<Value, Box<dyn std::error::Error>> {
        let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
        let request = Request::builder().method(method).uri(format!("{path}?api-version={API_VERSION}"));
        let request =
            request.header("content-type", "application/json").header("content-length", body.len()).body(body)?;
        let answer = self.runtime.block_on(self.server.call(LocalUser("fuzzer".to_owned()), request));
        if answer.status().is_success() {
            Ok(serde_json::from_slice(answer.body())?)
        } else {
            Err(format!("{answer:?}").into())
        }
    }

    /// A form to the registry's token service, or to the login.
    pub(crate) fn form(&self, path: &str, fields: &[(&str, &str)]) -> Response<Bytes> {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = Request::builder().method("POST").uri(path).header("host", HOST);
        let request =
            request.header("content-type", "application/x-www-form-urlencoded").header("content-length", form.len());
        self.answer(request.body(Bytes::from(form)).expect("a request"))
    }

    /// Any request of a stranger.
    pub(crate) fn answer(&self, request: Request<Bytes>) -> Response<Bytes> {
        self.runtime.block_on(self.server.answer(request))
    }
}

fn member(answer: &Response<Bytes>, name: &str) -> Result<String, Box<dyn std::error::Error>> {
    let body: Value = serde_json::from_slice(answer.body())?;
    Ok(body[name].as_str().ok_or_else(|| format!("no {name} in {answer:?}"))?.to_owned())
}

/// It is always noon on the first of January 2026.
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1_767_268_800_000_000)
    }
}

/// The same numbers in every run; nobody has to be kept from guessing them.
struct Counter(AtomicU64);

impl Random for Counter {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(8) {
            let number = self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            chunk.copy_from_slice(&number.to_le_bytes()[..chunk.len()]);
        }
    }
}

/// No issuer can be reached.
struct Nobody;

impl IssuerDocuments for Nobody {
    fn get<'a>(&'a self, _: &'a DocumentRequest) -> BoxFuture<'a, Result<IssuerDocument, DocumentError>> {
        Box::pin(async { Err(DocumentError::Unreachable("nobody is there".to_owned())) })
    }
}
