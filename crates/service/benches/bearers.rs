//! What a password and a bearer cost, without HTTP: `cargo bench -p portcullis-service --bench bearers`. How much of a request that is
//! says `bench/access.py`.

mod site;

use criterion::{BenchmarkId, Criterion, Throughput};
use model::arm_name::{ScopeMapName, TokenName};
use model::password::{Password, PasswordName};
use model::registry::Registry;
use model::resource_id::{ScopeMapId, TokenId};
use model::scope::Asked;
use service::{PasswordSpec, Service, SignedIn, TokenSpec};
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
    let site = runtime.block_on(Site::open(folder.path()))?;
    let mut criterion = Criterion::default().configure_from_args();
    sign_in(&mut criterion, &runtime, &site);
    issue(&mut criterion, &runtime, &site);
    verify(&mut criterion, &runtime, &site)?;
    criterion.final_summary();
    Ok(())
}

/// A registry with a token that pulls, and has signed in.
struct Site {
    service: Service,
    registry: Registry,
    password: Password,
    signed_in: SignedIn,
    asked: Asked,
}

impl Site {
    async fn open(folder: &Path) -> Outcome<Self> {
        let (service, registry) = site::open(folder).await?;
        let id = TokenId { registry, name: TokenName::parse("bench")? };
        let registry = service.find_registry(&id.registry.name).await?.ok_or("a registry")?;
        let scope_map = ScopeMapId { registry: id.registry.clone(), name: ScopeMapName::parse("_repositories_pull")? };
        let password = PasswordSpec { name: PasswordName::Password1, expires_at: None };
        let spec = TokenSpec { scope_map: Some(scope_map), passwords: Some(vec![password]), ..TokenSpec::default() };
        let made = service.put_token(&manager(), &id, spec).await?;
        let password = made.generated.into_iter().next().ok_or("a password")?.password;
        let signed_in = service.sign_in(&registry, "bench", &password).await??;
        let asked = Asked::parse(["repository:samples/hello:pull"]);
        Ok(Self { service, registry, password, signed_in, asked })
    }

    fn issue(&self) -> Outcome<String> {
        Ok(self.service.issue_access_token(&self.registry, &self.signed_in, &self.asked)?.text)
    }

    async fn is_right(&self, bearer: &str) -> bool {
        self.service.verify_access_token(&self.registry, bearer, None).await.is_ok()
    }
}

fn sign_in(criterion: &mut Criterion, runtime: &Runtime, site: &Site) {
    criterion.bench_function("password checked", |bencher| {
        bencher.to_async(runtime).iter(async || {
            let signed_in = site.service.sign_in(&site.registry, "bench", &site.password).await;
            assert!(signed_in.is_ok_and(|signed_in| signed_in.is_ok()));
        });
    });
}

fn issue(criterion: &mut Criterion, runtime: &Runtime, site: &Site) {
    let mut group = criterion.benchmark_group("bearers issued, their entries of the audit log written");
    group.throughput(Throughput::Elements(BEARERS_AT_ONCE as u64)).sample_size(20);
    group.bench_function(BenchmarkId::from_parameter(BEARERS_AT_ONCE), |bencher| {
        bencher.to_async(runtime).iter(async || {
            assert!((0..BEARERS_AT_ONCE).all(|_| site.issue().is_ok()));
            assert!(site.service.flush_audit().await.is_ok());
        });
    });
    group.finish();
}

fn verify(criterion: &mut Criterion, runtime: &Runtime, site: &Site) -> Outcome {
    let issued = (0..STRANGE_BEARERS).map(|_| site.issue()).collect::<Outcome<Vec<_>>>()?;
    let known = issued.first().ok_or("a bearer")?;
    criterion.bench_function("bearer checked, seen before", |bencher| {
        bencher.to_async(runtime).iter(async || assert!(site.is_right(known).await));
    });
    let mut strange = issued.iter().cycle();
    criterion.bench_function("bearer checked, not seen before", |bencher| {
        bencher.to_async(runtime).iter(|| {
            let bearer = strange.next().map_or("", String::as_str);
            async move { assert!(site.is_right(bearer).await) }
        });
    });
    Ok(())
}
