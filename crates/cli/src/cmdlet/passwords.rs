//! `-CredentialsPassword`: a table or an array of tables onto `ITokenPassword` (the reference page, NOTES).

use super::dates::{self, InvalidDate};
use super::literal::{Literal, LiteralError};
use wire::arm::tokens::TokenPassword;

/// Why a value is not an array of `ITokenPassword`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each variant's message says what it is")]
pub enum PasswordsError {
    #[error(transparent)]
    Literal(#[from] LiteralError),
    #[error(
        "Cannot convert a value of type \"{0}\" to type \"ITokenPassword\". Write a table, such as \
         @{{Name='password1'; Expiry='2027-01-01T00:00:00Z'}}."
    )]
    NotATable(&'static str),
    #[error(
        "Cannot create object of type \"ITokenPassword\". The '{property}' property was not found. The available properties are: \
         [CreationTime <DateTime>] , [Expiry <DateTime>] , [Name <TokenPasswordName>]{}",
        why_not(property)
    )]
    UnknownProperty { property: String },
    #[error("The property '{property}' is given a value of type \"{found}\" where text is needed.")]
    NotText { property: &'static str, found: &'static str },
    #[error("The property '{property}' cannot be set. {source}")]
    NotADate { property: &'static str, source: InvalidDate },
}

/// Reads the value of `-CredentialsPassword`. `None` for `$null`, which is as if the parameter were not there.
///
/// `CreationTime` is read-only for the service; it is sent all the same, as PowerShell does with an object that was read back.
pub fn parse(text: &str) -> Result<Option<Vec<TokenPassword>>, PasswordsError> {
    match Literal::parse(text)? {
        Literal::Null => Ok(None),
        Literal::Array(items) => items.into_iter().map(password).collect::<Result<_, _>>().map(Some),
        one => Ok(Some(vec![password(one)?])),
    }
}

/// `Value` is a member of answers, so people try it.
fn why_not(property: &str) -> &'static str {
    if property.eq_ignore_ascii_case("value") {
        ". The value of a password is made by the registry and cannot be chosen"
    } else {
        ""
    }
}

fn password(literal: Literal) -> Result<TokenPassword, PasswordsError> {
    let Literal::Table(pairs) = literal else {
        return Err(PasswordsError::NotATable(literal.type_name()));
    };
    let mut password = TokenPassword::default();
    for (key, value) in pairs {
        match key.to_ascii_lowercase().as_str() {
            "name" => password.name = text("Name", value)?,
            "expiry" => password.expiry = date("Expiry", value)?,
            "creationtime" => password.creation_time = date("CreationTime", value)?,
            _ => return Err(PasswordsError::UnknownProperty { property: key }),
        }
    }
    Ok(password)
}

fn text(property: &'static str, value: Literal) -> Result<Option<String>, PasswordsError> {
    match value {
        Literal::Null => Ok(None),
        Literal::Text(text) => Ok(Some(text)),
        other => Err(PasswordsError::NotText { property, found: other.type_name() }),
    }
}

fn date(property: &'static str, value: Literal) -> Result<Option<String>, PasswordsError> {
    let Some(text) = text(property, value)? else { return Ok(None) };
    let instant = dates::parse(&text).map_err(|source| PasswordsError::NotADate { property, source })?;
    Ok(Some(instant.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    /// `name/expiry/creation time` of each, `-` for what is not given.
    fn read(text: &str) -> String {
        let or_dash = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
        let line =
            |p: &TokenPassword| format!("{}/{}/{}", or_dash(&p.name), or_dash(&p.expiry), or_dash(&p.creation_time));
        match parse(text) {
            Ok(None) => "none".to_owned(),
            Ok(Some(passwords)) => passwords.iter().map(line).collect::<Vec<_>>().join(" "),
            Err(error) => panic!("{text}: {error}"),
        }
    }

    #[rstest]
    #[case("@{Name='password1'; Expiry='2027-01-01T00:00:00Z'}", "password1/2027-01-01T00:00:00Z/-")]
    #[case("@{name=\"password1\";EXPIRY=2027-01-01}", "password1/2027-01-01T00:00:00Z/-")]
    #[case("@{Name=password1; Expiry=01/31/2027 10:00:00}", "password1/2027-01-31T10:00:00Z/-")]
    #[case("@{Name='password1'},@{Name='password2'}", "password1/-/- password2/-/-")]
    #[case("@(@{Name='password1'}; @{Name='password2'; Expiry=$null})", "password1/-/- password2/-/-")]
    #[case("@{CreationTime='2026-01-01'}", "-/-/2026-01-01T00:00:00Z")]
    #[case(r#"{"name":"password2","expiry":"2027-01-01T00:00:00+01:00"}"#, "password2/2026-12-31T23:00:00Z/-")]
    #[case(r#"[{"Name":"password1"},{"Name":"password2","Expiry":null}]"#, "password1/-/- password2/-/-")]
    #[case("@()", "")]
    #[case("[]", "")]
    #[case("@{}", "-/-/-")]
    #[case("$null", "none")]
    fn reads_tables_arrays_and_json(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(read(text), expected);
    }

    #[rstest]
    #[case("password1", "type \"System.String\" to type \"ITokenPassword\"")]
    #[case("@{Nam='password1'}", "[CreationTime <DateTime>] , [Expiry <DateTime>] , [Name <TokenPasswordName>]")]
    #[case("@{Value='secret'}", "cannot be chosen")]
    #[case("@{Name=@{}}", "System.Collections.Hashtable")]
    #[case("@{Expiry='soon'}", "'soon' is not a date")]
    #[case("@{Name='a'; name='b'}", "Duplicate keys 'name'")]
    #[case(r#"{"Name":"a","name":"b"}"#, "Duplicate keys 'name'")]
    fn refuses_the_rest(#[case] text: &str, #[case] expected: &str) {
        let message = parse(text).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    }
}
