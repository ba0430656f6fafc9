//! The sample of all options, and the configurations that would be served as they are.

use manilad::boot::drivers::{self, DRIVERS, Makers};
use manilad::boot::outside::Outside;
use manilad::{boot, boot::identity};
use manilad_clock::Clock;
use manilad_conf::{Layer, Settings, Sources};

use super::{is_kept, path};

#[test]
fn the_sample_of_all_options_says_what_the_tables_say() {
    is_kept("conf/manila.conf", &Settings::sample(&drivers::tables(DRIVERS)));
}

#[test]
fn the_embedded_configuration_has_a_back_end_with_share_servers_and_one_without() {
    let loaded = Settings::load(&Sources::default(), &boot::supported(DRIVERS)).unwrap();
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    let backends: Vec<_> = loaded.settings.backends.iter().collect();
    let told: Vec<_> = backends.iter().map(|one| (one.name.as_str(), one.driver_handles_share_servers)).collect();
    assert_eq!(told, [("alpha", false), ("beta", true)]);
}

#[test]
fn the_example_of_one_svm_is_a_configuration_that_would_be_served() {
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    let secret = |name: &str| (name.to_owned(), "a secret".to_owned());
    let sources = Sources {
        layers: vec![Layer::File(path("conf/examples/single-svm.conf"))],
        environment: vec![secret("OS_KEYSTONE_AUTHTOKEN__PASSWORD"), secret("OS_ONTAP1__NETAPP_PASSWORD")],
    };
    let loaded = Settings::load(&sources, &boot::supported(DRIVERS)).unwrap();
    assert!(loaded.warnings.is_empty(), "{:?}", loaded.warnings);
    let (settings, clock) = (loaded.settings, Clock::system());
    assert!(identity::of(&settings, &Outside::real(clock.clone())).is_ok());
    let makers = Makers::new(DRIVERS, &settings, &clock, None);
    assert_eq!(settings.backends.len(), 1);
    for backend in &settings.backends {
        makers.driver(backend).map(drop).unwrap();
    }
}
