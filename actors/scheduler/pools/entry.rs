//! One pool, kept so that filters and weighers find what they ask for without reading JSON.
//!
//! All statistics, the named ones of a report included, stand in slots, so an extra spec may ask for any of them. How to
//! get it wrong: changing the room without the statistics that show it. Source: scheduler.md §2.

use std::sync::Arc;

use manilad_domain::PoolName;
use manilad_domain::placement::Placement;
use manilad_domain::pool::Pool;
use serde_json::{Value, json};

use crate::expression::Flaw;
use crate::function::Function;
use crate::pools::Service;
use crate::pools::reading::{NOWHERE, Place, Reading, put};
use crate::room::Room;
use crate::stat::{Keys, Slot, Stat};

const FREE: &str = "free_capacity_gb";
const ALLOCATED: &str = "allocated_capacity_gb";
const PROVISIONED: &str = "provisioned_capacity_gb";
/// When the report was taken.
const TIMESTAMP: &str = "timestamp";

/// What a pool has that does not report it.
const DEFAULTS: &[(&str, Value)] = &[
    ("driver_handles_share_servers", Value::Bool(false)),
    ("snapshot_support", Value::Bool(true)),
    ("create_share_from_snapshot_support", Value::Bool(true)),
    ("revert_to_snapshot_support", Value::Bool(false)),
    ("mount_snapshot_support", Value::Bool(false)),
    ("mount_point_name_support", Value::Bool(false)),
    ("snapshot_inherit_share_access_support", Value::Bool(false)),
    ("security_service_update_support", Value::Bool(false)),
    ("network_allocation_update_support", Value::Bool(false)),
    ("share_server_multiple_subnet_support", Value::Bool(false)),
    ("share_replicas_migration_support", Value::Bool(false)),
    ("qos", Value::Bool(false)),
    ("dedupe", Value::Bool(false)),
    ("compression", Value::Bool(false)),
    ("replication_type", Value::Null),
    ("replication_domain", Value::Null),
    ("sg_consistent_snapshot_support", Value::Null),
    ("encryption_support", Value::Null),
    ("qos_type_support", Value::Null),
    ("ipv4_support", Value::Null),
    ("ipv6_support", Value::Null),
];

/// Names with a slot of their own from the start, so that those asked for most stand together.
pub(super) fn keys() -> Keys {
    let mut keys = Keys::default();
    for (name, _) in DEFAULTS {
        keys.slot(name);
    }
    keys
}

/// One pool. Its statistics are numbers of values that its back end keeps.
#[derive(Debug, Clone)]
pub struct Entry {
    pub name: PoolName,
    pub room: Room,
    /// What its functions say of every request alike; `None` where they have to be asked each time.
    admits: Option<bool>,
    goodness: Option<f64>,
    filter_function: Option<Arc<Function>>,
    goodness_function: Option<Arc<Function>>,
    /// By slot.
    stats: Vec<Place>,
    /// The values that bookings change are its own.
    booked: bool,
}

impl Entry {
    pub(super) fn new(pool: Pool, reading: &mut Reading<'_>, promised: &impl Fn(&PoolName) -> f64) -> Self {
        let room = Room::reported(&pool, || promised(&pool.name));
        let Pool { name, mut capabilities, .. } = pool;
        for (name, value) in DEFAULTS {
            if !capabilities.contains_key(*name) {
                capabilities.insert((*name).to_owned(), value.clone());
            }
        }
        capabilities.extend(OWN.iter().map(|name| (*name).to_owned()).zip(own_values(&name, &room)));
        let mut function = |name| Some(reading.function(capabilities.get(name)?.as_str()?));
        let (filter_function, goodness_function) = (function("filter_function"), function("goodness_function"));
        let mut stats = vec![NOWHERE; reading.keys.names().len()];
        for (key, value) in capabilities {
            let slot = reading.keys.slot(&key).0;
            stats.resize(stats.len().max(slot + 1), NOWHERE);
            stats[slot] = reading.place(value);
        }
        Entry { name, room, admits: None, goodness: None, filter_function, goodness_function, stats, booked: false }
    }

    fn reported<'a>(&self, slot: Slot, values: &'a [Stat]) -> Option<&'a Stat> {
        values.get(usize::try_from(*self.stats.get(slot.0)?).ok()?)
    }

    fn book(&mut self, size: f64, keys: &Keys, values: &mut Vec<Stat>) {
        self.room.book(size);
        for (name, value) in [
            (FREE, self.room.free.value()),
            (ALLOCATED, self.room.allocated.into()),
            (PROVISIONED, self.room.provisioned.into()),
        ] {
            let Some(place) = keys.find(name).and_then(|slot| self.stats.get_mut(slot.0)) else {
                continue;
            };
            match usize::try_from(*place).ok().and_then(|place| values.get_mut(place)) {
                Some(own) if self.booked => *own = Stat::new(value),
                _ => *place = put(values, value),
            }
        }
        self.booked = true;
    }
}

