//! The reference driver of Manila for NetApp, as it is installed, with the simulator for its array.
//!
//! It was written for real arrays: where it works with the simulator, the simulator is like them.

use crate::array::Array;

fn work_as_cluster_and_as_svm(array: &Array) {
    array.driven("reference", "drive.py", &["--login", "admin", "--cifs", "--flexgroup", "--limits"]);
    array.driven("reference", "drive.py", &["--login", "vsadmin", "--cifs", "--flexgroup"]);
}

#[test]
fn the_reference_driver_works_with_the_simulator() {
    work_as_cluster_and_as_svm(&Array::over_http());
}

#[test]
fn the_reference_driver_works_with_the_simulator_over_tls() {
    work_as_cluster_and_as_svm(&Array::over_tls());
}
