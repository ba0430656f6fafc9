//! QoS policies. None can be made here, so there are none.

use serde_json::Value;

use crate::rest::ask::Ask;
use crate::rest::code::Refusal;
use crate::rest::noun::{Noun, flag, integer, text};
use crate::rest::route::{Endpoint, collection};
use crate::state::State;

pub static QOS_POLICY: Noun = Noun {
    name: "uuid",
    instance: "/api/storage/qos/policies/{uuid}",
    fields: &[
        text("uuid").key(),
        text("name").key(),
        text("svm.name"),
        text("svm.uuid"),
        integer("object_count"),
        integer("fixed.max_throughput_iops"),
        integer("fixed.max_throughput_mbps"),
        integer("fixed.min_throughput_iops"),
        integer("fixed.min_throughput_mbps"),
        flag("fixed.capacity_shared"),
        integer("adaptive.peak_iops"),
        integer("adaptive.expected_iops"),
        integer("adaptive.absolute_min_iops"),
        text("adaptive.block_size"),
        text("adaptive.peak_iops_allocation"),
        text("adaptive.expected_iops_allocation"),
    ],
    order: &["svm.name", "name"],
    narrowed: None,
    list,
};

pub static ENDPOINTS: &[Endpoint] = &[collection("/api/storage/qos/policies", &QOS_POLICY)];

fn list(_: &State, _: &Ask) -> Result<Vec<Value>, Refusal> {
    Ok(Vec::new())
}
