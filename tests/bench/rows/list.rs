//! Row 2: a long page of a list, which must not cost more where the store holds a hundred times as much.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::ensure;

use crate::Bench;
use crate::bare::Bare;
use crate::daemon::{Array, Daemon, Identity};
use crate::fill::fill;
use crate::load::{Client, percentile};
use crate::table::{at_most, time};
use crate::vitals;

const TARGET: Duration = Duration::from_millis(10);
const PATH: &str = "/v2/shares/detail?limit=1000";

pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let small = bench.folder()?;
    fill(small.path(), 1000).await?;
    one(bench, "1 000", small.path()).await?;
    let large = bench.large().await?.0.to_owned();
    one(bench, "100 000", &large).await
}

async fn one(bench: &mut Bench, shares: &str, folder: &Path) -> anyhow::Result<()> {
    let array = Array::start(folder, "none")?;
    let daemon = Daemon::start(folder, &array, &Identity::NoAuth)?;
    let mut client = daemon.door.connect().await?;
    let request = daemon.door.get(PATH);
    let answer = client.ask(&request).await?.succeeded()?;
    let (size, listed) = (answer.body.len(), answer.json()?["shares"].as_array().map_or(0, Vec::len));
    ensure!(listed == 1000, "{listed} shares were listed");
    let bare = Bare::start(&[size], &daemon.door)?;
    let (mut their_client, their_request) = (bare.door.connect().await?, bare.door.get(&format!("/{size}")));
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    let mut cpu = Duration::ZERO;
    for round in 0..=bench.rounds(20) {
        let before = vitals::cpu(daemon.process.id())?;
        let mine = times(&mut client, &request, 15).await?;
        let spent = vitals::cpu(daemon.process.id())? - before;
        let other = times(&mut their_client, &their_request, 15).await?;
        // The first round warms up.
        if round > 0 {
            ours.extend(mine);
            theirs.extend(other);
            cpu += spent;
        }
    }
    let cpu = cpu / u32::try_from(ours.len())?;
    let (p50, p99, bare) = (percentile(&mut ours, 50.0), percentile(&mut ours, 99.0), percentile(&mut theirs, 50.0));
    let (p50_told, p99, bare, cpu) = (time(p50), time(p99), time(bare), time(cpu));
    let measured = format!("p50 {p50_told} (p99 {p99}; CPU {cpu}; bare {bare}; {:.1} MB)", size as f64 / 1e6);
    bench.table.add(2, format!("list of 1 000 in detail, of {shares}"), measured, at_most(p50, TARGET, time));
    daemon.stop()
}

async fn times(client: &mut Client, request: &[u8], count: usize) -> anyhow::Result<Vec<Duration>> {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let began = Instant::now();
        client.ask(request).await?.succeeded()?;
        times.push(began.elapsed());
    }
    Ok(times)
}
