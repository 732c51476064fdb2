//! The fake service that every test of this room talks to, and the tests of the client itself.

use super::operation::Sleeper;
use super::*;
use crate::limits::LIST_EMPTY_PAGES_MAX;
use crate::transport::BoxFuture;
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

/// An exchange that a test expects: method, path (without query), and the answer.
pub(crate) struct Exchange {
    method: Method,
    path: String,
    answer: Result<Response<Bytes>, TransportError>,
}

/// Answers exactly the exchanges it is given, in their order, and remembers the bodies.
#[derive(Default)]
pub(crate) struct FakeTransport {
    expected: Mutex<VecDeque<Exchange>>,
    bodies: Mutex<Vec<String>>,
    queries: Mutex<Vec<String>>,
    endpoint: Option<String>,
    login_server_domain: Option<String>,
}

/// Remembers how long it was asked to wait, and does not.
#[derive(Default)]
pub(crate) struct FakeSleeper(Mutex<Vec<Duration>>);

pub(crate) fn exchange(line: &str, status: u16, body: &Value) -> Exchange {
    exchange_with(line, status, &[], body)
}

/// `line` is method and path.
pub(crate) fn exchange_with(line: &str, status: u16, headers: &[(&str, &str)], body: &Value) -> Exchange {
    let (method, path) = line.split_once(' ').unwrap();
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    Exchange { method: method.parse().unwrap(), path: path.to_owned(), answer: Ok(response.body(body).unwrap()) }
}

/// An answer in lines; `next` is where it says that the next part is.
pub(crate) fn lines_exchange(line: &str, lines: &[String], next: Option<&str>) -> Exchange {
    let link = next.map(|url| format!("<{url}>; rel=\"next\""));
    let headers: Vec<_> = link.iter().map(|link| ("Link", link.as_str())).collect();
    let Exchange { method, path, answer } = exchange_with(line, 200, &headers, &Value::Null);
    let body = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    Exchange { method, path, answer: answer.map(|answer| answer.map(|_| Bytes::from(body))) }
}

pub(crate) fn broken_exchange(line: &str, error: TransportError) -> Exchange {
    Exchange { answer: Err(error), ..exchange(line, 200, &Value::Null) }
}

impl FakeTransport {
    pub(crate) fn new(expected: Vec<Exchange>) -> Self {
        Self { expected: Mutex::new(expected.into()), ..Self::default() }
    }

    /// As if it were at `endpoint`.
    pub(crate) fn at(self, endpoint: &str) -> Self {
        Self { endpoint: Some(endpoint.to_owned()), ..self }
    }

    /// As if it were one of Azure's clouds, whose registries are in a domain of their own.
    pub(crate) fn at_azure(self) -> Self {
        Self { login_server_domain: Some("azurecr.io".to_owned()), ..self.at("https://management.azure.com") }
    }

    /// The bodies that came in, of requests that had one.
    pub(crate) fn bodies(&self) -> Vec<String> {
        self.bodies.lock().unwrap().clone()
    }

    /// The queries that came in, one of each request.
    pub(crate) fn queries(&self) -> Vec<String> {
        self.queries.lock().unwrap().clone()
    }

    /// What was expected and did not come.
    pub(crate) fn left(&self) -> usize {
        self.expected.lock().unwrap().len()
    }
}

impl Transport for FakeTransport {
    fn send<'a>(&'a self, request: Request<Bytes>) -> BoxFuture<'a, Result<Response<Bytes>, TransportError>> {
        let Exchange { method, path, answer } =
            self.expected.lock().unwrap().pop_front().unwrap_or_else(|| panic!("unexpected: {request:?}"));
        assert_eq!(format!("{} {}", request.method(), request.uri().path()), format!("{method} {path}"));
        assert!(request.uri().host().is_none(), "a request names a host: {}", request.uri());
        self.queries.lock().unwrap().push(request.uri().query().unwrap_or_default().to_owned());
        if !request.body().is_empty() {
            self.bodies.lock().unwrap().push(String::from_utf8(request.body().to_vec()).unwrap());
        }
        Box::pin(async move { answer })
    }

    fn endpoint(&self) -> String {
        self.endpoint.clone().unwrap_or_else(|| "http://localhost".to_owned())
    }

    fn login_server_domain(&self) -> Option<&str> {
        self.login_server_domain.as_deref()
    }
}

