//! The configuration as the daemon reads it. That the dialect is oslo.config's is proven against the real one elsewhere.

mod at_once;
mod backends;
mod changes;
mod documentation;
mod no_effect;
mod played;
mod service;

use super::*;
use crate::suite::warnings;

fn supported() -> Supported {
    suite::supported(&[&played::TABLE], played::EMBEDDED)
}

fn load_with(text: &str, environment: &[(&str, &str)]) -> Result<Loaded, String> {
    suite::load_with(&supported(), text, environment)
}

fn load(text: &str) -> Result<Loaded, String> {
    load_with(text, &[])
}

fn mistakes(text: &str) -> Vec<String> {
    suite::mistakes(&supported(), text)
}

/// A service that needs nothing from outside.
const LOCAL: &str =
    "[DEFAULT]\nauth_strategy = noauth\nosapi_share_listen = 127.0.0.1\nenabled_share_backends = alpha\n";

/// A back end that lacks nothing.
const ALPHA: &str = "[alpha]\nshare_driver = tests.Driver\ndriver_handles_share_servers = False\n\
    played_address = 192.0.2.10\nplayed_login = admin\nplayed_password = hunter2\nplayed_home = here\n";

fn alpha(more: &str) -> String {
    format!("{LOCAL}{ALPHA}{more}")
}
