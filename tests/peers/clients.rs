//! `openstack share …` and openstacksdk, where nobody has to log in: a day's work of a tenant and an operator.
//!
//! Behind a real Keystone they are driven in `keystone`.

use crate::peer::drive;
use crate::support::Stage;

fn drive_without_login(peer: &str, script: &str, more: &[&str]) {
    let stage = Stage::open();
    let endpoint = format!("http://{}/v2", stage.daemon.address);
    drive(peer, script, &[&["--endpoint", &endpoint], more].concat(), &[]);
    stage.close(0);
}

#[test]
fn the_openstack_client_works_without_authentication() {
    drive_without_login("osc", "flow.py", &[]);
}

#[test]
fn the_openstack_client_keeps_share_networks_and_security_services() {
    drive_without_login("osc", "networks.py", &[]);
}

#[test]
fn the_openstack_client_takes_snapshots_reverts_to_them_and_keeps_locks() {
    drive_without_login("osc", "snapshots.py", &[]);
}

#[test]
fn the_openstack_client_puts_shares_into_the_recycle_bin_and_takes_them_out() {
    drive_without_login("osc", "recycle_bin.py", &[]);
}

#[test]
fn the_openstack_client_keeps_qos_types() {
    drive_without_login("osc", "qos_types.py", &[]);
}

#[test]
fn openstacksdk_works_at_the_oldest_version_without_authentication() {
    drive_without_login("sdk", "flow.py", &[]);
}

#[test]
fn openstacksdk_works_at_a_recent_version_without_authentication() {
    drive_without_login("sdk", "flow.py", &["--microversion", "2.82"]);
}
