//! The language of cmdlets: how words become parameters, and how PowerShell writes values. Knows no service.

pub mod binder;
pub mod convert;
pub mod dates;
pub mod literal;
pub mod parameter;
pub mod passed_over;
pub mod pipeline;
pub mod preference;
pub mod sources;
pub mod types;
