//! Making, describing and removing QoS types.

use manilad_decisions::qos_type;
use manilad_domain::{Fault, QosType, QosTypeId};
use manilad_store::Shared;

use super::body::{DescribeQosType, NewQosType};
use crate::call::Call;

pub async fn create(call: Call, wish: NewQosType) -> Result<Shared<QosType>, Fault> {
    let one = QosType {
        id: call.app.clock.id().into(),
        name: wish.name.0,
        description: wish.description.map(|label| label.0),
        specs: wish.specs.map(|specs| specs.0).unwrap_or_default(),
        created_at: call.now(),
        updated_at: None,
    };
    call.decide("create QoS type", move |draft| qos_type::create(draft, one)).await.map(Shared::from)
}

pub async fn describe(call: Call, wish: DescribeQosType) -> Result<Shared<QosType>, Fault> {
    let (id, now) = (id(&call)?, call.now());
    let description = wish.description.map(|description| description.map(|label| label.0));
    let described =
        call.decide("update QoS type", move |draft| qos_type::describe(draft, id, description, now)).await?;
    Ok(described.into())
}

pub async fn delete(call: Call) -> Result<(), Fault> {
    let id = id(&call)?;
    call.decide_freeing("delete QoS type", move |draft| qos_type::delete(draft, id)).await
}

/// The QoS type that the path names.
///
/// # Errors
/// Missing for what can be no id.
pub fn id(call: &Call) -> Result<QosTypeId, Fault> {
    call.id("id", "QoS type")
}
