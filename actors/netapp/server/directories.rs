//! The directories of a share server, as they are told: pure.
//!
//! What they say of DNS comes before what the back end is configured with. How to get it wrong: asking for what is not
//! there only after half of the server is made. Source: operations.md §14.

use std::net::IpAddr;

use manilad_domain::SecurityService;
use manilad_domain::message::Detail;
use manilad_domain::security_service::Directory;
use manilad_driver::Trouble;
use manilad_ontap::dns::Dns;
use manilad_ontap::ldap::{Ldap, Place};
use manilad_ontap::smb_server::{self, Discovery, Joiner};
use secrecy::SecretString;

use crate::mode::{MOST_DNS, Servers};
use crate::trouble;

/// Where a server with an LDAP directory looks names and ids up.
pub const LDAP_FIRST: &[&str] = &["ldap", "files"];

/// What a server is to know and to join.
#[derive(Debug, Clone, Default)]
pub struct Directories {
    pub dns: Option<Dns>,
    /// Names of each address, the first of them canonical.
    pub hosts: Vec<(Vec<String>, IpAddr)>,
    pub ldap: Option<Ldap>,
    pub active: Option<ActiveDirectory>,
    pub kerberos: Option<Kerberos>,
}

/// An Active Directory to join.
#[derive(Debug, Clone)]
pub struct ActiveDirectory {
    pub server: smb_server::New,
    /// Addresses of preferred domain controllers.
    pub controllers: Vec<String>,
    pub site: Option<String>,
    pub discovery: Discovery,
}

/// A Kerberos realm for NFS.
#[derive(Debug, Clone)]
pub struct Kerberos {
    pub realm: String,
    /// Address of the key distribution centre.
    pub kdc: String,
    /// The principal of the server.
    pub spn: String,
    pub joiner: Joiner,
}

/// Reads what a server named `svm` is to join, beside what the back end tells all its servers.
///
/// # Errors
/// `Never` for a directory of which too little is said.
pub fn read(servers: &Servers, services: &[SecurityService], svm: &str) -> Result<Directories, Trouble> {
    let mut dns = Dns { domains: Vec::new(), servers: Vec::new() };
    let mut directories = Directories { hosts: servers.dns_hosts.clone(), ..Directories::default() };
    for service in services {
        let reader = ServiceReader(service);
        add(&mut dns.servers, reader.list(&service.dns_ip));
        add(&mut dns.domains, reader.list(&service.domain));
        match service.directory {
            Directory::Ldap => directories.ldap = Some(reader.ldap()?),
            Directory::ActiveDirectory => directories.active = Some(reader.active_directory(servers, svm)?),
            Directory::Kerberos => directories.kerberos = Some(reader.kerberos(svm)?),
        }
    }
    add(&mut dns.domains, servers.dns_domains.clone());
    add(&mut dns.servers, servers.dns_nameservers.clone());
    if dns.domains.len() > MOST_DNS.0 || dns.servers.len() > MOST_DNS.1 {
        let reason = format!(
            "security services and netapp_dns_* name {} domains and {} name servers: expected at most {} and {}",
            dns.domains.len(),
            dns.servers.len(),
            MOST_DNS.0,
            MOST_DNS.1
        );
        return Err(never(reason));
    }
    directories.dns = Some(dns).filter(|dns| !dns.domains.is_empty() && !dns.servers.is_empty());
    Ok(directories)
}

fn never(reason: String) -> Trouble {
    Trouble { detail: Detail::NoShareServer, ..trouble::never(reason) }
}

/// Adds what is not there yet.
fn add(all: &mut Vec<String>, more: Vec<String>) {
    for one in more {
        if !all.contains(&one) {
            all.push(one);
        }
    }
}

/// Who may join machines to a directory, if it is told.
pub fn joiner(service: &SecurityService) -> Option<Joiner> {
    let (user, password) = (service.user.as_ref()?, service.password.as_ref()?);
    Some(Joiner { user: user.clone(), password: SecretString::from(password.expose()) })
}

struct ServiceReader<'a>(&'a SecurityService);

impl ServiceReader<'_> {
    /// A text that may be several, with commas between them.
    fn list(&self, text: &Option<String>) -> Vec<String> {
        let parts = text.iter().flat_map(|text| text.split(',')).map(str::trim);
        parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    fn needs<T>(&self, value: Option<T>, what: &str) -> Result<T, Trouble> {
        let directory = self.0.directory.name();
        value.ok_or_else(|| never(format!("security service {} ({directory}) lacks {what}", self.0.id)))
    }

    fn text(&self, value: &Option<String>, what: &str) -> Result<String, Trouble> {
        self.needs(value.clone().filter(|text| !text.is_empty()), what)
    }

    fn joiner(&self) -> Result<Joiner, Trouble> {
        self.needs(joiner(self.0), "user and password")
    }

    fn ou(&self) -> Option<String> {
        self.0.ou.clone().filter(|ou| !ou.is_empty())
    }

    fn ldap(&self) -> Result<Ldap, Trouble> {
        let Joiner { user, password } = self.joiner()?;
        let domain = self.0.domain.clone().filter(|domain| !domain.is_empty());
        let (place, bind_dn) = match (domain, self.list(&self.0.server)) {
            (Some(domain), servers) if servers.is_empty() => {
                (Place::Domain(domain.clone()), format!("{user}@{domain}"))
            }
            (None, servers) if !servers.is_empty() => (Place::Servers(servers), user),
            _ => return self.needs(None, "either domain or server, and not both"),
        };
        Ok(Ldap { place, base_dn: self.ou(), bind_dn, bind_password: password })
    }

    fn active_directory(&self, servers: &Servers, svm: &str) -> Result<ActiveDirectory, Trouble> {
        self.text(&self.0.dns_ip, "dns_ip")?;
        let domain = self.text(&self.0.domain, "domain")?;
        let (controllers, site) = (self.list(&self.0.server), self.0.default_ad_site.clone());
        let site = site.filter(|site| !site.is_empty());
        let discovery = match (&site, controllers.is_empty()) {
            (_, false) => Discovery::None,
            (Some(_), true) => Discovery::Site,
            (None, true) => Discovery::All,
        };
        let server = smb_server::New {
            name: netbios(svm),
            domain,
            organizational_unit: self.ou(),
            joiner: self.joiner()?,
            aes: servers.smb_aes,
            signing: servers.smb_signing,
        };
        Ok(ActiveDirectory { server, controllers, site, discovery })
    }

    fn kerberos(&self, svm: &str) -> Result<Kerberos, Trouble> {
        self.text(&self.0.dns_ip, "dns_ip")?;
        let domain = self.text(&self.0.domain, "domain")?;
        let realm = domain.to_uppercase();
        Ok(Kerberos {
            spn: format!("nfs/{}.{domain}@{realm}", svm.replace('_', "-")),
            kdc: self.text(&self.0.server, "server")?,
            joiner: self.joiner()?,
            realm,
        })
    }
}

/// The NetBIOS name of an SVM: the first eight and the last six characters of its own. Source: operations.md §0.1.
fn netbios(svm: &str) -> String {
    let all: Vec<char> = svm.chars().collect();
    let (first, last) = (&all[..all.len().min(8)], &all[all.len().saturating_sub(6)..]);
    let part = |part: &[char]| part.iter().collect::<String>().replace('_', "-").to_uppercase();
    format!("{}-{}", part(first), part(last))
}

#[cfg(test)]
mod tests;
