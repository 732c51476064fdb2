//! What a password and a bearer cost, without HTTP. `cargo bench -p portcullis-service --bench bearers` prints a table;
//! how much of a request that is says `bench/access.py`.

mod site;

use model::arm_name::{ScopeMapName, TokenName};
use model::password::PasswordName;
use model::resource_id::{ScopeMapId, TokenId};
use model::scope::Asked;
use service::{PasswordSpec, TokenSpec};
use site::{Outcome, manager};
use std::cell::Cell;
use std::hint::black_box;
use std::io::{Write, stdout};
use std::time::{Duration, Instant};

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
    let (service, registry) = site::open(folder.path()).await?;
    let id = TokenId { registry, name: TokenName::parse("bench")? };
    let registry = service.find_registry(&id.registry.name).await?.ok_or("a registry")?;
    let scope_map = ScopeMapId { registry: id.registry.clone(), name: ScopeMapName::parse("_repositories_pull")? };
    let password = PasswordSpec { name: PasswordName::Password1, expires_at: None };
    let spec = TokenSpec { scope_map: Some(scope_map), passwords: Some(vec![password]), ..TokenSpec::default() };
    let made = service.put_token(&manager(), &id, spec).await?;
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
    row(&mut out, "A password checked", async || sign_in().await.is_ok()).await?;
    row(&mut out, "A bearer issued", async || issue().is_ok()).await?;
    service.flush_audit().await?;
    let issued = Cell::new(0_u32);
    row(&mut out, "A bearer issued, its entry of the audit log written", async || {
        issued.set(issued.get() + 1);
        // As many as a busy server has when it writes what waits.
        let is_due = issued.get().is_multiple_of(ENTRIES_AT_ONCE);
        issue().is_ok() && (!is_due || service.flush_audit().await.is_ok())
    })
    .await?;
    row(&mut out, "A bearer checked, seen before", async || {
        service.verify_access_token(&registry, &known, None).await.is_ok()
    })
    .await?;
    row(&mut out, "A bearer checked, not seen before", async || {
        let bearer = strange.next().map_or("", String::as_str);
        service.verify_access_token(&registry, bearer, None).await.is_ok()
    })
    .await
}

/// `once` says whether it did what is measured.
async fn row(out: &mut impl Write, what: &str, mut once: impl AsyncFnMut() -> bool) -> Outcome {
    let (began, mut times) = (Instant::now(), 0_u32);
    while began.elapsed() < SPAN {
        for _ in 0..100 {
            if !black_box(once().await) {
                return Err(format!("{what}: it failed").into());
            }
        }
        times += 100;
    }
    let each = began.elapsed() / times;
    writeln!(out, "| {what} | {:.0} | {each:.1?} |", 1.0 / each.as_secs_f64())?;
    Ok(())
}
