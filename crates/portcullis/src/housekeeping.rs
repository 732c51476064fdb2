//! `collect` and `verify`: what is done to the files of a data folder by whoever may open it, also while a server runs on it.

use crate::destinations;
use cli::client::operation::TimerSleeper;
use cli::collection::{self, CollectOptions, Sums};
use cli::environment::Environment;
use cli::failure::Failure;
use cli::output::Console;
use cli::progress::Progress;
use cli::verification::{self, Broken, Image, Verified, VerifyOptions};
use server::housekeeping::{BrokenContent, CollectionSettings, Error, HitImage, Verification};
use server::{Server, config};
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

/// How often the line about a large blob moves.
const TICK: Duration = Duration::from_millis(200);

/// `portcullis collect`
pub(crate) async fn collect(
    options: &CollectOptions,
    environment: &Environment,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let folder = options.folder().find("collect", environment)?;
    let server = open(folder, environment).await?;
    let settings = CollectionSettings {
        grace: options.grace.unsigned_abs(),
        dry_run: options.dry_run,
        who: Some(user(environment)),
    };
    let progress = Progress::new(environment, &TimerSleeper);
    let mut collection = server.begin_collection(settings).await.map_err(collection_failed)?;
    let mut outcome = Ok(true);
    while matches!(outcome, Ok(true)) {
        outcome = collection.step().await;
        let (at, freed_bytes) = (collection.progress(), collection.collected().freed_bytes());
        progress.tell(&collection::progress_line(at.what, at.looked, at.of, freed_bytes));
    }
    progress.clear();
    let collected = collection.collected();
    let sums = Sums {
        dry_run: options.dry_run,
        freed_bytes: collected.freed_bytes(),
        blobs: collected.blobs,
        blob_bytes: collected.blob_bytes,
        unneeded_in_repositories: collected.links,
        uploads: collected.uploads,
        upload_bytes: collected.upload_bytes,
        stray_files: collected.strays,
        stray_file_bytes: collected.stray_bytes,
        failed: collected.failed,
        busy: collected.busy,
    };
    server.finish().await;
    // What went before a failure is told too.
    if outcome.is_ok() || !collected.is_nothing() {
        sums.show(options.folder().form(environment), console)?;
    }
    outcome.map_err(collection_failed)?;
    if collected.failed > 0 {
        return Err(Failure::refused(format!("{} files that nothing needs could not be removed.", collected.failed))
            .hint("The messages above say which and why. Mend that, and collect again."));
    }
    Ok(())
}

/// `portcullis verify`
pub(crate) async fn verify(
    options: &VerifyOptions,
    environment: &Environment,
    console: &mut Console<'_>,
) -> Result<(), Failure> {
    let folder = options.folder().find("verify", environment)?;
    let form = options.folder().form(environment);
    let server = open(folder, environment).await?;
    let progress = Progress::new(environment, &TimerSleeper);
    let mut verification = server.begin_verification().await.map_err(verification_failed)?;
    let read = read_all(&mut verification, &progress, |broken| shown(broken).show(form, console)).await;
    progress.clear();
    server.finish().await;
    let (count, at) = (read?, verification.progress());
    Verified { manifests: at.manifests, blobs: at.blobs, bytes: at.bytes, broken: count }.show(form, console)
}

/// All steps. How much is broken, each of which is told.
async fn read_all(
    verification: &mut Verification,
    progress: &Progress<'_>,
    mut tell: impl FnMut(BrokenContent) -> Result<(), Failure>,
) -> Result<u64, Failure> {
    let mut count = 0;
    while let Some(broken) = step(verification, progress).await.map_err(verification_failed)? {
        count += broken.len() as u64;
        for content in broken {
            progress.clear();
            tell(content)?;
        }
    }
    Ok(count)
}

/// One step, however long its blob is.
async fn step(verification: &mut Verification, progress: &Progress<'_>) -> Result<Option<Vec<BrokenContent>>, Error> {
    let (at, bytes) = (verification.progress(), verification.watch());
    let mut step = pin!(verification.step());
    loop {
        tokio::select! {
            biased;
            ended = &mut step => return ended,
            () = tokio::time::sleep(TICK) => {
                progress.tell(&verification::progress_line(at.blobs, at.blobs_of, bytes(), at.bytes_of));
            }
        }
    }
}

/// Who is written down for what is done.
pub(crate) fn user(environment: &Environment) -> String {
    environment.variables.user.clone().unwrap_or_else(|| "local".to_owned())
}

pub(crate) async fn open(folder: PathBuf, environment: &Environment) -> Result<Server, Failure> {
    destinations::start_log(config::LogFormat::Text, destinations::EMBEDDED_LOG_FILTER, environment)?;
    Ok(destinations::open(folder).await?.0)
}

fn shown(content: BrokenContent) -> Broken {
    let image = |HitImage { registry, repository, digest, tags }: HitImage| Image {
        registry: registry.to_string(),
        repository: repository.to_string(),
        digest: digest.to_string(),
        tags: tags.iter().map(ToString::to_string).collect(),
    };
    Broken {
        digest: content.digest.to_string(),
        trouble: content.trouble,
        file: content.file.map(|file| file.display().to_string()),
        images: content.images.into_iter().map(image).collect(),
        more_images: content.more,
    }
}

fn collection_failed(error: Error) -> Failure {
    let told = format!("{}. Nothing that is needed was lost.", with_cause(&error));
    Failure::unreachable(told).hint("Mend the cause, and collect again: it goes on from there.")
}

fn verification_failed(error: Error) -> Failure {
    let told = format!("{}. Not everything was read.", with_cause(&error));
    Failure::unreachable(told).hint("Mend the cause, and verify again.")
}

/// Whoever may open the data folder is told what a client is not.
pub(crate) fn with_cause(error: &Error) -> String {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!("{error}{cause}")
}
