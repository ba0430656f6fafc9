//! Back ends, and what they point to.

use super::*;

fn only(text: &str) -> settings::Backend {
    load(text).unwrap().settings.backends.pop().unwrap()
}

fn refusal(more: &str) -> String {
    mistakes(&alpha(&format!("[alpha]\n{more}"))).join("\n")
}

#[test]
fn a_back_end_is_read_whole() {
    let backend = only(&alpha(
        "netapp_aggregate_name_search_pattern = ^((?!aggr0).)*$\nnetapp_transport_type = http\nmax_share_server_size = 10\n\
         netapp_enable_flexgroup = true\nnetapp_flexgroup_pools = fg1: aggr1 aggr2\nnetapp_flexgroup_pools = fg2:aggr3\n",
    ));
    assert_eq!((backend.name.as_str(), backend.share_backend_name()), ("alpha", "alpha"));
    assert_eq!(backend.netapp.netapp_aggregate_name_search_pattern.matches("aggr0_root"), Ok(false));
    assert_eq!(backend.netapp.port(), 80);
    assert_eq!((backend.stanza.max_shares_per_share_server, backend.stanza.max_share_server_size), (None, Some(10)));
    let pools: Vec<_> = backend.netapp.netapp_flexgroup_pools.into_iter().collect();
    assert_eq!(pools, [("fg1".into(), vec!["aggr1".into(), "aggr2".into()]), ("fg2".into(), vec!["aggr3".into()])]);
    assert!(backend.network.is_none());
}

#[test]
fn the_name_of_a_section_matters_in_no_case() {
    let text = format!("{LOCAL}{}", ALPHA.replace("[alpha]", "[Alpha]"));
    assert_eq!(only(&text).name, "alpha");
    let loaded = load_with(&text, &[("OS_ALPHA__NETAPP_VSERVER", "svm9")]).unwrap();
    assert_eq!(loaded.settings.backends[0].netapp.netapp_vserver.as_deref(), Some("svm9"));
}

#[test]
fn what_a_back_end_lacks_is_told() {
    let told = mistakes(&format!("{LOCAL}[alpha]\n")).join("\n");
    assert_eq!(
        told,
        "configuration: [alpha] share_driver: found nothing, expected \"manila.share.drivers.netapp.common.NetAppDriver\": the \
         daemon drives NetApp ONTAP only\n\
         configuration: [alpha] driver_handles_share_servers: found nothing, expected true or false\n\
         configuration: [alpha] netapp_server_hostname: found nothing, expected the management address of the cluster or the \
         SVM\n\
         configuration: [alpha] netapp_login: found nothing, expected an account of the array, or a certificate"
    );
    let bare =
        "[alpha]\nshare_driver = manila.share.drivers.netapp.common.NetAppDriver\ndriver_handles_share_servers = no\n";
    let told = mistakes(&format!("{LOCAL}{bare}")).join("\n");
    for option in ["netapp_vserver", "netapp_server_hostname", "netapp_login"] {
        assert!(told.contains(&format!("[alpha] {option}: found nothing")), "{told}");
    }
    assert!(load(&format!("{LOCAL}{bare}netapp_vserver = svm1\n[manilad]\nsimulator = true\n")).is_ok());
    assert!(mistakes(LOCAL)[0].contains("enabled_share_backends: found \"alpha\", expected a section [alpha]"));
}

#[test]
fn another_driver_is_refused_by_name() {
    let told = refusal("share_driver = manila.share.drivers.generic.GenericShareDriver\n");
    assert!(
        told.contains(
            "found \"manila.share.drivers.generic.GenericShareDriver\", expected \"manila.share.drivers.netapp"
        )
    );
}

#[test]
fn names_of_back_ends_are_distinct_and_fit_into_a_host() {
    for (list, told) in [
        ("alpha,ALPHA", "each back end once"),
        ("alpha,a@b", "names without @ and #"),
        ("alpha,quota", "that no other section has, not \"quota\""),
        ("alpha,DEFAULT", "not \"DEFAULT\""),
    ] {
        let all = mistakes(&alpha(&format!("[DEFAULT]\nenabled_share_backends = {list}\n"))).join("\n");
        assert!(all.contains(told), "{all}");
    }
}

