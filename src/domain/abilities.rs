//! What a driver says that it can do, as far as answers of the API depend on it.
//!
//! What its share servers bear is kept with each of them, as their back end said when it last began; keys of metadata are
//! asked of the drivers at start. How to get it wrong: to name a driver's key or take its ability for granted anywhere else.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::extra_specs::boolean;
use crate::fault::Fault;

/// What a share server bears while it serves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerAbilities {
    /// It can be given other security services.
    pub security_service_update: bool,
    /// It can be given addresses in further subnets.
    pub network_allocation_update: bool,
}

impl ServerAbilities {
    /// All there is.
    pub const ALL: Self = ServerAbilities { security_service_update: true, network_allocation_update: true };

    /// What all of several servers bear. Where there is none nothing is in the way.
    pub fn of_all(each: impl IntoIterator<Item = Self>) -> Self {
        each.into_iter().fold(Self::ALL, |all, one| ServerAbilities {
            security_service_update: all.security_service_update && one.security_service_update,
            network_allocation_update: all.network_allocation_update && one.network_allocation_update,
        })
    }
}

/// What a driver can do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DriverAbilities {
    pub servers: ServerAbilities,
    /// Keys of a share's metadata, each true or false, that say how the driver enforces the share's access rules.
    pub rule_switches: &'static [&'static str],
}

/// Checks words that are to be set among the metadata of a share, of which some keys are switches of a driver. One that is
/// neither true nor false would put the share, or its rules, in error.
///
/// # Errors
/// Invalid, telling what was expected.
pub fn check_switches(switches: &[&str], metadata: &BTreeMap<String, String>) -> Result<(), Fault> {
    for key in switches {
        if let Some(word) = metadata.get(*key).filter(|word| boolean(word).is_none()) {
            return Err(Fault::invalid(format!(
                "Metadata {key:?} must be true or false (or yes, no, on, off, 1, 0), not {word:?}."
            )));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_servers_bear_what_each_of_them_bears() {
        let one = ServerAbilities { security_service_update: true, network_allocation_update: false };
        let other = ServerAbilities { security_service_update: false, network_allocation_update: true };
        assert_eq!(ServerAbilities::of_all([]), ServerAbilities::ALL);
        assert_eq!(ServerAbilities::of_all([one, ServerAbilities::ALL]), one);
        assert_eq!(ServerAbilities::of_all([one, other]), ServerAbilities::default());
    }

    #[test]
    fn a_switch_is_set_by_a_clear_word_only() {
        let check = |key: &str, word: &str| {
            check_switches(&["root_squash", "all_squash"], &BTreeMap::from([(key.to_owned(), word.to_owned())]))
        };
        for word in ["true", "False", "<is> yes", "0", "on"] {
            assert!(check("all_squash", word).is_ok() && check("root_squash", word).is_ok(), "{word}");
        }
        for word in ["", "perhaps", "tru", "2"] {
            let message = check("all_squash", word).unwrap_err().to_string();
            assert!(message.contains("all_squash") && message.contains("true or false"), "{message}");
            assert!(message.contains(&format!("{word:?}")), "{message}");
        }
        assert!(check("ALL_SQUASH", "perhaps").is_ok() && check_switches(&["a"], &BTreeMap::new()).is_ok());
    }
}
