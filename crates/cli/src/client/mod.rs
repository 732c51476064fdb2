//! The management API seen from a client: requests in `wire` shapes over a `Transport`, errors as answers, waiting for
//! long-running operations. Knows no cmdlet and prints nothing.

pub mod address;
pub mod operation;
pub(crate) mod pages;
pub mod registry;

use crate::destination::Route;
use crate::failure::Failure;
use crate::limits::LIST_ITEMS_MAX;
use crate::transport::cloud::Cloud;
use crate::transport::{Transport, TransportError};
use address::{Address, AddressError};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use operation::Sleeper;
use pages::Pages;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wire::arm::List;
use wire::arm::errors::{ErrorBody, ErrorDetail};
use wire::arm::subscriptions::Subscription;

/// A client of one management API.
#[derive(Clone, Copy)]
pub struct Client<'a> {
    transport: &'a dyn Transport,
    sleeper: &'a dyn Sleeper,
}

/// A service that a command goes to.
pub struct Reached<'a> {
    /// A client of it.
    pub client: Client<'a>,
    /// The way that leads there.
    pub route: Route,
}

/// Whose management API it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// One of Azure's clouds.
    Azure,
    /// This project's.
    Portcullis,
}

/// A resource after a PUT.
#[derive(Debug)]
pub struct Put<T> {
    /// As the PUT itself answered: the only place where the value of a password stands.
    pub answered: T,
    /// As it is once the operation has ended; or why that is not known.
    pub ended: Result<T, ClientError>,
}

/// A part of an answer in lines.
#[derive(Debug)]
pub struct Lines {
    /// The lines.
    pub lines: Vec<String>,
    /// Where the next part is; `None` for the last.
    pub next: Option<Address>,
}

/// Why there is no resource.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message says what it is")]
pub enum ClientError {
    #[error("[{code}] : {message}")]
    Refused { status: StatusCode, code: String, message: String, target: Option<String> },
    #[error("[{code}] : {message}")]
    OperationFailed { code: String, message: String },
    #[error("The operation still runs after {0} minutes; it was left alone.")]
    OperationTooLong(u64),
    #[error("The list has more than {0} items; nothing of it is shown.")]
    ListTooLong(usize),
    #[error(
        "The list does not end: after {0} come pages that are empty or were there before; it was followed no further."
    )]
    ListEndless(String),
    #[error("The answer to {method} {path} makes no sense: {reason}.")]
    Unreadable { method: Method, path: String, reason: String },
    #[error("The request cannot be written as JSON: {0}.")]
    Unwritable(String),
    #[error("There is no subscription. Name one with -SubscriptionId.")]
    NoSubscription,
    #[error("There are {0} subscriptions. Name one with -SubscriptionId.")]
    SeveralSubscriptions(usize),
    #[error(transparent)]
    Address(#[from] AddressError),
    #[error(transparent)]
    Transport(#[from] TransportError),
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let message = error.to_string();
        match error {
            ClientError::Refused { target: Some(target), message: said, .. } if !said.contains(&target) => {
                Self::refused(message).hint(format!("The service points at '{target}'."))
            }
            ClientError::Refused { .. } | ClientError::OperationFailed { .. } => Self::refused(message),
            ClientError::OperationTooLong(_) => {
                Self::unreachable(message).hint("Look at the resource a little later, and run the command again if need be.")
            }
            ClientError::ListTooLong(_) => {
                Self::unreachable(message).hint("Ask for less: name a registry, a resource group or a single resource.")
            }
            ClientError::ListEndless(_) => Self::unreachable(message)
                .hint("That is a fault of the service. Ask for less, or try again later."),
            ClientError::Unreadable { .. } => Self::unreachable(message)
                .hint("Is --endpoint (or PORTCULLIS_ENDPOINT) the address of a management API, of a release that this command knows?"),
            ClientError::Unwritable(_) => {
                Self::unreachable(message).hint("That is a fault of this program: please report it with the command.")
            }
            ClientError::Address(AddressError::Elsewhere(_)) => Self::unreachable(message)
                .hint("Is --endpoint the address under which the service knows itself (public_url of a server)?"),
            ClientError::NoSubscription => {
                Self::usage(message).hint("Whoever is signed in may see none: they need a role, such as Reader.")
            }
            ClientError::SeveralSubscriptions(_) => {
                Self::usage(message).hint("A context can keep one: portcullis context add NAME --subscription ID.")
            }
            ClientError::Address(AddressError::NotAName(_)) => {
                Self::usage(message).hint("A name is one segment of a path: not empty, and neither . nor ..")
            }
            ClientError::Address(AddressError::NotAPath(_)) => Self::unreachable(message)
                .hint("That is a fault of the service: what was asked may have been done all the same."),
            ClientError::Transport(error) => error.into(),
        }
    }
}

impl From<AddressError> for Failure {
    fn from(error: AddressError) -> Self {
        ClientError::from(error).into()
    }
}

