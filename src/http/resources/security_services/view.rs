//! How security services are shown. The password is shown in clear, to whoever may see the service: the API promises it.

use manilad_domain::SecurityService;
use manilad_store::Shared;

use crate::view;

/// A service with the ids of the share networks that use it; only lists tell them.
pub struct SecurityServiceView {
    pub service: Shared<SecurityService>,
    pub share_networks: Vec<String>,
}

view! {
    /// A security service by name.
    SECURITY_SERVICE_BRIEF = "security_service" / "security_services" of view: SecurityServiceView, seen by viewer {
        "id"     [..] uuid           => view.service.id,
        "name"   [..] string or null => view.service.name,
        "type"   [..] string         => view.service.directory,
        "status" [..] string         => SecurityService::STATUS,
    }

    /// A security service in full.
    SECURITY_SERVICE = "security_service" / "security_services" of view: SecurityServiceView, seen by viewer {
        "id"              [..]     uuid           => view.service.id,
        "name"            [..]     string or null => view.service.name,
        "type"            [..]     string         => view.service.directory,
        "status"          [..]     string         => SecurityService::STATUS,
        "created_at"      [..]     stamp          => view.service.created_at,
        "updated_at"      [..]     stamp or null  => view.service.updated_at,
        "description"     [..]     string or null => view.service.description,
        "dns_ip"          [..]     string or null => view.service.dns_ip,
        "server"          [..]     string or null => view.service.server,
        "domain"          [..]     string or null => view.service.domain,
        "user"            [..]     string or null => view.service.user,
        "password"        [..]     string or null => view.service.password,
        "project_id"      [..]     string         => view.service.project_id,
        "ou"              [2.44..] string or null => view.service.ou,
        "default_ad_site" [2.76..] string or null => view.service.default_ad_site,
        "share_networks"  [..]     strings for Listed => view.share_networks,
    }
}
