//! Anonymous pull: bearers for whoever asks, in registries that allow it. They name no token, and count as long as the registry
//! allows it: whoever holds one could have another.

use crate::access_tokens::AccessToken;
use crate::{Error, Service, limits};
use model::anonymous_pull;
use model::registry::Registry;
use model::scope::{Asked, Granted};

impl Service {
    /// Issues a bearer to nobody in particular, for what is asked and may be read; `None` where anonymous pull is off.
    pub fn issue_anonymous_token(&self, registry: &Registry, asked: &Asked) -> Result<Option<AccessToken>, Error> {
        if !registry.anonymous_pull_enabled {
            return Ok(None);
        }
        let granted = Granted::of(asked, &anonymous_pull::rules());
        self.sign_anonymous(registry, granted, limits::ANONYMOUS_TOKEN_TTL).map(Some)
    }
}
