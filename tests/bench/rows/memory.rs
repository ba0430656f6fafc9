//! Row 6: what stays resident, when nothing happens and after every share of a large store was read.

use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::Bench;
use crate::daemon::{Array, Daemon, Identity};
use crate::table::{Target, aside, at_most, mib, time};
use crate::vitals::{Memory, memory};

const IDLE: u64 = 16 << 20;
const FULL: u64 = 256 << 20;
/// How long the daemon is left alone before it is looked at.
const QUIET: Duration = Duration::from_secs(3);
const PAGE: usize = 1000;

pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let folder = bench.folder()?;
    let array = Array::start(folder.path(), "none")?;
    let daemon = Daemon::start(folder.path(), &array, &Identity::NoAuth)?;
    daemon.ask("GET", "/v2/shares", None).await?;
    let idle = look(&daemon).await?;
    tell(bench, "resident, idle", idle, |memory| at_most(memory.now, IDLE, mib));
    daemon.stop()?;

    let (folder, _) = bench.large().await?;
    let folder = folder.to_owned();
    let daemon = Daemon::start(&folder, &array, &Identity::NoAuth)?;
    daemon.ask("GET", "/v2/shares?limit=1", None).await?;
    let memory = look(&daemon).await?;
    tell(bench, "resident, 100 000 shares, started", memory, |_| aside());
    let mut client = daemon.door.connect().await?;
    let mut offset = 0;
    loop {
        let request = daemon.door.get(&format!("/v2/shares/detail?limit={PAGE}&offset={offset}"));
        let listed = client.ask(&request).await?.succeeded()?.json()?;
        let listed = listed["shares"].as_array().map_or(0, Vec::len);
        offset += listed;
        if listed < PAGE {
            break;
        }
    }
    ensure!(offset == crate::LARGE, "{offset} shares were listed");
    let memory = look(&daemon).await?;
    tell(bench, "resident, 100 000 shares, all pages read", memory, |memory| at_most(memory.now, FULL, mib));
    let none = daemon.ask("GET", "/v2/shares/detail?description~=nowhere", None).await?;
    ensure!(none["shares"].as_array().is_some_and(Vec::is_empty), "nothing was to be found");
    let memory = look(&daemon).await?;
    tell(bench, "resident, 100 000 shares, filtered without an index", memory, |memory| at_most(memory.now, FULL, mib));
    daemon.stop()?;

    let daemon = Daemon::start(&folder, &array, &Identity::NoAuth)?;
    daemon.ask("GET", "/v2/shares?limit=1", None).await?;
    let began = Instant::now();
    let size = daemon.door.connect().await?.pass_over(&daemon.door.get("/v2/shares/detail")).await?;
    let took = time(began.elapsed());
    let memory = look(&daemon).await?;
    let what = format!("resident, 100 000 shares, one list of all of them ({:.1} MB in {took})", size as f64 / 1e6);
    tell(bench, &what, memory, |memory| at_most(memory.peak, FULL, mib));
    daemon.stop()
}

async fn look(daemon: &Daemon) -> anyhow::Result<Memory> {
    tokio::time::sleep(QUIET).await;
    memory(daemon.process.id())
}

fn tell(bench: &mut Bench, what: &str, memory: Memory, target: impl Fn(Memory) -> Target) {
    let measured = format!("{} (heap {}, peak {})", mib(memory.now), mib(memory.anonymous), mib(memory.peak));
    bench.table.add(6, what, measured, target(memory));
}
