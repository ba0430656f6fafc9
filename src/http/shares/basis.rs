//! What a new share rests on: its type, its zone, its share network, and how the wish goes with them.
//!
//! It is judged twice by the same function: on the store, so that most of what is refused costs the writer nothing, and in
//! the decision, where it counts, because all of it may have changed since: a type can go, become private or take other
//! sizes, a network can go or lose its subnet. How to get it wrong: to carry something over from the first time.
//! A zone is found beforehand only: zones are never removed.

use manilad_domain::service::Zone;
use manilad_domain::share_type::BY_NAME;
use manilad_domain::{Fault, ShareNetwork, ShareType, ShareTypeId, extra_specs};
use manilad_store::{Range, Source};

use super::body::NewShare;
use super::network;
use crate::call::Call;
use crate::zones;

/// What was found.
#[derive(Debug)]
pub struct Basis {
    /// None where none was named and no default is usable: the scheduler tells the tenant.
    pub share_type: Option<ShareType>,
    pub network: Option<ShareNetwork>,
    /// The name under which the share is to be mounted.
    pub mount_point_name: Option<String>,
}

impl Basis {
    /// Reads it, and holds that the wish goes with it.
    ///
    /// # Errors
    /// Missing for what is not there, or not for the caller to use; invalid for what does not go together.
    pub fn read(call: &Call, source: &impl Source, wish: &NewShare, zone: Option<&Zone>) -> Result<Self, Fault> {
        let network = network::wanted(call, source, wish.share_network_id.as_deref())?;
        let share_type = wanted_type(call, source, wish)?;
        if let Some(share_type) = &share_type {
            check_size(wish, share_type)?;
            check_zone(call, share_type, zone)?;
        }
        let zones = share_type.as_ref().map(|of| type_zones(call, of)).unwrap_or_default();
        network::check(source, network.as_ref(), share_type.as_ref(), zone, &zones)?;
        let mount_point_name =
            mount_point_name(call, wish.mount_point_name.as_ref().map(|name| name.0.as_str()), share_type.as_ref())?;
        Ok(Basis { share_type, network, mount_point_name })
    }
}

/// A zone by name or id.
///
/// # Errors
/// Missing when there is none.
pub fn find_zone(call: &Call, given: &str) -> Result<Zone, Fault> {
    zones::find(call, given)?.ok_or_else(|| Fault::no_such("availability zone", given))
}

/// The type that was asked for, or the configured default.
fn wanted_type(call: &Call, source: &impl Source, wish: &NewShare) -> Result<Option<ShareType>, Fault> {
    let given = match (&wish.share_type, &wish.volume_type) {
        (Some(_), Some(_)) => {
            return Err(Fault::invalid("Members \"share_type\" and \"volume_type\" exclude one another."));
        }
        (given, alias) => given.as_ref().or(alias.as_ref()),
    };
    match given {
        Some(given) => find_type(call, source, given).map(Some),
        None => match &call.face.settings.default_share_type {
            Some(name) => Ok(type_named(source, name)?.filter(|one| one.is_open_to(call.project()))),
            None => Ok(None),
        },
    }
}

/// A type by id or name that the caller's project may use.
///
/// # Errors
/// Missing when there is none, or none the project may know of.
pub fn find_type(call: &Call, source: &impl Source, given: &str) -> Result<ShareType, Fault> {
    let by_id = match given.parse::<ShareTypeId>() {
        Ok(id) => source.read::<ShareType>(&id.to_string())?,
        Err(_) => None,
    };
    let found = match by_id {
        Some(found) => Some(found),
        None => type_named(source, given)?,
    };
    found
        .filter(|one| call.caller.is_admin || one.is_open_to(call.project()))
        .ok_or_else(|| Fault::no_such("share type", given))
}

fn type_named(source: &impl Source, name: &str) -> Result<Option<ShareType>, Fault> {
    let range = Range::of(BY_NAME, [name.to_owned()]).limit(1);
    Ok(source.list(range)?.into_iter().next())
}

fn check_size(wish: &NewShare, of: &ShareType) -> Result<(), Fault> {
    let size = wish.size.0;
    let (least, most) = (of.number(extra_specs::MIN_SHARE_SIZE), of.number(extra_specs::MAX_SHARE_SIZE));
    if least.is_some_and(|least| size < least) || most.is_some_and(|most| size > most) {
        return Err(Fault::invalid(format!(
            "Share type {} takes sizes from {} to {} GiB, not {size}.",
            of.name,
            least.unwrap_or(1),
            most.map_or("any".to_owned(), |most| most.to_string())
        )));
    }
    Ok(())
}

/// Whether the zones of share types play no part for a request of this version.
pub fn ignores_type_zones(call: &Call) -> bool {
    !call.at_least("2.48")
}

/// The zones that the type confines the share to; empty means any.
fn type_zones<'t>(call: &Call, of: &'t ShareType) -> Vec<&'t str> {
    if ignores_type_zones(call) { Vec::new() } else { of.availability_zones() }
}

fn check_zone(call: &Call, of: &ShareType, zone: Option<&Zone>) -> Result<(), Fault> {
    let zones = type_zones(call, of);
    match zone {
        Some(zone) if !zones.is_empty() && !zones.contains(&zone.name.as_str()) => {
            Err(Fault::invalid(format!("Share type {} is not available in zone {}.", of.name, zone.name)))
        }
        _ => Ok(()),
    }
}

/// The name under which the share is to be mounted: the type's or the configured prefix, and what the client gave.
fn mount_point_name(call: &Call, given: Option<&str>, of: Option<&ShareType>) -> Result<Option<String>, Fault> {
    let Some(given) = given else { return Ok(None) };
    let of = of
        .filter(|one| one.flag(extra_specs::MOUNT_POINT_NAME_SUPPORT))
        .ok_or_else(|| Fault::invalid("A mount point name needs a share type with mount_point_name_support."))?;
    let template =
        of.extra_specs.get(extra_specs::MOUNT_POINT_PREFIX).unwrap_or(&call.face.settings.default_mount_point_prefix);
    let name = format!("{}{given}", template.replace("{project_id}", call.project()));
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if name.len() > 255 || !name.chars().all(plain) {
        return Err(Fault::invalid(format!(
            "The mount point name would be {name:?}; it may have 255 letters, digits, _ and -."
        )));
    }
    Ok(Some(name))
}

#[cfg(test)]
mod tests;
