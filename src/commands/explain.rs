//! `manilad explain ID`: where the scheduler would put a share now, and what it thinks of each pool, as a table.

use std::fmt::Write as _;

use anyhow::Context as _;
use clap::Args;
use manilad_conf::Settings;
use manilad_domain::ShareId;
use reqwest::Method;
use serde_json::{Map, Value};

use crate::commands::client::{self, DaemonClient};
use crate::output::tell;

/// What is to be explained, and by whom.
#[derive(Debug, Clone, Args)]
pub struct Options {
    /// The id of a share; a name is not enough, since two projects may use it.
    #[arg(value_name = "ID", value_parser = share_id)]
    share: ShareId,
    #[command(flatten)]
    daemon: client::Daemon,
    /// Print the daemon's answer as it is, as JSON.
    #[arg(long)]
    json: bool,
}

fn share_id(text: &str) -> Result<ShareId, String> {
    text.parse().map_err(|_| "expected the id of a share, as `openstack share list` shows it".to_owned())
}

/// Asks the daemon and prints what it says.
///
/// # Errors
/// When the daemon doesn't answer, or has no such share.
pub async fn run(options: Options, settings: &Settings) -> anyhow::Result<()> {
    let client = DaemonClient::new(options.daemon, settings)?;
    let answer = client.succeed(Method::GET, &["manilad", "placements", &options.share.to_string()], None).await?;
    let placement = answer.get("placement").context("the answer holds no placement")?;
    tell(if options.json { format!("{placement:#}") } else { page(placement) }.trim_end());
    Ok(())
}

const HEADS: [&str; 7] = ["pool", "rank", "weight", "free GiB", "total GiB", "allocated", "provisioned"];

/// The answer for people: what it comes to, a table of pools, and what speaks for or against each.
fn page(placement: &Value) -> String {
    let names = placement["candidates"].as_array().map(Vec::as_slice).unwrap_or_default();
    let candidates: Vec<&str> = names.iter().filter_map(Value::as_str).collect();
    let pools = placement["pools"].as_array().map(Vec::as_slice).unwrap_or_default();
    let mut page = String::new();
    let mut line = |text: &str| {
        let _a_string_takes_all = writeln!(page, "{}", text.trim_end());
    };
    line(&format!("share       {}", text(&placement["share_id"])));
    line(&format!("is on       {}", placement["host"].as_str().unwrap_or("no pool yet")));
    line(&format!("would go to {}", end(&candidates, &placement["refused_by"], pools)));
    line(&format!("because     {}", text(&placement["summary"])));
    if let Some(failed) = placement["failed_growth"].as_object() {
        line(&format!("did not grow {}", failed_growth(failed)));
    }
    line("");
    let rows: Vec<[String; 7]> = pools.iter().map(|pool| row(pool, &candidates)).collect();
    let heads = HEADS.map(str::to_owned);
    let width = |column: usize| rows.iter().chain([&heads]).map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 7] = std::array::from_fn(width);
    for (row, pool) in [(&heads, None)].into_iter().chain(rows.iter().zip(pools.iter().map(Some))) {
        let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("  {cell:>width$}"),
        });
        line(&cells.collect::<String>());
        for remark in pool.into_iter().flat_map(remarks) {
            line(&format!("    {remark}"));
        }
    }
    page
}

/// Where it would go. Where it has no place, a back end that would take it and can't be sent to comes before filters that refuse others.
fn end(candidates: &[&str], refused_by: &Value, pools: &[Value]) -> String {
    let passes =
        |pool: &&Value| pool["filters"].as_array().is_some_and(|all| all.iter().all(|one| one["refusal"].is_null()));
    let mut passing = pools.iter().filter(passes);
    let unusable = passing.find_map(|pool| Some((pool["name"].as_str()?, pool["unusable"].as_str()?)));
    match (candidates, unusable, refused_by.as_str()) {
        ([], Some((pool, why)), _) => format!("no pool: {pool} would do, and its back end is {why}"),
        ([], None, Some(filter)) => format!("no pool: {filter} leaves none"),
        ([], None, None) => "no pool: no back end can be sent to".to_owned(),
        (some, ..) => some.join(", then "),
    }
}

/// When and why it did not grow, and where the log tells more.
fn failed_growth(failed: &Map<String, Value>) -> String {
    let [at, reason, request] = ["at", "reason", "request_id"].map(|key| failed.get(key).map(text).unwrap_or_default());
    let by =
        failed.get("filter").and_then(Value::as_str).map(|filter| format!("{filter} refused: ")).unwrap_or_default();
    format!("at {at}: {by}{reason}; the log has it under {request}")
}

