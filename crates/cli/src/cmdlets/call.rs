//! One call of a cmdlet: its bound parameters with the service that they are for, what came of it, and the resource that it means.

use crate::client::Client;
use crate::client::address::RegistryPlace;
use crate::cmdlet::binder::Bound;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::host::Host;
use crate::output::objects::{Asked, View};
use crate::session::Session;
use serde_json::Value;
use std::cell::RefCell;
use std::fmt;

/// A call that asks a service.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// The service.
    pub client: Client<'a>,
    /// The parameters.
    pub bound: &'a Bound,
    /// The parameter set.
    pub set: &'static str,
    /// The session, for the files that values name.
    pub session: &'a Session,
    /// What there is to warn of.
    pub warnings: &'a RefCell<Vec<String>>,
    /// Tells a person at once what there is to do while the call waits.
    pub say: &'a dyn Fn(&str),
    /// The process.
    pub environment: &'a Environment,
    /// The subscription of the context.
    pub subscription_id: Option<&'a str>,
}

/// A call that stays on this machine.
pub struct Here<'a> {
    /// The parameters.
    pub bound: &'a Bound,
    /// The parameter set.
    pub set: &'static str,
    /// The process.
    pub environment: &'a Environment,
    /// What else the process can do.
    pub host: &'a mut dyn Host,
    /// What there is to warn of.
    pub warnings: &'a RefCell<Vec<String>>,
    /// Tells a person at once what is neither an object nor a failure.
    pub say: &'a dyn Fn(&str),
    /// Failures that end nothing.
    pub failures: &'a RefCell<Vec<Failure>>,
}

/// What came of a call. Its `Debug` shows no object: one may hold a password.
pub struct Outcome {
    /// The objects that it writes.
    pub objects: Vec<Value>,
    /// Whether one or many were asked for.
    pub asked: Asked,
    /// How they are shown, when not as the cmdlet's own.
    pub view: Option<&'static View>,
    /// What went wrong, if only after something was made.
    pub failure: Option<Failure>,
    /// Text that is shown as it is, in place of objects.
    pub text: Option<String>,
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Outcome").field(&self.objects.len()).field(&self.failure).finish_non_exhaustive()
    }
}

impl Outcome {
    /// Nothing to show.
    pub fn nothing() -> Self {
        Self { objects: Vec::new(), asked: Asked::One, view: None, failure: None, text: None }
    }

    /// One object.
    pub fn one(object: Value) -> Self {
        Self { objects: vec![object], ..Self::nothing() }
    }

    /// Where the end of what was begun and not waited for can be seen (`-NoWait`).
    pub fn left(target: Value) -> Self {
        Self::one(target).shown_as(&LEFT)
    }

    /// However many objects there are.
    pub fn many(objects: Vec<Value>) -> Self {
        Self { objects, asked: Asked::Many, ..Self::nothing() }
    }

    /// Nothing but a failure.
    pub fn failed(failure: impl Into<Failure>) -> Self {
        Self { failure: Some(failure.into()), ..Self::nothing() }
    }

    /// Text.
    pub fn text(text: String) -> Self {
        Self { text: Some(text), ..Self::nothing() }
    }

    /// Shown another way than the cmdlet's objects are.
    pub fn shown_as(self, view: &'static View) -> Self {
        Self { view: Some(view), ..self }
    }

    /// Whether it is [`Self::left`].
    pub fn is_left(&self) -> bool {
        self.view.is_some_and(|view| std::ptr::eq(view, &LEFT))
    }

    /// With what went wrong afterwards.
    pub fn and_failed(self, failure: Failure) -> Self {
        Self { failure: Some(failure), ..self }
    }
}

impl From<Result<Outcome, Failure>> for Outcome {
    fn from(result: Result<Outcome, Failure>) -> Self {
        result.unwrap_or_else(Self::failed)
    }
}

/// A kind of child of a registry: the member of an identity that names it, and the segment of its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Child {
    /// `TokenName`
    pub member: &'static str,
    /// `tokens`
    pub segment: &'static str,
    /// `tokenName`, in the words for a wrong id
    pub variable: &'static str,
}

