//! `[keystone_authtoken]`: who validates tokens, and as whom the daemon asks.

use crate::opt::Kind::{Bool, Enum, List, Secret, Str};
use crate::opt::{Group, int, opt, unset};

const IN_MEMORY: &str = "validated tokens are cached in memory";

const AT_AUTH_URL: &str = "tokens are validated at auth_url, whatever the catalogue says";

pub static KEYSTONE_AUTHTOKEN: Group = Group {
    name: "keystone_authtoken",
    about: "The identity service, for auth_strategy = keystone.",
    options: &[
        unset("www_authenticate_uri", Str, "Identity URL that callers are sent to in the header of a 401.")
            .reload()
            .was(&[("keystone_authtoken", "auth_uri")]),
        unset("auth_url", Str, "Identity URL that the daemon asks.")
            .reload()
            .was(&[("keystone_authtoken", "identity_uri")]),
        unset(
            "auth_type",
            Enum(&["password", "v3password", "v3applicationcredential"]),
            "How the daemon proves who it is; required with keystone.",
        )
        .reload()
        .was(&[("keystone_authtoken", "auth_plugin")]),
        unset("username", Str, "The daemon's user.").was(&[("keystone_authtoken", "user_name")]).reload(),
        unset("user_id", Str, "Its id, instead of name and domain.").reload(),
        unset("password", Secret, "Its password.").reload(),
        unset("project_name", Str, "Its project.").was(&[("keystone_authtoken", "tenant_name")]).reload(),
        unset("project_id", Str, "Its project's id, instead of name and domain.").reload(),
        unset("user_domain_name", Str, "Domain of the user.").reload(),
        unset("user_domain_id", Str, "The same by id.").reload(),
        unset("project_domain_name", Str, "Domain of the project.").reload(),
        unset("project_domain_id", Str, "The same by id.").reload(),
        unset("system_scope", Str, "Set to all for a token of the whole cloud instead of a project's.").reload(),
        unset("application_credential_id", Str, "Application credential, for v3applicationcredential.").reload(),
        unset("application_credential_secret", Secret, "Its secret.").reload(),
        unset("region_name", Str, "Region whose endpoints are used.").accepted(AT_AUTH_URL),
        opt("interface", Enum(&["internal", "public", "admin"]), "internal", "Kind of endpoint that is used.")
            .accepted(AT_AUTH_URL),
        opt("token_cache_time", int(-1), "300", "Seconds that a validated token is believed; -1: not at all.").reload(),
        unset("cafile", Str, "Certificates to check the identity service with; unset: the system's.").reload(),
        unset("certfile", Str, "Certificate of the daemon.").reload(),
        unset("keyfile", Str, "Key of this certificate.").reload(),
        opt("insecure", Bool, "false", "Leaves the certificate of the identity service unchecked.").reload(),
        opt("service_token_roles", List, "service", "Roles that make a token a service's.").reload(),
        opt(
            "service_token_roles_required",
            Bool,
            "false",
            "Whether a service's token counts only with one of these roles.",
        )
        .reload(),
        unset("http_connect_timeout", int(1), "Seconds to reach the identity service; unset: the daemon's own bound.")
            .reload(),
        opt("http_request_max_retries", int(0), "3", "How often a failed validation is tried again.").reload(),
        opt("delay_auth_decision", Bool, "false", "Let requests without a token through.")
            .refused("nothing behind would stop them"),
        unset("memcached_servers", List, "Cache of validated tokens.").accepted(IN_MEMORY),
        unset("memcache_security_strategy", Str, "Protection of that cache.").accepted(IN_MEMORY),
        unset("memcache_secret_key", Secret, "Key of that protection.").accepted(IN_MEMORY),
        unset("auth_version", Str, "Version of the identity API.").accepted("it is version 3"),
        unset("service_type", Str, "Type of this service, for access rules of application credentials.")
            .accepted("it is share"),
    ],
};
