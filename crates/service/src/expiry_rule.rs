//! The site's rule on how long credentials may last. It is kept in the data folder, so that every process on it obeys it, whether it has the
//! configuration or not, and read in the transaction of what it may forbid.

use crate::{Error, Service, audit};
use metadata::{Reading, Store, Writing, settings};
use model::audit::actions;
use model::expiry_rule::ExpiryRule;
use model::timestamp::Timestamp;

/// What a configuration says of the rule.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ExpirySetting {
    /// Nothing: the data folder knows.
    #[default]
    Kept,
    /// There is none.
    Lifted,
    /// From now on it is this.
    Within(ExpiryRule),
}

impl Service {
    /// The rule, if there is one.
    pub async fn expiry_rule(&self) -> Result<Option<ExpiryRule>, Error> {
        self.inner.metadata.read(kept).await
    }
}

/// The rule that the data folder has. Errors: `Internal` for one that no release has written: nothing is made by a rule that is not understood.
fn kept(tx: &Reading<'_>) -> Result<Option<ExpiryRule>, Error> {
    let Some(days) = settings::find(tx, settings::CREDENTIAL_DAYS_MAX)? else { return Ok(None) };
    let rule = days.parse().ok().and_then(ExpiryRule::within_days);
    rule.map(Some).ok_or_else(|| Error::internal(format!("the data folder keeps '{days}' for the days of credentials")))
}

/// Makes the data folder keep what a configuration says, and the audit log say so. The rule from then on.
pub(crate) async fn apply(
    metadata: &Store,
    setting: ExpirySetting,
    now: Timestamp,
) -> Result<Option<ExpiryRule>, Error> {
    let before = metadata.read(kept).await?;
    let after = match setting {
        ExpirySetting::Kept => before,
        ExpirySetting::Lifted => None,
        ExpirySetting::Within(rule) => Some(rule),
    };
    if after != before {
        metadata.write(move |tx| put(tx, after, now)).await?;
    }
    Ok(after)
}

fn put(tx: &Writing<'_>, after: Option<ExpiryRule>, now: Timestamp) -> Result<(), Error> {
    let before = kept(tx)?;
    match after {
        Some(rule) => settings::put(tx, settings::CREDENTIAL_DAYS_MAX, &rule.days().to_string())?,
        None => settings::delete(tx, settings::CREDENTIAL_DAYS_MAX)?,
    }
    let told = |rule: Option<ExpiryRule>| rule.map_or("none".to_owned(), |rule| rule.to_string());
    audit::add_own(tx, actions::RULE, format!("{}; before: {}", told(after), told(before)), now)
}

/// Whether a credential that is made or changed now may end at `end`; `None` for never. `target` names the member that says so.
///
/// Errors: `Invalid`.
pub(crate) fn check(tx: &Reading<'_>, target: &str, end: Option<Timestamp>, now: Timestamp) -> Result<(), Error> {
    let rule = kept(tx)?;
    if let Some(end) = end.filter(|end| *end <= now) {
        let other =
            rule.map_or("or none for no expiry".to_owned(), |rule| format!("at the latest {}", rule.latest(now)));
        return Err(Error::invalid(target, format!("{end} is in the past; give a later time, {other}")));
    }
    let refused = rule.and_then(|rule| rule.check(end, now).err());
    refused.map_or(Ok(()), |too_long| Err(Error::invalid(target, too_long.to_string())))
}

/// Whether the passwords of an admin user, which never end, may be made. Errors: `Invalid`.
pub(crate) fn check_admin_user(tx: &Reading<'_>, target: &str) -> Result<(), Error> {
    match kept(tx)? {
        None => Ok(()),
        Some(rule) => Err(Error::invalid(
            target,
            format!("{rule}, and passwords of the admin user never end: use a token instead"),
        )),
    }
}
