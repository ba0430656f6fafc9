//! The actors and the API of a daemon, wired but not raised: they need a store, and what is outside, and no socket or file.
//!
//! How to get it wrong: to open or bind something here; a test that plays a whole daemon in one thread assembles it by this too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use manilad_backend::{BackendContext, ReportNow};
use manilad_conf::Settings;
use manilad_conf::settings::Backend;
use manilad_decisions::Rules;
use manilad_decisions::service::Part;
use manilad_domain::DriverAbilities;
use manilad_domain::service::Binary;
use manilad_domain::status::Deletion;
use manilad_domain::verb::Pauses;
use manilad_driver::Driver;
use manilad_http::app::Current;
use manilad_http::bounds::Bounds;
use manilad_http::health::Health;
use manilad_http::{AppState, IdentitySource};
use manilad_keeper::KeeperContext;
use manilad_kit::{Port, Registry};
use manilad_messages::presence::Presence;
use manilad_messages::{Look, SchedulerPorts};
use manilad_policy::Engine;
use manilad_scheduler::{Chain, SchedulerContext, filters, weighers};
use manilad_store::{Blocking, Store};

use crate::boot::drivers::Makers;
use crate::boot::key_store::KeyStoreAccess;
use crate::boot::outside::Outside;
use crate::boot::register::register;
use crate::boot::{http, identity, networks, policy};
use crate::metrics;
use crate::root::{Root, RootContext};

/// How long a command may take, its commit included.
const COMMAND_PATIENCE: Duration = Duration::from_secs(30);
/// Pause between two looks that nobody asked for.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What the configuration alone decides, and can get wrong.
pub struct Configured {
    engine: Engine,
    identity: IdentitySource,
    key_store: Option<KeyStoreAccess>,
    chain: Chain,
}

impl Configured {
    /// # Errors
    /// A part that can't be made as it is configured, by name.
    pub fn new(settings: &Settings, outside: &Outside) -> anyhow::Result<Self> {
        let (engine, identity) = (policy::engine(settings)?, identity::of(settings, outside)?);
        let key_store = KeyStoreAccess::of(settings, outside)?;
        for backend in &settings.backends {
            networks::factory(settings, backend, outside)?;
        }
        Ok(Configured { engine, identity, key_store, chain: chain(settings)? })
    }
}

/// Actors that can be raised, and the API that asks them.
pub struct Assembly {
    pub app: Current,
    /// For each back end its driver.
    pub drivers: Vec<(String, Arc<dyn Driver>)>,
    /// Has every back end report and look now.
    pub ask_for_reports: Arc<dyn Fn() + Send + Sync>,
    pub root: Root,
    pub registry: Registry,
}

