//! The services of the cloud around the daemon, and those of Manila's helpers that it does without.

use super::BUILT_IN;
use crate::opt::Kind::{Bool, Enum, Secret, Str};
use crate::opt::{Group, Kind, Opt, int, opt, unset};

const ENDPOINT_TYPES: Kind = Enum(&["publicURL", "internalURL", "adminURL", "public", "internal", "admin"]);

const IN_STORE: &str = "records are kept under [manilad] store_path";

const ONE_DAEMON: &str = "one daemon has the store to itself";

const AUTH_TYPE: Opt = unset(
    "auth_type",
    Enum(&["password", "v3password", "v3applicationcredential"]),
    "How the daemon proves who it is; unset: as in [keystone_authtoken].",
);

pub static NEUTRON: Group = Group {
    name: "neutron",
    about: "The network service, for share servers on its networks.",
    options: &[
        AUTH_TYPE,
        unset("auth_url", Str, "Identity URL that the daemon asks."),
        unset("username", Str, "The daemon's user."),
        unset("password", Secret, "Its password."),
        unset("project_name", Str, "Its project."),
        unset("project_id", Str, "Its project, by its id."),
        unset("user_domain_name", Str, "Domain of the user."),
        unset("user_domain_id", Str, "Domain of the user, by its id."),
        unset("project_domain_name", Str, "Domain of the project."),
        unset("project_domain_id", Str, "Domain of the project, by its id."),
        unset("application_credential_id", Str, "Application credential, for v3applicationcredential."),
        unset("application_credential_secret", Secret, "Its secret."),
        unset("region_name", Str, "Region whose endpoint is used."),
        opt("endpoint_type", ENDPOINT_TYPES, "publicURL", "Kind of endpoint that is used."),
        unset("cafile", Str, "Certificates to check it with; unset: the system's."),
        opt("insecure", Bool, "false", "Leaves its certificate unchecked."),
        opt("timeout", int(1), "30", "Seconds that one request may take.").was(&[("neutron", "url_timeout")]),
        unset("url", Str, "Endpoint.").accepted("the catalogue tells it"),
        opt("auth_strategy", Str, "keystone", "How it is asked.").refused(BUILT_IN),
    ],
};

pub static NOVA: Group = Group {
    name: "nova",
    about: "The compute service, for share servers on a network of its own, as clouds had them before Neutron.",
    options: &[
        AUTH_TYPE,
        unset("auth_url", Str, "Identity URL that the daemon asks."),
        unset("username", Str, "The daemon's user."),
        unset("password", Secret, "Its password."),
        unset("project_name", Str, "Its project."),
        unset("project_id", Str, "Its project, by its id."),
        unset("user_domain_name", Str, "Domain of the user."),
        unset("user_domain_id", Str, "Domain of the user, by its id."),
        unset("project_domain_name", Str, "Domain of the project."),
        unset("project_domain_id", Str, "Domain of the project, by its id."),
        unset("application_credential_id", Str, "Application credential, for v3applicationcredential."),
        unset("application_credential_secret", Secret, "Its secret."),
        unset("region_name", Str, "Region whose endpoint is used."),
        opt("endpoint_type", ENDPOINT_TYPES, "publicURL", "Kind of endpoint that is used."),
        unset("cafile", Str, "Certificates to check it with; unset: the system's.")
            .was(&[("nova", "ca_certificates_file")]),
        opt("insecure", Bool, "false", "Leaves its certificate unchecked.").was(&[("nova", "api_insecure")]),
        opt("timeout", int(1), "30", "Seconds that one request may take."),
        opt("api_microversion", Str, "2.10", "Version that it is asked for.")
            .accepted("addresses need one of their own"),
    ],
};

pub static KEY_MANAGER: Group = Group {
    name: "key_manager",
    about: "Keys of encrypted share servers.",
    options: &[
        opt(
            "backend",
            Enum(&["barbican", "castellan.key_manager.barbican_key_manager.BarbicanKeyManager"]),
            "barbican",
            "Where keys are kept.",
        )
        .accepted("there is one kind of key store, and [barbican] says whether there is one"),
        unset("auth_endpoint", Str, "Identity URL that arrays ask for a key's credentials; unset: that of [barbican].")
            .was(&[("barbican", "auth_endpoint")]),
    ],
};

pub static BARBICAN: Group = Group {
    name: "barbican",
    about: "The key store, for share servers that are encrypted with keys of tenants. There is one where auth_type or auth_url is set.",
    options: &[
        AUTH_TYPE,
        unset("auth_url", Str, "Identity URL that the daemon asks."),
        unset("username", Str, "The daemon's user."),
        unset("password", Secret, "Its password."),
        unset("project_name", Str, "Its project."),
        unset("project_id", Str, "Its project, by its id."),
        unset("user_domain_name", Str, "Domain of the user."),
        unset("user_domain_id", Str, "Domain of the user, by its id."),
        unset("project_domain_name", Str, "Domain of the project."),
        unset("project_domain_id", Str, "Domain of the project, by its id."),
        unset("application_credential_id", Str, "Application credential, for v3applicationcredential."),
        unset("application_credential_secret", Secret, "Its secret."),
        unset("region_name", Str, "Region whose endpoint is used."),
        opt("endpoint_type", ENDPOINT_TYPES, "publicURL", "Kind of endpoint that is used."),
        unset("cafile", Str, "Certificates to check it with; unset: the system's."),
        opt("insecure", Bool, "false", "Leaves its certificate unchecked."),
        opt("timeout", int(1), "30", "Seconds that one request may take."),
    ],
};

pub static DATABASE: Group = Group {
    name: "database",
    about: "Manila's SQL database.",
    options: &[
        unset("connection", Secret, "URL.").accepted(IN_STORE),
        opt("max_pool_size", int(0), "5", "Connections kept.").accepted(IN_STORE),
        opt("max_overflow", int(0), "50", "Connections beyond those.").accepted(IN_STORE),
        opt("connection_recycle_time", int(-1), "3600", "Seconds that one is kept.").accepted(IN_STORE),
        opt("max_retries", int(-1), "10", "Attempts to connect.").accepted(IN_STORE),
        opt("retry_interval", int(0), "10", "Seconds between them.").accepted(IN_STORE),
        opt("backend", Str, "sqlalchemy", "Library.").was(&[("DEFAULT", "db_backend")]).accepted(IN_STORE),
    ],
};

pub static COORDINATION: Group = Group {
    name: "coordination",
    about: "Locks between Manila's processes.",
    options: &[unset("backend_url", Secret, "Where they are kept.").accepted(ONE_DAEMON)],
};
