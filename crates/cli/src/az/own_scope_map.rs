//! The scope map of a new token: the one that is named, else one of its own, which goes again when the token is refused.

use super::Run;
use super::grants::Grants;
use super::scope_maps::body;
use crate::client::ClientError;
use crate::client::address::RegistryPlace;
use crate::cmdlets::tokens::scope_map_id;
use crate::failure::Failure;
use http::StatusCode;
use wire::arm::scope_maps::ScopeMap;
use wire::arm::tokens::Token;

/// The scope map that a new token gets.
pub(super) struct TokenScopeMap {
    /// Its resource id.
    pub(super) id: String,
    /// Its name, when this command made it: nothing else refers to it.
    made: Option<String>,
}

impl Run<'_, '_> {
    /// Finds or makes it.
    pub(super) async fn scope_map_for(
        &self,
        place: &RegistryPlace,
        token: &str,
        grants: &Grants,
        scope_map: Option<&str>,
    ) -> Result<TokenScopeMap, Failure> {
        if let Some(name) = scope_map {
            return Ok(TokenScopeMap { id: scope_map_id(name, place), made: None });
        }
        let actions = grants.actions().map_err(|error| Failure::usage(error.to_string()))?;
        if actions.is_empty() {
            return Err(Failure::usage("usage error: --scope-map or --repository | --gateway are required."));
        }
        let name = format!("{token}-scope-map");
        let (id, address) = (place.scope_map_id(&name), place.scope_map_address(&name)?);
        let found: Option<ScopeMap> = self.client.find(&address).await?;
        let Some(found) = found else {
            let body = body(Some(actions), Some(format!("Created by token: {token}")));
            self.client.put(&address, &body).await?.ended?;
            return Ok(TokenScopeMap { id, made: Some(name) });
        };
        let mut before = found.properties.and_then(|properties| properties.actions).unwrap_or_default();
        let mut wanted = actions;
        before.sort();
        wanted.sort();
        if before != wanted {
            let registry = &place.registry;
            return Err(Failure::usage(format!(
                "The default scope map was already configured with different repository permissions.\nPlease use \
                 \"portcullis scope-map update -r {registry} -n {name} --add <REPO> --remove <REPO>\" to update."
            )));
        }
        Ok(TokenScopeMap { id, made: None })
    }

    /// Makes the token. When that fails, the scope map that was made for it is removed, or named where the token may exist all the
    /// same.
    pub(super) async fn make_token(
        &self,
        place: &RegistryPlace,
        name: &str,
        body: &Token,
        scope_map: &TokenScopeMap,
    ) -> Result<Token, Failure> {
        let put = self.client.put(&place.token_address(name)?, body).await;
        let (error, is_refused) = match put.map(|put| put.ended) {
            Ok(Ok(token)) => return Ok(token),
            Ok(Err(error)) => (error, false),
            Err(error) => {
                // A request that timed out at the service may have been done.
                let is_refused = matches!(
                    &error,
                    ClientError::Refused { status, .. }
                        if status.is_client_error() && *status != StatusCode::REQUEST_TIMEOUT
                );
                (error, is_refused)
            }
        };
        let failure = Failure::from(error);
        let Some(made) = &scope_map.made else { return Err(failure) };
        let is_gone = is_refused && self.client.delete(&place.scope_map_address(made)?).await.is_ok();
        Err(failure.also(&if is_gone {
            format!("Nothing is left behind: the scope map '{made}', made for it, was removed again.")
        } else {
            let registry = &place.registry;
            format!(
                "The scope map '{made}' was made for it and exists. To remove it: portcullis scope-map delete {made} -r {registry}"
            )
        }))
    }
}
