//! What locks would keep a delete from, as far as it is told: so that a plan does not promise what would be refused.

use super::{NAMES_SHOWN_MAX, locks};
use indicatif::HumanCount;
use serde_json::{Value, json};
use wire::acr::ChangeableAttributes;

/// Something that goes, or whose lock keeps what goes.
pub(super) struct Lockable<'a> {
    /// `tag`
    pub(super) noun: &'static str,
    /// As clients write it: `samples/app:v1`.
    pub(super) name: String,
    pub(super) attributes: &'a ChangeableAttributes,
}

/// What of it is locked against a delete.
pub(super) struct Locked<'a>(Vec<Lockable<'a>>);

impl<'a> Locked<'a> {
    /// Judges each: `writeEnabled` stands for deletes too (data-plane-and-auth.md, 2.4).
    pub(super) fn of(all: impl IntoIterator<Item = Lockable<'a>>) -> Self {
        let is_locked = |it: &Lockable<'_>| !(it.attributes.delete_enabled && it.attributes.write_enabled);
        Self(all.into_iter().filter(is_locked).collect())
    }

    /// That the delete would be refused; nothing where nothing is locked.
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |it: &Lockable<'_>| {
            format!(
                "WARNING: the {} {} is locked ({}): the delete would be refused.",
                it.noun,
                it.name,
                locks(it.attributes)
            )
        };
        let more = self.0.len().saturating_sub(NAMES_SHOWN_MAX) as u64;
        let more = (more > 0).then(|| format!("WARNING: {} locked as well.", counted_more(more)));
        self.0.iter().take(NAMES_SHOWN_MAX).map(line).chain(more).collect()
    }

    /// For programs: the names.
    pub(super) fn add_to(&self, value: &mut Value) {
        value["locked"] = json!(self.0.iter().map(|it| &it.name).collect::<Vec<_>>());
    }
}

fn counted_more(more: u64) -> String {
    if more == 1 { "1 more is".to_owned() } else { format!("{} more are", HumanCount(more)) }
}
