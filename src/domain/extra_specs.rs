//! The extra specs that Manila itself gives a meaning: which exist, what they may hold, who may see them.
//!
//! One table serves validation, the tenant's view and the documentation. Everything else in a type's extra specs is
//! free text for schedulers and drivers. Source: scheduler.md §11, resources.md §10.

use crate::fault::Fault;

pub const DRIVER_HANDLES_SHARE_SERVERS: &str = "driver_handles_share_servers";
pub const AVAILABILITY_ZONES: &str = "availability_zones";
pub const MIN_SHARE_SIZE: &str = "provisioning:min_share_size";
pub const MAX_SHARE_SIZE: &str = "provisioning:max_share_size";
pub const MAX_SHARE_EXTEND_SIZE: &str = "provisioning:max_share_extend_size";
pub const MOUNT_POINT_NAME_SUPPORT: &str = "mount_point_name_support";
pub const MOUNT_POINT_PREFIX: &str = "provisioning:mount_point_prefix";
pub const ENCRYPTION_SUPPORT: &str = "encryption_support";
pub const REPLICATION_TYPE: &str = "replication_type";
pub const DEFAULT_QOS_TYPE: &str = "default_qos_type";

/// What a spec may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Bool,
    OneOf(&'static [&'static str]),
    /// Comma separated, without empty parts.
    List,
    /// A whole number of at least 1.
    Positive,
    Text,
}

/// A spec with a meaning of its own. All of them are visible to tenants.
#[derive(Debug, Clone, Copy)]
pub struct Standard {
    pub key: &'static str,
    pub form: Form,
}

const fn standard(key: &'static str, form: Form) -> Standard {
    Standard { key, form }
}

/// Every spec with a meaning of its own.
pub const STANDARD: &[Standard] = &[
    standard(DRIVER_HANDLES_SHARE_SERVERS, Form::Bool),
    standard("snapshot_support", Form::Bool),
    standard("create_share_from_snapshot_support", Form::Bool),
    standard("revert_to_snapshot_support", Form::Bool),
    standard("mount_snapshot_support", Form::Bool),
    standard("snapshot_inherit_share_access_support", Form::Bool),
    standard(MOUNT_POINT_NAME_SUPPORT, Form::Bool),
    standard(REPLICATION_TYPE, Form::OneOf(&["writable", "readable", "dr"])),
    standard(AVAILABILITY_ZONES, Form::List),
    standard(ENCRYPTION_SUPPORT, Form::OneOf(&["share", "share_server"])),
    standard(MIN_SHARE_SIZE, Form::Positive),
    standard(MAX_SHARE_SIZE, Form::Positive),
    standard(MAX_SHARE_EXTEND_SIZE, Form::Positive),
    standard(MOUNT_POINT_PREFIX, Form::Text),
    standard(DEFAULT_QOS_TYPE, Form::Text),
];

/// Reads a boolean as Manila's extra specs write it: `True`, `<is> false`, `yes`, `0`, in any case.
pub fn boolean(text: &str) -> Option<bool> {
    let word = text.trim();
    let word = word.strip_prefix("<is>").unwrap_or(word).trim();
    match word.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" | "on" | "yes" | "y" => Some(true),
        "false" | "f" | "0" | "off" | "no" | "n" => Some(false),
        _ => None,
    }
}

/// Whether tenants see the spec.
pub fn is_visible_to_tenants(key: &str) -> bool {
    STANDARD.iter().any(|spec| spec.key == key)
}

/// How a spec is stored: the parts of a list without the blanks around them, anything else as it was given.
pub fn stored(key: &str, value: String) -> String {
    match STANDARD.iter().any(|spec| spec.key == key && spec.form == Form::List) {
        true => value.split(',').map(str::trim).collect::<Vec<_>>().join(","),
        false => value,
    }
}

/// Checks the form of a key.
///
/// # Errors
/// Invalid, telling the key and what was expected.
pub fn check_key(key: &str) -> Result<(), Fault> {
    let letters = |c: char| c.is_alphanumeric() || "_.:-".contains(c);
    match key.is_empty() || key.chars().count() > 255 || !key.chars().all(letters) {
        true => Err(Fault::invalid(format!(
            "Spec key {key:?} must have 1 to 255 characters out of letters, digits and _ . : -"
        ))),
        false => Ok(()),
    }
}

/// Checks one spec: the key's form, the value's length, and for a standard spec what it holds.
///
/// # Errors
/// Invalid, telling the key and what was expected.
pub fn check(key: &str, value: &str) -> Result<(), Fault> {
    check_key(key)?;
    let form = STANDARD.iter().find(|spec| spec.key == key).map(|spec| spec.form);
    if value.chars().count() > 255 || (value.is_empty() && form != Some(Form::Text)) {
        return Err(Fault::invalid(format!("The value of extra spec {key} must have 1 to 255 characters.")));
    }
    let expected = match form {
        Some(Form::Bool) if boolean(value).is_none() => "a boolean".to_owned(),
        Some(Form::OneOf(words)) if !words.contains(&value) => format!("one of {}", words.join(", ")),
        Some(Form::List) if value.split(',').any(|part| part.trim().is_empty()) => "a comma separated list".to_owned(),
        Some(Form::Positive) if value.trim().parse::<u64>().unwrap_or(0) == 0 => "a whole number above 0".to_owned(),
        _ => return Ok(()),
    };
    Err(Fault::invalid(format!("Extra spec {key} must be {expected}, not {value:?}.")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_stored_without_blanks_around_their_parts_and_the_rest_as_it_is() {
        assert_eq!(stored(AVAILABILITY_ZONES, "az1,  az2 ".into()), "az1,az2");
        assert_eq!(stored(AVAILABILITY_ZONES, " east wing ".into()), "east wing");
        assert_eq!(stored("vendor:x", " a,  b ".into()), " a,  b ");
    }

    #[test]
    fn standard_specs_are_judged_by_their_form_and_others_are_free() {
        for (key, value) in [
            ("driver_handles_share_servers", "<is> True"),
            ("replication_type", "dr"),
            ("availability_zones", "nova, az2"),
            ("provisioning:max_share_size", "10"),
            ("provisioning:mount_point_prefix", ""),
            ("vendor:thin_provisioned", "anything at all"),
        ] {
            assert!(check(key, value).is_ok(), "{key}={value}");
        }
        for (key, value) in [
            ("driver_handles_share_servers", "maybe"),
            ("replication_type", "full"),
            ("availability_zones", "nova,,az2"),
            ("provisioning:max_share_size", "0"),
            ("vendor:x", ""),
            ("bad key", "x"),
            ("", "x"),
        ] {
            assert!(check(key, value).is_err(), "{key}={value}");
        }
    }
}
