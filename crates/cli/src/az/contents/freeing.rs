//! What a delete would free: bytes that no other manifest of the repository needs, and of these what no other repository holds, as far as the login
//! may look.

use super::holdings::{Blobs, Freed, sum};
use super::opened::OpenRegistry;
use super::refusals::{is_locked, is_missing_right, is_unknown};
use crate::client::{ClientError, Service};
use crate::failure::Failure;
use crate::limits::BLOBS_ASKED_MAX;
use crate::output::text::counted;
use crate::progress::Progress;
use indicatif::{HumanBytes, HumanCount};
use serde_json::{Value, json};

/// After how many repositories a person who waits sees how far it is.
const TOLD_EVERY: usize = 10;

/// What was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Freeing {
    /// Why it is not known.
    LeftOut(String),
    Counted {
        freed: Freed,
        elsewhere: Elsewhere,
    },
}

/// Whether other repositories of the registry hold what would be freed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Elsewhere {
    /// Nothing would be freed.
    NotAsked,
    /// Why it is not known.
    LeftOut(String),
    Asked {
        /// What none of those that were asked holds.
        nowhere: Blobs,
        /// How many were asked.
        asked: usize,
        /// How many could not be.
        silent: usize,
    },
}

impl OpenRegistry<'_> {
    /// Asks every other repository that the login may list whether it holds these blobs.
    ///
    /// Errors: the registry does not answer.
    pub(super) async fn elsewhere(
        &self,
        repository: &str,
        blobs: &Blobs,
        progress: &Progress<'_>,
    ) -> Result<Elsewhere, Failure> {
        if blobs.is_empty() {
            return Ok(Elsewhere::NotAsked);
        }
        let others = match self.catalog(None).await {
            Ok(names) => names.into_iter().filter(|name| name != repository).collect::<Vec<_>>(),
            Err(error) if is_missing_right(&error) => {
                return Ok(Elsewhere::LeftOut("the login may not list repositories".to_owned()));
            }
            Err(error) => return Err(error.into()),
        };
        if others.len().saturating_mul(blobs.len()) > BLOBS_ASKED_MAX {
            let [blobs, others] = [blobs.len(), others.len()].map(|count| HumanCount(count as u64));
            let most = HumanCount(BLOBS_ASKED_MAX as u64);
            return Ok(Elsewhere::LeftOut(format!(
                "{blobs} blobs in {others} repositories are more than the {most} that a command asks for"
            )));
        }
        let asked = self.ask(&others, blobs, progress).await;
        progress.clear();
        Ok(asked?)
    }

    /// Asks until nothing is left to ask about.
    async fn ask(&self, others: &[String], blobs: &Blobs, progress: &Progress<'_>) -> Result<Elsewhere, ClientError> {
        let (mut nowhere, mut asked, mut silent) = (blobs.clone(), 0, 0);
        for (index, other) in others.iter().enumerate() {
            if nowhere.is_empty() {
                break;
            }
            if index > 0 && index % TOLD_EVERY == 0 {
                progress.tell(&format!("Asking other repositories: {index} of {}", others.len()));
            }
            match self.remove_held(other, &mut nowhere).await {
                Ok(()) => asked += 1,
                Err(error) if is_missing_right(&error) || is_unknown(&error) || is_locked(&error) => silent += 1,
                Err(error) => return Err(error),
            }
        }
        Ok(Elsewhere::Asked { nowhere, asked, silent })
    }

    async fn remove_held(&self, repository: &str, blobs: &mut Blobs) -> Result<(), ClientError> {
        let reader = self.reader(repository).await?;
        for digest in blobs.keys().cloned().collect::<Vec<_>>() {
            if reader.has_blob(repository, &digest).await? {
                blobs.remove(&digest);
            }
        }
        Ok(())
    }
}

impl Freeing {
    /// For people, a sentence a line.
    pub(super) fn lines(&self, registry: &str, repository: &str, service: Service) -> Vec<String> {
        let (freed, elsewhere) = match self {
            Self::LeftOut(why) => return vec![format!("How much that would free is not known: {why}.")],
            Self::Counted { freed, elsewhere } => (freed, elsewhere),
        };
        let mut lines = Vec::new();
        let (alone, shared) = (sum(&freed.alone), sum(&freed.shared));
        let staying = format!(
            "{} ({}), needed by {} of {repository}",
            counted(freed.shared.len() as u64, "blob"),
            HumanBytes(shared),
            counted(freed.sharing as u64, "other manifest"),
        );
        match (freed.alone.len(), freed.shared.len()) {
            (0, 0) => lines.push("Would free no blobs: it has none of its own.".to_owned()),
            (0, _) => lines.push(format!("Would free no blobs: all stay, {staying}.")),
            (blobs, 0) => lines.push(format!(
                "Would free {} of {repository}: {}.",
                HumanBytes(alone),
                counted(blobs as u64, "blob")
            )),
            (blobs, _) => {
                lines.push(format!(
                    "Would free {} of {repository}: {}. The rest stays: {staying}.",
                    HumanBytes(alone),
                    counted(blobs as u64, "blob")
                ));
            }
        }
        lines.extend(elsewhere.line(registry, alone));
        let is_held_elsewhere = matches!(elsewhere, Elsewhere::Asked { nowhere, .. } if nowhere.is_empty());
        if service == Service::Portcullis && !freed.alone.is_empty() && !is_held_elsewhere {
            lines.push(
                "The bytes are free once they are collected, usually after a day (portcullis collect).".to_owned(),
            );
        }
        lines
    }

