//! The world that tests play in: one site with a group and two registries, made through the management API.

use crate::client::{Answer, Client, Outcome, TokenClient};
use crate::client_certificate::ClientCertificate;
use crate::issuer::FakeDocuments;
use bytes::Bytes;
use http::{HeaderName, Method, Request, header};
use model::action::Action;
use model::timestamp::Timestamp;
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};
use server::{Clock, Config, FirstStart, LocalUser, Outside, Random, Server, TrustedProxies};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;

/// The resource group.
pub(crate) const GROUP: &str = "lnxtest";
/// The registry that clients mean.
pub(crate) const REGISTRY: &str = "lnxcr";
/// Another one in the same group, without tokens.
pub(crate) const OTHER_REGISTRY: &str = "othercr";
/// The person who manages in process.
pub(crate) const MANAGER: &str = "user@example.com";
/// Whose word on the certificates of its clients counts in [`Harness::behind_proxy`].
pub(crate) const PROXY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 4000);
/// When every test begins: 2026-01-01T00:00:00Z.
const START_MICROS: i64 = 1_767_225_600_000_000;

/// A server on a data folder of its own.
pub(crate) struct Harness {
    /// The server itself.
    pub(crate) server: Server,
    /// The service principal that the first start made.
    pub(crate) principal: Arc<FirstStart>,
    /// The site's subscription.
    pub(crate) subscription: String,
    clock: Arc<FakeClock>,
    /// What OpenID issuers publish.
    pub(crate) documents: Arc<FakeDocuments>,
    config: Config,
    data: Arc<TempDir>,
}

/// A token, and what its scope map of the same name allows.
pub(crate) struct Holder<'a> {
    /// Of the token and of the scope map.
    pub(crate) name: &'a str,
    /// As scope maps spell them, such as `samples/*`.
    pub(crate) repositories: &'a str,
    /// All of them on all of `repositories`.
    pub(crate) actions: &'a [Action],
}

impl Harness {
    /// A site with the group and both registries.
    pub(crate) async fn new() -> Outcome<Self> {
        Self::new_with(Config::default()).await
    }

    /// The same, otherwise configured. The data folder is the harness's.
    pub(crate) async fn new_with(config: Config) -> Outcome<Self> {
        Self::open(config, Timestamp::from_micros(START_MICROS)).await?.furnished().await
    }

    /// The same behind a proxy that says which certificates its clients have.
    pub(crate) async fn behind_proxy() -> Outcome<Self> {
        let trusted_proxies = TrustedProxies::try_from(vec![PROXY.ip().to_string()])?;
        Self::new_with(Config { trusted_proxies, ..Config::default() }).await
    }

    /// The same at another time.
    pub(crate) async fn new_at(now: Timestamp) -> Outcome<Self> {
        Self::empty_at(now).await?.furnished().await
    }

    async fn furnished(self) -> Outcome<Self> {
        let harness = self;
        let group = format!("/subscriptions/{}/resourceGroups/{GROUP}", harness.subscription);
        harness.put(&group, json!({"location": "westus"})).await?;
        for registry in [REGISTRY, OTHER_REGISTRY] {
            let body = json!({"location": "westus", "sku": {"name": "Premium"}});
            harness.put(&harness.registry_id(registry), body).await?;
        }
        Ok(harness)
    }

    /// A site as the first start leaves it.
    pub(crate) async fn empty() -> Outcome<Self> {
        Self::empty_at(Timestamp::from_micros(START_MICROS)).await
    }

    /// The same at another time.
    pub(crate) async fn empty_at(now: Timestamp) -> Outcome<Self> {
        Self::open(Config::default(), now).await
    }

    async fn open(config: Config, now: Timestamp) -> Outcome<Self> {
        let data = Arc::new(TempDir::new()?);
        let clock = Arc::new(FakeClock(AtomicI64::new(now.as_micros())));
        let config = Config { data: Some(data.path().to_owned()), ..config };
        let documents = Arc::new(FakeDocuments::default());
        let outside = outside(&clock, &documents, 1);
        let (server, first_start) = Server::open(config.clone(), outside).await?;
        let principal = Arc::new(first_start.ok_or("the first start on a data folder makes a service principal")?);
        let mut harness = Self { server, principal, subscription: String::new(), clock, documents, config, data };
        let subscriptions = harness.manage(Method::GET, "/subscriptions", None).await?.json()?;
        let subscription = subscriptions["value"][0]["subscriptionId"].as_str();
        harness.subscription = subscription.ok_or("a site has a subscription")?.to_owned();
        Ok(harness)
    }

