//! What every handler needs.

use crate::hosts::Site;
use crate::requests::RequestIds;
use service::Service;

/// Shared by all handlers.
pub(crate) struct State {
    /// The use cases.
    pub(crate) service: Service,
    /// The site's names.
    pub(crate) site: Site,
    /// Makes the ids under which requests are logged.
    pub(crate) request_ids: RequestIds,
}
