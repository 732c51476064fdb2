//! Lines to paste into a shell: log in, push and pull with docker, podman and skopeo. They work as they are, in any POSIX shell.
//!
//! The registry speaks plain HTTP: docker accepts that on 127.0.0.0/8 without being told, podman and skopeo want a flag. They are
//! indented, which also keeps the password out of the history of shells that ignore lines with a space in front.

use crate::secret::Secret;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// How to log in.
pub struct Login<'a> {
    /// Host and port.
    pub registry: String,
    /// The token's name.
    pub user: &'a str,
    /// The password, when it is known; else the client asks for it.
    pub password: Option<&'a Secret>,
}

/// Host and port for clients on this machine: an address that means "all of them" is reached through loopback.
pub fn reachable(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, address.port()).to_string()
}

/// The lines, under a heading for each client.
pub fn to_paste(login: &Login<'_>, listening: SocketAddr) -> String {
    let registry = &login.registry;
    let image = format!("{registry}/samples/hello-world");
    // Docker Hub's smallest image; podman and skopeo want its full name.
    let hub = "docker.io/library/hello-world";
    let mut text = format!(
        "docker:\n    \
         {docker_login}\n    \
         docker pull hello-world\n    \
         docker tag hello-world {image}\n    \
         docker push {image}\n    \
         docker pull {image}\n\
         \n\
         podman:\n    \
         {podman_login}\n    \
         podman pull {hub}\n    \
         podman tag {hub} {image}\n    \
         podman push --tls-verify=false {image}\n    \
         podman pull --tls-verify=false {image}\n\
         \n\
         skopeo:\n    \
         {skopeo_login}\n    \
         skopeo copy --dest-tls-verify=false docker://{hub}:latest docker://{image}:latest\n    \
         skopeo copy --src-tls-verify=false docker://{image}:latest oci:hello-world:latest\n\
         \n\
         Without a way to Docker Hub, make an image instead of the pull and tag (docker or podman):\n    \
         tar -cf - /etc/hostname | docker import - {image}\n\n",
        docker_login = login.line("docker login"),
        podman_login = login.line("podman login --tls-verify=false"),
        skopeo_login = login.line("skopeo login --tls-verify=false"),
    );
    if !listening.ip().is_loopback() && !listening.ip().is_unspecified() {
        text.push_str(&format!(
            "docker takes plain HTTP from 127.0.0.0/8 only: add \"{registry}\" to \"insecure-registries\" in its daemon.json.\n\n"
        ));
    }
    text
}

impl Login<'_> {
    fn line(&self, command: &str) -> String {
        let Self { registry, user, password } = self;
        match password {
            // Not as an argument: those are readable by everyone on the machine while the client runs.
            Some(password) => format!(
                "printf %s {} | {command} --username {user} --password-stdin {registry}",
                quoted(password.reveal())
            ),
            None => format!("{command} --username {user} {registry}"),
        }
    }
}

/// As one word of a POSIX shell: as it is when nothing in it is special, else in quotes.
pub fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '_' | '-' | ':');
    if !text.is_empty() && text.chars().all(is_plain) { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("0.0.0.0:5000", "127.0.0.1:5000")]
    #[case("127.0.0.1:5001", "127.0.0.1:5001")]
    #[case("[::]:5000", "[::1]:5000")]
    #[case("10.1.2.3:80", "10.1.2.3:80")]
    fn an_address_is_one_that_can_be_reached(#[case] listening: SocketAddr, #[case] expected: &str) {
        assert_eq!(reachable(listening), expected);
    }

    fn pasted(listening: &str, password: Option<&str>) -> String {
        let listening = listening.parse().unwrap();
        let password = password.map(|password| Secret::new(password.to_owned()));
        to_paste(&Login { registry: reachable(listening), user: "token2", password: password.as_ref() }, listening)
    }

    #[test]
    fn the_password_goes_in_through_standard_input_in_quotes() {
        let text = pasted("127.0.0.1:5000", Some("it's"));
        let logins: Vec<_> = text.lines().filter(|line| line.contains("login")).map(str::trim).collect();
        assert_eq!(
            logins,
            [
                r"printf %s 'it'\''s' | docker login --username token2 --password-stdin 127.0.0.1:5000",
                r"printf %s 'it'\''s' | podman login --tls-verify=false --username token2 --password-stdin 127.0.0.1:5000",
                r"printf %s 'it'\''s' | skopeo login --tls-verify=false --username token2 --password-stdin 127.0.0.1:5000",
            ]
        );
    }

    #[test]
    fn without_a_password_the_client_asks() {
        let text = pasted("127.0.0.1:5000", None);
        assert!(text.contains("    docker login --username token2 127.0.0.1:5000\n"), "{text}");
        assert!(!text.contains("printf"), "{text}");
    }

    #[rstest]
    #[case("127.0.0.1:5000", false)]
    #[case("0.0.0.0:5000", false)]
    #[case("10.1.2.3:5000", true)]
    fn docker_needs_a_word_where_it_wants_tls(#[case] listening: &str, #[case] expected: bool) {
        assert_eq!(pasted(listening, None).contains("insecure-registries"), expected);
    }
}
