//! The reference pages and the samples in `conf/` are what the tables say.
//!
//! `MANILAD_BLESS=1 cargo test --test all reference` writes them anew. How to get it wrong: editing such a file by hand;
//! the next run takes it back.

#![allow(clippy::unwrap_used, reason = "what can't be read fails the test, in helpers too")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use manilad::drivers::{self, Shared};
use manilad::{boot, identity};
use manilad_clock::Clock;
use manilad_conf::{Group, Known, Layer, Opt, Preset, Settings, Sources, Use, tables};
use manilad_domain::history::HISTORY;
use manilad_domain::message::{Action, Detail};
use manilad_domain::{Microversion, Span};
use manilad_http::body::BodyShape;
use manilad_http::route::Route;
use manilad_http::view::{Audience, Shape};
use manilad_messages::driver::Remedy;
use manilad_netapp::TROUBLES;
use manilad_ontap::{ENDPOINTS, Need};
use manilad_policy::{Engine, Options, Overrides, Rule, defaults};

const MADE: &str = "<!-- Made from the tables of the code by tests/all/reference.rs; do not edit. -->\n\n";

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Compares a file with what the tables make of it; with `MANILAD_BLESS` set, writes it.
fn is_kept(name: &str, made: &str) {
    if std::env::var_os("MANILAD_BLESS").is_some() {
        fs::create_dir_all(path(name).parent().unwrap()).unwrap();
        fs::write(path(name), made).unwrap();
    }
    let kept = fs::read_to_string(path(name)).unwrap_or_default();
    assert!(kept == made, "{name} is out of date: MANILAD_BLESS=1 cargo test --test all reference");
}

/// A page with its title and what it says before its tables.
fn page(title: &str, about: &str, body: &str) -> String {
    format!("{MADE}# {title}\n\n{about}\n{body}")
}

fn table(heads: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let heads: Vec<String> = heads.iter().map(|&head| head.to_owned()).collect();
    let rule = format!("|{}\n", "---|".repeat(heads.len()));
    let rows: String = rows.into_iter().map(|row| line(&row)).collect();
    format!("\n{}{rule}{rows}", line(&heads))
}

/// Text as it stands in a cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('*', "\\*").replace('<', "&lt;")
}

fn code(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("`{}`", text.replace('|', "\\|")) }
}

fn span(span: Span) -> String {
    let (first, last) = (span.from == Microversion::MIN, span.to == Microversion::MAX);
    let told = match (first, last) {
        (true, true) => "all".to_owned(),
        (false, true) => format!("from {}", span.from),
        (true, false) => format!("to {}", span.to),
        (false, false) => format!("{} to {}", span.from, span.to),
    };
    match span.experimental_to {
        Some(last) => format!("{told}, experimental to {last}"),
        None => told,
    }
}

fn routes() -> Vec<&'static Route> {
    manilad_http::catalogue().collect()
}

/// `POST /shares/{id}/action extend`
fn shown(route: &Route) -> String {
    let action = route.action.map_or(String::new(), |action| format!(" {action}"));
    format!("{} {}{action}", route.method.name(), route.path)
}

#[test]
fn the_page_of_routes_is_the_catalogue() {
    let rows = routes().into_iter().map(|route| {
        let action = route.action.unwrap_or_default();
        let (versions, status) = (span(route.span), route.status.to_string());
        vec![route.method.name().to_owned(), code(route.path), code(action), versions, code(route.policy), status]
    });
    let about = "Paths are below `/v2`, with or without a project in front: `/v2/shares` and `/v2/{project_id}/shares` are \
                 the same. An action is the one key of the body. The status is that of success.";
    let body = table(&["Method", "Path", "Action", "Microversions", "Rule", "Status"], rows);
    is_kept("docs/reference/routes.md", &page("Routes", about, &body));
}

/// The views that routes answer with, each with its routes. One resource may have a short and a full view.
fn views() -> Vec<(Shape, Vec<&'static Route>)> {
    let mut views: Vec<(Shape, Vec<&Route>)> = Vec::new();
    let key = |shape: &Shape| (shape.one, shape.fields.iter().map(|field| field.name).collect::<Vec<_>>());
    for route in routes() {
        let Some(shape) = route.view else { continue };
        match views.iter_mut().find(|(known, _)| key(known) == key(&shape)) {
            Some((_, routes)) => routes.push(route),
            None => views.push((shape, vec![route])),
        }
    }
    views
}

