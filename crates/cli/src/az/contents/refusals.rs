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
            let (named, cmdlet) = match what {
                What::Repository => (format!("The repository '{repository}'"), "Repository"),
                What::Manifest(digest) => (format!("The manifest '{repository}@{digest}'"), "Manifest"),
                What::Tag(tag) => (format!("The tag '{repository}:{tag}'"), "Tag"),
            };
            let said = match &error {
                ClientError::Refused { message, .. } => detail(message),
                _ => None,
            };
            let said = said.map(|said| format!(": {said}")).unwrap_or_default();
            return Failure::refused(format!("{named} is locked against this{said}. Nothing was deleted.")).hint(format!(
                "Unlock what is locked first: portcullis Update-AzContainerRegistry{cmdlet} with -DeleteEnabled true and -WriteEnabled true, or az acr repository update."
            ));
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
        "The tag 'samples/app:v1' is locked against this: deleteEnabled is false. Nothing was deleted.\nhint: Unlock what is locked first: portcullis Update-AzContainerRegistryTag with"
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

    #[test]
    fn a_lock_that_is_not_described_is_still_one() {
        let told = told(405, "The operation is disallowed.", What::Repository, Need::Delete);
        assert!(
            told.starts_with("The repository 'samples/app' is locked against this. Nothing was deleted."),
            "{told}"
        );
    }
}
