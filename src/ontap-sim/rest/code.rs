//! The error codes this cluster gives, with the status each comes with, and the refusal that carries one.
//!
//! Source: "Getting started with the ONTAP REST API", response status codes and error tables of the endpoints. How to
//! get it wrong: clients look at `error.code` (a JSON string), not at the status, so a made-up code misleads them.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One documented error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    pub number: u32,
    pub status: u16,
}

const fn code(number: u32, status: u16) -> Code {
    Code { number, status }
}

pub const DUPLICATE: Code = code(1, 409);
pub const INVALID: Code = code(2, 400);
pub const NOT_SUPPORTED: Code = code(3, 405);
pub const UNKNOWN_PATH: Code = code(3, 404);
pub const ABSENT: Code = code(4, 404);
pub const FORBIDDEN: Code = code(6, 403);
pub const IN_USE: Code = code(8, 409);
pub const TOO_MANY_REQUESTS: Code = code(262160, 429);
pub const UNEXPECTED_ARGUMENT: Code = code(262179, 400);
pub const MISSING_ARGUMENT: Code = code(262180, 400);
pub const FIELD_TWICE: Code = code(262188, 400);
pub const NOT_SETTABLE: Code = code(262196, 400);
pub const VALUE_INVALID: Code = code(262197, 400);
pub const BAD_JSON: Code = code(262199, 400);
pub const OUT_OF_RANGE: Code = code(262212, 400);
pub const TOO_LARGE: Code = code(262220, 413);
pub const UNAUTHENTICATED: Code = code(6691623, 401);
pub const BAD_UUID: Code = code(8586226, 400);
pub const SVM_ABSENT: Code = code(13434920, 404);
pub const NO_SUCH_SVM: Code = code(2621462, 400);
pub const SVM_CONFLICT: Code = code(2621706, 400);
pub const SVM_MISSING: Code = code(2621707, 400);
pub const NOT_LICENSED: Code = code(1115127, 400);

pub const VOLUME_NAME_TAKEN: Code = code(917526, 409);
pub const VOLUME_IS_ROOT: Code = code(917531, 409);
pub const VOLUME_OFFLINE: Code = code(917533, 409);
pub const VOLUME_SIZE: Code = code(917534, 400);
pub const VOLUME_BUSY: Code = code(917536, 409);
pub const VOLUME_AGGREGATE: Code = code(917508, 400);
pub const VOLUME_SNAPSHOT_POLICY: Code = code(917551, 400);
pub const VOLUME_NOT_MODIFIABLE: Code = code(917628, 400);
pub const VOLUME_RESERVE: Code = code(917835, 400);
pub const VOLUME_NAME_LONG: Code = code(917886, 400);
pub const VOLUME_NAME_FIRST: Code = code(917887, 400);
pub const VOLUME_NAME_CHARACTER: Code = code(917888, 400);
pub const VOLUME_JUNCTION: Code = code(918252, 400);
pub const VOLUME_MOVE_SAME: Code = code(918265, 400);
pub const VOLUME_MOVE_WORD: Code = code(918266, 400);
pub const VOLUME_MOVE_UNKNOWN: Code = code(918267, 400);
pub const VOLUME_MOVE_STATE: Code = code(918786, 400);
pub const VOLUME_EXPORT_POLICY: Code = code(918271, 400);
pub const VOLUME_NO_AGGREGATE: Code = code(787140, 400);
pub const VOLUME_COUNT: Code = code(13107245, 409);
pub const JOB_FAILED: Code = code(460770, 500);
pub const BULK_FAILED: Code = code(262287, 400);

pub const SNAPSHOT_NOT_SPECIFIED: Code = code(1638515, 400);
pub const SNAPSHOT_NAME: Code = code(1638518, 400);
pub const SNAPSHOT_NAME_TAKEN: Code = code(525059, 409);
pub const SNAPSHOT_COUNT: Code = code(525062, 409);
pub const SNAPSHOT_NOT_NOW: Code = code(524479, 409);
pub const SNAPSHOT_NOT_WRITABLE: Code = code(1638461, 400);
pub const SNAPSHOT_ABSENT: Code = code(1638600, 404);
pub const SNAPSHOT_BUSY: Code = code(1638543, 409);
/// Of a change over a query that finds none.
pub const SNAPSHOT_GONE: Code = code(542797, 404);
pub const RESTORE_FAILED: Code = code(524511, 409);
pub const RESTORE_BUSY: Code = code(1638480, 409);
pub const CLONE_PARENT: Code = code(524601, 404);
pub const CLONE_SNAPSHOT: Code = code(918243, 400);
pub const VOLUME_HAS_CLONES: Code = code(524615, 409);