    /// Another process on the same data folder, with the same clock. It learns of changes in [`Harness::follow_changes`].
    pub(crate) async fn second_process(&self) -> Outcome<Self> {
        let outside = outside(&self.clock, &self.documents, 2);
        let (server, first_start) = Server::open(self.config.clone(), outside).await?;
        assert!(first_start.is_none(), "a data folder has one first start");
        Ok(Self {
            server,
            principal: Arc::clone(&self.principal),
            subscription: self.subscription.clone(),
            clock: Arc::clone(&self.clock),
            documents: Arc::clone(&self.documents),
            config: self.config.clone(),
            data: Arc::clone(&self.data),
        })
    }

    /// Takes in what other processes did.
    pub(crate) async fn follow_changes(&self) -> Outcome {
        Ok(self.server.follow_changes().await?)
    }

    /// Lets time pass.
    pub(crate) fn advance(&self, duration: Duration) {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        self.clock.0.fetch_add(micros, Ordering::Relaxed);
    }

    /// What the clock shows.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The full id of a registry.
    pub(crate) fn registry_id(&self, registry: &str) -> String {
        format!(
            "/subscriptions/{}/resourceGroups/{GROUP}/providers/Microsoft.ContainerRegistry/registries/{registry}",
            self.subscription
        )
    }

    /// The full id of a scope map of the registry.
    pub(crate) fn scope_map_id(&self, name: &str) -> String {
        format!("{}/scopeMaps/{name}", self.registry_id(REGISTRY))
    }

    /// The full id of a token of the registry.
    pub(crate) fn token_id(&self, name: &str) -> String {
        format!("{}/tokens/{name}", self.registry_id(REGISTRY))
    }

    /// A request to the management API, in process. A path without a query gets the usual `api-version`.
    pub(crate) async fn manage(&self, method: Method, path: &str, body: Option<Value>) -> Outcome<Answer> {
        match body {
            Some(body) => {
                let json = (header::CONTENT_TYPE, "application/json");
                self.manage_with((method, path), &[json], body.to_string()).await
            }
            None => self.manage_with((method, path), &[], Bytes::new()).await,
        }
    }

    /// The same with these headers, and any bytes as its body.
    pub(crate) async fn manage_with(
        &self,
        (method, path): (Method, &str),
        headers: &[(HeaderName, &str)],
        body: impl Into<Bytes>,
    ) -> Outcome<Answer> {
        let uri =
            if path.contains('?') { path.to_owned() } else { format!("{path}?api-version={}", wire::arm::API_VERSION) };
        let mut request = Request::builder().method(method).uri(uri).header("host", "127.0.0.1:5000");
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        Ok(Answer::of(self.server.call(LocalUser(MANAGER.to_owned()), request.body(body.into())?).await))
    }

    /// A PUT that must succeed, and its body.
    pub(crate) async fn put(&self, path: &str, body: Value) -> Outcome<Value> {
        self.manage(Method::PUT, path, Some(body)).await?.succeeded()?.json()
    }

    /// A PATCH that must succeed, and its body.
    pub(crate) async fn patch(&self, path: &str, body: Value) -> Outcome<Value> {
        self.manage(Method::PATCH, path, Some(body)).await?.succeeded()?.json()
    }

    /// A GET that must succeed, and its body.
    pub(crate) async fn get(&self, path: &str) -> Outcome<Value> {
        self.manage(Method::GET, path, None).await?.succeeded()?.json()
    }

    /// A DELETE that must succeed.
    pub(crate) async fn delete(&self, path: &str) -> Outcome<Answer> {
        self.manage(Method::DELETE, path, None).await?.succeeded()
    }

    /// `generateCredentials` for a token of the registry, which must succeed, and its body.
    pub(crate) async fn generate(&self, token: &str, further: Value) -> Outcome<Value> {
        let mut body = json!({"tokenId": self.token_id(token)});
        if let (Some(body), Some(further)) = (body.as_object_mut(), further.as_object()) {
            body.extend(further.clone());
        }
        let path = format!("{}/generateCredentials", self.registry_id(REGISTRY));
        self.manage(Method::POST, &path, Some(body)).await?.succeeded()?.json()
    }

    /// Makes a scope map of the registry; its id.
    pub(crate) async fn scope_map(&self, name: &str, actions: &[&str]) -> Outcome<String> {
        let id = self.scope_map_id(name);
        self.put(&id, json!({"properties": {"actions": actions}})).await?;
        Ok(id)
    }

