//! Share types and their extra specs. Source: resources.md §10.

pub mod body;
pub mod change;
mod list;
mod specs;
pub mod view;

use body::{NewSpecs, NewType, SpecValue, UpdateType};
use change::{create, delete, update};
use list::{LISTED, default, list, show};
use specs::{add as add_specs, index as index_specs, remove as remove_spec, set as set_spec, show as show_spec};
use specs::{bare, bare_echo, echoed, wrapped};
use view::TYPE;

crate::routes! {
    GET    "/types"         [..]    "share_type:index"   => list ? LISTED      -> 200 many TYPE;
    POST   "/types"         [..]    "share_type:create"  => create(NewType)    -> 200 one TYPE;
    GET    "/types/default" [..]    "share_type:default" => default            -> 200 one TYPE;
    GET    "/types/{id}"    [..]    "share_type:show"    => show               -> 200 one TYPE;
    PUT    "/types/{id}"    [2.50..] "share_type:update" => update(UpdateType) -> 200 one TYPE;
    DELETE "/types/{id}"    [..]    "share_type:delete"  => delete             -> 202;
    GET    "/types/{id}/extra_specs"       [..] "share_types_extra_spec:index"  => index_specs         -> 200 json wrapped;
    POST   "/types/{id}/extra_specs"       [..] "share_types_extra_spec:create" => add_specs(NewSpecs) -> 200 json echoed;
    GET    "/types/{id}/extra_specs/{key}" [..] "share_types_extra_spec:show"   => show_spec           -> 200 json bare;
    PUT    "/types/{id}/extra_specs/{key}" [..] "share_types_extra_spec:update" => set_spec(SpecValue) -> 200 json bare_echo;
    DELETE "/types/{id}/extra_specs/{key}" [..] "share_types_extra_spec:delete" => remove_spec         -> 202;
}
