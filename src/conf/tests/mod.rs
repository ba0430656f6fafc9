//! The configuration as the daemon reads it. That the dialect is oslo.config's is proven against the real one elsewhere.

mod at_once;
mod backends;
mod documentation;
mod no_effect;
mod service;

use super::*;

const KNOWN: Known<'_> = Known {
    scheduler_drivers: &["manila.scheduler.drivers.filter.FilterScheduler"],
    filters: &[
        "OnlyHostFilter",
        "AvailabilityZoneFilter",
        "CapacityFilter",
        "CapabilitiesFilter",
        "DriverFilter",
        "ShareReplicationFilter",
        "CreateFromSnapshotFilter",
        "AffinityFilter",
        "AntiAffinityFilter",
        "ConsistentSnapshotFilter",
    ],
    weighers: &["CapacityWeigher", "GoodnessWeigher", "HostAffinityWeigher"],
};

/// Loads a file of this text, named manila.conf in messages.
fn load_with(text: &str, environment: &[(&str, &str)]) -> Result<Loaded, String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("manila.conf");
    std::fs::write(&path, text).unwrap();
    let environment = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let shown = |text: String| text.replace(&format!("{}/", dir.path().display()), "");
    let mut loaded = Settings::load(&Sources { layers: vec![Layer::File(path)], environment }, &KNOWN)
        .map_err(|error| shown(error.to_string()))?;
    for warning in loaded.warnings.iter_mut().chain(&mut loaded.notes) {
        if let Place::Line { file, .. } = &mut warning.place {
            *file = shown(file.clone());
        }
    }
    Ok(loaded)
}

fn load(text: &str) -> Result<Loaded, String> {
    load_with(text, &[])
}

/// The mistakes in a file of this text, a line each.
fn mistakes(text: &str) -> Vec<String> {
    let told = load(text).err().unwrap_or_default();
    told.lines().filter(|line| !line.starts_with("warning: ")).map(str::to_owned).collect()
}

fn warnings(loaded: &Loaded) -> Vec<String> {
    loaded.warnings.iter().map(Warning::to_string).collect()
}

/// A service that needs nothing from outside.
const LOCAL: &str =
    "[DEFAULT]\nauth_strategy = noauth\nosapi_share_listen = 127.0.0.1\nenabled_share_backends = alpha\n";

/// A back end that lacks nothing.
const ALPHA: &str = "[alpha]\nshare_driver = manila.share.drivers.netapp.common.NetAppDriver\n\
    driver_handles_share_servers = False\nnetapp_server_hostname = 192.0.2.10\nnetapp_login = admin\n\
    netapp_password = hunter2\nnetapp_vserver = svm1\n";

fn alpha(more: &str) -> String {
    format!("{LOCAL}{ALPHA}{more}")
}
