//! Where something is on a back end that an administrator names, at whichever of its addresses.
//!
//! How to get it wrong: to take one thing for two since it was named at two addresses of one server.

use crate::ids::ShareServerId;
use crate::share::{Instance, Protocol, Share};

/// What a path names within the address by which it is reached: the path over NFS, the name of a share over SMB. Two paths that name the
/// same thing at two addresses of one server are the same by this.
pub fn within_address(path: &str) -> String {
    match (path.split_once(":/"), path.strip_prefix(r"\\").and_then(|rest| rest.split_once('\\'))) {
        (_, Some((_, name))) => name.to_lowercase(),
        (Some((_, rest)), None) => rest.trim_end_matches('/').to_owned(),
        (None, None) => path.to_owned(),
    }
}

/// What a path leads to on a back end, at whichever address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedPlace {
    pub protocol: Protocol,
    /// None where all shares are on one server that is configured.
    pub server: Option<ShareServerId>,
    /// As [`within_address`] has it.
    pub path: String,
}

impl ManagedPlace {
    /// That of an instance which can be reached by this path.
    pub fn of(share: &Share, instance: &Instance, path: &str) -> Self {
        ManagedPlace { protocol: share.protocol, server: instance.server, path: within_address(path) }
    }

    /// By which it is told from any other.
    pub fn key(&self, service: &str) -> [String; 4] {
        let server = self.server.map(|id| id.to_string()).unwrap_or_default();
        [service.to_owned(), server, self.protocol.name().to_owned(), self.path.clone()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_the_same_at_all_addresses_of_a_server() {
        for path in ["10.0.0.1:/a/b", "[fe80::1]:/a/b", "fe80::1:/a/b/", "array.test:/a/b"] {
            assert_eq!(within_address(path), "a/b", "{path}");
        }
        assert_eq!(within_address(r"\\10.0.0.1\Data"), "data");
        assert_eq!(within_address("odd"), "odd");
    }
}
