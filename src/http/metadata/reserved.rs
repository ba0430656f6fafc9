//! Metadata keys that are reserved for administrators, and the rule that says who else may touch them.
//!
//! Every way in which metadata comes asks here, creation too. How to get it wrong: to reserve a key for changes only, so
//! that a tenant brings it along with the thing itself; or to leave it to the configuration whether tenants can write
//! what the scheduler or a driver heeds.

use manilad_domain::Fault;
use manilad_domain::hints::Affinity;
use manilad_domain::subnet::ADMIN_ONLY_METADATA;

use crate::call::{Call, Owner};
use crate::face::Settings;

/// The reserved keys of a kind of thing.
#[derive(Debug, Clone)]
pub struct Reserved {
    keys: Vec<String>,
    rule: &'static str,
}

impl Reserved {
    /// Of shares: what the configuration names, and always what shares remember of their neighbours.
    pub fn of_shares(settings: &Settings) -> Self {
        let mut keys = settings.admin_only_metadata.to_vec();
        keys.extend(Affinity::ALL.map(|affinity| affinity.metadata_key().to_owned()));
        Reserved { keys, rule: "share:update_admin_only_metadata" }
    }

    /// Of export locations: what the configuration names.
    pub fn of_exports(settings: &Settings) -> Self {
        let keys = settings.admin_only_el_metadata.to_vec();
        Reserved { keys, rule: "share_export_location:update_admin_only_metadata" }
    }

    /// Of subnets: what drivers build share servers by, whatever the configuration says.
    pub fn of_subnets() -> Self {
        let keys = ADMIN_ONLY_METADATA.iter().map(|key| (*key).to_owned()).collect();
        Reserved { keys, rule: "manilad:update_admin_only_subnet_metadata" }
    }

    /// Of things whose metadata means nothing to anybody but their owners: access rules.
    pub const fn none() -> Self {
        Reserved { keys: Vec::new(), rule: "" }
    }

    pub fn has(&self, key: &str) -> bool {
        self.keys.iter().any(|reserved| reserved == key)
    }

    /// Lets only those touch reserved ones among `keys` whom the rule allows it.
    ///
    /// # Errors
    /// Forbidden, naming the rule.
    pub fn check<'k>(
        &self,
        call: &Call,
        mut keys: impl Iterator<Item = &'k String>,
        owner: Owner<'_>,
    ) -> Result<(), Fault> {
        if keys.any(|key| self.has(key)) { call.require(self.rule, owner) } else { Ok(()) }
    }

    #[cfg(test)]
    pub fn only(key: &str) -> Self {
        Reserved { keys: vec![key.to_owned()], rule: "" }
    }
}
