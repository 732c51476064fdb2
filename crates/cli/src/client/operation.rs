//! Waiting for long-running operations (management-api.md, section 5; Azure's "asynchronous operations" guideline).
//!
//! 1. An answer whose `properties.provisioningState` is final, and that names no operation, has ended.
//! 2. Otherwise `Azure-AsyncOperation` is polled, else `Location`, else the resource itself.
//! 3. The first look comes at once, as .NET's does: the service is mostly done by then. Between looks, `Retry-After` counts.

use super::address::Address;
use super::{Answer, Client, ClientError};
use crate::limits::{OPERATION_WAIT_MAX, POLL_INTERVAL_MIN, RETRY_AFTER_DEFAULT};
use crate::transport::BoxFuture;
use bytes::Bytes;
use http::{Method, StatusCode};
use serde::Deserialize;
use std::time::Duration;
use wire::arm::errors::{ErrorDetail, OperationStatus};

/// Waits. Handed in, so that a test does not.
pub trait Sleeper: Send + Sync {
    /// Comes back after `duration`.
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()>;
}

/// Waits by the runtime's timer.
#[derive(Debug, Clone, Copy, Default)]
pub struct TimerSleeper;

impl Sleeper for TimerSleeper {
    fn sleep(&self, duration: Duration) -> BoxFuture<'_, ()> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// What to look at, and how to read what is seen.
enum Watch {
    /// The body's `status`.
    Operation(Address),
    /// The status code: 202 while it runs.
    Location(Address),
    /// The resource's `properties.provisioningState`.
    Resource(Address),
}

/// What a look says.
enum Progress {
    Ended,
    Running,
}

impl Client<'_> {
    /// Waits until the operation that `answer` began at `address` has ended.
    pub(super) async fn wait(&self, address: &Address, answer: &Answer) -> Result<(), ClientError> {
        let Some(watch) = self.watch(address, answer)? else { return Ok(()) };
        self.look_until_ended(&watch).await
    }

    /// Waits until the deletion that `answer` began has ended: `Location` while it is 202, else it has.
    pub(super) async fn wait_for_deletion(&self, answer: &Answer) -> Result<(), ClientError> {
        let url = answer.header("location").or_else(|| answer.header("azure-asyncoperation"));
        match url {
            Some(url) if answer.response.status() == StatusCode::ACCEPTED => {
                let watch = match answer.header("location") {
                    Some(_) => Watch::Location(self.given(url)?),
                    None => Watch::Operation(self.given(url)?),
                };
                self.look_until_ended(&watch).await
            }
            _ => Ok(()),
        }
    }

    async fn look_until_ended(&self, watch: &Watch) -> Result<(), ClientError> {
        let mut waited = Duration::ZERO;
        loop {
            let look = self.request(Method::GET, watch.address(), Bytes::new()).await?.success()?;
            if let Progress::Ended = watch.read(&look)? {
                return Ok(());
            }
            let pause = retry_after(&look).max(POLL_INTERVAL_MIN);
            // A service may name any number of seconds.
            waited = waited.saturating_add(pause);
            if waited > OPERATION_WAIT_MAX {
                return Err(ClientError::OperationTooLong(OPERATION_WAIT_MAX.as_secs() / 60));
            }
            self.sleeper.sleep(pause).await;
        }
    }

    /// `None` when there is nothing to wait for.
    fn watch(&self, address: &Address, answer: &Answer) -> Result<Option<Watch>, ClientError> {
        if let Some(url) = answer.header("azure-asyncoperation") {
            return Ok(Some(Watch::Operation(self.given(url)?)));
        }
        if answer.response.status() == StatusCode::ACCEPTED
            && let Some(url) = answer.header("location")
        {
            return Ok(Some(Watch::Location(self.given(url)?)));
        }
        match provisioning(answer)? {
            Progress::Ended => Ok(None),
            Progress::Running => Ok(Some(Watch::Resource(address.clone()))),
        }
    }
}

impl Watch {
    fn address(&self) -> &Address {
        match self {
            Self::Operation(address) | Self::Location(address) | Self::Resource(address) => address,
        }
    }

    fn read(&self, look: &Answer) -> Result<Progress, ClientError> {
        match self {
            Self::Operation(_) => {
                let OperationStatus { status, error } = look.json()?;
                progress(&status, error)
            }
            Self::Location(_) if look.response.status() == StatusCode::ACCEPTED => Ok(Progress::Running),
            Self::Location(_) => Ok(Progress::Ended),
            Self::Resource(_) => provisioning(look),
        }
    }
}

fn provisioning(answer: &Answer) -> Result<Progress, ClientError> {
    #[derive(Deserialize)]
    struct Provisioned {
        properties: Option<State>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct State {
        provisioning_state: Option<String>,
    }
    let Provisioned { properties } = answer.json()?;
    match properties.and_then(|state| state.provisioning_state) {
        Some(state) => progress(&state, None),
        None => Ok(Progress::Ended),
    }
}

/// `Succeeded`, `Failed` and `Canceled` are final, in whatever case; any other word means that it still runs.
fn progress(status: &str, error: Option<ErrorDetail>) -> Result<Progress, ClientError> {
    match status.to_ascii_lowercase().as_str() {
        "succeeded" => Ok(Progress::Ended),
        "failed" | "canceled" => {
            let (code, message) = error.map_or_else(
                || (status.to_owned(), "The operation did not succeed; the service gives no reason.".to_owned()),
                |error| (error.code, error.message),
            );
            Err(ClientError::OperationFailed { code, message })
        }
        _ => Ok(Progress::Running),
    }
}

/// In seconds (RFC 9110, section 10.2.3); the form with a date is not used by any management API.
fn retry_after(answer: &Answer) -> Duration {
    let seconds = answer.header("retry-after").and_then(|value| value.trim().parse().ok());
    seconds.map_or(RETRY_AFTER_DEFAULT, Duration::from_secs)
}
