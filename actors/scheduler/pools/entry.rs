//! One pool, kept so that filters and weighers find what they ask for without reading JSON.
//!
//! All statistics, the named ones of a report included, stand in slots, so an extra spec may ask for any of them. How to
//! get it wrong: changing the room without the statistics that show it. Source: scheduler.md §2.

use std::sync::Arc;

use manilad_domain::PoolName;
use manilad_domain::pool::{Capacity, Ceiling, Pool};
use serde_json::{Value, json};

use crate::pool_function::Function;
use crate::pool_room::Room;
use crate::pools::report_reading::{NOWHERE, Place, Reading, put};
use crate::statistics::{Keys, Slot, Stat};

const FREE: &str = "free_capacity_gb";
const ALLOCATED: &str = "allocated_capacity_gb";
const PROVISIONED: &str = "provisioned_capacity_gb";
/// The statistics that a booking changes.
pub const BOOKED: [&str; 3] = [FREE, ALLOCATED, PROVISIONED];

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
    /// As reported, less what was promised since.
    pub room: Room,
    reported_free: Capacity,
    /// What was promised on it when the array was asked for the report.
    promised_then: f64,
    /// What was promised since then.
    promised_since: f64,
    /// What its functions say of every request alike; `None` where they have to be asked each time.
    pub(super) admits: Option<bool>,
    pub(super) goodness: Option<f64>,
    pub(super) filter_function: Option<Arc<Function>>,
    pub(super) goodness_function: Option<Arc<Function>>,
    /// By slot.
    stats: Vec<Place>,
    /// The values that bookings change are its own.
    booked: bool,
}

impl Entry {
    pub(super) fn new(pool: Pool, reading: &mut Reading<'_>, promised: &impl Fn(&PoolName) -> f64) -> Self {
        let promised_then = promised(&pool.name);
        let room = Room::reported(&pool, promised_then);
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
        Entry {
            name,
            room,
            reported_free: room.free,
            promised_then,
            promised_since: 0.0,
            admits: None,
            goodness: None,
            filter_function,
            goodness_function,
            stats,
            booked: false,
        }
    }

    pub(super) fn reported<'a>(&self, slot: Slot, values: &'a [Stat]) -> Option<&'a Stat> {
        values.get(usize::try_from(*self.stats.get(slot.0)?).ok()?)
    }

    /// What has to be booked so that all that is promised now is taken off: the sum in the store, and what is held besides.
    pub(super) fn unbooked(&self, promised_now: f64, held: f64) -> f64 {
        promised_now + held - self.promised_then - self.promised_since
    }

    /// The ceiling of a judgement after which so many GiB may be promised to others.
    pub(crate) fn ceiling(&self, spare: Option<f64>) -> Ceiling {
        Ceiling(spare.map(|spare| (self.promised_then + self.promised_since + spare) as i64))
    }

    pub(super) fn book(&mut self, size: f64, keys: &Keys, values: &mut Vec<Stat>) {
        self.promised_since += size;
        let then = Room { free: self.reported_free, ..self.room };
        let free = then.booked(self.promised_since).free;
        self.room = Room { free, ..self.room.booked(size) };
        let figures = [self.room.free.value(), self.room.allocated.into(), self.room.provisioned.into()];
        for (name, value) in BOOKED.into_iter().zip(figures) {
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

/// The statistics that have a field of their own in a report.
pub(super) const OWN: [&str; 10] = [
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
