//! What a new share rests on: its type, its zone, its share network, and how what is asked for goes with them.
//!
//! It is judged twice by the same function: on the store, so that most of what is refused costs the writer nothing, and in
//! the decision, where it counts, because all of it may have changed since: a type can go, become private or take other
//! sizes, a network can go or lose its subnet. How to get it wrong: to carry something over from the first time.
//! A zone is found beforehand only: zones are never removed.
//!
//! A network for a type without share servers is no mistake that is refused here: as with the reference, the share is
//! accepted and comes to nothing, and its owner is told why. Source: resources.md §1, scheduler.md §9.

use manilad_domain::service::Zone;
use manilad_domain::share_network::NetworkAction;
use manilad_domain::share_type::BY_NAME;
use manilad_domain::subnet::{BY_NETWORK, serving};
use manilad_domain::{
    EncryptionKeyId, Fault, QosType, Record, ShareNetwork, ShareNetworkId, ShareNetworkSubnet, ShareType, ShareTypeId,
    extra_specs,
};
use manilad_store::{Range, Source};

use super::asked::{Context, NewShare};
use super::parent::Parent;
use crate::{encryption_key, qos_type};

/// What was found.
#[derive(Debug)]
pub struct Basis {
    /// None where none was named and no default is usable: the scheduler tells the tenant.
    pub share_type: Option<ShareType>,
    /// The one that the type names, if it names one.
    pub qos_type: Option<QosType>,
    pub network: Option<ShareNetwork>,
    /// GiB.
    pub size: u64,
    /// What it begins with, if that is a snapshot.
    pub parent: Option<Parent>,
    /// The name under which the share is to be mounted.
    pub mount_point_name: Option<String>,
    /// What its server is to be encrypted with.
    pub encryption_key: Option<EncryptionKeyId>,
}

impl Basis {
    /// Reads it, and holds that what is asked for goes with it.
    ///
    /// # Errors
    /// Missing for what is not there, or not for the caller to use; invalid for what does not go together.
    pub fn read(source: &impl Source, asked: &NewShare, context: &Context<'_>) -> Result<Self, Fault> {
        let parent = Parent::read(source, asked, context)?;
        let of_parent = parent.as_ref().and_then(|parent| parent.instance.network).map(|id| id.to_string());
        let network = asked.network.as_ref().or(of_parent.as_ref());
        let network = network.map(|id| find_network(source, id, context)).transpose()?;
        let (share_type, size) = match &parent {
            Some(parent) => {
                parent.check_place(asked, context.places_clones)?;
                (parent.share_type(source, named_type(source, asked, context)?)?, parent.size(asked.size)?)
            }
            None => {
                let missing =
                    || Fault::invalid("Member \"size\" is missing: only a share that begins with a snapshot has one.");
                (wanted_type(source, asked, context)?, asked.size.ok_or_else(missing)?)
            }
        };
        if let Some(share_type) = &share_type {
            check_size(size, share_type)?;
            check_zone(asked, share_type)?;
        }
        let qos_type = share_type.as_ref().map(|of| qos_type::of_share_type(source, of)).transpose()?.flatten();
        let zones = share_type.as_ref().map(|of| type_zones(asked, of)).unwrap_or_default();
        check_network(source, network.as_ref(), share_type.as_ref(), asked.zone.as_ref(), &zones)?;
        let given = asked.mount_point_name.as_deref();
        let mount_point_name =
            mount_point_name(given, &asked.project_id, share_type.as_ref(), context.mount_point_prefix)?;
        let of_parent = parent.as_ref().map(|parent| &parent.share);
        let encryption_key = encryption_key::of_new_share(asked.encryption_key, of_parent, share_type.as_ref())?;
        Ok(Basis { share_type, qos_type, network, size, parent, mount_point_name, encryption_key })
    }
}

/// The network that a client names, which must be one that things can be made in.
fn find_network(source: &impl Source, id: &str, context: &Context<'_>) -> Result<ShareNetwork, Fault> {
    let missing = || Fault::no_such("share network", id);
    let key: ShareNetworkId = id.parse().map_err(|_| missing())?;
    let found: Option<ShareNetwork> = source.read(&key.to_string())?;
    let network = found.filter(|network| (context.sees_network)(network)).ok_or_else(missing)?;
    network.check(NetworkAction::CreateShare)?;
    Ok(network)
}

/// The type that was asked for, or the configured default.
fn wanted_type(source: &impl Source, asked: &NewShare, context: &Context<'_>) -> Result<Option<ShareType>, Fault> {
    match named_type(source, asked, context)? {
        None => default_type(source, &asked.project_id, context),
        named => Ok(named),
    }
}