pub const POLICY_IN_USE: Code = code(1703945, 409);
pub const POLICY_IS_DEFAULT: Code = code(1703947, 409);
pub const POLICY_NAME_BLANK: Code = code(1703952, 400);
pub const POLICY_ABSENT: Code = code(1703954, 404);
pub const POLICY_NAME_LONG: Code = code(1704047, 400);
pub const MATCH_NO_DOMAIN: Code = code(1704036, 400);
pub const MATCH_NO_NETGROUP: Code = code(1704038, 400);
pub const MATCH_INVALID: Code = code(1704039, 400);
pub const MATCH_HOST_BITS: Code = code(1704040, 400);
pub const MATCH_NETMASK_LONG: Code = code(1704042, 400);
pub const MATCH_NETMASK: Code = code(1704043, 400);
pub const MATCH_HOST_NAME: Code = code(1704044, 400);
pub const MATCH_DOMAIN_NAME: Code = code(1704045, 400);
pub const ANONYMOUS_EMPTY: Code = code(3277149, 400);
pub const MATCH_TWICE: Code = code(1704050, 400);
pub const RULE_TWICE: Code = code(1704070, 409);
pub const RULES_TWICE: Code = code(1704071, 409);

pub const QOS_NAME_TAKEN: Code = code(8454154, 409);
pub const QOS_BECOMES_ADAPTIVE: Code = code(8454327, 400);
pub const QOS_BECOMES_FIXED: Code = code(8454328, 400);

pub const SHARE_PATH: Code = code(655551, 400);
pub const SHARE_NAME_LONG: Code = code(655577, 400);
pub const SHARE_NAME: Code = code(656426, 400);
pub const SHARE_NO_SERVER: Code = code(655399, 400);
pub const ACE_ABSENT: Code = code(655516, 404);
pub const EMS_INVALID: Code = code(983173, 400);

pub const IPSPACE_EXISTS: Code = code(1377261, 409);
pub const FPOLICY_OPERATION: Code = code(9764929, 400);
pub const FPOLICY_EVENT_ATTACHED: Code = code(9764947, 409);
pub const FPOLICY_NO_SCOPE: Code = code(9764898, 400);
pub const FPOLICY_ENABLED: Code = code(9764899, 409);
pub const FPOLICY_ENABLED_ALREADY: Code = code(9764907, 400);
pub const FPOLICY_DISABLED_ALREADY: Code = code(9764908, 400);
pub const FPOLICY_NEEDS_NO_PRIORITY: Code = code(9765025, 400);
pub const FPOLICY_NEEDS_PRIORITY: Code = code(9765026, 400);
pub const FPOLICY_PRIORITY_TAKEN: Code = code(9765027, 409);

pub const IPSPACE_ABSENT: Code = code(1377267, 400);
pub const IPSPACE_HAS_SVM: Code = code(1966333, 409);
pub const IPSPACE_HAS_DOMAIN: Code = code(1969180, 409);
pub const IPSPACE_COUNT: Code = code(53281576, 400);
pub const IPSPACE_NAME_LONG: Code = code(9240588, 400);
pub const IPSPACE_NAME_TAKEN: Code = code(9240591, 409);
pub const DOMAIN_HAS_PORTS: Code = code(1967103, 409);
pub const MTU_RANGE: Code = code(1966460, 400);
pub const MTU_ABOVE_BASE: Code = code(1376484, 400);
pub const PORT_BOUND: Code = code(1376858, 409);
pub const PORT_IS_HOME: Code = code(1966189, 409);
pub const PORT_IS_PHYSICAL: Code = code(1967105, 400);
pub const PORT_IS_MEMBER: Code = code(1967149, 409);
pub const PORT_HAS_LIF: Code = code(1377608, 409);
pub const VLAN_TAG: Code = code(1966466, 400);
pub const VLAN_BASE: Code = code(1967091, 400);
pub const LIF_ADDRESS_TAKEN: Code = code(1376963, 409);
pub const LIF_NAME_TAKEN: Code = code(1966140, 409);
pub const LIF_PORT: Code = code(1376976, 400);
pub const LIF_IPSPACE: Code = code(1966373, 400);
pub const LIF_NETMASK_V4: Code = code(1966269, 400);
pub const LIF_NETMASK_V6: Code = code(1966267, 400);
pub const ROUTE_EXISTS: Code = code(1966345, 409);
pub const ROUTE_FAMILY: Code = code(1966265, 400);
pub const SERVICE_UNKNOWN: Code = code(53281932, 400);