fn all(routes: &[&Route]) -> String {
    let mut told: Vec<String> = routes.iter().map(|route| code(&shown(route))).collect();
    told.dedup();
    told.join(", ")
}

#[test]
fn the_page_of_fields_is_the_views_and_bodies() {
    let mut body = String::from("\n## Answers\n");
    for (shape, routes) in views() {
        body.push_str(&format!("\n### `{}`\n\nOf {}.\n", shape.one.join("`, `"), all(&routes)));
        body.push_str(&table(
            &["Field", "Microversions", "Kind", "Seen by"],
            shape.fields.iter().map(|field| {
                let seen = match field.audience {
                    Audience::Everyone => "everyone",
                    Audience::Admin => "administrators",
                    Audience::HostAdmin => "administrators of the project",
                    Audience::Single => "everyone, not in lists",
                };
                let null = if field.nullable { " or null" } else { "" };
                vec![code(field.name), span(field.span), format!("{:?}{null}", field.kind), seen.to_owned()]
            }),
        ));
    }
    body.push_str("\n## Requests\n");
    let mut bodies: Vec<(BodyShape, Vec<&Route>)> = Vec::new();
    let key = |shape: &BodyShape| (shape.wrappers, shape.members.len());
    for route in routes() {
        let Some(shape) = route.body.filter(|shape| !shape.members.is_empty()) else { continue };
        match bodies.iter_mut().find(|(known, _)| key(known) == key(&shape)) {
            Some((_, routes)) => routes.push(route),
            None => bodies.push((shape, vec![route])),
        }
    }
    for (shape, routes) in bodies {
        body.push_str(&format!("\n### in `{}`\n\nOf {}.\n", shape.wrappers.join("` or `"), all(&routes)));
        body.push_str(&table(
            &["Member", "Microversions", "Needed", "Expected"],
            shape.members.iter().map(|member| {
                let needed = if member.required { "yes" } else { "" };
                vec![code(member.name), span(member.span), needed.to_owned(), cell(member.expected)]
            }),
        ));
    }
    let about = "What answers show and what requests may say, by microversion. Members that no row names, or that are \
                 outside their microversions, are ignored.";
    is_kept("docs/reference/fields.md", &page("Fields", about, &body));
}

/// What begins or ends at each microversion, as the tables of routes, views and bodies have it.
fn edges() -> BTreeMap<Microversion, Vec<String>> {
    let mut edges: BTreeMap<Microversion, Vec<String>> = BTreeMap::new();
    let mut note = |of: Span, what: String| {
        let after = Microversion::all().find(|version| *version > of.to);
        for (version, sign) in [(Some(of.from).filter(|from| *from != Microversion::MIN), "+"), (after, "−")] {
            let Some(version) = version else { continue };
            let told = format!("{sign} {}", code(&what));
            let known = edges.entry(version).or_default();
            if !known.contains(&told) {
                known.push(told);
            }
        }
    };
    for route in routes() {
        note(route.span, shown(route));
        for member in route.body.iter().flat_map(|shape| shape.members) {
            note(member.span, format!("{}.{} asked", route.body.map_or("", |shape| shape.wrappers[0]), member.name));
        }
    }
    for (shape, _) in views() {
        shape.fields.iter().for_each(|field| note(field.span, format!("{}.{}", shape.one[0], field.name)));
    }
    edges
}

#[test]
fn the_page_of_microversions_is_the_history() {
    let edges = edges();
    let rows = HISTORY.iter().map(|change| {
        let served = edges.get(&change.version).map_or(String::new(), |edges| edges.join("; "));
        vec![change.version.to_string(), cell(change.what), served]
    });
    let about = "Every microversion of the API and what it changed. The last column is what begins (+) or ends (−) there in \
                 the tables of routes, fields and bodies; behaviour that is no edge of a table does not show, and rows without \
                 one mostly concern parts that are [not built](../status.md).";
    let body = table(&["Version", "Change", "In the tables"], rows);
    is_kept("docs/reference/microversions.md", &page("Microversions", about, &body));
}

fn scopes(rule: &Rule) -> String {
    let scopes: Vec<String> = rule.scopes.iter().map(ToString::to_string).collect();
    if scopes.is_empty() { "any".to_owned() } else { scopes.join(" or ") }
}

