//! Everything but back ends.

use std::path::Path;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::*;
use crate::settings::AuthStrategy;

#[test]
fn with_no_file_everything_is_on_this_machine() {
    let settings = Settings::load(&Sources::default(), &supported()).unwrap().settings;
    assert_eq!(settings.service.auth_strategy, AuthStrategy::Noauth);
    assert_eq!(settings.service.osapi_share_listen, "127.0.0.1");
    assert_eq!(settings.service.osapi_share_listen_port, 8786);
    assert!(settings.manilad.simulator);
    let folder = std::env::current_dir().unwrap();
    assert_eq!(settings.manilad.store_path, folder.join("var/store"));
    assert_eq!(settings.manilad.simulator_state_path, folder.join("var/sim"));
    let [alpha, beta] = settings.backends.as_slice() else { panic!("two back ends") };
    assert_eq!((alpha.name.as_str(), alpha.share_backend_name()), ("alpha", "alpha"));
    assert!(!alpha.driver_handles_share_servers && beta.driver_handles_share_servers);
    assert_eq!(alpha.options::<played::Played>().unwrap().played_home.as_deref(), Some("here"));
}

#[test]
fn the_environment_counts_without_a_file_too() {
    let environment = vec![("OS_DEFAULT__OSAPI_SHARE_LISTEN_PORT".to_owned(), "8787".to_owned())];
    let loaded = Settings::load(&Sources { layers: vec![], environment }, &supported()).unwrap();
    assert_eq!(loaded.settings.service.osapi_share_listen_port, 8787);
    assert_eq!(loaded.warnings, []);
}

#[test]
fn an_operators_file_is_read_into_types() {
    let text = "\
[DEFAULT]
enabled_share_backends =
transport_url = rabbit://manila:secret@bus:5672/
osapi_share_base_URL = https://shares.example/
service_down_time = 90
unused_share_server_cleanup_interval = 20
quota_shares = 7
debug = Yes
[quota]
gigabytes = -1
[database]
connection = mysql+pymysql://manila:secret@db/manila
[keystone_authtoken]
www_authenticate_uri = https://id.example/v3
auth_url = https://id.example/v3
auth_type = password
username = manila
password = pa$$s#w;o\\rd
project_name = service
[oslo_messaging_rabbit]
heartbeat_rate = 2
";
    let loaded = load(text).unwrap();
    let settings = &loaded.settings;
    assert_eq!(settings.service.osapi_share_base_url.as_deref(), Some("https://shares.example/"));
    assert_eq!(settings.service.service_down_time, Duration::from_secs(90));
    assert_eq!(settings.shares.unused_share_server_cleanup_interval, Duration::from_secs(1200));
    assert_eq!((settings.quota.shares, settings.quota.gigabytes, settings.quota.snapshots), (Some(7), None, Some(50)));
    assert!(settings.logging.debug);
    assert_eq!(settings.keystone_authtoken.password.as_ref().unwrap().expose_secret(), "pa$s#w;o\\rd");
    assert_eq!(settings.keystone_authtoken.user_domain_name, None);
    assert_eq!(settings.shares.enabled_share_protocols, ["NFS", "CIFS"]);
    assert_eq!(
        warnings(&loaded),
        [
            "manila.conf:7: [DEFAULT] quota_shares is the old name of [quota] shares",
            "manila.conf:2: [DEFAULT] enabled_share_backends is empty: there is no back end",
        ]
    );
}

#[test]
fn all_mistakes_are_told_at_once_with_file_line_and_what_was_expected() {
    let text = alpha("[DEFAULT]\nosapi_max_limit = many\nenabled_share_protocols = NFS,AFP\n[quota]\nshares = -2\n");
    assert_eq!(
        mistakes(&text),
        [
            "manila.conf:13: [DEFAULT] osapi_max_limit: found \"many\", expected a whole number of at least 1",
            "manila.conf:14: [DEFAULT] enabled_share_protocols: found \"NFS,AFP\", expected a comma-separated list of NFS, \
             CIFS, GLUSTERFS, HDFS, CEPHFS, MAPRFS, LUSTRE",
            "manila.conf:16: [quota] shares: found \"-2\", expected a whole number from -1 to 2147483647",
        ]
    );
}