/// A pool with its back end.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    pub service: &'a Service,
    pub entry: &'a Entry,
}

impl<'a> Candidate<'a> {
    /// What the pool reports in this slot; null counts as nothing.
    pub fn stat(&self, slot: Slot) -> Option<&'a Stat> {
        self.entry.reported(slot, &self.service.values).filter(|stat| !stat.is_null())
    }

    /// Whether the pool takes the request, by its own judgement; it takes any if it reports none.
    ///
    /// # Errors
    /// As [`Function::admits`].
    pub fn admits(&self, placement: &Placement) -> Result<bool, Flaw> {
        match (self.entry.admits, &self.entry.filter_function) {
            (Some(known), _) => Ok(known),
            (None, Some(function)) => function.admits(*self, Some(placement)),
            (None, None) => Ok(true),
        }
    }

    /// How well the pool suits the request, by its own judgement, from 0 to 100; 0 if it has none.
    pub fn goodness(&self, placement: &Placement) -> f64 {
        match (self.entry.goodness, &self.entry.goodness_function) {
            (Some(known), _) => known,
            (None, Some(function)) => function.goodness(*self, Some(placement)).unwrap_or(0.0),
            (None, None) => 0.0,
        }
    }

    /// The pool as it was reported, with what was booked since, and the defaults of what it did not report.
    pub fn pool(&self, keys: &Keys) -> Pool {
        let Entry { name, room, .. } = self.entry;
        let reported = |slot| self.entry.reported(Slot(slot), &self.service.values);
        let named = keys.names().iter().enumerate().filter(|(_, name)| !OWN.contains(&name.as_str()));
        let stats = named.filter_map(|(slot, name)| Some((name.clone(), reported(slot)?.raw().clone())));
        let timestamp = self.service.taken.map(|taken| (TIMESTAMP.to_owned(), taken.at.text().into()));
        Pool {
            name: name.clone(),
            total: room.total,
            free: room.free,
            allocated: room.allocated,
            provisioned: Some(room.provisioned),
            reserved_percentage: room.reserved_percentage,
            reserved_snapshot_percentage: room.reserved_snapshot_percentage,
            reserved_share_extend_percentage: room.reserved_share_extend_percentage,
            max_over_subscription_ratio: room.ratio,
            thin: room.thin,
            thick: room.thick,
            capabilities: stats.chain(timestamp).collect(),
        }
    }
}

impl Service {
    /// Asks the functions of all pools what they say of every request.
    pub(super) fn consult(&mut self) {
        (0..self.pools.len()).for_each(|position| self.consult_one(position));
    }

    fn consult_one(&mut self, position: usize) {
        let entry = &self.pools[position];
        let (admitting, rating) = (&entry.filter_function, &entry.goodness_function);
        let candidate = Candidate { service: self, entry };
        let admits = admitting.as_ref().map_or(Some(true), |function| function.admits(candidate, None).ok());
        let goodness = rating.as_ref().map_or(Some(0.0), |function| function.goodness(candidate, None).ok());
        let entry = &mut self.pools[position];
        (entry.admits, entry.goodness) = (admits, goodness);
    }

    /// Books `size` GiB on a pool; `false` if the pool is gone.
    pub(super) fn book(&mut self, pool: &PoolName, size: f64, keys: &Keys) -> bool {
        let Ok(position) = self.pools.binary_search_by(|entry| entry.name.cmp(pool)) else {
            return false;
        };
        self.pools[position].book(size, keys, &mut self.values);
        self.consult_one(position);
        true
    }
}

/// The statistics that have a field of their own in a report.
const OWN: [&str; 10] = [
    "pool_name",
    "total_capacity_gb",
    FREE,
    ALLOCATED,
    PROVISIONED,
    "reserved_percentage",
    "reserved_snapshot_percentage",
    "reserved_share_extend_percentage",
    "max_over_subscription_ratio",
    "thin_provisioning",
];

/// What they hold, in the order of [`OWN`].
fn own_values(name: &PoolName, room: &Room) -> [Value; OWN.len()] {
    let thin = match (room.thin, room.thick) {
        (true, true) => json!([true, false]),
        (thin, _) => json!(thin),
    };
    [
        name.pool.clone().into(),
        room.total.value(),
        room.free.value(),
        room.allocated.into(),
        room.provisioned.into(),
        room.reserved_percentage.into(),
        room.reserved_snapshot_percentage.into(),
        room.reserved_share_extend_percentage.into(),
        room.ratio.into(),
        thin,
    ]
}