/// Makes the actors of the daemon that the settings describe, and registers its services.
///
/// # Errors
/// A driver or network that can't be made, or a store that can't be written.
pub async fn assemble(
    settings: &Settings,
    configured: Configured,
    outside: &Outside,
    store: &Store,
    makers: &Makers,
) -> anyhow::Result<Assembly> {
    let (service, clock, threads) = (&settings.service, &outside.clock, &outside.threads);
    let limits = outside.limits;
    let registry = Registry::new(clock.clone());
    let presence = Presence::new(clock.clone());
    let api = Port::new("api", limits.commands, COMMAND_PATIENCE, clock.clone());
    let scheduler_ports = SchedulerPorts::new(clock);
    let keeper = KeeperContext {
        clock: clock.clone(),
        store: store.clone(),
        looks: Port::new("keeper", 8, COMMAND_PATIENCE, clock.clone()),
        api: api.clone(),
        reap_every: settings.shares.message_reap_interval,
        bin_every: settings.shares.check_for_expired_shares_in_recycle_bin_interval,
        deletion: http::deletion(settings),
    };
    let looks: BTreeMap<String, Port<Look>> = settings
        .backends
        .iter()
        .map(|backend| format!("{}@{}", service.host, backend.name))
        .map(|name| (name.clone(), Port::new(format!("{name}/look"), 64, COMMAND_PATIENCE, clock.clone())))
        .collect();
    let looks = Arc::new(looks);
    let report_ports: BTreeMap<String, Port<ReportNow>> = looks
        .keys()
        .map(|name| (name.clone(), Port::new(format!("{name}/report"), 8, COMMAND_PATIENCE, clock.clone())))
        .collect();
    let asked: Vec<Port<ReportNow>> = report_ports.values().cloned().collect();

    let drivers = settings
        .backends
        .iter()
        .map(|backend| Ok((backend.name.clone(), makers.driver(backend)?)))
        .collect::<anyhow::Result<Vec<_>>>()?;
    register(store, clock, parts(settings, &drivers)).await.map_err(|failed| anyhow::anyhow!("{failed}"))?;
    let ask_for_reports: Arc<dyn Fn() + Send + Sync> = Arc::new(move || {
        for port in &asked {
            let _it_reports_by_timer_too = port.nudge(ReportNow);
        }
    });
    let scheduler = SchedulerContext {
        store: store.clone(),
        clock: clock.clone(),
        presence: presence.clone(),
        chain: Arc::new(configured.chain),
        backends: looks.clone(),
        ask_for_reports: ask_for_reports.clone(),
        host: service.host.clone(),
        down_time: service.service_down_time,
        message_life: settings.shares.message_ttl,
        look_every: LOOK_EVERY,
        placements: limits.placements,
    };
    let mut backends = BTreeMap::new();
    for (backend, (_, driver)) in settings.backends.iter().zip(&drivers) {
        let name = format!("{}@{}", service.host, backend.name);
        let (Some(port), Some(report_now)) = (looks.get(&name), report_ports.get(&name)) else { continue };
        let context = BackendContext {
            service: name.clone(),
            availability_zone: zone(settings, backend),
            clock: clock.clone(),
            store: store.clone(),
            presence: presence.clone(),
            registry: registry.clone(),
            networks: networks::factory(settings, backend, outside)?,
            rules: rules(settings, backend, driver.abilities()),
            driver: driver.clone(),
            looks: port.clone(),
            report_now: report_now.clone(),
            reports: scheduler_ports.report.clone(),
            no_reports: scheduler_ports.no_report.clone(),
            scheduler: scheduler_ports.look.clone(),
            peers: looks.clone(),
            report_every: service.periodic_interval,
            down_after: service.service_down_time,
            look_every: LOOK_EVERY,
            beat_every: service.report_interval,
            sweep_every: settings.manilad.sweep_every,
            sweep_page: limits.sweep_page,
            unmanaging_takes_rules: settings.shares.unmanage_remove_access_rules,
            ensuring_is_shown: settings.shares.update_shares_status_on_ensure,
            removal_pause: match http::deletion(settings) {
                Deletion::Usual => Pauses::PATIENT.longest,
                Deletion::Deferred => settings.shares.periodic_deferred_delete_interval,
            },
            most_tasks: limits.tasks,
            message_ttl: settings.shares.message_ttl.as_secs(),
        };
        backends.insert(name, context);
    }
    let health = Arc::new(Health::new(clock.clone()));
    let switches: BTreeSet<&str> =
        drivers.iter().flat_map(|(_, driver)| driver.abilities().rule_switches).copied().collect();
    let app = Arc::new(ArcSwap::from_pointee(AppState {
        store: store.clone(),
        api: api.clone(),
        scheduler: scheduler_ports.clone(),
        policy: Arc::new(configured.engine),
        identity: Arc::new(configured.identity),
        key_store: configured.key_store.map(|access| Arc::new(access.store(clock))),
        rule_switches: switches.into_iter().collect(),
        presence: presence.clone(),
        settings: http::settings(settings)?,
        clock: clock.clone(),
        bounds: Arc::new(bounds(settings, store.blocking())?),
        few: Arc::new(Bounds::new(0, usize::try_from(settings.manilad.searches)?, store.blocking())),
        health: health.clone(),
        metrics: if settings.manilad.metrics { Some(metrics::renderer(registry.clone(), threads)?) } else { None },
    }));
    let root = Root::new(RootContext {
        clock: clock.clone(),
        store: store.clone(),
        registry: registry.clone(),
        presence,
        api,
        pulse: health.pulse.clone(),
        recipients: manilad_api::Recipients { scheduler: scheduler_ports.look.clone(), backends: looks },
        scheduler,
        scheduler_ports,
        keeper,
        backends,
        threads: threads.clone(),
    });
    Ok(Assembly { app, drivers, ask_for_reports, root, registry })
}

