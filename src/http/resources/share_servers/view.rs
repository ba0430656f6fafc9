//! How share servers are shown.

use manilad_domain::{ShareServer, ShareServerId};
use manilad_store::Shared;

use crate::view;

/// A server with the name of its network, where that has one and is still there.
pub struct ShareServerView {
    pub server: Shared<ShareServer>,
    pub network_name: Option<String>,
}

const NONE: Option<ShareServerId> = None;

view! {
    /// A share server; lists leave out what only its back end understands.
    SHARE_SERVER = "share_server" / "share_servers" of seen: ShareServerView, seen by viewer {
        "id"                                [..]         uuid           => seen.server.id,
        "project_id"                        [..]         string         => seen.server.project_id,
        "updated_at"                        [..]         stamp or null  => seen.server.updated_at,
        "status"                            [..]         string         => seen.server.status,
        "host"                              [..]         string         => seen.server.service,
        "share_network_name"                [..]         string         => seen.network(),
        "share_network_id"                  [..]         uuid           => seen.server.share_network_id,
        "is_auto_deletable"                 [2.49..]     bool           => seen.server.is_auto_deletable,
        "identifier"                        [2.49..]     string         => seen.server.identifier,
        "share_network_subnet_id"           [2.51..=2.69] uuid or null  => seen.server.subnets.first().map(|subnet| subnet.id),
        "task_state"                        [2.57..]     string or null => seen.server.task_state,
        "source_share_server_id"            [2.57..]     uuid or null   => NONE,
        "security_service_update_support"   [2.63..]     bool           => seen.server.abilities.security_service_update,
        "share_network_subnet_ids"          [2.70..]     strings        => seen.server.subnets.iter().map(|subnet| subnet.id).collect::<Vec<_>>(),
        "network_allocation_update_support" [2.70..]     bool           => seen.server.abilities.network_allocation_update,
        "encryption_key_ref"                [2.90..]     uuid or null   => NONE,
        "created_at"                        [..]         stamp for Single => seen.server.created_at,
        "backend_details"                   [..]         texts for Single => seen.server.details,
    }
}

impl ShareServerView {
    /// The network's name, or else its id.
    pub fn network(&self) -> String {
        self.network_name.clone().unwrap_or_else(|| self.server.share_network_id.to_string())
    }
}
