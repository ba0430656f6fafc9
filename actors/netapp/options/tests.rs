//! The options as files have them.

use manilad_conf::suite::{self, fields_agree, warnings};
use manilad_conf::{Group, Loaded, Opt, Supported};

use super::table::{ACTIVE_IQ, BACK_END, BACKUP_TYPE};
use super::*;

fn supported() -> Supported {
    suite::supported(&[&TABLE], "")
}

fn load(text: &str) -> Result<Loaded, String> {
    suite::load_with(&supported(), text, &[])
}

fn mistakes(text: &str) -> Vec<String> {
    suite::mistakes(&supported(), text)
}

/// A service that needs nothing from outside.
const LOCAL: &str =
    "[DEFAULT]\nauth_strategy = noauth\nosapi_share_listen = 127.0.0.1\nenabled_share_backends = alpha\n";

/// A back end that lacks nothing.
const ALPHA: &str = "[alpha]\nshare_driver = manila.share.drivers.netapp.common.NetAppDriver\n\
    driver_handles_share_servers = False\nnetapp_server_hostname = 192.0.2.10\nnetapp_login = admin\n\
    netapp_password = hunter2\nnetapp_vserver = svm1\n";

fn alpha(more: &str) -> String {
    format!("{LOCAL}{ALPHA}{more}")
}

fn only(text: &str) -> Options {
    load(text).unwrap().settings.backends.pop().unwrap().options().unwrap()
}

fn refusal(more: &str) -> String {
    mistakes(&alpha(&format!("[alpha]\n{more}"))).join("\n")
}

#[test]
fn every_used_option_has_a_field_and_every_field_an_option() {
    fields_agree::<Options>(&BACK_END);
    fields_agree::<BackupType>(&BACKUP_TYPE);
    suite::tables_are_sound(&[&BACK_END, &BACKUP_TYPE, &ACTIVE_IQ]);
}

/// The section of that group, and a file with one option more in it.
fn file_with(group: &Group, option: &Opt, text: &str) -> (String, String) {
    let line = format!("{} = {text}\n", option.name);
    match group.name {
        "<back end>" => ("alpha".into(), alpha(&format!("{line}[tape]\nnetapp_backup_backend_section_name = alpha\n"))),
        "<backup type>" => {
            let needed = ["netapp_backup_backend_section_name = alpha\n", "netapp_backup_vserver = svm9\n"];
            let others = needed.iter().filter(|needed| !needed.starts_with(option.name)).copied();
            let others = others.collect::<String>();
            ("tape".into(), alpha(&format!("netapp_enabled_backup_types = tape\n[tape]\n{others}{line}")))
        }
        section => (section.into(), alpha(&format!("[{section}]\n{line}"))),
    }
}

#[test]
fn an_option_without_effect_is_told_once_with_its_place_and_why_and_its_default_is_not() {
    suite::no_effect_is_told(&supported(), &[&BACK_END, &BACKUP_TYPE, &ACTIVE_IQ], &file_with);
}

#[test]
fn patterns_and_pools_are_read_whole() {
    let options = only(&alpha(
        "netapp_aggregate_name_search_pattern = ^((?!aggr0).)*$\nnetapp_transport_type = http\n\
         netapp_enable_flexgroup = true\nnetapp_flexgroup_pools = fg1: aggr1 aggr2\nnetapp_flexgroup_pools = fg2:aggr3\n",
    ));
    assert_eq!(options.netapp_aggregate_name_search_pattern.matches("aggr0_root"), Ok(false));
    assert_eq!(options.netapp_transport_type, "http");
    let pools: Vec<_> = options.netapp_flexgroup_pools.into_iter().collect();
    assert_eq!(pools, [("fg1".into(), vec!["aggr1".into(), "aggr2".into()]), ("fg2".into(), vec!["aggr3".into()])]);
}

#[test]
fn what_a_back_end_lacks_is_told() {
    let bare =
        "[alpha]\nshare_driver = manila.share.drivers.netapp.common.NetAppDriver\ndriver_handles_share_servers = no\n";
    let messages = mistakes(&format!("{LOCAL}{bare}")).join("\n");
    for option in ["netapp_vserver", "netapp_server_hostname", "netapp_login"] {
        assert!(messages.contains(&format!("[alpha] {option}: found nothing")), "{messages}");
    }
    assert!(load(&format!("{LOCAL}{bare}netapp_vserver = svm1\n[manilad]\nsimulator = true\n")).is_ok());
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    for (more, message) in [
        ("netapp_storage_family = eseries\n", "expected one of ontap_cluster"),
        ("netapp_volume_name_template = share\n", "expected a template with %(share_id)s"),
        ("netapp_vserver_name_template = os_%(id)s\n", "expected a template with %s"),
        ("netapp_volume_snapshot_reserve_percent = 91\n", "expected a whole number from 0 to 90"),
        ("netapp_port_name_search_pattern = (\n", "expected a regular expression ("),
        ("netapp_private_key_file = /k\n", "netapp_certificate_file: found nothing"),
        ("netapp_certificate_file = relative\n", "expected an absolute path"),
        ("netapp_flexgroup_pools = a:b\n", "no pools while netapp_enable_flexgroup is false"),
        (
            "netapp_enable_flexgroup = 1\nnetapp_flexgroup_pools = a:x y\nnetapp_flexgroup_pools = b:y\n",
            "not \"y\" twice",
        ),
        ("netapp_enable_flexgroup = 1\nnetapp_flexgroup_pools = a:a b\n", "names of pools that no aggregate has"),
        ("netapp_enable_flexgroup = 1\nnetapp_flexgroup_pools = a:\n", "aggregates for pool \"a\""),
        ("netapp_dns_domains = a.example\n", "together, or neither"),
        ("netapp_dns_nameservers = 192.0.2.1\n", "netapp_dns_domains: found nothing"),
        ("netapp_dns_domains = a\nnetapp_dns_nameservers = 1.1.1.1,2.2.2.2,3.3.3.3,4.4.4.4\n", "at most 3 addresses"),
        ("netapp_dns_domains = a,b,c,d,e,f,g\nnetapp_dns_nameservers = 1.1.1.1\n", "at most 6 domains"),
        ("netapp_dns_hosts = a:192.0.2.1\n", "no hosts without"),
        (
            "netapp_dns_domains = a\nnetapp_dns_nameservers = 1.1.1.1\nnetapp_dns_hosts = a:b\n",
            "entries such as name:192.0.2.1",
        ),
        ("netapp_rest_operation_timeout = 59\n", "at least 60"),
        ("max_over_subscription_ratio = 0.9\n", "a number of at least 1"),
        ("netapp_login =\n", "an account of the array, or a certificate"),
    ] {
        let all = refusal(more);
        assert!(all.contains(message), "{more}: {all}");
    }
}

