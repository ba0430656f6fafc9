//! What a back end is told: the `netapp_` options that concern it, as types.
//!
//! [`crate::options`] fills [`Settings`]; [`Settings::check`] refuses what could never work, by the name
//! of the option. How to get it wrong: a name template without the id, which gives all shares one volume.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use manilad_domain::deadlines::DRIVER_TRY;
use manilad_ontap::{Credentials, Timeouts};
use secrecy::SecretString;

use crate::fpolicy::screening;
use crate::mode::{Mode, Servers};
use crate::naming::{self, FpolicyTemplates, Template, Templates};
use crate::value::{Error, Pattern, wrong};

/// How long an array may keep a call in hand after nobody waits for it any more.
const MARGIN: Duration = Duration::from_secs(15);
const QOS_TEMPLATE: &str = "netapp_qos_policy_group_name_template";
/// Characters that a QoS policy's name may have, less those that are put before it when it is to go later.
const LONGEST_QOS_NAME: usize = naming::LONGEST_QOS - naming::PUT_AWAY.len();

/// `netapp_transport_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Https,
    Http,
}

/// `netapp_enable_flexgroup`, and what goes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flexgroups {
    /// `netapp_flexgroup_pools`: aggregates by pool. None: one pool over all aggregates, placed by ONTAP.
    pub pools: BTreeMap<String, Vec<String>>,
    /// `netapp_flexgroup_pool_only`: aggregates are no pools of their own.
    pub only: bool,
    /// `netapp_flexgroup_volume_online_timeout`
    pub online_timeout: Duration,
    /// `netapp_flexgroup_aggregate_not_busy_timeout`
    pub not_busy_timeout: Duration,
}

/// The options of one back end. Source: netapp-options.md.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Whether the array is the simulated one inside, whose login is its own.
    pub is_inside: bool,
    /// `netapp_server_hostname`: a management LIF of the cluster or of the SVM.
    pub hostname: String,
    /// `netapp_server_port`; the scheme's own when none is given.
    pub port: Option<u16>,
    pub scheme: Scheme,
    pub login: Option<String>,
    pub password: Option<SecretString>,
    /// `netapp_ssl_cert_verify`; counts with a password only.
    pub certificate_verify: bool,
    /// `netapp_ssl_cert_path`
    pub certificate_path: Option<PathBuf>,
    /// `netapp_private_key_file`; with `netapp_certificate_file` the login is a certificate.
    pub private_key: Option<PathBuf>,
    /// `netapp_certificate_file`
    pub certificate: Option<PathBuf>,
    /// `netapp_ca_certificate_file`
    pub ca_certificate: Option<PathBuf>,
    /// `netapp_certificate_host_validation`; counts with a certificate only.
    pub certificate_host_validation: bool,
    /// `netapp_rest_operation_timeout`
    pub operation_timeout: Duration,
    /// How long after its sending a call without an answer may still be carried out, if that is told:
    /// `[manilad] unanswered_call_seconds`
    pub unanswered: Option<Duration>,
    /// URLs that are told to the log, if `netapp_trace_flags` has `api`: `netapp_api_trace_pattern`.
    pub api_trace: Option<Pattern>,
    pub mode: Mode,
    /// `netapp_cluster_name`; the cluster is asked when none is given.
    pub cluster_name: Option<String>,
    /// `netapp_volume_name_template`
    pub volume_name_template: String,
    /// `netapp_qos_policy_group_name_template`
    pub qos_name_template: String,
    /// `netapp_fpolicy_policy_name_template`
    pub fpolicy_name_template: String,
    /// `netapp_fpolicy_event_name_template`
    pub fpolicy_event_template: String,
    /// `netapp_fpolicy_default_file_operations`
    pub watched_operations: BTreeSet<String>,
    /// `netapp_fixed_qos_policy_prefix`
    pub fixed_qos_prefix: String,
    /// `netapp_adaptive_qos_policy_prefix`
    pub adaptive_qos_prefix: String,
    /// `netapp_aggregate_name_search_pattern`
    pub aggregates: Pattern,
    /// None while FlexGroup volumes are not offered.
    pub flexgroups: Option<Flexgroups>,
    /// `netapp_volume_snapshot_reserve_percent`
    pub snapshot_reserve_percent: u8,
    /// Whether snapshot directories of shares that are ensured are visible; none: their types say.
    /// `netapp_reset_snapdir_visibility`
    pub snapshot_directory: Option<bool>,
    /// `netapp_volume_snapshot_policy_exceptions`, in lower case
    pub kept_snapshot_policies: Vec<String>,
    pub share_backend_name: String,
    /// Percent of a pool's capacity.
    pub reserved_share_percentage: u8,
    /// As above; 0 means the same as for new shares.
    pub reserved_share_from_snapshot_percentage: u8,
    /// As above; 0 means the same as for new shares.
    pub reserved_share_extend_percentage: u8,
    pub max_over_subscription_ratio: f64,
    pub replication_domain: Option<String>,
    /// Unset: pools on nodes that are 70 percent busy or more are left out.
    pub filter_function: Option<String>,
    /// Unset: the less busy, the better.
    pub goodness_function: Option<String>,
}

