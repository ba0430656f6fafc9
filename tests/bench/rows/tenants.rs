//! Row 9: many tenants at once, each with a network of its own and some shares in it, on an array that is as slow as a
//! real one; against the same SVMs and volumes made straight on such an array, as many at a time as it bears.

use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures::future::try_join_all;
use serde_json::json;

use super::burst::until_pools;
use crate::Bench;
use crate::daemon::{Array, Daemon, Identity};
use crate::table::{aside, time};

const TENANTS: usize = 50;
const SHARES: usize = 4;
/// SVMs that an array makes at a time.
const SVMS_AT_A_TIME: usize = 5;
const LOOK: Duration = Duration::from_millis(50);
const PATIENCE: Duration = Duration::from_secs(600);

const STANZA: &str = "driver_handles_share_servers = True\nnetapp_vserver =\n\
    network_api_class = manila.network.standalone_network_plugin.StandaloneNetworkPlugin\n\
    standalone_network_plugin_network_type = vlan\nstandalone_network_plugin_segmentation_id = 9\n\
    standalone_network_plugin_gateway = 127.249.0.1\nstandalone_network_plugin_mask = 16\n";

pub async fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let tenants = bench.rounds(TENANTS);
    let must = straight(bench, tenants).await?;
    let what = format!("{tenants} SVMs with {SHARES} volumes each straight on the array, {SVMS_AT_A_TIME} at a time");
    bench.table.add(9, what, time(must), aside());
    let took = through_daemon(bench, tenants).await?;
    let ratio = took.as_secs_f64() / must.as_secs_f64();
    let what = format!("{tenants} tenants with {SHARES} shares each, until all are available");
    bench.table.add(9, what, format!("{ratio:.2} × ({})", time(took)), aside());
    Ok(())
}

async fn straight(bench: &Bench, tenants: usize) -> anyhow::Result<Duration> {
    let folder = bench.folder()?;
    let array = Array::start(folder.path(), "array")?;
    let began = Instant::now();
    let callers = (0..SVMS_AT_A_TIME).map(|caller| {
        let array = &array;
        async move {
            let mut client = array.door.connect().await?;
            for n in (caller..tenants).step_by(SVMS_AT_A_TIME) {
                let svm = format!("straight_{n}");
                array.make_svm(&mut client, &svm).await?;
                let volumes = (0..SHARES).map(|volume| {
                    let svm = &svm;
                    async move {
                        let mut client = array.door.connect().await?;
                        array.make_volume(&mut client, svm, &format!("volume_{volume}")).await
                    }
                });
                try_join_all(volumes).await?;
            }
            anyhow::Ok(())
        }
    });
    try_join_all(callers).await?;
    Ok(began.elapsed())
}

async fn through_daemon(bench: &Bench, tenants: usize) -> anyhow::Result<Duration> {
    let folder = bench.folder()?;
    let array = Array::start(folder.path(), "array")?;
    let daemon = Daemon::start_with(folder.path(), &array, &Identity::NoAuth, STANZA)?;
    let specs = json!({ "driver_handles_share_servers": "True" });
    let served = json!({ "share_type": { "name": "served", "extra_specs": specs } });
    daemon.ask("POST", "/v2/types", Some(&served)).await?;
    until_pools(&daemon).await?;
    let began = Instant::now();
    let asked = (0..tenants).map(|n| {
        let daemon = &daemon;
        async move {
            let wish = json!({ "share_network": { "name": format!("tenant-{n}") } });
            let network = daemon.ask("POST", "/v2/share-networks", Some(&wish)).await?;
            let network = network["share_network"]["id"].as_str().context("a network without an id")?;
            for share in 0..SHARES {
                let wish = json!({ "share": {
                    "name": format!("{n}-{share}"), "share_proto": "NFS", "size": 1, "share_type": "served",
                    "share_network_id": network,
                } });
                daemon.ask("POST", "/v2/shares", Some(&wish)).await?;
            }
            anyhow::Ok(())
        }
    });
    try_join_all(asked).await?;
    loop {
        let shown = daemon.ask("GET", "/v2/shares/detail?limit=1000", None).await?;
        let elapsed = began.elapsed();
        let statuses: Vec<&str> =
            shown["shares"].as_array().into_iter().flatten().filter_map(|share| share["status"].as_str()).collect();
        let available = statuses.iter().filter(|status| **status == "available").count();
        if available == tenants * SHARES {
            return Ok(elapsed);
        }
        let failed = statuses.iter().filter(|status| status.contains("error")).count();
        ensure!(failed == 0, "{failed} shares failed");
        ensure!(elapsed < PATIENCE, "{available} shares are available after {elapsed:?}");
        tokio::time::sleep(LOOK).await;
    }
}
