//! What a run may ask of the process that it is in, beyond writing. `main` does it; a test answers from a list.

use std::fs::File;
use std::io;
use std::path::Path;

/// The process around a run.
pub trait Host {
    /// Everything on standard input.
    fn read_input(&mut self) -> io::Result<String>;

    /// Shows `prompt` and reads a line; `None` when nobody sits there.
    fn ask(&mut self, prompt: &str) -> io::Result<Option<String>>;

    /// As [`Self::ask`], for a secret: what is typed is not shown.
    fn ask_hidden(&mut self, prompt: &str) -> io::Result<Option<String>>;

    /// Runs the user's shell until it is left.
    fn run_shell(&mut self) -> io::Result<()>;

    /// Starts this program again, on its own, for the job in `folder`.
    fn start_job(&mut self, folder: &Path, streams: JobStreams) -> io::Result<()>;
}

/// Asks until the answer is yes or no, three times at most; `None` when nobody answers.
pub fn confirm(host: &mut dyn Host, question: &str) -> Option<bool> {
    for _ in 0..3 {
        let answer = host.ask(&format!("{question} (y/n): ")).ok().flatten()?;
        match answer.trim().to_ascii_lowercase().as_str() {
            "y" | "yes" => return Some(true),
            "n" | "no" => return Some(false),
            _ => {}
        }
    }
    None
}

/// The streams of a job.
#[derive(Debug)]
pub struct JobStreams {
    /// A locked file: whoever holds it open holds the lock, so the job's end is seen whatever ends it.
    pub input: File,
    /// What it writes.
    pub output: File,
    /// What it says.
    pub errors: File,
}

/// A process with nobody at the terminal, nothing on standard input, and no wish for jobs.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nobody;

impl Host for Nobody {
    fn read_input(&mut self) -> io::Result<String> {
        Ok(String::new())
    }

    fn ask(&mut self, _prompt: &str) -> io::Result<Option<String>> {
        Ok(None)
    }

    fn ask_hidden(&mut self, _prompt: &str) -> io::Result<Option<String>> {
        Ok(None)
    }

    fn run_shell(&mut self) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn start_job(&mut self, _folder: &Path, _streams: JobStreams) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::collections::VecDeque;

    /// Somebody who gives these answers, with this on standard input. Jobs are only remembered.
    #[derive(Default)]
    pub(crate) struct Answers {
        pub(crate) answers: VecDeque<String>,
        /// To what asks without showing the answer.
        pub(crate) secrets: VecDeque<String>,
        pub(crate) input: String,
        pub(crate) jobs: Vec<(std::path::PathBuf, JobStreams)>,
    }

    impl Answers {
        pub(crate) fn new(answers: &[&str]) -> Self {
            Self { answers: answers.iter().map(|answer| (*answer).to_owned()).collect(), ..Self::default() }
        }

        pub(crate) fn left(&self) -> usize {
            self.answers.len()
        }
    }

    impl Host for Answers {
        fn read_input(&mut self) -> io::Result<String> {
            Ok(std::mem::take(&mut self.input))
        }

        fn ask(&mut self, _prompt: &str) -> io::Result<Option<String>> {
            Ok(self.answers.pop_front())
        }

        fn ask_hidden(&mut self, _prompt: &str) -> io::Result<Option<String>> {
            Ok(self.secrets.pop_front())
        }

        fn run_shell(&mut self) -> io::Result<()> {
            Ok(())
        }

        fn start_job(&mut self, folder: &Path, streams: JobStreams) -> io::Result<()> {
            self.jobs.push((folder.to_owned(), streams));
            Ok(())
        }
    }
}
