//! `portcullis scope-map`.

use super::Run;
use super::show::{Table, flat, time};
use super::words::ScopeMapVerb;
use crate::cmdlets::scope_maps::SCOPE_MAP;
use crate::failure::Failure;
use serde_json::Value;
use wire::arm::scope_maps::{ScopeMap, ScopeMapProperties};

/// How much of a description az shows in a table.
const DESCRIPTION_LENGTH_MAX: usize = 57;

impl Run<'_, '_> {
    pub(super) async fn scope_map(&mut self, verb: &ScopeMapVerb) -> Result<(), Failure> {
        match verb {
            ScopeMapVerb::Create { scope_map, grants, description } => {
                let actions = grants.actions().map_err(|error| Failure::usage(error.to_string()))?;
                if actions.is_empty() {
                    return Err(Failure::usage("usage error: --repository | --gateway are required."));
                }
                let place = self.place(&scope_map.place).await?;
                let body = body(Some(actions), description.clone());
                let made = self.client.put(&place.scope_map_address(scope_map.name())?, &body).await?.ended?;
                self.show_scope_maps(&[made], true)
            }
            ScopeMapVerb::Show { scope_map } => {
                let place = self.place(&scope_map.place).await?;
                let found = self.client.get(&place.scope_map_address(scope_map.name())?).await?;
                self.show_scope_maps(&[found], true)
            }
            ScopeMapVerb::List { place } => {
                let place = self.place(place).await?;
                let all: Vec<ScopeMap> = self.client.list(&place.children_address(SCOPE_MAP.segment)?).await?;
                self.show_scope_maps(&all, false)
            }
            ScopeMapVerb::Update { scope_map, changes, description } => {
                if changes.is_empty() && description.is_none() {
                    return Err(Failure::usage("No scope map properties to update."));
                }
                let place = self.place(&scope_map.place).await?;
                let address = place.scope_map_address(scope_map.name())?;
                let before: ScopeMap = self.client.get(&address).await?;
                let before = before.properties.and_then(|properties| properties.actions).unwrap_or_default();
                let actions = changes.apply(&before).map_err(|error| Failure::usage(error.to_string()))?;
                let actions = (!changes.is_empty()).then_some(actions);
                let changed = self.client.patch(&address, &body(actions, description.clone())).await?.ended?;
                self.show_scope_maps(&[changed], true)
            }
            ScopeMapVerb::Delete { scope_map, yes } => {
                let name = scope_map.name();
                self.confirm(
                    *yes,
                    &format!(
                        "Deleting the scope map '{name}' will remove its permissions with associated tokens. Proceed?"
                    ),
                )?;
                let place = self.place(&scope_map.place).await?;
                self.client.delete(&place.scope_map_address(name)?).await?;
                Ok(())
            }
        }
    }

    fn show_scope_maps(&mut self, scope_maps: &[ScopeMap], one: bool) -> Result<(), Failure> {
        let values = scope_maps.iter().map(flat).collect::<Result<Vec<_>, _>>()?;
        let table = Table {
            headings: &["NAME", "TYPE", "CREATION DATE", "DESCRIPTION"],
            rows: scope_maps.iter().map(row).collect(),
        };
        self.show(&one_or_all(values, one), &table)
    }
}

/// The only value, or the list.
pub(super) fn one_or_all(mut values: Vec<Value>, one: bool) -> Value {
    if one { values.pop().unwrap_or_default() } else { Value::Array(values) }
}

fn row(scope_map: &ScopeMap) -> Vec<String> {
    let ScopeMapProperties { description, kind, creation_date, .. } = scope_map.properties.clone().unwrap_or_default();
    let description = description.unwrap_or_default();
    let shown = match description.char_indices().nth(DESCRIPTION_LENGTH_MAX) {
        Some((end, _)) => format!("{}...", description.get(..end).unwrap_or_default()),
        None => description,
    };
    vec![scope_map.name.clone().unwrap_or_default(), kind.unwrap_or_default(), time(creation_date.as_deref()), shown]
}

/// The body of a PUT or PATCH.
pub(super) fn body(actions: Option<Vec<String>>, description: Option<String>) -> ScopeMap {
    let properties = ScopeMapProperties { actions, description, ..ScopeMapProperties::default() };
    ScopeMap { properties: Some(properties), ..ScopeMap::default() }
}
