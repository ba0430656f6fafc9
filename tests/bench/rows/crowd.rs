//! Row 10: far more shares at once than a back end has in hand at a time, and what it costs to owe as many while the array
//! stalls.
//!
//! What the array must take is measured with fewer volumes and multiplied: it takes the same time for each.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::json;

use super::burst::{ask_for, straight, until_pools};
use super::create::make_type;
use crate::Bench;
use crate::daemon::{Array, Daemon, Identity};
use crate::table::{aside, at_most, time};
use crate::vitals;

const SHARES: usize = 3000;
/// Volumes that are made straight on the array.
const SAMPLE: usize = 240;
const TARGET: f64 = 1.15;
/// Of one core.
const CPU_TARGET: f64 = 0.02;
const LOOK: Duration = Duration::from_millis(500);
const PATIENCE: Duration = Duration::from_secs(1200);
/// For how long a stalled array is watched.
const STALLED: Duration = Duration::from_secs(60);

pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let shares = bench.rounds(SHARES);
    let must = straight(bench, SAMPLE).await?.mul_f64(shares as f64 / SAMPLE as f64);
    bench.table.add(10, format!("{shares} volumes straight on the array, by a sample"), time(must), aside());
    let (took, refused) = through_daemon(bench, shares).await?;
    let ratio = took.as_secs_f64() / must.as_secs_f64();
    let measured = format!("{ratio:.2} × ({}; {refused} messages refused)", time(took));
    let target = at_most(ratio, TARGET, |times| format!("{times:.2} ×"));
    bench.table.add(10, format!("{shares} shares at once, until all are available"), measured, target);
    let share = stalled(bench, shares).await?;
    let measured = format!("{:.1} %", share * 100.0);
    let target = at_most(share, CPU_TARGET, |share| format!("{:.0} %", share * 100.0));
    bench.table.add(10, format!("of a core, with {shares} owed and a stalled array"), measured, target);
    Ok(())
}

/// How long it takes until the last share is available, and how many messages were refused.
async fn through_daemon(bench: &Bench, shares: usize) -> anyhow::Result<(Duration, f64)> {
    let folder = bench.folder()?;
    let array = Array::start(folder.path(), "array")?;
    let daemon = Daemon::start(folder.path(), &array, &Identity::NoAuth)?;
    make_type(&daemon).await?;
    until_pools(&daemon).await?;
    let began = Instant::now();
    ask_for(&daemon, shares).await?;
    loop {
        let creating = daemon.ask("GET", "/v2/shares?status=creating&limit=1", None).await?;
        let elapsed = began.elapsed();
        if creating["shares"].as_array().is_some_and(Vec::is_empty) {
            let failed = daemon.ask("GET", "/v2/shares?status=error&limit=1", None).await?;
            ensure!(failed["shares"].as_array().is_some_and(Vec::is_empty), "shares failed");
            return Ok((elapsed, refused(&daemon).await?));
        }
        ensure!(elapsed < PATIENCE, "shares are still being made after {elapsed:?}");
        tokio::time::sleep(LOOK).await;
    }
}

/// The part of a core that the daemon takes while it owes so many shares and the array answers nothing.
async fn stalled(bench: &Bench, shares: usize) -> anyhow::Result<f64> {
    let folder = bench.folder()?;
    let array = Array::start(folder.path(), "none")?;
    let daemon = Daemon::start(folder.path(), &array, &Identity::NoAuth)?;
    make_type(&daemon).await?;
    until_pools(&daemon).await?;
    let rule = json!({ "path": "/api/*", "count": null, "fault": "stall" });
    let mut client = array.door.connect().await?;
    client.ask(&array.door.request("POST", "/sim/faults", Some(&rule))).await?.succeeded()?;
    ask_for(&daemon, shares).await?;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let (before, began) = (vitals::cpu(daemon.process.id())?, Instant::now());
    tokio::time::sleep(STALLED).await;
    let spent = vitals::cpu(daemon.process.id())? - before;
    Ok(spent.as_secs_f64() / began.elapsed().as_secs_f64())
}

async fn refused(daemon: &Daemon) -> anyhow::Result<f64> {
    let mut client = daemon.door.connect().await?;
    let answer = client.ask(&daemon.door.get("/metrics")).await?.succeeded()?;
    let text = std::str::from_utf8(answer.body).context("metrics are text")?;
    let counts = text.lines().filter(|line| line.starts_with("manilad_mailbox_refused_total"));
    Ok(counts.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum())
}