pub const EXCLUSIVE: Code = code(262186, 400);
pub const DNS_DOMAINS: Code = code(8847361, 400);
pub const DNS_SERVERS: Code = code(8847362, 400);
pub const DNS_UNREACHABLE: Code = code(8847399, 400);
pub const LDAP_UNRESOLVED: Code = code(4915231, 400);
pub const LDAP_INVALID: Code = code(4915257, 400);
pub const LDAP_UNREACHABLE: Code = code(4915258, 400);
pub const AD_CREDENTIALS: Code = code(656464, 400);
pub const AD_UNREACHABLE: Code = code(656466, 400);
pub const AD_UNIT: Code = code(656467, 400);
pub const AD_CREDENTIALS_NEEDED: Code = code(655525, 400);
pub const AD_ACCOUNT_TAKEN: Code = code(655538, 409);
pub const CIFS_EXISTS: Code = code(655477, 409);
pub const CIFS_NAME_LONG: Code = code(655562, 400);
pub const DC_INVALID: Code = code(656407, 400);
pub const DC_EXISTS: Code = code(655506, 409);
pub const KERBEROS_ALREADY: Code = code(3276861, 400);
pub const CERTIFICATE_EXPIRY: Code = code(3735701, 400);

pub const NFS_SVM_STOPPED: Code = code(3276916, 400);
pub const NFS_TRANSFER_SIZE: Code = code(3277140, 400);

pub const SVM_NAME_TAKEN: Code = code(13434908, 409);
pub const SVM_NAME: Code = code(13434911, 400);
pub const SVM_IPSPACE: Code = code(13434912, 400);
pub const SVM_NO_ROOM: Code = code(13434914, 409);
pub const SVM_BEING_MADE: Code = code(13434916, 409);
pub const SVM_JOBS: Code = code(13434894, 409);
pub const SVM_HAS_CIFS: Code = code(2621525, 409);

/// Why the cluster will not do what was asked. Becomes the `error` object of a reply, or of a failed job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub status: u16,
    pub code: String,
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<String>,
    /// Seconds for the `Retry-After` header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

impl Refusal {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Refusal {
            status: code.status,
            code: code.number.to_string(),
            message: message.into(),
            target: None,
            retry_after: None,
        }
    }

    /// Names the field at fault.
    #[must_use]
    pub fn at(self, target: impl Into<String>) -> Self {
        Refusal { target: Some(target.into()), ..self }
    }

    pub fn absent(target: &str) -> Self {
        Refusal::new(ABSENT, "entry doesn't exist").at(target)
    }

    pub fn missing(field: &str) -> Self {
        Refusal::new(MISSING_ARGUMENT, format!("\"{field}\" is a required field.")).at(field)
    }

    pub fn forbidden() -> Self {
        Refusal::new(FORBIDDEN, "not authorized for that command")
    }

    pub fn unexpected(field: &str) -> Self {
        Refusal::new(UNEXPECTED_ARGUMENT, format!("Unexpected argument \"{field}\".")).at(field)
    }

    pub fn value(value: &str, field: &str, expected: &str) -> Self {
        let message = format!("The value \"{value}\" is invalid for field \"{field}\" (<{expected}>)");
        Refusal::new(VALUE_INVALID, message).at(field)
    }

    /// The `error` object.
    pub fn to_json(&self) -> Value {
        let mut error = json!({"message": self.message, "code": self.code});
        if let Some(target) = &self.target {
            error["target"] = json!(target);
        }
        error
    }
}
