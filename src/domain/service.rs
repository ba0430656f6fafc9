//! Services and availability zones: who works here, and where. Heartbeats are kept in memory, not here.

use serde::{Deserialize, Serialize};

use crate::ids::ZoneId;
use crate::record::{Index, Record, Row};
use crate::stamp::Stamp;

/// The binary name under which clients know a part of the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Binary {
    #[serde(rename = "manila-scheduler")]
    Scheduler,
    #[serde(rename = "manila-share")]
    Share,
}

impl Binary {
    pub const ALL: [Self; 2] = [Binary::Scheduler, Binary::Share];

    pub fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|binary| binary.name() == text)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Binary::Scheduler => "manila-scheduler",
            Binary::Share => "manila-share",
        }
    }
}

/// A part of the daemon as the services API shows it: the scheduler, or one back end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// A small number, given once.
    pub number: u64,
    pub binary: Binary,
    /// `host` for the scheduler, `host@backend` for a back end.
    pub host: String,
    pub availability_zone: String,
    pub disabled: bool,
    pub disabled_reason: Option<String>,
    /// What of its settings reaches the shares that it has only when they are ensured, as it was when all of them last were; nothing
    /// in records of earlier releases.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ensured_as: String,
    /// The request that its shares are ensured, while that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ensured_for: Option<EnsureRequest>,
    pub created_at: Stamp,
}

/// That all shares of a back end are to be ensured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnsureRequest {
    pub request_id: String,
    /// As [`Service::ensured_as`] is once that is done.
    pub settings: String,
    /// Whether a share was given up because its array could not do it now.
    pub is_unfinished: bool,
}

impl Record for Service {
    const KIND: &'static str = "service";

    fn key(&self) -> String {
        Service::key_of(self.binary, &self.host)
    }
}

impl Service {
    /// The key under which the part of the daemon on this host is kept.
    pub fn key_of(binary: Binary, host: &str) -> String {
        format!("{}/{host}", binary.name())
    }
}

/// An availability zone: made when a service first names it, and kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    pub id: ZoneId,
    pub name: String,
    pub created_at: Stamp,
    pub updated_at: Option<Stamp>,
}

/// name.
pub const ZONE_BY_NAME: Index = Index("name");

impl Record for Zone {
    const KIND: &'static str = "availability_zone";

    fn key(&self) -> String {
        self.id.to_string()
    }

    fn rows(&self) -> Vec<Row> {
        vec![ZONE_BY_NAME.row([self.name.clone()])]
    }
}

/// The incarnations of a back end: each takes the next epoch at its start, and a commit with an older one is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incarnation {
    /// `host@backend`.
    pub service: String,
    pub epoch: u64,
}

impl Record for Incarnation {
    const KIND: &'static str = "incarnation";

    fn key(&self) -> String {
        self.service.clone()
    }
}
