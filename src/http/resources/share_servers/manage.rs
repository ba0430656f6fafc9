//! Taking over a share server that is on the array already. Source: resources.md §9.
//!
//! How to get it wrong: to name a pool. A server is of a back end.

use std::time::Duration;

use manilad_decisions::share_server::{self, ManagedServer};
use manilad_domain::Fault;
use serde_json::{Map, Value};

use super::list::view;
use super::view::ShareServerView;
use crate::body;
use crate::body::Wish;
use crate::call::Call;
use crate::resources::snapshots::body::Named;

body! {
    /// Takes over a share server that is on the array.
    ManageServer in "share_server" else unprocessable {
        host                    [..]     optional Named,
        share_network_id        [..]     optional Named,
        identifier              [..]     optional Named,
        driver_options          [..]     optional Map<String, Value>,
        share_network_subnet_id [2.51..] filled String,
    }
}

pub async fn manage(call: Call, wish: ManageServer) -> Result<ShareServerView, Fault> {
    let asked = asked(&call, wish)?;
    share_server::to_manage(&call.app.store, &asked, call.now())?;
    if !call.app.presence.is_up(&asked.service, Duration::from_secs(call.app.settings.service_down_time)) {
        return Err(Fault::invalid(format!("Back end {} is down.", asked.service)));
    }
    let cause = call.cause();
    let server = call.decide("manage share server", move |draft| share_server::manage(draft, &asked, &cause)).await?;
    let snapshot = call.app.store.snapshot()?;
    Ok(view(&snapshot, server.into())?)
}

/// What the wish comes to, with a fresh id.
fn asked(call: &Call, wish: ManageServer) -> Result<ManagedServer, Fault> {
    let named = |name: Option<Named>, member| {
        let missing = || Fault::invalid(format!("Member {member:?} must be {}.", <Named as Wish>::EXPECTED));
        name.and_then(|name| name.0).ok_or_else(missing)
    };
    let service = named(wish.host, "host")?;
    let network = named(wish.share_network_id, "share_network_id")?;
    let identifier = named(wish.identifier, "identifier")?;
    if service.contains('#') {
        return Err(Fault::invalid("Member \"host\" must be a back end, host@backend, and no pool of one."));
    }
    if wish.driver_options.is_some_and(|options| !options.is_empty()) {
        return Err(Fault::invalid(
            "Member \"driver_options\" must be empty: no driver takes options for a share server.",
        ));
    }
    Ok(ManagedServer {
        id: call.app.clock.id().into(),
        service,
        network,
        subnet: wish.share_network_subnet_id,
        identifier,
    })
}
