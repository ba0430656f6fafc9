//! Access rules: who may reach a share. Source: resources.md §2.

pub mod body;
mod change;
mod list;
pub mod view;

use body::{AllowAccess, AnyBody, DenyAccess, UpdateAccess};
use change::{allow, delete_metadata, deny, update, update_metadata};
use list::{LISTED, list_of_share, list_rules, show};
use view::ACCESS;

use crate::resources::metadata::{Given, entries};

crate::routes! {
    ACTION "/shares/{id}" "os-allow_access" [..=2.6]     "share:allow_access"   => allow(AllowAccess)     -> 200 one ACCESS;
    ACTION "/shares/{id}" "allow_access"    [2.7..]      "share:allow_access"   => allow(AllowAccess)     -> 200 one ACCESS;
    ACTION "/shares/{id}" "os-deny_access"  [..=2.6]     "share:deny_access"    => deny(DenyAccess)       -> 202;
    ACTION "/shares/{id}" "deny_access"     [2.7..]      "share:deny_access"    => deny(DenyAccess)       -> 202;
    ACTION "/shares/{id}" "os-access_list"  [..=2.6]     "share:access_get_all" => list_of_share(AnyBody) -> 200 many ACCESS;
    ACTION "/shares/{id}" "access_list"     [2.7..=2.44] "share:access_get_all" => list_of_share(AnyBody) -> 200 many ACCESS;
    GET    "/share-access-rules"                      [2.45..] "share_access_rule:index"      => list_rules ? LISTED    -> 200 many ACCESS;
    GET    "/share-access-rules/{id}"                 [2.45..] "share_access_rule:get"        => show                   -> 200 one ACCESS;
    PUT    "/share-access-rules/{id}"                 [2.88..] "share_access_rule:update"     => update(UpdateAccess)   -> 200 one ACCESS;
    PUT    "/share-access-rules/{id}/metadata"        [2.45..] "share_access_metadata:update" => update_metadata(Given) -> 200 json entries;
    DELETE "/share-access-rules/{id}/metadata/{key}"  [2.45..] "share_access_metadata:delete" => delete_metadata        -> 200;
}
