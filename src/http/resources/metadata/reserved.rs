//! Metadata keys that are reserved for administrators, and the rule that says who else may touch them.
//!
//! Every way in which metadata comes asks here, creation too. How to get it wrong: to reserve a key for changes only, so
//! that a tenant brings it along with the thing itself; or to leave it to the configuration whether tenants can write
//! what the scheduler or a driver heeds.

use manilad_domain::Fault;
use manilad_domain::hints::Affinity;
use manilad_domain::metadata::{Entries, MetadataChange};
use manilad_domain::subnet::ADMIN_ONLY_METADATA;

use crate::app::Settings;
use crate::body::Metadata;
use crate::call::Call;
use crate::identity::Owner;

/// The reserved keys of a kind of thing.
#[derive(Debug, Clone)]
pub struct Reserved {
    pub keys: Vec<String>,
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

    /// Lets only those touch reserved keys whom the rule allows it.
    ///
    /// # Errors
    /// Forbidden, naming the rule.
    pub fn check(&self, call: &Call, change: &MetadataChange, owner: Owner<'_>) -> Result<(), Fault> {
        match change.keys().into_iter().any(|key| self.keys.contains(key)) {
            true => call.require(self.rule, owner),
            false => Ok(()),
        }
    }
}

/// The entries that a thing of the caller's is created with.
///
/// # Errors
/// As [`Reserved::check`] and [`MetadataChange::apply`].
pub fn initial(call: &Call, reserved: &Reserved, given: Option<Metadata>) -> Result<Entries, Fault> {
    let (change, mut entries) =
        (MetadataChange::Merge(given.map(|metadata| metadata.0).unwrap_or_default()), Entries::new());
    reserved.check(call, &change, Owner::Own)?;
    change.apply(&mut entries, &reserved.keys)?;
    Ok(entries)
}
