//! `[DEFAULT]`, the part about placement, and the service that one weigher may ask.

use super::{BUILT_IN, GROUPS};
use crate::opt::Kind::{Float, List, Str};
use crate::opt::{Group, int, opt};

const ANY: crate::opt::Kind = Float { min: f64::MIN };

pub static SCHEDULER: Group = Group {
    name: "DEFAULT",
    about: "Placement of shares.",
    options: &[
        opt(
            "scheduler_driver",
            Str,
            "manila.scheduler.drivers.filter.FilterScheduler",
            "How a place is chosen. Any other than the filter scheduler is refused at start.",
        ),
        opt("scheduler_max_attempts", int(1), "3", "How many candidates are tried before a share fails."),
        opt(
            "scheduler_default_filters",
            List,
            "OnlyHostFilter,AvailabilityZoneFilter,CapacityFilter,CapabilitiesFilter,DriverFilter,ShareReplicationFilter,\
             CreateFromSnapshotFilter,AffinityFilter,AntiAffinityFilter",
            "Filters that a pool must pass, in this order.",
        ),
        opt(
            "scheduler_default_weighers",
            List,
            "CapacityWeigher,GoodnessWeigher,HostAffinityWeigher",
            "Weighers that rank the pools that passed.",
        ),
        opt(
            "scheduler_default_share_group_filters",
            List,
            "AvailabilityZoneFilter,ConsistentSnapshotFilter",
            "Further filters for a share group.",
        )
        .not_built(GROUPS),
        opt(
            "scheduler_default_extend_filters",
            List,
            "CapacityFilter,DriverFilter",
            "Filters that a share's own pool must pass for the share to grow.",
        ),
        opt("capacity_weight_multiplier", ANY, "1.0", "Weight of free capacity; negative packs instead of spreads."),
        opt("pool_weight_multiplier", ANY, "1.0", "Weight of a share server that is there already."),
        opt(
            "max_over_subscription_ratio",
            Float { min: 1.0 },
            "20.0",
            "Promised against real capacity of a pool whose back end does not tell its own.",
        )
        .accepted("every back end tells its own, and sections take nothing from [DEFAULT]"),
        opt("scheduler_host_manager", Str, "manila.scheduler.host_manager.HostManager", "Class of this part.")
            .refused(BUILT_IN),
        opt("scheduler_json_config_location", Str, "", "File of further options.").refused(BUILT_IN),
    ],
};
