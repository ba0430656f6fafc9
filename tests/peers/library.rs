//! NetApp's own library `netapp-ontap` with the simulator for its cluster.

use crate::array::Array;
use crate::peer::drive;

fn work_as_cluster_and_as_svm(array: &Array) {
    array.driven("netapp", "flow.py", &["--login", "admin"]);
    array.driven("netapp", "flow.py", &["--login", "vsadmin", "--svm-account", "--aggregate", "aggr1"]);
}

#[test]
fn the_library_of_netapp_works_with_the_simulator() {
    work_as_cluster_and_as_svm(&Array::over_http());
}

#[test]
fn the_library_of_netapp_works_with_the_simulator_over_tls() {
    work_as_cluster_and_as_svm(&Array::over_tls());
}

#[test]
fn the_library_of_netapp_makes_and_removes_a_tenant() {
    let array = Array::over_http();
    array.driven("netapp", "tenant.py", &["--net", &array.net()]);
}

#[test]
fn whatever_fields_the_library_of_netapp_knows_the_simulator_knows_with_what_may_be_done_to_them() {
    drive::<&str>("netapp", "documented.py", &[], &[]);
}
