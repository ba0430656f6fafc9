//! `[manilad]`: what this daemon adds to Manila's options.

use crate::opt::Kind::{Bool, Enum, Path, Port};
use crate::opt::{Group, between, int, opt};

pub static MANILAD: Group = Group {
    name: "manilad",
    about: "What this daemon adds to the options of Manila.",
    options: &[
        opt(
            "store_path",
            Path,
            "$state_path/store",
            "Directory of the records. One daemon at a time may have it open.",
        ),
        opt("store_cache_bytes", int(1_048_576), "33554432", "Memory for recently used records, in bytes."),
        opt(
            "free_space_floor_bytes",
            int(0),
            "268435456",
            "Free space under store_path, in bytes, that is kept in reserve: the larger of this and of the store's own size, of \
             which a start may need a copy. Below it changes are refused with 503, other than deletes; what ends work that is \
             under way goes on down to an eighth of this. 0 keeps nothing in reserve.",
        ),
        opt(
            "request_bodies_bytes",
            int(1_048_576),
            "67108864",
            "Memory for bodies of requests that are being received, all together, in bytes; beyond it the answer is 503.",
        ),
        opt(
            "searches",
            int(1),
            "4",
            "Lists of shares and messages, of more than 64 records, that are searched at once; sixteen times as many may be \
             under way, a quarter of these for one project, and more are answered 503 when they have waited for 2 s. The same \
             holds for the lists of all other kinds together, which do not wait for the former.",
        ),
        opt(
            "connections",
            int(0),
            "0",
            "Connections of clients that may be open at once; 0: as many as the limit of open files leaves, with a reserve \
             for the store, the arrays and Keystone.",
        ),
        opt(
            "connections_per_peer",
            int(0),
            "0",
            "Connections that one address may have open; 0: half of all. Behind a proxy all clients have one address.",
        ),
        opt("log_format", Enum(&["text", "json"]), "text", "Layout of a line of the log."),
        opt("metrics", Bool, "true", "Whether /metrics is served."),
        opt("drain_seconds", int(0), "30", "How long work in hand may take to end after SIGTERM, in seconds."),
        opt(
            "sweep_interval",
            int(0),
            "3600",
            "Seconds between two looks at each array for drift of access rules, missing volumes and strays; 0 for none.",
        ),
        opt(
            "unanswered_call_seconds",
            between(0, 600),
            "0",
            "Seconds after its sending in which an array may still carry out a call that had no answer. 0: the longest \
             that calls of the back end are waited for, and 15 more.",
        ),
        opt(
            "allow_remote_noauth",
            Bool,
            "false",
            "Lets auth_strategy = noauth listen on addresses that other machines reach: everybody there is an administrator.",
        ),
        opt("simulator", Bool, "false", "Runs a simulated array inside the daemon; back ends then talk to it."),
        opt("simulator_state_path", Path, "$state_path/sim", "Directory of the simulated array's objects and files."),
        opt(
            "simulator_latency",
            Enum(&["none", "background", "array"]),
            "none",
            "Whether the simulated array answers at once, only takes its time for what it does by itself (splits, moves), or for all as a real one does.",
        ),
        opt("simulator_nfs_port", Port, "12049", "Port of the simulated data LIFs, on addresses in 127.0.0.0/8."),
    ],
};
