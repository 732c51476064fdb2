//! What a registry refuses, in plain words: what there is not, what the login may not, what is locked, and what to do then.

use crate::client::ClientError;
use crate::failure::Failure;
use http::StatusCode;

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asked<'a> {
    pub(super) registry: &'a str,
    pub(super) repository: &'a str,
    pub(super) what: What<'a>,
    pub(super) need: Need,
}

/// Of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What<'a> {
    Repository,
    Manifest(&'a str),
    Tag(&'a str),
}

/// The action that it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    Tell,
    Pull,
    Delete,
}

impl Need {
    fn action(self) -> &'static str {
        match self {
            Self::Tell => "metadata/read",
            Self::Pull => "content/read",
            Self::Delete => "content/delete",
        }
    }

    /// The words that unlock what is locked against it.
    fn unlocking(self) -> &'static str {
        match self {
            Self::Tell | Self::Pull => "-ReadEnabled true",
            Self::Delete => "-DeleteEnabled true -WriteEnabled true",
        }
    }

    fn advice(self) -> &'static str {
        match self {
            Self::Tell | Self::Pull => {
                "Whoever manages a registry needs the role Reader there: portcullis principal grant. At Azure, AcrPull does too."
            }
            Self::Delete => {
                "Whoever manages a registry needs the role Contributor or Owner there: portcullis principal grant. At Azure, AcrDelete does too."
            }
        }
    }
}

/// Whether a right is missing.
pub(super) fn is_missing_right(error: &ClientError) -> bool {
    matches!(error, ClientError::Refused { status: StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, .. })
}

/// Whether it is not there.
pub(super) fn is_unknown(error: &ClientError) -> bool {
    matches!(error, ClientError::Refused { status: StatusCode::NOT_FOUND, .. })
}

/// Whether it is locked (data-plane-and-auth.md, 2.4).
pub(super) fn is_locked(error: &ClientError) -> bool {
    matches!(error, ClientError::Refused { status: StatusCode::METHOD_NOT_ALLOWED, .. })
}

impl Asked<'_> {
    /// Says why an answer was no.
    pub(super) fn failure(&self, error: ClientError) -> Failure {
        let Self { registry, repository, what, need } = *self;
        if is_missing_right(&error) {
            let action = need.action();
            return Failure::refused(format!(
                "The login may not do this in the repository '{repository}' of '{registry}': it lacks {action}."
            ))
            .hint(need.advice());
        }
        if is_locked(&error) {
            return self.locked(&error);
        }
        match (&error, what) {
            (ClientError::Refused { status: StatusCode::NOT_FOUND, .. }, What::Repository) => {
                unknown_repository(registry, repository)
            }
            (ClientError::Refused { status: StatusCode::NOT_FOUND, .. }, What::Manifest(digest)) => {
                Failure::refused(format!("There is no manifest '{digest}' in the repository '{repository}'."))
                    .hint(format!("portcullis manifest list {repository} -r {registry} lists those that there are."))
            }
            (ClientError::Refused { status: StatusCode::NOT_FOUND, .. }, What::Tag(tag)) => {
                Failure::refused(format!("There is no tag '{tag}' in the repository '{repository}'."))
                    .hint(format!("portcullis tag list {repository} -r {registry} lists those that there are."))
            }
            _ => error.into(),
        }
    }

    /// Says what is locked, and how to unlock it, as far as the answer tells.
    fn locked(&self, error: &ClientError) -> Failure {
        let Self { registry, repository, what, need } = *self;
        let said = match error {
            ClientError::Refused { message, .. } => detail(message),
            _ => None,
        };
        let (what, how, unlocking) = match (said.and_then(Lock::parse), said) {
            (Some(Lock { what, attribute, unlocking }), _) => {
                (what, format!("is locked: {attribute} is false"), unlocking)
            }
            (None, Some(said)) => (what, format!("is locked against this: {said}"), need.unlocking()),
            (None, None) => (what, "is locked against this".to_owned(), need.unlocking()),
        };
        let (named, cmdlet) = match what {
            What::Repository => (format!("repository '{repository}'"), format!("Repository -Name {repository}")),
            What::Manifest(digest) => (
                format!("manifest '{repository}@{digest}'"),
                format!("Manifest -RepositoryName {repository} -Manifest {digest}"),
            ),
            What::Tag(tag) => {
                (format!("tag '{repository}:{tag}'"), format!("Tag -RepositoryName {repository} -Name {tag}"))
            }
        };
        // A login server begins with the registry's name, in which there is neither.
        let registry = registry.split(['.', '-']).next().unwrap_or(registry);
        let end = if need == Need::Delete { " Nothing was deleted." } else { "" };
        Failure::refused(format!("The {named} {how}.{end}")).hint(format!(
            "Unlock it first: portcullis Update-AzContainerRegistry{cmdlet} -RegistryName {registry} {unlocking}, or az acr repository update."
        ))
    }
}

/// What a server of this project says beside the refusal: `samples/app:v1 is locked: deleteEnabled is false`.
struct Lock<'a> {
    what: What<'a>,
    attribute: &'a str,
    /// The words that unlock it.
    unlocking: &'static str,
}

