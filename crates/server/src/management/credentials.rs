//! `generateCredentials`: synchronous, because Terraform reads the first answer's body (management-api.md, 0.6).

use super::answer::{Outcome, json};
use super::errors::Failure;
use super::{Context, body, token_credentials};
use bytes::Bytes;
use http::StatusCode;
use model::resource_id::{RegistryId, TokenId};
use service::CredentialsSpec;
use wire::arm::credentials::{GenerateCredentials, GeneratedCredentials};

/// `POST …/generateCredentials`
pub(super) async fn generate(context: &Context, registry: &RegistryId, body: &Bytes) -> Outcome {
    let request: GenerateCredentials = body::json(body)?;
    let token = request
        .token_id
        .as_deref()
        .ok_or_else(|| Failure::invalid("tokenId", "The full id of the token is required."))?;
    let spec = CredentialsSpec {
        token: TokenId::parse(token).map_err(|error| Failure::invalid("tokenId", format!("{error}.")))?,
        name: request.name.as_deref().map(|name| token_credentials::name("name", name)).transpose()?,
        expires_at: token_credentials::expiry("expiry", request.expiry.as_ref())?,
    };
    let generated = context.service.generate_credentials(registry, spec).await?;
    let answer = GeneratedCredentials {
        username: generated.token.id.name.to_string(),
        passwords: token_credentials::passwords(&generated.token, &generated.generated),
    };
    json(StatusCode::OK, &answer)
}