impl Settings {
    /// Refuses what could never work, and reads the templates of names.
    pub(crate) fn check(&self) -> Result<Templates, Error> {
        if self.hostname.is_empty() {
            return Err(wrong("netapp_server_hostname", &self.hostname, "a name or an IP address"));
        }
        let servers = match &self.mode {
            Mode::Svm(svm) if svm.is_empty() => {
                let expected = "the SVM of all shares, as driver_handles_share_servers is false";
                return Err(wrong("netapp_vserver", svm, expected));
            }
            Mode::Svm(_) => None,
            Mode::Servers(servers) => Some(servers.check()?),
        };
        if self.snapshot_reserve_percent > 90 {
            return Err(wrong("netapp_volume_snapshot_reserve_percent", self.snapshot_reserve_percent, "0 to 90"));
        }
        if self.max_over_subscription_ratio.is_nan() || self.max_over_subscription_ratio < 1.0 {
            return Err(wrong("max_over_subscription_ratio", self.max_over_subscription_ratio, "at least 1.0"));
        }
        for (option, value) in [
            ("reserved_share_percentage", self.reserved_share_percentage),
            ("reserved_share_from_snapshot_percentage", self.reserved_share_from_snapshot_percentage),
            ("reserved_share_extend_percentage", self.reserved_share_extend_percentage),
        ] {
            if value > 100 {
                return Err(wrong(option, value, "0 to 100"));
            }
        }
        match (&self.private_key, &self.certificate) {
            (Some(_), Some(_)) if self.scheme == Scheme::Http => {
                return Err(wrong("netapp_transport_type", "http", "https, as the login is a certificate"));
            }
            (Some(key), None) => {
                return Err(wrong("netapp_private_key_file", key.display(), "netapp_certificate_file with it"));
            }
            (None, Some(certificate)) => {
                return Err(wrong("netapp_certificate_file", certificate.display(), "netapp_private_key_file with it"));
            }
            (Some(_), Some(_)) => {}
            (None, None) => self.check_password()?,
        }
        for (option, prefix) in [
            ("netapp_fixed_qos_policy_prefix", &self.fixed_qos_prefix),
            ("netapp_adaptive_qos_policy_prefix", &self.adaptive_qos_prefix),
        ] {
            let is_named = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
            if prefix.is_empty() || !prefix.chars().all(is_named) {
                return Err(wrong(option, prefix, "letters, digits, _, - and ., at least one"));
            }
        }
        if let Some(stranger) = screening::no_operation(&self.watched_operations) {
            return Err(wrong("netapp_fpolicy_default_file_operations", stranger, screening::EXPECTED));
        }
        let (policy, event) = (&self.fpolicy_name_template, &self.fpolicy_event_template);
        let fpolicy = FpolicyTemplates {
            policy: Template::of_policies(policy)
                .map_err(|expected| wrong("netapp_fpolicy_policy_name_template", policy, expected))?,
            events: FpolicyTemplates::events(event)
                .map_err(|expected| wrong("netapp_fpolicy_event_name_template", event, expected))?,
        };
        let (volume, qos) = (&self.volume_name_template, &self.qos_name_template);
        let is_short = |qos: &Template| qos.length() <= LONGEST_QOS_NAME;
        let short = |qos: Template| Some(qos).filter(is_short).ok_or("at most 112 characters with the id");
        Ok(Templates {
            volume: volume.parse().map_err(|expected| wrong("netapp_volume_name_template", volume, expected))?,
            qos: Template::of_policies(qos).and_then(short).map_err(|expected| wrong(QOS_TEMPLATE, qos, expected))?,
            fpolicy,
            servers,
        })
    }

    fn check_password(&self) -> Result<(), Error> {
        match (self.login.as_deref(), &self.password) {
            (None | Some(""), _) => Err(wrong("netapp_login", "", "an account, or a certificate and its key")),
            (_, None) => Err(wrong("netapp_password", "", "the password of netapp_login")),
            _ => Ok(()),
        }
    }

    /// Whether the login is a certificate.
    pub(crate) fn by_certificate(&self) -> bool {
        self.private_key.is_some() && self.certificate.is_some()
    }

    pub(crate) fn credentials(&self) -> Credentials {
        match (&self.login, &self.password) {
            (Some(login), Some(password)) if !self.by_certificate() => {
                Credentials::Password { login: login.clone(), password: password.clone() }
            }
            _ => Credentials::Certificate,
        }
    }