#[test]
fn the_page_of_policies_is_the_default_rules() {
    let guarded = |rule: &Rule| routes().into_iter().filter(|route| route.policy == rule.name).collect::<Vec<_>>();
    let earlier = |rule: &Rule| {
        rule.deprecated.map_or("none".to_owned(), |check| if check.is_empty() { "always".into() } else { code(check) })
    };
    let row = |rule: &Rule| vec![code(rule.name), code(rule.check), earlier(rule), scopes(rule)];
    let heads = ["Rule", "Check", "Earlier check", "Scope"];
    let base = defaults::BASE.iter().map(row);
    let mut body = format!("\n## Building blocks\n{}", table(&heads, base));
    let of_routes: Vec<&Rule> =
        defaults::API.iter().copied().flatten().filter(|rule| !guarded(rule).is_empty()).collect();
    let with_routes = of_routes.iter().map(|rule| [row(rule), vec![all(&guarded(rule))]].concat());
    let heads_of_routes = ["Rule", "Check", "Earlier check", "Scope", "Routes"];
    body.push_str(&format!("\n## Rules of routes\n{}", table(&heads_of_routes, with_routes)));
    let others = defaults::API.iter().copied().flatten().filter(|rule| guarded(rule).is_empty()).map(row);
    body.push_str(&format!(
        "\n## Further rules\n\nAsked inside a request, or of parts that are [not built](../status.md).\n{}",
        table(&heads, others)
    ));
    let about = "The default rules. `policy.yaml` replaces a check by its name; [conf/policy.yaml](../../conf/policy.yaml) has \
                 them all, commented. The earlier check counts beside the check when `[oslo_policy] enforce_new_defaults` is off.";
    is_kept("docs/reference/policies.md", &page("Policies", about, &body));
}

/// One page of settings: its file below `docs/reference/settings`, its title, and the groups on it.
type Page = (&'static str, &'static str, &'static [&'static Group]);

const SETTINGS: &[Page] = &[
    (
        "daemon.md",
        "Settings of the daemon and its API",
        &[
            &tables::MANILAD,
            &tables::SERVICE,
            &tables::LOGGING,
            &tables::OSLO_POLICY,
            &tables::OSLO_MIDDLEWARE,
            &tables::CORS,
            &tables::API,
            &tables::SSL,
        ],
    ),
    (
        "shares.md",
        "Settings of shares, placement and quota",
        &[&tables::SHARES, &tables::SCHEDULER, &tables::QUOTA, &tables::ACTIVE_IQ],
    ),
    (
        "cloud.md",
        "Settings of the services around",
        &[
            &tables::KEYSTONE_AUTHTOKEN,
            &tables::DATABASE,
            &tables::COORDINATION,
            &tables::NEUTRON,
            &tables::KEY_MANAGER,
            &tables::BARBICAN,
        ],
    ),
    (
        "backends.md",
        "Settings of back ends",
        &[&tables::STANZA, &tables::NETAPP, &tables::NETWORK, &tables::BINDING_PROFILE, &tables::BACKUP_TYPE],
    ),
];

fn setting(option: &Opt) -> Vec<String> {
    let preset = match option.preset {
        Preset::None => "unset".to_owned(),
        Preset::Text("") => "empty".to_owned(),
        Preset::Text(text) => code(text),
        Preset::Computed { told, .. } => told.to_owned(),
    };
    let used = match option.used {
        Use::Used => String::new(),
        Use::Accepted(why) => format!(" *Ignored: {}.*", cell(why)),
        Use::Refused(why) => format!(" *Only the default is taken: {}.*", cell(why)),
    };
    let old: Vec<String> = option.old.iter().map(|(group, name)| format!("[{group}] {name}")).collect();
    let old = if old.is_empty() { String::new() } else { format!(" Once {}.", code(&old.join(", "))) };
    let meaning = format!("{}{old}{used}", cell(option.meaning));
    vec![code(option.name), cell(&option.kind.to_string()), preset, meaning]
}

