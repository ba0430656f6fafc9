//! What the configuration has of services and availability zones is recorded when the daemon starts.

use manilad_clock::Clock;
use manilad_decisions::service::{self, Part};
use manilad_domain::Stamp;
use manilad_store::{Error, Failed, Store};

/// Records the parts and their zones.
///
/// # Errors
/// What the store meets with.
pub async fn register(store: &Store, clock: &Clock, parts: Vec<Part>) -> Result<(), Failed<Error>> {
    let now: Stamp = clock.now().into();
    let parts: Vec<_> = parts.into_iter().map(|part| (part, clock.id().into())).collect();
    let request_id = format!("req-{}", clock.id());
    store.commit("register services", move |draft| service::register(draft, parts, &request_id, now)).await
}