#[test]
fn what_can_not_be_traced_is_told_of() {
    assert_eq!(warnings(&load(&alpha("netapp_trace_flags = api\n")).unwrap()), Vec::<String>::new());
    assert_eq!(
        warnings(&load(&alpha("netapp_trace_flags = method, api\n")).unwrap()),
        ["manila.conf:12: [alpha] netapp_trace_flags: \"method\" has no effect: only api is traced"]
    );
}

#[test]
fn a_certificate_takes_the_place_of_login_and_password() {
    let more = "netapp_login =\nnetapp_password =\nnetapp_private_key_file = /k\nnetapp_certificate_file = /c\n";
    assert!(load(&alpha(&format!("[alpha]\n{more}"))).is_ok());
}

#[test]
fn aliases_of_a_dns_host_stand_before_it() {
    let more = "netapp_dns_domains = a\nnetapp_dns_nameservers = 1.1.1.1\nnetapp_dns_hosts = h,alias:192.0.2.1,six:2001:db8::1\n";
    let hosts = only(&alpha(more)).dns_hosts().unwrap();
    let expected = [(vec!["h", "alias"], "192.0.2.1"), (vec!["six"], "2001:db8::1")];
    assert_eq!(
        hosts,
        expected.map(|(names, address)| (names.into_iter().map(str::to_owned).collect(), address.parse().unwrap()))
    );
}

#[test]
fn an_svm_has_no_effect_with_share_servers() {
    let text = alpha(
        "[alpha]\ndriver_handles_share_servers = true\nnetwork_config_group = net\n[net]\n\
         network_api_class = manila.network.standalone_network_plugin.StandaloneNetworkPlugin\n\
         standalone_network_plugin_gateway = 192.0.2.1\nstandalone_network_plugin_mask = 24\n",
    );
    assert_eq!(
        warnings(&load(&text).unwrap()),
        ["manila.conf:11: [alpha] netapp_vserver has no effect with driver_handles_share_servers = true"]
    );
}

#[test]
fn no_mistake_is_made_up_of_an_option_that_could_not_be_read() {
    for (more, only) in [
        ("[alpha]\nnetapp_login = $nowhere\n", "netapp_login"),
        ("[alpha]\nnetapp_enable_flexgroup = perhaps\nnetapp_flexgroup_pools = fg:aggr1\n", "netapp_enable_flexgroup"),
        ("[alpha]\nnetapp_private_key_file = /k.pem\nnetapp_certificate_file = c.pem\n", "netapp_certificate_file"),
        ("[alpha]\nnetwork_api_class = Standalone\nnetapp_vserver = $nowhere\n", "netapp_vserver"),
    ] {
        let messages = mistakes(&alpha(more));
        assert!(matches!(&messages[..], [one] if one.contains(&format!("] {only}: found"))), "{more}: {messages:#?}");
    }
}

#[test]
fn a_backup_type_is_a_section_that_names_its_back_end() {
    let beta = ALPHA.replace("[alpha]", "[beta]");
    let kind = "netapp_enabled_backup_types = nightly\n[nightly]\nnetapp_backup_backend_section_name = beta\n";
    assert!(load(&alpha(&format!("{kind}{beta}"))).is_ok());
    let messages = mistakes(&alpha(&format!("{kind}{beta}netapp_server_port = none\n")));
    assert!(
        matches!(&messages[..], [one] if one.contains("[beta] netapp_server_port: found \"none\"")),
        "{messages:?}"
    );
    assert!(mistakes(&alpha(kind))[0].contains("found \"beta\", expected the name of a back end's section"));
    let messages =
        mistakes(&alpha("netapp_enabled_backup_types = nightly\n[nightly]\nnetapp_backup_volume = v\n")).join("\n");
    assert!(messages.contains("[nightly] netapp_backup_backend_section_name: found nothing"), "{messages}");
    assert!(messages.contains("[nightly] netapp_backup_vserver: found nothing"), "{messages}");
}