fn row(pool: &Value, candidates: &[&str]) -> [String; 7] {
    let name = text(&pool["name"]);
    let rank = candidates.iter().position(|one| *one == name).map_or("-".to_owned(), |at| (at + 1).to_string());
    let weight = pool["weight"].as_f64().map_or("-".to_owned(), |weight| format!("{weight:.3}"));
    let gib = |field: &str| pool[field].as_f64().map_or(text(&pool[field]), |gib| format!("{gib:.1}"));
    let [free, total] = ["free_capacity_gb", "total_capacity_gb"].map(gib);
    let [allocated, provisioned] = ["allocated_capacity_gb", "provisioned_capacity_gb"].map(gib);
    [name, rank, weight, free, total, allocated, provisioned]
}

/// What speaks against a pool; or else for it.
fn remarks(pool: &Value) -> Vec<String> {
    let list = |field: &str| pool[field].as_array().cloned().unwrap_or_default();
    let unusable = pool["unusable"].as_str().map(|why| format!("its back end is {why}"));
    let refusals = list("filters").into_iter().filter(|ruling| !ruling["refusal"].is_null());
    let refused = refusals.map(|ruling| format!("{} refuses: {}", text(&ruling["filter"]), text(&ruling["refusal"])));
    let weights = list("weights").into_iter().map(|given| {
        let raw = given["raw"].as_f64().map_or("unknown".to_owned(), |raw| format!("{raw:.1}"));
        format!("{} gives {:.3} (raw {raw})", text(&given["weigher"]), given["weight"].as_f64().unwrap_or_default())
    });
    unusable.into_iter().chain(refused).chain(weights).collect()
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_page_tells_where_to_and_of_each_pool_why() {
        let placement = json!({
            "share_id": "4f0c", "host": null, "candidates": ["n@a#one"], "refused_by": null,
            "summary": "1 of 2 pools pass, CapacityFilter refuses 1",
            "failed_growth": {
                "at": "2026-01-01T00:00:00.000000", "filter": "CapacityFilter", "reason": "no room", "request_id": "req-1",
            },
            "pools": [
                { "name": "n@a#one", "unusable": null, "total_capacity_gb": 100.0, "free_capacity_gb": 51.26,
                  "allocated_capacity_gb": 1.0, "provisioned_capacity_gb": 2.0,
                  "filters": [{ "filter": "CapacityFilter", "refusal": null }],
                  "weights": [{ "weigher": "CapacityWeigher", "raw": 1998.0, "weight": 1.0 }], "weight": 1.0 },
                { "name": "n@beta#two", "unusable": null, "total_capacity_gb": "unknown", "free_capacity_gb": 0.0,
                  "allocated_capacity_gb": 0.0, "provisioned_capacity_gb": 0.0,
                  "filters": [{ "filter": "CapacityFilter", "refusal": "0 GiB are free" }], "weights": [], "weight": null },
            ],
        });
        assert_eq!(
            page(&placement),
            "share       4f0c\n\
             is on       no pool yet\n\
             would go to n@a#one\n\
             because     1 of 2 pools pass, CapacityFilter refuses 1\n\
             did not grow at 2026-01-01T00:00:00.000000: CapacityFilter refused: no room; the log has it under req-1\n\
             \n\
             pool        rank  weight  free GiB  total GiB  allocated  provisioned\n\
             n@a#one        1   1.000      51.3      100.0        1.0          2.0\n    \
                 CapacityWeigher gives 1.000 (raw 1998.0)\n\
             n@beta#two     -       -       0.0    unknown        0.0          0.0\n    \
                 CapacityFilter refuses: 0 GiB are free\n"
        );
    }

    #[test]
    fn a_share_with_no_place_to_go_is_told_who_says_so() {
        let pool = |unusable: Value, refusal: Value| json!({ "name": "n@a#one", "unusable": unusable, "filters": [{ "filter": "CapacityFilter", "refusal": refusal }] });
        for (refused_by, pools, expected) in [
            (json!("AffinityFilter"), vec![], "no pool: AffinityFilter leaves none"),
            (json!(null), vec![], "no pool: no back end can be sent to"),
            (
                json!("CapabilitiesFilter"),
                vec![pool(json!(null), json!("no")), pool(json!("disabled"), json!(null))],
                "no pool: n@a#one would do, and its back end is disabled",
            ),
            (
                json!("CapabilitiesFilter"),
                vec![pool(json!("down"), json!("no room"))],
                "no pool: CapabilitiesFilter leaves none",
            ),
        ] {
            assert_eq!(end(&[], &refused_by, &pools), expected);
        }
        assert_eq!(end(&["a", "b"], &json!(null), &[pool(json!("down"), json!(null))]), "a, then b");
    }
}
