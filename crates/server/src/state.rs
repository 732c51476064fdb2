//! What every handler needs.

use crate::hosts::Site;
use crate::proxies::TrustedProxies;
use crate::requests::RequestIds;
use service::Service;

/// Shared by all handlers.
pub(crate) struct State {
    /// The use cases.
    pub(crate) service: Service,
    /// The site's names.
    pub(crate) site: Site,
    /// Whose word on their clients counts.
    pub(crate) proxies: TrustedProxies,
    /// Whether this server applies the rules of retention by itself.
    pub(crate) applies_retention: bool,
    /// Makes the ids under which requests are logged.
    pub(crate) request_ids: RequestIds,
}
