//! The parameters by which cmdlets name what they are for, each in the parameter sets that it is given.

use crate::cmdlet::parameter::Parameter;
use crate::cmdlet::types::{IDENTITY, Kind};

/// `-Name`
pub const fn name(about: &'static str, aliases: &'static [&'static str], sets: &'static [&'static str]) -> Parameter {
    Parameter::mandatory("Name", Kind::Text, about).or(aliases).within(sets)
}

/// `-RegistryName`
pub const fn registry_name(sets: &'static [&'static str]) -> Parameter {
    Parameter::mandatory("RegistryName", Kind::Text, "The name of the container registry.").within(sets)
}

/// `-ResourceGroupName`
pub const fn resource_group(sets: &'static [&'static str]) -> Parameter {
    Parameter::mandatory(
        "ResourceGroupName",
        Kind::Text,
        "The name of the resource group to which the container registry belongs.",
    )
    .within(sets)
}

/// Which subscription is meant when none is named (`Call::subscription`).
const SUBSCRIPTION_DEFAULT: &str = "that of -DefaultProfile, else the context's, else the only one there is";

/// `-SubscriptionId`
pub const fn subscription(sets: &'static [&'static str]) -> Parameter {
    Parameter::optional("SubscriptionId", Kind::Text, "The Microsoft Azure subscription ID.")
        .within(sets)
        .default(SUBSCRIPTION_DEFAULT)
}

/// `-SubscriptionId`, of which cmdlets that read take several.
pub const fn subscriptions(sets: &'static [&'static str]) -> Parameter {
    Parameter::optional("SubscriptionId", Kind::Texts, "The Microsoft Azure subscription IDs.")
        .within(sets)
        .default(SUBSCRIPTION_DEFAULT)
}

/// `-InputObject`
pub const fn identity(sets: &'static [&'static str]) -> Parameter {
    Parameter::mandatory("InputObject", Kind::Object(&IDENTITY), "Identity Parameter").within(sets).piped()
}

/// `-PassThru`
pub const fn pass_through() -> Parameter {
    Parameter::optional("PassThru", Kind::Switch, "Returns true when the command succeeds")
}