impl<'a> Client<'a> {
    /// A client over `transport`, which waits through `sleeper`.
    pub fn new(transport: &'a dyn Transport, sleeper: &'a dyn Sleeper) -> Self {
        Self { transport, sleeper }
    }

    /// The same service through another transport.
    pub fn over<'b>(&self, transport: &'b dyn Transport) -> Client<'b>
    where
        'a: 'b,
    {
        Client { transport, sleeper: self.sleeper }
    }

    /// Whose management API it is, by its login and its host.
    pub fn service(&self) -> Service {
        let is_cloud = Cloud::of_endpoint(&self.transport.endpoint()).is_some();
        if is_cloud || self.transport.is_at_azure() { Service::Azure } else { Service::Portcullis }
    }

    /// What it waits through.
    pub fn sleeper(&self) -> &'a dyn Sleeper {
        self.sleeper
    }

    /// The way to the service.
    pub fn transport(&self) -> &'a dyn Transport {
        self.transport
    }

    /// A resource that must exist.
    pub async fn get<T: DeserializeOwned>(&self, address: &Address) -> Result<T, ClientError> {
        self.request(Method::GET, address, Bytes::new()).await?.success()?.json()
    }

    /// A resource, or `None` when the service does not know it (404).
    pub async fn find<T: DeserializeOwned>(&self, address: &Address) -> Result<Option<T>, ClientError> {
        let answer = self.request(Method::GET, address, Bytes::new()).await?;
        if answer.response.status() == StatusCode::NOT_FOUND { Ok(None) } else { answer.success()?.json().map(Some) }
    }

    /// Makes or replaces a resource, and waits until that has ended.
    ///
    /// Errors: the PUT itself was refused. What goes wrong later is in [`Put::ended`].
    pub async fn put<T: Serialize + DeserializeOwned>(
        &self,
        address: &Address,
        body: &T,
    ) -> Result<Put<T>, ClientError> {
        let answer = self.request(Method::PUT, address, json_bytes(body)?).await?.success()?;
        let answered = answer.json()?;
        let ended = match self.wait(address, &answer).await {
            Ok(()) => self.get(address).await,
            Err(error) => Err(error),
        };
        Ok(Put { answered, ended })
    }

    /// Makes or replaces a resource, and does not wait: the answer, and the URL at which its end could be seen.
    pub async fn put_and_leave<T: Serialize + DeserializeOwned>(
        &self,
        address: &Address,
        body: &T,
    ) -> Result<(T, String), ClientError> {
        let answer = self.request(Method::PUT, address, json_bytes(body)?).await?.success()?;
        Ok((answer.json()?, self.target(address, &answer)))
    }

    /// Changes a resource, waits until that has ended, and reads it.
    ///
    /// Errors: the PATCH itself was refused. What goes wrong later is in [`Put::ended`].
    pub async fn patch<B: Serialize, T: DeserializeOwned>(
        &self,
        address: &Address,
        body: &B,
    ) -> Result<Put<T>, ClientError> {
        let answer = self.request(Method::PATCH, address, json_bytes(body)?).await?.success()?;
        let answered = answer.json()?;
        let ended = match self.wait(address, &answer).await {
            Ok(()) => self.get(address).await,
            Err(error) => Err(error),
        };
        Ok(Put { answered, ended })
    }

    /// As [`Self::put_and_leave`], for a change.
    pub async fn patch_and_leave<B: Serialize, T: DeserializeOwned>(
        &self,
        address: &Address,
        body: &B,
    ) -> Result<(T, String), ClientError> {
        let answer = self.request(Method::PATCH, address, json_bytes(body)?).await?.success()?;
        Ok((answer.json()?, self.target(address, &answer)))
    }

    /// Deletes a resource and waits until it is gone. Whether there was one.
    pub async fn delete(&self, address: &Address) -> Result<bool, ClientError> {
        let answer = self.request(Method::DELETE, address, Bytes::new()).await?.success()?;
        self.wait_for_deletion(&answer).await?;
        Ok(answer.response.status() != StatusCode::NO_CONTENT)
    }

    /// Asks for a deletion, and does not wait: the URL at which its end could be seen.
    pub async fn delete_and_leave(&self, address: &Address) -> Result<String, ClientError> {
        let answer = self.request(Method::DELETE, address, Bytes::new()).await?.success()?;
        Ok(self.target(address, &answer))
    }

    /// Every item of a list, over all its pages.
    pub async fn list<T: DeserializeOwned>(&self, address: &Address) -> Result<Vec<T>, ClientError> {
        let (mut items, mut pages) = (Vec::new(), Pages::default());
        let mut next = Some(address.clone());
        while let Some(address) = next {
            let List { value, next_link } = self.get::<List<T>>(&address).await?;
            let is_empty = value.is_empty();
            items.extend(value);
            if items.len() > LIST_ITEMS_MAX {
                return Err(ClientError::ListTooLong(LIST_ITEMS_MAX));
            }
            let given = next_link.as_deref().map(|url| self.given(url)).transpose()?;
            next = pages.go_on(&address, is_empty, given)?;
        }
        Ok(items)
    }

    /// A part of what the service answers in lines.
    pub async fn lines(&self, address: &Address) -> Result<Lines, ClientError> {
        let answer = self.request(Method::GET, address, Bytes::new()).await?.success()?;
        let text = std::str::from_utf8(answer.response.body());
        let text = text.map_err(|_| answer.unreadable("it is not UTF-8 text".to_owned()))?;
        let next = answer.header("link").and_then(|link| link.strip_prefix('<')?.split_once('>')).map(|(url, _)| url);
        Ok(Lines {
            lines: text.lines().map(str::to_owned).collect(),
            next: next.map(|url| self.given(url)).transpose()?,
        })
    }

    /// Asks for an action that has no body and answers at once.
    pub async fn post_nothing<T: DeserializeOwned>(&self, address: &Address) -> Result<T, ClientError> {
        self.request(Method::POST, address, Bytes::new()).await?.success()?.json()
    }

    /// Where a URL leads that the service gave.
    fn given(&self, url: &str) -> Result<Address, AddressError> {
        Address::given_at(url, &self.transport.endpoint(), self.service())
    }

    /// Where the end of what `answer` began can be seen.
    fn target(&self, address: &Address, answer: &Answer) -> String {
        let given = answer.header("azure-asyncoperation").or_else(|| answer.header("location"));
        let here = || format!("{}{}", self.transport.endpoint(), address.path_and_query());
        given.map_or_else(here, str::to_owned)
    }

    /// Asks for an action that answers at once.
    pub async fn post<B: Serialize, T: DeserializeOwned>(&self, address: &Address, body: &B) -> Result<T, ClientError> {
        self.request(Method::POST, address, json_bytes(body)?).await?.success()?.json()
    }

    /// Does what has no answer that counts, and waits for nothing.
    pub async fn perform<B: Serialize>(
        &self,
        method: Method,
        address: &Address,
        body: Option<&B>,
    ) -> Result<(), ClientError> {
        let body = body.map(json_bytes).transpose()?.unwrap_or_default();
        self.request(method, address, body).await?.success().map(drop)
    }

    /// The id of the one subscription that the caller may see.
    pub async fn only_subscription(&self) -> Result<String, ClientError> {
        let List::<Subscription> { value, .. } = self.get(&Address::subscriptions()).await?;
        match value.as_slice() {
            [] => Err(ClientError::NoSubscription),
            [only] => Ok(only.subscription_id.clone()),
            several => Err(ClientError::SeveralSubscriptions(several.len())),
        }
    }

    async fn request(&self, method: Method, address: &Address, body: Bytes) -> Result<Answer, ClientError> {
        let path = address.path_and_query().to_owned();
        let mut request =
            Request::builder().method(method.clone()).uri(&path).header(header::ACCEPT, "application/json");
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let request = request.body(body).map_err(|error| AddressError::NotAPath(error.to_string()))?;
        let response = self.transport.send(request).await?;
        Ok(Answer { method, path, response })
    }
}

