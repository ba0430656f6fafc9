//! `[DEFAULT]`, the part about placement, and the service that one weigher may ask.

use super::{BUILT_IN, GROUPS};
use crate::opt::Kind::{Bool, Enum, Float, Host, List, ListOf, Port, Secret, Str};
use crate::opt::{Group, between, int, opt, unset};

const ACTIVE_IQ_WEIGHER: &str = "NetAppAIQWeigher";

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

pub static ACTIVE_IQ: Group = Group {
    name: "netapp_active_iq",
    about: "The Active IQ server that NetAppAIQWeigher asks.",
    options: &[
        unset("aiq_hostname", Host, "Its address; unset: the weigher gives every pool the same weight.")
            .not_built(ACTIVE_IQ_WEIGHER),
        unset("aiq_port", Port, "Its port; unset: 443, or 80 for http.").not_built(ACTIVE_IQ_WEIGHER),
        opt("aiq_transport_type", Enum(&["http", "https"]), "https", "How it is spoken to.")
            .not_built(ACTIVE_IQ_WEIGHER),
        opt("aiq_ssl_verify", Bool, "false", "Whether its certificate is checked.").not_built(ACTIVE_IQ_WEIGHER),
        unset("aiq_ssl_cert_path", Str, "Certificates to check it with; unset: the system's.")
            .not_built(ACTIVE_IQ_WEIGHER),
        unset("aiq_username", Str, "User there.").not_built(ACTIVE_IQ_WEIGHER),
        unset("aiq_password", Secret, "Password of this user.").not_built(ACTIVE_IQ_WEIGHER),
        opt("aiq_eval_method", between(0, 2), "0", "0: by index, 1: by normalised value, 2: by literal value.")
            .not_built(ACTIVE_IQ_WEIGHER),
        opt(
            "aiq_priority_order",
            ListOf(&["ops", "latency", "volume_count", "size"]),
            "ops,latency,volume_count,size",
            "What counts, most important first.",
        )
        .not_built(ACTIVE_IQ_WEIGHER),
    ],
};
