//! `retention`: rules on what repositories keep, stored and applied in a data folder by whoever may open it, also while a server runs on it.

use crate::housekeeping::{open, user, with_cause};
use cli::client::operation::TimerSleeper;
use cli::environment::Environment;
use cli::failure::Failure;
use cli::host::Host;
use cli::output::Console;
use cli::progress::Progress;
use cli::retention::{
    ApplyOptions, Doomed, ListOptions, Names, RemoveOptions, RetentionOptions, RetentionVerb, Rule, RuleOptions,
    SetOptions, Sums, progress_line,
};
use server::Server;
use server::retention::{ApplicationDraft, Draft, Error, Retention, RetentionError, RuleTarget, StoredRetentionRule};

/// `portcullis retention`
pub(crate) async fn run(
    options: &RetentionOptions,
    environment: &Environment,
    console: &mut Console<'_>,
    host: &mut dyn Host,
) -> Result<(), Failure> {
    if let RetentionVerb::Set(set) = &options.verb {
        set.check(environment)?;
    }
    let server = open(options.folder().find("retention", environment)?, environment).await?;
    let mut run = Run { server: &server, options, environment, console };
    let outcome = match &options.verb {
        RetentionVerb::Set(set) => run.set(set, host).await,
        RetentionVerb::List(list) => run.list(list).await,
        RetentionVerb::Remove(remove) => run.remove(remove).await,
        RetentionVerb::Apply(apply) => run.apply(apply).await,
    };
    server.finish().await;
    outcome
}

struct Run<'r, 'c> {
    server: &'r Server,
    options: &'r RetentionOptions,
    environment: &'r Environment,
    console: &'r mut Console<'c>,
}

impl Run<'_, '_> {
    async fn set(&mut self, options: &SetOptions, host: &mut dyn Host) -> Result<(), Failure> {
        let deletes = options.deletes();
        let draft = Draft {
            target: target(options.rule()),
            keep_last: deletes.keep_last,
            untagged_days: deletes.untagged_days,
            never: options.never().to_vec(),
        };
        let preview = self.server.preview_retention_rule(&draft).await.map_err(failed)?;
        let form = self.options.folder().form(self.environment);
        let names = if options.is_dry_run() { Names::all(form) } else { Names::some(form) };
        let sums = Sums { dry_run: true, is_preview: !options.is_dry_run(), ..Sums::default() };
        self.go_through(preview, names, sums).await?;
        if options.is_dry_run() {
            return Ok(());
        }
        options.confirm(host)?;
        let stored = self.server.put_retention_rule(&draft, user(self.environment)).await.map_err(failed)?;
        Rule::show(&[shown_rule(stored)], form, self.environment, self.console)
    }

    async fn list(&mut self, options: &ListOptions) -> Result<(), Failure> {
        let stored = self.server.list_retention_rules(options.registry.as_deref()).await.map_err(failed)?;
        let rules: Vec<Rule> = stored.into_iter().map(shown_rule).collect();
        Rule::show(&rules, self.options.folder().form(self.environment), self.environment, self.console)
    }

    async fn remove(&mut self, options: &RemoveOptions) -> Result<(), Failure> {
        let target = target(options.rule());
        if self.server.delete_retention_rule(&target, user(self.environment)).await.map_err(failed)? {
            return Ok(());
        }
        Err(Failure::refused(format!("There is no retention rule for '{}'.", target.repositories))
            .hint("`portcullis retention list` shows those that there are."))
    }

    async fn apply(&mut self, options: &ApplyOptions) -> Result<(), Failure> {
        let draft = ApplicationDraft {
            registry: options.registry.clone(),
            repositories: options.repository.clone(),
            dry_run: options.dry_run,
        };
        let begun = self.server.begin_retention(&draft, user(self.environment)).await;
        let names = Names::all(self.options.folder().form(self.environment));
        let sums = Sums { dry_run: options.dry_run, ..Sums::default() };
        self.go_through(begun.map_err(failed)?, names, sums).await
    }

    /// All steps, each delete as it comes, and what of `sums` is not known before.
    async fn go_through(&mut self, mut retention: Retention, mut names: Names, sums: Sums) -> Result<(), Failure> {
        let progress = Progress::new(self.environment, &TimerSleeper);
        let stepped = loop {
            let doomed = match retention.step().await {
                Ok(Some(doomed)) => doomed,
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            };
            let counts = retention.counts();
            progress.tell(&progress_line(counts.repositories, counts.tags, counts.manifests));
            if !doomed.is_empty() {
                progress.clear();
            }
            for doomed in &doomed {
                names.show(&shown(doomed), self.console)?;
            }
        };
        progress.clear();
        names.finish(self.console)?;
        let counts = retention.counts();
        let sums = Sums {
            repositories: counts.repositories,
            tags: counts.tags,
            manifests: counts.manifests,
            image_bytes: counts.image_bytes,
            locked: counts.locked,
            ..sums
        };
        // What went before a failure is told too.
        sums.show(self.options.folder().form(self.environment), self.console)?;
        stepped.map_err(|error| if sums.dry_run { failed(error.into()) } else { stopped(&error) })
    }
}

fn target(options: &RuleOptions) -> RuleTarget {
    RuleTarget { registry: options.registry.clone(), repositories: options.repository.clone() }
}

fn shown(doomed: &server::retention::Doomed) -> Doomed {
    let reference = doomed.reference.to_string();
    let digest = doomed.digest.to_string();
    Doomed {
        registry: doomed.registry.to_string(),
        repository: doomed.repository.to_string(),
        tag: Some(reference).filter(|reference| *reference != digest),
        digest,
        bytes: doomed.content_bytes,
        rule: doomed.rule.to_string(),
    }
}

fn shown_rule(StoredRetentionRule { registry, rule, updated_at }: StoredRetentionRule) -> Rule {
    Rule {
        registry: registry.to_string(),
        repository: rule.repositories().to_string(),
        keep_last: rule.keep_last(),
        untagged_days: rule.untagged_days(),
        untagged_from: rule.untagged_from().map(|from| from.whole_seconds().to_string()),
        never: rule.never().iter().map(ToString::to_string).collect(),
        last_updated: updated_at.whole_seconds().to_string(),
    }
}

/// Some of it may be done already.
fn stopped(error: &Error) -> Failure {
    let told = format!("{}. Nothing that is kept was lost.", with_cause(error));
    Failure::unreachable(told).hint("Mend the cause, and apply the rules again: it goes on from there.")
}

/// Nothing was done.
fn failed(error: RetentionError) -> Failure {
    match error {
        RetentionError::Failed(error) => Failure::unreachable(format!("{}. Nothing was changed.", with_cause(&error)))
            .hint("Mend the cause, and run the command again."),
        RetentionError::NoRegistry(_) | RetentionError::Limit(_) => Failure::refused(error.sentence()),
        RetentionError::WhichRegistry => Failure::usage(error.sentence()).hint("Name it with -r NAME."),
        RetentionError::RegistryName(_) | RetentionError::Repositories(_) | RetentionError::Rule(_) => {
            Failure::usage(error.sentence())
        }
    }
}