impl<'a> Lock<'a> {
    /// `None` for anything else: another service says what it likes.
    fn parse(said: &'a str) -> Option<Self> {
        let (place, rest) = said.split_once(" is locked: ")?;
        let attribute = rest.strip_suffix(" is false")?;
        let unlocking = match attribute {
            "deleteEnabled" => "-DeleteEnabled true",
            "writeEnabled" => "-WriteEnabled true",
            "readEnabled" => "-ReadEnabled true",
            _ => return None,
        };
        // What is shown to be pasted has nothing in it that a shell would read.
        if !place.bytes().all(|c| c.is_ascii_alphanumeric() || b"._-/:@+".contains(&c)) {
            return None;
        }
        let what = match (place.split_once('@'), place.split_once(':')) {
            (Some((_, digest)), _) => What::Manifest(digest),
            (None, Some((_, tag))) => What::Tag(tag),
            (None, None) => What::Repository,
        };
        Some(Self { what, attribute, unlocking })
    }
}

fn unknown_repository(registry: &str, repository: &str) -> Failure {
    Failure::refused(format!("There is no repository '{repository}' in the registry '{registry}'."))
        .hint(format!("portcullis repository list -r {registry} lists those that there are."))
}

/// What stands in brackets behind Azure's sentence: a server of this project says there what is locked, and how.
fn detail(message: &str) -> Option<&str> {
    message.strip_suffix(')')?.rsplit_once(" (").map(|(_, detail)| detail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn told(status: u16, message: &str, what: What<'_>, need: Need) -> String {
        let error = ClientError::Refused {
            status: StatusCode::from_u16(status).unwrap(),
            code: "CODE".to_owned(),
            message: message.to_owned(),
            target: None,
        };
        Asked { registry: "myreg", repository: "samples/app", what, need }.failure(error).to_string()
    }

    #[rstest]
    #[case(
        404,
        What::Repository,
        Need::Tell,
        "There is no repository 'samples/app' in the registry 'myreg'.\nhint: portcullis repository list -r myreg lists"
    )]
    #[case(
        404,
        What::Tag("v9"),
        Need::Tell,
        "There is no tag 'v9' in the repository 'samples/app'.\nhint: portcullis tag list samples/app -r myreg lists"
    )]
    #[case(
        404,
        What::Manifest("sha256:9"),
        Need::Pull,
        "There is no manifest 'sha256:9' in the repository 'samples/app'.\nhint: portcullis manifest list samples/app -r myreg"
    )]
    #[case(
        401,
        What::Repository,
        Need::Tell,
        "The login may not do this in the repository 'samples/app' of 'myreg': it lacks metadata/read.\nhint: Whoever manages a registry needs the role Reader"
    )]
    #[case(
        401,
        What::Tag("v1"),
        Need::Delete,
        "The login may not do this in the repository 'samples/app' of 'myreg': it lacks content/delete.\nhint: Whoever manages a registry needs the role Contributor"
    )]
    #[case(
        403,
        What::Manifest("sha256:9"),
        Need::Pull,
        "The login may not do this in the repository 'samples/app' of 'myreg': it lacks content/read."
    )]
    #[case(
        405,
        What::Tag("v1"),
        Need::Delete,
        "The tag 'samples/app:v1' is locked against this: deleteEnabled is false. Nothing was deleted.\nhint: Unlock it first: portcullis Update-AzContainerRegistryTag -RepositoryName samples/app -Name v1 -RegistryName myreg -DeleteEnabled true -WriteEnabled true"
    )]
    #[case(429, What::Repository, Need::Tell, "[CODE] : said (deleteEnabled is false)")]
    fn what_is_refused_is_said_with_what_to_do(
        #[case] status: u16,
        #[case] what: What<'_>,
        #[case] need: Need,
        #[case] expected: &str,
    ) {
        let told = told(status, "said (deleteEnabled is false)", what, need);
        assert!(told.starts_with(expected), "{told}");
    }

    /// What is locked is what the answer names, not what was asked for.
    #[rstest]
    #[case(
        "a/b:v1 is locked: deleteEnabled is false",
        Need::Delete,
        "The tag 'samples/app:v1' is locked: deleteEnabled is false. Nothing was deleted.\nhint: Unlock it first: portcullis Update-AzContainerRegistryTag -RepositoryName samples/app -Name v1 -RegistryName myreg -DeleteEnabled true, or"
    )]
    #[case(
        "a/b@sha256:9 is locked: writeEnabled is false",
        Need::Delete,
        "The manifest 'samples/app@sha256:9' is locked: writeEnabled is false. Nothing was deleted.\nhint: Unlock it first: portcullis Update-AzContainerRegistryManifest -RepositoryName samples/app -Manifest sha256:9 -RegistryName myreg -WriteEnabled true, or"
    )]
    #[case(
        "a/b is locked: readEnabled is false",
        Need::Pull,
        "The repository 'samples/app' is locked: readEnabled is false.\nhint: Unlock it first: portcullis Update-AzContainerRegistryRepository -Name samples/app -RegistryName myreg -ReadEnabled true, or"
    )]
    #[case::of_another_service(
        "a/b:$(x) is locked: readEnabled is false",
        Need::Pull,
        "The repository 'samples/app' is locked against this: a/b:$(x) is locked: readEnabled is false.\nhint: Unlock it first: portcullis Update-AzContainerRegistryRepository -Name samples/app -RegistryName myreg -ReadEnabled true, or"
    )]
    fn what_is_locked_is_named_with_what_unlocks_it(#[case] said: &str, #[case] need: Need, #[case] expected: &str) {
        let told = told(405, &format!("The operation is disallowed. ({said})"), What::Repository, need);
        assert!(told.starts_with(expected), "{told}");
    }

    #[test]
    fn a_lock_that_is_not_described_is_still_one() {
        let told = told(405, "The operation is disallowed.", What::Repository, Need::Delete);
        assert!(
            told.starts_with("The repository 'samples/app' is locked against this. Nothing was deleted."),
            "{told}"
        );
    }
}