/// What requests may take together. A single body of the greatest size always finds room.
fn bounds(settings: &Settings, blocking: Blocking) -> anyhow::Result<Bounds> {
    let bytes = settings.manilad.request_bodies_bytes.max(settings.oslo_middleware.max_request_body_size);
    Ok(Bounds::new(usize::try_from(bytes)?, usize::try_from(settings.manilad.searches)?, blocking))
}

/// How the share servers of a back end are filled, and when they go.
fn rules(settings: &Settings, backend: &Backend, abilities: DriverAbilities) -> Rules {
    let shares = &settings.shares;
    Rules {
        abilities: abilities.servers,
        max_instances: backend.section.max_shares_per_share_server,
        max_gib: backend.section.max_share_server_size,
        goes_with_last_instance: shares.delete_share_server_with_last_share,
        unused_for: shares.automatic_share_server_cleanup.then_some(shares.unused_share_server_cleanup_interval),
    }
}

fn zone(settings: &Settings, backend: &Backend) -> String {
    backend.section.backend_availability_zone.as_ref().unwrap_or(&settings.service.storage_availability_zone).clone()
}

fn parts(settings: &Settings, drivers: &[(String, Arc<dyn Driver>)]) -> Vec<Part> {
    let service = &settings.service;
    let part = |binary, host: String, availability_zone: String, ensured_as: String| Part {
        binary,
        host,
        availability_zone,
        starts_enabled: service.enable_new_services,
        ensured_as,
    };
    let scheduler =
        part(Binary::Scheduler, service.host.clone(), service.storage_availability_zone.clone(), String::new());
    let shares = settings.backends.iter().zip(drivers).map(|(backend, (_, driver))| {
        let host = format!("{}@{}", service.host, backend.name);
        part(Binary::Share, host, zone(settings, backend), driver.ensured_as())
    });
    [scheduler].into_iter().chain(shares).collect()
}

/// The chain as it is configured. Filters that only concern what is answered 404 as yet (groups) are
/// left out, so that a file which spells out Manila's own defaults works as it is.
fn chain(settings: &Settings) -> anyhow::Result<Chain> {
    let scheduler = &settings.scheduler;
    let mut out = Vec::new();
    let mut built = |names: &[String]| -> Vec<String> {
        let is_left = |name: &String| filters::NOT_BUILT.contains(&name.as_str());
        let (left, kept): (Vec<_>, Vec<_>) = names.iter().cloned().partition(is_left);
        out.extend(left);
        kept
    };
    let filters = built(&scheduler.scheduler_default_filters);
    let extend_filters = built(&scheduler.scheduler_default_extend_filters);
    if !out.is_empty() {
        tracing::info!(out = out.join(", "), "left out of the scheduler's chain: nothing can ask for these yet");
    }
    Ok(Chain::configured(&manilad_scheduler::Settings {
        filters,
        extend_filters,
        weighers: scheduler.scheduler_default_weighers.clone(),
        multipliers: weighers::Multipliers {
            capacity: scheduler.capacity_weight_multiplier,
            pool: scheduler.pool_weight_multiplier,
        },
        attempts: usize::try_from(scheduler.scheduler_max_attempts).unwrap_or(usize::MAX).max(1),
    })?)
}