/// Shapes of `wire` always become JSON; a failure would be a mistake of this program.
fn json_bytes<B: Serialize>(body: &B) -> Result<Bytes, ClientError> {
    serde_json::to_vec(body).map(Bytes::from).map_err(|error| ClientError::Unwritable(error.to_string()))
}

/// An answer, with what was asked.
struct Answer {
    method: Method,
    path: String,
    response: Response<Bytes>,
}

impl Answer {
    /// The answer when its status is 2xx, else the error in its body.
    fn success(self) -> Result<Self, ClientError> {
        let status = self.response.status();
        if status.is_success() {
            return Ok(self);
        }
        let said = serde_json::from_slice::<ErrorBody>(self.response.body()).ok().map(|body| body.error);
        let ErrorDetail { code, message, target, .. } = said.unwrap_or_else(|| ErrorDetail {
            code: status.as_str().to_owned(),
            message: format!(
                "{} {} was answered with {status} and no reason.",
                self.method,
                self.path.split('?').next().unwrap_or_default()
            ),
            target: None,
            details: Vec::new(),
        });
        Err(ClientError::Refused { status, code, message, target })
    }

    fn json<T: DeserializeOwned>(&self) -> Result<T, ClientError> {
        // Where the JSON breaks, not what stands there: the body may hold a password.
        serde_json::from_slice(self.response.body()).map_err(|error| {
            self.unreadable(format!("its JSON does not fit at line {}, column {}", error.line(), error.column()))
        })
    }

    fn unreadable(&self, reason: String) -> ClientError {
        ClientError::Unreadable { method: self.method.clone(), path: self.path.clone(), reason }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name).and_then(|value| value.to_str().ok())
    }
}

#[cfg(test)]
pub(crate) mod tests;
