//! What could not be removed when its share went, removed later: QoS policies that were put away under another name.
//!
//! The name is the one that Manila's own driver uses, so what it left behind goes too. How to get it wrong: a failure
//! here that keeps pools from being reported. Source: operations.md §0.6.

use std::time::Duration;

use manilad_ontap::{Error, Scope, qos};

use crate::array::{Array, Known};

/// How often it is looked.
pub const EVERY: Duration = Duration::from_secs(600);
/// How long one round may take; what is not done then is done in the next.
const PATIENCE: Duration = Duration::from_secs(20);
const PUT_AWAY: &str = "deleted_manila_";
/// Characters that a QoS policy's name may have.
const LONGEST: usize = 127;

/// The name of what is to go later.
pub fn put_away(name: &str) -> String {
    format!("{PUT_AWAY}{name}").chars().take(LONGEST).collect()
}

/// One round. What fails is tried again in the next.
pub async fn tidy(array: &Array, known: &Known) {
    if known.facts.scope != Scope::Cluster {
        return;
    }
    let service = &array.service;
    match policies(array, known).await {
        Ok(0) => {}
        Ok(removed) => tracing::info!(service, removed, "QoS policies of shares that went are removed"),
        Err(error) if error.lacks_privilege() => {}
        Err(error) => {
            tracing::warn!(service, why = error.told(), "QoS policies of shares that went can't be removed yet")
        }
    }
}

/// How many went. One that is still in use does not hold up the others.
async fn policies(array: &Array, known: &Known) -> Result<usize, Error> {
    let client = known.client.within(PATIENCE);
    let mut removed = 0;
    for policy in qos::starting(&client, &array.settings.vserver, PUT_AWAY).await? {
        match qos::delete(&client, policy.uuid).await {
            Ok(()) => removed += 1,
            Err(error) => tracing::debug!(policy = policy.name, why = error.told(), "a QoS policy stays for now"),
        }
    }
    Ok(removed)
}
