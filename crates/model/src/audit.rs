//! Entries of the audit log: who did what, when, from where, with what, and by which rule it was allowed or refused.
//!
//! An entry never holds a secret. Names that somebody only claims are left out where they are not those of something that exists: what is
//! typed into the field of a name may be a password.

use crate::timestamp::Timestamp;
use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

/// Characters of one text of an entry; what is longer is cut. As many as the longest resource id has, and enough for what a bearer
/// of a usual pipeline was issued for.
pub const TEXT_CHARS_MAX: usize = 1_000;

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was done.
    Allowed,
    /// A rule forbade it.
    Refused,
}

impl Outcome {
    /// The word in entries.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::Refused => "refused",
        }
    }

    /// Reads the word; `None` for any other.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Allowed, Self::Refused].into_iter().find(|outcome| outcome.as_str() == text)
    }
}

/// How often something happened that one entry stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Repeated {
    /// How often; [`Entry::at`] is when it happened last.
    pub count: u64,
    /// When it first did.
    pub since: Timestamp,
}

/// One entry. What does not apply is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Entry {
    /// When.
    pub at: Timestamp,
    /// What became of it.
    pub outcome: Outcome,
    /// What was wanted: an action of the management plane (`Microsoft.ContainerRegistry/registries/tokens/write`), an operation of the
    /// data plane ([`crate::operation::Needed::called`]), or one of [`actions`].
    pub action: Cow<'static, str>,
    /// Who: the name of a token, the object id of a service principal, whom an issuer vouches for, or a user of this machine.
    pub who: Option<String>,
    /// With what, such as `password1` or `secret 00000000-0000-0000-0000-000000000000`; never the value.
    pub credential: Option<String>,
    /// From where.
    pub address: Option<IpAddr>,
    /// In which registry.
    pub registry: Option<String>,
    /// In which repository.
    pub repository: Option<String>,
    /// On what: a resource id, a tag, a digest, an upload.
    pub target: Option<String>,
    /// The rule that decided: a role, a scope map and an action, a lock, a reason to refuse.
    pub rule: Option<String>,
    /// What else is worth knowing, for people.
    pub detail: Option<String>,
    /// The id of the request, as in the log and in its answer.
    pub request: Option<String>,
    /// Where the entry stands for several equal ones: how many.
    pub repeated: Option<Repeated>,
}

impl Entry {
    /// An entry that says no more than that.
    pub fn new(at: Timestamp, outcome: Outcome, action: impl Into<Cow<'static, str>>) -> Self {
        Self {
            at,
            outcome,
            action: action.into(),
            who: None,
            credential: None,
            address: None,
            registry: None,
            repository: None,
            target: None,
            rule: None,
            detail: None,
            request: None,
            repeated: None,
        }
    }

    /// With no text longer than [`TEXT_CHARS_MAX`].
    #[must_use]
    pub fn bounded(mut self) -> Self {
        let texts = [
            &mut self.who,
            &mut self.credential,
            &mut self.registry,
            &mut self.repository,
            &mut self.target,
            &mut self.rule,
            &mut self.detail,
            &mut self.request,
        ];
        for text in texts.into_iter().flatten() {
            // A text of so few bytes has no more characters.
            if text.len() > TEXT_CHARS_MAX
                && let Some((end, _)) = text.char_indices().nth(TEXT_CHARS_MAX)
            {
                text.truncate(end);
                text.push('…');
            }
        }
        self
    }
}

/// What entries call what is neither of the management plane nor an operation of the data plane.
pub mod actions {
    /// A sign-in to a registry: for a bearer, or for one request with a password, a certificate or a bearer.
    pub const SIGN_IN: &str = "signIn";
    /// A sign-in to the management API, or the use of its bearers.
    pub const LOGIN: &str = "login";
    /// A bearer of the management API, or the data folder, for a refresh token of a registry.
    pub const EXCHANGE: &str = "exchange";
    /// The first service principal was made, with the role of an owner.
    pub const FIRST_START: &str = "firstStart";
    /// Another rule of the site on how long credentials may last.
    pub const RULE: &str = "credentials/rule";
    /// A mount of a blob of another repository.
    pub const MOUNT: &str = "blob/mount";
    /// The end of an upload: the repository holds the blob.
    pub const FINISH_UPLOAD: &str = "blob/write";
    /// The end of an upload that came to nothing.
    pub const CANCEL_UPLOAD: &str = "upload/cancel";
    /// Old entries were taken away. The target is the last of them, as [`super::Link`] writes it.
    pub const PRUNE: &str = "audit/prune";
    /// What nothing needed any more was collected.
    pub const COLLECT: &str = "collection";
    /// A rule of retention was stored.
    pub const PUT_RETENTION_RULE: &str = "retention/rule/write";
    /// A rule of retention was taken away.
    pub const DELETE_RETENTION_RULE: &str = "retention/rule/delete";
    /// A rule of retention deleted a tag.
    pub const DELETE_TAG_BY_RULE: &str = "retention/tag/delete";
    /// A rule of retention deleted a manifest.
    pub const DELETE_MANIFEST_BY_RULE: &str = "retention/manifest/delete";
    /// Entries could not be kept.
    pub const DROP: &str = "audit/drop";
}

/// What entries call whoever has not signed in, where that is allowed.
pub const ANONYMOUS: &str = "anonymous";

/// Who acts on the data plane of a registry, as entries say it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// [`Entry::registry`]
    pub registry: Box<str>,
    /// [`Entry::who`]
    pub who: Box<str>,
    /// [`Entry::credential`]
    pub credential: Cow<'static, str>,
    /// Where its rights come from, such as `scope map ci`.
    pub rights: Cow<'static, str>,
}

/// The place of an entry in the chain, and its hash. The one before the first is [`Link::START`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The first has 1, and each has one more than the one before.
    pub seq: i64,
    /// SHA-256 of the entry's canonical text, in which the hash of the one before stands.
    pub hash: [u8; 32],
}

impl Link {
    /// Before the first entry.
    pub const START: Self = Self { seq: 0, hash: [0; 32] };
}

impl fmt::Display for Link {
    /// `7:3fa2…`, the hash in 64 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.seq)?;
        self.hash.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Which entries are asked for. Everything that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// Those behind this place in the chain.
    pub after: i64,
    /// Not before this.
    pub since: Option<Timestamp>,
    /// Before this.
    pub until: Option<Timestamp>,
    /// By whom, without regard to case.
    pub who: Option<String>,
    /// In which registry, without regard to case.
    pub registry: Option<String>,
    /// In which repository.
    pub repository: Option<String>,
    /// Whose action holds this text.
    pub action: Option<String>,
    /// What became of it.
    pub outcome: Option<Outcome>,
    /// Of which request.
    pub request: Option<String>,
}

/// Which end of the entries that match is wanted, when there are more than fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The oldest.
    First,
    /// The newest.
    Last,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        let mut entry = Entry::new(Timestamp::from_micros(0), Outcome::Allowed, actions::SIGN_IN);
        entry.detail = Some("ü".repeat(TEXT_CHARS_MAX));
        entry.target = Some("ü".repeat(TEXT_CHARS_MAX + 1));
        let bounded = entry.clone().bounded();
        assert_eq!(bounded.detail, entry.detail);
        assert_eq!(bounded.target, Some(format!("{}…", "ü".repeat(TEXT_CHARS_MAX))));
    }

    #[test]
    fn a_link_is_written_with_all_its_digits() {
        let link = Link { seq: 7, hash: [0x0a; 32] };
        assert_eq!(link.to_string(), format!("7:{}", "0a".repeat(32)));
    }
}
