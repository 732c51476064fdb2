//! What the cmdlets for children of a registry have in common: reading and removing.

use super::call::{Call, Child, Outcome};
use crate::client::address::Address;
use crate::failure::Failure;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The child that is named, or all of them.
pub async fn get<T: DeserializeOwned>(
    call: Call<'_>,
    child: Child,
    object: fn(&T) -> Value,
) -> Result<Outcome, Failure> {
    if call.bound.has("InputObject") {
        let (place, name) = call.child(child).await?;
        let found: T = call.client.get(&place.child_address(child.segment, &name)?).await?;
        return Ok(Outcome::one(object(&found)));
    }
    let mut objects = Vec::new();
    for place in call.places("RegistryName").await? {
        match call.text("Name") {
            Some(name) => {
                let found: T = call.client.get(&place.child_address(child.segment, name)?).await?;
                objects.push(object(&found));
            }
            None => {
                let all: Vec<T> = call.client.list(&place.children_address(child.segment)?).await?;
                objects.extend(all.iter().map(object));
            }
        }
    }
    Ok(if call.text("Name").is_some() && objects.len() == 1 {
        Outcome { objects, ..Outcome::nothing() }
    } else {
        Outcome::many(objects)
    })
}

/// Removes the child that is named.
pub async fn remove(call: Call<'_>, child: Child) -> Result<Outcome, Failure> {
    let (place, name) = call.child(child).await?;
    delete(call, &place.child_address(child.segment, &name)?).await
}

/// Deletes what is at `address`; `-PassThru` says so. What is not there is deleted, as at Azure.
pub async fn delete(call: Call<'_>, address: &Address) -> Result<Outcome, Failure> {
    if call.bound.is_on("NoWait") {
        let target = call.client.delete_and_leave(address).await?;
        return Ok(Outcome::left(json!({ "Target": target })));
    }
    call.client.delete(address).await?;
    Ok(if call.bound.is_on("PassThru") { Outcome::one(Value::Bool(true)) } else { Outcome::nothing() })
}