    /// The SVM of all shares, if there is one.
    pub(crate) fn svm(&self) -> Option<&str> {
        match &self.mode {
            Mode::Svm(svm) => Some(svm),
            Mode::Servers(_) => None,
        }
    }

    /// What is told of share servers, where they are made.
    pub(crate) fn servers(&self) -> Option<&Servers> {
        match &self.mode {
            Mode::Svm(_) => None,
            Mode::Servers(servers) => Some(servers),
        }
    }

    /// What tells this array from others.
    pub(crate) fn array(&self) -> String {
        let usual = if self.scheme == Scheme::Http { 80 } else { 443 };
        format!("{}:{}", self.hostname, self.port.unwrap_or(usual))
    }

    /// The longest that a call which makes something is waited for.
    pub(crate) fn longest_call(&self) -> Duration {
        let flexgroups = self.flexgroups.as_ref().map_or(Duration::ZERO, |flexgroups| flexgroups.online_timeout);
        self.operation_timeout.max(flexgroups)
    }

    /// How long after its sending a call that is waited for at most `patience` may still be carried out. No call outlives
    /// its task.
    pub(crate) fn horizon(&self, patience: Duration) -> Duration {
        self.unanswered.unwrap_or_else(|| patience.min(DRIVER_TRY) + MARGIN)
    }

    pub(crate) fn timeouts(&self) -> Timeouts {
        Timeouts { operation: self.operation_timeout, ..Timeouts::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Settings {
        Settings::new("array.test", "svm1", "admin", SecretString::from("s3cret"))
    }

    fn option_at_fault(change: impl FnOnce(&mut Settings)) -> Option<&'static str> {
        let mut settings = good();
        change(&mut settings);
        settings.check().err().map(|error| error.option)
    }

    #[test]
    fn what_could_never_work_is_refused_by_the_name_of_its_option() {
        assert_eq!(option_at_fault(|_| {}), None);
        assert_eq!(option_at_fault(|s| s.hostname.clear()), Some("netapp_server_hostname"));
        assert_eq!(option_at_fault(|s| s.mode = Mode::Svm(String::new())), Some("netapp_vserver"));
        assert_eq!(option_at_fault(|s| s.login = None), Some("netapp_login"));
        assert_eq!(option_at_fault(|s| s.password = None), Some("netapp_password"));
        assert_eq!(option_at_fault(|s| s.private_key = Some("/k".into())), Some("netapp_private_key_file"));
        assert_eq!(option_at_fault(|s| s.certificate = Some("/c".into())), Some("netapp_certificate_file"));
        assert_eq!(option_at_fault(|s| s.max_over_subscription_ratio = 0.5), Some("max_over_subscription_ratio"));
        assert_eq!(option_at_fault(|s| s.max_over_subscription_ratio = f64::NAN), Some("max_over_subscription_ratio"));
        assert_eq!(option_at_fault(|s| s.reserved_share_percentage = 101), Some("reserved_share_percentage"));
        let reserve = option_at_fault(|s| s.snapshot_reserve_percent = 91);
        assert_eq!(reserve, Some("netapp_volume_snapshot_reserve_percent"));
        let long = format!("{}_%(share_id)s", "q".repeat(91));
        assert_eq!(option_at_fault(|s| s.qos_name_template = long), Some(QOS_TEMPLATE));
        for prefix in ["", "A B", "a/b"] {
            let option = option_at_fault(|s| s.fixed_qos_prefix = prefix.to_owned());
            assert_eq!(option, Some("netapp_fixed_qos_policy_prefix"), "{prefix:?}");
            let option = option_at_fault(|s| s.adaptive_qos_prefix = prefix.to_owned());
            assert_eq!(option, Some("netapp_adaptive_qos_policy_prefix"), "{prefix:?}");
        }
        for template in ["share", "%(share_id)s", "share_%(id)s", "share-%(share_id)s", "a%(share_id)s%(share_id)s"] {
            let option = option_at_fault(|s| s.volume_name_template = template.to_owned());
            assert_eq!(option, Some("netapp_volume_name_template"), "{template}");
        }
    }

    #[test]
    fn a_certificate_takes_the_place_of_the_password() {
        let settings = Settings {
            private_key: Some("/k".into()),
            certificate: Some("/c".into()),
            login: None,
            password: None,
            ..good()
        };
        assert!(settings.check().is_ok());
        assert!(matches!(settings.credentials(), Credentials::Certificate));
        let plain = Settings { scheme: Scheme::Http, ..settings };
        assert_eq!(plain.check().unwrap_err().option, "netapp_transport_type");
    }

    #[test]
    fn the_password_is_not_shown() {
        assert!(!format!("{:?}", good()).contains("s3cret"));
    }
}
