//! What the export rules grant a client at one moment, and whose rights its users then have.
//!
//! How to get it wrong: mapping users for the calls that change something and not for those that look, or the other way
//! round. The rules for the two are different lists, so both mappings are told.

/// How far a client gets, whoever its users are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Denied,
    ReadOnly,
    ReadWrite,
}

/// How a call says who makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    /// AUTH_NONE: it does not.
    None,
    /// AUTH_SYS: by the numbers of a user and its groups.
    Sys,
}

/// Whose rights a caller has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mapping {
    /// Its own, also those of root.
    Own,
    /// Its own, and root those of the anonymous user.
    RootIsAnonymous,
    /// Those of the anonymous user.
    Anonymous,
}

/// What the export rules grant a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    pub access: Access,
    /// In calls that only look.
    pub looks: Mapping,
    /// In calls that change something.
    pub changes: Mapping,
    /// The user, and group, that callers are mapped to. `None` denies them.
    pub anonymous: Option<u32>,
    /// Whether set-user-id and set-group-id bits can be set.
    pub set_id: bool,
    /// Whether devices can be made.
    pub devices: bool,
    /// Whether owners may give their files away. Else only root changes owners.
    pub giving_away: bool,
}

impl Grant {
    /// Access for everybody with rights of its own.
    pub fn own(access: Access) -> Self {
        Grant {
            access,
            looks: Mapping::Own,
            changes: Mapping::Own,
            anonymous: Some(crate::rpc::NOBODY),
            set_id: true,
            devices: true,
            giving_away: false,
        }
    }
}
