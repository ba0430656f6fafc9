//! Reads the back ends: their own sections, and those that these point to.

use crate::checks;
use crate::driver::{BackEndNamed, DriverTable, Section, is_there};
use crate::error::Error;
use crate::ini::{DEFAULT, normal};
use crate::opt::Group;
use crate::reader::Reader;
use crate::settings::{Backend, BackendSection, BindingProfile, Manilad, Network};
use crate::supported::Supported;
use crate::tables::{self, BACKEND_SECTION, BINDING_PROFILE, NETWORK};
use crate::values::Values;

type Drivers<'d> = &'d [&'static DriverTable];

const LIST: &str = "enabled_share_backends";

/// Declares the sections that `enabled_share_backends` names, so that any value may refer to their options.
pub(crate) fn announce(reader: &mut Reader, drivers: Drivers<'_>) -> Vec<String> {
    let names = names(reader);
    names.iter().for_each(|name| declare(reader, name, drivers));
    names
}

/// Reads the back ends of these names; and those that options of theirs name, as far as something is wrong there.
pub(crate) fn read(
    reader: &mut Reader,
    names: &[String],
    manilad: Option<&Manilad>,
    supported: &Supported,
) -> Result<Vec<Backend>, Error> {
    let (drivers, judge_function) = (supported.drivers.as_slice(), supported.judge_function);
    // Where nobody knows whether there is a simulator, back ends are taken to be on it: that mistake is told.
    let simulated = !reader.are_usable("manilad", &["simulator"]) || manilad.is_none_or(|manilad| manilad.simulator);
    let fixed = tables::fixed(drivers);
    if names.is_empty() && reader.are_usable(DEFAULT, &[LIST]) {
        reader.warn(DEFAULT, LIST, "[DEFAULT] enabled_share_backends is empty: there is no back end");
    }
    for (n, name) in names.iter().enumerate() {
        checks::backend_name(reader, name, &fixed);
        if names[..n].iter().any(|earlier| normal(earlier) == normal(name)) {
            reader.blame(DEFAULT, LIST, format!("each back end once, not {name:?} twice"));
        } else if !reader.has(name) {
            reader.blame(DEFAULT, LIST, format!("a section [{name}]"));
        }
    }
    let mut reading = Reading { reader, simulated, drivers, judge_function, fixed: &fixed, named: Vec::new() };
    let mut backends = Vec::new();
    for name in names {
        if reading.reader.has(name) {
            backends.extend(reading.backend(name)?);
        }
    }
    let mut read: Vec<String> = backends.iter().map(|backend| normal(&backend.name)).collect();
    for BackEndNamed { section, option, name } in std::mem::take(&mut reading.named) {
        if !reading.reader.has(&name) {
            reading.reader.blame(&section, option, "the name of a back end's section");
        } else if !read.contains(&normal(&name)) {
            declare(reading.reader, &name, drivers);
            reading.backend(&name)?;
            read.push(normal(&name));
        }
    }
    Ok(backends)
}

fn declare(reader: &mut Reader, section: &str, drivers: Drivers<'_>) {
    reader.declare(section, &BACKEND_SECTION);
    let named = BACKEND_SECTION.options.iter().find(|option| option.name == "share_driver");
    let named = named.and_then(|option| reader.value(section, option).ok()?.into_string().ok());
    match table_of(named.as_deref(), drivers) {
        Some(driver) => reader.declare(section, driver.options),
        None => drivers.iter().for_each(|driver| reader.declare(section, driver.options)),
    }
    reader.declare(section, &NETWORK);
}

/// The driver of that name; where there is but one, it is this one that was meant, whatever is written.
fn table_of(name: Option<&str>, drivers: Drivers<'_>) -> Option<&'static DriverTable> {
    let only = if let [only] = drivers { Some(only) } else { None };
    drivers.iter().find(|driver| Some(driver.name) == name).or(only).copied()
}

/// The list itself; if it can't be read, the mistake is known already.
fn names(reader: &Reader) -> Vec<String> {
    let option = tables::SERVICE.options.iter().find(|option| option.name == LIST);
    let value = option.and_then(|option| reader.value(DEFAULT, option).ok());
    value.and_then(|value| value.try_deserialize().ok()).unwrap_or_default()
}

/// What reading one back end takes.
struct Reading<'r> {
    reader: &'r mut Reader,
    simulated: bool,
    drivers: Drivers<'r>,
    judge_function: fn(&str) -> Result<(), String>,
    fixed: &'r [&'static Group],
    /// Back ends that options of drivers name.
    named: Vec<BackEndNamed>,
}

