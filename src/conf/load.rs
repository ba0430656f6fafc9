//! From command line and environment to [`Settings`].
//!
//! Everything is read before anything is refused, so an operator sees all mistakes at once; only where the files themselves
//! can't be read are their options not judged. With no configuration file at all the embedded one is in force; a file, even
//! an empty one, takes its place. How to get it wrong: to judge by the default of an option that can't be used; what it was
//! meant to be is not supported.

use std::path::PathBuf;

use crate::backends;
use crate::checks;
use crate::error::{Error, Mistakes, Warning};
use crate::ini::DEFAULT;
use crate::prints::Prints;
use crate::reader::Reader;
use crate::settings::Settings;
use crate::source::{Environment, Files, Layer};
use crate::supported::Supported;
use crate::tables;

/// Where settings come from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// `--config-file` and `--config-dir`, in the order of the command line; none: [`Supported::embedded`].
    pub layers: Vec<Layer>,
    /// Variables of the process; those named `OS_<GROUP>__<OPTION>` count, over all files.
    pub environment: Vec<(String, String)>,
}

/// Settings, and what an operator should hear about them.
#[derive(Debug, Clone)]
pub struct Loaded {
    pub settings: Settings,
    pub warnings: Vec<Warning>,
    /// Options that were given and have no effect here, each with its reason; `check-config` tells them.
    pub notes: Vec<Warning>,
    pub prints: Prints,
}

impl Settings {
    /// Reads `sources`.
    ///
    /// # Errors
    /// All that keeps the files from being read; or all mistakes in the options, each with its place and what was expected.
    pub fn load(sources: &Sources, supported: &Supported) -> Result<Loaded, Error> {
        let (fixed, groups) = (tables::fixed(&supported.drivers), tables::groups(&supported.drivers));
        let mut files = Files::read(&sources.layers, &groups)?;
        if sources.layers.is_empty() {
            files.add("embedded configuration", supported.embedded, &groups)?;
            files.add("current folder", &beside()?, &groups)?;
        }
        let mut reader = Reader::new(files, Environment::new(sources.environment.clone(), &groups))?;
        fixed.iter().for_each(|group| reader.declare(group.name, group));

        let names = backends::announce(&mut reader, &supported.drivers);
        let directories = directories(&sources.layers);
        let manilad = reader.read("manilad", &tables::MANILAD)?;
        let service = reader.read(DEFAULT, &tables::SERVICE)?;
        let shares = reader.read(DEFAULT, &tables::SHARES)?;
        let scheduler = reader.read(DEFAULT, &tables::SCHEDULER)?;
        let logging = reader.read(DEFAULT, &tables::LOGGING)?;
        let quota = reader.read("quota", &tables::QUOTA)?;
        let keystone_authtoken = reader.read("keystone_authtoken", &tables::KEYSTONE_AUTHTOKEN)?;
        let oslo_policy = reader.read("oslo_policy", &tables::OSLO_POLICY)?;
        let oslo_middleware = reader.read("oslo_middleware", &tables::OSLO_MIDDLEWARE)?;
        let cors = reader.read("cors", &tables::CORS)?;
        let ssl = reader.read("ssl", &tables::SSL)?;
        let neutron = reader.read("neutron", &tables::NEUTRON)?;
        let nova = reader.read("nova", &tables::NOVA)?;
        let key_manager = reader.read("key_manager", &tables::KEY_MANAGER)?;
        let barbican = reader.read("barbican", &tables::BARBICAN)?;
        for unused in tables::UNUSED.iter().chain(supported.drivers.iter().flat_map(|driver| driver.unused)) {
            reader.read::<checks::Nothing>(unused.name, unused)?;
        }

        let backends = backends::read(&mut reader, &names, manilad.as_ref(), supported)?;
        if let Some(service) = &service {
            checks::signs_of_life(&mut reader, service);
        }
        if let (Some(manilad), Some(service)) = (&manilad, &service) {
            checks::callers(&mut reader, manilad, service);
            checks::identity(&mut reader, service, keystone_authtoken.as_ref());
            checks::tls(&mut reader, service, ssl.as_ref());
        }
        if let Some(scheduler) = &scheduler {
            checks::scheduler(&mut reader, scheduler, supported);
        }
        if let Some(policy) = &oslo_policy {
            checks::policy_file(&mut reader, policy, &directories);
        }
        let (prints, notes) = (reader.prints(), reader.notes());
        let (mistakes, warnings) = reader.finish(tables::is_foreign);
        let all = || -> Result<Settings, Error> {
            Ok(Settings {
                manilad: whole(manilad)?,
                service: whole(service)?,
                shares: whole(shares)?,
                scheduler: whole(scheduler)?,
                logging: whole(logging)?,
                quota: whole(quota)?,
                keystone_authtoken: whole(keystone_authtoken)?,
                oslo_policy: whole(oslo_policy)?,
                oslo_middleware: whole(oslo_middleware)?,
                cors: whole(cors)?,
                ssl: whole(ssl)?,
                neutron: whole(neutron)?,
                nova: whole(nova)?,
                key_manager: whole(key_manager)?,
                barbican: whole(barbican)?,
                backends,
                directories,
            })
        };
        if mistakes.is_empty() {
            return Ok(Loaded { settings: all()?, warnings, notes, prints });
        }
        Err(Error::Mistakes(Box::new(Mistakes { mistakes, warnings, rest: all().ok() })))
    }
}

/// With no file what is kept lies in the folder that the daemon is started in. With one it must not, or a second folder
/// would mean a second, empty cloud.
fn beside() -> Result<String, Error> {
    let folder = std::env::current_dir().map_err(|cause| Error::Unreadable { path: ".".into(), cause })?;
    Ok(format!("[DEFAULT]\nstate_path = {}\n", folder.join("var").display().to_string().replace('$', "$$")))
}

/// A part is missing only where there was a mistake.
fn whole<T>(part: Option<T>) -> Result<T, Error> {
    part.ok_or_else(|| Error::Misfit { group: "all".into(), problem: "a part is missing without a mistake".into() })
}

fn directories(layers: &[Layer]) -> Vec<PathBuf> {
    let directory = |layer: &Layer| match layer {
        Layer::Dir(path) => Some(path.clone()),
        Layer::File(path) => {
            path.parent().map(|parent| if parent.as_os_str().is_empty() { ".".into() } else { parent.into() })
        }
    };
    let mut directories: Vec<PathBuf> = Vec::new();
    for path in layers.iter().rev().filter_map(directory) {
        if !directories.contains(&path) {
            directories.push(path);
        }
    }
    directories
}