/// The configured default, if there is one and the project may use it.
pub(super) fn default_type(
    source: &impl Source,
    project: &str,
    context: &Context<'_>,
) -> Result<Option<ShareType>, Fault> {
    let Some(name) = context.default_type else { return Ok(None) };
    Ok(type_named(source, name)?.filter(|one| one.is_open_to(project)))
}

/// The type that was asked for, under either name of the member.
fn named_type(source: &impl Source, asked: &NewShare, context: &Context<'_>) -> Result<Option<ShareType>, Fault> {
    let name = match (&asked.share_type, &asked.volume_type) {
        (Some(_), Some(_)) => {
            return Err(Fault::invalid("Members \"share_type\" and \"volume_type\" exclude one another."));
        }
        (name, alias) => name.as_ref().or(alias.as_ref()),
    };
    name.map(|name| find_type(source, name, &asked.project_id, context.is_admin)).transpose()
}

/// A type by id or name that a project may use; an administrator may use any.
///
/// # Errors
/// Missing when there is none, or none the project may know of.
pub fn find_type(source: &impl Source, name: &str, project: &str, is_admin: bool) -> Result<ShareType, Fault> {
    let by_id = match name.parse::<ShareTypeId>() {
        Ok(id) => source.read::<ShareType>(&id.to_string())?,
        Err(_) => None,
    };
    let found = match by_id {
        Some(found) => Some(found),
        None => type_named(source, name)?,
    };
    found.filter(|one| is_admin || one.is_open_to(project)).ok_or_else(|| Fault::no_such("share type", name))
}

fn type_named(source: &impl Source, name: &str) -> Result<Option<ShareType>, Fault> {
    let range = Range::of(BY_NAME, [name.to_owned()]).limit(1);
    Ok(source.list(range)?.into_iter().next())
}

/// Whether the type takes a size, in GiB.
pub(super) fn check_size(size: u64, of: &ShareType) -> Result<(), Fault> {
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

/// The zones that the type confines the share to; empty means any.
fn type_zones<'t>(asked: &NewShare, of: &'t ShareType) -> Vec<&'t str> {
    if asked.hints.ignores_type_zones { Vec::new() } else { of.availability_zones() }
}

fn check_zone(asked: &NewShare, of: &ShareType) -> Result<(), Fault> {
    let zones = type_zones(asked, of);
    match &asked.zone {
        Some(zone) if !zones.is_empty() && !zones.contains(&zone.name.as_str()) => {
            Err(Fault::invalid(format!("Share type {} is not available in zone {}.", of.name, zone.name)))
        }
        _ => Ok(()),
    }
}

/// Whether a type, the zones that it is confined to, and a zone go with the network, or with none.
fn check_network(
    source: &impl Source,
    network: Option<&ShareNetwork>,
    of: Option<&ShareType>,
    zone: Option<&Zone>,
    zones: &[&str],
) -> Result<(), Fault> {
    let Some(network) = network else {
        return match of.filter(|of| of.handles_share_servers()) {
            Some(of) => Err(Fault::invalid(format!("Share type {} needs a share network.", of.name))),
            None => Ok(()),
        };
    };
    let subnets: Vec<ShareNetworkSubnet> = source.list(Range::of(BY_NETWORK, [network.key()]))?;
    let serves = |zone: &str| serving(&subnets, zone).next().is_some();
    match zone {
        Some(zone) if !serves(&zone.name) => {
            let (network, zone) = (network.id, &zone.name);
            Err(Fault::invalid(format!("No subnet of share network {network} serves availability zone {zone}.")))
        }
        None if !zones.is_empty() && !zones.iter().any(|zone| serves(zone)) => {
            let (network, zones) = (network.id, zones.join(", "));
            Err(Fault::invalid(format!("No subnet of share network {network} serves any of the type's zones {zones}.")))
        }
        _ => Ok(()),
    }
}

/// The name under which the share is to be mounted: the type's or the configured prefix, and what the client gave.
pub(super) fn mount_point_name(
    given: Option<&str>,
    project: &str,
    of: Option<&ShareType>,
    prefix: &str,
) -> Result<Option<String>, Fault> {
    let Some(given) = given else { return Ok(None) };
    let of = of
        .filter(|one| one.flag(extra_specs::MOUNT_POINT_NAME_SUPPORT))
        .ok_or_else(|| Fault::invalid("A mount point name needs a share type with mount_point_name_support."))?;
    let template = of.extra_specs.get(extra_specs::MOUNT_POINT_PREFIX).map_or(prefix, String::as_str);
    let name = format!("{}{given}", template.replace("{project_id}", project));
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