impl Call<'_> {
    /// The text of a parameter.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.bound.text(name)
    }

    /// Tells a warning, when the call is over.
    pub fn warn(&self, warning: String) {
        self.warnings.borrow_mut().push(warning);
    }

    /// The registry and the name of the child that the call means: by `-InputObject`, else by names.
    pub async fn child(&self, child: Child) -> Result<(RegistryPlace, String), Failure> {
        match self.bound.get("InputObject") {
            Some(identity) => {
                let parts = Identity(identity).parts(Some(child))?;
                Ok((parts.place, parts.child))
            }
            None => Ok((self.registry("RegistryName").await?, self.text("Name").unwrap_or_default().to_owned())),
        }
    }

    /// The registry that the call means: by `-InputObject`, else by `-RegistryName`, else by `-Name`.
    pub async fn place(&self) -> Result<RegistryPlace, Failure> {
        match self.bound.get("InputObject").or_else(|| self.bound.get("Registry")) {
            Some(identity) => Ok(Identity(identity).parts(None)?.place),
            None if self.bound.has("RegistryName") => self.registry("RegistryName").await,
            None => self.registry("Name").await,
        }
    }

    /// The registry that the call names, in each subscription that it names.
    pub async fn places(&self, parameter: &str) -> Result<Vec<RegistryPlace>, Failure> {
        let place = |subscription_id| RegistryPlace { subscription_id, ..self.named(parameter) };
        Ok(self.subscriptions().await?.into_iter().map(place).collect())
    }

    /// Every `-SubscriptionId`, else the only subscription there is.
    pub async fn subscriptions(&self) -> Result<Vec<String>, Failure> {
        let given = self.bound.get("SubscriptionId").and_then(Value::as_array);
        match given.filter(|ids| !ids.is_empty()) {
            Some(ids) => Ok(ids.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
            None => Ok(vec![self.subscription().await?]),
        }
    }

    /// The registry that the call names by `parameter`.
    pub async fn registry(&self, parameter: &str) -> Result<RegistryPlace, Failure> {
        Ok(RegistryPlace { subscription_id: self.subscription().await?, ..self.named(parameter) })
    }

    /// The same, without its subscription.
    pub fn named(&self, parameter: &str) -> RegistryPlace {
        RegistryPlace {
            subscription_id: String::new(),
            resource_group: self.text("ResourceGroupName").unwrap_or_default().to_owned(),
            registry: self.text(parameter).unwrap_or_default().to_owned(),
        }
    }

    /// `-SubscriptionId`, else the profile's, else the context's, else the only one there is.
    pub async fn subscription(&self) -> Result<String, Failure> {
        let profile = self.bound.get("DefaultProfile").and_then(|profile| profile.get("SubscriptionId")?.as_str());
        match self.text("SubscriptionId").or(profile).or(self.subscription_id) {
            Some(id) => Ok(id.to_owned()),
            None => Ok(self.client.only_subscription().await?),
        }
    }
}

/// A value of `IContainerRegistryIdentity`.
#[derive(Clone, Copy)]
pub struct Identity<'a>(pub &'a Value);

/// What an identity names.
#[derive(Debug, PartialEq, Eq)]
pub struct Parts {
    /// The registry.
    pub place: RegistryPlace,
    /// The child's name; empty when none was asked for.
    pub child: String,
}

impl Identity<'_> {
    /// The names in its id, else those it has one by one.
    ///
    /// Errors: in the words of the generator of Az, for an id of another kind of resource, and for a name that is missing.
    pub fn parts(&self, child: Option<Child>) -> Result<Parts, Failure> {
        let member = |name: &str| self.0.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(id) = member("Id") {
            let parts = parse_id(id, child).ok_or_else(|| {
                let tail = child.map(|child| format!("/{}/{{{}}}", child.segment, child.variable)).unwrap_or_default();
                Failure::usage(format!(
                    "Invalid identity for URI '/subscriptions/{{subscriptionId}}/resourceGroups/{{resourceGroupName}}/providers/\
                     Microsoft.ContainerRegistry/registries/{{registryName}}{tail}'"
                ))
                .hint(format!("-InputObject has the id '{id}'."))
            })?;
            let same = [
                ("SubscriptionId", parts.place.subscription_id.as_str()),
                ("ResourceGroupName", &parts.place.resource_group),
                ("RegistryName", &parts.place.registry),
                (child.map_or("", |child| child.member), &parts.child),
            ];
            let other = same.into_iter().find_map(|(name, known)| {
                let given = member(name).filter(|given| !given.eq_ignore_ascii_case(known))?;
                Some(format!("{name} '{given}'"))
            });
            return match other {
                None => Ok(parts),
                Some(other) => Err(Failure::usage(format!("InputObject has the id '{id}' and another {other}."))
                    .hint("The id says it all: leave the rest out.")),
            };
        }
        let needed = |name: &str| {
            let value = member(name).map(str::to_owned);
            value.ok_or_else(|| Failure::usage(format!("InputObject has null value for InputObject.{name}")))
        };
        Ok(Parts {
            place: RegistryPlace {
                subscription_id: needed("SubscriptionId")?,
                resource_group: needed("ResourceGroupName")?,
                registry: needed("RegistryName")?,
            },
            child: child.map(|child| needed(child.member)).transpose()?.unwrap_or_default(),
        })
    }
}

/// The names in a resource id; `None` when it is one of another kind.
pub fn parse_id(id: &str, child: Option<Child>) -> Option<Parts> {
    let segments: Vec<&str> = id.trim_matches('/').split('/').collect();
    let [subscriptions, subscription, groups, group, providers, provider, registries, registry, rest @ ..] =
        segments.as_slice()
    else {
        return None;
    };
    let expected = [
        (*subscriptions, "subscriptions"),
        (*groups, "resourceGroups"),
        (*providers, "providers"),
        (*provider, "Microsoft.ContainerRegistry"),
        (*registries, "registries"),
    ];
    if !expected.iter().all(|(given, word)| given.eq_ignore_ascii_case(word)) {
        return None;
    }
    let name = match (rest, child) {
        ([], None) => "",
        ([segment, name], Some(child)) if segment.eq_ignore_ascii_case(child.segment) => name,
        _ => return None,
    };
    let place = RegistryPlace {
        subscription_id: (*subscription).to_owned(),
        resource_group: (*group).to_owned(),
        registry: (*registry).to_owned(),
    };
    Some(Parts { place, child: name.to_owned() })
}

/// What `-NoWait` writes: the URL that would be polled.
pub static LEFT: View = View { columns: &[crate::output::objects::Column::text("Target")], whole: true };
