//! What answers outside of the cluster: name servers, Active Directory, LDAP and Kerberos, as the configuration has
//! them. Nothing of it is a server; it only decides what a cluster would find.
//!
//! How to get it wrong: letting everything answer. A client is then never told that a server is silent.

use secrecy::ExposeSecret;
use uuid::Uuid;

use crate::config::DirectoryConfig;
use crate::rows::svm::Svm;
use crate::state::State;

/// The directory of a domain, whoever can reach it.
pub fn of_domain<'a>(state: &'a State, domain: &str) -> Option<&'a DirectoryConfig> {
    state.directories.iter().find(|directory| directory.domain.eq_ignore_ascii_case(domain))
}

/// The directory of a domain as an SVM finds it by its DNS servers.
pub fn resolved<'a>(state: &'a State, svm: Uuid, domain: &str) -> Option<&'a DirectoryConfig> {
    let servers = &state.svms.get(&svm)?.dns.as_ref()?.servers;
    of_domain(state, domain).filter(|directory| directory.dns.iter().any(|server| servers.contains(server)))
}

/// The directory of a domain as an SVM finds a domain controller of it: by DNS, or because one is preferred.
pub fn joined<'a>(state: &'a State, svm: &Svm, domain: &str) -> Option<&'a DirectoryConfig> {
    let preferred = |directory: &&DirectoryConfig| {
        let mut own = svm.preferred_dcs.iter().filter(|dc| dc.fqdn.eq_ignore_ascii_case(domain));
        own.any(|dc| directory.controllers.contains(&dc.server_ip))
    };
    let found = resolved(state, svm.uuid, domain).or_else(|| of_domain(state, domain).filter(preferred));
    found.filter(|directory| !directory.controllers.is_empty())
}

/// The directory that a server of this address, or of a name in its domain, belongs to.
pub fn served_by<'a>(state: &'a State, server: &str) -> Option<&'a DirectoryConfig> {
    let server = server.to_ascii_lowercase();
    let here = |directory: &&DirectoryConfig| match server.parse() {
        Ok(address) => directory.controllers.contains(&address),
        Err(_) => server.ends_with(&format!(".{}", directory.domain.to_ascii_lowercase())),
    };
    state.directories.iter().find(here)
}

/// Whether the directory takes these credentials. A user may come with its domain, or as a distinguished name.
pub fn admits(directory: &DirectoryConfig, user: &str, password: &str) -> bool {
    let user = user.rsplit('\\').next().unwrap_or(user);
    let user = user.split(['@', ',']).next().unwrap_or(user);
    let user = user.split_once('=').map_or(user, |(_, name)| name);
    user.eq_ignore_ascii_case(&directory.user) && password == directory.password.expose_secret()
}

/// Whether the directory has this organizational unit. Without one, machines go to `CN=Computers`.
pub fn has_unit(directory: &DirectoryConfig, unit: Option<&str>) -> bool {
    let is_there = |unit: &str| directory.units.iter().any(|own| own.eq_ignore_ascii_case(unit));
    unit.is_none_or(|unit| unit.eq_ignore_ascii_case("CN=Computers") || is_there(unit))
}

/// Whether there is a machine account of this name: of a CIFS server here, or of somebody else's machine.
pub fn has_machine(state: &State, directory: &DirectoryConfig, name: &str) -> bool {
    let here = |svm: &Svm| {
        let server = svm.cifs.as_ref()?;
        let domain = server.domain.as_ref()?;
        Some(domain.fqdn.eq_ignore_ascii_case(&directory.domain) && server.name.eq_ignore_ascii_case(name))
    };
    directory.machines.iter().any(|own| own.eq_ignore_ascii_case(name))
        || state.svms.iter().any(|svm| here(svm) == Some(true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_the_same_by_any_of_its_names() {
        let directory = DirectoryConfig::default();
        for user in ["Administrator", "administrator@example.com", "EXAMPLE\\Administrator", "cn=Administrator,dc=x"] {
            assert!(admits(&directory, user, "password"), "{user}");
            assert!(!admits(&directory, user, "Password"), "{user}");
        }
        assert!(!admits(&directory, "guest", "password"));
    }
}
