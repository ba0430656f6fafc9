//! Having the shares of a back end ensured: each is brought to what it should be on the array.

use std::time::Duration;

use manilad_decisions::{ensuring, service};
use manilad_domain::service::{Binary, Service};
use manilad_domain::{Fault, Microversion, span};
use serde_json::{Map, Value};

use crate::body::{self, Body, BodyShape, Label, Member, required};
use crate::call::Call;
use crate::schema;

const HOST: Member = Member::required::<Label>("host", span!([..]));
/// The API has the member below it; its own client leaves it out.
const WRAPPER: &str = "ensure_shares";

/// Which back end.
#[derive(Debug, Clone)]
pub struct EnsureShares {
    host: String,
}

impl Body for EnsureShares {
    const SHAPE: BodyShape = BodyShape {
        members: &[HOST],
        ..BodyShape::of::<Self>("EnsureShares", "Names a back end.", &[], |shape, version| {
            let host = body::members(shape, version);
            schema::either([host.clone(), schema::open(&[WRAPPER], [(WRAPPER.to_owned(), host)])])
        })
    };

    fn read(body: &Value, version: Microversion) -> Result<Self, Fault> {
        let none = Map::new();
        let members = body.get(WRAPPER).unwrap_or(body).as_object().unwrap_or(&none);
        Ok(EnsureShares { host: required::<Label>(members, HOST, version)?.0 })
    }
}

pub async fn ensure(call: Call, wish: EnsureShares) -> Result<(), Fault> {
    let EnsureShares { host } = wish;
    if call.app.store.get::<Service>(&Service::key_of(Binary::Share, &host))?.is_none() {
        return Err(service::no_service(Binary::Share.name(), &host));
    }
    if !call.app.presence.is_up(&host, Duration::from_secs(call.app.settings.service_down_time)) {
        return Err(Fault::conflict(format!("Back end {host} is down, so its shares can't be ensured.")));
    }
    let request_id = call.cause().request_id;
    call.decide("ensure shares", move |draft| ensuring::ask(draft, &host, &request_id)).await
}