#[test]
fn the_pages_of_settings_are_the_option_tables() {
    let mut told = 0;
    for (file, title, groups) in SETTINGS {
        let mut body = String::new();
        for group in *groups {
            told += group.options.len();
            let rows = group.options.iter().map(setting);
            let heads = ["Option", "Value", "Default", "Meaning"];
            body.push_str(&format!("\n## `[{}]`\n\n{}\n{}", group.name, cell(group.about), table(&heads, rows)));
        }
        let about = "How a file is written and laid over another is on the page on \
                     [configuration](../../operators/configuration.md). Options of parts that are [not built](../../status.md) \
                     are read and checked, and have no effect.";
        is_kept(&format!("docs/reference/settings/{file}"), &page(title, about, &body));
    }
    assert_eq!(told, tables::all().count(), "a group of options is on no page, or on two");
}

#[test]
fn the_page_of_messages_is_the_codes() {
    let row = |id: &str, text: &str| vec![id.to_owned(), cell(text)];
    let actions = table(&["action_id", "Text"], Action::ALL.iter().map(|action| row(action.id(), action.text())));
    let details = table(&["detail_id", "Text"], Detail::ALL.iter().map(|detail| row(detail.id(), detail.text())));
    let about = "What a project is told when something fails after it was accepted: `GET /messages`. A message says what was \
                 being done (`action_id`) and why it failed (`detail_id`).";
    let body = format!("\n## What was being done\n{actions}\n## Why it failed\n{details}");
    is_kept("docs/reference/messages.md", &page("User messages", about, &body));
}

#[test]
fn the_page_of_ontap_is_the_endpoints_and_the_errors() {
    let endpoints = ENDPOINTS.iter().map(|row| {
        let need = match row.need {
            Need::Always => "the back end can't work".to_owned(),
            Need::Else(lost) => lost.to_owned(),
        };
        vec![row.method.name().to_owned(), code(&format!("/api{}", row.path)), cell(row.purpose), need]
    });
    let troubles = TROUBLES.iter().map(|(class, remedy, detail)| {
        let remedy = match remedy {
            Remedy::Again => "tried again on this back end",
            Remedy::Elsewhere => "the next candidate, at once",
            Remedy::Never => "given up",
        };
        vec![class.to_string(), remedy.to_owned(), format!("{} {}", detail.id(), cell(detail.text()))]
    });
    let about = "What the daemon asks of an array: the privileges that its account needs, and what becomes of a call that fails.";
    let calls = table(&["Method", "Path", "For", "Without it"], endpoints);
    let errors = table(&["Class of error", "What follows", "What the tenant is told in the end"], troubles);
    let body = format!(
        "\n## Calls\n\nA role that allows these paths is enough. ONTAP releases from {} on are driven.\n{calls}\n\
         ## Errors\n\nThe class is the label `outcome` of `manilad_ontap_calls_total`, where a call that worked is `done`.\n{errors}",
        manilad_ontap::release::OLDEST
    );
    is_kept("docs/reference/ontap.md", &page("ONTAP", about, &body));
}

#[test]
fn the_sample_of_policies_has_every_rule_and_uncomments_into_the_defaults() {
    let mut sample = String::from(
        "# Every rule of the Shared File Systems daemon with its default, in oslo.policy's language.\n\
         # Uncomment what you change. Made from the defaults by tests/all/reference.rs; copy it before you edit it.\n",
    );
    for rule in defaults::rules() {
        sample.push_str(&format!("\n# Scope: {}.\n#\"{}\": \"{}\"\n", scopes(rule), rule.name, rule.check));
    }
    is_kept("conf/policy.yaml", &sample);
    let uncommented: String = sample
        .lines()
        .map(|line| format!("{}\n", line.strip_prefix("#\"").map_or(line.to_owned(), |rule| format!("\"{rule}"))))
        .collect();
    let mut overrides = Overrides::none();
    overrides.add(&path("conf/policy.yaml"), &uncommented).unwrap();
    let written: BTreeMap<&str, &str> = overrides.rules().collect();
    assert_eq!(written, defaults::rules().map(|rule| (rule.name, rule.check)).collect());
    let engine = Engine::new(defaults::rules(), &overrides, &Options::default()).unwrap();
    assert_eq!(engine.warnings(), []);
}

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
    let shared = Arc::new(Shared::new(&clock));
    assert_eq!(settings.backends.len(), 1);
    for backend in &settings.backends {
        drivers::driver(&settings, backend, None, &shared).map(drop).unwrap();
    }
}
