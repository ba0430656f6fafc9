//! The pages of settings, and the names that the chain of the scheduler may have.

use manilad::boot::drivers;
use manilad_conf::{Group, Opt, Preset, Use, tables};
use manilad_netapp::table;
use manilad_scheduler::{filters, weighers};

use super::{cell, code, is_kept, page, table as rows};

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
        &[&tables::SHARES, &tables::SCHEDULER, &tables::QUOTA, &table::ACTIVE_IQ],
    ),
    (
        "cloud.md",
        "Settings of the services around",
        &[
            &tables::KEYSTONE_AUTHTOKEN,
            &tables::DATABASE,
            &tables::COORDINATION,
            &tables::NEUTRON,
            &tables::NOVA,
            &tables::KEY_MANAGER,
            &tables::BARBICAN,
        ],
    ),
    (
        "backends.md",
        "Settings of back ends",
        &[&tables::BACKEND_SECTION, &table::BACK_END, &tables::NETWORK, &tables::BINDING_PROFILE, &table::BACKUP_TYPE],
    ),
];

/// The names that the chain of the scheduler may have.
fn chain() -> String {
    let built = |name: &str, told: String| vec![code(name), told];
    let left_out = |name: &&str| vec![code(name), "not built: left out of the chain".to_owned()];
    let tenant =
        |rule: &filters::FilterRule| built(rule.name, format!("{} {}", rule.detail.id(), cell(rule.detail.text())));
    let judges = filters::RULES.iter().map(tenant).chain(filters::NOT_BUILT.iter().map(left_out));
    let ranks = weighers::RULES.iter().map(|rule| built(rule.name, "built".to_owned()));
    format!(
        "\n## Filters and weighers\n{}{}",
        rows(&["Filter", "What the tenant is told when it leaves no pool"], judges),
        rows(&["Weigher", "State"], ranks)
    )
}

fn setting(option: &Opt) -> Vec<String> {
    let preset = match option.preset {
        Preset::None => "unset".to_owned(),
        Preset::Text("") => "empty".to_owned(),
        Preset::Text(text) => code(text),
        Preset::Computed { shown, .. } => shown.to_owned(),
    };
    let used = match option.used {
        Use::Used => String::new(),
        Use::Accepted(why) => format!(" *Ignored: {}.*", cell(why)),
        Use::Refused(why) => format!(" *Only the default is taken: {}.*", cell(why)),
        Use::NotBuilt(what) => format!(" *Not built: {}.*", cell(what)),
    };
    let old: Vec<String> = option.old.iter().map(|(group, name)| format!("[{group}] {name}")).collect();
    let old = if old.is_empty() { String::new() } else { format!(" Once {}.", code(&old.join(", "))) };
    let meaning = format!("{}{old}{used}", cell(option.meaning));
    let reload = if option.reload { "yes" } else { "" };
    vec![code(option.name), cell(&option.kind.to_string()), preset, reload.to_owned(), meaning]
}

#[test]
fn the_pages_of_settings_are_the_option_tables() {
    let mut told = 0;
    for (file, title, groups) in SETTINGS {
        let mut body = String::new();
        if groups.iter().any(|group| std::ptr::eq(*group, &tables::SCHEDULER)) {
            body.push_str(&chain());
        }
        for group in *groups {
            told += group.options.len();
            let lines = group.options.iter().map(setting);
            let heads = ["Option", "Value", "Default", "SIGHUP", "Meaning"];
            body.push_str(&format!("\n## `[{}]`\n\n{}\n{}", group.name, cell(group.about), rows(&heads, lines)));
        }
        let about = "How a file is written and laid over another is on the page on \
                     [configuration](../../operators/configuration.md). Where it says *not built* the option is checked and has no effect; \
                     another value than the default is warned of at start and by `check-config`. Where it says *ignored* only `check-config` \
                     tells. SIGHUP brings new values of those marked so into force; the log names others that changed.";
        is_kept(&format!("docs/reference/settings/{file}"), &page(title, about, &body));
    }
    assert_eq!(
        told,
        tables::all(&drivers::tables(drivers::DRIVERS)).count(),
        "a group of options is on no page, or on two"
    );
}
