//! `portcullis repository`, `manifest` and `tag`: what is in a registry, for people. Everything is read over the metadata API (`/acr/v1`) and the
//! distribution API (`/v2`), so that it is the same for a data folder, a server and Azure; what is large, shared or free is computed here.

mod deleting;
mod fit;
mod freeing;
mod holdings;
mod image;
mod locked;
mod manifest_body;
mod manifests;
mod opened;
mod references;
mod refusals;
mod repositories;
mod tags;
pub(super) mod words;

use super::show::{Table, render};
use indicatif::{HumanBytes, HumanCount};
use wire::acr::ChangeableAttributes;

/// How many names a cell of a table shows of several.
const NAMES_SHOWN_MAX: usize = 3;

/// `12.40 MiB`, or nothing for what is not known.
fn size(bytes: Option<u64>) -> String {
    bytes.map(|bytes| HumanBytes(bytes).to_string()).unwrap_or_default()
}

fn number(count: u64) -> String {
    HumanCount(count).to_string()
}

/// The first few of several names.
fn names<T: AsRef<str>>(all: &[T]) -> String {
    let mut shown = all.iter().take(NAMES_SHOWN_MAX).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    if all.len() > NAMES_SHOWN_MAX {
        shown.push_str(&format!(" +{}", all.len() - NAMES_SHOWN_MAX));
    }
    shown
}

/// What is turned off, and so forbidden to everybody.
fn locks(attributes: &ChangeableAttributes) -> String {
    let off = [
        (attributes.delete_enabled, "no delete"),
        (attributes.write_enabled, "no write"),
        (attributes.read_enabled, "no read"),
        (attributes.list_enabled, "not listed"),
    ];
    let off: Vec<&str> = off.into_iter().filter_map(|(enabled, word)| (!enabled).then_some(word)).collect();
    if off.is_empty() { "none".to_owned() } else { off.join(", ") }
}

/// Names and values below each other, the values in line.
fn pairs(pairs: &[(&str, String)]) -> Vec<String> {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    pairs.iter().map(|(name, value)| format!("{name:<width$}  {value}").trim_end().to_owned()).collect()
}

/// Tables as lines, with an empty one before each that has rows.
fn blocks(tables: Vec<Table>, columns: usize) -> Vec<String> {
    let texts: Vec<String> = fit::fitted_alike(tables, columns).iter().map(render).collect();
    let lines = texts.iter().filter(|text| !text.is_empty()).flat_map(|text| std::iter::once("").chain(text.lines()));
    lines.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
