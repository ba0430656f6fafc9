//! Row 5: the scheduler's decision among many pools, by all default filters and weighers.

use std::time::{Duration, Instant};

use anyhow::{anyhow, ensure};
use manilad_clock::Clock;
use manilad_domain::PoolName;
use manilad_domain::neighbours::Neighbours;
use manilad_domain::placement::{Placed, Placement};
use manilad_domain::pool::{Capacity, Pool, PoolReport};
use manilad_domain::share::Protocol;
use manilad_scheduler::{Chain, Pools, Settings, Taken, choose_pools};
use serde_json::{Map, json};

use crate::Bench;
use crate::load::percentile;
use crate::table::{at_most, time};

const TARGET: Duration = Duration::from_millis(2);
const BACKENDS: usize = 100;
const POOLS_EACH: usize = 100;

pub fn measure(bench: &mut Bench) -> anyhow::Result<()> {
    let clock = Clock::system();
    let mut pools = Pools::default();
    for backend in 0..BACKENDS {
        let report = report(&format!("backend{backend:03}"));
        let taken = Taken { running: clock.running(), at: clock.now().into() };
        pools.report(report, taken, |_| 0.0).map_err(|problem| anyhow!("{problem}"))?;
    }
    let chain = Chain::configured(&Settings::default()).map_err(|problem| anyhow!("{problem}"))?;
    let wanted = Placement {
        share: clock.id().into(),
        size: 10,
        protocol: Protocol::Nfs,
        availability_zone: Some("nova".to_owned()),
        type_zones: Vec::new(),
        extra_specs: [("driver_handles_share_servers", "False"), ("dedupe", "True")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into(),
        network: None,
        only_host: None,
        same_host: Neighbours::Any,
        different_host: Neighbours::Any,
        origin: None,
        query: None,
        attempted: Vec::new(),
        left: Vec::new(),
    };
    let mut times = Vec::new();
    for _ in 0..bench.rounds(2000) {
        let began = Instant::now();
        let (placed, _) = choose_pools(&wanted, &pools, &chain);
        times.push(began.elapsed());
        ensure!(matches!(&placed, Placed::On(candidates) if !candidates.is_empty()), "{placed:?}");
    }
    let (p50, p99) = (percentile(&mut times, 50.0), percentile(&mut times, 99.0));
    let measured = format!("p50 {} (p99 {})", time(p50), time(p99));
    bench.table.add(5, "placing among 10 000 pools, all fit", measured, at_most(p50, TARGET, time));
    Ok(())
}

fn report(backend: &str) -> PoolReport {
    let capabilities = [
        ("share_backend_name", json!(backend)),
        ("vendor_name", json!("NetApp")),
        ("storage_protocol", json!("NFS_CIFS")),
        ("driver_handles_share_servers", json!(false)),
        ("dedupe", json!([true, false])),
        ("compression", json!([true, false])),
    ];
    let pool = |n: usize| Pool {
        name: PoolName { host: "node1".to_owned(), backend: backend.to_owned(), pool: format!("aggr{n:03}") },
        total: Capacity::Gib(1000.0),
        free: Capacity::Gib(900.0 - n as f64),
        allocated: 100.0,
        provisioned: Some(100.0),
        reserved_percentage: 0.0,
        reserved_snapshot_percentage: 0.0,
        reserved_share_extend_percentage: 0.0,
        max_over_subscription_ratio: 20.0,
        thin: true,
        thick: true,
        takes_clones: true,
        capabilities: capabilities.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect::<Map<_, _>>(),
    };
    PoolReport {
        service: format!("node1@{backend}"),
        availability_zone: "nova".to_owned(),
        pools: (0..POOLS_EACH).map(pool).collect(),
    }
}
