//! Share networks, with the security services that they have. Source: resources.md §7.

pub mod body;
mod change;
mod filter;
mod find;
mod list;
#[cfg(test)]
pub mod samples;
pub mod services;
mod view;

use body::{
    AddSecurityService, CheckAddition, CheckSwap, NewShareNetwork, RemoveSecurityService, ResetNetworkStatus,
    SwapServices, UpdateShareNetwork,
};
use change::{create, delete, reset_status, update};
use filter::LISTED;
pub use find::{find, owner, shows_segments};
use list::{list, show};
use services::{add, answered, check_addition, check_swap, remove, swap};
use view::{SHARE_NETWORK, SHARE_NETWORK_BRIEF};

crate::routes! {
    GET    "/share-networks"        [..] "share_network:index"  => list ? LISTED                     -> 200 many SHARE_NETWORK_BRIEF;
    GET    "/share-networks/detail" [..] "share_network:detail" => list ? LISTED                     -> 200 many SHARE_NETWORK;
    POST   "/share-networks"        [..] "share_network:create" => create(NewShareNetwork)    -> 200 one SHARE_NETWORK;
    GET    "/share-networks/{id}"   [..] "share_network:show"   => show                       -> 200 one SHARE_NETWORK;
    PUT    "/share-networks/{id}"   [..] "share_network:update" => update(UpdateShareNetwork) -> 200 one SHARE_NETWORK;
    DELETE "/share-networks/{id}"   [..] "share_network:delete" => delete                     -> 202;
    ACTION "/share-networks/{id}" "reset_status" [2.63..] "share_network:reset_status" => reset_status(ResetNetworkStatus) -> 202;
    ACTION "/share-networks/{id}" "add_security_service"    [..] "share_network:add_security_service"    => add(AddSecurityService)       -> 200 one SHARE_NETWORK;
    ACTION "/share-networks/{id}" "remove_security_service" [..] "share_network:remove_security_service" => remove(RemoveSecurityService) -> 200 one SHARE_NETWORK;
    ACTION "/share-networks/{id}" "update_security_service" [2.63..] "share_network:update_security_service" => swap(SwapServices) -> 202 one SHARE_NETWORK;
    ACTION "/share-networks/{id}" "add_security_service_check"    [2.63..] "share_network:add_security_service_check"    => check_addition(CheckAddition) -> 202 json answered;
    ACTION "/share-networks/{id}" "update_security_service_check" [2.63..] "share_network:update_security_service_check" => check_swap(CheckSwap)         -> 202 json answered;
}
