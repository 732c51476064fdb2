//! `portcullis verify`: is every blob what its digest says? What is not is named, with the images that it hits.

use crate::data_folder::{FolderOptions, Form, show};
use crate::failure::Failure;
use crate::output::Console;
use crate::output::text::{counted, printable_line};
use clap::Args;
use indicatif::{HumanBytes, HumanCount};
use serde::Serialize;

/// What `verify` is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Args)]
pub struct VerifyOptions {
    #[command(flatten)]
    folder: FolderOptions,
}

impl VerifyOptions {
    /// Which data folder is meant, and how what comes of it is shown.
    pub fn folder(&self) -> &FolderOptions {
        &self.folder
    }
}

/// A blob or a manifest that is not what it should be.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Broken {
    /// Its digest.
    pub digest: String,
    /// What is wrong with it.
    pub trouble: String,
    /// The file that is broken or missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What cannot be pulled whole.
    pub images: Vec<Image>,
    /// Whether there are more images than those.
    pub more_images: bool,
}

/// An image, or an index, that cannot be pulled whole.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Image {
    /// In which registry.
    pub registry: String,
    /// In which repository.
    pub repository: String,
    /// The digest of its manifest.
    pub digest: String,
    /// The tags that point at it.
    pub tags: Vec<String>,
}

/// What was verified.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Verified {
    /// Manifests read.
    pub manifests: u64,
    /// Blobs read.
    pub blobs: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many of both are broken.
    pub broken: u64,
}

impl Broken {
    /// Writes it to standard output.
    pub fn show(&self, form: Form, console: &mut Console<'_>) -> Result<(), Failure> {
        show(self, Self::lines, form, console)
    }

    fn lines(&self) -> String {
        let mut lines = format!("{}  {}\n", self.digest, printable_line(&self.trouble));
        if let Some(file) = &self.file {
            lines.push_str(&format!("  file  {}\n", printable_line(file)));
        }
        for Image { registry, repository, digest, tags } in &self.images {
            let tags = if tags.is_empty() { String::new() } else { format!(":{}", tags.join(",")) };
            lines.push_str(&format!("  hits  {registry}/{repository}{tags}@{digest}\n"));
        }
        if self.more_images {
            lines.push_str("  hits  more, too many to be named\n");
        }
        if self.images.is_empty() {
            lines.push_str("  hits  no image\n");
        }
        lines
    }
}

impl Verified {
    /// Writes it to standard output, and fails when anything was broken.
    pub fn show(&self, form: Form, console: &mut Console<'_>) -> Result<(), Failure> {
        show(self, Self::lines, form, console)?;
        if self.broken == 0 {
            return Ok(());
        }
        Err(Failure::refused(format!(
            "{} of the data folder's blobs and manifests are broken.",
            HumanCount(self.broken)
        ))
        .hint("Move the broken files away and push the images again: clients then send what is missing."))
    }

    fn lines(&self) -> String {
        let broken = match self.broken {
            0 => "all are whole".to_owned(),
            broken => format!("{} broken", HumanCount(broken)),
        };
        let (manifests, blobs) = (counted(self.manifests, "manifest"), counted(self.blobs, "blob"));
        format!("Read {manifests} and {blobs} ({}): {broken}.\n", HumanBytes(self.bytes))
    }
}

/// How far it is, on one line.
pub fn progress_line(blobs: u64, blobs_of: u64, bytes: u64, bytes_of: u64) -> String {
    let percent = bytes.saturating_mul(100).checked_div(bytes_of).unwrap_or(100).min(100);
    let (blobs_of, bytes_of) = (blobs_of.max(blobs), bytes_of.max(bytes));
    format!(
        "Reading blobs: {} of {}, {} of {} ({percent} %)",
        HumanCount(blobs),
        HumanCount(blobs_of),
        HumanBytes(bytes),
        HumanBytes(bytes_of)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Environment;
    use crate::failure::ExitStatus;

    #[test]
    fn what_people_see() {
        let image = |tags: &[&str]| Image {
            registry: "lnxcr".to_owned(),
            repository: "samples/hello".to_owned(),
            digest: "sha256:01".to_owned(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        };
        let broken = Broken {
            digest: "sha256:00".to_owned(),
            trouble: "the file is missing".to_owned(),
            file: Some("/data/\u{1b}[2J".to_owned()),
            images: vec![image(&["v1", "latest"]), image(&[])],
            more_images: true,
        };
        assert_eq!(
            broken.lines(),
            "sha256:00  the file is missing\n  file  /data/ [2J\n  hits  lnxcr/samples/hello:v1,latest@sha256:01\n  \
             hits  lnxcr/samples/hello@sha256:01\n  hits  more, too many to be named\n"
        );
        assert!(Broken::default().lines().ends_with("hits  no image\n"));
    }

    #[test]
    fn what_is_broken_ends_with_1() {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let mut console = Console::new(&Environment::default(), &mut stdout, &mut stderr);
        let whole = Verified { manifests: 1, blobs: 2, bytes: 2_048, broken: 0 };
        whole.show(Form::Table, &mut console).unwrap();
        let failure = Verified { broken: 1, ..whole }.show(Form::Json, &mut console).unwrap_err();
        assert_eq!(failure.status, ExitStatus::Refused);
        let printed = String::from_utf8(stdout).unwrap();
        assert_eq!(
            printed,
            "Read 1 manifest and 2 blobs (2.00 KiB): all are whole.\n{\"manifests\":1,\"blobs\":2,\"bytes\":2048,\"broken\":1}\n"
        );
    }

    #[test]
    fn progress_of_nothing_is_all() {
        assert_eq!(progress_line(0, 0, 0, 0), "Reading blobs: 0 of 0, 0 B of 0 B (100 %)");
        assert_eq!(progress_line(1, 3, 512, 2_048), "Reading blobs: 1 of 3, 512 B of 2.00 KiB (25 %)");
    }
}
