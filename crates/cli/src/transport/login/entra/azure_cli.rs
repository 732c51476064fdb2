//! The login of azure-cli, which keeps its logins itself and renews them.

use super::{Bearer, brief, refused};
use crate::limits::{ANSWER_BYTES_MAX, AZURE_CLI_TIMEOUT};
use crate::secret::Secret;
use crate::transport::TransportError;
use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};

/// What it wrote, and how it ended.
struct Ran {
    status: ExitStatus,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// A bearer for `resource`.
///
/// Errors: az is not there, nobody is signed in to it, it says nothing in time.
pub(super) async fn bearer(resource: &str) -> Result<Secret, TransportError> {
    let mut az = Command::new("az");
    az.args(["account", "get-access-token", "--output", "json", "--resource", resource]);
    let Ran { status, stdout, stderr } =
        run(az, AZURE_CLI_TIMEOUT).await.map_err(|error| refused(format!("az cannot be run: {error}")))?;
    if !status.success() {
        return Err(refused(brief(String::from_utf8_lossy(&stderr).trim())));
    }
    serde_json::from_slice::<Bearer>(&stdout)
        .map(|bearer| Secret::new(bearer.access_token))
        .map_err(|_| refused("az gives no access token".to_owned()))
}

/// Runs a program to its end, and ends it with whatever it started when that takes longer than `limit`, or when nobody waits any more.
///
/// Ctrl-C at a terminal reaches this program alone, since the other has a group of its own, and comes to its own end then: what az does here
/// changes nothing and asks nobody. To watch for Ctrl-C would take from this program that it ends by it, from then on.
///
/// Errors: it cannot be started, or was ended.
async fn run(mut command: Command, limit: Duration) -> io::Result<Ran> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    // az is a script that starts Python: a group of their own is ended as one.
    #[cfg(unix)]
    command.process_group(0);
    let mut group = Group(command.spawn()?);
    let (mut stdout, mut stderr) = (group.0.stdout.take(), group.0.stderr.take());
    let ended = tokio::time::timeout(limit, async {
        let (stdout, stderr) = tokio::try_join!(read(stdout.as_mut()), read(stderr.as_mut()))?;
        Ok(Ran { status: group.0.wait().await?, stdout, stderr })
    });
    ended.await.unwrap_or_else(|_| {
        let reason = format!("it did not answer within {} seconds and was ended", limit.as_secs());
        Err(io::Error::new(io::ErrorKind::TimedOut, reason))
    })
}

/// Everything that is written, up to the longest answer that is read.
async fn read(stream: Option<&mut (impl AsyncRead + Unpin)>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        let bytes_max = u64::try_from(ANSWER_BYTES_MAX).unwrap_or(u64::MAX);
        stream.take(bytes_max + 1).read_to_end(&mut bytes).await?;
    }
    if bytes.len() > ANSWER_BYTES_MAX {
        return Err(io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("it writes more than {ANSWER_BYTES_MAX} bytes"),
        ));
    }
    Ok(bytes)
}

/// A process that is ended with its group when it is dropped before its end.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        // `None` once it has ended: its number may be another's by then.
        #[cfg(unix)]
        if let Some(id) = self.0.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw) {
            let _ended_by_itself = rustix::process::kill_process_group(id, rustix::process::Signal::KILL);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::io::{BufRead, BufReader};

    async fn script(text: &str, limit: Duration) -> io::Result<Ran> {
        let mut shell = Command::new("sh");
        shell.args(["-c", text]);
        run(shell, limit).await
    }

    #[tokio::test]
    async fn what_it_writes_and_how_it_ends_is_told() {
        let ran = script("echo out; echo err >&2; exit 3", AZURE_CLI_TIMEOUT).await.unwrap();
        assert_eq!((ran.stdout.as_slice(), ran.stderr.as_slice()), (&b"out\n"[..], &b"err\n"[..]));
        assert_eq!(ran.status.code(), Some(3));
    }

    #[tokio::test]
    async fn it_is_ended_with_what_it_started_when_nobody_waits_any_more() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let shown = pipe.display().to_string();
        // Reading a pipe ends once nobody is left who could write to it: what the script started was ended with it.
        let (started, has_started) = tokio::sync::oneshot::channel();
        let reader = std::thread::spawn(move || {
            let mut lines = BufReader::new(std::fs::File::open(pipe).unwrap()).lines();
            started.send(lines.next()).unwrap();
            lines.count()
        });
        let text = format!("sh -c 'echo started; exec sleep 100000' > {shown}; :");
        let waiting = script(&text, AZURE_CLI_TIMEOUT);
        tokio::select! {
            ran = waiting => panic!("it ended by itself: {:?}", ran.map(|ran| ran.status)),
            line = has_started => assert_eq!(line.unwrap().unwrap().unwrap(), "started"),
        }
        assert_eq!(reader.join().unwrap(), 0);
    }

    #[tokio::test]
    async fn it_has_a_time_limit() {
        let error = script("exec sleep 100000", Duration::ZERO).await.map(|ran| ran.status).unwrap_err();
        assert_eq!(error.to_string(), "it did not answer within 0 seconds and was ended");
    }

    #[tokio::test]
    async fn more_than_an_answer_is_not_read() {
        let error = script("exec cat /dev/zero", AZURE_CLI_TIMEOUT).await.map(|ran| ran.status).unwrap_err();
        assert!(error.to_string().starts_with("it writes more than"), "{error}");
    }
}
