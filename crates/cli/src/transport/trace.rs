//! `-Debug`: requests and answers in the layout of Az, without their secrets.

use super::{BoxFuture, Transport, TransportError};
use crate::secret::{Secret, mask_secrets};
use ::http::{HeaderMap, Request, Response};
use bytes::Bytes;
use serde_json::Value;
use std::sync::{Mutex, PoisonError};

/// What stands where a secret was.
const REDACTED: &str = "**redacted**";

/// A transport that remembers what goes through it.
pub struct Traced<'a> {
    inner: &'a dyn Transport,
    messages: Mutex<Vec<String>>,
}

impl<'a> Traced<'a> {
    /// Around `inner`.
    pub fn new(inner: &'a dyn Transport) -> Self {
        Self { inner, messages: Mutex::default() }
    }

    /// What was remembered since the last time, a request or an answer each.
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.messages.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn keep(&self, message: String) {
        self.messages.lock().unwrap_or_else(PoisonError::into_inner).push(message);
    }
}

impl Transport for Traced<'_> {
    fn send<'a>(&'a self, request: Request<Bytes>) -> BoxFuture<'a, Result<Response<Bytes>, TransportError>> {
        self.keep(request_message(&request, &self.endpoint()));
        Box::pin(async move {
            let answer = self.inner.send(request).await;
            self.keep(match &answer {
                Ok(answer) => answer_message(answer),
                Err(error) => error.to_string(),
            });
            answer
        })
    }

    fn endpoint(&self) -> String {
        self.inner.endpoint()
    }

    fn is_at_azure(&self) -> bool {
        self.inner.is_at_azure()
    }

    fn login_server_domain(&self) -> Option<&str> {
        self.inner.login_server_domain()
    }

    fn login_said(&self) -> Option<String> {
        self.inner.login_said()
    }

    fn send_to_registry<'a>(
        &'a self,
        login_server: &'a str,
        request: Request<Bytes>,
    ) -> BoxFuture<'a, Result<Response<Bytes>, TransportError>> {
        self.keep(request_message(&request, &format!("https://{login_server}")));
        Box::pin(async move {
            let answer = self.inner.send_to_registry(login_server, request).await;
            self.keep(match &answer {
                Ok(answer) => answer_message(answer),
                Err(error) => error.to_string(),
            });
            answer
        })
    }

    fn management_bearer(&self) -> BoxFuture<'_, Result<Option<Secret>, TransportError>> {
        self.inner.management_bearer()
    }
}

fn request_message(request: &Request<Bytes>, endpoint: &str) -> String {
    format!(
        "============================ HTTP REQUEST ============================\n\nHTTP Method:\n{}\n\nAbsolute Uri:\n{}{}\n\n\
         Headers:\n{}\nBody:\n{}\n",
        request.method(),
        endpoint,
        request.uri(),
        headers(request.headers()),
        body(request.body())
    )
}

fn answer_message(answer: &Response<Bytes>) -> String {
    let status = answer.status();
    format!(
        "============================ HTTP RESPONSE ============================\n\nStatus Code:\n{}\n\nHeaders:\n{}\nBody:\n{}\n",
        status.canonical_reason().map_or_else(|| status.as_str().to_owned(), |reason| reason.replace(' ', "")),
        headers(answer.headers()),
        body(answer.body())
    )
}

fn headers(headers: &HeaderMap) -> String {
    let line = |(name, value): (&::http::HeaderName, &::http::HeaderValue)| {
        let shown = if value.is_sensitive() || name == "authorization" || name == "set-cookie" {
            REDACTED.to_owned()
        } else {
            String::from_utf8_lossy(value.as_bytes()).into_owned()
        };
        format!("{:<30}: {shown}\n", name.as_str())
    };
    headers.iter().map(line).collect()
}

/// Text that is no JSON is counted, not shown: nobody knows what is in it.
fn body(bytes: &Bytes) -> String {
    if bytes.is_empty() {
        return String::new();
    }
    match serde_json::from_slice::<Value>(bytes) {
        Ok(mut value) => {
            mask_secrets(&mut value, &Value::from(REDACTED));
            format!("{value:#}")
        }
        Err(_) => format!("({} bytes)", bytes.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::tests::{FakeTransport, drive, exchange};
    use serde_json::json;

    #[test]
    fn requests_and_answers_are_shown_as_az_shows_them_and_secrets_are_not() {
        let answer = json!({ "username": "t", "passwords": [{ "name": "password1", "value": "hunter2" }] });
        let fake = FakeTransport::new(vec![exchange("POST /r/generateCredentials", 200, &answer)]);
        let traced = Traced::new(&fake);
        let request = Request::post("/r/generateCredentials?api-version=x")
            .header("authorization", "Bearer hunter2")
            .body(Bytes::from(r#"{"tokenId":"t","client_secret":"hunter2"}"#))
            .unwrap();
        drive(traced.send(request)).unwrap();
        let messages = traced.take();
        let [request, answer] = messages.as_slice() else { panic!("{messages:?}") };
        assert!(request.contains("HTTP REQUEST") && request.contains("\nHTTP Method:\nPOST\n"), "{request}");
        assert!(request.contains("http://localhost/r/generateCredentials?api-version=x"), "{request}");
        assert!(request.contains("\"tokenId\": \"t\""), "{request}");
        assert!(answer.contains("Status Code:\nOK\n") && answer.contains("\"username\": \"t\""), "{answer}");
        assert!(!messages.concat().contains("hunter2"), "{messages:?}");
        assert_eq!(traced.take(), [""; 0]);
    }

    #[test]
    fn what_is_no_json_is_counted() {
        assert_eq!(body(&Bytes::from_static(b"secret=1")), "(8 bytes)");
    }
}
