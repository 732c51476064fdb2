//! Pages of an answer, each of which says where the next one is: a service that leads in a circle is not followed without end.

use super::ClientError;
use super::address::Address;
use crate::limits::LIST_EMPTY_PAGES_MAX;
use std::collections::HashSet;

/// The pages that were read.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    seen: HashSet<String>,
    /// How many were empty in a row.
    empty: usize,
}

impl Pages {
    /// Takes note of the page that was read at `here`, and gives back where the next one is.
    ///
    /// Errors: that one was read before, or more than [`LIST_EMPTY_PAGES_MAX`] were empty in a row.
    pub(crate) fn go_on(
        &mut self,
        here: &Address,
        is_empty: bool,
        next: Option<Address>,
    ) -> Result<Option<Address>, ClientError> {
        self.empty = if is_empty { self.empty + 1 } else { 0 };
        self.seen.insert(here.path_and_query().to_owned());
        match &next {
            Some(next) if self.empty > LIST_EMPTY_PAGES_MAX || self.seen.contains(next.path_and_query()) => {
                Err(ClientError::ListEndless(here.path_and_query().to_owned()))
            }
            _ => Ok(next),
        }
    }
}