impl FakeSleeper {
    /// The waits, in seconds.
    pub(crate) fn waits(&self) -> Vec<f64> {
        self.0.lock().unwrap().iter().map(Duration::as_secs_f64).collect()
    }
}

impl Sleeper for FakeSleeper {
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        self.0.lock().unwrap().push(duration);
        Box::pin(async {})
    }
}

/// Drives a future that never waits for anything real.
pub(crate) fn drive<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

const GROUP: &str = "/subscriptions/s/resourceGroups/g";
const REGISTRY: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r";

fn place() -> address::RegistryPlace {
    address::RegistryPlace { subscription_id: "s".to_owned(), resource_group: "g".to_owned(), registry: "r".to_owned() }
}

fn resource(state: &str) -> Value {
    json!({ "name": "t", "properties": { "provisioningState": state } })
}

/// PUTs a token against the exchanges; what came of it, and the waits in seconds.
fn put(exchanges: Vec<Exchange>) -> (Result<Value, String>, Vec<f64>) {
    let (transport, sleeper) = (FakeTransport::new(exchanges), FakeSleeper::default());
    let client = Client::new(&transport, &sleeper);
    let address = place().token_address("t").unwrap();
    let outcome = match drive(client.put::<Value>(&address, &json!({}))) {
        Ok(put) => put.ended.map_err(|error| error.to_string()),
        Err(error) => Err(format!("at once: {error}")),
    };
    assert_eq!(transport.left(), 0);
    (outcome, sleeper.0.into_inner().unwrap().iter().map(Duration::as_secs_f64).collect())
}

fn token_line(method: &str) -> String {
    format!("{method} {REGISTRY}/tokens/t")
}

const OPERATION: (&str, &str) =
    ("Azure-AsyncOperation", "https://elsewhere:1/subscriptions/s/op/1?api-version=x&t=1&s=%2Fabc");

#[test]
fn an_operation_is_looked_at_at_once_and_then_when_the_service_says() {
    let (outcome, waits) = put(vec![
        exchange_with(&token_line("PUT"), 201, &[OPERATION, ("Retry-After", "10")], &resource("Creating")),
        exchange_with("GET /subscriptions/s/op/1", 200, &[("Retry-After", "7")], &json!({ "status": "InProgress" })),
        exchange("GET /subscriptions/s/op/1", 200, &json!({ "status": "Running" })),
        exchange_with("GET /subscriptions/s/op/1", 200, &[("Retry-After", "0")], &json!({ "status": "Running" })),
        exchange("GET /subscriptions/s/op/1", 200, &json!({ "status": "Succeeded" })),
        exchange(&token_line("GET"), 200, &resource("Succeeded")),
    ]);
    assert_eq!(outcome, Ok(resource("Succeeded")));
    assert_eq!(waits, [7.0, 30.0, 0.2]);
}

#[test]
fn the_operations_address_loses_its_host_and_keeps_its_query() {
    let transport = FakeTransport::new(vec![
        exchange_with(&token_line("PUT"), 201, &[OPERATION], &resource("Creating")),
        exchange("GET /subscriptions/s/op/1", 200, &json!({ "status": "Succeeded" })),
        exchange(&token_line("GET"), 200, &resource("Succeeded")),
    ]);
    let sleeper = FakeSleeper::default();
    let address = place().token_address("t").unwrap();
    drive(Client::new(&transport, &sleeper).put::<Value>(&address, &json!({}))).unwrap().ended.unwrap();
    assert_eq!(transport.queries.lock().unwrap()[1], "api-version=x&t=1&s=%2Fabc");
}

#[test]
fn without_an_operation_the_location_is_polled() {
    let location = ("Location", "/result/1?v=1");
    let (outcome, waits) = put(vec![
        exchange_with(&token_line("PUT"), 202, &[location], &resource("Creating")),
        exchange_with("GET /result/1", 202, &[location, ("Retry-After", "1")], &Value::Null),
        exchange("GET /result/1", 200, &Value::Null),
        exchange(&token_line("GET"), 200, &resource("Succeeded")),
    ]);
    assert_eq!((outcome, waits), (Ok(resource("Succeeded")), vec![1.0]));
}

