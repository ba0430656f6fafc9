//! Row 4: many shares at once on an array that is as slow as a real one, against the same volumes made straight on such
//! an array by twenty callers.

use std::time::{Duration, Instant};

use anyhow::ensure;
use futures::future::try_join_all;

use super::create::{make_type, wish};
use crate::Bench;
use crate::daemon::{Array, Daemon, Identity};
use crate::table::{aside, at_most, time};

const SHARES: usize = 250;
/// What the array does at a time.
const AT_A_TIME: usize = 20;
const TARGET: f64 = 1.15;
const LOOK: Duration = Duration::from_millis(20);
const PATIENCE: Duration = Duration::from_secs(300);

pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let must = straight(bench, SHARES).await?;
    bench.table.add(4, "250 volumes straight on the array, 20 at a time", time(must), aside());
    let (took, calls) = through_daemon(bench).await?;
    let ratio = took.as_secs_f64() / must.as_secs_f64();
    let measured = format!("{ratio:.2} × ({}; {:.1} writes a share)", time(took), calls as f64 / SHARES as f64);
    let target = at_most(ratio, TARGET, |times| format!("{times:.2} ×"));
    bench.table.add(4, "250 shares at once, until all are available", measured, target);
    Ok(())
}

/// How long so many volumes take, made straight on the array.
pub async fn straight(bench: &Bench, shares: usize) -> anyhow::Result<Duration> {
    let folder = bench.folder()?;
    let array = Array::start(folder.path(), "array")?;
    let began = Instant::now();
    let callers = (0..AT_A_TIME).map(|caller| {
        let array = &array;
        async move {
            let mut client = array.door.connect().await?;
            for n in (caller..shares).step_by(AT_A_TIME) {
                array.make_volume(&mut client, "svm1", &format!("straight_{n}")).await?;
            }
            anyhow::Ok(())
        }
    });
    try_join_all(callers).await?;
    Ok(began.elapsed())
}

/// How long it takes until the last share is available, and how many writing calls the array had.
async fn through_daemon(bench: &Bench) -> anyhow::Result<(Duration, usize)> {
    let folder = bench.folder()?;
    let array = Array::start(folder.path(), "array")?;
    let daemon = Daemon::start(folder.path(), &array, &Identity::NoAuth)?;
    make_type(&daemon).await?;
    // The first report of the pools is not what is measured.
    until_pools(&daemon).await?;
    let before = array.writes().await?;
    let began = Instant::now();
    ask_for(&daemon, SHARES).await?;
    let mut client = daemon.door.connect().await?;
    let look = daemon.door.get("/v2/shares/detail?limit=1000");
    loop {
        let shown = client.ask(&look).await?.succeeded()?.json()?;
        let elapsed = began.elapsed();
        let statuses: Vec<&str> =
            shown["shares"].as_array().into_iter().flatten().filter_map(|share| share["status"].as_str()).collect();
        let available = statuses.iter().filter(|status| **status == "available").count();
        if available == SHARES {
            return Ok((elapsed, array.writes().await? - before));
        }
        let failed = statuses.iter().filter(|status| status.contains("error")).count();
        ensure!(failed == 0, "{failed} shares failed");
        ensure!(elapsed < PATIENCE, "{available} shares are available after {elapsed:?}");
        tokio::time::sleep(LOOK).await;
    }
}

/// Asks for so many shares, by as many callers as the array serves at a time.
pub async fn ask_for(daemon: &Daemon, shares: usize) -> anyhow::Result<()> {
    let requests = (0..AT_A_TIME).map(|caller| async move {
        let mut client = daemon.door.connect().await?;
        for n in (caller..shares).step_by(AT_A_TIME) {
            let request = daemon.door.request("POST", "/v2/shares", Some(&wish(&format!("share-{n}"))));
            client.ask(&request).await?.succeeded()?;
        }
        anyhow::Ok(())
    });
    try_join_all(requests).await.map(drop)
}

pub async fn until_pools(daemon: &Daemon) -> anyhow::Result<()> {
    let began = Instant::now();
    loop {
        let shown = daemon.ask("GET", "/v2/scheduler-stats/pools", None).await?;
        if shown["pools"].as_array().is_some_and(|pools| !pools.is_empty()) {
            return Ok(());
        }
        ensure!(began.elapsed() < PATIENCE, "no pool was reported");
        tokio::time::sleep(LOOK).await;
    }
}
