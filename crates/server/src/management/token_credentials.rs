//! The `credentials` of a token: what a request may ask of them, and how an answer lists them.

use super::Context;
use super::errors::Failure;
use super::token_certificates::{self, Detail};
use model::certificate::CertificateSpec;
use model::password::PasswordName;
use model::resource_id::TokenId;
use model::timestamp::Timestamp;
use model::token::Token;
use service::{Error, GeneratedPassword, PasswordSpec};
use wire::arm::tokens::{TokenCredentials, TokenPassword};
use wire::arm::uses::LastUsed;

/// Every password of the token in order, if only `[]`: Terraform fails without the list. `value` only where just generated.
pub(super) fn of(token: &Token, generated: &[GeneratedPassword], detail: Detail) -> TokenCredentials {
    TokenCredentials {
        certificates: token_certificates::of(token, detail),
        passwords: Some(passwords(token, generated)),
    }
}

/// As [`of`], the list alone.
pub(super) fn passwords(token: &Token, generated: &[GeneratedPassword]) -> Vec<TokenPassword> {
    let shape = |password: &model::token::TokenPassword| TokenPassword {
        creation_time: Some(password.created_at.to_string()),
        expiry: password.expires_at.map(|time| time.to_string()),
        name: Some(password.name.as_str().to_owned()),
        value: generated
            .iter()
            .find(|generated| generated.name == password.name)
            .map(|generated| generated.password.reveal().to_owned()),
        last_used_time: Some(last_used(password.last_used_at)),
    };
    token.passwords.iter().map(shape).collect()
}

/// Told of every credential, also of those that nobody has used.
pub(super) fn last_used(at: Option<Timestamp>) -> LastUsed {
    at.map(|at| at.to_string()).into()
}

/// What a PUT or PATCH asks for; `None` leaves passwords or certificates as they are (decision D7b).
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) passwords: Option<Vec<PasswordSpec>>,
    pub(super) certificates: Option<Vec<CertificateSpec>>,
}

/// Reads what a PUT or PATCH asks for.
pub(super) async fn parse(
    context: &Context,
    id: &TokenId,
    given: Option<&TokenCredentials>,
) -> Result<Wanted, Failure> {
    let Some(given) = given else { return Ok(Wanted::default()) };
    let certificates = token_certificates::parse(given.certificates.as_ref())?;
    let Some(passwords) = &given.passwords else { return Ok(Wanted { passwords: None, certificates }) };
    let specs =
        passwords.iter().enumerate().map(|(index, password)| spec(index, password)).collect::<Result<_, _>>()?;
    refuse_chosen_values(context, id, passwords).await?;
    Ok(Wanted { passwords: Some(specs), certificates })
}

/// Reads an expiry.
pub(super) fn expiry(target: &str, given: Option<&String>) -> Result<Option<Timestamp>, Failure> {
    let parse = |text: &String| Timestamp::parse(text).map_err(|error| Failure::invalid(target, format!("{error}.")));
    given.map(parse).transpose()
}

/// Reads the name of a password.
pub(super) fn name(target: &str, given: &str) -> Result<PasswordName, Failure> {
    PasswordName::parse(given).ok_or_else(|| {
        Failure::invalid(target, format!("'{given}' is not a password of a token: use 'password1' or 'password2'."))
    })
}

fn spec(index: usize, given: &TokenPassword) -> Result<PasswordSpec, Failure> {
    let member = |name: &str| format!("properties.credentials.passwords[{index}].{name}");
    let given_name = given
        .name
        .as_deref()
        .ok_or_else(|| Failure::invalid(member("name"), "A password needs its name: 'password1' or 'password2'."))?;
    Ok(PasswordSpec {
        name: name(&member("name"), given_name)?,
        expires_at: expiry(&member("expiry"), given.expiry.as_ref())?,
    })
}

/// `value` is read-only, and Terraform sends it back for a password that it wants to keep (management-api.md, section 10). For one
/// that is not there it would be a chosen password, which nobody gets (decision D3).
async fn refuse_chosen_values(context: &Context, id: &TokenId, passwords: &[TokenPassword]) -> Result<(), Failure> {
    if passwords.iter().all(|password| password.value.is_none()) {
        return Ok(());
    }
    let known = match context.service.get_token(id).await {
        Ok(token) => token.passwords,
        Err(Error::TokenMissing(_)) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    for (index, password) in passwords.iter().enumerate() {
        let name = password.name.as_deref().and_then(PasswordName::parse);
        let is_known = known.iter().any(|known| Some(known.name) == name);
        if password.value.is_some() && !is_known {
            return Err(Failure::invalid(
                format!("properties.credentials.passwords[{index}].value"),
                "A password's value is generated, never chosen: leave `value` out.",
            ));
        }
    }
    Ok(())
}
