//! The reference driver of Manila for NetApp, as it is installed, with the simulator for its array.
//!
//! It was written for real arrays: where it works with the simulator, the simulator is like them.

use crate::array::Array;
use crate::support::sim::NFS_PORT;

fn work_as_cluster_and_as_svm(array: &Array) {
    let of_cluster = ["--login", "admin", "--cifs", "--flexgroup", "--limits", "--snapshots", "--manage"];
    array.driven("reference", "drive.py", &of_cluster);
    array.driven("reference", "drive.py", &["--login", "vsadmin", "--cifs", "--flexgroup", "--snapshots"]);
}

#[test]
fn the_reference_driver_works_with_the_simulator() {
    work_as_cluster_and_as_svm(&Array::over_http());
}

#[test]
fn the_reference_driver_works_with_the_simulator_over_tls() {
    work_as_cluster_and_as_svm(&Array::over_tls());
}

#[test]
fn the_reference_driver_makes_and_removes_share_servers() {
    for array in [Array::over_http(), Array::over_tls()] {
        let more = ["--net", &array.net(), "--nfs-port", &NFS_PORT.to_string()];
        array.driven("reference", "servers.py", &more);
    }
}
