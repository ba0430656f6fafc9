//! All that is wrong is message at once: one mistake hides no other.

use super::*;

/// A file with a mistake of each kind, two back ends and a network.
const MANY: &str = "\
[DEFAULT]
auth_strategy = noauth
osapi_share_listen = 192.0.2.1
enabled_share_backends = alpha,beta
osapi_max_limit = many
report_interval = 60
share_manager = mine.Manager
stray = 1
scheduler_default_weighers = MyWeigher
osapi_share_use_ssl = true
[quota]
shares = -2
[alpha]
share_driver = mine.Driver
driver_handles_share_servers = true
reserved_share_percentage = lots
played_port = 99999999
network_config_group = net
[net]
network_api_class = manila.network.standalone_network_plugin.StandaloneNetworkPlugin
standalone_network_plugin_mtu = wide
[beta]
share_driver = tests.Driver
driver_handles_share_servers = perhaps
played_login = admin
played_key = relative.pem
";

#[test]
fn no_mistake_hides_another_nor_a_warning() {
    let message = load(MANY).unwrap_err();
    for (place, rest) in [
        ("manila.conf:3", "[DEFAULT] osapi_share_listen: found \"192.0.2.1\", expected a loopback address"),
        ("manila.conf:5", "[DEFAULT] osapi_max_limit: found \"many\", expected a whole number of at least 1"),
        ("manila.conf:6", "[DEFAULT] report_interval: found \"60\", expected fewer seconds"),
        ("manila.conf:7", "[DEFAULT] share_manager: found \"mine.Manager\", expected"),
        ("manila.conf:9", "[DEFAULT] scheduler_default_weighers: found \"MyWeigher\", expected"),
        ("configuration", "[ssl] cert_file: found nothing, expected a PEM file"),
        ("configuration", "[ssl] key_file: found nothing, expected a PEM file"),
        ("manila.conf:12", "[quota] shares: found \"-2\", expected a whole number from -1"),
        ("manila.conf:14", "[alpha] share_driver: found \"mine.Driver\", expected"),
        ("manila.conf:16", "[alpha] reserved_share_percentage: found \"lots\", expected"),
        ("manila.conf:17", "[alpha] played_port: found \"99999999\", expected"),
        ("configuration", "[alpha] played_address: found nothing, expected"),
        ("configuration", "[alpha] played_login: found nothing, expected"),
        ("manila.conf:21", "[net] standalone_network_plugin_mtu: found \"wide\", expected"),
        ("configuration", "[net] standalone_network_plugin_gateway: found nothing, expected an address"),
        ("configuration", "[net] standalone_network_plugin_mask: found nothing, expected"),
        ("manila.conf:24", "[beta] driver_handles_share_servers: found \"perhaps\", expected true or false"),
        ("configuration", "[beta] played_address: found nothing, expected"),
        ("manila.conf:26", "[beta] played_key: found \"relative.pem\", expected an absolute path"),
        ("warning: manila.conf:8", "[DEFAULT] stray is no option and has no effect"),
    ] {
        let start = format!("{place}: {rest}");
        let found = message.lines().filter(|line| line.starts_with(&start)).count();
        assert_eq!(found, 1, "{start} in\n{message}");
    }
    assert_eq!(message.lines().count(), 20, "{message}");
}

#[test]
fn no_mistake_is_made_up_of_an_option_that_could_not_be_read() {
    for (more, only) in [
        ("[DEFAULT]\nreport_interval = often\nservice_down_time = 5\n", "report_interval"),
        ("[DEFAULT]\nauth_strategy = none\n[keystone_authtoken]\nauth_type = password\n", "auth_strategy"),
        ("[DEFAULT]\nosapi_share_listen = ::\n[manilad]\nallow_remote_noauth = perhaps\n", "allow_remote_noauth"),
        ("[DEFAULT]\nosapi_share_use_ssl = true\n[ssl]\ncert_file = $nowhere\nkey_file = /b.pem\n", "cert_file"),
        ("[alpha]\nplayed_login = $nowhere\n", "played_login"),
        ("[alpha]\ndriver_handles_share_servers = perhaps\n", "driver_handles_share_servers"),
        ("[alpha]\nplayed_login =\nplayed_key = k.pem\n", "played_key"),
        ("[alpha]\nnetwork_api_class = Standalone\nplayed_home = $nowhere\n", "played_home"),
    ] {
        let message = mistakes(&alpha(more));
        assert!(matches!(&message[..], [one] if one.contains(&format!("] {only}: found"))), "{more}: {message:#?}");
    }
}

#[test]
fn every_line_that_means_nothing_is_told_of_every_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    std::fs::write(path("a.conf"), "[DEFAULT]\nnonsense\n  k = v\n[open\nosapi_max_limit = many\n").unwrap();
    std::fs::write(path("b.conf"), "early = 1\n[quota]\n= 2\n").unwrap();
    let layers = ["a.conf", "gone.conf", "b.conf"].map(|name| Layer::File(path(name))).to_vec();
    let message = Settings::load(&Sources { layers, environment: vec![] }, &supported()).unwrap_err().to_string();
    let message = message.replace(&format!("{}/", dir.path().display()), "");
    let starts: Vec<&str> = message.lines().map(|line| line.split(", expected").next().unwrap()).collect();
    assert_eq!(
        starts,
        [
            "a.conf:2: found a line that begins with \"nonsense\"",
            "a.conf:4: found a line that begins with \"[open\"",
            "gone.conf: cannot be read: No such file or directory (os error 2)",
            "b.conf:1: found a line that begins with \"early\"",
            "b.conf:3: found a line without a key",
        ]
    );
}
