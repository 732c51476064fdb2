//! The value of `-DefaultProfile`: a context's name, or a table that says where to go and as whom.

use crate::contexts::Context;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::secret::Secret;
use crate::transport::login::{ServicePrincipal, TENANT_DEFAULT};
use serde_json::Value;

/// The members that say whom to log in as.
const LOGIN: [&str; 4] = ["ClientId", "ClientSecret", "TenantId", "CredentialsFile"];

/// Why nothing is said beside a context.
const A_CONTEXT_SAYS_BOTH: &str = "A context says both where to go and as whom.";

/// A profile; of nothing when there is none.
#[derive(Clone, Copy)]
pub(super) struct Profile<'a>(pub(super) Option<&'a Value>);

impl<'a> Profile<'a> {
    /// A member; `None` when it is not there, or is null.
    pub(super) fn text(self, member: &str) -> Option<&'a str> {
        self.0?.get(member)?.as_str()
    }

    /// The first of these members that is there.
    fn first(self, members: &[&'static str]) -> Option<&'static str> {
        members.iter().find(|member| self.text(member).is_some()).copied()
    }

    /// The member that says where to go.
    pub(super) fn place(self) -> Option<&'static str> {
        self.first(&["Name", "Endpoint", "Data"])
    }

    /// The member that says whom to log in as.
    pub(super) fn login(self) -> Option<&'static str> {
        self.first(&LOGIN)
    }

    /// Errors: members of which one would be left unread.
    pub(super) fn check(self) -> Result<(), Failure> {
        let has = |member: &str| self.text(member).is_some();
        let together = |one: &str, other: &str| {
            Failure::usage(format!("-DefaultProfile has both {one} and {other}, which cannot be used together."))
        };
        if let (true, Some(other)) = (has("Name"), self.login().or(self.first(&["Data"]))) {
            return Err(together("Name", other).hint(A_CONTEXT_SAYS_BOTH));
        }
        if has("ClientId") != has("ClientSecret") {
            return Err(Failure::usage("-DefaultProfile has one of ClientId and ClientSecret, and needs both."));
        }
        if has("TenantId") && !has("ClientId") {
            return Err(Failure::usage("-DefaultProfile has TenantId without ClientId and ClientSecret.")
                .hint("A tenant is that of a service principal: name it, or leave TenantId out."));
        }
        if has("ClientId") && has("CredentialsFile") {
            return Err(together("ClientId", "CredentialsFile").hint("Each says whom to log in as: leave one out."));
        }
        Ok(())
    }

    /// Whether the context that `Name` names is what the rest says: an object of `Get-AzContext` has its endpoint as well.
    ///
    /// Errors: it leads elsewhere.
    pub(super) fn check_context(self, context: &Context, environment: &Environment) -> Result<(), Failure> {
        let place = context.place(environment);
        match self.text("Endpoint").filter(|endpoint| *endpoint != place) {
            None => Ok(()),
            Some(endpoint) => Err(Failure::usage(format!(
                "-DefaultProfile has the Name '{}', which leads to {place}, and the Endpoint '{endpoint}'.",
                context.name
            ))
            .hint(A_CONTEXT_SAYS_BOTH)),
        }
    }

    /// The service principal in it, when there is one.
    pub(super) fn principal(self) -> Option<ServicePrincipal> {
        let (client_id, secret) = self.text("ClientId").zip(self.text("ClientSecret"))?;
        Some(ServicePrincipal {
            tenant_id: self.text("TenantId").unwrap_or(TENANT_DEFAULT).to_owned(),
            client_id: client_id.to_owned(),
            client_secret: Secret::new(secret.to_owned()),
        })
    }
}
