//! What could not be removed when its share went, removed later: volumes and snapshots with clones, export policies and QoS policies
//! in use, which were put away under another name.
//!
//! The name is the one that Manila's own driver uses, so the name alone says nothing: a volume must carry our mark, a policy,
//! which can't carry one, a whole name of ours, and either must be in an SVM of ours. How to get it wrong: a failure here that
//! keeps pools from being reported, or one thing that can't go yet and holds up the others. Source: operations.md §0.6.

use std::cell::Cell;
use std::collections::HashMap;
use std::time::Duration;

use manilad_clock::{Clock, Uuid};
use manilad_ontap::{Client, Error, Named, Scope, export_policy, qos, snapshot, svm, volume};

use crate::array::Array;
use crate::in_flight;
use crate::naming::{self, PUT_AWAY, Template, before_put_away};
use crate::server::names;
use crate::session::Session;
use crate::share::uuid_of_svm;

/// How often it is looked.
const EVERY: Duration = Duration::from_secs(600);
/// How long one round may take; what is not done then is done in the next.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why nobody remembers removals without an answer.
const WHY_NOT_NOTED: &str = "each takes away by its key what no share has any more";

/// When left-overs are looked for.
pub struct Schedule {
    clock: Clock,
    /// Running time.
    next: Cell<Duration>,
}

impl Schedule {
    pub fn new(clock: &Clock) -> Self {
        Schedule { clock: clock.clone(), next: Cell::new(clock.running() + EVERY) }
    }

    /// Whether it is time to look; if so, the next time is counted from here.
    pub fn is_due(&self) -> bool {
        let now = self.clock.running();
        let is_due = now >= self.next.get();
        if is_due {
            self.next.set(now + EVERY);
        }
        is_due
    }
}

/// One round. What fails is tried again in the next.
pub async fn tidy(array: &Array, session: &Session) {
    let client = session.client.within(PATIENCE);
    let own = match Own::look(&client, array.settings.svm()).await {
        Ok(own) => own,
        Err(error) => return array.tell_tidied("SVMs", Err(error)),
    };
    if !array.screenings.is_begun.replace(true) {
        // An earlier incarnation may have been killed while it changed them.
        array.screenings.suspect(own.uuids(session));
    }
    in_flight::without_note(WHY_NOT_NOTED, async {
        // Volumes first: what they use is free once they are gone.
        array.tell_tidied("volumes", volumes(&client, &own).await);
        array.tell_tidied("snapshots", snapshots(&client, &own).await);
        array.tell_tidied("export policies", export_policies(&client, &own).await);
        if session.facts.scope == Scope::Cluster {
            array.tell_tidied("QoS policies", qos_policies(&client, &own, &array.templates.qos).await);
        }
    })
    .await;
}

/// The SVMs in which shares of ours live.
enum Own<'a> {
    Configured(&'a str),
    /// Those with the mark of a share server.
    Servers(HashMap<String, Uuid>),
}

impl<'a> Own<'a> {
    async fn look(client: &Client, configured: Option<&'a str>) -> Result<Self, Error> {
        let Some(svm) = configured else {
            let all = svm::all(client).await?;
            let marked = all.into_iter().filter(names::is_marked);
            return Ok(Own::Servers(marked.map(|svm| (svm.name, svm.uuid)).collect()));
        };
        Ok(Own::Configured(svm))
    }

    /// To narrow a search by.
    fn configured(&self) -> Option<&str> {
        match self {
            Own::Configured(svm) => Some(svm),
            Own::Servers(_) => None,
        }
    }

    fn has(&self, svm: Option<&str>) -> bool {
        match self {
            Own::Configured(own) => svm == Some(own),
            Own::Servers(all) => svm.is_some_and(|svm| all.contains_key(svm)),
        }
    }

    fn uuids(&self, session: &Session) -> Vec<Uuid> {
        match self {
            Own::Configured(_) => uuid_of_svm(session).into_iter().collect(),
            Own::Servers(all) => all.values().copied().collect(),
        }
    }

    fn has_named(&self, svm: &Named) -> bool {
        self.has(svm.name.as_deref())
    }
}

impl Array {
    fn tell_tidied(&self, things: &str, outcome: Result<usize, Error>) {
        let service = &self.service;
        match outcome {
            Ok(0) => {}
            Ok(removed) => tracing::info!(service, things, removed, "leftovers of deleted shares were removed"),
            Err(error) if error.lacks_privilege() => {}
            Err(error) => {
                tracing::warn!(
                    service,
                    things,
                    why = error.message(),
                    "leftovers of deleted shares can't be removed yet"
                );
            }
        }
    }
}

/// Removes the volumes of an SVM of ours that were put away and that nothing stands on any more.
pub async fn remove_put_away(client: &Client, svm: &str) -> Result<usize, Error> {
    in_flight::without_note(WHY_NOT_NOTED, volumes(client, &Own::Configured(svm))).await
}

async fn volumes(client: &Client, own: &Own<'_>) -> Result<usize, Error> {
    let mut removed = 0;
    let mut all = volume::starting(client, own.configured(), PUT_AWAY).await?;
    all.retain(|volume| own.has(volume.svm.as_deref()) && naming::owner_of(volume).is_some());
    for volume in all {
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

/// Those that a clone still stands on stay.
async fn snapshots(client: &Client, own: &Own<'_>) -> Result<usize, Error> {
    let mut removed = 0;
    let mut all = snapshot::starting(client, own.configured(), PUT_AWAY).await?;
    all.retain(|one| {
        own.has_named(&one.svm) && naming::is_of_snapshot(before_put_away(&one.name)) && !one.has_clones()
    });
    for snapshot in all {
        let Some(volume) = snapshot.volume.uuid else { continue };
        removed += counted(&snapshot.name, snapshot::delete(client, volume, snapshot.uuid).await);
    }
    Ok(removed)
}

async fn export_policies(client: &Client, own: &Own<'_>) -> Result<usize, Error> {
    let mut removed = 0;
    let mut all = export_policy::starting(client, own.configured(), PUT_AWAY).await?;
    all.retain(|policy| own.has_named(&policy.svm) && naming::owner_of_policy(before_put_away(&policy.name)).is_some());
    for policy in all {
        removed += counted(&policy.name, export_policy::delete(client, policy.id).await);
    }
    Ok(removed)
}

async fn qos_policies(client: &Client, own: &Own<'_>, template: &Template) -> Result<usize, Error> {
    let mut removed = 0;
    let mut all = qos::starting(client, own.configured(), PUT_AWAY).await?;
    all.retain(|policy| own.has_named(&policy.svm) && template.made(before_put_away(&policy.name)));
    for policy in all {
        removed += counted(&policy.name, qos::delete(client, policy.uuid).await);
    }
    Ok(removed)
}

/// 1 if it went.
fn counted(name: &str, outcome: Result<(), Error>) -> usize {
    if let Err(error) = &outcome {
        tracing::debug!(name, why = error.message(), "it stays until a later round");
    }
    usize::from(outcome.is_ok())
}
