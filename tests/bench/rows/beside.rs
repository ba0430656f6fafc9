//! Row 11: shares of a back end whose neighbour is sick: its array answers nothing, and many shares are owed there.
//!
//! The same shares are made before, while both are well. How to get it wrong: to owe the sick one nothing; what does nothing harms nobody.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::json;

use super::create::create;
use crate::Bench;
use crate::daemon::{Array, Daemon, Identity};
use crate::load::percentile;
use crate::table::{at_most, time};

const TARGET: f64 = 1.2;
/// Shares that are owed to the sick back end.
const OWED: usize = 500;
const WARM_UP: usize = 20;
/// How long the two back ends may take to report.
const PATIENCE: Duration = Duration::from_secs(60);

pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let count = bench.rounds(600);
    let folder = bench.folder()?;
    let (array, other) = (Array::start(folder.path(), "none")?, Array::start_beside(folder.path(), "none")?);
    let daemon = Daemon::start_with(folder.path(), &array, &Identity::NoAuth, &neighbour(&other))?;
    for (name, back_end) in [("default", "alpha"), ("sick", "beta")] {
        let specs = json!({ "driver_handles_share_servers": "False", "share_backend_name": back_end });
        daemon.ask("POST", "/v2/types", Some(&json!({ "share_type": { "name": name, "extra_specs": specs } }))).await?;
    }
    until_both(&daemon).await?;
    timed(&daemon, 0..WARM_UP).await?;
    let mut well = timed(&daemon, WARM_UP..WARM_UP + count).await?;
    let stall = json!({ "path": "/api/*", "count": null, "fault": "stall" });
    let mut client = other.door.connect().await?;
    client.ask(&other.door.request("POST", "/sim/faults", Some(&stall))).await?.succeeded()?;
    for n in 0..OWED {
        let wish = json!({ "name": format!("owed-{n}"), "share_proto": "NFS", "size": 1, "share_type": "sick" });
        daemon.ask("POST", "/v2/shares", Some(&json!({ "share": wish }))).await?;
    }
    let mut beside = timed(&daemon, WARM_UP + count..WARM_UP + 2 * count).await?;
    let owed = daemon.ask("GET", "/v2/shares?status=creating&with_count=true&limit=1", None).await?;
    ensure!(owed["count"] == OWED, "the sick back end was to owe {OWED} shares all the time: {owed}");
    for percent in [50.0, 99.0] {
        let (well, beside) = (percentile(&mut well, percent), percentile(&mut beside, percent));
        let ratio = beside.as_secs_f64() / well.as_secs_f64();
        let measured = format!("{ratio:.2} × ({}, {} while both are well)", time(beside), time(well));
        let what = format!("create → available beside a stalled back end that owes {OWED}, p{percent}");
        bench.table.add(11, what, measured, at_most(ratio, TARGET, |times| format!("{times:.2} ×")));
    }
    daemon.kill()
}

/// The configuration of a second back end.
fn neighbour(array: &Array) -> String {
    let (host, port) = array.door.address.split_once(':').unwrap_or_default();
    format!(
        "[beta]\nshare_driver = manila.share.drivers.netapp.common.NetAppDriver\nshare_backend_name = beta\n\
         driver_handles_share_servers = False\nnetapp_server_hostname = {host}\nnetapp_server_port = {port}\n\
         netapp_transport_type = http\nnetapp_login = admin\nnetapp_password = password\nnetapp_vserver = svm1\n\
         [DEFAULT]\nenabled_share_backends = alpha,beta\n"
    )
}

async fn until_both(daemon: &Daemon) -> anyhow::Result<()> {
    let looks = async {
        loop {
            let pools = daemon.ask("GET", "/v2/scheduler-stats/pools", None).await?;
            let pools = pools["pools"].as_array().context("no list of pools")?;
            let has = |name: &str| pools.iter().any(|pool| pool["backend"] == name);
            if has("alpha") && has("beta") {
                return anyhow::Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, looks).await.context("a back end reports no pools")?
}

/// How long each of these shares takes to be available.
async fn timed(daemon: &Daemon, numbers: std::ops::Range<usize>) -> anyhow::Result<Vec<Duration>> {
    let mut client = daemon.door.connect().await?;
    let mut times = Vec::with_capacity(numbers.len());
    for n in numbers {
        times.push(create(daemon, &mut client, n).await?.1);
    }
    Ok(times)
}
