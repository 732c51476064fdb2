//! The process, as the command line sees it: what it is started with, and what can be asked of it.

use cli::environment::{Environment, Variables};
use cli::host::{Host, JobStreams};
use cli::limits::INPUT_BYTES_MAX;
use cli::output::text::printable;
use server::Outside;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::path::Path;
use std::process;

/// What the process is started with.
pub(crate) fn environment(program: OsString) -> Environment {
    let variables = Variables::read(|name| std::env::var_os(name));
    Environment {
        program,
        session: variables.session.clone().or_else(parent_shell),
        variables,
        stdin_is_pipe: stdin_is_pipe(),
        now_micros: Outside::system().clock.now().as_micros(),
        stdin_is_terminal: io::stdin().is_terminal(),
        stdout_is_terminal: io::stdout().is_terminal(),
        stderr_is_terminal: io::stderr().is_terminal(),
        terminal_columns: terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)),
    }
}

/// The parent process, with the time at which it started where the system tells: numbers of processes come back.
fn parent_shell() -> Option<String> {
    #[cfg(unix)]
    {
        let parent = std::os::unix::process::parent_id();
        let about = std::fs::read_to_string(format!("/proc/{parent}/stat")).unwrap_or_default();
        // proc_pid_stat(5): the name in brackets may have spaces; field 22 is the 20th behind it.
        let started = about.rsplit_once(')').and_then(|(_, fields)| fields.split_whitespace().nth(19));
        Some(format!("{parent}x{}", started.unwrap_or_default()))
    }
    #[cfg(not(unix))]
    None
}

fn stdin_is_pipe() -> bool {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        use std::os::unix::fs::FileTypeExt;
        let input = io::stdin().as_fd().try_clone_to_owned().map(File::from);
        input.and_then(|input| input.metadata()).is_ok_and(|about| about.file_type().is_fifo())
    }
    #[cfg(not(unix))]
    !io::stdin().is_terminal()
}

/// This process, as the command line asks it for more than writing.
pub(crate) struct Process;

impl Host for Process {
    fn read_input(&mut self) -> io::Result<String> {
        let mut text = String::new();
        let length = io::stdin().lock().take(INPUT_BYTES_MAX + 1).read_to_string(&mut text)?;
        if u64::try_from(length).is_ok_and(|length| length > INPUT_BYTES_MAX) {
            return Err(io::Error::new(
                io::ErrorKind::FileTooLarge,
                format!("it has more than {INPUT_BYTES_MAX} bytes"),
            ));
        }
        Ok(text)
    }

    /// On the terminal, which standard input may not be.
    fn ask(&mut self, prompt: &str) -> io::Result<Option<String>> {
        let mut input: Box<dyn BufRead> = if io::stdin().is_terminal() {
            Box::new(io::stdin().lock())
        } else if let (true, Ok(terminal)) = (io::stderr().is_terminal(), File::open("/dev/tty")) {
            Box::new(BufReader::new(terminal))
        } else {
            return Ok(None);
        };
        let mut stderr = io::stderr();
        stderr.write_all(printable(prompt).as_bytes())?;
        stderr.flush()?;
        let mut line = String::new();
        let length = input.read_line(&mut line)?;
        if length == 0 {
            // Ctrl-D leaves the cursor behind the prompt.
            stderr.write_all(b"\n")?;
        }
        Ok((length > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
    }

    fn ask_hidden(&mut self, prompt: &str) -> io::Result<Option<String>> {
        if !io::stderr().is_terminal() {
            return Ok(None);
        }
        let mut stderr = io::stderr();
        stderr.write_all(printable(prompt).as_bytes())?;
        stderr.flush()?;
        console::Term::stderr().read_secure_line().map(|line| Some(line).filter(|line| !line.is_empty()))
    }

    fn run_shell(&mut self) -> io::Result<()> {
        let shell = std::env::var_os("SHELL").unwrap_or_else(|| OsString::from("/bin/sh"));
        process::Command::new(shell).status().map(drop)
    }

    fn start_job(&mut self, folder: &Path, streams: JobStreams) -> io::Result<()> {
        let mut command = process::Command::new(std::env::current_exe()?);
        command.env("PORTCULLIS_JOB", folder).stdin(streams.input).stdout(streams.output).stderr(streams.errors);
        // Not the terminal's: Ctrl-C there is not meant for a job.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command.spawn().map(drop)
    }
}
