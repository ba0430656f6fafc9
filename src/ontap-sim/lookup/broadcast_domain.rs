//! Finds broadcast domains, by what a request says of them.

use uuid::Uuid;

use crate::lookup::{ipspace, port};
use crate::rest::ask::Ask;
use crate::rest::code::{ABSENT, IPSPACE_ABSENT, MTU_ABOVE_BASE, MTU_RANGE, Refusal};
use crate::rows::port::Port;
use crate::state::State;

const MTUS: std::ops::RangeInclusive<u64> = 68..=9000;

pub fn named(state: &State, ipspace: Uuid, name: &str) -> Option<Uuid> {
    state.domains.iter().find(|domain| domain.ipspace == ipspace && domain.name == name).map(|domain| domain.uuid)
}

/// The domain that the body names at `path`, by uuid, or by name and the name of its IPspace, which otherwise is
/// `within`, or `Default`.
pub fn in_body(state: &State, ask: &Ask, path: &str, within: Option<Uuid>) -> Result<Option<Uuid>, Refusal> {
    let ipspace = ipspace::in_body(state, ask, &format!("{path}.ipspace"), IPSPACE_ABSENT)?;
    let ipspace = ipspace.or(within).unwrap_or_else(|| ipspace::default(state));
    ask.names(path, ABSENT, |name| named(state, ipspace, name), |uuid| state.domains.get(uuid).is_some())
}

/// Refuses an MTU that ports don't have, or that is more than the base port of a VLAN carries.
pub fn check_mtu<'a>(state: &State, mtu: u64, mut ports: impl Iterator<Item = &'a Port>) -> Result<(), Refusal> {
    if !MTUS.contains(&mtu) {
        return Err(Refusal::new(MTU_RANGE, format!("The MTU must be 68 to 9000, not {mtu}.")).at("mtu"));
    }
    let base = |port: &Port| state.ports.get(&port.vlan.as_ref()?.base).map(|base| port::mtu(state, base));
    match ports.find_map(|port| base(port).filter(|base| mtu > *base)) {
        Some(base) => {
            let message = format!("The MTU {mtu} is greater than {base}, the MTU of the port that hosts the VLAN.");
            Err(Refusal::new(MTU_ABOVE_BASE, message).at("mtu"))
        }
        None => Ok(()),
    }
}
