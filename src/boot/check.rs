//! What a configuration gets wrong beyond its single options: the files that it names, and the parts that are made of
//! several options. All of it is told together, before anything is built.
//!
//! How to get it wrong: to judge a part by an option that can't be used. Its default stands in its place, and what follows
//! from that is no mistake of the operator's.

use manilad_conf::settings::Network;
use manilad_conf::tables::NETWORK;
use manilad_conf::{Error, Loaded, Mistake, Settings, Warning};

use crate::boot::drivers::{DRIVERS, Makers};
use crate::boot::key_store::KeyStoreAccess;
use crate::boot::outside::Outside;
use crate::boot::{identity, networks, policy, tls};

/// All that is wrong with one part.
type Check = fn(&Settings, &Outside) -> Vec<anyhow::Error>;

/// Any option of a section.
const ANY: &str = "*";

/// Parts with the options that they are made of, by section and name.
#[rustfmt::skip]
const PARTS: &[(&[(&str, &str)], Check)] = &[
    (&[("oslo_policy", ANY)],                                                |settings, _| only(policy::engine(settings))),
    (&[("DEFAULT", "osapi_share_use_ssl"), ("ssl", ANY)],                    |settings, _| tls::problems(settings)),
    (&[("DEFAULT", "auth_strategy"), ("keystone_authtoken", ANY), ("oslo_middleware", "http_basic_auth_user_file")],
                                                                             |settings, outside| only(identity::of(settings, outside))),
    (&[("barbican", ANY), ("key_manager", ANY), ("keystone_authtoken", ANY)],
                                                                             |settings, outside| only(KeyStoreAccess::of(settings, outside))),
];

fn only<T>(made: anyhow::Result<T>) -> Vec<anyhow::Error> {
    made.err().into_iter().collect()
}

/// Lets a configuration pass that has nothing wrong.
///
/// # Errors
/// Everything that is wrong, a line each, and the warnings after it.
pub fn sound(read: Result<Loaded, Error>, outside: &Outside) -> anyhow::Result<Loaded> {
    let (mut lines, warnings) = match &read {
        Ok(loaded) => (problems(&loaded.settings, outside, &[]), &loaded.warnings),
        Err(Error::Mistakes(all)) => {
            let mut lines: Vec<String> = all.mistakes.iter().map(Mistake::to_string).collect();
            lines.extend(all.rest.iter().flat_map(|settings| problems(settings, outside, &all.mistakes)));
            (lines, &all.warnings)
        }
        Err(_) => return Ok(read?),
    };
    if lines.is_empty() {
        return Ok(read?);
    }
    lines.extend(warnings.iter().map(|warning: &Warning| format!("warning: {warning}")));
    Err(anyhow::anyhow!(lines.join("\n")))
}

/// What is wrong with parts whose options can be used, each once.
fn problems(settings: &Settings, outside: &Outside, mistakes: &[Mistake]) -> Vec<String> {
    let is_usable = |section: &str, option: &str| {
        !mistakes
            .iter()
            .any(|mistake| mistake.group.eq_ignore_ascii_case(section) && (option == ANY || mistake.option == option))
    };
    let parts = PARTS.iter().filter(|(options, _)| options.iter().all(|(section, option)| is_usable(section, option)));
    let mut found: Vec<anyhow::Error> = parts.flat_map(|(_, check)| check(settings, outside)).collect();
    // A network may stand in the section of its back end, among options of other parts.
    let is_whole = |network: &Network| {
        let around = ["neutron", "nova", "keystone_authtoken"].into_iter();
        let mut around = around.chain(network.neutron_binding_profiles.iter().map(String::as_str));
        around.all(|section| is_usable(section, ANY))
            && NETWORK.options.iter().all(|option| is_usable(&network.section, option.name))
    };
    let makers = Makers::new(DRIVERS, settings, &outside.clock, None);
    for backend in &settings.backends {
        if is_usable(&backend.name, ANY) {
            found.extend(makers.problem(backend));
        }
        found.extend(networks::problems(settings, backend, outside, &is_whole));
    }
    let mut lines: Vec<String> = Vec::new();
    for line in found.iter().map(|problem| format!("{problem:#}")) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}