#[test]
fn options_that_contradict_each_other_are_refused() {
    for (more, told) in [
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
        assert!(all.contains(told), "{more}: {all}");
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
    let hosts = only(&alpha(more)).netapp.dns_hosts().unwrap();
    let expected = [(vec!["h", "alias"], "192.0.2.1"), (vec!["six"], "2001:db8::1")];
    assert_eq!(
        hosts,
        expected.map(|(names, address)| (names.into_iter().map(str::to_owned).collect(), address.parse().unwrap()))
    );
}

const SERVERS: &str = "[alpha]\ndriver_handles_share_servers = true\nnetapp_vserver =\n";

#[test]
fn share_servers_need_a_network_and_no_svm() {
    let standalone = "network_api_class = manila.network.standalone_network_plugin.StandaloneNetworkPlugin\n";
    let told = mistakes(&alpha(&format!("{SERVERS}{standalone}"))).join("\n");
    assert!(told.contains("standalone_network_plugin_gateway: found nothing, expected an address"), "{told}");
    assert!(told.contains("standalone_network_plugin_mask: found nothing"), "{told}");
    let network =
        format!("{standalone}standalone_network_plugin_gateway = 192.0.2.1\nstandalone_network_plugin_mask = 24\n");
    let backend = only(&alpha(&format!("{SERVERS}network_config_group = net\n[net]\n{network}")));
    assert_eq!(backend.network.unwrap().standalone_network_plugin_mask.as_deref(), Some("24"));
    assert!(
        mistakes(&alpha(&format!("{SERVERS}network_config_group = net\n")))[0].contains("expected a section [net]")
    );
    let loaded = load(&alpha(&format!("{SERVERS}netapp_vserver = svm1\n{network}"))).unwrap();
    assert_eq!(
        warnings(&loaded),
        ["manila.conf:15: [alpha] netapp_vserver has no effect with driver_handles_share_servers = true"]
    );
    let single = "network_api_class = manila.network.neutron.neutron_network_plugin.NeutronSingleNetworkPlugin\n";
    assert!(mistakes(&alpha(&format!("{SERVERS}{single}")))[0].contains("neutron_net_id: found nothing"));
}

#[test]
fn a_network_of_nova_is_named_in_the_configuration_or_nowhere() {
    let class = |name: &str| format!("{SERVERS}network_api_class = manila.network.nova_network_plugin.{name}\n");
    let single = class("NovaSingleNetworkPlugin");
    assert!(mistakes(&alpha(&single))[0].contains("nova_single_network_plugin_net_id: found nothing"));
    let backend = only(&alpha(&format!("{single}nova_single_network_plugin_net_id = n\n")));
    assert_eq!(backend.network.unwrap().nova_single_network_plugin_net_id.as_deref(), Some("n"));
    assert!(mistakes(&alpha(&class("NovaNetworkPlugin")))[0].contains("no share network can name a network of Nova"));
}

#[test]
fn binding_profiles_are_sections() {
    let profile = "neutron_binding_profiles = phys1\n[phys1]\nneutron_switch_id = s\nneutron_switch_info = a:1,b:2\n";
    let backend = only(&alpha(&format!("{SERVERS}{profile}")));
    let profiles = backend.network.unwrap().binding_profiles;
    assert_eq!((profiles[0].name.as_str(), profiles[0].neutron_switch_info["b"].as_str()), ("phys1", "2"));
    assert!(mistakes(&alpha(&format!("{SERVERS}neutron_binding_profiles = phys2\n")))[0].contains("a section [phys2]"));
}

#[test]
fn a_backup_type_is_a_section_that_names_its_back_end() {
    let beta = ALPHA.replace("[alpha]", "[beta]");
    let kind = "netapp_enabled_backup_types = nightly\n[nightly]\nnetapp_backup_backend_section_name = beta\n";
    let loaded = load(&alpha(&format!("{kind}{beta}"))).unwrap();
    assert_eq!(loaded.settings.backends[0].backup_types[0].name, "nightly");
    assert_eq!(loaded.settings.backup_only.iter().map(|backend| backend.name.as_str()).collect::<Vec<_>>(), ["beta"]);
    assert!(mistakes(&alpha(kind))[0].contains("found \"beta\", expected the name of a back end's section"));
    let told =
        mistakes(&alpha("netapp_enabled_backup_types = nightly\n[nightly]\nnetapp_backup_volume = v\n")).join("\n");
    assert!(told.contains("[nightly] netapp_backup_backend_section_name: found nothing"), "{told}");
    assert!(told.contains("[nightly] netapp_backup_vserver: found nothing"), "{told}");
}
