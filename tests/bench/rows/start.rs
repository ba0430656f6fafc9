//! Row 7: from the start of the process to its first answer.

use std::path::Path;
use std::time::{Duration, Instant};

use crate::Bench;
use crate::daemon::{Array, Daemon, Identity};
use crate::load::percentile;
use crate::table::{Target, aside, at_most, time};

const EMPTY: Duration = Duration::from_millis(100);
const FULL: Duration = Duration::from_secs(1);

pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let rounds = bench.rounds(12);
    let array_folder = bench.folder()?;
    let array = Array::start(array_folder.path(), "none")?;
    let mut times = Vec::new();
    for _ in 0..rounds {
        let folder = bench.folder()?;
        times.push(start(folder.path(), &array, Daemon::stop).await?);
    }
    tell(bench, "start to first answer, empty", times, |p50| at_most(p50, EMPTY, time));
    let folder = bench.large().await?.0.to_owned();
    let mut times = Vec::new();
    for _ in 0..rounds {
        times.push(start(&folder, &array, Daemon::stop).await?);
    }
    tell(bench, "start to first answer, 100 000 shares", times, |p50| at_most(p50, FULL, time));
    let mut times = Vec::new();
    for _ in 0..rounds.div_ceil(2) {
        start(&folder, &array, Daemon::kill).await?;
        times.push(start(&folder, &array, Daemon::stop).await?);
    }
    tell(bench, "start to first answer, 100 000 shares, after kill -9", times, |_| aside());
    Ok(())
}

async fn start(folder: &Path, array: &Array, end: fn(Daemon) -> anyhow::Result<()>) -> anyhow::Result<Duration> {
    let began = Instant::now();
    let daemon = Daemon::start(folder, array, &Identity::NoAuth)?;
    daemon.ask("GET", "/v2/shares?limit=1", None).await?;
    let elapsed = began.elapsed();
    end(daemon)?;
    Ok(elapsed)
}

fn tell(bench: &mut Bench, what: &str, mut times: Vec<Duration>, target: impl Fn(Duration) -> Target) {
    let (p50, most) = (percentile(&mut times, 50.0), percentile(&mut times, 100.0));
    bench.table.add(7, what, format!("{} (at most {})", time(p50), time(most)), target(p50));
}