#[test]
fn an_unknown_option_or_section_is_warned_of_and_foreign_sections_are_not() {
    let text = alpha(
        "played_hom = here\n[stray]\nz = 1\na = 1\n[other]\na = 1\n[oslo_messaging_amqp]\nb = 2\n[glance]\nc = 3\n",
    );
    assert_eq!(
        warnings(&load(&text).unwrap()),
        [
            "manila.conf:12: [alpha] played_hom is no option and has no effect",
            "manila.conf:17: [other] is no section in use, so a has no effect",
            "manila.conf:14: [stray] is no section in use, so z, a have no effect",
        ]
    );
}

#[test]
fn noauth_beyond_loopback_is_refused_unless_it_is_allowed() {
    for open in ["::", "0.0.0.0", "192.0.2.1"] {
        let text = alpha(&format!("[DEFAULT]\nosapi_share_listen = {open}\n"));
        assert_eq!(
            mistakes(&text),
            [format!(
                "manila.conf:13: [DEFAULT] osapi_share_listen: found {open:?}, expected a loopback address with auth_strategy = \
                 noauth, or [manilad] allow_remote_noauth = true"
            )]
        );
        assert!(load(&format!("{text}[manilad]\nallow_remote_noauth = true\n")).is_ok());
    }
    for local in ["127.0.0.1", "127.1.2.3", "::1", "localhost"] {
        assert!(load(&alpha(&format!("[DEFAULT]\nosapi_share_listen = {local}\n"))).is_ok());
    }
    assert!(mistakes(&alpha("[DEFAULT]\nauth_strategy = noauthv2\nosapi_share_listen = ::\n"))[0].contains("loopback"));
}

#[test]
fn a_name_is_no_address_to_listen_on() {
    let text = alpha("[DEFAULT]\nosapi_share_listen = shares.example\n[manilad]\nallow_remote_noauth = true\n");
    assert_eq!(
        mistakes(&text),
        [
            "manila.conf:13: [DEFAULT] osapi_share_listen: found \"shares.example\", expected an address of this machine, or localhost"
        ]
    );
}

#[test]
fn a_mistake_in_the_section_of_the_daemon_is_not_taken_for_one_of_a_back_end_on_the_simulator() {
    let text = "[DEFAULT]\nauth_strategy = noauth\nosapi_share_listen = ::1\nenabled_share_backends = alpha\n\
                [manilad]\nsimulator = true\nstore_path = here\n\
                [alpha]\ndriver_handles_share_servers = False\nplayed_home = here\n\
                share_driver = tests.Driver\n";
    assert_eq!(mistakes(text), ["manila.conf:7: [manilad] store_path: found \"here\", expected an absolute path"]);
}

#[test]
fn a_service_that_gives_its_sign_of_life_too_seldom_to_count_as_up_is_refused() {
    let found = |more: &str| mistakes(&alpha(&format!("[DEFAULT]\n{more}")));
    let seldom = |interval: u32| {
        format!(
            "manila.conf:13: [DEFAULT] report_interval: found \"{interval}\", expected fewer seconds than service_down_time, which is 60"
        )
    };
    assert_eq!(found("report_interval = 60\n"), [seldom(60)]);
    assert_eq!(found("report_interval = 61\nservice_down_time = 60\n"), [seldom(61)]);
    assert_eq!(
        found("service_down_time = 10\n"),
        [
            "manila.conf:13: [DEFAULT] service_down_time: found \"10\", expected more seconds than report_interval, which is 10"
        ]
    );
    assert_eq!(found("report_interval = 59\n"), [""; 0]);
    assert_eq!(found("report_interval = 1\nservice_down_time = 2\n"), [""; 0]);
}

