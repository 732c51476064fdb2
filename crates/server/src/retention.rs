//! What repositories keep: the rules as people write them, and their application.

use crate::Server;
use crate::sentence::sentence;
use model::arm_name::RegistryName;
use model::repository::RepositoryPattern;
use model::retention::{InvalidRetentionRule, RetentionRule, RetentionSpec, TagPattern};
use service::RetentionSettings;

pub use service::{Doomed, Error, Retention, RetentionCounts, StoredRetentionRule};

/// What a rule is for, as somebody wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleTarget {
    /// The name of the registry, or its login server; `None` for the only one there is.
    pub registry: Option<String>,
    /// A pattern, as in a scope map.
    pub repositories: String,
}

/// A rule, as somebody wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// What it is for.
    pub target: RuleTarget,
    /// How many tags are kept.
    pub keep_last: Option<u32>,
    /// After how many days a manifest without a tag goes.
    pub untagged_days: Option<u32>,
    /// Patterns of tags that stay and do not count.
    pub never: Vec<String>,
}

/// Where the rules are to be applied, as somebody wrote it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApplicationDraft {
    /// The name of the only registry, or its login server; `None` for all.
    pub registry: Option<String>,
    /// The pattern of the only repositories; `None` for all.
    pub repositories: Option<String>,
    /// Whether nothing is to be deleted, only found.
    pub dry_run: bool,
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum RetentionError {
    /// It is not a name.
    #[error(transparent)]
    RegistryName(#[from] model::arm_name::InvalidName),
    /// There is no such registry.
    #[error("there is no registry {0}")]
    NoRegistry(RegistryName),
    /// None is named, and there is not exactly one.
    #[error("there is not exactly one registry: say which")]
    WhichRegistry,
    /// It is not a pattern.
    #[error("'{0}' is not a pattern of repositories: a name, or '*', or a name and '/*'")]
    Repositories(String),
    /// It is not a rule.
    #[error(transparent)]
    Rule(#[from] InvalidRetentionRule),
    /// A limit would be passed.
    #[error("{0}")]
    Limit(service::limits::Limit),
    /// It was tried, and failed.
    #[error(transparent)]
    Failed(Error),
}

impl RetentionError {
    /// What it says, as a sentence for people.
    pub fn sentence(&self) -> String {
        sentence(&self.to_string())
    }
}

impl From<Error> for RetentionError {
    fn from(error: Error) -> Self {
        match error {
            Error::ParentRegistryMissing(name) => Self::NoRegistry(name),
            Error::LimitReached(limit) => Self::Limit(limit),
            error => Self::Failed(error),
        }
    }
}

impl Server {
    /// Begins to find what a rule would delete if it were stored now.
    pub async fn preview_retention_rule(&self, draft: &Draft) -> Result<Retention, RetentionError> {
        let (registry, rule) = (self.registry(draft.target.registry.as_deref()).await?, rule(draft)?);
        Ok(self.service.preview_retention(registry, rule).await?)
    }

    /// Stores a rule, in place of the one of the same pattern. `who` wants it.
    pub async fn put_retention_rule(&self, draft: &Draft, who: String) -> Result<StoredRetentionRule, RetentionError> {
        let (registry, rule) = (self.registry(draft.target.registry.as_deref()).await?, rule(draft)?);
        Ok(self.service.put_retention_rule(Some(who), &registry, rule).await?)
    }

    /// Deletes the rule of that very pattern; `false` when there was none. `who` wants it.
    pub async fn delete_retention_rule(&self, target: &RuleTarget, who: String) -> Result<bool, RetentionError> {
        let registry = self.registry(target.registry.as_deref()).await?;
        let repositories = repositories(&target.repositories)?;
        Ok(self.service.delete_retention_rule(Some(who), &registry, repositories).await?)
    }

    /// The rules of one registry, by its name or its login server, or of all.
    pub async fn list_retention_rules(
        &self,
        registry: Option<&str>,
    ) -> Result<Vec<StoredRetentionRule>, RetentionError> {
        if let Some(registry) = registry {
            return Ok(self.service.list_retention_rules_of(registry_name(registry)?).await?);
        }
        let (mut after, mut rules) = (None, Vec::new());
        while let Some((key, of_registry)) = self.service.list_retention_rules(after).await? {
            after = Some(key);
            rules.extend(of_registry);
        }
        Ok(rules)
    }

    /// Begins to apply the rules. `who` wants it.
    pub async fn begin_retention(&self, draft: &ApplicationDraft, who: String) -> Result<Retention, RetentionError> {
        let settings = RetentionSettings {
            registry: draft.registry.as_deref().map(registry_name).transpose()?,
            repositories: draft.repositories.as_deref().map(repositories).transpose()?,
            dry_run: draft.dry_run,
            who: Some(who),
        };
        Ok(self.service.begin_retention(settings).await?)
    }

    async fn registry(&self, name: Option<&str>) -> Result<RegistryName, RetentionError> {
        match name {
            Some(name) => registry_name(name),
            None => {
                let only = self.service.find_only_registry().await?;
                only.map(|registry| registry.id.name).ok_or(RetentionError::WhichRegistry)
            }
        }
    }
}

/// The first label of a login server is the registry's name.
fn registry_name(text: &str) -> Result<RegistryName, RetentionError> {
    Ok(RegistryName::parse(text.split_once('.').map_or(text, |(name, _)| name))?)
}

fn repositories(text: &str) -> Result<RepositoryPattern, RetentionError> {
    RepositoryPattern::parse(text).ok_or_else(|| RetentionError::Repositories(text.to_owned()))
}

fn rule(Draft { target, keep_last, untagged_days, never }: &Draft) -> Result<RetentionRule, RetentionError> {
    let never = never.iter().map(|text| TagPattern::parse(text)).collect::<Result<_, _>>()?;
    let spec = RetentionSpec { keep_last: *keep_last, untagged_days: *untagged_days, untagged_from: None, never };
    Ok(RetentionRule::new(repositories(&target.repositories)?, spec)?)
}
