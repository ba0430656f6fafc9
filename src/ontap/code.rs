//! What ONTAP's error codes mean to us: one table, read by the client, the documentation and the tests.
//!
//! Codes come from the error tables of the ONTAP REST reference. Some codes say nothing by themselves (a failed job is
//! `460770` whatever failed), so a row may also ask for a text; the first row that fits decides. How to get it wrong: calling
//! something `Absent` that is not the object of the call, for then a share that exists counts as gone.

use std::fmt;

/// What went wrong, as far as the caller's next step depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// The object of the call does not exist. To a delete: done.
    Absent,
    /// What was to be made exists already. Look whether it is ours.
    Exists,
    /// What was to be made names something that is not there: a policy, say, or the object that it was to belong to.
    BadReference,
    /// Not now. Surely not carried out; the same call may succeed later.
    Busy,
    /// No room in the aggregate. Another aggregate may have some.
    Full,
    /// A count limit of the array or the SVM is reached. Waiting does not help, another place may.
    TooMany,
    /// Asked and answered: the same call will be refused again.
    Refused,
    /// This release or this licence does not have it.
    Unsupported,
    /// A directory that an SVM was to join refused the credentials for it.
    BadCredentials,
    /// The login is wrong or locked (401), or the account may not do this (403).
    Unauthorised,
    /// No connection came about, so surely not carried out.
    Unreachable,
    /// Not sent: this incarnation has been replaced and must stop. Says nothing of calls made before.
    Fenced,
    /// Nobody knows whether it was carried out. Look, then act.
    Unknown,
}