impl Reading<'_> {
    fn backend(&mut self, name: &str) -> Result<Option<Backend>, Error> {
        let Some(backend_section) = self.reader.read::<BackendSection>(name, &BACKEND_SECTION)? else {
            return Ok(None);
        };
        checks::driver(self.reader, name, &backend_section, self.drivers);
        checks::functions(self.reader, name, &backend_section, self.judge_function);
        let share_servers = backend_section.driver_handles_share_servers;
        let options = self.options(name, &backend_section)?;
        let (network, admin_network) = if share_servers == Some(true) {
            let own = self.named_section(name, "network_config_group", backend_section.network_config_group.as_deref());
            let admin = backend_section.admin_network_config_group.as_deref();
            let admin = self.named_section(name, "admin_network_config_group", admin);
            let network = self.network(own.as_deref().unwrap_or(name))?;
            (network, admin.map(|section| self.network(&section)).transpose()?.flatten())
        } else {
            let groups = [&backend_section.network_config_group, &backend_section.admin_network_config_group];
            for section in groups.into_iter().flatten() {
                self.reader.declare(section, &NETWORK);
                if share_servers.is_none() {
                    self.reader.read::<Network>(section, &NETWORK)?;
                }
            }
            (None, None)
        };
        let Some((options, driver_handles_share_servers)) = options.zip(share_servers) else { return Ok(None) };
        let name = name.to_owned();
        Ok(Some(Backend {
            name,
            driver_handles_share_servers,
            section: backend_section,
            options,
            network,
            admin_network,
        }))
    }

    /// The options of its driver, as far as it can be told which driver was meant.
    fn options(&mut self, name: &str, backend_section: &BackendSection) -> Result<Option<Values>, Error> {
        let Some(driver) = table_of(backend_section.share_driver.as_deref(), self.drivers) else { return Ok(None) };
        let values = self.reader.values(name, driver.options);
        let mut section = Section {
            reader: self.reader,
            name,
            share_servers: backend_section.driver_handles_share_servers,
            is_simulated: self.simulated,
            fixed: self.fixed,
            back_ends: Vec::new(),
        };
        let can_be_typed = (driver.check)(&mut section, &values)?;
        self.named.append(&mut section.back_ends);
        Ok(Some(values).filter(|_| can_be_typed))
    }

    /// The section that `option` of `section` names, if it is there.
    fn named_section(&mut self, section: &str, option: &'static str, named: Option<&str>) -> Option<String> {
        let named = named?;
        if is_there(self.reader, named, self.fixed) {
            return Some(named.to_owned());
        }
        self.reader.blame(section, option, format!("a section [{named}] of this name"));
        None
    }

    fn network(&mut self, section: &str) -> Result<Option<Network>, Error> {
        let Some(mut network) = self.reader.read::<Network>(section, &NETWORK)? else { return Ok(None) };
        checks::network(self.reader, section, &network);
        section.clone_into(&mut network.section);
        for named in network.neutron_binding_profiles.clone() {
            let there = self.named_section(section, "neutron_binding_profiles", Some(&named));
            let profile = there.map(|there| self.reader.read::<BindingProfile>(&there, &BINDING_PROFILE));
            let profile = profile.transpose()?.flatten();
            network.binding_profiles.extend(profile.map(|profile| BindingProfile { name: named, ..profile }));
        }
        Ok(Some(network))
    }
}
