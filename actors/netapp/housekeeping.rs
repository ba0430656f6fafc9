//! What could not be removed when its share went, removed later: volumes with clones, export policies and QoS policies
//! in use, which were put away under another name.
//!
//! The name is the one that Manila's own driver uses, so what it left behind goes too. How to get it wrong: a failure
//! here that keeps pools from being reported, or one thing that can't go yet and holds up the others. Source:
//! operations.md §0.6.

use std::time::Duration;

use manilad_ontap::{Client, Error, Scope, export_policy, qos, volume};

use crate::array::{Array, Known};

/// How often it is looked.
pub const EVERY: Duration = Duration::from_secs(600);
/// How long one round may take; what is not done then is done in the next.
const PATIENCE: Duration = Duration::from_secs(20);
pub const PUT_AWAY: &str = "deleted_manila_";
/// Characters that the name of a QoS policy may have.
pub const LONGEST_QOS: usize = 127;
/// Characters that the name of a volume or of an export policy may have.
pub const LONGEST: usize = 203;

/// The name, of so many characters at most, of what is to go later.
pub fn put_away(name: &str, longest: usize) -> String {
    format!("{PUT_AWAY}{name}").chars().take(longest).collect()
}

/// One round. What fails is tried again in the next.
pub async fn tidy(array: &Array, known: &Known) {
    let (client, svm) = (known.client.within(PATIENCE), array.settings.svm());
    // Volumes first: what they use is free once they are gone.
    array.tell_tidied("volumes", volumes(&client, svm).await);
    array.tell_tidied("export policies", export_policies(&client, svm).await);
    if known.facts.scope == Scope::Cluster {
        array.tell_tidied("QoS policies", qos_policies(&client, svm).await);
    }
}

impl Array {
    fn tell_tidied(&self, things: &str, outcome: Result<usize, Error>) {
        let service = &self.service;
        match outcome {
            Ok(0) => {}
            Ok(removed) => tracing::info!(service, things, removed, "what shares left behind is removed"),
            Err(error) if error.lacks_privilege() => {}
            Err(error) => {
                tracing::warn!(service, things, why = error.told(), "what shares left behind can't be removed yet");
            }
        }
    }
}

async fn volumes(client: &Client, svm: Option<&str>) -> Result<usize, Error> {
    let mut removed = 0;
    for volume in volume::starting(client, svm, PUT_AWAY).await? {
        let outcome = async {
            if volume.state.as_deref() != Some("offline") {
                volume::offline(client, volume.uuid).await?;
            }
            volume::delete(client, volume.uuid, false).await
        };
        removed += counted(&volume.name, outcome.await);
    }
    Ok(removed)
}

async fn export_policies(client: &Client, svm: Option<&str>) -> Result<usize, Error> {
    let mut removed = 0;
    for policy in export_policy::starting(client, svm, PUT_AWAY).await? {
        removed += counted(&policy.name, export_policy::delete(client, policy.id).await);
    }
    Ok(removed)
}

async fn qos_policies(client: &Client, svm: Option<&str>) -> Result<usize, Error> {
    let mut removed = 0;
    for policy in qos::starting(client, svm, PUT_AWAY).await? {
        removed += counted(&policy.name, qos::delete(client, policy.uuid).await);
    }
    Ok(removed)
}

/// 1 if it went.
fn counted(name: &str, outcome: Result<(), Error>) -> usize {
    if let Err(error) = &outcome {
        tracing::debug!(name, why = error.told(), "it stays until a later round");
    }
    usize::from(outcome.is_ok())
}
