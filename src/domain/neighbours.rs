//! Where the neighbours of a share live, and which pools that leaves it.
//!
//! The scheduler asks when it looks for candidates; whoever writes a pool into a share asks once more on the newest
//! state, because a neighbour may have moved meanwhile. How to get it wrong: to let two shares wait for one another. Of
//! two that are still to be placed, the younger keeps to the older one. Source: scheduler.md §5.

use std::collections::BTreeSet;

use crate::hints::{Affinity, Hints};
use crate::ids::ShareId;
use crate::pool::PoolName;
use crate::share::Share;

/// Where the shares live that a hint names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Neighbours {
    /// None is named.
    #[default]
    Any,
    /// The pools that all of them share, or that any of them is on, as the hint has it.
    On(BTreeSet<PoolName>),
    /// This names no share, so nothing fits.
    Unknown(String),
}

impl Neighbours {
    /// Where they live now. `look` finds a share; `bound_for` tells where one will be that has its place and is not
    /// committed yet.
    ///
    /// # Errors
    /// What `look` meets with.
    pub fn of<E>(
        share: &Share,
        hints: &Hints,
        affinity: Affinity,
        look: impl Fn(ShareId) -> Result<Option<Share>, E>,
        bound_for: impl Fn(ShareId) -> Option<PoolName>,
    ) -> Result<Self, E> {
        let named = match hints.neighbours_of(&share.metadata, affinity) {
            Ok(named) => named,
            Err(malformed) => return Ok(Neighbours::Unknown(malformed)),
        };
        let mut found: Option<BTreeSet<PoolName>> = None;
        for id in named {
            let neighbour = match (look(id)?, affinity) {
                (Some(neighbour), _) => neighbour,
                (None, Affinity::Same) => return Ok(Neighbours::Unknown(id.to_string())),
                // Whoever is gone is nobody to live apart from.
                (None, Affinity::Different) => continue,
            };
            let placed = neighbour.live().filter_map(|instance| instance.pool.clone());
            let pools: BTreeSet<PoolName> = placed.chain(bound_for(id)).collect();
            let is_older = (neighbour.created_at, id) < (share.created_at, share.id);
            if pools.is_empty() && !is_older {
                continue;
            }
            found = Some(match (found, affinity) {
                (None, _) => pools,
                (Some(found), Affinity::Same) => found.intersection(&pools).cloned().collect(),
                (Some(found), Affinity::Different) => found.union(&pools).cloned().collect(),
            });
        }
        Ok(found.map_or(Neighbours::Any, Neighbours::On))
    }

    /// Whether a share with these neighbours may live on `pool`.
    pub fn admit(&self, affinity: Affinity, pool: &PoolName) -> bool {
        match (self, affinity) {
            (Neighbours::Any, _) => true,
            (Neighbours::On(pools), Affinity::Same) => pools.contains(pool),
            (Neighbours::On(pools), Affinity::Different) => !pools.contains(pool),
            (Neighbours::Unknown(_), _) => false,
        }
    }
}

/// The first of some pools on which a share may live as things stand, and what follows it.
///
/// # Errors
/// What `look` meets with.
pub fn first_admitted<'a, E>(
    share: &Share,
    hints: &Hints,
    pools: &'a [PoolName],
    look: impl Fn(ShareId) -> Result<Option<Share>, E>,
) -> Result<Option<(&'a PoolName, &'a [PoolName])>, E> {
    let mut all = Vec::new();
    for affinity in Affinity::ALL {
        all.push((affinity, Neighbours::of(share, hints, affinity, &look, |_| None)?));
    }
    let position = pools.iter().position(|pool| all.iter().all(|(affinity, those)| those.admit(*affinity, pool)));
    Ok(position.map(|position| (&pools[position], &pools[position + 1..])))
}
