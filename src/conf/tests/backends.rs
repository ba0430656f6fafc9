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
    let backend = only(&alpha("max_share_server_size = 10\nplayed_port = 81\n"));
    assert_eq!((backend.name.as_str(), backend.share_backend_name()), ("alpha", "alpha"));
    assert_eq!((backend.section.max_shares_per_share_server, backend.section.max_share_server_size), (None, Some(10)));
    let options: played::Played = backend.options().unwrap();
    assert_eq!((options.played_port, options.played_ready), (Some(81), true));
    assert!(backend.network.is_none());
}

#[test]
fn what_a_back_end_lacks_is_told() {
    let found = mistakes(&format!("{LOCAL}[alpha]\n")).join("\n");
    assert_eq!(
        found,
        "configuration: [alpha] share_driver: found nothing, expected a driver that the daemon has: tests.Driver\n\
         configuration: [alpha] driver_handles_share_servers: found nothing, expected true or false\n\
         configuration: [alpha] played_address: found nothing, expected the address of the array\n\
         configuration: [alpha] played_login: found nothing, expected an account or a key"
    );
    assert!(mistakes(LOCAL)[0].contains("enabled_share_backends: found \"alpha\", expected a section [alpha]"));
}

#[test]
fn a_function_that_can_not_be_read_is_refused_where_it_stands() {
    let judge_function = |text: &str| if text == "1 < 2" { Ok(()) } else { Err(format!("{text:?} is no function")) };
    let supported = Supported { judge_function, ..supported() };
    let with = |more: &str| suite::mistakes(&supported, &alpha(more)).join("\n");
    assert_eq!(with("filter_function = 1 < 2\ngoodness_function =\n"), "");
    assert_eq!(
        with("filter_function = 1 <\ngoodness_function = $nowhere\n"),
        "manila.conf:13: [alpha] goodness_function: found \"$nowhere\", expected the name of an option after the dollar \
         sign, not \"nowhere\" (write $$ for a dollar sign)\n\
         manila.conf:12: [alpha] filter_function: found \"1 <\", expected a function: \"1 <\" is no function"
    );
    assert_eq!(
        with("goodness_function = 100 *\n"),
        "manila.conf:12: [alpha] goodness_function: found \"100 *\", expected a function: \"100 *\" is no function"
    );
}

#[test]
fn another_driver_is_refused_by_name() {
    let found = refusal("share_driver = manila.share.drivers.generic.GenericShareDriver\n");
    let expected =
        "\"manila.share.drivers.generic.GenericShareDriver\", expected a driver that the daemon has: tests.Driver";
    assert!(found.contains(expected), "{found}");
}

/// A second driver, which has one option.
static OTHER: DriverTable = DriverTable {
    name: "tests.Other",
    options: &Group {
        name: "<back end>",
        about: "The same section, elsewhere.",
        options: &[unset("other_depth", Kind::Port, "How deep it is.")],
    },
    named: &[],
    unused: &[],
    check: |section, _| {
        if !section.is_simulated() {
            section.blame("other_depth", "something else");
        }
        Ok(true)
    },
};

#[test]
fn each_back_end_has_the_options_of_its_own_driver_and_is_judged_by_it() {
    let supported = suite::supported(&[&played::TABLE, &OTHER], played::EMBEDDED);
    let beta = "[DEFAULT]\nenabled_share_backends = alpha,beta\n[beta]\ndriver_handles_share_servers = false\n";
    let text =
        alpha(&format!("other_depth = 3\n{beta}share_driver = tests.Other\nother_depth = 4\nplayed_home = here\n"));
    let found = suite::load_with(&supported, &text, &[]).unwrap_err();
    assert!(found.contains("[beta] other_depth: found \"4\", expected something else"), "{found}");
    assert!(found.contains("warning: manila.conf:12: [alpha] other_depth is no option"), "{found}");
    assert!(found.contains("[beta] played_home is no option"), "{found}");
    assert_eq!(found.lines().count(), 3, "{found}");
}

