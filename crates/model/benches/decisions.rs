//! What rights cost: scopes read and granted, and the one decision. `cargo bench -p portcullis-model --bench decisions`.

use criterion::{BenchmarkId, Criterion};
use model::access::{Access, Grounds};
use model::audit::Actor;
use model::digest::{Digest, DigestAlgorithm};
use model::operation::ReadManifest;
use model::reference::Reference;
use model::registry::RegistryKey;
use model::repository::RepositoryName;
use model::scope::{Asked, Granted};
use model::scope_map::{Rules, ScopeMapAction};
use model::timestamp::Timestamp;
use model::token::{CredentialKey, Generation, PasswordKey, TokenKey};
use std::hint::black_box;
use std::sync::Arc;

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome {
    let mut criterion = Criterion::default().configure_from_args();
    scopes(&mut criterion)?;
    decisions(&mut criterion)?;
    digests(&mut criterion);
    criterion.final_summary();
    Ok(())
}

/// A scope map with so many repositories, the last of which is asked for.
fn rules(repositories: usize) -> Outcome<Rules> {
    let action = |number: usize| ScopeMapAction::parse(&format!("repositories/team-{number}/app/content/read"));
    Ok(Rules::of(&(0..repositories).map(action).collect::<Result<Vec<_>, _>>()?))
}

const SIZES: [usize; 3] = [1, 50, 500];

fn scopes(criterion: &mut Criterion) -> Outcome {
    criterion.bench_function("scope read", |bencher| {
        bencher.iter(|| Asked::parse([black_box("repository:team-0/app:pull,push")]));
    });
    let mut group = criterion.benchmark_group("scope granted, of so many repositories held");
    for size in SIZES {
        let (asked, rules) = (Asked::parse([&*format!("repository:team-{}/app:pull", size - 1)]), rules(size)?);
        group.bench_with_input(BenchmarkId::from_parameter(size), &rules, |bencher, rules| {
            bencher.iter(|| Granted::of(black_box(&asked), rules));
        });
    }
    group.finish();
    Ok(())
}

fn grounds() -> Grounds {
    let credential = CredentialKey::Password(PasswordKey(1));
    Grounds { token: TokenKey(1), credential, generation: Generation(1), at: Timestamp::from_micros(0) }
}

fn decisions(criterion: &mut Criterion) -> Outcome {
    let mut group = criterion.benchmark_group("operation permitted, of so many repositories held");
    for size in SIZES {
        let (name, rules) = (format!("team-{}/app", size - 1), Arc::new(rules(size)?));
        let granted = Arc::new(Granted::of(&Asked::parse([&*format!("repository:{name}:pull")]), &rules));
        let actor = Actor {
            registry: "bench".into(),
            who: "bench".into(),
            credential: "password1".into(),
            rights: "scope map bench".into(),
        };
        let access = Access::by_bearer(RegistryKey(1), actor, grounds(), rules, granted);
        let repository = RepositoryName::parse(&name)?;
        let reference = Reference::parse("latest")?;
        let operation = ReadManifest { repository, reference };
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| assert!(access.permit(black_box(operation.clone())).is_ok()));
        });
    }
    group.finish();
    Ok(())
}

fn digests(criterion: &mut Criterion) {
    let bytes = vec![7; 470];
    criterion.bench_function("digest of a manifest of 470 bytes", |bencher| {
        bencher.iter(|| Digest::of(DigestAlgorithm::Sha256, black_box(&bytes)));
    });
}
