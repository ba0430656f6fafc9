//! What was found out beforehand about a security service that share servers are to take over while they serve. Source:
//! resources.md §7, "Actions"; what may differ: operations.md §14.
//!
//! Only the last question about a network counts, and only a good answer is kept: it opens the way for just the change
//! that was asked about.

use serde::{Deserialize, Serialize};

use crate::ids::{SecurityServiceId, ShareNetworkId};
use crate::record::Record;
use crate::security_service::{Directory, SecurityService};

/// The servers of a network can take this change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceCheck {
    pub share_network_id: ShareNetworkId,
    /// What makes way; `None` where one is added.
    pub current: Option<SecurityServiceId>,
    pub new: SecurityServiceId,
}

impl Record for ServiceCheck {
    const KIND: &'static str = "security_service_check";

    fn key(&self) -> String {
        self.share_network_id.to_string()
    }
}

impl ServiceCheck {
    /// Whether a directory can take the place of another of its kind while servers use it: who has joined a domain stays
    /// in it.
    pub fn is_possible(current: Option<&SecurityService>, new: &SecurityService) -> bool {
        current.is_none_or(|current| new.directory == Directory::Ldap || current.domain == new.domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamp::Stamp;

    fn service(directory: Directory, domain: &str) -> SecurityService {
        SecurityService {
            id: uuid::Uuid::from_u128(1).into(),
            project_id: "p".into(),
            directory,
            name: None,
            description: None,
            dns_ip: None,
            server: None,
            domain: Some(domain.to_owned()),
            user: None,
            password: None,
            ou: None,
            default_ad_site: None,
            created_at: Stamp::parse("2026-01-01").unwrap(),
            updated_at: None,
        }
    }

    #[test]
    fn who_has_joined_a_domain_stays_in_it() {
        for directory in Directory::ALL {
            let (here, there) = (service(directory, "here"), service(directory, "there"));
            assert!(ServiceCheck::is_possible(None, &here) && ServiceCheck::is_possible(Some(&here), &here));
            assert_eq!(ServiceCheck::is_possible(Some(&here), &there), directory == Directory::Ldap, "{directory:?}");
        }
    }
}
