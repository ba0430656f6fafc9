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
    SHARE_SERVER = "share_server" / "share_servers" of view: ShareServerView, seen by viewer {
        "id"                                [..]         uuid           => view.server.id,
        "project_id"                        [..]         string         => view.server.project_id,
        "updated_at"                        [..]         stamp or null  => view.server.updated_at,
        "status"                            [..]         string         => view.server.status,
        "host"                              [..]         string         => view.server.service,
        "share_network_name"                [..]         string         => view.network(),
        "share_network_id"                  [..]         uuid           => view.server.share_network_id,
        "is_auto_deletable"                 [2.49..]     bool           => view.server.is_auto_deletable,
        "identifier"                        [2.49..]     string         => view.server.identifier,
        "share_network_subnet_id"           [2.51..=2.69] uuid or null  => view.server.subnets.first().map(|subnet| subnet.id),
        "task_state"                        [2.57..]     string or null => view.server.task_state,
        "source_share_server_id"            [2.57..]     uuid or null   => NONE,
        "security_service_update_support"   [2.63..]     bool           => view.server.abilities.security_service_update,
        "share_network_subnet_ids"          [2.70..]     strings        => view.server.subnets.iter().map(|subnet| subnet.id).collect::<Vec<_>>(),
        "network_allocation_update_support" [2.70..]     bool           => view.server.abilities.network_allocation_update,
        "encryption_key_ref"                [2.90..]     uuid or null   => view.server.encryption.as_ref().map(|encryption| encryption.key),
        "created_at"                        [..]         stamp for Single => view.server.created_at,
        "backend_details"                   [..]         texts for Single => view.server.details,
    }
}

impl ShareServerView {
    /// The network's name, or else its id.
    pub fn network(&self) -> String {
        self.network_name.clone().unwrap_or_else(|| self.server.share_network_id.to_string())
    }
}
