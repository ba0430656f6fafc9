//! The example configurations would be served.

use manilad::boot::drivers::{self, Shared};
use manilad::{boot, boot::identity};
use manilad_clock::Clock;
use manilad_conf::{Known, Layer, Settings, Sources};

use super::path;

#[test]
fn the_example_of_one_svm_is_a_configuration_that_would_be_served() {
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    let (filters, weighers) = (boot::known_filters(), boot::known_weighers());
    let scheduler_drivers = &["manila.scheduler.drivers.filter.FilterScheduler"];
    let known = Known { scheduler_drivers, filters: &filters, weighers: &weighers };
    let secret = |name: &str| (name.to_owned(), "a secret".to_owned());
    let sources = Sources {
        layers: vec![Layer::File(path("conf/examples/single-svm.conf"))],
        environment: vec![secret("OS_KEYSTONE_AUTHTOKEN__PASSWORD"), secret("OS_ONTAP1__NETAPP_PASSWORD")],
    };
    let loaded = Settings::load(&sources, &known).unwrap();
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    let (settings, clock) = (loaded.settings, Clock::system());
    assert!(identity::of(&settings, &clock).is_ok());
    let shared = Shared::new(&clock);
    assert_eq!(settings.backends.len(), 1);
    for backend in &settings.backends {
        drivers::driver(&settings, backend, None, &shared).map(drop).unwrap();
    }
}