    /// Makes a token of the registry with `password1`, which never expires.
    pub(crate) async fn token(&self, name: &str, scope_map: &str) -> Outcome<TokenClient<'_>> {
        let passwords = json!([{"name": "password1"}]);
        self.token_with(name, json!({"scopeMapId": scope_map, "credentials": {"passwords": passwords}})).await
    }

    /// Makes a token of the registry; the client knows its first password, if it has one.
    pub(crate) async fn token_with(&self, name: &str, properties: Value) -> Outcome<TokenClient<'_>> {
        let token = self.put(&self.token_id(name), json!({"properties": properties})).await?;
        let password = token["properties"]["credentials"]["passwords"][0]["value"].as_str().unwrap_or_default();
        Ok(TokenClient::new(self, name, password))
    }

    /// Makes a token of the registry, with a scope map of its own.
    pub(crate) async fn holder(&self, name: &str, repositories: &str, actions: &[Action]) -> Outcome<TokenClient<'_>> {
        self.holder_at(REGISTRY, Holder { name, repositories, actions }).await
    }

    /// The same in any registry.
    pub(crate) async fn holder_at(&self, registry: &str, holder: Holder<'_>) -> Outcome<TokenClient<'_>> {
        let scope_map = self.put_rights(registry, &holder).await?;
        let properties = json!({"scopeMapId": scope_map, "credentials": {"passwords": [{"name": "password1"}]}});
        let id = format!("{}/tokens/{}", self.registry_id(registry), holder.name);
        let token = self.put(&id, json!({"properties": properties})).await?;
        let password = token["properties"]["credentials"]["passwords"][0]["value"].as_str().ok_or("a password")?;
        Ok(TokenClient::at(self, registry, (holder.name, password)))
    }

    /// Makes a holder's scope map, or changes it; its id.
    pub(crate) async fn put_rights(&self, registry: &str, holder: &Holder<'_>) -> Outcome<String> {
        let id = format!("{}/scopeMaps/{}", self.registry_id(registry), holder.name);
        let of = |action: &Action| format!("repositories/{}/{action}", holder.repositories);
        let actions: Vec<String> = holder.actions.iter().map(of).collect();
        self.put(&id, json!({"properties": {"actions": actions}})).await?;
        Ok(id)
    }

    /// Makes a token of the registry that signs in with a certificate, with a scope map of its own.
    pub(crate) async fn certified(&self, holder: Holder<'_>, certificate: &ClientCertificate) -> Outcome {
        let scope_map = self.put_rights(REGISTRY, &holder).await?;
        let certificates = json!([{"name": "certificate1", "encodedPemCertificate": certificate.encoded()}]);
        let properties = json!({"scopeMapId": scope_map, "credentials": {"certificates": certificates}});
        self.put(&self.token_id(holder.name), json!({"properties": properties})).await?;
        Ok(())
    }

    /// Gives a token of the registry a certificate.
    pub(crate) async fn certify(&self, token: &str, certificate: &ClientCertificate) -> Outcome {
        self.certify_at(REGISTRY, token, certificate).await
    }

    /// The same in any registry.
    pub(crate) async fn certify_at(&self, registry: &str, token: &str, certificate: &ClientCertificate) -> Outcome {
        let list = json!([{"name": "certificate1", "encodedPemCertificate": certificate.encoded()}]);
        let id = format!("{}/tokens/{token}", self.registry_id(registry));
        self.patch(&id, json!({"properties": {"credentials": {"certificates": list}}})).await?;
        Ok(())
    }

    /// Turns a token of the registry off.
    pub(crate) async fn disable(&self, token: &str) -> Outcome {
        self.patch(&self.token_id(token), json!({"properties": {"status": "disabled"}})).await?;
        Ok(())
    }

    /// Lets whoever asks pull from the registry, or no longer.
    pub(crate) async fn anonymous_pull(&self, enabled: bool) -> Outcome {
        let properties = json!({"properties": {"anonymousPullEnabled": enabled}});
        let patched = self.patch(&self.registry_id(REGISTRY), properties).await?;
        assert_eq!(patched["properties"]["anonymousPullEnabled"], enabled);
        Ok(())
    }

    /// A file of the data folder.
    pub(crate) fn data_file(&self, path: &str) -> PathBuf {
        self.data.path().join(path)
    }

    /// Somebody on the network who has not signed in, at a host.
    pub(crate) fn stranger(&self, host: &str) -> Client<'_> {
        Client::new(&self.server, host)
    }
}

fn outside(clock: &Arc<FakeClock>, documents: &Arc<FakeDocuments>, seed: u64) -> Outside {
    let random = Arc::new(SeededRandom(Mutex::new(ChaCha20Rng::seed_from_u64(seed))));
    Outside { clock: Arc::clone(clock) as _, random, issuer_documents: Arc::clone(documents) as _ }
}

/// Microseconds since the epoch; moves when a test moves it.
struct FakeClock(AtomicI64);

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::Relaxed))
    }
}

/// The same bytes in every run.
struct SeededRandom(Mutex<ChaCha20Rng>);

impl Random for SeededRandom {
    fn fill(&self, bytes: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(bytes);
    }
}
