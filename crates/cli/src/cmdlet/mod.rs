//! The language of cmdlets: how words become parameters, and how PowerShell writes values. Knows no service.

pub mod binder;
pub mod dates;
pub mod literal;
pub mod parameter;
pub mod passwords;