#[test]
fn where_it_is_not_known_which_of_several_drivers_was_meant_none_judges() {
    let supported = suite::supported(&[&played::TABLE, &OTHER], played::EMBEDDED);
    let text = alpha("[alpha]\nshare_driver = mine.Driver\nother_depth = 4\nplayed_login =\n");
    let found = suite::load_with(&supported, &text, &[]).unwrap_err();
    assert_eq!(
        found,
        "manila.conf:13: [alpha] share_driver: found \"mine.Driver\", expected a driver that the daemon has: tests.Driver, tests.Other"
    );
}

#[test]
fn what_an_option_of_a_driver_names_is_read_as_what_it_is() {
    let beta = ALPHA.replace("[alpha]", "[beta]");
    let tape = "played_tapes = nightly\n[nightly]\nplayed_target = beta\n";
    assert_eq!(load(&alpha(&format!("{tape}{beta}"))).unwrap().settings.backends.len(), 1);
    assert!(mistakes(&alpha(tape))[0].contains("found \"beta\", expected the name of a back end's section"));
    let found = mistakes(&alpha(&format!("{tape}{beta}played_port = none\n")));
    assert!(matches!(&found[..], [one] if one.contains("[beta] played_port: found \"none\"")), "{found:?}");
    let found = mistakes(&alpha("played_tapes = quota\n[quota]\n"));
    assert!(found[0].contains("[alpha] played_tapes: found \"quota\", expected a section [quota]"), "{found:?}");
}

#[test]
fn the_name_of_a_section_matters_in_no_case() {
    let text = format!("{LOCAL}{}", ALPHA.replace("[alpha]", "[Alpha]"));
    assert_eq!(only(&text).name, "alpha");
    let loaded = load_with(&text, &[("OS_ALPHA__PLAYED_HOME", "there")]).unwrap();
    assert_eq!(loaded.settings.backends[0].options::<played::Played>().unwrap().played_home.as_deref(), Some("there"));
}

#[test]
fn names_of_back_ends_are_distinct_and_fit_into_a_host() {
    for (list, expected) in [
        ("alpha,ALPHA", "each back end once"),
        ("alpha,a@b", "names without @ and #"),
        ("alpha,quota", "that no other section has, not \"quota\""),
        ("alpha,DEFAULT", "not \"DEFAULT\""),
    ] {
        let all = mistakes(&alpha(&format!("[DEFAULT]\nenabled_share_backends = {list}\n"))).join("\n");
        assert!(all.contains(expected), "{all}");
    }
}

const SERVERS: &str = "[alpha]\ndriver_handles_share_servers = true\nplayed_home =\n";

#[test]
fn share_servers_need_a_network_and_no_svm() {
    let standalone = "network_api_class = manila.network.standalone_network_plugin.StandaloneNetworkPlugin\n";
    let found = mistakes(&alpha(&format!("{SERVERS}{standalone}"))).join("\n");
    assert!(found.contains("standalone_network_plugin_gateway: found nothing, expected an address"), "{found}");
    assert!(found.contains("standalone_network_plugin_mask: found nothing"), "{found}");
    let network =
        format!("{standalone}standalone_network_plugin_gateway = 192.0.2.1\nstandalone_network_plugin_mask = 24\n");
    let backend = only(&alpha(&format!("{SERVERS}network_config_group = net\n[net]\n{network}")));
    assert_eq!(backend.network.unwrap().standalone_network_plugin_mask.as_deref(), Some("24"));
    assert!(
        mistakes(&alpha(&format!("{SERVERS}network_config_group = net\n")))[0].contains("expected a section [net]")
    );
    let loaded = load(&alpha(&format!("{SERVERS}played_home = here\n{network}"))).unwrap();
    assert_eq!(warnings(&loaded), ["manila.conf:15: [alpha] played_home has no effect"]);
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