    /// For programs: `null` is what is not known.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::LeftOut(why) => json!({ "freedBytes": null, "freedBlobs": null, "notKnown": why }),
            Self::Counted { freed, elsewhere } => {
                let mut value = json!({
                    "freedBytes": sum(&freed.alone),
                    "freedBlobs": freed.alone.len(),
                    "sharedBytes": sum(&freed.shared),
                    "sharedBlobs": freed.shared.len(),
                });
                match elsewhere {
                    Elsewhere::NotAsked => value["inNoOtherRepositoryBytes"] = json!(0),
                    Elsewhere::LeftOut(why) => {
                        value["inNoOtherRepositoryBytes"] = Value::Null;
                        value["notKnown"] = json!(why);
                    }
                    Elsewhere::Asked { nowhere, asked, silent } => {
                        value["inNoOtherRepositoryBytes"] = json!(sum(nowhere));
                        value["otherRepositoriesAsked"] = json!(asked);
                        value["otherRepositoriesSilent"] = json!(silent);
                    }
                }
                value
            }
        }
    }
}

impl Elsewhere {
    fn line(&self, registry: &str, alone: u64) -> Option<String> {
        match self {
            Self::NotAsked => None,
            Self::LeftOut(why) => {
                Some(format!("Whether other repositories of {registry} hold the same is not known: {why}."))
            }
            Self::Asked { asked: 0, silent: 0, .. } => {
                Some(format!("{registry} has no other repository that the login may list."))
            }
            Self::Asked { asked: 0, silent, .. } => Some(format!(
                "Whether other repositories of {registry} hold the same is not known: {silent} could not be asked."
            )),
            Self::Asked { nowhere, asked, silent } => {
                let silent = match silent {
                    0 => String::new(),
                    silent => format!("; {silent} more could not be asked"),
                };
                let looked = format!("({} of {registry} asked{silent})", counted(*asked as u64, "other repository"));
                let left = sum(nowhere);
                Some(if left == alone {
                    format!("No other repository holds any of it {looked}.")
                } else if nowhere.is_empty() {
                    format!("Other repositories hold all of it, so that the registry frees nothing {looked}.")
                } else {
                    format!(
                        "Other repositories hold {} of it; {} are nowhere else {looked}.",
                        HumanBytes(alone - left),
                        HumanBytes(left)
                    )
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn blobs(sizes: &[u64]) -> Blobs {
        sizes.iter().enumerate().map(|(index, bytes)| (index.to_string(), *bytes)).collect()
    }

    fn asked(nowhere: &[u64], asked: usize, silent: usize) -> Elsewhere {
        Elsewhere::Asked { nowhere: blobs(nowhere), asked, silent }
    }

    #[rstest]
    #[case(&[1024, 1024], &[], asked(&[1024, 1024], 3, 0), "Would free 2.00 KiB of app: 2 blobs.\nNo other repository holds any of it (3 other repositories of myreg asked).")]
    #[case(&[1024], &[512], asked(&[], 1, 2), "Would free 1.00 KiB of app: 1 blob. The rest stays: 1 blob (512 B), needed by 2 other manifests of app.\nOther repositories hold all of it, so that the registry frees nothing (1 other repository of myreg asked; 2 more could not be asked).")]
    #[case(&[1024, 2048], &[], asked(&[1024], 1, 0), "Would free 3.00 KiB of app: 2 blobs.\nOther repositories hold 2.00 KiB of it; 1.00 KiB are nowhere else (1 other repository of myreg asked).")]
    #[case(&[1], &[], asked(&[1], 0, 0), "Would free 1 B of app: 1 blob.\nmyreg has no other repository that the login may list.")]
    #[case(&[1], &[], Elsewhere::LeftOut("so".to_owned()), "Would free 1 B of app: 1 blob.\nWhether other repositories of myreg hold the same is not known: so.")]
    #[case(&[], &[7, 7], Elsewhere::NotAsked, "Would free no blobs: all stay, 2 blobs (14 B), needed by 2 other manifests of app.")]
    #[case(&[], &[], Elsewhere::NotAsked, "Would free no blobs: it has none of its own.")]
    fn what_people_are_told(
        #[case] alone: &[u64],
        #[case] shared: &[u64],
        #[case] elsewhere: Elsewhere,
        #[case] expected: &str,
    ) {
        let freed = Freed { alone: blobs(alone), shared: blobs(shared), sharing: 2 };
        let lines = Freeing::Counted { freed, elsewhere }.lines("myreg", "app", Service::Azure);
        assert_eq!(lines.join("\n"), expected);
    }

    #[test]
    fn what_is_not_known_is_null() {
        let value = Freeing::LeftOut("so".to_owned()).to_json();
        assert_eq!(value, json!({ "freedBytes": null, "freedBlobs": null, "notKnown": "so" }));
        let freed = Freed { alone: blobs(&[3]), ..Freed::default() };
        let value = Freeing::Counted { freed, elsewhere: Elsewhere::LeftOut("so".to_owned()) }.to_json();
        assert_eq!((&value["freedBytes"], &value["inNoOtherRepositoryBytes"]), (&json!(3), &Value::Null));
    }
}
