//! A configuration with mistakes: all of them are told at once, by `check-config` and by a start that is refused.

use std::path::Path;
use std::process::Command;

/// What a command that fails tells on standard error.
fn refused(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_manilad"));
    let output = command.args(arguments).env_remove("RUST_LOG").current_dir(folder).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!((output.status.code(), output.stdout.len()), (Some(1), 0), "{arguments:?}: {told}");
    told
}

/// `quotas` is what stands in `[quota]`.
fn configuration(folder: &Path, quotas: &str) -> String {
    let at = |name: &str| folder.join(name).display().to_string();
    std::fs::write(at("text"), "hello\n").unwrap();
    std::fs::write(at("rules.yaml"), "share:create: and\n").unwrap();
    let plugin = "network_api_class = manila.network.standalone_network_plugin.StandaloneNetworkPlugin\n\
                  standalone_network_plugin_gateway = 192.0.2.1\n";
    let backend = "share_driver = manila.share.drivers.netapp.common.NetAppDriver\nnetapp_server_hostname = array\n\
                   netapp_login = admin\nnetapp_password = hunter2\ndriver_handles_share_servers = true\n";
    let long = "x".repeat(120);
    let (text, rules, state) = (at("text"), at("rules.yaml"), at("state"));
    format!(
        "[DEFAULT]\nauth_strategy = http_basic\nosapi_share_listen = 127.0.0.1\nosapi_share_listen_port = 0\n\
         state_path = {state}\nosapi_share_use_ssl = true\nenabled_share_backends = alpha,beta\nstray = 1\n\
         [quota]\n{quotas}\n[oslo_policy]\npolicy_file = {rules}\n\
         [oslo_middleware]\nhttp_basic_auth_user_file = /nowhere/users\n\
         [ssl]\ncert_file = {text}\nkey_file = {text}\nca_file = {text}\n\
         [alpha]\n{backend}network_config_group = tenants\nadmin_network_config_group = admins\n\
         [tenants]\n{plugin}standalone_network_plugin_mask = 255.0.255.0\n\
         [admins]\n{plugin}standalone_network_plugin_mask = 77\n\
         [beta]\n{backend}netapp_qos_policy_group_name_template = {long}%(share_id)s\n"
    )
}

const OF_PARTS: [&str; 10] = [
    "[beta]: netapp_qos_policy_group_name_template is \"xxx",
    "[beta]: [neutron]: auth_url is missing",
    "rule \"share:create\": found \"and\"",
    "http_basic_auth_user_file /nowhere/users",
    "[ssl] cert_file: ",
    "[ssl] key_file: ",
    "[ssl] ca_file: ",
    "[tenants]: standalone_network_plugin_mask: found \"255.0.255.0\", expected",
    "[admins]: standalone_network_plugin_mask: found \"77\", expected",
    "warning: manila.conf:8: [DEFAULT] stray is no option and has no effect",
];

#[test]
fn what_options_parts_and_files_get_wrong_is_told_together_by_check_config_and_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let of_options = [
        "manila.conf:10: [quota] shares: found \"many\", expected",
        "manila.conf:11: [quota] gigabytes: found \"-2\", expected",
    ];
    for (quotas, of_options) in [("shares = many\ngigabytes = -2", &of_options[..]), ("shares = 1\ngigabytes = 1", &[])]
    {
        std::fs::write(folder.path().join("manila.conf"), configuration(folder.path(), quotas)).unwrap();
        for command in ["check-config", "serve"] {
            let told = refused(folder.path(), &["--config-file", "manila.conf", command]);
            for expected in of_options.iter().chain(&OF_PARTS) {
                assert_eq!(
                    told.lines().filter(|line| line.contains(expected)).count(),
                    1,
                    "{command}: {expected}\n{told}"
                );
            }
            assert!(!told.contains("hunter2"), "{told}");
        }
    }
    assert!(!folder.path().join("state").exists());
}

#[test]
fn a_network_is_judged_though_its_back_end_has_a_mistake_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let text = configuration(folder.path(), "shares = 1") + "netapp_server_port = none\n";
    std::fs::write(folder.path().join("manila.conf"), text).unwrap();
    let told = refused(folder.path(), &["--config-file", "manila.conf", "check-config"]);
    assert!(
        told.contains("[beta] netapp_server_port: found") && told.contains("[beta]: [neutron]: auth_url"),
        "{told}"
    );
}

#[test]
fn warnings_of_the_policy_are_told_by_check_config() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("policy.yaml"), "share:no_such_thing: \"@\"\n").unwrap();
    std::fs::write(
        folder.path().join("manila.conf"),
        "[DEFAULT]\nauth_strategy = noauth\nosapi_share_listen = 127.0.0.1\n[oslo_policy]\npolicy_file = policy.yaml\n",
    )
    .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_manilad"));
    let output =
        command.args(["--config-file", "manila.conf", "check-config"]).current_dir(folder.path()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    let warned = |line: &str| line.starts_with("warning: policy: ") && line.contains("share:no_such_thing");
    assert!(output.status.success() && told.lines().any(warned), "{told}");
}

#[test]
fn a_part_is_not_judged_by_an_option_that_can_not_be_used() {
    let folder = tempfile::tempdir().unwrap();
    let text = configuration(folder.path(), "shares = 1");
    let text = text
        .replace("key_file = ", "key_file = $nowhere")
        .replace("mask = 77", "mask = 24\nstandalone_network_plugin_mtu = wide");
    std::fs::write(folder.path().join("manila.conf"), text).unwrap();
    let told = refused(folder.path(), &["--config-file", "manila.conf", "check-config"]);
    for (words, times) in [("[ssl]", 1), ("[admins]", 1), ("[tenants]", 1), ("rule \"share:create\"", 1)] {
        assert_eq!(told.lines().filter(|line| line.contains(words)).count(), times, "{words}\n{told}");
    }
}

#[test]
fn a_filter_or_goodness_function_that_can_not_be_read_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let backend = "share_driver = manila.share.drivers.netapp.common.NetAppDriver\n\
                   driver_handles_share_servers = false\nnetapp_vserver = svm1\n";
    let text = format!(
        "[DEFAULT]\nauth_strategy = noauth\nosapi_share_listen = 127.0.0.1\nosapi_share_listen_port = 0\n\
         state_path = {}\nenabled_share_backends = alpha,beta\n[manilad]\nsimulator = true\n\
         [alpha]\n{backend}filter_function = share.size ‹\n[beta]\n{backend}goodness_function = size * 2\n",
        folder.path().display()
    );
    std::fs::write(folder.path().join("manila.conf"), text).unwrap();
    for command in ["check-config", "serve"] {
        let message = refused(folder.path(), &["--config-file", "manila.conf", command]);
        assert_eq!(
            message,
            "manilad: manila.conf:13: [alpha] filter_function: found \"share.size ‹\", expected a function: \
             at byte 11: expected a number, a name or an operator, found ‹\n\
             manila.conf:18: [beta] goodness_function: found \"size * 2\", expected a function: size is unknown\n",
            "{command}"
        );
    }
}
