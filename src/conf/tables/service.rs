//! `[DEFAULT]`, the part about the process: names, addresses, logging, who may call.

use super::{BUILT_IN, LOG_STREAM, NO_BUS};
use crate::machine;
use crate::opt::Kind::{Bool, Enum, Host, List, Path, Port, Regex, Secret, Str};
use crate::opt::{Group, int, opt, unset};

pub static SERVICE: Group = Group {
    name: "DEFAULT",
    about: "The service and its API.",
    options: &[
        unset(
            "host",
            Host,
            "First part of host@backend#pool, and of the hosts of services. Renaming it orphans shares.",
        )
        .computed("the name of this machine", machine::name),
        unset("my_ip", Host, "Address of this machine, for use as $my_ip.")
            .computed("the address of this machine", machine::address),
        opt(
            "auth_strategy",
            Enum(&["noauth", "noauthv2", "http_basic", "keystone"]),
            "keystone",
            "How callers are known: keystone validates tokens, http_basic asks for a password (a stand-alone array), noauth and \
             noauthv2 believe the token user:project and make everybody an administrator.",
        ),
        opt("osapi_share_listen", Host, "::", "Address that the API listens on; of names only localhost."),
        opt("osapi_share_listen_port", Port, "8786", "Port that the API listens on."),
        opt("osapi_share_workers", int(1), "1", "Threads that serve HTTP."),
        opt("osapi_share_use_ssl", Bool, "false", "Whether the API speaks TLS, with the files of [ssl]."),
        opt("osapi_max_limit", int(1), "1000", "Longest page of a list, and the page when the caller sets no limit.")
            .reload(),
        unset("osapi_share_base_URL", Str, "Replaces scheme, host and port in all links.").reload(),
        opt(
            "project_id_regex",
            Regex,
            "[0-9a-f\\-]+",
            "What counts as a project id in a URL; any other first segment is read as a resource.",
        )
        .reload(),
        opt("storage_availability_zone", Str, "nova", "Availability zone of this machine's back ends."),
        unset("enabled_share_backends", List, "Back ends to run; each is a section of this name."),
        opt(
            "service_down_time",
            int(1),
            "60",
            "Seconds without a sign of life, or with reports of pools that fail, after which a service counts as down.",
        ),
        opt(
            "report_interval",
            int(1),
            "10",
            "Seconds between signs of life of a service; fewer than service_down_time, else the start is refused, since the \
             service would count as down again and again.",
        ),
        opt("cleanup_interval", int(300), "1800", "Seconds between removals of stopped services' records.")
            .not_built("removal of the records of services that are gone"),
        opt("periodic_interval", int(1), "60", "Seconds between pool reports and other recurring work."),
        opt("periodic_fuzzy_delay", int(0), "60", "Longest random delay of the first such round, in seconds.")
            .accepted("there is one daemon, whose rounds need not be spread"),
        opt("enable_new_services", Bool, "true", "Whether a service is enabled when it is first seen."),
        opt("state_path", Path, "/var/lib/manila", "Directory of what the daemon keeps; for use as $state_path."),
        opt("api_paste_config", Str, "api-paste.ini", "Pipeline of the API.").accepted(BUILT_IN),
        opt("transport_url", Secret, "rabbit://", "Message bus.").accepted(NO_BUS),
        opt("control_exchange", Str, "openstack", "Exchange on the message bus.").accepted(NO_BUS),
        opt("share_topic", Str, "manila-share", "Topic on the message bus.").accepted(NO_BUS),
        opt("scheduler_topic", Str, "manila-scheduler", "Topic on the message bus.").accepted(NO_BUS),
        opt("data_topic", Str, "manila-data", "Topic on the message bus.").accepted(NO_BUS),
        opt("rpc_response_timeout", int(0), "60", "Patience on the message bus.").accepted(NO_BUS),
        unset("rootwrap_config", Str, "Commands that may be run as root.").accepted("the daemon runs no commands"),
        opt("tcp_keepalive", Bool, "true", "Keepalive of server sockets.").accepted("the system's settings apply"),
        unset("tcp_keepalive_interval", int(0), "Seconds between probes.").accepted("the system's settings apply"),
        unset("tcp_keepalive_count", int(0), "Probes before giving up.").accepted("the system's settings apply"),
        opt("use_forwarded_for", Bool, "false", "Client address from X-Forwarded-For.")
            .accepted("see [oslo_middleware] enable_proxy_headers_parsing"),
        opt("api_rate_limit", Bool, "true", "Rate limit of the API.").accepted("it never had an effect"),
        opt("osapi_share_extension", List, "manila.api.contrib.standard_extensions", "Extensions to load.")
            .accepted(BUILT_IN),
        opt("osapi_share_ext_list", List, "", "Extensions to load.").accepted(BUILT_IN),
        opt("fatal_exception_format_errors", Bool, "false", "A developer's aid.").accepted(BUILT_IN),
        opt("share_manager", Str, "manila.share.manager.ShareManager", "Class of this part.").refused(BUILT_IN),
        opt("scheduler_manager", Str, "manila.scheduler.manager.SchedulerManager", "Class of this part.")
            .refused(BUILT_IN),
        opt("data_manager", Str, "manila.data.manager.DataManager", "Class of this part.").refused(BUILT_IN),
        opt("share_api_class", Str, "manila.share.api.API", "Class of this part.").refused(BUILT_IN),
        opt(
            "drivers_private_storage_class",
            Str,
            "manila.share.drivers_private_data.SqlStorageDriver",
            "Class of this part.",
        )
        .refused(BUILT_IN),
    ],
};

pub static LOGGING: Group = Group {
    name: "DEFAULT",
    about: "The log. Its layout is [manilad] log_format.",
    options: &[
        opt("debug", Bool, "false", "Whether the log tells each step."),
        unset("log_dir", Str, "Directory of log files.").accepted(LOG_STREAM),
        unset("log_file", Str, "Log file.").accepted(LOG_STREAM),
        opt("use_syslog", Bool, "false", "Log to syslog.").accepted(LOG_STREAM),
        opt("use_journal", Bool, "false", "Log to the journal.").accepted(LOG_STREAM),
        opt("use_stderr", Bool, "false", "Log to standard error.").accepted(LOG_STREAM),
        opt("watch_log_file", Bool, "false", "Follow a moved log file.").accepted(LOG_STREAM),
        unset("log_config_append", Str, "A Python logging configuration.").accepted(LOG_STREAM),
        unset("default_log_levels", List, "Levels per Python logger.").accepted(LOG_STREAM),
        unset("logging_context_format_string", Str, "Layout with a request.").accepted(LOG_STREAM),
        unset("logging_default_format_string", Str, "Layout without a request.").accepted(LOG_STREAM),
        unset("log_date_format", Str, "Layout of time.").accepted(LOG_STREAM),
    ],
};
