//! `portcullis collect`: what nothing needs any more goes. What it does is done where the data folder is; this says what was wanted and
//! what came of it.

use crate::data_folder::{FolderOptions, Form, show};
use crate::durations;
use crate::failure::Failure;
use crate::output::Console;
use clap::Args;
use indicatif::{HumanBytes, HumanCount};
use jiff::SignedDuration;
use serde::Serialize;

/// What `collect` is told.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct CollectOptions {
    /// Delete nothing, and say what would be
    #[arg(long)]
    pub dry_run: bool,
    /// How long a blob that no manifest needs stays after somebody could last count on it, such as 30m, 24h or 7d. Shorter than a push
    /// takes, and the push must begin again
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = durations::parse)]
    pub grace: SignedDuration,
    #[command(flatten)]
    folder: FolderOptions,
}

impl CollectOptions {
    /// Which data folder is meant, and how what comes of it is shown.
    pub fn folder(&self) -> &FolderOptions {
        &self.folder
    }
}

/// What was collected, or would be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sums {
    /// Whether nothing was deleted.
    pub dry_run: bool,
    /// Bytes that are free now.
    pub freed_bytes: u64,
    /// Blobs whose bytes went.
    pub blobs: u64,
    /// Their bytes.
    pub blob_bytes: u64,
    /// Blobs that repositories held and no manifest there needed.
    pub unneeded_in_repositories: u64,
    /// Uploads that were nobody's.
    pub uploads: u64,
    /// Their bytes.
    pub upload_bytes: u64,
    /// Files that no repository knew.
    pub stray_files: u64,
    /// Their bytes.
    pub stray_file_bytes: u64,
    /// Files that were to go and that the disk keeps.
    pub failed: u64,
    /// What was left because somebody was pushing beside it.
    pub busy: u64,
}

impl Sums {
    /// Writes them to standard output.
    pub fn show(&self, form: Form, console: &mut Console<'_>) -> Result<(), Failure> {
        show(self, Self::lines, form, console)
    }

    fn lines(&self) -> String {
        let Self { dry_run, blobs, unneeded_in_repositories, uploads, stray_files, failed, busy, .. } = *self;
        let mut lines = if blobs + unneeded_in_repositories + uploads + stray_files == 0 {
            "Nothing to collect.\n".to_owned()
        } else {
            let freed = HumanBytes(self.freed_bytes);
            let begin = if dry_run { format!("Would free {freed}") } else { format!("Freed {freed}") };
            let rows = [
                (unneeded_in_repositories, "blobs that a repository held and no manifest of it needed", None),
                (blobs, "blobs that no repository held", Some(self.blob_bytes)),
                (uploads, "uploads that were nobody's", Some(self.upload_bytes)),
                (stray_files, "files that no repository knew", Some(self.stray_file_bytes)),
            ];
            let row = |(count, what, bytes): (u64, &str, Option<u64>)| {
                let bytes = bytes.map(|bytes| format!(", {}", HumanBytes(bytes))).unwrap_or_default();
                format!("{:>9}  {what}{bytes}\n", HumanCount(count).to_string())
            };
            let rows: String = rows.into_iter().filter(|(count, ..)| *count > 0).map(row).collect();
            format!("{begin}:\n{rows}")
        };
        if failed > 0 {
            lines.push_str(&format!("{} files could not be removed.\n", HumanCount(failed)));
        }
        if busy > 0 {
            lines.push_str(&format!(
                "{} were left for another time: somebody was pushing beside them.\n",
                HumanCount(busy)
            ));
        }
        if dry_run {
            lines.push_str("A dry run: nothing was deleted.\n");
        }
        lines
    }
}

/// How far it is, on one line.
pub fn progress_line(what: &str, looked: u64, of: Option<u64>, freed_bytes: u64) -> String {
    let of = of.map(|of| format!(" of {}", HumanCount(of.max(looked)))).unwrap_or_default();
    format!("Looking at {what}: {}{of}, {} found", HumanCount(looked), HumanBytes(freed_bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(Sums::default(), "Nothing to collect.\n")]
    #[case(
        Sums { freed_bytes: 3 << 20, blobs: 1_200, blob_bytes: 3 << 20, unneeded_in_repositories: 1_201, ..Sums::default() },
        "Freed 3.00 MiB:\n    1,201  blobs that a repository held and no manifest of it needed\n    1,200  blobs that no repository held, 3.00 MiB\n"
    )]
    #[case(
        Sums { dry_run: true, freed_bytes: 12, uploads: 1, upload_bytes: 12, busy: 2, ..Sums::default() },
        "Would free 12 B:\n        1  uploads that were nobody's, 12 B\n2 were left for another time: somebody was pushing beside them.\nA dry run: nothing was deleted.\n"
    )]
    #[case(Sums { failed: 3, ..Sums::default() }, "Nothing to collect.\n3 files could not be removed.\n")]
    fn what_people_see(#[case] sums: Sums, #[case] expected: &str) {
        assert_eq!(sums.lines(), expected);
    }

    #[test]
    fn progress_never_exceeds_its_end() {
        assert_eq!(
            progress_line("links", 1_500, Some(1_000), 1 << 10),
            "Looking at links: 1,500 of 1,500, 1.00 KiB found"
        );
        assert_eq!(progress_line("files", 7, None, 0), "Looking at files: 7, 0 B found");
    }
}
