//! A credential in the form that the next tool takes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::ValueEnum;
use serde_json::json;

/// A form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum CredentialForm {
    /// A line for a POSIX shell that logs docker in
    DockerLogin,
    /// Variables for a POSIX shell: eval "$(portcullis token create … --format env)"
    Env,
    /// docker's config.json
    Dockerconfigjson,
    /// A Secret of Kubernetes, for kubectl apply -f -
    KubernetesSecret,
    /// Lines for $GITHUB_ENV; the password is masked in the log
    GithubActions,
}

/// A credential.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Credential {
    /// Host, and port when there is one.
    pub(super) server: String,
    /// The token's name.
    pub(super) user: String,
    /// The password.
    pub(super) password: String,
}

/// What is written: `stdout` is for the next tool, `stderr` for whoever watches.
#[derive(PartialEq, Eq, Default)]
pub(super) struct Written {
    /// Data.
    pub(super) stdout: String,
    /// For the log.
    pub(super) stderr: Option<String>,
}

impl CredentialForm {
    /// Writes a credential.
    pub(super) fn write(self, credential: &Credential) -> Written {
        let Credential { server, user, password } = credential;
        let stdout = match self {
            Self::DockerLogin => format!(
                "printf %s {} | docker login --username {} --password-stdin {}\n",
                quoted(password),
                quoted(user),
                quoted(server)
            ),
            Self::Env => format!(
                "export REGISTRY={}\nexport REGISTRY_USERNAME={}\nexport REGISTRY_PASSWORD={}\n",
                quoted(server),
                quoted(user),
                quoted(password)
            ),
            Self::Dockerconfigjson => docker_config(credential) + "\n",
            Self::KubernetesSecret => format!(
                "apiVersion: v1\nkind: Secret\nmetadata:\n  name: {}\ntype: kubernetes.io/dockerconfigjson\ndata:\n  \
                 .dockerconfigjson: {}\n",
                secret_name(user),
                STANDARD.encode(docker_config(credential))
            ),
            Self::GithubActions => {
                return Written {
                    stdout: format!("REGISTRY={server}\nREGISTRY_USERNAME={user}\nREGISTRY_PASSWORD={password}\n"),
                    stderr: Some(format!("::add-mask::{password}")),
                };
            }
        };
        Written { stdout, stderr: None }
    }
}

fn docker_config(Credential { server, user, password }: &Credential) -> String {
    let auth = STANDARD.encode(format!("{user}:{password}"));
    json!({ "auths": { server: { "username": user, "password": password, "auth": auth } } }).to_string()
}

/// As a word of a POSIX shell, whatever stands in it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A name that Kubernetes takes (RFC 1123, section 2.1): lower-case letters, digits and hyphens, none at the ends.
fn secret_name(user: &str) -> String {
    let name: String =
        user.to_ascii_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "registry-credential".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::Value;

    fn written(form: CredentialForm) -> Written {
        let credential = Credential { server: "h:5000".to_owned(), user: "CI-".to_owned(), password: "p'w".to_owned() };
        form.write(&credential)
    }

    #[rstest]
    #[case(
        CredentialForm::DockerLogin,
        "printf %s 'p'\\''w' | docker login --username 'CI-' --password-stdin 'h:5000'\n"
    )]
    #[case(
        CredentialForm::Env,
        "export REGISTRY='h:5000'\nexport REGISTRY_USERNAME='CI-'\nexport REGISTRY_PASSWORD='p'\\''w'\n"
    )]
    #[case(CredentialForm::GithubActions, "REGISTRY=h:5000\nREGISTRY_USERNAME=CI-\nREGISTRY_PASSWORD=p'w\n")]
    fn lines_for_shells(#[case] form: CredentialForm, #[case] expected: &str) {
        assert_eq!(written(form).stdout, expected);
    }

    #[test]
    fn dockers_config() {
        let config: Value = serde_json::from_str(&written(CredentialForm::Dockerconfigjson).stdout).unwrap();
        let entry = &config["auths"]["h:5000"];
        assert_eq!((&entry["username"], &entry["password"]), (&json!("CI-"), &json!("p'w")));
        assert_eq!(STANDARD.decode(entry["auth"].as_str().unwrap()).unwrap(), b"CI-:p'w");
    }

    #[test]
    fn a_secret_of_kubernetes_holds_dockers_config() {
        let secret = written(CredentialForm::KubernetesSecret).stdout;
        let (_, data) = secret.rsplit_once(".dockerconfigjson: ").unwrap();
        let config = String::from_utf8(STANDARD.decode(data.trim()).unwrap()).unwrap();
        assert_eq!(config + "\n", written(CredentialForm::Dockerconfigjson).stdout);
        assert!(
            secret.contains("\n  name: ci\n") && secret.contains("type: kubernetes.io/dockerconfigjson\n"),
            "{secret}"
        );
    }

    #[test]
    fn the_log_of_github_hides_the_password() {
        assert_eq!(written(CredentialForm::GithubActions).stderr.as_deref(), Some("::add-mask::p'w"));
    }
}
