//! From records to a request: what a share and its type ask of a pool.

use manilad_domain::placement::Placement;
use manilad_domain::{Instance, Share, ShareType};

/// What this instance asks for. Before it is placed, its zone is the one that was asked for.
pub(crate) fn placement(share: &Share, instance: &Instance, kind: &ShareType) -> Placement {
    Placement {
        share: share.id,
        size: share.size,
        protocol: share.protocol,
        availability_zone: instance.availability_zone.clone(),
        type_zones: kind.availability_zones().into_iter().map(str::to_owned).collect(),
        extra_specs: kind.extra_specs.clone(),
    }
}