impl Class {
    /// The word used in logs and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Class::Absent => "absent",
            Class::Exists => "exists",
            Class::BadReference => "bad reference",
            Class::Busy => "busy",
            Class::Full => "full",
            Class::TooMany => "too many",
            Class::Refused => "refused",
            Class::Unsupported => "unsupported",
            Class::BadCredentials => "bad credentials",
            Class::Unauthorised => "unauthorised",
            Class::Unreachable => "unreachable",
            Class::Fenced => "fenced",
            Class::Unknown => "unknown",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One row: a code, and a text that must be in the message or, as `target=…`, name the field complained about.
#[derive(Debug)]
pub struct Row {
    /// Empty: any code.
    pub code: &'static str,
    /// Lower case; empty: any text.
    pub text: &'static str,
    pub class: Class,
    pub meaning: &'static str,
}

const fn row(code: &'static str, text: &'static str, class: Class, meaning: &'static str) -> Row {
    Row { code, text, class, meaning }
}

/// The codes we act on. A code that is not here is `Refused` where the status says that ONTAP has looked at the call and said
/// no (400 to 499), or where a job ended with it.
#[rustfmt::skip]
pub static TABLE: &[Row] = &[
    // Of every endpoint
    row("1", "", Class::Exists, "duplicate entry"),
    row("3", "", Class::Unsupported, "no such call in this release"),
    row("4", "", Class::Absent, "no such entry"),
    row("6", "", Class::Unauthorised, "the account may not do this"),
    row("7", "", Class::Busy, "resource limit exceeded"),
    row("8", "", Class::Busy, "another operation is in progress"),
    row("262160", "", Class::Busy, "too many requests"),
    row("262179", "", Class::Unsupported, "this release does not know a field that was sent"),
    row("262197", "target=fields", Class::Unsupported, "this release does not know a field that was asked for"),
    row("6691623", "", Class::Unauthorised, "the user is not authorised"),
    row("1115127", "", Class::Unsupported, "the feature is not licensed"),
    // SVMs
    row("13434920", "", Class::Absent, "no such SVM"),
    row("2621462", "", Class::Refused, "the SVM of the volume does not exist"),
    row("13434908", "", Class::Exists, "the SVM name is in use"),
    row("13434894", "", Class::Busy, "too many SVM jobs at once"),
    row("13434915", "", Class::Busy, "the SVM is being changed"),
    row("13434916", "", Class::Busy, "the SVM is being created"),
    row("13434914", "", Class::Full, "no room for the root volume of the SVM"),
    row("13434911", "", Class::Refused, "the name of the SVM is too long"),
    row("13434912", "", Class::Refused, "the IPspace of the SVM does not exist"),
    row("2621525", "", Class::Refused, "the SVM has an SMB server"),
    // The directories of share servers
    row("656464", "", Class::BadCredentials, "the Active Directory refused the credentials"),
    row("655477", "", Class::Exists, "the SVM has an SMB server"),
    row("655506", "", Class::Exists, "the domain controller is preferred already"),
    row("656466", "", Class::Refused, "no domain controller can be reached"),
    row("656467", "", Class::Refused, "the organizational unit does not exist"),
    row("656407", "", Class::Refused, "it does not answer as a domain controller of that domain"),
    row("8847361", "", Class::Refused, "more than 6 domains"),
    row("8847362", "", Class::Refused, "more than 3 name servers"),
    row("8847399", "", Class::Refused, "a name server does not answer"),
    row("3276861", "already", Class::Exists, "Kerberos is switched so already"),
    // The network of share servers
    row("1377261", "", Class::Exists, "the IPspace is there"),
    row("53281576", "", Class::TooMany, "no more IPspaces on this cluster"),
    row("1966333", "", Class::Refused, "there are SVMs in the IPspace"),
    row("1969180", "", Class::Refused, "there are broadcast domains in the IPspace"),
    row("1967103", "", Class::Refused, "there are ports in the broadcast domain"),
    row("1376484", "", Class::Refused, "the MTU is greater than that of the port below the VLAN"),
    row("1967149", "", Class::Exists, "the port is in the broadcast domain"),
    row("1377608", "", Class::Refused, "the port has LIFs"),
    row("1376858", "", Class::Refused, "the VLAN port has LIFs"),
    row("1966189", "", Class::Refused, "the VLAN port is the home of a LIF"),
    row("1966140", "", Class::Exists, "the name of the LIF is in use"),
    row("1376963", "", Class::Refused, "the address is in use"),
    row("1376976", "", Class::Refused, "the port can't host the LIF"),
    row("1966345", "", Class::Exists, "the route is there"),
    row("3276916", "", Class::Busy, "the SVM is not running"),
    // Volumes
    row("917526", "", Class::Exists, "the volume name is in use"),
    row("13107405", "", Class::Busy, "a volume of that name is being created"),
    row("13107406", "try the command again", Class::Busy, "the aggregate is busy with another volume"),
    row("917536", "job id", Class::Busy, "a running job holds the volume"),
    row("917536", "clone split", Class::Busy, "the volume is being split from what it was cloned from"),
    row("917536", "snapmirror", Class::Busy, "SnapMirror is initialising the volume"),
    row("917533", "offline", Class::Refused, "the volume is offline"),
    row("917533", "", Class::Busy, "the volume is busy with a move"),
    row("524615", "", Class::Refused, "the volume has FlexClone children"),
    row("917508", "", Class::Refused, "no such aggregate"),
    row("917551", "", Class::BadReference, "the snapshot policy of the volume does not exist"),
    row("917534", "", Class::Refused, "the size is below what the volume may have"),
    row("524479", "space", Class::Full, "no room in the volume"),
    row("13107245", "", Class::TooMany, "no more volumes on this node or aggregate"),
    row("65537463", "", Class::Busy, "the key manager is busy"),
    row("65537529", "", Class::Busy, "the key manager is busy"),
    row("65537600", "", Class::Busy, "the key manager is busy"),
    row("65539430", "", Class::Busy, "the key manager is busy"),
    row("8454154", "", Class::Exists, "the name of the QoS policy is in use"),
    row("8454379", "", Class::Exists, "the name of the QoS policy is in use"),
    row("8454380", "", Class::Exists, "the name of the QoS policy is in use"),
    row("8454147", "", Class::TooMany, "no more QoS policies on this cluster"),
    row("8454210", "", Class::Busy, "quality of service is busy"),
    // Snapshots
    row("525059", "", Class::Exists, "the name of the snapshot is in use"),
    row("525062", "", Class::TooMany, "no more snapshots of this volume"),
    row("1638518", "", Class::Refused, "no name for a snapshot"),
    row("1638461", "", Class::Refused, "the volume takes no snapshots: it can only be read"),
    row("1638521", "", Class::Refused, "the volume takes no snapshots: it can only be read"),
    row("524479", "offline", Class::Busy, "the volume is offline"),
    row("1638543", "", Class::Busy, "something holds the snapshot"),
    row("1638480", "", Class::Busy, "something holds the snapshot, or a newer one that would go with it"),
    row("1638555", "", Class::Busy, "the snapshot is locked, or has not expired"),
    row("1638600", "", Class::Absent, "no such snapshot"),
    // Export policies
    row("1703954", "", Class::Absent, "no such export policy"),
    row("1704070", "", Class::Exists, "the same rule exists"),
    row("1704071", "", Class::Refused, "the rules repeat one another"),
    row("1703945", "", Class::Refused, "the export policy is in use"),
    row("1703946", "", Class::Refused, "the export policy is in use"),
    row("1703947", "", Class::Refused, "the default export policy can't be deleted"),
    row("918271", "", Class::BadReference, "the export policy of the volume does not exist"),
    // SMB
    row("655516", "", Class::Absent, "no such entry in the access control list"),
    row("655446", "", Class::Refused, "the user can't be resolved"),
    row("655399", "", Class::Refused, "the SVM has no SMB server"),
    // FPolicy
    row("9764899", "", Class::Busy, "the FPolicy policy is enabled"),
    row("9764929", "", Class::Refused, "the protocol does not have the operation that FPolicy is to watch"),
    row("9764947", "", Class::Refused, "an FPolicy policy is about the event"),
    row("9765027", "", Class::Busy, "another FPolicy policy has the priority"),
    // Any code: what only the text tells
    row("", "could not authenticate", Class::BadCredentials, "a directory refused the credentials"),
    row("", "insufficient access", Class::BadCredentials, "the account may not do that in the directory"),
    row("", "not enough space", Class::Full, "no room in the aggregate"),
    row("", "insufficient space", Class::Full, "no room in the aggregate"),
    row("", "try the command again", Class::Busy, "ONTAP asks to try again"),
    row("", "is not licensed", Class::Unsupported, "the feature is not licensed"),
    row("", "license is not", Class::Unsupported, "the feature is not licensed"),
    row("", "no license", Class::Unsupported, "the feature is not licensed"),
    row("", "multi-admin", Class::Refused, "a second administrator must approve this"),
    // What has no text that says more
    row("460770", "", Class::Refused, "the job failed"),
];

/// The first row that fits, if any does.
pub fn find(code: &str, message: &str, target: Option<&str>) -> Option<&'static Row> {
    let text = format!("{message} target={}", target.unwrap_or_default()).to_lowercase();
    TABLE.iter().find(|row| (row.code.is_empty() || row.code == code) && text.contains(row.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_reached() {
        for (place, row) in TABLE.iter().enumerate() {
            assert!(!row.code.is_empty() || !row.text.is_empty(), "row {place} would take everything");
            assert_eq!(row.text, row.text.to_lowercase());
            let found = find(row.code, row.text.trim_start_matches("target="), row.text.strip_prefix("target="));
            assert!(std::ptr::eq(found.unwrap(), row), "row {place} {} hides behind another", row.code);
        }
    }

    #[test]
    fn a_full_aggregate_is_told_by_its_text_under_any_code() {
        let text = r#"Request to create volume "a" failed because there is Not Enough Space in aggregate "X"."#;
        for code in ["460770", "", "917927"] {
            assert_eq!(find(code, text, None).unwrap().class, Class::Full);
        }
        assert_eq!(find("460770", "the job failed", None).unwrap().class, Class::Refused);
    }

    #[test]
    fn no_code_is_a_status_of_http() {
        for row in TABLE.iter().filter(|row| !row.code.is_empty()) {
            assert!(!(100..600).contains(&row.code.parse::<u32>().unwrap()), "{}", row.code);
        }
    }
}
