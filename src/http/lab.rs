//! A request without a server, for tests of what handlers judge by. Nobody is plugged into its doors.

use std::sync::Arc;
use std::time::Duration;

use manilad_clock::Clock;
use manilad_domain::Microversion;
use manilad_domain::quota::Limits;
use manilad_domain::share::Protocol;
use manilad_domain::status::Deletion;
use manilad_kit::Port;
use manilad_messages::SchedulerPorts;
use manilad_messages::presence::Presence;
use manilad_policy::{Credentials, Engine, Options, Overrides};
use manilad_store::{Blocking, Memory, Store};

use crate::app::{AppState, Settings};
use crate::call::Call;
use crate::health::Health;
use crate::identity::{Caller, IdentitySource};
use crate::query::Query;
use crate::view::Links;

/// The project of the caller.
pub const PROJECT: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A request of a member of [`PROJECT`] at the newest version, on a store of its own that is empty.
pub fn call() -> Call {
    call_at(Clock::system())
}

/// As [`call`], by a clock of the test's.
pub fn call_at(clock: Clock) -> Call {
    let store = Store::open(Box::new(Memory::default()), manilad_store::Options::default(), clock.clone()).unwrap();
    let policy = Engine::new(manilad_policy::defaults::rules(), &Overrides::none(), &Options::default()).unwrap();
    let roles = ["member", "reader"].map(str::to_owned).into();
    let credentials = Credentials {
        user_id: Some("u".to_owned()),
        project_id: Some(PROJECT.to_owned()),
        roles,
        ..Credentials::default()
    };
    let caller = Arc::new(Caller::new(credentials, None, &policy));
    let second = Duration::from_secs(1);
    let app = AppState {
        store,
        api: Port::new("api", 1, second, clock.clone()),
        scheduler: SchedulerPorts::new(&clock),
        policy: Arc::new(policy),
        identity: Arc::new(IdentitySource::NoAuth),
        key_store: None,
        rule_switches: Arc::new([]),
        presence: Presence::new(clock.clone()),
        settings: settings(),
        health: Arc::new(Health::new(clock.clone())),
        clock,
        bounds: Arc::new(crate::bounds::Bounds::new(1 << 20, 4, Blocking::Pool)),
        few: Arc::new(crate::bounds::Bounds::new(0, 4, Blocking::Pool)),
        metrics: None,
    };
    Call {
        app: Arc::new(app),
        caller,
        version: Microversion::MAX,
        request_id: "req".into(),
        params: Arc::new([]),
        query: Arc::new(Query::parse("")),
        links: Links::default(),
        address: "".into(),
    }
}

fn settings() -> Settings {
    Settings {
        base_url: None,
        max_body: 1 << 20,
        proxy_headers: false,
        is_project_id: Arc::new(|_| true),
        max_limit: 1000,
        default_share_type: None,
        enabled_protocols: Protocol::ALL.into(),
        admin_only_metadata: Arc::new([]),
        admin_only_el_metadata: Arc::new([]),
        default_mount_point_prefix: "{project_id}_".to_owned(),
        places_clones: false,
        limits: Limits::by(|_| -1),
        message_ttl: Duration::from_secs(1000),
        bin_retention: Duration::from_secs(604_800),
        deletion: Deletion::Usual,
        transfer_retention: Duration::from_secs(300),
        service_down_time: 60,
        cors: None,
        drain_file: "/nonexistent".into(),
    }
}
