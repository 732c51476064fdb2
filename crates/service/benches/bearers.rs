//! What a password and a bearer cost, without HTTP. `cargo bench -p portcullis-service --bench bearers` prints the table of docs/benchmarks.md;
//! how much of a request that is says `bench/access.py`.

use model::arm_name::{RegistryName, ResourceGroupName, ScopeMapName, TokenName};
use model::caller::{Caller, CallerKind};
use model::password::PasswordName;
use model::registry::Sku;
use model::resource_id::{RegistryId, ResourceGroupId, ScopeMapId, TokenId};
use model::scope::Asked;
use service::{
    AuditSettings, ExpirySetting, Manager, Options, PasswordSpec, RegistrySpec, ResourceGroupSpec, Service, Stay,
    SystemClock, SystemRandom, TokenSpec,
};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::{Write, stdout};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

/// How long each is repeated.
const SPAN: Duration = Duration::from_secs(2);
/// More bearers than are remembered, so that each is verified anew.
const STRANGE_BEARERS: usize = 100_000;
/// Entries of the audit log that are written together.
const ENTRIES_AT_ONCE: u32 = 2_000;

fn main() -> Outcome {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(measure())
}

async fn measure() -> Outcome {
    let folder = tempfile::tempdir()?;
    let (service, id) = site(folder.path()).await?;
    let registry = service.find_registry(&id.registry.name).await?.ok_or("a registry")?;
    let scope_map = ScopeMapId { registry: id.registry.clone(), name: ScopeMapName::parse("_repositories_pull")? };
    let password = PasswordSpec { name: PasswordName::Password1, expires_at: None };
    let spec = TokenSpec { scope_map: Some(scope_map), passwords: Some(vec![password]), ..TokenSpec::default() };
    let made = service.put_token(&Manager::owner_of_the_data(caller()), &id, spec).await?;
    let password = made.generated.into_iter().next().ok_or("a password")?.password;
    let asked = Asked::parse(["repository:samples/hello:pull"]);
    let sign_in = async || -> Outcome<_> { Ok(service.sign_in(&registry, "bench", &password).await??) };
    let signed_in = sign_in().await?;
    let issue = || service.issue_access_token(&registry, &signed_in, &asked);
    let known = issue()?.text;
    let mut strange = Vec::new();
    for _ in 0..STRANGE_BEARERS {
        strange.push(issue()?.text);
    }
    let mut strange = strange.iter().cycle();
    let mut out = stdout();
    writeln!(out, "| | per second of one processor | each |\n|---|---|---|")?;
    row(&mut out, "A password checked", async || drop(black_box(sign_in().await))).await?;
    row(&mut out, "A bearer issued", async || drop(black_box(issue()))).await?;
    service.flush_audit().await?;
    let issued = Cell::new(0_u32);
    row(&mut out, "A bearer issued, its entry of the audit log written", async || {
        drop(black_box(issue()));
        issued.set(issued.get() + 1);
        // As many as a busy server has when it writes what waits.
        if issued.get().is_multiple_of(ENTRIES_AT_ONCE) {
            drop(black_box(service.flush_audit().await));
        }
    })
    .await?;
    row(&mut out, "A bearer checked, seen before", async || {
        drop(black_box(service.verify_access_token(&registry, &known, None).await));
    })
    .await?;
    row(&mut out, "A bearer checked, not seen before", async || {
        let bearer = strange.next().map_or("", String::as_str);
        drop(black_box(service.verify_access_token(&registry, bearer, None).await));
    })
    .await
}

async fn row(out: &mut impl Write, what: &str, mut once: impl AsyncFnMut()) -> Outcome {
    let (began, mut times) = (Instant::now(), 0_u32);
    while began.elapsed() < SPAN {
        for _ in 0..100 {
            once().await;
        }
        times += 100;
    }
    let each = began.elapsed() / times;
    writeln!(out, "| {what} | {:.0} | {each:.1?} |", 1.0 / each.as_secs_f64())?;
    Ok(())
}

async fn site(data: &Path) -> Outcome<(Service, TokenId)> {
    let options = Options {
        data: data.to_owned(),
        clock: Arc::new(SystemClock),
        random: Arc::new(SystemRandom),
        trust: None,
        stay: Stay::Lasting,
        expiry: ExpirySetting::Kept,
        audit: AuditSettings::default(),
    };
    let (service, _) = Service::open(options).await?;
    let group =
        ResourceGroupId { subscription: service.subscription().clone(), name: ResourceGroupName::parse("bench")? };
    let spec = ResourceGroupSpec { location: "local".to_owned(), labels: BTreeMap::new() };
    service.put_resource_group(&group, spec).await?;
    let registry = RegistryId { group, name: RegistryName::parse("bench")? };
    let spec = RegistrySpec {
        location: "local".to_owned(),
        sku: Sku::Premium,
        labels: BTreeMap::new(),
        admin_user_enabled: None,
        anonymous_pull_enabled: None,
    };
    service.put_registry(&caller(), &registry, spec).await?;
    Ok((service, TokenId { registry, name: TokenName::parse("bench")? }))
}

fn caller() -> Caller {
    Caller { name: "bench".to_owned(), kind: CallerKind::User }
}
