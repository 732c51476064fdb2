//! The cmdlets for contexts, with the words of `Az.Accounts`. `portcullis context` is the same without PowerShell's words.

use super::call::{Here, Outcome};
use super::{Cmdlet, Does, Example};
use crate::cmdlet::binder::Spec;
use crate::cmdlet::parameter::Parameter;
use crate::cmdlet::types::{Kind, PROFILE};
use crate::contexts::{Context, Contexts};
use crate::environment::Environment;
use crate::failure::Failure;
use crate::output::objects::{Column, View};
use serde_json::{Value, json};

const MODEL: &str = "Microsoft.Azure.Commands.Profile.Models.Core.PSAzureContext";

/// The columns of `Az.Accounts`, and where it leads.
pub(super) static CONTEXTS: View = View {
    columns: &[
        Column::text("Name"),
        Column::text("Account"),
        Column::text("Subscription"),
        Column::text("Environment"),
        Column::text("Endpoint"),
    ],
    whole: false,
};

const NAME: Parameter = Parameter::mandatory("Name", Kind::Text, "The name of the context.");

const fn cmdlet(spec: Spec, synopsis: &'static str, does: fn(&mut Here<'_>) -> Outcome) -> Cmdlet {
    Cmdlet {
        spec,
        synopsis,
        operation: "Context",
        inputs: &[],
        outputs: &[MODEL],
        view: &CONTEXTS,
        examples: &[],
        does: Does::Here(does),
    }
}

/// `Get-AzContext`
pub static GET: Cmdlet = Cmdlet {
    examples: &[Example {
        title: "List every context",
        code: "Get-AzContext -ListAvailable",
        output: "",
        remarks: "Without -ListAvailable it is the current one.",
    }],
    ..cmdlet(
        Spec {
            name: "Get-AzContext",
            sets: &["GetSingleContext", "ListAllContexts"],
            declared: &[&[
                Parameter::optional("Name", Kind::Text, "The name of the context.").within(&["GetSingleContext"]),
                Parameter::mandatory("ListAvailable", Kind::Switch, "Lists every context.")
                    .within(&["ListAllContexts"]),
            ]],
            positional: &["Name"],
            should_process: false,
        },
        "Gets the context that commands go to, or all of them.",
        |call| get(call).into(),
    )
};

/// `Set-AzContext`
pub static SET: Cmdlet = cmdlet(
    Spec {
        name: "Set-AzContext",
        sets: &["Context", "Subscription"],
        declared: &[&[
            Parameter::mandatory("Context", Kind::Object(&PROFILE), "The context to use.").within(&["Context"]).piped(),
            Parameter::mandatory("Subscription", Kind::Text, "The subscription of the current context.")
                .or(&["SubscriptionId", "SubscriptionName"])
                .within(&["Subscription"]),
        ]],
        positional: &["Context"],
        should_process: true,
    },
    "Chooses the context that commands go to, or its subscription.",
    |call| set(call).into(),
);

/// `Select-AzContext`
pub static SELECT: Cmdlet = cmdlet(
    Spec {
        name: "Select-AzContext",
        sets: &["SelectByName"],
        declared: &[&[NAME.piped()]],
        positional: &["Name"],
        should_process: true,
    },
    "Chooses the context that commands go to.",
    |call| select(call.environment, call.bound.text("Name").unwrap_or_default()).into(),
);

/// The properties of `PSAzureContext` that there are, without secrets.
pub(super) fn object(context: &Context, environment: &Environment) -> Value {
    json!({
        "Name": context.name,
        "Account": context.account(),
        "Subscription": context.subscription_id,
        "Environment": context.cloud().map(|cloud| cloud.name),
        "Endpoint": context.place(environment),
    })
}

fn get(call: &Here<'_>) -> Result<Outcome, Failure> {
    let contexts = Contexts::read(call.environment)?;
    if call.bound.is_on("ListAvailable") {
        return Ok(Outcome::many(contexts.all().iter().map(|context| object(context, call.environment)).collect()));
    }
    let context = call.bound.text("Name").map_or_else(|| contexts.current(), |name| contexts.find(name))?;
    Ok(Outcome::one(object(&context, call.environment)))
}

fn select(environment: &Environment, name: &str) -> Result<Outcome, Failure> {
    let mut contexts = Contexts::read(environment)?;
    let context = contexts.find(name)?;
    contexts.current = Some(context.name.clone());
    contexts.write(environment)?;
    Ok(Outcome::one(object(&context, environment)))
}

fn set(call: &Here<'_>) -> Result<Outcome, Failure> {
    if let Some(context) = call.bound.get("Context") {
        let name = context.get("Name").and_then(Value::as_str);
        let name = name.ok_or_else(|| Failure::usage("-Context has no Name: there is nothing to choose by."))?;
        let place = Contexts::read(call.environment)?.find(name)?.place(call.environment);
        // An object of `Get-AzContext` has its place as well.
        let unread = |(member, value): &(&String, &Value)| match member.as_str() {
            "Name" => false,
            "Endpoint" => value.as_str() != Some(&place),
            _ => !value.is_null(),
        };
        if let Some((member, _)) = context.as_object().into_iter().flatten().find(unread) {
            return Err(Failure::usage(format!("-Context is chosen by its Name: {member} has no meaning beside it."))
                .hint("`portcullis context add` makes a context, or replaces one."));
        }
        return select(call.environment, name);
    }
    let mut contexts = Contexts::read(call.environment)?;
    let mut context = contexts.current()?;
    if context.name == crate::contexts::LOCAL {
        return Err(Failure::usage("The local store has one subscription, which is taken as it is."));
    }
    context.subscription_id = call.bound.text("Subscription").map(str::to_owned);
    contexts.put(context.clone());
    contexts.write(call.environment)?;
    Ok(Outcome::one(object(&context, call.environment)))
}
