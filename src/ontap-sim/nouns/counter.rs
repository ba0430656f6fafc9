//! Performance counters: tables of rows that grow with time, from which clients work out how busy a node is.
//!
//! All values derive from the time and one configured percentage, so two samples always give back that percentage.
//! How to get it wrong: a counter that does not grow while its base does, or a base that stands still (clients divide
//! by it).

use serde_json::{Value, json};

use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::field::{integer, text};
use crate::rest::noun::Noun;
use crate::rest::route::{Endpoint, collection, instance};
use crate::state::State;

struct Counter {
    name: &'static str,
    kind: &'static str,
    unit: &'static str,
    denominator: Option<&'static str>,
    /// Names and shares of the parts, for counters that are arrays.
    parts: &'static [(&'static str, u64)],
}

struct Table {
    name: &'static str,
    instances: &'static [&'static str],
    counters: &'static [Counter],
}

const fn plain(
    name: &'static str,
    kind: &'static str,
    unit: &'static str,
    denominator: Option<&'static str>,
) -> Counter {
    Counter { name, kind, unit, denominator, parts: &[] }
}

const TABLES: &[Table] = &[
    Table {
        name: "system:constituent",
        instances: &["system"],
        counters: &[
            plain("average_processor_busy_percent", "percent", "percent", Some("cpu_elapsed_time")),
            plain("cpu_elapsed_time", "delta", "microsec", None),
        ],
    },
    Table {
        name: "wafl",
        instances: &["wafl"],
        counters: &[
            plain("total_cp_msecs", "delta", "millisec", None),
            Counter {
                name: "cp_phase_times",
                kind: "percent",
                unit: "percent",
                denominator: Some("total_cp_msecs"),
                parts: &[("cp_setup", 5), ("cp_p1_clean", 15), ("cp_p2_flush", 60), ("cp_p3_finish", 20)],
            },
        ],
    },
    Table {
        name: "processor",
        instances: &["processor0", "processor1"],
        counters: &[
            Counter {
                name: "domain_busy_percent",
                kind: "percent",
                unit: "percent",
                denominator: Some("elapsed_time"),
                parts: &[("idle", 0), ("kahuna", 40), ("storage", 20), ("exempt", 20), ("raid", 20)],
            },
            plain("elapsed_time", "delta", "microsec", None),
        ],
    },
];

pub static TABLE: Noun = Noun {
    name: "name",
    instance: "/api/cluster/counter/tables/{name}",
    fields: &[
        text("name").key(),
        text("description"),
        text("counter_schemas.name"),
        text("counter_schemas.type"),
        text("counter_schemas.unit"),
        text("counter_schemas.denominator.name"),
    ],
    order: &["name"],
    narrowed: Some("counter_schemas"),
    list: tables,
};

pub static ROW: Noun = Noun {
    name: "id",
    instance: "/api/cluster/counter/tables/{counter_table.name}/rows/{id}",
    fields: &[
        text("id").key(),
        text("counter_table.name").key(),
        text("counters.name"),
        integer("counters.value"),
        integer("counters.values"),
        text("counters.labels"),
    ],
    order: &["id"],
    narrowed: Some("counters"),
    list: rows,
};

pub static ENDPOINTS: &[Endpoint] = &[
    collection("/api/cluster/counter/tables", &TABLE),
    instance("/api/cluster/counter/tables/{name}", &TABLE),
    collection("/api/cluster/counter/tables/{counter_table.name}/rows", &ROW),
    instance("/api/cluster/counter/tables/{counter_table.name}/rows/{id}", &ROW),
];

fn tables(_: &State, _: &Ask) -> Result<Vec<Value>, Refusal> {
    let schema = |counter: &Counter| {
        json!({
            "name": counter.name,
            "type": counter.kind,
            "unit": counter.unit,
            "denominator": {"name": counter.denominator},
        })
    };
    let record = |table: &Table| {
        json!({
            "name": table.name,
            "description": format!("Counters of {}", table.name),
            "counter_schemas": table.counters.iter().map(schema).collect::<Vec<_>>(),
        })
    };
    Ok(TABLES.iter().map(record).collect())
}

fn rows(state: &State, ask: &Ask) -> Result<Vec<Value>, Refusal> {
    let name = ask.wants("counter_table.name").unwrap_or_default();
    let table = TABLES.iter().find(|table| table.name == name).ok_or_else(|| Refusal::absent("counter_table.name"))?;
    let elapsed = u64::try_from(state.now.as_microsecond()).unwrap_or(0);
    let busy = elapsed / 100 * u64::from(state.config.busy_percent);
    let counter = |counter: &Counter| {
        // Elapsed times count all of the time, the others its busy part; milliseconds where the unit says so.
        let whole = if counter.name.ends_with("elapsed_time") { elapsed } else { busy };
        let whole = if table.name == "wafl" { whole / 1000 } else { whole };
        let part = |share: u64| if share == 0 { elapsed - busy } else { whole / 100 * share };
        match counter.parts {
            [] => json!({"name": counter.name, "value": whole}),
            parts => json!({
                "name": counter.name,
                "labels": parts.iter().map(|(label, _)| label).collect::<Vec<_>>(),
                "values": parts.iter().map(|(_, share)| part(*share)).collect::<Vec<_>>(),
            }),
        }
    };
    let row = |node: &str, instance: &str| {
        json!({
            "id": format!("{node}:{instance}"),
            "counter_table": {"name": table.name},
            "counters": table.counters.iter().map(counter).collect::<Vec<_>>(),
        })
    };
    Ok(state
        .nodes
        .iter()
        .flat_map(|node| table.instances.iter().map(move |instance| row(&node.name, instance)))
        .collect())
}
