//! What a password and a bearer cost, without HTTP: `cargo bench -p portcullis-service --bench bearers`. How much of a request that is
//! says `bench/access.py`.

mod site;

use criterion::{BenchmarkId, Criterion, Throughput};
use model::arm_name::{ScopeMapName, TokenName};
use model::password::{Password, PasswordName};
use model::registry::Registry;
use model::resource_id::{ScopeMapId, TokenId};
use model::scope::Asked;
use service::{PasswordSpec, Service, TokenSpec};
use site::{Outcome, manager};
use std::path::Path;
use tokio::runtime::Runtime;

/// More bearers than are remembered, so that each is verified anew.
const STRANGE_BEARERS: usize = 100_000;
/// Bearers whose entries of the audit log are written together: what a busy server issues in a fifth of a second.
const BEARERS_AT_ONCE: usize = 2_000;

fn main() -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let folder = tempfile::tempdir()?;
    let (service, registry, password) = runtime.block_on(make_token(folder.path()))?;
    let mut criterion = Criterion::default().configure_from_args();
    sign_in(&mut criterion, &runtime, (&service, &registry), &password);
    issue(&mut criterion, &runtime, (&service, &registry), &password)?;
    verify(&mut criterion, &runtime, (&service, &registry), &password)?;
    criterion.final_summary();
    Ok(())
}

/// A token that pulls, and its password.
async fn make_token(folder: &Path) -> Outcome<(Service, Registry, Password)> {
    let (service, registry) = site::open(folder).await?;
    let id = TokenId { registry, name: TokenName::parse("bench")? };
    let registry = service.find_registry(&id.registry.name).await?.ok_or("a registry")?;
    let scope_map = ScopeMapId { registry: id.registry.clone(), name: ScopeMapName::parse("_repositories_pull")? };
    let password = PasswordSpec { name: PasswordName::Password1, expires_at: None };
    let spec = TokenSpec { scope_map: Some(scope_map), passwords: Some(vec![password]), ..TokenSpec::default() };
    let made = service.put_token(&manager(), &id, spec).await?;
    let password = made.generated.into_iter().next().ok_or("a password")?.password;
    Ok((service, registry, password))
}

fn sign_in(
    criterion: &mut Criterion,
    runtime: &Runtime,
    (service, registry): (&Service, &Registry),
    password: &Password,
) {
    criterion.bench_function("password checked", |bencher| {
        bencher
            .to_async(runtime)
            .iter(async || service.sign_in(registry, "bench", password).await.is_ok_and(|it| it.is_ok()));
    });
}

fn issue(
    criterion: &mut Criterion,
    runtime: &Runtime,
    (service, registry): (&Service, &Registry),
    password: &Password,
) -> Outcome {
    let asked = Asked::parse(["repository:samples/hello:pull"]);
    let signed_in = runtime.block_on(service.sign_in(registry, "bench", password))??;
    let mut group = criterion.benchmark_group("bearers issued, their entries of the audit log written");
    group.throughput(Throughput::Elements(BEARERS_AT_ONCE as u64)).sample_size(20);
    group.bench_function(BenchmarkId::from_parameter(BEARERS_AT_ONCE), |bencher| {
        bencher.to_async(runtime).iter(async || {
            for _ in 0..BEARERS_AT_ONCE {
                service.issue_access_token(registry, &signed_in, &asked)?;
            }
            service.flush_audit().await
        });
    });
    group.finish();
    Ok(())
}

fn verify(
    criterion: &mut Criterion,
    runtime: &Runtime,
    (service, registry): (&Service, &Registry),
    password: &Password,
) -> Outcome {
    let asked = Asked::parse(["repository:samples/hello:pull"]);
    let signed_in = runtime.block_on(service.sign_in(registry, "bench", password))??;
    let issued = (0..STRANGE_BEARERS).map(|_| Ok(service.issue_access_token(registry, &signed_in, &asked)?.text));
    let issued: Vec<String> = issued.collect::<Outcome<_>>()?;
    let known = issued.first().ok_or("a bearer")?;
    let mut strange = issued.iter().cycle();
    criterion.bench_function("bearer checked, seen before", |bencher| {
        bencher.to_async(runtime).iter(async || service.verify_access_token(registry, known, None).await.is_ok());
    });
    criterion.bench_function("bearer checked, not seen before", |bencher| {
        bencher.to_async(runtime).iter(|| {
            let bearer = strange.next().map_or("", String::as_str);
            async move { service.verify_access_token(registry, bearer, None).await.is_ok() }
        });
    });
    Ok(())
}
