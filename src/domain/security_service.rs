//! Security services: the directories that a tenant's file servers are to join. Source: resources.md §8.
//!
//! Nobody asks the directory whether what a client says is true; that shows when a share server joins it.

use serde::{Deserialize, Serialize};

use crate::fault::Fault;
use crate::ids::SecurityServiceId;
use crate::record::{Index, Record, Row};
use crate::secret::Secret;
use crate::stamp::Stamp;

/// What kind of directory it is. A share network has one of each at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Directory {
    ActiveDirectory,
    Ldap,
    Kerberos,
}

impl Directory {
    pub const ALL: [Self; 3] = [Directory::ActiveDirectory, Directory::Ldap, Directory::Kerberos];

    /// The name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Directory::ActiveDirectory => "active_directory",
            Directory::Ldap => "ldap",
            Directory::Kerberos => "kerberos",
        }
    }

    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|directory| directory.name() == text)
    }
}

/// One directory service of one project.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SecurityService {
    pub id: SecurityServiceId,
    pub project_id: String,
    pub directory: Directory,
    pub name: Option<String>,
    pub description: Option<String>,
    /// Address of the name server of the tenant's network.
    pub dns_ip: Option<String>,
    /// Address or name of the directory itself.
    pub server: Option<String>,
    pub domain: Option<String>,
    /// Who may join machines to the directory.
    pub user: Option<String>,
    pub password: Option<Secret>,
    /// Organizational unit.
    pub ou: Option<String>,
    /// Site of Active Directory whose controllers are preferred; excludes `server`.
    pub default_ad_site: Option<String>,
    pub created_at: Stamp,
    pub updated_at: Option<Stamp>,
}

pub mod index {
    use super::Index;

    /// project, created_at.
    pub const BY_PROJECT: Index = Index("project");
    /// created_at.
    pub const BY_CREATION: Index = Index("created");
}

impl Record for SecurityService {
    const KIND: &'static str = "security_service";

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn rows(&self) -> Vec<Row> {
        vec![
            index::BY_PROJECT.row([self.project_id.clone(), self.created_at.text()]),
            index::BY_CREATION.row([self.created_at.text()]),
        ]
    }
}

impl SecurityService {
    /// All that the API ever says of the state of one.
    pub const STATUS: &'static str = "new";

    /// Whether what it says fits together.
    ///
    /// # Errors
    /// Invalid: an Active Directory is found by its server or by its site.
    pub fn check(&self) -> Result<(), Fault> {
        let has = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        match self.directory {
            Directory::ActiveDirectory if has(&self.server) && has(&self.default_ad_site) => {
                Err(Fault::invalid("Members \"server\" and \"default_ad_site\" exclude one another."))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub fn service(directory: Directory) -> SecurityService {
        SecurityService {
            id: uuid::Uuid::from_u128(1).into(),
            project_id: "p".into(),
            directory,
            name: None,
            description: None,
            dns_ip: None,
            server: None,
            domain: None,
            user: Some("joiner".into()),
            password: Some(Secret::new("open sesame")),
            ou: None,
            default_ad_site: None,
            created_at: Stamp::parse("2026-01-01").unwrap(),
            updated_at: None,
        }
    }

    #[test]
    fn a_directory_is_stored_under_the_name_that_clients_know() {
        for directory in Directory::ALL {
            assert_eq!(serde_json::to_value(directory).unwrap(), directory.name());
            assert_eq!(Directory::named(directory.name()), Some(directory));
        }
        assert_eq!(Directory::named("LDAP"), None);
    }

    #[test]
    fn only_an_active_directory_can_t_have_both_server_and_site() {
        for directory in Directory::ALL {
            for (server, site) in [(None, Some("s")), (Some("s"), None), (Some("s"), Some("t")), (Some(""), Some("t"))]
            {
                let mut one = service(directory);
                (one.server, one.default_ad_site) = (server.map(str::to_owned), site.map(str::to_owned));
                let is_wrong = directory == Directory::ActiveDirectory && (server, site) == (Some("s"), Some("t"));
                assert_eq!(one.check().is_err(), is_wrong, "{directory:?} {server:?} {site:?}");
            }
        }
    }

    #[test]
    fn the_store_gets_the_password_back_and_a_log_never_sees_it() {
        let stored = serde_json::to_string(&service(Directory::Ldap)).unwrap();
        let read: SecurityService = serde_json::from_str(&stored).unwrap();
        assert_eq!(read.password.as_ref().unwrap().expose(), "open sesame");
        assert!(!format!("{read:?}").contains("sesame"));
    }
}
