//! Which parameter set is meant (about_Parameter_Sets): those that have every bound parameter stay; of those, one that lacks
//! nothing is taken, the default first.

use super::{BindError, Bound, Spec};
use crate::cmdlet::parameter::Parameter;

/// What bound parameters lead to.
#[derive(Debug, PartialEq)]
pub enum Resolution {
    /// This set, and it lacks nothing.
    Complete(&'static str),
    /// What is missing may come through a pipe.
    Pipeline,
    /// These are missing in the set that is meant.
    Missing(Vec<&'static Parameter>),
}

/// The set of the bound parameters.
///
/// Errors: [`BindError::AmbiguousSet`] when no set has all of them, or when several could be meant and none is complete.
pub fn resolve(spec: &Spec, bound: &Bound) -> Result<Resolution, BindError> {
    let valid = valid(spec, bound);
    if valid.is_empty() {
        return Err(BindError::AmbiguousSet);
    }
    let complete: Vec<_> = valid.iter().copied().filter(|set| missing(spec, bound, set).is_empty()).collect();
    match complete.as_slice() {
        [] => {}
        [only] => return Ok(Resolution::Complete(only)),
        [first, ..] if *first == spec.default_set() => return Ok(Resolution::Complete(first)),
        _ => return Err(BindError::AmbiguousSet),
    }
    if valid.iter().any(|set| missing(spec, bound, set).iter().all(|parameter| parameter.from_pipeline)) {
        return Ok(Resolution::Pipeline);
    }
    unfinished(spec, bound)
}

/// What is missing, when nothing comes through a pipe.
pub fn unfinished(spec: &Spec, bound: &Bound) -> Result<Resolution, BindError> {
    match valid(spec, bound).as_slice() {
        [] => Err(BindError::AmbiguousSet),
        [first, rest @ ..] if rest.is_empty() || *first == spec.default_set() => {
            Ok(Resolution::Missing(missing(spec, bound, first)))
        }
        _ => Err(BindError::AmbiguousSet),
    }
}

/// The sets that have every bound parameter, in the cmdlet's order.
pub fn valid(spec: &Spec, bound: &Bound) -> Vec<&'static str> {
    let has_all = |set: &&str| spec.parameters().filter(|it| bound.has(it.name)).all(|parameter| parameter.is_in(set));
    spec.sets.iter().copied().filter(has_all).collect()
}

/// The mandatory parameters of `set` that are not bound.
pub fn missing(spec: &Spec, bound: &Bound, set: &str) -> Vec<&'static Parameter> {
    spec.parameters().filter(|it| it.mandatory && it.is_in(set) && !bound.has(it.name)).collect()
}
