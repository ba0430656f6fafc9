//! What clients say about share transfers.

use manilad_clock::Uuid;
use manilad_domain::Secret;

use crate::body;
use crate::body::{Flag, Label};

body! {
    /// Offers a share to whoever has the key of the answer.
    NewTransfer in "transfer" else invalid {
        share_id [..] required Uuid,
        name     [..] optional Label,
    }

    /// Takes a share that is offered.
    AcceptTransfer in "accept" else invalid {
        auth_key           [..] required Secret,
        clear_access_rules [..] optional Flag,
    }
}
