//! What stands between the socket and a request's handler: policy, proxies, other sites, TLS.

use crate::opt::Kind::{Bool, Enum, List, Path, Str};
use crate::opt::{Group, int, opt, unset};

pub static OSLO_POLICY: Group = Group {
    name: "oslo_policy",
    about: "Who may do what.",
    options: &[
        opt(
            "policy_file",
            Str,
            "policy.yaml",
            "Rules over the defaults. Relative to the directories of the configuration.",
        )
        .reload(),
        opt("policy_dirs", List, "policy.d", "Directories of further such files.").reload(),
        opt("policy_default_rule", Str, "default", "Rule that stands for any name that is not defined.").reload(),
        opt("enforce_new_defaults", Bool, "true", "Off: the checks of earlier releases count beside the new ones.")
            .reload(),
        opt("enforce_scope", Bool, "true", "Whether a token of the wrong scope is denied.").reload(),
    ],
};

pub static OSLO_MIDDLEWARE: Group = Group {
    name: "oslo_middleware",
    about: "What a request may be, and who stands before the API.",
    options: &[
        opt("max_request_body_size", int(1), "114688", "Longest body of a request, in bytes; a longer one gets 413.")
            .reload(),
        opt(
            "enable_proxy_headers_parsing",
            Bool,
            "false",
            "Whether Forwarded and X-Forwarded-* are believed. Only behind a proxy that sets them.",
        )
        .reload(),
        opt(
            "http_basic_auth_user_file",
            Path,
            "/etc/htpasswd",
            "Users and bcrypt hashes, for auth_strategy = http_basic.",
        )
        .reload(),
    ],
};

pub static CORS: Group = Group {
    name: "cors",
    about: "Pages of other sites that may use the API from a browser.",
    options: &[
        unset("allowed_origin", List, "Their origins; * is any. Unset: none.").reload(),
        opt("allow_credentials", Bool, "true", "Whether they may send credentials.").reload(),
        opt(
            "expose_headers",
            List,
            "X-Auth-Token,X-OpenStack-Request-ID,X-OpenStack-Manila-API-Version,OpenStack-API-Version,X-Subject-Token,\
             X-Service-Token",
            "Headers of an answer that they may read.",
        ).reload(),
        opt("allow_methods", List, "GET,PUT,POST,DELETE,PATCH", "Methods that they may use.").reload(),
        opt(
            "allow_headers",
            List,
            "X-Auth-Token,X-OpenStack-Request-ID,X-OpenStack-Manila-API-Version,X-Identity-Status,X-Roles,X-Service-Catalog,\
             X-User-Id,X-Tenant-Id",
            "Headers that they may send.",
        ).reload(),
        opt("max_age", int(0), "3600", "Seconds that a browser may remember these answers.").reload(),
    ],
};

pub static API: Group = Group {
    name: "api",
    about: "The API's own checks.",
    options: &[opt(
        "response_validation",
        Enum(&["warn", "error", "ignore"]),
        "warn",
        "What happens to an answer that does not fit its schema.",
    )
    .accepted("answers are built from the schema")],
};

pub static SSL: Group = Group {
    name: "ssl",
    about: "TLS of the API, with osapi_share_use_ssl.",
    options: &[
        unset("cert_file", Str, "Certificate chain, PEM.").reload(),
        unset("key_file", Str, "Its private key, PEM.").reload(),
        unset("ca_file", Str, "Certificates that a client's must come from; unset: clients need none."),
    ],
};
