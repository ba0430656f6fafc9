//! Everything that can be limited, as a table. Configuration, quota sets, quota classes and views read the same rows.
//!
//! A key stands here whether or not anything uses it yet; what is used so far is a [`Resource`](super::Resource).
//! How to get it wrong: changing a name, which is stored and is the option of `[quota]`.

use serde::{Deserialize, Serialize};

use crate::microversion::Microversion;

macro_rules! keys {
    ($($Key:ident $name:literal from $since:literal, $preset:literal, $of_types:literal, $doc:literal;)+) => {
        /// A thing that can be limited.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Key { $(#[doc = $doc] #[serde(rename = $name)] $Key),+ }

        impl Key {
            /// All keys, in the order in which they are shown.
            pub const ALL: [Key; Key::COUNT] = [$(Key::$Key),+];
            pub const COUNT: usize = [$($name),+].len();

            /// The name in quota bodies and in `[quota]`.
            pub const fn name(self) -> &'static str {
                match self { $(Key::$Key => $name),+ }
            }

            /// The microversion from which on it is shown and can be set. It is in force below too.
            pub const fn since(self) -> Microversion {
                match self { $(Key::$Key => Microversion::written(stringify!($since))),+ }
            }

            /// The limit where nobody says anything else; -1 is unlimited.
            pub const fn preset(self) -> i64 {
                match self { $(Key::$Key => $preset),+ }
            }

            /// Whether a share type has a limit of its own.
            pub const fn is_of_types(self) -> bool {
                match self { $(Key::$Key => $of_types),+ }
            }
        }
    };
}

// Name, first microversion, default, and whether share types have it. Source: quotas-and-limits §1 and §4.
keys! {
    Shares              "shares"                from 2.0,  50,   true,  "Shares.";
    Gigabytes           "gigabytes"             from 2.0,  1000, true,  "Size of all shares, in GiB.";
    Snapshots           "snapshots"             from 2.0,  50,   true,  "Snapshots.";
    SnapshotGigabytes   "snapshot_gigabytes"    from 2.0,  1000, true,  "Size of all snapshots, in GiB.";
    ShareNetworks       "share_networks"        from 2.0,  10,   false, "Share networks.";
    ShareGroups         "share_groups"          from 2.40, 50,   false, "Share groups.";
    ShareGroupSnapshots "share_group_snapshots" from 2.40, 50,   false, "Snapshots of share groups.";
    ShareReplicas       "share_replicas"        from 2.53, 100,  true,  "Replicas.";
    ReplicaGigabytes    "replica_gigabytes"     from 2.53, 1000, true,  "Size of all replicas, in GiB.";
    PerShareGigabytes   "per_share_gigabytes"   from 2.62, -1,   true,  "Size of one share, in GiB; never in use.";
    Backups             "backups"               from 2.80, 10,   true,  "Backups.";
    BackupGigabytes     "backup_gigabytes"      from 2.80, 1000, true,  "Size of all backups, in GiB.";
    EncryptionKeys      "encryption_keys"       from 2.90, 100,  true,  "Different encryption keys in use.";
}

impl Key {
    pub fn named(name: &str) -> Option<Self> {
        Key::ALL.into_iter().find(|key| key.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_stored_under_its_name() {
        for key in Key::ALL {
            assert_eq!(serde_json::to_value(key).unwrap(), key.name());
            assert_eq!(Key::named(key.name()), Some(key));
        }
        assert_eq!(Key::named("share"), None);
    }
}