#[test]
fn without_either_the_resource_is_polled() {
    let (outcome, waits) = put(vec![
        exchange(&token_line("PUT"), 201, &resource("Creating")),
        exchange_with(&token_line("GET"), 200, &[("Retry-After", "2")], &resource("Creating")),
        exchange(&token_line("GET"), 200, &resource("Succeeded")),
        exchange(&token_line("GET"), 200, &resource("Succeeded")),
    ]);
    assert_eq!((outcome, waits), (Ok(resource("Succeeded")), vec![2.0]));
}

#[rstest]
#[case(json!({ "status": "Failed", "error": { "code": "Boom", "message": "It broke." } }), "[Boom] : It broke.")]
#[case(json!({ "status": "Canceled" }), "[Canceled] : The operation did not succeed; the service gives no reason.")]
fn an_operation_that_fails_says_why(#[case] status: Value, #[case] expected: &str) {
    let (outcome, _) = put(vec![
        exchange_with(&token_line("PUT"), 201, &[OPERATION], &resource("Creating")),
        exchange("GET /subscriptions/s/op/1", 200, &status),
    ]);
    assert_eq!(outcome, Err(expected.to_owned()));
}

#[rstest]
#[case("600")]
#[case("18446744073709551615")]
fn an_operation_that_never_ends_is_left_alone(#[case] asked_seconds: &str) {
    let running = |seconds| {
        exchange_with("GET /subscriptions/s/op/1", 200, &[("Retry-After", seconds)], &json!({ "status": "InProgress" }))
    };
    let (outcome, waits) = put(vec![
        exchange_with(&token_line("PUT"), 201, &[OPERATION], &resource("Creating")),
        running("600"),
        running(asked_seconds),
    ]);
    assert_eq!(
        (outcome.unwrap_err().as_str(), waits),
        ("The operation still runs after 15 minutes; it was left alone.", vec![600.0])
    );
}

#[rstest]
#[case(404, json!({ "error": { "code": "ResourceNotFound", "message": "The resource x could not be found." }, "status": "Failed" }), "at once: [ResourceNotFound] : The resource x could not be found.")]
#[case(
    502,
    Value::Null,
    "at once: [502] : PUT /subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r/tokens/t was answered with 502 Bad Gateway and no reason."
)]
#[case(
    307,
    Value::Null,
    "at once: [307] : PUT /subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/r/tokens/t was answered with 307 Temporary Redirect and no reason."
)]
fn a_refusal_is_code_and_message(#[case] status: u16, #[case] body: Value, #[case] expected: &str) {
    let (outcome, _) = put(vec![exchange(&token_line("PUT"), status, &body)]);
    assert_eq!(outcome, Err(expected.to_owned()));
}

#[rstest]
#[case(json!({ "value": [] }), Err("There is no subscription. Name one with -SubscriptionId."))]
#[case(json!({ "value": [{ "id": "/subscriptions/a", "subscriptionId": "a", "displayName": "", "state": "Enabled" }] }), Ok("a"))]
#[case(json!({ "value": [{ "id": "", "subscriptionId": "a", "displayName": "", "state": "" }, { "id": "", "subscriptionId": "b", "displayName": "", "state": "" }] }), Err("There are 2 subscriptions. Name one with -SubscriptionId."))]
fn the_subscription_is_the_only_one(#[case] body: Value, #[case] expected: Result<&str, &str>) {
    let (transport, sleeper) =
        (FakeTransport::new(vec![exchange("GET /subscriptions", 200, &body)]), FakeSleeper::default());
    let found = drive(Client::new(&transport, &sleeper).only_subscription()).map_err(|error| error.to_string());
    assert_eq!(found.as_deref().map_err(String::as_str), expected);
}

#[rstest]
#[case("..", None)]
#[case("", None)]
#[case("a b/c?d", Some("a%20b%2Fc%3Fd"))]
#[case("token2", Some("token2"))]
fn a_name_is_one_segment_or_none(#[case] name: &str, #[case] expected: Option<&str>) {
    let address = place().token_address(name).ok();
    let expected = expected.map(|name| format!("{REGISTRY}/tokens/{name}?api-version=2022-02-01-preview"));
    assert_eq!(address.map(|address| address.path_and_query().to_owned()), expected);
}

