//! Its options, and how it is made of a configuration: every back end offers one pool, and every task is done.

use std::sync::Arc;

use manilad_conf::settings::Backend;
use manilad_conf::{DriverTable, Error, Group, Kind, Section, Values, unset};
use manilad_domain::PoolName;
use manilad_domain::pool::{Capacity, Pool};
use manilad_driver::{Driver, Maker, Refused};
use serde::Deserialize;
use serde_json::json;

use crate::{Played, Turn};

static BACK_END: Group = Group {
    name: "<back end>",
    about: "The same section, on an array that is played.",
    options: &[unset("played_pool", Kind::Str, "Required: the name of the pool.")],
};

/// What the configuration reads for it.
pub static TABLE: DriverTable =
    DriverTable { name: "tests.PlayedDriver", options: &BACK_END, named: &[], unused: &[], check };

#[derive(Deserialize)]
struct Options {
    played_pool: Option<String>,
}

fn check(section: &mut Section<'_>, values: &Values) -> Result<bool, Error> {
    let Some(options) = values.typed::<Options>()? else { return Ok(false) };
    if options.played_pool.is_none() {
        section.blame("played_pool", "the name of the pool");
    }
    Ok(true)
}

/// Makes it for each back end of a configuration.
pub struct PlayedMaker;

fn pool(backend: &Backend) -> Result<String, Refused> {
    let options: Options = backend.options()?;
    options.played_pool.ok_or_else(|| "played_pool is missing: expected the name of the pool".into())
}

impl Maker for PlayedMaker {
    fn check(&self, backend: &Backend) -> Result<(), Refused> {
        pool(backend).map(drop)
    }

    fn make(&self, backend: &Backend) -> Result<Arc<dyn Driver>, Refused> {
        let (pool, has_servers) = (pool(backend)?, backend.driver_handles_share_servers);
        let offer = move |service: &str| {
            let (host, backend) = service.split_once('@').unwrap();
            let capabilities = [
                ("storage_protocol", json!("NFS")),
                ("driver_handles_share_servers", json!(has_servers)),
                ("ipv4_support", json!(true)),
            ];
            vec![Pool {
                name: PoolName { host: host.to_owned(), backend: backend.to_owned(), pool: pool.clone() },
                total: Capacity::Gib(100.0),
                free: Capacity::Gib(100.0),
                allocated: 0.0,
                provisioned: None,
                reserved_percentage: 0.0,
                reserved_snapshot_percentage: 0.0,
                reserved_share_extend_percentage: 0.0,
                max_over_subscription_ratio: 1.0,
                thin: true,
                thick: true,
                takes_clones: true,
                capabilities: capabilities.map(|(name, value)| (name.to_owned(), value)).into_iter().collect(),
            }]
        };
        Ok(Arc::new(Played::by(|_, _| Turn::Does).offering(offer)))
    }
}

#[cfg(test)]
mod tests {
    use manilad_conf::suite;

    use super::*;

    #[test]
    fn its_table_is_sound_and_agrees_with_its_type() {
        suite::tables_are_sound(&[&BACK_END]);
        suite::fields_agree::<Options>(&BACK_END);
    }
}