#[test]
fn keystone_needs_a_url_and_credentials() {
    let text = |more: &str| format!("[DEFAULT]\nenabled_share_backends =\n[keystone_authtoken]\n{more}");
    let missing = |more: &str| {
        let found = mistakes(&text(more));
        found
            .iter()
            .map(|mistake| mistake.split(": ").nth(1).unwrap().rsplit(' ').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(missing(""), ["auth_url", "auth_type"]);
    assert_eq!(missing("auth_url = x\nauth_type = password\n"), ["username", "password"]);
    assert_eq!(
        missing("auth_url = x\nauth_type = v3applicationcredential\n"),
        ["application_credential_id", "application_credential_secret"]
    );
    assert_eq!(missing("auth_url = x\nauth_type = password\nuser_id = u\npassword = p\n"), Vec::<String>::new());
    assert!(mistakes(&text("auth_type = token\n"))[0].contains("expected one of password, v3password"));
}

#[test]
fn tls_needs_its_files() {
    let text = alpha("[DEFAULT]\nosapi_share_use_ssl = true\n[ssl]\ncert_file = /etc/cert.pem\n");
    assert_eq!(
        mistakes(&text),
        ["configuration: [ssl] key_file: found nothing, expected a PEM file, since osapi_share_use_ssl is on"]
    );
}

#[test]
fn a_scheduler_driver_filter_or_weigher_that_is_not_ours_is_refused_by_name() {
    let text = alpha(
        "[DEFAULT]\nscheduler_driver = mine.Driver\nscheduler_default_extend_filters = CapacityFilter,MyFilter\n\
         scheduler_default_weighers = MyWeigher\n",
    );
    let found = mistakes(&text);
    assert_eq!(found.len(), 3);
    assert!(found[0].contains("[DEFAULT] scheduler_driver: found \"mine.Driver\""), "{found:?}");
    assert!(
        found[1].ends_with("CapacityWeigher, GoodnessWeigher, HostAffinityWeigher, not \"MyWeigher\""),
        "{found:?}"
    );
    assert!(found[2].ends_with("not \"MyFilter\""), "{found:?}");
}

#[test]
fn a_part_that_cannot_be_replaced_takes_its_default_only() {
    assert!(load(&alpha("[DEFAULT]\nshare_api_class = manila.share.api.API\nhook_drivers =\n")).is_ok());
    let found = mistakes(&alpha("[DEFAULT]\nshare_api_class = mine.API\nhook_drivers = mine.Hook\n"));
    assert_eq!(
        found,
        [
            "manila.conf:13: [DEFAULT] share_api_class: found \"mine.API\", expected \"manila.share.api.API\": this part is \
             built in and can't be replaced",
            "manila.conf:14: [DEFAULT] hook_drivers: found \"mine.Hook\", expected no value: Python hooks can't run here",
        ]
    );
}

#[test]
fn references_are_followed_and_a_wrong_one_is_a_mistake() {
    let text =
        alpha("[DEFAULT]\nmy_ip = 127.0.0.9\nosapi_share_listen = $my_ip\n[manilad]\nstore_path = ${state_path}/s\n");
    let settings = load(&text).unwrap().settings;
    assert_eq!(settings.service.osapi_share_listen, "127.0.0.9");
    assert_eq!(settings.manilad.store_path, Path::new("/var/lib/manila/s"));
    for (more, expected) in [
        ("[manilad]\nstore_path = $nowhere/s\n", "the name of an option after the dollar sign, not \"nowhere\""),
        ("[manilad]\nstore_path = $simulator_state_path\nsimulator_state_path = $store_path\n", "leads back to itself"),
        ("[manilad]\nstore_path = ${alpha.played_password}\n", "an option that is no secret"),
        ("[manilad]\nstore_path = $enabled_share_protocols\n", "an option with a single value"),
    ] {
        assert!(
            mistakes(&alpha(more)).iter().any(|mistake| mistake.contains(expected)),
            "{:?}",
            mistakes(&alpha(more))
        );
    }
}

#[test]
fn with_a_file_what_is_kept_does_not_follow_from_the_folder_of_the_start() {
    let paths = |text: &str| {
        let manilad = load(&alpha(text)).unwrap().settings.manilad;
        (manilad.store_path, manilad.simulator_state_path)
    };
    assert_eq!(paths(""), ("/var/lib/manila/store".into(), "/var/lib/manila/sim".into()));
    assert_eq!(paths("[DEFAULT]\nstate_path = /srv/m\n"), ("/srv/m/store".into(), "/srv/m/sim".into()));
    for (text, expected) in [
        ("[DEFAULT]\nstate_path = ./var\n", "[DEFAULT] state_path: found \"./var\", expected an absolute path"),
        ("[manilad]\nstore_path = store\n", "[manilad] store_path: found \"store\", expected an absolute path"),
        ("[manilad]\nstore_path =\n", "[manilad] store_path: found \"\", expected an absolute path"),
        ("[manilad]\nsimulator_state_path = ../sim\n", "expected an absolute path"),
    ] {
        let all = mistakes(&alpha(text));
        assert!(all.iter().any(|line| line.contains(expected)), "{all:?}");
    }
    let environment = [("OS_MANILAD__STORE_PATH", "store")];
    assert!(load_with(&alpha(""), &environment).unwrap_err().contains("environment variable OS_MANILAD__STORE_PATH"));
}

#[test]
fn secrets_stay_out_of_mistakes_warnings_and_debug() {
    let loaded = load(&alpha("")).unwrap();
    assert!(!format!("{loaded:?}").contains("hunter2"));
    let found = mistakes(&alpha("[alpha]\nplayed_password = hunter2$word\nplayed_login =\n"));
    assert!(matches!(&found[..], [_, login] if login.contains("played_login")), "{found:?}");
    assert!(
        found[0].starts_with("manila.conf:13: [alpha] played_password: found a secret, expected the name of an option")
    );
    assert!(
        !found.concat().contains("hunter2") && !found[0].contains("word (") && !found[0].contains("\"word"),
        "{found:?}"
    );
}

#[test]
fn a_policy_file_that_was_asked_for_and_is_not_there_is_told_of() {
    let found = warnings(&load(&alpha("[oslo_policy]\npolicy_file = mine.yaml\n")).unwrap());
    assert!(
        found[0].contains("mine.yaml does not exist") && found[0].contains("the built-in policy holds"),
        "{found:?}"
    );
    let dir = tempfile::tempdir().unwrap();
    let conf = dir.path().join("manila.conf");
    std::fs::write(&conf, alpha("[oslo_policy]\npolicy_file = mine.yaml\n")).unwrap();
    std::fs::write(dir.path().join("mine.yaml"), "").unwrap();
    let sources = Sources { layers: vec![Layer::File(conf)], environment: vec![] };
    let settings = Settings::load(&sources, &supported()).unwrap().settings;
    assert_eq!(settings.find(&settings.oslo_policy.policy_file), Some(dir.path().join("mine.yaml")));
    assert_eq!(settings.find(Path::new("policy.d")), None);
}

#[test]
fn an_empty_number_with_a_default_is_a_mistake_and_empty_text_is_unset() {
    assert!(mistakes(&alpha("[DEFAULT]\nosapi_max_limit =\n"))[0].contains("found \"\", expected a whole number"));
    let settings = load(&alpha("[DEFAULT]\ndefault_share_type =\n[alpha]\nplayed_port =\n")).unwrap().settings;
    assert_eq!(settings.shares.default_share_type, None);
    assert_eq!(settings.backends[0].options::<played::Played>().unwrap().played_port, None);
}