#[test]
fn a_group_is_asked_for_in_its_own_version() {
    assert_eq!(place().group_address().unwrap().path_and_query(), format!("{GROUP}?api-version=2022-12-01"));
}

#[rstest]
#[case("/op?a=1", Service::Azure, true)]
#[case("https://management.azure.com/op?a=1", Service::Azure, true)]
#[case("https://Management.Azure.com:443/op?a=1", Service::Azure, true)]
#[case("https://management.azure.com:8443/op?a=1", Service::Azure, false)]
#[case("https://elsewhere.example/subscriptions/s/op?a=1", Service::Azure, false)]
#[case("https://management.azure.com.example/subscriptions/s/op?a=1", Service::Azure, false)]
#[case("https://public.example/subscriptions/s/op?a=1", Service::Portcullis, true)]
#[case("https://public.example/subscriptions?a=1", Service::Portcullis, true)]
#[case("https://public.example/providers/p/op?a=1", Service::Portcullis, true)]
#[case("https://public.example/oauth2/token?a=1", Service::Portcullis, false)]
fn an_address_of_another_host_is_not_followed(#[case] url: &str, #[case] service: Service, #[case] expected: bool) {
    let given = Address::given_at(url, "https://management.azure.com", service);
    assert_eq!(given.is_ok(), expected, "{given:?}");
}

#[test]
fn an_operation_elsewhere_ends_the_wait_and_is_not_asked_about() {
    let operation = ("Azure-AsyncOperation", "https://elsewhere.example/subscriptions/s/op/1");
    let exchanges = vec![exchange_with(&token_line("PUT"), 201, &[operation], &resource("Creating"))];
    let transport = FakeTransport::new(exchanges).at("https://management.azure.com");
    let sleeper = FakeSleeper::default();
    let address = place().token_address("t").unwrap();
    let put = drive(Client::new(&transport, &sleeper).put::<Value>(&address, &json!({}))).unwrap();
    assert_eq!(
        put.ended.unwrap_err().to_string(),
        "The service gives an address of 'elsewhere.example', which it is not: nothing was sent there."
    );
    assert_eq!(transport.left(), 0);
}

/// Lists registries against the pages; what came of it.
fn list(pages: Vec<Value>) -> Result<usize, String> {
    let path = "GET /subscriptions/s/providers/Microsoft.ContainerRegistry/registries";
    let transport = FakeTransport::new(pages.iter().map(|page| exchange(path, 200, page)).collect());
    let sleeper = FakeSleeper::default();
    let address = Address::registries("s").unwrap();
    let outcome = drive(Client::new(&transport, &sleeper).list::<Value>(&address));
    assert_eq!(transport.left(), 0);
    outcome.map(|items| items.len()).map_err(|error| error.to_string())
}

fn page(items: &[u8], next: Option<u32>) -> Value {
    let next = next.map(|page| {
        format!("/subscriptions/s/providers/Microsoft.ContainerRegistry/registries?api-version=x&page={page}")
    });
    json!({ "value": items, "nextLink": next })
}

#[test]
fn a_list_goes_on_behind_empty_pages() {
    assert_eq!(list(vec![page(&[1], Some(2)), page(&[], Some(3)), page(&[2, 3], None)]), Ok(3));
}

#[test]
fn a_list_that_leads_back_ends_with_an_error() {
    let refused = list(vec![page(&[1], Some(2)), page(&[2], Some(3)), page(&[3], Some(2))]).unwrap_err();
    assert!(refused.starts_with("The list does not end: after /subscriptions/s/"), "{refused}");
    assert!(list(vec![page(&[1], Some(2)), page(&[1], Some(2))]).is_err());
}

#[test]
fn a_list_of_empty_pages_ends_with_an_error() {
    let pages = (1..).map(|number| page(&[], Some(number))).take(LIST_EMPTY_PAGES_MAX + 1).collect();
    assert!(list(pages).unwrap_err().starts_with("The list does not end"));
}
