//! QoS types and their specs: made by administrators, named by share types. Source: resources.md §19.
//!
//! How to get it wrong: to show them to their owner only; they are of no project, and every reader sees all.

pub mod body;
mod change;
mod list;
mod specs;
mod view;

use body::{DescribeQosType, NewQosSpecs, NewQosType, QosSpec};
use change::{create, delete, describe};
use list::{LISTED, list, show};
use specs::{add as add_specs, index as index_specs, remove as remove_spec, set as set_spec, show as show_spec};
use specs::{bare, wrapped};
use view::QOS_TYPE;

crate::routes! {
    GET    "/qos-types"      [2.94..] "qos_type:index"  => list ? LISTED             -> 200 many QOS_TYPE;
    POST   "/qos-types"      [2.94..] "qos_type:create" => create(NewQosType)        -> 200 one QOS_TYPE;
    GET    "/qos-types/{id}" [2.94..] "qos_type:show"   => show                      -> 200 one QOS_TYPE;
    PUT    "/qos-types/{id}" [2.94..] "qos_type:update" => describe(DescribeQosType) -> 200 one QOS_TYPE;
    DELETE "/qos-types/{id}" [2.94..] "qos_type:delete" => delete                    -> 204;
    GET    "/qos-types/{id}/specs"       [2.94..] "qos_type_specs:index"  => index_specs            -> 200 json wrapped;
    POST   "/qos-types/{id}/specs"       [2.94..] "qos_type_specs:create" => add_specs(NewQosSpecs) -> 200 json wrapped;
    GET    "/qos-types/{id}/specs/{key}" [2.94..] "qos_type_specs:show"   => show_spec              -> 200 json bare;
    PUT    "/qos-types/{id}/specs/{key}" [2.94..] "qos_type_specs:update" => set_spec(QosSpec)      -> 200 json bare;
    DELETE "/qos-types/{id}/specs/{key}" [2.94..] "qos_type_specs:delete" => remove_spec            -> 204;
}
