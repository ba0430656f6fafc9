//! `openstack share …` and openstacksdk, where nobody has to log in: a day's work of a tenant and an operator.
//!
//! Behind a real Keystone they are driven in `keystone`.

use crate::peer::drive;
use crate::support::Stage;

fn drive_without_login(peer: &str, more: &[&str]) {
    let stage = Stage::open();
    let endpoint = format!("http://{}/v2", stage.daemon.address);
    drive(peer, "flow.py", &[&["--endpoint", &endpoint], more].concat(), &[]);
    stage.close(0);
}

#[test]
fn the_openstack_client_works_without_authentication() {
    drive_without_login("osc", &[]);
}

#[test]
fn openstacksdk_works_at_the_oldest_version_without_authentication() {
    drive_without_login("sdk", &[]);
}

#[test]
fn openstacksdk_works_at_a_recent_version_without_authentication() {
    drive_without_login("sdk", &["--microversion", "2.82"]);
}
