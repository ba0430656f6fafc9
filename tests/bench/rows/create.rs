//! Row 3: from the request for a share to its `available`, with each commit on the disk, beyond what the array takes.
//!
//! The array's own time is measured by making volumes straight on it, in turn with the shares.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::Bench;
use crate::daemon::{Array, Daemon, Identity};
use crate::load::{Client, percentile};
use crate::table::{aside, at_most, time};

const TARGET: (Duration, Duration) = (Duration::from_millis(3), Duration::from_millis(15));
/// Pause between two looks at a share: what it adds to a measurement is half of it.
const LOOK: Duration = Duration::from_micros(200);
const WARM_UP: usize = 20;
const PATIENCE: Duration = Duration::from_secs(60);

/// Makes the type that shares without share servers need.
pub async fn make_type(daemon: &Daemon) -> anyhow::Result<()> {
    let wish = json!({ "share_type": {
        "name": "default", "extra_specs": { "driver_handles_share_servers": "False" } } });
    daemon.ask("POST", "/v2/types", Some(&wish)).await.map(|_| ())
}

/// The body that asks for a share.
pub fn wish(name: &str) -> Value {
    json!({ "share": { "name": name, "share_proto": "NFS", "size": 1, "share_type": "default" } })
}

pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let count = bench.rounds(600);
    let folder = bench.folder()?;
    let array = Array::start(folder.path(), "none")?;
    let daemon = Daemon::start(folder.path(), &array, &Identity::NoAuth)?;
    make_type(&daemon).await?;
    let (mut client, mut straight) = (daemon.door.connect().await?, array.door.connect().await?);
    let (mut accepted, mut available, mut own) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..WARM_UP + count {
        let began = Instant::now();
        array.make_volume(&mut straight, "svm1", &format!("straight_{n}")).await?;
        let array_time = began.elapsed();
        let (accept_time, time) = create(&daemon, &mut client, n).await?;
        if n >= WARM_UP {
            own.push(array_time);
            accepted.push(accept_time);
            available.push(time);
        }
    }
    let array_p50 = percentile(&mut own, 50.0);
    let measured = format!("p50 {}, p99 {}", time(array_p50), time(percentile(&mut own, 99.0)));
    bench.table.add(3, "the simulated array's own time", measured, aside());
    let measured =
        format!("p50 {}, p99 {}", time(percentile(&mut accepted, 50.0)), time(percentile(&mut accepted, 99.0)));
    bench.table.add(3, "create → accepted and on disk", measured, aside());
    for (percent, target) in [(50.0, TARGET.0), (99.0, TARGET.1)] {
        let whole = percentile(&mut available, percent);
        let beyond = whole.saturating_sub(array_p50);
        let measured = format!("{} ({} with it)", time(beyond), time(whole));
        let what = format!("create → available, beyond the array's, p{percent}");
        bench.table.add(3, what, measured, at_most(beyond, target, time));
    }
    daemon.stop()
}

/// How long a share takes to be accepted, and to be available.
pub(super) async fn create(daemon: &Daemon, client: &mut Client, n: usize) -> anyhow::Result<(Duration, Duration)> {
    let request = daemon.door.request("POST", "/v2/shares", Some(&wish(&format!("share-{n}"))));
    let began = Instant::now();
    let made = client.ask(&request).await?.succeeded()?.json()?;
    let accepted = began.elapsed();
    let id = made["share"]["id"].as_str().context("a share without an id")?;
    let look = daemon.door.get(&format!("/v2/shares/{id}"));
    loop {
        let shown = client.ask(&look).await?.succeeded()?.json()?;
        let elapsed = began.elapsed();
        let status = shown["share"]["status"].as_str().unwrap_or_default();
        if status == "available" {
            return Ok((accepted, elapsed));
        }
        ensure!(status == "creating" && elapsed < PATIENCE, "after {elapsed:?}: {shown}");
        std::thread::sleep(LOOK);
    }
}
