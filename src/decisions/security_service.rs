//! Security services: made, changed and removed.
//!
//! A service that a share network has can't go, and can't become of a kind that the network has already. One that share
//! servers have joined keeps all but its name and description. How to get it wrong: to let a change reach the record that
//! servers would have to be told of; they go on with what they were given.

use std::fmt;

use manilad_domain::security_service::Directory;
use manilad_domain::share_network::index::BY_SECURITY_SERVICE;
use manilad_domain::{Fault, Record, Secret, SecurityService, ShareNetwork, Stamp};
use manilad_store::{Draft, Error, Range, Source};

use crate::share_network::security_services;
use crate::{Decided, share_server};

/// What is to change about a service; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Update {
    pub directory: Option<Directory>,
    pub name: Option<Option<String>>,
    pub description: Option<Option<String>>,
    pub dns_ip: Option<Option<String>>,
    pub server: Option<Option<String>>,
    pub domain: Option<Option<String>>,
    pub user: Option<Option<String>>,
    pub password: Option<Option<Secret>>,
    pub ou: Option<Option<String>>,
    pub default_ad_site: Option<Option<String>>,
}

impl Update {
    /// Whether it changes what servers that have joined the directory were told of it.
    fn concerns_servers(&self) -> bool {
        let fields = [&self.dns_ip, &self.server, &self.domain, &self.user, &self.ou, &self.default_ad_site];
        self.directory.is_some() || self.password.is_some() || fields.into_iter().any(Option::is_some)
    }
}

/// What a service that is not there is to who names it.
pub fn unknown(id: impl fmt::Display) -> Fault {
    Fault::no_such("security service", id)
}

/// The service with this id.
///
/// # Errors
/// Missing when there is none.
pub fn get(source: &impl Source, id: &str) -> Result<SecurityService, Fault> {
    source.read(id)?.ok_or_else(|| unknown(id))
}

/// Makes a service.
///
/// # Errors
/// Internal when the store can't be read.
pub fn create(draft: &mut Draft<'_>, service: &SecurityService) -> Decided<()> {
    draft.put(service)?;
    Ok(((), Vec::new()))
}

/// Changes a service.
///
/// # Errors
/// Forbidden where share servers would have to be told; conflict where a network has another one of its new kind;
/// invalid where what it says does not fit together.
pub fn update(draft: &mut Draft<'_>, id: &str, update: Update, now: Stamp) -> Decided<SecurityService> {
    fn set<T>(field: &mut T, new: Option<T>) {
        if let Some(new) = new {
            *field = new;
        }
    }
    let mut service = get(draft, id)?;
    if update.concerns_servers() {
        for network in networks_with(draft, &service, usize::MAX)? {
            let what = "of its security services only name and description can change";
            share_server::refuse_served(draft, &network, what)?;
        }
    }
    if let Some(directory) = update.directory.filter(|directory| *directory != service.directory) {
        service.directory = directory;
        refuse_second(draft, &service)?;
    }
    set(&mut service.name, update.name);
    set(&mut service.description, update.description);
    set(&mut service.dns_ip, update.dns_ip);
    set(&mut service.server, update.server);
    set(&mut service.domain, update.domain);
    set(&mut service.user, update.user);
    set(&mut service.password, update.password);
    set(&mut service.ou, update.ou);
    set(&mut service.default_ad_site, update.default_ad_site);
    service.check()?;
    service.updated_at = Some(now);
    draft.put(&service)?;
    Ok((service, Vec::new()))
}

/// # Errors
/// Conflict when a network that has this service has another one of its kind.
fn refuse_second(source: &impl Source, changed: &SecurityService) -> Result<(), Fault> {
    for network in networks_with(source, changed, usize::MAX)? {
        let others = security_services(source, &network)?;
        if others.iter().any(|other| other.id != changed.id && other.directory == changed.directory) {
            return Err(Fault::conflict(format!(
                "Share network {} has another security service of type {}.",
                network.id,
                changed.directory.name()
            )));
        }
    }
    Ok(())
}

/// Networks that have the service.
fn networks_with(source: &impl Source, service: &SecurityService, most: usize) -> Result<Vec<ShareNetwork>, Error> {
    source.list(Range::of(BY_SECURITY_SERVICE, [service.key()]).limit(most))
}

/// Removes a service.
///
/// # Errors
/// Forbidden where a network has it.
pub fn delete(draft: &mut Draft<'_>, id: &str) -> Decided<()> {
    let service = get(draft, id)?;
    if let Some(network) = networks_with(draft, &service, 1)?.first() {
        return Err(Fault::forbidden(format!("Share network {} has the security service.", network.id)));
    }
    draft.remove(&service)?;
    Ok(((), Vec::new()))
}
