//! What tokens cost, with few and with many of them in a registry. `cargo bench -p portcullis-service --bench tokens [MOST]` prints the
//! tables of docs/benchmarks.md; MOST is the largest registry, 1,000,000 unless given.

mod site;

use futures_util::future::try_join_all;
use model::arm_name::{ScopeMapName, TokenName};
use model::listing::Cursor;
use model::operation_path::OperationPath;
use model::password::PasswordName;
use model::resource_id::{RegistryId, ScopeMapId, TokenId};
use service::{CredentialsSpec, PasswordSpec, Service, TokenSpec};
use site::{Outcome, manager};
use std::fs::{self, File};
use std::io::{Write, stdout};
use std::path::Path;
use std::time::{Duration, Instant};

/// How often each operation is timed.
const SAMPLES: usize = 500;
/// Clients that fill a registry at the same time.
const FILLERS: usize = 256;
/// From how many tokens on the list is timed, page by page.
const LISTED: usize = 100_000;

/// A registry with `made` tokens.
struct Site {
    service: Service,
    registry: RegistryId,
    made: usize,
}

fn main() -> Outcome {
    let most = std::env::args().filter_map(|word| word.parse().ok()).next_back().unwrap_or(1_000_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(measure(most))
}

async fn measure(most: usize) -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut out = stdout();
    writeln!(out, "| Clients | PUTs of new tokens per second | ratio to a synced 4 KiB write |\n|---|---|---|")?;
    let floor = 1.0 / median(synced_writes(folder.path())?).as_secs_f64();
    let mut site = Site::new(&folder.path().join("data")).await?;
    for clients in [1, 8, 32, FILLERS] {
        let began = Instant::now();
        site.fill(2_000, clients).await?;
        let rate = 2_000.0 / began.elapsed().as_secs_f64();
        writeln!(out, "| {clients} | {rate:.0} | {:.2} |", rate / floor)?;
    }
    writeln!(out, "\nA synced 4 KiB write on this disk: {floor:.0} per second.\n")?;
    writeln!(
        out,
        "| Tokens | create, median (p99) | get | generateCredentials | bytes in memory |\n|---|---|---|---|---|"
    )?;
    let mut site = Site::new(&folder.path().join("grown")).await?;
    for tokens in [1, 1_000, LISTED, most].into_iter().filter(|tokens| *tokens <= most) {
        site.fill(tokens.saturating_sub(site.made), FILLERS).await?;
        let [create, get, generate] = site.time().await?;
        writeln!(
            out,
            "| {tokens} | {} | {} | {} | {} MiB |",
            shown(create),
            shown(get),
            shown(generate),
            memory_mib()?
        )?;
        if tokens == LISTED {
            site.list(&mut out).await?;
        }
    }
    Ok(())
}

impl Site {
    async fn new(data: &Path) -> Outcome<Self> {
        let (service, registry) = site::open(data).await?;
        Ok(Self { service, registry, made: 0 })
    }

    fn token(&self, number: usize) -> Outcome<TokenId> {
        Ok(TokenId { registry: self.registry.clone(), name: TokenName::parse(&format!("token-{number:08}"))? })
    }

    async fn put(&self, number: usize) -> Outcome {
        let scope_map =
            ScopeMapId { registry: self.registry.clone(), name: ScopeMapName::parse("_repositories_pull")? };
        let password = PasswordSpec { name: PasswordName::Password1, expires_at: None };
        let spec = TokenSpec { scope_map: Some(scope_map), passwords: Some(vec![password]), ..TokenSpec::default() };
        let token = self.token(number)?;
        // As the management API does: clients may ask how it ended.
        let service = self.service.recording(OperationPath::status(&token, &format!("token-{number:036}")));
        service.put_token(&manager(), &token, spec).await?;
        Ok(())
    }

    /// Makes `tokens` more with `clients` at a time.
    async fn fill(&mut self, tokens: usize, clients: usize) -> Outcome {
        let end = self.made + tokens;
        let client = |client| {
            let numbers = (self.made + client..end).step_by(clients);
            let site = &*self;
            async move {
                for number in numbers {
                    site.put(number).await?;
                }
                Outcome::Ok(())
            }
        };
        try_join_all((0..clients).map(client)).await?;
        self.made = end;
        Ok(())
    }

    /// One client: create, get, generate. What it makes is taken away again.
    async fn time(&self) -> Outcome<[Vec<Duration>; 3]> {
        let mut times = [Vec::new(), Vec::new(), Vec::new()];
        for sample in 0..SAMPLES {
            let new = self.made + sample;
            let began = Instant::now();
            self.put(new).await?;
            times[0].push(began.elapsed());
            let known = self.token(sample * self.made / SAMPLES)?;
            let began = Instant::now();
            self.service.get_token(&known).await?;
            times[1].push(began.elapsed());
            let spec = CredentialsSpec { token: known, name: None, expires_at: None };
            let began = Instant::now();
            self.service.generate_credentials(&self.registry, spec).await?;
            times[2].push(began.elapsed());
            self.service.delete_token(&self.token(new)?).await?;
        }
        Ok(times)
    }

    async fn list(&self, out: &mut impl Write) -> Outcome {
        let before = memory_mib()?;
        let (mut pages, mut cursor, mut longest) = (0, Some(Cursor::default()), Duration::ZERO);
        let began = Instant::now();
        while let Some(after) = cursor {
            let page = Instant::now();
            cursor = self.service.list_tokens(&self.registry, after).await?.next;
            longest = longest.max(page.elapsed());
            pages += 1;
        }
        let (all, grown) = (began.elapsed(), memory_mib()?.saturating_sub(before));
        writeln!(
            out,
            "| {LISTED}, listed | {pages} pages in {all:.1?} | longest page {longest:.1?} | | {grown} MiB more |"
        )?;
        Ok(())
    }
}

/// What the disk needs for the least that a durable change can be.
fn synced_writes(folder: &Path) -> Outcome<Vec<Duration>> {
    let mut file = File::create(folder.join("floor"))?;
    let write = |_| {
        let began = Instant::now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        Ok(began.elapsed())
    };
    (0..SAMPLES).map(write).collect()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn shown(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    format!("{:.2?} ({:.2?})", times[times.len() / 2], times[times.len() * 99 / 100])
}

/// Resident memory of this process (proc(5), `VmRSS` in KiB).
fn memory_mib() -> Outcome<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? / 1024)
}
