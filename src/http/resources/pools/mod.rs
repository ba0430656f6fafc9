//! Scheduler pools, for administrators. Source: resources.md §15.

use manilad_domain::pool::{Capacity, Pool};
use manilad_domain::{Fault, span};
use manilad_messages::scheduler::ShowPools;
use serde_json::{Map, Value, json};

use crate::call::Call;
use crate::listing::Listing;
use crate::parameter::{Form, Parameter, Parameters, columns};
use crate::query::Column;
use crate::resources::shares::find_type;
use crate::view;

view! {
    /// A pool by name.
    POOL_BRIEF = "pool" / "pools" of pool: Pool, seen by viewer {
        "name"    [..] string => pool.name,
        "host"    [..] string => pool.name.host,
        "backend" [..] string => pool.name.backend,
        "pool"    [..] string => pool.name.pool,
    }

    /// A pool with what it reports.
    POOL = "pool" / "pools" of pool: Pool, seen by viewer {
        "name"         [..] string => pool.name,
        "host"         [..] string => pool.name.host,
        "backend"      [..] string => pool.name.backend,
        "pool"         [..] string => pool.name.pool,
        "capabilities" [..] object => capabilities(pool),
    }
}

crate::routes! {
    GET "/scheduler-stats/pools"        [..] "scheduler_stats:pools:index"  => list ? LISTED -> 200 many POOL_BRIEF;
    GET "/scheduler-stats/pools/detail" [..] "scheduler_stats:pools:detail" => list ? LISTED -> 200 many POOL;
}

fn capabilities(pool: &Pool) -> Map<String, Value> {
    let mut all = pool.capabilities.clone();
    let thin = match (pool.thin, pool.thick) {
        (true, true) => json!([true, false]),
        (thin, _) => json!(thin),
    };
    for (key, value) in [
        ("pool_name", json!(pool.name.pool)),
        ("total_capacity_gb", pool.total.value()),
        ("free_capacity_gb", pool.free.value()),
        ("allocated_capacity_gb", json!(pool.allocated)),
        ("provisioned_capacity_gb", pool.provisioned.map_or(Capacity::Unknown, Capacity::Gib).value()),
        ("reserved_percentage", json!(pool.reserved_percentage)),
        ("reserved_snapshot_percentage", json!(pool.reserved_snapshot_percentage)),
        ("reserved_share_extend_percentage", json!(pool.reserved_share_extend_percentage)),
        ("max_over_subscription_ratio", json!(pool.max_over_subscription_ratio)),
        ("thin_provisioning", thin),
    ] {
        all.insert(key.to_owned(), value);
    }
    all
}

/// What the filters of the list match, as regular expressions anchored at the start.
const FILTERS: &[Column<Pool>] = &[
    ("host", |pool| pool.name.host.clone()),
    ("backend", |pool| pool.name.backend.clone()),
    ("pool", |pool| pool.name.pool.clone()),
    ("name", |pool| pool.name.to_string()),
];

/// Keys that no pool has are seen too: they match no pool.
const LISTED: Parameters = &[
    &columns::<_, { FILTERS.len() }>(FILTERS, Form::Regex),
    &[Parameter::new("share_type", span!([2.23..]), Form::Text), Parameter::always("others", Form::Others)],
];

async fn list(call: Call) -> Result<Listing<Pool>, Fault> {
    let knows_types = call.at_least("2.23"); // before, `share_type` is a key like any other
    let of = match call.query.get("share_type").filter(|_| knows_types) {
        Some(given) => Some(find_type(&call, &call.app.store, given).map_err(|fault| Fault::invalid(fault.text))?),
        None => None,
    };
    let mut pools =
        call.app.scheduler.show_pools.ask(ShowPools { of: of.map(|one| one.extra_specs.clone()) }).await.map_err(
            |unanswered| Fault::unavailable(format!("The scheduler can't answer now ({unanswered}); try again.")),
        )?;
    for (key, value) in call.query.pairs().filter(|(key, _)| !knows_types || *key != "share_type") {
        let Some((_, read)) = FILTERS.iter().find(|(name, _)| *name == key) else {
            pools.clear(); // a key that no pool has matches no pool
            break;
        };
        let pattern = regex::Regex::new(&format!("^(?:{value})"))
            .map_err(|_| Fault::invalid(format!("Query parameter {key} must be a regular expression.")))?;
        pools.retain(|pool| pattern.is_match(&read(pool)));
    }
    pools.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(pools.into())
}
