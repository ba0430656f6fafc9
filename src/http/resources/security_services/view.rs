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
    SECURITY_SERVICE_BRIEF = "security_service" / "security_services" of seen: SecurityServiceView, seen by viewer {
        "id"     [..] uuid           => seen.service.id,
        "name"   [..] string or null => seen.service.name,
        "type"   [..] string         => seen.service.directory,
        "status" [..] string         => SecurityService::STATUS,
    }

    /// A security service in full.
    SECURITY_SERVICE = "security_service" / "security_services" of seen: SecurityServiceView, seen by viewer {
        "id"              [..]     uuid           => seen.service.id,
        "name"            [..]     string or null => seen.service.name,
        "type"            [..]     string         => seen.service.directory,
        "status"          [..]     string         => SecurityService::STATUS,
        "created_at"      [..]     stamp          => seen.service.created_at,
        "updated_at"      [..]     stamp or null  => seen.service.updated_at,
        "description"     [..]     string or null => seen.service.description,
        "dns_ip"          [..]     string or null => seen.service.dns_ip,
        "server"          [..]     string or null => seen.service.server,
        "domain"          [..]     string or null => seen.service.domain,
        "user"            [..]     string or null => seen.service.user,
        "password"        [..]     string or null => seen.service.password,
        "project_id"      [..]     string         => seen.service.project_id,
        "ou"              [2.44..] string or null => seen.service.ou,
        "default_ad_site" [2.76..] string or null => seen.service.default_ad_site,
        "share_networks"  [..]     strings for Listed => seen.share_networks,
    }
}
