//! Share transfers: a project offers a share, and another one takes it with a key. Source: resources.md §17.
//!
//! How to get it wrong: to look for a transfer that is to be accepted as for one that is shown; who accepts it knows its id
//! and its key, and is of another project.

pub mod body;
mod change;
mod list;
mod view;

use body::{AcceptTransfer, NewTransfer};
use change::{accept, create, delete};
use list::{LISTED, list, show};
use view::{TRANSFER, TRANSFER_BRIEF, TRANSFER_WITH_KEY};

crate::routes! {
    GET    "/share-transfers"        [2.77..] "share_transfer:get_all" => list ? LISTED       -> 200 many TRANSFER_BRIEF;
    GET    "/share-transfers/detail" [2.77..] "share_transfer:get_all" => list ? LISTED       -> 200 many TRANSFER;
    POST   "/share-transfers"        [2.77..] "share_transfer:create"  => create(NewTransfer) -> 202 one TRANSFER_WITH_KEY;
    GET    "/share-transfers/{id}"   [2.77..] "(none)"                 => show                -> 200 one TRANSFER;
    DELETE "/share-transfers/{id}"   [2.77..] "share_transfer:delete"  => delete              -> 200;
    POST   "/share-transfers/{id}/accept" [2.77..] "share_transfer:accept" => accept(AcceptTransfer) -> 202;
}
