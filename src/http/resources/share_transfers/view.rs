//! How share transfers are shown.

use manilad_domain::{Secret, ShareTransfer};
use manilad_store::Shared;

use crate::view;

/// A transfer with its key, which is told this once.
pub struct MadeTransfer {
    pub transfer: Shared<ShareTransfer>,
    pub key: Secret,
}

view! {
    /// A transfer by name.
    TRANSFER_BRIEF = "transfer" / "transfers" of transfer: Shared<ShareTransfer>, seen by viewer {
        "id"            [..] uuid           => transfer.id,
        "name"          [..] string or null => transfer.name,
        "resource_type" [..] string         => ShareTransfer::RESOURCE_TYPE,
        "resource_id"   [..] uuid           => transfer.share_id,
        "links"         [..] links          => viewer.links("share-transfers", transfer.id),
    }

    /// A transfer in full.
    TRANSFER = "transfer" / "transfers" of transfer: Shared<ShareTransfer>, seen by viewer {
        "id"                     [..] uuid           => transfer.id,
        "created_at"             [..] stamp          => transfer.created_at,
        "name"                   [..] string or null => transfer.name,
        "resource_type"          [..] string         => ShareTransfer::RESOURCE_TYPE,
        "resource_id"            [..] uuid           => transfer.share_id,
        "source_project_id"      [..] string         => transfer.source_project_id,
        "destination_project_id" [..] string or null => transfer.destination_project_id,
        "accepted"               [..] bool           => transfer.is_accepted(),
        "expires_at"             [..] stamp          => transfer.expires_at,
        "links"                  [..] links          => viewer.links("share-transfers", transfer.id),
    }

    /// A transfer as it was made, with its key, which no other answer has.
    TRANSFER_WITH_KEY = "transfer" / "transfers" of made: MadeTransfer, seen by viewer {
        "id"                     [..] uuid           => made.transfer.id,
        "created_at"             [..] stamp          => made.transfer.created_at,
        "name"                   [..] string or null => made.transfer.name,
        "resource_type"          [..] string         => ShareTransfer::RESOURCE_TYPE,
        "resource_id"            [..] uuid           => made.transfer.share_id,
        "source_project_id"      [..] string         => made.transfer.source_project_id,
        "destination_project_id" [..] string or null => made.transfer.destination_project_id,
        "accepted"               [..] bool           => made.transfer.is_accepted(),
        "expires_at"             [..] stamp          => made.transfer.expires_at,
        "links"                  [..] links          => viewer.links("share-transfers", made.transfer.id),
        "auth_key"               [..] string         => made.key.expose(),
    }
}
